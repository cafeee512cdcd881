"""你的错误的地图：一行一个概念，犯过几次，在哪些练习里。"""

import matplotlib.pyplot as plt

from tinygpt.course import concepts, mistakes, plots
from tinygpt.course.widgets.playground import Playground

NOTE = "你的错误的地图：哪个概念上错过几次（tinygpt check 也会说；tinygpt check --forget 删掉记录）"
EMPTY = "还没有记录。\n检查没有通过、又叫得出错误的名字时，才会记下一条。"


def mistake_map(root=None) -> Playground:
    """画出 exercises/.mistakes.json 里的记录；没有记录就直说。"""
    plots.use_style()
    rows = mistakes.read(root)
    return Playground(lambda: draw_map(rows), {}, NOTE)


def draw_map(rows: list[dict]):
    """横条的长短是次数，右边写着练习；没有错过的概念不画。"""
    found = concepts.tally(rows)
    figure, ax = plt.subplots(figsize=(7.2, 0.9 + 0.42 * max(len(found), 1)))
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set_xticks([])
    if not found:
        ax.set_yticks([])
        ax.text(0.5, 0.5, EMPTY, ha="center", va="center", transform=ax.transAxes)
        plots.finish(ax)
        return figure
    counts = [len(where) for where in found.values()]
    ax.barh(range(len(found)), counts, color=plots.COLORS[4], height=0.62)
    for row, where in enumerate(found.values()):
        text = f"{len(where)} 次：练习 {'、'.join(dict.fromkeys(where))}"
        ax.text(len(where) + 0.06 * max(counts), row, text, va="center", fontsize=9.5)
    ax.set_yticks(range(len(found)), list(found))
    ax.set(xlim=(0, 2.2 * max(counts)), ylim=(len(found) - 0.5, -0.5))
    ax.set_title(f"记下 {len(rows)} 次，最多的是“{next(iter(found))}”")
    plots.finish(ax)
    return figure
