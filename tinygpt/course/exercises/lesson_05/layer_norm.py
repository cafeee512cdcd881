"""练习 5.3 层归一化。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def norm_with(
    eps_inside=True, use_eps=True, unbiased=False, dim=-1, center=True, scale=True, shift=True, root=True
):
    def run(x, weight, bias, eps=1e-5):
        centered = x - x.mean(dim, keepdim=True) if center else x
        variance = x.var(dim, keepdim=True, unbiased=unbiased) if center else (x * x).mean(dim, keepdim=True)
        eps = eps if use_eps else 0.0
        inside, outside = (eps, 0.0) if eps_inside else (0.0, eps)
        spread = (variance + inside).sqrt() if root else variance + inside
        y = centered / (spread + outside)
        return y * (weight if scale else 1) + (bias if shift else 0)

    return run


exercise = Exercise(
    "5.3", "层归一化", lambda x, weight, bias, eps=1e-5: F.layer_norm(x, x.shape[-1:], weight, bias, eps),
    look="每个位置自己的平均与方差（除以 c，不是 c − 1）；(x − 平均) / √(方差 + ε)，再乘 weight 加 bias。",
    rtol=1e-3, atol=1e-4,
)


@exercise.probe("一个向量")
def _(answer, rng):
    return answer(torch.tensor([1.0, 2.0, 3.0, 6.0]), torch.ones(4), torch.zeros(4), 1e-5)


@exercise.probe("2 批、3 个位置，weight 与 bias 不是 1 和 0")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 8), normal(rng, 8), normal(rng, 8), 1e-5)


@exercise.probe("只有 bias 不是 0")
def _(answer, rng):
    return answer(normal(rng, 2, 6), torch.ones(6), normal(rng, 6), 1e-5)


@exercise.probe("很小的输入（ε 起作用）")
def _(answer, rng):
    return answer(normal(rng, 2, 8, scale=1e-3), torch.ones(8), torch.zeros(8), 1e-5)


@exercise.probe("全都相等：方差是 0")
def _(answer, rng):
    return answer(torch.full((2, 4), 3.0), torch.ones(4), torch.zeros(4), 1e-5)


@exercise.probe("平均值离 0 很远")
def _(answer, rng):
    return answer(normal(rng, 3, 5) + 20, torch.ones(5), torch.zeros(5), 1e-5)


@exercise.probe("别的 ε")
def _(answer, rng):
    return answer(normal(rng, 2, 4), torch.ones(4), torch.zeros(4), 0.5)


@exercise.correct("平方的平均减平均的平方")
def _(x, weight, bias, eps=1e-5):
    x64 = x.double()
    mean = x64.mean(-1, keepdim=True)
    variance = (x64**2).mean(-1, keepdim=True) - mean**2
    return ((x64 - mean) * torch.rsqrt(variance.clamp_min(0) + eps)).float() * weight + bias


@exercise.correct("照定义求和")
def _(x, weight, bias, eps=1e-5):
    c = x.shape[-1]
    centered = x - x.sum(-1, keepdim=True) / c
    return weight * centered / torch.sqrt((centered**2).sum(-1, keepdim=True) / c + eps) + bias


exercise.mutant("除以了 c − 1", norm_with(unbiased=True), look="方差除以 c：x.var(dim=-1, unbiased=False)。")
exercise.mutant("没有 ε", norm_with(use_eps=False), look="方差是 0 时分母是 0，得到 nan。")
exercise.mutant("ε 加在根号外面", norm_with(eps_inside=False),
                look="是 √(方差 + ε)，不是 √方差 + ε。输入很小的时候差很多。")
exercise.mutant("没有开方", norm_with(root=False), look="除以标准差，不是方差。")
exercise.mutant("没有减平均", norm_with(center=False), look="那是 RMSNorm。层归一化先减去平均。")
exercise.mutant("忘了 weight", norm_with(scale=False), look="归一以后还要乘学出来的 weight。")
exercise.mutant("忘了 bias", norm_with(shift=False), look="最后还要加 bias。")
exercise.mutant("按第一个轴归一", norm_with(dim=0), look="每个位置的 c 个数自己归一，dim=-1。")
exercise.mutant("先加 bias 再乘 weight",
                lambda x, w, b, eps=1e-5: (F.layer_norm(x, x.shape[-1:], eps=eps) + b) * w,
                look="先乘 weight，再加 bias。")
exercise.mutant("ε 写死成了 1e-5", lambda x, w, b, eps=1e-5: F.layer_norm(x, x.shape[-1:], w, b, 1e-5),
                look="用传进来的 eps。")
exercise.mutant("整个张量一起归一",
                lambda x, w, b, eps=1e-5: (x - x.mean()) / (x.var(unbiased=False) + eps).sqrt() * w + b,
                look="每个位置各自的平均与方差：dim=-1, keepdim=True。")
