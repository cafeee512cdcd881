"""执行一个练习本，判每个练习：book_runner.py 为每一本另开一个进程运行这个文件。

    python -m tinygpt.course.book_child 练习本.ipynb {"不要执行的格子": "为什么"}

学习者的代码可能停不下来、可能退出、可能把进程弄崩，所以不在命令行的进程里执行。每一格由 IPython 执行，
%%time、%matplotlib、!ls、x? 都同 JupyterLab 里一样。标准输出里一行一个 JSON：
    {"cell": 5}                                       要执行第 5 格了
    {"number": "4.2", "state": "failed", "message": "…", "mutants": ["…"]}   判完了一个练习
    {"end": true}                                     全部做完
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tinygpt.course.books import answers, text_of
from tinygpt.course.diagnosis import CheckFailed
from tinygpt.course.kernel import LOST, checking


def execute(path: Path, skipped: dict[int, str]) -> Iterator[dict]:
    """在当前进程里执行一个练习本，交出上面那样的一行行。skipped：{不要执行的格子: 为什么}。"""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    untouched = notebook["metadata"].get("tinygpt", {}).get("untouched", {})
    shell, now = InteractiveShell.instance(config=quiet()), answers(notebook)
    trouble = ""  # 这个练习的哪一格根本没有运行成
    for place, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        yield {"cell": place}
        error = None if place in skipped else run_cell(shell, text_of(cell))
        trouble = trouble or skipped.get(place, "") or why_not_run(place, error)
        if number := cell["metadata"].get("exercise"):
            result = {"state": "error", "message": trouble} if trouble else verdict(error)
            if result["state"] == "failed" and untouched.get(number) == now[number]:
                result["state"] = "unwritten"  # 找错误的题：留下的代码能执行，只是错的
            yield {"number": number, **result}
            trouble = ""
    yield {"end": True}


def quiet() -> Config:
    """不记历史文件的 IPython。"""
    config = Config()
    config.HistoryManager.enabled = False
    return config


def run_cell(shell: InteractiveShell, source: str) -> BaseException | None:
    result = shell.run_cell(source, store_history=True)
    return result.error_before_exec or result.error_in_exec


def why_not_run(place: int, error: BaseException | None) -> str:
    """这一格停掉了程序，或者有语法错误：说出是哪一格。别的错误由后面的检查来说。"""
    if isinstance(error, SystemExit):
        return f"第 {place} 格里有 exit()、quit() 或 sys.exit()：它会停掉整个程序，去掉它"
    if isinstance(error, SyntaxError):
        return f"第 {place} 格有语法错误，第 {error.lineno} 行：{(error.text or '').strip()}"
    return ""


def verdict(error: BaseException | None) -> dict:
    if error is None:
        return {"state": "passed", "message": ""}
    if isinstance(error, CheckFailed):
        state = "unwritten" if error.unwritten else "failed"
        return {"state": state, "message": str(error), "mutants": list(error.mutants)}
    if isinstance(error, NameError):
        return {"state": "error", "message": LOST.format(name=error.name)}
    return {"state": "error", "message": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # 学习者的 print 与子进程的输出不混进结果
    os.dup2(nowhere, 2)
    given = {int(place): why for place, why in json.loads(sys.argv[2]).items()}
    with checking():
        for line in execute(Path(sys.argv[1]), given):
            print(json.dumps(line, ensure_ascii=False), file=report, flush=True)
