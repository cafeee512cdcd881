"""考场：一个模型、它的分词器、题数与种子，以及各个探查共用的做法。

这里知道：怎样成批地续写，怎样给几种写法打分。这里不知道：考什么。
一切由种子决定：同样的模型、题数和种子，得到同样的数。
"""

import bisect
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from tinygpt.corpus import Mixture, named
from tinygpt.corpus.stories import Story, stories
from tinygpt.device import evaluation_mode
from tinygpt.errors import InputError
from tinygpt.sampling import Sampling, by_length, generate
from tinygpt.tokenizer import CHAT, EOS, PAD

GREEDY = Sampling(greedy=True)
WARM = Sampling(temperature=0.5, top_p=0.9)  # 与 tinygpt chat 相同
PROMPTS_FILE = Path(__file__).parent / "prompts.txt"
MOST_TOKENS = 180  # 60 个提示各续写多少：一篇小故事的长度
BATCH = 64
STORY_SEED, TALK_SEED = 7_000_000, 7_100_000  # 故事与对话另起一段种子，与训练用的错开


@dataclass(frozen=True)
class Figure:
    """一个数：哪个探查、在哪一种文字上、多少、乱猜是多少、几道题、是什么意思，以及更细的数。

    value 与 chance 没有意义时为 None（例如没有题）。不同 source 的数从不合在一起。
    """

    probe: str
    source: str
    value: float | None
    chance: float | None
    n: int
    meaning: str
    parts: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """一次续写：文字（不含提示），是不是自己结束的（<eos> 或停止的文字）。"""

    text: str
    ended: bool


def share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def by(keys: list[str], hits: list[bool]) -> dict[str, dict]:
    """{键: {value, n}}，按键的次序。"""
    total, right = Counter(keys), Counter(key for key, hit in zip(keys, hits) if hit)
    return {key: {"value": right[key] / total[key], "n": total[key]} for key in sorted(total)}


def prompts() -> list[str]:
    """60 个固定的提示，训练之前就定下：前 30 个是日常的开头，后 30 个是各种事物。"""
    lines = PROMPTS_FILE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@dataclass
class Bench:
    """count 是一个数最多用几道题；training 给出训练用过的文字（只有"照抄"要用），不给就没有那个数。

    mixture：故事照这种搭配来出题（哪些计划、朴不朴素）；只学过十几个计划的模型，不考它没学过的计划。
    """

    model: torch.nn.Module
    tokenizer: object
    count: int = 100
    seed: int = 0
    training: Callable[[], Iterable[str]] | None = None
    mixture: str | Mixture = "release"
    _memory: dict = field(default_factory=dict, repr=False)

    def random(self, purpose: str) -> random.Random:
        """每个用处各有一串随机数，所以只考一项与全考，得到的数一样。"""
        return random.Random(f"{self.seed}|{purpose}")

    # ---- 续写 ----

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text)

    def chat(self, text: str) -> list[int]:
        """对话的开头：<chat>，接着文字。"""
        return [CHAT, *self.encode(text)]

    def fits(self, prompt: Sequence[int], room: int) -> bool:
        return len(prompt) + room <= self.model.config.context_length

    def reply(
        self, prompts: Sequence[list[int]], most: int, stop: str = "", sampling: Sampling = GREEDY
    ) -> list[Reply]:
        """各个提示的续写，次序不变；写到 stop 里的任何一个字（它留在文字里）、<eos> 或 most 个 token。"""
        found: dict[int, Reply] = {}
        for number, rows in enumerate(by_length(prompts, BATCH)):
            seed = self.seed * 1000 + number
            found |= dict(zip(rows, self._batch([prompts[i] for i in rows], most, stop, sampling, seed)))
        return [found[i] for i in range(len(prompts))]

    def _batch(self, prompts, most, stop, sampling, seed) -> list[Reply]:
        decoders = [self.tokenizer.stream_decoder() for _ in prompts]
        texts, ended = [""] * len(prompts), [False] * len(prompts)
        for step in generate(self.model, prompts, most, sampling, seed):
            for row, token in enumerate(step):
                if ended[row] or token is None:
                    continue
                texts[row] += decoders[row].push(token)
                cut = next((i for i, c in enumerate(texts[row]) if c in stop), None)
                texts[row] = texts[row] if cut is None else texts[row][: cut + 1]
                ended[row] = token == EOS or cut is not None
            if all(ended):
                break
        return [Reply(text, done) for text, done in zip(texts, ended)]

    @cached_property
    def completions(self) -> list[tuple[str, Reply]]:
        """60 个提示各一段续写，种子就是序号：tinygpt generate 用同样的参数写出同样的字。"""
        rows = []
        for index, prompt in enumerate(prompts()):
            most = min(MOST_TOKENS, self.model.config.context_length)
            decoder, text, token = self.tokenizer.stream_decoder(), "", None
            for (token,) in generate(self.model, [self.encode(prompt)], most, WARM, index):
                text += decoder.push(token)
            rows.append((prompt, Reply(text, token == EOS)))
        return rows

    # ---- 打分 ----

    def log_probabilities(self, texts: Sequence[str]) -> list[float]:
        """每段文字的 log P（nat）：全部 token 之和，第一个由 <eos> 预测，所以怎样切都公平。"""
        return log_probabilities(self.model, self.tokenizer.encode_batch(list(texts)))

    # ---- 故事 ----

    def remember(self, key: str, make: Callable):
        """几个探查共用的东西只做一次。"""
        if key not in self._memory:
            self._memory[key] = make()
        return self._memory[key]

    def stories(self, held_out: str) -> list[Story]:
        """留出的故事，够每一种题各选 count 道。"""
        return self.remember(f"stories|{held_out}", lambda: self.tell(0, 6 * self.count, held_out))

    def tell(self, offset: int, n_documents: int, held_out: str | None) -> list[Story]:
        """照 mixture 写的故事；offset 不同，就是另外的故事。"""
        told, seed = named(self.mixture), STORY_SEED + offset + self.seed
        return list(stories(seed, n_documents, plans=told.plans, held_out=held_out, plain=told.plain))


@torch.inference_mode()
def log_probabilities(model, sequences: Sequence[Sequence[int]], batch: int = 32) -> list[float]:
    """每个编号序列的 log P（nat）。开头相同的序列只算一次：一行的每个位置都给出下一个 token 的全部概率。"""
    inputs = sorted({(EOS, *s[:-1]) for s in sequences})
    rows = [a for a, b in zip(inputs, [*inputs[1:], ()]) if b[: len(a)] != a]  # 不是别的行的开头
    owners: dict[int, list[int]] = {}
    for index, s in enumerate(sequences):
        owners.setdefault(bisect.bisect_left(rows, (EOS, *s[:-1])), []).append(index)
    found = [0.0] * len(sequences)
    order = sorted(owners, key=lambda row: len(rows[row]))
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        longest = max(len(rows[row]) for row in chosen)
        ids = [[*rows[row], *[PAD] * (longest - len(rows[row]))] for row in chosen]
        with evaluation_mode(model):
            scores = model(torch.tensor(ids, device=model.device)).float().log_softmax(dim=-1).cpu()
        for place, row in enumerate(chosen):
            for index in owners[row]:
                target = torch.tensor(sequences[index])
                found[index] = scores[place, torch.arange(len(target)), target].double().sum().item()
    return found


def check_names(names: Iterable[str], known: Iterable[str]) -> None:
    known = list(known)
    if unknown := [name for name in names if name not in known]:
        found, fix = f"没有这个探查：{'、'.join(unknown)}", "从上面的名字里选，或不给 --only"
        raise InputError(found, "、".join(known), fix)
