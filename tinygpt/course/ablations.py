"""第 02、05、06 课的对照：每种做法在几档上各跑几个种子，成绩录在 ablations.json 里。

训练的函数在 objectives.py、transfer.py、blocks.py 与 loops.py；
tools/record_ablations.py 照 PARTS 把它们跑一遍，写成那个文件。
课里读它、画它，并当场重跑其中几格（again）。
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tinygpt.course import blocks, loops, objectives, plots, small_plots, transfer

FILE = Path(__file__).with_name("ablations.json")
LAST = 10  # 成绩是最后这么多步损失的平均；有验证集的取最后的验证损失，另说的除外


@dataclass(frozen=True)
class Part:
    """一组对照：几种做法，几档横轴上的数，几个种子；run(做法, 数, 种子) → 成绩。"""

    methods: list[str]
    values: list[float]
    seeds: int
    run: Callable[[str, float, int], float]


# ---- 第 02 课 ----


def _steps_to(way: str, goal: float, seed: int) -> float:
    """近 20 步的平均降到 goal，用了几步。"""
    return float(len(objectives.trained(way, 600, seed=seed, goal=goal)[1]))


def _masked(way: str, steps: float, seed: int) -> float:
    return _end(objectives.trained(way, int(steps), seed=seed)[1])


@lru_cache
def _pretrained() -> tuple:
    """第 3 节的 GPT，与分类的题目。"""
    return objectives.trained("自回归", 250)[0], transfer.Classroom(objectives.sentences())


def _classified(name: str, per_class: float, seed: int) -> float:
    """每类 per_class 句标注，答对的比例。"""
    gpt, room = _pretrained()
    return room.accuracy(gpt if name == FINE_TUNED else None, int(per_class), seed)


# ---- 第 05 课 ----


def _trained(n_layer: int, steps: int, kind: str, rate: float, seed: int) -> float:
    return _end(blocks.train(kind, n_layer, rate, seed, steps))


def _end(losses: list[float]) -> float:
    """最后几步的平均；发散了的（nan、无穷大、半路停下）记作 99。"""
    mean = float(np.mean(losses[-LAST:]))
    return min(mean, 99.0) if np.isfinite(mean) else 99.0


# ---- 第 06 课 ----

OPTIMIZERS = {"SGD": {"momentum": 0.0}, "SGD + 动量 0.9": {"momentum": 0.9}, "AdamW": {}}


def _optimized(name: str, rate: float, seed: int) -> float:
    losses = loops.losses_of(loops.trainer_for(seed, learning_rate=rate, **OPTIMIZERS[name]))
    return _end(losses) if len(losses) == 100 else 99.0


def _scheduled(steps: int, name: str, rate: float, seed: int) -> float:
    trainer = loops.trainer_for(seed, valid=loops.corpus().validation(), steps=steps, learning_rate=rate,
                                clip_norm=1.0, **loops.SCHEDULES[name])  # fmt: skip
    return min(trainer.run().val_loss, 99.0)


def _regularized(name: str, value: float, seed: int) -> float:
    """很少的文字读 160 步，验证损失最低时是多少；name 是 weight_decay 或 dropout。"""
    return loops.overfit(seed, **{name: value})[1].min().item()


RATES = [1e-3, 3e-3, 1e-2, 3e-2]
DEEP = ["pre-norm", "post-norm", "没有残差", "没有残差，初始化放大", "没有残差，ε = 1e-12",
        "pre-norm，初始化放大"]  # fmt: skip
NORM = ["pre-norm", "没有归一化", "pre-norm，初始化放大", "没有归一化，初始化放大"]
SCHEDULED = list(loops.SCHEDULES)
FINE_TUNED = "从预训练的 GPT 微调"
PARTS = {
    "objectives": Part(["自回归", "自回归，28 % 的题", "MLM"], [3.5], 3, _steps_to),
    "peeking": Part(["自回归", "自回归，没有掩码"], [180], 3, _masked),
    "pretraining": Part([FINE_TUNED, "从头训练"], [2, 8, 32], 3, _classified),
    "deep": Part(DEEP, RATES, 3, partial(_trained, 8, 80)),
    "norm": Part(NORM, RATES, 3, partial(_trained, 4, 80)),
    "optimizers": Part(list(OPTIMIZERS), [0.003, 0.01, 0.03, 0.1, 0.3, 1.0], 3, _optimized),
    "schedule": Part(SCHEDULED, [0.005, 0.01, 0.02, 0.04, 0.08], 3, partial(_scheduled, 120)),
    "weight_decay": Part(["weight_decay"], [0.0, 0.5, 2.0, 5.0, 10.0], 3, _regularized),
    "dropout": Part(["dropout"], [0.0, 0.1, 0.3], 3, _regularized),
}


# ---- 读与画 ----


@lru_cache
def results(part: str) -> dict[str, np.ndarray]:
    """{做法: (种子, 档)} 的成绩。"""
    recorded = json.loads(FILE.read_text(encoding="utf-8"))[part]
    return {name: np.array(rows) for name, rows in recorded.items()}


class Best(NamedTuple):
    """一种做法平均最好的一档：横轴上的数，各个种子的平均、最小与最大。"""

    value: float
    mean: float
    low: float
    high: float


def best(part: str) -> dict[str, Best]:
    """{做法: 它最好的一档}。"""
    found, values = {}, PARTS[part].values
    for name, rows in results(part).items():
        i = int(rows.mean(0).argmin())
        found[name] = Best(values[i], *(float(f(rows[:, i])) for f in (np.mean, np.min, np.max)))
    return found


def again(part: str, name: str, value: float, seed: int = 0) -> float:
    """当场重跑一格，印出重跑的与录下的成绩，返回相差多少。"""
    now = PARTS[part].run(name, value, seed)
    then = results(part)[name][seed, PARTS[part].values.index(value)]
    print(f"{name}，{value:g}，种子 {seed}：当场 {now:.2f}，录下的 {then:.2f}")
    return abs(now - then)


def show(part: str, methods=None, ax=None, top: float = 8.0, level: float | None = None, **labels):
    """画一组对照，印出每种做法最好的一档，并返回 {做法: Best}。

    横轴是各档，线是种子的平均，带子是最小到最大；高过 top 的（发散了的）画在 top 上；虚线 level 是字频熵。
    """
    methods = list(methods or results(part))
    rows = {name: np.minimum(results(part)[name], top) for name in methods}
    ax = plots.seeds(PARTS[part].values, rows, ax=ax, log="x", **labels)
    if level is not None:
        small_plots.level(ax, level, "字频熵", outside=True)
    found = {name: best(part)[name] for name in methods}
    for name, (value, mean, low, high) in found.items():
        print(f"{name}：{value:g} 时最好，{mean:.2f}（{low:.2f}–{high:.2f}）")
    return found
