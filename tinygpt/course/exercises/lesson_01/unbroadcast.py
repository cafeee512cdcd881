"""练习 1.3 广播的反向。"""

from tinygpt.course import autograd
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal, unchanged


def reduced_with(
    extra=lambda g: g.sum(0),
    ones=lambda g, axis: g.sum(axis, keepdim=True),
    lead=lambda g, shape: g.ndim - len(shape),
    out=lambda g, shape: g,
):
    """extra：去掉一个前面多出来的轴；ones：长度是 1 的轴加起来。"""

    def run(g, shape):
        for _ in range(lead(g, shape)):
            g = extra(g)
        for axis, size in enumerate(shape):
            if size == 1 and g.shape[axis] > 1:
                g = ones(g, axis)
        return out(g, shape)

    return run


exercise = Exercise(
    "1.3", "广播的反向", autograd.unbroadcast, assemble=reduced_with,
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


@exercise.probe("(1, 4) 加到了 (1, 3, 4)：先去掉前面的轴，再看哪些是 1")
def _(answer, rng):
    return answer(normal(rng, 1, 3, 4), (1, 4))


@exercise.probe("(2,) 加到了 (3, 2, 2)：多出来两个轴")
def _(answer, rng):
    return answer(normal(rng, 3, 2, 2), (2,))


@exercise.probe("(1, 3, 1) 加到了 (2, 3, 4)：两个轴是 1")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4), (1, 3, 1))


@exercise.probe("一个数 (1,) 加到了 (2, 2, 2)")
def _(answer, rng):
    return answer(normal(rng, 2, 2, 2), (1,))


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, normal(rng, 2, 3), (1, 3)) and unchanged(answer, normal(rng, 2, 3), (2, 3))


@exercise.correct("sum_to_size")
def _(g, shape):
    return g.sum_to_size(shape)


@exercise.correct("一次加完")
def _(g, shape):
    padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
    axes = [i for i, size in enumerate(padded) if size == 1]
    return (g.sum(axes, keepdim=True) if axes else g.clone()).reshape(shape)


exercise.edit("多出来的轴取了平均", "一个数用了几处，梯度是那几处之和，不是平均。", extra=lambda g: g.mean(0))
exercise.edit("多出来的轴只取了第一份", "前面多出来的轴也是广播出来的，每一份都有梯度：g.sum(0)。",
              extra=lambda g: g[0])
exercise.edit("多出来的轴取了最大", "一个数用了几处，梯度是那几处之和：sum。", extra=lambda g: g.amax(0))
exercise.edit("多出来的轴加错了一头", "广播是在前面补轴，所以加掉的是前面的轴，不是最后一个。",
              extra=lambda g: g.sum(-1))
exercise.edit("多出来的轴只去掉了一个", "多几个就去掉几个：while g.ndim > len(shape)，不是 if。",
              lead=lambda g, shape: min(1, g.ndim - len(shape)))
exercise.edit("长度是 1 的轴取了平均", "一个数用了几处，梯度是那几处之和，不是平均。",
              ones=lambda g, axis: g.mean(axis, keepdim=True))
exercise.edit("长度是 1 的轴只取了第一份",
              "shape 里是 1、g 里不是 1 的轴也是广播出来的，加起来，留着这个轴。",
              ones=lambda g, axis: g.narrow(axis, 0, 1))
exercise.edit("长度是 1 的轴取了最大", "一个数用了几处，梯度是那几处之和：sum。",
              ones=lambda g, axis: g.amax(axis, keepdim=True))
exercise.edit("没有管长度是 1 的轴", "shape 里是 1、g 里不是 1 的轴也是广播出来的：加起来，留着这个轴。",
              ones=lambda g, axis: g)
exercise.edit("加完丢了长度是 1 的轴", "结果的形状要与 shape 一模一样：求和时 keepdim=True，不要 squeeze。",
              out=lambda g, shape: g.squeeze())



@exercise.mutant("取了平均，没有求和", look="一个数用了几处，梯度是那几处之和，不是平均。")
def _(g, shape):
    return reduced_with(extra=lambda g: g.mean(0), ones=lambda g, axis: g.mean(axis, keepdim=True))(g, shape)


@exercise.mutant("只取了第一份", look="广播出去的每一份都有梯度，都要加起来。")
def _(g, shape):
    return reduced_with(extra=lambda g: g[0], ones=lambda g, axis: g.narrow(axis, 0, 1))(g, shape)


@exercise.mutant("取了最大，没有求和", look="一个数用了几处，梯度是那几处之和：sum，不是 max。")
def _(g, shape):
    return reduced_with(extra=lambda g: g.amax(0), ones=lambda g, axis: g.amax(axis, keepdim=True))(g, shape)


@exercise.mutant("没有轴要加时，全部加了起来",
                 look="g.sum([]) 会把全部都加起来：没有这样的轴时，原样返回 g。")
def _(g, shape):
    while g.ndim > len(shape):
        g = g.sum(0)
    return g.sum([i for i, size in enumerate(shape) if size == 1 and g.shape[i] > 1], keepdim=True)


@exercise.mutant("从前面对齐了", look="广播是从**后面**对齐的：先去掉前面多出来的轴，再比长度是 1 的。")
def _(g, shape):
    axes = [i for i in range(g.ndim) if i >= len(shape) or shape[i] != g.shape[i]]
    return g.sum(axes) if axes else g


@exercise.mutant("全部加了起来", look="只加广播出来的轴；别的位置各有各的梯度。")
def _(g, shape):
    return g.sum().expand(shape)


@exercise.mutant("形状直接改了过去", look="个数不同，reshape 改不过去：把广播出去的加回来。")
def _(g, shape):
    return g.reshape(shape)


@exercise.mutant("一个数时返回了 Python 的数", look="shape 是 () 时返回 0 维张量：不要 .item()。")
def _(g, shape):
    return reduced_with()(g, shape) if shape else g.sum().item()


@exercise.mutant("又广播了回去", look="要的是 shape 那样的形状，不用再展开成 g 的。")
def _(g, shape):
    return reduced_with()(g, shape).expand_as(g)


@exercise.mutant("多出来的轴留着没有去掉", look="结果的形状要与 shape 一模一样：前面多出来的轴加掉，不留 1。")
def _(g, shape):
    return reduced_with()(g, (1,) * (g.ndim - len(shape)) + tuple(shape))


@exercise.mutant("只加了第一个长度是 1 的轴", look="每一个长度是 1 的轴都要加：axes 是一个列表，一起求和。")
def _(g, shape):
    while g.ndim > len(shape):
        g = g.sum(0)
    axes = [i for i, size in enumerate(shape) if size == 1 and g.shape[i] > 1]
    return g.sum(axes[:1], keepdim=True) if axes else g


@exercise.mutant("原样交了出来", look="梯度的形状要与那个输入相同：把广播出去的加回来。")
def _(g, shape):
    return g


@exercise.mutant("改动了输入", look="就地的写法（*=、名字末尾有 _ 的方法）会改掉别的结点的梯度。")
def _(g, shape):
    result = reduced_with()(g, shape).clone()
    g.zero_()
    return result
