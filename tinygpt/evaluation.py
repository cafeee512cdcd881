"""评估：在一组批上的平均损失。训练循环用它算验证损失，tinygpt evaluate 用它算困惑度。"""

import torch
from torch import nn

from tinygpt.device import evaluation_mode
from tinygpt.losses import Objective, causal_objective, count_targets, to_device


def evaluate(model: nn.Module, batches, objective: Objective = causal_objective) -> float:
    """batches 上的平均损失（nat/token），fp32，dropout 关闭；之后恢复原来的状态。

    各批之和用 Python 的双精度数来加：Apple 的 GPU 没有 float64，设备上不能造出这样的张量。
    """
    device = next(model.parameters()).device
    total, count = 0.0, 0
    with torch.inference_mode(), evaluation_mode(model):
        for batch in batches:
            total += objective(model, to_device(batch, device)).item()
            count += count_targets(batch)
    return total / max(1, count)
