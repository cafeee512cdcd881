"""练习 13.1 一个回答的对数概率。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal
from tinygpt.losses import IGNORE


def learnt_of(labels):
    return labels != IGNORE


def gathered(log_p, labels):
    return log_p.gather(-1, labels.clamp_min(0)[..., None])[..., 0]


def log_probability_with(
    scores=lambda z: z.log_softmax(-1), pick=gathered, learnt=learnt_of,
    add=lambda chosen, learnt: (chosen * learnt).sum(-1), give=lambda total: total, inplace=None,
):  # fmt: skip
    """scores：对数概率；pick：取出哪一项；learnt：哪些位置算；add：怎样合起来。"""

    def run(logits, labels):
        found = add(pick(scores(logits), labels), learnt(labels))
        if inplace == "labels":
            labels.clamp_min_(0)
        elif inplace == "logits":
            logits.sub_(1)
        return give(found)

    return run


exercise = Exercise(
    "13.1",
    "一个回答的对数概率",
    log_probability_with(),
    look="先对最后一个轴取 log_softmax，再取出标签那一项，标签是 IGNORE 的位置当作 0，每行相加。",
    assemble=log_probability_with,
)


def inputs(rng, ignore=2, size=6, scale=1.0):
    """三行，每行开头 ignore 个位置是提示，最后一行末尾补了一个。"""
    labels = integers(rng, 0, 9, 3, size)
    labels[:, :ignore] = IGNORE
    labels[2, -1] = IGNORE
    return normal(rng, 3, size, 9, scale=scale), labels


@exercise.probe("三行，提示与补的位置不算")
def _(answer, rng):
    return answer(*inputs(rng))


@exercise.probe("没有提示")
def _(answer, rng):
    return answer(*inputs(rng, ignore=0))


@exercise.probe("logits 很大")
def _(answer, rng):
    return answer(*inputs(rng, scale=300.0))


@exercise.probe("一个很确定的模型")
def _(answer, rng):
    logits, labels = inputs(rng)
    return answer(logits + 20 * F.one_hot(labels.clamp_min(0), 9), labels)


@exercise.probe("编号 0 也是一个 token")
def _(answer, rng):
    logits, labels = inputs(rng)
    return answer(logits, labels.where(labels == IGNORE, 0))


@exercise.probe("有一行一个也不算：是 0")
def _(answer, rng):
    logits, labels = inputs(rng)
    labels[1] = IGNORE
    return answer(logits, labels)


@exercise.probe("梯度传回 logits")
def _(answer, rng):
    logits, labels = inputs(rng)
    logits.requires_grad_(True)
    answer(logits, labels).sum().backward()
    return logits.grad


@exercise.probe("没有改动输入")
def _(answer, rng):
    logits, labels = inputs(rng)
    kept = logits.clone(), labels.clone()
    answer(logits, labels)
    return torch.equal(logits, kept[0]) and torch.equal(labels, kept[1])


@exercise.correct("用交叉熵")
def _(logits, labels):
    loss = F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=IGNORE, reduction="none")
    return -loss.sum(-1)


@exercise.correct("一个一个地加")
def _(logits, labels):
    rows = []
    for row, wanted in zip(logits, labels):
        parts = [one.log_softmax(-1)[label] for one, label in zip(row, wanted) if label != IGNORE]
        rows.append(sum(parts, logits.new_zeros(())))
    return torch.stack(rows)


def counted(labels):
    return torch.ones_like(labels)


exercise.edit("提示的 token 也算了", learnt=counted,
              look="标签是 IGNORE 的位置不算：提示是给定的，补的位置不是话。乘上 labels != IGNORE。")
exercise.edit("编号 0 没有算", learnt=lambda labels: labels > 0,
              look="只有 IGNORE（−100）不算；0 是一个真的编号。")
exercise.edit("算的是提示，不是回答", learnt=lambda labels: labels == IGNORE,
              look="反了：乘上 labels **!=** IGNORE。")
exercise.edit("所有行遮了同样的位置", learnt=lambda labels: labels[:1] != IGNORE,
              look="每一行有自己的标签，遮自己的。")
exercise.edit("回答的第一个 token 没有算",
              learnt=lambda labels: learnt_of(labels) & learnt_of(labels.roll(1, -1)),
              look="标签已经错开好了：只要不是 IGNORE 就算。")
exercise.edit("取了平均", add=lambda chosen, learnt: (chosen * learnt).sum(-1) / learnt.sum(-1),
              look="整个回答的概率是各个 token 的概率的积，取对数是和；取平均就不是这个回答的概率了。")
exercise.edit("除以了整行的长度", add=lambda chosen, learnt: (chosen * learnt).mean(-1),
              look="要的是和：不除以任何东西。")
exercise.edit("全批加在了一起", add=lambda chosen, learnt: (chosen * learnt).sum(),
              look="每个回答一个数，形状 (b,)：只在位置的轴上相加。")
exercise.edit("在行的轴上相加了", add=lambda chosen, learnt: (chosen * learnt).sum(0),
              look="每个回答一个数：在位置的轴（最后一个）上相加。")
exercise.edit("没有相加", add=lambda chosen, learnt: chosen * learnt, look="每行加起来，形状 (b,)。")
exercise.edit("多了一个轴", add=lambda chosen, learnt: (chosen * learnt).sum(-1, keepdim=True),
              look="形状是 (b,)：sum 里不写 keepdim。")
exercise.edit("没有取对数", scores=lambda z: z.softmax(-1),
              look="log_softmax，不是 softmax：概率相乘，对数才相加。")
exercise.edit("给的是概率，不是对数概率", scores=lambda z: z.softmax(-1),
              add=lambda chosen, learnt: chosen.where(learnt, torch.ones(())).prod(-1),
              look="要对数概率：各个 token 的对数相加，不要再取指数。")
exercise.edit("没有归一", scores=lambda z: z, look="logits 不是对数概率：先对最后一个轴取 log_softmax。")
exercise.edit("先取指数再取对数，溢出了", scores=lambda z: z.softmax(-1).log(),
              look="很大的分数取指数成了 inf，很小的概率成了 0，再取对数就是 −∞；用 log_softmax。")
exercise.edit("概率加了一点再取对数", scores=lambda z: (z.softmax(-1) + 1e-9).log(),
              look="加上的一点会改变很小的概率；用 log_softmax。")
exercise.edit("轴弄错了", scores=lambda z: z.log_softmax(1),
              look="在词表那个轴（最后一个）上归一，不是在位置的轴上。")
exercise.edit("在批的轴上归一了", scores=lambda z: z.log_softmax(0), look="在词表那个轴（最后一个）上归一。")
exercise.edit("给成了损失", give=lambda total: -total, look="要的是对数概率，是负数；加上负号就成了损失。")
exercise.edit("取了最大的那个", pick=lambda log_p, labels: log_p.amax(-1),
              look="要标签那一项，不是概率最大的那一项：用 gather。")
exercise.edit("又错开了一位", pick=lambda log_p, labels: gathered(log_p, labels).roll(1, -1),
              look="标签已经错开好了：位置 i 的 logits 就预测 labels 的第 i 个。")
exercise.edit("往后又错开了一位", look="标签已经错开好了：位置 i 的 logits 就预测 labels 的第 i 个。",
              pick=lambda log_p, labels: gathered(log_p[:, :-1], labels[:, 1:]),
              learnt=lambda labels: learnt_of(labels[:, 1:]))
exercise.edit("给的是列表", give=lambda total: total.tolist(), look="返回张量 (b,)，还要能反向传播。")
exercise.edit("断了梯度", give=lambda total: total.detach(),
              look="不要 .item()、float()、torch.tensor([…])、no_grad：结果要能反向传播。")
exercise.edit("改动了 labels", inplace="labels",
              look="labels[…] = 0 改的是别人的张量：用 clamp_min(0)，得到新的。")
exercise.edit("改动了 logits", inplace="logits", look="logits −= … 改的是别人的张量：写成新的。")


@exercise.mutant("一个也不算的行成了 nan", look="0 个数的平均是 nan：直接求和，不要先平均再乘个数。")
def _(logits, labels):
    rows = zip(logits, labels, strict=True)
    return -torch.stack([F.cross_entropy(row, wanted) * learnt_of(wanted).sum() for row, wanted in rows])


@exercise.mutant("一个也不算的行叠了空的列表",
                 look="一行里可能一个也不算：那一行是 0；空的列表不能 torch.stack。")
def _(logits, labels):
    rows = []
    for row, wanted in zip(logits.log_softmax(-1), labels, strict=True):
        rows.append(torch.stack([p[y] for p, y in zip(row, wanted, strict=True) if y != IGNORE]).sum())
    return torch.stack(rows)


@exercise.mutant("−100 没有换就 gather",
                 look="gather 不认 −100：先 labels.clamp_min(0)，取出来以后再乘成 0。")
def _(logits, labels):
    chosen = logits.log_softmax(-1).gather(-1, labels[..., None])[..., 0]
    return (chosen * learnt_of(labels)).sum(-1)
