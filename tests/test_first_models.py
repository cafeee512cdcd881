"""第 01 课用的：谁的 embedding 离得近，两种求导的差别，源码有几行，几张小图。"""

import math

import matplotlib
import pytest
import torch

matplotlib.use("Agg")
from tinygpt.course import diagrams, first_models, plots, small_plots
from tinygpt.course.autograd import Variable

pytestmark = pytest.mark.usefixtures("quiet_style")


def test_the_nearest_are_the_others_with_the_largest_cosine():
    class Letters:
        encode = staticmethod(lambda word: ["甲乙丙丁".index(word)])
        decode = staticmethod(lambda ids: "甲乙丙丁"[ids[0]])

    table = torch.tensor([[1.0, 0.0], [10.0, 1.0], [0.0, 1.0], [-1.0, 0.0]])
    found = first_models.nearest(table, Letters, "甲", count=2)
    assert list(found) == ["乙", "丙"] and found["丙"] == 0
    assert found["乙"] == pytest.approx(10 / math.sqrt(101))


def test_two_ways_of_gradients_are_compared_and_a_wrong_loss_is_seen():
    ids = torch.tensor([0, 1, 2, 1, 0, 2])
    table = Variable(torch.randn(3, 3, generator=torch.Generator().manual_seed(0)))
    right = lambda t: -t.rows(ids[:-1]).log_softmax().pick(ids[1:]).mean()
    largest, apart = first_models.against_torch(right, table, ids)
    assert apart < 1e-6 < 0.01 < largest
    assert first_models.against_torch(lambda t: right(t) * 2.0, table, ids)[1] > 0.01


def test_lines_of_a_source_are_counted_without_the_empty_ones():
    def three():
        x = 1

        return x

    assert first_models.lines_of(three) == 3


def test_the_small_pictures_show_what_they_were_given():
    ax = small_plots.level(plots.lines([1, 2], {"甲": [3, 4]}), 3.5, "瞎猜")
    assert list(ax.lines[-1].get_ydata()) == [3.5, 3.5] and ax.texts[-1].get_text() == "瞎猜"
    ax = small_plots.level(plots.lines([1, 2], {"甲": [3, 4]}), 3.5, "瞎猜", outside=True)
    assert ax.texts[-1].get_window_extent().x0 >= ax.get_window_extent().x1, "字写在图框外面"
    ax = small_plots.strips(torch.eye(3), ["一", "二", "三"], title="题目")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["一", "二", "三"]
    ax = small_plots.dots({"小": 10.0, "大": 2e6}, title="题目")
    assert list(ax.lines[0].get_xdata()) == [10.0, 2e6]
    assert [text.get_text() for text in ax.texts] == ["10", "2,000,000"]
    assert any("tanh" in text.get_text() for text in diagrams.three_letters().axes[0].texts)
