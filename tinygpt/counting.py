"""用数组数 n 元：概率与 ngram.py 的 NGram 完全相同，一亿个 token 也数得完（第 11 课）。

这里只见编号与 numpy 的数组，不知道文字，也不知道网络。公式在 ngram.py 的开头。

NGram 的字典在这里是排好序的数组。前 k 个 token 叫一个前文，每一阶的前文从 0 起编号：

    前文的键 = 短一个 token 的前文的编号 · V + 更早的那个 token
    后续的键 = 前文的编号 · V + 后一个 token

键都是 int64 的整数，没有散列，所以不会有两个前文混在一起。查一个前文，从空的开始，一次往前多看一个
token，在排好序的键里二分查找；短的都没有见过，长的也一定没有见过。文字分块读，除了表，每个 token 占五个字节。

留出（without）：训练的文字数过之后，每个位置都“见过”自己的答案。要让别的模型照没见过的样子学习，就从计数里
减去一部分出现：最高一阶的次数减少；减到 0 的组合没有了，低一阶的延续次数也减一，依此类推，与没有数过一样。
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinygpt.errors import require

BLOCK = 1 << 24  # 一次处理多少个 token
MOST = 8  # 最高数到几元
LARGEST_TABLE = 1 << 22  # 一阶的概率表最多多少个数


@dataclass(frozen=True)
class Level:
    """一阶：长 k 的前文，与跟在它们后面的 token。"""

    vocab_size: int
    contexts: np.ndarray  # (C,) 前文的键，升序；一个前文的编号就是它的位置
    pairs: np.ndarray  # (E,) 后续的键，升序；每个前文至少有一个后续
    counts: np.ndarray  # (E,) 最高一阶是出现次数，低阶是延续次数

    @cached_property
    def starts(self) -> np.ndarray:
        """(C,)：编号 c 的前文，后续从 pairs[starts[c]] 起，一共 kinds[c] 个。"""
        return np.searchsorted(self.pairs, np.arange(len(self.contexts)) * self.vocab_size)

    @cached_property
    def kinds(self) -> np.ndarray:
        """(C,) N（前）。"""
        return np.diff(self.starts, append=len(self.pairs))

    @cached_property
    def totals(self) -> np.ndarray:
        """(C,) c（前）；留出之后可以是 0：这个前文没有见过。"""
        owners = self.pairs // self.vocab_size
        return np.bincount(owners, self.counts, minlength=len(self.contexts)).astype(np.int64)

    @cached_property
    def discount(self) -> float:
        """D。"""
        ones, twos = (int((self.counts == n).sum()) for n in (1, 2))
        return ones / (ones + 2 * twos) if ones else 0.5

    @cached_property
    def shares(self) -> np.ndarray:
        """(C,) D · N（前） / c（前）：交给低一阶的那一份；没有见过的前文全交出去。"""
        return np.where(self.totals > 0, self.discount * self.kinds / np.maximum(self.totals, 1), 1.0)

    def mix(self, p: np.ndarray, rows: np.ndarray, here: np.ndarray) -> None:
        """p 的第 rows 行是低一阶的概率，就地换成前文 here 这一阶的。"""
        p[rows] *= self.shares[here, None].astype(p.dtype)
        kinds = self.kinds[here]
        first = np.cumsum(kinds) - kinds
        pair = np.arange(kinds.sum()) + np.repeat(self.starts[here] - first, kinds)
        values = (self.counts[pair] - self.discount) / np.repeat(self.totals[here], kinds)
        p[np.repeat(rows, kinds), self.pairs[pair] % self.vocab_size] += values.astype(p.dtype)


@dataclass(frozen=True)
class Voice:
    """计数在各个位置说什么：概率 (n, V)；各阶的前文见过多少次、交给低一阶多少，都是 (order, n)。"""

    probabilities: np.ndarray
    totals: np.ndarray
    shares: np.ndarray


class Counts:
    """数好的插值 Kneser–Ney 模型。levels[k] 是看前 k 个 token 的那一阶。"""

    def __init__(self, levels: list[Level], vocab_size: int, eos: int, dtype=np.float32):
        self.levels, self.vocab_size, self.eos, self.order = levels, vocab_size, eos, len(levels)
        self.dtype = np.dtype(dtype)

    def contexts(self, ids: np.ndarray) -> np.ndarray:
        """ids (b, t) → (order, b, t)：各位置之后的那个 token，它的前 k 个是哪个前文；没有见过的是 −1。

        eos 之前是别的文档，不看，当作一直是 eos。窗口以外的不知道，前文就只有窗口里的那么长。
        """
        here, ended = np.zeros(ids.shape, np.int64), np.zeros(ids.shape, bool)
        found = [here]
        for k, level in enumerate(self.levels[1:]):
            older = np.full(ids.shape, -1, np.int64)
            older[:, k:] = ids[:, : max(0, ids.shape[1] - k)]
            older[ended] = self.eos
            key = np.where((here < 0) | (older < 0), -1, here * self.vocab_size + older)
            here = _find(level.contexts, key)
            ended |= older == self.eos
            found.append(here)
        return np.stack(found)

    def voice(self, contexts: np.ndarray) -> Voice:
        """contexts (order, n) 各位置的概率，每行和为 1，与证据。"""
        n, known = contexts.shape[1], contexts >= 0
        totals = np.stack(
            [np.where(k, level.totals[c], 0) for level, c, k in zip(self.levels, contexts, known)]
        )
        shares = np.stack(
            [np.where(k, level.shares[c], 1) for level, c, k in zip(self.levels, contexts, known)]
        )
        p = np.empty((n, self.vocab_size), self.dtype)
        ready = known[: len(self.tables) - 1].sum(0)  # 前几阶是现成的
        for k, table in enumerate(self.tables):
            rows = np.flatnonzero(ready == k)
            p[rows] = table[contexts[k - 1][rows] if k else 0]
        for k, level in enumerate(self.levels):
            rows = np.flatnonzero((ready <= k) & (totals[k] > 0))
            level.mix(p, rows, contexts[k][rows])
        return Voice(p, totals, shares)

    @cached_property
    def tables(self) -> list[np.ndarray]:
        """各阶全部前文的概率 (C, V)，从均匀分布起，到放不下的那一阶为止：查表比现算快。"""
        tables = [np.full((1, self.vocab_size), 1 / self.vocab_size, self.dtype)]
        for level in self.levels:
            everything = np.arange(len(level.contexts))
            if len(everything) * self.vocab_size > LARGEST_TABLE:
                break
            p = tables[-1][level.contexts // self.vocab_size]
            level.mix(p, everything, everything)
            tables.append(p)
        return tables

    def without(self, contexts: np.ndarray, labels: np.ndarray) -> "Counts":
        """减去一些出现：最高一阶的前文 contexts (n,) 之后是 labels (n,)，都须是数过的。前文的编号不变。"""
        top = self.levels[-1]
        pair = np.searchsorted(top.pairs, contexts * self.vocab_size + labels)
        left = top.counts - np.bincount(pair, minlength=len(top.pairs)).astype(np.int32)
        kept = Level(self.vocab_size, top.contexts, top.pairs[left > 0], left[left > 0])
        return Counts(_all_levels(kept, [level.contexts for level in self.levels]), self.vocab_size, self.eos)


def count(ids: np.ndarray, order: int, vocab_size: int, eos: int) -> Counts:
    """数一遍 ids：一篇接一篇的文档，各以 eos 结尾。"""
    require(1 <= order <= MOST, f"order = {order}", f"1 到 {MOST}", "常用 3 到 6")
    parts = [slice(start, min(start + BLOCK, len(ids))) for start in range(0, len(ids), BLOCK)]
    here, ended = np.zeros(len(ids), np.uint32), np.zeros(len(ids), bool)
    contexts = [np.zeros(1, np.int64)]

    def keys(part: slice, k: int) -> tuple[np.ndarray, np.ndarray]:
        older = np.full(part.stop - part.start, eos, np.int64)
        first = max(part.start, k)
        older[first - part.start :] = ids[first - k : part.stop - k]
        older[ended[part]] = eos
        return here[part].astype(np.int64) * vocab_size + older, older == eos

    for k in range(1, order):
        contexts.append(_distinct(keys(part, k)[0] for part in parts))
        for part in parts:
            key, end = keys(part, k)
            here[part] = np.searchsorted(contexts[k], key)
            ended[part] |= end
    top = (here[p].astype(np.int64) * vocab_size + ids[p] for p in parts)
    return Counts(_all_levels(Level(vocab_size, contexts[-1], *_tally(top)), contexts), vocab_size, eos)


def _all_levels(top: Level, contexts: list[np.ndarray]) -> list[Level]:
    """由最高一阶得到全部：低一阶数的是高一阶里不同的后续。"""
    levels = [top]
    for shorter in contexts[-2::-1]:
        levels.insert(0, Level(top.vocab_size, shorter, *_tally(_shorter(levels[0]))))
    return levels


def _shorter(level: Level) -> Iterator[np.ndarray]:
    """每个不同的后续，去掉前文里最早的那个 token：低一阶的一次延续。"""
    parents = level.contexts // level.vocab_size
    for start in range(0, len(level.pairs), BLOCK):
        context, token = np.divmod(level.pairs[start : start + BLOCK], level.vocab_size)
        yield parents[context] * level.vocab_size + token


def _distinct(blocks: Iterable[np.ndarray]) -> np.ndarray:
    """全部块里不同的数，升序。"""
    result = np.empty(0, np.int64)
    for block in blocks:
        result = np.union1d(result, block) if len(result) else np.unique(block)
    return result


def _tally(blocks: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """（不同的数，升序；各出现几次）。"""
    values, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    for block in blocks:
        found, n = np.unique(block, return_counts=True)
        if len(values):
            known, values = (values, counts), np.union1d(values, found)
            counts = np.zeros(len(values), np.int64)
            for keys, times in (known, (found, n)):
                counts[np.searchsorted(values, keys)] += times
        else:
            values, counts = found, n
    return values, counts.astype(np.int32)


def _find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """wanted 在升序的 keys 里的位置；没有的是 −1。"""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)
