"""总表的结果（results.json，由 tools/task_table.py 写）：取出几个种子的分数。

键是“任务|开始|种子”：开始是“微调”（从附带的模型）或“从头”。
"""

import json
from functools import cache
from pathlib import Path

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
