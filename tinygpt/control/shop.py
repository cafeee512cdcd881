"""店里算钱：写到该写总价、找零的地方停下，接着写出的数对不对，由故事的状态算出。

前文已经写过的数不算（照抄就行）。留出的是小故事自己留出的组合（东西 × 地方），预训练里也没有。
"""

import itertools
from collections.abc import Iterator

from tinygpt.control.goal import Goal
from tinygpt.corpus.stories import stories
from tinygpt.tasks.case import Case

PLAN = "buy"


def write(seed: int, held: bool) -> Iterator[Case]:
    for number in itertools.count():
        kept = "combination" if held else None
        for story in stories(seed + number, 50, plans=(PLAN,), held_out=kept):
            for cloze in story.cloze:
                before = story.text[: cloze.position]
                if cloze.kind == "sum" and cloze.answer not in before:
                    yield Case(before, cloze.answer, PLAN)


def right(case: Case, text: str) -> float:
    """写出的数就是该有的数。"""
    return float(text.startswith(case.answer))


SHOP = Goal("shop", "店里算钱", write, {"right": right}, main="right", most=6, stop="，。！？、”")
