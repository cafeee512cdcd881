"""小世界的测试：数量、可重复、留出的说法、事实都在文中、文字的干净、bits 的账。"""

import hashlib
import itertools
import math
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tinygpt.corpus import world_phrases as phrases
from tinygpt.corpus.world import RELATIONS, Chooser, Concept, Fact, World, patterns
from tinygpt.errors import InputError

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def world():
    return World.load()


@pytest.fixture(scope="module")
def documents(world):
    return list(world.documents(7, n_documents=600))


# 连着的标点、句首的标点、叠字、没有填上的空、多余的空格
UNCLEAN = "[，。；：？、][，。；：、]|^[，。；：？、]|“[，。；：？、]|的的|是是|它它|[{}]|  |None"


def hanzi(text):
    return sum("\u4e00" <= c <= "\u9fff" for c in text)


def test_counts(world):
    assert len(world.concepts) >= 260
    assert world.by_name["机器学习"]
    for c in world.concepts:
        assert set(RELATIONS) - set(c.values) <= {"year"}
    assert len({c.values["kind"] for c in world.concepts}) <= 35
    for relation in ("definition", "english"):
        assert len({c.values[relation] for c in world.concepts}) == len(world.concepts)
    assert len(world.facts()) == len(set(world.facts())) >= 8 * len(world.concepts)


def test_phrasings():
    assert set(phrases.QUESTIONS) == set(phrases.PHRASES)
    for relation, options in phrases.PHRASES.items():
        assert len(options) == len(set(options)) >= 10
        assert all(p.count("{name}") == p.count("{value}") == 1 and p.endswith("。") for p in options)
        assert sum(p in phrases.PLAIN for p in patterns(relation)) >= 2
    assert sum(p.startswith("{name}是") for p in patterns("definition")) >= 3


def test_table_is_clean(world):
    for c in world.concepts:
        assert c.definition_en.isascii() and c.subject_en.isascii()
        assert re.sub("^(a|an|the) ", "", c.subject_en) == c.values["english"]
        for relation, value in c.values.items():
            assert value == value.strip() and not re.search("[，。；：？！]|的的", value), (c.name, value)
            if relation in ("definition", "use", "example", "cause", "effect", "feature", "place"):
                assert 4 <= len(value) <= 22, (c.name, value)
                assert not re.search("是(?!否)", value), (c.name, value)
            if relation == "year":
                assert 1 <= int(value) <= 2030


def test_same_seed_same_text_everywhere(world):
    code = (  # 用空的 tinygpt 代替整个包：小世界不需要 torch，也不等它载入
        "import hashlib, sys, types; sys.modules['tinygpt'] = types.ModuleType('tinygpt');"
        f"sys.modules['tinygpt'].__path__ = [{str(ROOT / 'tinygpt')!r}];"
        "from tinygpt.corpus.world import World; w = World.load(); assert 'torch' not in sys.modules;"
        "t = ''.join(d.title + d.text for d in w.documents(3, n_documents=40)) + repr(w.questions(1, 40))"
        "+ repr(w.translations(1, 40)) + repr(w.summaries(1, 20));"
        "print(hashlib.sha256(t.encode('utf-8')).hexdigest())"
    )
    digests = set()
    for hash_seed in ("0", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        digests.add(
            subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
            ).stdout.strip()
        )
    text = "".join(d.title + d.text for d in world.documents(3, n_documents=40)) + repr(
        world.questions(1, 40)
    )
    text += repr(world.translations(1, 40)) + repr(world.summaries(1, 20))
    assert digests == {hashlib.sha256(text.encode("utf-8")).hexdigest()}
    assert [d.text for d in world.documents(3, n_documents=5)] != [
        d.text for d in world.documents(4, n_documents=5)
    ]


def test_how_much(world):
    assert len(list(world.documents(0, n_documents=3))) == 3
    assert not list(world.documents(0, n_documents=0)) and not list(world.documents(0, n_characters=0))
    texts = [d.text for d in world.documents(0, n_characters=2000)]
    assert sum(map(len, texts)) >= 2000 > sum(map(len, texts[:-1]))
    with pytest.raises(InputError, match="没有说写多少"):
        next(world.documents(0))


def held_out_fragment(pattern):
    """留出的说法里最长的固定文字。"""
    return max(re.split(r"\{name\}|\{value\}", pattern), key=len)


def test_held_out_phrasings_never_occur(world, documents):
    everything = "\n".join(d.text for d in documents)
    for relation in RELATIONS:
        normal, held_out = patterns(relation), patterns(relation, held_out=True)
        assert len(held_out) == 2 and not set(normal) & set(held_out)
        for pattern in held_out:
            if len(held_out_fragment(pattern)) >= 4:
                assert held_out_fragment(pattern) not in everything, pattern
    for d in documents:
        for fact in d.facts:
            for name in (fact.subject, "它"):
                for pattern in patterns(fact.relation, held_out=True):
                    assert pattern.format(name=name, value=fact.value) not in d.text


def said(fact, text, options):
    """这条事实是不是用其中一种说法说出来了（名字可以换成"它"，并列时句号换成分号或逗号）。"""
    sentences = (
        p.format(name=n, value=fact.value).removesuffix("。") for p in options for n in (fact.subject, "它")
    )
    return any(s in text for s in sentences)


@pytest.mark.parametrize("held_out", [False, True])
def test_every_fact_is_in_the_text(world, held_out):
    facts = set(world.facts())
    for d in world.documents(11, n_documents=250, held_out=held_out):
        assert len(d.facts) == len(set(d.facts)) >= 3
        for fact in d.facts:
            assert fact in facts and fact.subject in d.text
            assert said(fact, d.text, patterns(fact.relation, held_out)), (fact, d.text)


def test_pronoun_follows_its_name(documents):
    for d in documents:
        for paragraph in d.text.split("\n"):
            if "它" in paragraph:
                before = paragraph[: paragraph.index("它")]
                assert any(f.subject in before for f in d.facts), paragraph


def test_text_is_clean(world, documents):
    for d in itertools.chain(documents, world.documents(5, n_documents=200, held_out=True)):
        assert 1 <= len(d.text.split("\n")) <= 4, d.text
        assert 80 <= hanzi(d.text) <= 400, (hanzi(d.text), d.text)
        assert not re.search(UNCLEAN, d.text, re.M), d.text
        assert d.text.count("“") == d.text.count("”")
        assert not re.search("“[^”]*“", d.text), d.text
        assert d.text == d.text.strip() and all(p[-1] in "。”" for p in d.text.split("\n")), d.text
        sentences = [s for s in re.split("[。？；\n“”：]", d.text) if s]
        repeated = [s for s, n in Counter(sentences).items() if n > 1]
        assert not repeated, (repeated, d.text)


def test_plans_all_occur_and_characters_are_common(world, documents):
    assert len({d.text[:4] for d in documents}) > 100
    everything = "".join(d.title + d.text for d in documents) + "".join(f.value for f in world.facts())
    assert len(set(everything)) <= 1800


def test_sentences(world):
    rows = world.sentences("definition")
    assert len(rows) == 8 * len(world.concepts)
    assert (
        Fact("机器学习", "definition", "让计算机从数据中找出规律的方法"),
        "机器学习是让计算机从数据中找出规律的方法。",
    ) in rows
    held_out = world.sentences("definition", held_out=True)
    assert len(held_out) == 2 * len(world.concepts)
    assert not {s for _, s in rows} & {s for _, s in held_out}
    with pytest.raises(InputError, match="没有叫作"):
        world.sentences("颜色")


def test_questions(world):
    facts = set(world.facts())
    rows = world.questions(0, 2000)
    assert len(rows) == 2000 and {f.relation for _, _, f in rows} == set(RELATIONS)
    for question, reply, fact in rows:
        assert fact in facts and question.endswith("？") and reply.endswith("。")
        assert fact.subject in reply and (fact.value in reply or fact.value in question)
        assert fact.subject in question or fact.value in question
    assert {f.relation for _, _, f in world.questions(0, 50, relations=["use", "year"])} == {"use", "year"}
    with pytest.raises(InputError, match="没有叫作"):
        world.questions(0, 1, relations=["颜色"])


def test_translations(world):
    rows = world.translations(0, 1000)
    assert len(rows) == 1000
    for chinese, english in rows:
        assert english.isascii() and english[0].isupper() and english[-1] in ".?" and "None" not in english
        assert chinese[-1] in "。？" and any(c.name in chinese for c in world.concepts)
    assert ("什么是猫？", "What is a cat?") in world.translations(1, 8000)


def test_summaries(world):
    for paragraph, summary in world.summaries(0, 300):
        name = summary.split("是")[0]
        concept = world.by_name[name]
        assert len(summary) < len(paragraph) and name in paragraph
        assert concept.values["definition"] in summary and concept.values["definition"] in paragraph
        told = [r for r in ("feature", "use", "effect", "place") if concept.values[r] in summary]
        assert any(concept.values[r] in paragraph for r in told)


def test_chooser_keeps_exact_accounts():
    chooser = Chooser(random.Random(0))
    assert chooser.choose("abcdefgh") in "abcdefgh" and chooser.bits == 3
    assert sorted(chooser.sample(range(4), 4)) == [0, 1, 2, 3]
    assert chooser.bits == pytest.approx(3 + math.log2(24))
    chooser = Chooser(random.Random(0))
    hits = [chooser.chance(1, 4) for _ in range(100)]
    assert chooser.bits == pytest.approx(sum(2 if hit else -math.log2(3 / 4) for hit in hits))


def test_bits_of_a_tiny_world(monkeypatch):
    """只有一个事物的小世界：把每次选择的可能数记下来，重算一遍。"""
    values = {r: f"内容{r}" for r in RELATIONS if r != "year"}
    tiny = World([Concept("猫", values, "a cat", "a small animal")])
    probabilities = []
    choose, chance = Chooser.choose, Chooser.chance

    def spy_choose(self, options):
        probabilities.append(1 / len(options))
        return choose(self, options)

    def spy_chance(self, part, whole):
        hit = chance(self, part, whole)
        probabilities.append(part / whole if hit else 1 - part / whole)
        return hit

    monkeypatch.setattr(Chooser, "choose", spy_choose)
    monkeypatch.setattr(Chooser, "chance", spy_chance)
    for seed in range(20):
        probabilities.clear()
        (document,) = tiny.documents(seed, n_documents=1)
        assert document.bits == pytest.approx(-sum(map(math.log2, probabilities)))


def test_entropy(world):
    result = world.entropy(0, 200)
    texts = list(world.documents(0, n_documents=200))
    assert result["documents"] == 200 and result["characters"] == sum(len(d.text) for d in texts)
    assert result["bits_per_document"] == pytest.approx(sum(d.bits for d in texts) / 200)
    assert result["bits_per_character"] == pytest.approx(sum(d.bits for d in texts) / result["characters"])
    assert 0.1 < result["bits_per_character"] < 1


def test_broken_table_says_what_is_missing(tmp_path):
    path = tmp_path / "table.jsonl"
    path.write_text('{"name": "猫", "kind": "动物"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="缺少.*definition"):
        World.load(path)
