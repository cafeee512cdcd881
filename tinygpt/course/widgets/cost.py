"""花费计算器：拨模型的大小、文字的多少、机器的快慢，看参数怎样分布，训练要多久。"""

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from tinygpt.course import plots
from tinygpt.course.widgets.playground import Playground, choice, slider

DEVICES = {
    "这里的一个 CPU 线程，约 10¹¹": 1e11,
    "一块游戏显卡，约 3×10¹³": 3e13,
    "一块数据中心的 GPU，约 4×10¹⁴": 4e14,
    "一千块这样的 GPU": 4e17,
}
UNITS = [("秒", 60), ("分钟", 60), ("小时", 24), ("天", 365)]
UNITS += [("年", 1e4), ("万年", 1e4), ("亿年", float("inf"))]
SHAPE = ("n_layer", "n_embd", "vocab_size", "context_length")
SIZES = {  # 照 SHAPE 的次序
    "这门课": (2, 256, 4096, 256),
    "GPT-2 最小的一号": (12, 768, 50257, 1024),
    "GPT-3": (96, 12288, 50257, 2048),
}
# 读了 10 的几次方个 token，取最近的一格：这门课的 3,686 万；GPT-3 的三千亿（Brown 等 2020）。
# GPT-2 没有公布，这里按它的 40 GB 文字（Radford 等 2019）读一遍、一个 token 约四字节算
TOKENS = {"这门课": 7.5, "GPT-2 最小的一号": 10.0, "GPT-3": 11.5}


def parameter_parts(n_layer: int, n_embd: int, vocab_size: int, context_length: int) -> dict[str, int]:
    """这门课的 GPT（有偏置，pre-norm，输出层共用）各部分的参数个数。"""
    c = n_embd
    return {
        "token embedding": vocab_size * c,
        "位置 embedding": context_length * c,
        "注意力": n_layer * (4 * c * c + 4 * c),
        "前馈网络": n_layer * (8 * c * c + 5 * c),
        "层归一化": (2 * n_layer + 1) * 2 * c,
    }


def training_flops(parameters: float, tokens: float) -> float:
    """训练的浮点运算次数，约 6·N·D（Kaplan 等 2020）：前向每个参数每个 token 2 次，反向 4 次。"""
    return 6 * parameters * tokens


def duration(seconds: float) -> str:
    """秒数写成读得懂的样子：12 秒、3.5 小时、365 天、5.6 万年。"""
    for name, size in UNITS:
        if seconds < size:
            return f"{seconds:.3g} {name}" if seconds < 100 else f"{seconds:,.0f} {name}"
        seconds /= size
    raise AssertionError("最后一个单位没有上限")


def draw_cost(
    n_layer: int, n_embd: int, vocab_size: int, context_length: int, tokens: float, speed: float
) -> Figure:
    parts = parameter_parts(n_layer, n_embd, vocab_size, context_length)
    total = sum(parts.values())
    figure, ax = plt.subplots(figsize=(7.2, 2.9))
    ax.barh(list(parts), [n / 1e4 for n in parts.values()], color=plots.COLORS[0])
    ax.invert_yaxis()
    seconds = training_flops(total, tokens) / speed
    title = f"一共 {total:,} 个参数，读 {tokens / 1e4:,.0f} 万个 token，约要 {duration(seconds)}"
    ax.set(xlabel="参数个数（万）", title=title)
    ax.ticklabel_format(axis="x", style="plain")
    plots.finish(ax)
    return figure


def cost_calculator() -> Playground:
    """拨层数、维数、词表、上下文、文字的多少、机器，看参数与时间。"""

    def draw(n_layer, n_embd, vocab_size, context_length, tokens, speed):
        return draw_cost(n_layer, n_embd, vocab_size, context_length, 10.0**tokens, speed)

    lengths = {"256（这门课）": 256, "1024（GPT-2）": 1024, "2048（GPT-3）": 2048}
    controls = {
        "n_layer": slider("层数", 2, 1, 96),
        "n_embd": slider("维数", 256, 64, 12288, 64),
        "vocab_size": choice("词表", {"4096（这门课）": 4096, "50257（GPT-2）": 50257}),
        "context_length": choice("上下文长度", lengths),
        "tokens": slider("读多少个 token（10 的几次方）", TOKENS["这门课"], 5.0, 13.0, 0.5),
        "speed": choice("机器（每秒浮点运算）", DEVICES),
    }
    board = Playground(draw, controls, "花费计算器：参数怎样分布，训练要多久")
    board.buttons = [size_button(name, board) for name in SIZES]
    board.box.children = (widgets.HBox(board.buttons), *board.box.children)
    return board


def size_button(name: str, board: Playground) -> widgets.Button:
    """按一下，五个控件拨到这个模型的大小与它读的 token，图只画一次。"""
    values = dict(zip(SHAPE, SIZES[name], strict=True)) | {"tokens": TOKENS[name]}
    button = widgets.Button(description=name)
    button.on_click(lambda _: board.set(values))
    return button
