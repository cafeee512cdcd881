"""练习 5.6 交叉熵。"""

import math

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal


def loss_with(
    log=lambda z: z.log_softmax(-1),
    mean=lambda x, b, t: x.sum() / (b * t),
    total=lambda x, b, t: x.sum(),
    sign=-1,
    pick=lambda p, labels: p.gather(-1, labels[..., None])[..., 0],
):
    def run(logits, labels, reduction="mean"):
        b, t = labels.shape
        return (mean if reduction == "mean" else total)(sign * pick(log(logits), labels), b, t)

    return run


exercise = Exercise(
    "5.6", "交叉熵",
    lambda z, y, reduction="mean": F.cross_entropy(z.flatten(0, 1), y.flatten(), reduction=reduction),
    look="取真的 token 的对数概率，变号；按 reduction 求和或求平均（除以 b·t）。"
         "对数概率用 log_softmax，才不会溢出。",
)


@exercise.probe("一个位置，平均")
def _(answer, rng):
    return answer(torch.tensor([[[2.0, 0.0, 1.0]]]), torch.tensor([[0]]), "mean")


@exercise.probe("2 批、3 个位置，平均")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 5), integers(rng, 0, 5, 2, 3), "mean")


@exercise.probe("2 批、3 个位置，求和")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 5), integers(rng, 0, 5, 2, 3), "sum")


@exercise.probe("很大的 logits")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 4) + torch.tensor([300.0, 0, 0, -300.0]), torch.tensor([[1, 3]]), "mean")


@exercise.probe("全都很大，差别不大")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 4) + 300, torch.tensor([[1, 3]]), "mean")


@exercise.probe("全是 0：等于 ln V")
def _(answer, rng):
    return answer(torch.zeros(1, 2, 7), torch.tensor([[3, 6]]), "mean")


@exercise.probe("梯度是 (p − 独热) / 个数")
def _(answer, rng):
    z, y = normal(rng, 1, 2, 4, dtype=torch.float64).requires_grad_(), integers(rng, 0, 4, 1, 2)
    answer(z, y, "mean").backward()
    return torch.allclose(z.grad, (z.detach().softmax(-1) - F.one_hot(y, 4)) / 2, atol=1e-6)


@exercise.correct("logsumexp 减去真的那个")
def _(logits, labels, reduction="mean"):
    losses = logits.logsumexp(-1) - logits.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return losses.mean() if reduction == "mean" else losses.sum()


@exercise.correct("独热向量")
def _(logits, labels, reduction="mean"):
    losses = -(logits.log_softmax(-1) * F.one_hot(labels, logits.size(-1))).sum(-1)
    return getattr(losses, reduction)()


exercise.mutant("先 softmax 再取对数，溢出", loss_with(lambda z: z.softmax(-1).log()),
                look="概率小到 0 时，log 0 是 −∞。用 log_softmax。")
exercise.mutant("没有减最大值，溢出", loss_with(lambda z: z - z.exp().sum(-1, keepdim=True).log()),
                look="e 的 300 次方是 inf。用 logsumexp 或 log_softmax。")
exercise.mutant("要平均时给了和", loss_with(mean=lambda x, b, t: x.sum()),
                look="reduction 为 mean 时除以位置的个数。")
exercise.mutant("要和时给了平均", loss_with(total=lambda x, b, t: x.mean()),
                look="reduction 为 sum 时不要除。")
exercise.mutant("只除以了批大小", loss_with(mean=lambda x, b, t: x.sum() / b),
                look="每个位置都是一个样本，除以 b·t。")
exercise.mutant("忘了变号", loss_with(sign=1), look="对数概率是负的，损失是它的相反数。")
exercise.mutant("softmax 按了时间那个轴", loss_with(lambda z: z.log_softmax(1)),
                look="分布在词表那个轴上，dim=-1。")
exercise.mutant("用了概率，没有取对数", loss_with(lambda z: z.softmax(-1)), look="损失是 −log p，不是 −p。")
exercise.mutant("取的是最大的那个", loss_with(pick=lambda p, y: p.amax(-1)),
                look="取的是真的 token 的对数概率，不是模型最看好的那个。")
exercise.mutant("对数以 2 为底", loss_with(lambda z: z.log_softmax(-1) / math.log(2)),
                look="这里用自然对数；以 2 为底的是比特。")
exercise.mutant("没有归一", loss_with(lambda z: z), look="logits 不是对数概率，差一个 logsumexp。")
