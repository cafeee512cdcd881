"""“我的损失正常吗”：把你的训练与记录下来的几次比（tools/expected_losses.py 量出来的，expected.json）。"""

import json
import math
from pathlib import Path

from tinygpt.errors import require
from tinygpt.metrics import FILE as METRICS

FILE = Path(__file__).with_name("expected.json")
WIDTH = 21  # 一步的损失抖得厉害：取前后这么多步的平均
MARGIN = 0.15  # 记录只有几个种子：上下再放宽这么多


def cards() -> dict[str, dict]:
    """{名字: 参照}；一份参照里有 steps、low、high、seeds、recipe。"""
    return json.loads(FILE.read_text(encoding="utf-8"))["cards"]


def marks(total: int) -> list[int]:
    """参照记哪些步：1、2、5、10、20、50……，直到 total。"""
    steps = [m * 10**k for k in range(6) for m in (1, 2, 5)]
    return [step for step in steps if step < total] + [total]


def read_losses(folder: str | Path) -> list[float]:
    """训练的文件夹 → 每一步的训练损失。"""
    path = Path(folder) / METRICS
    expected = "训练的文件夹，里面有 metrics.jsonl"
    require(path.is_file(), f"{path} 不存在", expected, "给 tinygpt train --out 的那个文件夹")
    return [json.loads(line)["loss"] for line in path.read_text(encoding="utf-8").splitlines()]


def smoothed(losses: list[float], step: int) -> float:
    """第 step 步（从 1 数起）前后的平均；开头两步损失变得快，取它自己。"""
    half = min(WIDTH // 2, (step - 1) // 2)
    window = losses[step - 1 - half : step + half]
    return sum(window) / len(window)


def compare(folder: str | Path, card: dict) -> list[tuple[int, float, float, float, str]]:
    """一次训练与参照，一行一步：（步，你的损失，参照的最小，最大，怎么看）。"""
    losses, rows = read_losses(folder), []
    for step, low, high in zip(card["steps"], card["low"], card["high"], strict=True):
        if step <= len(losses):
            mine = smoothed(losses, step)
            rows.append((step, mine, low, high, verdict(mine, low, high)))
    return rows


def verdict(mine: float, low: float, high: float) -> str:
    if not math.isfinite(mine):
        return "坏了：不是有限的数"
    if mine > high + MARGIN:
        return "偏高"
    return "偏低" if mine < low - MARGIN else "正常"
