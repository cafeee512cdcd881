"""训练一步与生成的速度，与 nanoGPT 并排比。

    python benchmarks/nanogpt_step.py /path/to/nanoGPT [--rounds 5]

同样的形状（4 层、4 头、128 维、上下文 64、批 12、词表 65，即 nanoGPT README 的 CPU 配方）与文章的形状
（2 层、4 头、256 维、上下文 256、批 16、词表 4096），同样的机器、线程数与数据（随机编号）。每一方在新进程里，
按 A B B A 交替，取中位数；也比内存的峰值（导入之后多出来的）。nanoGPT 的路径是参数，本项目里没有它的代码。
三种做法：nanoGPT 原样（fp32，非融合 AdamW）、nanoGPT 加上 bf16 autocast 与融合 AdamW、tinygpt 出厂设置。
tinygpt 把用过的大块内存留着（memory.py），峰值因此高一些；环境变量 MALLOC_ARENA_MAX=2 之类会关掉它。
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

SHAPES = {
    "nanoGPT-CPU": dict(n_layer=4, n_head=4, n_embd=128, block_size=64, vocab_size=65, batch=12),
    "article": dict(n_layer=2, n_head=4, n_embd=256, block_size=256, vocab_size=4096, batch=16),
}


def peer_step(folder: str, s: dict, fast: bool):
    """nanoGPT 的一步，照它 train.py 的做法：前向、反向、裁剪、AdamW。"""
    import contextlib

    import torch

    sys.path.insert(0, folder)
    from model import GPT, GPTConfig

    sizes = {k: s[k] for k in ("n_layer", "n_head", "n_embd", "block_size", "vocab_size")}
    model = GPT(GPTConfig(**sizes, dropout=0.0, bias=False))
    optimizer = model.configure_optimizers(0.1, 1e-3, (0.9, 0.99), "cpu")
    if fast:
        optimizer = torch.optim.AdamW(optimizer.param_groups, lr=1e-3, betas=(0.9, 0.99), fused=True)
    context = torch.autocast("cpu", dtype=torch.bfloat16) if fast else contextlib.nullcontext()

    def step(x, y):
        with context:
            _, loss = model(x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()

    return step


def own_step(s: dict, precision: str, optimizer: str):
    from tinygpt import GPT, GPTConfig, TrainConfig, Trainer

    sizes = (s["vocab_size"], s["block_size"], s["n_layer"], s["n_head"], s["n_embd"])
    config = GPTConfig(*sizes, dropout=0.0, bias=False)

    class Fixed:
        def batch(self, n):
            return {"ids": self.x, "labels": self.y}

    data = Fixed()
    training = TrainConfig(
        steps=10**6, batch_size=s["batch"], precision=precision, optimizer=optimizer, weight_decay=0.1
    )
    trainer = Trainer(GPT(config), data, None, training)

    def step(x, y):
        data.x, data.y = x, y
        trainer._one_step()

    return step


def peak_memory() -> int:
    """这个进程到此刻为止最多占过多少字节（Linux 的单位是 KiB，macOS 是字节）。"""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure(who: str, shape: str, folder: str) -> list[float]:
    """（每秒 token 数，内存的峰值比导入之后多多少字节）：先走几步热身，再走三秒以上。"""
    import torch

    import_only = peak_memory()

    s = SHAPES[shape]
    torch.manual_seed(0)
    torch.set_num_threads(2)
    makers = {
        "nanoGPT fp32": lambda: peer_step(folder, s, False),
        "nanoGPT bf16+fused": lambda: peer_step(folder, s, True),
        "tinygpt fp32 adamw": lambda: own_step(s, "fp32", "adamw"),
        "tinygpt auto adamw": lambda: own_step(s, "auto", "adamw"),
        "tinygpt auto muon": lambda: own_step(s, "auto", "muon"),
    }
    step = makers[who]()
    ids = torch.randint(s["vocab_size"], (s["batch"], s["block_size"] + 1))
    x, y = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
    for _ in range(5):
        step(x, y)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < 3:
        step(x, y)
        count += 1
    return [count * x.numel() / (time.perf_counter() - started), peak_memory() - import_only]


NAMES = [
    "nanoGPT fp32",
    "nanoGPT bf16+fused",
    "tinygpt fp32 adamw",
    "tinygpt auto adamw",
    "tinygpt auto muon",
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("nanogpt")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(*args.one, args.nanogpt)))
        return
    import torch

    print(f"torch {torch.__version__},2 线程，每方 {args.rounds} 轮，token/秒的中位数（最小–最大）")
    for shape in SHAPES:
        results = {name: [] for name in NAMES}
        for round_ in range(args.rounds):
            for name in NAMES if round_ % 2 == 0 else NAMES[::-1]:
                command = [sys.executable, str(Path(__file__).resolve()), args.nanogpt, "--one", name, shape]
                out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                results[name].append(json.loads(out.splitlines()[-1]))
        base, base_memory = (statistics.median(column) for column in zip(*results[NAMES[0]]))
        print(f"\n{shape}:{SHAPES[shape]}")
        for name, runs in results.items():
            speeds, memories = zip(*runs)
            middle, memory = statistics.median(speeds), statistics.median(memories)
            spread = f"({min(speeds):,.0f}–{max(speeds):,.0f})"
            kept = f"内存峰值 {memory / 2**20:,.0f} MB，{memory / base_memory:.2f} 倍"
            print(f"  {name:<20} {middle:>9,.0f} {spread}  {middle / base:.2f} 倍；{kept}")


if __name__ == "__main__":
    main()
