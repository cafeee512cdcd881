"""练习 13.4 策略梯度的损失。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def policy_with(sign=-1, masked=True, over="tokens", weight="advantage", score="log"):
    """参考答案的几种改法。"""

    def run(log_p, is_answer, advantages):
        kept = is_answer.to(log_p.dtype) if masked else torch.ones_like(log_p)
        value = log_p.exp() if score == "probability" else log_p
        factor = {"advantage": advantages[:, None], "none": 1.0, "absolute": advantages[:, None].abs(),
                  "positive": advantages[:, None].clamp_min(0)}[weight]  # fmt: skip
        gain = factor * value * kept
        total = {
            "tokens": lambda: gain.sum() / kept.sum(), "answers": lambda: (gain.sum(1) / kept.sum(1)).mean(),
            "rows": lambda: gain.sum() / len(gain), "sum": lambda: gain.sum(), "all": lambda: gain.mean(),
        }[over]()  # fmt: skip
        return sign * total

    return run


exercise = Exercise(
    "13.4",
    "策略梯度的损失",
    policy_with(),
    look="每个回答的 token：优势 × log π；提示与补的位置不算；全批相加，除以回答的 token 总数，加负号。",
)


def inputs(rng, dtype=torch.float32):
    """四个回答，长短不一；开头两个位置是提示，后面是补的。"""
    is_answer = torch.zeros(4, 8, dtype=torch.bool)
    for row, end in enumerate((4, 8, 5, 7)):
        is_answer[row, 2:end] = True
    return -normal(rng, 4, 8, dtype=dtype).abs() - 0.1, is_answer, normal(rng, 4, dtype=dtype)


@exercise.probe("四个回答，长短不一")
def _(answer, rng):
    return answer(*inputs(rng))


@exercise.probe("优势全是 0")
def _(answer, rng):
    log_p, is_answer, advantages = inputs(rng)
    return answer(log_p, is_answer, torch.zeros_like(advantages)).abs()


@exercise.probe("一好一差")
def _(answer, rng):
    log_p, is_answer, _ = inputs(rng)
    return answer(log_p[:2], is_answer[:2], torch.tensor([1.0, -1.0]))


@exercise.probe("梯度")
def _(answer, rng):
    log_p, is_answer, advantages = inputs(rng)
    log_p.requires_grad_(True)
    answer(log_p, is_answer, advantages).backward()
    return log_p.grad


@exercise.probe("没有改动输入")
def _(answer, rng):
    log_p, is_answer, advantages = inputs(rng)
    kept = log_p.clone(), advantages.clone()
    answer(log_p, is_answer, advantages)
    return torch.equal(log_p, kept[0]) and torch.equal(advantages, kept[1])


@exercise.correct("挑出来再加")
def _(log_p, is_answer, advantages):
    weights = advantages[:, None].expand_as(log_p)[is_answer]
    return -(weights * log_p[is_answer]).mean()


@exercise.correct("一行一行地加")
def _(log_p, is_answer, advantages):
    total, count = 0.0, 0
    for row, mask, advantage in zip(log_p, is_answer, advantages):
        total = total - advantage * row[mask].sum()
        count += int(mask.sum())
    return total / count


exercise.mutant(
    "正负反了", policy_with(sign=1), look="优化器让损失变小；要让奖励变大，损失就是负的：−A·log π。"
)
exercise.mutant(
    "提示的 token 也算了",
    policy_with(masked=False),
    look="只有回答是模型自己选的；提示是给定的，补的位置不是话。乘上 is_answer。",
)
exercise.mutant(
    "先在每个回答里平均",
    policy_with(over="answers"),
    look="题目要的是全批的 token 一起平均；先在回答里平均，长的回答里每个字的分量就小了。",
)
exercise.mutant("除以了回答的个数", policy_with(over="rows"), look="除以回答的 token 总数，不是回答的个数。")
exercise.mutant("没有除", policy_with(over="sum"), look="除以全批回答的 token 总数。")
exercise.mutant(
    "除以了全部位置", policy_with(over="all"), look="补的与提示的位置不算在个数里：除以 is_answer.sum()。"
)
exercise.mutant(
    "没有乘优势", policy_with(weight="none"), look="乘上各自的优势；不乘，就是不管好坏，都学着再写一遍。"
)
exercise.mutant(
    "优势取了绝对值", policy_with(weight="absolute"), look="差的回答优势为负，要压低它：不要取绝对值。"
)
exercise.mutant(
    "只学了好的", policy_with(weight="positive"), look="优势为负的也要算：只学好的，就成了拒绝采样。"
)
exercise.mutant(
    "用了概率，不是对数", policy_with(score="probability"), look="∇E[r] = E[r·∇log π]：里面是 log π，不是 π。"
)
