"""练习 13.1 一个回答的对数概率。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal
from tinygpt.losses import IGNORE


def log_probability_with(pick="label", scores="log_softmax", axis=-1, over="sum", ignored="none", shift=0):
    """参考答案的几种改法。"""

    def run(logits, labels):
        log_p = logits.log_softmax(axis) if scores == "log_softmax" else logits
        log_p = log_p.softmax(axis) if scores == "softmax" else log_p
        learnt = labels != IGNORE
        chosen = log_p.gather(-1, labels.clamp_min(0)[..., None])[..., 0]
        if pick == "largest":
            chosen = log_p.amax(-1)
        if shift:
            chosen = chosen.roll(shift, -1)
        if ignored == "none":
            chosen = chosen * learnt
        if over == "batch":
            return chosen.sum()
        total = chosen.sum(-1)
        return {"sum": total, "mean": total / learnt.sum(-1), "minus": -total,
                "length": total / labels.size(-1)}[over]  # fmt: skip

    return run


exercise = Exercise(
    "13.1",
    "一个回答的对数概率",
    log_probability_with(),
    look="先对最后一个轴取 log_softmax，再取出标签那一项，标签是 IGNORE 的位置当作 0，每行相加。",
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
        rows.append(torch.stack(parts).sum())
    return torch.stack(rows)


exercise.mutant(
    "提示的 token 也算了",
    log_probability_with(ignored="counted"),
    look="标签是 IGNORE 的位置不算：提示是给定的，补的位置不是话。乘上 labels != IGNORE。",
)
exercise.mutant(
    "编号 0 没有算",
    lambda logits, labels: log_probability_with()(logits, labels.masked_fill(labels == 0, IGNORE)),
    look="只有 IGNORE（−100）不算；0 是一个真的编号。",
)
exercise.mutant(
    "取了平均",
    log_probability_with(over="mean"),
    look="整个回答的概率是各个 token 的概率的积，取对数是和；取平均就不是这个回答的概率了。",
)
exercise.mutant("除以了整行的长度", log_probability_with(over="length"), look="要的是和：不除以任何东西。")
exercise.mutant(
    "没有取对数",
    log_probability_with(scores="softmax"),
    look="log_softmax，不是 softmax：概率相乘，对数才相加。",
)
exercise.mutant(
    "没有归一", log_probability_with(scores="raw"), look="logits 不是对数概率：先对最后一个轴取 log_softmax。"
)
exercise.mutant(
    "轴弄错了", log_probability_with(axis=1), look="在词表那个轴（最后一个）上归一，不是在位置的轴上。"
)
exercise.mutant(
    "给成了损失", log_probability_with(over="minus"), look="要的是对数概率，是负数；加上负号就成了损失。"
)
exercise.mutant(
    "全批加在了一起",
    log_probability_with(over="batch"),
    look="每个回答一个数，形状 (b,)：只在位置的轴上相加。",
)
exercise.mutant(
    "取了最大的那个",
    log_probability_with(pick="largest"),
    look="要标签那一项，不是概率最大的那一项：用 gather。",
)
exercise.mutant(
    "又错开了一位",
    log_probability_with(shift=1),
    look="标签已经错开好了：位置 i 的 logits 就预测 labels 的第 i 个。",
)
