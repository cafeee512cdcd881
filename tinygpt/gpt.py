"""GPT:token 与位置的 embedding、Transformer、输出层。

这里知道 token 的编号，不知道文字（那是 tokenizer.py 的事），也不知道损失与训练。
"""

import math

import torch
from torch import Tensor, nn

from tinygpt.cache import Cache
from tinygpt.config import GPTConfig
from tinygpt.decoder import Decoder, fits
from tinygpt.errors import require
from tinygpt.layers import CAUSAL, Mask, Transformer


class GPT(nn.Module):
    """文章 §4.1 的模型：h_0 = X + P,h_l = Block(h_{l−1}),logits = h_L W^U。

    文章写的是 h_0 = X，少了位置 P；没有它，注意力分不清先后（第 05 课用实验说明）。
    输出是 logits，不是概率；softmax(logits) 才是文章所说的分布 y。

    初始化（σ 为正态分布的标准差）：
        token_embedding.weight       σ = 0.02      (tied_head 时也是输出层的权重)
        position_embedding.weight    σ = 0.02
        线性层的 weight              σ = 0.02      bias = 0
        to_out.weight、down.weight   σ = 0.02/√(2L)  残差上每层加两次，缩小之后总方差与 L 无关
        LayerNorm                    weight = 1,bias = 0
    来源：Radford 等 2019(GPT-2)。
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.position_embedding = nn.Embedding(config.context_length, config.n_embd)
        self.dropout = nn.Dropout(config.dropout)
        self.transformer = Transformer(config)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.reset_parameters()
        if config.tied_head:
            self.lm_head.weight = self.token_embedding.weight

    def reset_parameters(self) -> None:
        """按上面的表初始化；随机数取自 torch 的全局生成器。"""
        residual_std = 0.02 / math.sqrt(2 * self.config.n_layer)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim >= 2:
                last = name.endswith(("to_out.weight", "down.weight"))
                nn.init.normal_(parameter, std=residual_std if last else 0.02)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """ids (b, t) 的整数 → logits (b, t, vocab_size)；位置 i 的 logits 预测第 i + 1 个 token。

        给出 cache 时，ids 只含新的 token，旧的键与值在缓存里，用完由这里把长度加上 t。
        """
        return self.lm_head(self.hidden(ids, cache))

    def hidden(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """最后一层的输出 h_L，形状 (b, t, c):forward 去掉输出层。"""
        positions, mask = placed(ids, self.config, cache)
        x = self.token_embedding(ids) + self.position_embedding(positions)
        x = self.transformer(self.dropout(x), mask, cache)
        if cache is not None:
            cache.advance(ids.size(1))
        return x

    def decoder(self, cache: Cache) -> Decoder | None:
        """只写一行时的近路：token → 它之后的 logits (v,)，与 forward 同样的数；走不了就是 None。"""
        return Decoder(self, cache) if type(self) is GPT and fits(self, cache) else None

    @property
    def device(self) -> torch.device:
        return self.token_embedding.weight.device

    def parameter_count(self) -> dict[str, int]:
        """各部分的参数个数；共用的权重只数一次。"""
        parts = {
            "token embedding": self.token_embedding.weight.numel(),
            "位置 embedding": self.position_embedding.weight.numel(),
            "注意力": sum(p.numel() for b in self.transformer.blocks for p in b.attention.parameters()),
            "前馈网络": sum(p.numel() for b in self.transformer.blocks for p in b.feed_forward.parameters()),
        }
        total = sum(p.numel() for p in self.parameters())
        head = 0 if self.config.tied_head else self.lm_head.weight.numel()
        parts["层归一化"] = total - sum(parts.values()) - head
        parts["输出层"] = head
        parts["合计"] = total
        return parts


def placed(ids: Tensor, config: GPTConfig, cache: Cache | None) -> tuple[Tensor, Mask | Tensor]:
    """ids (b, t) 的位置与掩码：没有缓存时从 0 数起、看得见过去；有缓存时接在已有的后面。"""
    if cache is None:
        check_length(ids.size(1), config)
        return torch.arange(ids.size(1), device=ids.device), CAUSAL
    positions = cache.positions(ids.size(1))
    return positions, cache.mask(positions)


def check_length(length: int, config: GPTConfig) -> None:
    """输入不能比上下文长：位置 embedding 只有那么多个。"""
    limit = config.context_length
    fix = "缩短输入，或训练一个上下文更长的模型"
    require(length <= limit, f"输入有 {length} 个 token", f"不超过上下文长度 {limit}", fix)
