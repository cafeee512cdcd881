#!/usr/bin/env python3
"""第 13 课的总表：各个目标、各种学法、几个种子，还有留了漏洞的奖励。记进 tinygpt/control/results.json。

    python tools/record_control.py                       全部；每做完一次就写盘，中断以后接着做
    python tools/record_control.py --only poem --runs 1  只做 poem 里还没有记的头一次
    python tools/record_control.py --print               不训练，只把表印出来

附带的模型或做法换过，以前记的就作废。
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from statistics import mean

import torch
from tqdm.auto import tqdm

from tinygpt import load
from tinygpt.checkpoint import file_digest, read_json, write_json
from tinygpt.control import GOALS, RECIPES
from tinygpt.control.measure import average, best_of, drift, examination, marks, variety
from tinygpt.control.results import RESULTS, START, table
from tinygpt.control.training import dpo, first_groups, grpo, imitate
from tinygpt.pretrained import model_folder
from tinygpt.tasks.forgetting import bits

SEEDS = (0, 1, 2)
LONGER = "，四倍步数"
WAYS = {  # GRPO：后面的是留了漏洞的奖励
    "poem": ("GRPO", "GRPO：form", "只学赢的", "DPO", "GRPO" + LONGER),
    "chat": ("GRPO", "GRPO：never_wrong"),
}


def start(goal: str, way: str, seed: int):
    """从附带的模型开始的 (模型, 分词器, 备好的 Trainer)；不训练的，Trainer 是一个空的列表。"""
    model, tokenizer = load("mini")
    if way == START:
        return model, tokenizer, []
    recipe, wanted = RECIPES[goal], GOALS[goal]
    steps = recipe.steps * (4 if way.endswith(LONGER) else 1)
    way = way.removesuffix(LONGER)
    torch.manual_seed(seed)
    if way in ("只学赢的", "DPO"):
        groups = first_groups(model, tokenizer, wanted, steps, seed)
        learn = dpo if way == "DPO" else imitate
        return (
            model,
            tokenizer,
            learn(model, groups, steps, seed=seed, learning_rate=recipe.rates[way]),
        )
    reward = wanted.rewards[way.partition("：")[2] or wanted.main]
    options = {"seed": seed, "learning_rate": recipe.rates["GRPO"], "reward": reward}
    return model, tokenizer, grpo(model, tokenizer, wanted, steps, **options)


def run(goal: str, way: str, seed: int) -> dict:
    """训练一次，一个线程；曲线是训练时各批回答的每一种奖励（只有现写现学的才有）。"""
    torch.set_num_threads(1)
    begin = time.perf_counter()
    model, tokenizer, trainer = start(goal, way, seed)
    curves: dict[str, list[float]] = {}
    for _ in trainer:
        for name, reward in GOALS[goal].rewards.items():
            if found := marks(getattr(trainer.train_data, "groups", []), reward):
                curves.setdefault(name, []).append(round(mean(found), 4))
    seconds = time.perf_counter() - begin
    return {"goal": goal, "way": way, "seed": seed, "seconds": round(seconds, 1), "curves": curves,
            **measured(model, tokenizer, goal)}  # fmt: skip


def measured(model, tokenizer, goal: str) -> dict:
    """一个模型在一个目标上的全部数。"""
    wanted, (base, _) = GOALS[goal], load("mini")
    groups = examination(model, tokenizer, wanted, 16)
    rewards = {name: mean(marks(groups, reward)) for name, reward in wanted.rewards.items()}
    kinds = sorted({group.case.kind for group in groups})
    return rounded({
        "average": average(groups), "best": {str(n): best_of(groups, n) for n in (1, 2, 4, 8)},
        "rewards": rewards, "by_kind": {k: average([g for g in groups if g.case.kind == k]) for k in kinds},
        **variety(groups), **drift(model, base, tokenizer, wanted, 8), "bits": bits(model, tokenizer, 6),
        "texts": [[group.case.prompt[-40:], group.case.answer, *group.texts[:2]] for group in groups[:8]],
    })  # fmt: skip


def rounded(value):
    """数留四位小数，写成的 JSON 小些。"""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value


def main() -> None:
    parser = argparse.ArgumentParser(description="记下第 13 课的成绩。")
    parser.add_argument("--only", nargs="*", default=list(RECIPES), help="只做哪些目标")
    parser.add_argument("--runs", type=int, default=1000, help="最多做几次")
    parser.add_argument("--processes", type=int, default=1, help="同时做几个，每个一个线程")
    parser.add_argument("--machine", default="", help="表里写的机器")
    parser.add_argument("--print", action="store_true", help="只印表")
    options = parser.parse_args()
    digest = file_digest(model_folder("mini") / "model.safetensors")
    stamp = {"model": digest, "recipes": {name: vars(recipe) for name, recipe in RECIPES.items()}}
    record = read_json(RESULTS) if RESULTS.exists() else {}
    if {key: record.get(key) for key in stamp} != stamp:
        record = {**stamp, "machine": "", "runs": []}
    record["machine"] = options.machine or record["machine"]
    work = []
    for goal in RECIPES:
        work += [(goal, START, 0)]
        work += [(goal, way, seed) for seed in SEEDS for way in WAYS[goal]]
    known = {(row["goal"], row["way"], row["seed"]) for row in record["runs"]}
    missing = [key for key in work if key not in known and key[0] in options.only]
    with ProcessPoolExecutor(options.processes) as pool:
        waiting = [pool.submit(run, *key) for key in ([] if options.print else missing[: options.runs])]
        for done in tqdm(as_completed(waiting), total=len(waiting)):
            record["runs"].append(done.result())
            write_json(RESULTS, record)
    print(table(record["runs"]))


if __name__ == "__main__":
    main()
