"""练习 6.2 AdamW 的一步。"""

import math

import torch
from torch import nn

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def adamw_with(
    correct=("m", "v"), decay="decoupled", eps_at="outside", shift=0, swap=False, square=True, root=True,
    old=False, sign=1, fresh=(True, True), power=True, rate=True, mix=False,
    give="plain", fixed=False, inplace=False,
):  # fmt: skip
    """correct：修正哪几个；fresh：m、v 里新来的一份乘不乘 1 − β；give：返回的 m、v 修正过没有。"""

    def run(p, g, m, v, t, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1):
        if fixed:
            lr, beta1, beta2, eps, weight_decay = 0.1, 0.9, 0.99, 1e-8, 0.1
        if swap:
            beta1, beta2 = beta2, beta1
        if decay == "coupled":
            g = g + weight_decay * p
        old1, old2 = (1 - beta1, 1 - beta2) if mix else (beta1, beta2)
        new_m = old1 * m + (1 - old1 if fresh[0] else 1) * g
        new_v = old2 * v + (1 - old2 if fresh[1] else 1) * (g * g if square else g.abs())
        used_m, used_v = (m, v) if old else (new_m, new_v)
        first, second = (1 - beta ** (t + shift if power else 1) for beta in (beta1, beta2))
        hat_m = used_m / first if "m" in correct else used_m
        hat_v = used_v / second if "v" in correct else used_v
        length = hat_v.sqrt() if root else hat_v
        length = {
            "outside": length + eps, "inside": (hat_v + eps).sqrt(), "nowhere": length,
            "early": (used_v.sqrt() + eps) / second**0.5,
        }[eps_at]  # fmt: skip
        shrink = {"decoupled": 1 - lr * weight_decay, "unscaled": 1 - weight_decay,
                  "grows": 1 + lr * weight_decay, "last": 1 - lr * weight_decay}.get(decay, 1)  # fmt: skip
        new_p = p * (1 if decay == "last" else shrink) - sign * (lr if rate else 1) * hat_m / length
        new_p = new_p * shrink if decay == "last" else new_p
        if inplace:
            p.copy_(new_p)
        plain = new_p, new_m, new_v
        return {"plain": plain, "hats": (new_p, hat_m, hat_v), "mvp": (*plain[1:], new_p)}[give]

    return run


exercise = Exercise(
    "6.2", "AdamW 的一步", adamw_with(),
    look="m、v 先更新，再做偏差修正（除以 1 − βᵗ，t 从 1 数起）；衰减是 p 乘以 (1 − lr·wd)，与梯度分开。",
    atol=1e-7, assemble=adamw_with,
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
    return answer(p, normal(rng, 3, scale=1e-3), m, v, 1, eps=0.003)


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


exercise.edit("没有偏差修正", correct=(), look="m、v 从 0 出发，开头偏小：除以 1 − βᵗ。")
exercise.edit("只修正了 m", correct=("m",), look="v 也从 0 出发：v̂ = v/(1 − β₂ᵗ)。")
exercise.edit("只修正了 v", correct=("v",), look="m 也从 0 出发：m̂ = m/(1 − β₁ᵗ)。")
exercise.edit("修正时没有取 t 次方", power=False, look="除以 1 − βᵗ：t 是第几步，走得越久修正越小。")
exercise.edit("t 多数了一步", shift=1, look="第一步 t = 1，修正除以 1 − β¹。")
exercise.edit("t 少数了一步", shift=-1, look="第一步 t = 1，修正除以 1 − β¹；除以 1 − β⁰ 是除以 0。")
exercise.edit("返回了修正过的 m 和 v", give="hats",
              look="修正只用在这一步；返回没有修正过的 m 和 v，不然下一步又修正一遍。")
exercise.edit("返回的次序错了", give="mvp", look="次序是 (p, m, v)。")
exercise.edit("衰减混进了梯度", decay="coupled",
              look="那是 Adam 加 L2。AdamW 的衰减不经过 m、v：p 直接乘以 1 − lr·wd。")
exercise.edit("忘了权重衰减", decay="none", look="p 先乘以 1 − lr·wd。")
exercise.edit("衰减没有乘学习率", decay="unscaled", look="每步缩小的是 lr·wd，不是 wd。")
exercise.edit("衰减成了放大", decay="grows", look="是 1 − lr·wd，不是加。")
exercise.edit("走完这一步才衰减", decay="last", look="衰减的是原来的 p：(1 − lr·wd)·p，再减去这一步。")
exercise.edit("ε 放在了根号里", eps_at="inside", look="AdamW 的 ε 在根号外：√v̂ + ε。")
exercise.edit("没有 ε", eps_at="nowhere", look="分母是 √v̂ + ε。")
exercise.edit("ε 也被修正了", eps_at="early", look="先修正 v，再开方，最后加 ε。")
exercise.edit("v 没有开方", root=False, look="分母是 √v̂ + ε：v 是平方的平均，开方才与 m 一样大小。")
exercise.edit("β₁ 与 β₂ 反了", swap=True, look="β₁ 管梯度的平均 m，β₂ 管平方的平均 v。")
exercise.edit("β 与 1 − β 反了", mix=True, look="旧的平均乘 β，新来的乘 1 − β。")
exercise.edit("这一步没有乘学习率", rate=False, look="减去的是 η × m̂/(√v̂ + ε)。")
exercise.edit("v 里没有平方", square=False, look="v 是梯度平方的平均。")
exercise.edit("m 里新的梯度没有乘 1 − β₁", fresh=(False, True), look="m 是平均：βm + (1 − β)g。")
exercise.edit("v 里新的平方没有乘 1 − β₂", fresh=(True, False), look="v 是平均：βv + (1 − β)g²。")
exercise.edit("m 与 v 都没有乘 1 − β", fresh=(False, False), look="两个都是平均：βm + (1 − β)g。")
exercise.edit("用了更新之前的 m 和 v", old=True, look="先更新 m、v，再用它们走这一步。")
exercise.edit("方向反了", sign=-1, look="减去，不是加上。")
exercise.edit("没有用传进来的 lr、β、ε、λ", fixed=True, look="这些都是参数，不要写死成默认的值。")
exercise.edit("改动了输入", inplace=True,
              look="p、g、m、v 都不能改：写 m = …，不要写 m += …、m.mul_(…)。")
