"""整台机器怎样摆：方框、残差流与箭头的位置。浏览器与静态的图都照它来画。

单位是像素，图从左往右读：文字 → 编号 → 向量 → 一层一层 → 输出 → 取一个，接到后面。
横着的粗线是残差流；注意力与前馈网络挂在上面：从残差流读，算完加回去。
"""

from dataclasses import asdict, dataclass

from tinygpt.config import GPTConfig

RIVER, TOP, BOTTOM = 148, 26, 184  # 残差流、层的框的上边与下边
BOX, RETURN = 46, 208  # 方框的高；往回的箭头走在哪里
GAP, LAYER = 16, 204  # 间隔；一层多宽
MOST_LAYERS = 4  # 再多，中间的层画成省略号


@dataclass(frozen=True)
class Box:
    """一个方框，就是机器的一个部分。layer 是第几层（从 0 数起），不属于哪一层的是 None。"""

    part: str
    layer: int | None
    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class Frame:
    """一层的外框。"""

    layer: int
    x: float
    width: float
    label: str


@dataclass(frozen=True)
class Layout:
    """整张图：大小、方框、层的外框、残差流（从 x 到 x）、加号与省略号的 x、箭头（一串点）。"""

    width: float
    height: float
    boxes: tuple[Box, ...]
    frames: tuple[Frame, ...]
    river: tuple[float, float]
    pluses: tuple[float, ...]
    dots: tuple[float, ...]
    arrows: tuple[tuple[tuple[float, float], ...], ...]

    def to_dict(self) -> dict:
        return asdict(self)


def shown_layers(n_layer: int) -> list[int | None]:
    """画哪几层；None 是省略号。"""
    if n_layer <= MOST_LAYERS:
        return list(range(n_layer))
    return [0, 1, None, n_layer - 1]


def machine_layout(config: GPTConfig) -> Layout:
    """照模型的形状摆好整台机器。"""
    boxes, frames, pluses, dots, arrows = [], [], [], [], []
    x = 6

    def on_the_river(part: str, width: float, label: str) -> None:
        nonlocal x
        if boxes and part != "norm":
            arrows.append(((x, RIVER), (x + GAP, RIVER)))
        x += GAP if boxes else 0
        boxes.append(Box(part, None, x, RIVER - BOX / 2, width, BOX, label))
        x += width

    on_the_river("tokens", 84, "文字\n→ 编号")
    on_the_river("embedding", 92, "查表：向量\n+ 位置")
    start = x
    for layer in shown_layers(config.n_layer):
        x += GAP
        if layer is None:
            dots.append(x + 20)
            x += 40
            continue
        frames.append(Frame(layer, x, LAYER, f"第 {layer + 1} 层"))
        for part, label, left in (("attention", "注意力", 14), ("feed_forward", "前馈网络", 110)):
            left, middle, width = x + left, (TOP + RIVER) / 2 - BOX / 2 + 4, 76
            boxes.append(Box(part, layer, left, middle, width, BOX, label))
            arrows.append(((left + 16, RIVER), (left + 16, middle + BOX)))
            arrows.append(((left + width - 14, middle + BOX), (left + width - 14, RIVER - 10)))
            pluses.append(left + width - 14)
        x += LAYER
    if config.norm == "pre":
        on_the_river("norm", 62, "归一化")
        end = x - 62
    else:
        end = x
    on_the_river("logits", 76, "输出层\nlogits")
    on_the_river("probabilities", 76, "softmax\n概率")
    on_the_river("next", 72, "取一个")
    first, last = boxes[0], boxes[-1]
    bottom, middle = RIVER + BOX / 2, first.x + first.width / 2
    right = last.x + last.width / 2
    arrows.append(((right, bottom), (right, RETURN), (middle, RETURN), (middle, bottom)))
    return Layout(x + 6, RETURN + 26, tuple(boxes), tuple(frames), (start, end), tuple(pluses),
                  tuple(dots), tuple(arrows))  # fmt: skip
