"""练习 10.5 一字不差，分类打分。"""

import re

from tinygpt.course.diagnosis import Exercise


def share(right, asked):
    return right / asked


def score_with(
    right=lambda said, wanted: said == wanted, part=lambda right, asked, everything: share(right, asked),
    total=lambda right, asked, shares: share(right, asked), rows_of=lambda rows: rows,
    keep=lambda value: True,
):  # fmt: skip
    """right：算不算对；part：一类的成绩；total：合计；rows_of：算哪些题；keep：留下哪些类。"""

    def run(rows):
        kinds = {}
        for kind, wanted, said in rows_of(rows):
            kinds.setdefault(kind, []).append(right(said, wanted))
        asked = sum(map(len, kinds.values()))
        shares = {kind: part(sum(found), len(found), asked) for kind, found in kinds.items()}
        whole = total(sum(map(sum, kinds.values())), asked, list(shares.values()))
        return {kind: value for kind, value in shares.items() if keep(value)} | {"合计": whole}

    return run


ROWS = [
    ("颜色", "红色。", "红色。"), ("颜色", "蓝色。", "红色。"), ("颜色", "绿色。", "绿色。"),
    ("颜色", "黑色。", "黑色。"),
    ("描述", "左上角有一个红色的圆形。", "左上角有一个红色的方形。"),
]  # fmt: skip
exercise = Exercise(
    "10.5", "一字不差，分类打分", score_with(),
    look="每一类：答得一字不差的占这一类的几成；合计：占全部题目的几成，不是各类的平均。",
    assemble=score_with,
)


@exercise.probe("两类，题数不同")
def _(answer, rng):
    return answer(list(ROWS))


@exercise.probe("说了一半，说多了，多了空白")
def _(answer, rng):
    wanted = "有三个红色的圆形。"
    said = {"描述": wanted[:-1], "个数": wanted + "有", "颜色": " " + wanted, "形状": wanted}
    return answer([*((kind, wanted, text) for kind, text in said.items()), ("有没有", "有。", "没有。")])


@exercise.probe("字一样次序不同，一样长，大小写，什么也没说")
def _(answer, rng):
    said = {"次序": "红色。的", "长短": "的绿色。", "末尾": "黑色的。", "什么也没说": "", "对": "的红色。"}
    rows = [(kind, "的红色。", text) for kind, text in said.items()]
    return answer([*rows, ("大小写", "A 图", "a 图")])


@exercise.probe("一模一样的题问了几遍")
def _(answer, rng):
    same = [("个数", "三个。", "三个。")] * 3
    rows = [("个数", "三个。", "两个。"), ("颜色", "红色。", "红色。"), ("颜色", "红色。", "")]
    return answer([*same, *rows, *same])


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


exercise.edit("合计是各类的平均", total=lambda right, asked, shares: sum(shares) / len(shares),
              look="题数不同时，各类的平均与全部题目的成绩不同：合计要按题数。")
exercise.edit("字的种类一样就算对", right=lambda said, wanted: set(said) == set(wanted),
              look="次序、个数都要一样：said == wanted。")
exercise.edit("只比了最后一个字", right=lambda said, wanted: said[-1:] == wanted[-1:],
              look="整个都要一样：said == wanted。")
exercise.edit("取到了一位小数", part=lambda right, asked, everything: round(right / asked, 1),
              total=lambda right, asked, shares: round(right / asked, 1), look="不要取整。")
exercise.edit("合计是各类的和", total=lambda right, asked, shares: sum(shares),
              look="合计是占全部题目的几成，不是相加。")
exercise.edit("合计是答对的题数", total=lambda right, asked, shares: right,
              look="合计也是几成：再除以全部的题数。")
exercise.edit("每一类除以了全部的题数", part=lambda right, asked, everything: right / everything,
              look="每一类除以**这一类**的题数。")
exercise.edit("给的是题数", part=lambda right, asked, everything: right,
              total=lambda right, asked, shares: right,
              look="要几成：再除以题数。")
exercise.edit("给的是百分数", part=lambda right, asked, everything: 100 * right / asked,
              total=lambda right, asked, shares: 100 * right / asked, look="几成在 0 与 1 之间，不乘 100。")
exercise.edit("四舍五入了", part=lambda right, asked, everything: round(right / asked, 2),
              total=lambda right, asked, shares: round(right / asked, 2), look="不要取整。")
exercise.edit("用了整除", part=lambda right, asked, everything: right // asked,
              total=lambda right, asked, shares: right // asked, look="是 /，不是 //。")
exercise.edit("全错的类没有写", keep=lambda value: value > 0, look="全错的类是 0，也要写出来。")
exercise.edit("一样的题只算了一次", rows_of=lambda rows: list(dict.fromkeys(rows)),
              look="每一题都算，问了几遍就算几遍。")
exercise.edit("每一类只看了最后一题",
              rows_of=lambda rows: list({kind: (kind, a, b) for kind, a, b in rows}.values()),
              look="字典里后来的盖掉了先来的：每一类先收进列表，再数。")
exercise.edit("对一半就算对", right=lambda said, wanted: bool(said) and wanted.startswith(said),
              look="一字不差才算：said == wanted。")
exercise.edit("说了一段就算对", right=lambda said, wanted: said in wanted,
              look="一字不差才算：said == wanted。")
exercise.edit("说多了也算对", right=lambda said, wanted: said.startswith(wanted),
              look="后面多说的也是错：said == wanted。")
exercise.edit("里面有就算对", right=lambda said, wanted: wanted in said,
              look="“没有。”里有“有。”，意思却相反：要一字不差。")
exercise.edit("包含就算对", right=lambda said, wanted: wanted in said or said in wanted,
              look="“没有。”里包含“有。”，意思却相反：要一字不差。")
exercise.edit("去掉了空白再比", right=lambda said, wanted: said.strip() == wanted.strip(),
              look="多一个空白也是差一个字。")
exercise.edit("去掉了标点再比",
              right=lambda said, wanted: re.sub(r"\W", "", said) == re.sub(r"\W", "", wanted),
              look="标点也是字：一字不差才算。")
exercise.edit("没有分大小写", right=lambda said, wanted: said.lower() == wanted.lower(),
              look="一字不差才算。")
exercise.edit("字一样就算对，不管次序", right=lambda said, wanted: sorted(said) == sorted(wanted),
              look="次序也要一样：said == wanted。")
exercise.edit("一样长就算对", right=lambda said, wanted: len(said) == len(wanted),
              look="比的是文字：said == wanted。")
exercise.edit("什么也没说也算对", right=lambda said, wanted: not said or said == wanted,
              look="什么也没说是错。")
exercise.edit("给的是错的几成", right=lambda said, wanted: said != wanted, look="要答对的几成。")
by_letter = lambda said, wanted: sum(a == b for a, b in zip(said, wanted, strict=False))
exercise.edit("按字打分", right=lambda said, wanted: by_letter(said, wanted) / len(wanted),
              look="一题要么对，要么错：差一个字也是错。")
exercise.edit("按字打分，除以长的一边",
              right=lambda said, wanted: by_letter(said, wanted) / max(len(said), len(wanted)),
              look="一题要么对，要么错：差一个字也是错。")
