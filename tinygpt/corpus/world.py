"""小世界：一张手写的事实表，加上一个按种子写文章的生成器。

这里知道：事实怎样选、说法怎样选、句子怎样连成段落，以及每一次随机选择花了多少比特。
这里不知道：分词、编号和模型；也不知道具体的说法（见 world_phrases.py）和事实（见 world_concepts.jsonl）。
一切随机都经过 Chooser，bits 由它逐次记账。两串选择可能写出同一段文字，所以许多篇的 bits 总和除以字数，
是生成器自身每字信息量的上界：记住了事实和说法的模型，损失可以这么低。
"""

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinygpt.corpus import world_phrases as phrases
from tinygpt.errors import InputError

TABLE = Path(__file__).with_name("world_concepts.jsonl")
RELATIONS = tuple(phrases.PHRASES)


@dataclass(frozen=True)
class Fact:
    """一条事实：谁、什么关系、内容。"""

    subject: str
    relation: str
    value: str


@dataclass(frozen=True)
class Concept:
    """一个事物：名字、关系到内容的表，以及翻译用的两段英文（subject_en 带冠词，如 "a cat"）。"""

    name: str
    values: dict[str, str]
    subject_en: str
    definition_en: str

    @classmethod
    def parse(cls, line: str, where: str) -> "Concept":
        row = json.loads(line)
        missing = [key for key in phrases.REQUIRED if not row.get(key)]
        if missing:
            raise InputError(f"{where} 缺少 {'、'.join(missing)}", "除 year 以外每一项都要填",
            "补上这些内容")
        return cls(
            row["name"], {r: row[r] for r in RELATIONS if r in row}, row["subject_en"], row["definition_en"]
        )

    def fact(self, relation: str) -> Fact:
        return Fact(self.name, relation, self.values[relation])


@dataclass(frozen=True)
class WorldDocument:
    """一篇文章。bits 是写它时所有随机选择的 −log2 概率之和（选题目、选标题也算在内）。"""

    title: str
    text: str
    facts: tuple[Fact, ...]
    bits: float


@dataclass
class Chooser:
    """随机选择，并记账：每次选择把 −log2(概率) 加到 bits 上。"""

    source: random.Random
    bits: float = 0.0

    def choose(self, options: Sequence):
        self.bits += math.log2(len(options))
        return options[self.source.randrange(len(options))]

    def sample(self, options: Sequence, count: int) -> list:
        """不放回地依次选 count 个，次序也是选择的一部分。"""
        rest = list(options)
        return [rest.pop(self.choose(range(len(rest)))) for _ in range(count)]

    def chance(self, part: int, whole: int) -> bool:
        """以 part / whole 的概率为真。"""
        hit = self.source.randrange(whole) < part
        self.bits -= math.log2((part if hit else whole - part) / whole)
        return hit


def patterns(relation: str, held_out: bool = False) -> tuple[str, ...]:
    """一种关系平时的说法，或留出的说法。"""
    if relation not in RELATIONS:
        raise InputError(f"没有叫作 {relation!r} 的关系", "、".join(RELATIONS), "从上面的关系中选一个")
    options = phrases.PHRASES[relation]
    return options[-phrases.HELD_OUT :] if held_out else options[: -phrases.HELD_OUT]


@dataclass
class Writer:
    """写一篇文章用的笔：选说法、换代词、加连接词，记下用到的事实。后半部分是六种写法，各返回一到四段。"""

    world: "World"
    chooser: Chooser
    held_out: bool = False
    facts: list[Fact] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def fresh(self, options: Sequence[str]) -> str:
        """选一个这篇里还没有用过的；都用过了就不管。"""
        self.used.add(chosen := self.chooser.choose([p for p in options if p not in self.used] or options))
        return chosen

    def pattern(self, relation: str, plain: bool = False) -> str:
        """选一条说法；plain 为真时只选平说。"""
        return self.fresh([p for p in patterns(relation, self.held_out) if not plain or p in phrases.PLAIN])

    def fill(self, pattern: str, fact: Fact, name: str = "") -> str:
        self.facts.append(fact)
        return pattern.format(name=name or fact.subject, value=fact.value)

    def say(self, concept: Concept, relation: str) -> str:
        """一句自成一体的话，不用代词；尽量用平说，但留出的说法太少，不再挑。"""
        return self.fill(self.pattern(relation, plain=not self.held_out), concept.fact(relation))

    def passage(self, concept: Concept, relations: Sequence[str]) -> str:
        """连着说同一事物的几件事：第一句用名字，后面可以用"它"和连接词。"""
        text, clear, linked = "", False, True
        for relation in relations:
            pattern, name, lead = self.pattern(relation), concept.name, ""
            if clear and pattern not in phrases.NAMED and self.chooser.chance(2, 3):
                name = "它"
            if not linked and pattern in phrases.PLAIN and self.chooser.chance(1, 3):
                lead = self.fresh(phrases.CONNECTORS)
            text += lead + self.fill(pattern, concept.fact(relation), name)
            clear, linked = relation not in phrases.AMBIGUOUS, bool(lead)
        return text

    def phrase(self, options: Sequence[str], **names: str) -> str:
        return self.fresh(options).format(**names)

    def maybe(self, options: Sequence[str], concept: Concept) -> str:
        """一半的可能说一句，一半的可能不说。"""
        return self.phrase(options, name=concept.name) if self.chooser.chance(1, 2) else ""

    def relations(
        self, concept: Concept, counts: Sequence[int], first: tuple[str, ...] = ("definition",)
    ) -> list[str]:
        """先说 first，再从其余的关系里随机取若干种，次序也随机。"""
        rest = [r for r in concept.values if r not in first]
        return [*first, *self.chooser.sample(rest, self.chooser.choose(counts))]

    def split(self, items: list[str], most: int) -> list[list[str]]:
        """分成一到 most 份，每份至少两项。"""
        if most == 1 or len(items) < 4 or self.chooser.chance(1, most):
            return [items]
        cut = self.chooser.choose(range(2, len(items) - 1))
        return [items[:cut], *self.split(items[cut:], most - 1)]

    def introduce(self, concept: Concept) -> list[str]:
        """介绍：开头、定义、若干方面。"""
        first, *others = self.split(self.relations(concept, range(5, 9)), 3)
        paragraphs = [
            self.phrase(phrases.INTRODUCE_OPENINGS, name=concept.name) + self.passage(concept, first)
        ]
        paragraphs += [self.maybe(phrases.TURNS, concept) + self.passage(concept, part) for part in others]
        paragraphs[-1] += self.maybe(phrases.CLOSINGS, concept)
        return paragraphs

    def story(self, concept: Concept) -> list[str]:
        """故事：一个人听到一个词，另一个人讲给他听。"""
        names = {key: self.chooser.choose(options) for key, options in phrases.STORY_NAMES.items()}
        paragraphs, leads = (
            [self.phrase(phrases.STORY_SCENES, name=concept.name, **names)],
            phrases.STORY_LEADS,
        )
        for part in self.split(self.relations(concept, range(3, 7)), 2):
            paragraphs.append(f"{self.phrase(leads, **names)}“{self.passage(concept, part)}”")
            leads = phrases.STORY_MORE
        return [*paragraphs, self.phrase(phrases.STORY_ENDINGS, name=concept.name, **names)]

    def answer(self, concept: Concept) -> list[str]:
        """问答：几个问题，各有回答。"""
        items = []
        for relation in self.relations(concept, range(3, 6)):
            question = self.phrase(phrases.QUESTIONS[relation], name=concept.name)
            items.append(
                self.fresh(phrases.QA_FRAMES).format(question=question, answer=self.say(concept, relation))
            )
        paragraphs = ["".join(part) for part in self.split(items, 4)]
        return [self.phrase(phrases.QA_OPENINGS, name=concept.name) + paragraphs[0], *paragraphs[1:]]

    def listing(self, concept: Concept) -> list[str]:
        """清单：第一、第二……最后，一段说完。"""
        relations = self.relations(concept, (5, 6))
        ordinals = (*self.chooser.choose(phrases.ORDINALS)[: len(relations) - 1], phrases.LAST_ORDINAL)
        items = [ordinal + self.say(concept, r) for ordinal, r in zip(ordinals, relations, strict=True)]
        opening = self.phrase(phrases.LIST_OPENINGS, name=concept.name)
        return [opening + "".join(items) + self.maybe(phrases.CLOSINGS, concept)]

    def aspect(self, a: Concept, b: Concept, relation: str) -> str:
        """同一方面说两个事物：平时用同一句式并列，留出的说法则各说一句。"""
        if self.held_out:
            return self.say(a, relation) + self.say(b, relation)
        pattern, link = self.pattern(relation, plain=True), self.fresh(phrases.CONTRAST_LINKS)
        return (
            self.fill(pattern, a.fact(relation)).removesuffix("。")
            + link
            + self.fill(pattern, b.fact(relation))
        )

    def contrast(self, a: Concept) -> list[str]:
        """对比：逐个方面比，或者先说一个再说另一个。"""
        b = self.world.by_name[a.values["opposite"]]
        opening = self.phrase(phrases.CONTRAST_OPENINGS, a=a.name, b=b.name) + self.say(a, "opposite")
        shared = [
            r for r, v in a.values.items() if b.values.get(r, v) != v and r not in ("opposite",
            "definition")
        ]
        relations = ["definition", *self.chooser.sample(shared, self.chooser.choose((2, 3, 4)))]
        if self.chooser.chance(1, 2):
            middle = [self.passage(a, relations), self.passage(b, relations)]
        else:
            middle = ["".join(part) for part in self.split([self.aspect(a, b, r) for r in relations], 2)]
        return [opening, *middle, self.phrase(phrases.CONTRAST_CLOSINGS, a=a.name, b=b.name)]

    def whole(self, part: Concept) -> list[str]:
        """整体与部分：先说整体，再说一个部分，有并列的部分就再说一个。"""
        total = self.world.by_name[part.values["part_of"]]
        siblings = [c for c in self.world.concepts if c.values["part_of"] == total.name and c is not part]
        opening = self.phrase(phrases.WHOLE_OPENINGS, name=part.name, whole=total.name)
        paragraphs = [opening + self.passage(total, self.relations(total, (1, 2)))]
        for concept in [part, *self.chooser.sample(siblings, min(1, len(siblings)))]:
            turn = "" if concept is part else self.phrase(phrases.WHOLE_TURNS, name=concept.name)
            paragraphs.append(
                turn + self.passage(concept, self.relations(concept, (2, 3), ("part_of", "definition")))
            )
        paragraphs[-1] += self.phrase(phrases.WHOLE_CLOSINGS, whole=total.name)
        return paragraphs


class World:
    """小世界：事物的表，和从表里写出的文章、句子、问答、翻译与摘要。"""

    def __init__(self, concepts: Sequence[Concept]):
        self.concepts = tuple(concepts)
        self.by_name = {c.name: c for c in self.concepts}
        if len(self.by_name) < len(self.concepts):
            raise InputError("表里有重复的名字", "每个事物只占一行", "删去或合并重复的行")
        pairs = {
            p: [c for c in self.concepts if c.values[r] in self.by_name] for p, r in phrases.PARTNER.items()
        }
        self._topics = [
            (p, pairs.get(p, self.concepts)) for p in phrases.TITLES if pairs.get(p, self.concepts)
        ]

    @classmethod
    def load(cls, path: str | Path = TABLE) -> "World":
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        return cls(
            [Concept.parse(line, f"{path} 第 {i} 行") for i, line in enumerate(lines, 1) if line.strip()]
        )

    def facts(self) -> list[Fact]:
        return [c.fact(r) for c in self.concepts for r in c.values]

    def documents(
        self,
        seed: int,
        n_characters: int | None = None,
        n_documents: int | None = None,
        held_out: bool = False,
    ) -> Iterator[WorldDocument]:
        """写够 n_characters 个字符或 n_documents 篇为止；同样的种子总是同样的文章。

        每篇先选写法，再选题目。
        """
        if n_characters is None and n_documents is None:
            raise InputError(
                "没有说写多少", "给出 n_characters 或 n_documents", "例如 documents(0, n_documents=10)"
            )
        source, characters, count = random.Random(seed), 0, 0
        while (n_characters is None or characters < n_characters) and (
            n_documents is None or count < n_documents
        ):
            writer = Writer(self, Chooser(source), held_out)
            plan, topics = writer.chooser.choose(self._topics)
            concept = writer.chooser.choose(topics)
            title = writer.phrase(
                phrases.TITLES[plan], a=concept.name, b=concept.values.get(phrases.PARTNER.get(plan))
            )
            text = "\n".join(getattr(writer, plan)(concept))
            yield WorldDocument(title, text, tuple(writer.facts), writer.chooser.bits)
            characters, count = characters + len(text), count + 1

    def sentences(self, relation: str, held_out: bool = False) -> list[tuple[Fact, str]]:
        """一种关系的每条事实、每种说法。"""
        chosen, facts = patterns(relation, held_out), [f for f in self.facts() if f.relation == relation]
        return [(fact, p.format(name=fact.subject, value=fact.value)) for fact in facts for p in chosen]

    def questions(
        self, seed: int, n: int, relations: Sequence[str] | None = None
    ) -> list[tuple[str, str, Fact]]:
        """n 组（问题、回答、所根据的事实）；定义和英文有时反过来问：给出内容，问名字。"""
        plain = {r: [p for p in patterns(r) if p in phrases.PLAIN] for r in relations or RELATIONS}
        facts = [f for f in self.facts() if f.relation in plain]
        chooser, rows = Chooser(random.Random(seed)), []
        for _ in range(n):
            fact = chooser.choose(facts)
            pair = chooser.choose(phrases.QUESTIONS[fact.relation]), chooser.choose(plain[fact.relation])
            if fact.relation in phrases.REVERSE and chooser.chance(1, 4):
                pair = chooser.choose(phrases.REVERSE[fact.relation])
            rows.append((*(p.format(name=fact.subject, value=fact.value) for p in pair), fact))
        return rows

    def translations(self, seed: int, n: int) -> list[tuple[str, str]]:
        """n 对（中文句子、英文句子）；句中的第二个事物必须也在表里，否则不知道它的英文。"""
        chooser, rows = Chooser(random.Random(seed)), []
        while len(rows) < n:
            chinese, english, relation = chooser.choose(phrases.TRANSLATIONS)
            concept = chooser.choose(self.concepts)
            other = self.by_name.get(concept.values[relation]) if relation else concept
            if other:
                names = concept.values | vars(concept) | {"other": other.name, "other_en": other.subject_en}
                english = english.format(**names)
                rows.append((chinese.format(**names), english[0].upper() + english[1:]))
        return rows

    def summaries(self, seed: int, n: int) -> list[tuple[str, str]]:
        """n 对（一段话、一句摘要）；摘要里的两件事都在那段话里。"""
        source, rows = random.Random(seed), []
        for writer in (Writer(self, Chooser(source)) for _ in range(n)):
            concept, (relation, summary) = map(writer.chooser.choose, (self.concepts, phrases.SUMMARIES))
            told = writer.relations(concept, (2, 3, 4), ("definition", relation))
            paragraph = writer.passage(concept, writer.chooser.sample(told, len(told)))
            rows.append((paragraph, summary.format(name=concept.name, **concept.values)))
        return rows

    def entropy(self, seed: int, n_documents: int) -> dict[str, float]:
        """写 n_documents 篇来量：每字、每篇平均多少比特（都是上界）。"""
        documents = list(self.documents(seed, n_documents=n_documents))
        bits, characters = sum(d.bits for d in documents), sum(len(d.text) for d in documents)
        return {"bits_per_character": bits / characters, "bits_per_document": bits / n_documents,
                "documents": n_documents, "characters": characters}  # fmt: skip
