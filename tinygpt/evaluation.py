"""评估：在一组批上的平均损失。训练循环用它算验证损失，tinygpt evaluate 用它算困惑度。"""

from torch import nn

from tinygpt.device import evaluation_mode
from tinygpt.losses import Objective, causal_objective, count_targets, to_device
from tinygpt.parallel import ALONE, Alone


def evaluate(
    model: nn.Module, batches, objective: Objective = causal_objective, workers: Alone = ALONE
) -> float:
    """batches 上的平均损失（nat/token），fp32，dropout 关闭；之后恢复原来的状态。

    几个进程一起训练时，各算几批，再加起来：大家得到同一个数。
    各批之和用 Python 的双精度数来加：Apple 的 GPU 没有 float64，设备上不能造出这样的张量。
    """
    device = next(model.parameters()).device
    total, count = 0.0, 0
    with workers.no_graph(), evaluation_mode(model):
        for batch in workers.own(batches):
            total += objective(model, to_device(batch, device)).item()
            count += count_targets(batch)
    total, count = workers.sums(total, count)
    return total / max(1, count)
