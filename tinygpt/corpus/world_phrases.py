"""小世界的说法：从 world_facts/ 读出每种关系的说法、问法和类别的量词。

这里知道：说法按什么分组，哪些说法是留出的，哪些能换成代词。
这里不知道：世界上有哪些事物，也不知道说法怎样拼成文章（见 world_writer.py）。

约定：
- {name} 是事物的名字，{value} 是关系的内容；对比另有 {other}、{mine}、{theirs}，年份另有 {year}、{event}；
- 一种关系按事物的组别（想法、东西、地方、时候、人……）各有一组说法，没有自己那组的用 other；
- 每组的最后 HELD_OUT 条是留出的说法，平时的文章里绝不使用，只用来检查模型能否举一反三；问法留出最后一条；
- 一条说法可以写两遍：最平常的说法应当多见。
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinygpt.errors import InputError

FOLDER = Path(__file__).with_name("world_facts")
DATA = json.loads((FOLDER / "phrases.json").read_text(encoding="utf-8"))
PHRASES, QUESTIONS, REVERSE = DATA["phrases"], DATA["questions"], DATA["reverse"]
RELATIONS = tuple(PHRASES)
REMARKS = json.loads((FOLDER / "remarks.json").read_text(encoding="utf-8"))  # 手写的单句，不从表里来
HELD_OUT, HELD_OUT_QUESTIONS = 2, 1
REQUIRED = ("name", "kind", "english", "subject_en", "definition_en", "definition")
AMBIGUOUS = (
    "opposite",
    "field",
    "part_of",
    "example",
    "likeness",
    "cause",
)  # 这些话里有别的东西，下一句不用代词


@dataclass(frozen=True)
class Kind:
    """一个类别：名字、量词、组别、代词、举例时的组别；silent 的类别太宽，不说“某某是一种事物”。"""

    kind: str
    measure: str
    group: str
    pronoun: str = "它"
    example: str = ""
    silent: bool = False


def _kinds() -> dict[str, Kind]:
    lines = (FOLDER / "kinds.jsonl").read_text(encoding="utf-8").splitlines()
    return {kind.kind: kind for kind in (Kind(**json.loads(line)) for line in lines)}


KINDS = _kinds()


def group_of(table: dict, relation: str, group: str) -> list[str]:
    if relation not in table:
        raise InputError(f"没有叫作 {relation!r} 的关系", "、".join(RELATIONS), "从上面的关系中选一个")
    return table[relation].get(group, table[relation]["other"])


def patterns(relation: str, held_out: bool = False, group: str = "other") -> tuple[str, ...]:
    """一种关系对某一组事物平时的说法，或留出的说法。"""
    options = group_of(PHRASES, relation, group)
    return tuple(options[-HELD_OUT:] if held_out else options[:-HELD_OUT])


def question_patterns(relation: str, held_out: bool = False, group: str = "other") -> tuple[str, ...]:
    """一种关系平时的问法，或留出的问法。"""
    options = group_of(QUESTIONS, relation, group)
    return tuple(options[-HELD_OUT_QUESTIONS:] if held_out else options[:-HELD_OUT_QUESTIONS])


def takes_pronoun(pattern: str) -> bool:
    """名字只出现一次、而且在句首的说法，名字可以换成代词。"""
    return pattern.startswith("{name}") and pattern.count("{name}") == 1 and "它" not in pattern


def fitting(options: Sequence[str], value: str) -> list[str]:
    """去掉接不上的说法："用来"后面不接"在……"、"为……"、"使……"；句首不放引号。"""
    after = not value.startswith(("在", "为", "很", "使", "让"))
    first = value[:1].isalnum()
    options = [p for p in options if "人们" not in p or "人们" not in value]  # 不说“人们用它来帮助人们”
    return [p for p in options if (after or "来{value}" not in p) and (first or not p.startswith("{value}"))]
