"""LoRA（Hu 等 2021）：不动原来的权重，只在旁边学一个低秩的改动。

    y = x Wᵀ + b + (α/r) · x Aᵀ Bᵀ        A (r, d_in)，B (d_out, r)，r 远小于 d_in 与 d_out

B 从 0 开始，所以刚装上时输出一点不变；训练只动 A 与 B。训练完可以合并：W ← W + (α/r) B A，
输出不变（差在 fp32 的舍入里），速度与没有 LoRA 的一样。

    inject(model, rank=8)      装上，冻结其余的
    AdapterTrainer(model, …)   同一个 Trainer，只存 A 与 B
    merge(model)               合并，变回普通的 GPT

一个 LoRA 模型的文件夹里，model.safetensors 是底子的一份副本，adapter.safetensors 只有 A 与 B，
adapter.json 是 rank、alpha、装在哪些层，与底子的摘要。
底子是抄来的，不是指过去的：原来的模型搬走、删掉、重新训练，这里都不受影响。
"""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tinygpt.checkpoint import (
    file_digest,
    load_tensors,
    load_weights,
    model_tensors,
    read_json,
    require_finite,
    save_tensors,
    write_json,
)
from tinygpt.config import NEWER
from tinygpt.errors import require
from tinygpt.trainer import BEST, Trainer

ADAPTER, SETTINGS = "adapter.safetensors", "adapter.json"
TARGETS = ("to_qkv", "to_out", "up", "down")  # Transformer 里的全部线性层


@dataclass(frozen=True)
class Settings:
    """怎样装的。alpha / rank 是改动的倍数：换 rank 时倍数不变，学习率就不必重调。"""

    rank: int
    alpha: float
    targets: tuple[str, ...] = TARGETS
    base: str = ""  # 底子权重文件的摘要

    @classmethod
    def read(cls, path: Path) -> "Settings":
        """从 adapter.json 读；写得不对就报错。"""
        values, names = read_json(path), {field.name for field in dataclasses.fields(cls)}
        found = f"{path} 里是 {'、'.join(values)}"
        require(values.keys() == names, found, "、".join(sorted(names)), NEWER)
        targets = values["targets"]
        good = isinstance(targets, list) and all(isinstance(name, str) for name in targets)
        require(good, f"{path} 的 targets 是 {targets!r}", "层的名字的列表", f"例如 {list(TARGETS)}")
        return cls(values["rank"], values["alpha"], tuple(targets), values["base"])


class LoRALinear(nn.Module):
    """一个线性层，旁边加上低秩的改动。"""

    def __init__(self, linear: nn.Linear, rank: int, alpha: float):
        super().__init__()
        self.linear, self.scale = linear.requires_grad_(False), alpha / rank
        where = {"device": linear.weight.device, "dtype": linear.weight.dtype}
        self.lora_a = nn.Parameter(torch.empty(rank, linear.in_features, **where))
        self.lora_b = nn.Parameter(torch.zeros(linear.out_features, rank, **where))
        nn.init.normal_(self.lora_a, std=1 / math.sqrt(linear.in_features))

    def forward(self, x: Tensor) -> Tensor:
        """x (..., d_in) → (..., d_out)。"""
        return self.linear(x) + self.scale * F.linear(F.linear(x, self.lora_a), self.lora_b)

    def merged(self) -> nn.Linear:
        """合并成一个普通的线性层：原来的那个，权重加上改动。"""
        with torch.no_grad():
            self.linear.weight += self.scale * self.lora_b @ self.lora_a
        return self.linear.requires_grad_(True)


def inject(
    model: nn.Module, rank: int, alpha: float | None = None, targets: tuple[str, ...] = TARGETS
) -> Settings:
    """冻结全部参数，把名字在 targets 里的线性层换成 LoRALinear；A 的随机数取自 torch 的全局生成器。

    alpha 默认是 rank 的两倍。
    """
    alpha = 2 * rank if alpha is None else alpha
    linears = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}
    chosen = {name: layer for name, layer in linears.items() if name.rpartition(".")[2] in targets}
    short = sorted({name.rpartition(".")[2] for name in linears})
    require(chosen, f"模型里没有叫作 {'、'.join(targets)} 的线性层", "、".join(short), "从上面的名字里选")
    most = min(min(layer.weight.shape) for layer in chosen.values())
    whole = type(rank) is int and 1 <= rank <= most
    require(whole, f"LoRA 的秩是 {rank!r}", f"1 到 {most} 的整数（矩阵最短的一边）", "常用 4、8、16")
    good = isinstance(alpha, (int, float)) and math.isfinite(alpha) and alpha > 0
    require(good, f"LoRA 的 alpha 是 {alpha!r}", "大于 0 的数", f"常用秩的两倍，{2 * rank}")
    model.requires_grad_(False)
    for name, layer in chosen.items():
        _replace(model, name, LoRALinear(layer, rank, alpha))
    return Settings(rank, alpha, targets)


def _replace(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, layer)


def merge(model: nn.Module) -> None:
    """把改动加进权重，变回装上之前的样子；参数又全都可以训练了。没有装过就什么也不变。"""
    for name, layer in [(n, m) for n, m in model.named_modules() if isinstance(m, LoRALinear)]:
        _replace(model, name, layer.merged())
    model.requires_grad_(True)


def adapter_tensors(model: nn.Module) -> dict[str, Tensor]:
    """只有 A 与 B。"""
    return {name: p for name, p in model.named_parameters() if name.endswith((".lora_a", ".lora_b"))}


class AdapterTrainer(Trainer):
    """只存、只取 A 与 B 的 Trainer；其余一点不变。"""

    best_file, weights = ADAPTER, staticmethod(adapter_tensors)


def save_adapters(model: nn.Module, folder: str | Path) -> None:
    """A 与 B 写进 adapter.safetensors。"""
    save_tensors(Path(folder) / ADAPTER, adapter_tensors(model))


def save_base(model: nn.Module, folder: str | Path) -> None:
    """底子（没有 A 与 B 的权重，名字与装上之前一样）写进 model.safetensors。"""
    adapters, everything = adapter_tensors(model), model_tensors(model)
    base = {name.replace(".linear.", "."): p for name, p in everything.items() if name not in adapters}
    save_tensors(Path(folder) / BEST, base)


def save_settings(settings: Settings, folder: str | Path) -> None:
    """怎样装的写进 adapter.json，连同 folder 里底子的摘要：以后底子被换掉，读的时候就认得出来。"""
    folder = Path(folder)
    values = dataclasses.asdict(settings) | {"base": file_digest(folder / BEST)}
    write_json(folder / SETTINGS, values)


def load_adapters(model: nn.Module, folder: str | Path) -> None:
    """照 folder 里的 adapter.json 装上，取回 A 与 B。模型的权重须来自同一个文件夹。"""
    folder = Path(folder)
    settings = Settings.read(folder / SETTINGS)
    same = settings.base == file_digest(folder / BEST)
    expected, fix = f"微调 {SETTINGS} 时的那一个", f"换回原来的 {BEST}，或重新微调"
    require(same, f"{folder / BEST} 不是这些适配器的底子", expected, fix)
    tensors, _ = load_tensors(folder / ADAPTER)
    require_finite(tensors, folder / ADAPTER, "训练出来的适配器", "从备份恢复，或重新微调")
    inject(model, settings.rank, settings.alpha, settings.targets)
    load_weights(model, tensors, folder / ADAPTER, adapter_tensors(model))


def training_bytes(model: nn.Module, optimizers) -> dict[str, int]:
    """训练时常驻的内存（字节）：权重、梯度、优化器的状态（走过一步之后才有）。激活不算在内。"""
    parameters = list(model.parameters())
    states = [value for o in optimizers for state in o.state.values() for value in state.values()]
    return {
        "权重": sum(p.nbytes for p in parameters),
        "梯度": sum(p.nbytes for p in parameters if p.requires_grad),
        "优化器": sum(value.nbytes for value in states if isinstance(value, Tensor)),
    }


def trained_share(model: nn.Module) -> tuple[int, int]:
    """（训练的参数，全部参数）各有多少个。"""
    parameters = list(model.parameters())
    return sum(p.numel() for p in parameters if p.requires_grad), sum(p.numel() for p in parameters)
