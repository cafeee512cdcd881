"""练习 8.1 由编号算出 h_0。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.course.exercises.lesson_08.shared import weights_of


def first_vectors(W, ids, positions=lambda n: slice(0, n), join=lambda x, p: x + p):
    return join(W["token_embedding.weight"][ids], W["position_embedding.weight"][positions(len(ids))])


exercise = Exercise(
    "8.1", "由编号算出 h_0", first_vectors,
    look="token_embedding.weight 取出这些编号的行，加上 position_embedding.weight 的前 n 行。",
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


@exercise.probe("占满上下文")
def _(answer, rng):
    return answer(weights_of(rng), integers(rng, 0, 300, 12).tolist())


@exercise.probe("权重没有被改动")
def _(answer, rng):
    W = weights_of(rng)
    before = {name: value.clone() for name, value in W.items()}
    answer(W, [1, 2, 3])
    return all(torch.equal(before[name], W[name]) for name in W)


@exercise.correct("F.embedding")
def _(W, ids):
    tokens = F.embedding(torch.tensor(ids), W["token_embedding.weight"])
    return tokens + W["position_embedding.weight"][: len(ids)]


@exercise.correct("一行一行地加")
def _(W, ids):
    tokens, positions = W["token_embedding.weight"], W["position_embedding.weight"]
    return torch.stack([tokens[token] + positions[place] for place, token in enumerate(ids)])


exercise.mutant("没有加位置", lambda W, ids: first_vectors(W, ids, join=lambda x, p: x),
                look="文章写 h_0 = X，少了位置：再加 position_embedding.weight 的前 n 行。")
exercise.mutant("所有 token 加了第 0 个位置",
                lambda W, ids: first_vectors(W, ids, positions=lambda n: [0] * n),
                look="第 i 个 token 加第 i 行。")
exercise.mutant("位置从 1 数起",
                lambda W, ids: (W["token_embedding.weight"][ids]
                                + W["position_embedding.weight"].roll(-1, 0)[: len(ids)]),
                look="第一个 token 在位置 0。")
exercise.mutant("位置倒着加", lambda W, ids: first_vectors(W, ids, positions=lambda n: list(range(n))[::-1]),
                look="从左到右，位置 0、1、2……")
exercise.mutant("位置按编号查",
                lambda W, ids: (W["token_embedding.weight"][ids]
                                + W["position_embedding.weight"][[i % 12 for i in ids]]),
                look="位置表按第几个来查，不是按编号。")
exercise.mutant("乘了 √256", lambda W, ids: first_vectors(W, ids, join=lambda x, p: x * 16 + p),
                look="GPT 的 embedding 不放大，直接相加。")
exercise.mutant("又做了一次层归一化",
                lambda W, ids: F.layer_norm(first_vectors(W, ids), (W["token_embedding.weight"].size(1),)),
                look="h_0 不归一化；归一化在每层子层的入口。")
