"""在哪里算，用什么精度算。

bf16 在有专门指令的 CPU（avx512_bf16、AMX）与新的 GPU 上快得多，在没有的 CPU 上反而慢很多倍，
所以不看名字，实际量一下再定。量一次只要几十毫秒。太窄的模型，来回转换比省下的乘法还贵，CPU 上仍用 fp32。
"""

import time
from contextlib import contextmanager
from functools import lru_cache

import torch

from tinygpt.errors import InputError, require

BF16_WIDTH = 128  # 在 CPU 上，至少这么宽的模型用 bf16 才划算；各种宽度量出来的数见 docs/performance.md
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@contextmanager
def evaluation_mode(model):
    """with evaluation_mode(model): 期间关掉 dropout，结束时每个模块恢复原来的状态。

    生成时每个 token 进来一次，所以只动真正在训练状态的模块：已在评估状态的模型，进出都不做事。
    """
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


def pick_device(name: str = "auto") -> torch.device:
    """"auto" 依次取 CUDA、MPS、CPU 里第一个能用的；点名要的设备不能用就报错。"""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, works in available.items() if works))
    kind = name.split(":")[0]
    require(kind in available, f"不认识的设备：{name}", "auto、cpu、cuda、mps", "不确定就用 auto")
    usable = "、".join(k for k, works in available.items() if works)
    require(available[kind], f"这台机器上没有可用的 {kind}", usable, "用 --device auto")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"不认识的设备：{name}", "cpu、cuda、cuda:0 之类", "不确定就用 auto") from error
    count = torch.cuda.device_count() if kind == "cuda" else 1
    found = f"没有 {name}：这台机器上有 {count} 个 {kind}"
    require((device.index or 0) < count, found, f"{kind}:0 到 {kind}:{count - 1}", "用 --device auto")
    return device


def pick_precision(name: str, device: torch.device, width: int = BF16_WIDTH) -> str:
    """"auto" → "fp32"、"bf16" 或 "fp16"，取宽 width（n_embd）的模型在这个设备上快的那个。"""
    known = ("auto", *PRECISIONS)
    require(name in known, f"不认识的精度：{name}", "、".join(known), "不确定就用 auto")
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if bf16_is_fast(device) else "fp16"
    if device.type == "cpu" and width >= BF16_WIDTH and bf16_is_fast(device):
        return "bf16"
    return "fp32"


def bf16_is_fast(device: torch.device) -> bool:
    """这个设备上，bf16 的矩阵乘法比 fp32 快不快。"""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and cpu_bf16_speedup() > 1.3


@lru_cache
def cpu_bf16_speedup() -> float:
    """CPU 上 bf16 矩阵乘法的速度是 fp32 的几倍（取几次里最快的一次来比）。"""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        a = torch.ones(512, 512, dtype=dtype)
        a @ a
        seconds[dtype] = min(_seconds(a) for _ in range(5))
        if seconds[dtype] > 0.2:  # 没有专门指令的机器上慢得很，不必再量
            break
    return seconds[torch.float32] / seconds.get(torch.bfloat16, float("inf"))


def _seconds(a: torch.Tensor) -> float:
    start = time.perf_counter()
    a @ a
    return time.perf_counter() - start
