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
import torch.nn.functional as F
from einops import rearrange, repeat
from torch import Tensor, nn

from tinygpt.cache import Cache, LayerCache
from tinygpt.gpt import check_length
from tinygpt.layers import CAUSAL, GELUS, AnyMask, fused_attention
from tinygpt.variants.modern_config import ModernConfig
from tinygpt.variants.recent import RecentTokens, recent

# ---- 纯函数 ----


def keep(x, *_):
    """这一样没有用上：原样交还。"""
    return x


def rms_norm(x: Tensor) -> Tensor:
    """x / √(mean(x²) + ε)，沿最后一个轴：长度变成 √c，方向不变。"""
    return F.rms_norm(x, (x.size(-1),))


def layer_norm(x: Tensor) -> Tensor:
    """(x − mean) / √(var + ε)，沿最后一个轴，不带学来的乘数。"""
    return F.layer_norm(x, (x.size(-1),))


def rotations(positions: Tensor, head_dim: int, dtype=torch.float32) -> Tensor:
    """RoPE 的角度，写成复数 e^(iθ)：位置 p 的第 j 对转 θ = p·10000^(−2j/d)。

    positions (…, t) → (…, 1, t, d/2)。前面的对转得快（分得清近处），后面的转得慢（分得开远处）。
    """
    pairs = torch.arange(0, head_dim, 2, device=positions.device, dtype=dtype)
    angles = positions[..., None, :, None] * 10000.0 ** (-pairs / head_dim)
    return torch.polar(torch.ones_like(angles), angles)


def rotate(x: Tensor, turns: Tensor) -> Tensor:
    """相邻的两维当作平面上的一个点（一个复数），乘以 e^(iθ) 就是转 θ。x (b, h, t, d) → 同样形状。

    转过之后，位置 p 的查询与位置 s 的键的点积只与 p − s 有关：相对位置就这样进了注意力。
    """
    points = torch.view_as_complex(x.to(turns.real.dtype).unflatten(-1, (-1, 2)))
    return torch.view_as_real(points * turns).flatten(-2).to(x.dtype)


def softcap(logits: Tensor, limit: float) -> Tensor:
    """limit · tanh(logits / limit)：小的几乎不变，大的压到 ±limit 以内。"""
    return limit * torch.tanh(logits / limit)


NORMS = {"rms": rms_norm, "layer": layer_norm}

# ---- 拥有权重的零件 ----


def normalization(config: ModernConfig) -> nn.Module:
    """一个归一化层，带学来的乘数。"""
    kind = nn.RMSNorm if config.normalization == "rms" else partial(nn.LayerNorm, bias=config.bias)
    return kind(config.n_embd)


class ModernAttention(nn.Module):
    """多头自注意力，键与值的头数可以少几倍；转角度、归一化、加值 embedding 都在点积之前。"""

    attend = staticmethod(fused_attention)

    def __init__(self, config: ModernConfig):
        super().__init__()
        d, self.groups = config.head_dim, config.kv_groups
        self.sizes = [config.n_embd, config.n_kv_head * d, config.n_kv_head * d]
        self.split_heads = partial(rearrange, pattern="b t (h d) -> b h t d", d=d)
        self.to_qkv = nn.Linear(config.n_embd, sum(self.sizes), bias=config.bias)
        self.to_out = nn.Linear(config.n_embd, config.n_embd, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)
        self.normalize = NORMS[config.normalization] if config.qk_norm else keep
        self.turn = rotate if config.position == "rope" else keep
        self.add_value = AddValue(config.n_kv_head) if config.value_embedding else keep

    def forward(
        self, x: Tensor, value: Tensor | None, turns, mask: AnyMask, cache: LayerCache | None
    ) -> Tensor:
        """x (b, t, c) → (b, t, c)。value (b, t, h·d) 是值 embedding，turns 来自 rotations；没有就是 None。"""
        q, k, v = map(self.split_heads, self.to_qkv(x).split(self.sizes, dim=-1))
        q, k = (self.turn(self.normalize(part), turns) for part in (q, k))
        v = self.add_value(v, value)
        if cache is not None:
            k, v = cache.append(k, v)
        k, v = share(k, self.groups), share(v, self.groups)
        return self.dropout(self.to_out(rearrange(self.attend(q, k, v, mask), "b h t d -> b t (h d)")))


def share(x: Tensor, groups: int) -> Tensor:
    """每组键（或值）给 groups 个查询的头看：(b, h, s, d) → (b, h·groups, s, d)。"""
    return x if groups == 1 else repeat(x, "b h s d -> b (h groups) s d", groups=groups)


class AddValue(nn.Module):
    """v + λ·value：每个头一个学来的 λ，从 ½ 开始。"""

    def __init__(self, n_head: int):
        super().__init__()
        self.scale = nn.Parameter(torch.full((n_head, 1, 1), 0.5))

    def forward(self, v: Tensor, value: Tensor) -> Tensor:
        """v (b, h, t, d)，value (b, t, h·d) → (b, h, t, d)。"""
        return v + self.scale * rearrange(value, "b t (h d) -> b h t d", h=v.size(1))


class ModernFeedForward(nn.Module):
    """down(activation(up(x)))：gelu 与文章相同；relu2 是 max(0, ·)²，不用算 erf，大多数是 0。"""

    def __init__(self, config: ModernConfig):
        super().__init__()
        self.up = nn.Linear(config.n_embd, 4 * config.n_embd, bias=config.bias)
        self.down = nn.Linear(4 * config.n_embd, config.n_embd, bias=config.bias)
        self.activation = relu2 if config.feed_forward == "relu2" else GELUS[config.gelu]
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.down(self.activation(self.up(x))))


def relu2(x: Tensor) -> Tensor:
    return F.relu(x).square()


class SwiGLU(nn.Module):
    """down(silu(gate(x)) · up(x))：一半决定放多少过去。三个矩阵，中间窄一些，参数与两个矩阵的一样多。"""

    def __init__(self, config: ModernConfig):
        super().__init__()
        width = math.ceil(8 / 3 * config.n_embd / 8) * 8  # 3·c·(8/3)c = 8c²，凑成 8 的倍数
        self.gate = nn.Linear(config.n_embd, width, bias=config.bias)
        self.up = nn.Linear(config.n_embd, width, bias=config.bias)
        self.down = nn.Linear(width, config.n_embd, bias=config.bias)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.down(F.silu(self.gate(x)) * self.up(x)))


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
            self.recent_tokens = RecentTokens(config.ngram, config.ngram_size, config.n_embd)
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
        n_new = ids.size(1)
        if cache is None:
            check_length(n_new, self.config)
            positions, mask = torch.arange(n_new, device=ids.device), CAUSAL
        else:
            positions = cache.positions(n_new)
            mask = cache.mask(positions)
        x, turns = self.enter(ids, positions, cache)
        x = x + extra
        values = [embedding(ids) for embedding in self.value_embeddings] or [None] * len(self.blocks)
        for i, (block, value) in enumerate(zip(self.blocks, values)):
            x = block(x, value, turns, mask, None if cache is None else cache.layer(i))
        if cache is not None:
            cache.advance(n_new)
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
