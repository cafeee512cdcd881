"""练习 11.4 SwiGLU。"""

import torch
import torch.nn.functional as F
from torch import nn

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def swiglu_with(
    activation=lambda x: x * torch.sigmoid(x), swap=False, combine=lambda g, u: g * u, outer=None,
    up_activation=lambda x: x, inplace=False, before=lambda x: x, last=True, residual=False,
    cast=lambda x: x,
):  # fmt: skip
    """参考答案的几种改法。"""

    def run(x, gate, up, down):
        if swap:
            gate, up = up, gate
        inner = combine(activation(before(x) @ gate.T), up_activation(x @ up.T))
        inner = inner if outer is None else outer(x @ gate.T, x @ up.T)
        result = cast(inner @ down.T if last else inner) + (x if residual else 0)
        return x.copy_(result) if inplace else result

    return run


exercise = Exercise(
    "11.4", "SwiGLU", swiglu_with(), assemble=swiglu_with,
    look="down(silu(gate(x)) · up(x))，silu(z) = z·σ(z)；"
         "三个矩阵都是 nn.Linear 的样子 (输出, 输入)，要转置了乘。",
)


def weights(rng, c, width, dtype=torch.float32):
    return [normal(rng, *shape, dtype=dtype) for shape in ((width, c), (width, c), (c, width))]


@exercise.probe("一个数，手算得出")
def _(answer, rng):
    return answer(torch.tensor([[2.0]]), torch.tensor([[1.0]]), torch.tensor([[3.0]]), torch.tensor([[0.5]]))


@exercise.probe("几行")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 6), *weights(rng, 6, 16))


@exercise.probe("中间比外面窄")
def _(answer, rng):
    return answer(normal(rng, 4, 5), *weights(rng, 5, 3))


@exercise.probe("中间与外面一样宽")
def _(answer, rng):
    return answer(normal(rng, 4, 4), *weights(rng, 4, 4))


@exercise.probe("很大的输入")
def _(answer, rng):
    return answer(normal(rng, 3, 4, scale=30.0), *weights(rng, 4, 8))


@exercise.probe("输入是 0")
def _(answer, rng):
    return answer(torch.zeros(2, 4), *weights(rng, 4, 8))


@exercise.probe("与 nn.Linear 拼成的相同")
def _(answer, rng):
    gate, up, down = (nn.Linear(*sizes, bias=False) for sizes in ((4, 8), (4, 8), (8, 4)))
    x = normal(rng, 2, 4)
    expected = down(F.silu(gate(x)) * up(x))
    return torch.allclose(answer(x, gate.weight, up.weight, down.weight), expected, atol=1e-5)


@exercise.probe("双精度的输入")
def _(answer, rng):
    return answer(normal(rng, 2, 4, dtype=torch.float64), *weights(rng, 4, 8, torch.float64))


@exercise.probe("不改动输入")
def _(answer, rng):
    tensors = [normal(rng, 2, 4), *weights(rng, 4, 4)]
    before = [tensor.clone() for tensor in tensors]
    answer(*tensors)
    return all(map(torch.equal, tensors, before))


@exercise.correct("F.linear 与 F.silu")
def _(x, gate, up, down):
    return F.linear(F.silu(F.linear(x, gate)) * F.linear(x, up), down)


@exercise.correct("两个矩阵并成一个")
def _(x, gate, up, down):
    g, u = (x @ torch.cat([gate, up]).mT).chunk(2, dim=-1)
    return (g / (1 + torch.exp(-g)) * u) @ down.mT


@exercise.correct("einsum")
def _(x, gate, up, down):
    g, u = (torch.einsum("...c,wc->...w", x, matrix) for matrix in (gate, up))
    return torch.einsum("...w,cw->...c", g * g.sigmoid() * u, down)


exercise.edit("门用了 sigmoid", activation=torch.sigmoid,
              look="那是最初的 GLU。silu(z) = z·σ(z)，还要乘上 z。")
exercise.edit("门用了 GELU", activation=F.gelu, look="那是 GEGLU；题目要 silu(z) = z·σ(z)。")
exercise.edit("门用了 ReLU", activation=F.relu, look="那是 ReGLU；题目要 silu(z) = z·σ(z)。")
exercise.edit("门用了 tanh", activation=torch.tanh, look="silu(z) = z·σ(z)。")
exercise.edit("门没有激活函数", activation=lambda x: x, look="gate(x) 要经过 silu，再与 up(x) 相乘。")
exercise.edit("gate 与 up 反了", swap=True, look="经过 silu 的是 gate(x)，不是 up(x)。")
exercise.edit("相加，没有相乘", combine=lambda g, u: g + u, look="门是乘上去的：决定 up(x) 过去多少。")
exercise.edit("只有门，没有 up", combine=lambda g, u: g, look="还要乘上 up(x)。")
exercise.edit("没有门", combine=lambda g, u: u, look="silu(gate(x)) 乘在 up(x) 上。")
exercise.edit("乘完以后才激活", outer=lambda g, u: F.silu(g * u), look="先 silu(gate(x))，再与 up(x) 相乘。")
exercise.edit("up 也激活了", up_activation=F.silu, look="up(x) 不经过激活函数。")
exercise.mutant("矩阵没有转置", lambda x, gate, up, down: (F.silu(x @ gate) * (x @ up)) @ down,
                look="nn.Linear 的权重是 (输出, 输入)：乘的时候转置，x @ gate.T。")
exercise.edit("改动了输入", inplace=True, look="返回新的张量，不要往 x 里写。")
exercise.edit("门用了近似的 GELU", activation=lambda x: F.gelu(x, approximate="tanh"),
              look="那是 GEGLU；题目要 silu(z) = z·σ(z)。")
exercise.edit("门用了 z·σ(1.702z)", activation=lambda x: x * torch.sigmoid(1.702 * x),
              look="silu(z) = z·σ(z)，没有系数。")
exercise.edit("先激活，再乘 gate", before=F.silu, activation=lambda x: x, look="先 gate(x)，再 silu。")
exercise.edit("自己加了残差", residual=True, look="残差在外面加，这里只返回前馈网络的输出。")
exercise.edit("忘了 down", last=False, look="最后还要乘 down，回到 c 维。")
exercise.edit("溢出", activation=lambda x: x * x.exp() / (1 + x.exp()),
              look="e^z 会溢出：用 torch.sigmoid 或 F.silu。")
exercise.edit("结果变成了单精度", cast=lambda x: x.float(), look="返回与 x 同样的类型。")
