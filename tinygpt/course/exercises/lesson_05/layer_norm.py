"""练习 5.3 层归一化。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal, unchanged


def norm_with(
    dim=-1,
    middle=lambda x, dim: x.mean(dim, keepdim=True),
    variance=lambda x, dim: x.var(dim, keepdim=True, unbiased=False),
    spread=lambda variance, eps: (variance + eps).sqrt(),
    eps_of=lambda eps: eps,
    weigh=lambda y, weight: y * weight,
    shift=lambda y, bias: y + bias,
):
    def run(x, weight, bias, eps=1e-5):
        centered, size = x - middle(x, dim), variance(x, dim)
        return shift(weigh(centered / spread(size, eps_of(eps)), weight), bias)

    return run


def mean_square(x, dim):
    return (x * x).mean(dim, keepdim=True)


exercise = Exercise(
    "5.3", "层归一化", lambda x, weight, bias, eps=1e-5: F.layer_norm(x, x.shape[-1:], weight, bias, eps),
    assemble=norm_with,
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


@exercise.probe("三个轴一样长，ε 是 0.1，平均值不是 0")
def _(answer, rng):
    return answer(normal(rng, 4, 4, 4) + 1, normal(rng, 4), normal(rng, 4), 0.1)


@exercise.probe("不给 ε：就是 1e-5")
def _(answer, rng):
    return answer(normal(rng, 2, 8, scale=3e-3), normal(rng, 8), normal(rng, 8))


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, normal(rng, 2, 3, 4), normal(rng, 4), normal(rng, 4), 1e-5)


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


exercise.edit("除以了 c − 1", "方差除以 c：x.var(dim=-1, unbiased=False)。",
              variance=lambda x, dim: x.var(dim, keepdim=True))
exercise.edit("方差没有除以 c", "方差是平方的**平均**：mean，不是 sum。",
              variance=lambda x, dim: (x - x.mean(dim, keepdim=True)).pow(2).sum(dim, keepdim=True))
exercise.edit("方差没有减平均", "方差是 (x − 平均) 的平方的平均，不是 x 的平方的平均。", variance=mean_square)
exercise.edit("没有减平均", "分子是 x − 平均。", middle=lambda x, dim: 0)
exercise.edit("减去的是中位数", "减去的是平均 x.mean。",
              middle=lambda x, dim: x.median(dim, keepdim=True).values)
exercise.edit("没有 ε", "方差是 0 时分母是 0，得到 nan。", eps_of=lambda eps: 0.0)
exercise.edit("ε 写死成了 1e-5", "用传进来的 eps。", eps_of=lambda eps: 1e-5)
exercise.edit("ε 写死成了 1e-6", "用传进来的 eps。", eps_of=lambda eps: 1e-6)
exercise.edit("ε 写死成了 1e-8", "用传进来的 eps。", eps_of=lambda eps: 1e-8)
exercise.edit("ε 平方了", "加的就是 eps，不平方。", eps_of=lambda eps: eps * eps)
exercise.edit("ε 加在根号外面", "是 √(方差 + ε)，不是 √方差 + ε。输入很小的时候差很多。",
              spread=lambda variance, eps: variance.sqrt() + eps)
exercise.edit("没有开方", "除以标准差，不是方差。", spread=lambda variance, eps: variance + eps)
exercise.edit("标准差又开了一次方", "std 已经开过方：√(方差 + ε) 里放的是方差 var。",
              spread=lambda variance, eps: (variance.sqrt() + eps).sqrt())
exercise.edit("按第一个轴归一", "每个位置的 c 个数自己归一，dim=-1。", dim=0)
exercise.edit("按第二个轴归一", "每个位置的 c 个数自己归一，dim=-1；前面有几个轴不一定。", dim=1)
exercise.edit("忘了 weight", "归一以后还要乘学出来的 weight。", weigh=lambda y, weight: y)
exercise.edit("weight 加了 1", "乘的就是 weight，不加 1。", weigh=lambda y, weight: y * (1 + weight))
exercise.edit("忘了 bias", "最后还要加 bias。", shift=lambda y, bias: y)
exercise.edit("减去了 bias", "bias 是加上去的。", shift=lambda y, bias: y - bias)


@exercise.mutant("用 std，又把 ε 加在外面",
                 look="std 默认除以 c − 1，ε 要在根号里面：√(方差 + ε)，方差 unbiased=False。")
def _(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + eps) * weight + bias


@exercise.mutant("没有减平均，成了 RMSNorm",
                 look="除以的是 √(平方的平均)，那是 RMSNorm。层归一化先减去平均。")
def _(x, weight, bias, eps=1e-5):
    return norm_with(middle=lambda x, dim: 0, variance=mean_square)(x, weight, bias, eps)


@exercise.mutant("weight 与 bias 都忘了", look="归一以后还要乘 weight、加 bias。")
def _(x, weight, bias, eps=1e-5):
    return norm_with(weigh=lambda y, weight: y, shift=lambda y, bias: y)(x, weight, bias, eps)


@exercise.mutant("先加 bias 再乘 weight", look="先乘 weight，再加 bias。")
def _(x, weight, bias, eps=1e-5):
    return (F.layer_norm(x, x.shape[-1:], eps=eps) + bias) * weight


@exercise.mutant("整个张量一起归一", look="每个位置各自的平均与方差：dim=-1, keepdim=True。")
def _(x, weight, bias, eps=1e-5):
    return (x - x.mean()) / (x.var(unbiased=False) + eps).sqrt() * weight + bias


@exercise.mutant("求平均没有 keepdim", look="少了 keepdim=True，形状对不上，或者悄悄按别的轴去减了。")
def _(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1)) / (x.var(-1, unbiased=False) + eps).sqrt() * weight + bias


@exercise.mutant("改动了输入",
                 look="x -= … 会改掉调用者的张量（残差还要用它）；写成 x = x - …，得到一个新的。")
def _(x, weight, bias, eps=1e-5):
    result = norm_with()(x, weight, bias, eps)
    x -= x.mean(dim=-1, keepdim=True)
    return result
