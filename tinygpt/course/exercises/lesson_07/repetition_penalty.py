"""练习 7.4 重复惩罚。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_07.shared import same_after
from tinygpt.sampling import penalise_repetition

exercise = Exercise(
    "7.4", "重复惩罚", penalise_repetition,
    look="只动出现过的 token：正的除以 penalty，负的乘以 penalty，两种都是变小。",
)


@exercise.probe("正的 logit")
def _(answer, rng):
    return answer(torch.tensor([[2.0, 1.0, 4.0]]), torch.tensor([[True, False, True]]), 2.0)


@exercise.probe("负的 logit")
def _(answer, rng):
    return answer(torch.tensor([[-2.0, -1.0, 0.0]]), torch.tensor([[True, False, True]]), 2.0)


@exercise.probe("有正有负，两行")
def _(answer, rng):
    return answer(normal(rng, 2, 8), torch.rand(2, 8, generator=rng) > 0.5, 1.3)


@exercise.probe("penalty = 1 时什么也不变")
def _(answer, rng):
    return answer(normal(rng, 1, 6), torch.ones(1, 6, dtype=torch.bool), 1.0)


@exercise.probe("不改动输入")
def _(answer, rng):
    seen = torch.ones(1, 5, dtype=torch.bool)
    return same_after(lambda logits: answer(logits, seen, 1.5), normal(rng, 1, 5))


@exercise.correct("先算乘数")
def _(logits, seen, penalty):
    factor = torch.where(logits > 0, torch.tensor(1 / penalty), torch.tensor(float(penalty)))
    return logits * torch.where(seen, factor, torch.tensor(1.0))


@exercise.correct("复制以后逐个改")
def _(logits, seen, penalty):
    out = logits.clone()
    for row, column in seen.nonzero().tolist():
        value = out[row, column].item()
        out[row, column] = value / penalty if value > 0 else value * penalty
    return out


exercise.mutant("一律除以 penalty", lambda z, s, p: torch.where(s, z / p, z),
                look="负数除以 2 反而变大了：−2 变成 −1。负的要乘。")
exercise.mutant("一律乘以 penalty", lambda z, s, p: torch.where(s, z * p, z),
                look="正数乘以 2 变大了，成了鼓励重复。正的要除。")
exercise.mutant("正负弄反了", lambda z, s, p: torch.where(s, torch.where(z < 0, z / p, z * p), z),
                look="两种情形都要变小：正的除，负的乘。")
exercise.mutant("没有出现过的也罚了", lambda z, s, p: torch.where(z > 0, z / p, z * p),
                look="seen 为 True 的才动。")
exercise.mutant("罚的是没有出现过的", lambda z, s, p: penalise_repetition(z, ~s, p),
                look="seen 为 True 表示出现过，罚的是它们。")
exercise.mutant("减去了 penalty", lambda z, s, p: torch.where(s, z - p, z),
                look="这里的惩罚是乘除，不是加减；penalty = 1 时应当什么也不变。")
exercise.mutant("改成了 −∞", lambda z, s, p: z.masked_fill(s, -math.inf),
                look="惩罚是变得不易出现，不是禁止。")


@exercise.mutant("改动了输入", look="logits[seen] = … 改的是别人的张量；先 clone，或用 torch.where。")
def _(z, s, p):
    z[s] = torch.where(z[s] > 0, z[s] / p, z[s] * p)
    return z
