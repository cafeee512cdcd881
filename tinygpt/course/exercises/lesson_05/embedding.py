"""练习 5.1 h_0：token 加位置。"""

import math

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal, unchanged


def embed_with(
    at=lambda ids, start: torch.arange(start, start + ids.size(1)),
    rows=lambda ids, start: ids,
    scale=lambda x: x,
    join=lambda x, p: x + p,
):
    """at：查位置表的哪几行；rows：查 token 表的哪几行。"""

    def run(ids, tokens, positions, start=0):
        x = tokens[rows(ids, start) % len(tokens)]
        return join(scale(x), positions[at(ids, start) % len(positions)])

    return run


exercise = Exercise(
    "5.1", "h_0：token 加位置", embed_with(), assemble=embed_with,
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


@exercise.probe("编号里有 0，批与位置一样多")
def _(answer, rng):
    ids = torch.tensor([[0, 4, 0], [2, 0, 1], [3, 3, 0]])
    return answer(ids, normal(rng, 5, 4), normal(rng, 9, 4), 2)


@exercise.probe("不给 start：从 0 数起")
def _(answer, rng):
    return answer(integers(rng, 0, 7, 2, 3), normal(rng, 7, 8), normal(rng, 10, 8))


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, torch.tensor([[1, 2]]), normal(rng, 5, 4), normal(rng, 6, 4), 1)


@exercise.correct("F.embedding 与切片")
def _(ids, tokens, positions, start=0):
    return F.embedding(ids, tokens) + positions[start : start + ids.shape[1]]


@exercise.correct("独热向量乘矩阵")
def _(ids, tokens, positions, start=0):
    x = F.one_hot(ids, tokens.size(0)).to(tokens.dtype) @ tokens
    return x + torch.stack([positions[start + i] for i in range(ids.size(1))])


exercise.edit("没有加位置", "文章的 h_0 = X 少了位置；没有它，注意力分不清先后。", join=lambda x, p: x)
exercise.edit("减去了位置", "是相加，不是相减。", join=lambda x, p: x - p)
exercise.edit("乘了位置", "是相加，不是相乘。", join=lambda x, p: x * p)
exercise.edit("拼上了位置", "是相加，不是接起来：形状仍是 (b, t, c)。",
              join=lambda x, p: torch.cat([x, p.expand(x.shape)], dim=-1))
exercise.edit("取了平均", "直接相加，不除以 2。", join=lambda x, p: (x + p) / 2)
exercise.edit("放大了 √c 倍", "2017 年的 Transformer 会放大，GPT 不放大，直接相加。",
              scale=lambda x: x * math.sqrt(x.size(-1)))
exercise.edit("位置总是从 0 数起", "用缓存时只来了新的 token，它们接在旧的后面，位置从 start 开始。",
              at=lambda ids, start: torch.arange(ids.size(1)))
exercise.edit("位置多了一", "第一个 token 在位置 start，不是 start + 1。",
              at=lambda ids, start: torch.arange(ids.size(1)) + start + 1)
exercise.edit("位置倒着数", "从左到右数。",
              at=lambda ids, start: torch.arange(start, start + ids.size(1)).flip(0))
exercise.edit("用 token 的编号查位置表", "位置表按第几个来查，不是按编号。", at=lambda ids, start: ids)
exercise.edit("用 token 的编号加 start 查位置表", "位置表按第几个来查，不是按编号。",
              at=lambda ids, start: ids + start)
exercise.edit("所有位置用了同一个向量",
              "第 i 个 token 在位置 start + i，每个都不一样：positions[start : start + t]。",
              at=lambda ids, start: torch.full((ids.size(1),), start))
exercise.edit("第二行接着第一行数", "每一行都从 start 数起，位置对每一批都一样。",
              at=lambda ids, start: torch.arange(ids.numel()).view(ids.shape) + start)
exercise.edit("start 加到了编号上", "start 说的是位置：加到位置上，编号不动。",
              rows=lambda ids, start: ids + start, at=lambda ids, start: torch.arange(ids.size(1)))


@exercise.mutant("切片的终点忘了加 start", look="positions[start : t] 少了几个：终点是 start + t。")
def _(ids, tokens, positions, start=0):
    return tokens[ids] + positions[start : ids.size(1)]


@exercise.mutant("从 start 一直切到了末尾", look="只要 t 个位置：positions[start : start + t]。")
def _(ids, tokens, positions, start=0):
    return tokens[ids] + positions[start:]


@exercise.mutant("位置的个数用了批的大小", look="ids 的形状是 (b, t)：位置有 t 个，ids.size(1)。")
def _(ids, tokens, positions, start=0):
    return tokens[ids] + positions[start : start + ids.size(0)]


@exercise.mutant("改动了输入", look="tokens += …、就地的写法会改掉调用者的表：用加号得到新的。")
def _(ids, tokens, positions, start=0):
    result = embed_with()(ids, tokens, positions, start)
    tokens[ids] = result
    return result
