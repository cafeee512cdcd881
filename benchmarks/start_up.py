"""启动：import tinygpt 比 import torch 多花多少。

    python benchmarks/start_up.py [--rounds 7]

各在新进程里，按 A B B A 交替；取中位数。量的是进程用掉的 CPU 时间（旁边有别的程序也大致不变）与墙上的时间。
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = """
import json, time
wall, cpu = time.perf_counter(), time.process_time()
import {module}
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


def seconds(module: str) -> list[float]:
    command = [sys.executable, "-c", CODE.format(module=module)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(done.stdout)


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--rounds", type=int, default=7)
    rounds, found = parser.parse_args().rounds, {"torch": [], "tinygpt": []}
    for module in found:
        seconds(module)  # 第一次要从硬盘读
    for number in range(rounds):
        for module in found if number % 2 == 0 else reversed(found):
            found[module].append(seconds(module))
    for kind, name in enumerate(("墙上的时间", "CPU 时间")):
        middle = {module: statistics.median(run[kind] for run in runs) for module, runs in found.items()}
        both = "，".join(f"import {module} {value:.2f} 秒" for module, value in middle.items())
        print(f"{name}：{both}，{middle['tinygpt'] / middle['torch']:.2f} 倍")


if __name__ == "__main__":
    main()
