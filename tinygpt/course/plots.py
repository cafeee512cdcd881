"""全课的图：一种安静的样式，几个常用的画法。

颜色取自 Okabe 与 Ito 的色盲友好色表；几条线同时还用线型区分，黑白打印也分得清。
这里只管画，不管算：数字由笔记本算好了交进来，断言也在笔记本里。
"""

import re
import unicodedata
from contextlib import contextmanager

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from tinygpt.course.alt import describe_figures
from tinygpt.course.fonts import missing_glyphs, use_chinese_font

COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#4D4D4D"]
LINESTYLES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]
INK, FAINT = "#333333", "#D9D9D9"
PIECE = re.compile(" *[!-~]+[，。、；：？！”’）》…]*|[“‘（《]*.[，。、；：？！”’）》…]*")  # 折行不拆的一块

STYLE = {
    "figure.figsize": (6.0, 3.4),
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.titlepad": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": matplotlib.cycler(color=COLORS),
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
}


def use_style() -> None:
    """每个笔记本开头调用一次：样式与中文字体；以后显示的图都带替代文字。"""
    matplotlib.rcParams.update(STYLE)
    use_chinese_font()
    describe_figures()


def panels(columns: int = 1, rows: int = 1, width: float = 4.0, height: float = 3.4, **options):
    """一张图里并排几格，返回 (figure, axes)；width、height 是一格的大小（英寸）。"""
    return plt.subplots(rows, columns, figsize=(width * columns, height * rows), **options)


def heatmap(matrix, rows=None, columns=None, ax: Axes | None = None, digits: int = 2, **labels) -> Axes:
    """小矩阵的热图，每一格里写着数字；nan 与负无穷画成灰格，表示看不见。

    都不小于 0 的矩阵用由白到蓝；有正有负的用蓝—白—橙，0 是白色。
    rows、columns 是每行、每列的名字，默认不写；labels 是 title、xlabel、ylabel。
    """
    values = np.asarray(matrix, dtype=float)
    hidden = ~np.isfinite(values)
    seen = values[~hidden]
    largest = max(np.abs(seen).max(initial=0.0), 1e-12)
    signed = bool((seen < 0).any())
    cmap = color_map("signed" if signed else "positive")
    if ax is None:
        _, ax = panels(width=1.6 + 0.62 * values.shape[1], height=1.2 + 0.5 * values.shape[0])
    smallest = -largest if signed else 0.0
    ax.imshow(np.ma.masked_array(values, hidden), cmap=cmap, vmin=smallest, vmax=largest, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        strength = 0.0 if hidden[i, j] else abs(value) / largest
        text = "−∞" if value == -np.inf else "" if hidden[i, j] else f"{value:.{digits}f}".replace("-", "−")
        ax.text(j, i, text, ha="center", va="center", color="white" if strength > 0.75 else INK)
    _label_cells(ax, rows, columns, values.shape)
    ax.set(**labels)
    return finish(ax)


def color_map(kind: str):
    """两种配色：positive 由白到蓝，signed 由橙经白到蓝；没有数的格子是灰的。"""
    colors = {"positive": ["#FFFFFF", "#0072B2"], "signed": ["#D55E00", "#FFFFFF", "#0072B2"]}[kind]
    return matplotlib.colors.LinearSegmentedColormap.from_list(kind, colors).with_extremes(bad="#E6E6E6")


def _label_cells(ax: Axes, rows, columns, shape) -> None:
    """行名在左，列名在上；格子之间留白线，不要刻度与边框。"""
    ax.set_yticks(range(shape[0]), rows if rows is not None else [""] * shape[0])
    ax.set_xticks(range(shape[1]), columns if columns is not None else [""] * shape[1])
    ax.xaxis.set_label_position("bottom")
    ax.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_xticks(np.arange(shape[1] - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(shape[0] - 1) + 0.5, minor=True)
    ax.grid(True, which="minor", color="white", linewidth=2)
    ax.tick_params(which="minor", length=0)


def lines(x, series: dict, ax: Axes | None = None, band: dict | None = None, log: str = "", **labels) -> Axes:
    """几条线：series 是 {名字: 一列数}；band 是 {名字: (下, 上)}，画成淡色的带子（例如几个种子的范围）。

    log 取 ""、"x"、"y" 或 "xy"，这些轴用对数刻度。只有一条线时不画图例。
    labels 是 title、xlabel、ylabel。
    """
    if ax is None:
        _, ax = plt.subplots()
    few = len(x) <= 20
    for i, (name, y) in enumerate(series.items()):
        color, style = COLORS[i % len(COLORS)], LINESTYLES[i % len(LINESTYLES)]
        ax.plot(x, y, color=color, linestyle=style, marker="o" if few else "", label=name)
        if band and name in band:
            ax.fill_between(x, *band[name], color=color, alpha=0.18, linewidth=0)
    for axis in log:
        getattr(ax, f"set_{axis}scale")("log")
    if "x" in log and few:
        ax.set_xticks(list(x), [f"{value:g}" for value in x])
        ax.minorticks_off()
    ax.set(**labels)
    if len(series) > 1:
        ax.legend()
    return finish(ax)


def seeds(x, runs: dict, **options) -> Axes:
    """几种做法，各有几个种子：runs 是 {名字: (种子, 点)}；线是平均，带子是最小到最大，其余同 lines。"""
    rows = {name: np.asarray(values, dtype=float) for name, values in runs.items()}
    band = {name: (values.min(0), values.max(0)) for name, values in rows.items()}
    return lines(x, {name: values.mean(0) for name, values in rows.items()}, band=band, **options)


def bundles(curves: dict, every: int = 1, ax: Axes | None = None, **labels) -> Axes:
    """几种做法，各有几条长短不一的线（例如发散了就断）：curves 是 {名字: [一条, …]}，同一种同一个颜色与线型。

    every 是相邻两点隔几步，点画在每段的中间。
    """
    ax = ax or plt.subplots()[1]
    for i, (name, rows) in enumerate(curves.items()):
        for j, row in enumerate(rows):
            x = np.arange(len(row)) * every + (every + 1) / 2
            ax.plot(x, row, color=COLORS[i], linestyle=LINESTYLES[i], label=None if j else name)
    ax.set(**labels)
    ax.legend()
    return finish(ax)


def bars(names, series, ax: Axes | None = None, digits: int = 2, **labels) -> Axes:
    """柱形图，柱顶写着数字。series 是一列数，或 {名字: 一列数}（并排的几组）；names 写在横轴上。"""
    groups = series if isinstance(series, dict) else {"": series}
    if ax is None:
        _, ax = plt.subplots()
    width = 0.8 / len(groups)
    for i, (name, values) in enumerate(groups.items()):
        where = np.arange(len(names)) + (i - (len(groups) - 1) / 2) * width
        drawn = ax.bar(where, values, width * 0.92, color=COLORS[i % len(COLORS)], label=name)
        ax.bar_label(drawn, [f"{y:.{digits}f}".replace("-", "−") for y in values], padding=2, fontsize=9)
    ax.set_xticks(range(len(names)), names)
    ax.grid(False, axis="x")
    ax.margins(y=0.14)
    ax.set(**labels)
    if len(groups) > 1:
        ax.legend()
    return finish(ax)


def seed_bars(names, groups: dict, ax: Axes | None = None, digits: int = 2, **labels) -> Axes:
    """柱形图，每根柱子是几个数（几个种子、几个提示）的平均，竖线是最小到最大。

    groups 是 {组: 一列 (几个数)}，各根柱子的几个数可以长短不一；names 写在横轴上，其余同 bars。
    """
    rows = {name: [np.asarray(row, dtype=float) for row in values] for name, values in groups.items()}
    means = {name: [row.mean() for row in values] for name, values in rows.items()}
    ax = bars(names, means if len(means) > 1 else next(iter(means.values())), ax=ax, digits=digits, **labels)
    for number in list(ax.texts):  # 写在竖线的上面，不让线穿过
        number.remove()
    for i, values in enumerate(rows.values()):
        where = np.arange(len(names)) + (i - (len(rows) - 1) / 2) * 0.8 / len(rows)
        high = [row.max() for row in values]
        ax.vlines(where, [row.min() for row in values], high, color=INK, linewidth=1)
        for x, y, row in zip(where, high, values):
            text = f"{row.mean():.{digits}f}".replace("-", "−")
            ax.annotate(text, (x, y), textcoords="offset points", xytext=(0, 4), ha="center", fontsize=9)
    return finish(ax)


def text_table(header, rows, widths, size: float = 9.5) -> Axes:
    """一张全是文字的表：header 是列名，rows 是各行，widths 是每列宽多少个汉字，写不下就折行。

    模型训练以后写出的字，换一台机器会有出入；画成图就照样看得见，而 nbval 不比较图。
    """
    cells = [[wrapped(text, width) for text, width in zip(row, widths)] for row in (header, *rows)]
    heights = [max(map(len, row)) + 0.7 for row in cells]
    total, em = sum(widths) + 2 * len(widths), size / 72
    figure = plt.figure(figsize=(em * total, 1.35 * em * sum(heights)), layout="none")
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, total), ylim=(sum(heights), 0))
    ax.axis("off")
    y = 0.0
    for number, (row, height) in enumerate(zip(cells, heights)):
        for column, lines in enumerate(row):
            x, color = sum(widths[:column]) + 2 * column + 0.5, COLORS[0] if number == 0 else INK
            text = "\n".join(lines).replace("$", r"\$")
            ax.text(x, y + 0.35, text, va="top", color=color, fontsize=size, linespacing=1.25)
        y += height
        ax.axhline(y, color=INK if number == 0 else FAINT, linewidth=0.8)
    return finish(ax)


def wrapped(text: str, width: float) -> list[str]:
    """按显示的宽度折行：汉字与中文标点算 1，别的算 0.6；英文的词不拆开，标点跟着它该跟的字走。"""
    lines = []
    for line in text.split("\n"):
        now, used = "", 0.0
        for piece in PIECE.findall(line):
            wide = sum(1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.6 for char in piece)
            if now.strip() and used + wide > width:
                lines.append(now)
                now, used, piece = "", 0.0, piece.lstrip()
            now, used = now + piece, used + wide
        lines.append(now)
    return lines


def finish(ax: Axes) -> Axes:
    """画完一格：确认每个字都有字形。自己用 matplotlib 画的图，最后也请调用它。"""
    if _drawn_before:
        return ax
    missing = missing_glyphs(ax.figure)
    assert not missing, f"图里这些字符没有字形，会显示成方框：{missing!r}"
    return ax


_drawn_before = False  # 正在重画控件的图


@contextmanager
def redrawing():
    """同一张图换了取值再画：字形第一次画时查过，不再查（查一遍要把图多摆一次，拖动时嫌慢）。"""
    global _drawn_before
    _drawn_before = True
    try:
        yield
    finally:
        _drawn_before = False
