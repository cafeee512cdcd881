"""随机选择与记账：小世界和小故事共用。不知道要写什么。"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Chooser:
    """随机选择，并记账：每次选择把 −log2(概率) 加到 bits 上。"""

    source: random.Random
    bits: float = 0.0

    def choose(self, options: Sequence):
        self.bits += math.log2(len(options))
        return options[self.source.randrange(len(options))]

    def sample(self, options: Sequence, count: int) -> list:
        """不放回地依次选 count 个，次序也是选择的一部分。"""
        rest = list(options)
        return [rest.pop(self.choose(range(len(rest)))) for _ in range(count)]

    def chance(self, part: int, whole: int) -> bool:
        """以 part / whole 的概率为真。"""
        hit = self.source.randrange(whole) < part
        self.bits -= math.log2((part if hit else whole - part) / whole)
        return hit
