"""练习 4.6 多头注意力。"""

import math

import torch
from einops import rearrange

from tinygpt import layers
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def multi_head_reference(x, w_qkv, w_out, n_head):
    q, k, v = rearrange(x @ w_qkv.mT, "b t (n h d) -> n b h t d", n=3, h=n_head)
    return rearrange(layers.attention(q, k, v, layers.CAUSAL), "b h t d -> b t (h d)") @ w_out.mT


exercise = Exercise(
    "4.6", "多头注意力", multi_head_reference,
    look="先乘 w_qkv，拆成 q、k、v 和各个头，做带因果掩码的注意力，把头拼回去，最后乘 w_out。",
    atol=1e-5,
)


@exercise.probe("1 个头")
def _(answer, rng):
    return answer(normal(rng, 1, 3, 4), normal(rng, 12, 4), normal(rng, 4, 4), 1)


@exercise.probe("2 批、5 个位置、12 维、3 个头")
def _(answer, rng):
    return answer(normal(rng, 2, 5, 12), normal(rng, 36, 12, scale=0.3), normal(rng, 12, 12), 3)


@exercise.probe("改动最后一个位置，前面的输出不动")
def _(answer, rng):
    x, w_qkv, w_out = normal(rng, 1, 4, 8), normal(rng, 24, 8), normal(rng, 8, 8)
    changed = x.clone()
    changed[:, -1] += 1
    a, b = answer(x, w_qkv, w_out, 2), answer(changed, w_qkv, w_out, 2)
    return torch.equal(a[:, :-1], b[:, :-1])


@exercise.correct("一个头一个头地循环")
def _(x, w_qkv, w_out, n_head):
    c = x.size(-1)
    d = c // n_head
    heads = []
    for i in range(n_head):
        q, k, v = (x @ w_qkv[n * c + i * d : n * c + (i + 1) * d].T for n in range(3))
        heads.append(layers.attention_weights(q[:, None], k[:, None], layers.CAUSAL)[:, 0] @ v)
    return torch.cat(heads, dim=-1) @ w_out.T


@exercise.correct("view 与 transpose，SDPA")
def _(x, w_qkv, w_out, n_head):
    b, t, c = x.shape
    q, k, v = (y.view(b, t, n_head, c // n_head).transpose(1, 2) for y in (x @ w_qkv.T).chunk(3, dim=-1))
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return y.transpose(1, 2).reshape(b, t, c) @ w_out.T


def heads_with(
    split="b t (n h d) -> n b h t d",
    merge="b h t d -> b t (h d)",
    mask=layers.CAUSAL,
    order=(0, 1, 2),
    out=lambda w: w.mT,
):
    def run(x, w_qkv, w_out, n_head):
        parts = rearrange(x @ w_qkv.mT, split, n=3, h=n_head)
        q, k, v = (parts[i] for i in order)
        y = rearrange(layers.attention(q, k, v, mask), merge)
        w = out(w_out)
        return y if w is None else y @ w

    return run


exercise.mutant("没有因果掩码", heads_with(mask=None),
                look="每个位置只许看自己和过去，注意力要带上 causal_mask。")
exercise.mutant("头与维的次序反了", heads_with("b t (n d h) -> n b h t d"),
                look="连续的 d 个数属于同一个头：(n h d)，不是 (n d h)。")
exercise.mutant("q、k、v 没有排在最外面", heads_with("b t (h n d) -> n b h t d"),
                look="w_qkv 先是全部的 q，再是全部的 k，再是全部的 v：(n h d)。")
exercise.mutant("q 与 k 交换了", heads_with(order=(1, 0, 2)), look="三份的次序是 q、k、v。")
exercise.mutant("k 与 v 交换了", heads_with(order=(0, 2, 1)), look="三份的次序是 q、k、v。")
exercise.mutant("拼回去时头与维反了", heads_with(merge="b h t d -> b t (d h)"),
                look="拼接是一个头接一个头：(h d)。")
exercise.mutant("忘了乘 w_out", heads_with(out=lambda w: None), look="拼接以后还有最后一个矩阵 W^O。")
exercise.mutant("w_out 没有转置", heads_with(out=lambda w: w),
                look="权重按 nn.Linear 的习惯存成 (输出, 输入)，所以是 y @ w_out.T。")


@exercise.mutant("没有拆成头", look="n_head 个头各有自己的权重；不拆开就只有一个头。")
def _(x, w_qkv, w_out, n_head):
    return multi_head_reference(x, w_qkv, w_out, 1)


@exercise.mutant("用 √d_model 缩放", look="除的是每个头的维数 d_k = d_model / h 的平方根。")
def _(x, w_qkv, w_out, n_head):
    q, k, v = rearrange(x @ w_qkv.mT, "b t (n h d) -> n b h t d", n=3, h=n_head)
    heads = layers.attention(q / math.sqrt(n_head), k, v, layers.CAUSAL)
    return rearrange(heads, "b h t d -> b t (h d)") @ w_out.mT
