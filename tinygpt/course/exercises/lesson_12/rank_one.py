"""练习 12.4 秩一的改动。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def edit_with(direction=lambda key, moment: torch.linalg.solve(moment, key), scale=lambda u, key: u @ key,
              outer=torch.outer, sign=1, inplace=False):  # fmt: skip
    def run(weight, key, value, moment):
        u = direction(key, moment)
        delta = value - weight @ key
        target = weight if inplace else weight.clone()
        target += sign * outer(delta, u / scale(u, key))
        return target

    return run


exercise = Exercise(
    "12.4", "秩一的改动", edit_with(),
    look="u = C⁻¹k，δ = v − W k，W 添上 δ uᵀ/(u·k)。验算：新的 W 乘 k 正好是 v。",
)


def world(rng, outside=4, inside=5):
    samples = normal(rng, 40, inside)
    weight, key, value = normal(rng, outside, inside), normal(rng, inside), normal(rng, outside)
    return weight, key, value, samples.T @ samples / 40 + 0.1 * torch.eye(inside)


@exercise.probe("4 × 5")
def _(answer, rng):
    return answer(*world(rng))


@exercise.probe("方的")
def _(answer, rng):
    return answer(*world(rng, 5, 5))


@exercise.probe("新的 W 乘 k 正好是 v")
def _(answer, rng):
    weight, key, value, moment = world(rng)
    return torch.allclose(answer(weight, key, value, moment) @ key, value, atol=1e-3)


@exercise.probe("改动的秩是 1")
def _(answer, rng):
    weight, key, value, moment = world(rng)
    sizes = torch.linalg.svdvals(answer(weight, key, value, moment) - weight)
    return bool(sizes[1] < 1e-3 * sizes[0])


@exercise.probe("C 是单位矩阵的两倍")
def _(answer, rng):
    weight, key, value, _ = world(rng)
    return answer(weight, key, value, 2 * torch.eye(5))


@exercise.probe("已经查得到 v，就什么也不改")
def _(answer, rng):
    weight, key, _, moment = world(rng)
    return answer(weight, key, weight @ key, moment)


@exercise.probe("W 没有被改动")
def _(answer, rng):
    weight, key, value, moment = world(rng)
    before = weight.clone()
    answer(weight, key, value, moment)
    return torch.equal(weight, before)


@exercise.correct("逆矩阵与广播")
def _(weight, key, value, moment):
    u = torch.linalg.inv(moment) @ key
    return weight + (value - weight @ key)[:, None] * u[None, :] / (u * key).sum()


@exercise.correct("einsum")
def _(weight, key, value, moment):
    u = torch.einsum("ij,j->i", moment.inverse(), key)
    return weight + torch.einsum("o,i->oi", value - torch.mv(weight, key), u / torch.dot(u, key))


exercise.mutant("没有用 C", edit_with(direction=lambda key, moment: key), look="u 是 C⁻¹k，不是 k。")
exercise.mutant("乘了 C，没有乘 C⁻¹", edit_with(direction=lambda key, moment: moment @ key),
                look="平常的方向要少用：乘 C 的逆。")
exercise.mutant("没有除以 u·k", edit_with(scale=lambda u, key: 1.0), look="除以 u·k，乘 k 时才正好添上 δ。")
exercise.mutant("除以了 k·k", edit_with(scale=lambda u, key: key @ key), look="除的是 u·k。")
exercise.mutant("除以了 u·u", edit_with(scale=lambda u, key: u @ u), look="除的是 u·k。")
exercise.mutant("减去了改动", edit_with(sign=-1), look="是加上。")
exercise.mutant("改动了原来的 W", edit_with(inplace=True), look="返回一个新的矩阵。")


@exercise.mutant("δ 取成了 v", look="δ = v − W k：要减去现在查到的。")
def _(weight, key, value, moment):
    u = torch.linalg.solve(moment, key)
    return weight + torch.outer(value, u / (u @ key))


@exercise.mutant("只给了改动", look="还要加上原来的 W。")
def _(weight, key, value, moment):
    return edit_with()(weight, key, value, moment) - weight


@exercise.mutant("改动转置了", look="δ 在左（输出），u 在右（输入）：outer(δ, u)。")
def _(weight, key, value, moment):
    update = edit_with()(weight, key, value, moment) - weight
    return weight + (update.T if update.size(0) == update.size(1) else update)
