"""沙盒的里面：sandbox.py 在子进程里运行的就是这个文件，别处不导入它。

从标准输入读一个 JSON（程序、函数名、几组参数、上限），先把自己关起来，再运行，结果写成一个 JSON。
"""

import ast
import builtins
import collections
import contextlib
import functools
import heapq  # noqa: F401 Counter.most_common 用到它才导入，那时已经打不开文件了
import itertools
import json
import math
import os
import re
import string
import sys
from types import SimpleNamespace

BUILTINS = (
    "abs", "all", "any", "ascii", "bin", "bool", "bytes", "callable", "chr", "complex", "dict", "divmod",
    "enumerate", "filter", "float", "format", "frozenset", "hash", "hex", "int", "isinstance", "issubclass",
    "iter", "len", "list", "map", "max", "min", "next", "oct", "ord", "pow", "range", "repr", "reversed",
    "round", "set", "slice", "sorted", "str", "sum", "tuple", "zip", "True", "False", "None",
    "__build_class__", "ArithmeticError", "AssertionError", "AttributeError", "Exception", "IndexError",
    "KeyError", "LookupError", "NotImplementedError", "OverflowError", "RecursionError", "RuntimeError",
    "StopIteration", "TypeError", "ValueError", "ZeroDivisionError",
)  # fmt: skip
FROM = {  # 可以导入的模块，与里面可以用的名字：不带来别的模块的那些
    math: [name for name in dir(math) if name[0] != "_"],
    itertools: [name for name in dir(itertools) if name[0] != "_"],
    functools: ["reduce"],
    collections: ["Counter", "OrderedDict", "defaultdict", "deque"],
    re: ["findall", "fullmatch", "match", "search", "split", "sub"],
    string: [name for name in dir(string) if name.isidentifier() and isinstance(getattr(string, name), str)],
}
MODULES = {
    module.__name__: SimpleNamespace(**{n: getattr(module, n) for n in names if n[0] != "_"})
    for module, names in FROM.items()
}  # fmt: skip
FRAMES = ("_", "tb_", "f_", "gi_", "cr_", "ag_", "co_")  # 由栈帧能走到外面去
PLAIN = (int, float, str, bool, type(None), list, tuple, set, dict)
LONGEST, DEEPEST = 10_000, 50  # 一个结果写出来最多多少个字符；最多套几层


class Refused(Exception):
    """程序里有不许用的写法。"""


def look_over(tree: ast.AST) -> None:
    """语法树里有不许用的写法就报 Refused。类里的方法可以叫 __init__ 这样的名字。"""
    methods = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for part in node.body
        if isinstance(part, ast.FunctionDef)
    }  # fmt: skip
    for node in ast.walk(tree):
        line = f"第 {getattr(node, 'lineno', '?')} 行"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]:
                if name not in MODULES or getattr(node, "level", 0):
                    raise Refused(f"{line}：不许导入 {name}，可以导入的只有 {'、'.join(MODULES)}")
        reached = [node.attr] if isinstance(node, ast.Attribute) else getattr(node, "kwd_attrs", [])
        for name in reached:
            if name.startswith(FRAMES):
                raise Refused(f"{line}：不许用 .{name}")
        if isinstance(node, ast.Constant) or id(node) in methods:
            continue
        for name in (value for _, value in ast.iter_fields(node) if isinstance(value, str)):
            if name.startswith("__"):
                raise Refused(f"{line}：不许用 {name}")


def import_allowed(name, *_):
    """代替 __import__：只有 MODULES 里的。"""
    if name not in MODULES:
        raise ImportError(f"不许导入 {name}")
    return MODULES[name]


def shut_in(seconds: float, megabytes: int) -> None:
    """把自己关起来。Windows 没有 resource，什么也不做；某一项系统不支持，就少那一项。"""
    try:
        import resource
    except ImportError:
        return
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # 换成 nobody：root 不受进程数的限制，还能把上限改回来
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
    size, cpu = megabytes << 20, math.ceil(seconds)
    limits = {"AS": size, "CPU": cpu, "FSIZE": 0, "CORE": 0, "NPROC": 0, "NOFILE": 0}
    for name, most in limits.items():
        hard = most + 1 if name == "CPU" else most  # 先到软的：SIGXCPU 说得出是超时；两者相等就只有 SIGKILL
        with contextlib.suppress(OSError, ValueError, AttributeError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, hard))
    del sys.modules["resource"]


def plain(value, depth: int = 0) -> bool:
    """是不是写得出来的值：类型恰好是 PLAIN 里的，一层一层都是。"""
    if type(value) not in PLAIN or depth > DEEPEST:
        return False
    inside = [*value, *value.values()] if type(value) is dict else value
    return type(value) not in (list, tuple, set, dict) or all(plain(item, depth + 1) for item in inside)


def written(value) -> str:
    """一个结果写出来的样子；写不出来的，说它是什么。"""
    return repr(value)[:LONGEST] if plain(value) else f"<{type(value).__name__}>"


def evaluate(request: dict) -> list[str]:
    """运行程序，调用函数，得到各组的结果。"""
    tree = ast.parse(request["source"])
    look_over(tree)
    allowed = {name: getattr(builtins, name) for name in BUILTINS}
    allowed |= {"__import__": import_allowed, "print": lambda *_, **__: None}
    space = {"__builtins__": allowed, "__name__": "answer"}
    exec(compile(tree, "answer", "exec"), space)
    function = space.get(request["function"])
    if not callable(function):
        raise Refused(f"程序里没有函数 {request['function']}")
    return [written(function(*ast.literal_eval(case))) for case in request["cases"]]


def main() -> None:
    request = json.load(sys.stdin)
    shut_in(request["seconds"], request["megabytes"])
    answer = {"status": "ran", "detail": "", "results": []}
    try:
        answer["results"] = evaluate(request)
    except Refused as error:
        answer |= {"status": "refused", "detail": str(error)}
    except BaseException as error:  # 出什么错都要说出来，连 SystemExit 与 MemoryError
        answer |= {"status": "error", "detail": f"{type(error).__name__}：{str(error)[:200]}"}
    os.write(1, json.dumps(answer).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
