"""检查用的随机输入；rng 是定好种子的 torch.Generator。"""

import torch

from tinygpt.course.differences import difference
from tinygpt.course.probing import copied


def normal(rng, *shape, scale=1.0, dtype=torch.float32):
    return torch.randn(*shape, generator=rng, dtype=dtype) * scale


def integers(rng, low, high, *shape):
    """low … high − 1 的整数。"""
    return torch.randint(low, high, shape, generator=rng)


def number_or_scalar(value):
    """题目没有说是数还是 0 维张量：两种都收。"""
    return value.item() if isinstance(value, torch.Tensor) and value.ndim == 0 else value


def unchanged(answer, *arguments) -> bool:
    """用一遍答案：传给它的东西都还是原来的样子。"""
    before = copied(arguments)
    answer(*arguments)
    return difference(arguments, before, rtol=0, atol=0) is None
