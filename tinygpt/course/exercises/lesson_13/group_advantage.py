"""练习 13.3 组里的优势。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def advantage_with(centre="group", scale="group", correction=0, eps=1e-6, axis=-1, guard=True, sign=1):
    """参考答案的几种改法。"""

    def run(rewards):
        mean = {"group": rewards.mean(axis, keepdim=True), "batch": rewards.mean(),
                "median": rewards.median(-1, keepdim=True).values, "best": rewards.amax(-1, keepdim=True),
                "none": torch.zeros(())}[centre]  # fmt: skip
        std = {"group": rewards.std(axis, correction=correction, keepdim=True),
               "batch": rewards.std(correction=0), "none": torch.ones(()),
               "variance": rewards.var(axis, correction=0, keepdim=True)}[scale]  # fmt: skip
        out = sign * (rewards - mean) / (std.clamp_min(eps) if guard else std)
        return out

    return run


exercise = Exercise(
    "13.3",
    "组里的优势",
    advantage_with(),
    look="每一行是同一个提示的一组：减去这一行的平均，除以这一行的标准差（除以个数的）；全都相同就是 0。",
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
        rows.append(centred / spread if spread > 0 else torch.zeros_like(row))
    return torch.stack(rows)


@exercise.correct("用 where 处理全都相同的")
def _(rewards):
    centred = rewards - rewards.mean(1, keepdim=True)
    std = rewards.std(1, unbiased=False, keepdim=True)
    return torch.where(std > 1e-8, centred / std.clamp_min(1e-8), torch.zeros_like(centred))


def with_a_large_eps(rewards):
    std = rewards.std(-1, correction=0, keepdim=True)
    return (rewards - rewards.mean(-1, keepdim=True)) / (std + 0.1)


def in_place(rewards):
    found = advantage_with()(rewards)
    rewards -= rewards.mean(-1, keepdim=True)
    return found


exercise.mutant("没有除以标准差", advantage_with(scale="none"), look="减去平均以后，再除以这一组的标准差。")
exercise.mutant("除以了方差", advantage_with(scale="variance"), look="除以标准差，是方差的平方根。")
exercise.mutant(
    "用了除以 n − 1 的标准差",
    advantage_with(correction=1),
    look="题目要的是除以个数的那一种：std(…, correction=0)。torch 默认除以 n − 1。",
)
exercise.mutant(
    "减的是全批的平均",
    advantage_with(centre="batch"),
    look="平均是一组的：同一个提示的几个回答互相比，难的题与易的题不混在一起。",
)
exercise.mutant(
    "除的是全批的标准差", advantage_with(scale="batch"), look="标准差也是一组的：keepdim=True，逐行算。"
)
exercise.mutant(
    "平均与标准差都是全批的",
    advantage_with(centre="batch", scale="batch"),
    look="一行是一组：平均与标准差都逐行算，难的题与易的题不混在一起。",
)
exercise.mutant(
    "按列算了", advantage_with(axis=0), look="一行是一组（同一个提示），在最后一个轴上算，不是在第一个轴上。"
)
exercise.mutant(
    "全都相同时得到 nan",
    advantage_with(guard=False),
    look="标准差是 0 时不能除：先 clamp_min(1e-6)，分子是 0，结果就是 0。",
)
exercise.mutant(
    "标准差加了 0.1",
    with_a_large_eps,
    look="防止除以 0 的数要小得看不出来（1e-6），不然奖励的大小就又起作用了。",
)
exercise.mutant(
    "减的是最大的",
    advantage_with(centre="best"),
    look="减去平均：比平均好的为正，差的为负。减去最大的，就没有谁被鼓励了。",
)
exercise.mutant("正负反了", advantage_with(sign=-1), look="比平均好的为正。")
exercise.mutant(
    "没有减平均", advantage_with(centre="none"), look="先减去一组的平均：不然全是正的，好的差的都被鼓励。"
)
exercise.mutant("改动了输入", in_place, look="不要用 -=：写成新的张量。")
