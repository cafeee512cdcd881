"""练习 13.3 组里的优势。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def group_mean(rewards):
    return rewards.mean(-1, keepdim=True)


def group_std(rewards):
    return rewards.std(-1, correction=0, keepdim=True)


def advantage_with(
    centre=group_mean, spread=group_std, divide=lambda centred, std: centred / std.clamp_min(1e-6),
    give=lambda advantages: advantages, inplace=False,
):  # fmt: skip
    """centre：减去什么；spread：除以什么；divide：怎样除；give：最后再怎么变。"""

    def run(rewards):
        centred, std = rewards - centre(rewards), spread(rewards)
        if inplace:
            rewards.copy_(centred)
        return give(divide(centred, std))

    return run


exercise = Exercise(
    "13.3",
    "组里的优势",
    advantage_with(),
    look="每一行是同一个提示的一组：减去这一行的平均，除以这一行的标准差（除以个数的）；全都相同就是 0。",
    assemble=advantage_with,
)


@exercise.probe("三组，每组四个")
def _(answer, rng):
    return answer(normal(rng, 3, 4, dtype=torch.float64) * torch.tensor([[1.0], [5.0], [0.2]]).double())


@exercise.probe("对与错：1 与 0")
def _(answer, rng):
    return answer(torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0]], dtype=torch.float64))


@exercise.probe("一组全对，一组全错")
def _(answer, rng):
    return answer(torch.tensor([[1.0] * 4, [0.0] * 4, [1.0, 0.0, 1.0, 0.0]], dtype=torch.float64))


@exercise.probe("奖励都加上 10，不变")
def _(answer, rng):
    rewards = normal(rng, 2, 5, dtype=torch.float64)
    return answer(rewards + 10) - answer(rewards)


@exercise.probe("一组一组的难度不同")
def _(answer, rng):
    return answer(
        normal(rng, 4, 3, dtype=torch.float64) + torch.tensor([[0.0], [3.0], [9.0], [30.0]]).double()
    )


@exercise.probe("全都相同，可是不是整数：标准差未必正好算成 0")
def _(answer, rng):
    groups = [(0.1, 3), (0.7, 6), (0.3, 7), (0.1, 10), (1.1, 30)]
    return [answer(torch.full((2, g), value, dtype=torch.float64)) for value, g in groups]


@exercise.probe("奖励都很接近")
def _(answer, rng):
    return answer(torch.tensor([[0.5, 0.55, 0.6], [0.9, 0.9, 0.95]], dtype=torch.float64))


@exercise.probe("一组只有一个回答")
def _(answer, rng):
    return answer(torch.tensor([[2.0], [0.0]], dtype=torch.float64))


@exercise.probe("一组里只有一个得分，组很大")
def _(answer, rng):
    return answer(torch.eye(2, 30, dtype=torch.float64))


@exercise.probe("没有改动输入")
def _(answer, rng):
    rewards = normal(rng, 2, 3, dtype=torch.float64)
    kept = rewards.clone()
    answer(rewards)
    return torch.equal(rewards, kept)


@exercise.correct("一组一组地算")
def _(rewards):
    rows = []
    for row in rewards:
        centred = row - row.mean()
        spread = (centred**2).mean().sqrt()
        rows.append(centred / spread if row.max() > row.min() else torch.zeros_like(row))
    return torch.stack(rows)


@exercise.correct("用 where 处理全都相同的")
def _(rewards):
    centred = rewards - rewards.mean(1, keepdim=True)
    std = rewards.std(1, unbiased=False, keepdim=True)
    return torch.where(std > 1e-8, centred / std.clamp_min(1e-8), torch.zeros_like(centred))


exercise.edit("没有除以标准差", spread=lambda r: torch.ones(()), look="减去平均以后，再除以这一组的标准差。")
exercise.edit("除以了方差", spread=lambda r: r.var(-1, correction=0, keepdim=True),
              look="除以标准差，是方差的平方根。")
exercise.edit("用了除以 n − 1 的标准差", spread=lambda r: r.std(-1, keepdim=True),
              look="题目要的是除以个数的那一种：std(…, correction=0)。torch 默认除以 n − 1。")
exercise.edit("除的是全批的标准差", spread=lambda r: r.std(correction=0),
              look="标准差也是一组的：keepdim=True，逐行算。")
exercise.edit("除的是最大减最小", spread=lambda r: r.amax(-1, keepdim=True) - r.amin(-1, keepdim=True),
              look="除以标准差：差的平方取平均，再开方。")
exercise.edit("除的是差的绝对值的平均", spread=lambda r: (r - group_mean(r)).abs().mean(-1, keepdim=True),
              look="除以标准差：差的**平方**取平均，再开方。")
exercise.edit("减的是全批的平均", centre=lambda r: r.mean(),
              look="平均是一组的：同一个提示的几个回答互相比，难的题与易的题不混在一起。")
exercise.edit("平均与标准差都是全批的", centre=lambda r: r.mean(), spread=lambda r: r.std(correction=0),
              look="一行是一组：平均与标准差都逐行算，难的题与易的题不混在一起。")
exercise.edit("按列算了", centre=lambda r: r.mean(0), spread=lambda r: r.std(0, correction=0),
              look="一行是一组（同一个提示），在最后一个轴上算，不是在第一个轴上。")
exercise.edit("平均按列算了", centre=lambda r: r.mean(0), look="一行是一组：mean(-1, keepdim=True)。")
exercise.edit("平均没有留下轴", centre=lambda r: r.mean(-1),
              look="mean(-1) 的形状是 (p,)，相减时对到了列上：写 keepdim=True。")
exercise.edit("减的是中位数", centre=lambda r: r.median(-1, keepdim=True).values, look="减去平均。")
exercise.edit("减的是最大的", centre=lambda r: r.amax(-1, keepdim=True),
              look="减去平均：比平均好的为正，差的为负。减去最大的，就没有谁被鼓励了。")
exercise.edit("减的是最小的", centre=lambda r: r.amin(-1, keepdim=True),
              look="减去平均：比平均好的为正，差的为负。")
exercise.edit("减的是别人的平均", centre=lambda r: (r.sum(-1, keepdim=True) - r) / max(1, r.size(-1) - 1),
              look="减去这一组全部的平均，包括自己。")
exercise.edit("没有减平均", centre=lambda r: torch.zeros(()),
              look="先减去一组的平均：不然全是正的，好的差的都被鼓励。")
exercise.edit("正负反了", give=lambda a: -a, look="比平均好的为正。")
exercise.edit("夹在了 −1 与 1 之间", give=lambda a: a.clamp(-1, 1), look="不要夹。")
exercise.edit("换成了单精度", give=lambda a: a.float(), look="奖励是什么类型，优势就是什么类型。")
exercise.edit("全都相同时得到 nan", divide=lambda c, std: c / std,
              look="标准差是 0 时不能除：先 clamp_min(1e-6)，分子是 0，结果就是 0。")
exercise.edit("只有标准差正好是 0 才当作相同",
              spread=lambda r: (r - group_mean(r)).square().mean(-1, keepdim=True).sqrt(),
              divide=lambda c, std: torch.where(std == 0, 0.0, c / std),
              look="0.1、0.1、0.1 的平均有舍入，标准差是 1e-17，不是 0：用 clamp_min(1e-6)。")
exercise.edit("把 nan 换成了 0", divide=lambda c, std: (c / std).nan_to_num(0.0),
              look="0.1、0.1、0.1 的平均有舍入，标准差是 1e-17，除出来不是 nan：用 clamp_min(1e-6)。")
exercise.edit("标准差加了 1", divide=lambda c, std: c / (std + 1),
              look="防止除以 0 的数要小得看不出来：1e-6。")
exercise.edit("标准差加了 0.1", divide=lambda c, std: c / (std + 0.1),
              look="防止除以 0 的数要小得看不出来（1e-6），不然奖励的大小就又起作用了。")
exercise.edit("标准差加了 0.01", divide=lambda c, std: c / (std + 0.01), look="防止除以 0 的数不超过 1e-6。")
exercise.edit("标准差加了 0.0001", divide=lambda c, std: c / (std + 1e-4),
              look="防止除以 0 的数不超过 1e-6。")
exercise.edit("标准差至少是 1", divide=lambda c, std: c / std.clamp_min(1.0),
              look="防止除以 0 的数不超过 1e-6。")
exercise.edit("标准差至少是 0.1", divide=lambda c, std: c / std.clamp_min(0.1),
              look="防止除以 0 的数不超过 1e-6。")
exercise.edit("有一组全都相同，就全批都是 0", divide=lambda c, std: c / std if (std > 1e-9).all() else 0 * c,
              look="只有全都相同的那一组是 0，别的组照算。")
exercise.edit("改动了输入", inplace=True, look="不要用 -=、sub_、div_：写成新的张量。")
exercise.mutant("做了层归一化", lambda rewards: F.layer_norm(rewards, rewards.shape[-1:]),
                look="道理相同，可是层归一化的方差里加了 1e-5；照题目写：防止除以 0 的数不超过 1e-6。")
exercise.mutant("做了 softmax", lambda rewards: rewards.softmax(-1),
              look="减去平均，除以标准差，不是 softmax。")
