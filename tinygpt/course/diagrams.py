"""课里的示意图：方块与箭头。第 01 课的小网络，第 02 课的三种 Transformer，第 05 课的解码器与两种次序，
第 06 课的训练循环。

只画结构，不算任何数。
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from tinygpt.config import GPTConfig
from tinygpt.course import plots

FILL = {"plain": "#F2F2F2", "free": "#D6E8F5", "causal": "#FBE0CC", "cross": "#F3DDEA", "work": "#DDF1E9"}


def box(ax: Axes, x: float, y: float, text: str, kind: str = "plain", width: float = 2.3) -> None:
    """中心在 (x, y)、高 0.62 的方块；kind 定颜色。"""
    corner, style = (x - width / 2, y - 0.31), "round,pad=0,rounding_size=0.12"
    ax.add_patch(FancyBboxPatch(corner, width, 0.62, boxstyle=style, fc=FILL[kind], ec=plots.INK, lw=0.9))
    ax.text(x, y, text, ha="center", va="center", fontsize=9.5)


def arrow(ax: Axes, start: tuple, end: tuple, bend: float = 0.0, **style) -> None:
    line = {"arrowstyle": "-|>", "color": plots.INK, "lw": 1.1, "connectionstyle": f"arc3,rad={bend}"}
    ax.annotate("", xy=end, xytext=start, arrowprops=line | style)


def add(ax: Axes, x: float, y: float) -> None:
    """残差的加号。"""
    circle = dict(boxstyle="circle,pad=0.12", fc="white", ec=plots.COLORS[1])
    ax.text(x, y, "+", ha="center", va="center", fontsize=13, color=plots.COLORS[1], bbox=circle)


def _canvas(width: float, height: float, x: tuple, y: tuple) -> Axes:
    _, ax = plots.panels(width=width, height=height)
    ax.set(xlim=x, ylim=y)
    ax.axis("off")
    return ax


def _stack(ax: Axes, x: float, layers: list[tuple[str, str]], gap: float = 0.95) -> None:
    """从下往上摞起来的几个方块，之间有箭头。"""
    for i, (text, kind) in enumerate(layers):
        box(ax, x, i * gap, text, kind)
        if i:
            arrow(ax, (x, (i - 1) * gap + 0.31), (x, i * gap - 0.31))


def three_letters() -> Figure:
    """看前面三个字的小网络：三个向量接起来，一层，弯一下，再一层。"""
    ax = _canvas(9.2, 2.4, (-0.8, 15.0), (-1.7, 2.0))
    for y, letter in zip((1.2, 0.0, -1.2), "机器学"):
        box(ax, 0, y, letter, width=0.9)
        box(ax, 2.1, y, "16 个数", "free", width=1.5)
        arrow(ax, (0.45, y), (1.35, y))
        arrow(ax, (2.85, y), (3.7, 0.12 * y))
    steps = [(4.6, 1.8, "接成 48 个", "free"), (7.3, 1.8, "中间 96 个", "work"), (9.6, 1.0, "tanh", "causal"),
             (12.0, 2.0, "151 个 logits", "plain")]  # fmt: skip
    for i, (x, width, text, kind) in enumerate(steps):
        box(ax, x, 0, text, kind, width=width)
        if i:
            arrow(ax, (steps[i - 1][0] + steps[i - 1][1] / 2, 0), (x - width / 2, 0))
    for x in (5.95, 10.55):
        ax.text(x, 0.42, "乘矩阵", ha="center", fontsize=8.5, color=plots.COLORS[0])
    arrow(ax, (13.0, 0), (13.7, 0))
    ax.text(13.8, 0, "softmax，\n下一个字", va="center", fontsize=9.5)
    for x, y, text in ((2.1, -1.58, "查表：embedding"), (9.6, -0.4, "激活函数")):
        ax.text(x, y, text, ha="center", va="top", fontsize=8.5, color=plots.COLORS[0])
    ax.set_title("看三个字，猜第四个：同一张 embedding 的表查三次", loc="left")
    return plots.finish(ax).figure


def family() -> Figure:
    """2017 年的 Transformer 分成两半：BERT 拿走左半，GPT 拿走右半，不要交叉注意力。"""
    ax = _canvas(9.2, 4.1, (-1.6, 13.4), (-1.0, 5.6))
    encoder = [("英文的 token", "plain"), ("自注意力，全看得见", "free"), ("前馈网络", "work")]
    decoder = [("已写的中文", "plain"), ("自注意力，因果掩码", "causal"), ("交叉注意力", "cross"),
               ("前馈网络", "work"), ("下一个 token", "plain")]  # fmt: skip
    _stack(ax, 0, encoder)
    _stack(ax, 3.4, decoder)
    arrow(ax, (1.16, 1.95), (2.24, 1.95))
    ax.text(1.7, 2.12, "键、值", ha="center", fontsize=9)
    _stack(ax, 7.6, [("整段文字", "plain"), *encoder[1:], ("遮住的 token", "plain")])
    _stack(ax, 11.4, [("前文", "plain"), decoder[1], decoder[3], decoder[4]])
    names = {1.7: "2017：编码器 + 解码器（翻译）", 7.6: "BERT：只要编码器", 11.4: "GPT：只要解码器"}
    for x, name in names.items():
        ax.text(x, 5.0, name, ha="center", fontsize=10.5)
    for x in (5.55, 9.5):
        ax.plot([x, x], [-0.6, 5.2], color=plots.FAINT)
    ax.set_title("BERT 与 GPT 各拿走一半；交叉注意力两边都没有要", loc="left")
    return plots.finish(ax).figure


def decoder(config: GPTConfig, n: int) -> Figure:
    """整个解码器，每一步之后的形状写在旁边；n 是输入的长度。"""
    d, wide, v = config.n_embd, 4 * config.n_embd, config.vocab_size
    ax = _canvas(7.6, 6.2, (-2.6, 6.6), (-0.8, 9.6))
    steps = [
        (0.0, "编号", "plain", f"n = {n}"),
        (1.1, "查表 X + 位置 P", "plain", f"{n} × {d}"),
        (2.5, "层归一化", "plain", f"{n} × {d}"),
        (3.4, "多头注意力", "causal", f"每个头 {n} × {d // config.n_head}"),
        (5.2, "层归一化", "plain", f"{n} × {d}"),
        (6.1, "前馈网络", "work", f"中间 {n} × {wide}"),
        (7.7, "最后的层归一化", "plain", f"{n} × {d}"),
        (8.8, "输出层", "plain", f"logits：{n} × {v}"),
    ]
    for i, (y, text, kind, shape) in enumerate(steps):
        box(ax, 0, y, text, kind)
        ax.text(1.35, y, shape, va="center", fontsize=9.5, color=plots.COLORS[0])
        if i:
            arrow(ax, (0, steps[i - 1][0] + 0.31), (0, y - 0.31))
    for bottom, plus in ((1.95, 4.3), (4.65, 7.0)):
        ax.plot([0, -1.7, -1.7, -0.14], [bottom, bottom, plus, plus], color=plots.COLORS[1], lw=1.8)
        add(ax, 0, plus)
    ax.text(-1.8, 4.5, "残差", ha="right", va="center", color=plots.COLORS[1], fontsize=9.5)
    ax.plot([4.0, 4.2, 4.2, 4.0], [1.8, 1.8, 7.2, 7.2], color=plots.INK, lw=1)
    ax.text(4.35, 4.5, f"一层，重复 {config.n_layer} 次", va="center", fontsize=9.5)
    ax.set_title(f"从编号到 logits：主干的形状一直是 {n} × {d}", loc="left")
    return plots.finish(ax).figure


def norm_orders() -> Figure:
    """post-norm 与 pre-norm 的一个子层：橙色的主干上有没有归一化挡着。"""
    ax = _canvas(7.2, 3.6, (-1.6, 8.6), (-1.0, 5.0))
    orange = {"color": plots.COLORS[1], "lw": 2.6}
    for trunk, name in ((0.4, "post-norm：主干每次都过归一化"), (5.4, "pre-norm：主干一路通到底")):
        side, post = trunk + 1.9, trunk < 1
        ax.plot([trunk, trunk], [-0.8, 2.4], **orange)
        arrow(ax, (trunk, 3.61 if post else 2.6), (trunk, 4.2), **orange)
        for y, text, kind in [(1.6, "子层 f", "work")] + ([] if post else [(0.4, "层归一化", "plain")]):
            box(ax, side, y, text, kind, width=1.7)
        if post:
            box(ax, trunk, 3.3, "层归一化", "plain", width=1.7)
            arrow(ax, (trunk, 2.6), (trunk, 2.99), **orange)
        else:
            arrow(ax, (side, 0.71), (side, 1.29))
        first = 1.6 if post else 0.4
        arrow(ax, (trunk, -0.4), (side, first - 0.31), bend=0.15)
        arrow(ax, (side, 1.91), (trunk + 0.2, 2.5), bend=0.15)
        add(ax, trunk, 2.5)
        ax.text(trunk + 0.9, 4.5, name, ha="center", fontsize=10)
    return plots.finish(ax).figure


def training_loop() -> Figure:
    """训练的六步：从左走到右，更新了参数，再换一批。"""
    ax = _canvas(9.2, 1.9, (-1.2, 14.2), (-1.5, 0.9))
    steps = [("batch", "取一批", "plain"), ("logits", "前向", "free"), ("loss", "损失", "causal"),
             ("zero_grad", "清梯度", "plain"), ("backward", "反向", "causal"),
             ("step", "更新参数", "work")]  # fmt: skip
    for i, (name, text, kind) in enumerate(steps):
        box(ax, 2.6 * i, 0, text, kind, width=1.8)
        ax.text(2.6 * i, 0.45, name, ha="center", fontsize=8.5, color=plots.COLORS[0])
        if i:
            arrow(ax, (2.6 * i - 1.7, 0), (2.6 * i - 0.9, 0))
    ax.plot([13.0, 13.0, 0], [-0.31, -1.0, -1.0], color=plots.INK, lw=1.1)
    arrow(ax, (0, -1.0), (0, -0.31))
    ax.text(6.5, -1.1, "下一步：同一个模型，参数改了，换一批", ha="center", va="top", fontsize=9.5)
    return plots.finish(ax).figure
