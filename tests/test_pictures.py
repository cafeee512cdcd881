"""画出来的图：画的与说的一致（由像素另算一遍）；没见过的搭配从来不进训练；同一个种子同一张图。"""

import numpy as np
import pytest

from tinygpt.corpus import handmade, pictures
from tinygpt.corpus.pictures import (
    COLORS,
    CORNERS,
    KINDS,
    NUMBERS,
    PLACES,
    SHAPES,
    UNSEEN,
    Thing,
    hidden_corner,
)


def ink(picture) -> np.ndarray:
    """哪些像素有颜色（不是白的，噪声不算）。"""
    return picture.min(axis=0) < 0.75


def color_at(picture, where) -> str:
    """where 里的像素，平均下来最像哪种颜色。"""
    mean = picture[:, where].mean(axis=1)
    return min(COLORS, key=lambda name: np.square(mean - np.array(COLORS[name])).sum())


def quarter(place: str) -> np.ndarray:
    """四角之一占的那四分之一。"""
    row, column = CORNERS[place]
    found = np.zeros((pictures.SIZE, pictures.SIZE), dtype=bool)
    found[row - 8 : row + 8, column - 8 : column + 8] = True
    return found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_thing_is_drawn_where_it_says_in_its_color(shape, place):
    rng = np.random.default_rng(0)
    for color in COLORS:
        picture = pictures.draw((Thing(shape, color, place),), rng)
        where = ink(picture)
        rows, columns = np.nonzero(where)
        assert abs(rows.mean() - PLACES[place][0]) < 3.5 and abs(columns.mean() - PLACES[place][1]) < 3.5
        assert color_at(picture, where) == color
        assert picture.shape == (3, 32, 32) and picture.dtype == np.float32
        assert picture.min() >= 0 and picture.max() <= 1


@pytest.mark.parametrize("cell", [1, 2])
def test_no_two_shapes_look_the_same(cell):
    """大小、位置怎样变，圆形也不会画成正方形。"""
    looks = {}
    for shape in SHAPES:
        for radius in np.linspace(6.4 if cell == 2 else 5.5, 7.2, 12):
            picture = pictures.blank()
            pictures.paint(picture, shape, COLORS["黑色"], (16.5, 16.5), radius, cell)
            looks.setdefault(ink(picture).tobytes(), set()).add(shape)
    assert all(len(shapes) == 1 for shapes in looks.values()) and len(looks) >= 4


def test_a_cell_is_two_by_two_pixels():
    picture = pictures.blank()
    pictures.paint(picture, "圆形", COLORS["红色"], (12.5, 20.5), 6.5, cell=2)
    assert (picture[:, ::2, ::2] == picture[:, 1::2, 1::2]).all() and ink(picture).any()


def test_unseen_pairs_never_enter_the_training():
    rng = np.random.default_rng(1)
    drawn = [thing for _ in range(3000) for thing in pictures.things(rng)]
    pairs = {(thing.shape, thing.color) for thing in drawn}
    assert pairs == {(shape, color) for shape in SHAPES for color in COLORS} - UNSEEN
    assert {shape for shape, _ in UNSEEN} == set(SHAPES)  # 每种形状留一种颜色
    assert len({color for _, color in UNSEEN}) == len(UNSEEN)  # 各不相同


def test_every_corner_is_trained_but_never_the_hidden_one():
    rng = np.random.default_rng(2)
    drawn = {thing for _ in range(6000) for thing in pictures.things(rng)}
    everything = {Thing(shape, color, place) for shape, color in pictures.SEEN for place in PLACES}
    assert drawn == {thing for thing in everything if thing.place != hidden_corner(thing.shape, thing.color)}
    assert {hidden_corner(*pair) for pair in pictures.SEEN} == set(CORNERS)


def test_the_examinations_draw_what_they_promise():
    for asked in pictures.examination(20, "pair"):
        assert {(thing.shape, thing.color) for thing in asked.things} <= UNSEEN
    for asked in pictures.examination(20, "place"):
        assert not {(thing.shape, thing.color) for thing in asked.things} & UNSEEN
        hidden = {t.shape: False for t in asked.things}
        for thing in asked.things:
            hidden[thing.shape] |= thing.place == hidden_corner(thing.shape, thing.color)
        assert all(hidden.values())  # 每一样东西，都有一个在没去过的角
    exam = pictures.examination(20, "train")
    assert [asked.kind for asked in exam] == [kind for kind in KINDS for _ in range(20)]


@pytest.mark.parametrize("split", ["train", "place", "pair"])
def test_the_answers_are_true(split):
    """由像素把答案另算一遍：有几个、什么颜色、在哪里。"""
    for asked in pictures.examination(25, split):
        found = {place: ink(asked.picture) & quarter(place) for place in CORNERS}
        things, picture = asked.things, asked.picture
        if things[0].place == "中间":
            continue
        full = [place for place in CORNERS if found[place].sum() > 25]
        assert full == [thing.place for thing in things]
        colors = {place: color_at(picture, found[place]) for place in full}
        assert colors == {thing.place: thing.color for thing in things}
        if asked.kind == "个数":
            assert asked.answer == NUMBERS[len(full) - 1] + "个。"
        if asked.kind == "颜色":
            assert asked.answer[:-1] in colors.values()
        if asked.kind == "位置":
            assert asked.answer[1:-1] in full
        if asked.kind == "描述" and len(things) == 1:
            assert asked.answer == f"{full[0]}有一个{colors[full[0]]}的{things[0].shape}。"


def test_yes_and_no_are_both_asked_and_both_true():
    said = {"有。": 0, "没有。": 0}
    for asked in [a for a in pictures.examination(60) if a.kind == "有没有"]:
        pair = asked.question.removeprefix("有没有").removesuffix("？")
        there = pair in {f"{thing.color}的{thing.shape}" for thing in asked.things}
        assert asked.answer == ("有。" if there else "没有。")
        said[asked.answer] += 1
    assert min(said.values()) > 15


def test_two_things_are_asked_by_name():
    rng = np.random.default_rng(3)
    two = (Thing("圆形", "红色", "左上角"), Thing("十字形", "黑色", "右下角"))
    asked = {pictures.ask(two, kind, rng) for kind in ("形状", "颜色", "位置") for _ in range(20)}
    assert asked == {
        ("红色的是什么形状？", "圆形。"), ("黑色的是什么形状？", "十字形。"),
        ("圆形是什么颜色？", "红色。"), ("十字形是什么颜色？", "黑色。"),
        ("圆形在哪里？", "在左上角。"), ("十字形在哪里？", "在右下角。"),
    }  # fmt: skip
    assert pictures.describe(two) == "左上角有一个红色的圆形，右下角有一个黑色的十字形。"
    same = (Thing("圆形", "红色", "左上角"), Thing("圆形", "红色", "右下角"))
    assert pictures.describe(same) == "有两个红色的圆形。" and "位置" not in pictures.kinds_for(same)


def test_the_same_seed_gives_the_same_pictures():
    a, b = (pictures.examination(2, seed=5) for _ in range(2))
    assert all((x.picture == y.picture).all() and x.answer == y.answer for x, y in zip(a, b))
    other = pictures.examination(2, seed=6)
    assert any((x.picture != y.picture).any() for x, y in zip(a, other))


# ---- 格子纸上涂的 ----


@pytest.mark.parametrize("shape", SHAPES)
def test_handmade_shapes(shape):
    drawings = handmade.SHAPES[shape]
    assert len(set(drawings)) == handmade.HOLLOW + 1
    for drawing in drawings:
        assert len({len(row) for row in drawing.split("|")}) == 1
        picture = pictures.blank()
        handmade.stamp(picture, drawing, COLORS["黑色"], (16, 16))
        assert ink(picture).sum() == 4 * drawing.count("#")
        rows, columns = np.nonzero(ink(picture))
        assert abs((rows.min() + rows.max()) / 2 - 15.5) <= 1.5
        assert abs((columns.min() + columns.max()) / 2 - 15.5) <= 1.5


def test_what_is_off_the_paper_is_not_drawn():
    picture = pictures.blank()
    handmade.stamp(picture, "####|####|####|####", COLORS["红色"], (0, 32))
    assert ink(picture)[:4, -4:].all() and ink(picture).sum() == 16


def test_the_handmade_examination_is_true():
    exam = handmade.examination(10)
    assert [asked.kind for asked in exam] == [kind for kind in KINDS for _ in range(10)]
    for asked in exam:
        for thing in asked.things:
            if thing.place != "中间":
                where = ink(asked.picture) & quarter(thing.place)
                assert color_at(asked.picture, where) == thing.color
    again = handmade.examination(10)
    assert all((a.picture == b.picture).all() for a, b in zip(exam, again))
    hollow = handmade.examination(10, styles=[handmade.HOLLOW])
    assert any((a.picture != b.picture).any() for a, b in zip(exam, hollow))
