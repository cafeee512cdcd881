"""总表的结果（results.json，由 tools/task_table.py 写）：取出几个种子的分数。

tasks 的键是“任务|开始|种子”：开始是“微调”（从附带的模型）或“从头”；few 是“几道|开始|种子”，
methods 是“任务|方法|种子”，rates 是“学习率|种子”，后两种也记着微调以后预训练的文字每字几比特。
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean

from tinygpt.tasks.case import Task

RESULTS = Path(__file__).with_name("results.json")


@cache
def results() -> dict:
    """整张表。"""
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def seeds(part: str, *names, rows: dict | None = None) -> list[dict]:
    """一部分里，同样的名字、各个种子的结果，例如 seeds("tasks", "zh-en", "微调")。"""
    begin = "|".join(map(str, names)) + "|"
    found = (rows if rows is not None else results()).get(part, {})
    return [row for key, row in sorted(found.items()) if key.startswith(begin)]


def marks(part: str, *names, metric: str, rows: dict | None = None) -> list[float]:
    """各个种子在 metric 上的分数。"""
    return [row["scores"][metric] for row in seeds(part, *names, rows=rows)]


def bits_after(part: str, *names, source: str, rows: dict | None = None) -> list[float]:
    """各个种子微调以后，一种预训练的文字每字几比特。"""
    return [row["after"][source] for row in seeds(part, *names, rows=rows)]


RIVALS = ("最常见的回答", "照抄", "最像的例子")  # 不用学的对手


def spread(values: list[float], form: str = ".2f") -> str:
    """平均（最小–最大）；form 是数的写法，".0%" 写成百分数。"""
    return f"{mean(values):{form}}（{min(values):{form}}–{max(values):{form}}）"


@dataclass(frozen=True)
class Line:
    """总表的一行：主要的打分上，最好的对手、没有微调的模型、从头与微调的各个种子。"""

    title: str
    metric: str
    rival: float
    untuned: float
    scratch: list[float]
    tuned: list[float]

    def __str__(self) -> str:
        before = f"对手 {self.rival:.2f}　没有微调 {self.untuned:.2f}"
        after = f"从头 {spread(self.scratch)}　微调 {spread(self.tuned)}"
        return f"{self.title:　<7}{self.metric:<7}{before}　{after}"


def line(task: Task) -> Line:
    """一种任务在总表里的一行。"""
    known = results()["baselines"][task.name]["scores"]
    rival, untuned = max(known[who][task.main] for who in RIVALS), known["没有微调"][task.main]
    trained = [marks("tasks", task.name, start, metric=task.main) for start in ("从头", "微调")]
    return Line(task.title, task.main, rival, untuned, *trained)


def mistakes(task: Task, count: int = 2) -> list[tuple[str, str, str]]:
    """微调（第一个种子）答错的几道：（问，标准的回答，它的回答）。"""
    return [tuple(row[:3]) for row in seeds("tasks", task.name, "微调")[0]["wrong"][:count]]
