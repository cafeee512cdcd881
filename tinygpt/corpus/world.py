"""小世界:一张手写的事实表,加上一个按种子写文章的生成器。

这里知道:事实怎样选、说法怎样选、句子怎样连成段落,以及每一次随机选择花了多少比特。
这里不知道:分词、编号和模型;也不知道具体的说法(见 world_phrases.py)和事实(见 world_concepts.jsonl)。

一切随机都经过 Chooser,所以 bits 是逐次记下的账,不是另外算出来的。两串选择可能写出同一段文字,
因此 bits / len(text) 的平均值是生成器自身每字信息量的上界:任何模型只要记住了事实和说法,就能做到这么好。
"""

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from tinygpt.corpus import world_phrases as phrases
from tinygpt.corpus.world_phrases import HELD_OUT, PHRASES
from tinygpt.errors import InputError

TABLE = Path(__file__).with_name("world_concepts.jsonl")
RELATIONS = tuple(PHRASES)
OPTIONAL = ("year",)  # 只有这些关系可以空着
AMBIGUOUS = ("opposite", "part_of", "example")  # 这些句子里有别的事物,下一句不能用"它"


@dataclass(frozen=True)
class Fact:
    """一条事实:谁、什么关系、内容。"""

    subject: str
    relation: str
    value: str


@dataclass(frozen=True)
class Concept:
    """一个事物:名字、关系到内容的表,以及翻译用的两段英文。"""

    name: str
    values: dict[str, str]
    english: str  # 带冠词的英文名,如 "a cat"
    definition_en: str

    def fact(self, relation: str) -> Fact:
        return Fact(self.name, relation, self.values[relation])


@dataclass(frozen=True)
class WorldDocument:
    """一篇文章。bits 是写它时所有随机选择的 −log2 概率之和(题目的选择也算在内)。"""

    title: str
    text: str
    facts: tuple[Fact, ...]
    bits: float


class Chooser:
    """随机选择,并记账:每次选择把 −log2(概率) 加到 bits 上。"""

    def __init__(self, source: random.Random):
        self.source, self.bits = source, 0.0

    def choose(self, options: Sequence):
        self.bits += math.log2(len(options))
        return options[self.source.randrange(len(options))]

    def sample(self, options: Sequence, count: int) -> list:
        """不放回地依次选 count 个,次序也是选择的一部分。"""
        rest = list(options)
        return [rest.pop(self.choose(range(len(rest)))) for _ in range(count)]

    def chance(self, part: int, whole: int) -> bool:
        """以 part / whole 的概率为真。"""
        hit = self.source.randrange(whole) < part
        self.bits -= math.log2((part if hit else whole - part) / whole)
        return hit


def patterns(relation: str, held_out: bool = False) -> tuple[str, ...]:
    """一种关系平时的说法,或留出的说法。"""
    if relation not in PHRASES:
        raise InputError(f"没有叫作 {relation!r} 的关系", "、".join(RELATIONS), "从上面的关系中选一个")
    return PHRASES[relation][-HELD_OUT:] if held_out else PHRASES[relation][:-HELD_OUT]


def is_plain(pattern: str) -> bool:
    """平说:以名字开头、没有问句,可以接在连接词后面,名字也可以换成"它"。"""
    return pattern.startswith("{name}") and "？" not in pattern and "它" not in pattern


@dataclass
class Writer:
    """写一篇文章用的笔:选说法、换代词、加连接词,并记下用到的事实。"""

    chooser: Chooser
    held_out: bool = False
    facts: list[Fact] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def pattern(self, relation: str, plain: bool = False) -> str:
        """选一条说法;同一篇里尽量不重复。留出的说法太少,不再挑是不是平说。"""
        options = [p for p in patterns(relation, self.held_out) if self.held_out or not plain or is_plain(p)]
        chosen = self.chooser.choose([p for p in options if p not in self.used] or options)
        self.used.add(chosen)
        return chosen

    def fill(self, pattern: str, fact: Fact, name: str = "") -> str:
        self.facts.append(fact)
        return pattern.format(name=name or fact.subject, value=fact.value)

    def say(self, concept: Concept, relation: str) -> str:
        """一句自成一体的话,不用代词。"""
        return self.fill(self.pattern(relation, plain=True), concept.fact(relation))

    def passage(self, concept: Concept, relations: Sequence[str]) -> str:
        """连着说几件关于同一事物的事:第一句用名字,后面的平说可以用"它"和连接词。"""
        text, clear, linked = "", False, True
        for relation in relations:
            pattern, name, lead = self.pattern(relation), concept.name, ""
            if text and is_plain(pattern):
                if clear and self.chooser.chance(2, 3):
                    name = "它"
                if not linked and self.chooser.chance(1, 3):
                    lead = self.chooser.choose([c for c in phrases.CONNECTORS if c not in text])
            text += lead + self.fill(pattern, concept.fact(relation), name)
            clear, linked = relation not in AMBIGUOUS, bool(lead)
        return text

    def phrase(self, options: Sequence[str], **names: str) -> str:
        return self.chooser.choose(options).format(**names)

    def maybe(self, options: Sequence[str], **names: str) -> str:
        """一半的可能说一句,一半的可能不说。"""
        return self.phrase(options, **names) if self.chooser.chance(1, 2) else ""

    def relations(self, concept: Concept, counts: Sequence[int], first: tuple[str, ...] = ("definition",)) -> list[str]:
        """先说 first,再从其余的关系里随机取若干种,次序也随机。"""
        rest = [r for r in RELATIONS if r in concept.values and r not in first]
        return [*first, *self.chooser.sample(rest, self.chooser.choose(counts))]

    def split(self, items: Sequence, most: int) -> list[Sequence]:
        """分成一到 most 份,每份至少两项。"""
        count = self.chooser.choose(range(1, min(most, len(items) // 2) + 1))
        cuts = [(0, *c, len(items)) for c in combinations(range(2, len(items) - 1), count - 1)]
        cuts = [c for c in cuts if all(b - a >= 2 for a, b in zip(c, c[1:]))]
        cut = self.chooser.choose(cuts)
        return [items[a:b] for a, b in zip(cut, cut[1:])]


def introduce(world: "World", writer: Writer, concept: Concept) -> list[str]:
    """介绍:开头、定义、若干方面,分成一到三段。"""
    parts = writer.split(writer.relations(concept, range(4, 9)), 3)
    paragraphs = [writer.phrase(phrases.INTRODUCE_OPENINGS, name=concept.name) + writer.passage(concept, parts[0])]
    for part in parts[1:]:
        paragraphs.append(writer.maybe(phrases.TURNS, name=concept.name) + writer.passage(concept, part))
    paragraphs[-1] += writer.maybe(phrases.CLOSINGS, name=concept.name)
    return paragraphs


def story(world: "World", writer: Writer, concept: Concept) -> list[str]:
    """故事:一个人听到一个词,另一个人讲给他听。"""
    choose = writer.chooser.choose
    names = {"name": concept.name, "time": choose(phrases.STORY_TIMES), "person": choose(phrases.STORY_PEOPLE),
             "place": choose(phrases.STORY_PLACES), "helper": choose(phrases.STORY_HELPERS)}  # fmt: skip
    parts = writer.split(writer.relations(concept, range(3, 7)), 2)
    paragraphs = [writer.phrase(phrases.STORY_SCENES, **names)]
    for i, part in enumerate(parts):
        lead = writer.phrase(phrases.STORY_MORE if i else phrases.STORY_LEADS, **names)
        paragraphs.append(f"{lead}“{writer.passage(concept, part)}”")
    return [*paragraphs, writer.phrase(phrases.STORY_ENDINGS, **names)]


def answer(world: "World", writer: Writer, concept: Concept) -> list[str]:
    """问答:几个问题,各有回答。"""
    items, frame = [], ""
    for relation in writer.relations(concept, range(2, 5)):
        frame = writer.chooser.choose([f for f in phrases.QA_FRAMES if f != frame])
        question = writer.phrase(phrases.QUESTIONS[relation], name=concept.name)
        items.append(frame.format(question=question, answer=writer.say(concept, relation)))
    paragraphs = [writer.phrase(phrases.QA_OPENINGS, name=concept.name)]
    if len(items) > 3:  # 最多四段:问题多就并在一起
        items = ["".join(part) for part in writer.split(items, 3)]
    return [paragraphs[0] + items[0], *items[1:]]


def listing(world: "World", writer: Writer, concept: Concept) -> list[str]:
    """清单:第一、第二……最后,一段说完。"""
    relations = writer.relations(concept, (4, 5))
    ordinals = (*writer.chooser.choose(phrases.ORDINALS)[: len(relations) - 1], phrases.LAST_ORDINAL)
    text = "".join(o + writer.say(concept, r) for o, r in zip(ordinals, relations))
    return [writer.phrase(phrases.LIST_OPENINGS, name=concept.name) + text + writer.maybe(phrases.CLOSINGS, name=concept.name)]


def aspect(writer: Writer, a: Concept, b: Concept, relation: str) -> str:
    """同一方面说两个事物:平时用同一句式并列,留出的说法则各说一句。"""
    if writer.held_out:
        return writer.say(a, relation) + writer.say(b, relation)
    pattern, link = writer.pattern(relation, plain=True), writer.chooser.choose(phrases.CONTRAST_LINKS)
    return writer.fill(pattern, a.fact(relation)).removesuffix("。") + link + writer.fill(pattern, b.fact(relation))


def contrast(world: "World", writer: Writer, a: Concept) -> list[str]:
    """对比:逐个方面比,或者先说一个再说另一个。"""
    b = world[a.values["opposite"]]
    start = writer.phrase(phrases.CONTRAST_OPENINGS, a=a.name, b=b.name) + writer.say(a, "opposite")
    shared = [r for r in RELATIONS if r in a.values and r in b.values and r not in ("opposite", "definition")]
    shared = [r for r in shared if a.values[r] != b.values[r]]
    relations = ["definition", *writer.chooser.sample(shared, writer.chooser.choose((2, 3, 4)))]
    end = writer.phrase(phrases.CONTRAST_CLOSINGS, a=a.name, b=b.name)
    if writer.chooser.chance(1, 2):
        return [start, writer.passage(a, relations), writer.passage(b, relations), end]
    parts = writer.split([aspect(writer, a, b, r) for r in relations], 2)
    return [start, *("".join(part) for part in parts), end]


def whole(world: "World", writer: Writer, part: Concept) -> list[str]:
    """整体与部分:先说整体,再说一个部分,有并列的部分就再说一个。"""
    total = world[part.values["part_of"]]
    siblings = [c for c in world.concepts if c.values["part_of"] == total.name and c is not part]
    paragraphs = [writer.phrase(phrases.WHOLE_OPENINGS, name=part.name, whole=total.name)
                  + writer.passage(total, writer.relations(total, (1, 2)))]  # fmt: skip
    for i, concept in enumerate([part, *writer.chooser.sample(siblings, min(1, len(siblings)))]):
        turn = writer.phrase(phrases.WHOLE_TURNS, name=concept.name) if i else ""
        paragraphs.append(turn + writer.passage(concept, writer.relations(concept, (2, 3), ("part_of", "definition"))))
    return [*paragraphs, writer.phrase(phrases.WHOLE_CLOSINGS, whole=total.name)]


PLANS = (introduce, story, answer, listing, contrast, whole)
PARTNER = {"contrast": "opposite", "whole": "part_of"}  # 需要第二个事物的写法,和找它的关系


class World:
    """小世界:事物的表,和从表里写出的文章、句子、问答、翻译与摘要。"""

    def __init__(self, concepts: Sequence[Concept]):
        self.concepts = tuple(concepts)
        self._by_name = {c.name: c for c in self.concepts}

    def __getitem__(self, name: str) -> Concept:
        return self._by_name[name]
