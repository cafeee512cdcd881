"""你的函数装在哪里：毕业作品的零件（capstone/model.py、training.py），换掉其中一个。

有的练习不是整个零件，而是零件里的一块（softmax、它的反向、注意力权重、掩码）：这里把它装进多头注意力。
"""

import math
from collections.abc import Callable

import torch
from einops import rearrange

from tinygpt.course.capstone.collect import WANTED, Part
from tinygpt.course.exercises import find


def assembled_from(changes: dict[str, Callable]) -> dict[str, Part]:
    """{编号: 零件}：都是参考答案，changes 里的换掉。"""
    functions = {number: find(number).reference for number in WANTED} | {"5.4": only_pre_norm} | changes
    return {number: Part(number, number, function, "passed") for number, function in functions.items()}


def only_pre_norm(x, attention, ffn, norm1, norm2):
    """练习 5.4 要交出两种次序；模型只用 pre-norm 的那一个，少算一半。"""
    x = x + attention(norm1(x))
    return x + ffn(norm2(x)), None


# ---- 多头注意力里的一块 ----


def heads(weights: Callable, mask: Callable) -> Callable:
    """由“注意力权重”与“因果掩码”两个函数做成的练习 4.6。"""

    def multi_head(x, w_qkv, w_out, n_head):
        q, k, v = rearrange(x @ w_qkv.mT, "b t (n h d) -> n b h t d", n=3, h=n_head)
        seen = mask(x.size(1), x.size(1))
        return rearrange(weights(q, k, seen) @ v, "b h t d -> b t (h d)") @ w_out.mT

    return multi_head


def weights_by(softmax: Callable) -> Callable:
    """由 softmax 做成的练习 4.4。"""

    def weights(q, k, mask):
        scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(~mask, -math.inf)
        return softmax(scores)

    return weights


class OwnBackward(torch.autograd.Function):
    """前向是 softmax，反向是学习者写的 (p, g) → 对 z 的梯度。"""

    @staticmethod
    def forward(ctx, z, backward):
        p = z.softmax(dim=-1)
        ctx.save_for_backward(p)
        ctx.own = backward
        return p

    @staticmethod
    def backward(ctx, g):
        return ctx.own(*ctx.saved_tensors, g), None


def in_softmax(answer):
    return {"4.6": heads(weights_by(answer), find("4.5").reference)}


def in_softmax_backward(answer):
    return in_softmax(lambda z: OwnBackward.apply(z, answer))


def in_weights(answer):
    return {"4.6": heads(answer, find("4.5").reference)}


def in_mask(answer):
    return {"4.6": heads(find("4.4").reference, answer)}


# ---- 训练里的一块 ----


def sgd(p, g, m, v, t, lr, weight_decay):
    """与练习 6.2 同样的参数，走的是普通的梯度下降：梯度大几倍，步子就大几倍。"""
    return p - lr * g, m, v


class BadBatches:
    """练习 5.6 的损失，每 every 步有一步放大 times 倍：好比遇到一批坏数据。"""

    def __init__(self, every: int = 15, times: float = 60.0):
        self.every, self.times, self.calls, self.loss = every, times, 0, find("5.6").reference

    def __call__(self, logits, labels):
        self.calls += 1
        return self.loss(logits, labels) * (self.times if self.calls % self.every == 0 else 1.0)


def in_clipping(answer):
    return {"6.3": answer, "6.2": sgd, "5.6": BadBatches()}


def alone(number: str) -> Callable:
    """这个练习自己就是一个零件。"""
    return lambda answer: {number: answer}
