"""一道题、一种任务，以及怎样划分：留出的组合与它们的回答，训练里一次也没有。

这里不知道有哪些任务（见各个文件），也不知道模型。
"""

import itertools
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tinygpt.errors import require

TEST_SEED = 5_000_000  # 考题永远是这一串，训练的种子换了也不变
Scores = dict[str, list[float]]  # 打分的名字 → 每道题得几分（0 到 1）


@dataclass(frozen=True)
class Case:
    """一道题：问、标准的回答、属于哪一种（看错在哪里时用）、别的资料（程序的测试、诗的体裁……）。"""

    prompt: str
    answer: str
    kind: str = ""
    about: tuple = ()

    def row(self) -> dict[str, str]:
        """写进 .jsonl 的一行，tinygpt finetune 读得懂。"""
        return {"prompt": self.prompt, "answer": self.answer}


@dataclass(frozen=True)
class Task:
    """一种任务。

    write：(种子, 要不要留出的组合) → 一道接一道，写也写不完；
    scores：(题, 回答) → 每道题的分，main 是主要的一种；copy：不会做的人怎样从问里抄一个回答；
    most：回答最多写多少个 token。
    """

    name: str
    title: str
    write: Callable[[int, bool], Iterator[Case]]
    scores: Callable[[Sequence[Case], Sequence[str]], Scores]
    copy: Callable[[Case], str]
    most: int = 60
    main: str = "exact"

    def test(self, count: int) -> list[Case]:
        """count 道考题：都是留出的组合，问与答都不重复。"""
        return _distinct(self.write(TEST_SEED, True), count, self.name)

    def train(self, count: int, seed: int = 0, test: Sequence[Case] = ()) -> list[Case]:
        """count 道练习题，可以有重复的：不用留出的组合；问或答与 test 里的相同，也不要。"""
        asked, answered = {c.prompt for c in test}, {c.answer for c in test}
        fresh = (c for c in self.write(seed, False) if c.prompt not in asked and c.answer not in answered)
        return list(itertools.islice(fresh, count))


def _distinct(cases: Iterator[Case], count: int, name: str) -> list[Case]:
    """前 count 道问与答都没有出现过的题。"""
    chosen, known = [], set()
    for case in itertools.islice(cases, 200 * count + 2000):
        if len(chosen) < count and not {case.prompt, case.answer} & known:
            chosen.append(case)
            known |= {case.prompt, case.answer}
        if len(chosen) == count:
            break
    found = f"{name} 只写得出 {len(chosen)} 道不同的题"
    require(len(chosen) == count, found, f"{count} 道", "少要一些")
    return chosen


def held_out(*parts: str, one_in: int = 8) -> bool:
    """这一组词是不是留出的：由它们的校验和决定，约 one_in 分之一，与种子无关。"""
    return zlib.crc32("|".join(parts).encode()) % one_in == 0


def endless(make: Callable[[random.Random], tuple[Case, bool]], seed: int, held: bool) -> Iterator[Case]:
    """一道接一道地写，只交出留出（或没有留出）的；make 给出（题，是不是留出的）。"""
    source = random.Random(seed)
    while True:
        case, is_held = make(source)
        if is_held == held:
            yield case
