"""练习 8.4 前 k 个候选。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def candidates_with(
    row=-1, probability=lambda z: z.softmax(-1), largest=True, extra=0, order=lambda pairs: pairs
):
    def run(logits, k):
        p = probability(logits[row])
        values, ids = p.topk(k + extra, largest=largest)
        return order([[int(i), float(v)] for i, v in zip(ids, values, strict=True)])

    return run


exercise = Exercise(
    "8.4", "前 k 个候选", candidates_with(),
    look="取最后一个 token 那一行，softmax（对整个词表），取概率最大的 k 个，从大到小排好。",
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


exercise.mutant("取了第一个 token 那一行", candidates_with(row=0),
                look="下一个 token 由最后一行预测：logits[-1]。")


@exercise.mutant("只在 k 个里做 softmax",
                 look="softmax 要对整个词表做，再挑 k 个；否则这 k 个加起来总是 1。")
def _(logits, k):
    values, ids = logits[-1].topk(k)
    return [[int(i), float(v)] for i, v in zip(ids, values.softmax(-1), strict=True)]


exercise.mutant("给的是 logits", candidates_with(probability=lambda z: z), look="要的是概率：先 softmax。")
exercise.mutant("取了最小的", candidates_with(largest=False), look="概率最大的 k 个。")
exercise.mutant("多给了一个", candidates_with(extra=1), look="正好 k 个。")
exercise.mutant("从小到大排的", candidates_with(order=lambda pairs: pairs[::-1]), look="从大到小排好。")
exercise.mutant("编号与概率的次序反了", candidates_with(order=lambda pairs: [[v, i] for i, v in pairs]),
                look="每一对是（编号，概率）。")
exercise.mutant("溢出", candidates_with(probability=lambda z: z.exp() / z.exp().sum()),
                look="e 的 200 次方超出 float32；用 softmax，或先减去最大值。")
exercise.mutant("按编号的次序排", candidates_with(order=lambda pairs: sorted(pairs)),
                look="按概率从大到小，不是按编号。")
