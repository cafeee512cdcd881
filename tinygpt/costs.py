"""一步训练要多少运算、多少内存，占这台机器的几成：开始之前先估一估，结束之后再比一比。

只见数、张量与模型的形状，不知道怎样训练。
"""

from dataclasses import dataclass

import torch
from torch import nn

# 稠密 bf16（T4、V100 没有，是 fp16）的峰值，万亿次浮点运算每秒。来源：NVIDIA 各型号的规格书（不含稀疏的两倍）
PEAKS = {
    "H100 PCIe": 756, "H100": 989, "H200": 989, "A100": 312, "L40S": 362, "L4": 121, "A10": 125,
    "RTX 4090": 165, "RTX 3090": 71, "V100": 125, "T4": 65,
}  # fmt: skip


def flops_per_token(model: nn.Module) -> int:
    """训练一个 token 的浮点运算：6N + 12·L·h·d_k·T（Chowdhery 等 2022，附录 B）。

    每个参数一乘一加，前向一遍，反向两遍，共 6；注意力另算 QKᵀ 与乘 V。N 不含位置 embedding：它只是查表。
    """
    config = model.config
    places = getattr(model, "position_embedding", None)
    count = sum(p.numel() for p in model.parameters()) - (places.weight.numel() if places else 0)
    return 6 * count + 12 * config.n_layer * config.n_embd * config.context_length


def peak_flops(device: torch.device) -> float | None:
    """这个 GPU 每秒最多多少次浮点运算；不认识的、不是 GPU 的为 None。"""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return next((1e12 * peak for known, peak in PEAKS.items() if known in name), None)


def describe_speed(model: nn.Module, tokens_per_second: float, device: torch.device, size: int = 1) -> str:
    """每秒多少次浮点运算；认得这个 GPU，就再说是峰值的几成。size 是几个一样的设备。"""
    flops = flops_per_token(model) * tokens_per_second
    amount = f"{flops / 1e12:.2f} 万亿" if flops >= 1e11 else f"{flops / 1e8:.0f} 亿"
    text, peak = f"每秒 {amount}次浮点运算", peak_flops(device)
    return text if peak is None else f"{text}，是峰值的 {flops / peak / size:.1%}"


# ---- 内存 ----


@dataclass(frozen=True)
class Memory:
    """训练要的内存，字节。"""

    weights: int  # 权重
    gradients: int  # 梯度
    optimizer: int  # 优化器的状态
    activations: int  # 为反向传播留下的中间结果，整个小批

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations

    def __str__(self) -> str:
        parts = {"权重": self.weights, "梯度": self.gradients, "优化器": self.optimizer}
        parts |= {"留给反向的中间结果": self.activations}
        return f"约 {size(self.total)}（{'，'.join(f'{name} {size(n)}' for name, n in parts.items())}）"


def size(count: int) -> str:
    """字节数，写成 KB、MB 或 GB。"""
    power = next((power for power in (10, 20) if count < 1 << (power + 10)), 30)
    number, unit = count / (1 << power), "KMG"[power // 10 - 1] + "B"
    return f"{number:.0f} {unit}" if number >= 100 else f"{number:.3g} {unit}"


def saved_bytes(loss_of, parameters) -> int:
    """算一次 loss_of()，数它为反向传播留下多少字节（同一块内存只数一次，权重自己不算）。不改随机数的状态。

    数的是真正留下的张量，不靠公式，所以什么模型、什么精度都一样准。
    """
    own, kept = {p.untyped_storage().data_ptr() for p in parameters}, {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage  # 留着它，地址才不会给了别人
        return tensor

    with torch.random.fork_rng(), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss_of()
    return sum(storage.nbytes() for address, storage in kept.items() if address not in own)


def training_memory(trainer) -> Memory:
    """照第一批的一行，估计 trainer 训练时要多少内存：一行留下的，乘以一个小批的行数。"""
    batch = trainer.train_data.batch(0)
    rows = min(map(len, batch.values()))
    one = {name: tensor[:1].to(trainer.device) for name, tensor in batch.items()}
    parameters = list(trainer.model.parameters())
    trained = [p for p in parameters if p.requires_grad]

    def loss_of():
        with trainer.autocast():
            return trainer.objective(trainer.model, one)

    # AdamW 每个参数两份平均，Muon 只有一份动量
    states = sum(
        p.nbytes * (2 if "betas" in optimizer.defaults else 1)
        for optimizer in trainer.optimizers for group in optimizer.param_groups for p in group["params"]
    )  # fmt: skip
    here = -(-rows // trainer.workers.size)
    activations = here * saved_bytes(loss_of, parameters)
    return Memory(sum(p.nbytes for p in parameters), sum(p.nbytes for p in trained), states, activations)


def free_memory(device: torch.device) -> int | None:
    """设备上还空着多少字节；不是 GPU 就是 None（CPU 的内存还能换到硬盘上，说不准）。"""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else None
