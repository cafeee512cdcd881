"""花费计算器：给出形状、token 数与机器的速度，算出参数在哪里、训练要多久、要多少内存。

参数个数由公式得到，不建立模型：GPT-3 那么大的模型，这里也算得出来。公式与 GPT.parameter_count 相同（有测试）。
"""

import numpy as np
from matplotlib.figure import Figure

from tinygpt.config import GPTConfig
from tinygpt.course import plots
from tinygpt.course.widgets.playground import Playground, choice, slider

FLOPS_PER_PARAMETER = 6  # 每个参数、每个训练 token：前向 2 次，反向 4 次
BYTES_PER_PARAMETER = 16  # fp32 的权重、梯度，AdamW 的两份状态，各 4 个字节
DEVICES = {"1 个 CPU 核": 5e10, "8 个 CPU 核": 4e11, "1 块家用显卡": 2e13, "1 块计算卡": 4e14, "1000 块计算卡": 4e17}  # 假定实际达到的 FLOP/s
TOKENS = {"60 万": 6e5, "2000 万": 2e7, "10 亿": 1e9, "100 亿": 1e10, "3000 亿": 3e11}
UNITS = ((31_557_600, "年"), (86_400, "天"), (3600, "小时"), (60, "分钟"), (1, "秒"))


def parameter_parts(config: GPTConfig) -> dict[str, int]:
    """各部分的参数个数，名字与 GPT.parameter_count 相同。

    每层：注意力 4c² (+4c)，前馈网络 8c² (+5c)，两个层归一化；括号里是偏置。pre-norm 在最后多一个层归一化。
    """
    c, layers, bias = config.n_embd, config.n_layer, int(config.bias)
    norms = 2 * layers + (config.norm == "pre")
    parts = {
        "token embedding": config.vocab_size * c,
        "位置 embedding": config.context_length * c,
        "注意力": layers * (4 * c * c + bias * 4 * c),
        "前馈网络": layers * (8 * c * c + bias * 5 * c),
        "层归一化": norms * c * (1 + bias),
        "输出层": 0 if config.tied_head else config.vocab_size * c,
    }
    return parts | {"合计": sum(parts.values())}


def training_flops(parameters: float, tokens: float) -> float:
    """训练的运算次数，6 N D（Kaplan 等 2020）。注意力权重的那一部分没有算进去，上下文不很长时它不大。"""
    return FLOPS_PER_PARAMETER * parameters * tokens


def training_memory(parameters: float) -> float:
    """训练时权重、梯度与 AdamW 状态占的字节数；中间结果另算。"""
    return BYTES_PER_PARAMETER * parameters


def readable(number: float) -> str:
    """大数按万、亿、万亿写，留三位有效数字：3.3e6 → “330 万”。"""
    for size, unit in ((1e12, " 万亿"), (1e8, " 亿"), (1e4, " 万")):
        if number >= size:
            return _digits(number / size) + unit
    return _digits(number)


def duration(seconds: float) -> str:
    """时间按最合适的单位写：7200 → “2 小时”。"""
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), UNITS[-1])
    return f"不到 1 {unit}" if seconds < 1 else f"{readable(seconds / size)} {unit}"


def _digits(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def draw_cost(vocab_size: int, context_length: int, n_layer: int, n_embd: int, tokens: float, device: str) -> Figure:
    """左边是参数的各部分，右边是在各种机器上的训练时间（对数轴），选中的那台是橙色。"""
    config = GPTConfig(vocab_size=vocab_size, context_length=context_length, n_layer=n_layer, n_head=1, n_embd=n_embd)
    parts = parameter_parts(config)
    total = parts.pop("合计")
    del parts["输出层"]  # 与 token embedding 共用
    figure, (left, right) = plots.panels(columns=2, width=5.0, height=3.3)
    _rows(left, parts, [readable(count) for count in parts.values()], plots.COLORS[0])
    left.set(xlim=(0, 1.3 * max(parts.values())), xlabel="参数个数", title=f"{readable(total)}个参数，训练占 {training_memory(total) / 1e9:.3g} GB")
    seconds = {name: training_flops(total, tokens) / speed for name, speed in DEVICES.items()}
    colors = [plots.COLORS[1] if name == device else plots.COLORS[4] for name in DEVICES]
    _rows(right, seconds, [duration(value) for value in seconds.values()], colors)
    low, high = min(seconds.values()), max(seconds.values())
    right.set_xscale("log")
    marks = [(size, f"1 {unit}") for size, unit in UNITS if low < size < high * 10]
    right.set_xticks([size for size, _ in marks], [name for _, name in marks])
    right.minorticks_off()
    right.set(xlim=(low / 10, high * 200), xlabel="训练时间（对数轴）", title=f"{readable(tokens)}个 token，{device}：{duration(seconds[device])}")
    plots.finish(right)
    return figure


def _rows(ax, values: dict, labels: list[str], color) -> None:
    """横着的柱，右端写字，第一项在最上面。"""
    places = np.arange(len(values))
    bars = ax.barh(places, list(values.values()), color=color)
    ax.bar_label(bars, labels, padding=3, fontsize=9)
    ax.set_yticks(places, list(values))
    ax.invert_yaxis()
    ax.grid(False, axis="y")


def cost_calculator() -> Playground:
    """花费计算器。控件的名字：n_layer、n_embd、context_length、vocab_size、tokens、device。"""
    controls = {
        "n_layer": slider("层数 n_layer", 2, 1, 96),
        "n_embd": choice("维数 n_embd", [64, 128, 256, 512, 768, 1024, 1600, 4096, 12288], 256),
        "context_length": choice("上下文长度", [64, 256, 1024, 2048], 256),
        "vocab_size": choice("词表大小", [4096, 50257], 4096),
        "tokens": choice("训练多少个 token", TOKENS, TOKENS["2000 万"]),
        "device": choice("机器（假定的速度）", list(DEVICES), "1 个 CPU 核"),
    }
    return Playground(draw_cost, controls, "花费计算器：左边是参数的各部分，右边是在各种机器上训练要多久。")
