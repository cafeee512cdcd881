"""练习 10.4 留出搭配，检查留得对不对。"""

import torch

from tinygpt.course.diagnosis import Exercise


def values_of(pairs):
    return {value for pair in pairs for value in pair}


def audit_with(
    leaked=lambda train, held: set(train) & set(held),
    new=lambda train, held: values_of(held) - values_of(train), give_leaked=sorted, give_new=sorted,
    give=lambda leaked, new: {"漏出去的": leaked, "没教过的": new},
):  # fmt: skip
    """leaked、new：有哪些；give_leaked、give_new：怎样排。"""
    return lambda train, held: give(give_leaked(leaked(train, held)), give_new(new(train, held)))


TRAIN = [
    ("圆形", "红色"), ("圆形", "蓝色"), ("方形", "红色"), ("方形", "绿色"), ("三角形", "蓝色"),
    ("圆形", "红色"),
]  # fmt: skip
exercise = Exercise(
    "10.4", "留得对不对", audit_with(),
    look="漏出去的：两边都有的搭配。没教过的：考试里有、训练里没有的形状或颜色。两样都排好次序。",
    assemble=audit_with,
)


@exercise.probe("留得好")
def _(answer, rng):
    return answer(list(TRAIN), [("方形", "蓝色"), ("三角形", "红色")])


@exercise.probe("有一个搭配漏出去了")
def _(answer, rng):
    return answer(list(TRAIN), [("圆形", "红色"), ("三角形", "红色"), ("圆形", "红色")])


@exercise.probe("有一种颜色没有教过")
def _(answer, rng):
    return answer(list(TRAIN), [("圆形", "紫色"), ("方形", "紫色")])


@exercise.probe("有一种形状没有教过")
def _(answer, rng):
    return answer(list(TRAIN), [("十字形", "红色"), ("方形", "蓝色")])


@exercise.probe("训练里多出来的不算")
def _(answer, rng):
    return answer([*TRAIN, ("星形", "黑色")], [("方形", "蓝色")])


@exercise.probe("两样毛病都有")
def _(answer, rng):
    return answer(list(TRAIN), [("方形", "绿色"), ("圆形", "蓝色"), ("十字形", "紫色"), ("星形", "红色")])


@exercise.probe("很多个，次序打乱了")
def _(answer, rng):
    shapes, colors = [f"形{i}" for i in range(6)], [f"色{i}" for i in range(6)]
    held = [(shapes[i], colors[j]) for i in range(6) for j in range(6)]
    held = [held[i] for i in torch.randperm(36, generator=rng)]
    return answer(held[:9] + held[:3], held + [("新" + c, "新" + s) for s, c in held])


@exercise.probe("训练是空的；考试是空的")
def _(answer, rng):
    return [answer([], [("方形", "蓝色")]), answer(list(TRAIN), [])]


@exercise.correct("循环")
def _(train, held):
    leaked, new = [], []
    for pair in held:
        if pair in train and pair not in leaked:
            leaked.append(pair)
        for place, value in enumerate(pair):
            if all(other[place] != value for other in train) and value not in new:
                new.append(value)
    return {"漏出去的": sorted(leaked), "没教过的": sorted(new)}


@exercise.correct("把值拉平")
def _(train, held):
    known = {value for pair in train for value in pair}
    return {
        "漏出去的": sorted(pair for pair in {*held} if pair in {*train}),
        "没教过的": sorted({value for pair in held for value in pair if value not in known}),
    }


def shapes_only(pairs):
    return {shape for shape, _ in pairs}


def colors_only(pairs):
    return {color for _, color in pairs}


def in_order(found):
    """去掉重复，不排次序：照第一次出现的次序。"""
    return list(dict.fromkeys(found))


exercise.edit("只看形状，没有看颜色", new=lambda train, held: shapes_only(held) - shapes_only(train),
              look="颜色也要查：训练里没有紫色，考紫色就不公平。")
exercise.edit("只看颜色，没有看形状", new=lambda train, held: colors_only(held) - colors_only(train),
              look="形状也要查。")
exercise.edit("把训练里多出来的也算上", new=lambda train, held: values_of(train) ^ values_of(held),
              look="只问考试里有而训练里没有的，反过来不要紧。")
exercise.edit("差反了，给的是训练里多出来的", new=lambda train, held: values_of(train) - values_of(held),
              look="考试里有而训练里没有：held 的减去 train 的。")
exercise.edit("没教过的写成了搭配", look="要的是单个的形状或颜色，不是搭配。",
              new=lambda train, held: {p for p in held if not set(p) <= values_of(train)})
exercise.edit("没见过的搭配都算没教过", new=lambda train, held: set(held) - set(train),
              look="要的是单个的形状或颜色；搭配没见过是应该的。")
exercise.edit("没教过的没有去掉重复", look="同一个词只写一次：用 set。",
              new=lambda train, held: [v for p in held for v in p if v not in values_of(train)])
exercise.edit("没教过的没有排次序", give_new=in_order,
              new=lambda train, held: [v for p in held for v in p if v not in values_of(train)],
              look="两样都要 sorted。")
exercise.edit("没教过的先排形状，再排颜色", give_new=list, look="形状与颜色合在一起排：sorted(形状 | 颜色)。",
              new=lambda train, held: sorted(shapes_only(held) - shapes_only(train))
              + sorted(colors_only(held) - colors_only(train)))
exercise.edit("没教过的分成了两个列表", give_new=list, look="形状与颜色合成一个列表，一起排。",
              new=lambda train, held: [sorted(shapes_only(held) - shapes_only(train)),
                                       sorted(colors_only(held) - colors_only(train))])
exercise.edit("没教过的是集合", give_new=set, look="要列表：sorted 交出的就是列表。")
exercise.edit("漏出去的没有去掉重复", leaked=lambda train, held: [p for p in held if p in train],
              look="同一个搭配只写一次：用 set。")
exercise.edit("漏出去的没有排次序", leaked=lambda train, held: [p for p in held if p in train],
              give_leaked=in_order, look="两样都要 sorted。")
exercise.edit("漏出去的没有去掉重复，也没有排", leaked=lambda train, held: [p for p in held if p in train],
              give_leaked=list, look="去掉重复，排好次序：sorted(set(train) & set(held))。")
exercise.edit("漏出去的按颜色排了", give_leaked=lambda found: sorted(found, key=lambda p: (p[1], p[0])),
              look="照元组的次序排：先形状，再颜色，直接 sorted。")
exercise.edit("漏出去的倒着排了", give_leaked=lambda found: sorted(found, reverse=True),
              look="从小到大：sorted。")
exercise.edit("漏出去的是集合", give_leaked=set, look="要列表：sorted 交出的就是列表。")
exercise.edit("漏出去的是个数", give_leaked=len, look="要搭配的列表，不是个数。")
exercise.edit("把没漏的当成漏的", leaked=lambda train, held: set(held) - set(train),
              look="漏出去的是两边都有的：交集。")
exercise.edit("两边的搭配都算漏了", leaked=lambda train, held: set(held) | set(train),
              look="漏出去的是两边**都**有的：交集，不是并集。")
exercise.edit("形状与颜色各自见过，就算漏出去",
              look="形状、颜色各自见过是应该的；漏出去的是两样合在一起见过。",
              leaked=lambda train, held: {p for p in held if set(p) <= values_of(train)})
exercise.edit("只要形状或颜色见过，就算漏出去",
              look="形状、颜色各自见过是应该的；漏出去的是两样合在一起见过。",
              leaked=lambda train, held: {p for p in held if set(p) & values_of(train)})
exercise.edit("漏出去的拼成了文字", give_leaked=lambda found: sorted(shape + color for shape, color in found),
              look="每一项还是（形状，颜色）。")
exercise.edit("给的不是字典", give=lambda leaked, new: (leaked, new),
              look="返回 {\"漏出去的\": …, \"没教过的\": …}。")
