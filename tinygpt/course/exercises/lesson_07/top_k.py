"""练习 7.2 top-k。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_07.shared import same_after
from tinygpt.sampling import keep_top_k


def rank(logits, descending=True):
    return logits.argsort(dim=-1, descending=descending, stable=True).argsort(dim=-1)


def least(logits, k):
    """每行第 k 大的数。"""
    return logits.topk(k).values[:, -1:]


def top_k_with(
    chosen=lambda z, k: rank(z) < k, limit=min, fill=-math.inf, give=lambda kept, k: kept, inplace=False
):
    """chosen：留下哪些；limit：k 与词表大小怎样合成留几个；give：由留好的 (b, v) 得到返回的。"""

    def run(logits, k):
        k = limit(k, logits.size(-1))
        kept = logits.masked_fill(~chosen(logits, k), fill)
        if inplace:
            logits.copy_(kept)
        return give(kept, k)

    return run


exercise = Exercise(
    "7.2", "top-k", keep_top_k,
    look="每一行留下最大的 k 个，其余改成 −∞；形状不变，留下的数不变。", assemble=top_k_with,
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


@exercise.probe("k 与词表一样大，比词表还大")
def _(answer, rng):
    logits = normal(rng, 1, 4)
    return [answer(logits, 4), answer(logits, 9)]


@exercise.probe("留下的数里有 0")
def _(answer, rng):
    return answer(torch.tensor([[0.0, -3.0, 2.0, -1.0], [-2.0, -1.0, 0.0, -3.0]]), 2)


@exercise.probe("有很小的数，一万一万地差")
def _(answer, rng):
    return answer(torch.tensor([[-2e4, -5e4, -1e4, -9e4, -3e4]]), 3)


@exercise.probe("有并列：正好留下 k 个，留下的是最大的")
def _(answer, rng):
    logits = torch.tensor([[2.0, 2.0, 2.0, 1.0], [0.0, 3.0, 3.0, 3.0], [1.0, 1.0, 3.0, 0.0]])
    kept = answer(logits, 2)
    return {"留下几个": (kept > -math.inf).sum(dim=-1), "从大到小": kept.sort(descending=True).values}


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


exercise.edit("并列的都留下了", chosen=lambda z, k: z >= least(z, k),
              look="与第 k 大相等的可能不止一个；用 topk 给出的下标，就正好 k 个。")
exercise.edit("与第 k 大相等的没有留", chosen=lambda z, k: z > least(z, k),
              look="第 k 大的那个自己也要留下。")
exercise.edit("并列时留了编号小的，丢了更大的",
              chosen=lambda z, k: (z >= least(z, k)) & ((z >= least(z, k)).cumsum(-1) <= k),
              look="先留比第 k 大还大的，再用并列的补满 k 个；topk 的下标已经做到了。")
exercise.edit("多留了一个", chosen=lambda z, k: rank(z) < k + 1,
              look="数一数：从 0 数起，留下的是第 0 到第 k − 1 个。")
exercise.edit("少留了一个", chosen=lambda z, k: rank(z) < k - 1,
              look="数一数：从 0 数起，留下的是第 0 到第 k − 1 个。")
exercise.edit("留下了最小的", chosen=lambda z, k: rank(z, descending=False) < k, look="排序要从大到小。")
exercise.edit("把最大的去掉了", chosen=lambda z, k: rank(z) >= k, look="反了：留下最大的 k 个，去掉别的。")
exercise.edit("按绝对值取最大", chosen=lambda z, k: rank(z.abs()) < k, look="比的是 logit 本身；−5 比 1 小。")
exercise.edit("所有行用同一个门槛", chosen=lambda z, k: (z >= z.flatten().topk(k).values[-1]) & (rank(z) < k),
              look="topk 要按最后一个轴，每行有自己的门槛。")
exercise.edit("所有行用第一行的门槛", chosen=lambda z, k: z >= least(z[:1], k), look="每行有自己的门槛。")
exercise.edit("所有行留同样的编号", chosen=lambda z, k: (rank(z[:1]) < k).expand_as(z),
              look="每行各自挑：下标也是 (b, k)，一行一组。")
exercise.edit("其余填了 0", fill=0.0, look="logit 为 0 的 token 仍有概率，而且可能比负的还大。填 −∞。")
exercise.edit("其余填了 −1e9", fill=-1e9, look="题目要的是 −∞：float(\"-inf\")，softmax 以后才正好是 0。")
exercise.edit("其余填了最小的浮点数", fill=torch.finfo(torch.float32).min,
              look="题目要的是 −∞：float(\"-inf\")。")
exercise.edit("留下的 0 也成了 −∞", give=lambda kept, k: kept.masked_fill(kept == 0, -math.inf),
              look="不要用“等于 0”来认没有留下的：logit 可能正好是 0。")
exercise.edit("返回了 k 个数，形状变了", give=lambda kept, k: kept.topk(k).values,
              look="返回与输入同样的形状：没有留下的位置填 −∞，下标才对得上 token 的编号。")
exercise.edit("返回的排了序", give=lambda kept, k: kept.sort(descending=True).values,
              look="编号不能变：用 scatter 把留下的数写回原来的位置。")
exercise.edit("返回了概率", give=lambda kept, k: kept.softmax(-1), look="返回 logits；softmax 是下一步的事。")
exercise.edit("返回了掩码", give=lambda kept, k: kept > -math.inf,
              look="返回 logits：留下的数不变，其余 −∞。")
exercise.edit("k 不比词表小时去掉了一个", limit=lambda k, v: min(k, v - 1), look="k 不比词表小，就全都留下。")
exercise.edit("改动了输入", inplace=True,
              look="先得到一个新的张量再改；scatter、masked_fill 都有不改动输入的写法。")


@exercise.mutant("k 比词表大时取不到下标", look="k 先与词表大小取较小的：min(k, logits.size(-1))。")
def _(logits, k):
    ordered = logits.sort(dim=-1, descending=True).values
    return logits.masked_fill(logits < ordered[:, k - 1].unsqueeze(-1), -math.inf)


@exercise.mutant("k 比词表大时 topk 出错", look="k 先与词表大小取较小的：min(k, logits.size(-1))。")
def _(logits, k):
    values, indices = logits.topk(k)
    return torch.full_like(logits, -math.inf).scatter(-1, indices, values)


exercise.mutant("返回了下标", lambda logits, k: logits.topk(min(k, logits.size(-1))).indices,
                look="要留下的 logit，形状不变，不是下标。")
