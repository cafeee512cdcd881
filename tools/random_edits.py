#!/usr/bin/env python3
"""随便改一改答案，检查拦得住吗，叫得出名字吗。

    python tools/random_edits.py [4.4 4.5 …] [--count 200] [--seed 0] [--show]

每个练习在 solutions/ 里的答案改一处（或两处）：换运算符、轴、常数、次序、函数，少一行、一个参数……
改出来的每一份都检查一次，分成：
  逃过      通过了检查。可能是改了也一样（等价），也可能是检查漏了：--show 印出来，要一份一份地看
  有名字    被拦住，并叫出了一个（或几个）有名字的错误；“可能是”也算在内，另记
  只说事实  被拦住，没有认出是哪一种错误
改完不能运行、一开头就出错的也算（人也会这样写），重复的只算一次。表在 docs/exercises.md。
"""

import argparse
import ast
import contextlib
import copy
import inspect
import io
import json
import random
import re
import sys
import textwrap
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tinygpt.course import books, diagnosis, exercises
from tinygpt.course.diagnosis import CheckFailed

OPERATORS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div, ast.Add], ast.Div: [ast.Mult, ast.FloorDiv],
    ast.FloorDiv: [ast.Div], ast.Pow: [ast.Mult], ast.Mod: [ast.FloorDiv], ast.MatMult: [ast.Mult],
    ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
}  # fmt: skip
COMPARISONS = {
    ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE], ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE], ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq],
    ast.In: [ast.NotIn], ast.NotIn: [ast.In],
}  # fmt: skip
NAMES = {
    "sum": ["mean", "amax"], "mean": ["sum"], "max": ["min"], "min": ["max"], "amax": ["amin", "sum"],
    "exp": ["log"], "log": ["exp"], "sqrt": ["abs"], "argmax": ["argmin"], "tril": ["triu"], "triu": ["tril"],
    "append": ["extend"], "index": ["count"], "all": ["any"], "any": ["all"], "norm": ["sum"], "var": ["std"],
    "cumsum": ["cumprod"], "find": ["rfind"], "softmax": ["sigmoid"], "argsort": ["argmax"], "topk": ["sort"],
    "zeros": ["ones"], "ones": ["zeros"], "split": ["rsplit"], "clone": ["detach"], "view": ["reshape"],
}  # fmt: skip


class Edit(ast.NodeTransformer):
    """改一处：走到第 target 个能改的地方，做第 choice 种改法；target 为 −1 时只数有几处。"""

    def __init__(self, target: int = -1, rng: random.Random | None = None):
        self.target, self.rng, self.places = target, rng, 0

    def generic_visit(self, node):
        super().generic_visit(node)
        changes = list(possible(node))
        if not changes:
            return node
        self.places += 1
        return self.rng.choice(changes)(copy.deepcopy(node)) if self.places - 1 == self.target else node

    visit_BinOp = visit_Compare = generic_visit


def changed(**fields):
    def change(node):
        for name, value in fields.items():
            setattr(node, name, value)
        return node

    return change


def possible(node):
    """一个节点有哪些改法：函数（节点 → 节点）。"""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        yield from (changed(op=new()) for new in OPERATORS.get(type(node.op), []))
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add | ast.Mult):
            yield changed(left=node.right, right=node.left)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from (changed(ops=[new()]) for new in COMPARISONS.get(type(node.ops[0]), []))
    if isinstance(node, ast.UnaryOp):
        yield lambda n: n.operand
    if isinstance(node, ast.Constant):
        yield from constants(node.value)
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield from (changed(attr=new) for new in NAMES[node.attr])
    if isinstance(node, ast.Name) and node.id in NAMES:
        yield from (changed(id=new) for new in NAMES[node.id])
    if isinstance(node, ast.Call):
        if len(node.args) >= 2:
            yield changed(args=[node.args[1], node.args[0], *node.args[2:]])
        if node.keywords:
            yield changed(keywords=node.keywords[:-1])
        if isinstance(node.func, ast.Attribute):
            yield lambda n: n.func.value  # 少调用一个方法
        if len(node.args) == 1 and not node.keywords:
            yield lambda n: n.args[0]  # 少套一个函数
    if isinstance(node, ast.BoolOp):
        yield changed(op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        yield lambda n: n.values[0]
    if isinstance(node, ast.IfExp):
        yield lambda n: n.body
        yield lambda n: n.orelse
    if isinstance(node, ast.Slice):
        yield changed(lower=None)
        yield changed(upper=None)
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) >= 2:
        yield changed(elts=[node.elts[1], node.elts[0], *node.elts[2:]])
    body = getattr(node, "body", None)
    if isinstance(body, list) and len(body) >= 2:
        for i, statement in enumerate(body):
            if not isinstance(statement, ast.Return | ast.Import | ast.ImportFrom):
                yield changed(body=body[:i] + body[i + 1 :])
        for i in range(len(body) - 1):
            if not isinstance(body[i + 1], ast.Return):
                yield changed(body=[*body[:i], body[i + 1], body[i], *body[i + 2 :]])
    if isinstance(node, ast.If):
        yield changed(test=ast.UnaryOp(op=ast.Not(), operand=node.test))


def constants(value):
    """一个常数换成别的。"""
    if isinstance(value, bool):
        yield changed(value=not value)
    elif isinstance(value, int):
        yield from (changed(value=new) for new in {value + 1, value - 1, -value, 0, 1} - {value})
    elif isinstance(value, float):
        yield from (changed(value=new) for new in (value * 2, value / 10, 0.0, 1.0) if new != value)


def answer_of(number: str) -> tuple[ast.Module, str, dict]:
    """solutions/ 里一个练习的答案：（语法树，被检查的函数的名字，它前面各格留下的名字）。"""
    path = books.notebook_of(books.course_root() / "solutions", number.split(".")[0])
    scope, before = {"__name__": "__main__"}, []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = books.text_of(cell)
        if found := re.search(rf'check\("{re.escape(number)}", (\w+)\)', source):
            return ast.parse(before[-1]), found[1], scope
        if "check(" not in source:
            before[-1:] and exec(before[-1], scope)
            before.append(source)
    raise SystemExit(f"{path} 里没有练习 {number}")


def edited(answer, rng: random.Random, edits: int):
    """答案改 edits 处：（新的函数，它的源码）；改出来不合法就是 None。"""
    tree, name, scope = answer
    tree, scope = copy.deepcopy(tree), dict(scope)
    for _ in range(edits):
        function = next(node for node in tree.body if getattr(node, "name", "") == name)
        counter = Edit()
        counter.visit(copy.deepcopy(function))
        tree.body[tree.body.index(function)] = Edit(rng.randrange(counter.places), rng).visit(function)
    ast.fix_missing_locations(tree)
    try:
        source = ast.unparse(tree)
        exec(compile(source, "<改过的>", "exec"), scope)
        return scope[name], source
    except Exception:  # noqa: BLE001 改出来的不一定合法
        return None


def only_what_runs(tree: ast.Module) -> ast.Module:
    """去掉说明与类型标注：改它们不算改。"""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            if len(node.body) > 1 and ast.get_docstring(node) is not None:
                del node.body[0]
        if isinstance(node, ast.arg):
            node.annotation = None
    return tree


def verdict_of(exercise, answer) -> tuple[str, str]:
    """（逃过、有名字、可能是、只说事实，说明）。"""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return "逃过", exercise.check(answer)
        except CheckFailed as failed:
            if not failed.mutants:
                return "只说事实", str(failed)
            return ("可能是" if "可能是" in str(failed) else "有名字"), str(failed)
        except BaseException as error:  # noqa: BLE001 检查自己不该抛出别的
            return "检查出错", f"{type(error).__name__}: {error}"


def trial(exercise, count: int, seed: int) -> dict[str, list[tuple[str, str]]]:
    """一个练习改出 count 份不同的，各检查一次：{结果: [(源码, 说明), …]}。"""
    rng, seen = random.Random(f"{exercise.number} {seed}"), set()
    found = {"逃过": [], "有名字": [], "可能是": [], "只说事实": [], "检查出错": []}
    tree, name, scope = answer_of(exercise.number)
    tree = only_what_runs(tree)
    original = ast.unparse(tree)
    for attempt in range(6 * count):
        made = edited((tree, name, scope), rng, edits=1 if attempt % 4 else 2)
        if made is None or made[1] in seen or made[1] == original:
            continue
        seen.add(made[1])
        kind, text = verdict_of(exercise, made[0])
        found[kind].append((made[1], text))
        if len(seen) == count:
            break
    return found


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="随便改一改答案，检查拦得住吗。")
    parser.add_argument("numbers", nargs="*", help="练习的编号，默认全部")
    parser.add_argument("--count", type=int, default=200, help="每个练习改出多少份")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="印出逃过的每一份")
    options = parser.parse_args(arguments)
    diagnosis.SECONDS = 2.0  # 改出来的循环常常停不下来
    every = [number for lesson in exercises.lessons() for number in exercises.exercises(lesson)]
    print("| 练习 | 份数 | 逃过 | 有名字 | 可能是 | 只说事实 |\n|---|---:|---:|---:|---:|---:|", flush=True)
    total, broken = {}, 0
    for number in options.numbers or every:
        exercise = exercises.find(number)
        if not inspect.isfunction(exercise.reference):
            continue
        found = trial(exercise, options.count, options.seed)
        counts = {kind: len(rows) for kind, rows in found.items()}
        broken += counts.pop("检查出错")
        total = {kind: total.get(kind, 0) + n for kind, n in counts.items()}
        row = " | ".join(str(n) for n in [sum(counts.values()), *counts.values()])
        print(f"| {number} {exercise.title} | {row} |", flush=True)
        for source, text in (found["逃过"] if options.show else []) + found["检查出错"]:
            print(textwrap.indent(f"{source}\n→ {text.splitlines()[0]}\n", "    "), flush=True)
    whole = max(1, sum(total.values()))
    shares = " | ".join(f"{n}（{n / whole:.0%}）" for n in total.values())
    print(f"| 合计 | {whole} | {shares} |")
    if broken:
        print(f"检查自己抛出了别的异常：{broken} 次，上面印出来了")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
