"""练习 1.3 广播的反向。"""

from tinygpt.course import autograd
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal

exercise = Exercise(
    "1.3", "广播的反向", autograd.unbroadcast,
    look="先把多出来的前面的轴加掉，再把 shape 里是 1、g 里不是 1 的轴加起来（留着这个轴）。",
)


@exercise.probe("形状没有变")
def _(answer, rng):
    return answer(normal(rng, 2, 3), (2, 3))


@exercise.probe("偏置 (3,) 加到了 (2, 3)")
def _(answer, rng):
    return answer(normal(rng, 2, 3), (3,))


@exercise.probe("一列 (2, 1) 加到了 (2, 3)")
def _(answer, rng):
    return answer(normal(rng, 2, 3), (2, 1))


@exercise.probe("一行 (1, 3) 加到了 (2, 3)")
def _(answer, rng):
    return answer(normal(rng, 2, 3), (1, 3))


@exercise.probe("一个数 () 加到了 (2, 3)")
def _(answer, rng):
    return answer(normal(rng, 2, 3), ())


@exercise.probe("(1, 4) 加到了 (2, 3, 4)")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4), (1, 4))


@exercise.probe("(3, 1) 加到了 (2, 3, 3)")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 3), (3, 1))


@exercise.probe("本来就是 1 的轴")
def _(answer, rng):
    return answer(normal(rng, 2, 1, 3), (1, 3))


@exercise.probe("不改动输入")
def _(answer, rng):
    g = normal(rng, 2, 3)
    answer(g, (3,))
    return g


@exercise.correct("sum_to_size")
def _(g, shape):
    return g.sum_to_size(shape)


@exercise.correct("一次加完")
def _(g, shape):
    padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
    axes = [i for i, size in enumerate(padded) if size == 1]
    return (g.sum(axes, keepdim=True) if axes else g.clone()).reshape(shape)


def reduced(g, shape, extra=lambda g: g.sum(0), ones=lambda g, axis: g.sum(axis, keepdim=True)):
    while g.ndim > len(shape):
        g = extra(g)
    for axis, size in enumerate(shape):
        if size == 1 and g.shape[axis] > 1:
            g = ones(g, axis)
    return g


exercise.mutant("取了平均，没有求和",
                lambda g, s: reduced(g, s, lambda x: x.mean(0), lambda x, a: x.mean(a, keepdim=True)),
                look="一个数用了几处，梯度是那几处之和，不是平均。")
exercise.mutant("只取了第一份", lambda g, s: reduced(g, s, lambda x: x[0], lambda x, a: x.narrow(a, 0, 1)),
                look="广播出去的每一份都有梯度，都要加起来。")
exercise.mutant("没有加多出来的轴", lambda g, s: reduced(g, s, lambda x: x[0]),
                look="前面多出来的轴也是广播出来的：g.sum(0)。")
exercise.mutant("没有加长度是 1 的轴", lambda g, s: reduced(g, s, ones=lambda x, a: x.narrow(a, 0, 1)),
                look="shape 里是 1、g 里不是 1 的轴也是广播出来的，加起来，留着这个轴。")
exercise.mutant("多出来的轴加错了一头", lambda g, s: reduced(g, s, lambda x: x.sum(-1)),
                look="广播是在前面补轴，所以加掉的是前面的轴，不是最后一个。")
exercise.mutant("加完丢了长度是 1 的轴", lambda g, s: reduced(g, s).squeeze() if 1 in s else reduced(g, s),
                look="结果的形状要与 shape 一模一样：求和时 keepdim=True。")
exercise.mutant("原样交了出来", lambda g, s: g, look="梯度的形状要与那个输入相同：把广播出去的加回来。")
