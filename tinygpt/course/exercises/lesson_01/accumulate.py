"""练习 1.6 把梯度传回去。"""

import torch

from tinygpt.course import autograd
from tinygpt.course.autograd import Variable
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal


def walk(combine=lambda old, new: old + new, backwards=True, start=torch.ones_like, clean=True, skip=()):
    def run(root):
        nodes = autograd.order(root)
        for node in nodes:
            if clean or node.grad is None:
                node.grad = torch.zeros_like(node.data)
        root.grad = start(root.data)
        for node in reversed(nodes) if backwards else nodes:
            if node.inputs and node.op not in skip:
                inputs = [x.data for x in node.inputs]
                gradients = autograd.BACKWARD[node.op](node.grad, node.data, *inputs, *node.saved)
                for each, gradient in zip(node.inputs, gradients):
                    each.grad = combine(each.grad, gradient)

    return run


exercise = Exercise(
    "1.6", "把梯度传回去", walk(), assemble=walk,
    look="root 的梯度是 1，其余先是 0；照 order 的次序**倒着**走，"
         "每个结点按 BACKWARD 里的规则，把梯度**加**给它的输入。",
)


def gradients(answer, build, *tensors):
    variables = [Variable(x) for x in tensors]
    answer(build(*variables))
    return tuple(v.grad for v in variables)


@exercise.probe("一条链：tanh(a b) 的和")
def _(answer, rng):
    return gradients(answer, lambda a, b: (a @ b).tanh().sum(), normal(rng, 2, 3), normal(rng, 3, 2))


@exercise.probe("同一个用了两次：a × a")
def _(answer, rng):
    return gradients(answer, lambda a: (a * a).sum(), normal(rng, 4))


@exercise.probe("一条近路，一条远路")
def _(answer, rng):
    return gradients(answer, lambda a, b: (a + (a * b).tanh() * a).sum(), normal(rng, 3), normal(rng, 3))


@exercise.probe("查表与交叉熵：同一行取了两次")
def _(answer, rng):
    ids, labels = torch.tensor([0, 2, 2, 1]), integers(rng, 0, 3, 4)
    return gradients(answer, lambda t: -t.rows(ids).log_softmax().pick(labels).mean(), normal(rng, 3, 3))


@exercise.probe("接着再走一遍：上一遍的梯度不算")
def _(answer, rng):
    a = Variable(normal(rng, 3))
    answer((a * a).sum())
    answer((a * a).sum())
    return a.grad


@exercise.probe("中间的结点也有梯度")
def _(answer, rng):
    a = Variable(normal(rng, 2, 2))
    middle = a.tanh()
    answer((middle * middle).sum())
    return middle.grad


@exercise.probe("只走一步：a 的和")
def _(answer, rng):
    return gradients(answer, lambda a: a.sum(), normal(rng, 2, 3))


@exercise.probe("不改动数据")
def _(answer, rng):
    a, b = Variable(normal(rng, 2, 3)), Variable(normal(rng, 3, 2))
    answer((a @ b).sum())
    return a.data, b.data


@exercise.correct("用字典记着，最后再写进去")
def _(root):
    found = {id(node): torch.zeros_like(node.data) for node in autograd.order(root)}
    found[id(root)] = torch.ones_like(root.data)
    for node in reversed(autograd.order(root)):
        if node.inputs:
            g = found[id(node)]
            parts = autograd.BACKWARD[node.op](g, node.data, *[x.data for x in node.inputs], *node.saved)
            for each, part in zip(node.inputs, parts):
                found[id(each)] = found[id(each)] + part
    for node in autograd.order(root):
        node.grad = found[id(node)]


exercise.edit("后来的盖掉了先来的", "一个结点用了几次，梯度是几处之和：用加，不要用等号盖掉。",
              combine=lambda old, new: new)
exercise.edit("照着正的次序走", "从 root 往回走：用到它的都走完了，它的梯度才齐。", backwards=False)
exercise.edit("root 的梯度是 0", "∂root/∂root = 1：从 1 开始。", start=torch.zeros_like)
exercise.edit("没有先清零", "上一遍留下的梯度不算：先把每个结点的 grad 换成 0。", clean=False)
exercise.edit("取了平均，没有相加", "用了几次就加几次，不平均。", combine=lambda old, new: (old + new) / 2)
exercise.edit("减了，没有加", "梯度是加上去的；往下走一步时才减。", combine=lambda old, new: old - new)
exercise.edit("root 的梯度用了它自己的值", "∂root/∂root = 1，与 root 是多少没有关系。", start=torch.clone)
