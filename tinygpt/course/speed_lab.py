"""第 11 课：这台电脑有多快（屋顶线），几个进程一起训练。

屋顶线（roofline，Williams 等 2009）：一件事每读写一个字节做 I 次运算，它每秒最多做
min(乘法的峰值, 内存每秒的字节数 × I) 次。这里量峰值与内存，估出训练、生成的 I，再量它们真的多快。
量到的时间换一台机器、换一个时候都不同，笔记本里不比较。
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from tinygpt import costs
from tinygpt.course import plots
from tinygpt.device import bf16_is_fast
from tinygpt.sampling import Sampling, generate
from tinygpt.trainer import Trainer


def fastest(work: Callable, times: int = 5) -> float:
    """做几次里最快的一次用了几秒；先做一遍热身。"""
    work()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def matmul_flops(dtype: torch.dtype = torch.float32, size: int = 1024) -> float:
    """两个 size × size 的矩阵相乘，每秒多少次浮点运算。没有 bf16 指令的机器上，bf16 只乘小的。"""
    if dtype == torch.bfloat16 and not bf16_is_fast(torch.device("cpu")):
        size = 128
    a = torch.ones(size, size, dtype=dtype)
    return 2 * size**3 / fastest(lambda: a @ a)


def memory_bytes(megabytes: int = 256) -> float:
    """从内存里每秒读多少字节：把一大块数加起来。"""
    block = torch.ones(megabytes << 18)
    return block.nbytes / fastest(block.sum, 3)


@dataclass(frozen=True)
class Work:
    """一件事：每读写一个字节做几次运算，量到每秒做几次。"""

    name: str
    intensity: float
    flops: float


def training_work(trainer: Trainer, steps: int = 5) -> Work:
    """训练一步。读写的字节照 costs.training_memory 的每一样写一次、读一次算，是少算了的。"""
    batch = trainer.train_data.batch(0)
    flops = costs.flops_per_token(trainer.model) * batch["ids"].numel()
    moved = 2 * costs.training_memory(trainer).total
    return Work("训练一步", flops / moved, flops / fastest(trainer._one_step, steps))


def writing_work(model, prompts: list[list[int]], tokens: int) -> Work:
    """一个 token 一个 token 地写，每行从一个提示写起：一步把权重读一遍，每个参数对每一行一乘一加。"""
    count = sum(p.numel() for p in model.parameters()) - model.position_embedding.weight.numel()

    def write() -> None:
        for _ in generate(model, prompts, tokens, Sampling(greedy=True), eos=-1):
            pass

    flops = 2 * count * len(prompts)
    name = "写一行" if len(prompts) == 1 else f"{len(prompts)} 行一起写"
    return Work(name, flops / (4 * count), flops * tokens / fastest(write, 2))


def roofline(peaks: dict[str, float], memory: float, works: Iterable[Work]):
    """屋顶线的图：peaks 是 {名字: 每秒运算}，memory 是每秒字节，works 是量到的几件事。"""
    _, ax = plots.panels(width=6.4, height=3.6)
    x = [10 ** (n / 20 - 1.3) for n in range(90)]
    for (name, peak), style, color in zip(peaks.items(), plots.LINESTYLES, plots.COLORS):
        ax.plot(x, [min(peak, memory * i) for i in x], style, color=color, label=f"屋顶，{name}")
    for work, mark in zip(works, "osD^v"):
        ax.plot(work.intensity, work.flops, mark, color=plots.COLORS[6], markersize=8)
        ax.annotate(work.name, (work.intensity, work.flops), (7, -12), textcoords="offset points")
    ax.set(xscale="log", yscale="log", xlabel="每读写一个字节做几次运算", ylabel="每秒运算",
           title="写字在斜坡上（等内存），训练靠近平顶（等乘法）")  # fmt: skip
    ax.legend(loc="lower right")
    return plots.finish(ax)


# ---- 几个进程 ----

TRAIN = (
    "--tokenizer", "char", "--preset", "tiny", "--steps", "12", "--batch-size", "8", "--dropout", "0",
    "--precision", "fp32", "--device", "cpu", "--eval-interval", "1000",
)  # fmt: skip


def several_processes_work() -> bool:
    """torchrun 用的 gloo 在 Windows 的 PyTorch 里靠不住；别处都行。"""
    return sys.platform != "win32" and torch.distributed.is_available()


def losses_with(processes: int, text: str) -> list[float]:
    """真的用 tinygpt train 训练 12 步，processes 个进程，各步的损失。"""
    start = [sys.executable, "-m"]
    if processes > 1:
        start += ["torch.distributed.run", f"--nproc_per_node={processes}", "-m"]
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "text.txt", Path(folder) / "run"
        source.write_text(text, encoding="utf-8")
        root = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {"PYTHONPATH": root, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
        command = [*start, "tinygpt", "train", "--data", str(source), "--out", str(out), *TRAIN]
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        rows = (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(row)["loss"] for row in rows]
