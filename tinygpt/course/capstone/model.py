"""用练习里的函数装成的 GPT。这里只用 torch，不用 tinygpt 的任何一层（只借它的形状 GPTConfig）。

形状与初始化同文章 §4.3 的模型一样，只是注意力的两个线性层没有偏置（练习 4.6 里没有）。
"""

import math

import torch
from torch import Tensor, nn

from tinygpt.config import GPTConfig
from tinygpt.course.capstone.collect import Part


class AssembledGPT(nn.Module):
    """parts 是 collect() 的结果：练习的编号 → 零件。forward：编号 (b, t) → logits (b, t, v)。"""

    def __init__(self, parts: dict[str, Part], config: GPTConfig):
        super().__init__()
        n_layer, n_embd = config.n_layer, config.n_embd
        self.use = {number: part.function for number, part in parts.items()}
        self.n_layer, self.n_head, self.context_length = n_layer, config.n_head, config.context_length
        self.tokens = nn.Embedding(config.vocab_size, n_embd)
        self.positions = nn.Parameter(torch.empty(config.context_length, n_embd))
        self.head = nn.Linear(n_embd, config.vocab_size, bias=False)
        self.layers = nn.ModuleList(nn.ParameterDict(layer_shapes(n_embd)) for _ in range(n_layer))
        self.last = nn.ParameterDict({"weight": torch.ones(n_embd), "bias": torch.zeros(n_embd)})
        self.initialise()
        self.use["5.5"](self.tokens, self.head)

    def initialise(self) -> None:
        """矩阵是标准差 0.02 的正态分布，写回残差的两个再除以 √(2L)；偏置是 0。"""
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.ndim >= 2:
                    last = name.endswith(("w_out", "w2"))
                    parameter.normal_(std=0.02 / math.sqrt(2 * self.n_layer) if last else 0.02)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.use["5.1"](ids, self.tokens.weight, self.positions)
        for layer in self.layers:
            x = self.block(x, layer)
        return self.head(self.use["5.3"](x, self.last["weight"], self.last["bias"]))

    def block(self, x: Tensor, layer: nn.ParameterDict) -> Tensor:
        """一层解码器：练习 5.4 把 4.6、5.2、5.3 装在一起，取 pre-norm 的那一个。"""
        pre, _ = self.use["5.4"](
            x,
            lambda y: self.use["4.6"](y, layer["w_qkv"], layer["w_out"], self.n_head),
            lambda y: self.use["5.2"](y, layer["w1"], layer["b1"], layer["w2"], layer["b2"]),
            lambda y: self.use["5.3"](y, layer["norm1_weight"], layer["norm1_bias"]),
            lambda y: self.use["5.3"](y, layer["norm2_weight"], layer["norm2_bias"]),
        )
        return pre


def layer_shapes(c: int) -> dict[str, Tensor]:
    """一层的参数：层归一化的 weight 是 1，其余先是 0。"""
    return {
        "norm1_weight": torch.ones(c), "norm1_bias": torch.zeros(c),
        "w_qkv": torch.zeros(3 * c, c), "w_out": torch.zeros(c, c),
        "norm2_weight": torch.ones(c), "norm2_bias": torch.zeros(c),
        "w1": torch.zeros(4 * c, c), "b1": torch.zeros(4 * c),
        "w2": torch.zeros(c, 4 * c), "b2": torch.zeros(c),
    }  # fmt: skip
