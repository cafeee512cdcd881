"""练习 7.5 长短不一的批：下一个 token 看哪里。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal

exercise = Exercise(
    "7.5", "长短不一的批：下一个 token 看哪里",
    lambda logits, lengths: logits[torch.arange(len(logits)), torch.as_tensor(lengths) - 1],
    look="第 i 行有 lengths[i] 个真的 token，下一个 token 由第 lengths[i] − 1 个位置的 logits 预测。",
)


@exercise.probe("一样长")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4), [3, 3])


@exercise.probe("右边补齐，长短不一")
def _(answer, rng):
    return answer(normal(rng, 3, 5, 4), [5, 2, 1])


@exercise.probe("每一行都有补齐")
def _(answer, rng):
    return answer(normal(rng, 2, 6, 3), [2, 4])


@exercise.probe("只有一行")
def _(answer, rng):
    return answer(normal(rng, 1, 4, 3), [2])


@exercise.correct("循环")
def _(logits, lengths):
    return torch.stack([row[length - 1] for row, length in zip(logits, lengths, strict=True)])


@exercise.correct("gather")
def _(logits, lengths):
    index = (torch.tensor(lengths) - 1)[:, None, None].expand(-1, 1, logits.size(-1))
    return logits.gather(1, index)[:, 0]


exercise.mutant("取了最后一列", lambda z, n: z[:, -1], look="短的那些行，最后一列是补齐的位置。")
exercise.mutant("差一位，越出了末尾", lambda z, n: z[torch.arange(len(z)), torch.tensor(n)],
                look="长度为 n 的行，最后一个 token 的下标是 n − 1。")
exercise.mutant("差一位，取到了补齐",
                lambda z, n: z[torch.arange(len(z)), torch.tensor(n).clamp(max=z.size(1) - 1)],
                look="长度为 n 的行，最后一个 token 的下标是 n − 1。")
exercise.mutant("早了一位", lambda z, n: z[torch.arange(len(z)), (torch.tensor(n) - 2).clamp(min=0)],
                look="长度为 n 的行，最后一个 token 的下标是 n − 1，不是 n − 2。")
exercise.mutant("早了一位，长度是 1 时绕到了末尾", lambda z, n: z[torch.arange(len(z)), torch.tensor(n) - 2],
                look="长度为 n 的行，最后一个 token 的下标是 n − 1，不是 n − 2。")
exercise.mutant("从末尾数起", lambda z, n: z[torch.arange(len(z)), -torch.tensor(n)],
                look="补齐在右边：真的 token 从位置 0 数起，最后一个在 n − 1，不是倒数第 n 个。")
exercise.mutant("所有行用最短的长度", lambda z, n: z[:, min(n) - 1], look="每一行有自己的长度。")
exercise.mutant("所有行用最长的长度", lambda z, n: z[:, max(n) - 1], look="每一行有自己的长度。")
exercise.mutant("所有行用第一行的长度", lambda z, n: z[:, n[0] - 1], look="每一行有自己的长度。")
exercise.mutant("返回了每一对的组合", lambda z, n: z[:, torch.tensor(n) - 1],
                look="z[:, 下标] 会给每一行取出所有下标；行号也要给：z[torch.arange(b), 下标]。")
exercise.mutant("取了第一个位置", lambda z, n: z[:, 0], look="下一个 token 由最后一个真的 token 预测。")
exercise.mutant("取了平均", lambda z, n: torch.stack([row[:k].mean(0) for row, k in zip(z, n, strict=True)]),
                look="只要最后一个真的 token 那一个位置的 logits。")
exercise.mutant("给的是列表", lambda z, n: [row[k - 1] for row, k in zip(z, n, strict=True)],
                look="用 torch.stack 把各行叠成 (b, v) 的张量。")
exercise.mutant("多了一个轴", lambda z, n: z[torch.arange(len(z)), torch.tensor(n) - 1][:, None],
                look="形状是 (b, v)：位置那个轴取走了，就没有了。")
exercise.mutant("只有一行时丢了行的轴", lambda z, n: z[torch.arange(len(z)), torch.tensor(n) - 1].squeeze(0),
                look="一行也是 (1, v)：不要 squeeze()。")
exercise.mutant("给的是编号", lambda z, n: z[torch.arange(len(z)), torch.tensor(n) - 1].argmax(-1),
                look="返回 logits (b, v)，还不要取最大的。")
