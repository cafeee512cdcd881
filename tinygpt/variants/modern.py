"""今天的 GPT：同一座房子，换了几样零件。

从文章的 GPT（2018 年前后的样子）走到今天常见的小模型，每一样改动都是这里的一小块，可以单独开关：

    RoPE          位置不再加进输入，而是把查询与键转一个角度（Su 等 2021）
    RMSNorm       只除以均方根，不减平均（Zhang 与 Sennrich 2019）
    QK 归一化     查询与键先归一化再点积，分数不会越来越大（Henry 等 2020）
    ReLU²、SwiGLU 前馈网络中间换一个函数（So 等 2021；Shazeer 2020）
    分组查询      几个查询的头共用一组键与值，KV 缓存小几倍（Ainslie 等 2023）
    n 元 embedding 输入里加上最近几个 token 合起来的一个向量（Huang 等 2025；recent.py）
    零初始化      每个子层的最后一个矩阵从 0 开始：刚开始时，每一层什么也不做
    值 embedding  每一层的值再加上当前 token 自己的一个向量（Zhou 等 2024；modded-nanogpt）
    softcap       logits 用 tanh 压在 ±limit 以内（Gemma 2，2024）

开关在造模型的时候选好（ModernConfig 的字段）；前向里没有开关，没有用上的那一样是 keep：原样交还。
这里知道 token 的编号，不知道文字与训练；损失、训练、缓存、生成都是原来的那一套。
"""

import math
from functools import partial

import torch
from torch import Tensor, nn

from tinygpt.cache import Cache, LayerCache
from tinygpt.gpt import placed
from tinygpt.layers import AnyMask
from tinygpt.variants.modern_config import ModernConfig
from tinygpt.variants.modern_parts import (
    ModernAttention,
    ModernFeedForward,
    SwiGLU,
    keep,
    normalization,
    rotations,
    softcap,
)  # fmt: skip
from tinygpt.variants.recent import RecentTokens, recent


class ModernBlock(nn.Module):
    """一层：与 layers.Block 相同的残差，零件换了。"""

    def __init__(self, config: ModernConfig):
        super().__init__()
        self.attention_norm, self.feed_forward_norm = normalization(config), normalization(config)
        self.attention = ModernAttention(config)
        swiglu = config.feed_forward == "swiglu"
        self.feed_forward = SwiGLU(config) if swiglu else ModernFeedForward(config)

    def forward(self, x: Tensor, value, turns, mask: AnyMask, cache: LayerCache | None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), value, turns, mask, cache)
        return x + self.feed_forward(self.feed_forward_norm(x))


# ---- 模型 ----


class ModernGPT(nn.Module):
    """ids → embedding → L 层 → 归一化 → 输出层；与 GPT 同样的接口，训练、生成、存取都认得它。

    初始化（σ 为正态分布的标准差，c = n_embd）：
        各种 embedding               σ = 0.02
        线性层的 weight              σ = 0.6/√(输入的维数)，于是输出的大小与宽窄无关；bias = 0
        to_out、down、lm_head        0（zero_init；否则 to_out、down 是 0.02/√(2L)，lm_head 是 0.02）
        归一化的 weight              1；值 embedding 的 λ = ½
    """

    def __init__(self, config: ModernConfig):
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        if config.position == "learned":
            self.position_embedding = nn.Embedding(config.context_length, config.n_embd)
        if config.ngram > 1:
            size, dropout = config.ngram_size, config.ngram_dropout
            self.recent_tokens = RecentTokens(config.ngram, size, config.n_embd, dropout)
        n_value = config.n_layer if config.value_embedding else 0
        width = config.n_kv_head * config.head_dim
        self.value_embeddings = nn.ModuleList(nn.Embedding(config.vocab_size, width) for _ in range(n_value))
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(ModernBlock(config) for _ in range(config.n_layer))
        self.norm = normalization(config)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.cap = partial(softcap, limit=config.softcap) if config.softcap else keep
        self.reset_parameters()
        if config.tied_head:
            self.lm_head.weight = self.token_embedding.weight

    def reset_parameters(self) -> None:
        """按上面的表初始化；随机数取自 torch 的全局生成器。"""
        last = ("to_out.weight", "down.weight")
        residual_std = 0.02 / math.sqrt(2 * self.config.n_layer)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim == 2:
                inside = name.startswith("blocks.")
                nn.init.normal_(parameter, std=0.6 / math.sqrt(parameter.size(1)) if inside else 0.02)
                if name.endswith(last) and not self.config.zero_init:
                    nn.init.normal_(parameter, std=residual_std)
                elif name.endswith((*last, "lm_head.weight")) and self.config.zero_init:
                    nn.init.zeros_(parameter)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """ids (b, t) 的整数 → logits (b, t, vocab_size)；位置 i 的 logits 预测第 i + 1 个 token。"""
        return self.cap(self.lm_head(self.hidden(ids, cache)))

    def hidden(self, ids: Tensor, cache: Cache | None = None, extra: Tensor | float = 0.0) -> Tensor:
        """最后一层的输出，形状 (b, t, c)：forward 去掉输出层。有缓存时 ids 只含新的 token。

        extra (b, t, c) 另加在第一层的输入上（counted 把计数说的加进来）。
        """
        positions, mask = placed(ids, self.config, cache)
        x, turns = self.enter(ids, positions, cache)
        x = x + extra
        values = [embedding(ids) for embedding in self.value_embeddings] or [None] * len(self.blocks)
        for i, (block, value) in enumerate(zip(self.blocks, values)):
            x = block(x, value, turns, mask, None if cache is None else cache.layer(i))
        if cache is not None:
            cache.advance(ids.size(1))
        return self.norm(x)

    def enter(self, ids: Tensor, positions: Tensor, cache: Cache | None) -> tuple[Tensor, Tensor | None]:
        """（第一层的输入，注意力里要转的角度）：位置要么加在输入里，要么转在注意力里。"""
        x, n, turns = self.token_embedding(ids), self.config.ngram, None
        if n > 1:
            x = x + self.recent_tokens(recent(ids, n) if cache is None else cache.recent(ids, positions, n))
        if self.config.position == "learned":
            x = x + self.position_embedding(positions)
        else:
            dtype = torch.promote_types(x.dtype, torch.float32)
            turns = rotations(positions, self.config.head_dim, dtype)
        return self.dropout(x), turns

    @property
    def device(self) -> torch.device:
        return self.token_embedding.weight.device

    def parameter_count(self) -> dict[str, int]:
        """各部分的参数个数；共用的权重只数一次。"""
        parts = {
            "token embedding": (self.token_embedding,), "值 embedding": (self.value_embeddings,),
            "n 元 embedding": (self.recent_tokens,) if self.config.ngram > 1 else (),
            "注意力": [block.attention for block in self.blocks],
            "前馈网络": [block.feed_forward for block in self.blocks],
            "输出层": () if self.config.tied_head else (self.lm_head,),
        }  # fmt: skip
        counts = {name: sum(p.numel() for m in part for p in m.parameters()) for name, part in parts.items()}
        total = sum(p.numel() for p in self.parameters())
        return counts | {"归一化与位置": total - sum(counts.values()), "合计": total}
