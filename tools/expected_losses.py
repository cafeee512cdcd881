#!/usr/bin/env python3
"""“我的损失正常吗”的参照：用 start.py 的配方训练几个种子，记下各步的损失，写进 tinygpt/course/expected.json。

    python tools/expected_losses.py [--until 400] [--seeds 0 1 2] [--long runs/mini] [--machine "2 核 …"]

每个种子照三分钟的步数（--steps）开始训练，学习率就同真的一样；走到 --until 步就停下。

--long 是一次长训练的文件夹（附带的模型就是这样训练的），它的 metrics.jsonl 也记进去，只有一个种子。
各步的损失是那一步前后 21 步训练损失的平均：一步的损失抖得厉害，不好比。
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import torch

import start
from tinygpt.course.expected import FILE, METRICS, marks, read_losses, smoothed


def trained(folder: Path, steps: int, until: int, seed: int) -> list[float]:
    """照 start.py 的配方开始训练 steps 步，走到第 until 步停下；每一步的损失。"""
    command = [sys.executable, "-m", "tinygpt", "train", "--out", str(folder), "--steps", str(steps)]
    child = subprocess.Popen([*command, "--seed", str(seed), *start.RECIPE], cwd=ROOT)
    while child.poll() is None and (not (folder / METRICS).exists() or len(read_losses(folder)) < until):
        time.sleep(1)
    child.terminate()  # 它会存好再停；这里只要它的记录
    child.wait()
    return read_losses(folder)[:until]


def card(runs: list[list[float]], **facts) -> dict:
    """几次训练 → 各步的最小与最大。"""
    steps = marks(min(map(len, runs)))
    values = [[round(smoothed(run, step), 3) for run in runs] for step in steps]
    return {**facts, "steps": steps, "low": [min(v) for v in values], "high": [max(v) for v in values]}


def main() -> None:
    parser = argparse.ArgumentParser(description="“我的损失正常吗”的参照。")
    parser.add_argument("--steps", type=int, default=1250)
    parser.add_argument("--until", type=int, default=400)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--long", type=Path, help="一次长训练的文件夹")
    parser.add_argument("--machine", default=platform.processor() or platform.machine())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            trained(Path(folder) / str(seed), options.steps, options.until, seed) for seed in options.seeds
        ]
    recipe = " ".join(start.RECIPE)
    cards = {"first": card(runs, name="start.py 的第一个模型", seeds=options.seeds, recipe=recipe)}
    if options.long:
        long = read_losses(options.long)
        train = json.loads((options.long / "run.json").read_text(encoding="utf-8"))["train"]
        recipe = " ".join(f"{name}={value}" for name, value in train.items())
        cards["mini"] = card([long], name="附带的模型 mini", seeds=[train["seed"]], recipe=recipe)
    facts = {"machine": options.machine, "python": platform.python_version(), "torch": torch.__version__}
    text = json.dumps({**facts, "cards": cards}, ensure_ascii=False, indent=1) + "\n"
    FILE.write_text(text, encoding="utf-8")
    print(f"写好了 {FILE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
