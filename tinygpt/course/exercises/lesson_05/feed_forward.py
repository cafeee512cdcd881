"""练习 5.2 前馈网络。"""

import math

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def ffn_with(act=F.gelu, first_bias=True, second_bias=True, after=lambda y: y, residual=False):
    def run(x, w1, b1, w2, b2):
        y = act(x @ w1.T + (b1 if first_bias else 0)) @ w2.T + (b2 if second_bias else 0)
        return after(y) + (x if residual else 0)

    return run


exercise = Exercise(
    "5.2", "前馈网络", ffn_with(),
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


@exercise.correct("F.linear")
def _(x, w1, b1, w2, b2):
    return F.linear(F.gelu(F.linear(x, w1, b1)), w2, b2)


@exercise.correct("自己写 GELU")
def _(x, w1, b1, w2, b2):
    h = torch.einsum("btc,hc->bth", x, w1) + b1
    return torch.einsum("bth,ch->btc", h * 0.5 * (1 + torch.erf(h / math.sqrt(2))), w2) + b2


exercise.mutant("用了 ReLU", ffn_with(F.relu), look="GPT 用 GELU：F.gelu。")
exercise.mutant("用了 GELU 的 tanh 近似", ffn_with(lambda h: F.gelu(h, approximate="tanh")),
                look="这里用准确的 GELU（默认的 F.gelu）；近似的差在第四位小数。")
exercise.mutant("中间没有激活函数", ffn_with(lambda h: h), look="两次线性变换中间没有非线性，就等于一次。")
exercise.mutant("激活函数放到了最后", ffn_with(lambda h: h, after=F.gelu), look="GELU 在两次线性变换中间。")
exercise.mutant("忘了 b₁", ffn_with(first_bias=False), look="第一次线性变换有偏置 b1。")
exercise.mutant("忘了 b₂", ffn_with(second_bias=False), look="第二次线性变换有偏置 b2。")
exercise.mutant("把残差也加进来了", ffn_with(residual=True), look="残差是解码器层做的事，前馈网络自己不加。")
exercise.mutant("两头都激活了", ffn_with(after=F.gelu), look="只在中间激活一次。")
exercise.mutant("W₁ 没有转置", lambda x, w1, b1, w2, b2: F.gelu(x @ w1 + b1) @ w2 + b2,
                look="权重按 nn.Linear 的习惯存成（输出，输入）：x @ w.T。")
