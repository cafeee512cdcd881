"""一百来行的自动求导，与 torch 的逐项相同。"""

from pathlib import Path

import pytest
import torch

from tinygpt.course import autograd
from tinygpt.course.autograd import Variable, backward, order, rules, unbroadcast


def both(build, *shapes):
    """同一个式子，两边各求一次导：[(我们的梯度, torch 的梯度), …]。"""
    generator = torch.Generator().manual_seed(0)
    data = [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in shapes]
    ours, theirs = [Variable(x) for x in data], [x.clone().requires_grad_() for x in data]
    mine = build(*ours)
    backward(mine)
    build(*map(Torch, theirs)).value.backward()
    assert mine.data.ndim == 0
    return [(a.grad, b.grad) for a, b in zip(ours, theirs, strict=True)]


class Torch:
    """同样的写法，背后是 torch。"""

    def __init__(self, value):
        self.value = value

    def __getattr__(self, name):
        def call(*arguments):
            arguments = [a.value if isinstance(a, Torch) else a for a in arguments]
            if name == "rows":
                return Torch(self.value[arguments[0]])
            if name == "log_softmax":
                return Torch(self.value.log_softmax(-1))
            if name == "pick":
                return Torch(self.value.gather(-1, arguments[0][:, None]).squeeze(-1))
            return Torch(getattr(self.value, name)(*arguments))

        return call

    __add__ = lambda self, other: self.__getattr__("__add__")(other)
    __mul__ = lambda self, other: self.__getattr__("__mul__")(other)
    __sub__ = lambda self, other: self.__getattr__("__sub__")(other)
    __matmul__ = lambda self, other: self.__getattr__("__matmul__")(other)
    __neg__ = lambda self: self.__getattr__("__neg__")()


IDS, LABELS = torch.tensor([[0, 2], [2, 1], [2, 2]]), torch.tensor([1, 0, 3])


@pytest.mark.parametrize("build, shapes", [
    (lambda a, b: (a + b).sum(), [(2, 3), (3,)]),
    (lambda a, b: (a * b * a).sum(), [(2, 3), (2, 1)]),
    (lambda a, b: ((a @ b).tanh() - 0.5).mean(), [(2, 3), (3, 4)]),
    (lambda a: (a + a * a).sum(), [(4,)]),
    (lambda a: -(a * 3.0).tanh().sum(), [(2, 2)]),
    (lambda t: (t.rows(IDS) * t.rows(IDS)).sum(), [(3, 4)]),
    (lambda t, w: -(t.rows(IDS).reshape(3, 8) @ w).log_softmax().pick(LABELS).mean(), [(3, 4), (8, 5)]),
    (lambda z: (z * z.log_softmax()).sum(), [(3, 4)]),
])  # fmt: skip
def test_every_gradient_is_that_of_torch(build, shapes):
    for mine, theirs in both(build, *shapes):
        assert torch.allclose(mine, theirs, rtol=1e-9, atol=1e-12)


def test_inputs_come_before_their_users_and_only_once():
    a, b = Variable(torch.ones(2)), Variable(torch.ones(2))
    c = a * b
    root = (c + a * c).sum()
    nodes = order(root)
    place = {id(node): i for i, node in enumerate(nodes)}
    assert len(place) == len(nodes) == 6 and nodes[-1] is root
    assert all(place[id(x)] < place[id(node)] for node in nodes for x in node.inputs)


def test_a_rule_can_be_replaced_for_a_while():
    a, b = Variable(torch.ones(2, 3)), Variable(torch.ones(3, 2))
    with rules(matmul=lambda g, y, a, b: (torch.zeros_like(a), torch.full_like(b, 7.0))):
        backward((a @ b).sum())
        assert a.grad.sum() == 0 and b.grad.mean() == 7
    backward((a @ b).sum())
    assert a.grad.mean() == 2


@pytest.mark.parametrize("shape", [(2, 3), (3,), (1, 3), (2, 1), (1, 1), ()])
def test_a_gradient_is_summed_back_to_the_shape(shape):
    x = torch.zeros(shape, requires_grad=True)
    g = torch.arange(6.0).reshape(2, 3)
    (x.expand(2, 3) * g).sum().backward()
    assert torch.equal(unbroadcast(g, shape), x.grad)


def test_the_engine_is_about_a_hundred_lines():
    lines = Path(autograd.__file__).read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) for line in lines) < 140
