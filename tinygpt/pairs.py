"""问答 → 成批的编号，只在回答上算损失。

一个例子是一场谈话：<chat>，每轮照模板写的问与答，最后是 <eos>。标签里，问题的位置都是 IGNORE；
每一个回答，连同它后面的换行（还有下一轮）或 <eos>（说完了），都算损失：模型既学说什么，也学什么时候停。
问与答分开编码：使用时提示停在“答：”，训练时也在那里切开，两边的 token 才一样。

放不下时（规则写在这里，也印在训练之前）：谈话太长，就在两轮之间断开，每段都从 <chat> 写起，一个回答也不丢；
单独一轮也放不下的，整轮不用：切掉问题，回答就没有来由；切掉回答，它就学会了话说一半。

这里不知道文件，也不知道模型；同一批里短的在右边补齐（因果掩码看不见右边），补的位置不算损失。
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from tinygpt.errors import require
from tinygpt.losses import IGNORE, Batch
from tinygpt.rows import Turns
from tinygpt.splits import number_of
from tinygpt.template import Template
from tinygpt.tokenizer import CHAT, EOS, PAD, Tokenizer


@dataclass(frozen=True)
class Example:
    """一个例子：ids 是输入，labels 是错开一位的标签，一样长。"""

    ids: tuple[int, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Encoded:
    """编好的例子，与没能照原样用上的：cut 是断开的谈话，too_long 是放不下的那几轮在哪里。"""

    examples: tuple[Example, ...]
    cut: tuple[str, ...] = ()
    too_long: tuple[str, ...] = ()


def encode_talks(
    talks: list[tuple[Turns, str]], tokenizer: Tokenizer, template: Template, context_length: int
) -> Encoded:
    """（几轮问答，在哪里）的列表 → 例子。"""
    texts = [
        text for turns, _ in talks for prompt, answer in turns
        for text in (template.ask(prompt), answer, answer + "\n")
    ]  # fmt: skip
    ids = iter(tokenizer.encode_batch(texts))
    examples, cut, too_long = [], [], []
    for turns, source in talks:
        encoded = [(next(ids), next(ids), next(ids)) for _ in turns]
        fitting = [turn for turn in encoded if 1 + len(turn[0]) + len(turn[1]) <= context_length]
        too_long += [source] * (len(encoded) - len(fitting))
        groups = list(_groups(fitting, context_length))
        cut += [source] * (len(groups) > 1)
        examples += map(_example, groups)
    return Encoded(tuple(examples), tuple(cut), tuple(too_long))


def _groups(turns: list[tuple], context_length: int) -> Iterator[list[tuple]]:
    """从头起，能放下几轮就放几轮。一轮是（问，最后一轮的答，后面还有的答）的编号。"""
    group, size = [], 1  # 1 是 <chat>；最后的 <eos> 只作标签，不占输入
    for ask, last, more in turns:
        if group and size + len(ask) + len(last) > context_length:
            yield group
            group, size = [], 1
        group.append((ask, last, more))
        size += len(ask) + len(more)
    if group:
        yield group


def _example(group: list[tuple]) -> Example:
    ids, learnt = [CHAT], [False]
    for number, (ask, last, more) in enumerate(group, start=1):
        answer = [*last, EOS] if number == len(group) else more
        ids += [*ask, *answer]
        learnt += [False] * len(ask) + [True] * len(answer)
    labels = [id if learn else IGNORE for id, learn in zip(ids[1:], learnt[1:])]
    return Example(tuple(ids[:-1]), tuple(labels))


def collate(examples: list[Example]) -> Batch:
    """几个例子 → {"ids": (b, t), "labels": (b, t)}，t 是其中最长的。"""
    longest = max(len(example.ids) for example in examples)
    ids = torch.full((len(examples), longest), PAD)
    labels = torch.full((len(examples), longest), IGNORE)
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        labels[row, : len(example.labels)] = torch.tensor(example.labels)
    return {"ids": ids, "labels": labels}


class ShuffledPairs:
    """训练用的批：每一轮（epoch）把全部例子打乱后各取一次。

    第 n 批只由 (seed, n) 决定，所以中断后从第 n 批接着取，与没有中断完全一样。
    """

    def __init__(self, examples: tuple[Example, ...], batch_size: int, seed: int = 0):
        require(len(examples) > 0, "没有可以训练的问答", "至少一轮", "给更多问答")
        self.examples, self.batch_size, self.seed = examples, batch_size, seed
        self._order = lru_cache(maxsize=2)(self._shuffle)

    def _shuffle(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([self.seed, epoch]).permutation(len(self.examples))

    def batch(self, n: int) -> Batch:
        """第 n 批。"""
        numbers = range(n * self.batch_size, (n + 1) * self.batch_size)
        places = [divmod(number, len(self.examples)) for number in numbers]
        return collate([self.examples[self._order(epoch)[index]] for epoch, index in places])


class AllPairs:
    """评估用的批：每个例子恰好一次；长短相近的放在一批，少补一些。"""

    def __init__(self, examples: tuple[Example, ...], batch_size: int = 16):
        require(len(examples) > 0, "验证集里没有问答", "至少一轮", "给更多问答，或调大 --validation-fraction")
        self.examples, self.batch_size = sorted(examples, key=lambda example: len(example.ids)), batch_size

    def __iter__(self) -> Iterator[Batch]:
        for begin in range(0, len(self.examples), self.batch_size):
            yield collate(self.examples[begin : begin + self.batch_size])


def split_talks(talks: list[tuple[Turns, str]], splits: list[str | None], fraction: float) -> tuple:
    """（训练，验证，怎样分的）。数据自带 validation 的照办；否则按第一个问题的摘要挑出约 fraction。

    同一个问题的几种回答总在同一边，与次序无关；至少留一个作验证。
    """
    if "validation" in splits:
        chosen, how = [split == "validation" for split in splits], "数据自带的划分"
    else:
        scores = [number_of(hashlib.sha256(turns[0][0].encode()).digest()) for turns, _ in talks]
        chosen = [score < fraction or score == min(scores) for score in scores]
        how = f"按问题的摘要，约 {fraction:.0%} 作验证"
    train = [talk for talk, kept in zip(talks, chosen) if not kept]
    fix = "给更多问题不同的问答"
    require(train, f"{len(talks)} 场问答全都分到了验证里", "至少两个不同的问题", fix)
    return train, [talk for talk, kept in zip(talks, chosen) if kept], how


def digest(*groups: tuple[Example, ...]) -> str:
    """例子的摘要：有一个编号变了，它就变。"""
    return hashlib.sha256(repr(groups).encode()).hexdigest()[:24]


def shown(example: Example, tokenizer: Tokenizer) -> str:
    """一个例子写出来给人看：【】里的才算损失。"""
    parts, learning = ["<chat>"], False
    run: list[int] = []
    for id, label in [*zip((*example.ids[1:], EOS), example.labels), (None, IGNORE)]:
        if (label != IGNORE) != learning or id is None:
            text = tokenizer.decode(run) + "<eos>" * (run[-1:] == [EOS])
            parts.append(f"【{text}】" if learning else text)
            run, learning = [], label != IGNORE
        run.append(id)
    return "".join(parts)
