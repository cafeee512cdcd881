"""优化：哪些参数要衰减，用什么优化器，学习率怎样变。

这里只见参数，不知道模型是什么。
"""

import math

import torch
from torch import nn

from tinygpt.device import bf16_is_fast
from tinygpt.muon import Muon


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """矩阵（ndim ≥ 2）做权重衰减，偏置与层归一化的参数不做：把它们拉向 0 没有道理。"""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]


def adamw(groups: list[dict], learning_rate: float, beta2: float) -> torch.optim.AdamW:
    """AdamW(Loshchilov 与 Hutter 2019)。在 CPU 与 CUDA 上用融合实现：一次走完全部参数，更快。"""
    groups = [group for group in groups if group["params"]]
    fused = groups[0]["params"][0].device.type in ("cpu", "cuda")
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, beta2), fused=fused)


def build_optimizers(
    model: nn.Module, name: str, learning_rate: float, weight_decay: float, beta2: float
) -> list[torch.optim.Optimizer]:
    """按名字造优化器。

    adamw: 全部参数用 AdamW。
    muon: Transformer 里的矩阵用 Muon（muon.py）：把动量正交化再更新，各个方向走得一样远；
        其余（embedding、输出层、偏置、归一化）仍用 AdamW，两者共用一个学习率。
    """
    if name == "adamw":
        return [adamw(parameter_groups(model, weight_decay), learning_rate, beta2)]
    outside = {id(p) for m in model.modules() if isinstance(m, nn.Embedding) for p in m.parameters()}
    outside |= {id(p) for n, p in model.named_parameters() if "lm_head" in n.split(".")}
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim == 2 and id(p) not in outside]
    if not matrices:
        return build_optimizers(model, "adamw", learning_rate, weight_decay, beta2)
    chosen = {id(p) for p in matrices}
    groups = parameter_groups(model, weight_decay)
    for group in groups:
        group["params"] = [p for p in group["params"] if id(p) not in chosen]
    dtype = torch.bfloat16 if bf16_is_fast(matrices[0].device) else None
    muon = Muon(matrices, learning_rate, weight_decay, dtype=dtype)
    some = any(group["params"] for group in groups)
    return [adamw(groups, learning_rate, beta2), muon] if some else [muon]


def warmup_cosine(step: int, total: int, warmup: int, floor: float) -> float:
    """第 step 步（从 0 数起）学习率的倍数：先线性升到 1，再沿余弦降到 floor。

        step < warmup:   (step + 1) / warmup
        此后：          floor + (1 − floor) · (1 + cos πx)/2，
                        x 从 0（step = warmup）走到 1（step = total − 1）

    total 之后保持 floor。来源：Loshchilov 与 Hutter 2017。
    """
    if step < warmup:
        return (step + 1) / warmup
    x = min(1.0, (step - warmup) / max(1, total - 1 - warmup))
    return floor + (1 - floor) * (1 + math.cos(math.pi * x)) / 2


def warmup_linear(step: int, total: int, warmup: int, floor: float, share: float) -> float:
    """第 step 步学习率的倍数：先线性升到 1，停在 1，最后占全程 share 的一段里线性降到 floor。

    从哪里开始降，与走到哪里无关，所以中途可以改主意多走几步（Hu 等 2024，WSD）。
    """
    if step < warmup:
        return (step + 1) / warmup
    falling = max(1, round(share * total))
    left = max(0, total - 1 - step) / falling  # 最后一步是 0
    return floor + (1 - floor) * min(1.0, left)


def learning_rate_factor(step: int, total: int, warmup: int, floor: float, decay: float) -> float:
    """decay 为 0 时沿余弦降，否则在最后 decay 那一段里线性降。"""
    if decay:
        return warmup_linear(step, total, warmup, floor, decay)
    return warmup_cosine(step, total, warmup, floor)
