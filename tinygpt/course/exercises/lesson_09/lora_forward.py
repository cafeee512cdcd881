"""练习 9.4 LoRA 的前向。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_09.shared import wrong_scales


def lora_with(
    scale=lambda alpha, a, b: alpha / a.size(0), base=lambda x, weight, bias: x @ weight.T + bias,
    change=lambda x, a, b: x @ a.T @ b.T, scaled=lambda y, change, bias, factor: y + factor * change,
    inplace=None,
):  # fmt: skip
    """scale：改动乘多少；base：原来的线性层；scaled：怎样合起来；inplace：改动了哪一个输入。"""

    def run(x, weight, bias, a, b, alpha):
        factor = scale(alpha, a, b)
        found = scaled(base(x, weight, bias), change(x, a, b), bias, factor)
        if inplace:
            {"weight": weight, "x": x, "a": a, "b": b, "bias": bias}[inplace].mul_(0.5)
        return found

    return run


exercise = Exercise(
    "9.4", "LoRA 的前向", lora_with(),
    look="y = x Wᵀ + 偏置 + (α/r)·x Aᵀ Bᵀ；r 是 A 的行数。不要先乘出 BA：那就失去了低秩省下的计算。",
    assemble=lora_with,
)


def parts(rng, tokens=3, inside=6, outside=5, rank=2, scale=1.0):
    return (
        normal(rng, tokens, inside), normal(rng, outside, inside), normal(rng, outside),
        normal(rng, rank, inside, scale=scale), normal(rng, outside, rank, scale=scale),
    )  # fmt: skip


@exercise.probe("秩 2，α = 4")
def _(answer, rng):
    return answer(*parts(rng), 4.0)


@exercise.probe("秩 1")
def _(answer, rng):
    return answer(*parts(rng, rank=1), 3.0)


@exercise.probe("方的 W，秩 4")
def _(answer, rng):
    return answer(*parts(rng, inside=6, outside=6, rank=4), 8.0)


@exercise.probe("一批：(2, 3, 6)")
def _(answer, rng):
    _, weight, bias, a, b = parts(rng)
    return answer(normal(rng, 2, 3, 6), weight, bias, a, b, 4.0)


@exercise.probe("α 不是 r 的整数倍")
def _(answer, rng):
    return [answer(*parts(rng, rank=2), 3), answer(*parts(rng, rank=3), 1)]


@exercise.probe("一个向量 (6,)，四个轴 (2, 1, 3, 6)")
def _(answer, rng):
    (_, *some), (_, *others) = parts(rng), parts(rng)
    return [answer(normal(rng, 6), *some, 4.0), answer(normal(rng, 2, 1, 3, 6), *others, 4.0)]


@exercise.probe("B 是 0 时与原来的线性层相同")
def _(answer, rng):
    x, weight, bias, a, b = parts(rng)
    return answer(x, weight, bias, a, torch.zeros_like(b), 4.0)


@exercise.probe("没有改动任何一个输入")
def _(answer, rng):
    given = parts(rng)
    before = [tensor.clone() for tensor in given]
    answer(*given, 3.0)
    return all(torch.equal(a, b) for a, b in zip(before, given, strict=True))


@exercise.correct("先合并再乘")
def _(x, weight, bias, a, b, alpha):
    return torch.nn.functional.linear(x, weight + alpha / len(a) * (b @ a), bias)


@exercise.correct("einsum")
def _(x, weight, bias, a, b, alpha):
    low = torch.einsum("...i,ri->...r", x, a)
    change = torch.einsum("...r,or->...o", low, b) * alpha / a.size(0)
    return torch.einsum("...i,oi->...o", x, weight) + bias + change


wrong_scales(exercise)
exercise.edit("r 取成了 B 的行数", scale=lambda alpha, a, b: alpha / b.size(0),
              look="r 是 A 的行数，也是 B 的列数；B 的行数是输出的维数。")
exercise.edit("减去了改动", scale=lambda alpha, a, b: -alpha / a.size(0), look="改动是加上去的。")
exercise.edit("忘了偏置", base=lambda x, weight, bias: x @ weight.T, look="原来的线性层有偏置，照加。")
exercise.edit("只有改动，没有原来的", base=lambda x, weight, bias: bias,
              look="改动加在原来的 x Wᵀ 旁边，不是替换它。")
exercise.edit("只有改动，连偏置也没有", base=lambda x, weight, bias: 0,
              look="改动加在原来的 x Wᵀ + b 旁边，不是替换它。")
exercise.edit("W 忘了转置", base=lambda x, weight, bias: x @ weight + bias,
              look="weight 是（输出，输入）：x @ weight.T。")
exercise.edit("中间加了激活函数", change=lambda x, a, b: torch.relu(x @ a.T) @ b.T,
              look="A 与 B 之间没有别的：x Aᵀ Bᵀ。")
exercise.edit("只会两个轴的输入", change=lambda x, a, b: torch.mm(torch.mm(x, a.T), b.T),
              look="x 是 (..., 输入)，前面可以有任意几个轴：用 @，不用 torch.mm。")
exercise.edit("改动加了两次", scaled=lambda y, change, bias, factor: y + 2 * factor * change,
              look="只加一次。")
exercise.edit("偏置也乘了 α/r", scaled=lambda y, change, bias, factor: y - bias + factor * (change + bias),
              look="α/r 只乘改动。")
exercise.edit("全都乘了 α/r", scaled=lambda y, change, bias, factor: factor * (y + change),
              look="α/r 只乘改动。")
exercise.edit("改动了输入", inplace="weight",
              look="x、W、偏置、A、B 都不能改：不要写 weight += …、a *= …。")
