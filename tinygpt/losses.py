"""损失：logits 与标签之间的交叉熵。

每个训练目标是一个函数 objective(model, batch) → 损失之和（标量）。用和而不用平均，
因为梯度累积要按 token 数加权：把各小批的和加起来，最后除以标签总数，才等于一个大批的平均（第 06 课）。
标签为 IGNORE 的位置不计入损失，也不计入个数。
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORE = -100  # 与 torch.nn.functional.cross_entropy 的默认值相同

Batch = dict[str, Tensor]  # 一个小批：至少有 "labels"，其余由目标自己约定；每个张量的第 0 轴都是 b
Objective = Callable[[torch.nn.Module, Batch], Tensor]  # （模型，小批）→ 损失之和


def next_token_batch(windows: Tensor) -> Batch:
    """windows (b, t+1) → {"ids": (b, t), "labels": (b, t)}：前 t 个作输入，后 t 个作标签（文章 §3.2）。"""
    return {"ids": windows[:, :-1], "labels": windows[:, 1:]}


def to_device(batch: Batch, device: torch.device) -> Batch:
    """把一批搬到设备上。"""
    return {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}


def cross_entropy_sum(logits: Tensor, labels: Tensor) -> Tensor:
    """−Σ log softmax(logits)[label]，对所有标签不是 IGNORE 的位置求和。logits (..., v)，labels (...)。"""
    logits, labels = logits.flatten(0, -2).float(), labels.flatten()
    return F.cross_entropy(logits, labels, ignore_index=IGNORE, reduction="sum")


def count_targets(batch: Batch) -> int:
    """这一批里计入损失的位置有多少个。"""
    return int((batch["labels"] != IGNORE).sum())


def causal_objective(model, batch: Batch) -> Tensor:
    """自回归语言模型：L = −Σ_i log P(x_{i+1} | x_1 … x_i)（文章 §4.1）。"""
    return cross_entropy_sum(model(batch["ids"]), batch["labels"])


def mask_prompt(labels: Tensor, prompt_lengths: Tensor) -> Tensor:
    """只在回答上计算损失：每行前 prompt_lengths − 1 个标签（它们是提示自己的 token）换成 IGNORE。

    labels (b, t) 是已经错开一位的标签；第 p 个 token 在标签里的位置是 p − 1。
    """
    positions = torch.arange(labels.size(1), device=labels.device)
    return labels.masked_fill(positions < prompt_lengths[:, None] - 1, IGNORE)
