"""练习 9.5 把 LoRA 合并进权重。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_09.shared import wrong_scales


def merged_with(
    scale=lambda alpha, a, b: alpha / a.size(0), product=lambda a, b: b @ a,
    base=lambda weight: weight.clone(), after=lambda merged: merged,
):  # fmt: skip
    def run(weight, a, b, alpha):
        target = base(weight)
        target += scale(alpha, a, b) * product(a, b)
        return after(target)

    return run


exercise = Exercise(
    "9.5", "把 LoRA 合并进权重", merged_with(),
    look="W + (α/r)·B A，形状（输出，输入）；B 在左，A 在右。不要改动原来的 W：还要拿它与别的适配器合并。",
    assemble=merged_with,
)


def parts(rng, inside=6, outside=5, rank=2):
    return normal(rng, outside, inside), normal(rng, rank, inside), normal(rng, outside, rank)


@exercise.probe("秩 2")
def _(answer, rng):
    return answer(*parts(rng), 4.0)


@exercise.probe("方的 W，方的 A 与 B")
def _(answer, rng):
    return answer(*parts(rng, inside=4, outside=4, rank=4), 2.0)


@exercise.probe("秩 1")
def _(answer, rng):
    return answer(*parts(rng, rank=1), 3.0)


@exercise.probe("α 不是 r 的整数倍")
def _(answer, rng):
    return [answer(*parts(rng, rank=2), 3), answer(*parts(rng, rank=3), 1)]


@exercise.probe("B 是 0")
def _(answer, rng):
    weight, a, b = parts(rng)
    return answer(weight, a, torch.zeros_like(b), 4.0)


@exercise.probe("合并以后的输出与装着时相同")
def _(answer, rng):
    (weight, a, b), x = parts(rng), normal(rng, 3, 6)
    return torch.allclose(x @ answer(weight, a, b, 4.0).T, x @ weight.T + 2.0 * x @ a.T @ b.T, atol=1e-4)


@exercise.probe("W 没有被改动")
def _(answer, rng):
    weight, a, b = parts(rng)
    before = weight.clone()
    answer(weight, a, b, 4.0)
    return torch.equal(before, weight)


@exercise.correct("addmm")
def _(weight, a, b, alpha):
    return torch.addmm(weight, b, a, alpha=alpha / a.size(0))


@exercise.correct("一个秩一个秩地加")
def _(weight, a, b, alpha):
    for row, column in zip(a, b.T, strict=True):
        weight = weight + alpha / len(a) * torch.outer(column, row)
    return weight


wrong_scales(exercise)
exercise.edit("r 取成了 B 的行数", scale=lambda alpha, a, b: alpha / b.size(0),
              look="r 是 A 的行数，也是 B 的列数。")
exercise.edit("减去了改动", scale=lambda alpha, a, b: -alpha / a.size(0), look="合并是加上去；减去是拆下来。")
exercise.edit("改动加了两次", scale=lambda alpha, a, b: 2 * alpha / a.size(0), look="只加一次。")
exercise.edit("方阵时 A 与 B 的次序反了",
              product=lambda a, b: a @ b if len(a) == len(b) == a.size(1) else b @ a,
              look="B 在左，A 在右：(输出, r) 乘 (r, 输入)。")
exercise.edit("A 与 B 的次序反了", product=lambda a, b: a @ b,
              look="B 在左，A 在右：(输出, r) 乘 (r, 输入)。")
exercise.edit("两个都转置了再乘", product=lambda a, b: a.T @ b.T,
              look="B A 的形状已经是（输出，输入），不必转置。")
exercise.edit("方阵时改动转置了", product=lambda a, b: (b @ a).T if len(b) == a.size(1) else b @ a,
              look="B A 的形状已经是（输出，输入），不必转置。")
exercise.edit("改动了原来的 W", base=lambda weight: weight, look="不要用 +=、add_；返回一个新的矩阵。")
exercise.edit("只给了改动", base=lambda weight: torch.zeros_like(weight), look="还要加上 W。")
exercise.edit("结果转置了", after=lambda merged: merged.T, look="返回（输出，输入），与 W 一样，不必转置。")
