"""练习 4.1 稳定的 softmax。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def row_max(z):
    return z.amax(dim=-1, keepdim=True)


def row_sum(e):
    return e.sum(dim=-1, keepdim=True)


def softmax_with(shift=row_max, power=torch.exp, total=row_sum, out=lambda p: p):
    def run(z):
        e = power(z - shift(z))
        return out(e / total(e))

    return run


exercise = Exercise(
    "4.1", "稳定的 softmax", lambda z: z.softmax(dim=-1), assemble=softmax_with,
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


@exercise.probe("一行里相差几百")
def _(answer, rng):
    return answer(torch.tensor([[-300.0, 300.0, 299.0], [200.0, -200.0, -201.0], [0.5, -500.0, 0.0]]))


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


exercise.edit("没有减去最大值",
              "e 的 500 次方超出了 float32 的范围，得到 inf，inf/inf 是 nan。先减去每行的最大值，结果不变。",
              shift=lambda z: 0)
exercise.edit("减去的是整个张量的最大值",
              "一行比另一行小很多时，减去全局最大值会让整行变成 0/0。用 z.amax(dim=-1, keepdim=True)。",
              shift=lambda z: z.max())
exercise.edit("减去的是平均或最小值，不是最大值",
              "减去平均或最小值，最大的那个仍可能有几百：减去最大值，取指数以后最大是 1。",
              shift=lambda z: z.mean(dim=-1, keepdim=True))
exercise.edit("忘了除以总和", "取指数以后还要除以这一行的总和，否则加起来不是 1。", total=lambda e: 1)
exercise.edit("除以了平均", "除以总和 e.sum(dim=-1, keepdim=True)，每一行才加起来是 1。",
              total=lambda e: e.mean(dim=-1, keepdim=True))
exercise.edit("除以了整个张量的总和", "总和要按 dim=-1 求，并且 keepdim=True，这样每一行除以自己的总和。",
              total=lambda e: e.sum())
exercise.edit("求总和没有 keepdim", "少了 keepdim=True，总和的形状对不上，或者悄悄按列去除了。",
              total=lambda e: e.sum(dim=-1))
exercise.edit("没有取指数", "分数可以是负的，直接除以总和得不到概率。先取指数。", power=lambda z: z)
exercise.edit("以 2 为底", "取的是 e 的次方：.exp()，不是 2 的次方。", power=torch.exp2)
exercise.edit("用了 sigmoid", "sigmoid 是各自的是与否；这里取 e 的次方 .exp()。", power=torch.sigmoid)
exercise.edit("取了对数", "要的是概率本身，不要再取对数。", out=torch.log)
exercise.edit("换成了 float32", "类型与输入相同：不要 .float()。", out=lambda p: p.float())
exercise.edit("换成了 float64", "类型与输入相同：不要 .double()。", out=lambda p: p.double())


@exercise.mutant("对整个张量归一",
                 look="最大值与总和都要按 dim=-1 求，并且 keepdim=True，这样每一行除以自己的总和。")
def _(z):
    e = (z - z.max()).exp()
    return e / e.sum()


@exercise.mutant("按第一个轴归一", look="dim=-1 才是“每一行”。形状 (…, n) 里归一的是 n 这个轴。")
def _(z):
    return z.softmax(dim=0)


@exercise.mutant("按第二个轴归一", look="轴的个数不一定是 2：最后一个轴写成 dim=-1。")
def _(z):
    return z.softmax(dim=1)


@exercise.mutant("直接除以总和", look="分数可以是负的，直接除以总和得不到概率。先减最大值，取指数。")
def _(z):
    return z / z.sum(dim=-1, keepdim=True)


@exercise.mutant("除以了最大值",
                 look="是减去最大值，不是除以：给一行统统减去同一个数，结果不变，除以就变了。")
def _(z):
    e = (z / row_max(z)).exp()
    return e / row_sum(e)


@exercise.mutant("返回了对数", look="log_softmax 是概率的对数；这里要的是概率本身，再取一次 exp。")
def _(z):
    return z.log_softmax(dim=-1)


@exercise.mutant("溢出以后把 nan 换成了 0",
                 look="nan_to_num 遮住了溢出，那一行不再加起来是 1：先减去每行的最大值。")
def _(z):
    return torch.nan_to_num(softmax_with(shift=lambda z: 0)(z))


@exercise.mutant("改动了输入", look="z -= … 会改掉调用者的张量。写成 z = z - …，得到一个新的。")
def _(z):
    z -= z.amax(dim=-1, keepdim=True)
    return z.exp() / z.exp().sum(dim=-1, keepdim=True)
