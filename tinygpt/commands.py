"""命令行各个命令的实际内容；每个函数收下解析好的参数，返回退出代码。"""

import dataclasses
import math
import shutil
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

from tinygpt import checkpoint, corpus
from tinygpt.cli import given, print_json
from tinygpt.config import GPTConfig, preset
from tinygpt.data import ContiguousWindows, RandomWindows, prepare
from tinygpt.device import cpu_bf16_speedup, pick_device, pick_precision
from tinygpt.errors import InputError
from tinygpt.generate import Sampling, check_prompts, complete, stream_text
from tinygpt.gpt import GPT
from tinygpt.losses import causal_objective
from tinygpt.pretrained import load, model_folder
from tinygpt.text import content_digest, find_files, read_passages
from tinygpt.tokenizer import EOS, Tokenizer
from tinygpt.trainer import NonFiniteError, TrainConfig, Trainer, evaluate as mean_loss, seed_everything

# ---- train ----


def train(args) -> int:
    """准备文字、分词器、编号、模型，然后训练。"""
    out, source = Path(args.out), Source(args.data, args.field)
    changes = given(args, GPTConfig)
    preset(args.preset, **{k: v for k, v in changes.items()})  # 先检查参数，再动磁盘
    config = TrainConfig(**({"minutes": None, "steps": None} | given(args, TrainConfig)))
    if config.steps is None and config.minutes is None:
        config = dataclasses.replace(config, steps=DEFAULT_STEPS)
    if not 0 < args.validation_fraction < 1:
        raise InputError(f"--validation-fraction {args.validation_fraction}", "0 与 1 之间", "常用 0.1")
    device = pick_device(args.device)
    _check_out(out, args.resume, args.overwrite)
    say = (lambda *_: None) if args.json else print
    tokenizer = _tokenizer_for(args, source, out, changes.get("vocab_size", 4096))
    dataset = source.dataset(tokenizer, args.validation_fraction)
    model_config = preset(args.preset, **(changes | {"vocab_size": tokenizer.vocab_size}))
    train_windows = RandomWindows(dataset.train, model_config.context_length, config.batch_size, config.seed)
    validation = ContiguousWindows(dataset.validation, model_config.context_length, 16, EOS, args.eval_windows)
    if args.overwrite and out.exists():
        _remove_run(out)
    out.mkdir(parents=True, exist_ok=True)
    seed_everything(config.seed)
    model = GPT(model_config).to(device)
    fingerprint = {"数据": dataset.meta["digest"], "分词器": tokenizer.fingerprint, "模型": str(model_config)}
    trainer = Trainer(model, train_windows, validation, config, causal_objective, out, fingerprint)
    if args.resume and (out / "training.safetensors").exists():
        say(f"接着训练：已经做完 {trainer.resume()} 步")
    say(_describe(dataset, tokenizer, model, trainer))
    record = {
        "data": [str(p) for p in args.data] if args.data else "附带的文字", "dataset": dataset.meta, "train": dataclasses.asdict(config),
        "tokenizer": tokenizer.fingerprint, "device": device.type, "precision": trainer.precision, "torch": torch.__version__, "finished": False,
    }  # fmt: skip
    tokenizer.save(out / "tokenizer.json")
    checkpoint.write_json(out / "config.json", model_config.to_dict())
    checkpoint.write_json(out / "run.json", record)
    return _train_loop(trainer, args, record, dataset, say)


DEFAULT_STEPS = 500  # 附带的文字、两个核，大约两分半


def _train_loop(trainer, args, record: dict, dataset, say) -> int:
    started, first_tokens = time.perf_counter(), trainer.tokens
    try:
        _show_progress(trainer, args.json)
    except KeyboardInterrupt:
        trainer.save()
        print(f"\n停在第 {trainer.step} 步，已存好。接着训练：同样的命令，再加上 --resume（不要 --overwrite）", file=sys.stderr)
        return 130
    except NonFiniteError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 1
    seconds = time.perf_counter() - started
    result = {
        "finished": True, "steps": trainer.step, "best_step": trainer.best_step, "val_loss": trainer.best_loss, "tokens": trainer.tokens,
        "seconds": round(seconds, 1), "tokens_per_second": round((trainer.tokens - first_tokens) / seconds), "stopped_early": trainer.stopped_early,
    }  # fmt: skip
    checkpoint.write_json(trainer.out / "run.json", record | result)
    if args.json:
        print_json(result | {"out": str(trainer.out)})
    why = "验证损失不再下降，提前停止" if trainer.stopped_early else "训练完成"
    say(f"{why}:{trainer.step} 步，{seconds:.0f} 秒；最好的验证损失 {trainer.best_loss:.4f}（第 {trainer.best_step} 步），已存到 {trainer.out}")
    return 0


def _show_progress(trainer, as_json: bool) -> None:
    """进度条：损失、每秒 token 数、剩余时间；每次评估另印一行。"""
    bar = tqdm(total=trainer.total_steps, initial=trainer.step, unit="步", disable=as_json, dynamic_ncols=True, desc="训练", smoothing=0.05)
    started, first_tokens, smooth = time.perf_counter(), trainer.tokens, None
    for metrics in trainer:
        smooth = metrics.loss if smooth is None else 0.9 * smooth + 0.1 * metrics.loss
        bar.total = trainer.total_steps
        speed = (metrics.tokens - first_tokens) / (time.perf_counter() - started)
        bar.set_postfix_str(f"损失 {smooth:.3f},{speed:,.0f} token/秒", refresh=False)
        bar.update(1)
        if as_json:
            print_json_line(metrics)
        elif metrics.val_loss is not None:
            mark = "  ← 最好" if metrics.best else ""
            bar.write(f"第 {metrics.step:>5} 步  训练 {smooth:.4f}  验证 {metrics.val_loss:.4f}  学习率 {metrics.learning_rate:.2e}{mark}")
    bar.close()


def print_json_line(metrics) -> None:
    import json

    print(json.dumps(dataclasses.asdict(metrics)), flush=True)


def _check_out(out: Path, resume: bool, overwrite: bool) -> None:
    """--out 已有东西时，绝不悄悄覆盖。"""
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} 是一个文件", "一个文件夹", "换一个名字")
    has_run = any((out / name).exists() for name in ("config.json", "training.safetensors", "model.safetensors"))
    if resume and not (out / "training.safetensors").exists():
        raise InputError(f"{out} 里没有可以接着训练的检查点", "中断过的训练", "去掉 --resume 重新训练")
    if has_run and not resume and not overwrite:
        raise InputError(f"{out} 里已经有一次训练", "空的文件夹", "接着训练用 --resume；删掉重来用 --overwrite；或换一个 --out")
    if out.is_dir() and not has_run and any(out.iterdir()):
        raise InputError(f"{out} 里有别的文件", "空的文件夹，或以前的一次训练", "换一个 --out")


def _remove_run(out: Path) -> None:
    """只删训练写下的那几个文件。"""
    for name in ("config.json", "run.json", "tokenizer.json", "model.safetensors", "training.safetensors", "metrics.jsonl"):
        (out / name).unlink(missing_ok=True)


def _tokenizer_for(args, source: "Source", out: Path, vocab_size: int) -> Tokenizer:
    """--tokenizer 的含义：char、bpe，或一个文件；不给时，附带的文字用附带的分词器，自己的文字训练一个 BPE。"""
    choice = args.tokenizer or ("bpe" if args.data or vocab_size != 4096 or not corpus.TOKENIZER.exists() else str(corpus.TOKENIZER))
    if args.resume and (out / "tokenizer.json").exists() and choice in ("char", "bpe"):
        return Tokenizer.load(out / "tokenizer.json")
    if choice == "char":
        return Tokenizer.train_char(source.training_texts())
    if choice == "bpe":
        return Tokenizer.train_bpe(source.training_texts(), vocab_size)
    return Tokenizer.load(choice)


class Source:
    """文字从哪里来：用户给的文件，或（没有给时）随包附带的两部分文字。"""

    def __init__(self, data: list[str] | None, field: str):
        self.paths, self.field = [Path(p) for p in data or []], field
        find_files(self.paths)  # 早报错：文件不在、后缀不对

    def passages(self):
        return read_passages(self.paths, self.field) if self.paths else corpus.passages()

    def training_texts(self):
        """训练分词器用的文字：自带划分的，不看验证集。"""
        return (p.text for p in self.passages() if p.split != "validation")

    def dataset(self, tokenizer: Tokenizer, fraction: float):
        digest = content_digest(self.paths, self.field) if self.paths else corpus.digest()
        key = f"{digest}|{tokenizer.fingerprint}"
        return prepare(self.passages(), tokenizer.encode_batch, key=key, vocab_size=tokenizer.vocab_size, eos=EOS, validation_fraction=fraction)


def _describe(dataset, tokenizer, model, trainer) -> str:
    meta, c = dataset.meta, model.config
    return (
        f"文字：{meta['documents']} 篇，{meta['characters']:,} 个字符，{meta['tokens']:,} 个 token"
        f"（训练 {meta['train_tokens']:,}，验证 {meta['validation_tokens']:,};{meta['split']}）\n"
        f"分词器：{tokenizer.kind}，词表 {tokenizer.vocab_size}\n"
        f"模型：{c.n_layer} 层，{c.n_embd} 维，{c.n_head} 个头，上下文 {c.context_length},{model.parameter_count()['合计']:,} 个参数\n"
        f"设备：{trainer.device.type}，精度 {trainer.precision}，{torch.get_num_threads()} 个线程"
    )


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
    import numpy as np

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
        print(f"数据：{run['data']};{data['documents']} 篇，{data['tokens']:,} 个 token,{data['split']}")
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
            print(f"{title}:{result[key]}")
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
