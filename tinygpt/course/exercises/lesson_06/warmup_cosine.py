"""练习 6.4 预热与余弦。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.optim import warmup_cosine as package_schedule


def schedule_with(
    warm=lambda s, w: (s + 1) / w,
    start=lambda w: w,
    span=lambda t, w: t - 1 - w,
    shape=lambda x: (1 + math.cos(math.pi * x)) / 2,
    low=None,
    hold=True,
):
    def run(step, total, warmup, floor):
        if step < warmup:
            return warm(step, warmup)
        x = (step - start(warmup)) / max(1, span(total, warmup))
        x = min(1.0, x) if hold else x
        return floor + (1 - floor) * shape(x) if low is None else low(shape(x), floor)

    return run


exercise = Exercise(
    "6.4", "预热与余弦", package_schedule,
    look="前 warmup 步线性升到 1（第 0 步是 1/warmup）；"
         "从 step = warmup 的 1 沿余弦降到 step = total − 1 的 floor。",
)
SETTINGS = [(10, 100, 0.1), (0, 50, 0.0), (5, 20, 0.25)]


@exercise.probe("第 0 步")
def _(answer, rng):
    return [answer(0, total, warmup, floor) for warmup, total, floor in SETTINGS]


@exercise.probe("预热的最后一步与它的下一步")
def _(answer, rng):
    return [answer(step, 100, 10, 0.1) for step in (9, 10)]


@exercise.probe("预热的中间")
def _(answer, rng):
    return [answer(step, 100, 10, 0.1) for step in range(10)]


@exercise.probe("最后一步正好是 floor")
def _(answer, rng):
    return [answer(total - 1, total, warmup, floor) for warmup, total, floor in SETTINGS]


@exercise.probe("余弦的中间")
def _(answer, rng):
    return [answer(step, 20, 5, 0.25) for step in range(5, 20)]


@exercise.probe("超过总步数：保持 floor")
def _(answer, rng):
    return [answer(step, 20, 5, 0.25) for step in (20, 25, 40)]


@exercise.correct("先算好每一段")
def _(step, total, warmup, floor):
    if warmup > step:
        return 1 - (warmup - 1 - step) / warmup
    progress = 1.0 if step >= total - 1 else (step - warmup) / (total - 1 - warmup)
    return 0.5 * (1 + floor) + 0.5 * (1 - floor) * math.cos(progress * math.pi)


@exercise.correct("用 torch")
def _(step, total, warmup, floor):
    if step + 1 <= warmup:
        return torch.linspace(1 / warmup, 1, warmup)[step].item()
    angle = torch.linspace(0, math.pi, total - warmup, dtype=torch.float64)
    curve = floor + (1 - floor) * (1 + angle.cos()) / 2
    return curve[min(step, total - 1) - warmup].item()


exercise.mutant("第 0 步的学习率是 0", schedule_with(warm=lambda s, w: s / w),
                look="第 0 步是 1/warmup：用 (step + 1) / warmup，不然第一步白走。")
exercise.mutant("预热多走了一步才到 1", schedule_with(warm=lambda s, w: (s + 1) / (w + 1)),
                look="预热的最后一步（step = warmup − 1）倍数正好是 1。")
exercise.mutant("最后一步还没有到 floor", schedule_with(span=lambda t, w: t - w),
                look="最后一步是 step = total − 1，分母是 total − 1 − warmup。")
exercise.mutant("余弦从第 0 步算起", schedule_with(start=lambda w: 0, span=lambda t, w: t - 1),
                look="余弦从 step = warmup 开始，x = 0。")
exercise.mutant("降到了 0，没有管 floor", schedule_with(low=lambda y, f: y),
                look="最低是 floor：floor + (1 − floor)·…。")
exercise.mutant("floor 直接加上去了", schedule_with(low=lambda y, f: f + y),
                look="那样最高是 1 + floor。幅度是 1 − floor。")
exercise.mutant("用较大的一个代替了余弦的下限", schedule_with(low=lambda y, f: max(f, y)),
                look="不是降到 floor 就平着走；整条余弦缩在 floor 与 1 之间。")
exercise.mutant("线性下降", schedule_with(shape=lambda x: 1 - x), look="预热以后沿余弦降，不是直线。")
exercise.mutant("余弦只走了半程", schedule_with(shape=lambda x: math.cos(math.pi * x / 2)),
                look="(1 + cos πx)/2：从 1 到 0，两头平缓。")
exercise.mutant("超过总步数又升了上去", schedule_with(hold=False), look="x 最大是 1：min(1, x)。")
exercise.mutant("没有预热", lambda s, t, w, f: package_schedule(max(s, w), t, w, f),
                look="step < warmup 时倍数是 (step + 1) / warmup。")
