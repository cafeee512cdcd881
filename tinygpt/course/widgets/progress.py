"""练习的进度：一张图，一个“重新检查”的按钮。"""

import ipywidgets as widgets
import matplotlib.pyplot as plt

from tinygpt.course import books, plots
from tinygpt.course.widgets.playground import Playground

STATES = {
    "passed": ("通过", plots.COLORS[2]),
    "failed": ("没有通过", plots.COLORS[1]),
    "unwritten": ("还没有写", plots.FAINT),
    "unknown": ("还没有检查", "#F4F4F4"),
}
FRAME = {"edgecolor": "#BBBBBB", "linewidth": 0.6}


def exercise_progress(root=None) -> Playground:
    """各课练习做到哪里。先画上次检查的结果；按一下按钮，把改过的练习本重新执行一遍（一本几秒）。"""
    root = root or books.course_root()
    report = books.known_report(root)

    def draw():
        return draw_progress(report)

    board = Playground(draw, {}, "各课练习的进度（按“重新检查”更新；命令行里是 tinygpt check）")
    button = widgets.Button(description="重新检查", icon="refresh")

    def refresh(_):
        button.disabled, board.message.value = True, "正在检查，改过的练习本要重新执行……"
        report.update(books.report(root))
        board.redraw()
        button.disabled = False

    button.on_click(refresh)
    board.button = button
    board.box.children = (button, *board.box.children)
    return board


def draw_progress(report: dict[str, list[dict]]):
    """一课一行，一个练习一格。"""
    figure, ax = plt.subplots(figsize=(7.2, 0.6 + 0.42 * len(report)))
    for row, results in enumerate(report.values()):
        for column, result in enumerate(results):
            color = STATES[state_of(result)][1]
            ax.add_patch(plt.Rectangle((column, row - 0.4), 0.92, 0.8, facecolor=color, **FRAME))
            ax.text(column + 0.46, row, result["number"], ha="center", va="center",
                    fontsize=8.5, color=plots.INK)
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
    names, colors = zip(*STATES.values(), strict=True)
    handles = [plt.Rectangle((0, 0), 1, 1, facecolor=color, edgecolor=FRAME["edgecolor"]) for color in colors]
    ax.legend(handles, names, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9)
    plots.finish(ax)
    return figure


def state_of(result: dict) -> str:
    return "failed" if result["state"] == "error" else result["state"]
