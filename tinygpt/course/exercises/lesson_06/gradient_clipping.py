"""练习 6.3 按总范数裁剪。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def total_norm(gradients):
    return torch.cat([g.flatten() for g in gradients]).norm()


def clip_with(
    norm_of=total_norm, factor=lambda n, m: min(1.0, m / (n + 1e-12)), report=lambda n, m: n,
    scale=lambda g, f, m: g * f, give=lambda clipped, norm: (clipped, norm), inplace=False,
):  # fmt: skip
    def run(gradients, max_norm):
        norm = norm_of(gradients)
        clipped = [scale(g, factor(norm, max_norm), max_norm) for g in gradients]
        if inplace:
            for g, c in zip(gradients, clipped, strict=True):
                g.copy_(c)
        return give(clipped, report(norm, max_norm))

    return run


exercise = Exercise(
    "6.3", "按总范数裁剪", clip_with(),
    look="所有梯度接成一个长向量，求它的长度；超过上限才按比例缩小，方向不变；返回的是裁剪之前的长度。",
    rtol=2e-4, assemble=clip_with,
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
    return answer([torch.tensor([0.1]), torch.tensor([0.8]), torch.tensor([0.8])], 1.0)


@exercise.probe("全是 0")
def _(answer, rng):
    return answer([torch.zeros(3), torch.zeros(2)], 1.0)


@exercise.probe("一个很大，一个很小")
def _(answer, rng):
    return answer([torch.tensor([300.0, -400.0]), torch.tensor([0.5])], 2.0)


@exercise.probe("上限不是 1：长 3 的不动，长 10 的缩到 5")
def _(answer, rng):
    direction = [normal(rng, 2, 3), normal(rng, 4)]
    unit = [g / total_norm(direction) for g in direction]
    return [answer([g * length for g in unit], 5.0) for length in (3.0, 10.0)]


@exercise.probe("不改动输入")
def _(answer, rng):
    gradients = [normal(rng, 3) * 10, normal(rng, 2)]
    given, before = list(gradients), [g.clone() for g in gradients]
    answer(given, 1.0)
    return all(a is g and torch.equal(g, b) for a, g, b in zip(given, gradients, before, strict=True))


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


exercise.edit("没有超过也缩放了", factor=lambda n, m: m / n,
              look="只在总范数超过上限时缩小；没有超过就原样，否则小梯度被放大了。")
exercise.edit("没有裁剪", factor=lambda n, m: 1.0, look="超过上限时每个梯度都乘以 上限 / 总范数。")
exercise.edit("门槛写死成了 1", factor=lambda n, m: m / n if n > 1 else 1.0,
              look="与 max_norm 比，不是与 1 比。")
exercise.edit("总是缩到 1", factor=lambda n, m: 1 / n if n > m else 1.0,
              look="缩到 max_norm 那么长：乘以 max_norm / 总范数。")
exercise.edit("倍数反了", factor=lambda n, m: n / m if n > m else 1.0,
              look="乘的是 max_norm / 总范数，小于 1。")
exercise.edit("乘了 max_norm × 总范数", factor=lambda n, m: m * n if n > m else 1.0,
              look="乘的是 max_norm **除以** 总范数。")
exercise.edit("超过的不动，没有超过的放大了", factor=lambda n, m: m / n if n <= m else 1.0,
              look="判断反了：总范数**超过** max_norm 才缩放。")
exercise.edit("全是 0 时得到 nan", factor=lambda n, m: min(1.0, m / n) if n else math.nan,
              look="总范数可能是 0，分母加一个很小的数，或先判断。")
exercise.edit("每个张量各裁各的", scale=lambda g, f, m: g * min(1.0, m / (g.norm().item() + 1e-12)),
              look="各裁各的会改变整体的方向；用所有张量一起的总范数。")
exercise.edit("每个数夹在上下限之间", scale=lambda g, f, m: g.clamp(-m, m),
              look="那是按值裁剪，会改变方向；这里按总范数等比例缩小。")
exercise.edit("范数相加", norm_of=lambda gs: sum(g.norm() for g in gs),
              look="总范数是平方和开方，不是各个范数之和。")
exercise.edit("用了各个范数的平均", norm_of=lambda gs: torch.stack([g.norm() for g in gs]).mean(),
              look="所有的数一起平方、相加、开方，不取平均。")
exercise.edit("用了最大的一个范数", norm_of=lambda gs: torch.stack([g.norm() for g in gs]).max(),
              look="所有的数一起平方、相加、开方，不是取最长的一个。")
exercise.edit("没有开方", norm_of=lambda gs: sum((g**2).sum() for g in gs), look="平方和还要开方。")
exercise.edit("平方取了平均", norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).square().mean().sqrt(),
              look="范数是平方**和**开方，不除以个数。")
exercise.edit("用了绝对值之和", norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).abs().sum(),
              look="范数是平方和开方（L2），不是绝对值之和（L1）。")
exercise.edit("用了最大的绝对值", norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).abs().max(),
              look="范数是平方和开方，不是最大的那一个。")
exercise.edit("只看了第一个张量", norm_of=lambda gs: gs[0].norm(),
              look="总范数是**所有**张量接在一起的长度。")
exercise.edit("返回了裁剪之后的范数", report=lambda n, m: n.clamp(max=m),
              look="返回裁剪之前的总范数，它才告诉你训练稳不稳。")
exercise.edit("总范数给成了数", report=lambda n, m: n.item(), look="题目要 0 维张量，不要 .item()。")
exercise.edit("返回了倍数", report=lambda n, m: torch.tensor(min(1.0, m / (n.item() + 1e-12))),
              look="第二个返回的是裁剪之前的总范数。")
exercise.edit("两个返回值的次序反了", give=lambda clipped, norm: (norm, clipped),
              look="（新的梯度，总范数）。")
exercise.edit("只返回了梯度", give=lambda clipped, norm: clipped, look="总范数也要：（新的梯度，总范数）。")
exercise.edit("梯度接成了一个", look="返回列表，各个张量照原来的形状。",
              give=lambda clipped, norm: (torch.cat([g.flatten() for g in clipped]), norm))
exercise.edit("改动了输入", inplace=True,
              look="g *= …、g.mul_(…)、gradients[i] = … 会改掉别人的梯度；这里返回新的。")


@exercise.mutant("没有超过时没有返回", look="没有超过也要返回：（原样的梯度，总范数）。")
def _(gradients, max_norm):
    return clip_with()(gradients, max_norm) if total_norm(gradients) > max_norm else None
