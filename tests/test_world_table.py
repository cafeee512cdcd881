"""小世界的表的测试：封闭、量词齐全、没有同义反复、干净，写坏了会说缺什么。"""

import itertools
import json
import re

import pytest

from tinygpt.corpus import world_phrases as phrases
from tinygpt.corpus.world import Concept, Fact, World
from tinygpt.errors import InputError


@pytest.fixture(scope="module")
def world():
    return World.load()


def shared(a, b):
    """两段文字最长的共同片段。"""
    parts = {a[i:j] for i in range(len(a)) for j in range(i + 1, len(a) + 1)}
    return max((p for p in parts if p in b), key=len, default="")


def test_counts(world):
    print(f"\n{len(world.concepts)} 个事物，{len(world.facts())} 条事实，{len(world.kinds)} 个类别可以并列")
    assert 500 <= len(world.concepts) <= 700
    for relation in ("definition", "english"):
        assert len({c.values[relation] for c in world.concepts}) == len(world.concepts)
    assert len(world.facts()) == len(set(world.facts())) >= 8 * len(world.concepts)
    assert next(iter(world.concepts)).name == "人工智能"  # 课里取表的前几行


def test_table_is_closed(world):
    """所属的、所比较的，都有自己的一行。"""
    for c in world.concepts:
        for relation in ("field", "part_of"):
            assert c.values.get(relation, c.name) in world.by_name, (c.name, relation)
        for contrast in c.contrasts:
            back = [d for d in world.by_name[contrast.other].contrasts if d.other == c.name]
            assert back and (back[0].mine, back[0].theirs) == (contrast.theirs, contrast.mine)
        assert c.values.get("field") != c.name != c.values.get("part_of")


def test_every_kind_has_a_measure_word(world):
    assert {c.kind.kind for c in world.concepts} <= set(phrases.KINDS)
    for kind in phrases.KINDS.values():
        assert len(kind.measure) == 1 and kind.group and kind.pronoun in ("它", "他们")
    for c in world.concepts:
        assert c.kind.silent or c.values["kind"] == f"一{c.kind.measure}{c.kind.kind}"
    assert World.load().by_name["数学"].values["kind"] == "一门学科"


def test_no_tautologies(world):
    for c in world.concepts:
        v = c.values
        assert c.name not in v["definition"], c.name
        for a, b in itertools.combinations(("definition", "feature", "use", "effect"), 2):
            if a in v and b in v:
                assert len(shared(v[a], v[b])) <= 5 and shared(v[a], v[b]) not in (v[a], v[b]), (
                    c.name,
                    v[a],
                    v[b],
                )
        for contrast in c.contrasts:
            assert contrast.mine != contrast.theirs


def test_table_is_clean(world):
    for c in world.concepts:
        assert c.definition_en.isascii() and c.subject_en.isascii()
        assert re.sub("^(a|an|the) ", "", c.subject_en) == c.values["english"]
        texts = [*c.values.items(), *(("mine", d.mine) for d in c.contrasts)]
        for relation, value in texts:
            assert value == value.strip() and not re.search("[。；：？！]|的的|，$|^，", value), (
                c.name,
                value,
            )
            assert len(value) <= 27 or relation in ("english", "opposite"), (c.name, value)
        assert not c.values.get("effect", "").startswith("会使")
        if "year" in c.values:
            year = re.fullmatch(r"(\d{4}) 年(\D{2,10})", c.values["year"])
            assert year and 1400 < int(year[1]) < 2030, c.values["year"]


def test_broken_table_says_what_is_missing(tmp_path):
    path = tmp_path / "table.jsonl"
    path.write_text('{"name": "猫", "kind": "动物"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="缺少.*definition"):
        World.load(path)
    row = dict.fromkeys(phrases.REQUIRED, "猫") | {"kind": "怪物"}
    path.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(InputError, match="怪物 没有量词"):
        World.load(path)
    with pytest.raises(InputError, match="重复"):
        World([World.load().concepts[0]] * 2)


def test_concept_of_one_line():
    row = {
        "name": "猫",
        "kind": "动物",
        "english": "cat",
        "subject_en": "a cat",
        "definition_en": "an animal",
        "definition": "小动物",
    }
    concept = Concept.parse(json.dumps(row), "这里")
    assert concept.fact("definition") == Fact("猫", "definition", "小动物") and concept.facts("use") == []
    assert concept.kind_of == "一种动物" and concept.pronoun == "它"
