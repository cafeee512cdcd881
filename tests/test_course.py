"""教学层：字体与图。"""

import subprocess
import sys

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tinygpt.course import fonts, plots

LABELS = (
    "训练损失 − 验证损失，√d_k = 8 × 8；（查询）“键”→值 ≤ ∞ αβθσ ² ᵀ ₖ "
    "生成文本：机器学习是、困惑度 100 %"
)


pytestmark = pytest.mark.usefixtures("quiet_style")


def test_every_glyph_of_the_sample_labels_is_present():
    figure, ax = plt.subplots()
    ax.set(title=LABELS, xlabel="每个头的维数 $d_k$", ylabel=r"$\sqrt{d_k}$、$\mathrm{softmax}(QK^\top)$")
    ax.plot([-1, 0, 1], [-1e-4, 0, 1e-4], label="带缩放")
    ax.legend()
    assert fonts.missing_glyphs(figure) == ""


@pytest.mark.parametrize("title, missing", [
    ("好\U0001f9ff", "\U0001f9ff"),
    ("好\U0001f9ff $d_k$", "\U0001f9ff"),
    ("ₖ", ""),
    ("ₖ $d_k$", "ₖ"),
])
def test_a_missing_glyph_is_named(title, missing):
    """下标 ₖ 只在 DejaVu Sans 里有：一行里有公式时，matplotlib 不会去那里找。"""
    figure, ax = plt.subplots()
    ax.set_title(title)
    assert fonts.missing_glyphs(figure) == fonts.missing_glyphs(figure) == missing


def test_finish_refuses_a_figure_with_a_missing_glyph():
    _, ax = plt.subplots()
    ax.set_title("\U0001f9ff")
    with pytest.raises(AssertionError, match="没有字形"):
        plots.finish(ax)


def test_without_the_chinese_font_chinese_is_missing():
    matplotlib.rcParams["font.family"] = ["DejaVu Sans"]
    figure, ax = plt.subplots()
    ax.set_title("机器学习")
    assert fonts.missing_glyphs(figure) == "".join(sorted("机器学习"))


def test_the_answer_agrees_with_what_matplotlib_itself_reports():
    figure, ax = plt.subplots()
    ax.set_title("甲\ue0f0乙\ue0f1")
    with pytest.warns(UserWarning, match="Glyph") as caught:
        figure.canvas.draw()
    named = {chr(int(str(warning.message).split()[1])) for warning in caught}
    assert "".join(sorted(named)) == fonts.missing_glyphs(figure) == "\ue0f0\ue0f1"


def test_chinese_font_comes_first_and_dejavu_second():
    assert matplotlib.rcParams["font.family"] == [fonts.chinese_font(), "DejaVu Sans"]


def test_importing_changes_no_setting_and_never_imports_zhplot():
    code = (
        "import matplotlib, sys; before = dict(matplotlib.rcParams)\n"
        "from tinygpt.course import fonts, plots\n"
        "assert dict(matplotlib.rcParams) == before\n"
        "plots.use_style(); assert 'zhplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_heatmap_writes_every_number_and_leaves_hidden_cells_grey():
    matrix = np.array([[0.25, np.nan, -np.inf], [1.0, -2.0, 3.5]])
    ax = plots.heatmap(matrix, rows=["我", "爱"], columns=["我", "爱", "你"], title="注意力权重", digits=1)
    assert [text.get_text() for text in ax.texts] == ["0.2", "", "−∞", "1.0", "−2.0", "3.5"]
    assert ax.images[0].get_array().mask.tolist() == [[False, True, True], [False, False, False]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["我", "爱"]


def test_heatmap_colours_are_symmetric_only_with_negative_values():
    assert plots.heatmap([[0.0, 2.0]]).images[0].get_clim() == (0.0, 2.0)
    assert plots.heatmap([[-1.0, 2.0]]).images[0].get_clim() == (-2.0, 2.0)
    assert plots.heatmap([[-np.inf, -np.inf]]).images[0].get_clim()[1] > 0


def test_lines_draw_the_data_with_band_and_log_axes():
    x = [4, 16, 64]
    series, band = {"缩放": [1, 2, 3], "不缩放": [3, 2, 1]}, {"缩放": ([0, 1, 2], [2, 3, 4])}
    ax = plots.lines(x, series, band=band, log="x")
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 2, 3], [3, 2, 1]]
    assert len(ax.collections) == 1 and ax.get_xscale() == "log"
    assert len({line.get_linestyle() for line in ax.lines}) == 2, "只靠颜色区分"


def test_bars_side_by_side():
    ax = plots.bars(["一", "二"], {"前": [1.0, 2.0], "后": [3.0, 4.0]})
    assert [patch.get_height() for patch in ax.patches] == [1.0, 2.0, 3.0, 4.0]
    assert [text.get_text() for text in ax.texts] == ["1.00", "2.00", "3.00", "4.00"]
    assert len(plots.bars(["一"], [5]).patches) == 1


# ---- 文字的表 ----


@pytest.mark.parametrize(
    "text, width, lines",
    [
        ("一二三四五", 2, ["一二", "三四", "五"]),
        ("red hat here", 5, ["red hat", "here"]),
        ("def f(x):\n    return x", 20, ["def f(x):", "    return x"]),
        ("", 5, [""]),
        ("unbelievably", 3, ["unbelievably"]),
        ("他说：“好，我去。”", 4, ["他说：", "“好，我", "去。”"]),
        ("写到这里了。", 5, ["写到这里", "了。"]),
    ],
)
def test_wrapping_keeps_words_and_loses_nothing_but_the_space_it_breaks_at(text, width, lines):
    assert plots.wrapped(text, width) == lines


def test_a_table_of_text_shows_every_cell():
    ax = plots.text_table(("问", "答"), [("1 + 1 = ?", "2 $"), ("猫", "cat")], (6, 6))
    shown = [text.get_text() for text in ax.texts]
    assert shown == ["问", "答", "1 + 1 = ?", r"2 \$", "猫", "cat"]
    assert ax.get_ylim()[0] > 3 and ax.get_xlim() == (0, 16)
