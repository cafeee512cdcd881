"""练习 13.2 DPO 的损失。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def dpo_with(better=1, reference=1, inside=True, over="mean", stable=True, sign=-1, divide=False, only=None):
    """参考答案的几种改法。"""

    def run(chosen, rejected, chosen_reference, rejected_reference, beta):
        good, bad = chosen - reference * chosen_reference, rejected - reference * rejected_reference
        margin = {None: good - bad, "better": good, "worse": -bad}[only] * better
        scale = 1 / beta if divide else beta
        if over == "margin":
            margin = margin.mean()
        z = scale * margin if inside else margin
        log_sigmoid = F.logsigmoid(z) if stable else torch.log(torch.sigmoid(z))
        loss = sign * log_sigmoid * (1 if inside else scale)
        return {"mean": loss.mean, "sum": loss.sum, "each": lambda: loss, "margin": loss.mean}[over]()

    return run


def sigmoid_only(chosen, rejected, chosen_reference, rejected_reference, beta):
    margin = chosen - chosen_reference - rejected + rejected_reference
    return -torch.sigmoid(beta * margin).mean()


exercise = Exercise(
    "13.2",
    "DPO 的损失",
    dpo_with(),
    look="两个回答各减去参考模型给的，相减得到差，乘 β，取 log σ，加负号，在各对上平均。",
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


exercise.mutant(
    "好的与差的弄反了", dpo_with(better=-1), look="差是“好的”减去“差的”：反过来，模型就学着写差的。"
)
exercise.mutant(
    "没有减参考模型",
    dpo_with(reference=0),
    look="比的是相对参考模型升了多少：log π − log π₀。不减，模型原来就觉得长的、少见的不好。",
)
exercise.mutant("参考模型加反了", dpo_with(reference=-1), look="减去参考模型的对数概率，不是加上。")
exercise.mutant("β 乘在了外面", dpo_with(inside=False), look="β 在 σ 里面：σ(β·差)。乘在外面只是换了学习率。")
exercise.mutant("除以了 β", dpo_with(divide=True), look="是乘 β，不是除以 β。")
exercise.mutant("求了和", dpo_with(over="sum"), look="在各对上平均，大批小批的损失才能比。")
exercise.mutant("没有平均，给了每一对的", dpo_with(over="each"), look="返回一个数：在各对上平均。")
exercise.mutant(
    "先平均再取 log σ",
    dpo_with(over="margin"),
    look="每一对各取 −log σ，再平均；先把差平均，拉开的一对就替没有拉开的一对挡住了。",
)
exercise.mutant("忘了负号", dpo_with(sign=1), look="损失是 −log σ：差越大，损失越小。")
exercise.mutant(
    "没有取对数", sigmoid_only, look="是 −log σ(z)，不是 −σ(z)：错得最厉害的几对，后者几乎没有梯度。"
)
exercise.mutant(
    "先 σ 再取对数，溢出",
    dpo_with(stable=False),
    look="z 是 −1000 时 σ 成了 0，log 0 是 −∞。用 F.logsigmoid，或写成 softplus(−z)。",
)
exercise.mutant("只看了好的", dpo_with(only="better"), look="两个回答都要：好的升，差的降，比的是它们的差。")
exercise.mutant("只看了差的", dpo_with(only="worse"), look="两个回答都要：好的升，差的降，比的是它们的差。")
