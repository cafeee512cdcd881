"""运行模型写的 Python：在一个受限的子进程里，只看它对不对。

模型写的程序可能没完没了、吃光内存，也可能碰巧写出删文件的一行，所以绝不在自己的进程里运行。三道墙：

1. 语言（所有系统）：先看语法树，能用的内建函数与导入只有几样（见 sandbox_child.py），没有 open 与 eval。
2. 进程（所有系统）：隔离模式的 Python，空的环境变量，空的临时文件夹；到了时间就杀掉；结果只读这么多字节。
3. 内核（Linux 全有；macOS 没有内存的上限；Windows 一样也没有，见 protections）：内存、CPU 时间，
   不许再打开任何文件（于是没有读写，没有网络），不许有新的进程；用 root 运行时先换成 nobody。

防的是写坏了的程序，不是处心积虑的攻击者：它若翻过了第一道墙，在 Windows 上就没有别的拦着；
在 Linux 与 macOS 上，也还能删掉你有权删的文件。别拿它运行来历不明的代码。
"""

import ast
import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from tinygpt.errors import require

CHILD = Path(__file__).with_name("sandbox_child.py")
PASSED, WRONG, ERROR, REFUSED, TIMEOUT, KILLED = "通过", "答案不对", "出错", "不许运行", "超时", "被杀掉"
OUTPUT = 1 << 20  # 最多读多少字节的结果
PLAIN = (int, float, str, bool, type(None), list, tuple, set, dict)


@dataclass(frozen=True)
class Limits:
    """一次运行的上限。"""

    seconds: float = 5.0  # 从启动到结束；CPU 时间也不超过它
    megabytes: int = 256  # 内存；Python 自己要占二三十


@dataclass(frozen=True)
class Verdict:
    """一次运行的结果：怎样了（PASSED 等），哪几组对了，说明。"""

    status: str
    correct: tuple[bool, ...] = ()
    detail: str = ""

    @property
    def passed(self) -> bool:
        return self.status == PASSED


def check(source: str, function: str, cases, limits: Limits = Limits()) -> Verdict:
    """运行 source，用 cases 里的每组参数调用 function，结果与期望的都相同才算通过。

    cases 是 （参数的元组，期望的结果）的列表，里面只能是数、文字、真假、None 与由它们组成的列表、元组、集合、
    字典。类型也要相同（1 不是 True）；小数只要求几乎相等。source 里的 print 没有作用。
    """
    cases = [(tuple(args), wanted) for args, wanted in cases]
    require(cases, "一组测试也没有", "至少一组", "给出参数与期望的结果")
    for args, wanted in cases:
        plain = _same(repr(args), args) and _same(repr(wanted), wanted)
        require(plain, f"测试 {args!r} → {wanted!r}", "数、文字、列表等", "换成写得出来的值")
    request = {"source": source, "function": function, "cases": [repr(args) for args, _ in cases]}
    output, ended = _run(request | {"seconds": limits.seconds, "megabytes": limits.megabytes}, limits.seconds)
    if ended is None:
        return Verdict(TIMEOUT, detail=f"{limits.seconds:g} 秒没有结束")
    try:
        answer = json.loads(output)
        status, detail, results = answer["status"], answer["detail"], answer["results"]
    except (ValueError, KeyError, TypeError):
        return Verdict(KILLED, detail=f"没有交出结果就结束了（代码 {ended}），多半是超过了上限")
    if status != "ran":
        return Verdict(REFUSED if status == "refused" else ERROR, detail=detail)
    correct = tuple(_same(text, wanted) for text, (_, wanted) in zip(results, cases, strict=True))
    if all(correct):
        return Verdict(PASSED, correct)
    number = correct.index(False)
    args, wanted = cases[number]
    call = f"{function}({', '.join(map(repr, args))})"
    return Verdict(WRONG, correct, f"{call} 得到 {results[number]}，应该是 {wanted!r}")


def protections() -> dict[str, bool]:
    """这个系统上有哪几样保护。"""
    kernel = os.name == "posix"
    return {
        "语法与内建函数受限": True, "单独的进程，到时间就杀掉": True, "CPU 时间有上限": kernel,
        "不能打开文件，没有网络": kernel, "不能有新的进程": kernel, "内存有上限": sys.platform == "linux",
    }  # fmt: skip


def _run(request: dict, seconds: float) -> tuple[bytes, int | None]:
    """（它写出的，退出代码）；超时（钟点或 CPU 时间）被杀的，退出代码是 None。"""
    environment = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}  # Windows 要它
    late = threading.Event()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(CHILD)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, env=environment,
            start_new_session=os.name == "posix",
        )  # fmt: skip
        timer = threading.Timer(seconds, lambda: (late.set(), _kill(process)))
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(request).encode())
                process.stdin.close()
            output = process.stdout.read(OUTPUT)
        finally:
            timer.cancel()
            _kill(process)
            process.stdout.close()
            code = process.wait()
    out_of_cpu = os.name == "posix" and code == -signal.SIGXCPU
    return output, None if late.is_set() or out_of_cpu else code


def _kill(process: subprocess.Popen) -> None:
    """连同它的子孙一起杀掉；已经结束的，什么也不做。"""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _same(text: str, wanted) -> bool:
    """text 是一个值写出来的样子；与 wanted 的类型、内容都相同。"""
    try:
        return _equal(ast.literal_eval(text), wanted)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def _equal(value, wanted) -> bool:
    if type(value) is not type(wanted) or not isinstance(value, PLAIN):
        return False
    if isinstance(value, float):
        return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(value, (list, tuple)):
        return len(value) == len(wanted) and all(map(_equal, value, wanted))
    if isinstance(value, dict):
        return value.keys() == wanted.keys() and all(_equal(value[key], wanted[key]) for key in wanted)
    return value == wanted
