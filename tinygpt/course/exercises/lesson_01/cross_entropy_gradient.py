"""练习 1.7 交叉熵的梯度。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal


def gradient_with(probability=lambda z: z.softmax(-1), sign=1, mean=True, target=1.0):
    def run(logits, labels):
        p = probability(logits).clone()
        p[torch.arange(len(labels)), labels] -= target
        return sign * (p / len(labels) if mean else p)

    return run


exercise = Exercise(
    "1.7", "交叉熵的梯度", gradient_with(), assemble=gradient_with,
    look="每一行是 softmax(z) 减去“真的那个是 1、其余是 0”，再除以行数（平均的损失）。",
)


@exercise.probe("一行，三个候选")
def _(answer, rng):
    return answer(torch.tensor([[2.0, 0.0, 1.0]]), torch.tensor([0]))


@exercise.probe("五行，四个候选")
def _(answer, rng):
    return answer(normal(rng, 5, 4), integers(rng, 0, 4, 5))


@exercise.probe("分数几百，不能溢出")
def _(answer, rng):
    return answer(torch.tensor([[500.0, 0.0, 499.0], [-300.0, -300.0, -301.0]]), torch.tensor([2, 0]))


@exercise.probe("全都一样大")
def _(answer, rng):
    return answer(torch.zeros(2, 5), torch.tensor([4, 0]))


@exercise.probe("两行的标签相同")
def _(answer, rng):
    return answer(normal(rng, 2, 3), torch.tensor([1, 1]))


@exercise.probe("不改动输入")
def _(answer, rng):
    logits, labels = normal(rng, 3, 4), torch.tensor([0, 3, 1])
    answer(logits, labels)
    return logits, labels


@exercise.correct("独热向量")
def _(logits, labels):
    onehot = torch.nn.functional.one_hot(labels, logits.size(-1)).float()
    return (logits.softmax(-1) - onehot) / logits.size(0)


@exercise.correct("用 torch 的自动求导")
def _(logits, labels):
    with torch.enable_grad():
        z = logits.detach().clone().requires_grad_()
        torch.nn.functional.cross_entropy(z, labels).backward()
    return z.grad


exercise.edit("符号反了", "损失是 −log p，梯度是 p − 1（真的那个）：更新时减去它，真的那个才变大。", sign=-1)
exercise.edit("没有除以行数", "损失是平均，梯度也要除以行数。", mean=False)
exercise.edit("只有 softmax，没有减去真的那个", "真的那一个要减 1。", target=0.0)
exercise.edit("用了 logits，没有做 softmax", "先把分数变成概率。", probability=lambda z: z)
exercise.edit("按列做了 softmax", "一行是一个分布：最后一个轴。", probability=lambda z: z.softmax(0))
exercise.edit("没有减最大值，溢出", "分数几百时 exp 会溢出：先减去这一行的最大值，或用 softmax。",
              probability=lambda z: z.exp() / z.exp().sum(-1, keepdim=True))
exercise.edit("用了 sigmoid", "几个候选里选一个，用 softmax；sigmoid 是各自的是与否。",
              probability=torch.sigmoid)


@exercise.mutant("每一行都减了 1", look="只有真的那一个减 1，别的不减。")
def _(logits, labels):
    return (logits.softmax(-1) - 1) / len(labels)


@exercise.mutant("除以了全部的个数", look="除以行数（标签的个数），不是行数乘候选数。")
def _(logits, labels):
    return gradient_with(mean=False)(logits, labels) / logits.numel()
