"""练习 2.7 MLM 的准确率。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, number_or_scalar, unchanged
from tinygpt.losses import IGNORE


def accuracy_with(
    guess=lambda logits: logits.argmax(-1),
    kept=lambda labels: labels != IGNORE,
    share=lambda right, kept: right[kept].float().mean(),
    rows=lambda logits, labels: (logits, labels),
    unit=lambda value: value,
):
    def run(logits, labels):
        logits, labels = rows(logits, labels)
        return unit(share(guess(logits) == labels, kept(labels)))

    return run


def mean_of_rows(right, kept):
    return torch.stack([a[b].float().mean() for a, b in zip(right, kept)]).mean()


exercise = Exercise(
    "2.7", "MLM 的准确率", accuracy_with(), assemble=accuracy_with,
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


@exercise.probe("七个里猜对三个")
def _(answer, rng):
    logits = torch.eye(8)[torch.tensor([[1, 2, 3, 4], [5, 6, 7, 1]])]
    return number_or_scalar(answer(logits, torch.tensor([[1, 2, 3, 5], [6, 7, 1, IGNORE]])))


@exercise.probe("不改动输入")
def _(answer, rng):
    labels = integers(rng, 0, 4, 2, 6)
    labels[:, ::2] = IGNORE
    return unchanged(answer, torch.randn(2, 6, 4, generator=rng), labels)


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


exercise.edit("没有标签的位置也算进了分母", "没有标签的位置不算对也不算错，分母里不要它。",
              share=lambda right, kept: (right & kept).float().mean())
exercise.edit("没有标签的都算对", "没有标签的位置不算。",
              share=lambda right, kept: (right | ~kept).float().mean())
exercise.edit("每行先平均，再平均", "标签少的行分量变重了；整批一起数。", share=mean_of_rows)
exercise.edit("返回了答对的个数", "还要除以有标签的位置数。", share=lambda right, kept: right[kept].sum())
exercise.edit("返回了错误率", "要的是答对的比例。", share=lambda right, kept: 1 - right[kept].float().mean())
exercise.edit("用了整除", "// 会把比例截成 0：用 /。",
              share=lambda right, kept: right[kept].sum() // kept.sum())
exercise.edit("把编号 0 也当成没有标签", "没有标签是 −100；0 也可以是答案。", kept=lambda labels: labels > 0)
exercise.edit("取了最小的", "预测是 logits 最大的编号：argmax。", guess=lambda logits: logits.argmin(-1))
exercise.edit("只看了第一行", "整批一起数，不是 logits[0]。", rows=lambda z, y: (z[:1], y[:1]))
exercise.edit("错开了一位", "那是自回归的办法。MLM 的位置 i 猜的就是第 i 个 token。",
              rows=lambda z, y: (z[:, :-1], y[:, 1:]))
exercise.edit("乘了 100", "要的是 0 到 1 之间的比例，不是百分数。", unit=lambda value: 100 * value)
exercise.edit("四舍五入到了两位", "不要 round：要的是那个比例本身。",
              unit=lambda value: round(float(value), 2))


@exercise.mutant("用概率代替了对错", look="准确率只看猜对没有：argmax 等于标签就是 1，不等就是 0。")
def _(logits, labels):
    kept = labels != IGNORE
    return logits.softmax(-1).gather(-1, labels.clamp(min=0)[..., None])[..., 0][kept].mean()


@exercise.mutant("把 −100 换成了 0",
                 look="没有标签的位置要去掉，不是换成编号 0：那样它们算进了分母，还可能算对。")
def _(logits, labels):
    return (logits.argmax(-1) == labels.clamp(min=0)).float().mean()


@exercise.mutant("改动了输入", look="labels[…] = … 会改掉调用者的张量；用 kept 当下标取出来就行。")
def _(logits, labels):
    found = accuracy_with()(logits, labels)
    labels[labels == IGNORE] = 0
    return found
