"""练习 13.2 DPO 的损失。"""

import math

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def dpo_with(
    margin=lambda good, bad: good - bad, relative=lambda log_p, reference: log_p - reference,
    scale=lambda beta, z: beta * z, score=F.logsigmoid, over=lambda scores, beta: scores.mean(), sign=-1,
    give=lambda loss: loss,
):  # fmt: skip
    """relative：一个回答升了多少；margin：两个怎样比；score：差变成分；over：怎样合起来。"""

    def run(chosen, rejected, chosen_reference, rejected_reference, beta):
        good, bad = relative(chosen, chosen_reference), relative(rejected, rejected_reference)
        return give(sign * over(score(scale(beta, margin(good, bad))), beta))

    return run


exercise = Exercise(
    "13.2",
    "DPO 的损失",
    dpo_with(),
    look="两个回答各减去参考模型给的，相减得到差，乘 β，取 log σ，加负号，在各对上平均。",
    assemble=dpo_with,
)


def inputs(rng, size=6, scale=3.0):
    return [-20 + normal(rng, size, scale=scale) for _ in range(4)]


@exercise.probe("六对，β = 0.1")
def _(answer, rng):
    return answer(*inputs(rng), 0.1)


@exercise.probe("六对，β = 2")
def _(answer, rng):
    return answer(*inputs(rng), 2.0)


@exercise.probe("还没有训练：与参考模型相同")
def _(answer, rng):
    chosen, rejected, *_ = inputs(rng)
    return answer(chosen, rejected, chosen, rejected, 0.5)


@exercise.probe("相差很远")
def _(answer, rng):
    low, high = torch.tensor([-900.0, -20.0]), torch.tensor([-20.0, -15.0])
    return answer(low, high, high, low, 1.0)


@exercise.probe("差很大，好的已经学会了")
def _(answer, rng):
    low, high = torch.tensor([-900.0, -20.0]), torch.tensor([-20.0, -15.0])
    return answer(high, low, low, high, 1.0)


@exercise.probe("只有一对")
def _(answer, rng):
    return answer(*inputs(rng, 1), 0.3)


@exercise.probe("梯度传回 chosen 与 rejected")
def _(answer, rng):
    rows = inputs(rng)
    for row in rows[:2]:
        row.requires_grad_(True)
    answer(*rows, 0.3).backward()
    return [row.grad for row in rows[:2]]


@exercise.correct("写成 log(1 + e^−z)")
def _(chosen, rejected, chosen_reference, rejected_reference, beta):
    z = beta * ((chosen - rejected) - (chosen_reference - rejected_reference))
    return F.softplus(-z).mean()


@exercise.correct("看成二选一的交叉熵")
def _(chosen, rejected, chosen_reference, rejected_reference, beta):
    logits = beta * torch.stack([chosen - chosen_reference, rejected - rejected_reference], dim=1)
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))


exercise.edit("好的与差的弄反了", margin=lambda good, bad: bad - good,
              look="差是“好的”减去“差的”：反过来，模型就学着写差的。")
exercise.edit("只看了好的", margin=lambda good, bad: good,
              look="两个回答都要：好的升，差的降，比的是它们的差。")
exercise.edit("只看了差的", margin=lambda good, bad: -bad,
              look="两个回答都要：好的升，差的降，比的是它们的差。")
exercise.edit("好的与差的相加了", margin=lambda good, bad: good + bad, look="差是“好的”**减去**“差的”。")
exercise.edit("先平均再取 log σ", margin=lambda good, bad: (good - bad).mean(),
              look="每一对各取 −log σ，再平均；先把差平均，拉开的一对就替没有拉开的一对挡住了。")
exercise.edit("没有减参考模型", relative=lambda log_p, reference: log_p,
              look="比的是相对参考模型升了多少：log π − log π₀。不减，模型原来就觉得长的、少见的不好。")
exercise.edit("参考模型加反了，或者好的差的用反了", relative=lambda log_p, reference: log_p + reference,
              look="减去参考模型的对数概率，不是加上；好的减好的参考，差的减差的参考。")
exercise.edit("参考模型用了相除", relative=lambda log_p, reference: log_p / reference,
              look="概率相除，对数相**减**：log π − log π₀。")
exercise.edit("没有乘 β", scale=lambda beta, z: z, look="差要乘 β，再取 log σ。")
exercise.edit("除以了 β", scale=lambda beta, z: z / beta, look="是乘 β，不是除以 β。")
exercise.edit("β 乘了两次", scale=lambda beta, z: beta**2 * z, look="β 只乘一次。")
exercise.edit("β 乘在了外面", scale=lambda beta, z: z, over=lambda scores, beta: beta * scores.mean(),
              look="β 在 σ 里面：σ(β·差)。乘在外面只是换了学习率。")
exercise.edit("没有取对数", score=torch.sigmoid,
              look="是 −log σ(z)，不是 −σ(z)：错得最厉害的几对，后者几乎没有梯度。")
exercise.edit("没有取 log σ", score=lambda z: z, look="差还要经过 log σ：−log σ(z)，不是 −z。")
exercise.edit("用了铰链损失", score=lambda z: -torch.relu(1 - z),
              look="题目是 −log σ(z)，不是 max(0, 1 − z)。")
exercise.edit("先 σ 再取对数，溢出", score=lambda z: torch.log(torch.sigmoid(z)),
              look="z 是 −1000 时 σ 成了 0，log 0 是 −∞；log(1 + e^−z) 也一样。用 F.logsigmoid。")
exercise.edit("σ 加了一点再取对数", score=lambda z: torch.log(torch.sigmoid(z) + 1e-8),
              look="加上的一点把很大的损失压住了；用 F.logsigmoid。")
exercise.edit("把差夹在了 −50 与 50 之间", score=lambda z: F.logsigmoid(z.clamp(-50, 50)),
              look="夹住以后，错得最厉害的几对没有梯度；F.logsigmoid 不会溢出，不用夹。")
exercise.edit("以 2 为底", score=lambda z: F.logsigmoid(z) / math.log(2), look="自然对数：F.logsigmoid。")
exercise.edit("求了和", over=lambda scores, beta: scores.sum(), look="在各对上平均，大批小批的损失才能比。")
exercise.edit("没有平均，给了每一对的", over=lambda scores, beta: scores, look="返回一个数：在各对上平均。")
exercise.edit("取了中位数", over=lambda scores, beta: scores.median(), look="在各对上取平均。")
exercise.edit("多了一个轴", over=lambda scores, beta: scores.mean(0, keepdim=True),
              look="返回 0 维张量：mean() 不写 keepdim。")
exercise.edit("忘了负号", sign=1, look="损失是 −log σ：差越大，损失越小。")
exercise.edit("给的是数，不是张量", give=lambda loss: loss.item(),
              look="返回 0 维张量，不要 .item()：还要反向传播。")
exercise.edit("断了梯度", give=lambda loss: loss.detach(), look="不要 detach、no_grad：损失要能反向传播。")


@exercise.mutant("β 只乘了好的一边", look="差整个乘 β：β × (好的 − 差的)，括号不要少。")
def _(chosen, rejected, chosen_reference, rejected_reference, beta):
    return -F.logsigmoid(beta * (chosen - chosen_reference) - (rejected - rejected_reference)).mean()


@exercise.mutant("两个回答各取了 log σ", look="先相减，再取一次 log σ：log σ(β × 差)。")
def _(chosen, rejected, chosen_reference, rejected_reference, beta):
    good, bad = beta * (chosen - chosen_reference), beta * (rejected - rejected_reference)
    return -(F.logsigmoid(good) - F.logsigmoid(bad)).mean()
