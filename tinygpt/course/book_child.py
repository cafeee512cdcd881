"""执行一个练习本，判每个练习：books.py 为每一本另开一个进程运行这个文件，结果是标准输出的最后一行。

学习者的代码可能停不下来、可能退出、可能把进程弄崩，所以不在命令行的进程里执行。
"""

import json
import sys
from pathlib import Path

from tinygpt.course.books import answers, text_of
from tinygpt.course.diagnosis import CheckFailed


def execute(path: Path) -> list[dict]:
    """在当前进程里执行一个练习本，返回每个练习的状态：passed、failed、unwritten 或 error。"""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    scope, results, now = {"__name__": "__main__"}, [], answers(notebook)
    untouched = notebook["metadata"].get("tinygpt", {}).get("untouched", {})
    left = None  # 停掉程序的那一格
    for place, cell in enumerate(notebook["cells"], start=1):
        number = cell["metadata"].get("exercise")
        if cell["cell_type"] != "code":
            continue
        error = run_cell(text_of(cell), scope)
        if isinstance(error, SystemExit):
            left = place
        if number:
            stopped = f"第 {left} 格里有 exit()、quit() 或 sys.exit()：它会停掉整个程序，去掉它"
            result = {"state": "error", "message": stopped} if left else verdict(error)
            left = None
            if result["state"] == "failed" and untouched.get(number) == now[number]:
                result["state"] = "unwritten"  # 找错误的题：留下的代码能执行，只是错的
            results.append({"number": number, **result})
    return results


def run_cell(source: str, scope: dict) -> BaseException | None:
    try:
        exec(compile(source, "<练习>", "exec"), scope)
    except (Exception, SystemExit) as error:  # noqa: BLE001 学习者的代码
        return error
    return None


def verdict(error: BaseException | None) -> dict:
    if error is None:
        return {"state": "passed", "message": ""}
    if isinstance(error, CheckFailed):
        return {"state": "unwritten" if error.unwritten else "failed", "message": str(error)}
    return {"state": "error", "message": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    output = sys.stdout
    sys.stdout = sys.stderr  # 学习者的 print 不混进结果
    found = execute(Path(sys.argv[1]))
    output.write(json.dumps(found, ensure_ascii=False) + "\n")
