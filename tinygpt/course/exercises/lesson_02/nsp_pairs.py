"""练习 2.6 找错误：NSP 的句子对。"""

import torch

from tinygpt.course.diagnosis import Exercise


def another(d, n, pick):
    """n 篇文档里，d 以外的一篇。"""
    return (d + 1 + pick(n - 1)) % n


def shuffled(rows, generator):
    return [rows[k] for k in torch.randperm(len(rows), generator=generator)]


def alternating(rows, generator):
    half = len(rows) // 2
    return [row for pair in zip(rows[:half], rows[half:]) for row in pair] + rows[2 * half :]


def pairs_with(
    other=another, shuffle=shuffled, gap=1, flip=False, first=False, backwards=False,
    labels=lambda count, pick: [int(k < count // 2) for k in range(count)],
):  # fmt: skip
    """返回 [(A 的文档, A 的第几句, B 的文档, B 的第几句, 标签), …]。"""

    def run(lengths, count, generator):
        pick = lambda n: int(torch.randint(n, (), generator=generator))
        rows = []
        for label in labels(count, pick):
            d = pick(len(lengths))
            i = pick(lengths[d] - 1)
            if not label:
                b = other(d, len(lengths), pick)
                rows.append((d, i, b, 0 if first else 1 + pick(lengths[b] - 1), 0))
                continue
            j = min(i + gap, lengths[d] - 1)
            rows.append((d, i + 1, d, i, 1) if backwards else (d, i, d, j, 1))
        return shuffle([(*row[:4], 1 - row[4]) for row in rows] if flip else rows, generator)

    return run


exercise = Exercise(
    "2.6", "找错误：NSP 的句子对", pairs_with(), assemble=pairs_with,
    look="标签 1：B 正好是 A 的下一句。标签 0：B 来自**另一篇**文档，另外的每一篇都抽得到。"
         "各占一半，次序用 generator 打乱；假的 B 也从每篇的第 1 句以后抽，不让位置泄露答案。",
)
LENGTHS = (5, 7, 4, 6)


def mixed(labels):
    """真假混在一起：既不是一段一段的，也不是一真一假地轮流。"""
    switches = sum(a != b for a, b in zip(labels, labels[1:]))
    return 0.25 * len(labels) < switches < 0.75 * len(labels)


def facts(rows, count):
    true, false = [r for r in rows if r[4] == 1], [r for r in rows if r[4] == 0]
    every = len(LENGTHS) * (len(LENGTHS) - 1)
    return {
        "对数": len(rows) == count,
        "真假各一半": len(true) == count // 2,
        "真的：同一篇": all(r[0] == r[2] for r in true),
        "真的：B 紧接在 A 后面": all(r[3] == r[1] + 1 for r in true),
        "假的：B 来自另一篇": all(r[0] != r[2] for r in false),
        "假的：另外的每一篇都抽得到": len({(r[0], r[2]) for r in false if r[0] != r[2]}) == every,
        "假的：B 不总是开头一句": not false or any(r[3] > 0 for r in false),
        "真假混在一起": mixed([r[4] for r in rows]),
        "句子都在文档之内": all(0 <= r[1] < LENGTHS[r[0]] and 0 <= r[3] < LENGTHS[r[2]] for r in rows),
        "A 有第 0 句，也有倒数第二句": any(r[1] == 0 for r in rows)
        and any(r[1] == LENGTHS[r[0]] - 2 for r in rows),
        # 下面几条只用来认出是哪一种错误
        "真的几乎没有": len(true) < 30, "假的几乎没有": len(false) < 30,
        "真的少了许多": len(true) < 115,
        "假的有的来自另一篇": any(r[0] != r[2] for r in false),
        "标签为 1 的有的来自不同文档": any(r[0] != r[2] for r in true),
        "标签为 1 的里 B 在 A 前面": any(r[3] < r[1] and r[0] == r[2] for r in true),
        "一真一假地轮流": all(a[4] != b[4] for a, b in zip(rows, rows[1:])),
        "有几篇从不作假的 B": len({r[2] for r in false}) < len(LENGTHS),
    }


@exercise.probe("300 对")
def _(answer, rng):
    return facts(answer(list(LENGTHS), 300, rng), 300)


@exercise.probe("31 对：真的 15 对")
def _(answer, rng):
    labels = [row[4] for row in answer(list(LENGTHS), 31, rng)]
    return {"对数": len(labels) == 31, "真的 15 对": labels.count(1) == 15}


@exercise.probe("文档很长时，几乎不会碰上相同的一对")
def _(answer, rng):
    rows = answer([500] * 6, 100, rng)
    return len(set(rows)) > 0.8 * len(rows)


@exercise.probe("随机数都用 generator：种子相同，结果相同")
def _(answer, rng):
    seeded = lambda seed: answer(list(LENGTHS), 30, torch.Generator().manual_seed(seed))
    return {"种子相同，结果相同": seeded(5) == seeded(5), "种子不同，结果不同": seeded(5) != seeded(6)}


@exercise.correct("先打乱标签")
def _(lengths, count, generator):
    rows = []
    for label in (torch.randperm(count, generator=generator) % 2).tolist():
        d = int(torch.randint(len(lengths), (), generator=generator))
        i = int(torch.randint(lengths[d] - 1, (), generator=generator))
        if label:
            rows.append((d, i, d, i + 1, 1))
            continue
        other = d
        while other == d:
            other = int(torch.randint(len(lengths), (), generator=generator))
        rows.append((d, i, other, int(torch.randint(1, lengths[other], (), generator=generator)), 0))
    return rows


@exercise.correct("真假交替，再打乱")
def _(lengths, count, generator):
    return shuffled(pairs_with(shuffle=alternating)(lengths, count, generator), generator)


exercise.edit("没有打乱，真假一段一段的",
              "前一半全是真的，次序就泄露了答案（各自打乱也还是一段一段的）：合在一起，"
              "最后用 torch.randperm 打乱。", shuffle=lambda rows, generator: rows)
exercise.edit("真假轮流，没有打乱", "一真一假地轮流，看次序就知道答案；用 torch.randperm 打乱。",
              shuffle=alternating)
exercise.edit("有放回地抽，有的重复，有的漏了", "每一对都要留下，只换次序：randperm，不是 randint。",
              shuffle=lambda rows, g: [rows[k] for k in torch.randint(len(rows), (len(rows),), generator=g)])
exercise.edit("打乱没有用 generator",
              "torch.randperm(count, generator=generator)：不给它，种子相同，次序也会不同。",
              shuffle=lambda rows, generator: shuffled(rows, None))
exercise.edit("假的 B 总是同一篇里的", "同一篇里的另一句，话题相同，还可能正好是下一句；要从另一篇里抽。",
              other=lambda d, n, pick: d)
exercise.edit("假的 B 有时来自同一篇",
              "从全部文档里随便抽，会抽到 d 自己：抽到不同为止，或 (d + 1 到 n − 1) 取余。",
              other=lambda d, n, pick: pick(n))
exercise.edit("少抽了最后一篇，还会抽到自己", "抽到的编号不小于 d 时要加 1，跳过 d 自己；或抽到不同为止。",
              other=lambda d, n, pick: pick(n - 1))
exercise.edit("假的 B 总来自紧接着的一篇", "另外的每一篇都要抽得到，不然模型记住“下一篇”就行：用 pick 抽。",
              other=lambda d, n, pick: (d + 1) % n)
exercise.edit("假的 B 总来自那么一两篇", "另外的每一篇都要抽得到：用 pick 抽。",
              other=lambda d, n, pick: int(d == 0))
exercise.edit("隔了一句", "下一句是 i + 1。", gap=2)
exercise.edit("标签反了", "1 是相邻，0 是不相邻。", flip=True)
exercise.edit("假的 B 总是某篇的第一句", "第一句的样子与别的句子不同，模型只要认出“这是开头”就答对了。",
              first=True)
exercise.edit("真的 B 是前一句", "B 接在 A 后面：A 是第 i 句，B 是第 i + 1 句。", backwards=True)
exercise.edit("全是真的", "真假各占一半。", labels=lambda count, pick: [1] * count)
exercise.edit("全是假的", "真假各占一半。", labels=lambda count, pick: [0] * count)
exercise.edit("真的只有四分之一", "真假各占一半，不然只答“不是”就有 75 %。",
              labels=lambda count, pick: [int(k < count // 4) for k in range(count)])
exercise.edit("每一对掷硬币决定真假", "掷硬币只是差不多一半：真的正好 count // 2 对。",
              labels=lambda count, pick: [1] + [pick(2) for _ in range(count - 1)])
