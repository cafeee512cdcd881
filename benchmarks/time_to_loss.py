"""到达一个损失要多久，与 nanoGPT 的 CPU 配方并排比。

    python benchmarks/time_to_loss.py nanoGPT的文件夹 tinyshakespeare.txt \\
        "counted --steps 800" "speedrun --minutes 1" --seeds 3

后面每一项是一个选手：tinygpt 的预设，加上 train 的别的参数；nanoGPT 总在里面。它的路径由参数给出，
本项目里没有它的代码。

    python benchmarks/time_to_loss.py nanoGPT的文件夹 一份文字.txt --minutes 1

同样的时间里比：tinygpt 的默认命令（--preset auto，分词器与形状由它定），与 nanoGPT 的 CPU 配方（字符）：
先走两段，量它一步多久，再定下在这段时间里走几步，学习率的余弦正好走完。换文字就换文件；时间是整个进程的。

每次训练在新进程里，两个线程，一轮一个种子，单数轮次序倒过来。时间是整个进程的：从启动到训练完，导入、分词、
编号、计数、编译都算在内（nanoGPT 的编号事先做好，不算）；评估都不算。文字的最后十分之一留作验证，训练的进程
看不到它：tinygpt 只收到前十分之九。损失用最后的权重（不挑最好的一次），在整个验证集上，按各自的上下文长度
不重叠地切成窗口，fp32。
"""

import argparse
import json
import os
import pickle
import runpy
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECIPE = [
    "config/train_shakespeare_char.py",
    "--device=cpu",
    "--compile=False",
    "--eval_iters=1",
    "--log_interval=1",
    "--block_size=64",
    "--batch_size=12",
    "--n_layer=4",
    "--n_head=4",
    "--n_embd=128",
    "--dropout=0.0",
    "--eval_interval=1000000000",
]  # README 的 CPU 配方，只是不停下来评估
PEER_STEPS = 2000  # 也是 README 的


def split(text: str) -> tuple[str, str]:
    cut = int(len(text) * 0.9)
    return text[:cut], text[cut:]


def write_peer_data(text: str, folder: Path) -> None:
    """nanoGPT 的 data/shakespeare_char/prepare.py 写的那几个文件。"""
    import numpy as np

    characters = sorted(set(text))
    numbers = {c: i for i, c in enumerate(characters)}
    for name, part in zip(("train", "val"), split(text)):
        np.array([numbers[c] for c in part], dtype=np.uint16).tofile(folder / f"{name}.bin")
    meta = {"vocab_size": len(characters), "stoi": numbers, "itos": dict(enumerate(characters))}
    (folder / "meta.pkl").write_bytes(pickle.dumps(meta))


def run_peer(folder: str, data: str, seed: int, steps: int) -> None:
    """在这个进程里照 nanoGPT 的 train.py 训练 steps 步，印出 {"seconds", "loss"}。"""
    import numpy as np
    import torch

    torch.set_num_threads(2)
    fixed = torch.manual_seed
    torch.manual_seed = lambda _: fixed(seed)  # 它的种子写死在程序里
    with tempfile.TemporaryDirectory() as out:
        os.chdir(folder)
        sys.path.insert(0, folder)
        warmup = min(100, steps // 10)
        length = [f"--max_iters={steps}", f"--lr_decay_iters={steps}", f"--warmup_iters={warmup}"]
        sys.argv = ["train.py", *RECIPE, *length, f"--dataset={data}", f"--out_dir={out}"]
        model = runpy.run_path("train.py", run_name="__main__")["model"].eval()
    seconds = time.time() - float(os.environ["STARTED"])
    train, held = (np.fromfile(Path(data) / f"{name}.bin", np.uint16) for name in ("train", "val"))
    print(json.dumps({"seconds": seconds, "loss": loss(lambda x, y: model(x, y)[0], train[-1], held, 64)}))


def run_own(model_folder: str, text_path: str) -> None:
    """在训练好的模型上算损失，印出 {"loss"}；混合了计数的（mixed），另有网络自己的 "alone"。"""
    from tinygpt import load
    from tinygpt.variants.mixed import MixedGPT

    model, tokenizer = load(model_folder)
    train, held = split(Path(text_path).read_text(encoding="utf-8"))
    first, ids = tokenizer.encode(train[-1])[-1], tokenizer.encode(held)
    speakers = {"loss": model} | ({"alone": model.network} if isinstance(model, MixedGPT) else {})
    found = {"tokens": len(ids)}
    for name, speaker in speakers.items():
        nats = loss(lambda x, y, speaker=speaker: speaker(x), first, ids, model.config.context_length)
        found[name] = nats * len(ids) / len(held)
    print(json.dumps(found))


def loss(logits, first: int, ids, context: int) -> float:
    """每个 token 的平均损失；ids 的第一个由 first 预测，窗口不重叠。"""
    import numpy as np
    import torch
    import torch.nn.functional as F

    x = torch.from_numpy(np.concatenate([[first], ids[:-1]]).astype(np.int64))
    y = torch.from_numpy(np.asarray(ids, dtype=np.int64))
    total, whole = 0.0, len(y) // context * context
    windows = [*zip(x[:whole].view(-1, context).split(64), y[:whole].view(-1, context).split(64))]
    windows += [(x[None, whole:], y[None, whole:])] if whole < len(y) else []
    with torch.inference_mode():
        for inputs, targets in windows:
            found = logits(inputs, targets).flatten(0, 1)
            total += F.cross_entropy(found.float(), targets.flatten(), reduction="sum").item()
    return total / len(y)


def output(command: list[str], **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def measure(contender: str, args, work: Path, seed: int) -> dict:
    """训练一次：{"seconds", "loss"}。"""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"}
    this = [sys.executable, str(Path(__file__).resolve()), args.nanogpt, args.text]
    name, *more = shlex.split(contender)
    if name == "nanogpt":
        environment["STARTED"] = str(time.time())
        steps = more[0] if more else str(PEER_STEPS)
        found = output([*this, "--peer", str(work), str(seed), steps], env=environment)
        return json.loads(found.splitlines()[-1])
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "tinygpt", "train", "--preset", name]
        command += ["--data", str(work / "train.txt"), "--out", f"{out}/run", "--seed", str(seed)]
        if name != "auto":  # auto 照出厂的做：分词器、验证的份量、评估都由它定
            command += ["--tokenizer", "char", "--validation-fraction", "0.001"]
            command += ["--eval-interval", "1000000000", "--patience", "0"]
        started = time.time()
        output([*command, "--json", *more], env=environment, cwd=out)
        seconds = time.time() - started
        found = output([*this, "--own", f"{out}/run"], env=environment).splitlines()[-1]
        steps = json.loads(Path(out, "run", "run.json").read_text(encoding="utf-8"))["steps"]
        return {"seconds": seconds, "steps": steps} | json.loads(found)


def peer_steps(seconds: float, args, work: Path) -> int:
    """nanoGPT 的整个进程用 seconds 秒，能走几步：走两小段，量一步多久、启动多久。"""
    short, long = (measure(f"nanogpt {steps}", args, work, 0)["seconds"] for steps in (100, 400))
    per_step = (long - short) / 300
    return max(1, int((seconds - short) / per_step) + 100)


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("nanogpt", type=os.path.abspath)
    parser.add_argument("text", type=os.path.abspath)
    parser.add_argument("contenders", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=float, help="默认命令与 nanoGPT 在同样的时间里比")
    parser.add_argument("--peer", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--own", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return run_peer(args.nanogpt, args.peer[0], *map(int, args.peer[1:]))
    if args.own:
        return run_own(args.own, args.text)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        text = Path(args.text).read_text(encoding="utf-8")
        write_peer_data(text, work)
        (work / "train.txt").write_text(split(text)[0], encoding="utf-8", newline="")
        contenders = ["nanogpt", *args.contenders]
        if args.minutes:
            steps = peer_steps(60 * args.minutes, args, work)
            contenders = [f"nanogpt {steps}", f"auto --minutes {args.minutes:g}", *args.contenders]
        results = {name: [] for name in contenders}
        for seed in range(args.seeds):
            for name in contenders if seed % 2 == 0 else contenders[::-1]:
                found = measure(name, args, work, seed)
                results[name].append(found)
                alone = f"，网络自己 {found['alone']:.4f}" if "alone" in found else ""
                line = f"种子 {seed}　{name}：{found['seconds']:.1f} 秒，{found['loss']:.4f}{alone}"
                print(line, flush=True)
    report(results)


def report(results: dict[str, list[dict]]) -> None:
    import torch

    base = statistics.median(found["seconds"] for found in next(iter(results.values())))
    print(f"torch {torch.__version__}，2 线程；中位数（最小–最大）")
    for name, found in results.items():
        seconds, losses = (sorted(f[key] for f in found) for key in ("seconds", "loss"))
        alone = [f["alone"] for f in found if "alone" in f]
        print(
            f"{name:<30} {statistics.median(seconds):7.1f} 秒（{seconds[0]:.1f}–{seconds[-1]:.1f}）"
            f" {statistics.median(seconds) / base:5.2f} 倍　"
            f"损失 {statistics.median(losses):.4f}（{losses[0]:.4f}–{losses[-1]:.4f}）"
            + (f"　网络自己 {statistics.median(alone):.4f}" if alone else "")
        )


if __name__ == "__main__":
    main()
