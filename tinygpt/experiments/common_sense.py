"""常识：为这门课写的四十对题，二选一，按概率判。

一对题有两个开头（a、b）与两个结尾（x、y）：a 后面该写 x，b 后面该写 y。两个结尾在两题里各对一次，
所以不看开头、只凭哪个结尾更常见的人，每一对正好对一题：乱猜与“只看结尾”都是 0.5，一对都对是 0.25 与 0。
inside 的题，用词是训练文字里常见的；其余的用了训练文字里少见或没有的词（words 是各题的要紧的词）。
题与答案由课程的作者一个人写，没有请别人做过，所以没有人的分数。
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinygpt.experiments.facts import Question, ask

FILE = Path(__file__).with_name("common_sense.jsonl")
Score = Callable[[Sequence[tuple[str, str]]], list[float]]  # 几对（开头，结尾）→ log P(结尾 | 开头)


@dataclass(frozen=True)
class Pair:
    """一对题。"""

    a: str
    b: str
    x: str
    y: str
    words: tuple[str, ...]
    inside: bool


@dataclass(frozen=True)
class Verdict:
    """一对题的结果：a 题、b 题各选对没有；matched：两个开头配两个结尾，对的配法概率更大没有。"""

    right_a: bool
    right_b: bool
    matched: bool

    @property
    def both(self) -> bool:
        return self.right_a and self.right_b


def pairs() -> list[Pair]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [Pair(**{**row, "words": tuple(row["words"])}) for row in map(json.loads, lines)]


def by_model(model, tokenizer) -> Score:
    """用模型打分。"""
    asked = lambda rows: [Question(None, start, end) for start, end in rows]
    return lambda rows: [mark.log_p for mark in ask(model, tokenizer, asked(rows))]


def judge(asked: Sequence[Pair], score: Score) -> list[Verdict]:
    """每一对的结果：同一个开头接 x 与接 y，哪个概率大。平局算错。"""
    rows = [(start, end) for p in asked for start in (p.a, p.b) for end in (p.x, p.y)]
    scores, verdicts = score(rows), []
    for i in range(0, len(scores), 4):
        ax, ay, bx, by = scores[i : i + 4]
        verdicts.append(Verdict(ax > ay, by > bx, ax + by > ay + bx))
    return verdicts


def single(verdicts: Sequence[Verdict]) -> float:
    """一题一题地算，对的比例；乱猜是 0.5，只看结尾不会超过 0.5。"""
    return sum(v.right_a + v.right_b for v in verdicts) / (2 * len(verdicts))


def both(verdicts: Sequence[Verdict]) -> float:
    """一对都对的比例；乱猜是 0.25，只看结尾是 0。"""
    return sum(v.both for v in verdicts) / len(verdicts)


def matched(verdicts: Sequence[Verdict]) -> float:
    """配得对的比例：哪个结尾更常见，两种配法里都一样，就抵消了；乱猜是 0.5。"""
    return sum(v.matched for v in verdicts) / len(verdicts)
