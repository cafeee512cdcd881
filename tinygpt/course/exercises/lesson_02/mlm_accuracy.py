"""练习 2.7 MLM 的准确率。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, number_or_scalar
from tinygpt.losses import IGNORE


def accuracy(logits, labels):
    kept = labels != IGNORE
    return (logits.argmax(-1) == labels)[kept].float().mean()


exercise = Exercise(
    "2.7", "MLM 的准确率", accuracy,
    look="只看标签不是 −100 的位置：预测是 logits 最大的编号，位置 i 的 logits 说的就是第 i 个 token，"
         "不用错开。",
)


@exercise.probe("都有标签")
def _(answer, rng):
    logits, labels = torch.randn(2, 4, 5, generator=rng), integers(rng, 0, 5, 2, 4)
    labels[0, 0] = logits[0, 0].argmax()
    return number_or_scalar(answer(logits, labels))


@exercise.probe("只有几个位置有标签")
def _(answer, rng):
    logits, labels = torch.randn(3, 10, 4, generator=rng), integers(rng, 0, 4, 3, 10)
    labels[:, ::2] = logits[:, ::2].argmax(-1)
    labels[:, 5:] = IGNORE
    return number_or_scalar(answer(logits, labels))


@exercise.probe("每行的个数不一样")
def _(answer, rng):
    logits = torch.eye(6)[torch.tensor([[1, 2, 3, 4], [5, 5, 5, 5]])]
    return number_or_scalar(answer(logits, torch.tensor([[1, 2, 3, 0], [5, IGNORE, IGNORE, IGNORE]])))


@exercise.probe("答案有编号 0")
def _(answer, rng):
    return number_or_scalar(answer(torch.eye(3)[torch.tensor([[0, 0, 1]])], torch.tensor([[0, 2, IGNORE]])))


@exercise.correct("数出来再除")
def _(logits, labels):
    right = total = 0
    for row, answers in zip(logits.argmax(-1).tolist(), labels.tolist(), strict=True):
        for guess_, label in zip(row, answers, strict=True):
            if label != -100:
                total += 1
                right += guess_ == label
    return right / total


@exercise.correct("masked_select")
def _(logits, labels):
    return torch.masked_select(logits.max(-1).indices.eq(labels), labels.ge(0)).double().mean().float()


exercise.mutant("没有标签的位置也算进了分母", lambda z, y: (z.argmax(-1) == y).float().mean(),
                look="没有标签的位置不算对也不算错，分母里不要它。")
exercise.mutant("错开了一位", lambda z, y: accuracy(z[:, :-1], y[:, 1:]),
                look="那是自回归的办法。MLM 的位置 i 猜的就是第 i 个 token。")
exercise.mutant("每行先平均，再平均",
                lambda z, y: torch.stack([accuracy(a, b) for a, b in zip(z, y, strict=True)]).mean(),
                look="标签少的行分量变重了；整批一起数。")
exercise.mutant("没有标签的都算对", lambda z, y: ((z.argmax(-1) == y) | (y == IGNORE)).float().mean(),
                look="没有标签的位置不算。")
exercise.mutant("返回了答对的个数", lambda z, y: (z.argmax(-1) == y)[y != IGNORE].float().sum(),
                look="还要除以有标签的位置数。")
exercise.mutant("把编号 0 也当成没有标签", lambda z, y: (z.argmax(-1) == y)[y > 0].float().mean(),
                look="没有标签是 −100；0 也可能是答案。")
exercise.mutant("返回了错误率", lambda z, y: 1 - accuracy(z, y), look="要的是答对的比例。")
exercise.mutant("取了最小的", lambda z, y: accuracy(-z, y), look="预测是 logits 最大的编号：argmax。")
