"""在另一个进程里执行一个练习本（book_child.py），判完一个练习交出一个。

一格停不下来或者把进程弄崩了，就停掉那个进程，换一个新的从头执行，跳过那一格：它只耽误它自己的练习。
"""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

CELL_SECONDS = 120.0  # 一格最多运行多久


def results(path: Path, seconds: float = CELL_SECONDS) -> Iterator[dict]:
    """一个练习本的每个练习：{"number", "state", "message"}，判完一个交出一个。"""
    done, skipped = set(), {}
    while True:
        place, finished = 0, False
        for line in run(path, skipped, seconds):
            place, finished = line.get("cell", place), finished or "end" in line
            if "number" in line and line["number"] not in done:
                done.add(line["number"])
                yield line
        if finished or place in skipped:  # place in skipped：不执行它也不行，放弃
            return
        skipped[place] = (
            f"运行第 {place} 格时停住了（{seconds:g} 秒）或者崩溃了；"
            "在 JupyterLab 里重启内核，从头运行到这一格看看"
        )


def run(path: Path, skipped: dict[int, str], seconds: float) -> Iterator[dict]:
    """执行一遍，交出 book_child 的一行行；seconds 秒没有下一行就停掉它。"""
    own = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # 学习者的 IPython 设置不影响判分
    command = [sys.executable, "-m", "tinygpt.course.book_child", str(path), json.dumps(skipped)]
    environment = os.environ | {"PYTHONUTF8": "1", "MPLBACKEND": "Agg", "PYTHONPATH": python_path()}
    environment["IPYTHONDIR"] = own.name
    child = subprocess.Popen(
        command, cwd=path.parent, env=environment, encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    lines = queue.Queue()
    threading.Thread(target=read_into, args=(child.stdout, lines), daemon=True).start()
    try:
        while line := lines.get(timeout=seconds):
            yield json.loads(line)
    except queue.Empty:
        pass  # 停不下来
    finally:
        child.kill()
        child.wait()
        own.cleanup()


def python_path() -> str:
    here = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))


def read_into(stream, lines: queue.Queue) -> None:
    """把一行行放进队列，最后放一个空的，表示没有了。"""
    for line in stream:
        lines.put(line)
    lines.put("")
