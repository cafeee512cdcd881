#!/usr/bin/env python3
"""在许多种（模拟的）CPU 上执行笔记本，看每个断言离不成立还有多远，哪些输出会变。

    python tools/margins.py [文件 …] --jitters 0 1 2 3 4 5 --capabilities default avx2
    python tools/margins.py --all            也列出站得稳的

一遍是一个 TINYGPT_JITTER（0 是不加噪声）或一种指令（run_notebooks.INSTRUCTIONS）。
断言里的每个比较都记下两边的数，不成立也接着执行。报告：
  ✗ 有一遍不成立，或执行出错；
  ！站不稳：最近的一遍离界线（余地）小于各遍相差的范围，并且小于界线的三分之一；
  ≠ 输出与存下的不同（照 conftest 的容差；标着不比较的格子不算）。
各遍完全相同的比较是精确的，不报告。张量取离界线最近的那个元素。
"""

import argparse
import concurrent.futures
import json
import math
import multiprocessing
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]
from run_notebooks import INSTRUCTIONS, execute, ignored, kernel_environment, shorten

RECORDER = '''
import ast, json, math, operator
from IPython import get_ipython

START = get_ipython().execution_count

class Recorder(ast.NodeTransformer):
    """断言里的比较 a < b 换成 __margins__.compare(名字, "Lt", a, b)；断言换成不会停下的 check。"""

    inside = False

    def visit_Try(self, node):
        return node  # 故意让断言不成立的格子

    def visit_Assert(self, node):
        self.inside = True
        test = self.visit(node.test)
        self.inside = False
        name = ast.Constant(self.where() + ast.unparse(node.test))
        return ast.copy_location(ast.Expr(self.call("check", [name, test])), node)

    def visit_Compare(self, node):
        name = self.where() + ast.unparse(node)
        self.generic_visit(node)
        if not self.inside or not all(isinstance(o, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for o in node.ops):
            return node
        ops = [ast.Constant(type(o).__name__) for o in node.ops]
        values = ast.List([node.left, *node.comparators], ast.Load())
        arguments = [ast.Constant(name), ast.List(ops, ast.Load()), values]
        return ast.copy_location(self.call("compare", arguments), node)

    def where(self):
        return f"{get_ipython().execution_count - START}\\t"

    def call(self, method, args):
        return ast.Call(ast.Attribute(ast.Name("__margins__", ast.Load()), method, ast.Load()), args, [])

    def visit(self, node):
        return ast.fix_missing_locations(super().visit(node))


class Margins:
    found, failed = {}, []

    def compare(self, name, ops, values):
        result = True
        for op, a, b in zip(ops, values, values[1:]):
            one = getattr(operator, op.lower().replace("lte", "le").replace("gte", "ge"))(a, b)
            result = one if result is True else result & one
            try:
                self.note(f"{name}\\t{op}", op, a, b)
            except Exception:
                pass
        return result

    def note(self, name, op, a, b):
        import numpy as np

        a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
        with np.errstate(invalid="ignore"):  # −inf < −inf 之类
            margin = (b - a if op[0] == "L" else a - b).ravel()
        worst = int(np.argmin(np.where(np.isnan(margin), -np.inf, margin)))
        row = [float(margin[worst]), float(a.ravel()[worst]), float(b.ravel()[worst])]
        old = self.found.get(name)
        if old is None or not row[0] >= old[0]:
            self.found[name] = row

    def check(self, name, test):
        if not test:
            self.failed.append(name)


__margins__ = Margins()
get_ipython().ast_transformers.append(Recorder())
'''
REPORT = 'open({!r}, "w").write(json.dumps([__margins__.found, __margins__.failed]))'


def environment(run: str) -> dict[str, str]:
    """一遍的名字（"3"、"avx2"）→ 加进环境的变量。"""
    return {"TINYGPT_JITTER": "" if run == "0" else run} if run.isdigit() else INSTRUCTIONS[run]


def execute_once(path: str, run: str, timeout: float) -> dict:
    """执行一遍：比较的数、不成立的断言、与存下的不同的输出（键是代码格的编号，从 1 数起）。"""
    os.environ.update(environment(run))
    import nbformat

    os.environ.update(kernel_environment())
    notebook = nbformat.read(path, as_version=4)
    stored = [cell for cell in notebook.cells if cell.cell_type == "code"]
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        changed = nbformat.from_dict(notebook)
        first, last = map(nbformat.v4.new_code_cell, (RECORDER, REPORT.format(report)))
        changed.cells = [first, *notebook.cells, last]
        try:
            done = execute(changed, Path(path).parent, timeout)
        except Exception as error:  # noqa: BLE001 要报告的正是它
            return {"error": str(error)[-1500:]}
        found, failed = json.loads(Path(report).read_text(encoding="utf-8"))
    executed = [cell for cell in done.cells if cell.cell_type == "code"][1:-1]
    different = {
        number: shorten(new.outputs)
        for number, (old, new) in enumerate(zip(stored, executed, strict=True), 1)
        if not ignored(old) and not same_outputs(old.outputs, new.outputs)
    }
    return {"found": found, "failed": failed, "different": different}


def same_outputs(first, second) -> bool:
    """照 conftest 的容差比较文字。"""
    from conftest import same_text

    return len(first) == len(second) and all(map(same_text, texts(first), texts(second)))


def texts(outputs) -> list[str]:
    """每个输出里要比较的文字，图与控件不比；每次都变的（地址、控件的编号）照 nbval_sanitize.cfg 换掉。"""
    kinds = ("text/plain", "text/html", "image/svg+xml")
    found = [
        o.get("text") or "\n".join(o["data"][kind] for kind in kinds if kind in o.get("data", {}))
        for o in outputs
        if o.output_type != "error"
    ]
    rules = (ROOT / "tools" / "nbval_sanitize.cfg").read_text(encoding="ascii")
    for pattern, instead in re.findall(r"^regex: (.*)\nreplace: (.*)$", rules, re.MULTILINE):
        found = [re.sub(pattern, instead, text) for text in found]
    return found


def report(path: Path, results: dict[str, dict], everything: bool) -> bool:
    """印出一个笔记本各遍的结果；有没有要改的。"""
    import nbformat

    ids = ["-", *(c.id for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")]
    lines, names, good = [], {}, {}
    for run, result in results.items():
        if "error" in result:
            lines.append(f"✗ {run}：{result['error']}")
            continue
        good[run] = result
        for name in result["found"]:
            names.setdefault(name)
        for name in result["failed"]:
            number, source = name.split("\t")
            lines.append(f"✗ {ids[int(number)]} {run}：{source}")
        for number, text in result["different"].items():
            lines.append(f"≠ {ids[int(number)]} {run}：{text}")
    for name in sorted(names, key=lambda n: int(n.split("\t")[0])):
        rows = {run: result["found"][name] for run, result in good.items() if name in result["found"]}
        line = judge(name, ids, rows)
        if line and (everything or line[0] != " "):
            lines.append(line)
    print(f"## {path.name}：{len(good)} 遍，{len(names)} 个比较", *lines, sep="\n", flush=True)
    return any(line[0] != " " for line in lines)


def judge(name: str, ids: list[str], rows: dict[str, list[float]]) -> str | None:
    """一个比较在各遍里的数 → 一行；各遍相同就没有。"""
    margins, left, right = zip(*rows.values(), strict=True)
    margins = [-math.inf if math.isnan(margin) else margin for margin in margins]
    if len(set(margins)) == 1:
        return None
    spread, least = max(margins) - min(margins), min(margins)
    scale = min(max(abs(a), abs(b)) for a, b in zip(left, right, strict=True))
    mark = " " if least >= spread or least >= scale / 3 else "！"
    number, source, op = re.split("\t", name)
    pairs, fixed = zip(left, right, strict=True), len(set(right)) == 1
    values = " ".join(f"{a:.4g}" if fixed else f"{a:.4g}|{b:.4g}" for a, b in pairs)
    bound = {"Lt": "<", "LtE": "≤", "Gt": ">", "GtE": "≥"}[op] + (f" {right[0]:.4g}" if fixed else " …")
    heading = f"{mark} {ids[int(number)]} 余地 {least:.3g}，范围 {spread:.3g}：{source}"
    return f"{heading}\n      {values} {bound}"


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="看断言离不成立有多远。")
    parser.add_argument("paths", nargs="*", type=Path, help="笔记本，默认全部的课与答案")
    parser.add_argument("--jitters", nargs="*", default=["0", "1", "2", "3"], help="0 是不加噪声")
    parser.add_argument("--capabilities", nargs="*", choices=INSTRUCTIONS, default=["default", "avx2"])
    parser.add_argument("--workers", type=int, default=2, help="同时执行几遍")
    parser.add_argument("--timeout", type=float, default=600, help="一格最多多少秒")
    parser.add_argument("--all", action="store_true", help="站得稳的也列出来")
    options = parser.parse_args(arguments)
    every = [*sorted(ROOT.glob("notebooks/*.ipynb")), *sorted(ROOT.glob("solutions/*.ipynb"))]
    paths = options.paths or every
    runs = [*options.jitters, *options.capabilities]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    bad = False
    with concurrent.futures.ProcessPoolExecutor(options.workers, context, max_tasks_per_child=1) as pool:
        futures = {
            (p, r): pool.submit(execute_once, str(p.resolve()), r, options.timeout)
            for p in paths for r in runs
        }  # fmt: skip
        for path in paths:
            bad |= report(path, {run: futures[path, run].result() for run in runs}, options.all)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
