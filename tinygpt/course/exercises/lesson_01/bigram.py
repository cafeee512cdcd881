"""练习 1.1 数出二元模型。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, unchanged


def row_sum(counts):
    return counts.sum(1, keepdim=True)


def bigram_with(
    pairs=lambda ids: zip(ids, ids[1:]),
    place=lambda a, b: (a, b),
    count=lambda old: old + 1,
    smooth=0.0,
    total=row_sum,
    empty=lambda table, size: torch.full_like(table, 1 / size),
    out=lambda table: table,
):
    def run(ids, size):
        counts = torch.zeros(size, size)
        for a, b in pairs(ids):
            counts[place(a, b)] = count(counts[place(a, b)])
        counts = counts + smooth
        table = counts / total(counts)
        return out(torch.where(row_sum(counts) == 0, empty(table, size), table))

    return run


exercise = Exercise(
    "1.1", "数出二元模型", bigram_with(), assemble=bigram_with, rtol=1e-5, atol=1e-9,
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


@exercise.probe("一个编号也没有")
def _(answer, rng):
    return answer([], 2)


@exercise.probe("后面一直是同一个")
def _(answer, rng):
    return answer([0, 3, 0, 3, 0, 3, 0, 3, 0, 1], 5)


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, [2, 0, 1, 2, 0], 3)


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
              place=lambda a, b: (b, a))
exercise.edit("隔了一个字", "相邻的一对是 ids[i] 与 ids[i + 1]。", pairs=lambda ids: zip(ids, ids[2:]))
exercise.edit("两个两个地跳着数", "一次挪一个：第 1 与第 2 个也是一对。",
              pairs=lambda ids: zip(ids[::2], ids[1::2]))
exercise.edit("少了最后一对", "n 个编号有 n − 1 对；range 的终点差一了。",
              pairs=lambda ids: zip(ids[:-1], ids[1:-1]))
exercise.edit("数到了末尾又接回开头", "最后一个字后面没有字了，不要接回第一个。",
              pairs=lambda ids: zip(ids, [*ids[1:], *ids[:1]]))
exercise.edit("相同的挨着时没有数", "连着的同一个编号也是一对。",
              pairs=lambda ids: [(a, b) for a, b in zip(ids, ids[1:]) if a != b])
exercise.edit("出现几次都只记 1",
              "出现几次就加几次：counts[a, b] += 1；用下标一次加很多时，重复的只加了一次。",
              count=lambda old: 1)
exercise.edit("每个次数都加了 1", "这里不平滑，只有从没出现过的那一行才一样多。", smooth=1.0)
exercise.edit("按列归一", "除以的是这一行的和：前一个字出现了多少次。",
              total=lambda c: c.sum(0, keepdim=True))
exercise.edit("求和没有 keepdim", "少了 keepdim=True，悄悄按列去除了：total 的形状要是 (size, 1)。",
              total=lambda c: c.sum(1))
exercise.edit("除以了全部的对数", "除以全部的对数得到的是联合概率；要的是“给定前一个字”，除以这一行的和。",
              total=torch.sum)
exercise.edit("没有归一，交出了次数", "次数还要除以这一行的和，才是概率。", total=lambda c: 1)
exercise.edit("没有出现过的一行留着 0", "一行全是 0 就不是分布了：每个都给 1/V。",
              empty=lambda table, size: torch.zeros_like(table))
exercise.edit("没有出现过的一行成了 nan", "0 除以 0 得到 nan：没有出现过的一行每个都给 1/V。",
              empty=lambda table, size: torch.full_like(table, torch.nan))
exercise.edit("没有出现过的一行成了 1", "一行的和是 1：每个都给 1/V，不是 1。",
              empty=lambda table, size: torch.ones_like(table))
exercise.edit("换成了 float64", "题目要 float32：不要 .double()。", out=lambda table: table.double())
exercise.edit("返回的是列表", "返回张量：torch.tensor(…)。", out=lambda table: table.tolist())


@exercise.mutant("除以了这个编号出现的次数",
                 look="末尾的那一个后面没有字，不能算：除以这一行的和，不是 ids.count(a)。")
def _(ids, size):
    seen = torch.tensor([[ids.count(a)] for a in range(size)])
    counts = bigram_with(total=lambda c: 1, empty=lambda table, size: torch.zeros_like(table))(ids, size)
    return torch.where(seen == 0, 1 / size, counts / seen.clamp(min=1))


@exercise.mutant("对次数做了 softmax", look="概率是次数除以这一行的和，不是 softmax。")
def _(ids, size):
    counts = bigram_with(total=lambda c: 1, empty=lambda table, size: torch.zeros_like(table))(ids, size)
    return counts.softmax(dim=1)


@exercise.mutant("1 除以的是出现过的种数", look="没有跟过什么的一行，每个都是 1 / size，不是出现过的种数。")
def _(ids, size):
    return bigram_with(empty=lambda table, size: torch.full_like(table, 1 / max(1, len(set(ids)))))(ids, size)


@exercise.mutant("大小按出现过的最大编号来了", look="表的大小是 size × size，没有出现过的编号也有一行。")
def _(ids, size):
    return bigram_with()(ids, max(ids) + 1)


@exercise.mutant("改动了输入", look="pop、append 会改掉调用者的列表；zip(ids, ids[1:]) 不会。")
def _(ids, size):
    table = bigram_with()(ids, size)
    ids.pop()
    return table
