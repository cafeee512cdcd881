"""练习 8.3 用矩阵算完一整层。"""

import math

import torch
import torch.nn.functional as F
from einops import rearrange

from tinygpt import GPT, GPTConfig
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_08.shared import weights_of
from tinygpt.layers import CAUSAL, attention


def block_with(
    norm_at="before", swap=False, eps=1e-5, layer=None, bias=True,
    split_="t (n h d) -> n h t d", mask=CAUSAL, scale=None, merge="h t d -> t (h d)",
    act=F.gelu, first=True, second=True,
):
    def run(W, x, i, n_head):
        at = f"transformer.blocks.{i if layer is None else layer}."
        names = ("feed_forward_norm", "attention_norm") if swap else ("attention_norm", "feed_forward_norm")
        weight, shift = lambda name: W[at + name + ".weight"], lambda name: W[at + name + ".bias"]
        norm = lambda y, name: F.layer_norm(y, y.shape[-1:], weight(name), shift(name), eps)
        before = norm if norm_at == "before" else lambda y, name: y
        after = norm if norm_at == "after" else lambda y, name: y
        linear = lambda y, name: y @ weight(name).T + (shift(name) if bias else 0)
        q, k, v = rearrange(linear(before(x, names[0]), "attention.to_qkv"), split_, n=3, h=n_head)
        q = q * (math.sqrt(q.size(-1)) / scale(x.size(-1), n_head)) if scale else q
        heads = attention(q[None], k[None], v[None], mask)[0]
        x = after((x if first else 0) + linear(rearrange(heads, merge), "attention.to_out"), names[0])
        wide = act(linear(before(x, names[1]), "feed_forward.up"))
        return after((x if second else 0) + linear(wide, "feed_forward.down"), names[1])

    return run


exercise = Exercise(
    "8.3", "用矩阵算完一整层", block_with(),
    look="归一化 → to_qkv → 拆头 → 带因果掩码的注意力 → 拼回 → to_out → 加残差；"
         "归一化 → up → GELU → down → 加残差。",
    rtol=1e-3, atol=1e-4,
)


@exercise.probe("第 1 层，3 个 token，2 个头")
def _(answer, rng):
    return answer(weights_of(rng), normal(rng, 3, 8), 0, 2)


@exercise.probe("第 2 层")
def _(answer, rng):
    return answer(weights_of(rng), normal(rng, 4, 8), 1, 2)


@exercise.probe("4 个头")
def _(answer, rng):
    return answer(weights_of(rng, n_embd=16, n_head=4), normal(rng, 5, 16), 0, 4)


@exercise.probe("很小的输入")
def _(answer, rng):
    return answer(weights_of(rng), normal(rng, 3, 8, scale=1e-3), 0, 2)


@exercise.probe("改动最后一个 token，前面的不动")
def _(answer, rng):
    W, x = weights_of(rng), normal(rng, 4, 8)
    changed = x.clone()
    changed[-1] += 1
    return torch.allclose(answer(W, x, 0, 2)[:-1], answer(W, changed, 0, 2)[:-1], atol=1e-6)


@exercise.correct("借用包里的 Block")
def _(W, x, i, n_head):
    c = x.size(-1)
    config = GPTConfig(n_layer=i + 1, n_embd=c, n_head=n_head, vocab_size=300, context_length=12, dropout=0.0)
    block = GPT(config).transformer.blocks[i]
    prefix = f"transformer.blocks.{i}."
    mine = {name.removeprefix(prefix): value for name, value in W.items() if name.startswith(prefix)}
    block.load_state_dict(mine)
    with torch.no_grad():
        return block(x[None])[0]


@exercise.correct("一个头一个头地算")
def _(W, x, i, n_head):
    prefix = f"transformer.blocks.{i}."
    w = {name.removeprefix(prefix): value for name, value in W.items() if name.startswith(prefix)}
    t, c = x.shape
    d = c // n_head
    normed = F.layer_norm(x, (c,), w["attention_norm.weight"], w["attention_norm.bias"])
    qkv = F.linear(normed, w["attention.to_qkv.weight"], w["attention.to_qkv.bias"])
    for h in range(n_head):
        q, k, v = (qkv[:, n * c + h * d : n * c + (h + 1) * d] for n in range(3))
        p = (q @ k.T / d**0.5 + torch.full((t, t), -math.inf).triu(1)).softmax(-1)
        x = x + (p @ v) @ w["attention.to_out.weight"][:, h * d : (h + 1) * d].T
    x = x + w["attention.to_out.bias"]
    inside = F.layer_norm(x, (c,), w["feed_forward_norm.weight"], w["feed_forward_norm.bias"])
    wide = F.gelu(F.linear(inside, w["feed_forward.up.weight"], w["feed_forward.up.bias"]))
    return x + F.linear(wide, w["feed_forward.down.weight"], w["feed_forward.down.bias"])


exercise.mutant("归一化放在了残差之后", block_with(norm_at="after"),
                look="文章写的是 post-norm；附带的模型是 pre-norm，归一化在子层的入口。")
exercise.mutant("没有归一化", block_with(norm_at="nowhere"), look="两个子层的入口各有一个层归一化。")
exercise.mutant("没有因果掩码", block_with(mask=None), look="每个 token 只看自己和前面的。")
exercise.mutant("用 √256 缩放", block_with(scale=lambda c, h: math.sqrt(c)),
                look="除的是每个头的维数 d_k 的平方根，不是整个向量的维数。")
exercise.mutant("没有缩放", block_with(scale=lambda c, h: 1.0), look="分数要除以 √d_k。")
exercise.mutant("注意力没有加残差", block_with(first=False), look="注意力的结果加到 x 上，不是替换它。")
exercise.mutant("前馈网络没有加残差", block_with(second=False), look="前馈网络的结果也加到 x 上。")
exercise.mutant("总是用第 1 层的权重", block_with(layer=0),
                look="名字里的 i 是第几层：f\"transformer.blocks.{i}.\"。")
exercise.mutant("拼回去时头与维反了", block_with(merge="h t d -> t (d h)"), look="一个头接一个头：(h d)。")
exercise.mutant("拆头的次序错了", block_with(split_="t (h n d) -> n h t d"),
                look="先分三份，再分头：(n h d)。")
exercise.mutant("两个层归一化用反了", block_with(swap=True),
                look="注意力前用 attention_norm，前馈网络前用 feed_forward_norm。")
exercise.mutant("激活函数用了 ReLU", block_with(act=F.relu), look="GPT 用 GELU。")
exercise.mutant("忘了线性层的偏置", block_with(bias=False), look="四个线性层都有 bias。")
exercise.mutant("层归一化没有 ε", block_with(eps=0.0), look="方差上加 1e-5；输入很小的时候差别很大。")
