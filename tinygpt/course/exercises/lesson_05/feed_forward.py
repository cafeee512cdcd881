"""练习 5.2 前馈网络。"""

import math

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal, unchanged


def ffn_with(
    act=F.gelu,
    before=lambda x: x,
    first=lambda x, w, b: x @ w.T + b,
    second=lambda h, w, b: h @ w.T + b,
    after=lambda y: y,
    add=lambda x: 0,
):
    def run(x, w1, b1, w2, b2):
        return add(x) + after(second(act(first(before(x), w1, b1)), w2, b2))

    return run


exercise = Exercise(
    "5.2", "前馈网络", ffn_with(), assemble=ffn_with,
    look="GELU(x W₁ᵀ + b₁) W₂ᵀ + b₂，每个位置各做各的。",
    atol=1e-5,
)


def weights(rng, c, h):
    """w1、b1、w2、b2：c 维放宽到 h 维再收回来。"""
    return normal(rng, h, c), normal(rng, h), normal(rng, c, h), normal(rng, c)


@exercise.probe("一个位置")
def _(answer, rng):
    return answer(normal(rng, 1, 1, 4), *weights(rng, 4, 16))


@exercise.probe("2 批、3 个位置、6 维")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 6), *weights(rng, 6, 24))


@exercise.probe("很小的输入")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 4, scale=1e-3), *weights(rng, 4, 8))


@exercise.probe("一个一个位置做，与一起做相同")
def _(answer, rng):
    x, w = normal(rng, 1, 3, 4), weights(rng, 4, 16)
    return torch.allclose(answer(x, *w)[:, 1:2], answer(x[:, 1:2], *w), atol=1e-5)


@exercise.probe("c = 4c 的方阵：转置错了形状也对")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 5), *weights(rng, 5, 5))


@exercise.probe("很大的输入")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 4, scale=30), *weights(rng, 4, 16))


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, normal(rng, 1, 2, 4), *weights(rng, 4, 16))


@exercise.correct("F.linear")
def _(x, w1, b1, w2, b2):
    return F.linear(F.gelu(F.linear(x, w1, b1)), w2, b2)


@exercise.correct("自己写 GELU")
def _(x, w1, b1, w2, b2):
    h = torch.einsum("btc,hc->bth", x, w1) + b1
    return torch.einsum("bth,ch->btc", h * 0.5 * (1 + torch.erf(h / math.sqrt(2))), w2) + b2


exercise.edit("用了 ReLU", "GPT 用 GELU：F.gelu。", act=F.relu)
exercise.edit("用了 GELU 的 tanh 近似", "这里用准确的 GELU（默认的 F.gelu）；近似的差在第四位小数。",
              act=lambda h: F.gelu(h, approximate="tanh"))
exercise.edit("用了 GELU 的 sigmoid 近似", "这里用准确的 GELU（默认的 F.gelu）；x·σ(1.702x) 是近似。",
              act=lambda h: h * torch.sigmoid(1.702 * h))
exercise.edit("用了 SiLU", "x·σ(x) 是 SiLU（Swish）；这里用 GELU：F.gelu。", act=F.silu)
exercise.edit("用了 tanh", "这里用 GELU：F.gelu。", act=torch.tanh)
exercise.edit("用了 sigmoid", "这里用 GELU：F.gelu。", act=torch.sigmoid)
exercise.edit("GELU 少了一半", "GELU(x) = x/2 · (1 + erf(x/√2))：别漏了 1/2。",
              act=lambda h: h * (1 + torch.erf(h / math.sqrt(2))))
exercise.edit("erf 里忘了除以 √2", "GELU(x) = x/2 · (1 + erf(x/√2))：别漏了 √2。",
              act=lambda h: h / 2 * (1 + torch.erf(h)))
exercise.edit("中间没有激活函数", "两次线性变换中间没有非线性，就等于一次。", act=lambda h: h)
exercise.edit("最后也激活了", "GELU 在两次线性变换中间，只激活一次。", after=F.gelu)
exercise.edit("先激活了输入", "GELU 在两次线性变换中间，x 不先激活。", before=F.gelu)
exercise.edit("忘了 b₁", "第一次线性变换有偏置 b1。", first=lambda x, w, b: x @ w.T)
exercise.edit("W₁ 没有转置", "权重按 nn.Linear 的习惯存成（输出，输入）：x @ w.T。",
              first=lambda x, w, b: x @ w + b)
exercise.edit("忘了 b₂", "第二次线性变换有偏置 b2。", second=lambda h, w, b: h @ w.T)
exercise.edit("W₂ 没有转置", "权重按 nn.Linear 的习惯存成（输出，输入）：h @ w.T。",
              second=lambda h, w, b: h @ w + b)
exercise.edit("b₂ 乘上去了", "偏置是加上去的。", second=lambda h, w, b: h @ w.T * b)
exercise.edit("把残差也加进来了", "残差是解码器层做的事，前馈网络自己不加。", add=lambda x: x)


@exercise.mutant("激活函数放到了最后", look="GELU 在两次线性变换中间。")
def _(x, w1, b1, w2, b2):
    return ffn_with(act=lambda h: h, after=F.gelu)(x, w1, b1, w2, b2)


@exercise.mutant("先激活，再加 b₁", look="偏置在括号里：先 x W₁ᵀ + b₁，再 GELU。")
def _(x, w1, b1, w2, b2):
    return (F.gelu(x @ w1.T) + b1) @ w2.T + b2


@exercise.mutant("激活的是输入，不是中间", look="GELU 在两次线性变换中间：先 x W₁ᵀ + b₁，再 GELU。")
def _(x, w1, b1, w2, b2):
    return ffn_with(act=lambda h: h, before=F.gelu)(x, w1, b1, w2, b2)


@exercise.mutant("改动了输入", look="x += …、b1 *= … 会改掉调用者的张量；用加号得到新的。")
def _(x, w1, b1, w2, b2):
    result = ffn_with()(x, w1, b1, w2, b2)
    x += result
    return result
