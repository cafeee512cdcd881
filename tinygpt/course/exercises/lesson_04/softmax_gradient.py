"""练习 4.2 softmax 的反向。"""

import torch
from einops import einsum

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def softmax_gradient(p, g):
    return p * (g - (g * p).sum(dim=-1, keepdim=True))


exercise = Exercise(
    "4.2", "softmax 的反向", softmax_gradient,
    look="∂L/∂z_j = p_j (g_j − Σ_i g_i p_i)，和按每一行求。",
)


@exercise.probe("一行")
def _(answer, rng):
    return answer(torch.tensor([0.2, 0.5, 0.3]), torch.tensor([1.0, 2.0, -1.0]))


@exercise.probe("几行，每行各算各的")
def _(answer, rng):
    return answer(normal(rng, 3, 4).softmax(-1), normal(rng, 3, 4))


@exercise.probe("g 处处相同时梯度是 0")
def _(answer, rng):
    return answer(normal(rng, 2, 5).softmax(-1), torch.full((2, 5), 3.0))


@exercise.probe("与自动求导一致")
def _(answer, rng):
    z = normal(rng, 2, 3, 4, dtype=torch.float64).requires_grad_()
    g = normal(rng, 2, 3, 4, dtype=torch.float64)
    p = z.softmax(-1)
    (gradient,) = torch.autograd.grad(p, z, g)
    return torch.allclose(answer(p.detach(), g), gradient)


@exercise.correct("用雅可比矩阵")
def _(p, g):
    J = torch.diag_embed(p) - einsum(p, p, "... i, ... j -> ... i j")
    return einsum(J, g, "... i j, ... i -> ... j")


@exercise.correct("分成两项")
def _(p, g):
    return p * g - p * torch.einsum("...i,...i->...", p, g).unsqueeze(-1)


@exercise.mutant("漏了减去加权平均",
                 look="p_j 不只由 z_j 决定：抬高 z_j，别的 p 会变小。少的那一项是 −p_j Σ g_i p_i。")
def _(p, g):
    return p * g


@exercise.mutant("减去的是普通平均", look="括号里是按 p 加权的平均 Σ g_i p_i，不是 g 的算术平均。")
def _(p, g):
    return p * (g - g.mean(dim=-1, keepdim=True))


@exercise.mutant("减去的是总和", look="先乘 p 再求和：Σ g_i p_i。")
def _(p, g):
    return p * (g - g.sum(dim=-1, keepdim=True))


@exercise.mutant("只用了对角线", look="p(1 − p) 是雅可比矩阵的对角线，还有 −p_i p_j 那些。")
def _(p, g):
    return p * (1 - p) * g


@exercise.mutant("忘了外面的 p", look="括号外面还要乘 p_j。")
def _(p, g):
    return g - (g * p).sum(dim=-1, keepdim=True)


@exercise.mutant("整个张量一起求和", look="每一行是一个分布，和要按 dim=-1 求，keepdim=True。")
def _(p, g):
    return p * (g - (g * p).sum())


@exercise.mutant("符号反了", look="是 g_j 减去加权平均，不是反过来。")
def _(p, g):
    return -softmax_gradient(p, g)
