"""从练习本里取出答案：通过了检查的是你的，没有通过、还没有写的用参考答案补上。

这里执行学习者写的代码，与在练习本里运行一样。不知道这些零件会装成什么。
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinygpt.course import books, exercises

# 装一个 GPT 要用的练习；同一课里靠后的会用到靠前的
WANTED = (
    "3.5", "3.6", "4.4", "4.5", "4.6", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6", "6.2", "6.3", "6.4",
    "7.1", "7.3", "7.6", "8.1", "8.2", "8.3", "8.6",
)  # fmt: skip
STATES = {
    "passed": "你写的", "failed": "没有通过，补上了",
    "unwritten": "还没有写，补上了", "error": "出错，补上了",
}  # fmt: skip
CHECK = re.compile(r'check\("(\d+\.\d+)", (\w+)\)')


@dataclass(frozen=True)
class Part:
    """一个零件：哪个练习的，函数是什么，是不是你写的。"""

    number: str
    name: str
    function: Callable
    state: str

    @property
    def own(self) -> bool:
        return self.state == "passed"

    @property
    def source(self) -> str:
        return STATES[self.state]


def collect(root: Path | None = None, failing: tuple[str, ...] = ()) -> dict[str, Part]:
    """{练习的编号: Part}。failing 里的练习没有通过也照用，好看看它的错会怎样。

    每一本先由 tinygpt check 的办法检查一遍（在另一个进程里，几秒一本；没有改过的用上次的结果）。
    """
    root = root or books.course_root()
    parts = {}
    for lesson in sorted({number.split(".")[0].zfill(2) for number in WANTED}):
        path = books.notebook_of(root / "exercises", lesson)
        results = books.progress(path, root / "exercises" / ".progress.json")
        states = {row["number"]: row["state"] for row in results}
        parts |= parts_of(path, states, failing)
    return {number: parts[number] for number in WANTED}


def parts_of(path: Path, states: dict[str, str], failing: tuple[str, ...] = ()) -> dict[str, Part]:
    """一本练习里的零件。依次执行各格；不用的答案不执行，把参考答案放在它的名字下，后面的答案照样能用它。"""
    scope, parts, pending = {"__name__": "__main__"}, {}, []
    last = [number for number in WANTED if number in exercises.exercises(path.stem[:2])][-1]
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code" or "what_if" in cell["metadata"]:
            continue
        source = books.text_of(cell)
        found = CHECK.search(source)
        if found is None:
            pending.append(source)
            continue
        number, name = found.groups()
        state = states.get(number, "unwritten")
        imports, answer = pending[:-1], pending[-1]
        pending = []
        for each in imports:
            exec(compile(each, "<练习>", "exec"), scope)
        if state == "passed" or number in failing:
            exec(compile(answer, "<练习>", "exec"), scope)
        else:
            scope[name] = exercises.find(number).reference
        if number in WANTED:
            parts[number] = Part(number, name, scope[name], state)
        if number == last:
            break
    return parts


def table(parts: dict[str, Part]) -> str:
    """零件的清单：一行一个。"""
    rows = [f"{part.number:4s} {part.name:22s} {part.source}" for part in parts.values()]
    own = sum(part.own for part in parts.values())
    return "\n".join([*rows, f"一共 {len(parts)} 个零件，{own} 个是你写的。"])
