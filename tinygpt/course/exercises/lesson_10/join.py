"""练习 10.3 接起来，再取回文字的那几行。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def run_with(join=lambda image, text: [image, text], take=lambda h, p, t: h[:, p:], start=lambda p: 0):
    def run(image, text, positions, transformer):
        first = start(image.size(1))
        text = text + positions[first : first + text.size(1)]
        hidden = transformer(torch.cat(join(image, text), dim=1))
        return take(hidden, image.size(1), text.size(1))

    return run


def cumulative(x):
    """假的 Transformer：每一行变成自己与前面各行的和，再加上一共几行：看得出次序，也看得出接上了什么。"""
    return x.cumsum(dim=1) + x.size(1)


exercise = Exercise(
    "10.3", "接起来，再取回文字", run_with(),
    look="文字加上位置（从 0 数起），接在图的后面（dim=1），走过 transformer，丢掉前面 n 行。",
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
    a, b = (answer(normal(rng, 1, 2, 4), text, positions, cumulative) for _ in range(2))
    return torch.allclose(a, b)


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


exercise.mutant("图接在了文字后面", run_with(join=lambda i, t: [t, i], take=lambda h, p, t: h[:, :t]),
                look="因果掩码只看前面：图在后面，文字就看不见它。")
exercise.mutant("忘了丢掉图的那几行", run_with(take=lambda h, p, t: h), look="只要文字的那几行：[:, n:]。")
exercise.mutant("取成了图的那几行", run_with(take=lambda h, p, t: h[:, :p]),
                look="图在前面，文字在后面：[:, n:]。")
exercise.mutant("多丢了一行", run_with(take=lambda h, p, t: h[:, p + 1 :]),
                look="图有 n 行，第 n 行（从 0 数）就是第一个 token。")
exercise.mutant("少丢了一行", run_with(take=lambda h, p, t: h[:, p - 1 :]),
                look="图有 n 行，全都丢掉：[:, n:]。")
exercise.mutant("位置接着图往下数", run_with(start=lambda p: p),
                look="预训练时，文字的第一个 token 在位置 0；图另有自己的位置，文字仍从 0 数起。")
exercise.mutant("文字没有加位置",
                lambda image, text, positions, f: run_with()(image, text, torch.zeros_like(positions), f),
                look="text + positions[:t]。")
exercise.mutant("没有接上图",
                lambda image, text, positions, f: run_with()(image[:, :0], text, positions, f),
                look="torch.cat([image, text], dim=1)：少了图，模型就是在瞎猜。")


@exercise.mutant("图也加了文字的位置", look="图的向量交进来时已经加过自己的位置，不要再加文字的。")
def _(image, text, positions, transformer):
    return run_with()(image + positions[: image.size(1)], text, positions, transformer)
