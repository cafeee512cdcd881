"""练习 2.4 MLM：80 / 10 / 10。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.losses import IGNORE
from tinygpt.tokenizer import CLS, MASK, PAD, SEP

FIRST_ORDINARY = 8  # 编号更小的是特殊 token


def masking_with(
    mask=lambda f: f < 0.8,
    random=lambda f: f >= 0.9,
    special=False,
    label=lambda ids, chosen, masked: torch.where(chosen, ids, IGNORE),
):
    def run(ids, chosen, fate, random_ids):
        chosen = chosen if special else chosen & (ids >= FIRST_ORDINARY)
        masked = torch.where(chosen & mask(fate), MASK, ids)
        masked = torch.where(chosen & random(fate), random_ids, masked)
        return masked, label(ids, chosen, masked)

    return run


exercise = Exercise(
    "2.4", "MLM：80 / 10 / 10", masking_with(),
    look="选中的普通 token 里：fate < 0.8 换成 <mask>，fate ≥ 0.9 换成随机的，中间的不动；"
         "选中的位置（三种都算）标签是原来的 token，其余 −100。",
)


@exercise.probe("十个普通 token，都选中")
def _(answer, rng):
    fate = torch.tensor([[0.0, 0.1, 0.3, 0.5, 0.79, 0.8, 0.85, 0.89, 0.9, 0.99]])
    return answer(torch.arange(10, 20)[None], torch.ones(1, 10).bool(), fate, torch.full((1, 10), 99))


@exercise.probe("只选中几个")
def _(answer, rng):
    ids = integers(rng, 8, 60, 3, 12)
    chosen = torch.rand(3, 12, generator=rng) < 0.4
    return answer(ids, chosen, torch.rand(3, 12, generator=rng), integers(rng, 60, 99, 3, 12))


@exercise.probe("特殊 token（编号小于 8）不遮")
def _(answer, rng):
    ids = torch.tensor([[CLS, 20, 21, SEP, 22, SEP, PAD, PAD]])
    fate = torch.tensor([[0.1, 0.1, 0.95, 0.1, 0.85, 0.95, 0.1, 0.95]])
    return answer(ids, torch.ones(1, 8).bool(), fate, torch.full((1, 8), 50))


@exercise.probe("一个也没有选中")
def _(answer, rng):
    ids, fate = integers(rng, 8, 30, 1, 5), torch.rand(1, 5, generator=rng)
    return answer(ids, torch.zeros(1, 5).bool(), fate, integers(rng, 8, 30, 1, 5))


@exercise.probe("不改动输入")
def _(answer, rng):
    ids = integers(rng, 8, 30, 2, 6)
    before = ids.clone()
    answer(ids, torch.ones(2, 6).bool(), torch.rand(2, 6, generator=rng), integers(rng, 30, 60, 2, 6))
    return torch.equal(ids, before)


@exercise.correct("一个一个地判断")
def _(ids, chosen, fate, random_ids):
    masked, labels = ids.clone(), torch.full_like(ids, -100)
    for place in chosen.nonzero().tolist():
        row, column = place
        if ids[row, column] < 8:
            continue
        labels[row, column] = ids[row, column]
        if fate[row, column] < 0.8:
            masked[row, column] = MASK
        elif fate[row, column] >= 0.9:
            masked[row, column] = random_ids[row, column]
    return masked, labels


@exercise.correct("masked_fill")
def _(ids, chosen, fate, random_ids):
    chosen = chosen & ~(ids < 8)
    masked = ids.masked_fill(chosen & (fate < 0.8), MASK)
    return torch.where(chosen & ~(fate < 0.9), random_ids, masked), ids.masked_fill(~chosen, -100)


exercise.mutant("标签给了所有位置", masking_with(label=lambda i, c, m: i.clone()),
                look="没有选中的位置标签是 −100；不然模型大半时间在照抄看得见的 token。")
exercise.mutant("没有动的 10 % 没有标签",
                masking_with(label=lambda i, c, m: torch.where(c & (m != i), i, IGNORE)),
                look="选中而没有动的位置也要预测，标签也是原来的 token。")
exercise.mutant("只有换成 <mask> 的才有标签",
                masking_with(label=lambda i, c, m: torch.where(m == MASK, i, IGNORE)),
                look="三种都是选中的，都要预测。")
exercise.mutant("标签是遮过以后的 token", masking_with(label=lambda i, c, m: torch.where(c, m, IGNORE)),
                look="标签是原来的 token：要猜的是它。")
exercise.mutant("没有选中的标签写成了 0", masking_with(label=lambda i, c, m: torch.where(c, i, 0)),
                look="不计损失的标签是 −100；0 是 <pad> 的编号，会被当成答案。")
exercise.mutant("选中的全换成了 <mask>", masking_with(mask=lambda f: f < 2, random=lambda f: f > 2),
                look="80 % 换成 <mask>，10 % 随机，10 % 不动。")
exercise.mutant("没有不动的 10 %", masking_with(random=lambda f: f >= 0.8),
                look="fate 在 0.8 与 0.9 之间的不动。")
exercise.mutant("没有随机的 10 %", masking_with(random=lambda f: f > 2),
                look="fate ≥ 0.9 的换成 random_ids。")
exercise.mutant("0.8 到 0.9 换成了随机的", masking_with(random=lambda f: (f >= 0.8) & (f < 0.9)),
                look="0.8 到 0.9 之间不动，0.9 以上才换成随机的。")
exercise.mutant("特殊 token 也遮了", masking_with(special=True),
                look="<cls>、<sep>、<pad> 不是要学的内容：编号小于 8 的不遮，也没有标签。")


@exercise.mutant("改动了输入", look="ids[…] = MASK 会改掉原来的张量；先 clone，或用 torch.where。")
def _(ids, chosen, fate, random_ids):
    masked, labels = masking_with()(ids, chosen, fate, random_ids)
    ids.copy_(masked)
    return masked, labels
