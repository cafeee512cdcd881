"""练习 1.4 矩阵乘法的反向。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def backward_of(g, y, a, b):
    return g @ b.T, a.T @ g


exercise = Exercise(
    "1.4", "矩阵乘法的反向", backward_of,
    look="y = a b。两个梯度的形状各同 a、b：g bᵀ 与 aᵀ g。",
)


@exercise.probe("(2, 3) 乘 (3, 4)")
def _(answer, rng):
    a, b = normal(rng, 2, 3), normal(rng, 3, 4)
    return answer(normal(rng, 2, 4), a @ b, a, b)


@exercise.probe("都是方阵：转置错了形状看不出来")
def _(answer, rng):
    a, b = normal(rng, 3, 3), normal(rng, 3, 3)
    return answer(normal(rng, 3, 3), a @ b, a, b)


@exercise.probe("一行乘一列")
def _(answer, rng):
    a, b = normal(rng, 1, 5), normal(rng, 5, 1)
    return answer(normal(rng, 1, 1), a @ b, a, b)


@exercise.probe("g 不全是 1")
def _(answer, rng):
    a, b = normal(rng, 4, 2), normal(rng, 2, 4)
    return answer(normal(rng, 4, 4) * 10, a @ b, a, b)


@exercise.probe("不改动输入")
def _(answer, rng):
    a, b, g = normal(rng, 2, 3), normal(rng, 3, 2), normal(rng, 2, 2)
    answer(g, a @ b, a, b)
    return a, b, g


@exercise.correct("einsum")
def _(g, y, a, b):
    from einops import einsum

    return einsum(g, b, "n m, k m -> n k"), einsum(a, g, "n k, n m -> k m")


@exercise.correct("转置写成 transpose")
def _(g, y, a, b):
    return g.matmul(b.transpose(0, 1)), a.transpose(0, 1).matmul(g)


def ones_like(g):
    return g * 0 + 1


exercise.mutant("两个梯度的次序反了", lambda g, y, a, b: (a.T @ g, g @ b.T), look="先交 a 的，再交 b 的。")
exercise.mutant("b 忘了转置", lambda g, y, a, b: (g @ b if b.shape[0] == b.shape[1] else g @ b.T, a.T @ g),
                look="a 的梯度是 g bᵀ。方阵时不转置也乘得动，数却不对。")
exercise.mutant("a 忘了转置", lambda g, y, a, b: (g @ b.T, a @ g if a.shape[0] == a.shape[1] else a.T @ g),
                look="b 的梯度是 aᵀ g。方阵时不转置也乘得动，数却不对。")
exercise.mutant("没有乘传回来的 g", lambda g, y, a, b: (ones_like(g) @ b.T, a.T @ ones_like(g)),
                look="链式法则：输出的梯度 g 要乘进去，不能当它全是 1。")
exercise.mutant("乘成了 y", lambda g, y, a, b: (y @ b.T, a.T @ y),
                look="往回传的是 g（输出的梯度），不是输出 y。")
exercise.mutant("b 的梯度交成了转置", lambda g, y, a, b: (g @ b.T, g.T @ a),
                look="b 的梯度是 aᵀ g，形状 (k, m)；gᵀ a 是它的转置。")
