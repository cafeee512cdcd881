"""优化:哪些参数要衰减,用什么优化器,学习率怎样变。

这里只见参数,不知道模型是什么。
"""

import math

import torch
from torch import nn


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """矩阵(ndim ≥ 2)做权重衰减,偏置与层归一化的参数不做:把它们拉向 0 没有道理。"""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]


def adamw(model: nn.Module, learning_rate: float, weight_decay: float, beta2: float) -> torch.optim.AdamW:
    """AdamW(Loshchilov 与 Hutter 2019)。在 CPU 与 CUDA 上用融合实现:一次走完全部参数,更快。"""
    fused = next(model.parameters()).device.type in ("cpu", "cuda")
    return torch.optim.AdamW(parameter_groups(model, weight_decay), lr=learning_rate, betas=(0.9, beta2), fused=fused)


def warmup_cosine(step: int, total: int, warmup: int, floor: float) -> float:
    """第 step 步(从 0 数起)学习率的倍数:先线性升到 1,再沿余弦降到 floor。

        step < warmup:   (step + 1) / warmup
        此后:           floor + (1 − floor) · (1 + cos πx)/2,x 从 0(step = warmup)走到 1(step = total − 1)

    total 之后保持 floor。来源:Loshchilov 与 Hutter 2017。
    """
    if step < warmup:
        return (step + 1) / warmup
    x = min(1.0, (step - warmup) / max(1, total - 1 - warmup))
    return floor + (1 - floor) * (1 + math.cos(math.pi * x)) / 2
