"""练习 7.3 top-p。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.course.exercises.lesson_07.shared import same_after
from tinygpt.sampling import keep_top_p


def before(q, total, p):
    """排好的哪些去掉：前面的加起来已经够了；第一个总是留下。"""
    return (total - q >= p) & (total - q > 0)


def after_first(drop):
    """第一个总是留下，其余照 drop。"""
    return lambda q, total, p: drop(q, total, p) & (torch.arange(q.size(-1)) > 0)


def put_back(values, order):
    return torch.empty_like(values).scatter(-1, order, values)


def nucleus(
    drop=before, descending=True, probabilities=lambda v: v.softmax(-1), fill=-math.inf,
    back=put_back, give=lambda kept: kept, inplace=False,
):  # fmt: skip
    """drop(概率, 累加, p) 说排好的哪些去掉；back(数, 次序) 放回原来的位置。"""

    def run(logits, p):
        values, order = logits.sort(dim=-1, descending=descending, stable=True)
        q = probabilities(values)
        kept = back(values.masked_fill(drop(q, q.cumsum(-1), p), fill), order)
        if inplace:
            logits.copy_(kept)
        return give(kept)

    return run


exercise = Exercise(
    "7.3", "top-p", keep_top_p,
    look="从大到小排好，一个一个加，加到不小于 p 为止；跨过 p 的那一个也留下。", assemble=nucleus,
)


def logs(*probabilities):
    return torch.tensor([probabilities]).log()


@exercise.probe("0.5、0.3、0.15、0.05，p = 0.7")
def _(answer, rng):
    return answer(logs(0.5, 0.3, 0.15, 0.05), 0.7)


@exercise.probe("没有排好序，p = 0.9")
def _(answer, rng):
    return answer(logs(0.05, 0.5, 0.15, 0.3), 0.9)


@exercise.probe("第一个就超过 p：仍留下它")
def _(answer, rng):
    return answer(logs(0.9, 0.06, 0.04), 0.3)


@exercise.probe("两行，各自算各自的")
def _(answer, rng):
    return answer(normal(rng, 2, 10, scale=2.0), 0.8)


@exercise.probe("很小的 p")
def _(answer, rng):
    return answer(normal(rng, 2, 6), 1e-6)


@exercise.probe("输入不是归一的对数概率")
def _(answer, rng):
    return answer(logs(0.5, 0.3, 0.15, 0.05) + 3.0, 0.7)


@exercise.probe("很大的 logits")
def _(answer, rng):
    return answer(logs(0.5, 0.3, 0.15, 0.05) + 200.0, 0.7)


@exercise.probe("p = 0：只留概率最大的那个")
def _(answer, rng):
    return answer(torch.tensor([[1.0, 4.0, 2.0], [0.5, 0.0, -3.0]]), 0.0)


@exercise.probe("四个一样大，正好加到 p：各留 1、2、4 个")
def _(answer, rng):
    return [(answer(torch.zeros(1, 4), p) > -math.inf).sum(dim=-1) for p in (0.25, 0.5, 1.0)]


@exercise.probe("不改动输入")
def _(answer, rng):
    return same_after(lambda logits: answer(logits, 0.5), normal(rng, 2, 5))


@exercise.correct("一行一行地加")
def _(logits, p):
    out = torch.full_like(logits, -math.inf)
    for row, probabilities in enumerate(logits.softmax(-1)):
        total = 0.0
        for i in probabilities.argsort(descending=True, stable=True):
            out[row, i] = logits[row, i]
            total += probabilities[i].item()
            if total >= p:
                break
    return out


@exercise.correct("把累加错开一位")
def _(logits, p):
    values, order = logits.sort(dim=-1, descending=True, stable=True)
    over = values.softmax(-1).cumsum(-1) >= p
    drop = torch.roll(over, 1, dims=-1)
    drop[:, 0] = False
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), -math.inf)


def all_rows_alike(q, total, p):
    """每行都留下第一行那么多个。"""
    return before(q[:1], total[:1], p).expand_as(q)


def smallest_kept(logits, p):
    kept = keep_top_p(logits, p)
    return kept.masked_fill(kept == -math.inf, math.inf).amin(-1, keepdim=True)


exercise.edit("跨过 p 的那一个也去掉了", drop=lambda q, total, p: total > p,
              look="留下的概率之和要**不小于** p；跨过 p 的那一个留下，第一个总是留下。")
exercise.edit("够了 p 的那一个去掉了", drop=lambda q, total, p: total >= p,
              look="加上它才够 p，它要留下；第一个总是留下。问的是排在**前面**的加起来够了没有。")
exercise.edit("跨过 p 的那一个去掉了，只保住了第一个", drop=after_first(lambda q, total, p: total > p),
              look="加上它才够 p，它也要留下：看排在**前面**的加起来够了没有。")
exercise.edit("够了 p 的那一个去掉了，只保住了第一个", drop=after_first(lambda q, total, p: total >= p),
              look="加上它才够 p，它也要留下：看排在**前面**的加起来够了没有。")
exercise.edit("正好加到 p 时多留了一个", drop=lambda q, total, p: total - q > p,
              look="加到**不小于** p 就停：前面的和等于 p，已经够了。")
exercise.edit("p 是 0 时一个也没有留", drop=lambda q, total, p: total - q >= p,
              look="概率最大的那个总要留下：前面的和是 0 时不去掉。")
exercise.edit("多留了一个",
              drop=lambda q, total, p: torch.roll(before(q, total, p), 1, -1) & before(q, total, p),
              look="加到不小于 p 就停，下一个不要了。")
exercise.edit("错开一位时，最后的绕到了第一个", drop=lambda q, total, p: torch.roll(total >= p, 1, -1),
              look="roll 把最后一个绕到了最前面；错开以后把第 0 个写成不去掉。")
exercise.edit("至少留了两个", drop=lambda q, total, p: before(q, total, p) & (torch.arange(q.size(-1)) > 1),
              look="总要留下的只有概率最大的那**一个**。")
exercise.edit("第一个超过 p 时一个也不留",
              drop=lambda q, total, p: (total - q >= p) | ((total - q == 0) & (q >= p)),
              look="概率最大的那个总要留下，不然就没有 token 可抽了。")
exercise.edit("所有行留了一样多", drop=all_rows_alike, look="每行各自加：cumsum(-1)。")
exercise.edit("没有还原次序", back=lambda values, order: values,
              look="排序打乱了编号；用 scatter 把每个数放回它原来的位置。")
exercise.edit("还原次序时用了 gather", back=lambda values, order: values.gather(-1, order),
              look="sort 给出的下标是“这个数原来在哪里”：放回去用 scatter，gather 是取。")
exercise.edit("从小到大排了序", descending=False, look="要先留概率大的，descending=True。")
exercise.edit("其余填了 0", fill=0.0, look="logit 为 0 不是概率为 0。填 −∞。")
exercise.edit("其余填了 −1e9", fill=-1e9, look="题目要的是 −∞：float(\"-inf\")，softmax 以后才正好是 0。")
exercise.edit("对 logits 累加，没有 softmax", probabilities=lambda v: v, look="p 是概率之和，先做 softmax。")
exercise.edit("没有归一就取指数", probabilities=lambda v: v.exp(),
              look="logits 差一个常数，概率不变；直接取指数得到的数加起来不是 1。")
exercise.edit("溢出", probabilities=lambda v: v.exp() / v.exp().sum(-1, keepdim=True),
              look="e 的 200 次方超出 float32；用 softmax，或先减去最大值。")
exercise.edit("按第一个轴做 softmax", probabilities=lambda v: v.softmax(0), look="每一行是一个分布，dim=-1。")
exercise.edit("返回了概率", give=lambda kept: kept.softmax(-1),
              look="返回 logits，去掉的填 −∞；softmax 是下一步的事。")
exercise.edit("改动了输入", inplace=True, look="不要 logits[…] = …、masked_fill_；先得到一个新的张量。")


def threshold(kept):
    """不排序，只由一个门槛决定留下谁的写法。"""
    return lambda logits, p: logits.masked_fill(~kept(logits, p), -math.inf)


exercise.mutant("并列的多留了", threshold(lambda z, p: z >= smallest_kept(z, p)),
                look="加够了就停：与最后一个一样大的，没有加进来就去掉。用排序的位置，不用数值的门槛。")
exercise.mutant("只留概率不小于 1 − p 的", threshold(lambda z, p: z.softmax(-1) >= 1 - p),
                look="top-p 看的是累加的和，不是单个概率的门槛。")
exercise.mutant("只留概率不小于 p 的", threshold(lambda z, p: z.softmax(-1) >= p),
                look="top-p 看的是累加的和，不是单个概率的门槛。")
exercise.mutant("只留概率不小于最大的 p 倍的",
                threshold(lambda z, p: z.softmax(-1) >= p * z.softmax(-1).amax(-1, keepdim=True)),
                look="那是 min-p；top-p 看的是从大到小累加的和。")


@exercise.mutant("去掉的记号没有还原次序", look="记号是排好序的次序，logits 是原来的：用 scatter 还原再用。")
def _(logits, p):
    values, _ = logits.sort(dim=-1, descending=True, stable=True)
    q = values.softmax(-1)
    return logits.masked_fill(before(q, q.cumsum(-1), p), -math.inf)
