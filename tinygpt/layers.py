"""Transformer 的零件：从向量到向量。

这里不知道 token，不知道任务，也不知道训练；它只把 (b, t, c) 的张量变成同样形状的张量。
先是纯函数（公式写在说明里），再是拥有权重的类。

轴的名字，全书统一：
    b  批大小 batch            c  通道 channel，即 n_embd
    t  查询的个数（序列长度）    s  键与值的个数；没有缓存时 s = t
    h  头数 head               d  每个头的维数 d_k（值的维数 d_v 与它相同）
"""

import enum
import math
from functools import partial

import torch
import torch.nn.functional as F
from einops import einsum, rearrange
from torch import Tensor, nn

from tinygpt.cache import Cache, LayerCache
from tinygpt.config import GPTConfig


class Mask(enum.Enum):
    """不必写成张量的掩码。"""

    CAUSAL = "causal"  # 每个位置只看自己和更早的位置


CAUSAL = Mask.CAUSAL
SHORT = 128  # CPU 上，查询不多于这么多个时，SDPA 的 bf16 反向比 fp32 慢几倍（docs/performance.md），就用 fp32
AnyMask = Tensor | Mask | None  # 布尔张量（True 表示看得见）、CAUSAL，或 None（全都看得见）


def causal_mask(n_query: int, n_key: int, device=None) -> Tensor:
    """因果掩码，形状 (t, s),True 表示看得见。

    查询是序列的最后 t 个位置，所以第 i 个查询看得见键 0 … i + (s − t)。
    t = s 时就是下三角；有缓存时 s > t，对角线右移。
    """
    return torch.ones(n_query, n_key, dtype=torch.bool, device=device).tril(n_key - n_query)


def attention_weights(q: Tensor, k: Tensor, mask: AnyMask = None) -> Tensor:
    """注意力权重 softmax(QKᵀ/√d_k)，形状 (b, h, t, s)，每一行的和为 1（文章 §4.2）。

    参数
    ----
    q: (b, h, t, d);k: (b, h, s, d)
    mask: None（全都看得见）、CAUSAL，或可以广播成 (b, h, t, s) 的布尔张量，True 表示看得见。
        每一行至少要有一个 True，否则这一行没有东西可看，softmax 得到 nan。
    """
    scores = einsum(q, k, "b h t d, b h s d -> b h t s") / math.sqrt(q.size(-1))
    if mask is CAUSAL:
        mask = causal_mask(q.size(-2), k.size(-2), q.device)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(dim=-1)


def attention(q: Tensor, k: Tensor, v: Tensor, mask: AnyMask = None) -> Tensor:
    """缩放点积注意力 Attention(Q, K, V) = softmax(QKᵀ/√d_k) V，照公式写。

    输入 q (b, h, t, d),k、v (b, h, s, d)；输出 (b, h, t, d)。来源：Vaswani 等 2017，文章 §4.2。
    """
    return einsum(attention_weights(q, k, mask), v, "b h t s, b h s d -> b h t d")


def fused_attention(q: Tensor, k: Tensor, v: Tensor, mask: AnyMask = None) -> Tensor:
    """与 attention 相同的数学，用 torch 的融合实现（SDPA）：不把 (t, s) 的权重写进内存，所以快。

    SDPA 的 is_causal 把三角形对齐在左上角，s > t 时就错了（1 个查询、5 个键时只看得见第 1 个键），
    所以只在 t = s 时用它，其余时候给出明确的掩码。
    """
    if torch.is_autocast_enabled("cpu") and q.device.type == "cpu" and q.size(-2) <= SHORT:
        with torch.autocast("cpu", enabled=False):
            return fused_attention(q.float(), k.float(), v.float(), mask).to(q.dtype)
    if mask is CAUSAL:
        if q.size(-2) == k.size(-2):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        mask = causal_mask(q.size(-2), k.size(-2), q.device)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


class SelfAttention(nn.Module):
    """多头自注意力：Concat(head_1, …, head_h) W^O，head_i = Attention(X W_i^Q, X W_i^K, X W_i^V)。

    W^Q、W^K、W^V 排成一个 (3c, c) 的矩阵 to_qkv，一次乘完；各头的 W_i 是其中连续的 d 行。
    """

    attend = staticmethod(fused_attention)

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.n_head = config.n_head
        self.to_qkv = nn.Linear(config.n_embd, 3 * config.n_embd, bias=config.bias)
        self.to_out = nn.Linear(config.n_embd, config.n_embd, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: AnyMask = CAUSAL, cache: LayerCache | None = None) -> Tensor:
        """x (b, t, c) → (b, t, c)。给出 cache 就把新的键和值接在旧的后面。"""
        q, k, v = rearrange(self.to_qkv(x), "b t (n h d) -> n b h t d", n=3, h=self.n_head)
        if cache is not None:
            k, v = cache.append(k, v)
        heads = self.attend(q, k, v, mask)
        return self.dropout(self.to_out(rearrange(heads, "b h t d -> b t (h d)")))


GELUS = {"erf": F.gelu, "tanh": partial(F.gelu, approximate="tanh")}


class FeedForward(nn.Module):
    """前馈网络 GELU(x W_1 + b_1) W_2 + b_2，逐个位置做，中间放宽到 4 倍（文章 §3.1）。"""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.up = nn.Linear(config.n_embd, 4 * config.n_embd, bias=config.bias)
        self.down = nn.Linear(4 * config.n_embd, config.n_embd, bias=config.bias)
        self.gelu = GELUS[config.gelu]
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.down(self.gelu(self.up(x))))


class Block(nn.Module):
    """一层解码器，层归一化在子层之前（pre-norm,GPT-2）：

        x ← x + Attention(LN(x));  x ← x + FFN(LN(x))

    残差这条路上没有任何东西挡着，梯度可以原样传到底。
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.n_embd, bias=config.bias)
        self.attention = SelfAttention(config)
        self.feed_forward_norm = nn.LayerNorm(config.n_embd, bias=config.bias)
        self.feed_forward = FeedForward(config)

    def forward(self, x: Tensor, mask: AnyMask = CAUSAL, cache: LayerCache | None = None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), mask, cache)
        return x + self.feed_forward(self.feed_forward_norm(x))


class PostNormBlock(Block):
    """同样的零件，层归一化在残差相加之后（post-norm,2017 年的 Transformer 与第一代 GPT）。"""

    def forward(self, x: Tensor, mask: AnyMask = CAUSAL, cache: LayerCache | None = None) -> Tensor:
        x = self.attention_norm(x + self.attention(x, mask, cache))
        return self.feed_forward_norm(x + self.feed_forward(x))


BLOCKS = {"pre": Block, "post": PostNormBlock}


class Transformer(nn.Module):
    """L 层堆在一起：h_l = Block(h_{l−1}),l = 1 … L;pre-norm 时最后再归一化一次。

    解码器与编码器用的是同一个类，区别只在 mask:CAUSAL 是解码器（GPT），None 是编码器（BERT）。
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.blocks = nn.ModuleList(BLOCKS[config.norm](config) for _ in range(config.n_layer))
        last = nn.LayerNorm(config.n_embd, bias=config.bias)
        self.norm = last if config.norm == "pre" else nn.Identity()

    def forward(self, x: Tensor, mask: AnyMask = CAUSAL, cache: Cache | None = None) -> Tensor:
        """x (b, t, c) → (b, t, c)。"""
        for i, block in enumerate(self.blocks):
            x = block(x, mask, None if cache is None else cache.layer(i))
        return self.norm(x)
