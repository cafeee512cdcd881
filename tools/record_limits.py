#!/usr/bin/env python3
"""第 12 课里跑得太久的几项：记进 tinygpt/course/limits.json。

    python tools/record_limits.py forget edit bias copied     做还没有记的，做完一个种子、一条事实就写盘
    python tools/record_limits.py                             四项都做（两核大约二十分钟）

附带的模型换过（摘要对不上），以前记的就作废。中断以后接着做。
"""

import argparse
import random
from collections import Counter
from dataclasses import asdict, replace

from tinygpt import corpus, load
from tinygpt.checkpoint import file_digest, read_json, write_json
from tinygpt.corpus.world import World
from tinygpt.course import limits, limits_results
from tinygpt.experiments import common_sense, edit
from tinygpt.experiments.facts import ask, exact_share, questions
from tinygpt.pretrained import model_folder
from tinygpt.probes.bench import Bench
from tinygpt.probes.form import SENTENCE, found_in, sentences

RECORD = limits_results.FILE
SEEDS = (0, 1, 2)
EDITS, MOST = 4, 2_000_000  # 改几条事实；照抄：每种训练文字最多读多少个字符


class Record:
    """记录：{项: {键: 一行}}，写一行存一次盘；每次先重读，两个进程各做一项也不会互相盖掉。"""

    def __init__(self, runs: int):
        self.digest = file_digest(model_folder("mini") / "model.safetensors")
        self.left = runs

    def rows(self) -> dict:
        rows = read_json(RECORD) if RECORD.exists() else {}
        return rows if rows.get("model") == self.digest else {"model": self.digest}

    def missing(self, part: str, key: str) -> bool:
        return self.left > 0 and key not in self.rows().get(part, {})

    def add(self, part: str, key: str, row: dict) -> None:
        rows = self.rows()
        rows.setdefault(part, {})[key] = row
        self.left -= 1
        write_json(RECORD, rows)
        print(part, key, row if len(str(row)) < 300 else "", flush=True)


# ---- 拿走一条事实，重新训练 ----


def forget(record: Record) -> None:
    lab = limits.forgetting_lab()
    for seed in SEEDS:
        for name in ("全都在", *lab.names):
            if record.missing("forget", f"{name}|{seed}"):
                record.add("forget", f"{name}|{seed}", lab.run(name, seed))


# ---- 改一条事实 ----


def chosen_edits(world: World, held, before) -> list[tuple[str, str]]:
    """（改谁，改成谁的定义）：留出的说法也都答得对的事物里抽 EDITS 个。"""
    asked = [(q.fact.subject, mark.exact) for q, mark in zip(held, before) if q.fact.relation == "definition"]
    wrong = {name for name, exact in asked if not exact}
    known = [c for c in world.concepts if c.name not in wrong and c.name in dict(asked)]
    source = random.Random(0)
    picked = source.sample(known, EDITS)
    other = lambda c: source.choice([d for d in world.concepts if d.kind.group != c.kind.group])
    return [(c.name, other(c).name) for c in picked]


def ways(model, tokenizer, asked, moments):
    """{办法: 改好的模型}，一个一个地做。"""
    changed = edit.rome(model, tokenizer, asked, moments[0], 0)
    yield "秩一，第 1 层", changed
    size = (edit.down(changed, 0).weight - edit.down(model, 0).weight).norm()
    yield "随机的秩一", limits.random_rank_one(model, size)
    yield "秩一，第 2 层", edit.rome(model, tokenizer, asked, moments[1], 1)
    for rate in (3e-5, 1e-4):
        yield f"微调，{rate:g}", edit.fine_tune(model, tokenizer, asked, rate)
    for rate in (3e-4, 1e-3):
        yield f"LoRA，{rate:g}", edit.fine_tune(model, tokenizer, asked, rate, rank=8)


def edits(record: Record) -> None:
    world, (model, tokenizer) = World.load(), load("mini")
    texts = [d.text for d in world.documents(5, n_documents=150)]
    moments = [edit.second_moment(model, tokenizer, texts, layer) for layer in (0, 1)]
    usual, held = questions(world, relations=("definition",)), questions(world, True)
    before = ask(model, tokenizer, held)
    for name, other in chosen_edits(world, held, before):
        if not record.missing("edit", f"{name}→{other}"):
            continue
        answer, fact = world.by_name[other].values["definition"], world.by_name[name].fact("definition")
        mine, new = ([replace(q, answer=answer) for q in some if q.fact == fact] for some in (usual, held))
        row = {}
        for way, changed in ways(model, tokenizer, mine, moments):
            found = edit.side_effects(world, fact, held, before, ask(changed, tokenizer, held))
            taught, asked_anew = (exact_share(ask(changed, tokenizer, some)) for some in (mine, new))
            row[way] = {"taught": taught, "held_out": asked_anew,
                        "effects": {group: asdict(effect) for group, effect in found.items()}}  # fmt: skip
            print(name, other, way, row[way], flush=True)
        record.add("edit", f"{name}→{other}", row)


# ---- 偏见 ----


def biases(record: Record) -> None:
    for seed in SEEDS:
        for name in ("写偏的", "配平的"):
            if record.missing("bias", f"{name}|{seed}"):
                record.add("bias", f"{name}|{seed}", limits.bias_run(name, seed))


# ---- 照抄：训练文字读一遍 ----


def copied(record: Record) -> None:
    model, tokenizer = load("mini")
    texts = {"mini": [prompt + reply.text for prompt, reply in Bench(model, tokenizer).completions],
             "新写的文档": limits.fresh_documents(60),
             "5 元模型": [reply.text for reply in limits.ngram_continuations(60, 180)]}  # fmt: skip
    words = sorted({word for pair in common_sense.pairs() for word in pair.words})
    for source in corpus.SOURCES[2:]:
        if not record.missing("copied", source):
            continue
        kept = limits.training_texts(source, MOST)
        counts, row = Counter(), {}
        for text in kept:
            counts.update(word for word in words if word in text)
        for name, some in texts.items():
            wanted = [s for text in some for s in sentences(text) if len(s) >= SENTENCE]
            hit, longest = found_in(kept, some, set(wanted))
            row[name] = {"sentences": wanted, "copied": sorted(hit), "longest": longest}
        record.add("copied", source, {"documents": len(kept), "words": counts, "texts": row})


PARTS = {"forget": forget, "edit": edits, "bias": biases, "copied": copied}


def main() -> None:
    parser = argparse.ArgumentParser(description="记下第 12 课里跑得太久的几项。")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="做哪几项，不给就全做")
    parser.add_argument("--runs", type=int, default=10**6, help="最多记几行")
    options = parser.parse_args()
    record = Record(options.runs)
    for name in options.parts or PARTS:
        PARTS[name](record)


if __name__ == "__main__":
    main()
