"""tinygpt train：准备文字、分词器、编号、模型，然后训练。"""

import dataclasses
import json
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import torch
from tqdm import tqdm

from tinygpt import checkpoint, corpus
from tinygpt.config import GPTConfig, TrainConfig, preset
from tinygpt.data import ContiguousWindows, RandomWindows, prepare
from tinygpt.device import pick_device
from tinygpt.errors import InputError
from tinygpt.gpt import GPT
from tinygpt.losses import causal_objective
from tinygpt.text import content_digest, find_files, read_passages
from tinygpt.tokenizer import EOS, Tokenizer
from tinygpt.trainer import NonFiniteError, Trainer, seed_everything

DEFAULT_STEPS = 500  # 附带的文字、两个核，三分钟以内


def given(args, cls) -> dict:
    """用户在命令行上明确给出的、属于 cls 的字段。"""
    return {f.name: getattr(args, f.name) for f in dataclasses.fields(cls) if hasattr(args, f.name)}


def train(args) -> int:
    """准备文字、分词器、编号、模型，然后训练。"""
    out, source = Path(args.out), Source(args.data, args.field, args.world_characters)
    changes = given(args, GPTConfig)
    preset(args.preset, **changes)  # 先检查参数，再动磁盘
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
        "data": [str(p) for p in args.data] if args.data else "附带的文字", "world_characters": args.world_characters, "dataset": dataset.meta, "train": dataclasses.asdict(config),
        "tokenizer": tokenizer.fingerprint, "device": device.type, "precision": trainer.precision, "torch": torch.__version__, "finished": False,
    }  # fmt: skip
    tokenizer.save(out / "tokenizer.json")
    checkpoint.write_json(out / "config.json", model_config.to_dict())
    checkpoint.write_json(out / "run.json", record)
    return _train_loop(trainer, args, record, dataset, say)


def _train_loop(trainer, args, record: dict, dataset, say) -> int:
    started, first_tokens = time.perf_counter(), trainer.tokens
    try:
        with interrupt_between_steps() as pressed:
            _show_progress(trainer, args.json, pressed)
    except KeyboardInterrupt:
        if trainer.between_steps:
            trainer.save()
        saved = (trainer.out / "training.safetensors").exists()
        how = "同样的命令，再加上 --resume（不要 --overwrite）" if saved else "还没有存过检查点，用 --overwrite 重新来"
        print(f"\n停下了。接着训练：{how}", file=sys.stderr)
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
        print(json.dumps(result | {"out": str(trainer.out)}, ensure_ascii=False, indent=1))
    why = "验证损失不再下降，提前停止" if trainer.stopped_early else "训练完成"
    say(f"{why}：{trainer.step} 步，{seconds:.0f} 秒；最好的验证损失 {trainer.best_loss:.4f}（第 {trainer.best_step} 步），已存到 {trainer.out}")
    return 0


@contextmanager
def interrupt_between_steps():
    """Ctrl-C 只记下来，等这一步做完再停，存下的才是完整的一步；再按一次就立刻停。"""
    pressed = []

    def handler(number, frame):
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)
        print("\n这一步做完就停……", file=sys.stderr)

    try:
        old = signal.signal(signal.SIGINT, handler)
    except ValueError:  # 不在主线程里
        yield pressed
        return
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, old)


def _show_progress(trainer, as_json: bool, pressed: list) -> None:
    """进度条：损失、每秒 token 数、剩余时间；每次评估另印一行。"""
    bar = tqdm(total=trainer.total_steps, initial=trainer.step, unit="步", disable=as_json, dynamic_ncols=True, desc="训练", smoothing=0.05)
    started, first_tokens, smooth = time.perf_counter(), trainer.tokens, None
    for metrics in trainer:
        smooth = metrics.loss if smooth is None else 0.9 * smooth + 0.1 * metrics.loss
        bar.total = trainer.total_steps
        speed = (metrics.tokens - first_tokens) / (time.perf_counter() - started)
        bar.set_postfix_str(f"损失 {smooth:.3f}，{speed:,.0f} token/秒", refresh=False)
        bar.update(1)
        if as_json:
            print(json.dumps(dataclasses.asdict(metrics)), flush=True)
        elif metrics.val_loss is not None:
            mark = "  ← 最好" if metrics.best else ""
            bar.write(f"第 {metrics.step:>5} 步  训练 {smooth:.4f}  验证 {metrics.val_loss:.4f}  学习率 {metrics.learning_rate:.2e}{mark}")
        if pressed:
            raise KeyboardInterrupt
    bar.close()


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

    def __init__(self, data: list[str] | None, field: str, world_characters: int | None = None):
        self.paths, self.field, self.world_characters = [Path(p) for p in data or []], field, world_characters
        if world_characters is not None and (self.paths or world_characters < 0):
            raise InputError(f"--world-characters {world_characters}", "不小于 0，而且不与 --data 同时用", "它只管附带文字里小世界的多少")
        find_files(self.paths)  # 早报错：文件不在、后缀不对

    def passages(self):
        return read_passages(self.paths, self.field) if self.paths else corpus.passages(self.world_characters)

    def training_texts(self):
        """训练分词器用的文字：自带划分的，不看验证集。"""
        return (p.text for p in self.passages() if p.split != "validation")

    def dataset(self, tokenizer: Tokenizer, fraction: float):
        digest = content_digest(self.paths, self.field) if self.paths else corpus.digest(self.world_characters)
        key = f"{digest}|{tokenizer.fingerprint}"
        return prepare(self.passages(), tokenizer.encode_batch, key=key, vocab_size=tokenizer.vocab_size, eos=EOS, validation_fraction=fraction)


def _describe(dataset, tokenizer, model, trainer) -> str:
    meta, c = dataset.meta, model.config
    return (
        f"文字：{meta['documents']} 篇，{meta['characters']:,} 个字符，{meta['tokens']:,} 个 token"
        f"（训练 {meta['train_tokens']:,}，验证 {meta['validation_tokens']:,}；{meta['split']}）\n"
        f"分词器：{tokenizer.kind}，词表 {tokenizer.vocab_size}\n"
        f"模型：{c.n_layer} 层，{c.n_embd} 维，{c.n_head} 个头，上下文 {c.context_length}，{model.parameter_count()['合计']:,} 个参数\n"
        f"设备：{trainer.device.type}，精度 {trainer.precision}，{torch.get_num_threads()} 个线程"
    )
