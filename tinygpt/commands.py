"""命令行各个命令的实际内容；每个函数收下解析好的参数，返回退出代码。train 在 train_command.py 里。"""

import math
import shutil
import sys
from pathlib import Path

import numpy as np
import torch

from tinygpt import checkpoint, corpus
from tinygpt.cli import print_json
from tinygpt.data import ContiguousWindows
from tinygpt.device import cpu_bf16_speedup, pick_device, pick_precision
from tinygpt.errors import InputError
from tinygpt.generate import Sampling, check_prompts, complete, stream_text
from tinygpt.pretrained import load, model_folder
from tinygpt.tokenizer import EOS, Tokenizer
from tinygpt.train_command import Source, given, train
from tinygpt.trainer import evaluate as mean_loss

__all__ = ["doctor", "evaluate", "generate", "info", "tokenizer", "train"]

# ---- generate、evaluate ----


def generate(args) -> int:
    sampling = Sampling(**given(args, Sampling))
    for name in ("max_new_tokens", "num_samples"):
        if getattr(args, name) < 1:
            raise InputError(f"--{name.replace('_', '-')} {getattr(args, name)}", "至少为 1", "给一个正整数")
    model, tokenizer = load(args.model, pick_device(args.device))
    if not args.prompt:
        raise InputError("提示是空的", "至少一个字", "给一段开头，例如 机器学习是")
    check_prompts([tokenizer.encode(args.prompt)], model.config.context_length)
    samples = []
    for index in range(args.num_samples):
        seed = None if args.seed is None else args.seed + index
        options = {"max_new_tokens": args.max_new_tokens, "sampling": sampling, "seed": seed, "stop": args.stop}
        if args.json:
            text = complete(model, tokenizer, args.prompt, **options)
            samples.append({"prompt": args.prompt, "completion": text, "text": args.prompt + text, "seed": seed})
            continue
        if args.num_samples > 1:
            print(f"—— {index + 1} ——")
        print(args.prompt, end="", flush=True)
        for piece in stream_text(model, tokenizer, args.prompt, **options):
            print(piece, end="", flush=True)
        print()
    if args.json:
        print_json(samples)
    return 0


def evaluate(args) -> int:
    device = pick_device(args.device)
    model, tokenizer = load(args.model, device)
    chosen = (p for p in Source(args.data, args.field).passages() if args.split in ("all", p.split))
    result = evaluate_text(model, tokenizer, chosen)
    if args.json:
        print_json(result)
    else:
        print(f"token {result['tokens']:,} 个，窗口 {result['windows']:,} 个，字符 {result['characters']:,} 个")
        print(f"每 token 损失 {result['loss']:.4f} nat，困惑度 {result['perplexity']:.2f}")
        print(f"每字节 {result['bits_per_byte']:.4f} 比特，每字符 {result['bits_per_character']:.4f} 比特")
    return 0


def evaluate_text(model, tokenizer, passages) -> dict:
    """在一些 Passage 上：每 token 损失、困惑度、每字节与每字符比特（<eos> 也要预测，计入损失，不计入字符）。"""
    ids, characters, size = [], 0, 0
    for passage in passages:
        ids += tokenizer.encode(passage.text, eos=passage.ends_document)
        characters += len(passage.text)
        size += len(passage.text.encode("utf-8"))
    if not ids:
        raise InputError("没有可以评估的文字", "至少一篇文档", "检查 --data 与 --split")
    windows = ContiguousWindows(np.array(ids), model.config.context_length, 16, EOS)
    loss = mean_loss(model, windows)
    bits = loss * len(ids) / math.log(2)
    return {
        "loss": loss, "perplexity": math.exp(min(loss, 700)), "bits_per_byte": bits / size, "bits_per_character": bits / characters,
        "tokens": len(ids), "characters": characters, "bytes": size, "windows": windows.n_windows,
    }  # fmt: skip


# ---- tokenizer ----


def tokenizer(args) -> int:
    return _tokenizer_train(args) if args.action == "train" else _tokenizer_show(args)


def _tokenizer_train(args) -> int:
    out = Path(args.out)
    if out.exists() and not args.overwrite:
        raise InputError(f"{out} 已经存在", "一个新的文件名", "换一个名字，或加 --overwrite")
    places = {}
    for item in args.place:
        token, _, id = item.rpartition("=")
        if not token or not id.isdigit():
            raise InputError(f"--place {item}", "TOKEN=ID，如 机器学习=1256", "改正写法")
        places[token] = int(id)
    trained = Tokenizer.train_bpe(Source(args.data, args.field).training_texts(), args.vocab_size).with_ids(places)
    trained.save(out)
    result = {"out": str(out), "vocab_size": trained.vocab_size, "fingerprint": trained.fingerprint}
    print_json(result) if args.json else print(f"分词器已存到 {out}：词表 {trained.vocab_size}")
    return 0


def _tokenizer_show(args) -> int:
    if not args.tokenizer and not corpus.TOKENIZER.exists():
        raise InputError("没有附带的分词器", "--tokenizer FILE", "用 tinygpt tokenizer train 训练一个")
    shown = Tokenizer.load(args.tokenizer or corpus.TOKENIZER)
    ids = shown.encode(args.text)
    if args.json:
        print_json({"text": args.text, "ids": ids, "tokens": [shown.token(i) for i in ids]})
        return 0
    print(" ".join(f"{shown.token(i)!r}" for i in ids))
    print(ids)
    print(f"{len(args.text)} 个字符，{len(ids)} 个 token")
    return 0


# ---- info、doctor ----


def info(args) -> int:
    folder = model_folder(args.model)
    model, words = load(folder)
    run = checkpoint.read_json(folder / "run.json") if (folder / "run.json").exists() else {}
    size = sum(p.stat().st_size for p in folder.iterdir() if p.is_file())
    result = {
        "folder": str(folder), "bytes": size, "config": model.config.to_dict(), "parameters": model.parameter_count(),
        "tokenizer": {"kind": words.kind, "vocab_size": words.vocab_size, "fingerprint": words.fingerprint}, "run": run,
    }  # fmt: skip
    if args.json:
        print_json(result)
        return 0
    print(f"{folder}({size / 2**20:.1f} MB)")
    print("形状：" + "、".join(f"{k} {v}" for k, v in model.config.to_dict().items()))
    print("参数：" + "、".join(f"{k} {v:,}" for k, v in model.parameter_count().items()))
    if run:
        data = run["dataset"]
        print(f"数据：{run['data']}；{data['documents']} 篇，{data['tokens']:,} 个 token，{data['split']}")
        print(f"训练：{'、'.join(f'{k} {v}' for k, v in run['train'].items() if v is not None)}；精度 {run['precision']}")
        if run.get("finished"):
            print(f"结果：最好的验证损失 {run['val_loss']:.4f}（第 {run['best_step']} 步），共 {run['steps']} 步，{run['seconds']} 秒")
        else:
            print("结果：训练没有做完，用 tinygpt train --resume 接着训练")
    return 0


def doctor(args) -> int:
    """检查这台机器；有一项不合适就返回 1。"""
    import importlib.metadata
    import locale
    import os
    import platform

    versions = {name: importlib.metadata.version(name) for name in ("torch", "einops", "tokenizers", "safetensors", "jupyterlab", "nbval", "ipywidgets", "matplotlib")}
    free = shutil.disk_usage(Path.cwd()).free
    device = pick_device("auto")
    font = _chinese_font()
    result = {
        "python": platform.python_version(), "system": platform.platform(), "versions": versions, "device": device.type,
        "cores": os.cpu_count(), "threads": torch.get_num_threads(), "precision": pick_precision("auto", device),
        "cpu_bf16_speedup": round(cpu_bf16_speedup(), 2), "chinese_font": font, "encoding": locale.getpreferredencoding(False),
        "stdout_encoding": sys.stdout.encoding, "free_disk_gb": round(free / 2**30, 1),
    }  # fmt: skip
    problems = []
    if font is None:
        problems.append("图里的中文会显示成方框：pip install zhplot")
    if free < 2**30:
        problems.append(f"磁盘只剩 {free / 2**20:.0f} MB：清理出至少 1 GB")
    if args.json:
        print_json(result | {"problems": problems})
    else:
        names = {"python": "Python", "system": "系统", "device": "设备", "cores": "核数", "threads": "线程", "precision": "这里快的精度",
                 "cpu_bf16_speedup": "CPU 上 bf16 是 fp32 的几倍快", "chinese_font": "中文字体", "encoding": "默认编码", "stdout_encoding": "屏幕编码", "free_disk_gb": "磁盘剩余 GB"}  # fmt: skip
        for key, title in names.items():
            print(f"{title}：{result[key]}")
        print("版本：" + "、".join(f"{k} {v}" for k, v in versions.items()))
        print(*(f"注意：{p}" for p in problems), sep="\n") if problems else print("一切正常。")
    return 1 if problems else 0


def _chinese_font() -> str | None:
    """zhplot 附带的字体文件名；没有就是 None。只找文件，不导入它（导入会改动 matplotlib 的设置）。"""
    import importlib.util

    spec = importlib.util.find_spec("zhplot")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    fonts = sorted(folder.rglob("*.[to]tf")) if folder else []
    return fonts[0].name if fonts else None
