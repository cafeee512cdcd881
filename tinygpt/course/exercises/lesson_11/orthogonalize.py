"""练习 11.8 Newton–Schulz：把矩阵变得近于正交。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal
from tinygpt.muon import COEFFICIENTS


def orthogonal_with(
    numbers=COEFFICIENTS, norm=lambda g: g.norm(), eps=1e-7, steps=lambda n: n, turn=False, fifth=True,
    third=True, inplace=False, again=False, stale=False, half=False, flip=lambda g: g,
):  # fmt: skip
    """参考答案的几种改法。"""

    def answer(matrix, steps_asked=5):
        a, b, c = numbers
        x = flip(matrix) / (norm(matrix) + eps)
        x = x.bfloat16() if half else x
        first = x @ x.mT
        for _ in range(steps(steps_asked)):
            square = first if stale else (x.mT if turn else x) @ (x if turn else x.mT)
            if again:
                x = x / x.norm()
            x = a * x + (b * square @ x if third else 0) + (c * square @ square @ x if fifth else 0)
        x = x.to(matrix.dtype)
        return matrix.copy_(x) if inplace else x

    def run(matrix, steps=5):
        return answer(matrix, steps)

    return run


exercise = Exercise(
    "11.8", "Newton–Schulz", orthogonal_with(), assemble=orthogonal_with,
    look="X = G/(‖G‖ + 1e-7)，‖G‖ 是全部数的平方和开方；每次 X ← aX + b(XXᵀ)X + c(XXᵀ)²X。",
    rtol=1e-3, atol=1e-5,
)  # fmt: skip


@exercise.probe("一个数：手算得出")
def _(answer, rng):
    return answer(torch.tensor([[2.0]], dtype=torch.float64), 1)


@exercise.probe("方的，一次")
def _(answer, rng):
    return answer(normal(rng, 4, 4, dtype=torch.float64), 1)


@exercise.probe("横的，五次")
def _(answer, rng):
    return answer(normal(rng, 3, 7, dtype=torch.float64))


@exercise.probe("竖的，五次")
def _(answer, rng):
    return answer(normal(rng, 6, 2, dtype=torch.float64))


@exercise.probe("零次：只除以长度")
def _(answer, rng):
    return answer(normal(rng, 3, 4, dtype=torch.float64), 0)


@exercise.probe("两次")
def _(answer, rng):
    return answer(normal(rng, 3, 5, dtype=torch.float64), 2)


@exercise.probe("很小的矩阵")
def _(answer, rng):
    return answer(normal(rng, 3, 4, scale=1e-7, dtype=torch.float64), 3)


@exercise.probe("全是 0")
def _(answer, rng):
    return answer(torch.zeros(2, 3))


@exercise.probe("单精度的输入")
def _(answer, rng):
    return answer(normal(rng, 3, 4), 2)


@exercise.probe("奇异值都到了 1 附近")
def _(answer, rng):
    values = torch.linalg.svdvals(answer(normal(rng, 4, 9, dtype=torch.float64)))
    return bool(((values > 0.5) & (values < 1.5)).all())


@exercise.probe("不改动输入")
def _(answer, rng):
    matrix = normal(rng, 3, 4)
    before = matrix.clone()
    answer(matrix)
    return torch.equal(matrix, before)


@exercise.correct("竖的先转过来")
def _(matrix, steps=5):
    a, b, c = COEFFICIENTS
    x = matrix / (torch.linalg.matrix_norm(matrix) + 1e-7)
    x = x if x.size(0) <= x.size(1) else x.mT
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x if matrix.size(0) <= matrix.size(1) else x.mT


@exercise.correct("乘在右边")
def _(matrix, steps=5):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / (matrix.square().sum().sqrt() + 1e-7)
    for _ in range(steps):
        square = x.T @ x
        x = x @ (a * torch.eye(len(square), dtype=x.dtype) + b * square + c * square @ square)
    return x


@exercise.correct("由奇异值分解算同一个多项式")
def _(matrix, steps=5):
    a, b, c = COEFFICIENTS
    x = matrix / (matrix.norm() + 1e-7)
    u, s, v = torch.linalg.svd(x, full_matrices=False)
    for _ in range(steps):
        s = a * s + b * s**3 + c * s**5
    return u @ torch.diag(s) @ v


exercise.edit("没有先除以长度", norm=lambda g: 1.0,
              look="先除以 ‖G‖ + 1e-7，奇异值才不超过 1，迭代才收得住。")
exercise.edit("除以了最大的数", norm=lambda g: g.abs().max(), look="除以全部数的平方和开方。")
exercise.edit("每行各除各的长度", norm=lambda g: g.norm(dim=-1, keepdim=True), look="整个矩阵除以一个数。")
exercise.edit("长度忘了开方", norm=lambda g: g.square().sum(), look="‖G‖ 是平方和再开方。")
exercise.edit("没有加 1e-7", eps=0.0, look="全是 0 的矩阵会得到 nan：分母加 1e-7。")
exercise.edit("每次又除了一遍长度", again=True, look="只在开头除一次。")
exercise.edit("b 的正负错了", numbers=(3.4445, 4.7750, 2.0315), look="b = −4.7750，是负的。")
exercise.edit("c 的正负错了", numbers=(3.4445, -4.7750, -2.0315), look="c = 2.0315，是正的。")
exercise.edit("b 与 c 反了", numbers=(3.4445, 2.0315, -4.7750),
              look="(XXᵀ)X 乘 b = −4.7750，(XXᵀ)²X 乘 c = 2.0315。")
exercise.edit("少了五次方的一项", fifth=False, look="还有 c(XXᵀ)²X。")
exercise.edit("少了三次方的一项", third=False, look="还有 b(XXᵀ)X。")
exercise.edit("用了三次的经典公式", numbers=(1.5, -0.5, 0.0), look="那也会收敛，只是慢；题目给了 a、b、c。")
exercise.edit("写成了 XᵀX", turn=True, look="XXᵀ 乘在左边：square = X @ Xᵀ，再 square @ X。")
exercise.edit("少做了一次", steps=lambda n: n - 1, look="做 steps 次。")
exercise.edit("多做了一次", steps=lambda n: n + 1, look="做 steps 次。")
exercise.edit("次数写死成了 5", steps=lambda n: 5, look="次数由 steps 给出。")
exercise.edit("改动了输入", inplace=True, look="返回新的矩阵，不要往输入里写。")
exercise.edit("XXᵀ 只算了一次", stale=True, look="X 每次都变，XXᵀ 也要重算。")
exercise.edit("在 bf16 里算", half=True, look="照输入的类型算。")
exercise.edit("竖的转过来，没有转回去", flip=lambda g: g.mT if g.size(0) > g.size(1) else g,
              look="返回的形状与输入相同。竖的也可以不转，公式照样成立。")
exercise.edit("总是转了过来", flip=lambda g: g.mT, look="返回的是 X 自己，形状与输入相同。")
exercise.edit("除以了最大的奇异值", norm=lambda g: torch.linalg.matrix_norm(g, 2),
              look="除以全部数的平方和开方。")


@exercise.mutant("一个数一个数地乘方", look="是矩阵乘法 (XXᵀ)X，不是每个数的三次方。")
def _(matrix, steps=5):
    a, b, c = COEFFICIENTS
    x = matrix / (matrix.norm() + 1e-7)
    for _ in range(steps):
        x = a * x + b * x**3 + c * x**5
    return x


@exercise.mutant("用了奇异值分解", look="UVᵀ 完全正交；题目要的是迭代 steps 次的结果，奇异值只在 1 附近。")
def _(matrix, steps=5):
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    return u @ v
