"""生成的速度，与 nanoGPT、transformers 并排比：同样的权重，写出同样的 token。

    python benchmarks/generation.py nanoGPT的文件夹 [--rounds 3] [--sizes 0.8M 3.2M 10.65M 124M] [--threads 2]

每个大小的权重随机初始化一次，写成一个文件；每一方在新进程里取回它，贪心地写 256 个 token（124M 写 64 个），
批大小 1，按 A B B A 交替，取中位数。写出的 token 有一个不同就报错。nanoGPT 的路径由参数给出，
本项目里没有它的代码；没有装 transformers 就跳过它。tinygpt 的两行：forward 是模型自己的前向，
decoder 是 decoder.py 的近路（出厂的样子）。
"""

import argparse
import contextlib
import importlib.util
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = {  # 层、头、维数、词表、上下文、写多少个
    "0.8M": (4, 4, 128, 65, 320, 256), "3.2M": (4, 8, 256, 65, 320, 256), "10.65M": (6, 6, 384, 65, 320, 256),
    "124M": (12, 12, 768, 50257, 1024, 64),
}  # fmt: skip
PROMPT, WARM_UP = [8, 9, 10], 8


def make_weights(size: str, folder: Path) -> None:
    """transformers 的格式（config.json、model.safetensors），三方都由它取回。"""
    import torch

    from tinygpt import GPT, GPTConfig
    from tinygpt.checkpoint import save_tensors, write_json
    from tinygpt.hub.gpt2 import to_gpt2_config, to_gpt2_tensors

    n_layer, n_head, n_embd, vocab_size, context_length, _ = SIZES[size]
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size, context_length, n_layer, n_head, n_embd, dropout=0.0))
    write_json(folder / "config.json", to_gpt2_config(model.config))
    save_tensors(folder / "model.safetensors", to_gpt2_tensors(model))


def own(folder: Path, peer: str, near: bool):
    from tinygpt import GPT, GPTConfig, Sampling, generate
    from tinygpt.checkpoint import load_tensors, load_weights, read_json
    from tinygpt.hub.gpt2 import from_gpt2_config, from_gpt2_tensors

    config: GPTConfig = from_gpt2_config(read_json(folder / "config.json"))
    model = GPT(config).eval()
    load_weights(model, from_gpt2_tensors(load_tensors(folder / "model.safetensors")[0], config), folder)
    if not near:
        model.decoder = lambda cache: None
    greedy = Sampling(greedy=True)
    return lambda n: [token for (token,) in generate(model, [PROMPT], n, greedy, eos=-1)]


def nanogpt(folder: Path, peer: str):
    import torch

    from tinygpt.checkpoint import load_tensors, read_json
    from tinygpt.hub.gpt2 import as_gpt2

    sys.path.insert(0, peer)
    from model import GPT, GPTConfig

    values = read_json(folder / "config.json")
    sizes = {"block_size": values["n_positions"], "bias": True, "dropout": 0.0}
    sizes |= {name: values[name] for name in ("vocab_size", "n_layer", "n_head", "n_embd")}
    with contextlib.redirect_stdout(io.StringIO()):
        model = GPT(GPTConfig(**sizes)).eval()
    tensors, _ = load_tensors(folder / "model.safetensors")
    turned = {name: as_gpt2(name, tensor) for name, tensor in tensors.items()}  # 它用 nn.Linear，转回来
    model.load_state_dict(turned | {"lm_head.weight": turned["transformer.wte.weight"]}, strict=False)
    return lambda n: model.generate(torch.tensor([PROMPT]), n, top_k=1)[0, len(PROMPT) :].tolist()


def transformers(folder: Path, peer: str, cache: str):
    import torch
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(folder).eval()
    options = {"do_sample": False, "eos_token_id": -1, "pad_token_id": 0, "cache_implementation": cache}

    def write(n):
        ids = torch.tensor([PROMPT])
        found = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, **options)
        return found[0, len(PROMPT) :].tolist()

    return write


CONTENDERS = {
    "nanoGPT": (nanogpt,), "transformers 动态缓存": (transformers, "dynamic"),
    "transformers 静态缓存": (transformers, "static"), "tinygpt forward": (own, False),
    "tinygpt decoder": (own, True),
}  # fmt: skip


def measure(name: str, size: str, folder: str, peer: str, threads: int) -> dict:
    """每秒、每 CPU 秒多少个 token，与写出的 token。"""
    from tinygpt import threads as _  # noqa: F401, I001 各方的线程同样地等
    import torch

    torch.set_num_threads(threads)
    maker, *options = CONTENDERS[name]
    write, count = maker(Path(folder), peer, *options), SIZES[size][-1]
    write(WARM_UP)
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = write(count)
    speeds = {"wall": count / (time.perf_counter() - wall), "cpu": count / (time.process_time() - cpu)}
    return speeds | {"tokens": tokens}


def compare(size: str, args, names: list[str]) -> None:
    found = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        make_weights(size, Path(folder))
        for number in range(args.rounds):
            for name in names if number % 2 == 0 else names[::-1]:
                command = [sys.executable, str(Path(__file__).resolve()), args.nanogpt, "--one", name, size]
                command += [folder, "--threads", str(args.threads)]
                done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
                assert done.returncode == 0, done.stderr
                found[name].append(json.loads(done.stdout.splitlines()[-1]))
    texts = {json.dumps(run["tokens"]) for runs in found.values() for run in runs}
    assert len(texts) == 1, f"{size}：写出的 token 不同：{texts}"
    print(f"\n{size}（{SIZES[size][-1]} 个 token，各方写出的相同）")
    for kind, title in (("wall", "每秒"), ("cpu", "每 CPU 秒")):
        middle = {name: statistics.median(run[kind] for run in runs) for name, runs in found.items()}
        for name, runs in found.items():
            speeds = [run[kind] for run in runs]
            spread = f"{middle[name]:>7.1f}（{min(speeds):.1f}–{max(speeds):.1f}）"
            ratio = f"nanoGPT 的 {middle[name] / middle['nanoGPT']:.1f} 倍"
            print(f"  {title} {name:<22} {spread}  {ratio}", flush=True)


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("nanogpt")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(*args.one, args.nanogpt, args.threads)))
        return
    import torch

    names = list(CONTENDERS)
    if importlib.util.find_spec("transformers") is None:
        print("没有装 transformers，跳过它")
        names = [name for name in names if "transformers" not in name]
    print(f"torch {torch.__version__}，{args.threads} 个线程，{args.rounds} 轮")
    print("写出的 token 数的中位数（最小–最大）；旁边有别的程序时，只有一个线程的每 CPU 秒还能比")
    for size in args.sizes:
        compare(size, args, names)


if __name__ == "__main__":
    main()
