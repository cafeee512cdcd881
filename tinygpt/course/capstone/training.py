"""训练与生成：窗口、标签、损失、裁剪、学习率、更新、采样，都用练习里的函数。"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from tinygpt.course.capstone.model import AssembledGPT


def train(
    model: AssembledGPT, ids: list[int], steps: int, batch_size: int = 16, learning_rate: float = 3e-3,
    seed: int = 0,
) -> Iterator[float]:  # fmt: skip
    """在一长串编号上训练 steps 步，交出每一步的损失。

    用到的练习：3.5 切窗口、3.6 输入与标签、5.6 损失、6.3 裁剪、6.4 学习率、6.2 更新。
    """
    use = model.use
    windows = torch.tensor(use["3.5"](ids, model.context_length))
    shuffle = torch.Generator().manual_seed(seed)
    parameters = list(model.parameters())
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]
    for step in range(steps):
        chosen = torch.randint(len(windows), (batch_size,), generator=shuffle)
        inputs, labels = use["3.6"](windows[chosen])
        loss = use["5.6"](model(inputs), labels)
        gradients = torch.autograd.grad(loss, parameters, materialize_grads=True)  # 用不到的参数，梯度是 0
        gradients, _ = use["6.3"](gradients, 1.0)
        rate = learning_rate * use["6.4"](step, steps, min(20, steps // 2), 0.1)
        with torch.no_grad():
            for i, (p, g) in enumerate(zip(parameters, gradients)):
                decay = 0.1 if p.ndim >= 2 else 0.0
                new, *moments[i] = use["6.2"](p, g, *moments[i], step + 1, lr=rate, weight_decay=decay)
                p.copy_(new)
        yield loss.item()


@torch.no_grad()
def write(model: AssembledGPT, ids: list[int], max_new_tokens: int, eos: int) -> list[int]:
    """贪心地接着写（练习 7.6），返回新写的编号。"""
    return model.use["7.6"](model, ids, max_new_tokens, eos, model.context_length)


@torch.no_grad()
def sample(
    model: AssembledGPT, ids: list[int], max_new_tokens: int, eos: int, top_p: float = 0.9,
    temperature: float = 0.7, seed: int = 0,
) -> list[int]:  # fmt: skip
    """按概率写：top-p（练习 7.3）、温度（练习 7.1），再抽一个。"""
    use, new, rng = model.use, [], torch.Generator().manual_seed(seed)
    for _ in range(max_new_tokens):
        logits = model(torch.tensor([[*ids, *new][-model.context_length :]]))[:, -1]
        probabilities = use["7.1"](use["7.3"](logits, top_p), temperature)
        token = int(torch.multinomial(probabilities, 1, generator=rng))
        if token == eos:
            break
        new.append(token)
    return new


def shipped_logits(
    use: dict[str, Callable], weights: dict[str, Tensor], n_layer: int, n_head: int
) -> Callable:
    """用第 08 课的几个答案与一箱训练好的矩阵，做出“编号的列表 → 下一个 token 的 logits”。

    用到的练习：8.1 h_0、8.3 一层、5.3 最后的层归一化；输出层就是 token 的表。
    """

    def next_logits(ids: list[int]) -> Tensor:
        h = use["8.1"](weights, ids)
        for i in range(n_layer):
            h = use["8.3"](weights, h, i, n_head)
        h = use["5.3"](h, weights["transformer.norm.weight"], weights["transformer.norm.bias"])
        return h[-1] @ weights["token_embedding.weight"].T

    return next_logits
