"""自动求导，一百来行：记下每一步运算，再倒着走一遍，把梯度一层层传回去。

    w = Variable(torch.randn(3, 3))
    loss = -(w.rows(ids).log_softmax().pick(labels)).mean()
    backward(loss)
    w.grad            # ∂loss/∂w，与 torch 的相同（tests/test_autograd.py）

这里只用 torch 的张量运算，不用它的自动求导。每种运算有两条规则：FORWARD 怎样算，BACKWARD 怎样把输出的梯度 g
变成各个输入的梯度。练习 1.3–1.6 写的就是其中几条，写好以后可以换进去：with rules(matmul=…)。
"""

import contextlib
from collections.abc import Callable, Sequence

import torch
from torch import Tensor


class Variable:
    """一个张量，连同它是怎样算出来的：op 是运算的名字，inputs 是从哪几个 Variable 算来的。"""

    def __init__(self, data: Tensor, op: str = "", inputs: Sequence["Variable"] = (), saved: tuple = ()):
        self.data, self.op, self.inputs, self.saved = data, op, tuple(inputs), saved
        self.grad = None

    def __repr__(self):
        return f"Variable({tuple(self.data.shape)}{f'，由 {self.op} 得来' if self.op else ''})"

    def __add__(self, other):
        return apply("add", self, variable(other, self))

    def __mul__(self, other):
        return apply("mul", self, variable(other, self))

    def __matmul__(self, other):
        return apply("matmul", self, other)

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -variable(other, self)

    def tanh(self):
        return apply("tanh", self)

    def sum(self):
        return apply("sum", self)

    def mean(self):
        return self.sum() * (1 / self.data.numel())

    def rows(self, ids: Tensor):
        """取出这些行，形状 (*ids.shape, 列数)：查表。"""
        return apply("rows", self, saved=(ids,))

    def log_softmax(self):
        """最后一个轴上的 log softmax。"""
        return apply("log_softmax", self)

    def pick(self, labels: Tensor):
        """(n, v) 的每一行取第 labels[i] 个数。"""
        return apply("pick", self, saved=(labels,))

    def reshape(self, *shape: int):
        return apply("reshape", self, saved=(shape,))


def variable(value, like: Variable) -> Variable:
    """数也当作 Variable，类型（dtype）同 like。"""
    return value if isinstance(value, Variable) else Variable(torch.as_tensor(value, dtype=like.data.dtype))


def apply(op: str, *inputs: Variable, saved: tuple = ()) -> Variable:
    """算一步，并记下是怎样算的。"""
    return Variable(FORWARD[op](*(x.data for x in inputs), *saved), op, inputs, saved)


def unbroadcast(g: Tensor, shape: Sequence[int]) -> Tensor:
    """广播时一个数用了好几次，它的梯度是那几处梯度之和：把 g 加回 shape 的形状。"""
    while g.ndim > len(shape):
        g = g.sum(0)
    axes = [i for i, size in enumerate(shape) if size == 1 and g.shape[i] > 1]
    return g.sum(axes, keepdim=True) if axes else g


def scatter_rows(g: Tensor, table: Tensor, ids: Tensor) -> Tensor:
    """查表的反向：每一行的梯度加回它来的那一行；同一行取了两次就加两次。"""
    return torch.zeros_like(table).index_add(0, ids.flatten(), g.reshape(-1, g.shape[-1]))


FORWARD: dict[str, Callable] = {
    "add": torch.add,
    "mul": torch.mul,
    "matmul": torch.matmul,
    "tanh": torch.tanh,
    "sum": torch.sum,
    "rows": lambda table, ids: table[ids],
    "log_softmax": lambda z: z - z.logsumexp(-1, keepdim=True),
    "pick": lambda x, labels: x[torch.arange(len(labels)), labels],
    "reshape": lambda x, shape: x.reshape(shape),
}
# 每条规则：(g, 输出, 各个输入的数据…, saved…) → 各个输入的梯度
BACKWARD: dict[str, Callable] = {
    "add": lambda g, y, a, b: (unbroadcast(g, a.shape), unbroadcast(g, b.shape)),
    "mul": lambda g, y, a, b: (unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape)),
    "matmul": lambda g, y, a, b: (g @ b.T, a.T @ g),
    "tanh": lambda g, y, a: (g * (1 - y**2),),
    "sum": lambda g, y, a: (g.expand(a.shape),),
    "rows": lambda g, y, table, ids: (scatter_rows(g, table, ids),),
    "log_softmax": lambda g, y, z: (g - y.exp() * g.sum(-1, keepdim=True),),
    "pick": lambda g, y, x, labels: (torch.zeros_like(x).index_put((torch.arange(len(labels)), labels), g),),
    "reshape": lambda g, y, x, shape: (g.reshape(x.shape),),
}


def order(root: Variable) -> list[Variable]:
    """root 依赖的全部 Variable，每个只出现一次，输入总在用到它的前面（拓扑次序）；root 在最后。"""
    done, found = set(), []

    def visit(node: Variable) -> None:
        if id(node) not in done:
            done.add(id(node))
            for each in node.inputs:
                visit(each)
            found.append(node)

    visit(root)
    return found


def backward(root: Variable) -> None:
    """从 root（一个数）往回走，把 ∂root/∂x 加进每个 x 的 grad。"""
    nodes = order(root)
    for node in nodes:
        node.grad = torch.zeros_like(node.data)
    root.grad = torch.ones_like(root.data)
    for node in reversed(nodes):
        if node.inputs:
            gradients = BACKWARD[node.op](node.grad, node.data, *(x.data for x in node.inputs), *node.saved)
            for each, gradient in zip(node.inputs, gradients, strict=True):
                each.grad = each.grad + gradient  # 用了两次就加两次


@contextlib.contextmanager
def rules(**replaced: Callable):
    """with rules(matmul=你的函数): 里面的反向用你写的规则。"""
    before = dict(BACKWARD)
    try:
        BACKWARD.update(replaced)
        yield
    finally:
        BACKWARD.clear()
        BACKWARD.update(before)
