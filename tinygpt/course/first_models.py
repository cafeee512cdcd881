"""第 01 课用的：谁的 embedding 离得近，自己的求导与 torch 的差多少，一段源码有几行。

不画图，也不训练。
"""

import inspect
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from tinygpt.course.autograd import Variable, backward


def nearest(table: Tensor, tokenizer, word: str, count: int = 4) -> dict[str, float]:
    """{别的 token: 夹角的余弦}，离 word 最近的 count 个；table 是 (V, c) 的 embedding，word 是一个 token。"""
    [token] = tokenizer.encode(word)
    directions = F.normalize(table, dim=1)
    cosines, ids = (directions @ directions[token]).topk(count + 1)
    pairs = zip(ids.tolist(), cosines.tolist())
    return {tokenizer.decode([i]): cosine for i, cosine in pairs if i != token}


def against_torch(own_loss: Callable, table: Variable, ids: Tensor) -> tuple[float, float]:
    """own_loss(table) 是二元模型在 ids 上的损失：（torch 的梯度最大的一个，两种求导最多差多少）。"""
    theirs = table.data.clone().requires_grad_()
    F.cross_entropy(theirs[ids[:-1]], ids[1:]).backward()
    backward(own_loss(table))
    return theirs.grad.abs().max().item(), (table.grad - theirs.grad).abs().max().item()


def lines_of(source) -> int:
    """一个函数或模块的源码，不空的有几行。"""
    return sum(bool(line.strip()) for line in inspect.getsource(source).splitlines())
