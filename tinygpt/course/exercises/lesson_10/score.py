"""练习 10.5 一字不差，分类打分。"""

from tinygpt.course.diagnosis import Exercise


def score_with(right=lambda said, wanted: said == wanted, total="rows", empty=False):
    def run(rows):
        kinds = {}
        for kind, wanted, said in rows:
            kinds.setdefault(kind, []).append(right(said, wanted))
        shares = {kind: sum(found) / len(found) for kind, found in kinds.items()}
        everything = [value for found in kinds.values() for value in found]
        mean = sum(everything) / len(everything) if total == "rows" else sum(shares.values()) / len(shares)
        return shares | {"合计": mean}

    return run


ROWS = [
    ("颜色", "红色。", "红色。"), ("颜色", "蓝色。", "红色。"), ("颜色", "绿色。", "绿色。"),
    ("颜色", "黑色。", "黑色。"),
    ("描述", "左上角有一个红色的圆形。", "左上角有一个红色的方形。"),
]  # fmt: skip
exercise = Exercise(
    "10.5", "一字不差，分类打分", score_with(),
    look="每一类：答得一字不差的占这一类的几成；合计：占全部题目的几成，不是各类的平均。",
)


@exercise.probe("两类，题数不同")
def _(answer, rng):
    return answer(list(ROWS))


@exercise.probe("说了一半，说多了，多了空白")
def _(answer, rng):
    wanted = "有三个红色的圆形。"
    said = {"描述": wanted[:-1], "个数": wanted + "有", "颜色": " " + wanted, "形状": wanted}
    return answer([*((kind, wanted, text) for kind, text in said.items()), ("有没有", "有。", "没有。")])


@exercise.probe("一类全错")
def _(answer, rng):
    return answer([("个数", "三个。", "两个。"), ("个数", "三个。", ""), ("形状", "圆形。", "圆形。")])


@exercise.probe("只有一题")
def _(answer, rng):
    return answer([("位置", "在中间。", "在中间。")])


@exercise.correct("两本账")
def _(rows):
    asked, won = {}, {}
    for kind, wanted, said in rows:
        for name in (kind, "合计"):
            asked[name] = asked.get(name, 0) + 1
            won[name] = won.get(name, 0) + int(wanted == said)
    return {name: won[name] / asked[name] for name in asked}


@exercise.correct("一类一类地数")
def _(rows):
    share = lambda chosen: len([r for r in chosen if r[1] == r[2]]) / len(chosen)
    return {"合计": share(rows), **{k: share([r for r in rows if r[0] == k]) for k in {r[0] for r in rows}}}


exercise.mutant("合计是各类的平均", score_with(total="kinds"),
                look="题数不同时，各类的平均与全部题目的成绩不同：合计要按题数。")
exercise.mutant("对一半就算对", score_with(right=lambda said, wanted: bool(said) and wanted.startswith(said)),
                look="一字不差才算：said == wanted。")
exercise.mutant("说多了也算对", score_with(right=lambda said, wanted: said.startswith(wanted)),
                look="后面多说的也是错：said == wanted。")
exercise.mutant("包含就算对", score_with(right=lambda said, wanted: wanted in said or said in wanted),
                look="“没有。”里包含“有。”，意思却相反：要一字不差。")
exercise.mutant("去掉了空白再比", score_with(right=lambda said, wanted: said.strip() == wanted.strip()),
                look="多一个空白也是差一个字。")
exercise.mutant("给的是错的几成", score_with(right=lambda said, wanted: said != wanted),
                look="要答对的几成。")
by_letter = lambda said, wanted: sum(a == b for a, b in zip(said, wanted)) / len(wanted)
exercise.mutant("按字打分", score_with(right=by_letter), look="一题要么对，要么错：差一个字也是错。")
