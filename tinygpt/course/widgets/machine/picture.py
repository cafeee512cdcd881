"""静态的图：整台机器，亮着“你在这里”；以及没有内核时代替控件的那一张。"""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from tinygpt.config import GPTConfig
from tinygpt.course import plots
from tinygpt.course.widgets.machine.layout import BOTTOM, RETURN, RIVER, TOP, Box, Layout, machine_layout
from tinygpt.course.widgets.machine.stations import TITLES, parts
from tinygpt.errors import require

PLAIN, DONE, HERE = ("#F6F7F9", plots.INK), ("#CFE6F5", plots.INK), (plots.COLORS[0], "#FFFFFF")
LINE, FLOW = "#8A8A8A", "#BBD7EA"
INCH = 100  # 一英寸多少个像素
STRIP = 58  # 放大的那一条多高


def crop(*here: str, layer: int | None = 1, config: GPTConfig | None = None) -> Figure:
    """整台机器，亮着 here 这几个部分：“你在这里”。

    部分有 tokens、embedding、attention、feed_forward、norm、logits、probabilities、next；
    什么也不给就是整台机器。layer 从 1 数起，None 是每一层，只有注意力与前馈网络用得着。
    config 不给就是文章的模型。
    """
    config = config or GPTConfig()
    known = parts(config)
    for part in here:
        require(part in known, f"机器里没有 {part}", "、".join(known), "从上面的名字里选一个")
    if layer is not None:
        _check_layer(layer, config)
    here_of = lambda box: not here or box.part in here and (layer is None or box.layer in (None, layer - 1))
    figure, ax = _canvas(machine_layout(config))
    draw_machine(ax, machine_layout(config), lambda box: HERE if here_of(box) else PLAIN)
    of_layer = {} if layer is None else dict.fromkeys(("attention", "feed_forward"), f"第 {layer} 层的")
    names = "、".join(of_layer.get(part, "") + TITLES[part] for part in here)
    ax.set_title(f"你在这里：{names or '整台机器'}", loc="left")
    plots.finish(ax)
    return figure


def highlight(station: str, layer: int = 1, config: GPTConfig | None = None) -> Figure:
    """算到哪里了：算过的是淡蓝，刚算完的是深蓝，下面一条是这个部分里的各站。

    station 是站名（token、q、scores、weights、after、logits……，见 stations.py）；layer 从 1 数起。
    """
    config = config or GPTConfig()
    _check_layer(layer, config)
    known = {place.name: part for part, places in parts(config).items() for place in places}
    require(station in known, f"机器里没有 {station} 这一站", "、".join(known), "从上面的名字里选一个")
    part, layout = known[station], machine_layout(config)
    here = next(
        (i for i, box in enumerate(layout.boxes) if box.part == part and box.layer in (None, layer - 1)), -1
    )
    figure, ax = _canvas(layout, STRIP)
    order = {id(box): i for i, box in enumerate(layout.boxes)}
    state = lambda box: HERE if order[id(box)] == here else DONE if order[id(box)] < here else PLAIN
    draw_machine(ax, layout, state)
    title = _draw_strip(ax, layout, parts(config)[part], station)
    of_layer = f"第 {layer} 层，" if part in ("attention", "feed_forward") else ""
    ax.set_title(f"算到这里：{of_layer}{TITLES[part]}里的“{title}”", loc="left")
    plots.finish(ax)
    return figure


def _check_layer(layer: int, config: GPTConfig) -> None:
    fine = isinstance(layer, int) and 1 <= layer <= config.n_layer
    require(fine, f"layer = {layer}", f"1 到 {config.n_layer}", "层从 1 数起")


def _canvas(layout: Layout, extra: float = 0) -> tuple[Figure, Axes]:
    height = layout.height + extra
    figure, ax = plt.subplots(figsize=(layout.width / INCH, (height + 30) / INCH))
    ax.set(xlim=(0, layout.width), ylim=(height, 0), aspect="equal")
    ax.axis("off")
    return figure, ax


def draw_machine(ax: Axes, layout: Layout, state=lambda box: PLAIN) -> None:
    """把整台机器画在 ax 里；state(方框) 是（底色，字色）。"""
    for frame in layout.frames:
        _round(ax, frame.x, TOP, frame.width, BOTTOM - TOP, "none", "#CCCCCC", 0.8)
        ax.text(frame.x + 8, TOP + 5, frame.label, va="top", fontsize=8.5, color="#555555")
    ax.plot(layout.river, (RIVER, RIVER), color=FLOW, linewidth=6, solid_capstyle="butt")
    if layout.frames:
        ax.text(layout.frames[0].x + 8, RIVER + 8, "残差流", va="top", fontsize=8, color="#42708C")
    for points in layout.arrows:
        xs, ys = zip(*points[:-1])
        ax.plot(xs, ys, color=LINE, linewidth=1)
        style = {"arrowstyle": "-|>", "mutation_scale": 8, "color": LINE, "shrinkA": 0, "shrinkB": 0}
        ax.add_patch(FancyArrowPatch(points[-2], points[-1], linewidth=1, **style))
    for x in layout.pluses:
        ax.add_patch(Circle((x, RIVER), 8, facecolor="white", edgecolor=LINE, linewidth=1, zorder=3))
        ax.text(x, RIVER, "+", ha="center", va="center_baseline", fontsize=9, zorder=4)
    for x in layout.dots:
        ax.text(x, RIVER - 26, "…", ha="center", va="center", fontsize=13)
    for box in layout.boxes:
        _box(ax, box, *state(box))
    middle = (layout.boxes[0].x + layout.boxes[-1].x) / 2
    ax.text(middle, RETURN + 4, "接到后面，再算一遍", ha="center", va="top", fontsize=8.5, color="#555555")


def _box(ax: Axes, box: Box, face: str, ink: str) -> None:
    _round(ax, box.x, box.y, box.width, box.height, face, "#9AA4AD", 0.9)
    middle = box.x + box.width / 2, box.y + box.height / 2
    ax.text(*middle, box.label, ha="center", va="center", fontsize=9, color=ink, linespacing=1.3)


def _round(ax: Axes, x, y, width, height, face, edge, line) -> None:
    style = "round,pad=0,rounding_size=7"
    ax.add_patch(FancyBboxPatch((x, y), width, height, style, facecolor=face, edgecolor=edge, linewidth=line))


def _draw_strip(ax: Axes, layout: Layout, stations, here: str) -> str:
    """下面一条：这个部分里的各站，从左往右；返回 here 的名字。"""
    names = [place.name for place in stations]
    reached, y = names.index(here), layout.height + 6
    width = min(104, (layout.width - 12) / len(stations) - 10)
    for i, place in enumerate(stations):
        face, ink = HERE if i == reached else DONE if i < reached else PLAIN
        label = place.title.replace("，", "，\n")
        _box(ax, Box("", None, 6 + i * (width + 10), y, width, STRIP - 20, label), face, ink)
    return stations[reached].title


def still_picture(config: GPTConfig, chips, candidates) -> Figure:
    """没有内核时显示的：一句话，读完开头时的候选，整台机器。

    chips 是 [(字, 概率)]，开头的概率是 None，写出来的越有把握颜色越深；candidates 是 [(字, 概率)]。
    """
    layout = machine_layout(config)
    size = (layout.width / INCH, (layout.height + 290) / INCH)
    figure, (top, bottom) = plt.subplots(2, 1, figsize=size, height_ratios=[250, layout.height])
    top.set(xlim=(0, layout.width), ylim=(250, 0))
    top.axis("off")
    _draw_chips(top, chips, layout.width)
    last = [label for label, p in chips if p is None][-1]
    words = f"读到“{last}”，下一个 token 的概率"
    top.text(6, 64, words, va="top", fontsize=9.5, color="#555555", parse_math=False)
    for i, (label, p) in enumerate(candidates):
        y = 94 + 20 * i
        top.text(96, y, label, ha="right", va="center", fontsize=10, parse_math=False)
        top.barh(y, 500, height=13, left=104, color="#EEEFF1")
        top.barh(y, 500 * p, height=13, left=104, color=plots.COLORS[0])
        top.text(612, y, f"{p:.2f}", va="center", fontsize=9)
    bottom.set(xlim=(0, layout.width), ylim=(layout.height, 0), aspect="equal")
    bottom.axis("off")
    draw_machine(bottom, layout)
    plots.finish(top)
    return figure


def _draw_chips(ax: Axes, chips, width: float) -> None:
    """这句话，一个 token 一块；一行写不下，后面的就不写了。"""
    x = 6
    for label, p in chips:
        wide = 16 + 14 * sum(1.0 if ord(c) > 0x2E7F else 0.6 for c in label)
        if x + wide > width - 30:
            ax.text(x, 30, "…", va="center", fontsize=11)
            return
        face = PLAIN[0] if p is None else _shade(p)
        _round(ax, x, 14, wide, 32, face, "#9AA4AD", 0.9)
        ax.text(x + wide / 2, 30, label, ha="center", va="center", fontsize=11, parse_math=False)
        x += wide + 6


def _shade(p: float) -> tuple[float, ...]:
    """概率 → 由白到蓝的底色，与浏览器里的相同。"""
    strength = 0.08 + 0.42 * p
    return tuple(1 + strength * (c - 1) for c in to_rgb(plots.COLORS[0]))
