"""练习 7.4 重复惩罚。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_07.shared import same_after
from tinygpt.sampling import penalise_repetition


def penalty_with(
    positive=lambda z, p: z / p, negative=lambda z, p: z * p, who=lambda z, s: s, after=lambda z: z,
    inplace=False,
):  # fmt: skip
    def run(logits, seen, penalty):
        lowered = torch.where(logits > 0, positive(logits, penalty), negative(logits, penalty))
        found = torch.where(who(logits, seen), lowered, logits)
        if inplace:
            logits.copy_(found)
        return after(found)

    return run


exercise = Exercise(
    "7.4", "重复惩罚", penalise_repetition,
    look="只动出现过的 token：正的除以 penalty，负的乘以 penalty，两种都是变小。", assemble=penalty_with,
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
    seen = torch.tensor([[True, True, False, True, False]])
    return same_after(lambda logits, seen: answer(logits, seen, 1.5), normal(rng, 1, 5), seen)


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


exercise.edit("一律除以 penalty", negative=lambda z, p: z / p,
              look="负数除以 2 反而变大了：−2 变成 −1。负的要乘。")
exercise.edit("一律乘以 penalty", positive=lambda z, p: z * p,
              look="正数乘以 2 变大了，成了鼓励重复。正的要除。")
exercise.edit("正负弄反了", positive=lambda z, p: z * p, negative=lambda z, p: z / p,
              look="两种情形都要变小：正的除，负的乘。")
exercise.edit("负的没有罚", negative=lambda z, p: z, look="负的也要变小：乘以 penalty。")
exercise.edit("正的没有罚", positive=lambda z, p: z, look="正的也要变小：除以 penalty。")
exercise.edit("罚了两次", positive=lambda z, p: z / p**2, negative=lambda z, p: z * p**2,
              look="除一次、乘一次就够。")
exercise.edit("没有出现过的也罚了", who=lambda z, s: torch.ones_like(s), look="seen 为 True 的才动。")
exercise.edit("罚的是没有出现过的", who=lambda z, s: ~s, look="seen 为 True 表示出现过，罚的是它们。")
exercise.edit("所有行用了第一行的 seen", who=lambda z, s: s[:1], look="每一行有自己出现过的 token。")
exercise.edit("别的行出现过的也罚了", who=lambda z, s: s.any(0), look="每一行有自己出现过的 token。")
exercise.edit("返回了概率", after=lambda z: z.softmax(-1), look="返回 logits；softmax 是下一步的事。")
exercise.edit("改动了输入", inplace=True,
              look="logits[seen] = … 改的是别人的张量；先 clone，或用 torch.where。")
exercise.mutant("减去了 penalty", lambda z, s, p: torch.where(s, z - p, z),
                look="这里的惩罚是乘除，不是加减；penalty = 1 时应当什么也不变。")
exercise.mutant("减去了 penalty 的对数", lambda z, s, p: torch.where(s, z - math.log(p), z),
                look="题目要的是乘除：正的除以 penalty，负的乘以 penalty。")
exercise.mutant("改成了 −∞", lambda z, s, p: z.masked_fill(s, -math.inf),
                look="惩罚是变得不易出现，不是禁止。")
exercise.mutant("改成了 0", lambda z, s, p: z.masked_fill(s, 0.0),
              look="正的除以 penalty，负的乘以 penalty。")
exercise.mutant("没有出现过的成了 0", lambda z, s, p: penalise_repetition(z, s, p) * s,
                look="没有出现过的原样：torch.where(seen, 罚过的, logits)。")
exercise.mutant("罚的是概率", lambda z, s, p: torch.where(s, z.softmax(-1) / p, z),
              look="罚的是 logits，在 softmax 之前。")
