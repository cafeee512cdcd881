"""练习 1.6 把梯度传回去。"""

import torch

from tinygpt.course import autograd
from tinygpt.course.autograd import Variable
from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, normal


def zeroed(node):
    node.grad = torch.zeros_like(node.data)


def kept(node):
    """没有清零：有上一遍留下的就留着。"""
    if node.grad is None:
        zeroed(node)


def only_leaves(node):
    (kept if node.inputs else zeroed)(node)


def walk(
    clean=zeroed,
    start=torch.ones_like,
    direction=reversed,
    rule=lambda node, data: autograd.BACKWARD[node.op](node.grad, node.data, *data, *node.saved),
    combine=lambda old, new: old + new,
    targets=lambda node: node.inputs,
    after=lambda node: None,
):
    def run(root):
        nodes = autograd.order(root)
        for node in nodes:
            clean(node)
        root.grad = start(root.data)
        for node in direction(nodes):
            if node.inputs:
                for each, gradient in zip(targets(node), rule(node, [x.data for x in node.inputs])):
                    each.grad = combine(each.grad, gradient)
                after(node)

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


@exercise.probe("中间的结点也有梯度，又用了近路：梯度不共用一个张量")
def _(answer, rng):
    a, b = Variable(normal(rng, 3)), Variable(normal(rng, 3))
    total = a + b
    bent = total.tanh()
    answer((bent + a).sum())
    return a.grad, b.grad, total.grad, bent.grad


@exercise.probe("同一张图走两遍")
def _(answer, rng):
    a, b = Variable(normal(rng, 3)), Variable(normal(rng, 3))
    root = ((a * b).tanh() + a).sum()
    answer(root)
    answer(root)
    return a.grad, b.grad, root.grad


@exercise.probe("菱形：两条路又合在一起")
def _(answer, rng):
    def build(a):
        middle = a.tanh()
        return ((middle * middle + middle) * middle).sum()

    return gradients(answer, build, normal(rng, 3))


@exercise.probe("只走一步：a 的和")
def _(answer, rng):
    return gradients(answer, lambda a: a.sum(), normal(rng, 2, 3))


@exercise.probe("不改动数据")
def _(answer, rng):
    a, b = Variable(normal(rng, 2, 3)), Variable(normal(rng, 3, 2))
    answer((a @ b).sum())
    return a.data, b.data


@exercise.probe("root 就是一个叶子")
def _(answer, rng):
    a = Variable(torch.tensor(3.0))
    answer(a)
    return a.grad


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
exercise.edit("取了平均，没有相加", "用了几次就加几次，不平均。", combine=lambda old, new: (old + new) / 2)
exercise.edit("减了，没有加", "梯度是加上去的；往下走一步时才减。", combine=lambda old, new: old - new)
exercise.edit("照着正的次序走", "从 root 往回走：用到它的都走完了，它的梯度才齐。", direction=list)
exercise.edit("跳过了 root", "root 自己也要走：它的输入的梯度从它来。", direction=lambda nodes: nodes[-2::-1])
exercise.edit("root 的梯度是 0", "∂root/∂root = 1：从 1 开始，先清零再写 1。", start=torch.zeros_like)
exercise.edit("root 的梯度用了它自己的值", "∂root/∂root = 1，与 root 是多少没有关系。", start=torch.clone)
exercise.edit("没有先清零", "上一遍留下的梯度不算：先把每个结点的 grad 换成 0。", clean=kept)
exercise.edit("每个结点都从 1 开始", "只有 root 的 grad 是 1，别的先是 0。",
              clean=lambda node: setattr(node, "grad", torch.ones_like(node.data)))
exercise.edit("只清零了叶子", "中间的结点也留着上一遍的梯度：每个结点的 grad 都先换成 0。", clean=only_leaves)
exercise.edit("g 与输出的次序反了", "规则的第一个参数是 node.grad，第二个是 node.data。",
              rule=lambda node, data: autograd.BACKWARD[node.op](node.data, node.grad, *data, *node.saved))
exercise.edit("漏了 saved", "查表、取标签要用记下的编号：最后还有 *node.saved。",
              rule=lambda node, data: autograd.BACKWARD[node.op](node.grad, node.data, *data))
exercise.edit("只给了第一个输入", "每个输入都有自己的梯度：zip(node.inputs, gradients)。",
              targets=lambda node: node.inputs[:1])
exercise.edit("走过的结点，梯度又清掉了", "每一个 Variable 都要留下梯度，中间的也要。", after=zeroed)
exercise.edit("走过的结点，梯度又换成了 None", "每一个 Variable 都要留下梯度，中间的也要。",
              after=lambda node: setattr(node, "grad", None))


@exercise.mutant("grad 还是 None 就加了",
                 look="先把每个结点的 grad 换成 0（torch.zeros_like(node.data)），才能往上加。")
def _(root):
    walk(clean=lambda node: None)(root)


@exercise.mutant("没有跳过叶子", look="没有输入的结点没有规则（op 是空的）：跳过它。")
def _(root):
    walk()(root)
    autograd.BACKWARD[autograd.order(root)[0].op]


@exercise.mutant("遇到一个就马上往下走",
                 look="一个结点用了几次，要等几处的梯度都加齐了才往下传：照 order 的次序倒着走，不要递归。")
def _(root):
    def visit(node):
        if node.inputs:
            data = [x.data for x in node.inputs]
            gradients = autograd.BACKWARD[node.op](node.grad, node.data, *data, *node.saved)
            for each, gradient in zip(node.inputs, gradients):
                each.grad = each.grad + gradient
                visit(each)

    for node in autograd.order(root):
        zeroed(node)
    root.grad = torch.ones_like(root.data)
    visit(root)


@exercise.mutant("用 += 改到了别人的梯度",
                 look="加法把同一个 g 交给两个输入：先把它存进 grad，再 += 就改到了另一个。"
                      "写成 each.grad = each.grad + gradient。")
def _(root):
    nodes = autograd.order(root)
    for node in nodes:
        node.grad = None
    root.grad = torch.ones_like(root.data)
    for node in reversed(nodes):
        if node.inputs:
            data = [x.data for x in node.inputs]
            gradients = autograd.BACKWARD[node.op](node.grad, node.data, *data, *node.saved)
            for each, gradient in zip(node.inputs, gradients):
                if each.grad is None:
                    each.grad = gradient
                else:
                    each.grad += gradient


@exercise.mutant("改动了数据", look="这里只算梯度，不更新：不要给 .data 赋值。")
def _(root):
    walk()(root)
    for node in autograd.order(root):
        node.data = node.data - 0.1 * node.grad
