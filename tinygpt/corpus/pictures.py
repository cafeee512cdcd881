"""画出来的图，与关于它们的问答：几种形状、几种颜色、几个位置、一到三个。

这里知道怎样画、怎样问、正确的回答是什么，不知道模型，也不知道 token。

图是 (3, 32, 32) 的小数，0 到 1：白底，上面有

    one    一个图形，在四角之一或中间
    same   两三个一样的图形，在四角里的几个
    two    两个图形，形状、颜色、位置都不同

两样东西训练时从来不画，留着考试：

    place  没见过的组合：每种（形状，颜色）有一个角从来不去，例如红色的圆形从不在左上角
    pair   没见过的搭配：四种（形状，颜色）一次也不画，例如红色的三角形
           （红色在别的形状上见过，三角形也有别的颜色）

答对了，就不是背下来的。pair 比 place 难：那两样东西合在一起的样子，一眼也没有见过。
"""

from dataclasses import dataclass

import numpy as np

SIZE = 32  # 图的边长，像素
SHAPES = ("圆形", "正方形", "三角形", "十字形")
COLORS = {
    "红色": (0.85, 0.15, 0.15), "黄色": (0.95, 0.80, 0.10), "绿色": (0.15, 0.60, 0.25),
    "蓝色": (0.15, 0.35, 0.85), "紫色": (0.55, 0.20, 0.65), "黑色": (0.10, 0.10, 0.10),
}  # fmt: skip
CORNERS = {"左上角": (8, 8), "右上角": (8, 24), "左下角": (24, 8), "右下角": (24, 24)}  # （行，列），像素
PLACES = CORNERS | {"中间": (16, 16)}
NUMBERS = ("一", "两", "三")
LAYOUTS = ("one", "same", "two")
TRAINED = (*LAYOUTS, "two")  # 训练时多画两个图形的：最难学的是它们
UNSEEN = {("圆形", "绿色"), ("正方形", "黑色"), ("三角形", "红色"), ("十字形", "蓝色")}
SEEN = [(shape, color) for shape in SHAPES for color in COLORS if (shape, color) not in UNSEEN]
KINDS = {
    "描述": "图里有什么？", "形状": "是什么形状？", "颜色": "是什么颜色？", "位置": "在哪里？",
    "个数": "有几个？", "有没有": "有没有……？",
}  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """图里的一个图形。"""

    shape: str
    color: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}有一个{self.color}的{self.shape}"


@dataclass(frozen=True)
class Asked:
    """一张图，一个问题，正确的回答。things 是图里的东西，kind 是哪一类问题。"""

    picture: np.ndarray
    kind: str
    question: str
    answer: str
    things: tuple[Thing, ...]


def pick(rng: np.random.Generator, options):
    """随机取一个。"""
    return options[rng.integers(len(options))]


# ---- 画 ----


def covered(shape: str, down: np.ndarray, right: np.ndarray, radius: float) -> np.ndarray:
    """离中心往下 down、往右 right 的点，在不在图形里。"""
    a, b = np.abs(down), np.abs(right)
    if shape == "圆形":
        return down**2 + right**2 <= radius**2
    if shape == "正方形":
        return np.maximum(a, b) <= 0.9 * radius
    if shape == "三角形":
        return (a <= radius) & (b <= (down + radius) / 2)
    return (np.minimum(a, b) <= 0.35 * radius) & (np.maximum(a, b) <= radius)


def paint(picture: np.ndarray, shape: str, rgb, center, radius: float = 6.0, cell: int = 1) -> None:
    """在图上画一个图形（就地改）。cell = 2 时按 2 × 2 的格子画，像在格子纸上涂的。"""
    grid = (np.arange(SIZE) // cell + 0.5) * cell - 0.5
    down, right = np.meshgrid(grid - center[0], grid - center[1], indexing="ij")
    picture[:, covered(shape, down, right, radius)] = np.array(rgb, dtype=np.float32)[:, None]


def blank() -> np.ndarray:
    """一张白纸。"""
    return np.ones((3, SIZE, SIZE), dtype=np.float32)


def draw(things, rng: np.random.Generator) -> np.ndarray:
    """把 things 画在白纸上：大小、位置、深浅都有一点随机，一半的图画得像格子纸。"""
    picture, cell = blank(), int(rng.integers(1, 3))
    for thing in things:
        center = np.array(PLACES[thing.place]) + rng.uniform(-1.2, 1.2, 2)
        if cell == 2:
            center = (center // 2) * 2 + 0.5  # 正好在一格的中间
        smallest = 6.4 if cell == 2 else 5.5  # 再小，格子纸上的圆形就成了方的
        paint(picture, thing.shape, COLORS[thing.color], center, rng.uniform(smallest, 7.2), cell)
    return np.clip(picture + rng.normal(0, 0.03, picture.shape), 0, 1).astype(np.float32)


# ---- 画什么 ----


def hidden_corner(shape: str, color: str) -> str:
    """训练时，这种形状与颜色从来不去的那个角。"""
    return list(CORNERS)[(SHAPES.index(shape) + list(COLORS).index(color)) % len(CORNERS)]


def things(rng: np.random.Generator, split: str = "train", layouts=TRAINED) -> tuple[Thing, ...]:
    """随机的一张图里有什么；split 是 train、place 或 pair。"""
    known, layout = sorted(UNSEEN) if split == "pair" else SEEN, pick(rng, layouts)
    while True:
        found = _anything(rng, layout, known)
        hidden = [thing.place == hidden_corner(thing.shape, thing.color) for thing in found]
        if split == "place":  # 几个一样的图形，有一个在没去过的角就行；两个不同的，都要在
            fits = any(hidden) if same(found) else all(hidden)
        else:
            fits = split == "pair" or not any(hidden)
        if fits:
            return found


def _anything(rng: np.random.Generator, layout: str, known: list[tuple[str, str]]) -> tuple[Thing, ...]:
    kind = pick(rng, known)
    if layout == "one":
        return (Thing(*kind, pick(rng, list(PLACES))),)
    count = int(rng.integers(2, 4)) if layout == "same" else 2
    places = [list(CORNERS)[i] for i in sorted(rng.permutation(4)[:count])]  # 先上后下，先左后右
    kinds = [kind] * count
    if layout == "two":
        kinds[1] = pick(rng, [other for other in known if other[0] != kind[0] and other[1] != kind[1]])
    return tuple(Thing(*kind, place) for kind, place in zip(kinds, places))


def same(things) -> bool:
    """图里只有一样东西（一个或几个）。"""
    return len({thing.shape for thing in things}) == 1


# ---- 问与答 ----


def describe(things) -> str:
    """一句描述。"""
    if len(things) > 1 and same(things):
        return f"有{NUMBERS[len(things) - 1]}个{things[0].color}的{things[0].shape}。"
    return "，".join(map(str, things)) + "。"


def ask(things, kind: str, rng: np.random.Generator) -> tuple[str, str]:
    """（问题，正确的回答）。图里有两个不同的图形时，问的是其中一个。"""
    thing, alone = pick(rng, things), same(things)
    by_shape, by_color = ("它", "它") if alone else (thing.shape, f"{thing.color}的")
    there = {(other.shape, other.color) for other in things}
    if kind == "描述":
        return "图里有什么？", describe(things)
    if kind == "形状":
        return f"{by_color}是什么形状？", f"{thing.shape}。"
    if kind == "颜色":
        return f"{by_shape}是什么颜色？", f"{thing.color}。"
    if kind == "位置":
        return f"{by_shape}在哪里？", f"在{thing.place}。"
    if kind == "个数":
        return "图里有几个图形？", f"{NUMBERS[len(things) - 1]}个。"
    if rng.integers(2):
        return f"有没有{thing.color}的{thing.shape}？", "有。"
    color = pick(rng, [color for color in COLORS if (thing.shape, color) not in there])
    return f"有没有{color}的{thing.shape}？", "没有。"


def kinds_for(things) -> list[str]:
    """这张图能问哪几类：几个一样的图形没有唯一的位置。"""
    several = len(things) > 1 and same(things)
    return [kind for kind in KINDS if not (several and kind == "位置")]


def sample(
    rng: np.random.Generator, split: str = "train", kind: str | None = None, layouts=TRAINED
) -> Asked:
    """随机的一张图与一个问题；kind 指定哪一类问题。"""
    while True:
        found = things(rng, split, layouts)
        chosen = kind or pick(rng, kinds_for(found))
        if chosen in kinds_for(found):
            return Asked(draw(found, rng), chosen, *ask(found, chosen, rng), found)


def examination(count: int, split: str = "place", seed: int = 0) -> list[Asked]:
    """考卷：每一类问题 count 道。split 是 train 时，组合见过，图是新画的（种子与训练的不同）。"""
    rng = np.random.default_rng([seed, 2**31])
    return [sample(rng, split, kind, LAYOUTS) for kind in KINDS for _ in range(count)]
