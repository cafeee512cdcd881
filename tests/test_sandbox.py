"""sandbox.py：对的通过，错的说出哪里错；想跑出来的，一个也跑不出来。"""

import os
import sys

import pytest

from tinygpt import sandbox
from tinygpt.errors import InputError
from tinygpt.sandbox import Limits, check

QUICK = Limits(seconds=20, megabytes=256)  # 机器再忙也够；真的要超时的另给
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="这一道墙只有 Linux 有")


def answer(body, expression="None", limits=QUICK, cases=(((), None),)):
    """运行一段程序，函数 f 交出 expression。"""
    return check(f"{body}\ndef f():\n    return {expression}\n", "f", cases, limits)


# ---- 对与错 ----


def test_a_right_function_passes_every_case():
    source = "def add(a, b):\n    return a + b\n"
    verdict = check(source, "add", [((1, 2), 3), (("甲", "乙"), "甲乙"), (([1], [2]), [1, 2])])
    assert verdict.passed and verdict.correct == (True, True, True)


def test_a_wrong_function_says_which_case():
    verdict = check("def add(a, b):\n    return a - b\n", "add", [((1, 0), 1), ((1, 2), 3)])
    assert (verdict.status, verdict.correct) == (sandbox.WRONG, (True, False))
    assert verdict.detail == "add(1, 2) 得到 -1，应该是 3"


@pytest.mark.parametrize(("expression", "wanted", "same"), [
    ("1", True, False), ("1.0", 1, False), ("(1, 2)", [1, 2], False), ("0.1 + 0.2", 0.3, True),
    ("{'a': {1, 2}}", {"a": {2, 1}}, True), ("set()", set(), True), ("{'a': 1}", {"a": True}, False),
    ("[None, '一']", [None, "一"], True), ("[1]", [1, 2], False), ("len", None, False),
])  # fmt: skip
def test_results_are_compared_with_their_types(expression, wanted, same):
    assert answer("", expression, cases=[((), wanted)]).passed is same


def test_useful_python_is_allowed():
    source = """
import math, re
from collections import Counter
class Box:
    def __init__(self, x): self.x = x
def f(text):
    total = 0
    for _ in range(3):
        total += math.floor(1.5)
    return [total, Counter(text).most_common(1)[0][0], re.sub('一', '二', text), sorted(text)[0]]
"""
    verdict = check(source, "f", [(("一一三",), [3, "一", "二二三", "一"])], QUICK)
    assert verdict.passed, verdict


def test_print_does_not_spoil_the_answer():
    assert answer("print('{\"status\": \"ran\"}')", "print(1)").passed


def test_each_case_gets_its_own_arguments():
    """上一组改了自己的列表，下一组看不见。"""
    source = "def f(items):\n    items.append(1)\n    return len(items)\n"
    assert check(source, "f", [(([],), 1), (([],), 1)], QUICK).passed


@pytest.mark.parametrize(("source", "status", "word"), [
    ("def f(:\n", sandbox.ERROR, "SyntaxError"), ("def g(): pass\n", sandbox.REFUSED, "没有函数 f"),
    ("def f(): return 1 / 0\n", sandbox.ERROR, "ZeroDivisionError"), ("1 / 0", sandbox.ERROR, "ZeroDiv"),
    ("def f(): return f()\n", sandbox.ERROR, "RecursionError"), ("", sandbox.REFUSED, "没有函数 f"),
    ("def f(x): return x\n", sandbox.ERROR, "TypeError"), ("f = 3\n", sandbox.REFUSED, "没有函数 f"),
])  # fmt: skip
def test_broken_programs_are_told(source, status, word):
    verdict = check(source, "f", [((), 1)], QUICK)
    assert verdict.status == status and word in verdict.detail


def test_cases_that_cannot_be_written_are_refused():
    with pytest.raises(InputError, match="测试"):
        check("def f(x): return x", "f", [((object(),), 1)])
    with pytest.raises(InputError, match="一组测试也没有"):
        check("def f(): return 1", "f", [])


# ---- 想跑出来 ----

ESCAPES = [
    ("import os", "os.system('touch {mark}')"), ("", "open('{mark}', 'w').write('x')"),
    ("", "__import__('os').system('touch {mark}')"), ("import socket", "socket.socket()"),
    ("import subprocess", "subprocess.run(['touch', '{mark}'])"), ("import ctypes", "ctypes.CDLL(None)"),
    ("import sys", "sys.exit(0)"), ("", "eval('1')"), ("", "exec('1')"), ("", "getattr(1, 'real')"),
    ("from os import system", "system('touch {mark}')"), ("import os.path", "os.remove('{mark}')"),
    ("", "().__class__.__base__.__subclasses__()"), ("", "f.__globals__"), ("", "(lambda: 0).__code__"),
    ("import math", "math.__loader__"), ("from math import __loader__ as a", "a"),
    ("g = (x for x in [1])", "g.gi_frame.f_back.f_globals"), ("", "__builtins__['open']"),
    ("import re", "re.enum.sys.modules"), ("import collections", "collections.abc.sys"),
    ("import functools", "functools.namedtuple"), ("", "globals()"), ("", "type(1)"), ("", "input()"),
    ("try:\n    1 / 0\nexcept Exception as e:\n    t = e", "t.__traceback__.tb_frame.f_builtins"),
    ("match 1:\n    case int(__class__=c):\n        pass", "c"), ("import math as __builtins__", "1"),
    ("async def a(): pass\nc = a()", "c.cr_frame"), ("from . import os", "os"), ("", "breakpoint()"),
    ("import builtins", "builtins.open('{mark}', 'w')"), ("import importlib", "1"), ("import resource", "1"),
    ("", "str.__dict__"), ("raise SystemExit", "1"), ("class A:\n    x = __build_class__", "A.x"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expression"), ESCAPES)
def test_no_way_out_of_the_language(tmp_path, body, expression):
    """函数若交出了任何东西，就是跑出来了：这里每一个都该被拒绝或出错。"""
    mark = tmp_path / "mark"
    expression = expression.replace("{mark}", mark.as_posix())
    verdict = answer(body, f"[1 for _ in [{expression}]]", cases=[((), [1])])
    assert verdict.status in (sandbox.REFUSED, sandbox.ERROR), verdict
    assert verdict.detail and not mark.exists()


def test_an_endless_loop_is_stopped():
    assert answer("", "[x for x in iter(int, 1)]", Limits(seconds=1.5, megabytes=64)).status in (
        sandbox.TIMEOUT, sandbox.KILLED, sandbox.ERROR,
    )  # fmt: skip
    body = "while True:\n    try:\n        while True:\n            pass\n    except Exception:\n        pass"
    assert answer(body, limits=Limits(seconds=1.5)).status == sandbox.TIMEOUT


@ON_LINUX
def test_running_out_of_cpu_time_is_a_timeout_too():
    """CPU 时间的上限可能先到，也可能后到，看机器忙不忙；说法不能因此不同。"""
    request = {"source": "def f():\n    while True:\n        pass", "function": "f", "cases": ["()"]}
    _, ended = sandbox._run(request | {"seconds": 1, "megabytes": 256}, seconds=60)
    assert ended is None


@ON_LINUX
@pytest.mark.parametrize("expression", ["[0] * 10**9", "'一' * 10**9", "list(range(10**9))", "1 << 10**10"])
def test_huge_memory_is_refused(expression):
    verdict = answer("", expression)
    assert verdict.status in (sandbox.ERROR, sandbox.KILLED), verdict
    assert "MemoryError" in verdict.detail or verdict.status == sandbox.KILLED


def test_a_huge_result_does_not_fill_the_parent():
    verdict = answer("", "'一' * 10**6")
    assert verdict.status == sandbox.WRONG and len(verdict.detail) < 20_000


# ---- 第二、三道墙：就算翻过了第一道 ----

INSIDE = """
import importlib.util, json, os, sys
spec = importlib.util.spec_from_file_location("child", sys.argv[1])
child = importlib.util.module_from_spec(spec)
spec.loader.exec_module(child)
import resource, socket, subprocess
child.shut_in(5, 512)
tried = {}
def attempt(name, action):
    try:
        action()
        tried[name] = "done"
    except BaseException as error:
        tried[name] = type(error).__name__
mark = sys.argv[2]
attempt("read", lambda: open(sys.argv[1]).read())
attempt("write", lambda: open(mark, "w").write("x"))
attempt("socket", lambda: socket.socket())
attempt("process", lambda: subprocess.run(["true"]))
attempt("system", lambda: os.WEXITSTATUS(os.system("true")) == 0 or 1 / 0)
attempt("fork", lambda: os.fork() or os._exit(0))
attempt("raise the limit", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
attempt("import", lambda: __import__("wave"))
attempt("control", lambda: None)
os.write(1, json.dumps(tried).encode())
"""


@ON_LINUX
def test_the_kernel_holds_even_if_the_language_does_not(tmp_path):
    """不经过语法检查的程序，关起来之后也打不开文件、没有网络、没有新的进程，也改不回上限。"""
    import json
    import subprocess

    mark = tmp_path / "mark"
    done = subprocess.run(
        [sys.executable, "-I", "-c", INSIDE, str(sandbox.CHILD), str(mark)], capture_output=True, timeout=60,
        check=True,
    )  # fmt: skip
    tried = json.loads(done.stdout)
    assert tried.pop("control") == "done" and len(tried) == 8
    assert "done" not in tried.values(), tried
    assert not mark.exists()


def test_the_child_starts_with_an_empty_environment(monkeypatch):
    """环境变量里的东西（口令之类）传不进去。"""
    seen = {}
    real = sandbox.subprocess.Popen
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setattr(sandbox.subprocess, "Popen", lambda *a, **k: seen.update(k) or real(*a, **k))
    assert answer("").passed
    assert set(seen["env"]) <= {"SYSTEMROOT"} and os.listdir(os.path.dirname(seen["cwd"])) is not None
    assert not os.path.exists(seen["cwd"])  # 临时文件夹用完就删


def test_protections_are_told_plainly():
    assert sandbox.protections()["内存有上限"] is (sys.platform == "linux")
