"""控件：一变就重画；有静态替身；出错看得见。"""

import base64

import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("Agg")
from tinygpt.course import plots
from tinygpt.course.widgets import LiveCurve, Playground, choice, slider


@pytest.fixture
def playground():
    plots.use_style()

    def draw(power, color):
        figure, ax = plt.subplots(figsize=(2, 2))
        ax.plot([x**power for x in range(5)], color=color)
        if power == 3:
            raise ValueError("三次方不行")
        return figure

    controls = {"power": slider("几次方", 1, 0, 4), "color": choice("颜色", {"蓝": "C0", "橙": "C1"})}
    return Playground(draw, controls, "乘方的图")


def test_every_control_changes_the_picture_and_back(playground):
    before = playground.image.value
    for name, other in (("power", 2), ("color", "C1")):
        control = playground.controls[name]
        original, control.value = control.value, other
        assert playground.image.value != before
        control.value = original
        assert playground.image.value == before


def test_the_stored_output_has_a_picture_and_words(playground):
    bundle = playground._repr_mimebundle_()
    assert bundle["text/plain"] == "乘方的图"
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_live_picture_has_words_too(playground):
    """浏览器里 ipywidgets 写 tooltip 以前要看 description 的长度；没有它，整张图画不出来。"""
    state = playground.image.get_state()
    assert state["tooltip"] == "乘方的图" and state["description"] == ""


def test_an_error_is_shown_and_the_last_picture_kept(playground):
    before = playground.image.value
    playground.controls["power"].value = 3
    assert "三次方不行" in playground.message.value and playground.image.value == before
    playground.controls["power"].value = 2
    assert playground.message.value == "" and playground.image.value != before


def test_glyphs_are_checked_at_the_first_drawing_only(monkeypatch):
    checked = []
    monkeypatch.setattr(plots, "missing_glyphs", lambda figure: checked.append(figure) or "")
    board = Playground(lambda n: plots.lines([1, 2], {"a": [n, 2]}).figure, {"n": slider("n", 1, 0, 4)}, "线")
    assert len(checked) == 1 and board.controls["n"].continuous_update  # 拖动时就重画
    before, board.controls["n"].value = board.image.value, 3
    assert len(checked) == 1 and board.image.value != before
    plots.lines([1, 2], {"a": [1, 2]})  # 别的图照样查
    assert len(checked) == 2


def test_figures_are_closed(playground):
    count = len(plt.get_fignums())
    playground.controls["power"].value = 2
    assert len(plt.get_fignums()) == count


def test_whole_numbers_give_an_integer_slider():
    assert isinstance(slider("n", 1, 0, 4).value, int) and isinstance(slider("t", 1, 0, 2, 0.1).value, float)


def test_a_live_curve_changes_with_every_update():
    plots.use_style()
    count = len(plt.get_fignums())
    curve = LiveCurve(3, 4.0, "曲线")
    pictures = [bytes(curve.image.value)]
    for n in (2, 3):
        curve.update([3.0 - i for i in range(n)])
        pictures.append(bytes(curve.image.value))
    assert len(set(pictures)) == 3 and len(plt.get_fignums()) == count
    assert curve._repr_mimebundle_()["text/plain"] == "曲线"
