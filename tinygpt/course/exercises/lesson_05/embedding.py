"""练习 5.1 h_0：token 加位置。"""

import math

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal


def embed_with(at=lambda ids, start: torch.arange(start, start + ids.size(1)), join=lambda x, p: x + p):
    def run(ids, tokens, positions, start=0):
        return join(tokens[ids], positions[at(ids, start)])

    return run


exercise = Exercise(
    "5.1", "h_0：token 加位置", embed_with(),
    look="查两张表再相加；这一段的第 i 个 token 在位置 start + i。",
)


@exercise.probe("一行，从位置 0 开始")
def _(answer, rng):
    return answer(torch.tensor([[3, 1, 2]]), normal(rng, 5, 4), normal(rng, 6, 4), 0)


@exercise.probe("两行，四个位置")
def _(answer, rng):
    return answer(integers(rng, 0, 7, 2, 4), normal(rng, 7, 8), normal(rng, 10, 8), 0)


@exercise.probe("从位置 3 开始（有缓存时）")
def _(answer, rng):
    return answer(integers(rng, 0, 7, 2, 2), normal(rng, 7, 8), normal(rng, 10, 8), 3)


@exercise.probe("只有一个新 token，在最后一个位置")
def _(answer, rng):
    return answer(torch.tensor([[2]]), normal(rng, 5, 4), normal(rng, 6, 4), 5)


@exercise.probe("不改动两张表")
def _(answer, rng):
    tokens, positions = normal(rng, 5, 4), normal(rng, 6, 4)
    before = tokens.clone(), positions.clone()
    answer(torch.tensor([[1, 2]]), tokens, positions, 1)
    return torch.equal(tokens, before[0]) and torch.equal(positions, before[1])


@exercise.correct("F.embedding 与切片")
def _(ids, tokens, positions, start=0):
    return F.embedding(ids, tokens) + positions[start : start + ids.shape[1]]


@exercise.correct("独热向量乘矩阵")
def _(ids, tokens, positions, start=0):
    x = F.one_hot(ids, tokens.size(0)).to(tokens.dtype) @ tokens
    return x + torch.stack([positions[start + i] for i in range(ids.size(1))])


exercise.mutant("没有加位置", embed_with(join=lambda x, p: x),
                look="文章的 h_0 = X 少了位置；没有它，注意力分不清先后。")
exercise.mutant("位置总是从 0 数起", embed_with(at=lambda i, s: torch.arange(i.size(1))),
                look="用缓存时只来了新的 token，它们接在旧的后面，位置从 start 开始。")
exercise.mutant("位置多了一",
                embed_with(at=lambda i, s: torch.arange(s, s + i.size(1)) + (1 if s + i.size(1) < 6 else 0)),
                look="第一个 token 在位置 start，不是 start + 1。")
exercise.mutant("用 token 的编号查位置表", embed_with(at=lambda i, s: i),
                look="位置表按第几个来查，不是按编号。")
exercise.mutant("位置倒着数", embed_with(at=lambda i, s: torch.arange(s, s + i.size(1)).flip(0)),
                look="从左到右数。")
exercise.mutant("乘了位置", embed_with(join=lambda x, p: x * p), look="是相加，不是相乘。")
exercise.mutant("所有位置用了同一个向量", embed_with(at=lambda i, s: torch.full((i.size(1),), s)),
                look="第 i 个 token 在位置 start + i，每个都不一样。")
exercise.mutant("放大了 √c 倍", embed_with(join=lambda x, p: x * math.sqrt(x.size(-1)) + p),
                look="2017 年的 Transformer 会放大，GPT 不放大，直接相加。")
