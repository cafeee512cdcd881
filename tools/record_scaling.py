#!/usr/bin/env python3
"""第 11 课的短训练：大小与数据、从文章的 GPT 走到 modern。记进 tinygpt/course/scaling.json。

    python tools/record_scaling.py rates grid held walk branches --processes 2    各项里还没有记的，按这个次序
    python tools/record_scaling.py grid --runs 4 --seconds 200              只做头四次；200 秒后不再开始新的

一次训练一个线程，做完一次就写盘，中断以后接着做。文字或一次训练的配方换过（摘要对不上），那一行就作废，重新训练。
held 是拟合时不看的：先由 grid 拟合，把预言写进那一行，再训练；grid 没有做完就不做。
"""

import argparse
import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import islice

import numpy as np
import torch

from tinygpt.checkpoint import read_json, write_json
from tinygpt.course import scaling
from tinygpt.course.scaling_results import FILE, fitted

SEEDS = (0, 1, 2)
RATES = (1e-2, 2e-2, 4e-2)  # 64 维时的学习率
MIDDLE = {(16, 50), (64, 200)}  # 这几点做三个种子
WALK_RATES = {"文章的 GPT": (2.5e-3, 5e-3, 1e-2), "Muon": (1e-2, 2e-2, 4e-2), "AdamW": (2.5e-3, 5e-3, 1e-2)}


def work() -> dict[str, dict[str, dict]]:
    """{项: {键: 一行的开头与怎样训练}}。"""
    sized = lambda width, steps, seed, rate=2e-2: {
        "name": f"{width} 维", "width": width, "steps": steps, "seed": seed, "rate": rate,
        "recipe": scaling.sized(width, steps, rate), "every": 0,
    }  # fmt: skip
    parts = {part: {} for part in ("rates", "grid", "held", "walk", "branches", "walk_rates")}
    for width in (scaling.WIDTHS[0], scaling.WIDTHS[-1]):
        for rate in RATES:
            parts["rates"][f"{width}|{rate}"] = sized(width, 100, 0, rate)
    for width in scaling.WIDTHS:
        for steps in scaling.STEPS:
            for seed in SEEDS if (width, steps) in MIDDLE else SEEDS[:1]:
                parts["grid"][f"{width}|{steps}|{seed}"] = sized(width, steps, seed)
    for width, steps in scaling.HELD_BACK:
        parts["held"][f"{width}|{steps}|0"] = sized(width, steps, 0)
    recipes = {"walk": scaling.walk(), "branches": scaling.branches()}
    for part, named in recipes.items():
        for seed in SEEDS[:2]:
            for name, recipe in named.items():
                parts[part][f"{name}|{seed}"] = {"name": name, "seed": seed, "recipe": recipe, "every": 25}
    for name, rates in WALK_RATES.items():
        recipe = (recipes["walk"] | recipes["branches"])[name]
        for rate in rates:
            row = {"name": name, "seed": 0, "rate": rate, "recipe": recipe.changed(learning_rate=rate)}
            parts["walk_rates"][f"{name}|{rate}"] = row | {"every": 0}
    return parts


def run(row: dict) -> dict:
    """训练一次，一个线程。"""
    torch.set_num_threads(1)
    recipe, every = row["recipe"], row["every"]
    kept = {name: value for name, value in row.items() if name not in ("recipe", "every")}
    found = kept | scaling.train(recipe, row["seed"], every)
    found |= {"mark": mark(row)}
    return found if every else {name: value for name, value in found.items() if name != "curve"}


def text_digest() -> str:
    """文字的摘要。"""
    text = scaling.text()
    digest = hashlib.sha256(np.ascontiguousarray(text.train, np.int32).tobytes())
    digest.update(np.ascontiguousarray(text.validation, np.int32).tobytes())
    return digest.hexdigest()[:16]


def mark(row: dict) -> str:
    """一次训练的配方的摘要。"""
    parts = [dataclasses.asdict(part) for part in (row["recipe"].shape, row["recipe"].train)]
    return hashlib.sha256(json.dumps([parts, row["every"]]).encode()).hexdigest()[:16]


def with_predictions(rows: dict, wanted: dict) -> dict:
    """held 的各行先写上 grid 的预言（与 90 % 的区间）；grid 没有做完就报错。"""
    missing = set(wanted["grid"]) - set(rows.get("grid", {}))  # 缺了几次的拟合，不能当作预言
    if missing:
        raise SystemExit(f"grid 还差 {len(missing)} 次，先做完它")
    curve = fitted(list(rows["grid"].values()))
    found = {}
    for key, row in wanted["held"].items():
        size = 24 * row["width"] ** 2
        predicted = curve.predict(size, row["steps"] * scaling.BATCH * scaling.CONTEXT)
        found[key] = row | {"predicted": [round(value, 4) for value in predicted]}
        print(f"预言 {key}：{predicted}", flush=True)
    return found


def finished(jobs: dict[str, dict], processes: int, until: float) -> Iterator[tuple[str, dict]]:
    """同时做 processes 个，做完一个交出一个 (键, 一行)；过了 until 就不再开始新的。"""
    left, waiting = list(jobs), {}
    with ProcessPoolExecutor(processes) as pool:
        while left or waiting:
            while left and len(waiting) < processes and time.monotonic() < until:
                key = left.pop(0)
                waiting[pool.submit(run, jobs[key])] = key
            if not waiting:
                return
            for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(done), done.result()


def main() -> None:
    wanted = work()
    parser = argparse.ArgumentParser(description="记下第 11 课的短训练。")
    parser.add_argument("parts", nargs="+", choices=wanted, help="做哪几项")
    parser.add_argument("--runs", type=int, default=10**6, help="最多做几次")
    parser.add_argument("--seconds", type=float, default=1e9, help="过了多久不再开始新的")
    parser.add_argument("--processes", type=int, default=1, help="同时做几个，每个一个线程")
    parser.add_argument("--machine", default="", help="记下的机器")
    options = parser.parse_args()
    record, digest, left = read_json(FILE) if FILE.exists() else {}, text_digest(), options.runs
    if record.get("text") != digest:
        record = {"text": digest, "machine": "", "runs": {}}
    record["machine"] = options.machine or record["machine"] or f"torch {torch.__version__}"
    record["date"], until = time.strftime("%Y-%m-%d"), time.monotonic() + options.seconds
    for part in options.parts:
        rows = record["runs"].setdefault(part, {})
        jobs = with_predictions(record["runs"], wanted) if part == "held" else wanted[part]
        missing = {key: row for key, row in jobs.items() if rows.get(key, {}).get("mark") != mark(row)}
        missing = dict(islice(missing.items(), left))
        left -= len(missing)
        for key, row in finished(missing, options.processes, until):
            rows[key] = row
            record["runs"][part] = {key: rows[key] for key in jobs if key in rows}
            write_json(FILE, record)
            print(part, key, {name: value for name, value in row.items() if name != "curve"}, flush=True)


if __name__ == "__main__":
    main()
