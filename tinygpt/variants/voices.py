"""把计数接到训练与文件上：哪种形状要数，训练时批里带什么、用哪个目标，计数存成哪个文件。

counted.py 与 mixed.py 是两种合法，这里不知道它们怎样合；不用计数的形状，什么也不做。
"""

from pathlib import Path

import numpy as np
from torch import nn

from tinygpt import counting_file
from tinygpt.config import GPTConfig
from tinygpt.counting import Counts, count
from tinygpt.data import RandomWindows
from tinygpt.losses import causal_objective
from tinygpt.variants.counted import CountedWindows, HeldOut, Listener, counted_objective
from tinygpt.variants.counted_config import CountedConfig, MixedConfig
from tinygpt.variants.mixed import mixed_objective

COUNTS = "counts.safetensors"  # 模型文件夹里的计数


def counts_for(config: GPTConfig, ids: np.ndarray, eos: int) -> HeldOut | Counts | None:
    """数一遍训练的文字：counted 还要每个位置留出的，mixed 只要全部的；别的形状用不着，是 None。"""
    if not isinstance(config, CountedConfig):
        return None
    counts = count(ids, config.order, config.vocab_size, eos)
    return counts if isinstance(config, MixedConfig) else HeldOut(counts, ids)


def with_counts(model: nn.Module, windows: RandomWindows, counts: HeldOut | Counts | None) -> tuple:
    """（模型，训练的批，目标）：要计数的，放进模型；counted 的批里也带上留出的。"""
    if counts is None:
        return model, windows, causal_objective
    if isinstance(counts, Counts):
        model.counts = counts
        return model, windows, mixed_objective
    model.counts = counts.counts
    return model, CountedWindows(counts, windows), counted_objective


def save_counts(model: nn.Module, folder: str | Path) -> None:
    """把计数写进文件夹；没有计数的模型，什么也不做。"""
    if isinstance(model, Listener):
        counting_file.save(model.counts, Path(folder) / COUNTS)


def load_counts(model: nn.Module, folder: str | Path) -> None:
    """save_counts 写下的取回来。"""
    if isinstance(model, Listener):
        config = model.config
        model.counts = counting_file.load(Path(folder) / COUNTS, config.order, config.vocab_size)
