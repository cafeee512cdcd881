"""第 07 课几个练习共用的。"""

import torch


def same_after(run, *tensors) -> bool:
    """运行一遍，看传进去的张量有没有被改动。"""
    before = [tensor.clone() for tensor in tensors]
    run(*tensors)
    return all(torch.equal(a, b) for a, b in zip(before, tensors, strict=True))
