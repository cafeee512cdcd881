"""记下叫得出名字的错误：哪个练习，什么错，什么时候。只在这台电脑上，一个文件，随时可以删。

    exercises/.mistakes.json    [{"exercise": "4.4", "mutant": "忘了除以 √d_k", "when": "2025-03-01"}, …]

同一个练习接连犯同一个错，只记一次。文件夹不能写，就不记。这里不知道错误属于哪个概念（concepts.py）。
"""

import contextlib
import json
from datetime import date
from pathlib import Path

from tinygpt.checkpoint import atomic
from tinygpt.course.root import course_root
from tinygpt.errors import InputError

FILE = ".mistakes.json"
FIELDS = {"exercise", "mutant", "when"}


def place(root: Path | None = None) -> Path:
    return (root or course_root()) / "exercises" / FILE


def read(root: Path | None = None) -> list[dict]:
    """全部记录，先记的在前；没有文件、文件坏了，就是空的。"""
    try:
        rows = json.loads(place(root).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    rows = rows if isinstance(rows, list) else []
    return [row for row in rows if isinstance(row, dict) and row.keys() == FIELDS]


def note(number: str, mutants: tuple[str, ...] | list[str], root: Path | None = None) -> None:
    """记下练习 number 的几个错误。"""
    with contextlib.suppress(OSError, InputError):
        rows = read(root)
        latest = {row["exercise"]: row["mutant"] for row in rows}
        if not mutants or latest.get(number) in mutants:
            return
        rows += [{"exercise": number, "mutant": name, "when": f"{date.today()}"} for name in mutants]
        with atomic(place(root)) as temporary:
            temporary.write_text(json.dumps(rows, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def forget(root: Path | None = None) -> int:
    """删掉全部记录，返回删了几条。"""
    count = len(read(root))
    place(root).unlink(missing_ok=True)
    return count
