"""练习 3.1 数相邻的一对。"""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations, groupby, pairwise

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import unchanged


def count_with(
    pairs=pairwise,
    key=lambda pair: pair,
    count=lambda old: old + 1,
    first=1,
    segments=lambda pieces: pieces,
    each=lambda found: found,
    total=lambda found: found,
):
    """pairs：一段里有哪些对；each：一段数完以后；total：全部数完以后。"""

    def run(pieces):
        found = {}
        for piece in segments(pieces):
            found = each(found)
            for pair in pairs(piece):
                name = key(pair)
                found[name] = count(found[name]) if name in found else first
        return total(found)

    return run


exercise = Exercise(
    "3.1", "数相邻的一对", count_with(), assemble=count_with,
    look="每一段里，第 0 与 1、1 与 2、2 与 3……各是一对；段与段之间不算。",
)


def counted(answer, pieces):
    """字典与 Counter 一样；次数为 0 的不算。"""
    found = answer(pieces)
    return {key: n for key, n in found.items() if n} if isinstance(found, Mapping) else found


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


@exercise.probe("token 不止一个字")
def _(answer, rng):
    return counted(answer, [["机器", "学习", "是"], ["机", "器学习", "是"]])


@exercise.probe("一段也没有")
def _(answer, rng):
    return counted(answer, [])


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, [["机", "器", "学"], ["是"], ["学", "习"]])


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
    return sum((Counter(zip(p[:-1], p[1:])) for p in pieces), Counter())


def without_overlap(piece):
    """相同的一对挨着时，隔一个才算。"""
    previous = None
    for i, pair in enumerate(pairwise(piece)):
        if pair[0] == pair[1] and previous == (pair, i - 1):
            previous = None
            continue
        yield pair
        previous = (pair, i)


exercise.edit("段与段接起来数了", "段的边界不许跨过：合并永远不跨段。",
              segments=lambda pieces: [[t for p in pieces for t in p]])
exercise.edit("拼成字符串，按字符数了", "比较的是 token，不是字符：一个 token 可以不止一个字。",
              segments=lambda pieces: ["".join(p) for p in pieces])
exercise.edit("只留下了最后一段的", "每一段都要加进同一个字典：字典放在循环外面。", each=lambda found: {})
exercise.edit("每段里同一对只数一次", "出现几次就数几次，不要去重。",
              pairs=lambda p: dict.fromkeys(pairwise(p)))
exercise.edit("两个两个地跳着数", "第 1 与第 2 个也是一对：一次挪一个，不是两个。",
              pairs=lambda p: zip(p[::2], p[1::2]))
exercise.edit("少了每段最后一对", "n 个 token 有 n − 1 对；range 的终点差一了。",
              pairs=lambda p: zip(p[:-1], p[1:-1]))
exercise.edit("末尾又接回了开头", "最后一个 token 后面没有了，不要接回第一个。",
              pairs=lambda p: zip(p, [*p[1:], *p[:1]]))
exercise.edit("隔一个的成了对", "相邻是 i 与 i + 1。", pairs=lambda p: zip(p, p[2:]))
exercise.edit("不挨着的也算了", "只有相邻的 i 与 i + 1 是一对，不是每两个都算。",
              pairs=lambda p: combinations(p, 2))
exercise.edit("相同的挨着时不重叠地数", "哈哈哈里有两对（哈，哈）：第 0 与 1、第 1 与 2。数的时候允许重叠。",
              pairs=without_overlap)
exercise.edit("连着相同的一对只数了一次", "哈哈哈里有两对（哈，哈），两对都要数。",
              pairs=lambda p: (pair for pair, _ in groupby(pairwise(p))))
exercise.edit("不分先后", "（水，上）与（上，水）是两种对。", key=lambda pair: tuple(sorted(pair)))
exercise.edit("前后反了", "键是（前，后）：piece[i] 在前，piece[i + 1] 在后。", key=lambda pair: pair[::-1])
exercise.edit("键拼成了一个字符串",
              "键是元组（前，后），不是“前后”：拼起来就分不清（机器，学）与（机，器学）了。", key="".join)
exercise.edit("第一次记成了 0", "第一次遇到就是 1 次：found.get(key, 0) + 1。", first=0)
exercise.edit("总是 1 次", "再遇到要加 1，不是再写一次 1。", count=lambda old: old)
exercise.edit("只出现一次的没有留下", "出现一次也是一种对，值是 1。",
              total=lambda found: {key: n for key, n in found.items() if n > 1})
exercise.edit("换成了频率", "值是次数，不用除以总数。",
              total=lambda found: {key: n / sum(found.values()) for key, n in found.items()})
exercise.edit("返回了列表", "返回字典（或 Counter）：键是（前，后），值是次数。",
              total=lambda found: sorted(found.items()))


@exercise.mutant("两个方向都加了", look="只数（前，后），（后，前）是另一种对。")
def _(pieces):
    found = count_with()(pieces)
    turned = count_with(key=lambda pair: pair[::-1])(pieces)
    return Counter(found) + Counter(turned)


@exercise.mutant("末尾越界", look="最后一个 token 后面没有了：range(len(piece) - 1)。")
def _(pieces):
    return Counter((p[i], p[i + 1]) for p in pieces for i in range(len(p)))


@exercise.mutant("数的是单个 token", look="键是一对（前，后）。")
def _(pieces):
    return Counter(t for p in pieces for t in p)


@exercise.mutant("改动了输入", look="pop、del 会改掉调用者的列表；用 for 走一遍就行。")
def _(pieces):
    found = count_with()(pieces)
    pieces.clear()
    return found
