"""第 02 课用的：小世界的短句排成表，三个目标各怎样出题，训练几百步。

填空与从头写在 writing.py。课里只留下每个目标的意思与结果；这里不画图，也不做判断。
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from tinygpt.config import GPTConfig, TrainConfig
from tinygpt.corpus.world import RELATIONS, World
from tinygpt.course.widgets.attention import attention_through
from tinygpt.gpt import GPT
from tinygpt.losses import IGNORE, Batch, causal_objective, cross_entropy_sum, next_token_batch
from tinygpt.tokenizer import CLS, EOS, MASK, PAD, Tokenizer
from tinygpt.trainer import Trainer
from tinygpt.variants.bert import BERT, FIRST_ORDINARY, mask_tokens, mlm_objective

LONGEST, WIDTH = 30, 33  # 一句最多 30 个字；一行是 <cls>、字、<eos>，再补一格


# ---- 语料 ----


@dataclass(frozen=True)
class Sentences:
    """小世界的短句：训练的、留出的，与一个字一个 token 的分词器。"""

    world: World
    training: list[str]
    held_out: list[str]
    tokenizer: Tokenizer

    def table(self, texts: list[str]) -> Tensor:
        """每句一行：<cls>、字、<eos>，不够长的补 <pad>；形状 (句数, WIDTH)。"""
        rows = [[CLS, *self.tokenizer.encode(text), EOS] for text in texts]
        return torch.tensor([row + [PAD] * (WIDTH - len(row)) for row in rows])

    def shape(self, n_embd: int = 64, n_layer: int = 2, n_head: int = 2) -> GPTConfig:
        """这一课的模型的形状。"""
        return GPTConfig(vocab_size=self.tokenizer.vocab_size, context_length=48, n_layer=n_layer,
                         n_head=n_head, n_embd=n_embd, dropout=0.0)  # fmt: skip

    def about(self, relation: str) -> list[str]:
        """一种事实的全部短句，两套说法都要。"""
        both = (text for held in (False, True) for _, text in self.world.sentences(relation, held))
        return [text for text in both if len(text) <= LONGEST]

    def documents(self, seed: int, count: int) -> list[list[list[int]]]:
        """成篇的文章：文档 → 句子 → 编号；只取介绍、对比、要点、整体与部分这几种。"""
        plans = ["introduce", "contrast", "listing", "whole"]
        written = self.world.documents(seed, n_documents=count, plans=plans)
        return [[self.tokenizer.encode(part) for part in _parts(d.text)] for d in written]


def _parts(text: str) -> list[str]:
    return re.findall("[^。？\n]+[。？]?", text.replace("“", "").replace("”", ""))


@lru_cache
def sentences(concepts: int = 32, held: int = 300) -> Sentences:
    """表里前 concepts 个事物的短句，打乱，开头 held 句留出。"""
    world = World(World.load().concepts[:concepts])
    everything = [text for relation in RELATIONS if relation != "english"
                  for text in Sentences(world, [], [], None).about(relation)]  # fmt: skip
    random.Random(0).shuffle(everything)
    return Sentences(world, everything[held:], everything[:held], Tokenizer.train_char(everything))


# ---- 出题：一批句子 → 一批题 ----


def some_rows(table: Tensor, generator: torch.Generator, count: int = 24) -> Tensor:
    return table[torch.randint(len(table), (count,), generator=generator)]


def next_tokens(rows: Tensor) -> Batch:
    """自回归：错开一位；补齐的位置不算。"""
    batch = next_token_batch(rows)
    return batch | {"labels": batch["labels"].masked_fill(batch["labels"] == PAD, IGNORE)}


def some_next_tokens(rows: Tensor, generator: torch.Generator, share: float = 0.28) -> Batch:
    """自回归，但只留 share 那么多的题，别的标签遮掉：用来查题目的多少要紧不要紧。"""
    batch = next_tokens(rows)
    dropped = torch.rand(batch["labels"].shape, generator=generator) > share
    return batch | {"labels": batch["labels"].masked_fill(dropped, IGNORE)}


def blanks(rows: Tensor, generator: torch.Generator, vocab_size: int, probability: float = 0.3) -> Batch:
    """BERT 的遮法；补齐的位置谁也看不见。"""
    return mask_tokens(rows, generator, vocab_size, probability) | {"padding": rows == PAD}


def blanks_of_any_share(rows: Tensor, generator: torch.Generator) -> Batch:
    """每句各抽一个比例（0 到 1），遮住这么多；全换成 <mask>。掩码扩散模型就是这样出题的。"""
    share = torch.rand(len(rows), 1, generator=generator)
    chosen = (torch.rand(rows.shape, generator=generator) < share) & (rows >= FIRST_ORDINARY)
    labels = rows.masked_fill(~chosen, IGNORE)
    return {"ids": rows.masked_fill(chosen, MASK), "labels": labels, "padding": rows == PAD}


def shown(tokenizer: Tokenizer) -> Callable[[Tensor], str]:
    """编号 → 给人看的一行：没有标签的位置是一个点，<mask> 是 ▢。"""
    word = lambda i: "·" if i == IGNORE else tokenizer.token(i).replace("<mask>", "▢")
    return lambda ids: " ".join(map(word, ids.tolist()))


# ---- 训练 ----


def peeking(model, ids: Tensor) -> Tensor:
    """GPT.forward 去掉因果掩码的样子：差别只在 None。"""
    x = model.token_embedding(ids) + model.position_embedding.weight[: ids.size(1)]
    return model.lm_head(model.transformer(x, None))


def peeking_objective(model, batch: Batch) -> Tensor:
    return cross_entropy_sum(peeking(model, batch["ids"]), batch["labels"])


WAYS = {  # 训练的办法：哪个模型，抽到的几句怎样出题，损失怎样算
    "自回归": (GPT, lambda rows, g: next_tokens(rows), causal_objective),
    "自回归，28 % 的题": (GPT, some_next_tokens, causal_objective),
    "自回归，没有掩码": (GPT, lambda rows, g: next_tokens(rows), peeking_objective),
    "MLM": (BERT, lambda rows, g: blanks(rows, g, sentences().tokenizer.vocab_size), mlm_objective),
    "遮任意多": (BERT, blanks_of_any_share, mlm_objective),
}


class Batches:
    """第 n 批由 make 用第 n 个种子做出；seed 不同，批也不同。"""

    def __init__(self, make: Callable[[torch.Generator], Batch], seed: int = 0):
        self.make, self.seed = make, seed

    def batch(self, n: int) -> Batch:
        return self.make(torch.Generator().manual_seed(n + 100_000 * self.seed))


def fit(model, make, steps: int, objective=causal_objective, learning_rate: float = 1e-2,
        seed: int = 0, goal: float = 0.0) -> list[float]:  # fmt: skip
    """训练 steps 步，返回每一步的损失；最近 20 步的平均低于 goal 就停。"""
    config = TrainConfig(steps=steps, learning_rate=learning_rate, weight_decay=0.1, warmup_steps=20,
                         precision="fp32", seed=seed)  # fmt: skip
    losses = []
    for metrics in Trainer(model, Batches(make, seed), None, config, objective=objective):
        losses.append(metrics.loss)
        if len(losses) >= 20 and sum(losses[-20:]) / 20 < goal:
            break
    return losses


def trained(way: str, steps: int, seed: int = 0, n_embd: int = 64, goal: float = 0.0) -> tuple:
    """照 WAYS 里的一种造一个模型（seed 定初始权重与批），每步抽 24 句，训练 steps 步。

    返回 (模型, 每一步的损失)；最近 20 步的平均低于 goal 就停。
    """
    kind, ask, objective = WAYS[way]
    table = sentences().table(sentences().training)
    torch.manual_seed(seed)
    model = kind(sentences().shape(n_embd))
    losses = fit(model, lambda g: ask(some_rows(table, g), g), steps, objective, seed=seed, goal=goal)
    return model.eval(), losses


def smooth(losses: list[float], width: int = 20) -> Tensor:
    """每 width 步平均一次。"""
    return torch.tensor(losses).unfold(0, width, width).mean(1)


def recent(losses: list[float], width: int = 20) -> list[float]:
    """走到每一步时，近 width 步的平均；开头有几步算几步。"""
    parts = [losses[max(0, end - width) : end] for end in range(1, len(losses) + 1)]
    return [sum(part) / len(part) for part in parts]


@torch.no_grad()
def weights(backbone, x: Tensor, mask) -> Tensor:
    """第一层第一个头的注意力权重 (t, t)；x 是 (1, t, c)。"""
    return attention_through(backbone, x, mask)[0][0, 0, 0]
