"""练习 4.2 softmax 的反向。"""

import torch
from einops import einsum

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal, unchanged


def gradient_with(
    outer=lambda p: p,
    average=lambda p, g: (p * g).sum(dim=-1, keepdim=True),
    combine=lambda g, average: g - average,
):
    return lambda p, g: outer(p) * combine(g, average(p, g))


exercise = Exercise(
    "4.2", "softmax 的反向", gradient_with(), assemble=gradient_with,
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


@exercise.probe("三个轴，行数与列数相同")
def _(answer, rng):
    return answer(normal(rng, 3, 3, 3).softmax(-1), normal(rng, 3, 3, 3))


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, normal(rng, 2, 4).softmax(-1), normal(rng, 2, 4))


@exercise.correct("用雅可比矩阵")
def _(p, g):
    J = torch.diag_embed(p) - einsum(p, p, "... i, ... j -> ... i j")
    return einsum(J, g, "... i j, ... i -> ... j")


@exercise.correct("分成两项")
def _(p, g):
    return p * g - p * torch.einsum("...i,...i->...", p, g).unsqueeze(-1)


exercise.edit("漏了减去加权平均",
              "p_j 不只由 z_j 决定：抬高 z_j，别的 p 会变小。少的那一项是 −p_j Σ g_i p_i。",
              average=lambda p, g: 0)
exercise.edit("减去的是普通平均", "括号里是按 p 加权的平均 Σ g_i p_i，不是 g 的算术平均。",
              average=lambda p, g: g.mean(dim=-1, keepdim=True))
exercise.edit("减去的是 g 的总和", "先乘 p 再求和：Σ g_i p_i。",
              average=lambda p, g: g.sum(dim=-1, keepdim=True))
exercise.edit("加权平均又除以了个数", "p 已经是权重，加起来就是平均：用 sum，不是 mean。",
              average=lambda p, g: (p * g).mean(dim=-1, keepdim=True))
exercise.edit("整个张量一起求和", "每一行是一个分布，和要按 dim=-1 求，keepdim=True。",
              average=lambda p, g: (p * g).sum())
exercise.edit("按第一个轴求和", "每一行是一个分布，和要按 dim=-1 求。",
              average=lambda p, g: (p * g).sum(dim=0, keepdim=True))
exercise.edit("求和没有 keepdim", "少了 keepdim=True，形状对不上，或者悄悄按列去减了。",
              average=lambda p, g: (p * g).sum(dim=-1))
exercise.edit("符号反了", "是 g_j 减去加权平均，不是反过来。", combine=lambda g, average: average - g)
exercise.edit("加了加权平均", "是减去加权平均，不是加。", combine=lambda g, average: g + average)
exercise.edit("忘了外面的 p", "括号外面还要乘 p_j。", outer=lambda p: 1)


@exercise.mutant("只用了对角线", look="p(1 − p) 是雅可比矩阵的对角线，还有 −p_i p_j 那些。")
def _(p, g):
    return p * (1 - p) * g


@exercise.mutant("少了括号，p 没有乘到加权平均上", look="p_j 乘的是整个括号：p * (g - 加权平均)。")
def _(p, g):
    return p * g - (p * g).sum(dim=-1, keepdim=True)


@exercise.mutant("p 与 g 的位置反了", look="外面乘的是 p，括号里是 g 减去加权平均。")
def _(p, g):
    return g * (p - (p * g).sum(dim=-1, keepdim=True))


@exercise.mutant("又做了一次 softmax", look="p 已经是概率，不要再 softmax。")
def _(p, g):
    return gradient_with()(p.softmax(dim=-1), g)


@exercise.mutant("改动了输入", look="g -= …、p *= … 会改掉调用者的张量；写成 g - …，得到一个新的。")
def _(p, g):
    result = gradient_with()(p, g)
    p.zero_()
    return result
