#!/usr/bin/env python3
"""第 02、05、06 课的对照跑一遍，成绩写进 tinygpt/course/ablations.json。

    python tools/record_ablations.py [deep norm optimizers …]     默认全部；每做完一组就写一次

做法、档、种子与训练都在 tinygpt/course/ablations.py 的 PARTS 里。一个线程。
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch

from tinygpt.checkpoint import read_json, write_json
from tinygpt.course.ablations import FILE, PARTS


def record(name: str) -> dict[str, list[list[float]]]:
    """一组对照 → {做法: [每个种子: [每档的成绩]]}。"""
    part, found = PARTS[name], {}
    for method in part.methods:
        found[method] = [[round(part.run(method, value, seed), 4) for value in part.values]
                         for seed in range(part.seeds)]  # fmt: skip
        print(name, method, found[method], flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="第 02、05、06 课的对照跑一遍，写进 ablations.json。")
    parser.add_argument("parts", nargs="*", help="哪几组，默认全部")
    torch.set_num_threads(1)
    for name in parser.parse_args().parts or PARTS:
        results = read_json(FILE) if FILE.exists() else {}
        results[name] = record(name)
        write_json(FILE, results)


if __name__ == "__main__":
    main()
