"""练习 3.8 找错误：补齐与平均。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.losses import IGNORE


def mean_loss(losses, labels):
    kept = labels != IGNORE
    return losses[kept].sum() / kept.sum()


exercise = Exercise(
    "3.8", "找错误：补齐与平均", mean_loss,
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


@exercise.correct("乘以掩码")
def _(losses, labels):
    mask = (labels != -100).float()
    return (losses * mask).sum() / mask.sum()


@exercise.correct("取出来再平均")
def _(losses, labels):
    return torch.masked_select(losses, labels.ne(-100)).mean()


exercise.mutant("补齐的位置也算进了个数", lambda x, y: torch.where(y == IGNORE, 0.0, x).mean(),
                look="总和里去掉了补齐的，分母却没有：损失看上去比真的小，补得越多越小。")
exercise.mutant("没有管补齐", lambda x, y: x.mean(), look="labels 为 −100 的位置不算。")
exercise.mutant("返回了总和", lambda x, y: x[y != IGNORE].sum(), look="还要除以真的标签数。")
exercise.mutant("每行先平均，再平均",
                lambda x, y: torch.stack([mean_loss(a, b) for a, b in zip(x, y, strict=True)]).mean(),
                look="短的一行里，每个 token 的分量变重了；整批的和除以整批的个数。")
exercise.mutant("除以了行数", lambda x, y: x[y != IGNORE].sum() / len(x), look="分母是标签的个数，不是行数。")
exercise.mutant("把编号 0 也当成补齐", lambda x, y: x[y > 0].mean(),
                look="这里补齐的标签是 −100；编号 0 是一个真的 token。")
exercise.mutant("去掉了损失为 0 的位置之外，还去掉了一列", lambda x, y: mean_loss(x[:, :-1], y[:, :-1]),
                look="标签已经错开过了，不用再切掉一列。")
