"""练习 11.7 最后线性降到 0 的学习率。"""

import math

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import number_or_scalar


def factor_with(
    warm=lambda s, w: (s + 1) / w, warms=True, falling=lambda share, t, w: max(1, round(share * t)),
    left=lambda s, t: t - 1 - s, shape=lambda x: x, floor=True, top=True, first=True,
    ahead=lambda s, w: s < w, least=0.0, smaller=False,
):  # fmt: skip
    """参考答案的几种改法。"""

    def run(step, total, warmup, share):
        x = left(step, total) / falling(share, total, warmup)
        x = max(0.0, x) if floor else x
        x = min(1.0, x) if top else x
        x = max(least, x) if least else x
        if not warms:
            return shape(x)
        if smaller:
            return min(1.0, warm(step, warmup) if warmup else 1.0, shape(x))
        if not ahead(step, warmup):
            return shape(x)
        return warm(step, warmup) if first else warm(step, warmup) * shape(x)

    return run


exercise = Exercise(
    "11.7", "最后线性降到 0 的学习率", factor_with(), assemble=factor_with,
    look="step < warmup 时 (step + 1)/warmup；此后是 (total − 1 − step)/f，不超过 1，不小于 0；"
         "f = round(share·total)，至少 1。",
)  # fmt: skip


def probe(name, steps, total, warmup, share):
    @exercise.probe(name)
    def _(answer, rng):
        return [number_or_scalar(answer(step, total, warmup, share)) for step in steps]


probe("第 0 步", [0], 100, 10, 0.5)
probe("预热的最后一步与它的下一步", [9, 10], 100, 10, 0.5)
probe("没有预热", range(12), 12, 0, 0.5)
probe("停在 1 的一段", range(20, 40), 100, 10, 0.6)
probe("开始降的前后", range(36, 44), 100, 10, 0.6)
probe("降的中间", range(60, 100, 7), 100, 10, 0.6)
probe("最后一步是 0", [98, 99], 100, 10, 0.3)
probe("过了最后一步：一直是 0", [100, 101, 250], 100, 10, 0.3)
probe("全程都在降", range(20), 20, 4, 1.0)
probe("降的一段很短", range(5, 10), 10, 2, 0.2)
probe("不到一步的一段", range(3, 6), 6, 1, 0.01)
probe("四舍五入：入", range(4, 17), 17, 3, 0.45)
probe("四舍五入：舍", range(4, 20), 20, 3, 0.41)
probe("预热与降叠在一起", range(10), 10, 8, 0.9)


@exercise.correct("分三段")
def _(step, total, warmup, share):
    if step < warmup:
        return 1 - (warmup - 1 - step) / warmup
    falling = max(round(total * share), 1)
    if step >= total - 1:
        return 0
    start = total - 1 - falling
    return 1 if step < start else 1 - (step - start) / falling


@exercise.correct("夹在中间")
def _(step, total, warmup, share):
    falling = round(share * total) or 1
    up = (step + 1) / warmup if warmup else 1.0
    return up if step < warmup else sorted((0.0, (total - step - 1) / falling, 1.0))[1]


exercise.edit("没有预热", warms=False, look="step < warmup 时是 (step + 1)/warmup。")
exercise.edit("第 0 步的学习率是 0", warm=lambda s, w: s / w, look="第 0 步是 1/warmup，不然第一步白走。")
exercise.edit("预热多走了一步才到 1", warm=lambda s, w: (s + 1) / (w + 1),
              look="预热的最后一步（step = warmup − 1）正好是 1。")
exercise.edit("预热时也乘上了降的", first=False, look="step < warmup 时只看预热。")
exercise.edit("最后一步还没有到 0", left=lambda s, t: t - s, look="最后一步是 total − 1，那里是 0。")
exercise.edit("早一步就到了 0", left=lambda s, t: t - 2 - s, look="最后一步是 total − 1：前一步还不是 0。")
exercise.edit("过了最后一步成了负数", floor=False, look="不小于 0：max(0, …)。")
exercise.edit("没有停在 1", top=False, look="还没有开始降的时候是 1：min(1, …)。")
exercise.edit("预热完就开始降", falling=lambda share, t, w: max(1, t - w),
              look="只在最后占 share 的一段里降。")
exercise.edit("share 按预热以后的算", falling=lambda share, t, w: max(1, round(share * (t - w))),
              look="一段的长度是 round(share·total)：占全程的几成。")
exercise.edit("share 是不降的一段", falling=lambda share, t, w: max(1, round((1 - share) * t)),
              look="share 是降的那一段占全程多少。")
exercise.edit("没有四舍五入", falling=lambda share, t, w: max(1.0, share * t),
              look="f = round(share·total)。")
exercise.edit("向下取整", falling=lambda share, t, w: max(1, int(share * t)),
              look="f = round(share·total)，四舍五入。")
exercise.edit("降的一段可以是 0 步", falling=lambda share, t, w: round(share * t),
              look="f 至少是 1，否则除以 0。")
exercise.edit("沿余弦降", shape=lambda x: (1 - math.cos(math.pi * x)) / 2, look="直线，不是余弦。")
exercise.edit("沿平方降", shape=lambda x: x * x, look="直线：降了一半的时候正好是 0.5。")
exercise.edit("向上取整", falling=lambda share, t, w: max(1, math.ceil(share * t)),
              look="f = round(share·total)，四舍五入。")
exercise.edit("预热多了一步", ahead=lambda s, w: s <= w and w > 0,
              look="step = warmup 已经过了预热：倍数不能大于 1。")
exercise.edit("取了预热与降里小的一个", smaller=True, look="step < warmup 时只看预热，不看降的那一段。")
exercise.edit("最低停在 0.1", least=0.1, look="最后一步是 0，没有下限。")
exercise.mutant("预热以后一直是 1", lambda s, t, w, share: (s + 1) / w if s < w else 1.0,
                look="最后占 share 的一段里要沿直线降到 0。")
