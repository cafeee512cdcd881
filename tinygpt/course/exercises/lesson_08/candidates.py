"""练习 8.4 前 k 个候选。"""

from numbers import Integral

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def pairs_of(values, ids):
    return list(zip(ids.tolist(), values.tolist(), strict=True))


def candidates_with(
    row=lambda z: z[-1], probability=lambda z: z.softmax(-1), top=lambda p, k: p.topk(k),
    share=lambda values: values, give=pairs_of,
):  # fmt: skip
    """row：取哪一行；share：挑出来的概率再怎么变；give：由概率与编号得到返回的。"""

    def run(logits, k):
        values, ids = top(probability(row(logits)), k)
        return give(share(values), ids)

    return run


exercise = Exercise(
    "8.4", "前 k 个候选", candidates_with(),
    look="取最后一个 token 那一行，softmax（对整个词表），取概率最大的 k 个，从大到小排好。",
    assemble=candidates_with,
)


@exercise.probe("三个 token，前 2 个")
def _(answer, rng):
    return answer(torch.tensor([[9.0, 0, 0, 0], [0, 9.0, 0, 0], [1.0, 3.0, 2.0, 0.0]]), 2)


@exercise.probe("词表 50，前 5 个")
def _(answer, rng):
    return answer(normal(rng, 3, 50, scale=3.0), 5)


@exercise.probe("只要 1 个")
def _(answer, rng):
    return answer(normal(rng, 2, 20, scale=3.0), 1)


@exercise.probe("很大的 logits")
def _(answer, rng):
    return answer(normal(rng, 1, 6) + torch.tensor([200.0, 0, 201.0, 0, 199.0, 0]), 3)


@exercise.probe("编号是整数，概率是小数")
def _(answer, rng):
    found = answer(normal(rng, 2, 9), 3)
    return [isinstance(i, Integral) and isinstance(p, float) for i, p in found]


@exercise.probe("整个词表都要")
def _(answer, rng):
    return answer(normal(rng, 2, 5), 5)


@exercise.correct("排序")
def _(logits, k):
    p = logits[-1].log_softmax(0).exp().tolist()
    return [(i, p[i]) for i in sorted(range(len(p)), key=lambda i: -p[i])[:k]]


@exercise.correct("每次取最大的")
def _(logits, k):
    p, found = logits[-1].softmax(-1).clone(), []
    for _ in range(k):
        best = int(p.argmax())
        found.append([best, p[best].item()])
        p[best] = -1
    return found


def in_pairs(change):
    """give：配好的对再变一变。"""
    return lambda values, ids: change(pairs_of(values, ids))


exercise.edit("取了第一个 token 那一行", row=lambda z: z[0], look="下一个 token 由最后一行预测：logits[-1]。")
exercise.edit("取了各行的平均", row=lambda z: z.mean(0), look="下一个 token 由最后一行预测：logits[-1]。")
exercise.edit("按第一个轴做 softmax", row=lambda z: z.softmax(0)[-1], probability=lambda z: z,
              look="softmax 对**词表**做：dim=-1。")
exercise.edit("只在 k 个里做 softmax", share=lambda values: values / values.sum(),
              look="softmax 要对整个词表做，再挑 k 个，挑完不再归一；否则这 k 个加起来总是 1。")
exercise.edit("给的是 logits", probability=lambda z: z, look="要的是概率：先 softmax。")
exercise.edit("给的是对数概率", probability=lambda z: z.log_softmax(-1),
              look="要的是概率：softmax，不是 log_softmax。")
exercise.edit("用了 sigmoid", probability=torch.sigmoid, look="整个词表的概率加起来是 1：softmax。")
exercise.edit("溢出", probability=lambda z: z.exp() / z.exp().sum(),
              look="e 的 200 次方超出 float32；用 softmax，或先减去最大值。")
exercise.edit("取了最小的", top=lambda p, k: p.topk(k, largest=False), look="概率最大的 k 个。")
exercise.edit("多给了一个", top=lambda p, k: p.topk(min(k + 1, len(p))), look="正好 k 个。")
exercise.edit("给的是百分数", share=lambda values: 100 * values, look="概率在 0 与 1 之间，不乘 100。")
exercise.edit("概率四舍五入了", share=lambda values: (values * 100).round() / 100, look="概率不要取整。")
exercise.edit("从小到大排的", give=in_pairs(lambda pairs: pairs[::-1]), look="从大到小排好。")
exercise.edit("按编号的次序排", give=in_pairs(sorted), look="按概率从大到小，不是按编号。")
exercise.edit("编号与概率的次序反了", give=in_pairs(lambda pairs: [(p, i) for i, p in pairs]),
              look="每一对是（编号，概率）。")
exercise.edit("编号成了小数", give=in_pairs(lambda pairs: [(float(i), p) for i, p in pairs]),
              look="编号是整数：不要与概率拼进同一个张量，各自 .tolist() 再配对。")
exercise.edit("里面还是张量", give=lambda values, ids: list(zip(ids, values, strict=True)),
              look="用 .tolist() 或 .item() 取出数来。")
exercise.edit("返回了两个列表", give=lambda values, ids: (ids.tolist(), values.tolist()),
              look="一对一对的：用 zip 配成 [(编号, 概率), …]。")
exercise.edit("返回了字典", give=in_pairs(dict), look="返回列表：[(编号, 概率), …]。")
exercise.edit("只有编号", give=lambda values, ids: ids.tolist(), look="每一项是（编号，概率）。")
