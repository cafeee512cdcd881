#!/usr/bin/env python3
"""换一种情形，笔记本的结果还一样吗：每个笔记本在每种情形下用全新的内核执行一遍，与存下的输出比较。

    python tools/same_result.py [文件 …] [--conditions 2_threads again default …]

情形：
  1_threads、2_threads      一个、两个线程
  again                     两个线程，再一遍；还要与 2_threads 完全相同，图也一样
  default、avx2、avx512      三种指令（这台机器没有的不执行，记作 —）
  busy                      旁边有一个占满一个核的程序

印出一张表，一行一个笔记本，做完一行印一行；再列出不同在哪里。一格里是：
  =     每一格都与存下的逐字相同
  ≈ n   有 n 格不逐字相同，都在容差之内（conftest.py 与 nbval_sanitize.cfg，同 pytest --nbval）
  ≠ n   有 n 格超出容差，或 again 与 2_threads 不完全相同
  ✗     执行出错（断言不成立也是）
标着不比较的格子不算；图与控件不比，SVG 图里的文字比。全部的课与答案要一两个小时，最好没有别的程序在跑。
"""

import argparse
import contextlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]
from margins import same_outputs, texts
from run_notebooks import INSTRUCTIONS, differences, execute, ignored, kernel_environment, shorten

CONDITIONS = {
    "1_threads": {"OMP_NUM_THREADS": "1"},
    "2_threads": {"OMP_NUM_THREADS": "2"},
    "again": {"OMP_NUM_THREADS": "2"},
    **INSTRUCTIONS,
    "busy": {},
}


def available() -> list[str]:
    """这台机器上有的情形。torch 说它最多会用到哪种指令；不是 x86 的机器上三种都没有。"""
    import torch

    best, ladder = torch.backends.cpu.get_cpu_capability().lower(), list(INSTRUCTIONS)
    missing = ladder[ladder.index(best) + 1 :] if best in ladder else ladder
    return [name for name in CONDITIONS if name not in missing]


@contextlib.contextmanager
def busy_core(wanted: bool):
    """with busy_core(True): 旁边有一个占满一个核的程序。"""
    beside = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if wanted else None
    try:
        yield
    finally:
        if beside:
            beside.kill()
            beside.wait()


def compare(stored, done) -> tuple[int, list[str]]:
    """（在容差之内但不逐字相同的格数，超出容差的格子各一段说明）。"""
    near, far = 0, []
    for old, new in zip(stored.cells, done.cells, strict=True):
        if old.cell_type != "code" or ignored(old) or texts(old.outputs) == texts(new.outputs):
            continue
        if same_outputs(old.outputs, new.outputs):
            near += 1
        else:
            far.append(f"{old.id}：{shorten(old.outputs)}\n　　变成：{shorten(new.outputs)}")
    return near, far


def run(path: Path, conditions: list[str], timeout: float) -> tuple[list[str], list[str]]:
    """一个笔记本：（各种情形在表里的一格，不同在哪里）。"""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    marks, details, done, here = [], [], {}, available()
    for name in conditions:
        if name not in here:
            marks.append("—")
            continue
        try:
            with busy_core(name == "busy"):
                done[name] = execute(notebook, path.parent, timeout, CONDITIONS[name])
        except Exception as error:  # noqa: BLE001 要报告的正是它
            marks.append("✗")
            details.append(f"{path.stem} {name} ✗ {str(error)[-1500:]}")
            continue
        near, far = compare(notebook, done[name])
        if name == "again" and "2_threads" in done:
            far += [f"两遍不同，{text}" for text in differences(done["2_threads"], done[name])]
        marks.append(f"≠ {len(far)}" if far else f"≈ {near}" if near else "=")
        details += [f"{path.stem} {name} ≠ {text}" for text in far]
    return marks, details


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="换一种情形，笔记本的结果还一样吗。")
    parser.add_argument("paths", nargs="*", type=Path, help="笔记本，默认全部的课与答案")
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--timeout", type=float, default=600, help="一格最多多少秒")
    options = parser.parse_args(arguments)
    every = [*sorted(ROOT.glob("notebooks/*.ipynb")), *sorted(ROOT.glob("solutions/*.ipynb"))]
    os.environ.update(kernel_environment())
    print("|".join(["", " 笔记本 ", *(f" {name} " for name in options.conditions), ""]))
    print("|" + "---|" * (len(options.conditions) + 1), flush=True)
    everything = []
    for path in options.paths or every:
        marks, details = run(path.resolve(), options.conditions, options.timeout)
        print("|".join(["", f" {path.parent.name}/{path.stem} ", *(f" {m} " for m in marks), ""]), flush=True)
        everything += details
    if everything:
        print("", *everything, sep="\n")
    return 1 if everything else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
