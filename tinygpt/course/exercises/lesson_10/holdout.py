"""练习 10.4 留出搭配，检查留得对不对。"""

from tinygpt.course.diagnosis import Exercise


def audit_with(
    leak=lambda train, held: sorted(set(train) & set(held)),
    values=lambda pairs: ({s for s, _ in pairs}, {c for _, c in pairs}),
):
    def run(train, held):
        shapes, colors = values(train)
        held_shapes, held_colors = values(held)
        new = (held_shapes - shapes) | (held_colors - colors)
        return {"漏出去的": leak(train, held), "没教过的": sorted(new)}

    return run


TRAIN = [
    ("圆形", "红色"), ("圆形", "蓝色"), ("方形", "红色"), ("方形", "绿色"), ("三角形", "蓝色"),
    ("圆形", "红色"),
]  # fmt: skip
exercise = Exercise(
    "10.4", "留得对不对", audit_with(),
    look="漏出去的：两边都有的搭配。没教过的：考试里有、训练里没有的形状或颜色。两样都排好次序。",
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


exercise.mutant("只看形状，没有看颜色",
                audit_with(values=lambda pairs: ({s for s, _ in pairs}, set())),
                look="颜色也要查：训练里没有紫色，考紫色就不公平。")
exercise.mutant("只看颜色，没有看形状",
                audit_with(values=lambda pairs: (set(), {c for _, c in pairs})),
                look="形状也要查。")
exercise.mutant("漏出去的没有去掉重复",
                audit_with(leak=lambda train, held: sorted(p for p in held if p in train)),
                look="同一个搭配只写一次：用 set。")
exercise.mutant("把没漏的当成漏的",
                audit_with(leak=lambda train, held: sorted(set(held) - set(train))),
                look="漏出去的是两边都有的：交集。")
exercise.mutant("只要形状或颜色见过，就算漏出去",
                audit_with(leak=lambda train, held: sorted(
                    {p for p in held if any(p[0] == t[0] or p[1] == t[1] for t in train)})),
                look="形状、颜色各自见过是应该的；漏出去的是两样合在一起见过。")


@exercise.mutant("把训练里多出来的也算上", look="只问考试里有而训练里没有的，反过来不要紧。")
def _(train, held):
    values = lambda pairs: {value for pair in pairs for value in pair}
    return audit_with()(train, held) | {"没教过的": sorted(values(train) ^ values(held))}


@exercise.mutant("没教过的写成了搭配", look="要的是单个的形状或颜色，不是搭配。")
def _(train, held):
    shapes, colors = {s for s, _ in train}, {c for _, c in train}
    new = sorted({p for p in held if p[0] not in shapes or p[1] not in colors})
    return audit_with()(train, held) | {"没教过的": new}
