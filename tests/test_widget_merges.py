"""BPE 合并的控件：步骤与 Hugging Face tokenizers 相同；每一步都画得出来。"""

import json
import random

import matplotlib
import pytest
import tokenizers
from tokenizers import Regex, models, pre_tokenizers, trainers

matplotlib.use("Agg")
from tinygpt.corpus import PATTERN
from tinygpt.course.widgets.merges import TEXT, _rows, _upcoming, bpe_steps, merges_playground
from tinygpt.errors import InputError

pytestmark = pytest.mark.usefixtures("quiet_style")


def hugging_face_merges(text, pattern, limit=5000):
    backend = tokenizers.Tokenizer(models.BPE())
    if pattern:
        backend.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    trainer = trainers.BpeTrainer(vocab_size=limit, min_frequency=2, show_progress=False)
    backend.train_from_iterator([text], trainer)
    return [tuple(pair) for pair in json.loads(backend.to_str())["model"]["merges"]]


def random_text(seed):
    generator = random.Random(seed)
    return "".join(generator.choice("天地人是。a 1") for _ in range(300))


@pytest.mark.parametrize("text, pattern", [
    (TEXT, PATTERN), (TEXT, None), *((random_text(seed), PATTERN) for seed in range(5)),
])
def test_merges_are_those_of_hugging_face(text, pattern):
    steps = bpe_steps(text, merges=25, pattern=pattern)
    merges = [step.pair for step in steps[:-1]]
    assert len(merges) > 5 and merges == hugging_face_merges(text, pattern)[: len(merges)]


def test_no_step_loses_a_character_and_each_shortens():
    steps = bpe_steps(TEXT, 100)
    assert all("".join(step.tokens) == TEXT for step in steps)
    for before, after in zip(steps, steps[1:]):
        assert len(before.tokens) - len(after.tokens) == before.count
    assert steps[-1].pair is None, "合并到没有出现两次的对为止"


def test_merges_stay_inside_a_piece_and_without_a_pattern_do_not():
    assert not any("，" in token and len(token) > 1 for token in bpe_steps(TEXT, 100)[-1].tokens)
    tokens = bpe_steps("，猫，猫，猫", 100, pattern=None)[-1].tokens
    assert any("，" in token and len(token) > 1 for token in tokens)


def test_three_in_a_row_merge_from_the_left():
    first, second = bpe_steps("哈哈哈", 1, pattern=None)
    assert first.ranking == ((("哈", "哈"), 2),) and second.tokens == ["哈哈", "哈"]
    assert _upcoming(first) == {0, 1}, "中间的“哈”只能用一次"


def test_what_is_outlined_is_what_gets_merged():
    for step in bpe_steps(TEXT, 15)[:-1]:
        assert len(_upcoming(step)) == 2 * step.count
        assert {step.tokens[i] for i in _upcoming(step)} == set(step.pair)


def test_rows_keep_the_order_and_the_width():
    for step in bpe_steps(TEXT, 20):
        rows = _rows(step)
        assert [token for row in rows for token in row] == step.tokens
        assert all(len("".join(row)) <= 22 for row in rows)


def test_every_position_of_the_slider_draws_a_different_picture():
    playground = merges_playground(merges=10)
    control, pictures = playground.controls["n"], set()
    for n in range(control.min, control.max + 1):
        control.value = n
        pictures.add(playground.image.value)
        assert playground.message.value == ""
    assert len(pictures) == control.max + 1 == 11


def test_the_pieces_are_drawn_and_the_title_names_the_pair():
    playground = merges_playground(merges=3)
    figure = playground.draw(1)
    step, ax = bpe_steps(TEXT, 1)[1], figure.axes[0]
    assert [text.get_text() for text in ax.texts] == step.tokens
    title = ax.get_title(loc="left")
    assert all(part in title for part in (*step.pair, str(step.count), str(len(step.tokens))))


def test_texts_that_cannot_merge_and_formula_signs():
    assert bpe_steps("猫", 5)[0].pair is None
    assert merges_playground("一二三", merges=5).controls["n"].max == 0
    assert merges_playground("$a$ $a$ 猫猫猫猫", merges=3).message.value == ""
    with pytest.raises(InputError, match="空的"):
        bpe_steps("", 3)


@pytest.mark.parametrize("value", [-1, 21, 1000])
def test_a_start_beyond_the_last_merge_is_refused(value):
    last = len(bpe_steps(TEXT, 20)) - 1
    with pytest.raises(InputError, match=f"0 到 {last}"):
        merges_playground(TEXT, 20, value)
    assert merges_playground(TEXT, 20, last)


def test_another_text_may_be_typed_and_an_empty_one_is_explained():
    playground = merges_playground(merges=10, value=5)
    before = bytes(playground.image.value)
    playground.controls["text"].value = "猫猫狗猫猫狗"
    assert playground.controls["n"].max == len(bpe_steps("猫猫狗猫猫狗", 10)) - 1 < 5
    assert playground.controls["n"].value == playground.controls["n"].max, "拨不到的次数，退到最后一步"
    after = bytes(playground.image.value)
    assert after != before and playground.message.value == ""
    playground.controls["text"].value = ""
    assert bytes(playground.image.value) == after and "文字是空的" in playground.message.value
