"""花费计算器：公式与真的模型相同，每个控件都有用。"""

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch

matplotlib.use("Agg")
from tinygpt import GPT, GPTConfig, preset
from tinygpt.course import plots
from tinygpt.course.widgets.cost import (
    DEVICES,
    TOKENS,
    cost_calculator,
    draw_cost,
    duration,
    parameter_parts,
    readable,
    training_flops,
    training_memory,
)

CONFIGS = [
    preset("mini"),
    preset("tiny"),
    preset("small"),
    preset("gpt2"),
    GPTConfig(vocab_size=50, context_length=9, n_layer=3, n_head=1, n_embd=10, bias=False),
    GPTConfig(vocab_size=50, context_length=9, n_layer=1, n_head=2, n_embd=12, norm="post"),
    GPTConfig(vocab_size=50, context_length=9, n_layer=2, n_head=2, n_embd=12, tied_head=False),
    GPTConfig(vocab_size=50, context_length=9, n_layer=2, n_head=2, n_embd=12, norm="post", bias=False, tied_head=False),
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_the_formula_is_the_real_count(config):
    with torch.device("meta"):
        model = GPT(config)
    assert parameter_parts(config) == model.parameter_count()


def test_six_flops_and_sixteen_bytes_for_a_parameter():
    assert training_flops(175e9, 300e9) == pytest.approx(3.15e23)
    assert training_memory(1.5e9) == pytest.approx(24e9)


@pytest.mark.parametrize("number, text", [(64, "64"), (0.5, "0.5"), (3.3e6, "330 万"), (1.75e11, "1750 亿"), (2.5e12, "2.5 万亿")])
def test_large_numbers_are_readable(number, text):
    assert readable(number) == text


@pytest.mark.parametrize("seconds, text", [(0.2, "不到 1 秒"), (30, "30 秒"), (7200, "2 小时"), (86_400 * 3, "3 天"), (31_557_600 * 2e5, "20 万 年")])
def test_durations_take_the_best_unit(seconds, text):
    assert duration(seconds) == text


@pytest.fixture
def board():
    plots.use_style()
    return cost_calculator()


@pytest.mark.parametrize(
    "name, value",
    [("n_layer", 24), ("n_embd", 1024), ("context_length", 1024), ("vocab_size", 50257), ("tokens", TOKENS["3000 亿"]), ("device", "1 块计算卡")],
)
def test_every_control_changes_the_picture_and_back(board, name, value):
    before, control = bytes(board.image.value), board.controls[name]
    original, control.value = control.value, value
    assert bytes(board.image.value) != before and board.message.value == ""
    control.value = original
    assert bytes(board.image.value) == before


def test_the_bars_are_the_numbers(board):
    figure = draw_cost(**board.values)
    left, right = ([bar.get_width() for bar in ax.containers[0]] for ax in figure.axes)
    parts = parameter_parts(preset("mini"))
    assert left == [parts[name] for name in ("token embedding", "位置 embedding", "注意力", "前馈网络", "层归一化")]
    assert right == pytest.approx([6 * parts["合计"] * board.values["tokens"] / speed for speed in DEVICES.values()])
    plt.close(figure)


def test_the_smallest_and_the_largest_can_be_drawn():
    plots.use_style()
    for sizes in ((4096, 64, 1, 64, TOKENS["60 万"]), (50257, 2048, 96, 12288, TOKENS["3000 亿"])):
        for device in DEVICES:
            plt.close(draw_cost(*sizes, device))
