"""写诗：四行一样长，五字或七字；没有重复的行；第一、二、四行押韵。

奖励全由字数与韵表算出：poem 要每一条都成立才是 1；steps 是成立了几成，训练用它，起步时才有高下可分；
lines 只看每一行的字数，留了漏洞。
留出的是题目：小诗的题目里约四分之一，训练时不用；另有十个语料里从来没有作过诗的题目。
"""

import random
from collections.abc import Iterator

from tinygpt.control.goal import Goal
from tinygpt.corpus.stories.plans.poem import RHYMES, THEMES
from tinygpt.probes.bench import share
from tinygpt.probes.form import POEM_LENGTHS, poem_lines
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


def conditions(text: str) -> list[bool]:
    """四行；每一行五字或七字；一样长；各不相同；第一、二、四行押韵，末一个字各不相同。"""
    rows = poem_lines(text)
    last = [rows[i][-1] for i in (0, 1, 3)] if len(rows) >= 4 else []
    rhymed = len(set(last)) == 3 and len(set(map(rhyme, last))) == 1 and rhyme(last[0]) is not None
    lengths = {len(row) for row in rows}
    return [len(rows) == 4, lengths <= set(POEM_LENGTHS), len(lengths) == 1, len(set(rows)) == 4, rhymed]


def steps(case: Case, text: str) -> float:
    """五条里成立了几条。"""
    return share(conditions(text)) if text else 0.0


def poem(case: Case, text: str) -> float:
    """五条都成立。"""
    return float(bool(text) and all(conditions(text)))


POEMS = Goal(
    "poem", "写诗", write, {"poem": poem, "steps": steps, "lines": lines}, main="poem", train="steps", most=40
)
