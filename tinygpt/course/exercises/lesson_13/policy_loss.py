"""练习 13.4 策略梯度的损失。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def per_token(gain, kept):
    return gain.sum() / kept.sum()


def policy_with(
    sign=-1, keep=lambda is_answer: is_answer, over=per_token, weight=lambda a: a[:, None],
    score=lambda log_p: log_p, give=lambda loss: loss, inplace=None,
):  # fmt: skip
    """keep：哪些位置算；over：怎样合起来；weight：每个 token 乘什么；score：log π 变成什么。"""

    def run(log_p, is_answer, advantages):
        kept = keep(is_answer).to(log_p.dtype)
        loss = sign * over(weight(advantages) * score(log_p) * kept, kept)
        if inplace == "advantages":
            advantages.sub_(1)
        elif inplace == "log_p":
            with torch.no_grad():
                log_p.masked_fill_(~is_answer, 0.0)
        return give(loss)

    return run


exercise = Exercise(
    "13.4",
    "策略梯度的损失",
    policy_with(),
    look="每个回答的 token：优势 × log π；提示与补的位置不算；全批相加，除以回答的 token 总数，加负号。",
    assemble=policy_with,
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


@exercise.probe("只有一个回答")
def _(answer, rng):
    log_p, is_answer, advantages = inputs(rng)
    return answer(log_p[:1], is_answer[:1], advantages[:1])


@exercise.probe("回答的个数与位置的个数相同")
def _(answer, rng):
    log_p, is_answer, advantages = inputs(rng)
    return answer(log_p[:, 1:5], is_answer[:, 1:5], advantages)


@exercise.probe("梯度")
def _(answer, rng):
    log_p, is_answer, advantages = inputs(rng)
    log_p.requires_grad_(True)
    answer(log_p, is_answer, advantages).backward()
    return log_p.grad


@exercise.probe("没有改动输入")
def _(answer, rng):
    log_p, is_answer, advantages = inputs(rng)
    given = log_p, is_answer, advantages
    kept = [tensor.clone() for tensor in given]
    answer(*given)
    return all(torch.equal(a, b) for a, b in zip(given, kept, strict=True))


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


def everywhere(is_answer):
    return torch.ones_like(is_answer)


exercise.edit("正负反了", sign=1, look="优化器让损失变小；要让奖励变大，损失就是负的：−A·log π。")
exercise.edit("提示的 token 也算了", keep=everywhere,
              look="只有回答是模型自己选的；提示是给定的，补的位置不是话。乘上 is_answer。")
exercise.edit("算的是提示，不是回答", keep=lambda is_answer: ~is_answer,
              look="反了：is_answer 为 True 的才算。")
exercise.edit("算的是提示，除以的是回答的个数", keep=lambda is_answer: ~is_answer,
              over=lambda gain, kept: gain.sum() / (1 - kept).sum(), look="反了：is_answer 为 True 的才算。")
exercise.edit("先在每个回答里平均", over=lambda gain, kept: (gain.sum(1) / kept.sum(1)).mean(),
              look="题目要的是全批的 token 一起平均；先在回答里平均，长的回答里每个字的分量就小了。")
exercise.edit("每个回答一个数", over=lambda gain, kept: gain.sum(1) / kept.sum(1),
              look="返回一个数：全批的 token 一起平均。")
exercise.edit("除以了回答的个数", over=lambda gain, kept: gain.sum() / len(gain),
              look="除以回答的 token 总数，不是回答的个数。")
exercise.edit("没有除", over=lambda gain, kept: gain.sum(), look="除以全批回答的 token 总数。")
exercise.edit("除以了全部位置", over=lambda gain, kept: gain.mean(),
              look="补的与提示的位置不算在个数里：除以 is_answer.sum()。")
exercise.edit("除以了最长的回答", over=lambda gain, kept: gain.sum() / (len(gain) * kept.sum(1).max()),
              look="除以 is_answer.sum()：真的有多少个 token，就除以多少。")
exercise.edit("没有乘优势", weight=lambda a: 1.0, look="乘上各自的优势；不乘，就是不管好坏，都学着再写一遍。")
exercise.edit("优势取了绝对值", weight=lambda a: a[:, None].abs(),
              look="差的回答优势为负，要压低它：不要取绝对值。")
exercise.edit("优势只看了正负", weight=lambda a: a[:, None].sign(), look="乘的是优势本身，大小也要。")
exercise.edit("优势取了平均", weight=lambda a: a.mean(),
              look="每个回答乘**自己**的优势：advantages[:, None]。")
exercise.edit("只学了好的", weight=lambda a: a[:, None].clamp_min(0),
              look="优势为负的也要算：只学好的，就成了拒绝采样。")
exercise.edit("优势又标准化了一遍", weight=lambda a: ((a - a.mean()) / a.std())[:, None],
              look="优势交进来时已经算好，直接乘。")
exercise.edit("优势没有添轴", weight=lambda a: a,
              look="优势是一个回答一个：写成 advantages[:, None]，一行的每个 token 都乘上；(b,) 会对到列上。")
exercise.edit("用了概率，不是对数", score=lambda log_p: log_p.exp(),
              look="∇E[r] = E[r·∇log π]：里面是 log π，不是 π。")
exercise.edit("用了比值 π/π_旧", score=lambda log_p: (log_p - log_p.detach()).exp(),
              look="那是 PPO 的写法，梯度相同，数不同；题目要“优势 × log π”。")
exercise.edit("给的是数，不是张量", give=lambda loss: loss.item(),
              look="返回 0 维张量，不要 .item()：还要反向传播。")
exercise.edit("断了梯度", give=lambda loss: loss.detach(), look="log_p 不要 detach：损失要能反向传播。")
exercise.edit("改动了 advantages", inplace="advantages", look="advantages −= … 改的是别人的张量：写成新的。")
exercise.edit("改动了 log_p 或 is_answer", inplace="log_p",
              look="log_p[…] = 0、is_answer[…] = … 改的是别人的张量：乘上 is_answer，得到新的。")
