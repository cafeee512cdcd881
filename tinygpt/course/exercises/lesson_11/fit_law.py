"""练习 11.6 拟合：损失随参数与数据怎样降。"""

import numpy as np
import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import number_or_scalar


def fit_with(
    powers=lambda a, b: (-a, -b), constant=True, logs=False, order=(0, 1, 2), swap=False, fixed=None,
    lowest=False, some=slice(None), exponents=True, positive=False, straight=False,
):  # fmt: skip
    """参考答案的几种改法。"""

    def run(parameters, tokens, losses, a, b):
        a, b = fixed or powers(a, b)
        n, d, y = (x.numpy()[some] for x in (parameters, tokens, losses))
        n, d = (d, n) if swap else (n, d)
        first = (n**a, d**b) if exponents else (1 / n, 1 / d)
        columns = np.stack([np.ones_like(n), *first], axis=1)
        if straight:
            columns, logs_too = np.stack([np.ones_like(n), np.log(n), np.log(d)], axis=1), np.log(y)
            return tuple(np.linalg.lstsq(columns, logs_too, rcond=None)[0].tolist())
        if lowest:
            solved = np.linalg.lstsq(columns[:, 1:], y - y.min(), rcond=None)[0]
            return float(y.min()), float(solved[0]), float(solved[1])
        if not constant:
            solved = np.linalg.lstsq(columns[:, 1:], y, rcond=None)[0]
            return 0.0, float(solved[0]), float(solved[1])
        solved = np.linalg.lstsq(columns, np.log(y) if logs else y, rcond=None)[0]
        return tuple(max(0.0, float(solved[i])) if positive else float(solved[i]) for i in order)

    return run


exercise = Exercise(
    "11.6", "拟合：损失随参数与数据怎样降", fit_with(), assemble=fit_with,
    look="a、b 给定时，L = E + A·N^(−a) + B·D^(−b) 对 E、A、B 是线性的："
         "三列（1、N^(−a)、D^(−b)）的最小二乘。",
    rtol=1e-3,
)  # fmt: skip


def asked(answer, rng, size=(4, 3), law=(1.2, 30.0, 20.0), powers=(0.34, 0.28), noise=0.0):
    """一张格子上的训练；结果是三个数。"""
    n = (4.0 ** torch.arange(size[0], dtype=torch.float64) * 10_000).repeat_interleave(size[1])
    d = (3.0 ** torch.arange(size[1], dtype=torch.float64) * 50_000).repeat(size[0])
    losses = law[0] + law[1] * n ** -powers[0] + law[2] * d ** -powers[1]
    losses = losses + noise * torch.randn(len(n), generator=rng, dtype=torch.float64)
    return [number_or_scalar(value) for value in answer(n, d, losses, *powers)]


@exercise.probe("正好落在曲线上")
def _(answer, rng):
    return asked(answer, rng)


@exercise.probe("别的指数")
def _(answer, rng):
    return asked(answer, rng, powers=(0.5, 0.7), law=(0.8, 50.0, 900.0))


@exercise.probe("有一点噪声")
def _(answer, rng):
    return asked(answer, rng, noise=0.02)


@exercise.probe("噪声大，训练多")
def _(answer, rng):
    return asked(answer, rng, size=(6, 5), noise=0.2)


@exercise.probe("E 是 0")
def _(answer, rng):
    return asked(answer, rng, law=(0.0, 30.0, 20.0))


@exercise.probe("E、B 是负的：三个数都没有限制")
def _(answer, rng):
    return asked(answer, rng, law=(-2.0, 90.0, -3.0))


@exercise.probe("数据不要紧：B 是 0")
def _(answer, rng):
    return asked(answer, rng, law=(1.0, 30.0, 0.0), noise=0.01)


@exercise.probe("一共三次训练，刚够")
def _(answer, rng):
    n, d = torch.tensor([[1e4, 1e6, 1e4], [1e5, 1e5, 1e7]], dtype=torch.float64)
    losses = 1.5 + 20 * n**-0.3 + 10 * d**-0.2
    return [number_or_scalar(value) for value in answer(n, d, losses, 0.3, 0.2)]


@exercise.probe("不改动输入")
def _(answer, rng):
    tensors = [torch.tensor(x, dtype=torch.float64) for x in ([1e4, 1e6, 1e4, 1e5], [1e5, 1e5, 1e7, 1e6])]
    tensors.append(torch.rand(4, generator=rng, dtype=torch.float64) + 1)
    before = [x.clone() for x in tensors]
    answer(*tensors, 0.3, 0.2)
    return all(map(torch.equal, tensors, before))


@exercise.correct("torch.linalg.lstsq")
def _(parameters, tokens, losses, a, b):
    columns = torch.stack([torch.ones_like(losses), parameters**-a, tokens**-b], dim=1)
    return torch.linalg.lstsq(columns, losses[:, None]).solution.flatten().tolist()


@exercise.correct("缩到 1 上下，解正规方程")
def _(parameters, tokens, losses, a, b):
    n, d = parameters.mean(), tokens.mean()
    x = torch.stack([torch.ones_like(losses), (parameters / n) ** -a, (tokens / d) ** -b], dim=1)
    E, A, B = torch.linalg.solve(x.T @ x, x.T @ losses)
    return E, A * n**a, B * d**b


@exercise.correct("伪逆")
def _(parameters, tokens, losses, a, b):
    columns = torch.stack([losses * 0 + 1, 1 / parameters**a, 1 / tokens**b])
    return tuple((torch.linalg.pinv(columns.T) @ losses).tolist())


exercise.edit("忘了 E", constant=False, look="还有一列全是 1：它的系数就是 E。")
exercise.edit("E 取了最小的损失", lowest=True, look="E 也是拟合出来的，比量到的都低：加一列 1，一起解。")
exercise.edit("指数的正负错了", powers=lambda a, b: (a, b), look="损失随 N、D 变小：负的次方，N^(−a)。")
exercise.edit("两个指数反了", powers=lambda a, b: (-b, -a), look="a 是 N 的，b 是 D 的。")
exercise.edit("两个都用了 a", powers=lambda a, b: (-a, -a), look="D 的指数是 b。")
exercise.edit("参数与数据反了", swap=True, look="A 配 N（参数），B 配 D（数据）。")
exercise.edit("没有取次方", exponents=False, look="列是 N^(−a)、D^(−b)，不是 1/N、1/D。")
exercise.edit("指数写死了", fixed=(-0.34, -0.28), look="a、b 由参数给出。")
exercise.edit("损失先取了对数", logs=True, look="有 E 的时候，取对数就不是线性的了：直接拟合损失。")
exercise.edit("次序成了 A、B、E", order=(1, 2, 0), look="返回的次序是 E、A、B。")
exercise.edit("A 与 B 反了", order=(0, 2, 1), look="返回的次序是 E、A、B。")
exercise.edit("只用了开头三次训练", some=slice(3), look="全部训练一起做最小二乘，噪声才会抵消。")
exercise.edit("丢了最后一次训练", some=slice(-1), look="全部训练都用上。")
exercise.edit("负的换成了 0", positive=True, look="三个数都没有限制：最小二乘给出什么就是什么。")
exercise.edit("三样都取了对数", straight=True, look="有三项相加，取对数不是直线：对 E、A、B 直接做最小二乘。")
