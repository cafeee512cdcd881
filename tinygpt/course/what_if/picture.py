"""一次试验的图与话：两条曲线，一句量出来的结论，两段文字。"""

import math

from matplotlib.figure import Figure

from tinygpt.course import plots
from tinygpt.course.fonts import drawable
from tinygpt.course.what_if.guard import Run

NAMES = ("正确的写法", "你的写法")
SAME = 0.01  # 两条曲线处处差得比这还小，就是一样
NEAR = 0.2  # 四个种子的正确写法最后在 1.67 到 1.86 之间：差得比 0.2 小，就不说谁好谁坏
LAST = 20  # “最后”是末尾多少步的平均


def last(values: list[float]) -> float:
    tail = values[-LAST:]
    return sum(tail) / len(tail) if tail else math.nan


def same(yours: Run, correct: Run) -> bool:
    """两条曲线处处一样，话也一样。"""
    written = [value for _, value in yours.written], [value for _, value in correct.written]
    return yours.note == correct.note and within(SAME, yours.seen, correct.seen) and within(SAME, *written)


def within(least: float, found: list[float], expected: list[float]) -> bool:
    equal = all(abs(x - y) < least * max(1, abs(y)) for x, y in zip(found, expected))
    return equal and len(found) == len(expected)


def conclusion(yours: Run, correct: Run, passed: bool) -> str:
    """一句话：发生了什么，多大。passed：检查通过了没有。"""
    if correct.stopped:
        return f"没有比成：正确的写法自己{correct.stopped}"
    if yours.stopped:
        return yours.stopped
    if yours.note == correct.note and passed and within(NEAR, yours.seen[-1:], correct.seen[-1:]):
        return "与正确的写法一样"  # 算的次序不同，末几位小数不同，几百步以后也会差出一点点
    if same(yours, correct):
        return "在这个试验里与正确的写法一样：它只在别的情形里错，看检查说的是哪一项"
    if correct.note:
        return f"{yours.note}；正确的写法{correct.note}"
    return about_training(yours, correct) if correct.written else about_writing(yours, correct)


def about_training(yours: Run, correct: Run) -> str:
    mine, right = yours.written[-1][1], correct.written[-1][1]
    seen = f"训练损失 {last(yours.seen):.2f}（正确的 {last(correct.seen):.2f}）"
    written = f"写的时候 {mine:.2f}（正确的 {right:.2f}）"
    if mine > right + NEAR and last(yours.seen) < last(correct.seen) - NEAR:
        return f"看着学得更好，其实不会写：{seen}，{written}"
    if mine > right + NEAR:
        return f"学得差：{written}"
    if mine < right - NEAR:
        return f"在这么小的模型里反而低一些：{written}"
    return f"差别很小，在这么小的模型里看不出来：{written}"


def about_writing(yours: Run, correct: Run) -> str:
    mine, right = last(yours.seen), last(correct.seen)
    if len(yours.seen) != len(correct.seen):
        return f"写了 {len(yours.seen)} 个 token，正确的写法写了 {len(correct.seen)} 个"
    found = f"平均 {mine:.2f}，正确的写法 {right:.2f}"
    small = abs(mine - right) < max(abs(right) / 10, 0.05)  # 抽的是随机的 32 行
    return f"差别很小：{found}" if small else f"选得不一样了：{found}"


# ---- 图 ----


def draw(title: str, label: str, yours: Run, correct: Run) -> Figure:
    """训练有两格（训练损失、写的时候的损失），写只有一格。"""
    columns = 2 if correct.written else 1
    figure, axes = plots.panels(columns=columns, width=4.8, height=3.3, squeeze=False)
    x = "步" if correct.written else "第几次检查" if correct.note else "第几个 token"
    width = 1 if correct.note else 8
    mine, right = running(yours.seen, width), running(correct.seen, width)
    curves(axes[0, 0], right, mine, xlabel=x, ylabel=label, title=label)
    if correct.written:
        name = "写的时候的损失"
        curves(axes[0, 1], correct.written, yours.written, xlabel=x, ylabel=name, title=name)
    figure.suptitle("\n".join(plots.wrapped(drawable(title).replace("$", r"\$"), 26 * columns)), fontsize=12)
    plots.finish(axes[0, 0])
    return figure


def running(values: list[float], width: int) -> list[tuple[int, float]]:
    """每一步与它前面几步的平均，抖动小一些。"""
    windows = [values[max(0, i + 1 - width) : i + 1] for i in range(len(values))]
    return [(i + 1, sum(window) / len(window)) for i, window in enumerate(windows)]


def curves(ax, correct: list[tuple], yours: list[tuple], **labels) -> None:
    """两条线；你的那条停在半路时，末尾画一个叉。"""
    for i, (name, points) in enumerate(zip(NAMES, (correct, yours))):
        finite = [(x, y) for x, y in points if math.isfinite(y)]
        style = {"color": plots.COLORS[i], "linestyle": plots.LINESTYLES[i]}
        ax.plot([x for x, _ in finite], [y for _, y in finite], label=name, **style)
        if finite and points is yours and finite[-1][0] < correct[-1][0]:
            ax.plot(*finite[-1], marker="x", markersize=9, markeredgewidth=2, color=plots.COLORS[1])
    heights = [y for points in (correct, yours) for _, y in points if math.isfinite(y) and y > 0]
    if heights and max(heights) > 40 * min(heights):
        ax.set_yscale("log")
    ax.set(**labels)
    ax.legend()
