"""练习 7.1 温度。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_07.shared import same_after


def ratio(e, axis=-1):
    return e / e.sum(axis, keepdim=True)


def temperature_with(scale=lambda z, t: z / t, softmax=lambda z: z.softmax(-1), after=lambda p, t: p,
                     inplace=False):  # fmt: skip
    def run(logits, temperature):
        found = after(softmax(scale(logits, temperature)), temperature)
        if inplace:
            logits.div_(temperature)
        return found

    return run


exercise = Exercise(
    "7.1", "温度", temperature_with(),
    look="先除以温度，再做 softmax，按最后一个轴。", assemble=temperature_with,
)


@exercise.probe("温度 1")
def _(answer, rng):
    return answer(torch.tensor([[2.0, 0.0, 1.0]]), 1.0)


@exercise.probe("温度 0.5：更集中")
def _(answer, rng):
    return answer(normal(rng, 2, 5), 0.5)


@exercise.probe("温度 3：更平")
def _(answer, rng):
    return answer(normal(rng, 2, 5), 3.0)


@exercise.probe("很低的温度：分数很大，也不溢出")
def _(answer, rng):
    return answer(torch.tensor([[3.0, 1.0, -2.0], [5.0, 4.0, 0.0]]), 0.01)


@exercise.probe("很低的温度，分数很接近")
def _(answer, rng):
    return answer(torch.tensor([[1.0, 0.99, 0.98, 0.5]]), 0.01)


@exercise.probe("很低的温度，两百个一样的分数")
def _(answer, rng):
    return answer(torch.zeros(1, 200), 0.01)


@exercise.probe("不改动输入")
def _(answer, rng):
    return same_after(lambda logits: answer(logits, 0.7), normal(rng, 2, 4))


@exercise.correct("log_softmax 再取指数")
def _(logits, temperature):
    return torch.log_softmax(logits * (1 / temperature), -1).exp()


@exercise.correct("自己写 softmax")
def _(logits, temperature):
    z = logits / temperature
    e = (z - z.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


exercise.edit("乘了温度", scale=lambda z, t: z * t, look="低温要让差距变大，所以是除以温度。")
exercise.edit("没有用温度", scale=lambda z, t: z,
              look="结果与温度无关：要在 softmax **之前**除以它；之后再除，一归一又约掉了。")
exercise.edit("先做 softmax，再除以温度", scale=lambda z, t: z, after=lambda p, t: p / t,
              look="除以温度要在 softmax 之前，不然每行加起来不是 1。")
exercise.edit("除以温度的平方", scale=lambda z, t: z / t**2, look="除以温度一次就够。")
exercise.edit("温度低到 0.1 就不再低了", scale=lambda z, t: z / max(t, 0.1), look="温度是多少就除以多少。")
exercise.edit("先求概率，再取 1/T 次方", scale=lambda z, t: z, after=lambda p, t: ratio(p ** (1 / t)),
              look="道理相同，可是很小的概率再取 100 次方就成了 0；先除以温度，再做 softmax。")
exercise.edit("只取了指数，没有归一", softmax=lambda z: z.exp(), look="softmax 最后还要除以每行的总和。")
exercise.edit("没有做 softmax", softmax=lambda z: z, look="除以温度以后还要做 softmax，每行才是一个分布。")
exercise.edit("给的是对数", softmax=lambda z: z.log_softmax(-1), look="要概率，不是对数概率：softmax。")
exercise.edit("用了 sigmoid", softmax=torch.sigmoid, look="一行里的概率加起来是 1：softmax，不是 sigmoid。")
exercise.edit("按第一个轴做 softmax", softmax=lambda z: z.softmax(0), look="每一行是一个分布，dim=-1。")
exercise.edit("整个张量一起归一", softmax=lambda z: (z - z.max()).exp() / (z - z.max()).exp().sum(),
              look="每一行各自加起来是 1：dim=-1, keepdim=True。")
exercise.edit("各行减了最大值，又一起归一", look="每一行各自加起来是 1：sum(dim=-1, keepdim=True)。",
              softmax=lambda z: ratio((z - z.amax(-1, keepdim=True)).exp(), (0, 1)))
exercise.edit("温度不超过 1", scale=lambda z, t: z / min(t, 1.0), look="温度是多少就除以多少，大于 1 也是。")
exercise.edit("减去的是整个张量的最大值", softmax=lambda z: ratio((z - z.max()).exp()),
              look="低温时，别的行比最大值小得太多，指数全成了 0：减去**每行**的最大值。")
exercise.edit("没有减最大值，低温时溢出", softmax=lambda z: ratio(z.exp()),
              look="logits 除以 0.01 放大一百倍，直接取指数会得到 inf。用 softmax，或先减去每行的最大值。")
exercise.edit("改动了输入", inplace=True, look="logits /= t、logits -= … 会改掉别人的张量。写成 logits / t。")
