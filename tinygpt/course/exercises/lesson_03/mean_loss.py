"""练习 3.8 找错误：补齐与平均。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, unchanged
from tinygpt.losses import IGNORE


def mean_with(
    kept=lambda labels: labels != IGNORE,
    total=lambda losses, kept: losses[kept].sum(),
    count=lambda losses, kept: kept.sum(),
    part=lambda losses, labels: (losses, labels),
    out=lambda value: value,
):
    def run(losses, labels):
        losses, labels = part(losses, labels)
        real = kept(labels)
        return out(total(losses, real) / count(losses, real))

    return run


exercise = Exercise(
    "3.8", "找错误：补齐与平均", mean_with(), assemble=mean_with,
    look="标签是 −100 的位置既不加进总和，也不算进个数；除以的是整批真的标签数。",
)


@exercise.probe("没有补齐")
def _(answer, rng):
    return answer(torch.rand(2, 4, generator=rng), integers(rng, 1, 50, 2, 4))


@exercise.probe("补齐的位置损失是 0")
def _(answer, rng):
    labels = torch.tensor([[5, 6, 7, 8], [5, IGNORE, IGNORE, IGNORE]])
    return answer(torch.rand(2, 4, generator=rng) * (labels != IGNORE), labels)


@exercise.probe("补齐的位置损失不是 0")
def _(answer, rng):
    labels = torch.tensor([[5, 6, IGNORE, IGNORE], [5, 6, 7, IGNORE]])
    return answer(torch.rand(2, 4, generator=rng) + 1, labels)


@exercise.probe("标签里有编号 0")
def _(answer, rng):
    return answer(torch.rand(1, 4, generator=rng), torch.tensor([[0, 3, 0, IGNORE]]))


@exercise.probe("有的真的位置，损失正好是 0")
def _(answer, rng):
    labels = torch.tensor([[5, 6, 7, IGNORE], [8, 9, IGNORE, IGNORE]])
    return answer(torch.tensor([[0.5, 0.0, 1.0, 3.0], [0.0, 2.0, 4.0, 0.0]]), labels)


@exercise.probe("三行，每行补得不一样多")
def _(answer, rng):
    labels = integers(rng, 0, 50, 3, 6)
    labels[torch.arange(6) >= torch.tensor([[6], [1], [3]])] = IGNORE
    return answer(torch.rand(3, 6, generator=rng), labels)


@exercise.probe("不改动输入")
def _(answer, rng):
    labels = torch.tensor([[5, 6, IGNORE], [5, IGNORE, IGNORE]])
    return unchanged(answer, torch.rand(2, 3, generator=rng) + 1, labels)


@exercise.correct("乘以掩码")
def _(losses, labels):
    mask = (labels != -100).float()
    return (losses * mask).sum() / mask.sum()


@exercise.correct("取出来再平均")
def _(losses, labels):
    return torch.masked_select(losses, labels.ne(-100)).mean()


exercise.edit("补齐的位置也算进了个数", "总和里去掉了补齐的，分母却没有：损失看上去比真的小，补得越多越小。",
              count=lambda losses, kept: kept.numel())
exercise.edit("补齐的位置也加进了总和", "补齐的位置不加进总和：先用 labels != -100 取出来。",
              total=lambda losses, kept: losses.sum())
exercise.edit("只算了补齐的位置", "反了：要的是 labels **不是** −100 的位置。",
              kept=lambda labels: labels == IGNORE)
exercise.edit("没有管补齐", "labels 为 −100 的位置不算。", kept=lambda labels: labels == labels)
exercise.edit("把编号 0 也当成补齐", "这里补齐的标签是 −100；编号 0 是一个真的 token。",
              kept=lambda labels: labels > 0)
exercise.edit("返回了总和", "还要除以真的标签数。", count=lambda losses, kept: 1)
exercise.edit("除以了行数", "分母是标签的个数，不是行数。", count=lambda losses, kept: len(losses))
exercise.edit("除以了列数", "分母是标签的个数，不是列数。", count=lambda losses, kept: losses.size(1))
exercise.edit("损失是 0 的位置没有算进个数", "个数看标签，不看损失：真的位置损失也可能正好是 0。",
              count=lambda losses, kept: (losses[kept] != 0).sum())
exercise.edit("除以了补齐的个数", "分母是真的标签数：(labels != -100).sum()。",
              count=lambda losses, kept: (~kept).sum())
exercise.edit("只看了第一行", "整批一起算，不是 losses[0]。", part=lambda x, y: (x[:1], y[:1]))
exercise.edit("去掉了一列", "标签已经错开过了，不用再切掉一列。", part=lambda x, y: (x[:, :-1], y[:, :-1]))
exercise.edit("取成了 Python 的数", "题目要的是 0 维张量：不要 .item()、float()，训练时还要由它反向传播。",
              out=float)
exercise.edit("截成了整数", "用 /，不要 //。", out=torch.floor)


@exercise.mutant("每行先平均，再平均", look="短的一行里，每个 token 的分量变重了；整批的和除以整批的个数。")
def _(losses, labels):
    return torch.stack([mean_with()(a, b) for a, b in zip(losses, labels)]).mean()


@exercise.mutant("改动了输入", look="losses[…] = 0 会改掉调用者的张量；用 losses[kept]，或 torch.where。")
def _(losses, labels):
    found = mean_with()(losses, labels)
    losses[labels == IGNORE] = 0
    return found
