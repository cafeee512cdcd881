"""训练的两张可以调的图：在一个小山谷里下山（学习率、裁剪、优化器），和学习率调度的形状。

山谷只有两个参数，一步也只有几次乘法，所以每次重画都现算。
"""

import numpy as np
from matplotlib.figure import Figure

from tinygpt.course import plots
from tinygpt.course.widgets.playground import Playground, choice, slider
from tinygpt.optim import warmup_cosine

START = np.array([-4.0, 1.6])
FAR = 1e6  # 损失超过它就当作已经发散，不再走
OPTIMIZERS = {"SGD": "sgd", "SGD + 动量 0.9": "momentum", "Adam": "adam"}


def valley(points: np.ndarray) -> np.ndarray:
    """山谷的高度 x²/4 + y² + y⁴：谷底在原点；沿 x 平缓，沿 y 越高越陡。points 的最后一维是 (x, y)。"""
    x, y = points[..., 0], points[..., 1]
    return x**2 / 4 + y**2 + y**4


def slope(point: np.ndarray) -> np.ndarray:
    """山谷的梯度 (x/2, 2y + 4y³)。"""
    x, y = point
    return np.array([x / 2, 2 * y + 4 * y**3])


def descend(
    optimizer: str, learning_rate: float, clip: float = 0.0, steps: int = 60, start=START
) -> tuple[np.ndarray, np.ndarray]:
    """从 start 下山，返回（路径 (n, 2)，每一点的损失 (n,)）；损失超过 FAR 就停，所以 n ≤ steps + 1。

    optimizer: "sgd"、"momentum"（动量 0.9）或 "adam"（β = 0.9、0.99）
    clip: 梯度总长的上限；0 为不裁剪
    """
    point, m, v = np.array(start, dtype=float), np.zeros(2), np.zeros(2)
    path = [point]
    for t in range(1, steps + 1):
        gradient = slope(point)
        norm = np.linalg.norm(gradient)
        if clip and norm > clip:
            gradient = gradient * (clip / norm)
        if optimizer == "adam":
            m, v = 0.9 * m + 0.1 * gradient, 0.99 * v + 0.01 * gradient**2
            step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
        else:
            m = gradient + (0.9 * m if optimizer == "momentum" else 0.0)
            step = m
        point = point - learning_rate * step
        path.append(point)
        if not valley(point) < FAR:
            break
    path = np.array(path)
    return path, valley(path)


def draw_descent(optimizer: str, learning_rate: float, clip: float) -> Figure:
    """左边是等高线与走过的路，右边是损失；标题说走到了哪里。"""
    path, losses = descend(optimizer, learning_rate, clip)
    figure, (hills, curve) = plots.panels(columns=2, width=4.2, height=3.4)
    x, y = np.meshgrid(np.linspace(-5, 5, 121), np.linspace(-2.2, 2.2, 89))
    hills.contour(x, y, valley(np.stack([x, y], axis=-1)), levels=np.geomspace(0.1, 40, 12),
                  colors="#9A9A9A", linewidths=0.8)
    hills.plot(*path.T, marker="o", markersize=3, linewidth=1.2, color=plots.COLORS[1])
    hills.plot(*path[0], marker="s", markersize=7, color=plots.COLORS[0])
    hills.plot(0, 0, marker="*", markersize=12, color=plots.COLORS[2])
    hills.grid(False)
    hills.set(xlim=(-5, 5), ylim=(-2.2, 2.2), xlabel="参数 x", ylabel="参数 y")
    hills.set_title("方块出发，五角星是谷底")
    last = len(path) - 1
    title = f"{last} 步之后，损失 {losses[-1]:.2g}" if losses[-1] < FAR else f"第 {last} 步发散了"
    plots.lines(range(len(losses)), {"损失": np.maximum(losses, 1e-12)}, ax=curve, log="y",
                xlabel="步", ylabel="损失", title=title)
    plain = range(0, len(losses), max(1, len(losses) // 6))
    curve.set_xticks(list(plain), [str(i) for i in plain])
    plots.finish(hills)
    return figure


def learning_rate_playground() -> Playground:
    """在山谷里下山：调学习率、裁剪的上限（0 为不裁剪）与优化器。

    控件的名字是 optimizer、learning_rate、clip。
    """
    controls = {
        "optimizer": choice("优化器", OPTIMIZERS),
        "learning_rate": slider("学习率", 0.05, 0.01, 1.0, 0.01),
        "clip": slider("裁剪（0 为不裁剪）", 0.0, 0.0, 5.0, 0.5),
    }
    return Playground(draw_descent, controls, "下山的路：60 步，学习率、裁剪与优化器都可以调。")


def draw_schedule(warmup: int, total: int, floor: float) -> Figure:
    """学习率的倍数随步数的变化；标出预热结束与最后一步。"""
    steps = np.arange(total)
    values = np.array([warmup_cosine(int(step), total, warmup, floor) for step in steps])
    figure, ax = plots.panels(width=6.0, height=3.2)
    ax.plot(steps, values, color=plots.COLORS[0])
    if warmup:
        ax.axvspan(0, min(warmup, total) - 0.5, color=plots.COLORS[5], alpha=0.18, linewidth=0)
    ax.plot(total - 1, values[-1], marker="o", markersize=7, color=plots.COLORS[1])
    ax.annotate(f"最后一步：{values[-1]:.2f}", (total - 1, values[-1]), textcoords="offset points",
                xytext=(0, 34), ha="right", color=plots.COLORS[1])
    ax.set(ylim=(0, 1.12), xlabel="步（从 0 数起）", ylabel="学习率是最高值的几倍")
    ax.set_title(f"预热 {warmup} 步，平均倍数 {values.mean():.2f}")
    plots.finish(ax)
    return figure


def schedule_playground() -> Playground:
    """学习率调度的形状：调预热步数、总步数与最低倍数。控件的名字是 warmup、total、floor。"""
    controls = {
        "warmup": slider("预热步数", 20, 0, 100),
        "total": slider("总步数", 200, 100, 400, 10),
        "floor": slider("最低倍数", 0.1, 0.0, 1.0, 0.05),
    }
    return Playground(draw_schedule, controls, "学习率调度：先线性升到最高，再沿余弦降到最低倍数。")
