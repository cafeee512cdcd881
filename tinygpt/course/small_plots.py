"""几课都用的小东西：图上一条写着名字的虚线，一条条的权重，对数轴上的几个点。

只管画，不管算；一般的图在 plots.py。
"""

import numpy as np
from matplotlib.axes import Axes

from tinygpt.course import plots


def level(ax: Axes, y: float, name: str, below: bool = True, outside: bool = False) -> Axes:
    """在高 y 的地方画一条虚线，右端写着名字；below：字写在线的下面；outside：字写在图框的右边，不压着线。"""
    ax.axhline(y, color="#999999", linestyle="--", linewidth=1.2)
    side = {"xytext": (-2, -3), "va": "top"} if below else {"xytext": (-2, 3), "va": "bottom"}
    side = {"xytext": (4, 0), "va": "center"} if outside else side
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    place["ha"] = "left" if outside else "right"
    ax.annotate(name, (1, y), **place, **side)
    return plots.finish(ax)


def strips(weights, names: list[str], **labels) -> Axes:
    """几行权重（行，位置），一行一条，颜色由 0 到 1；旁边有色标。labels 是 title、xlabel。"""
    _, ax = plots.panels(width=8.0, height=1.9)
    image = ax.imshow(np.asarray(weights), cmap=plots.color_map("positive"), vmin=0, vmax=1, aspect="auto")
    ax.figure.colorbar(image, label="权重")
    ax.set_yticks(range(len(names)), names)
    ax.grid(False)
    ax.set(**labels)
    return plots.finish(ax)


def dots(sizes: dict[str, float], **labels) -> Axes:
    """几样东西的大小，差几个数量级：对数的横轴，一行一个点，点上写着数。labels 是 title、xlabel。"""
    _, ax = plots.panels(width=6.0, height=2.4)
    ax.plot(list(sizes.values()), list(sizes), "o", color=plots.COLORS[0])
    for name, size in sizes.items():
        ax.annotate(f"{size:,.0f}", (size, name), textcoords="offset points", xytext=(0, 5), ha="center")
    ax.set(xscale="log", **labels)
    ax.margins(0.12, 0.3)
    return plots.finish(ax)
