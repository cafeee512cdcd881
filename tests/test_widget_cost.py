"""花费计算器：参数与真的模型一致，每个控件都有用。"""

import matplotlib
import pytest

matplotlib.use("Agg")
from tinygpt import GPT, GPTConfig
from tinygpt.course import plots
from tinygpt.course.widgets import cost
from tinygpt.course.widgets.cost import SIZES, cost_calculator, duration, parameter_parts, training_flops


@pytest.mark.parametrize("shape", [(1, 64, 300, 16), (2, 256, 4096, 256), (5, 96, 1000, 40)])
def test_parts_are_those_of_a_real_model(shape):
    n_layer, n_embd, vocab_size, context_length = shape
    config = GPTConfig(n_layer=n_layer, n_head=2, n_embd=n_embd, vocab_size=vocab_size,
                       context_length=context_length)
    real = GPT(config).parameter_count()
    parts = parameter_parts(*shape)
    assert {name: real[name] for name in parts} == parts and sum(parts.values()) == real["合计"]


def test_the_published_sizes():
    assert sum(parameter_parts(12, 768, 50257, 1024).values()) == 124_439_808  # GPT-2 small
    assert sum(parameter_parts(96, 12288, 50257, 2048).values()) == pytest.approx(175e9, rel=0.01)  # GPT-3
    assert training_flops(175e9, 300e9) == pytest.approx(3.15e23)


@pytest.mark.parametrize("seconds, text", [
    (12, "12 秒"), (90, "1.5 分钟"), (7200, "2 小时"), (86400 * 3, "3 天"), (86400 * 365 * 1000, "1,000 年"),
    (3.15e12, "9.99 万年"), (86400 * 365 * 3e8, "3 亿年"),
])
def test_durations_can_be_read(seconds, text):
    assert duration(seconds) == text


def test_every_control_changes_the_picture():
    plots.use_style()
    board = cost_calculator()
    values = {"n_layer": 12, "n_embd": 768, "vocab_size": 50257, "context_length": 1024,
              "tokens": 9.0, "speed": 4e14}
    for name, value in values.items():
        before = bytes(board.image.value)
        board.controls[name].value = value
        assert bytes(board.image.value) != before, name


def test_a_button_sets_the_size_and_the_tokens_of_a_known_model():
    board = cost_calculator()
    for button, (name, sizes) in zip(board.buttons, SIZES.items(), strict=True):
        button.click()
        assert button.description == name
        assert [board.controls[key].value for key in list(board.controls)[:5]] == [*sizes, cost.TOKENS[name]]
    parameters = sum(parameter_parts(*SIZES["GPT-3"]).values())
    years = training_flops(parameters, 10 ** cost.TOKENS["GPT-3"]) / 1e11 / (365 * 86400)
    assert 9e4 < years < 1.2e5  # 按一下 GPT-3，看到的就是课文里的十万年上下


def test_a_button_draws_once_and_the_controls_still_draw_afterwards():
    board, drawn = cost_calculator(), []
    draw = board.draw
    board.draw = lambda **values: drawn.append(values) or draw(**values)
    board.buttons[-1].click()
    assert [values["n_embd"] for values in drawn] == [SIZES["GPT-3"][1]]
    assert drawn[0]["tokens"] == cost.TOKENS["GPT-3"]
    board.controls["n_layer"].value = 3
    assert len(drawn) == 2 and drawn[1]["n_layer"] == 3
