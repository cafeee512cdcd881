"""练习 10.3 接起来，再取回文字的那几行。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def run_with(
    place=lambda positions, p, t: positions[:t], join=lambda image, text: [image, text],
    take=lambda h, p, t: h[:, p:], picture=lambda image, positions: image, axis=1, inplace=False,
):  # fmt: skip
    """place：文字加哪几个位置；join：怎样接；take：取回哪几行；picture：图怎样变。"""

    def run(image, text, positions, transformer):
        p, t = image.size(1), text.size(1)
        placed = text + place(positions, p, t)
        if inplace:
            text.copy_(placed)
        hidden = transformer(torch.cat(join(picture(image, positions), placed), dim=axis))
        return take(hidden, p, t)

    return run


def cumulative(x):
    """假的 Transformer：每一行变成自己与前面各行的和，再加上一共几行：看得出次序，也看得出接上了什么。"""
    return x.cumsum(dim=1) + x.size(1)


exercise = Exercise(
    "10.3", "接起来，再取回文字", run_with(),
    look="文字加上位置（从 0 数起），接在图的后面（dim=1），走过 transformer，丢掉前面 n 行。",
    assemble=run_with,
)


@exercise.probe("2 块，3 个 token")
def _(answer, rng):
    image, text = torch.ones(1, 2, 4), torch.zeros(1, 3, 4)
    return answer(image, text, torch.arange(20.0)[:, None].expand(20, 4), cumulative)


@exercise.probe("16 块，5 个 token，两行")
def _(answer, rng):
    return answer(normal(rng, 2, 16, 8), normal(rng, 2, 5, 8), normal(rng, 30, 8), cumulative)


@exercise.probe("换一张图，文字的结果跟着变")
def _(answer, rng):
    text, positions = normal(rng, 1, 3, 4), normal(rng, 30, 4)
    a, b = (answer(normal(rng, 1, 2, 4), text.clone(), positions.clone(), cumulative) for _ in range(2))
    return a - b


@exercise.probe("块数与 token 数相同；只有一个 token")
def _(answer, rng):
    positions = normal(rng, 30, 4)
    return [answer(normal(rng, 2, 3, 4), normal(rng, 2, t, 4), positions, cumulative) for t in (3, 1)]


@exercise.probe("输入没有被改动")
def _(answer, rng):
    image, text, positions = normal(rng, 1, 2, 4), normal(rng, 1, 3, 4), normal(rng, 30, 4)
    before = [x.clone() for x in (image, text, positions)]
    answer(image, text, positions, cumulative)
    return all(torch.equal(a, b) for a, b in zip(before, (image, text, positions)))


@exercise.correct("先占好地方，再填")
def _(image, text, positions, transformer):
    (b, p, c), t = image.shape, text.size(1)
    x = torch.empty(b, p + t, c)
    x[:, :p], x[:, p:] = image, text + positions[None, :t]
    return transformer(x)[:, -t:]


@exercise.correct("split")
def _(image, text, positions, transformer):
    n = text.size(1)
    x = torch.hstack([image, text + torch.stack([positions[i] for i in range(n)])])
    return transformer(x).split([image.size(1), n], dim=1)[1]


exercise.edit("图接在了文字后面", join=lambda i, t: [t, i], take=lambda h, p, t: h[:, :t],
              look="因果掩码只看前面：图在后面，文字就看不见它。")
exercise.edit("图接在了文字后面，取的是后面", join=lambda i, t: [t, i],
              look="因果掩码只看前面：图在前，文字在后，torch.cat([image, text], dim=1)。")
exercise.edit("忘了丢掉图的那几行", take=lambda h, p, t: h, look="只要文字的那几行：[:, n:]。")
exercise.edit("取成了图的那几行", take=lambda h, p, t: h[:, :p], look="图在前面，文字在后面：[:, n:]。")
exercise.edit("取了前 t 行", take=lambda h, p, t: h[:, :t], look="图在前面，文字在后面：[:, n:]。")
exercise.edit("多丢了一行", take=lambda h, p, t: h[:, p + 1 :],
              look="图有 n 行，第 n 行（从 0 数）就是第一个 token。")
exercise.edit("少丢了一行", take=lambda h, p, t: h[:, p - 1 :], look="图有 n 行，全都丢掉：[:, n:]。")
exercise.edit("早取了一行", take=lambda h, p, t: h[:, p - 1 : -1],
              look="取文字自己的那几行：[:, n:]，不要错开。")
exercise.edit("只取了最后一行", take=lambda h, p, t: h[:, -1], look="文字的 t 行都要：[:, n:]。")
exercise.edit("位置接着图往下数", place=lambda positions, p, t: positions[p : p + t],
              look="预训练时，文字的第一个 token 在位置 0；图另有自己的位置，文字仍从 0 数起。")
exercise.edit("位置从 1 数起", place=lambda positions, p, t: positions[1 : t + 1],
              look="文字从第 0 个位置用起。")
exercise.edit("全都加了第 0 个位置", place=lambda positions, p, t: positions[0],
              look="第 i 个 token 加第 i 个位置。")
exercise.edit("加了末尾的几个位置", place=lambda positions, p, t: positions[-t:],
              look="文字从第 0 个位置用起。")
exercise.edit("文字没有加位置", place=lambda positions, p, t: 0, look="text + positions[:t]。")
exercise.edit("没有接上图", join=lambda i, t: [t], take=lambda h, p, t: h,
              look="torch.cat([image, text], dim=1)：少了图，模型就是在瞎猜。")
exercise.edit("沿着批的轴接了", axis=0, look="沿着第 1 个轴接：torch.cat([image, text], dim=1)。")
exercise.edit("沿着最后一个轴接了", axis=-1, look="沿着第 1 个轴接：torch.cat([image, text], dim=1)。")
exercise.edit("图也加了文字的位置", picture=lambda image, positions: image + positions[: image.size(1)],
              look="图的向量交进来时已经加过自己的位置，不要再加文字的。")
exercise.edit("改动了输入", inplace=True, look="text += … 会改掉别人的张量：写成 text + …，得到新的。")


@exercise.mutant("没有走 transformer", look="接起来以后还要走过 transformer，再取文字的那几行。")
def _(image, text, positions, transformer):
    return text + positions[: text.size(1)]


@exercise.mutant("走完才加位置", look="位置在走进 transformer 之前加到文字上。")
def _(image, text, positions, transformer):
    run = run_with(place=lambda positions, p, t: 0)
    return run(image, text, positions, transformer) + positions[: text.size(1)]
