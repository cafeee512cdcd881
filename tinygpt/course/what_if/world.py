"""小世界：试验用的文字与小模型。几秒就训练得完，又会写出像样的字。

文字是附带的小故事，一个字一个 token。这里不知道练习是什么。
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from tinygpt.config import GPTConfig
from tinygpt.corpus.stories import stories
from tinygpt.tokenizer import Tokenizer

PLANS = ("find",)  # 一种故事（找东西）：句式少，几百步就学得出样子
CHARACTERS = 30_000
CONTEXT = 32
PROMPT = "小"


@dataclass(frozen=True)
class World:
    """ids：训练用的一长串编号；unseen：没有学过的故事里的窗口 (n, CONTEXT + 1)。"""

    tokenizer: Tokenizer
    ids: list[int]
    unseen: Tensor


@lru_cache
def world() -> World:
    """同样的文字，每次都一样；一个内核里只做一次。"""
    texts = [story.text for story in stories(0, n_characters=CHARACTERS, plans=PLANS, plain=True)]
    tokenizer = Tokenizer.train_char(texts)
    ids = [token for text in texts for token in tokenizer.encode(text, eos=True)]
    cut = len(ids) * 9 // 10
    unseen = torch.tensor(ids[cut:]).unfold(0, CONTEXT + 1, 9)
    return World(tokenizer, ids[:cut], unseen)


def shape(n_head: int = 4) -> GPTConfig:
    return GPTConfig(
        vocab_size=world().tokenizer.vocab_size, context_length=CONTEXT, n_layer=2, n_head=n_head, n_embd=64,
        dropout=0.0,
    )  # fmt: skip


@torch.no_grad()
def writing_loss(model) -> float:
    """写的时候的损失：给出 CONTEXT 个字，问下一个。

    下一个字不在输入里，偷看不了；算法也总是正确的交叉熵。所以不管学习者的函数错在哪里，它都可以比。
    """
    windows = world().unseen
    return F.cross_entropy(model(windows[:, :-1])[:, -1], windows[:, -1]).item()
