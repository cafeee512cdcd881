"""计数存成文件（safetensors，不用 pickle），取回来时逐项核对。"""

from pathlib import Path

import numpy as np
import torch

from tinygpt.checkpoint import load_tensors, save_tensors
from tinygpt.counting import Counts, Level
from tinygpt.errors import require

NAMES = ("contexts", "pairs", "counts")
KINDS = {"contexts": torch.int64, "pairs": torch.int64, "counts": torch.int32}


def save(counts: Counts, path: str | Path) -> None:
    """每一阶三个数组；词表、eos 写在文件头里。"""
    tensors = {
        f"{k}.{name}": torch.from_numpy(getattr(level, name))
        for k, level in enumerate(counts.levels) for name in NAMES
    }  # fmt: skip
    save_tensors(path, tensors, {"vocab_size": counts.vocab_size, "eos": counts.eos})


def load(path: str | Path, order: int, vocab_size: int) -> Counts:
    """取回计数；不是 order 元的、不是 vocab_size 个 token 的、键不合规矩的，都报错。"""
    tensors, state = load_tensors(path)
    expected, fix = f"{order} 元、词表 {vocab_size} 的计数", "从备份恢复，或重新训练"
    wanted = {f"{k}.{name}" for k in range(order) for name in NAMES}
    require(tensors.keys() == wanted, f"{path} 里有 {len(tensors)} 个张量", expected, fix)
    require(
        state.get("vocab_size") == vocab_size, f"{path} 的词表是 {state.get('vocab_size')}", expected, fix
    )
    eos = state.get("eos")
    fine = type(eos) is int and 0 <= eos < vocab_size
    require(fine, f"{path} 的 eos 是 {eos!r:.60}", f"0 到 {vocab_size - 1} 的整数", fix)
    levels, above = [], 1  # above 是短一个 token 的前文有几个
    for k in range(order):
        arrays = [tensors[f"{k}.{name}"] for name in NAMES]
        kinds = all(a.ndim == 1 and len(a) and a.dtype == KINDS[name] for name, a in zip(NAMES, arrays))
        sound = kinds and _sound(*(a.numpy() for a in arrays), above, vocab_size)
        require(sound, f"{path} 的第 {k} 阶不合规矩", expected, fix)
        levels.append(Level(vocab_size, *(a.numpy() for a in arrays)))
        above = len(levels[k].contexts)
    return Counts(levels, vocab_size, eos)


def _sound(contexts: np.ndarray, pairs: np.ndarray, counts: np.ndarray, above: int, vocab_size: int) -> bool:
    """键都升序，不出范围；每个前文都有后续；个数都是正的。"""
    ordered = all((np.diff(keys) > 0).all() for keys in (contexts, pairs))
    inside = contexts[0] >= 0 and contexts[-1] < above * vocab_size and pairs[0] >= 0
    owners = np.unique(pairs // vocab_size)
    whole = len(owners) == len(contexts) and owners[-1] == len(contexts) - 1
    return bool(ordered and inside and whole and len(pairs) == len(counts) and (counts > 0).all())
