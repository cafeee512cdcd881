"""n 元语言模型：数数得到的语言模型，GPT 要超过的对手（第 01 课）。

这里只见编号，不知道文字。用的是插值 Kneser–Ney 平滑（Kneser 与 Ney 1995；Chen 与 Goodman 1999）：

    P(w | 前 k 个) = max(c(前, w) − D, 0) / c(前) + D · N(前) / c(前) · P(w | 前 k − 1 个)

N(前) 是跟在“前”后面的不同词的个数。最高一阶的 c 是出现次数；低阶的 c 是延续次数：
这个词前面出现过多少种不同的词。最底下是均匀分布 1/V。每一阶的 D = n₁ / (n₁ + 2 n₂)，
n₁、n₂ 是恰好数到 1 次、2 次的个数。
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

from tinygpt.errors import InputError


class NGram:
    """插值 Kneser–Ney n 元模型。

    参数
    ----
    order: n；1 只看自己（一元），2 看前一个，依此类推
    vocab_size: 词表大小 V
    eos: 文档的终点；文档开头的前文看作 n − 1 个 eos
    """

    def __init__(self, order: int, vocab_size: int, eos: int):
        if order < 1:
            raise InputError(f"order = {order}", "至少为 1", "常用 2 到 5")
        self.order, self.vocab_size, self.eos = order, vocab_size, eos
        self.tables: list[dict[tuple, Counter]] = []  # tables[k]：前 k 个词 → 后一个词的计数
        self.discounts: list[float] = []
        self.totals: list[dict[tuple, int]] = []

    def fit(self, documents: Iterable[list[int]]) -> "NGram":
        """数一遍。每篇文档是编号的列表，以 eos 结尾。"""
        highest = defaultdict(Counter)
        for ids in documents:
            history = (self.eos,) * (self.order - 1)
            for token in ids:
                highest[history][token] += 1
                history = (*history, token)[1:] if self.order > 1 else ()
        self.tables = [highest]
        for _ in range(self.order - 1):  # 由高一阶得到低一阶的延续次数
            lower = defaultdict(Counter)
            for history, following in self.tables[0].items():
                for token in following:
                    lower[history[1:]][token] += 1
            self.tables.insert(0, lower)
        for table in self.tables:
            seen = Counter(count for following in table.values() for count in following.values())
            self.discounts.append(seen[1] / (seen[1] + 2 * seen[2]) if seen[1] else 0.5)
            self.totals.append({history: following.total() for history, following in table.items()})
        return self

    def probability(self, history: Iterable[int], token: int) -> float:
        """P(token | history)；history 只用最后 n − 1 个。"""
        history = self._history(history)
        p = 1 / self.vocab_size
        for k in range(self.order):
            following = self.tables[k].get(history[len(history) - k :])
            if following is not None:
                p = self._mix(k, history[len(history) - k :], following[token], len(following), p)
        return p

    def distribution(self, history: Iterable[int]) -> np.ndarray:
        """下一个词的全部概率，形状 (V,)，和为 1。"""
        history = self._history(history)
        p = np.full(self.vocab_size, 1 / self.vocab_size)
        for k in range(self.order):
            context = history[len(history) - k :]
            following = self.tables[k].get(context)
            if following is not None:
                counts = np.zeros(self.vocab_size)
                counts[list(following)] = list(following.values())
                p = self._mix(k, context, counts, len(following), p)
        return p

    def _mix(self, k, context, count, kinds, lower):
        discount, total = self.discounts[k], self.totals[k][context]
        return np.maximum(count - discount, 0) / total + discount * kinds / total * lower

    def _history(self, history: Iterable[int]) -> tuple:
        padded = (self.eos,) * (self.order - 1) + tuple(history)
        return padded[len(padded) - self.order + 1 :]

    def loss(self, documents: Iterable[list[int]]) -> float:
        """平均每个 token 的 −log P（单位 nat），与 GPT 的交叉熵可以直接比。"""
        total = count = 0
        for ids in documents:
            for i, token in enumerate(ids):
                total -= math.log(self.probability(ids[max(0, i - self.order + 1) : i], token))
                count += 1
        if not count:
            raise InputError("没有可以评估的文档", "至少一篇", "检查文档的列表")
        return total / count

    def generate(self, history: list[int], max_new_tokens: int, seed: int = 0) -> list[int]:
        """按概率一个一个地抽，遇到 eos 停。"""
        random, ids = np.random.default_rng(seed), list(history)
        for _ in range(max_new_tokens):
            token = int(random.choice(self.vocab_size, p=self.distribution(ids)))
            if token == self.eos:
                break
            ids.append(token)
        return ids[len(history) :]
