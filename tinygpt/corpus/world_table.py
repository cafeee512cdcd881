"""小世界的表：事实、对比、事物，以及怎样从 world_facts/ 里读出来。

这里知道：一行写着什么，缺了什么，对比怎样两边各得一条，一条事实怎样填进一条说法。
这里不知道：说哪些事实，按什么次序说（见 world_writer.py）。
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinygpt.corpus import world_phrases as phrases
from tinygpt.corpus.world_phrases import RELATIONS
from tinygpt.errors import InputError

TABLE = phrases.FOLDER
CONTRASTS = "contrasts.jsonl"


@dataclass(frozen=True)
class Fact:
    """一条事实：谁、什么关系、内容；对比还有另一个事物。"""

    subject: str
    relation: str
    value: str
    other: str = ""


@dataclass(frozen=True)
class Contrast:
    """与 other 的不同：mine 和 theirs 是两个谓语，接在各自的名字后面就成一句话。"""

    other: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Concept:
    """一个事物：名字、类别、关系到内容的表、对比，以及翻译用的英文（subject_en 带冠词，如 "a cat"）。"""

    name: str
    kind: phrases.Kind
    values: dict[str, str]
    contrasts: tuple[Contrast, ...]
    subject_en: str
    definition_en: str
    pronoun: str
    listed: bool

    @classmethod
    def parse(cls, line: str, where: str, contrasts: dict[str, list[Contrast]] | None = None) -> "Concept":
        row = json.loads(line)
        if missing := [key for key in phrases.REQUIRED if not row.get(key)]:
            raise InputError(f"{where} 缺少 {'、'.join(missing)}", "每行都要有这些项", "补上这些内容")
        if row["kind"] not in phrases.KINDS:
            raise InputError(
                f"{where} 的类别 {row['kind']} 没有量词",
                "kinds.jsonl 里写着的类别",
                "在 kinds.jsonl 里添一行",
            )
        kind, listed = phrases.KINDS[row["kind"]], "examples" in row
        if listed:
            row["example"] = join(row["examples"])
        row["kind"] = "" if kind.silent else f"一{kind.measure}{kind.kind}"
        pronoun = {"m": "他", "f": "她"}.get(row.get("gender", ""), kind.pronoun)
        values = {r: row[r] for r in RELATIONS if row.get(r)}
        pairs = tuple((contrasts or {}).get(row["name"], ()))
        return cls(row["name"], kind, values, pairs, row["subject_en"], row["definition_en"], pronoun, listed)

    @property
    def kind_of(self) -> str:
        """带量词的类别；太宽的类别叫作“一个概念”。"""
        return self.values.get("kind", "一个概念")

    def group(self, relation: str) -> str:
        """这种关系该用哪一组说法。"""
        if relation == "example":
            return "list" if self.listed else self.kind.example or self.kind.group
        return self.kind.group

    def fact(self, relation: str) -> Fact:
        return self.facts(relation)[0]

    def facts(self, relation: str) -> list[Fact]:
        if relation == "opposite":
            return [
                Fact(self.name, relation, f"{c.mine}，{c.other}{c.theirs}", c.other) for c in self.contrasts
            ]
        return [Fact(self.name, relation, self.values[relation])] if relation in self.values else []

    def called(self, pattern: str, relation: str) -> str:
        """代词，用不上就是空：名字不在句首的说法；也不说“他们的英文”“他们是一种职业”。"""
        person = self.pronoun != "它" and relation in ("kind", "english", "definition")
        return self.pronoun if phrases.takes_pronoun(pattern) and not person else ""

    def fill(self, pattern: str, fact: Fact, name: str = "") -> str:
        """把一条事实填进一条说法。"""
        year, _, event = fact.value.partition(" 年")
        mine, _, theirs = fact.value.partition(f"，{fact.other}")
        if "，" in mine + theirs:  # 谓语里已有逗号，两边之间就用分号
            pattern = pattern.replace("{mine}，而{other}", "{mine}；{other}")
            pattern = pattern.replace("{mine}，{other}", "{mine}；{other}")
        return pattern.format(
            name=name or self.name,
            value=fact.value,
            other=fact.other,
            mine=mine,
            theirs=theirs,
            kind=self.kind_of,
            year=f"{year} 年",
            event=event,
        )


def join(names: Sequence[str]) -> str:
    """苹果、香蕉和西瓜。"""
    return "、".join(names[:-1]) + "和" + names[-1] if len(names) > 1 else names[0]


def read_contrasts(path: Path) -> dict[str, list[Contrast]]:
    """每一对对比写一行，两边各得一条。"""
    table: dict[str, list[Contrast]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        table.setdefault(row["a"], []).append(Contrast(row["b"], row["a_is"], row["b_is"]))
        table.setdefault(row["b"], []).append(Contrast(row["a"], row["b_is"], row["a_is"]))
    return table


def read(path: str | Path = TABLE) -> list[Concept]:
    """读一个文件夹里的全部 .jsonl（类别与对比除外），或者单独一个 .jsonl。"""
    path, concepts = Path(path), []
    skip = (CONTRASTS, "kinds.jsonl")
    files = [p for p in sorted(path.glob("*.jsonl")) if p.name not in skip] if path.is_dir() else [path]
    pairs = read_contrasts(path / CONTRASTS) if path.is_dir() else {}
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            concepts.append(Concept.parse(line, f"{file} 第 {number} 行", pairs))
    return concepts
