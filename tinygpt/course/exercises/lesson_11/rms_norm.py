"""练习 11.3 RMSNorm。"""

import torch
from torch import nn

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def rms_with(
    center=False, over=lambda x: x.square().mean(-1, keepdim=True), root=lambda m, e: (m + e).sqrt(),
    scale=lambda y, w: y * w, inplace=False, cast=lambda x: x,
):  # fmt: skip
    """参考答案的几种改法。"""

    def run(x, weight, eps=1e-6):
        y = cast(x - x.mean(-1, keepdim=True) if center else x)
        y = scale(y / root(over(y), eps), weight)
        return x.copy_(y) if inplace else y

    return run


exercise = Exercise(
    "11.3", "RMSNorm", rms_with(), assemble=rms_with,
    look="沿最后一个轴：x / √(mean(x²) + ε)，再乘 weight。不减平均，没有偏置。",
)


@exercise.probe("两个数，手算得出")
def _(answer, rng):
    return answer(torch.tensor([3.0, 4.0]), torch.ones(2), eps=0.0)


@exercise.probe("几行，weight 不是 1")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 8), normal(rng, 8))


@exercise.probe("平均不是 0")
def _(answer, rng):
    return answer(normal(rng, 4, 6) + 5, torch.ones(6))


@exercise.probe("各行大小差得远")
def _(answer, rng):
    return answer(normal(rng, 3, 5) * torch.tensor([[0.1], [10.0], [100.0]]), normal(rng, 5))


@exercise.probe("很小的输入：ε 起作用")
def _(answer, rng):
    return answer(normal(rng, 2, 4, scale=1e-3), torch.ones(4))


@exercise.probe("给出 ε")
def _(answer, rng):
    return answer(normal(rng, 2, 4), torch.ones(4), eps=0.5)


@exercise.probe("全是 0")
def _(answer, rng):
    return answer(torch.zeros(2, 3), torch.ones(3))


@exercise.probe("行数与维数相同")
def _(answer, rng):
    return answer(normal(rng, 4, 4), normal(rng, 4))


@exercise.probe("双精度的输入")
def _(answer, rng):
    return answer(normal(rng, 2, 4, dtype=torch.float64), normal(rng, 4, dtype=torch.float64))


@exercise.probe("反向传播得了")
def _(answer, rng):
    x, weight = normal(rng, 2, 4).requires_grad_(), normal(rng, 4).requires_grad_()
    return torch.autograd.grad(answer(x, weight).square().sum(), (x, weight))


@exercise.probe("不改动输入")
def _(answer, rng):
    x, weight = normal(rng, 2, 4), normal(rng, 4)
    before = x.clone(), weight.clone()
    answer(x, weight)
    return torch.equal(x, before[0]) and torch.equal(weight, before[1])


@exercise.correct("rsqrt")
def _(x, weight, eps=1e-6):
    return weight * x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + eps)


@exercise.correct("由长度算")
def _(x, weight, eps=1e-6):
    length = (x * x).sum(-1, keepdim=True)
    return x / torch.sqrt(length / x.size(-1) + eps) * weight


@exercise.correct("torch 的函数")
def _(x, weight, eps=1e-6):
    return nn.functional.rms_norm(x, (x.size(-1),), weight, eps)


exercise.edit("减了平均", center=True, look="那是 LayerNorm。RMSNorm 不减平均，只除以均方根。")
exercise.edit("平方求了和，没有平均", over=lambda x: x.square().sum(-1, keepdim=True),
              look="是 mean(x²)：归一以后长度是 √c，不是 1。")
exercise.edit("取了绝对值的平均", over=lambda x: x.abs().mean(-1, keepdim=True).square(),
              look="是平方的平均再开方。")
exercise.edit("先平均，再平方", over=lambda x: x.mean(-1, keepdim=True).square(),
              look="先平方，再平均：mean(x²)，不是 mean(x)²。")
exercise.edit("按倒数第二个轴归一", over=lambda x: x.square().mean(-2 if x.ndim > 1 else -1, keepdim=True),
              look="沿最后一个轴：每个位置自己归一。")
exercise.edit("整个张量一起归一", over=lambda x: x.square().mean(),
              look="每个位置各归各的：mean(-1, keepdim=True)。")
exercise.edit("除以了标准差", over=lambda x: x.var(-1, correction=0, keepdim=True),
              look="分母是均方根，不减平均：mean(x²)。")
exercise.edit("没有开方", root=lambda m, e: m + e, look="除以 √(mean(x²) + ε)。")
exercise.edit("没有 ε", root=lambda m, e: m.sqrt(), look="全是 0 的一行会得到 nan：根号里加上 ε。")
exercise.edit("ε 加在根号外面", root=lambda m, e: m.sqrt() + e, look="ε 在根号里：√(mean(x²) + ε)。")
exercise.edit("ε 写死成了 1e-6", root=lambda m, e: (m + 1e-6).sqrt(), look="eps 是参数，默认 1e-6。")
exercise.edit("忘了 weight", scale=lambda y, w: y, look="最后乘上 weight，逐个维度。")
exercise.edit("乘了 1 + weight", scale=lambda y, w: y * (1 + w),
              look="有的模型那样存；题目要的是直接乘 weight。")
exercise.edit("加上了 weight", scale=lambda y, w: y + w, look="weight 是乘的，没有偏置。")
exercise.edit("改动了输入", inplace=True, look="x /= … 会改动调用者的张量：写成 x / …。")
exercise.edit("ε 当成了下限", root=lambda m, e: m.clamp_min(e).sqrt(), look="ε 是加上去的：√(mean(x²) + ε)。")
exercise.mutant("归一成了长度 1", lambda x, weight, eps=1e-6: nn.functional.normalize(x, dim=-1) * weight,
                look="除以的是均方根，不是长度：归一以后长度是 √c。")
exercise.edit("按第一个轴归一", over=lambda x: x.square().mean(0, keepdim=True),
              look="沿最后一个轴：mean(-1, …)。")
exercise.edit("梯度没有经过分母", over=lambda x: x.detach().square().mean(-1, keepdim=True),
              look="不要 detach：分母也随 x 变，反向要经过它。")
exercise.edit("结果变成了单精度", cast=lambda x: x.float(), scale=lambda y, w: y * w.float(),
              look="返回与 x 同样的类型。")
