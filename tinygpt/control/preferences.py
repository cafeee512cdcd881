"""偏好：同一个提示的两个回答，一个好，一个差，成为 DPO 的一批。

偏好在这里由奖励得来（同一组里，奖励高的好过奖励低的）；换成人来挑，下面的一切照旧。
参考模型给每个回答的 log P 只算一次，写在批里：训练的时候不再需要它，也就不可能改动它。
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from tinygpt.control.rollouts import Group, example, frozen_log_probabilities
from tinygpt.errors import require
from tinygpt.losses import Batch
from tinygpt.pairs import Example, collate


@dataclass(frozen=True)
class Pair:
    """同一个提示的两个回答。"""

    better: Example
    worse: Example


def pairs_of(groups: Sequence[Group], seed: int = 0) -> list[Pair]:
    """每一组里，赢的与输的各打乱次序，一个对一个，配到一边用完为止；全赢或全输的组没有偏好。"""
    source, found = random.Random(seed), []
    for group in groups:
        best = max(group.rewards)
        rows = [example(group.prompt, reply) for reply in group.replies]
        won = [row for row, reward in zip(rows, group.rewards) if reward == best]
        lost = [row for row, reward in zip(rows, group.rewards) if reward < best]
        found += map(Pair, source.sample(won, len(won)), source.sample(lost, len(lost)))
    return found


def winners_of(groups: Sequence[Group]) -> tuple[Example, ...]:
    """奖励为 1 的回答，当作练习来学（拒绝采样）。"""
    return tuple(
        example(group.prompt, reply) for group in groups
        for reply, reward in zip(group.replies, group.rewards) if reward == 1
    )  # fmt: skip


class Preferences:
    """DPO 的批：第 n 批只由 (seed, n) 决定。"""

    def __init__(self, reference, pairs: Sequence[Pair], batch_size: int = 32, seed: int = 0):
        fix = "多写几个回答，或换一个不那么难、也不那么容易的目标"
        require(pairs, "没有一组里有赢有输", "至少一对偏好", fix)
        self.pairs, self.batch_size, self.seed = list(pairs), batch_size, seed
        self.reference = torch.cat([
            frozen_log_probabilities(reference, collate([pair.better, pair.worse])).sum(-1)[None]
            for pair in self.pairs
        ])  # fmt: skip

    def batch(self, n: int) -> Batch:
        """ids、targets (b, 2, t)，第 0 个是好的；reference (b, 2)；labels (b,) 全是 0：好的是第 0 个。"""
        chosen = random.Random(f"{self.seed}|{n}").choices(range(len(self.pairs)), k=self.batch_size)
        rows = collate([row for i in chosen for row in (self.pairs[i].better, self.pairs[i].worse)])
        return {
            "ids": rows["ids"].unflatten(0, (-1, 2)), "targets": rows["labels"].unflatten(0, (-1, 2)),
            "reference": self.reference[chosen], "labels": torch.zeros(len(chosen), dtype=torch.long),
        }  # fmt: skip
