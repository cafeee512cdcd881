"""小世界：一张手写的、封闭的事实表，和从表里写出的文章、句子、问答、翻译与摘要。

这里知道：怎样按种子取出文章、句子、问答、翻译与摘要，以及每字多少比特。
这里不知道：分词、编号和模型；表在 world_table.py，说法在 world_phrases.py，文章怎样拼成在 world_writer.py。
封闭：每个事物所属的、所比较的，也都是表里的事物，所以问到哪里都有答案。
一切随机都经过 Chooser，bits 由它逐次记账。两串选择可能写出同一段文字，所以许多篇的 bits 总和除以字数，
是生成器自身每字信息量的上界：记住了事实和说法的模型，损失可以这么低。
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from tinygpt.corpus import world_phrases as phrases
from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.world_phrases import RELATIONS, patterns
from tinygpt.corpus.world_table import TABLE, Concept, Contrast, Fact, read
from tinygpt.corpus.world_writer import WorldDocument, Writer, topics
from tinygpt.errors import InputError

__all__ = ["RELATIONS", "Chooser", "Concept", "Contrast", "Fact", "World", "WorldDocument", "patterns"]


class World:
    """小世界：事物的表，和从表里写出的文章、句子、问答、翻译与摘要。"""

    def __init__(self, concepts: Sequence[Concept]):
        self.concepts = tuple(concepts)
        self.by_name = {c.name: c for c in self.concepts}
        if len(self.by_name) < len(self.concepts):
            raise InputError("表里有重复的名字", "每个事物只占一行", "删去或合并重复的行")
        self.kinds: dict[str, list[Concept]] = {}
        for concept in self.concepts:
            if not concept.kind.silent:
                self.kinds.setdefault(concept.kind.kind, []).append(concept)
        self.kinds = {kind: members for kind, members in self.kinds.items() if len(members) >= 3}

    @classmethod
    def load(cls, path: str | Path = TABLE) -> "World":
        """读出整张表；path 可以是一个文件夹，或者单独一个 .jsonl。"""
        return cls(read(path))

    def others(self, concept: Concept) -> list[Fact]:
        """这个事物的对比中，另一方也在这张表里的（表可以只取一部分）。"""
        return [fact for fact in concept.facts("opposite") if fact.other in self.by_name]

    def whole(self, concept: Concept) -> Concept | None:
        """它所属的学问或整体。"""
        name = concept.values.get("field") or concept.values.get("part_of")
        return self.by_name.get(name) if name else None

    def facts(self) -> list[Fact]:
        return [fact for c in self.concepts for r in RELATIONS for fact in c.facts(r)]

    def documents(
        self,
        seed: int,
        n_characters: int | None = None,
        n_documents: int | None = None,
        held_out: bool = False,
        plans: Sequence[str] | None = None,
    ) -> Iterator[WorldDocument]:
        """写够 n_characters 个字符或 n_documents 篇为止；同样的种子总是同样的文章。plans：只用哪些写法。"""
        if n_characters is None and n_documents is None:
            raise InputError(
                "没有说写多少", "给出 n_characters 或 n_documents", "例如 documents(0, n_documents=10)"
            )
        source, characters, count, choices = random.Random(seed), 0, 0, topics(self, plans)
        while (n_characters is None or characters < n_characters) and (
            n_documents is None or count < n_documents
        ):
            document = Writer(self, Chooser(source), held_out).write(choices)
            yield document
            characters, count = characters + len(document.text), count + 1

    def sentences(self, relation: str, held_out: bool = False) -> list[tuple[Fact, str]]:
        """一种关系的每条事实、每种说法。"""
        patterns(relation)
        rows = []
        for concept in self.concepts:
            options = dict.fromkeys(patterns(relation, held_out, concept.group(relation)))
            facts = self.others(concept) if relation == "opposite" else concept.facts(relation)
            rows += [
                (fact, concept.fill(p, fact)) for fact in facts for p in phrases.fitting(options, fact.value)
            ]
        return rows

    def questions(
        self, seed: int, n: int, relations: Sequence[str] | None = None, held_out: bool = False
    ) -> list[tuple[str, str, Fact]]:
        """n 组（问题、回答、所根据的事实）；定义和英文有时反过来问：给出内容，问名字。"""
        for relation in relations or RELATIONS:
            patterns(relation)
        rows, facts = [], [f for f in self.facts() if f.relation in (relations or RELATIONS)]
        facts, chooser = (
            [f for f in facts if not f.other or f.other in self.by_name],
            Chooser(random.Random(seed)),
        )
        for _ in range(n):
            fact = chooser.choose(facts)
            concept, relation = self.by_name[fact.subject], fact.relation
            group = concept.group(relation)
            answers = [
                p for p in phrases.fitting(patterns(relation, group=group), fact.value) if "？" not in p
            ]
            pair = (
                chooser.choose(phrases.question_patterns(relation, held_out, group)),
                chooser.choose(answers),
            )
            if relation in phrases.REVERSE and not held_out and chooser.chance(1, 4):
                pair = chooser.choose(phrases.REVERSE[relation])
            rows.append((*(concept.fill(p, fact) for p in pair), fact))
        return rows

    def translations(self, seed: int, n: int) -> list[tuple[str, str]]:
        """n 对（中文句子、英文句子）；句中的第二个事物也在表里，所以知道它的英文。"""
        chooser, rows = Chooser(random.Random(seed)), []
        while len(rows) < n:
            chinese, english, relation = chooser.choose(phrases.DATA["translations"])
            concept = chooser.choose(self.concepts)
            facts = (
                self.others(concept)
                if relation == "opposite"
                else concept.facts(relation)
                if relation
                else []
            )
            name = (chooser.choose(facts).other or concept.values[relation]) if facts else concept.name
            if name in self.by_name and (facts or not relation):
                other = self.by_name[name]
                names = concept.values | {
                    "name": concept.name,
                    "subject_en": concept.subject_en,
                    "definition_en": concept.definition_en,
                    "other": name,
                    "other_en": other.subject_en,
                }
                english = english.format(**names)
                rows.append((chinese.format(**names), english[0].upper() + english[1:]))
        return rows

    def summaries(self, seed: int, n: int) -> list[tuple[str, str]]:
        """n 对（一段话、一句摘要）；摘要里的两件事都在那段话里。"""
        source, rows = random.Random(seed), []
        while len(rows) < n:
            writer = Writer(self, Chooser(source))
            relation, groups, summary = writer.chooser.choose(phrases.DATA["summaries"])
            concept = writer.chooser.choose(self.concepts)
            if relation in concept.values and (not groups or concept.group(relation) in groups.split()):
                told = writer.relations(concept, (2, 3), ("definition", relation))
                paragraph = writer.passage(concept, writer.chooser.sample(told, len(told)))
                rows.append((paragraph, summary.format(name=concept.name, **concept.values)))
        return rows

    def entropy(self, seed: int, n_documents: int, plans: Sequence[str] | None = None) -> dict[str, float]:
        """写 n_documents 篇来量：每字、每篇平均多少比特（都是上界）。"""
        documents = list(self.documents(seed, n_documents=n_documents, plans=plans))
        bits, characters = sum(d.bits for d in documents), sum(len(d.text) for d in documents)
        return {
            "bits_per_character": bits / characters,
            "bits_per_document": bits / n_documents,
            "documents": n_documents,
            "characters": characters,
        }
