"""练习 5.6 交叉熵。"""

import math

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal, unchanged


def chosen(log_probabilities, labels):
    return log_probabilities.gather(-1, labels[..., None])[..., 0]


def loss_with(
    log=lambda z: z.log_softmax(-1),
    pick=chosen,
    sign=lambda x: -x,
    mean=lambda losses: losses.mean(),
    total=lambda losses: losses.sum(),
    default="mean",
    out=lambda loss: loss,
):
    """log：logits 的对数概率；pick：每个位置取出哪一个。"""

    def run(logits, labels, reduction=default):
        losses = sign(pick(log(logits), labels))
        return out(mean(losses) if reduction == "mean" else total(losses))

    return run


exercise = Exercise(
    "5.6", "交叉熵",
    lambda z, y, reduction="mean": F.cross_entropy(z.flatten(0, 1), y.flatten(), reduction=reduction),
    assemble=loss_with,
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


@exercise.probe("相差几百，真的 token 概率几乎是 0")
def _(answer, rng):
    logits = torch.tensor([[[0.0, 400.0, -400.0], [300.0, -50.0, 299.0], [-900.0, -1000.0, -900.0]]])
    return answer(logits, torch.tensor([[2, 1, 1]]), "mean")


@exercise.probe("3 批、3 个位置、3 个候选：轴弄错了形状也对")
def _(answer, rng):
    return answer(normal(rng, 3, 3, 3, scale=2), integers(rng, 0, 3, 3, 3), "sum")


@exercise.probe("不给 reduction：求平均")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 5), integers(rng, 0, 5, 2, 3))


@exercise.probe("可以 backward")
def _(answer, rng):
    z, y = normal(rng, 2, 2, 4, dtype=torch.float64).requires_grad_(), integers(rng, 0, 4, 2, 2)
    losses = [answer(z, y, reduction) for reduction in ("mean", "sum")]
    return [isinstance(loss, torch.Tensor) and loss.requires_grad for loss in losses]


@exercise.probe("平均的梯度是 (p − 独热) / 个数，和的梯度不除")
def _(answer, rng):
    z, y = normal(rng, 1, 2, 4, dtype=torch.float64).requires_grad_(), integers(rng, 0, 4, 1, 2)
    return [torch.autograd.grad(answer(z, y, reduction), z)[0] for reduction in ("mean", "sum")]


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, normal(rng, 2, 3, 5), integers(rng, 0, 5, 2, 3), "mean")


@exercise.correct("logsumexp 减去真的那个")
def _(logits, labels, reduction="mean"):
    losses = logits.logsumexp(-1) - logits.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return losses.mean() if reduction == "mean" else losses.sum()


@exercise.correct("独热向量")
def _(logits, labels, reduction="mean"):
    losses = -(logits.log_softmax(-1) * F.one_hot(labels, logits.size(-1))).sum(-1)
    return getattr(losses, reduction)()


def global_max(z):
    z = z - z.max()
    return z - z.exp().sum(-1, keepdim=True).log()


exercise.edit("先 softmax 再取对数，溢出", "概率小到 0 时，log 0 是 −∞。用 log_softmax。",
              log=lambda z: z.softmax(-1).log())
exercise.edit("softmax 以后加了一个小数再取对数",
              "加 1e-9 挡住了 −∞，很不可能的 token 损失却算小了。用 log_softmax。",
              log=lambda z: (z.softmax(-1) + 1e-9).log())
exercise.edit("softmax 以后截到 1e-12 再取对数",
              "截住挡住了 −∞，很不可能的 token 损失却算小了。用 log_softmax。",
              log=lambda z: z.softmax(-1).clamp(min=1e-12).log())
exercise.edit("没有减最大值，溢出", "e 的 300 次方是 inf。用 logsumexp 或 log_softmax。",
              log=lambda z: z - z.exp().sum(-1, keepdim=True).log())
exercise.edit("减去的是整个张量的最大值",
              "另一行小几百时，那一行的 exp 全是 0：每一行减去自己的最大值，或用 log_softmax。",
              log=global_max)
exercise.edit("softmax 按了时间那个轴", "分布在词表那个轴上，dim=-1。", log=lambda z: z.log_softmax(1))
exercise.edit("softmax 按了批那个轴", "分布在词表那个轴上，dim=-1。", log=lambda z: z.log_softmax(0))
exercise.edit("用了概率，没有取对数", "损失是 −log p，不是 −p。", log=lambda z: z.softmax(-1))
exercise.edit("用了 sigmoid", "几个候选里选一个，用 softmax；sigmoid 是各自的是与否。",
              log=lambda z: z.sigmoid().log())
exercise.edit("没有归一", "logits 不是对数概率，差一个 logsumexp。", log=lambda z: z)
exercise.edit("对数以 2 为底", "这里用自然对数；以 2 为底的是比特。",
              log=lambda z: z.log_softmax(-1) / math.log(2))
exercise.edit("对数以 10 为底", "这里用自然对数：torch.log。", log=lambda z: z.log_softmax(-1) / math.log(10))
exercise.edit("取的是最大的那个", "取的是真的 token 的对数概率，不是模型最看好的那个。",
              pick=lambda p, y: p.amax(-1))
exercise.edit("对词表也求了平均", "只取真的那一个的对数概率；乘独热以后，词表那个轴要求和，不是一起平均。",
              pick=lambda p, y: p * F.one_hot(y, p.size(-1)))
exercise.edit("错开了一位", "标签已经与位置对齐，这里不用再错开。",
              pick=lambda p, y: chosen(p[:, :-1], y[:, 1:]))
exercise.edit("忘了变号", "对数概率是负的，损失是它的相反数。", sign=lambda x: x)
exercise.edit("要平均时给了和", "reduction 为 mean 时除以位置的个数。", mean=lambda losses: losses.sum())
exercise.edit("只除以了批大小", "每个位置都是一个样本，除以 b·t。", mean=lambda losses: losses.sum(1).mean())
exercise.edit("只除以了位置的个数 t", "每个位置都是一个样本，除以 b·t。",
              mean=lambda losses: losses.sum(0).mean())
exercise.edit("要和时给了平均", "reduction 为 sum 时不要除。", total=lambda losses: losses.mean())
exercise.edit("默认求了和", '不给 reduction 时求平均：reduction="mean"。', default="sum")
exercise.edit("取成了 Python 的数", "题目要的是 0 维张量，要能 backward：不要 .item()。",
              out=lambda loss: loss.item())
exercise.edit("切断了梯度", "损失要能 backward：不要 detach、.item()，也不要用 torch.tensor(…) 重新造一个。",
              out=lambda loss: loss.detach())


@exercise.mutant("平均与和反了", look='reduction 为 "mean" 时求平均，为 "sum" 时求和。')
def _(logits, labels, reduction="mean"):
    return loss_with()(logits, labels, "sum" if reduction == "mean" else "mean")


@exercise.mutant("没有求平均，也没有求和", look="返回一个数：按 reduction 求 mean() 或 sum()。")
def _(logits, labels, reduction="mean"):
    return loss_with(mean=lambda losses: losses, total=lambda losses: losses)(logits, labels, reduction)


@exercise.mutant("每个位置都取了所有的标签",
                 look="下标 [:, :, labels] 把每个位置与所有的标签都配了一遍："
                      "用 gather(-1, labels[..., None])。")
def _(logits, labels, reduction="mean"):
    return loss_with(pick=lambda p, y: p[:, :, y])(logits, labels, reduction)


@exercise.mutant("用了平方误差", look="损失是 −log p(真的 token)，不是概率与独热的平方差。")
def _(logits, labels, reduction="mean"):
    square = (logits.softmax(-1) - F.one_hot(labels, logits.size(-1))) ** 2
    return getattr(square.sum(-1), reduction)()


@exercise.mutant("改动了输入",
                 look="logits -= … 会改掉调用者的张量：写成 logits = logits - …，得到一个新的。")
def _(logits, labels, reduction="mean"):
    logits -= logits.amax(-1, keepdim=True)
    return loss_with()(logits, labels, reduction)
