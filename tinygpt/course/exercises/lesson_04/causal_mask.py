"""练习 4.5 因果掩码。"""

import math

import torch

from tinygpt import layers
from tinygpt.course.diagnosis import Exercise

exercise = Exercise(
    "4.5", "因果掩码", layers.causal_mask,
    look="查询是序列的最后 t 个位置：第 i 个查询看得见键 0 … i + (s − t)。",
)


@exercise.probe("3 个查询，3 个键")
def _(answer, rng):
    return answer(3, 3)


@exercise.probe("1 个查询，1 个键")
def _(answer, rng):
    return answer(1, 1)


@exercise.probe("1 个查询，5 个键（用缓存逐字生成时）")
def _(answer, rng):
    return answer(1, 5)


@exercise.probe("2 个查询，5 个键")
def _(answer, rng):
    return answer(2, 5)


@exercise.correct("比较位置")
def _(n_query, n_key):
    position = torch.arange(n_query)[:, None] + n_key - n_query
    return torch.arange(n_key)[None, :] <= position


@exercise.correct("两层循环")
def _(n_query, n_key):
    rows = [[j <= i + n_key - n_query for j in range(n_key)] for i in range(n_query)]
    return torch.tensor(rows)


@exercise.mutant("对齐在左上角",
                 look="键比查询多的时候，查询是最后几个位置，三角形要对齐在右下角：tril(n_key − n_query)。")
def _(n_query, n_key):
    return torch.ones(n_query, n_key, dtype=torch.bool).tril()


@exercise.mutant("True 与 False 反了", look="这里 True 表示看得见：下三角（过去与自己）是 True。")
def _(n_query, n_key):
    return ~layers.causal_mask(n_query, n_key)


@exercise.mutant("看不见自己", look="每个位置看得见过去，也看得见自己：对角线也是 True。")
def _(n_query, n_key):
    return layers.causal_mask(n_query, n_key).tril(n_key - n_query - 1)


@exercise.mutant("多看见了一个", look="对角线右边第一个是未来。检查 tril 的偏移有没有多 1。")
def _(n_query, n_key):
    return torch.ones(n_query, n_key, dtype=torch.bool).tril(n_key - n_query + 1)


@exercise.mutant("只看见未来", look="triu 是上三角，要的是下三角 tril。")
def _(n_query, n_key):
    return torch.ones(n_query, n_key, dtype=torch.bool).triu(n_key - n_query)


@exercise.mutant("返回的不是布尔", look="掩码要 dtype=torch.bool；0 和 1 的小数不能当掩码用。")
def _(n_query, n_key):
    return layers.causal_mask(n_query, n_key).float()


@exercise.mutant("返回了加在分数上的 0 与 −∞", look="这里要布尔掩码，True 表示看得见；−∞ 由注意力自己填。")
def _(n_query, n_key):
    return torch.zeros(n_query, n_key).masked_fill(~layers.causal_mask(n_query, n_key), -math.inf)


@exercise.mutant("行与列反了", look="形状是 (查询的个数, 键的个数)：行是查询。")
def _(n_query, n_key):
    return layers.causal_mask(n_query, n_key).T
