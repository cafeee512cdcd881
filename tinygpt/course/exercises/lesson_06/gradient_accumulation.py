"""练习 6.7 梯度累积。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.course.exercises.lesson_06.shared import Tiny
from tinygpt.losses import IGNORE


def accumulate_with(
    reduction="sum", weigh=lambda count, total, n: 1 / total, clear="first", use=slice(None),
    read=lambda labels: labels, count=lambda labels: int((labels != IGNORE).sum()),
    give=lambda p: p.grad.clone(), update=False,
):  # fmt: skip
    """read：把标签看成什么；count：怎样数标签；clear：什么时候清零；use：哪几个小批反向。"""

    def run(model, batches):
        batches = [(ids, read(labels)) for ids, labels in batches]
        counts = [count(labels) for _, labels in batches]
        if clear == "first":
            model.zero_grad()
        for (ids, labels), mine in list(zip(batches, counts, strict=True))[use]:
            if clear == "each":
                model.zero_grad()
            logits = model(ids).flatten(0, 1)
            loss = F.cross_entropy(logits, labels.flatten(), ignore_index=IGNORE, reduction=reduction)
            (loss * weigh(mine, sum(counts), len(batches))).backward()
        found = [give(p) for p in model.parameters()]
        if update:
            torch.optim.SGD(model.parameters(), lr=0.1).step()
        return found

    return run


exercise = Exercise(
    "6.7", "梯度累积", accumulate_with(),
    look="每一小批的损失之和除以**全部**小批的标签总数，各自反向，梯度就加在一起。先清零。",
    atol=1e-5, assemble=accumulate_with,
)


def batches_of(rng, *targets):
    """几个小批，第 k 个有 targets[k] 个真的标签，其余是 −100。"""
    out = []
    for count in targets:
        ids, labels = integers(rng, 0, 7, 2, 4), integers(rng, 0, 7, 2, 4)
        labels.view(-1)[count:] = IGNORE
        out.append((ids, labels))
    return out


@exercise.probe("两个一样大的小批")
def _(answer, rng):
    return answer(Tiny(rng), batches_of(rng, 8, 8))


@exercise.probe("三个标签数不同的小批")
def _(answer, rng):
    return answer(Tiny(rng), batches_of(rng, 8, 2, 5))


@exercise.probe("只有一个小批")
def _(answer, rng):
    return answer(Tiny(rng), batches_of(rng, 6))


@exercise.probe("开始时留着旧的梯度")
def _(answer, rng):
    model = Tiny(rng)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    return answer(model, batches_of(rng, 8, 3))


@exercise.probe("等于一个大批的梯度")
def _(answer, rng):
    model, batches = Tiny(rng), batches_of(rng, 8, 3)
    found = answer(model, batches)
    model.zero_grad()
    ids, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    F.cross_entropy(model(ids).flatten(0, 1), labels.flatten(), ignore_index=IGNORE).backward()
    return all(torch.allclose(a, p.grad, atol=1e-6) for a, p in zip(found, model.parameters(), strict=True))


@exercise.probe("有一个小批一个真的标签也没有")
def _(answer, rng):
    return answer(Tiny(rng), batches_of(rng, 8, 0, 3))


@exercise.probe("没有更新参数")
def _(answer, rng):
    model = Tiny(rng)
    before = [p.detach().clone() for p in model.parameters()]
    answer(model, batches_of(rng, 8, 3))
    return all(torch.equal(a, p) for a, p in zip(before, model.parameters(), strict=True))


@exercise.correct("接成一个大批")
def _(model, batches):
    ids, labels = torch.cat([b[0] for b in batches]), torch.cat([b[1] for b in batches])
    loss = F.cross_entropy(model(ids).transpose(1, 2), labels)
    return list(torch.autograd.grad(loss, list(model.parameters())))


@exercise.correct("先加起来，最后一起除")
def _(model, batches):
    model.zero_grad(set_to_none=True)
    total = 0
    for ids, labels in batches:
        F.cross_entropy(model(ids).transpose(1, 2), labels, reduction="sum").backward()
        total += (labels != IGNORE).sum()
    return [p.grad / total for p in model.parameters()]


exercise.correct("平均乘以占几成", accumulate_with(reduction="mean", weigh=lambda c, t, n: c / t))
exercise.edit("平均的平均", reduction="mean", weigh=lambda c, t, n: 1 / n,
              look="标签少的小批分量变重了。各小批的和加起来，除以标签总数。")
exercise.edit("平均相加，没有除以小批的个数", reduction="mean", weigh=lambda c, t, n: 1.0,
              look="各小批的**和**除以标签总数；把各小批的平均加起来，梯度大了。")
exercise.edit("只求了和", weigh=lambda c, t, n: 1.0, look="还要除以标签总数。")
exercise.edit("开始时没有清零", clear="never", look="旧的梯度还在，先 model.zero_grad()。")
exercise.edit("只有最后一个小批", clear="each",
              look="小批之间不要清零，梯度自己会相加；每一小批都要反向。")
exercise.edit("隔一个小批才反向一次", use=slice(None, None, 2), look="每一小批都要反向一次。")
exercise.edit("只有第一个小批", use=slice(1), look="每一小批都要反向一次：return 在循环外面。")
exercise.edit("补齐的位置也算进了个数", count=lambda labels: labels.numel(),
              look="总数只数标签不是 −100 的位置。")
exercise.edit("把编号 0 也当成了补齐", read=lambda labels: labels.masked_fill(labels == 0, IGNORE),
              look="0 是一个真的编号；不算的只有 −100。")
exercise.edit("除了两次", weigh=lambda c, t, n: 1 / (t * n),
              look="除以标签总数就够了，不用再除以小批的个数。")
exercise.edit("除以了小批的个数，没有除以标签数", weigh=lambda c, t, n: 1 / n, look="除以的是标签总数。")
exercise.edit("除以了行数", count=len, look="除以的是标签总数，不是一共几行。")
exercise.edit("更新了参数", update=True, look="只要梯度：不要 optimizer.step()，也不要改 p。")
exercise.edit("−100 当成了编号 0", read=lambda labels: labels.clamp_min(0),
              look="−100 的位置不算损失：ignore_index=-100，个数里也不算。")
exercise.edit("返回之前又清零了", give=torch.zeros_like,
              look="返回的梯度与 p.grad 是同一个张量：返回之前不要清零。")
exercise.edit("返回的是参数，不是梯度", give=lambda p: p.detach().clone(), look="返回每个参数的 p.grad。")
