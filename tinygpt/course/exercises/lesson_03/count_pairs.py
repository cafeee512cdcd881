"""练习 3.1 数相邻的一对。"""

from collections import Counter

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.lesson_03.shared import count_pairs

exercise = Exercise(
    "3.1", "数相邻的一对", lambda pieces: dict(count_pairs(pieces)),
    look="每一段里，第 0 与 1、1 与 2、2 与 3……各是一对；段与段之间不算。",
)


def counted(answer, pieces):
    """换成 {"a+b": 次数}，字典与 Counter 一样；次数为 0 的不算。"""
    return {"+".join(pair): n for pair, n in dict(answer(pieces)).items() if n}


def letters(rng, length, kinds=3):
    return ["abcdef"[i] for i in torch.randint(kinds, (length,), generator=rng)]


@exercise.probe("一段三个")
def _(answer, rng):
    return counted(answer, [["机", "器", "学"]])


@exercise.probe("同一对出现几次")
def _(answer, rng):
    return counted(answer, [["学", "习", "学", "习"], ["学", "习"]])


@exercise.probe("段与段之间不算一对")
def _(answer, rng):
    return counted(answer, [["机", "器"], ["学", "习"]])


@exercise.probe("三个相同的挨在一起：两对")
def _(answer, rng):
    return counted(answer, [["哈", "哈", "哈"]])


@exercise.probe("次序不同是不同的对")
def _(answer, rng):
    return counted(answer, [["水", "上"], ["上", "水"], ["上", "水"]])


@exercise.probe("只有一个 token 的段、空段")
def _(answer, rng):
    return counted(answer, [["是"], [], ["不", "是"]])


@exercise.probe("长的一段")
def _(answer, rng):
    return counted(answer, [letters(rng, 60), letters(rng, 40)])


@exercise.correct("下标循环")
def _(pieces):
    found = {}
    for piece in pieces:
        for i in range(len(piece) - 1):
            key = (piece[i], piece[i + 1])
            found[key] = found.get(key, 0) + 1
    return found


@exercise.correct("Counter 相加")
def _(pieces):
    return sum((Counter(zip(p[:-1], p[1:], strict=True)) for p in pieces), Counter())


exercise.mutant("段与段接起来数了", lambda pieces: count_pairs([[t for p in pieces for t in p]]),
                look="段的边界不许跨过：合并永远不跨段。")
exercise.mutant("每段里同一对只数一次",
                lambda pieces: Counter(pair for p in pieces for pair in set(zip(p, p[1:], strict=False))),
                look="出现几次就数几次，不要去重。")
exercise.mutant("不分先后",
                lambda pieces: Counter(
                    tuple(sorted(pair)) for p in pieces for pair in zip(p, p[1:], strict=False)
                ),
                look="（水，上）与（上，水）是两种对。")
exercise.mutant("两个两个地跳着数",
                lambda pieces: Counter(pair for p in pieces for pair in zip(p[::2], p[1::2], strict=False)),
                look="第 1 与第 2 个也是一对：一次挪一个，不是两个。")
exercise.mutant("少了每段最后一对",
                lambda pieces: Counter(pair for p in pieces for pair in zip(p[:-1], p[1:-1], strict=False)),
                look="n 个 token 有 n − 1 对；range 的终点差一了。")
exercise.mutant("隔一个的也成了对",
                lambda pieces: Counter(pair for p in pieces for pair in zip(p, p[2:], strict=False)),
                look="相邻是 i 与 i + 1。")
exercise.mutant("数的是单个 token", lambda pieces: Counter((t, t) for p in pieces for t in p),
                look="键是一对（前，后）。")


@exercise.mutant("相同的挨着时不重叠地数",
                 look="哈哈哈里有两对（哈，哈）：第 0 与 1、第 1 与 2。数的时候允许重叠。")
def _(pieces):
    found = Counter()
    for piece in pieces:
        previous = None
        for i, pair in enumerate(zip(piece, piece[1:], strict=False)):
            if pair[0] == pair[1] and previous == (pair, i - 1):
                previous = None
                continue
            found[pair] += 1
            previous = (pair, i)
    return found
