"""练习 2.4 MLM：80 / 10 / 10。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, unchanged
from tinygpt.losses import IGNORE
from tinygpt.tokenizer import CLS, MASK, PAD, SEP

FIRST_ORDINARY = 8  # 编号更小的是特殊 token


def masking_with(
    mask=lambda f: f < 0.8,
    random=lambda f: f >= 0.9,
    ordinary=lambda ids: ids >= FIRST_ORDINARY,
    labelled=lambda chosen, ids: chosen & (ids >= FIRST_ORDINARY),
    label=lambda ids, chosen, masked: torch.where(chosen, ids, IGNORE),
    pick=lambda chosen, ok: chosen & ok,
    order=lambda masked, labels: (masked, labels),
):
    def run(ids, chosen, fate, random_ids):
        hidden = pick(chosen, ordinary(ids))
        masked = torch.where(hidden & mask(fate), MASK, ids)
        masked = torch.where(hidden & random(fate), random_ids, masked)
        return order(masked, label(ids, labelled(chosen, ids), masked))

    return run


exercise = Exercise(
    "2.4", "MLM：80 / 10 / 10", masking_with(), assemble=masking_with,
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


@exercise.probe("编号 0 到 11：8 是第一个普通 token")
def _(answer, rng):
    ids, fate = torch.arange(12)[None], torch.tensor([[0.1, 0.95] * 6])
    return answer(ids, torch.ones(1, 12).bool(), fate, torch.full((1, 12), 50))


@exercise.probe("fate 正好是 0、0.8、0.9")
def _(answer, rng):
    fate = torch.tensor([[0.0, 0.8, 0.9, 0.8, 0.9, 0.0]])
    return answer(torch.arange(20, 26)[None], torch.ones(1, 6).bool(), fate, torch.full((1, 6), 50))


@exercise.probe("一个也没有选中")
def _(answer, rng):
    ids, fate = integers(rng, 8, 30, 1, 5), torch.rand(1, 5, generator=rng)
    return answer(ids, torch.zeros(1, 5).bool(), fate, integers(rng, 8, 30, 1, 5))


@exercise.probe("不改动输入")
def _(answer, rng):
    ids, chosen = integers(rng, 0, 30, 2, 6), torch.rand(2, 6, generator=rng) < 0.7
    ids[0, 0], chosen[0, 0] = CLS, True
    return unchanged(answer, ids, chosen, torch.rand(2, 6, generator=rng), integers(rng, 30, 60, 2, 6))


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


exercise.edit("标签给了所有位置", "没有选中的位置标签是 −100；不然模型大半时间在照抄看得见的 token。",
              label=lambda i, c, m: i.clone())
exercise.edit("没有动的 10 % 没有标签", "选中而没有动的位置也要预测，标签也是原来的 token。",
              label=lambda i, c, m: torch.where(c & (m != i), i, IGNORE))
exercise.edit("只有换成 <mask> 的才有标签", "三种都是选中的，都要预测。",
              label=lambda i, c, m: torch.where(c & (m == MASK), i, IGNORE))
exercise.edit("标签是遮过以后的 token", "标签是原来的 token：要猜的是它。",
              label=lambda i, c, m: torch.where(c, m, IGNORE))
exercise.edit("没有选中的标签写成了 0", "不计损失的标签是 −100；0 是 <pad> 的编号，会被当成答案。",
              label=lambda i, c, m: torch.where(c, i, 0))
exercise.edit("没有选中的标签写成了 −1", "不计损失的标签是 −100：交叉熵只认它。",
              label=lambda i, c, m: torch.where(c, i, -1))
exercise.edit("选中的标签成了 −100，别的留着", "反了：选中的是原来的编号，其余是 −100。",
              label=lambda i, c, m: torch.where(c, IGNORE, i))
exercise.edit("不动的也换成了 <mask>", "0.8 到 0.9 之间不动：fate < 0.8 才换成 <mask>。",
              mask=lambda f: f < 0.9)
exercise.edit("正好 0.8 的也换成了 <mask>", "fate < 0.8：正好 0.8 的不动。", mask=lambda f: f <= 0.8)
exercise.edit("没有不动的 10 %", "fate 在 0.8 与 0.9 之间的不动。", random=lambda f: f >= 0.8)
exercise.edit("没有随机的 10 %", "fate ≥ 0.9 的换成 random_ids。", random=lambda f: f > 2)
exercise.edit("正好 0.9 的没有换", "fate ≥ 0.9：正好 0.9 的也换。", random=lambda f: f > 0.9)
exercise.edit("0.8 到 0.9 换成了随机的", "0.8 到 0.9 之间不动，0.9 以上才换成随机的。",
              random=lambda f: (f >= 0.8) & (f < 0.9))
exercise.edit("小于 0.1 的换成了随机的", "随机的那 10 % 是 fate ≥ 0.9；小于 0.8 的都换成 <mask>。",
              random=lambda f: f < 0.1)
exercise.edit("没有看 chosen", "只有 chosen 为 True 的位置才遮。", pick=lambda chosen, ok: ok)
exercise.edit("特殊 token 也遮了", "<cls>、<sep>、<pad> 不是要学的内容：编号小于 8 的不遮。",
              ordinary=lambda ids: ids >= 0)
exercise.edit("特殊 token 也有标签", "编号小于 8 的从不选中：标签也是 −100。",
              labelled=lambda chosen, ids: chosen)
exercise.edit("返回的次序反了", "先返回遮过的，再返回标签。", order=lambda masked, labels: (labels, masked))


@exercise.mutant("特殊 token 也当成选中的",
                 look="编号小于 8 的从不选中：先 chosen & (ids >= 8)，遮与标签都用它。")
def _(ids, chosen, fate, random_ids):
    every = {"ordinary": lambda ids: ids >= 0, "labelled": lambda chosen, ids: chosen}
    return masking_with(**every)(ids, chosen, fate, random_ids)


@exercise.mutant("编号 8 也当成了特殊 token", look="普通 token 的编号**不小于** 8：ids >= 8，不是 > 8。")
def _(ids, chosen, fate, random_ids):
    return masking_with()(ids, chosen & (ids != 8), fate, random_ids)


@exercise.mutant("只认得 <cls>、<sep>、<pad>", look="编号小于 8 的都是特殊 token，不止这三个：ids >= 8。")
def _(ids, chosen, fate, random_ids):
    special = (ids == CLS) | (ids == SEP) | (ids == PAD)
    every = {"ordinary": lambda ids: ids >= 0, "labelled": lambda chosen, ids: chosen}
    return masking_with(**every)(ids, chosen & ~special, fate, random_ids)


@exercise.mutant("选中的全换成了 <mask>", look="80 % 换成 <mask>，10 % 随机，10 % 不动。")
def _(ids, chosen, fate, random_ids):
    return masking_with(mask=lambda f: f < 2, random=lambda f: f > 2)(ids, chosen, fate, random_ids)


@exercise.mutant("改动了输入",
                 look="ids[…] = MASK、chosen &= … 会改掉调用者的张量；先 clone，或用 torch.where。")
def _(ids, chosen, fate, random_ids):
    masked, labels = masking_with()(ids, chosen, fate, random_ids)
    ids.copy_(masked)
    return masked, labels


@exercise.mutant("先改了 ids，再从里面取标签",
                 look="ids[…] = MASK 以后，原来的编号就没有了：先取标签，或先 clone。")
def _(ids, chosen, fate, random_ids):
    masked, _ = masking_with()(ids, chosen, fate, random_ids)
    labels = torch.where(chosen & (ids >= FIRST_ORDINARY), masked, IGNORE)
    ids.copy_(masked)
    return masked, labels
