"""小世界的测试：可重复、留出的说法、事实都在文中、文字干净、回答对着问题、bits 的账。"""

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
from tinygpt.corpus.world import RELATIONS, Chooser, Fact, World, patterns
from tinygpt.corpus.world_writer import PLANS
from tinygpt.errors import InputError

ROOT = Path(__file__).parents[1]
PYTHON = "机器学习"


@pytest.fixture(scope="module")
def world():
    return World.load()


@pytest.fixture(scope="module")
def documents(world):
    return list(world.documents(7, n_documents=3000))


# 连着的标点、句首的标点、叠字、没有填上的空、多余的空格
UNCLEAN = "[，。；：？、][，。；：？、]|^[，。；：？、]|“[，。；：？、]|的的|是是|它它|他们他们|[{}]|  |None"


# ---- 说法 ----


def test_phrasings():
    assert set(phrases.QUESTIONS) == set(phrases.PHRASES)
    for relation, groups in phrases.PHRASES.items():
        for group, options in groups.items():
            normal, held_out = set(options[: -phrases.HELD_OUT]), set(options[-phrases.HELD_OUT :])
            assert len(normal) >= 1 and len(held_out) == 2 and not normal & held_out, (relation, group)
            assert all("{name}" in p and p[-1] == "。" for p in options)
    for groups in phrases.QUESTIONS.values():
        for options in groups.values():
            assert len(options) == len(set(options)) >= 3
            assert all("{name}" in p and p[-1] == "？" for p in options)
    assert patterns("definition").count("{name}是{value}。") >= 3
    for row in phrases.REMARKS:
        assert row["text"].startswith(row["subject"]) and row["text"][-1] in "。"


def fixed(pattern):
    """一条说法里最长的固定文字。"""
    return max(re.split(r"\{\w+\}", pattern), key=len)


def test_held_out_phrasings_never_occur(documents):
    everything = "\n".join(d.text for d in documents)
    tables = ((phrases.PHRASES, phrases.HELD_OUT), (phrases.QUESTIONS, phrases.HELD_OUT_QUESTIONS))
    normal = {
        p
        for table, n in tables
        for groups in table.values()
        for options in groups.values()
        for p in options[:-n]
    }
    for table, count in tables:
        for groups in table.values():
            for options in groups.values():
                for pattern in options[-count:]:
                    if len(fixed(pattern)) >= 5 and not any(fixed(pattern) in p for p in normal):
                        assert fixed(pattern) not in everything, pattern


@pytest.mark.parametrize("held_out", [False, True])
def test_every_fact_is_in_the_text(world, held_out):
    facts = set(world.facts())
    for d in world.documents(11, n_documents=600, held_out=held_out):
        assert len(d.facts) >= 1 or d.plan == "remark"
        for fact in d.facts:
            year, _, event = fact.value.partition(" 年")
            mine, _, theirs = fact.value.partition(f"，{fact.other}") if fact.other else (fact.value, "", "")
            assert fact in facts and fact.subject in d.text
            for part in (year, event) if fact.relation == "year" else (mine, theirs):
                assert part in d.text, (fact, d.text)


# ---- 文章 ----


def test_same_seed_same_text_everywhere(world):
    code = (  # 用空的 tinygpt 代替整个包：小世界不需要 torch，也不等它载入
        "import hashlib, sys, types; sys.modules['tinygpt'] = types.ModuleType('tinygpt');"
        f"sys.modules['tinygpt'].__path__ = [{str(ROOT / 'tinygpt')!r}];"
        "from tinygpt.corpus.world import World; w = World.load(); assert 'torch' not in sys.modules;"
        "t = ''.join(d.title + d.text for d in w.documents(3, n_documents=80)) + repr(w.questions(1, 40))"
        "+ repr(w.translations(1, 40)) + repr(w.summaries(1, 20));"
        "print(hashlib.sha256(t.encode('utf-8')).hexdigest())"
    )
    digests = set()
    for hash_seed in ("0", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout.strip())
    text = "".join(d.title + d.text for d in world.documents(3, n_documents=80)) + repr(
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
    with pytest.raises(InputError, match="没有叫作 '诗' 的写法"):
        next(world.documents(0, n_documents=1, plans=["诗"]))


def test_a_part_of_the_table_is_enough():
    """课里只取表的前几行：所属与所比较的不在这几行里时，不去说它们。"""
    part = World(World.load().concepts[:12])
    for d in part.documents(0, n_documents=300):
        assert all(f.other in part.by_name for f in d.facts if f.other)
        assert all(f.value in part.by_name for f in d.facts if f.relation in ("field", "part_of"))
    assert part.sentences("opposite") and part.questions(0, 50)


def test_text_is_clean(world, documents):
    for d in itertools.chain(documents, world.documents(5, n_documents=300, held_out=True)):
        assert 8 <= len(d.text) <= 260 and len(d.text.split("\n")) <= 8, (len(d.text), d.text)
        assert not re.search(UNCLEAN, d.text, re.M), d.text
        assert d.text.count("“") == d.text.count("”")
        assert d.text == d.text.strip() and all(p[-1] in "。？”" for p in d.text.split("\n")), d.text
        sentences = [s for s in re.split("[。？；\n“”：]", d.text) if len(s) > 8]
        assert max(Counter(sentences).values(), default=1) == 1, d.text
        assert d.genre == ("问答" if d.plan == "answer" else "百科") and d.title


def test_pronoun_has_one_antecedent(world, documents):
    """用“它”的一句之前，同一段里只说过一个事物：这一句的主语。"""
    names = sorted(world.by_name, key=len, reverse=True)
    for d in documents:
        if d.plan in ("contrast", "gather", "whole"):
            for sentence in re.split("(?<=[。？])", d.text):
                subject = re.match("它(?!们)|他们|她|他", sentence)
                assert not subject, d.text
        first = re.search("(?<=[。？“：])(它|他|她)", d.text)
        if first:
            assert any(name in d.text[: first.start()] for name in names), d.text


def test_connectors_come_with_their_relation(documents):
    everything = "".join(d.text for d in documents)
    for word in ("另外，", "同时，", "此外，", "我们也知道", "会使"):
        assert word not in everything
    for d in documents:
        if "比如，" in d.text:
            assert any(f.relation == "example" for f in d.facts)
        if "这是因为" in d.text:
            assert any(f.relation == "cause" for f in d.facts)
        if re.search("与.{1,8}不同，", d.text):
            assert any(f.relation == "opposite" for f in d.facts)


def test_no_sentence_is_over_used(documents):
    sentences = Counter(
        s for d in documents for s in re.split("(?<=[。！？])", d.text.replace("\n", "")) if len(s) > 14
    )
    text, count = sentences.most_common(1)[0]
    assert count <= 0.01 * len(documents), (text, count)


def test_all_plans_occur_with_their_entropy(world, documents):
    assert {d.plan for d in documents} == set(PLANS)
    for plan in PLANS:
        print(f"\n{plan} {world.entropy(0, 200, [plan])['bits_per_character']:.2f} 比特/字", end="")
    whole = world.entropy(0, 1000)["bits_per_character"]
    print(f"\n全部 {whole:.2f} 比特/字")
    assert 0.4 <= whole <= 1.0


def test_many_ways_to_open_with_machine_learning(world):
    texts = [d.text for d in world.documents(0, n_characters=600_000)]
    openings = {s for text in texts for s in re.findall("机器学习是[^。？]*[。？]", text)}
    assert len(openings) + len({r["text"] for r in phrases.REMARKS} - openings) >= 60


# ---- 给课用的 ----


def test_sentences(world):
    rows = world.sentences("definition")
    assert len(rows) == len(set(rows)) >= 4 * len(world.concepts)
    definition = "让计算机从数据中找出规律的方法"
    assert (Fact(PYTHON, "definition", definition), f"机器学习是{definition}。") in rows
    held_out = world.sentences("definition", held_out=True)
    assert len(held_out) == 2 * len(world.concepts)
    assert not {s for _, s in rows} & {s for _, s in held_out}
    for relation in RELATIONS:
        assert world.sentences(relation)
    with pytest.raises(InputError, match="没有叫作"):
        world.sentences("颜色")


def test_every_answer_answers_its_question(world):
    facts = set(world.facts())
    rows = world.questions(0, 4000)
    assert len(rows) == 4000 and {f.relation for _, _, f in rows} == set(RELATIONS)
    for question, reply, fact in rows:
        assert fact in facts and question[-1] == "？" and reply[-1] == "。" and fact.subject in reply
        assert fact.subject in question or fact.value in question
        if fact.relation == "opposite":
            mine, _, theirs = fact.value.partition(f"，{fact.other}")
            assert fact.other in question and fact.other in reply and mine in reply and theirs in reply
        elif fact.relation == "year":
            assert fact.value.partition(" 年")[0] in reply
        else:
            assert fact.value in reply or fact.value in question
    assert {f.relation for _, _, f in world.questions(0, 50, relations=["use", "year"])} == {"use", "year"}
    assert not {q for q, _, _ in rows} & {
        q for q, _, _ in world.questions(0, 500, ["use", "feature"], held_out=True)
    }
    with pytest.raises(InputError, match="没有叫作"):
        world.questions(0, 1, relations=["颜色"])


def test_translations(world):
    rows = world.translations(0, 1000)
    assert len(rows) == 1000
    for chinese, english in rows:
        assert english.isascii() and english[0].isupper() and english[-1] in ".?" and "None" not in english
        assert chinese[-1] in "。？" and any(c.name in chinese for c in world.concepts)
    assert ("什么是猫？", "What is a cat?") in world.translations(1, 16_000)


def test_summaries(world):
    for paragraph, summary in world.summaries(0, 300):
        concept = world.by_name[summary.split("是")[0]]
        assert len(summary) < len(paragraph) and concept.name in paragraph
        assert concept.values["definition"] in summary and concept.values["definition"] in paragraph


# ---- 记账 ----


def test_chooser_keeps_exact_accounts():
    chooser = Chooser(random.Random(0))
    assert chooser.choose("abcdefgh") in "abcdefgh" and chooser.bits == 3
    assert sorted(chooser.sample(range(4), 4)) == [0, 1, 2, 3]
    assert chooser.bits == pytest.approx(3 + math.log2(24))
    chooser = Chooser(random.Random(0))
    hits = [chooser.chance(1, 4) for _ in range(100)]
    assert chooser.bits == pytest.approx(sum(2 if hit else -math.log2(3 / 4) for hit in hits))


def test_bits_are_the_choices_made(world, monkeypatch):
    """把每次选择的可能数记下来，重算一遍。"""
    tiny, probabilities = World([world.by_name["猫"]]), []
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
    result, texts = world.entropy(0, 200), list(world.documents(0, n_documents=200))
    assert result["documents"] == 200 and result["characters"] == sum(len(d.text) for d in texts)
    assert result["bits_per_document"] == pytest.approx(sum(d.bits for d in texts) / 200)
    assert result["bits_per_character"] == pytest.approx(sum(d.bits for d in texts) / result["characters"])
