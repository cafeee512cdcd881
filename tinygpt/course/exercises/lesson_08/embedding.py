"""练习 8.1 由编号算出 h_0。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.course.exercises.lesson_08.shared import weights_of


def vectors_with(
    tokens=lambda table, ids: table[ids], positions=lambda table, ids: table[: len(ids)],
    join=lambda x, p: x + p, after=lambda h: h, inplace=False,
):  # fmt: skip
    """tokens、positions：从两张表里取哪几行；join：怎样合起来。"""

    def run(W, ids):
        table = W["position_embedding.weight"]
        found = after(join(tokens(W["token_embedding.weight"], ids), positions(table, ids)))
        if inplace:
            table[: len(ids)] = found
        return found

    return run


exercise = Exercise(
    "8.1", "由编号算出 h_0", vectors_with(),
    look="token_embedding.weight 取出这些编号的行，加上 position_embedding.weight 的前 n 行。",
    assemble=vectors_with,
)


@exercise.probe("机器学习是，两个编号")
def _(answer, rng):
    return answer(weights_of(rng, vocab_size=4096, n_embd=16), [1256, 3419])


@exercise.probe("文章的三个编号")
def _(answer, rng):
    return answer(weights_of(rng, vocab_size=4096, n_embd=16), [1256, 3419, 7])


@exercise.probe("同一个编号出现两次")
def _(answer, rng):
    return answer(weights_of(rng), [5, 9, 5])


@exercise.probe("只有一个编号，是词表的最后一个")
def _(answer, rng):
    return answer(weights_of(rng), [299])


@exercise.probe("占满上下文")
def _(answer, rng):
    return answer(weights_of(rng), integers(rng, 0, 300, 12).tolist())


@exercise.probe("权重没有被改动")
def _(answer, rng):
    W = weights_of(rng)
    before = {name: value.clone() for name, value in W.items()}
    answer(W, [1, 2, 3])
    return W.keys() == before.keys() and all(torch.equal(before[name], W[name]) for name in W)


@exercise.correct("F.embedding")
def _(W, ids):
    tokens = F.embedding(torch.tensor(ids), W["token_embedding.weight"])
    return tokens + W["position_embedding.weight"][: len(ids)]


@exercise.correct("一行一行地加")
def _(W, ids):
    tokens, positions = W["token_embedding.weight"], W["position_embedding.weight"]
    return torch.stack([tokens[token] + positions[place] for place, token in enumerate(ids)])


exercise.edit("没有加位置", join=lambda x, p: x,
              look="文章写 h_0 = X，少了位置：再加 position_embedding.weight 的前 n 行。")
exercise.edit("所有 token 加了第 0 个位置", positions=lambda table, ids: table[:1],
              look="第 i 个 token 加第 i 行。")
exercise.edit("位置从 1 数起", positions=lambda table, ids: table[1 : len(ids) + 1],
              look="第一个 token 在位置 0。")
exercise.edit("位置倒着加", positions=lambda table, ids: table[: len(ids)].flip(0),
              look="从左到右，位置 0、1、2……")
exercise.edit("加了末尾的几个位置", positions=lambda table, ids: table[-len(ids) :],
              look="位置是第 0 到 n − 1 行。")
exercise.edit("加了全部的位置", positions=lambda table, ids: table, look="只要前 n 行：[: len(ids)]。")
exercise.edit("位置按编号查", positions=lambda table, ids: table[ids],
              look="位置表按第几个来查，不是按编号。")
exercise.edit("token 取了前几行", tokens=lambda table, ids: table[: len(ids)],
              look="token 的表按编号查：W[\"token_embedding.weight\"][ids]。")
exercise.edit("编号排了序", tokens=lambda table, ids: table[sorted(ids)],
              look="编号的次序就是文字的次序，不要动。")
exercise.edit("embedding 乘了 √c", join=lambda x, p: x * x.size(-1) ** 0.5 + p,
              look="GPT 的 embedding 不放大，直接相加。")
exercise.edit("embedding 乘了 √256", join=lambda x, p: x * 16 + p, look="GPT 的 embedding 不放大，直接相加。")
exercise.edit("取了平均", join=lambda x, p: (x + p) / 2, look="直接相加，不除以 2。")
exercise.edit("相减了", join=lambda x, p: x - p, look="X **加** P。")
exercise.edit("相乘了", join=lambda x, p: x * p, look="X **加** P，不是乘。")
exercise.edit("接在了一起，没有相加", join=lambda x, p: torch.cat([x, p], dim=-1),
              look="相加，还是 c 维：X + P。")
exercise.edit("又做了一次层归一化", after=lambda h: F.layer_norm(h, h.shape[-1:]),
              look="h_0 不归一化；归一化在每层子层的入口。")
exercise.edit("多了一个批的轴", after=lambda h: h[None], look="形状是 (n, c)，没有批的轴。")
exercise.edit("加成了一行", after=lambda h: h.sum(0), look="每个 token 一行：(n, c)。")
exercise.edit("改动了 W", inplace=True,
              look="切片与原来的表是同一块内存：不要 p += …、W[…] = …；写成 x + p，得到新的。")
