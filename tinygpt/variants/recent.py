"""n 元 embedding：每个位置除了自己的 token，还看一眼最近的两个、三个、四个 token 是什么。

第 01 课数 n 元组，几秒钟就比训练了一分钟的小模型强：最近几个 token 是什么，是最便宜的线索。
注意力也能学会往回看，但要先学几百步。这里直接查表：最近的 n 个 token 合成一个编号，
编号对应一个学来的向量，加进第一层的输入（Huang 等 2025，Over-Tokenized Transformer）。

n 元组太多，放不进一张表，所以编号是散列：不同的 n 元组可能落进同一格，共用一个向量。
这里没有数数，表里的向量与别的权重一样由梯度学来。
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MULTIPLIER, MODULUS = 1_000_003, 2**31 - 1  # 两个质数：相近的编号散得开


def recent(ids: Tensor, n: int) -> Tensor:
    """每个位置最近的 n 个 token：ids (b, t) → (b, t, n)，最后一列是自己；开头之前是 0。"""
    return F.pad(ids, (n - 1, 0)).unfold(1, n, 1)


def buckets(window: Tensor, n: int, size: int) -> Tensor:
    """最近的 n 个 token 落进第几格：window (b, t, m ≥ n) → (b, t)，0 到 size − 1。"""
    code = torch.zeros_like(window[..., 0])
    for token in window[..., -n:].unbind(-1):
        code = (code * MULTIPLIER + token + 1) % MODULUS
    return code % size


class RecentTokens(nn.Module):
    """2 元到 n 元各一张表，查出的向量加在一起。

    训练时，每个位置、每张表以 dropout 的机会整个不查：长的 n 元组在训练的文字里多半只有一次，查得到就等于
    背下答案；新的文字里查不到，所以也要练习没有它的时候。
    """

    def __init__(self, n: int, size: int, n_embd: int, dropout: float = 0.0):
        super().__init__()
        self.size, self.dropout = size, nn.Dropout(dropout)
        self.tables = nn.ModuleList(nn.Embedding(size, n_embd) for _ in range(2, n + 1))

    def forward(self, window: Tensor) -> Tensor:
        """window (b, t, n) → (b, t, c)。"""
        found, every = 0, torch.ones(*window.shape[:2], 1, device=window.device)
        for n, table in enumerate(self.tables, start=2):
            found = found + table(buckets(window, n, self.size)) * self.dropout(every)
        return found
