"""第 05 课用的：少了一样零件的层，一小段文字，训练几十步，量一量梯度。

课里与 tools/record_ablations.py 用同样的这些函数；这里不画图。
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tinygpt.config import GPTConfig
from tinygpt.corpus.world import World
from tinygpt.gpt import GPT
from tinygpt.layers import CAUSAL, Block, PostNormBlock, SelfAttention, attention
from tinygpt.tokenizer import Tokenizer


class NoResidual(Block):
    """没有残差：x ← Attention(LN(x))；x ← FFN(LN(x))。"""

    def forward(self, x: Tensor, mask=CAUSAL, cache=None) -> Tensor:
        x = self.attention(self.attention_norm(x), mask, cache)
        return self.feed_forward(self.feed_forward_norm(x))


class NoNorm(Block):
    """没有归一化：x ← x + Attention(x)；x ← x + FFN(x)。"""

    def forward(self, x: Tensor, mask=CAUSAL, cache=None) -> Tensor:
        x = x + self.attention(x, mask, cache)
        return x + self.feed_forward(x)


# 名字 → （层，矩阵的初始值要不要放大到 1/√d_in，层归一化的 ε）
KINDS = {
    "pre-norm": (Block, False, 1e-5), "post-norm": (PostNormBlock, False, 1e-5),
    "没有归一化": (NoNorm, False, 1e-5), "没有归一化，初始化放大": (NoNorm, True, 1e-5),
    "没有残差": (NoResidual, False, 1e-5), "没有残差，初始化放大": (NoResidual, True, 1e-5),
    "没有残差，ε = 1e-12": (NoResidual, False, 1e-12), "pre-norm，初始化放大": (Block, True, 1e-5),
}  # fmt: skip


# ---- 看得完的小模型（第 1 节） ----


def sharp_model(n_layer: int = 2, seed: int = 0, **changes) -> GPT:
    """词表 12、8 维、2 个头，权重换成大一些的随机数：改了什么都看得出来。"""
    torch.manual_seed(seed)
    shape = dict(vocab_size=12, context_length=8, n_head=2, n_embd=8, dropout=0.0)
    model = GPT(GPTConfig(n_layer=n_layer, **shape, **changes))
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(std=0.4) if p.ndim >= 2 else p.add_(0.1 * torch.randn_like(p))
    return model.eval()


def without_positions(model: GPT, ids: Tensor, mask=CAUSAL) -> Tensor:
    """h_0 = X，不加位置，最后一个位置的 logits。"""
    with torch.no_grad():
        return model.lm_head(model.transformer(model.token_embedding(ids), mask))[0, -1]


def order_accuracy(n_layer: int, with_positions: bool, seed: int, steps: int = 200) -> float:
    """训练一个小模型说出“前一个 token 是什么”（8 种符号），返回新题答对的比例。"""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    shape = dict(vocab_size=8, context_length=8, n_head=2, n_embd=32, dropout=0.0, tied_head=False)
    model = GPT(GPTConfig(n_layer=n_layer, **shape))
    if not with_positions:
        model.position_embedding.weight.requires_grad_(False).zero_()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-2, fused=True)
    for _ in range(steps):
        x, y = _previous(generator, 64)
        optimizer.zero_grad()
        F.cross_entropy(model(x)[:, 2:].flatten(0, 1), y[:, 2:].flatten()).backward()
        optimizer.step()
    x, y = _previous(generator, 500)
    return (model(x).argmax(dim=-1) == y)[:, 2:].float().mean().item()


def commonest_guess() -> float:
    """不学：在前面出现过的里猜次数最多的那一个（不算自己），这道题平均答对多少。"""
    x, _ = _previous(torch.Generator().manual_seed(0), 5000)
    seen = F.one_hot(x, 8)
    most = [seen[:, :i].sum(dim=1).amax(dim=1).double().mean().item() / i for i in range(2, 8)]
    return sum(most) / len(most)


def _previous(generator: torch.Generator, count: int) -> tuple[Tensor, Tensor]:
    ids = torch.randint(8, (count, 8), generator=generator)
    return ids, ids.roll(1, dims=1)  # 标签：前一个 token；最前面两个位置不算


# ---- 一小段文字 ----


@lru_cache
def text() -> tuple[Tokenizer, Tensor]:
    """小世界的四万个字符，一个字一个 token。"""
    written = "".join(d.text for d in World.load().documents(0, n_characters=40_000))
    characters = Tokenizer.train_char([written])
    return characters, torch.tensor(characters.encode(written))


def windows(generator: torch.Generator, n: int = 16, t: int = 32) -> tuple[Tensor, Tensor]:
    """n 个窗口：输入与错开一位的标签。"""
    _, data = text()
    rows = data[torch.randint(len(data) - t, (n, 1), generator=generator) + torch.arange(t + 1)]
    return rows[:, :-1], rows[:, 1:]


def frequency_entropy(ids=None) -> float:
    """字频的熵：只记住每个字出现多少次、不看输入，最好的损失。ids 是一列编号，默认是这段文字的。"""
    data = text()[1] if ids is None else torch.as_tensor(ids)
    frequency = torch.bincount(data).double() / len(data)
    return -torch.special.xlogy(frequency, frequency).sum().item()


# ---- 建、量、训练 ----


def build(kind: str, n_layer: int, seed: int) -> GPT:
    """一种层堆 n_layer 层，32 维；同一个种子，几种层的初始随机数相同。"""
    block, enlarged, eps = KINDS[kind]
    shape = dict(n_layer=n_layer, n_head=4, n_embd=32, context_length=32, dropout=0.0, tied_head=False)
    norm = "post" if block is PostNormBlock else "pre"
    model = GPT(GPTConfig(vocab_size=text()[0].vocab_size, norm=norm, **shape))
    model.transformer.blocks = nn.ModuleList(block(model.config) for _ in range(n_layer))
    if block is NoNorm:
        model.transformer.norm = nn.Identity()
    torch.manual_seed(seed)
    model.reset_parameters()
    for p in model.transformer.parameters():
        if enlarged and p.ndim == 2:
            p.data.normal_(std=p.size(1) ** -0.5)
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            module.eps = eps
    return model


def loss_of(model: GPT, x: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction=reduction)


def gradient_norms(kind: str, n_layer: int, seed: int) -> list[float]:
    """刚初始化时反传一次，每一层全部参数的梯度有多长。"""
    model = build(kind, n_layer, seed)
    loss_of(model, *windows(torch.Generator().manual_seed(seed))).backward()
    flat = lambda layer: torch.cat([p.grad.flatten() for p in layer.parameters()]).double()
    return [flat(layer).norm().item() for layer in model.transformer.blocks]


def train(kind: str, n_layer: int, learning_rate: float, seed: int, steps: int) -> list[float]:
    """恒定的学习率，AdamW，不预热不裁剪；返回每一步的损失。"""
    model, generator, losses = build(kind, n_layer, seed), torch.Generator().manual_seed(seed), []
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, fused=True)
    for _ in range(steps):
        loss = loss_of(model, *windows(generator))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# ---- 求和与求平均 ----


def gradient_length(count: int, reduction: str, seed: int) -> float:
    """抽 count 个窗口（seed 定是哪几个）算一次，全部梯度有多长；模型总是同一个。"""
    model = build("pre-norm", 1, seed=0)
    loss_of(model, *windows(torch.Generator().manual_seed(seed), count), reduction).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item()


def sgd(reduction: str, rate: float, steps: int = 40) -> Tensor:
    """普通的梯度下降，双精度；返回每一步的损失（记的都是平均，才能比较）。"""
    model, generator, losses = build("pre-norm", 1, seed=0).double(), torch.Generator().manual_seed(0), []
    for _ in range(steps):
        x, y = windows(generator)
        total = loss_of(model, x, y, "sum")
        losses.append(total.item() / y.numel())
        (total if reduction == "sum" else total / y.numel()).backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= rate * p.grad
                p.grad = None
    return torch.tensor(losses)


# ---- 手算与看一看 ----


def attention_by_hand(x: Tensor, layer: SelfAttention) -> Tensor:
    """多头注意力，只用权重：切成几个头，各算各的，拼起来乘 W^O。x (1, t, c)。"""
    q, k, v = (x @ layer.to_qkv.weight.T + layer.to_qkv.bias).chunk(3, dim=-1)
    later, heads = torch.ones(x.size(1), x.size(1)).triu(1) > 0, []
    for q_i, k_i, v_i in zip(*(part.chunk(layer.n_head, dim=-1) for part in (q, k, v))):
        scores = q_i @ k_i.mT / math.sqrt(q_i.size(-1))
        heads.append(scores.masked_fill(later, -math.inf).softmax(dim=-1) @ v_i)
    return torch.cat(heads, dim=-1) @ layer.to_out.weight.T + layer.to_out.bias


@torch.no_grad()
def logit_lens(model: GPT, ids: list[int], count: int = 4) -> list[list[tuple[int, float]]]:
    """h_0 与每一层之后提前接上最后的归一化与输出层 → 最后一个位置的前 count 个（编号，概率）。"""
    h = model.token_embedding.weight[ids][None] + model.position_embedding.weight[: len(ids)]
    states = [h]
    for layer in model.transformer.blocks:
        states.append(layer(states[-1]))
    found = [model.lm_head(model.transformer.norm(h))[0, -1].softmax(-1).topk(count) for h in states]
    return [list(zip(best.indices.tolist(), best.values.tolist())) for best in found]


# ---- 运算与方差 ----


def counted_flops(model: GPT, length: int) -> int:
    """PyTorch 数出来的一次前向的浮点运算；注意力换成一步步写的那个，融合的它认不得。"""
    for layer in model.transformer.blocks:
        layer.attention.attend = attention
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, length, dtype=torch.long))
    return counter.get_total_flops()


def stream_growth(n_layer: int, scaled: bool) -> float:
    """刚初始化时，主干的方差从 h_0 到 h_L 涨了几倍；scaled 为假时，子层最后的矩阵也用 0.02。"""
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=512, n_layer=n_layer, n_embd=128, n_head=4, dropout=0.0))
    for name, p in model.named_parameters():
        if not scaled and name.endswith(("to_out.weight", "down.weight")):
            p.data.mul_(math.sqrt(2 * n_layer))
    with torch.no_grad():
        h = first = model.token_embedding(torch.randint(512, (4, 64))) + model.position_embedding.weight[:64]
        for layer in model.transformer.blocks:
            h = layer(h)
    return (h.var() / first.var()).item()
