"""今天的 GPT 的零件：先是纯函数，再是拥有权重的类。每一样是什么、从哪里来，见 modern.py 的开头。

开关在造的时候选好，前向里没有开关；没有用上的那一样是 keep。轴的字母照 layers.py。
"""

import math
from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from torch import Tensor, nn

from tinygpt.cache import LayerCache
from tinygpt.layers import GELUS, AnyMask, fused_attention
from tinygpt.variants.modern_config import ModernConfig

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
