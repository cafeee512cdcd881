"""第 11 课：第 01 课的问题再问一遍，数数与网络谁强，合起来怎样。

文字与第 01 课的相同：小世界的头六万个字，最常见的 150 个字各有编号，其余算第 0 号。
数数、网络、合起来的三样，验证时看的窗口完全一样，前文都不出窗口。
"""

from collections import Counter
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinygpt import corpus
from tinygpt.config import TrainConfig
from tinygpt.counting import count
from tinygpt.data import ContiguousWindows, RandomWindows
from tinygpt.evaluation import evaluate
from tinygpt.trainer import Trainer, seed_everything
from tinygpt.variants.counted import CountedGPT, HeldOut
from tinygpt.variants.counted_config import CountedConfig
from tinygpt.variants.modern import ModernGPT
from tinygpt.variants.modern_config import ModernConfig
from tinygpt.variants.voices import with_counts

SIGNS, CHARACTERS, ORDER, CONTEXT, BATCH = 150, 60_000, 5, 64, 16
END, VOCAB = SIGNS + 1, SIGNS + 2  # 文字里没有文档的终点：END 从不出现
SHAPE = {"vocab_size": VOCAB, "context_length": CONTEXT, "n_layer": 2, "n_head": 2, "n_embd": 64,
         "normalization": "layer"}  # fmt: skip
RECIPE = TrainConfig(
    batch_size=BATCH, learning_rate=2e-2, weight_decay=0.1, warmup_steps=20, decay=0.6, patience=0,
    min_learning_rate_ratio=0.0, precision="fp32", eval_interval=10**6,
)  # fmt: skip


@lru_cache
def texts() -> dict[str, np.ndarray]:
    """{train, validation: 编号}。"""
    parts = {"train": [], "validation": []}
    for passage in corpus.generated("小世界", CHARACTERS, corpus.named("first")):
        parts[passage.split].append(passage.text)
    joined = {split: "\n".join(rows)[:CHARACTERS] for split, rows in parts.items()}
    number = {sign: i for i, (sign, _) in enumerate(Counter(joined["train"]).most_common(SIGNS), start=1)}
    return {split: np.array([number.get(sign, 0) for sign in text]) for split, text in joined.items()}


def validation() -> ContiguousWindows:
    return ContiguousWindows(texts()["validation"], CONTEXT, 32, END)


def count_loss(order: int) -> float:
    """只数数：order 元的插值 Kneser–Ney，验证损失（nat/字）。"""
    counts, total, number = count(texts()["train"], order, VOCAB, END), 0.0, 0
    for batch in validation():
        rows = batch["ids"].numpy()
        contexts = counts.contexts(rows).reshape(order, -1)
        labels = batch["labels"].numpy().ravel()
        seen = labels >= 0
        p = counts.voice(contexts).probabilities[np.arange(len(labels)), np.maximum(labels, 0)]
        total -= float(np.log(p[seen]).sum())
        number += int(seen.sum())
    return total / number


@lru_cache
def held_out() -> HeldOut:
    """训练文字每个位置的、留出的计数；数一次，各个种子都用它。"""
    return HeldOut(count(texts()["train"], ORDER, VOCAB, END), texts()["train"])


def train(with_counting: bool, steps: int, seed: int = 0) -> float:
    """训练网络（或以计数为底的网络）steps 步，验证损失（nat/字）。"""
    seed_everything(seed)
    alone, both = ModernConfig(**SHAPE), CountedConfig(**SHAPE, order=ORDER)
    model = CountedGPT(both) if with_counting else ModernGPT(alone)
    windows = RandomWindows(texts()["train"], CONTEXT, BATCH, seed)
    model, data, objective = with_counts(model, windows, held_out() if with_counting else None)
    Trainer(model, data, None, replace(RECIPE, steps=steps, seed=seed), objective).run()
    return evaluate(model, validation(), objective)
