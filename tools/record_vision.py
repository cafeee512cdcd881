#!/usr/bin/env python3
"""看图的成绩：几种做法，每种几个种子，真的训练；记进 tinygpt/course/vision.json，写成 docs/multimodal.md。

    python tools/record_vision.py --processes 2    还没有记的都训练，两个进程各用一个线程
    python tools/record_vision.py --runs 1         只做还没有记的头一次
    python tools/record_vision.py --runs 0         不训练，只把表重写一遍

每做完一次就写盘，中断以后接着做。附带的模型换过（摘要对不上），以前记的就作废。
"""

import argparse
import dataclasses
import statistics
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import torch

from tinygpt import GPT, TrainConfig, Trainer, load
from tinygpt.checkpoint import file_digest, read_json, write_json
from tinygpt.corpus import pictures
from tinygpt.course.pictures import EXAMS, NAMES, marks, respond
from tinygpt.pretrained import model_folder
from tinygpt.tasks.results import spread
from tinygpt.variants.vision import PicturePairs, VisionGPT, picture_objective

ROOT = Path(__file__).resolve().parents[1]
RECORD, PAGE = ROOT / "tinygpt" / "course" / "vision.json", ROOT / "docs" / "multimodal.md"
SEEDS, STEPS, BLIND_STEPS, BATCH, PER_KIND = (0, 1, 2), 600, 120, 32, 50
CONFIG = TrainConfig(steps=STEPS, learning_rate=3e-3, weight_decay=0.1, warmup_steps=30)
WAYS = {
    "微调": "从附带的 mini 开始，全部参数一起训练",
    "看不见图": f"同上，图换成白纸：只凭问题能猜对多少；损失很快不再降，只走 {BLIND_STEPS} 步",
    "从头训练": "同样的形状，同样的步数，权重从随机开始",
    "冻结": "mini 的参数不动，只训练新添的线性层与块的位置表",
}


def model_of(way: str, seed: int) -> tuple[VisionGPT, object]:
    gpt, tokenizer = load("mini")
    torch.manual_seed(seed)
    if way == "从头训练":
        gpt = GPT(gpt.config)
    model = VisionGPT(gpt)
    if way == "冻结":
        gpt.requires_grad_(False)
    return model, tokenizer


def score(model, tokenizer, split: str, blind: bool) -> dict[str, float]:
    exam = pictures.examination(PER_KIND, split)
    return marks(exam, respond(model, tokenizer, exam, blind))


def run(way: str, seed: int) -> dict:
    """训练一次，考三份卷子；一个线程。"""
    torch.set_num_threads(1)
    model, tokenizer = model_of(way, seed)
    blind = way == "看不见图"
    data = PicturePairs(pictures.sample, tokenizer, BATCH, seed, blind)
    config = dataclasses.replace(CONFIG, seed=seed, steps=BLIND_STEPS if blind else STEPS)
    trainer, start = Trainer(model, data, None, config, objective=picture_objective), time.perf_counter()
    losses = [metrics.loss for metrics in trainer]
    seconds = time.perf_counter() - start
    exams = {name: score(model, tokenizer, split, blind) for name, split in EXAMS.items()}
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return {"seed": seed, "trained": trained, "seconds": round(seconds, 1),
            "loss": round(statistics.mean(losses[-50:]), 4), "exams": exams}  # fmt: skip


# ---- 表 ----


def page(record: dict) -> str:
    runs = record["runs"]
    lines = [
        "# 看图", "",
        "由 `python tools/record_vision.py` 写出（第 10 课）。",
        f"32 × 32 的图，现画现用；{STEPS} 步，批大小 {BATCH}，",
        f"考题每类 {PER_KIND} 道，一字不差才算对；写的是平均（最小–最大）。",
        f"机器：{record['machine']}。", "",
        *(f"- **{way}**：{text}。" for way, text in WAYS.items()), "",
    ]  # fmt: skip
    for exam in EXAMS:
        lines += [f"## {exam}", "", f"| 做法 | 种子 | {' | '.join(NAMES)} |"]
        lines += ["|---|" + "---:|" * (len(NAMES) + 1)]
        for way, rows in runs.items():
            cells = [spread([row["exams"][exam][kind] for row in rows], ".0%") for kind in NAMES]
            lines.append(f"| {way} | {len(rows)} | {' | '.join(cells)} |")
        lines.append("")
    pairs = "、".join(f"{color}的{shape}" for shape, color in sorted(pictures.UNSEEN))
    return "\n".join([
        *lines, "没见过的组合：每种（形状，颜色）有一个角，训练时从来不去，考试时就画在那里。",
        f"没见过的搭配：{pairs}；训练时一次也不画，考试时画的全是它们。", "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="记下看图的成绩。")
    parser.add_argument("--runs", type=int, default=len(WAYS) * len(SEEDS), help="最多做几次")
    parser.add_argument("--processes", type=int, default=1, help="同时训练几个")
    parser.add_argument("--machine", default="", help="表里写的机器")
    options = parser.parse_args()
    digest = file_digest(model_folder("mini") / "model.safetensors")
    record = read_json(RECORD) if RECORD.exists() else {}
    if record.get("model") != digest:
        record = {"model": digest, "machine": options.machine, "runs": {}}
    record["machine"] = options.machine or record["machine"]
    wanted = [(way, seed) for seed in SEEDS for way in WAYS if way != "冻结"]
    wanted += [("冻结", seed) for seed in SEEDS]  # 最不要紧的放在最后
    known = {(way, row["seed"]) for way, rows in record["runs"].items() for row in rows}
    with ProcessPoolExecutor(options.processes) as pool:
        missing = [pair for pair in wanted if pair not in known][: options.runs]
        waiting = {pool.submit(run, *pair): pair for pair in missing}
        for done in as_completed(waiting):
            way, _ = waiting[done]
            rows = [*record["runs"].get(way, []), done.result()]
            record["runs"][way] = sorted(rows, key=lambda row: row["seed"])
            write_json(RECORD, record)
            print(way, done.result(), flush=True)
    record["runs"] = {way: record["runs"][way] for way in WAYS if way in record["runs"]}
    write_json(RECORD, record)
    PAGE.write_text(page(record), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
