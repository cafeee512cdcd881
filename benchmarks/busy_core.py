"""旁边有一个忙的程序时，训练慢多少；线程等对方时少空转，又快多少。

    python benchmarks/busy_core.py [--rounds 3]

同样的训练（文章的形状、随机编号）在新进程里跑：安静时、旁边有一个占满一个核的进程时，
各用 libgomp 的默认设置与 tinygpt/threads.py 的设置，按 A B B A 交替，取中位数。
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = """
import time
from tinygpt import GPT, GPTConfig, TrainConfig, Trainer  # 先于 torch：线程的设置要在它之前
import torch

class Random:
    def batch(self, n):
        ids = torch.randint(8, 4096, (16, 257), generator=torch.Generator().manual_seed(n))
        return {"ids": ids[:, :-1], "labels": ids[:, 1:]}

trainer = Trainer(GPT(GPTConfig()), Random(), None, TrainConfig(steps=16, patience=0))
seconds = []
for _ in trainer:
    seconds.append(time.perf_counter())
print(12 * 16 * 256 / (seconds[-1] - seconds[3]))
"""
# 使用者设过其中一个，threads.py 就都不动：把 KMP_BLOCKTIME 写成它的默认值，libgomp 也就是默认的
SETTINGS = {"默认": {"KMP_BLOCKTIME": "200"}, "少空转": {}}


def tokens_per_second(settings: dict[str, str], busy: bool) -> float:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "KMP_"))}
    environment |= settings | {"PYTHONPATH": str(ROOT)}
    beside = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    try:
        command = [sys.executable, "-c", STEPS]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return float(done.stdout)
    finally:
        if beside:
            beside.kill()


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    found = {(name, busy): [] for name in SETTINGS for busy in (False, True)}
    for number in range(rounds):
        order = list(found) if number % 2 == 0 else list(reversed(found))
        for name, busy in order:
            found[name, busy].append(tokens_per_second(SETTINGS[name], busy))
    for (name, busy), values in found.items():
        where = "旁边一个核在忙" if busy else "安静"
        middle, low, high = statistics.median(values), min(values), max(values)
        print(f"{name}，{where}：{middle:,.0f} token/秒（{low:,.0f}–{high:,.0f}）")


if __name__ == "__main__":
    main()
