"""一个目标：出什么题，写到哪里为止，怎样给一个回答打分。

奖励是一个函数（题，回答的文字）→ 0 到 1 的数；它只看文字，不看概率，也不必可导。
这里不知道有哪些目标（见 poems、chats、shop），也不知道怎样训练。
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tinygpt.tasks import Case

TEST_SEED = 8_000_000  # 考题永远是这一串，与训练的种子错开
Reward = Callable[[Case, str], float]


@dataclass(frozen=True)
class Goal:
    """write：(种子, 要不要留出的) → 一道接一道，写也写不完。

    rewards：名字 → 奖励，main 是真正要的那一种。
    start：提示前面的特殊 token；most：最多写多少个 token；stop：写出其中任何一个字就停，另外总在 <eos> 停。
    """

    name: str
    title: str
    write: Callable[[int, bool], Iterator[Case]]
    rewards: dict[str, Reward]
    main: str
    most: int
    stop: str = ""
    start: tuple[int, ...] = ()

    def test(self, count: int) -> list[Case]:
        """count 道考题：都是留出的；题少的目标，同一道题会出现几次（每次另外抽样）。"""
        return list(itertools.islice(self.write(TEST_SEED, True), count))

    def prompt(self, tokenizer, case: Case) -> list[int]:
        """一道题的提示的编号。"""
        return [*self.start, *tokenizer.encode(case.prompt)]

    def ends(self, tokenizer) -> frozenset[int]:
        """写出其中一个编号就停。"""
        ids = range(tokenizer.vocab_size)
        return frozenset({tokenizer.eos, *(i for i in ids if set(self.stop) & set(tokenizer.decode([i])))})
