"""练习 7.1 温度。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_07.shared import same_after

exercise = Exercise(
    "7.1", "温度", lambda logits, temperature: (logits / temperature).softmax(dim=-1),
    look="先除以温度，再做 softmax，按最后一个轴。",
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


exercise.mutant("乘了温度", lambda z, t: (z * t).softmax(-1), look="低温要让差距变大，所以是除以温度。")
exercise.mutant("没有用温度", lambda z, t: z.softmax(-1), look="参数 temperature 没有用上。")
exercise.mutant("先做 softmax，再除以温度", lambda z, t: z.softmax(-1) / t,
                look="除以温度要在 softmax 之前，不然每行加起来不是 1。")
exercise.mutant("除以温度的平方", lambda z, t: (z / t**2).softmax(-1), look="除以温度一次就够。")
exercise.mutant("只取了指数，没有归一", lambda z, t: (z / t).exp(), look="softmax 最后还要除以每行的总和。")
exercise.mutant("按第一个轴做 softmax", lambda z, t: (z / t).softmax(0), look="每一行是一个分布，dim=-1。")


@exercise.mutant("没有减最大值，低温时溢出",
                 look="logits 除以 0.01 放大一百倍，直接取指数会得到 inf。用 softmax，或先减去每行的最大值。")
def _(z, t):
    e = (z / t).exp()
    return e / e.sum(-1, keepdim=True)


@exercise.mutant("改动了输入", look="logits /= t 会改掉别人的张量。写成 logits / t。")
def _(z, t):
    z /= t
    return z.softmax(-1)
