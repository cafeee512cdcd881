"""练习 4.6 多头注意力。"""

import math

import torch
from einops import rearrange

from tinygpt import layers
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal, unchanged


def hidden(scores):
    """分数里的未来填上 −∞。"""
    return scores.masked_fill(~layers.causal_mask(*scores.shape[-2:]), -math.inf)


def heads_with(
    split=lambda x, n_head: rearrange(x, "b t (n h d) -> n b h t d", n=3, h=n_head),
    order=(0, 1, 2),
    scale=lambda q, n_head: math.sqrt(q.size(-1)),
    weights=lambda scores: hidden(scores).softmax(dim=-1),
    merge=lambda heads: rearrange(heads, "b h t d -> b t (h d)"),
    out=lambda y, w: y @ w.mT,
    add=lambda x: 0,
):
    def run(x, w_qkv, w_out, n_head):
        parts = split(x @ w_qkv.mT, n_head)
        q, k, v = (parts[i] for i in order)
        heads = weights(q @ k.mT / scale(q, n_head)) @ v
        return add(x) + out(merge(heads), w_out)

    return run


exercise = Exercise(
    "4.6", "多头注意力", heads_with(), assemble=heads_with,
    look="先乘 w_qkv，拆成 q、k、v 和各个头，做带因果掩码的注意力，把头拼回去，最后乘 w_out。",
    atol=1e-5,
)


@exercise.probe("1 个头")
def _(answer, rng):
    return answer(normal(rng, 1, 3, 4), normal(rng, 12, 4), normal(rng, 4, 4), 1)


@exercise.probe("2 批、5 个位置、12 维、3 个头")
def _(answer, rng):
    return answer(normal(rng, 2, 5, 12), normal(rng, 36, 12, scale=0.3), normal(rng, 12, 12), 3)


@exercise.probe("头数、位置数与每头的维数都相同：轴弄错了形状也对")
def _(answer, rng):
    return answer(normal(rng, 3, 3, 9), normal(rng, 27, 9, scale=0.4), normal(rng, 9, 9), 3)


@exercise.probe("只有一个位置")
def _(answer, rng):
    return answer(normal(rng, 2, 1, 8), normal(rng, 24, 8), normal(rng, 8, 8), 4)


@exercise.probe("改动最后一个位置，前面的输出不动")
def _(answer, rng):
    x, w_qkv, w_out = normal(rng, 1, 4, 8), normal(rng, 24, 8), normal(rng, 8, 8)
    changed = x.clone()
    changed[:, -1] += 1
    a, b = answer(x, w_qkv, w_out, 2), answer(changed, w_qkv, w_out, 2)
    return torch.equal(a[:, :-1], b[:, :-1])


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, normal(rng, 1, 3, 4), normal(rng, 12, 4), normal(rng, 4, 4), 2)


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


def hiding(change):
    """掩码改过以后的权重。"""

    def weights(scores):
        seen = change(layers.causal_mask(*scores.shape[-2:]))
        return scores.masked_fill(~seen, -math.inf).softmax(dim=-1)

    return weights


def pattern(text):
    return lambda x, n_head: rearrange(x, text, n=3, h=n_head)


def viewed(x, n_head):
    """直接 view 成 (b, 头, t, d)，没有先拆再换轴。"""
    b, t, c = x.shape
    return [part.reshape(b, n_head, t, c // 3 // n_head) for part in x.chunk(3, dim=-1)]


def between_heads(x, n_head):
    """拆开以后没有换轴：(b, t, 头, d)，注意力成了头与头之间的。"""
    return rearrange(x, "b t (n h d) -> n b t h d", n=3, h=n_head)


exercise.edit("头与维的次序反了", "连续的 d 个数属于同一个头：(n h d)，不是 (n d h)。",
              split=pattern("b t (n d h) -> n b h t d"))
exercise.edit("q、k、v 没有排在最外面", "w_qkv 先是全部的 q，再是全部的 k，再是全部的 v：(n h d)。",
              split=pattern("b t (h n d) -> n b h t d"))
exercise.edit("q、k、v 排在了最里面", "w_qkv 先是全部的 q，再是全部的 k，再是全部的 v：(n h d)。",
              split=pattern("b t (h d n) -> n b h t d"))
exercise.edit("没有换轴就 view 成了头",
              "view 成 (b, 头, t, d) 会把别的位置的数分给这个头：先 view 成 (b, t, 头, d)，"
              "再 transpose(1, 2)。", split=viewed)
exercise.edit("没有拆成头", "n_head 个头各有自己的权重；不拆开就只有一个头。",
              split=lambda x, n_head: rearrange(x, "b t (n h d) -> n b h t d", n=3, h=1))
exercise.edit("q 与 k 交换了", "三份的次序是 q、k、v。", order=(1, 0, 2))
exercise.edit("k 与 v 交换了", "三份的次序是 q、k、v。", order=(0, 2, 1))
exercise.edit("次序当成了 k、v、q", "三份的次序是 q、k、v。", order=(2, 0, 1))
exercise.edit("次序当成了 v、q、k", "三份的次序是 q、k、v。", order=(1, 2, 0))
exercise.edit("q 与 v 交换了", "三份的次序是 q、k、v。", order=(2, 1, 0))
exercise.edit("没有缩放", "分数要除以 √d_k，d_k 是每个头的维数。", scale=lambda q, n_head: 1.0)
exercise.edit("用 √d_model 缩放", "除的是每个头的维数 d_k = d_model / h 的平方根。",
              scale=lambda q, n_head: math.sqrt(q.size(-1) * n_head))
exercise.edit("缩放没有开方", "除的是 √d_k，不是 d_k。", scale=lambda q, n_head: q.size(-1))
exercise.edit("没有因果掩码", "每个位置只许看自己和过去，注意力要带上 causal_mask。",
              weights=lambda scores: scores.softmax(dim=-1))
exercise.edit("掩码用反了", "masked_fill 填的是看不见的地方：~掩码。", weights=hiding(lambda seen: ~seen))
exercise.edit("看见的是自己与未来", "下三角 tril：列不大于行。", weights=hiding(lambda seen: seen.T))
exercise.edit("看不见自己", "对角线也是 True：自己看得见自己。", weights=hiding(lambda seen: seen.tril(-1)))
exercise.edit("遮住的填了 0", "分数 0 的权重不是 0：填 float('-inf')。",
              weights=lambda scores: scores.tril().softmax(dim=-1))
exercise.edit("先做 softmax，再遮住", "遮住要在 softmax 之前：分母里已经混进了看不见的位置。",
              weights=lambda scores: scores.softmax(dim=-1).tril())
exercise.edit("softmax 的轴是查询", "每个查询的权重加起来等于 1：dim=-1。",
              weights=lambda scores: hidden(scores).softmax(dim=-2))
exercise.edit("拼回去时头与维反了", "拼接是一个头接一个头：(h d)。",
              merge=lambda y: rearrange(y, "b h t d -> b t (d h)"))
exercise.edit("没有换回轴就拼了", "先 transpose(1, 2) 换成 (b, t, 头, d)，再 reshape 成 (b, t, c)。",
              merge=lambda y: y.reshape(y.size(0), y.size(2), -1))
exercise.edit("忘了乘 w_out", "拼接以后还有最后一个矩阵 W^O。", out=lambda y, w: y)
exercise.edit("w_out 没有转置", "权重按 nn.Linear 的习惯存成 (输出, 输入)，所以是 y @ w_out.T。",
              out=lambda y, w: y @ w)
exercise.edit("把残差也加进来了", "残差是解码器层做的事，注意力自己不加。", add=lambda x: x)


@exercise.mutant("注意力成了头与头之间的",
                 look="拆成 (b, t, 头, d) 以后要 transpose(1, 2)：注意力在位置之间做，不在头之间。")
def _(x, w_qkv, w_out, n_head):
    q, k, v = between_heads(x @ w_qkv.mT, n_head)
    return (layers.attention_weights(q, k) @ v).flatten(2) @ w_out.mT


@exercise.mutant("w_qkv 没有转置", look="权重按 nn.Linear 的习惯存成 (输出, 输入)，所以是 x @ w_qkv.T。")
def _(x, w_qkv, w_out, n_head):
    return x @ w_qkv


@exercise.mutant("改动了输入", look="就地的写法（+=、名字末尾有 _ 的方法）会改掉调用者的张量。")
def _(x, w_qkv, w_out, n_head):
    result = heads_with()(x, w_qkv, w_out, n_head)
    x.zero_()
    return result
