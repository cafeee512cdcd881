"""练习 1.7 交叉熵的梯度。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal, unchanged


def at_labels(p, labels):
    p = p.clone()
    p[torch.arange(len(labels)), labels] -= 1
    return p


def onehot(p, labels):
    return torch.nn.functional.one_hot(labels, p.size(-1)).to(p.dtype)


def gradient_with(
    probability=lambda z: z.softmax(-1),
    subtract=at_labels,
    sign=1,
    divide=lambda logits, labels: len(labels),
    out=lambda gradient: gradient,
):
    def run(logits, labels):
        gradient = subtract(probability(logits), labels)
        return out(sign * gradient / divide(logits, labels))

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


@exercise.probe("行数与候选数一样多")
def _(answer, rng):
    return answer(normal(rng, 4, 4), torch.tensor([3, 0, 0, 2]))


@exercise.probe("一行几百，一行几百的负数")
def _(answer, rng):
    return answer(torch.tensor([[400.0, 401.0], [-400.0, -402.0]]), torch.tensor([1, 0]))


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, normal(rng, 3, 4), torch.tensor([0, 3, 1]))


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


def every_row(p, labels):
    """p[:, labels] -= 1：每一行都减了所有的标签。"""
    p = p.clone()
    p[:, labels] -= 1
    return p


def wrong_rows(p, labels):
    p = p.clone()
    p[labels] -= 1
    return p


def written(p, labels):
    p = p.clone()
    p[torch.arange(len(labels)), labels] = -1.0
    return p


def global_max(z):
    e = (z - z.max()).exp()
    return e / e.sum(-1, keepdim=True)


exercise.edit("用了 logits，没有做 softmax", "先把分数变成概率。", probability=lambda z: z)
exercise.edit("按列做了 softmax", "一行是一个分布：最后一个轴。", probability=lambda z: z.softmax(0))
exercise.edit("用了对数概率", "公式里的 p 是概率：softmax，不是 log_softmax。",
              probability=lambda z: z.log_softmax(-1))
exercise.edit("用了 sigmoid", "几个候选里选一个，用 softmax；sigmoid 是各自的是与否。",
              probability=torch.sigmoid)
exercise.edit("没有减最大值，溢出", "分数几百时 exp 会溢出：先减去这一行的最大值，或用 softmax。",
              probability=lambda z: z.exp() / z.exp().sum(-1, keepdim=True))
exercise.edit("减去的是整个张量的最大值",
              "另一行小几百时，那一行全成了 0/0：每一行减去自己的最大值，或用 softmax。",
              probability=global_max)
exercise.edit("只有 softmax，没有减去真的那个", "真的那一个要减 1。", subtract=lambda p, labels: p)
exercise.edit("每一行都减了所有的标签", "p[:, labels] 是每一行都取这几列：用 p[torch.arange(n), labels]。",
              subtract=every_row)
exercise.edit("按标签取了行", "p[labels] 取的是第 labels 行：用 p[torch.arange(n), labels]。",
              subtract=wrong_rows)
exercise.edit("每一个都减了 1", "只有真的那一个减 1，别的不减。", subtract=lambda p, labels: p - 1)
exercise.edit("真的那个写成了 −1", "是**减去** 1：p − 1，不是 −1。", subtract=written)
exercise.edit("只留下了真的那个", "别的候选也有梯度：p_ij。",
              subtract=lambda p, labels: at_labels(p, labels) * onehot(p, labels))
exercise.edit("多乘了一个 p", "交叉熵与 softmax 合在一起，梯度就是 p − 独热，不用再乘 p。",
              subtract=lambda p, labels: p * at_labels(p, labels))
exercise.edit("符号反了", "损失是 −log p，梯度是 p − 1（真的那个）：更新时减去它，真的那个才变大。", sign=-1)
exercise.edit("没有除以行数", "损失是平均，梯度也要除以行数。", divide=lambda logits, labels: 1)
exercise.edit("除以了全部的个数", "除以行数（标签的个数），不是行数乘候选数。",
              divide=lambda logits, labels: logits.numel())
exercise.edit("除以了候选数", "除以行数（标签的个数），不是候选数。",
              divide=lambda logits, labels: logits.size(1))
exercise.edit("加成了一个数", "返回 (n, v)，每个 logits 各有一个梯度。", out=torch.sum)
exercise.edit("换成了 float64", "类型与输入相同：不要 .double()。", out=lambda gradient: gradient.double())


@exercise.mutant("减的 1 没有除以行数", look="整个括号都除以 n：(p − 独热) / n。")
def _(logits, labels):
    p = logits.softmax(-1)
    return p / len(labels) - onehot(p, labels)


@exercise.mutant("交成了损失", look="要的是梯度 (p − 独热) / n，不是 −log p。")
def _(logits, labels):
    return -logits.log_softmax(-1) / len(labels)


@exercise.mutant("改动了输入",
                 look="logits[…] -= 1、logits -= … 会改掉调用者的张量；softmax 以后得到的是新的，改它才行。")
def _(logits, labels):
    result = gradient_with()(logits, labels)
    logits -= logits.amax(-1, keepdim=True)
    return result
