"""练习 4.4 注意力权重。"""

import math

import torch
from einops import einsum

from tinygpt import layers
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal

exercise = Exercise(
    "4.4", "注意力权重", layers.attention_weights,
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


@exercise.correct("矩阵乘法")
def _(q, k, mask=None):
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = torch.where(mask, scores, torch.tensor(-math.inf))
    return torch.softmax(scores, -1)


@exercise.correct("先缩放查询，再加上 −∞")
def _(q, k, mask=None):
    scores = einsum(q / math.sqrt(q.size(-1)), k, "b h t d, b h s d -> b h t s")
    if mask is not None:
        scores = scores + torch.zeros(mask.shape).masked_fill(mask.logical_not(), -math.inf)
    return (scores - scores.logsumexp(-1, keepdim=True)).exp()


def weights_with(scale=math.sqrt, dim=-1, fill=-math.inf, after=None, use_mask=lambda mask: mask):
    """注意力权重的一种变体；后面的错误答案都从它来。"""

    def weights(q, k, mask=None):
        scores = q @ k.mT / scale(q.size(-1))
        mask = None if mask is None else use_mask(mask)
        if after is not None:
            return after(scores, mask)
        if mask is not None:
            scores = scores.masked_fill(~mask, fill)
        return scores.softmax(dim=dim)

    return weights


def masked_after(scores, mask):
    p = scores.softmax(dim=-1)
    return p if mask is None else p * mask


exercise.mutant("忘了除以 √d_k", weights_with(lambda d: 1.0),
                look="分数要除以 √d_k，不然维数一多 softmax 就滑向“取最大”。")
exercise.mutant("除以了 d_k，没有开方", weights_with(lambda d: d), look="除的是 √d_k：点积的标准差是 √d_k。")
exercise.mutant("乘了 √d_k", weights_with(lambda d: d**-0.5), look="是除以 √d_k，不是乘。")
exercise.mutant("softmax 的轴是查询", weights_with(dim=-2),
                look="每个查询的权重加起来等于 1，所以 softmax 按键那个轴，dim=-1。")
exercise.mutant("先做 softmax，再遮住", weights_with(after=masked_after),
                look="遮住要在 softmax 之前：分母里已经混进了看不见的位置。")
exercise.mutant("遮住的填了 0", weights_with(fill=0.0),
                look="分数 0 的权重不是 0，e⁰ = 1。填 float('-inf')。")
exercise.mutant("没有用掩码", weights_with(use_mask=lambda mask: torch.ones_like(mask)),
                look="mask 给出来时，False 的地方要改成 −∞。")
exercise.mutant("掩码用反了", weights_with(use_mask=lambda mask: ~mask),
                look="True 表示看得见；要填 −∞ 的是 ~mask。")


@exercise.mutant("填的负数不够大", look="−10 在分数很大的时候挡不住。填 float('-inf')。")
def _(q, k, mask=None):
    return weights_with(fill=-10.0)(q, k, mask)


@exercise.mutant("返回了分数", look="还差最后一步 softmax。")
def _(q, k, mask=None):
    scores = q @ k.mT / math.sqrt(q.size(-1))
    return scores if mask is None else scores.masked_fill(~mask, -math.inf)


@exercise.mutant("按头的个数开方", look="d_k 是每个头的维数，也就是 q 最后一个轴的长度，q.size(-1)。")
def _(q, k, mask=None):
    return weights_with(lambda d: math.sqrt(q.size(1)))(q, k, mask)
