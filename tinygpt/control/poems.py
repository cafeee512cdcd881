"""写诗：四行一样长，五字或七字；没有重复的行；第一、二、四行押韵；写的是题目。

奖励全由字数、韵表与小诗自己的行表算出。真正要的是 titled：样子都对，并且至少两行是这个题目的行。
form 只管样子，不管题目；steps 是样子的五条里成立了几条。后两种都留了漏洞（第 13 课）。
留出的是题目：小诗的题目里约四分之一，训练时不用。
"""

import itertools
import random
import re
from collections.abc import Iterator
from functools import cache

from tinygpt.control.goal import Goal
from tinygpt.corpus.stories.plans.poem import RHYMES, THEMES
from tinygpt.probes.bench import share
from tinygpt.probes.form import POEM_LENGTHS, poem_lines
from tinygpt.tasks.case import Case, held_out

TITLES = tuple(dict.fromkeys(name for theme in THEMES for name in theme.names))
USUAL = tuple(title for title in TITLES if not held_out(title, one_in=4))
HELD = tuple(title for title in TITLES if held_out(title, one_in=4))
ON_TITLE = 2  # 至少几行是题目自己的行


def write(seed: int, held: bool) -> Iterator[Case]:
    """about 是题目。"""
    source, titles = random.Random(seed), HELD if held else USUAL
    while True:
        for title in source.sample(titles, len(titles)):
            yield Case(f"诗：{title}\n", "", about=(title,))


def rhyme(character: str) -> str | None:
    """这个字在韵表里属于哪一韵；表里没有就是 None。"""
    return next((name for name, characters in RHYMES.items() if character in characters), None)


def written_out(template: str) -> list[str]:
    """一行的模板 → 它写得出的全部行：[桃花|杏花][满园|十里]香 有四行。"""
    parts = [part.split("|") for part in re.split(r"[\[\]]", template)]
    return ["".join(chosen) for chosen in itertools.product(*parts)]


@cache
def lines_of_title(title: str) -> frozenset[str]:
    """小诗里，用这个题目的几张表写得出的全部行。"""
    themes = [theme for theme in THEMES if title in theme.names]
    return frozenset(row for t in themes for line in t.rhymed + t.free for row in written_out(line))


def conditions(text: str) -> list[bool]:
    """四行；每一行五字或七字；一样长；各不相同；第一、二、四行押韵，末一个字各不相同。"""
    rows = poem_lines(text)
    last = [rows[i][-1] for i in (0, 1, 3)] if len(rows) >= 4 else []
    rhymed = len(set(last)) == 3 and len(set(map(rhyme, last))) == 1 and rhyme(last[0]) is not None
    lengths, different = {len(row) for row in rows}, len(set(rows)) == len(rows)
    return [len(rows) == 4, lengths <= set(POEM_LENGTHS), len(lengths) == 1, different, rhymed]


def steps(case: Case, text: str) -> float:
    """样子的五条里成立了几条。"""
    return share(conditions(text)) if poem_lines(text) else 0.0


def form(case: Case, text: str) -> float:
    """样子的五条都成立。"""
    return float(bool(poem_lines(text)) and all(conditions(text)))


def on_title(case: Case, text: str) -> float:
    """各行里有几成是这个题目的行。"""
    return share([row in lines_of_title(case.about[0]) for row in poem_lines(text)]) or 0.0


def titled(case: Case, text: str) -> float:
    """样子都对，并且至少两行是这个题目的行。"""
    rows = set(poem_lines(text)) & lines_of_title(case.about[0])
    return float(form(case, text) == 1 and len(rows) >= ON_TITLE)


REWARDS = {"titled": titled, "form": form, "steps": steps, "on_title": on_title}
POEMS = Goal("poem", "写诗", write, REWARDS, main="titled", most=40)
