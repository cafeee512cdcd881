"""采样的游乐场：每个控件都有用，画的就是 next_token_distribution。"""

import matplotlib
import pytest
import torch

matplotlib.use("Agg")
from tinygpt import Sampling, load
from tinygpt.course import plots
from tinygpt.course.widgets.sampling import (
    SENTENCES,
    SHOWN,
    draw_board,
    draw_distribution,
    last_logits,
    sampling_playground,
    sentences,
)
from tinygpt.sampling import next_token_distribution

PROMPTS = ["机器学习是", "春天来了，春天"]


@pytest.fixture(scope="module")
def mini():
    plots.use_style()
    return load("mini")


@pytest.mark.parametrize("name, value", [
    ("prompt", PROMPTS[1]), ("temperature", 0.3), ("top_k", 3), ("top_p", 0.5), ("repetition_penalty", 2.0),
])
def test_every_control_changes_the_picture(mini, name, value):
    board = sampling_playground(*mini, PROMPTS)
    board.controls["prompt"].value = PROMPTS[1] if name == "repetition_penalty" else PROMPTS[0]
    if name == "repetition_penalty":
        board.controls["temperature"].value = 3.0
    before = bytes(board.image.value)
    board.controls[name].value = value
    assert bytes(board.image.value) != before and board.message.value == ""


def test_it_starts_at_the_temperature_asked_for(mini):
    usual, low = sampling_playground(*mini, PROMPTS), sampling_playground(*mini, PROMPTS, temperature=0.5)
    assert low.controls["temperature"].value == 0.5 and bytes(low.image.value) != bytes(usual.image.value)


def test_the_bars_are_the_distribution(mini):
    model, tokenizer = mini
    logits, seen = last_logits(model, tokenizer, PROMPTS[0])
    assert torch.equal(logits, model(torch.tensor([tokenizer.encode(PROMPTS[0])]))[:, -1].detach())
    sampling = Sampling(temperature=0.5, top_k=4, top_p=0.9)
    figure = draw_distribution(tokenizer, logits, seen, sampling)
    expected = next_token_distribution(logits, sampling, seen)[0][logits[0].topk(SHOWN).indices]
    widths = [bar.get_width() for bar in figure.axes[0].containers[1]]
    assert widths == pytest.approx(expected.tolist()) and sum(w > 0 for w in widths) <= 4


def test_any_prompt_may_be_typed_and_an_empty_one_is_explained(mini):
    board = sampling_playground(*mini, PROMPTS)
    before = bytes(board.image.value)
    board.controls["prompt"].value = "太阳"
    after = bytes(board.image.value)
    assert after != before and board.message.value == ""
    board.controls["prompt"].value = ""
    assert bytes(board.image.value) == after and "提示是空的" in board.message.value


def test_the_sentences_follow_the_controls(mini):
    greedy = sentences(*mini, PROMPTS[0], Sampling(top_k=1))
    assert len(greedy) == SENTENCES and len(set(greedy)) == 1, "只剩一个可抽，三遍就一样"
    assert all(text.startswith(PROMPTS[0]) and text.endswith(("。", "……")) for text in greedy)
    assert len(set(sentences(*mini, PROMPTS[0], Sampling(temperature=2.0)))) == SENTENCES
    shown = draw_board(*mini, PROMPTS[0], Sampling(top_k=1)).get_supxlabel()
    assert shown.count(greedy[0][:10]) == SENTENCES
