"""一步的时间怎样随长度、随大小增长；生成一个 token 怎样随位置增长，有缓存与没有缓存。

    python benchmarks/cost_growth.py [--out benchmarks/records/cost_growth.json]

都只用一个线程，量进程用掉的 CPU 时间，每一点取几次里最快的（旁边有别的程序时，慢的那几次是被打扰的）。
拟合也写进文件：每 token 的时间 = a + b·T；每 token 的时间 = c·N^p；没有缓存时一个 token 的时间 = a + b·位置。
"""

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np
import torch

from tinygpt import GPT, GPTConfig, KVCache
from tinygpt.losses import causal_objective

TOKENS = 2048  # 一步的 token 总数不变，只换每条多长
LENGTHS, WIDTHS, PLACES = (64, 128, 256, 512, 1024, 2048), (64, 128, 192, 256, 384), (32, 64, 128, 256, 512)


def fastest(work, times: int) -> float:
    """做几次，最快的一次用了多少秒 CPU 时间；第一次是热身。"""
    work()
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def step_seconds(n_embd: int, length: int, times: int) -> tuple[float, int]:
    """（每 token 的秒数，参数个数）：4 层，每头 32 维，一次前向加反向。"""
    torch.manual_seed(0)
    config = GPTConfig(256, length, 4, n_embd // 32, n_embd, dropout=0.0)
    model = GPT(config)
    ids = torch.randint(256, (TOKENS // length, length + 1))
    batch = {"ids": ids[:, :-1], "labels": ids[:, 1:]}
    seconds = fastest(lambda: causal_objective(model, batch).backward(), times) / TOKENS
    return seconds, sum(p.numel() for p in model.parameters()) - model.position_embedding.weight.numel()


@torch.inference_mode()
def writing_seconds(place: int, times: int) -> tuple[float, float]:
    """写第 place 个 token 的秒数：（有缓存，没有缓存，前文重算一遍）。"""
    torch.manual_seed(0)
    model = GPT(GPTConfig(256, 1024, 4, 4, 128, dropout=0.0)).eval()
    ids, cache = torch.randint(256, (1, place)), KVCache(model.config)

    def cached():
        cache.set_lengths([place - 1])
        model(ids[:, -1:], cache)

    return fastest(cached, 10 * times), fastest(lambda: model(ids), times)


def line(x, y) -> dict:
    """y = a + b·x 的最小二乘，与相对的残差。"""
    b, a = np.polyfit(x, y, 1)
    return {"a": a, "b": b, "residual": float(np.abs((a + b * np.array(x)) / y - 1).max())}


def power(x, y) -> dict:
    """y = c·x^p：对数的最小二乘，与相对的残差。"""
    p, c = np.polyfit(np.log(x), np.log(y), 1)
    fitted = np.exp(c) * np.array(x, dtype=float) ** p
    return {"c": float(np.exp(c)), "p": p, "residual": float(np.abs(fitted / y - 1).max())}


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "records" / "cost_growth.json")
    parser.add_argument("--times", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    by_length = [step_seconds(128, length, args.times)[0] for length in LENGTHS]
    by_width = [step_seconds(width, 128, args.times) for width in WIDTHS]
    seconds, sizes = zip(*by_width)
    cached, uncached = zip(*(writing_seconds(place, args.times) for place in PLACES))
    found = {
        "machine": f"{platform.machine()}，{torch.backends.cpu.get_cpu_capability()}，一个线程，CPU 时间",
        "torch": torch.__version__, "date": time.strftime("%Y-%m-%d"), "tokens_per_step": TOKENS,
        "length": {"T": LENGTHS, "seconds_per_token": by_length, "fit": line(LENGTHS, by_length)},
        "size": {"n_embd": WIDTHS, "N": sizes, "seconds_per_token": seconds, "fit": power(sizes, seconds)},
        "writing": {"place": PLACES, "cached": cached, "uncached": uncached, "fit": line(PLACES, uncached)},
    }  # fmt: skip
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for name in ("length", "size", "writing"):
        print(name, found[name])


if __name__ == "__main__":
    main()
