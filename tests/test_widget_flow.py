"""隐状态的流动：每一站都与模型自己算的相同；控件一变图就变；边上的输入说得清楚。"""

import math

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")
from tinygpt.course.widgets.flow import hidden_state_flow, hidden_states, tile
from tinygpt.errors import InputError

NAMES = ["h_0", "第 1 层注意力之后", "h_1", "第 2 层注意力之后", "h_2", "最后的归一化"]


pytestmark = pytest.mark.usefixtures("quiet_style")


def block_outputs(model, ids):
    """每一层的输入与输出，用钩子从 model.forward 里取。"""
    seen = []
    keep = lambda module, inputs, output: seen.extend([inputs[0][0], output[0]])
    hooks = [block.register_forward_hook(keep) for block in model.transformer.blocks]
    with torch.inference_mode():
        logits = model(torch.tensor([ids]))[0]
    for hook in hooks:
        hook.remove()
    return seen, logits


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_every_stage_is_what_the_model_computes(make_model, norm):
    model = make_model(std=0.4, norm=norm, bias=norm == "pre", tied_head=norm == "post").eval()
    ids = [9, 20, 30, 7]
    flow = hidden_states(model, ids)
    seen, logits = block_outputs(model, ids)
    assert flow.names == (NAMES if norm == "pre" else NAMES[:-1])
    for number, expected in zip([0, 2, 2, 4], seen):
        torch.testing.assert_close(flow.states[number], expected)
    torch.testing.assert_close(flow.probabilities[-1], logits.softmax(dim=-1))
    if norm == "pre":  # 前馈网络之后就是 h_l，所以前一半加上前馈网络等于它
        middle, block = flow.states[1], model.transformer.blocks[0]
        after = middle + block.feed_forward(block.feed_forward_norm(middle))
        torch.testing.assert_close(after, flow.states[2])
        torch.testing.assert_close(model.transformer.norm(flow.states[-2]), flow.states[-1])
        torch.testing.assert_close(flow.probabilities[-2], flow.probabilities[-1])


def test_probabilities_are_distributions_and_the_past_is_not_touched_by_the_future(model):
    short, long = hidden_states(model, [9, 20]), hidden_states(model, [9, 20, 31])
    torch.testing.assert_close(long.probabilities.sum(dim=-1), torch.ones(6, 3))
    torch.testing.assert_close(long.states[:, :2], short.states)


def test_dropout_is_off_and_the_training_state_kept(make_model):
    model = make_model(std=0.4).train()
    assert torch.equal(hidden_states(model, [9, 10]).states, hidden_states(model, [9, 10]).states)
    assert model.training and model.transformer.blocks[0].training


@pytest.fixture
def known(make_model, tokenizer):
    return make_model(std=0.4, vocab_size=tokenizer.vocab_size).eval(), tokenizer


def test_every_control_changes_the_picture_and_back(known):
    playground = hidden_state_flow(*known, "机器学习是人工智能")
    before = playground.image.value
    for name, other in (("position", 0), ("show", "change"), ("top", 3)):
        control = playground.controls[name]
        original, control.value = control.value, other
        assert playground.image.value != before and playground.message.value == ""
        control.value = original
        assert playground.image.value == before


def test_a_text_of_ones_own(known):
    playground = hidden_state_flow(*known, "机器学习是人工智能")
    position, before = playground.controls["position"], playground.image.value
    playground.controls["text"].value = "小猫"
    assert position.value == position.max == len(known[1].encode("小猫")) - 1
    assert playground.image.value != before and playground.message.value == ""
    shorter = playground.image.value
    playground.controls["text"].value = ""
    assert "0 个 token" in playground.message.value and playground.image.value == shorter
    assert "text" not in hidden_state_flow(*known, [300, 301, 7]).controls


def test_ids_are_accepted_and_counted(known):
    assert "6 站，每站 16 个数，3 个 token" in hidden_state_flow(*known, [300, 301, 7]).note


def test_deep_models_are_drawn_in_several_bands(make_model, tokenizer):
    model = make_model(std=0.4, vocab_size=tokenizer.vocab_size, n_layer=4).eval()
    playground = hidden_state_flow(model, tokenizer, "小猫")
    assert "10 站" in playground.note
    playground.controls["show"].value = "change"
    assert playground.message.value == ""


def test_one_token_and_odd_signs(known):
    playground = hidden_state_flow(*known, "$")
    assert playground.controls["position"].value == playground.controls["position"].max == 0
    hidden_state_flow(*known, "好\U0001f9ff")


@pytest.mark.parametrize("text, found", [
    ("", "0 个 token"), ([9] * 17, "17 个 token"), ([5000], "5000"), ([-1], "-1"),
])
def test_wrong_prompts_are_refused(known, text, found):
    with pytest.raises(InputError, match=found):
        hidden_state_flow(*known, text)


@pytest.mark.parametrize("size", [1, 16, 17, 64, 256])
def test_a_tile_holds_every_number_in_order(size):
    cells = tile(torch.arange(size, dtype=torch.float32))
    assert cells.shape[1] == math.ceil(math.sqrt(size)) and cells.size < size + cells.shape[1]
    assert np.array_equal(cells.ravel()[:size], np.arange(size)) and np.isnan(cells.ravel()[size:]).all()
