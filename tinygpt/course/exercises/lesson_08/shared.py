"""第 08 课几个练习共用的：一个小模型的权重。"""

from functools import lru_cache

from tinygpt import GPT, GPTConfig
from tinygpt.course.exercises.inputs import normal


@lru_cache
def shapes_of(**config) -> tuple:
    """一个模型各个权重的（名字，形状）；同样的模型只造一次。"""
    model = GPT(GPTConfig(**config, dropout=0.0))
    return tuple((name, tuple(p.shape)) for name, p in model.named_parameters())


def weights_of(rng, n_layer=2, n_embd=8, n_head=2, vocab_size=300, context_length=12):
    """一个小模型的全部权重（名字与检查点里的相同），数值放大，每一样都起作用。"""
    shapes = shapes_of(n_layer=n_layer, n_embd=n_embd, n_head=n_head, vocab_size=vocab_size,
                       context_length=context_length)  # fmt: skip
    return {
        name: normal(rng, *shape, scale=0.5) + (1.0 if "norm.weight" in name else 0.0)
        for name, shape in shapes
    }
