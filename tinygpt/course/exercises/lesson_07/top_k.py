"""练习 7.2 top-k。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_07.shared import same_after
from tinygpt.sampling import keep_top_k

exercise = Exercise(
    "7.2", "top-k", keep_top_k,
    look="每一行留下最大的 k 个，其余改成 −∞；形状不变，留下的数不变。",
)


@exercise.probe("一行五个数，k = 2")
def _(answer, rng):
    return answer(torch.tensor([[1.0, 5.0, 3.0, -2.0, 4.0]]), 2)


@exercise.probe("三行，每行各自取 3 个")
def _(answer, rng):
    return answer(normal(rng, 3, 8), 3)


@exercise.probe("k = 1")
def _(answer, rng):
    return answer(normal(rng, 2, 6), 1)


@exercise.probe("全是负数")
def _(answer, rng):
    return answer(-normal(rng, 2, 6).abs() - 1, 2)


@exercise.probe("k 比词表还大")
def _(answer, rng):
    return answer(normal(rng, 1, 4), 9)


@exercise.probe("有并列：正好留下 k 个")
def _(answer, rng):
    kept = answer(torch.tensor([[2.0, 2.0, 2.0, 1.0], [0.0, 3.0, 3.0, 3.0]]), 2)
    return (kept > -math.inf).sum(dim=-1)


@exercise.probe("不改动输入")
def _(answer, rng):
    return same_after(lambda logits: answer(logits, 2), normal(rng, 2, 5))


@exercise.correct("排序以后写回去")
def _(logits, k):
    values, indices = logits.sort(dim=-1, descending=True)
    values[:, k:] = -math.inf
    return torch.zeros_like(logits).scatter(1, indices, values)


@exercise.correct("一行一行地做")
def _(logits, k):
    out = torch.full_like(logits, -math.inf)
    for row in range(len(logits)):
        for i in logits[row].argsort(descending=True)[:k]:
            out[row, i] = logits[row, i]
    return out


def keep(chosen, fill=-math.inf):
    """留下 chosen 的位置，其余填 fill。"""

    def run(logits, k):
        return logits.masked_fill(~chosen(logits, min(k, logits.size(-1))), fill)

    return run


def rank(logits, descending=True):
    return logits.argsort(dim=-1, descending=descending, stable=True).argsort(dim=-1)


exercise.mutant("并列的都留下了", keep(lambda z, k: z >= z.topk(k).values[:, -1:]),
                look="与第 k 大相等的可能不止一个；用 topk 给出的下标，就正好 k 个。")
exercise.mutant("与第 k 大相等的没有留", keep(lambda z, k: z > z.topk(k).values[:, -1:]),
                look="第 k 大的那个自己也要留下。")
exercise.mutant("多留了一个", keep(lambda z, k: rank(z) < k + 1),
                look="数一数：从 0 数起，留下的是第 0 到第 k − 1 个。")
exercise.mutant("少留了一个", keep(lambda z, k: rank(z) < k - 1),
                look="数一数：从 0 数起，留下的是第 0 到第 k − 1 个。")
exercise.mutant("留下了最小的", keep(lambda z, k: rank(z, descending=False) < k), look="排序要从大到小。")
exercise.mutant("其余填了 0", keep(lambda z, k: rank(z) < k, fill=0.0),
                look="logit 为 0 的 token 仍有概率，而且可能比负的还大。填 −∞。")
exercise.mutant("按绝对值取最大", keep(lambda z, k: rank(z.abs()) < k),
                look="比的是 logit 本身；−5 比 1 小。")
exercise.mutant("所有行用同一个门槛",
                keep(lambda z, k: (z >= z.flatten().topk(k).values[-1]) & (rank(z) < k)),
                look="topk 要按最后一个轴，每行有自己的门槛。")


@exercise.mutant("返回了 k 个数，形状变了",
                 look="返回与输入同样的形状：没有留下的位置填 −∞，下标才对得上 token 的编号。")
def _(logits, k):
    return logits.topk(min(k, logits.size(-1))).values


@exercise.mutant("k 比词表大时出错", look="k 先与词表大小取较小的：min(k, logits.size(-1))。")
def _(logits, k):
    return torch.full_like(logits, -math.inf).scatter(-1, logits.topk(k).indices, logits.topk(k).values)


@exercise.mutant("改动了输入", look="先得到一个新的张量再改；scatter、masked_fill 都有不改动输入的写法。")
def _(logits, k):
    kept = keep_top_k(logits, k)
    logits.copy_(kept)
    return kept
