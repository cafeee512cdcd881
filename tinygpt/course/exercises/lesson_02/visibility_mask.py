"""练习 2.2 掩码：编码器、解码器与补齐。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, unchanged


def mask_with(
    causal=lambda t: torch.ones(t, t).tril().bool(),
    pad=lambda p: ~p[:, None, None, :],
    join=torch.logical_and,
    decoder=lambda is_decoder: is_decoder,
    shape=lambda m: m,
):
    def run(padding, is_decoder):
        b, t = padding.shape
        mask = pad(padding).expand(b, 1, t, t)
        return shape(join(mask, causal(t)) if decoder(is_decoder) else mask)

    return run


exercise = Exercise(
    "2.2", "掩码：编码器、解码器与补齐", mask_with(), assemble=mask_with,
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


@exercise.probe("五行，长短随机")
def _(answer, rng):
    padding = torch.arange(7) >= integers(rng, 1, 8, 5, 1)
    return answer(padding.clone(), False), answer(padding.clone(), True)


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, PADDING.clone(), True)


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


exercise.edit("补齐用反了", "padding 为 True 的是补齐的位置，看不见；掩码里 True 是看得见：取反。",
              pad=lambda p: p[:, None, None, :])
exercise.edit("遮住的是行，不是列",
              "要让别人看不见补齐的键：遮的是列（最后一个轴）。遮住整行，softmax 会得到 nan。",
              pad=lambda p: ~p[:, None, :, None])
exercise.edit("行和列都遮住了", "补齐的行不另外处理；整行都看不见，softmax 会得到 nan。",
              pad=lambda p: ~p[:, None, None, :] & ~p[:, None, :, None])
exercise.edit("补齐的行看得见一切", "补齐的键谁也看不见，补齐的行也一样，不另外处理。",
              pad=lambda p: ~p[:, None, None, :] | p[:, None, :, None])
exercise.edit("补齐当在了左边", "补齐在右边，padding 已经说了是哪些位置：照它来，不要自己数。",
              pad=lambda p: ~p.flip(-1)[:, None, None, :])
exercise.edit("没有管补齐", "补齐的位置谁也不该看见。", pad=lambda p: torch.ones_like(p)[:, None, None, :])
exercise.edit("每一行都用了第一行的补齐", "每一行补得不一样多，各用各的。",
              pad=lambda p: ~p[:1, None, None, :])
exercise.edit("解码器没有因果掩码", "解码器只看自己和过去：再加上下三角。", decoder=lambda d: False)
exercise.edit("编码器也加了因果掩码", "编码器看得见两边；只有 is_decoder 时才加下三角。",
              decoder=lambda d: True)
exercise.edit("编码器与解码器反了", "is_decoder 为 True 时才加下三角。", decoder=lambda d: not d)
exercise.edit("因果掩码反了", "下三角 tril：列不大于行。", causal=lambda t: torch.ones(t, t).triu().bool())
exercise.edit("看不见自己", "对角线也是 True：tril() 带着对角线，triu() 也带着，取反就没有了。",
              causal=lambda t: torch.ones(t, t).tril(-1).bool())
exercise.edit("多看见了一个", "对角线右边第一个是未来：tril()，不要偏移。",
              causal=lambda t: torch.ones(t, t).tril(1).bool())
exercise.edit("两个条件用了“或”", "既不是补齐，又不是未来，才看得见：用“且”。", join=torch.logical_or)
exercise.edit("解码器忘了补齐", "解码器也有补齐：两个条件都要满足。",
              join=lambda mask, causal: causal.expand(mask.shape))
exercise.edit("True 与 False 反了", "这里 True 表示看得见，不是遮住。", shape=torch.logical_not)
exercise.edit("少了头那个轴", "形状是 (b, 1, t, t)，中间的 1 留给头，好广播。", shape=lambda m: m[:, 0])
exercise.edit("返回的不是布尔", "掩码用布尔，True 表示看得见。", shape=lambda m: m.float())
exercise.edit("返回的是整数 0 与 1", "掩码用布尔，True 表示看得见：不要 .long()、.int()。",
              shape=lambda m: m.long())
exercise.edit("返回了加在分数上的 0 与 −∞", "这里要布尔掩码，True 表示看得见；−∞ 由注意力自己填。",
              shape=lambda m: torch.zeros(m.shape).masked_fill(~m, float("-inf")))


@exercise.mutant("编码器没有展开成 t 行",
                 look="形状是 (b, 1, t, t)：编码器的每一行都一样，也要 expand 出来。")
def _(padding, is_decoder):
    mask = mask_with()(padding, is_decoder)
    return mask if is_decoder else mask[:, :, :1]


@exercise.mutant("对角线总是 True", look="补齐的位置自己也看不见自己：它的那一列整列都是 False。")
def _(padding, is_decoder):
    return mask_with()(padding, is_decoder) | torch.eye(padding.size(1)).bool()


@exercise.mutant("改动了输入", look="logical_not_、~= 会改掉调用者的 padding；写成 ~padding，得到一个新的。")
def _(padding, is_decoder):
    mask = mask_with()(padding, is_decoder).clone()
    padding.logical_not_()
    return mask
