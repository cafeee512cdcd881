"""在格子纸上一格一格涂出来的图形，与用它们出的考题：训练时从来没有见过，也不是 pictures.py 的公式画的。

这里知道每种图形有人会怎样涂：大的、小的、瘦的、歪的、只描一圈的。一个 # 是一格，一格是 2 × 2 个像素。
"""

import numpy as np

from tinygpt.corpus import pictures
from tinygpt.corpus.pictures import Asked, pick

CELL = 2
SHAPES = {
    "圆形": (
        "..###..|.#####.|#######|#######|#######|.#####.|..###..",
        ".####.|######|######|######|######|.####.",
        ".###.|#####|#####|#####|.###.",
        "..###..|.#####.|#######|#######|.######|.#####.|...##..",
        "..###..|.#...#.|#.....#|#.....#|#.....#|.#...#.|..###..",
    ),
    "正方形": (
        "######|######|######|######|######|######",
        "#####|#####|#####|#####|#####",
        "######.|#######|#######|.######|#######|######.",
        "#######|#######|#######|#######|#######|#######",
        "######|#....#|#....#|#....#|#....#|######",
    ),
    "三角形": (
        "...#...|..###..|..###..|.#####.|.#####.|#######",
        "...#...|..###..|.#####.|#######",
        "..#..|..#..|.###.|.###.|#####|#####",
        "....#..|...##..|..####.|..####.|.######|#######",
        "...#...|..#.#..|..#.#..|.#...#.|.#...#.|#######",
    ),
    "十字形": (
        "..##..|..##..|######|######|..##..|..##..",
        "...#...|...#...|...#...|#######|...#...|...#...|...#...",
        "..#..|..#..|#####|..#..|..#..",
        "..##...|..##...|.#####.|#######|..##...|...#...",
        "..###..|..###..|#######|#######|#######|..###..|..###..",
    ),
}  # fmt: skip
HOLLOW = 4  # 每种的最后一个只描了一圈（十字形是最粗的），训练时完全没有这样的


def stamp(picture: np.ndarray, drawing: str, rgb, center) -> None:
    """把涂好的图形印在图上（就地改），中心大约在 center（像素）；出了纸的不画。"""
    rows = drawing.split("|")
    top, left = (round(c / CELL - n / 2) for c, n in zip(center, (len(rows), len(rows[0]))))
    cells = pictures.SIZE // CELL
    for y, row in enumerate(rows, top):
        for x, mark in enumerate(row, left):
            if mark == "#" and 0 <= y < cells and 0 <= x < cells:
                square = picture[:, y * CELL : (y + 1) * CELL, x * CELL : (x + 1) * CELL]
                square[:] = np.array(rgb, dtype=np.float32)[:, None, None]


def examination(count: int, seed: int = 0, styles=range(HOLLOW)) -> list[Asked]:
    """考卷：每一类问题 count 道；搭配与位置照训练时的，画法照 styles。"""
    rng, exam = np.random.default_rng([seed, 2**31 + 1]), []
    for asked in pictures.examination(count, "train", seed=seed + 1000):
        picture = pictures.blank()
        for thing in asked.things:
            drawing = SHAPES[thing.shape][pick(rng, styles)]
            center = np.array(pictures.PLACES[thing.place]) + rng.uniform(-1.5, 1.5, 2)
            stamp(picture, drawing, pictures.COLORS[thing.color], center)
        exam.append(Asked(picture, asked.kind, asked.question, asked.answer, asked.things))
    return exam
