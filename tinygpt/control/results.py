"""总表的结果（results.json，由 tools/record_control.py 写）：取出几个种子的数，写成表。"""

from functools import cache
from pathlib import Path
from statistics import mean

from tinygpt.checkpoint import read_json
from tinygpt.tasks.results import spread

RESULTS = Path(__file__).with_name("results.json")
START = "开始的模型"


@cache
def results() -> dict:
    """整张表。"""
    return read_json(RESULTS)


def runs(goal: str, way: str, rows: list[dict] | None = None) -> list[dict]:
    """一个目标、一种学法的各个种子。"""
    rows = results()["runs"] if rows is None else rows
    return sorted(
        (row for row in rows if row["goal"] == goal and row["way"] == way), key=lambda row: row["seed"]
    )


def curve(some: list[dict], reward: str, window: int = 5) -> list[float]:
    """训练时各批的平均奖励：每 window 步、各个种子一起平均。"""
    rows = [row["curves"][reward] for row in some]
    starts = range(0, len(rows[0]), window)
    return [mean(value for row in rows for value in row[i : i + window]) for i in starts]


def line(some: list[dict]) -> str:
    """一种学法的一行：只写一个的奖励、8 个里挑最好的、KL、熵、不同的四字段、预训练文字的每字比特。"""
    bits = [mean(row["bits"].values()) for row in some]
    parts = {
        "写一个": [row["average"] for row in some], "八个里最好的": [row["best"]["8"] for row in some],
        "KL": [row["kl"] for row in some], "熵": [row["entropy"] for row in some],
        "四字段": [row["distinct4"] for row in some], "比特": bits,
    }  # fmt: skip
    return "　".join(f"{name} {spread(values)}" for name, values in parts.items())


def table(rows: list[dict]) -> str:
    """全部的表，一个目标一段。"""
    keys = dict.fromkeys((row["goal"], row["way"]) for row in rows)
    return "\n".join(f"{goal:<5}{way:　<7}{line(runs(goal, way, rows))}" for goal, way in sorted(keys))
