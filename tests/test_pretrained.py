"""随包附带的检查点：说明里的数字都能重新得到。"""

import json

import pytest

from tinygpt import corpus, load
from tinygpt.commands.evaluate import evaluate_text
from tinygpt.pretrained import SHIPPED

FOLDER = SHIPPED / "mini"


@pytest.fixture(scope="module")
def card():
    return json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))


def test_size_and_shape():
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) <= 8 * 2**20
    model, tokenizer = load("mini")
    c = model.config
    assert (c.n_layer, c.n_embd, c.n_head, c.vocab_size) == (2, 256, 4, 4096)
    assert tokenizer.encode("机器学习是", eos=True) == [1256, 3419, 7]
    assert not model.training


def test_card_belongs_to_the_shipped_corpus_and_tokenizer(card):
    from tinygpt import Tokenizer

    assert card["corpus"] == corpus.digest(card["world_characters"])
    shipped = Tokenizer.load(FOLDER / "tokenizer.json")
    assert shipped.fingerprint == Tokenizer.load(corpus.TOKENIZER).fingerprint


def test_card_figures_are_found_again(card):
    model, tokenizer = load("mini")
    result = evaluate_text(model, tokenizer, (p for p in corpus.passages() if p.split == "validation"))
    expected = card["validation"]["合计"]
    assert result["tokens"] == expected["tokens"] and result["characters"] == expected["characters"]
    assert result["loss"] == pytest.approx(expected["loss"], rel=1e-3)
    assert result["bits_per_character"] == pytest.approx(expected["bits_per_character"], rel=1e-3)


def test_the_recorded_command_is_understood(card):
    from tinygpt.cli import build_parser

    arguments = build_parser().parse_args(card["command"].split()[1:])
    assert arguments.command == "train" and arguments.world_characters == card["world_characters"]


def test_better_than_the_ngram_in_the_card(card):
    for row in card["validation"].values():
        assert row["bits_per_character"] < row["ngram_bits_per_character"]
