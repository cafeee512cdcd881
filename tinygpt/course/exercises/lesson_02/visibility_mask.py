"""练习 2.2 掩码：编码器、解码器与补齐。"""

import torch

from tinygpt.course.diagnosis import Exercise


def mask_with(
    causal=lambda t: torch.ones(t, t).tril().bool(),
    pad=lambda p: ~p[:, None, None, :],
    join=torch.logical_and,
    shape=lambda m: m,
):
    def run(padding, is_decoder):
        b, t = padding.shape
        mask = pad(padding).expand(b, 1, t, t)
        return shape(join(mask, causal(t)) if is_decoder else mask)

    return run


exercise = Exercise(
    "2.2", "掩码：编码器、解码器与补齐", mask_with(),
    look="形状 (b, 1, t, t)，行是查询，列是键。补齐的键（列）谁也看不见；"
         "解码器再加上下三角，两个条件都要满足。",
)
PADDING = torch.tensor([[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 1, 1]]).bool()


@exercise.probe("编码器，没有补齐")
def _(answer, rng):
    return answer(torch.zeros(1, 3, dtype=torch.bool), False)


@exercise.probe("解码器，没有补齐")
def _(answer, rng):
    return answer(torch.zeros(1, 3, dtype=torch.bool), True)


@exercise.probe("编码器，三行补得不一样多")
def _(answer, rng):
    return answer(PADDING, False)


@exercise.probe("解码器，三行补得不一样多")
def _(answer, rng):
    return answer(PADDING, True)


@exercise.correct("用位置比较")
def _(padding, is_decoder):
    t = padding.size(1)
    position = torch.arange(t)
    keep = padding.logical_not().view(-1, 1, 1, t) & torch.ones(t, 1, dtype=torch.bool)
    return keep & (position[None, :] <= position[:, None]) if is_decoder else keep


@exercise.correct("循环")
def _(padding, is_decoder):
    b, t = padding.shape
    out = torch.zeros(b, 1, t, t, dtype=torch.bool)
    for n in range(b):
        for i in range(t):
            for j in range(t):
                out[n, 0, i, j] = not padding[n, j] and (j <= i or not is_decoder)
    return out


exercise.mutant("补齐用反了", mask_with(pad=lambda p: p[:, None, None, :]),
                look="padding 为 True 的是补齐的位置，看不见；掩码里 True 是看得见。")
exercise.mutant("遮住的是行，不是列", mask_with(pad=lambda p: ~p[:, None, :, None]),
                look="要让别人看不见补齐的键：遮的是列（最后一个轴）。遮住整行，softmax 会得到 nan。")
exercise.mutant("行和列都遮住了", mask_with(pad=lambda p: ~p[:, None, None, :] & ~p[:, None, :, None]),
                look="补齐的行不用管；整行都看不见，softmax 会得到 nan。")
exercise.mutant("没有管补齐", mask_with(pad=lambda p: torch.ones_like(p)[:, None, None, :]),
                look="补齐的位置谁也不该看见。")
exercise.mutant("解码器没有因果掩码", mask_with(causal=lambda t: torch.ones(t, t).bool()),
                look="解码器只看自己和过去：再加上下三角。")
exercise.mutant("因果掩码反了", mask_with(causal=lambda t: torch.ones(t, t).triu().bool()),
                look="下三角 tril：列不大于行。")
exercise.mutant("看不见自己", mask_with(causal=lambda t: torch.ones(t, t).tril(-1).bool()),
                look="对角线也是 True。")
exercise.mutant("两个条件用了“或”", mask_with(join=torch.logical_or),
                look="既不是补齐，又不是未来，才看得见：用“且”。")
exercise.mutant("少了头那个轴", mask_with(shape=lambda m: m[:, 0]),
                look="形状是 (b, 1, t, t)，中间的 1 留给头，好广播。")
exercise.mutant("返回的不是布尔", mask_with(shape=lambda m: m.float()), look="掩码用布尔，True 表示看得见。")
exercise.mutant("编码器也加了因果掩码", lambda p, d: mask_with()(p, True),
                look="编码器看得见两边；只有 is_decoder 时才加下三角。")
