"""每一步的记录，与它在磁盘上的样子（metrics.jsonl，一行一步）；记录里的数不是有限的，就说清楚。"""

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path

from tinygpt.checkpoint import atomic

FILE = "metrics.jsonl"


@dataclass(frozen=True)
class Metrics:
    """一步的记录。val_loss 只在做评估的那些步才有。"""

    step: int  # 做完了多少步
    total_steps: int
    loss: float  # 这一步训练批上的平均损失（nat/token）
    learning_rate: float
    grad_norm: float  # 裁剪之前的总范数
    tokens: int  # 到此刻一共训练了多少个 token（标签）
    val_loss: float | None = None
    best: bool = False


class NonFiniteError(RuntimeError):
    """损失或梯度成了 nan 或 inf。"""


def non_finite(step: int, loss: float, norm: float, config, precision: str, kept: str) -> NonFiniteError:
    """第 step 步算坏了：可能的原因，与怎么办。kept 说检查点还在不在。"""
    what = "损失" if not math.isfinite(loss) else "梯度"
    return NonFiniteError(
        f"第 {step} 步的{what}不是有限的数（损失 {loss}，梯度范数 {norm}）。\n"
        f"常见原因：学习率太高（现在 {config.learning_rate}）；"
        f"没有梯度裁剪（clip_norm = {config.clip_norm}）；"
        f"预热太短（warmup_steps = {config.warmup_steps}）；fp16 溢出（精度 {precision}）。\n"
        f"怎么办：先把学习率降到一半再试。{kept}"
    )


def append_log(folder: Path, metrics: Metrics) -> None:
    """添上一步的记录。"""
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(dataclasses.asdict(metrics)) + "\n")


def _step(line: str) -> float:
    """这一行是第几步；坏了的、写了半行的算无穷大。"""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return math.inf


def truncate_log(folder: Path, step: int) -> None:
    """只留到第 step 步：检查点之后的记录会重新写一遍；写了半行的、坏了的也去掉。"""
    path = folder / FILE
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = [line for line in lines if _step(line) <= step]
    with atomic(path) as temporary:
        temporary.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
