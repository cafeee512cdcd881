"""损失：logits 与标签之间的交叉熵。

每个训练目标是一个函数 objective(model, batch) → 损失之和（标量）。用和而不用平均，
因为梯度累积要按 token 数加权：把各小批的和加起来，最后除以标签总数，才等于一个大批的平均（第 06 课）。
标签为 IGNORE 的位置不计入损失，也不计入个数。

后半是第 13 课的两个目标：由偏好（DPO）、由奖励（GRPO）学。它们不知道偏好与奖励从哪里来，只见编号与数；
参考模型也不在这里：它冻结着，它的对数概率在做成一批时就算好了，写在 batch["reference"] 里。
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
    return F.cross_entropy(*_flat(logits, labels), ignore_index=IGNORE, reduction="sum")


def _flat(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """排成一列；半精度的 logits 换成 float32 再算，float64 的照旧。"""
    dtype = torch.promote_types(logits.dtype, torch.float32)
    return logits.flatten(0, -2).to(dtype), labels.flatten()


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


# ---- 由偏好与奖励学（第 13 课） ----


def label_log_probabilities(logits: Tensor, labels: Tensor) -> Tensor:
    """每个标签的 log P：logits (b, t, v)、labels (b, t) → (b, t)；标签是 IGNORE 的位置为 0。

    一个回答的 log P 是它各个 token 的和（不是平均）：.sum(-1)。提示的位置是 IGNORE，不算在内。
    """
    loss = F.cross_entropy(*_flat(logits, labels), ignore_index=IGNORE, reduction="none")
    return -loss.view(labels.shape)


def dpo_objective(model, batch: Batch, beta: float = 0.1) -> Tensor:
    """DPO（Rafailov 等 2023）：−Σ log σ(β[(log π − log π₀)(好) − (log π − log π₀)(差)])，一对算一项。

    ids、targets (b, 2, t)：一对里的两个回答；reference (b, 2)：冻结的 π₀ 给它们的 log P；
    labels (b,)：好的是第几个。−log σ(u − w) 就是 logits 为 [u, w]、标签为 0 的交叉熵：一个二选一的分类。
    """
    targets = batch["targets"]
    logits = model(batch["ids"].flatten(0, 1))
    log_p = label_log_probabilities(logits, targets.flatten(0, 1)).view(targets.shape).sum(-1)
    return cross_entropy_sum(beta * (log_p - batch["reference"]), batch["labels"])


def group_advantages(rewards: Tensor) -> Tensor:
    """同一个提示的一组回答 rewards (p, g) → (r − 组的平均) / 组的标准差（Shao 等 2024）；全都相同就是 0。"""
    centred = rewards - rewards.mean(-1, keepdim=True)
    return centred / rewards.std(-1, correction=0, keepdim=True).clamp_min(1e-6)


def kl_estimate(log_p: Tensor, reference: Tensor) -> Tensor:
    """由抽到的 token 估计 KL(π‖π₀)：d = log π₀ − log π，e^d − d − 1（Schulman 2020 的 k3），总不小于 0。"""
    difference = reference - log_p
    return difference.exp() - difference - 1


def policy_objective(model, batch: Batch, beta: float = 0.02, temperature: float = 1.0) -> Tensor:
    """策略梯度：Σ (−A·log π + β·KL)，对回答的每个 token 求和；A 是这个回答在组里的优势。

    ids、labels、reference (b, t)，advantages (b,)；temperature 是抽样时用的温度，π 就是那个分布。
    每批只走一步，抽样的就是正在训练的模型，比值 π/π_旧 总是 1，所以不需要 PPO 与 GRPO 的裁剪。
    """
    log_p = label_log_probabilities(model(batch["ids"]) / temperature, batch["labels"])
    kl = kl_estimate(log_p, batch["reference"])
    return (beta * kl - batch["advantages"][:, None] * log_p).sum()
