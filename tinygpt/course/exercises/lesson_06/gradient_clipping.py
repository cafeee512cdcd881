"""练习 6.3 按总范数裁剪。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def clip_reference(gradients, max_norm):
    norm = torch.stack([g.norm() for g in gradients]).norm()
    return [g * min(1.0, max_norm / (norm.item() + 1e-12)) for g in gradients], norm


exercise = Exercise(
    "6.3", "按总范数裁剪", clip_reference,
    look="所有梯度接成一个长向量，求它的长度；超过上限才按比例缩小，方向不变；返回的是裁剪之前的长度。",
    rtol=2e-4,
)


@exercise.probe("(3, 4) 裁剪到 1")
def _(answer, rng):
    return answer([torch.tensor([3.0, 4.0])], 1.0)


@exercise.probe("三个张量，一起超过上限")
def _(answer, rng):
    return answer([normal(rng, 2, 3), normal(rng, 4), normal(rng, 1)], 0.5)


@exercise.probe("没有超过上限：原样")
def _(answer, rng):
    return answer([normal(rng, 2, 3, scale=0.01), normal(rng, 4, scale=0.01)], 1.0)


@exercise.probe("每个都不超，合起来超")
def _(answer, rng):
    return answer([torch.tensor([0.8]), torch.tensor([0.8]), torch.tensor([0.1])], 1.0)


@exercise.probe("全是 0")
def _(answer, rng):
    return answer([torch.zeros(3), torch.zeros(2)], 1.0)


@exercise.probe("一个很大，一个很小")
def _(answer, rng):
    return answer([torch.tensor([300.0, -400.0]), torch.tensor([0.5])], 2.0)


@exercise.probe("不改动输入")
def _(answer, rng):
    gradients = [normal(rng, 3) * 10]
    before = gradients[0].clone()
    answer(gradients, 1.0)
    return torch.equal(gradients[0], before)


@exercise.correct("接成一个长向量")
def _(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    return [g / max(1.0, norm.item() / max_norm) for g in gradients], norm


@exercise.correct("平方和，用 if")
def _(gradients, max_norm):
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    if norm <= max_norm:
        return [g.clone() for g in gradients], norm
    return [g * (max_norm / norm) for g in gradients], norm


def clip_with(
    norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).norm(),
    factor=lambda n, m: min(1.0, m / (n + 1e-12)),
    report=lambda n, m: n,
):
    def run(gradients, max_norm):
        norm = norm_of(gradients)
        return [g * factor(norm.item(), max_norm) for g in gradients], report(norm, max_norm)

    return run


exercise.mutant("没有超过也缩放了", clip_with(factor=lambda n, m: m / (n + 1e-12)),
                look="只在总范数超过上限时缩小；没有超过就原样，否则小梯度被放大了。")
exercise.mutant("每个张量各裁各的",
                lambda gs, m: ([clip_reference([g], m)[0][0] for g in gs], clip_reference(gs, m)[1]),
                look="各裁各的会改变整体的方向；用所有张量一起的总范数。")
exercise.mutant("每个数夹在上下限之间",
                lambda gs, m: ([g.clamp(-m, m) for g in gs], clip_reference(gs, m)[1]),
                look="那是按值裁剪，会改变方向；这里按总范数等比例缩小。")
exercise.mutant("范数相加", clip_with(norm_of=lambda gs: sum(g.norm() for g in gs)),
                look="总范数是平方和开方，不是各个范数之和。")
exercise.mutant("没有开方", clip_with(norm_of=lambda gs: sum((g**2).sum() for g in gs)),
                look="平方和还要开方。")
exercise.mutant("用了绝对值之和",
                clip_with(norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).abs().sum()),
                look="范数是平方和开方（L2），不是绝对值之和（L1）。")
exercise.mutant("用了最大的绝对值",
                clip_with(norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).abs().max()),
                look="范数是平方和开方，不是最大的那一个。")
exercise.mutant("返回了裁剪之后的范数", clip_with(report=lambda n, m: n.clamp(max=m)),
                look="返回裁剪之前的总范数，它才告诉你训练稳不稳。")
exercise.mutant("没有裁剪", clip_with(factor=lambda n, m: 1.0),
                look="超过上限时每个梯度都乘以 上限 / 总范数。")
exercise.mutant("全是 0 时得到 nan", clip_with(factor=lambda n, m: min(1.0, m / n) if n else math.nan),
                look="总范数可能是 0，分母加一个很小的数，或先判断。")


@exercise.mutant("改动了输入", look="g *= … 会改掉别人的梯度；这里返回新的。")
def _(gradients, max_norm):
    clipped, norm = clip_reference(gradients, max_norm)
    for g, c in zip(gradients, clipped, strict=True):
        g.copy_(c)
    return clipped, norm
