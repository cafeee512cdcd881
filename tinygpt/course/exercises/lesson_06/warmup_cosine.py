"""练习 6.4 预热与余弦。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.optim import warmup_cosine as package_schedule


def schedule_with(
    warming=lambda s, w: s < w,
    warm=lambda s, w, f: (s + 1) / w,
    progress=lambda s, t, w: (s - w) / (t - 1 - w),
    shape=lambda x: (1 + math.cos(math.pi * x)) / 2,
    low=lambda y, f: f + (1 - f) * y,
    cap=lambda x: min(1.0, x),
    after=None,
):
    """cap：x 不超过 1；after：total 之后另给什么。"""

    def run(step, total, warmup, floor):
        if warming(step, warmup):
            return warm(step, warmup, floor)
        if after is not None and step >= total:
            return after
        return low(shape(cap(progress(step, total, warmup))), floor)

    return run


exercise = Exercise(
    "6.4", "预热与余弦", schedule_with(),
    look="前 warmup 步线性升到 1（第 0 步是 1/warmup）；"
         "从 step = warmup 的 1 沿余弦降到 step = total − 1 的 floor。",
    assemble=schedule_with,
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


@exercise.probe("没有预热，从头到尾")
def _(answer, rng):
    return [answer(step, 7, 0, 0.2) for step in range(9)]


exercise.correct("包里的", package_schedule)


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


exercise.edit("第 0 步的学习率是 0", warm=lambda s, w, f: s / w,
              look="第 0 步是 1/warmup：用 (step + 1) / warmup，不然第一步白走。")
exercise.edit("预热多走了一步才到 1", warm=lambda s, w, f: (s + 1) / (w + 1),
              look="预热的最后一步（step = warmup − 1）倍数正好是 1。")
exercise.edit("预热从 floor 升起", warm=lambda s, w, f: f + (1 - f) * (s + 1) / w,
              look="预热是 (step + 1) / warmup，与 floor 无关。")
exercise.edit("多预热了一步", warming=lambda s, w: s <= w,
              look="step < warmup 才是预热；step = warmup 已经是余弦的第一步。warmup 是 0 时不能除以它。")
exercise.edit("step = warmup 时还在预热", warming=lambda s, w: w and s <= w,
              look="step < warmup 才是预热；step = warmup 已经是余弦的第一步，x = 0。")
exercise.edit("warmup 是 0 时除以了 0", warming=lambda s, w: (s + 1) / w <= 1,
              look="warmup 可能是 0：先看 step < warmup，再除。")
exercise.edit("没有预热", warming=lambda s, w: False, progress=lambda s, t, w: max(0, s - w) / (t - 1 - w),
              look="step < warmup 时倍数是 (step + 1) / warmup。")
exercise.edit("最后一步还没有到 floor", progress=lambda s, t, w: (s - w) / (t - w),
              look="最后一步是 step = total − 1，分母是 total − 1 − warmup。")
exercise.edit("余弦从第 0 步算起", progress=lambda s, t, w: s / (t - 1),
              look="余弦从 step = warmup 开始，x = 0：分子、分母都要减去 warmup。")
exercise.edit("余弦早走了一步", progress=lambda s, t, w: (s + 1 - w) / (t - w),
              look="step = warmup 时 x 是 0：分子是 step − warmup，分母是 total − 1 − warmup。")
exercise.edit("x 是 step / total", progress=lambda s, t, w: s / t,
              look="x 在 step = warmup 时是 0，在 step = total − 1 时是 1。")
exercise.edit("分母没有减去 warmup", progress=lambda s, t, w: (s - w) / (t - 1),
              look="从 warmup 到 total − 1 一共 total − 1 − warmup 步。")
exercise.edit("降到了 0，没有管 floor", low=lambda y, f: y, look="最低是 floor：floor + (1 − floor)·…。")
exercise.edit("floor 直接加上去了", low=lambda y, f: f + y, look="那样最高是 1 + floor。幅度是 1 − floor。")
exercise.edit("floor 写死成了 0.1", low=lambda y, f: 0.1 + 0.9 * y, look="floor 是参数，不要写死。")
exercise.edit("忘了加 floor", low=lambda y, f: (1 - f) * y, look="前面还要加上 floor，最低才是 floor。")
exercise.edit("用较大的一个代替了余弦的下限", low=lambda y, f: max(f, y),
              look="不是降到 floor 就平着走；整条余弦缩在 floor 与 1 之间。")
exercise.edit("线性下降", shape=lambda x: 1 - x, look="预热以后沿余弦降，不是直线。")
exercise.edit("余弦只走了半程", shape=lambda x: math.cos(math.pi * x / 2),
              look="(1 + cos πx)/2：从 1 到 0，两头平缓。")
exercise.edit("忘了 π", shape=lambda x: (1 + math.cos(x)) / 2, look="cos 里是 πx：x 到 1 时转过半圈。")
exercise.edit("忘了除以 2", shape=lambda x: 1 + math.cos(math.pi * x),
              look="(1 + cos πx) 最大是 2，要除以 2。")
exercise.edit("忘了加 1", shape=lambda x: math.cos(math.pi * x),
              look="cos 会到 −1：(1 + cos πx)/2 才在 0 与 1 之间。")
exercise.edit("从低升到高", shape=lambda x: (1 - math.cos(math.pi * x)) / 2,
              look="x = 0 时应该是 1：1 + cos，不是 1 − cos。")
exercise.edit("超过总步数又升了上去", cap=lambda x: x, look="x 最大是 1：min(1, x)。")
exercise.edit("总步数之后降到了 0", after=0.0, look="total 之后保持 floor。")
exercise.edit("总步数之后回到了 1", after=1.0, look="total 之后保持 floor。")
