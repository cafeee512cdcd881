"""注意力浏览器：权重来自模型自己的零件，控件都管用，图上的字都有字形。"""

import matplotlib
import pytest
import torch

matplotlib.use("Agg")
from tinygpt.course import plots
from tinygpt.course.widgets.attention import attention_explorer, attention_maps, token_labels
from tinygpt.errors import InputError

TEXT = "机器学习是人工智能"


class Letters:
    """够用的分词器：一个字一个编号。"""

    def encode(self, text):
        return [8 + ord(c) % 30 for c in text]

    def token(self, id):
        return {8: "\n", 9: "￼", 10: "$x$", 11: " "}.get(id, f"字{id}")


@pytest.fixture(autouse=True)
def style():
    plots.use_style()


@pytest.mark.parametrize("changes", [{}, {"norm": "post"}, {"n_layer": 3, "bias": False}])
def test_maps_follow_the_models_own_path(make_model, random_ids, changes):
    model = make_model(std=0.4, **changes).eval()
    ids = random_ids(1, 9)
    maps, last = attention_maps(model, ids[0])
    assert maps.shape == (model.config.n_layer, model.config.n_head, 9, 9)
    torch.testing.assert_close(last, model.hidden(ids)[0])
    torch.testing.assert_close(model.lm_head(last), model(ids)[0])


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_weights_are_those_that_the_model_uses(make_model, random_ids, norm):
    """由权重与值重新拼出每一层注意力的输出，与模型里这一层真正给出的相同。"""
    model = make_model(std=0.4, norm=norm).eval()
    inputs, outputs = [], []
    for block in model.transformer.blocks:
        block.attention.register_forward_hook(
            lambda _, args, out: inputs.append(args[0]) or outputs.append(out)
        )
    ids = random_ids(1, 7)
    model(ids)
    maps, _ = attention_maps(model, ids[0])
    for block, weights, x, out in zip(model.transformer.blocks, maps, inputs, outputs):
        values = block.attention.to_qkv(x)[0, :, 2 * x.size(-1) :].unflatten(-1, (model.config.n_head, -1))
        heads = torch.einsum("hts,shd->thd", weights, values).flatten(1)
        torch.testing.assert_close(block.attention.to_out(heads), out[0])


def test_rows_sum_to_one_and_the_future_is_hidden(model, random_ids):
    maps, _ = attention_maps(model, random_ids(1, 6)[0])
    torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]))
    assert (maps.triu(1) == 0).all()


def test_dropout_is_off_and_the_mode_is_restored(make_model, random_ids):
    model, ids = make_model(std=0.4, dropout=0.5).train(), random_ids(1, 6)[0]
    assert torch.equal(attention_maps(model, ids)[0], attention_maps(model, ids)[0])
    assert model.training


def test_every_control_changes_the_picture_and_back(model):
    explorer = attention_explorer(model, Letters(), TEXT)
    assert set(explorer.controls) == {"text", "layer", "head", "query"}
    before = explorer.image.value
    for name, control in explorer.controls.items():
        original, control.value = control.value, 1 if name != "text" else TEXT[::-1]
        assert explorer.image.value != before, name
        control.value = original
        assert explorer.image.value == before and explorer.message.value == ""


def test_a_text_of_ones_own(model):
    explorer = attention_explorer(model, Letters(), TEXT)
    query, before = explorer.controls["query"], explorer.image.value
    explorer.controls["text"].value = TEXT[:3]
    assert query.value == query.max == 2 and explorer.message.value == "" and explorer.image.value != before
    shorter = explorer.image.value
    explorer.controls["text"].value = "字" * 17
    assert "1 到" not in explorer.message.value and "17 个 token" in explorer.message.value
    assert explorer.image.value == shorter


def test_every_token_can_be_the_query(model):
    explorer = attention_explorer(model, Letters(), TEXT)
    query = explorer.controls["query"]
    assert (query.min, query.max, query.value) == (0, len(TEXT) - 1, len(TEXT) - 1)
    query.value = 0
    assert explorer.message.value == ""


def test_one_token_is_enough(model):
    explorer = attention_explorer(model, Letters(), "是")
    assert explorer.controls["query"].min == explorer.controls["query"].max == 0


@pytest.mark.parametrize("text", ["", "字" * 17])
def test_too_short_and_too_long_are_refused(model, text):
    with pytest.raises(InputError, match="1 到 16 个"):
        attention_explorer(model, Letters(), text)


def test_labels_have_glyphs_and_are_not_read_as_formulas():
    labels = token_labels(Letters(), [8, 9, 10, 11])
    assert labels[0] == "⏎" and labels[3] == "␣" and labels[2] == r"\$x\$"
    figure, ax = plots.panels()
    ax.set_title("".join(labels))
    plots.finish(ax)
    matplotlib.pyplot.close(figure)
