"""练习 13.5 由抽到的 token 估计 KL。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def per_token(value, kept):
    return (value * kept).sum() / kept.sum()


def kl_with(
    distance=lambda log_p, log_reference: log_reference - log_p, form=lambda d: d.exp() - d - 1,
    keep=lambda is_answer: is_answer, over=per_token, give=lambda kl: kl, inplace=False,
):  # fmt: skip
    """distance：d；form：每个 token 的估计；keep：哪些位置算；over：怎样合起来。"""

    def run(log_p, log_reference, is_answer):
        d = distance(log_p, log_reference)
        if inplace:
            log_reference.copy_(d)
        return give(over(form(d), keep(is_answer).to(d.dtype)))

    return run


exercise = Exercise(
    "13.5",
    "由抽到的 token 估计 KL",
    kl_with(),
    look="d = log π₀ − log π；每个 token 是 e^d − d − 1；只算回答的 token，全批一起平均。",
    assemble=kl_with,
)


def inputs(rng, scale=0.5, size=4):
    is_answer = torch.zeros(size, 7, dtype=torch.bool)
    for row in range(size):
        is_answer[row, 1 + row % 2 : 3 + row] = True
    log_p = -normal(rng, size, 7, dtype=torch.float64).abs() - 0.2
    return log_p, log_p + normal(rng, size, 7, scale=scale, dtype=torch.float64), is_answer


@exercise.probe("四个回答")
def _(answer, rng):
    return answer(*inputs(rng))


@exercise.probe("还没有走远")
def _(answer, rng):
    return 1e4 * answer(*inputs(rng, scale=0.01))


@exercise.probe("走得很远")
def _(answer, rng):
    return answer(*inputs(rng, scale=2.0))


@exercise.probe("走得非常远")
def _(answer, rng):
    return answer(*inputs(rng, scale=6.0))


@exercise.probe("与参考模型相同")
def _(answer, rng):
    log_p, _, is_answer = inputs(rng)
    return answer(log_p, log_p.clone(), is_answer)


@exercise.probe("没有改动输入")
def _(answer, rng):
    given = inputs(rng)
    kept = [tensor.clone() for tensor in given]
    answer(*given)
    return all(torch.equal(a, b) for a, b in zip(given, kept, strict=True))


@exercise.probe("从分布里抽，平均起来就是 KL")
def _(answer, rng):
    p, q = (normal(rng, 6, dtype=torch.float64).log_softmax(-1) for _ in range(2))
    drawn = torch.multinomial(p.exp(), 4000, replacement=True, generator=rng)[None]
    return answer(p[drawn], q[drawn], torch.ones_like(drawn, dtype=torch.bool))


@exercise.correct("挑出来再平均")
def _(log_p, log_reference, is_answer):
    d = (log_reference - log_p)[is_answer]
    return (torch.expm1(d) - d).mean()


@exercise.correct("写成比值")
def _(log_p, log_reference, is_answer):
    ratio = (log_reference - log_p).exp()[is_answer]
    return ((ratio - 1) - ratio.log()).mean()


def clipped(limit):
    return lambda d: d.clamp(-limit, limit).exp() - d.clamp(-limit, limit) - 1


exercise.edit("方向反了", distance=lambda log_p, log_reference: log_p - log_reference,
              look="样本是从 π 里抽的：d = log π₀ − log π。反过来，平均起来就不是 KL(π‖π₀)。")
exercise.edit("d 用了相除", distance=lambda log_p, log_reference: log_reference / log_p,
              look="概率相除，对数相**减**：d = log π₀ − log π。")
exercise.edit("d 用了概率的差", distance=lambda log_p, log_reference: log_reference.exp() - log_p.exp(),
              look="d 是**对数**概率之差：log π₀ − log π。")
exercise.edit("只用了 log π − log π₀", form=lambda d: -d,
              look="它的平均也对，可是单个的会是负的，晃得厉害；题目要 e^d − d − 1。")
exercise.edit("用了平方的一半", form=lambda d: d**2 / 2, look="d²/2 只在走得不远时接近；题目要 e^d − d − 1。")
exercise.edit("用了平方", form=lambda d: d**2, look="题目要 e^d − d − 1，不是 d²。")
exercise.edit("取了绝对值", form=lambda d: d.abs(), look="是 e^d − d − 1，不是 |d|。")
exercise.edit("负的写成了 0", form=lambda d: (-d).relu(), look="是 e^d − d − 1，不是 max(0, −d)。")
exercise.edit("乘了比值", form=lambda d: d.exp() * d,
              look="样本已经是从 π 里抽的，不用再乘比值：e^d − d − 1。")
exercise.edit("忘了减 1", form=lambda d: d.exp() - d, look="两个模型相同时 d = 0，KL 应该是 0：再减 1。")
exercise.edit("忘了减 d", form=lambda d: d.exp() - 1, look="e^d − 1 的平均总是 0，什么也没有量：还要减 d。")
exercise.edit("d 的正负错了", form=lambda d: d.exp() + d - 1, look="是减 d，不是加 d。")
exercise.edit("加了 1", form=lambda d: d.exp() - d + 1, look="是减 1：d = 0 时结果是 0。")
exercise.edit("整个的正负反了", form=lambda d: d + 1 - d.exp(), look="e^d − d − 1 从不小于 0，不要变号。")
exercise.edit("把 d 夹在了 −1 与 1 之间", form=clipped(1), look="d 照原样，不要夹。")
exercise.edit("把 d 夹在了 −5 与 5 之间", form=clipped(5), look="d 照原样，不要夹。")
exercise.edit("提示的 token 也算了", keep=torch.ones_like,
              look="只有回答是模型选的：乘上 is_answer，除以 is_answer.sum()。")
exercise.edit("算的是提示，不是回答", keep=lambda is_answer: ~is_answer,
              look="反了：is_answer 为 True 的才算。")
exercise.edit("提示的也加了，除以的是回答的个数", over=lambda value, kept: value.sum() / kept.sum(),
              look="求和之前先乘 is_answer。")
exercise.edit("除以了全部位置", over=lambda value, kept: (value * kept).mean(),
              look="除以回答的 token 总数：is_answer.sum()。")
exercise.edit("除以了回答的个数", over=lambda value, kept: (value * kept).sum() / len(value),
              look="除以回答的 token 总数，不是回答的个数。")
exercise.edit("求了和", over=lambda value, kept: (value * kept).sum(), look="除以回答的 token 总数。")
exercise.edit("先在每个回答里平均", over=lambda value, kept: ((value * kept).sum(1) / kept.sum(1)).mean(),
              look="全批的 token 一起平均。")
exercise.edit("每个回答一个数", over=lambda value, kept: (value * kept).sum(1) / kept.sum(1),
              look="返回一个数：全批的 token 一起平均。")
exercise.edit("给的是数，不是张量", give=lambda kl: kl.item(), look="返回 0 维张量，不要 .item()。")
exercise.edit("换成了单精度", give=lambda kl: kl.float(), look="输入是什么类型，结果就是什么类型。")
exercise.edit("改动了输入", inplace=True, look="log_reference −= … 改的是别人的张量：写成新的。")


@exercise.mutant("先把 d 平均，再算 e^d − d − 1",
                 look="每个 token 各算 e^d − d − 1，再平均：先平均，正的负的就抵消了。")
def _(log_p, log_reference, is_answer):
    d = ((log_reference - log_p) * is_answer).sum() / is_answer.sum()
    return d.exp() - d - 1


@exercise.mutant("又乘了 π", look="样本已经是从 π 里抽的，平均就是期望，不用再乘 π：e^d − d − 1。")
def _(log_p, log_reference, is_answer):
    return per_token(log_p.exp() * (log_p - log_reference), is_answer)
