"""练习 4.5 因果掩码。"""

import math

import torch

from tinygpt import layers
from tinygpt.course.diagnosis import Exercise


def mask_with(
    offset=lambda t, s: s - t,
    triangle=torch.tril,
    size=lambda t, s: (t, s),
    out=lambda mask: mask,
):
    def run(n_query, n_key):
        ones = torch.ones(size(n_query, n_key), dtype=torch.bool)
        return out(triangle(ones, offset(n_query, n_key)))

    return run


exercise = Exercise(
    "4.5", "因果掩码", layers.causal_mask, assemble=mask_with,
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


@exercise.probe("4 个查询，6 个键")
def _(answer, rng):
    return answer(4, 6)


@exercise.correct("比较位置")
def _(n_query, n_key):
    position = torch.arange(n_query)[:, None] + n_key - n_query
    return torch.arange(n_key)[None, :] <= position


@exercise.correct("两层循环")
def _(n_query, n_key):
    rows = [[j <= i + n_key - n_query for j in range(n_key)] for i in range(n_query)]
    return torch.tensor(rows)


exercise.edit("对齐在左上角",
              "键比查询多的时候，查询是最后几个位置，三角形要对齐在右下角：tril(n_key − n_query)。",
              offset=lambda t, s: 0)
exercise.edit("看不见自己", "每个位置看得见过去，也看得见自己：对角线也是 True。",
              offset=lambda t, s: s - t - 1)
exercise.edit("多看见了一个", "对角线右边第一个是未来。检查 tril 的偏移有没有多 1。",
              offset=lambda t, s: s - t + 1)
exercise.edit("偏移的符号反了", "偏移是 n_key − n_query，不是反过来：查询是最后几个位置。",
              offset=lambda t, s: t - s)
exercise.edit("偏移给成了查询的个数", "偏移是 n_key − n_query：多出来几个键，就往右挪几个。",
              offset=lambda t, s: t)
exercise.edit("看见的是自己与未来",
              "triu 是上三角，要的是下三角 tril；自己比较时，键的位置**不大于**查询的位置。",
              triangle=torch.triu)
exercise.edit("谁都看得见",
              "未来看不见：只留下三角 tril；偏移是 n_key − n_query，给成 n_key 就什么也没有去掉。",
              triangle=lambda mask, offset: mask)
exercise.edit("形状成了 n_key × n_key", "行是查询：只要最后 n_query 行。", size=lambda t, s: (s, s),
              offset=lambda t, s: 0)
exercise.edit("形状的两个数反了", "形状是 (n_query, n_key)：行是查询。", size=lambda t, s: (s, t))
exercise.edit("True 与 False 反了", "这里 True 表示看得见：下三角（过去与自己）是 True。",
              out=torch.logical_not)
exercise.edit("返回的不是布尔", "掩码要 dtype=torch.bool；0 和 1 的小数不能当掩码用。",
              out=lambda mask: mask.float())
exercise.edit("返回的是整数 0 与 1", "掩码要 dtype=torch.bool：不要 .long()、.int()。",
              out=lambda mask: mask.long())
exercise.edit("返回的是列表", "返回张量：torch.tensor(…)。", out=lambda mask: mask.tolist())
exercise.edit("行与列反了", "形状是 (查询的个数, 键的个数)：行是查询。", out=lambda mask: mask.T)
exercise.edit("多了批与头两个轴", "形状就是 (n_query, n_key)；批与头会自己广播。",
              out=lambda mask: mask[None, None])
exercise.edit("返回了加在分数上的 0 与 −∞", "这里要布尔掩码，True 表示看得见；−∞ 由注意力自己填。",
              out=lambda mask: torch.zeros(mask.shape).masked_fill(~mask, -math.inf))
