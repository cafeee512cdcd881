"""config.py：字段、检查、预设。"""

import dataclasses
import re

import pytest

from tinygpt.config import PRESETS, GPTConfig, preset, reject_unknown
from tinygpt.errors import InputError


def test_every_field_is_documented_and_there_are_at_most_ten():
    fields = dataclasses.fields(GPTConfig)
    assert len(fields) <= 10
    assert all(len(field.metadata["help"]) >= 4 for field in fields)


def test_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GPTConfig().n_layer = 3


def test_default_is_the_mini_of_the_article():
    c = GPTConfig()
    assert (c.vocab_size, c.context_length) == (4096, 256)
    assert (c.n_layer, c.n_head, c.n_embd, c.head_dim) == (2, 4, 256, 64)
    assert PRESETS["mini"] == c


@pytest.mark.parametrize("name", ["vocab_size", "context_length", "n_layer", "n_head", "n_embd"])
@pytest.mark.parametrize("value", [0, -1, 2.0, "4", True, None])
def test_sizes_must_be_positive_integers(name, value):
    with pytest.raises(InputError, match=name):
        GPTConfig(**{name: value})


@pytest.mark.parametrize(("n_embd", "n_head"), [(250, 4), (1, 2), (7, 3), (10, 4), (14, 12)])
def test_indivisible_width_names_the_numbers_and_offers_one_that_works(n_embd, n_head):
    with pytest.raises(InputError) as caught:
        GPTConfig(n_embd=n_embd, n_head=n_head)
    assert str(n_embd) in caught.value.found and str(n_head) in caught.value.found
    offered = int(caught.value.fix.split()[-1])
    assert GPTConfig(n_embd=offered, n_head=n_head).n_embd == offered


@pytest.mark.parametrize("dropout", [-0.1, 1, 1.5, float("nan")])
def test_dropout_range(dropout):
    with pytest.raises(InputError, match="dropout"):
        GPTConfig(dropout=dropout)


def test_dropout_zero_is_allowed():
    assert GPTConfig(dropout=0.0).dropout == 0


def test_norm_and_gelu_have_two_values_each():
    assert GPTConfig(norm="post").norm == "post"
    with pytest.raises(InputError, match="'middle'"):
        GPTConfig(norm="middle")
    with pytest.raises(InputError, match="gelu = 'relu'"):
        GPTConfig(gelu="relu")


def test_replace_checks_again():
    with pytest.raises(InputError):
        dataclasses.replace(GPTConfig(), n_head=3)


def test_dict_round_trip():
    c = GPTConfig(n_layer=3, norm="post", tied_head=False, bias=False)
    assert GPTConfig.from_dict(c.to_dict()) == c


def test_from_dict_rejects_a_typo_and_names_the_nearest():
    with pytest.raises(InputError) as caught:
        GPTConfig.from_dict({"n_layers": 3})
    assert "n_layers" in caught.value.found and re.search(r"n_layer\b", caught.value.fix)


@pytest.mark.parametrize("name", list(PRESETS))
def test_presets_are_valid_and_can_be_changed(name):
    assert preset(name) == PRESETS[name]
    assert preset(name, n_layer=5).n_layer == 5
    assert PRESETS[name].n_layer != 5


def test_unknown_preset_and_unknown_field():
    with pytest.raises(InputError, match="mini"):
        preset("minni")
    with pytest.raises(InputError, match="n_head"):
        preset("mini", n_heads=2)


def test_reject_unknown_without_a_near_name():
    reject_unknown(["a"], ["a", "b"], "名字")
    with pytest.raises(InputError, match="zzzz") as caught:
        reject_unknown(["a", "zzzz"], ["a", "b"], "名字")
    assert "是不是" not in caught.value.fix


def test_input_error_says_three_things():
    error = InputError("发现甲", "乙", "做丙")
    endings = [line[-2:] for line in str(error).splitlines()]
    assert endings == ["现甲", "\uff1a乙", "做丙"]  # 三行，冒号是全角的
    assert (error.found, error.expected, error.fix) == ("发现甲", "乙", "做丙")
    assert isinstance(error, ValueError)
    assert str(InputError("只有甲")) == "只有甲"
