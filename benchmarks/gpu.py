"""GPU 上的一次全套：核对、量速度、时间换损失、生成；最后印一张短表。

    python benchmarks/gpu.py --text tinyshakespeare.txt          有 GPU 的机器上，约十分钟
    python benchmarks/gpu.py --device cpu --tiny                 没有 GPU：用很小的形状走一遍，只证明它走得通
    python benchmarks/gpu.py --parts check step                  只做其中几项

    check      GPU 与 CPU 的 logits、一步之后的损失相同；补齐的输出层、StaticCache 与原来的相同
    step       GPT-2 124 M 的一步：bf16，加补齐的词表，加编译，加 Muon；每秒 token 数、峰值的几成、内存与估计
    generate   10.65 M 与 124 M 各写 256 个 token：generate，与录成 CUDA graph 的一步；写出的相同
    two        torchrun：全部 GPU 与一个 GPU，同样的批，损失相同，快几倍
    loss       预设 mini 与 modern 在 --text 上各训练 --minutes 分钟
    notebooks  pytest --nbval notebooks（要点名才做：--parts notebooks）

没有 GPU、缺了什么，就跳过那一项并说原因；有一项失败，退出代码是 1。
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import torch

from tinygpt import GPT, GPTConfig, Sampling, TrainConfig, Trainer, costs, generate, gpu, preset

ROOT = Path(__file__).resolve().parents[1]
TINY = GPTConfig(vocab_size=257, context_length=32, n_layer=2, n_head=2, n_embd=32, dropout=0.0)
TEN = GPTConfig(vocab_size=65, context_length=512, n_layer=6, n_head=6, n_embd=384, dropout=0.0)


class Skip(Exception):
    """这一项做不了，说明原因。"""


class RandomIds:
    """随机编号，第 n 批由 n 决定。"""

    def __init__(self, config: GPTConfig, batch_size: int):
        self.high, self.shape = config.vocab_size, (batch_size, config.context_length + 1)

    def batch(self, n: int) -> dict:
        ids = torch.randint(8, self.high, self.shape, generator=torch.Generator().manual_seed(n))
        return {"ids": ids[:, :-1].contiguous(), "labels": ids[:, 1:].contiguous()}


def gpt2(args) -> GPTConfig:
    return TINY if args.tiny else preset("gpt2", dropout=0.0, bias=False)


def new_trainer(config: GPTConfig, training: TrainConfig, device, pad: bool = True) -> Trainer:
    torch.manual_seed(0)
    model, data = GPT(config).to(device), RandomIds(config, training.batch_size)
    if pad:
        model, data = gpu.prepared(model, data, device)
    return Trainer(model, data, None, training)


def close(a: torch.Tensor, b: torch.Tensor, tolerance: float) -> float:
    """最大的差；超过 tolerance 就报错。"""
    worst = (a.float().cpu() - b.float().cpu()).abs().max().item()
    assert worst <= tolerance, f"差 {worst:.3g}，应当不超过 {tolerance:.3g}"
    return worst


# ---- 各项：交出表里的几行（名字，结果）----


def check(args):
    torch.set_float32_matmul_precision("highest")
    torch.manual_seed(0)
    config, device = dataclasses.replace(TINY, n_embd=64), torch.device(args.device)
    model, ids = GPT(config), torch.randint(8, 257, (4, 32))
    with torch.no_grad():
        expected = model(ids)
        there = GPT(config).to(device)
        there.load_state_dict(model.state_dict())
        yield "logits 与 CPU 的差", f"{close(there(ids.to(device)), expected, 1e-4):.1e}"
        there.lm_head = gpu.PaddedLinear.of(there.lm_head)
        yield "补齐的输出层的差", f"{close(there(ids.to(device)), expected, 1e-4):.1e}"
        cache = gpu.StaticCache(config, 4, device)
        steps = [there(ids[:, n : n + 1].to(device), cache)[:, 0] for n in range(32)]
        yield "StaticCache 的差", f"{close(torch.stack(steps, 1), expected, 1e-4):.1e}"
    for precision in ("fp32", "bf16"):
        training = TrainConfig(steps=5, batch_size=4, precision=precision, optimizer="adamw", warmup_steps=0)
        losses = [[m.loss for m in new_trainer(config, training, torch.device(place), place != "cpu")]
                  for place in ("cpu", args.device)]  # fmt: skip
        worst = close(*map(torch.tensor, losses), 1e-3 if precision == "fp32" else 5e-2)
        yield f"五步的损失与 CPU 的差，{precision}", f"{worst:.1e}"


def step(args):
    device, config = torch.device(args.device), gpt2(args)
    training = TrainConfig(
        steps=args.steps, batch_size=2 if args.tiny else args.batch_size, precision="bf16", patience=0,
        optimizer="adamw", learning_rate=6e-4, eval_interval=10**6,
    )  # fmt: skip
    variants = {
        "bf16": (training, False), "加补齐的词表、预取、bf16 的残差流": (training, True),
        "加编译": (dataclasses.replace(training, compile=True), True),
        "编译，Muon": (dataclasses.replace(training, compile=True, optimizer="muon"), True),
    }  # fmt: skip
    for name, (settings, pad) in variants.items():
        if args.no_compile and settings.compile or args.only_compiled and not settings.compile:
            continue
        trainer = new_trainer(config, settings, device, pad)
        yield f"一步，{name}，批 {settings.batch_size}", timed_step(trainer)


def timed_step(trainer: Trainer) -> str:
    """头三分之一是热身（编译在里面），不计。"""
    device, estimate = trainer.device, costs.training_memory(trainer)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    moments, begin = [], time.perf_counter()
    for metrics in trainer:  # 每一步读一次损失，所以已经算完
        moments.append((time.perf_counter(), metrics.tokens))
    first, last = moments[len(moments) // 3], moments[-1]
    speed = (last[1] - first[1]) / (last[0] - first[0])
    text = f"{speed:,.0f} token/秒，{costs.describe_speed(trainer.model, speed, device)}"
    if device.type == "cuda":
        used = costs.size(torch.cuda.max_memory_allocated(device))
        text += f"，内存 {used}（估计 {costs.size(estimate.total)}）"
    return f"{text}，头一步 {moments[0][0] - begin:.1f} 秒"


def write(args):
    device, count = torch.device(args.device), 20 if args.tiny else 256
    shapes = {"很小的形状": TINY} if args.tiny else {"10.65 M": TEN, "124 M": gpt2(args)}
    for name, config in shapes.items():
        torch.manual_seed(0)
        model = GPT(config).to(device).eval()
        usual, expected = timed_writing(plain_steps(model), count)
        graph, found = timed_writing(recorded_steps(model, device), count)
        same = next((n for n, pair in enumerate(zip(expected, found)) if pair[0] != pair[1]), count)
        assert same >= min(count, 16), f"第 {same + 1} 个 token 就不同了"  # 再往后，舍入可能碰上平局
        how = "CUDA graph" if device.type == "cuda" else "StaticCache（没有录）"
        text = f"generate {usual:,.0f} token/秒，{how} {graph:,.0f}，前 {same} 个 token 相同"
        yield f"生成，{name}", text


def timed_writing(steps, count: int) -> tuple[float, list[int]]:
    """（每秒多少个 token，写出的）；先写一遍热身。"""
    steps(count)
    start = time.perf_counter()
    tokens = steps(count)
    return count / (time.perf_counter() - start), tokens


def plain_steps(model: GPT):
    greedy = Sampling(greedy=True)
    return lambda count: [token for (token,) in generate(model, [[8]], count, greedy, eos=-1)]


def recorded_steps(model: GPT, device):
    """写 count 个 token 的函数；在 GPU 上，一步录成 CUDA graph，每个 token 只重放一次。"""
    cache, ids = (
        gpu.StaticCache(model.config, 1, device),
        torch.zeros((1, 1), dtype=torch.long, device=device),
    )

    @torch.no_grad()
    def one():
        ids.copy_(model(ids, cache)[:, -1].argmax(dim=-1, keepdim=True))

    again = one
    if device.type == "cuda":
        beside = torch.cuda.Stream()  # 录之前先在别的流里走几步，让各个库准备好
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(3):
                one()
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            one()
        again = graph.replay

    def steps(count: int) -> list[int]:
        cache.length.zero_()
        ids.fill_(8)
        tokens = []
        for _ in range(count):
            again()
            tokens.append(ids.item())
        return tokens

    return steps


def two(args):
    size = 2 if args.device == "cpu" else torch.cuda.device_count()
    if size < 2:
        raise Skip(f"只有 {size} 个 GPU")
    if args.text is None:
        raise Skip("没有给 --text")
    shape = (
        ["--preset", "tiny", "--batch-size", "8"]
        if args.tiny
        else ["--preset", "small", "--batch-size", "64"]
    )
    steps = ["--steps", "6" if args.tiny else "100", "--eval-interval", "1000", "--dropout", "0"]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in (1, size):
            start = [sys.executable, "-m"]
            start += ["torch.distributed.run", f"--nproc_per_node={n}", "-m"] if n > 1 else []
            out = Path(folder) / str(n)
            tinygpt(
                start, "train", "--data", args.text, "--out", out, *shape, *steps, "--device", args.device
            )
            rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text("utf-8").splitlines()]
            found[n] = [row["loss"] for row in rows], json.loads((out / "run.json").read_text("utf-8"))
    worst = close(torch.tensor(found[1][0]), torch.tensor(found[size][0]), 0.05)
    ratio = found[size][1]["tokens_per_second"] / found[1][1]["tokens_per_second"]
    yield f"{size} 个进程与一个", f"损失最多差 {worst:.1e}，快 {ratio:.2f} 倍"


def tinygpt(start: list[str], *arguments) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    command = [*start, "tinygpt", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def loss(args):
    if args.text is None:
        raise Skip("没有给 --text（tinyshakespeare.txt）")
    for name in ("tiny",) if args.tiny else ("mini", "modern"):
        with tempfile.TemporaryDirectory() as folder:
            out, started = Path(folder) / "run", time.perf_counter()
            length = ["--steps", "6"] if args.tiny else ["--minutes", args.minutes]
            more = ["--tokenizer", "char", "--device", args.device, *length]
            tinygpt(
                [sys.executable, "-m"], "train", "--data", args.text, "--out", out, "--preset", name, *more
            )
            run = json.loads((out / "run.json").read_text("utf-8"))
            seconds = time.perf_counter() - started
        how = f"验证损失 {run['val_loss']:.4f}（第 {run['best_step']} 步），整个进程 {seconds:.0f} 秒"
        yield f"时间换损失，{name}", f"{how}，{run['tokens_per_second']:,} token/秒"


def notebooks(args):
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", str(ROOT / "notebooks")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    yield "笔记本", (done.stdout.splitlines() or ["没有印出什么"])[-1]
    assert done.returncode == 0, done.stdout[-2000:]


PARTS = {"check": check, "step": step, "generate": write, "two": two, "loss": loss, "notebooks": notebooks}


def run(args) -> tuple[list[tuple[str, str]], bool]:
    """（表的各行，有没有失败的）。"""
    rows, failed = [], False
    for name in args.parts:
        try:
            for row in PARTS[name](args):
                print(*row, sep="：", flush=True)
                rows.append(row)
        except Skip as why:
            rows.append((name, f"跳过：{why}"))
        except Exception as error:  # noqa: BLE001 一项失败，别的照做，最后说出来
            traceback.print_exc()
            rows.append((name, f"失败：{type(error).__name__} {str(error).splitlines()[0][:80]}"))
            failed = True
    return rows, failed


def main() -> int:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--tiny", action="store_true", help="很小的形状，只证明走得通")
    parser.add_argument("--text", type=Path, help="tinyshakespeare.txt；two 与 loss 要用")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=[p for p in PARTS if p != "notebooks"])
    parser.add_argument("--minutes", type=float, default=1.0, help="loss 各训练几分钟（默认 1）")
    parser.add_argument("--batch-size", type=int, default=32, help="step 的小批（默认 32 个窗口）")
    parser.add_argument("--steps", type=int, default=30, help="step 走几步（默认 30）")
    parser.add_argument("--no-compile", action="store_true", help="step 不做要编译的两种")
    parser.add_argument("--only-compiled", action="store_true", help="step 只做要编译的两种")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        print("这台机器上没有可用的 GPU，什么也没有量。只想看它走得通：--device cpu --tiny")
        return 0
    name = torch.cuda.get_device_name() if args.device == "cuda" else "CPU（很小的形状，速度没有意义）"
    rows, failed = run(args)
    print(f"\n{name}，torch {torch.__version__}，{time.strftime('%Y-%m-%d')}\n")
    print("| 项目 | 结果 |\n|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
