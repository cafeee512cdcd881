"""练习 4.4 注意力权重。"""

import math

import torch
from einops import einsum

from tinygpt import layers
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal, unchanged


def weights_with(
    scores=lambda q, k: q @ k.mT,
    scale=lambda q, k: math.sqrt(q.size(-1)),
    fill=-math.inf,
    use_mask=lambda mask, q, k: mask,
    normalise=lambda scores, mask: scores.softmax(dim=-1),
    hide=True,
):
    """注意力权重的一种变体；后面的错误答案都从它来。"""

    def weights(q, k, mask=None):
        found = scores(q, k) / scale(q, k)
        mask = use_mask(mask, q, k)
        if mask is not None and hide:
            found = found.masked_fill(~mask, fill)
        return normalise(found, mask)

    return weights


def none_or(change):
    """只有给了掩码才改它。"""
    return lambda mask, q, k: None if mask is None else change(mask)


exercise = Exercise(
    "4.4", "注意力权重", layers.attention_weights, assemble=weights_with,
    look="分数 = q·k/√d_k，遮住的改成 −∞，再对键那个轴做 softmax。",
)


@exercise.probe("课上的三个 token")
def _(answer, rng):
    q = torch.tensor([[1.0, 0, 1, 0], [0, 2, 0, 0], [1, 1, 1, 1]])[None, None]
    k = torch.tensor([[2.0, 0, 2, 0], [0, 1, 0, 1], [1, 1, 1, 1]])[None, None]
    return answer(q, k, None)


@exercise.probe("2 批、3 个头、4 个查询、6 个键")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4, 8), normal(rng, 2, 3, 6, 8), None)


@exercise.probe("因果掩码")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 5, 4), normal(rng, 1, 2, 5, 4), layers.causal_mask(5, 5))


@exercise.probe("4 个查询、6 个键，带因果掩码")
def _(answer, rng):
    return answer(normal(rng, 2, 2, 4, 4), normal(rng, 2, 2, 6, 4), layers.causal_mask(4, 6))


@exercise.probe("每一批遮住的键不同（补齐）")
def _(answer, rng):
    padding = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]]).bool()[:, None, None, :]
    return answer(normal(rng, 2, 1, 3, 16), normal(rng, 2, 1, 4, 16), padding)


@exercise.probe("很大的分数")
def _(answer, rng):
    q, k = normal(rng, 1, 1, 3, 4, scale=40), normal(rng, 1, 1, 3, 4, scale=40)
    return answer(q, k, layers.causal_mask(3, 3))


@exercise.probe("看得见的分数是几百、几万的负数，遮住的也不许漏进来")
def _(answer, rng):
    q = torch.tensor([[200.0, 0, 0, 0], [0, 200.0, 0, 0], [5.0, 0, 0, 0]])[None, None]
    k = torch.tensor([[-400.0, -300, 0, 0], [-200.0, -300, 0, 0], [400.0, 100, 0, 0]])[None, None]
    return answer(q, k, torch.tensor([[1, 1, 0], [1, 0, 0], [1, 1, 0]]).bool())


@exercise.probe("没有给掩码")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 5, 4), normal(rng, 1, 2, 5, 4))


@exercise.probe("双精度，4 个头")
def _(answer, rng):
    q, k = normal(rng, 1, 4, 3, 16, dtype=torch.float64), normal(rng, 1, 4, 3, 16, dtype=torch.float64)
    return answer(q, k, layers.causal_mask(3, 3))


@exercise.probe("不改动输入")
def _(answer, rng):
    q, k = normal(rng, 1, 2, 3, 4), normal(rng, 1, 2, 3, 4)
    return unchanged(answer, q, k, layers.causal_mask(3, 3).clone())


@exercise.correct("矩阵乘法")
def _(q, k, mask=None):
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = torch.where(mask, scores, -math.inf)
    return torch.softmax(scores, -1)


@exercise.correct("先缩放查询，再加上 −∞")
def _(q, k, mask=None):
    scores = einsum(q / math.sqrt(q.size(-1)), k, "b h t d, b h s d -> b h t s")
    if mask is not None:
        scores = scores + torch.zeros(mask.shape).masked_fill(mask.logical_not(), -math.inf)
    return (scores - scores.logsumexp(-1, keepdim=True)).exp()


def renormalised(scores, mask):
    p = scores.softmax(dim=-1)
    return p if mask is None else p * mask / (p * mask).sum(dim=-1, keepdim=True)


def masked_after(scores, mask):
    p = scores.softmax(dim=-1)
    return p if mask is None else p * mask


def global_max(scores, mask):
    e = (scores - scores.max()).exp()
    return e / e.sum(dim=-1, keepdim=True)


def causal_or(mask, q, k):
    return layers.causal_mask(q.size(-2), k.size(-2)) if mask is None else mask


def without_max(scores, mask):
    return scores.exp() / scores.exp().sum(dim=-1, keepdim=True)


exercise.edit("忘了除以 √d_k", "分数要除以 √d_k，不然维数一多 softmax 就滑向“取最大”。",
              scale=lambda q, k: 1.0)
exercise.edit("除以了 d_k，没有开方", "除的是 √d_k：点积的标准差是 √d_k。", scale=lambda q, k: q.size(-1))
exercise.edit("乘了 √d_k", "是除以 √d_k，不是乘。", scale=lambda q, k: q.size(-1) ** -0.5)
exercise.edit("按头的个数开方", "d_k 是每个头的维数，也就是 q 最后一个轴的长度，q.size(-1)。",
              scale=lambda q, k: math.sqrt(q.size(1)))
exercise.edit("按查询的个数开方", "d_k 是每个头的维数：q.size(-1)，不是 q.size(-2)。",
              scale=lambda q, k: math.sqrt(q.size(-2)))
exercise.edit("按键的个数开方", "d_k 是每个头的维数：q.size(-1)，不是键的个数。",
              scale=lambda q, k: math.sqrt(k.size(-2)))
exercise.edit("用 √d_model 缩放", "q 已经拆成了头：d_k 是每个头的维数 q.size(-1)，不乘头数。",
              scale=lambda q, k: math.sqrt(q.size(1) * q.size(-1)))
exercise.edit("√d_k 写死了", "d_k 由 q 的形状来：q.size(-1)，不是一个写死的数。", scale=lambda q, k: 8.0)
exercise.edit("查询与键反了", "行是查询，列是键：q @ k 的转置。", scores=lambda q, k: k @ q.mT)
exercise.edit("softmax 的轴是查询", "每个查询的权重加起来等于 1，所以 softmax 按键那个轴，dim=-1。",
              normalise=lambda scores, mask: scores.softmax(dim=-2))
exercise.edit("softmax 的轴是头", "每个查询的权重加起来等于 1，所以 softmax 按键那个轴，dim=-1。",
              normalise=lambda scores, mask: scores.softmax(dim=1))
exercise.edit("自己写的 softmax 没有减最大值",
              "分数很大时 exp 会溢出：先减去每行的最大值，或用张量的 .softmax(dim=-1)。",
              normalise=without_max)
exercise.edit("自己写的 softmax 减去了整个张量的最大值",
              "别的行小很多时整行成了 0/0：减去每行自己的最大值，dim=-1, keepdim=True。",
              normalise=global_max)
exercise.edit("返回了分数", "还差最后一步 softmax。", normalise=lambda scores, mask: scores)
exercise.edit("遮住的填了 0", "分数 0 的权重不是 0，e⁰ = 1：乘以掩码也是这样。填 float('-inf')。", fill=0.0)
exercise.edit("遮住的填了 +∞", "+∞ 的权重最大，还会得到 nan。填 float('-inf')。", fill=math.inf)
exercise.edit("填的负数不够大：−10", "分数很大的时候挡不住。填 float('-inf')。", fill=-10.0)
exercise.edit("填的负数不够大：−100", "分数很大的时候挡不住。填 float('-inf')。", fill=-100.0)
exercise.edit("填的负数不够大：−10000", "分数很大的时候挡不住。填 float('-inf')。", fill=-1e4)
exercise.edit("没有用掩码", "mask 给出来时，False 的地方要改成 −∞；masked_fill 返回一个新的，要接住它。",
              use_mask=lambda mask, q, k: None)
exercise.edit("掩码用反了", "True 表示看得见；要填 −∞ 的是 ~mask。", use_mask=none_or(torch.logical_not))
exercise.edit("没有掩码时也加了因果的", "mask 为 None 时谁都看得见，不要自己加。",
              use_mask=causal_or)


@exercise.mutant("先做 softmax，再遮住", look="遮住要在 softmax 之前：分母里已经混进了看不见的位置。")
def _(q, k, mask=None):
    return weights_with(hide=False, normalise=masked_after)(q, k, mask)


@exercise.mutant("遮住以后又重新归一",
                 look="遮住要在 softmax 之前填 −∞：分数很大时，看得见的可能已经全是 0，0/0 是 nan。")
def _(q, k, mask=None):
    return weights_with(hide=False, normalise=renormalised)(q, k, mask)


@exercise.mutant("先做 softmax，再除以 √d_k",
                 look="缩放的是分数，在 softmax 之前；之后再除，权重加起来就不是 1 了。")
def _(q, k, mask=None):
    return weights_with(scale=lambda q, k: 1.0)(q, k, mask) / math.sqrt(q.size(-1))


@exercise.mutant("写成了 if mask:", look="mask 是张量，不能直接当条件：if mask is not None。")
def _(q, k, mask=None):
    if mask:
        return weights_with()(q, k, mask)
    return weights_with()(q, k)


@exercise.mutant("改动了输入", look="q /= …、mask.logical_not_() 会改掉调用者的张量；用会得到新张量的写法。")
def _(q, k, mask=None):
    result = weights_with()(q, k, mask)
    q /= math.sqrt(q.size(-1))
    return result
