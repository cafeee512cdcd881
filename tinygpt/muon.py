"""Muon（Jordan 等 2024）：先把矩阵的动量变得近于正交，再走一步。

动量的奇异值有大有小，照它走，大的方向走得远，小的方向几乎不动；正交化之后，各个方向走得一样远。
不做奇异值分解：用只有矩阵乘法的 Newton–Schulz 迭代，五次就够近了。

torch.optim.Muon 是同样的数学，一个矩阵一个矩阵地做；模型小的时候，矩阵乘法一次一次地起步比乘法本身还贵。
这里把形状相同的摞成一摞，一次乘完（横的与竖的转成一样），更新与它相同（差在舍入里）。
"""

import math
from collections import defaultdict

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Jordan 等 2024：在 0 附近升得最快的五次多项式


def orthogonalize(matrices: Tensor, steps: int = 5) -> Tensor:
    """(n, r, c) 的 n 个矩阵，r ≤ c → 近于正交的：奇异值都在 1 附近（约 0.7 到 1.2），方向不变。

        X ← aX + b(XXᵀ)X + c(XXᵀ)²X，从 X = G/‖G‖ 开始

    每一次，奇异值 σ 变成 aσ + bσ³ + cσ⁵；小的很快长大，1 附近的留在 1 附近。
    """
    a, b, c = COEFFICIENTS
    x = matrices / (matrices.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        polynomial = torch.baddbmm(square, square, square, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return x


class Muon(torch.optim.Optimizer):
    """m ← μm + (1 − μ)g；W ← (1 − ηλ)W − η·0.2√max(r, c)·正交化((1 − μ)g + μm)。

    系数 0.2√max(r, c) 让更新的大小与 AdamW 的相仿，两者共用一个学习率（Liu 等 2025）。

    参数
    ----
    parameters: 都是矩阵
    dtype: 迭代用什么精度；bf16 快的机器上用 bf16，正交化本来就只求近似
    """

    def __init__(self, parameters, lr: float, weight_decay: float, momentum: float = 0.95, dtype=None):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self.dtype = dtype

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            stacks = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    stacks[tuple(sorted(parameter.shape))].append(parameter)
            for parameters in stacks.values():
                self._step_together(parameters, group)

    def _step_together(self, parameters: list[Tensor], group: dict) -> None:
        """边长相同的一摞矩阵走一步。"""
        directions = torch.stack([self._direction(parameter, group["momentum"]) for parameter in parameters])
        updates = orthogonalize(directions.to(self.dtype or directions.dtype)).to(directions.dtype)
        size = group["lr"] * 0.2 * math.sqrt(max(parameters[0].shape))
        for parameter, update in zip(parameters, updates):
            parameter.mul_(1 - group["lr"] * group["weight_decay"])
            parameter.add_(update if _wide(parameter) else update.mT, alpha=-size)

    def _direction(self, parameter: Tensor, momentum: float) -> Tensor:
        """Nesterov 动量，横过来放：行不多于列。"""
        state = self.state[parameter]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        average = state["momentum_buffer"].lerp_(parameter.grad, 1 - momentum)
        direction = parameter.grad.lerp(average, momentum)
        return direction if _wide(parameter) else direction.mT


def _wide(matrix: Tensor) -> bool:
    return matrix.size(0) <= matrix.size(1)
