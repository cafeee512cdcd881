"""练习 1.1 数出二元模型。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers


def count_pairs(ids, size, step=1):
    counts = torch.zeros(size, size)
    for a, b in zip(ids, ids[step:]):
        counts[a, b] += 1
    return counts


def bigram_with(count=count_pairs, normalise=lambda c: c / c.sum(1, keepdim=True).clamp(min=1), empty=True):
    def run(ids, size):
        counts = count(ids, size)
        table = normalise(counts)
        return torch.where(counts.sum(1, keepdim=True) == 0, 1 / size, table) if empty else table

    return run


exercise = Exercise(
    "1.1", "数出二元模型", bigram_with(), assemble=bigram_with,
    look="第 a 行第 b 列是“a 的后面是 b”占 a 后面的几成；每一行的和都是 1，没有出现过的一行每个都是 1/V。",
)


@exercise.probe("机、器、学、习，每个都出现过")
def _(answer, rng):
    return answer([0, 1, 2, 3, 0, 1, 2, 0, 1, 0], 4)


@exercise.probe("随机的 60 个编号")
def _(answer, rng):
    return answer(integers(rng, 0, 5, 60).tolist(), 5)


@exercise.probe("有两个编号从没出现过")
def _(answer, rng):
    return answer([0, 2, 2, 0, 2], 4)


@exercise.probe("最后一个编号只出现在末尾")
def _(answer, rng):
    return answer([1, 0, 1, 0, 2], 3)


@exercise.probe("只有一个编号：没有一对")
def _(answer, rng):
    return answer([1], 3)


@exercise.probe("连着的同一个编号")
def _(answer, rng):
    return answer([1, 1, 1, 0], 2)


@exercise.probe("不改动输入")
def _(answer, rng):
    ids = [2, 0, 1, 2, 0]
    answer(ids, 3)
    return ids


@exercise.correct("bincount")
def _(ids, size):
    pairs = torch.tensor([a * size + b for a, b in zip(ids, ids[1:])], dtype=torch.long)
    counts = torch.bincount(pairs, minlength=size * size).reshape(size, size).float()
    total = counts.sum(dim=1, keepdim=True)
    return torch.where(total > 0, counts / total.clamp(min=1), torch.full_like(counts, 1 / size))


@exercise.correct("一行一行地算")
def _(ids, size):
    rows = []
    for a in range(size):
        after = [y for x, y in zip(ids, ids[1:]) if x == a]
        rows.append([after.count(b) / len(after) if after else 1 / size for b in range(size)])
    return torch.tensor(rows)


exercise.edit("行与列反了", "前一个字是行，后一个字是列：counts[a, b]，不是 counts[b, a]。",
              count=lambda ids, size: count_pairs(ids, size).T)
exercise.edit("隔了一个字", "相邻的一对是 ids[i] 与 ids[i + 1]。",
              count=lambda ids, size: count_pairs(ids, size, 2))
exercise.edit("数到了末尾又接回开头", "最后一个字后面没有字了，不要接回第一个。",
              count=lambda ids, size: count_pairs([*ids, ids[0]], size))
exercise.edit("按列归一", "除以的是这一行的和：前一个字出现了多少次。",
              normalise=lambda c: c / c.sum(0, keepdim=True).clamp(min=1))
exercise.edit("除以了全部的对数", "除以全部的对数得到的是联合概率；要的是“给定前一个字”，除以这一行的和。",
              normalise=lambda c: c / c.sum().clamp(min=1))
exercise.edit("没有归一，交出了次数", "次数还要除以这一行的和，才是概率。", normalise=lambda c: c)
exercise.edit("每个次数都加了 1", "这里不平滑，只有从没出现过的那一行才一样多。",
              normalise=lambda c: (c + 1) / (c + 1).sum(1, keepdim=True))
exercise.edit("没有出现过的一行留着 0", "一行全是 0 就不是分布了：每个都给 1/V。", empty=False)
exercise.edit("没有出现过的一行成了 nan", "0 除以 0 得到 nan：没有出现过的一行每个都给 1/V。",
              normalise=lambda c: c / c.sum(1, keepdim=True), empty=False)
