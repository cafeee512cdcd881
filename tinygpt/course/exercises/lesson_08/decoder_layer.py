"""练习 8.3 用矩阵算完一整层。"""

import math

import torch
import torch.nn.functional as F
from einops import rearrange

from tinygpt import GPT, GPTConfig
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_08.shared import weights_of


def causal(scores, past):
    return scores.masked_fill(~past, -math.inf).softmax(-1)


def block_with(
    enter=(True, True), leave=False, residual=("x", "x"), names=("attention_norm", "feed_forward_norm"),
    layer=lambda i: i, bias=(1, 1, 1, 1), eps=1e-5, split_="t (n h d) -> n h t d", order="qkv",
    scale=lambda d, c: math.sqrt(d), weigh=causal, merge="h t d -> t (h d)", out=True, act=F.gelu,
):  # fmt: skip
    """enter、leave：归一化在子层的入口还是出口；residual：两个残差各加什么；weigh：由分数得到权重。"""

    def run(W, x, i, n_head):
        at = f"transformer.blocks.{layer(i)}."

        def norm(y, k):
            name = at + names[k]
            return F.layer_norm(y, y.shape[-1:], W[name + ".weight"], W[name + ".bias"], eps)

        def linear(y, name, k):
            return F.linear(y, W[at + name + ".weight"], W[at + name + ".bias"] if bias[k] else None)

        def attend(y):
            parts = rearrange(linear(y, "attention.to_qkv", 0), split_, n=3, h=n_head)
            q, k, v = (parts["qkv".index(which)] for which in order)
            scores = q @ k.transpose(-1, -2) / scale(q.size(-1), y.size(-1))
            heads = weigh(scores, torch.ones(len(y), len(y), dtype=torch.bool).tril()) @ v
            mixed = rearrange(heads, merge)
            return linear(mixed, "attention.to_out", 1) if out else mixed

        def feed(y):
            return linear(act(linear(y, "feed_forward.up", 2)), "feed_forward.down", 3)

        def sublayer(y, k, change):
            entered = norm(y, k) if enter[k] else y
            y = {"x": y, "normed": entered, "none": 0, "first": x}[residual[k]] + change(entered)
            return norm(y, k) if leave else y

        return sublayer(sublayer(x, 0, attend), 1, feed)

    return run


exercise = Exercise(
    "8.3", "用矩阵算完一整层", block_with(),
    look="归一化 → to_qkv → 拆头 → 带因果掩码的注意力 → 拼回 → to_out → 加残差；"
         "归一化 → up → GELU → down → 加残差。",
    rtol=1e-3, atol=1e-4, assemble=block_with,
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


@exercise.probe("只有一个 token")
def _(answer, rng):
    return answer(weights_of(rng), normal(rng, 1, 8), 0, 2)


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


exercise.edit("归一化放在了残差之后", enter=(False, False), leave=True,
              look="文章写的是 post-norm；附带的模型是 pre-norm，归一化在子层的入口。")
exercise.edit("没有归一化", enter=(False, False), look="两个子层的入口各有一个层归一化。")
exercise.edit("注意力之前没有归一化", enter=(False, True), look="两个子层的入口各有一个层归一化。")
exercise.edit("前馈网络之前没有归一化", enter=(True, False), look="两个子层的入口各有一个层归一化。")
exercise.edit("两个层归一化用反了", names=("feed_forward_norm", "attention_norm"),
              look="注意力前用 attention_norm，前馈网络前用 feed_forward_norm。")
exercise.edit("两处都用了 attention_norm", names=("attention_norm", "attention_norm"),
              look="前馈网络前用 feed_forward_norm。")
exercise.edit("层归一化没有 ε", eps=0.0, look="方差上加 1e-5；输入很小的时候差别很大。")
exercise.edit("注意力没有加残差", residual=("none", "x"), look="注意力的结果加到 x 上，不是替换它。")
exercise.edit("前馈网络没有加残差", residual=("x", "none"), look="前馈网络的结果也加到 x 上。")
exercise.edit("两处都没有加残差", residual=("none", "none"), look="两个子层的结果都加到 x 上，不是替换它。")
exercise.edit("注意力的残差用了归一化以后的", residual=("normed", "x"),
              look="加上的是没有归一化的 x；不要写 x = norm(x)。")
exercise.edit("前馈网络的残差用了归一化以后的", residual=("x", "normed"),
              look="加上的是没有归一化的 x；不要写 x = norm(x)。")
exercise.edit("两处残差都用了归一化以后的", residual=("normed", "normed"),
              look="加上的是没有归一化的 x；不要写 x = norm(x)。")
exercise.edit("前馈网络的残差加了最初的 x", residual=("x", "first"), look="加的是已经加过注意力的 x。")
exercise.edit("总是用第 1 层的权重", layer=lambda i: 0,
              look="名字里的 i 是第几层：f\"transformer.blocks.{i}.\"。")
exercise.edit("层数从 1 数起", layer=lambda i: i + 1, look="i 从 0 数起，与名字里的一样，不用加 1。")
exercise.edit("拆头的次序错了", split_="t (h n d) -> n h t d", look="先分三份，再分头：(n h d)。")
exercise.edit("拆头时头与维反了", split_="t (n d h) -> n h t d", look="一个头接一个头：(n h d)。")
exercise.edit("拼回去时头与维反了", merge="h t d -> t (d h)", look="一个头接一个头：(h d)。")
exercise.edit("查询与键反了", order="kqv", look="三份的次序是 q、k、v；分数的行是查询，列是键。")
exercise.edit("值用成了键", order="qkk", look="权重乘的是 v。")
exercise.edit("用 √256 缩放", scale=lambda d, c: math.sqrt(c),
              look="除的是每个头的维数 d_k 的平方根，不是整个向量的维数。")
exercise.edit("没有缩放", scale=lambda d, c: 1.0, look="分数要除以 √d_k。")
exercise.edit("缩放没有开方", scale=lambda d, c: d, look="分数除以 √d_k，不是 d_k。")
exercise.edit("没有因果掩码", weigh=lambda s, past: s.softmax(-1), look="每个 token 只看自己和前面的。")
exercise.edit("掩码反了，只看后面的", weigh=lambda s, past: causal(s, past.T),
              look="每个 token 看自己和**前面**的。")
exercise.edit("看不见自己", weigh=lambda s, past: causal(s, past.tril(-1)),
              look="每个 token 看得见自己：对角线留下。")
exercise.edit("先做 softmax，再遮住", weigh=lambda s, past: s.softmax(-1) * past,
              look="先把看不见的填成 −∞，再做 softmax，每行才加得到 1。")
exercise.edit("遮住的填了 0", weigh=lambda s, past: (s * past).softmax(-1),
              look="填 −∞：e 的 0 次方是 1，不是 0。")
exercise.edit("按查询的轴做 softmax",
              weigh=lambda s, past: s.masked_fill(~past, -math.inf).softmax(-2),
              look="每一行（一个查询）加起来是 1。")
exercise.edit("没有 to_out", out=False, look="各个头拼起来以后，还要经过 attention.to_out。")
exercise.edit("激活函数用了 ReLU", act=F.relu, look="GPT 用 GELU。")
exercise.edit("激活函数用了 SiLU", act=F.silu, look="GPT 用 GELU。")
exercise.edit("激活函数用了 tanh 近似的 GELU", act=lambda y: F.gelu(y, approximate="tanh"),
              look="用 F.gelu 默认的那一种，不写 approximate。")
exercise.edit("没有激活函数", act=lambda y: y, look="up 与 down 之间要经过 GELU。")
exercise.edit("忘了线性层的偏置", bias=(0, 0, 0, 0), look="四个线性层都有 bias。")
exercise.edit("to_qkv 忘了偏置", bias=(0, 1, 1, 1), look="四个线性层都有 bias。")
exercise.edit("to_out 忘了偏置", bias=(1, 0, 1, 1), look="四个线性层都有 bias。")
exercise.edit("前馈网络忘了偏置", bias=(1, 1, 0, 0), look="四个线性层都有 bias。")
