"""写诗：四行一样长，五字或七字；没有重复的行；第一、二、四行押韵。

奖励全由字数与韵表算出。两种奖励：lines 只看每一行的字数，留了漏洞；poem 是补好的。
留出的是题目：小诗的题目里约四分之一，训练时不用；另有十个语料里从来没有作过诗的题目。
"""

import random
from collections.abc import Iterator

from tinygpt.control.goal import Goal
from tinygpt.corpus.stories.plans.poem import RHYMES, THEMES
from tinygpt.probes.bench import share
from tinygpt.probes.form import POEM_LENGTHS, is_poem, poem_lines
from tinygpt.tasks.case import Case, held_out

NEW_TITLES = ("山", "海边", "小猫", "老师", "下雨", "跑步", "看书", "苹果", "妈妈", "石桥")
TITLES = tuple(dict.fromkeys(name for theme in THEMES for name in theme.names))
USUAL = tuple(title for title in TITLES if not held_out(title, one_in=4))
HELD = tuple(title for title in TITLES if held_out(title, one_in=4))


def write(seed: int, held: bool) -> Iterator[Case]:
    source = random.Random(seed)
    titles = [(title, "留出的题目") for title in HELD] + [(title, "没写过的题目") for title in NEW_TITLES]
    titles = titles if held else [(title, "") for title in USUAL]
    while True:
        for title, kind in source.sample(titles, len(titles)):
            yield Case(f"诗：{title}\n", "", kind)


def rhyme(character: str) -> str | None:
    """这个字在韵表里属于哪一韵；表里没有就是 None。"""
    return next((name for name, characters in RHYMES.items() if character in characters), None)


def lines(case: Case, text: str) -> float:
    """每一行是五个字或七个字的占多少。"""
    return share([len(line) in POEM_LENGTHS for line in poem_lines(text)]) or 0.0


def whole(case: Case, text: str) -> float:
    """四行一样长，五字或七字。"""
    return float(is_poem(text))


def poem(case: Case, text: str) -> float:
    """四行一样长；四行各不相同；第一、二、四行押韵，末一个字各不相同。"""
    rows = poem_lines(text)
    if not is_poem(text) or len(set(rows)) < 4:
        return 0.0
    last = [rows[0][-1], rows[1][-1], rows[3][-1]]
    return float(len(set(last)) == 3 and rhyme(last[0]) is not None and len(set(map(rhyme, last))) == 1)


POEMS = Goal("poem", "写诗", write, {"poem": poem, "whole": whole, "lines": lines}, main="poem", most=40)
