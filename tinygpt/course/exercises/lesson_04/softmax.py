"""练习 4.1 稳定的 softmax。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal

exercise = Exercise(
    "4.1", "稳定的 softmax", lambda z: z.softmax(dim=-1),
    look="按最后一个轴：减去最大值，取指数，除以总和。",
)


@exercise.probe("一行三个数")
def _(answer, rng):
    return answer(torch.tensor([2.0, 0.0, 1.0]))


@exercise.probe("四行五列：每一行各自归一")
def _(answer, rng):
    return answer(normal(rng, 4, 5))


@exercise.probe("三个轴")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4))


@exercise.probe("很大的数（直接取指数会溢出）")
def _(answer, rng):
    return answer(normal(rng, 3, 4) + torch.tensor([[0.0], [500.0], [-500.0]]))


@exercise.probe("有 −∞（被遮住的分数）")
def _(answer, rng):
    return answer(torch.tensor([[1.0, -math.inf, 2.0], [-math.inf, -math.inf, 0.5]]))


@exercise.probe("双精度")
def _(answer, rng):
    return answer(normal(rng, 2, 3, dtype=torch.float64))


@exercise.probe("不改动输入")
def _(answer, rng):
    z = normal(rng, 2, 3)
    before = z.clone()
    answer(z)
    return torch.equal(z, before)


@exercise.correct("减去 logsumexp")
def _(z):
    return (z - z.logsumexp(dim=-1, keepdim=True)).exp()


@exercise.correct("用 max 的返回值")
def _(z):
    e = torch.exp(z - torch.max(z, dim=-1, keepdim=True)[0])
    return torch.div(e, e.sum(-1)[..., None])


@exercise.mutant("没有减去最大值",
                 look="e 的 500 次方超出了 float32 的范围，得到 inf，inf/inf 是 nan。"
                      "先减去每行的最大值，结果不变。")
def _(z):
    return z.exp() / z.exp().sum(dim=-1, keepdim=True)


@exercise.mutant("按第一个轴归一", look="dim=-1 才是“每一行”。形状 (…, n) 里归一的是 n 这个轴。")
def _(z):
    return z.softmax(dim=0)


@exercise.mutant("对整个张量归一", look="总和要按 dim=-1 求，并且 keepdim=True，这样每一行除以自己的总和。")
def _(z):
    e = (z - z.max()).exp()
    return e / e.sum()


@exercise.mutant("减去的是整个张量的最大值",
                 look="一行比另一行小很多时，减去全局最大值会让整行变成 0/0。"
                      "用 z.amax(dim=-1, keepdim=True)。")
def _(z):
    e = (z - z.max()).exp()
    return e / e.sum(dim=-1, keepdim=True)


@exercise.mutant("忘了除以总和", look="取指数以后还要除以这一行的总和，否则加起来不是 1。")
def _(z):
    return (z - z.amax(dim=-1, keepdim=True)).exp()


@exercise.mutant("没有取指数", look="分数可以是负的，直接除以总和得不到概率。先取指数。")
def _(z):
    return z / z.sum(dim=-1, keepdim=True)


@exercise.mutant("返回了对数", look="log_softmax 是概率的对数；这里要的是概率本身，再取一次 exp。")
def _(z):
    return z.log_softmax(dim=-1)


@exercise.mutant("改动了输入", look="z -= … 会改掉调用者的张量。写成 z = z - …，得到一个新的。")
def _(z):
    z -= z.amax(dim=-1, keepdim=True)
    return z.exp() / z.exp().sum(dim=-1, keepdim=True)
