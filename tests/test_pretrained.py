"""随包附带的检查点：说明里的数字都能重新得到，说得通、记得住的程度够得上课里说的。"""

import json

import pytest

from tinygpt import Tokenizer, corpus, load
from tinygpt.pretrained import SHIPPED
from tinygpt.probes import as_dict, probe
from tinygpt.probes.bench import Bench
from tinygpt.probes.bits import evaluate_text

FOLDER = SHIPPED / "mini"


@pytest.fixture(scope="module")
def card():
    return json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped():
    return load("mini")


def test_size_and_shape(shipped):
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) <= 8 * 2**20
    model, tokenizer = shipped
    c = model.config
    assert (c.n_layer, c.n_embd, c.n_head, c.vocab_size) == (2, 256, 4, 4096)
    assert tokenizer.encode("机器学习是", eos=True) == [1256, 3419, 7]
    assert not model.training


def test_card_belongs_to_the_shipped_corpus_and_tokenizer(card):
    assert card["corpus"] == corpus.digest(card["mixture"])
    own = Tokenizer.load(FOLDER / "tokenizer.json")
    assert own.fingerprint == Tokenizer.load(corpus.TOKENIZER).fingerprint


def test_card_figures_are_found_again(card, shipped):
    """手写的两个来源，每字符比特重新算一遍；一个来源一个数。"""
    for source in ("小百科", "日常"):
        passages = [
            p for p in corpus.passages(corpus.Mixture(0, 0, 0, passes=1, everyday=1))
            if p.split == "validation" and p.source.startswith(source)
        ]  # fmt: skip
        result, expected = evaluate_text(*shipped, passages), card["validation"][source]
        assert result["tokens"] == expected["tokens"] and result["characters"] == expected["characters"]
        assert result["bits_per_character"] == pytest.approx(expected["bits_per_character"], rel=1e-3)
    assert set(card["validation"]) == set(corpus.SOURCES)


@pytest.mark.slow
def test_probes_in_the_card_are_found_again(card, shipped):
    """同样的种子，同样的题；离得近的题在别的 CPU 上可能翻过来一两道。"""
    again = as_dict(probe(Bench(*shipped, 200, 0), ["name", "definitions"]))
    for name, sources in again.items():
        for source, row in sources.items():
            assert row["value"] == pytest.approx(card["probes"][name][source]["value"], abs=0.02)


def test_the_recorded_command_is_understood(card):
    from tinygpt.cli import build_parser

    arguments = build_parser().parse_args(card["command"].split()[1:])
    assert arguments.command == "train" and arguments.mixture == card["mixture"]


def test_better_than_the_ngram_on_what_both_have_read(card):
    """小百科与日常，两个模型都没有读过，不比。"""
    mixture = corpus.named(card["mixture"])
    sizes = (mixture.passes, mixture.everyday, mixture.world, mixture.stories, mixture.talk)
    read = [source for source, size in zip(corpus.SOURCES, sizes, strict=True) if size]
    assert {"小世界", "小故事", "聊天"} <= set(read)
    for source in read:
        row = card["validation"][source]
        assert row["bits_per_character"] < 0.8 * row["ngram_bits_per_character"]
