"""数 n 元的速度与内存。

    python benchmarks/counting_speed.py 文件或文件夹… --suffix .py --orders 3 4 5 --millions 1 10

把文件的字节当作 token（词表 257），取前几百万个来数；再用自己的分词器切成 token 数一遍（--tokenizer 文件）。
每一项在新进程里，印出秒数、每秒多少个 token、各阶的组合共有多少个、内存的峰值。
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def read(paths: list[str], suffix: str, most: int) -> bytes:
    """各个文件接在一起，到 most 个字节为止。"""
    files = [f for p in map(Path, paths) for f in (sorted(p.rglob("*" + suffix)) if p.is_dir() else [p])]
    data = bytearray()
    for file in files:
        data += file.read_bytes() + b"\0"
        if len(data) >= most:
            break
    return bytes(data[:most])


def measure(args, order: int, n: int) -> dict:
    from tinygpt.counting import count
    from tinygpt.tokenizer import EOS, Tokenizer

    if args.tokenizer:
        tokenizer = Tokenizer.load(args.tokenizer)
        text = read(args.paths, args.suffix, 8 * n).decode("utf-8", errors="replace")
        pieces = tokenizer.encode_batch([text[i : i + 100_000] for i in range(0, len(text), 100_000)])
        ids = np.concatenate([np.array(piece, np.uint16) for piece in pieces])
        vocab_size, eos = tokenizer.vocab_size, EOS
        del text, pieces
    else:
        ids, vocab_size, eos = np.frombuffer(read(args.paths, args.suffix, n), np.uint8), 257, 256
    ids = ids[:n]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    counts = count(ids, order, vocab_size, eos)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pairs = sum(len(level.pairs) for level in counts.levels)
    memory = {"before": before / 1024, "peak": peak / 1024}
    return {"tokens": len(ids), "seconds": seconds, "pairs": pairs, **memory}


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--suffix", default=".txt")
    parser.add_argument("--orders", type=int, nargs="+", default=[3, 4, 5])
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 10])
    parser.add_argument("--tokenizer")
    parser.add_argument("--one", type=float, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args, int(args.one[0]), int(args.one[1]))))
        return
    for millions in args.millions:
        for order in args.orders:
            command = [sys.executable, *sys.argv, "--one", str(order), str(millions * 1e6)]
            found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
            n, seconds = found["tokens"], found["seconds"]
            print(f"{n:,} token，{order} 元：{seconds:.1f} 秒（{n / seconds:,.0f} token/秒）", end="，")
            print(
                f"{found['pairs']:,} 个组合，内存 {found['before']:,.0f} 到 {found['peak']:,.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
