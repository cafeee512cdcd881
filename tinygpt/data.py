"""token 编号：写到磁盘，再从磁盘取成批。

这里只见编号，不知道分词器：怎样把文字变成编号，由调用者以函数给出。
编号只写一次（uint16 或 uint32），以内存映射读取，所以数据可以比内存大。
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from tinygpt.errors import require
from tinygpt.losses import IGNORE, Batch, next_token_batch
from tinygpt.splits import divide, nothing_to_train, number_of
from tinygpt.token_store import stored


class TokenDataset:
    """磁盘上的一份编号：train、validation 两个一维数组，meta 记着它们的来历。"""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.meta = json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))
        self.train = self._open("train")
        self.validation = self._open("validation")

    def _open(self, name: str) -> np.ndarray:
        if self.meta[f"{name}_tokens"] == 0:  # 空文件不能映射
            return np.empty(0, self.meta["dtype"])
        return np.memmap(self.folder / f"{name}.bin", dtype=self.meta["dtype"], mode="r")


def prepare(
    passages: Iterable, encode: Callable[[list[str]], list[list[int]]], *,
    key: str, vocab_size: int, eos: int, chat: int | None = None,
    validation_fraction: float = 0.1, folder: Path | None = None,
) -> TokenDataset:  # fmt: skip
    """把文字编成编号写到磁盘；同样的 key（内容、分词器、划分的摘要）已经写过就直接用。

    参数
    ----
    passages: text.Passage 的序列，逐段读取，不要求放进内存
    encode: 一组文字 → 一组编号
    key: 内容与分词器的摘要，决定缓存的文件夹名
    eos、chat: 文档末尾添的编号；谈话（passage.chat）开头添的编号，不给就不添
    validation_fraction: 验证集的比例

    划分（splits.py）：文档自己写明 split 的照办，test 的不要；否则按文档内容的摘要挑出约 validation_fraction
    的文档，与次序无关，加进新文档也不变；文档太少或长短悬殊时，每篇或长的那几篇留末尾一段作验证。
    """
    digest = hashlib.sha256(f"1|{key}|{validation_fraction}|{vocab_size}".encode()).hexdigest()[:24]
    write = lambda work: _write(passages, encode, work, vocab_size, (chat, eos), validation_fraction)
    return TokenDataset(stored(folder, digest, write))


def _write(passages, encode, work: Path, vocab_size: int, marks: tuple, validation_fraction: float) -> dict:
    """先把全部文档写进 all.bin，记下每篇的终点，再按划分抄成 train.bin 与 validation.bin。"""
    dtype, (chat, eos) = np.dtype(np.uint16 if vocab_size <= 1 << 16 else np.uint32), marks
    ends, splits, hashes, written = [], [], [], 0
    counts = {"characters": 0, "bytes": 0, "test_documents": 0}
    current = hashlib.sha256()
    with (work / "all.bin").open("wb") as file:
        for group in _groups(_without_test(passages, counts)):
            for passage, ids in zip(group, encode([p.text for p in group])):
                counts["characters"] += len(passage.text)
                data = passage.text.encode("utf-8", errors="surrogatepass")
                counts["bytes"] += len(data)
                current.update(data)
                if chat is not None and passage.chat:
                    ids = [chat, *ids]
                if passage.ends_document:
                    ids = [*ids, eos]
                file.write(np.asarray(ids, dtype=dtype).tobytes())
                written += len(ids)
                if passage.ends_document:
                    ends.append(written)
                    splits.append(passage.split)
                    hashes.append(number_of(current.digest()))
                    current = hashlib.sha256()
    if counts["test_documents"] and not ends:
        raise nothing_to_train()
    ranges, method = divide(ends, splits, hashes, validation_fraction)
    method += f"；{counts['test_documents']} 篇 test 没有用" if counts["test_documents"] else ""
    meta = {"dtype": dtype.name, "documents": len(ends), "tokens": written, "split": method, **counts}
    for name, pieces in ranges.items():
        everything = (work / "all.bin").open("rb")
        with everything, (work / f"{name}.bin").open("wb") as file:
            for start, end in pieces:
                _copy(everything, file, start * dtype.itemsize, end * dtype.itemsize)
        meta[f"{name}_tokens"] = sum(end - start for start, end in pieces)
        meta[f"{name}_documents"] = len(pieces)
    (work / "all.bin").unlink()
    return meta


def _copy(source, target, start: int, end: int, block: int = 1 << 20) -> None:
    """把 source 的第 start 到 end 字节抄到 target，一次不超过一块：映射整个文件会占用同样多的内存。"""
    source.seek(start)
    while start < end:
        data = source.read(min(block, end - start))
        target.write(data)
        start += len(data)


def _without_test(passages, counts: dict) -> Iterator:
    """split 是 test 的文档不写进去，只数一数。"""
    for passage in passages:
        if passage.split == "test":
            counts["test_documents"] += passage.ends_document
        else:
            yield passage


def _groups(passages, characters: int = 1 << 18) -> Iterator[list]:
    """把小文档凑成一组再编码（一篇一篇地编太慢）。"""
    group, size = [], 0
    for passage in passages:
        group.append(passage)
        size += len(passage.text)
        if size >= characters:
            yield group
            group, size = [], 0
    if group:
        yield group


class RandomWindows:
    """训练用的批：长 context_length + 1 的窗口，每一轮（epoch）把全部窗口打乱后各取一次。

    第 n 批只由 (seed, n) 决定，所以中断后从第 n 批接着取，与没有中断完全一样。
    每一轮的起点随机错开，同一段文字每轮被切在不同的地方。给出 boundary（文档的终点，通常是 <eos>）时，
    起点退到它所在那一篇的开头，只要那开头不比一个窗口更远：生成总是从第 0 个位置写起，而提示多半是一篇的
    开头，所以训练时第 0 个位置也该是开头；比窗口长的文章，后面的部分照旧从中间取。
    """

    def __init__(
        self, ids: np.ndarray, context_length: int, batch_size: int, seed: int = 0,
        boundary: int | None = None,
    ):  # fmt: skip
        expected, fix = f"比上下文长度 {context_length} 多", "给更多文字，或把 --context-length 调小"
        require(len(ids) > context_length, f"训练文字只有 {len(ids)} 个 token", expected, fix)
        self.ids, self.context_length, self.batch_size, self.seed = ids, context_length, batch_size, seed
        self.boundary = boundary
        self.windows_per_epoch = max(1, (len(ids) - 1) // context_length - 1)
        self._epoch = lru_cache(maxsize=2)(self._shuffle)

    def _shuffle(self, epoch: int) -> np.ndarray:
        random = np.random.default_rng([self.seed, epoch])
        spare = len(self.ids) - 1 - self.windows_per_epoch * self.context_length
        offset = random.integers(min(spare + 1, self.context_length))
        return offset + random.permutation(self.windows_per_epoch) * self.context_length

    def _start(self, epoch: int, index: int) -> int:
        """这一轮第 index 个窗口从哪里开始。"""
        start = int(self._epoch(epoch)[index])
        if self.boundary is None:
            return start
        earliest = max(0, start - self.context_length)
        ends = np.flatnonzero(self.ids[earliest:start] == self.boundary)
        return earliest + int(ends[-1]) + 1 if len(ends) else start

    def starts(self, n: int) -> np.ndarray:
        """第 n 批的各个窗口从哪里开始，形状 (b,)。"""
        numbers = range(n * self.batch_size, (n + 1) * self.batch_size)
        places = [divmod(i, self.windows_per_epoch) for i in numbers]
        return np.array([self._start(epoch, index) for epoch, index in places])

    def batch(self, n: int) -> Batch:
        """第 n 批：{"ids": (b, t), "labels": (b, t)}，都是 int64。"""
        windows = self.ids[self.starts(n)[:, None] + np.arange(self.context_length + 1)]
        return next_token_batch(torch.from_numpy(windows.astype(np.int64)))


class ContiguousWindows:
    """评估用的批：从头到尾不重叠地切，每个 token 恰好预测一次（第一个由 first 预测，通常是 <eos>）。

    最后一个窗口不满时补齐，补的位置标签为 IGNORE。max_windows 限制窗口数：从头到尾均匀地取，
    几个来源接在一起时，每个来源都按自己的大小占一份。
    """

    def __init__(
        self, ids: np.ndarray, context_length: int, batch_size: int, first: int,
        max_windows: int | None = None,
    ):  # fmt: skip
        some = max_windows is None or max_windows >= 1
        require(some, f"评估最多用 {max_windows} 个窗口", "至少 1 个", "全都评估就不要给这个数")
        require(len(ids) > 0, "验证集是空的", "至少一个 token", "给更多文字，或调大 --validation-fraction")
        total = -(-len(ids) // context_length)
        count = total if max_windows is None else min(total, max_windows)
        self.ids, self.context_length, self.batch_size, self.first = ids, context_length, batch_size, first
        self.n_windows, self.chosen = count, [number * total // count for number in range(count)]

    def __iter__(self) -> Iterator[Batch]:
        t = self.context_length
        for begin in range(0, self.n_windows, self.batch_size):
            rows = self.chosen[begin : begin + self.batch_size]
            ids = np.zeros((len(rows), t), dtype=np.int64)
            labels = np.full((len(rows), t), IGNORE, dtype=np.int64)
            for row, number in enumerate(rows):
                real = np.asarray(self.ids[number * t : (number + 1) * t], dtype=np.int64)
                labels[row, : len(real)] = real
                ids[row, 0] = self.first if number == 0 else self.ids[number * t - 1]
                ids[row, 1 : len(real)] = real[:-1]
            yield {"ids": torch.from_numpy(ids), "labels": torch.from_numpy(labels)}
