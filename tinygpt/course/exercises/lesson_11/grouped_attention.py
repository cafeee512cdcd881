"""练习 11.5 分组查询注意力。"""

import math

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def grouped_with(
    keys=lambda k, groups: k.repeat_interleave(groups, dim=1), values=None, offset=lambda t, s: s - t,
    scale=lambda q, k: math.sqrt(q.size(-1)), mask=True, axis=-1, after=False, pool=False, inplace=False,
    merged=False, hidden=float("-inf"),
):  # fmt: skip
    """参考答案的几种改法。"""

    def run(q, k, v):
        groups, (t, s) = q.size(1) // k.size(1), (q.size(-2), k.size(-2))
        own = q
        if pool:
            q = q.unflatten(1, (-1, groups)).mean(2).repeat_interleave(groups, dim=1)
        k, v = keys(k, groups), (values or keys)(v, groups)
        scores = q @ k.mT / scale(q, k)
        seen = torch.ones(t, s, dtype=torch.bool).tril(offset(t, s))
        if mask and not after:
            scores = scores.masked_fill(~seen, hidden)
        weights = scores.softmax(axis)
        result = (weights * seen if after else weights) @ v
        result = result.transpose(1, 2).flatten(2) if merged else result
        return own.copy_(result) if inplace else result

    return run


exercise = Exercise(
    "11.5", "分组查询注意力", grouped_with(), assemble=grouped_with,
    look="第 i 个查询的头看第 i // (H/h) 组键与值；除以 √d；第 i 个查询看得见键 0 … i + (s − t)。",
)


def heads(rng, n_query, n_key, t, s, d=4, dtype=torch.float32):
    return [normal(rng, 2, n, length, d, dtype=dtype) for n, length in ((n_query, t), (n_key, s), (n_key, s))]


@exercise.probe("不分组：与普通的多头相同")
def _(answer, rng):
    return answer(*heads(rng, 3, 3, 4, 4))


@exercise.probe("四个头共用两组")
def _(answer, rng):
    return answer(*heads(rng, 4, 2, 5, 5))


@exercise.probe("六个头共用两组")
def _(answer, rng):
    return answer(*heads(rng, 6, 2, 3, 3))


@exercise.probe("全部的头共用一组")
def _(answer, rng):
    return answer(*heads(rng, 4, 1, 4, 4))


@exercise.probe("有缓存：一个查询，六个键")
def _(answer, rng):
    return answer(*heads(rng, 4, 2, 1, 6))


@exercise.probe("有缓存：两个查询，五个键")
def _(answer, rng):
    return answer(*heads(rng, 4, 2, 2, 5))


@exercise.probe("一个头 16 维")
def _(answer, rng):
    return answer(*heads(rng, 4, 2, 3, 3, d=16))


@exercise.probe("只有一个 token")
def _(answer, rng):
    return answer(*heads(rng, 2, 1, 1, 1))


@exercise.probe("双精度的输入")
def _(answer, rng):
    return answer(*heads(rng, 4, 2, 3, 3, dtype=torch.float64))


@exercise.probe("改动未来的键与值，前面的不动")
def _(answer, rng):
    q, k, v = heads(rng, 4, 2, 4, 4)
    later = [torch.cat([x[:, :, :3], x[:, :, 3:] + 1], dim=2) for x in (k, v)]
    return torch.allclose(answer(q, k, v)[:, :, :3], answer(q, *later)[:, :, :3])


@exercise.probe("不改动输入")
def _(answer, rng):
    tensors = heads(rng, 4, 2, 3, 3)
    before = [x.clone() for x in tensors]
    answer(*tensors)
    return all(map(torch.equal, tensors, before))


@exercise.correct("SDPA 自己会分组")
def _(q, k, v):
    seen = torch.ones(q.size(-2), k.size(-2), dtype=torch.bool).tril(k.size(-2) - q.size(-2))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True)


@exercise.correct("查询拆成组，键不复制")
def _(q, k, v):
    b, h, t, d = q.shape
    s, own = k.size(-2), k.size(1)
    grouped = q.reshape(b, own, h // own, t, d) / d**0.5
    scores = torch.einsum("bgntd,bgsd->bgnts", grouped, k)
    late = torch.arange(s) > torch.arange(t)[:, None] + (s - t)
    weights = scores.masked_fill(late, -torch.inf).softmax(-1)
    return torch.einsum("bgnts,bgsd->bgntd", weights, v).reshape(b, h, t, d)


@exercise.correct("一个头一个头地算")
def _(q, k, v):
    groups, rows = q.size(1) // k.size(1), []
    for head in range(q.size(1)):
        keys, values = k[:, head // groups], v[:, head // groups]
        scores = q[:, head] @ keys.mT * q.size(-1) ** -0.5
        for n in range(q.size(-2)):
            scores[:, n, n + 1 + k.size(-2) - q.size(-2) :] = -torch.inf
        rows.append(scores.softmax(-1) @ values)
    return torch.stack(rows, dim=1)


exercise.edit("交错着分了组", keys=lambda k, g: k.repeat(1, g, 1, 1),
              look="挨着的头共用一组：用 repeat_interleave，不是 repeat。")
exercise.edit("键与值分组的办法不同", values=lambda v, g: v.repeat(1, g, 1, 1),
              look="键与值照同样的办法分：都是 repeat_interleave。")
exercise.edit("所有的头都看第一组", keys=lambda k, g: k[:, :1].expand(-1, k.size(1) * g, -1, -1),
              look="第 i 个头看第 i // (H/h) 组。")
exercise.edit("各组先平均成了一组",
              keys=lambda k, g: k.mean(1, keepdim=True).expand(-1, k.size(1) * g, -1, -1),
              look="各组的键与值各管各的头，不要混在一起。")
exercise.edit("一组里的查询先平均了", pool=True, look="只有键与值共用；每个查询的头照旧各算各的。")
exercise.edit("掩码对齐在左上角", offset=lambda t, s: 0, look="查询是最后 t 个位置：tril(s − t)。")
exercise.edit("看不见自己", offset=lambda t, s: s - t - 1,
              look="第 i 个查询看得见键 0 … i + (s − t)，包括自己。")
exercise.edit("没有因果掩码", mask=False, look="每个查询只看自己与更早的键。")
exercise.edit("softmax 以后才遮住", after=True, look="先把看不见的分数换成 −∞，再 softmax。")
exercise.edit("没有除以 √d", scale=lambda q, k: 1.0, look="分数除以 √d，d 是一个头的维数。")
exercise.edit("除以了 d", scale=lambda q, k: q.size(-1), look="除以 √d。")
exercise.edit("用 √(H·d) 缩放", scale=lambda q, k: math.sqrt(q.size(1) * q.size(-1)),
              look="d 是一个头的维数，不是全部头合起来的。")
exercise.edit("softmax 的轴错了", axis=-2, look="每个查询的权重加起来是 1：沿最后一个轴。")
exercise.edit("改动了输入", inplace=True, look="返回新的张量。")
exercise.edit("遮住的填了 0", hidden=0.0, look="softmax 里 0 也有一份：填 −∞。")
exercise.edit("把头拼回去了", merged=True, look="返回 (b, H, t, d)，头不用拼起来。")
exercise.edit("没有复制键与值", keys=lambda k, g: k, look="H 与 h 不同，乘不起来：每组复制 H/h 份。")
exercise.edit("总是两个头一组", keys=lambda k, g: k if g == 1 else k.repeat_interleave(2, dim=1),
              look="几个头一组由 H // h 定，不一定是 2。")
