"""把小世界的事实一条条问模型：不生成，只看它给答案的每个 token 多少概率。

一个问题是一句话的前半句（“机器学习的特点是”），答案是这条事实的内容。对的答案摆在那里，一次前向就知道
两件事：log P（内容 | 前半句），以及贪心地写会不会一字不差（每一步概率最大的都正好是答案的 token）。
这里不知道模型怎样训练、怎样改动：那是 provenance.py 与 edit.py 的事。
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from tinygpt.corpus.world import RELATIONS, Fact, World
from tinygpt.device import evaluation_mode
from tinygpt.sampling import by_length
from tinygpt.tokenizer import PAD

BEFORE = "是，：。？"  # 内容接在这些后面，才切得开前半句与答案
SHARED = ("kind",)  # “猫是”后面也可以是定义：这样的问法没有唯一的答案
BATCH = 64


@dataclass(frozen=True)
class Question:
    """一条事实的一种问法：prompt 之后应该写 answer（平时就是这条事实的内容）；不是问事实的，fact 是 None。"""

    fact: Fact | None
    prompt: str
    answer: str


@dataclass(frozen=True)
class Mark:
    """log_p 是整个答案的 log P（nat）；exact：贪心地写，一字不差。"""

    log_p: float
    exact: bool


def questions(world: World, held_out: bool = False, relations: Sequence[str] = RELATIONS) -> list[Question]:
    """每条事实、每种平时的说法（或留出的说法），切成前半句与答案。

    切不开的说法不要；一个前半句只有一个答案（“猫是”后面算定义）；留出的前半句，平时一次也没有用过。
    """
    usual = _cut(world, False)
    known = {question.prompt for question in usual}
    rows = [q for q in _cut(world, True) if q.prompt not in known] if held_out else usual
    answers = Counter(question.prompt for question in rows)
    clear = lambda q: answers[q.prompt] == 1 or q.fact.relation == "definition"
    return [q for q in rows if q.fact.relation in relations and clear(q)]


def _cut(world: World, held_out: bool) -> list[Question]:
    found = {}
    for relation in RELATIONS:
        for fact, sentence in world.sentences(relation, held_out) if relation not in SHARED else ():
            prompt, value, _ = sentence.partition(fact.value)
            if value and fact.subject in prompt and prompt.endswith(tuple(BEFORE)):
                found[prompt, fact] = Question(fact, prompt, fact.value)
    return list(found.values())


@torch.inference_mode()
def ask(model, tokenizer, asked: Sequence[Question]) -> list[Mark]:
    """每个问题的 Mark，次序不变。"""
    prompts = tokenizer.encode_batch([q.prompt for q in asked])
    texts = tokenizer.encode_batch([q.prompt + q.answer for q in asked])
    marks = {}
    for rows in by_length(texts, BATCH):
        longest = len(texts[rows[-1]])
        ids = torch.full((len(rows), longest), PAD)
        for place, row in enumerate(rows):
            ids[place, : len(texts[row])] = torch.tensor(texts[row])
        with evaluation_mode(model):
            scores = model(ids.to(model.device)).float().log_softmax(dim=-1).cpu()
        for place, row in enumerate(rows):
            marks[row] = _mark(scores[place], texts[row], _common(prompts[row], texts[row]))
    return [marks[row] for row in range(len(asked))]


def _mark(scores: torch.Tensor, text: list[int], start: int) -> Mark:
    """scores 的第 i 行预测第 i + 1 个 token；答案从第 start 个开始。"""
    rows, target = scores[start - 1 : len(text) - 1], torch.tensor(text[start:])
    log_p = rows.gather(1, target[:, None]).double().sum().item()
    return Mark(log_p, bool((rows.argmax(dim=1) == target).all()))


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """共同的开头有几个 token。"""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def exact_share(marks: Sequence[Mark]) -> float:
    return sum(mark.exact for mark in marks) / len(marks)
