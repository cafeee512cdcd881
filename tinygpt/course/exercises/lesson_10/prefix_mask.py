"""练习 10.2 前缀的掩码。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise


def past(k, diagonal=0):
    return torch.ones(k, k, dtype=torch.bool).tril(diagonal)


def full(k):
    return torch.ones(k, k, dtype=torch.bool)


def only_self(k):
    return torch.eye(k, dtype=torch.bool)


def mask_with(picture=full, text=past, down=True, up=False, give=lambda mask, p: mask):
    """四方格：picture 图看图，text 文字看文字，down 文字看图，up 图看文字。"""

    def run(n_prefix, n_text):
        n = n_prefix + n_text
        mask = torch.zeros(n, n, dtype=torch.bool)
        mask[:n_prefix, :n_prefix] = picture(n_prefix)
        mask[n_prefix:, n_prefix:] = text(n_text)
        mask[n_prefix:, :n_prefix] = down
        mask[:n_prefix, n_prefix:] = up
        return give(mask, n_prefix)

    return run


exercise = Exercise(
    "10.2", "前缀的掩码", mask_with(),
    look="左上（图看图）全是 True；左下（文字看图）全是 True；"
         "右上（图看文字）全是 False；右下（文字看文字）是下三角。",
    assemble=mask_with,
)


@exercise.probe("2 块，3 个 token")
def _(answer, rng):
    return answer(2, 3)


@exercise.probe("3 块，2 个 token")
def _(answer, rng):
    return answer(3, 2)


@exercise.probe("没有图：就是因果掩码")
def _(answer, rng):
    return answer(0, 4)


@exercise.probe("没有文字：全都看得见；只有一块、一个 token")
def _(answer, rng):
    return [answer(3, 0), answer(1, 1)]


@exercise.probe("课里的形状：16 块，12 个 token")
def _(answer, rng):
    return answer(16, 12)


@exercise.correct("比较下标")
def _(n_prefix, n_text):
    i = torch.arange(n_prefix + n_text)
    return (i[None, :] <= i[:, None]) | ((i[None, :] < n_prefix) & (i[:, None] < n_prefix))


@exercise.correct("每个位置看得见多少个")
def _(n_prefix, n_text):
    n = n_prefix + n_text
    rows = [[column < max(row + 1, n_prefix) for column in range(n)] for row in range(n)]
    return torch.tensor(rows, dtype=torch.bool)


exercise.edit("图里也只看前面的块", picture=past,
              look="图没有先后：第一块也要看得见最后一块。前缀的那一方格全是 True。")
exercise.edit("每一块只看自己", picture=only_self, look="块与块要互相看见，模型才认得出跨几块的形状。")
exercise.edit("每一块看不见自己", picture=lambda k: ~only_self(k), look="块互相都看得见，也看得见自己。")
exercise.edit("图的块互相看不见", picture=lambda k: ~full(k),
              look="块与块要互相看见：前缀的那一方格全是 True。")
exercise.edit("文字看得见后面的文字", text=full,
              look="文字看文字的那一方格是下三角：答案还没有写，不能先看见。")
exercise.edit("文字看不见自己", text=lambda k: past(k, -1), look="对角线是 True：每个位置看得见自己。")
exercise.edit("文字多看见了一个", text=lambda k: past(k, 1),
              look="看得见自己与前面的：tril()，不是 tril(1)。")
exercise.edit("文字之间只看自己", text=only_self, look="还要看得见前面的文字：下三角。")
exercise.edit("文字看不见图", down=False, look="文字的每一行，前 n_prefix 列都是 True。")
exercise.edit("图看得见文字", up=True,
              look="图的行里，文字的列是 False：否则图的向量里会混进后面的答案，再传给前面的文字。")
exercise.edit("文字只看后面的", text=lambda k: past(k).T, look="前面的是下三角：tril，不是 triu。")
exercise.edit("True 与 False 反了", give=lambda mask, p: ~mask, look="True 表示看得见。")
exercise.edit("行与列反了", give=lambda mask, p: mask.T, look="行是查询（谁在看），列是键（看谁）。")
exercise.edit("交出了小数", give=lambda mask, p: mask.float(), look="要布尔的掩码：dtype 是 torch.bool。")
exercise.edit("交出了整数", give=lambda mask, p: mask.long(), look="要布尔的掩码：dtype 是 torch.bool。")
exercise.edit("交出了 0 与 −∞", give=lambda mask, p: torch.zeros(mask.shape).masked_fill(~mask, -math.inf),
              look="要布尔的掩码：True 表示看得见。")
exercise.edit("交出了列表", give=lambda mask, p: mask.tolist(), look="要一个布尔张量。")
exercise.edit("多了批与头的轴", give=lambda mask, p: mask[None, None], look="形状是 (n, n)。")
exercise.edit("文字排在了图的前面", give=lambda mask, p: mask.roll((-p, -p), (0, 1)),
              look="前面 n_prefix 行是图，后面 n_text 行是文字。")


@exercise.mutant("从末尾数文字，没有文字时数错了",
                 look="n_text 是 0 时，[-0:] 是全部：用 [n_prefix:]、[:n_prefix]。")
def _(n_prefix, n_text):
    mask = torch.ones(n_prefix + n_text, n_prefix + n_text, dtype=torch.bool).tril()
    mask[:-n_text, :-n_text] = True
    return mask
