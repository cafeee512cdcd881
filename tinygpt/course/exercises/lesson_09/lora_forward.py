"""练习 9.4 LoRA 的前向。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def lora_with(scale=lambda alpha, rank: alpha / rank, bias=True, base=True, order="ab", twice=False):
    def run(x, weight, bias_, a, b, alpha):
        y = x @ weight.T if base else torch.zeros(*x.shape[:-1], weight.size(0), dtype=x.dtype)
        y = y + bias_ if bias else y
        change = x @ a.T @ b.T if order == "ab" else (x @ a.T @ b.T) @ (weight @ weight.T)
        return y + scale(alpha, a.size(0)) * change * (2 if twice else 1)

    return run


exercise = Exercise(
    "9.4", "LoRA 的前向", lora_with(),
    look="y = x Wᵀ + 偏置 + (α/r)·x Aᵀ Bᵀ；r 是 A 的行数。不要先乘出 BA：那就失去了低秩省下的计算。",
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


@exercise.probe("B 是 0 时与原来的线性层相同")
def _(answer, rng):
    x, weight, bias, a, b = parts(rng)
    return answer(x, weight, bias, a, torch.zeros_like(b), 4.0)


@exercise.probe("W 与 x 没有被改动")
def _(answer, rng):
    x, weight, bias, a, b = parts(rng)
    before = x.clone(), weight.clone()
    answer(x, weight, bias, a, b, 4.0)
    return torch.equal(before[0], x) and torch.equal(before[1], weight)


@exercise.correct("先合并再乘")
def _(x, weight, bias, a, b, alpha):
    return torch.nn.functional.linear(x, weight + alpha / len(a) * (b @ a), bias)


@exercise.correct("einsum")
def _(x, weight, bias, a, b, alpha):
    low = torch.einsum("...i,ri->...r", x, a)
    change = torch.einsum("...r,or->...o", low, b) * alpha / a.size(0)
    return torch.einsum("...i,oi->...o", x, weight) + bias + change


exercise.mutant("没有乘 α/r", lora_with(scale=lambda alpha, rank: 1.0), look="改动要乘 α/r。")
exercise.mutant("只乘了 α", lora_with(scale=lambda alpha, rank: alpha), look="α 还要除以秩 r。")
exercise.mutant("乘了 r/α", lora_with(scale=lambda alpha, rank: rank / alpha), look="是 α/r，不是 r/α。")
exercise.mutant("除以了 √r", lora_with(scale=lambda alpha, rank: alpha / rank**0.5),
                look="这里除以 r（除以 √r 是另一种写法，rsLoRA）。")
exercise.mutant("忘了偏置", lora_with(bias=False), look="原来的线性层有偏置，照加。")
exercise.mutant("只有改动，没有原来的", lora_with(base=False), look="改动加在原来的 x Wᵀ 旁边，不是替换它。")
exercise.mutant("改动加了两次", lora_with(twice=True), look="只加一次。")


@exercise.mutant("偏置也乘了 α/r", look="α/r 只乘改动。")
def _(x, weight, bias, a, b, alpha):
    return x @ weight.T + alpha / a.size(0) * (bias + x @ a.T @ b.T)


@exercise.mutant("r 取成了 B 的行数", look="r 是 A 的行数，也是 B 的列数；B 的行数是输出的维数。")
def _(x, weight, bias, a, b, alpha):
    return x @ weight.T + bias + alpha / b.size(0) * (x @ a.T @ b.T)
