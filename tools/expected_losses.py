#!/usr/bin/env python3
"""“我的损失正常吗”的参照：用 start.py 的配方训练几个种子，记下各步的损失，写进 tinygpt/course/expected.json。

    python tools/expected_losses.py [--steps 400] [--seeds 0 1 2] [--long runs/mini] [--machine "2 核 …"]

--long 是一次长训练的文件夹（附带的模型就是这样训练的），它的 metrics.jsonl 也记进去，只有一个种子。
各步的损失是那一步前后 21 步训练损失的平均：一步的损失抖得厉害，不好比。
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import torch

import start
from tinygpt.course.expected import FILE, marks, read_losses, smoothed


def trained(folder: Path, steps: int, seed: int) -> list[float]:
    """照 start.py 的配方训练 steps 步，每一步的损失。"""
    command = [sys.executable, "-m", "tinygpt", "train", "--out", str(folder), "--steps", str(steps)]
    subprocess.run([*command, "--seed", str(seed), *start.RECIPE], cwd=ROOT, check=True)
    return read_losses(folder)


def card(runs: list[list[float]], **facts) -> dict:
    """几次训练 → 各步的最小与最大。"""
    steps = marks(min(map(len, runs)))
    values = [[round(smoothed(run, step), 3) for run in runs] for step in steps]
    return {**facts, "steps": steps, "low": [min(v) for v in values], "high": [max(v) for v in values]}


def main() -> None:
    parser = argparse.ArgumentParser(description="“我的损失正常吗”的参照。")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--long", type=Path, help="一次长训练的文件夹")
    parser.add_argument("--machine", default=platform.processor() or platform.machine())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = [trained(Path(folder) / str(seed), options.steps, seed) for seed in options.seeds]
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
