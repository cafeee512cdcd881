"""练习 6.2 AdamW 的一步。"""

import math

import torch
from torch import nn

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def adamw_with(
    correct=True, decay="decoupled", eps_inside=False, shift=0, swap=False, square=True, first="new", sign=1
):
    def run(p, g, m, v, t, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1):
        if swap:
            beta1, beta2 = beta2, beta1
        if decay == "coupled":
            g = g + weight_decay * p
        new_m, new_v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * (g * g if square else g.abs())
        used_m, used_v = (new_m, new_v) if first == "new" else (m, v)
        if correct:
            used_m, used_v = used_m / (1 - beta1 ** (t + shift)), used_v / (1 - beta2 ** (t + shift))
        step = used_m / ((used_v + eps).sqrt() if eps_inside else used_v.sqrt() + eps)
        if decay == "decoupled":
            p = p * (1 - lr * weight_decay)
        elif decay == "unscaled":
            p = p * (1 - weight_decay)
        return p - sign * lr * step, new_m, new_v

    return run


exercise = Exercise(
    "6.2", "AdamW 的一步", adamw_with(),
    look="m、v 先更新，再做偏差修正（除以 1 − βᵗ，t 从 1 数起）；衰减是 p 乘以 (1 − lr·wd)，与梯度分开。",
    atol=1e-7,
)


def after_steps(answer, rng, steps, **options):
    """连走几步，返回最后的 p、m、v。"""
    p, m, v = normal(rng, 4), torch.zeros(4), torch.zeros(4)
    for t in range(1, steps + 1):
        p, m, v = answer(p, normal(rng, 4), m, v, t, **options)
    return p, m, v


@exercise.probe("第 1 步")
def _(answer, rng):
    return after_steps(answer, rng, 1)


@exercise.probe("第 4 步")
def _(answer, rng):
    return after_steps(answer, rng, 4)


@exercise.probe("没有权重衰减")
def _(answer, rng):
    return after_steps(answer, rng, 2, weight_decay=0.0)


@exercise.probe("梯度很小，ε 很大")
def _(answer, rng):
    p, m, v = normal(rng, 3), torch.zeros(3), torch.zeros(3)
    return answer(p, normal(rng, 3, scale=1e-3), m, v, 1, eps=0.01)


@exercise.probe("与 torch.optim.AdamW 相同")
def _(answer, rng):
    start, gradients = normal(rng, 5), [normal(rng, 5) for _ in range(3)]
    parameter = nn.Parameter(start.clone())
    optimizer = torch.optim.AdamW([parameter], lr=0.05, betas=(0.8, 0.95), weight_decay=0.2)
    p, m, v = start, torch.zeros(5), torch.zeros(5)
    for t, g in enumerate(gradients, 1):
        parameter.grad = g
        optimizer.step()
        p, m, v = answer(p, g, m, v, t, lr=0.05, beta1=0.8, beta2=0.95, weight_decay=0.2)
    return torch.allclose(p, parameter.detach(), atol=1e-6)


@exercise.probe("不改动输入")
def _(answer, rng):
    tensors = [normal(rng, 3), normal(rng, 3), torch.zeros(3), torch.zeros(3)]
    before = [x.clone() for x in tensors]
    answer(*tensors, 1)
    return all(torch.equal(a, b) for a, b in zip(tensors, before, strict=True))


@exercise.correct("lerp")
def _(p, g, m, v, t, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1):
    m, v = torch.lerp(m, g, 1 - beta1), torch.lerp(v, g.square(), 1 - beta2)
    rate = lr / (1 - beta1**t)
    return p - lr * weight_decay * p - rate * m / (v.sqrt() / math.sqrt(1 - beta2**t) + eps), m, v


@exercise.correct("一个数一个数地算")
def _(p, g, m, v, t, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1):
    rows = []
    for x, d, a, b in zip(p.double(), g.double(), m.double(), v.double(), strict=True):
        a, b = a + (1 - beta1) * (d - a), b + (1 - beta2) * (d * d - b)
        step = (a / (1 - beta1**t)) / ((b / (1 - beta2**t)) ** 0.5 + eps)
        rows.append((x - lr * weight_decay * x - lr * step, a, b))
    return tuple(torch.stack(column).float() for column in zip(*rows, strict=True))


exercise.mutant("没有偏差修正", adamw_with(correct=False), look="m、v 从 0 出发，开头偏小：除以 1 − βᵗ。")
exercise.mutant("衰减混进了梯度", adamw_with(decay="coupled"),
                look="那是 Adam 加 L2。AdamW 的衰减不经过 m、v：p 直接乘以 1 − lr·wd。")
exercise.mutant("忘了权重衰减", adamw_with(decay="none"), look="p 先乘以 1 − lr·wd。")
exercise.mutant("衰减没有乘学习率", adamw_with(decay="unscaled"), look="每步缩小的是 lr·wd，不是 wd。")
exercise.mutant("ε 放在了根号里", adamw_with(eps_inside=True), look="AdamW 的 ε 在根号外：√v̂ + ε。")
exercise.mutant("t 多数了一步", adamw_with(shift=1), look="第一步 t = 1，修正除以 1 − β¹。")
exercise.mutant("β₁ 与 β₂ 反了", adamw_with(swap=True), look="β₁ 管梯度的平均 m，β₂ 管平方的平均 v。")
exercise.mutant("v 里没有平方", adamw_with(square=False), look="v 是梯度平方的平均。")
exercise.mutant("用了更新之前的 m 和 v", adamw_with(first="old"), look="先更新 m、v，再用它们走这一步。")
exercise.mutant("方向反了", adamw_with(sign=-1), look="减去，不是加上。")
