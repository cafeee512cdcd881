"""练习 7.3 top-p。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_07.shared import same_after
from tinygpt.sampling import keep_top_p

exercise = Exercise(
    "7.3", "top-p", keep_top_p,
    look="从大到小排好，一个一个加，加到不小于 p 为止；跨过 p 的那一个也留下。",
)


def logs(*probabilities):
    return torch.tensor([probabilities]).log()


@exercise.probe("0.5、0.3、0.15、0.05，p = 0.7")
def _(answer, rng):
    return answer(logs(0.5, 0.3, 0.15, 0.05), 0.7)


@exercise.probe("没有排好序，p = 0.9")
def _(answer, rng):
    return answer(logs(0.05, 0.5, 0.15, 0.3), 0.9)


@exercise.probe("第一个就超过 p：仍留下它")
def _(answer, rng):
    return answer(logs(0.9, 0.06, 0.04), 0.3)


@exercise.probe("两行，各自算各自的")
def _(answer, rng):
    return answer(normal(rng, 2, 10, scale=2.0), 0.8)


@exercise.probe("很小的 p")
def _(answer, rng):
    return answer(normal(rng, 2, 6), 1e-6)


@exercise.probe("输入不是归一的对数概率")
def _(answer, rng):
    return answer(logs(0.5, 0.3, 0.15, 0.05) + 3.0, 0.7)


@exercise.probe("不改动输入")
def _(answer, rng):
    return same_after(lambda logits: answer(logits, 0.5), normal(rng, 2, 5))


@exercise.correct("一行一行地加")
def _(logits, p):
    out = torch.full_like(logits, -math.inf)
    for row, probabilities in enumerate(logits.softmax(-1)):
        total = 0.0
        for i in probabilities.argsort(descending=True, stable=True):
            out[row, i] = logits[row, i]
            total += probabilities[i].item()
            if total >= p:
                break
    return out


@exercise.correct("把累加错开一位")
def _(logits, p):
    values, order = logits.sort(dim=-1, descending=True, stable=True)
    over = values.softmax(-1).cumsum(-1) >= p
    drop = torch.roll(over, 1, dims=-1)
    drop[:, 0] = False
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), -math.inf)


def nucleus(drop, descending=True, probabilities=lambda v: v.softmax(-1), fill=-math.inf, back=True):
    """top-p 的变体：drop(概率, 累加, p) 说排好的哪些去掉。"""

    def run(logits, p):
        values, order = logits.sort(dim=-1, descending=descending, stable=True)
        q = probabilities(values)
        values = values.masked_fill(drop(q, q.cumsum(-1), p), fill)
        return torch.empty_like(logits).scatter(-1, order, values) if back else values

    return run


def before(q, total, p):
    return (total - q >= p) & (total - q > 0)


exercise.mutant("跨过 p 的那一个也去掉了", nucleus(lambda q, total, p: total > p),
                look="留下的概率之和要**不小于** p；跨过 p 的那一个留下，第一个总是留下。")
exercise.mutant("多留了一个",
                nucleus(lambda q, total, p: torch.roll(before(q, total, p), 1, -1) & before(q, total, p)),
                look="加到不小于 p 就停，下一个不要了。")
exercise.mutant("没有还原次序", nucleus(before, back=False),
                look="排序打乱了编号；用 scatter 把每个数放回它原来的位置。")
exercise.mutant("从小到大排了序", nucleus(before, descending=False), look="要先留概率大的，descending=True。")
exercise.mutant("其余填了 0", nucleus(before, fill=0.0), look="logit 为 0 不是概率为 0。填 −∞。")
exercise.mutant("对 logits 累加，没有 softmax", nucleus(before, probabilities=lambda v: v),
                look="p 是概率之和，先做 softmax。")
exercise.mutant("没有归一就取指数", nucleus(before, probabilities=lambda v: v.exp()),
                look="logits 差一个常数，概率不变；直接取指数得到的数加起来不是 1。")
exercise.mutant("第一个超过 p 时一个也不留",
                nucleus(lambda q, total, p: (total - q >= p) | ((total - q == 0) & (q >= p))),
                look="概率最大的那个总要留下，不然就没有 token 可抽了。")
exercise.mutant("只留概率不小于 1 − p 的", lambda z, p: z.masked_fill(z.softmax(-1) < 1 - p, -math.inf),
                look="top-p 看的是累加的和，不是单个概率的门槛。")


@exercise.mutant("返回了概率", look="返回 logits，去掉的填 −∞；softmax 是下一步的事。")
def _(logits, p):
    return keep_top_p(logits, p).softmax(-1)
