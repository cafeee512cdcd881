"""练习 13.5 由抽到的 token 估计 KL。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def kl_with(form="k3", direction=1, masked=True, over="mean"):
    """参考答案的几种改法。"""

    def run(log_p, log_reference, is_answer):
        d = direction * (log_reference - log_p)
        value = {
            "k3": d.exp() - d - 1, "k1": -d, "k2": d**2 / 2, "absolute": d.abs(), "no one": d.exp() - d,
            "ratio": d.exp() - 1, "plus": d.exp() + d - 1,
        }[form]  # fmt: skip
        kept = is_answer.to(value.dtype) if masked else torch.ones_like(value)
        total = (value * kept).sum()
        return {"mean": total / kept.sum(), "sum": total,
                "answers": ((value * kept).sum(1) / kept.sum(1)).mean()}[over]  # fmt: skip

    return run


exercise = Exercise(
    "13.5",
    "由抽到的 token 估计 KL",
    kl_with(),
    look="d = log π₀ − log π；每个 token 是 e^d − d − 1；只算回答的 token，全批一起平均。",
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


@exercise.probe("与参考模型相同")
def _(answer, rng):
    log_p, _, is_answer = inputs(rng)
    return answer(log_p, log_p.clone(), is_answer)


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


exercise.mutant(
    "方向反了",
    kl_with(direction=-1),
    look="样本是从 π 里抽的：d = log π₀ − log π。反过来，平均起来就不是 KL(π‖π₀)。",
)
exercise.mutant(
    "只用了 log π − log π₀",
    kl_with(form="k1"),
    look="它的平均也对，可是单个的会是负的，晃得厉害；题目要 e^d − d − 1。",
)
exercise.mutant("用了平方的一半", kl_with(form="k2"), look="d²/2 只在走得不远时接近；题目要 e^d − d − 1。")
exercise.mutant("取了绝对值", kl_with(form="absolute"), look="是 e^d − d − 1，不是 |d|。")
exercise.mutant("忘了减 1", kl_with(form="no one"), look="两个模型相同时 d = 0，KL 应该是 0：再减 1。")
exercise.mutant("忘了减 d", kl_with(form="ratio"), look="e^d − 1 的平均总是 0，什么也没有量：还要减 d。")
exercise.mutant("d 的正负错了", kl_with(form="plus"), look="是减 d，不是加 d。")
exercise.mutant("提示的 token 也算了", kl_with(masked=False), look="只有回答是模型选的：乘上 is_answer。")
exercise.mutant("求了和", kl_with(over="sum"), look="除以回答的 token 总数。")
exercise.mutant("先在每个回答里平均", kl_with(over="answers"), look="全批的 token 一起平均。")
