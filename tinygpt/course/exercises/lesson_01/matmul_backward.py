"""练习 1.4 矩阵乘法的反向。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal, unchanged


def backward_with(
    left=lambda g, y, a, b: g @ b.T,
    right=lambda g, y, a, b: a.T @ g,
    first=lambda g, y: g,
    out=lambda left, right: (left, right),
):
    """left：a 的梯度；right：b 的梯度；first：往回传的是什么。"""

    def run(g, y, a, b):
        g = first(g, y)
        return out(left(g, y, a, b), right(g, y, a, b))

    return run


exercise = Exercise(
    "1.4", "矩阵乘法的反向", backward_with(), assemble=backward_with,
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
    a, b = normal(rng, 2, 3), normal(rng, 3, 2)
    return unchanged(answer, normal(rng, 2, 2), a @ b, a, b)


@exercise.correct("einsum")
def _(g, y, a, b):
    from einops import einsum

    return einsum(g, b, "n m, k m -> n k"), einsum(a, g, "n k, n m -> k m")


@exercise.correct("转置写成 transpose")
def _(g, y, a, b):
    return g.matmul(b.transpose(0, 1)), a.transpose(0, 1).matmul(g)


def left(name, look, change):
    exercise.edit(name, look, left=change)


def right(name, look, change):
    exercise.edit(name, look, right=change)


left("b 忘了转置", "a 的梯度是 g bᵀ。方阵时不转置也乘得动，数却不对。", lambda g, y, a, b: g @ b)
left("a 的梯度交成了转置", "a 的梯度是 g bᵀ，形状 (n, k)；b gᵀ 是它的转置。", lambda g, y, a, b: b @ g.T)
left("a 的梯度乘反了", "a 的梯度是 g bᵀ，g 在前面。", lambda g, y, a, b: b.T @ g)
left("a 的梯度乘成了 a", "y 对 a 求导，剩下的是 b：g bᵀ。", lambda g, y, a, b: g @ a.T)
left("a 的梯度逐个相乘了", "矩阵乘法的反向还是矩阵乘法：g @ b.T，不是 g * b。", lambda g, y, a, b: g * b)
left("a 的梯度没有乘 g", "链式法则：输出的梯度 g 要乘进去。", lambda g, y, a, b: b.T)
right("a 忘了转置", "b 的梯度是 aᵀ g。方阵时不转置也乘得动，数却不对。", lambda g, y, a, b: a @ g)
right("b 的梯度交成了转置", "b 的梯度是 aᵀ g，形状 (k, m)；gᵀ a 是它的转置。", lambda g, y, a, b: g.T @ a)
right("b 的梯度乘反了", "b 的梯度是 aᵀ g，aᵀ 在前面。", lambda g, y, a, b: g @ a.T)
right("b 的梯度乘成了 b", "y 对 b 求导，剩下的是 a：aᵀ g。", lambda g, y, a, b: b.T @ g)
right("b 的梯度逐个相乘了", "矩阵乘法的反向还是矩阵乘法：a.T @ g，不是 g * a。", lambda g, y, a, b: g * a)
right("b 的梯度没有乘 g", "链式法则：输出的梯度 g 要乘进去。", lambda g, y, a, b: a.T)
exercise.edit("没有乘传回来的 g", "链式法则：输出的梯度 g 要乘进去，不能当它全是 1。",
              first=lambda g, y: g * 0 + 1)
exercise.edit("乘成了 y", "往回传的是 g（输出的梯度），不是输出 y。", first=lambda g, y: y)
exercise.edit("又乘了 y", "往回传的是 g（输出的梯度），矩阵乘法的反向用不着 y。", first=lambda g, y: g * y)
exercise.edit("符号反了", "梯度不变号：更新参数时才减。", first=lambda g, y: -g)
exercise.edit("除以了行数", "这里不求平均：g 里已经有了。", first=lambda g, y: g / len(g))
exercise.edit("两个梯度的次序反了", "先交 a 的，再交 b 的。", out=lambda left, right: (right, left))
exercise.edit("只交了 a 的梯度", "交两个：(a 的梯度, b 的梯度)。", out=lambda left, right: left)
exercise.edit("交成了字典", "交一个元组：(a 的梯度, b 的梯度)。",
              out=lambda left, right: {"a": left, "b": right})
exercise.edit("交成了列表里的数", "交张量，不要 tolist()。",
              out=lambda left, right: (left.tolist(), right.tolist()))


@exercise.mutant("两个都没有转置", look="g bᵀ 与 aᵀ g：方阵时不转置也乘得动，数却不对。")
def _(g, y, a, b):
    return g @ b, a @ g


@exercise.mutant("改动了输入", look="t_()、+= 会改掉调用者的张量；用 .T 得到新的。")
def _(g, y, a, b):
    result = backward_with()(g, y, a, b)
    a += 1
    return result
