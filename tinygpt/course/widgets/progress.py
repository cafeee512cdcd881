"""练习的进度：一张图，一个“重新检查”的按钮。"""

import ipywidgets as widgets
import matplotlib.pyplot as plt

from tinygpt.course import books, plots
from tinygpt.course.widgets.playground import Playground

# 底色淡，字才看得清；不看颜色，由记号也分得出
STATES = {
    "passed": ("通过", "✓", "#A6DEC9"),
    "failed": ("没有通过", "✗", "#F7BE97"),
    "unwritten": ("还没有写", "○", "#E6E6E6"),
    "unknown": ("还没有检查", "?", "#FFFFFF"),
}
FRAME = {"edgecolor": "#6E6E6E", "linewidth": 0.6}


CHECK = "重新检查"


def exercise_progress(root=None) -> Playground:
    """各课练习做到哪里。先画上次检查的结果；按一下按钮，把改过的练习本重新执行一遍（一本几秒）。"""
    root = root or books.course_root()
    report = books.known_report(root)

    def draw():
        return draw_progress(report)

    board = Playground(draw, {}, "各课练习的进度（按“重新检查”更新；命令行里是 tinygpt check）")
    button = widgets.Button(description=CHECK, icon="refresh")

    def refresh(_):
        button.description = "正在检查……"  # 写在按钮上：按下去就看得见；不把它变灰，焦点才不会丢
        report.update(books.report(root))
        board.redraw()
        button.description = CHECK

    button.on_click(refresh)
    board.button = button
    board.box.children = (button, *board.box.children)
    return board


def draw_progress(report: dict[str, list[dict]]):
    """一课一行，一个练习一格。"""
    figure, ax = plt.subplots(figsize=(7.2, 0.6 + 0.42 * len(report)))
    for row, results in enumerate(report.values()):
        for column, result in enumerate(results):
            _, mark, color = STATES[state_of(result)]
            ax.add_patch(plt.Rectangle((column, row - 0.4), 0.92, 0.8, facecolor=color, **FRAME))
            ax.text(column + 0.46, row, f"{result['number']} {mark}", ha="center", va="center", fontsize=8.5)
    longest = max((len(results) for results in report.values()), default=1)
    ax.set(xlim=(0, max(longest, 8)), ylim=(len(report) - 0.5, -0.5))
    done = [sum(result["state"] == "passed" for result in results) for results in report.values()]
    rows = zip(report.items(), done, strict=True)
    labels = [f"{name[:2]}　{passed} / {len(results)}" for (name, results), passed in rows]
    ax.set_yticks(range(len(report)), labels)
    ax.set_xticks([])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    names = [f"{mark} {name}" for name, mark, _ in STATES.values()]
    colors = [color for _, _, color in STATES.values()]
    handles = [plt.Rectangle((0, 0), 1, 1, facecolor=color, edgecolor=FRAME["edgecolor"]) for color in colors]
    ax.legend(handles, names, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9)
    plots.finish(ax)
    return figure


def state_of(result: dict) -> str:
    return "failed" if result["state"] == "error" else result["state"]
