"""tinygpt train：准备文字、分词器、编号、模型，然后训练。"""

import contextlib
import dataclasses
import json
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

from tinygpt import checkpoint, parallel
from tinygpt.commands import run_folder
from tinygpt.commands.arguments import (
    add_fields,
    check_fraction,
    data_arguments,
    given,
    run_arguments,
    source_of,
)  # fmt: skip
from tinygpt.commands.output import as_typed, print_json, print_notes
from tinygpt.commands.signals import stop_between_steps
from tinygpt.config import GPTConfig, TrainConfig, preset
from tinygpt.data import ContiguousWindows, RandomWindows, TokenDataset, prepare
from tinygpt.device import pick_precision
from tinygpt.errors import InputError, require
from tinygpt.gpt import GPT
from tinygpt.losses import causal_objective
from tinygpt.sampling import Sampling, complete
from tinygpt.text import Source
from tinygpt.tokenizer import CHAT, EOS, Tokenizer
from tinygpt.trainer import NonFiniteError, Trainer, seed_everything

HELP, DESCRIPTION = "训练一个模型", "训练一个模型。不给 --data 就用随包附带的文字。"
USUAL = TrainConfig(steps=500)  # 附带的文字、两个核，三分钟以内
TOKENIZERS = "字符、BPE，或一个分词器文件；默认：自己的文字用 bpe，附带的文字用附带的分词器"


def add_arguments(parser) -> None:
    data_arguments(parser, "文件或文件夹：.txt .md .jsonl .jsonl.gz .json")
    mixture = "附带的文字怎样搭配：first（默认，约三分钟的训练）或 release（附带的模型用的，约一小时）"
    parser.add_argument("--mixture", metavar="NAME", help=mixture)
    parser.add_argument("--out", required=True, metavar="DIR", help="模型存到哪个文件夹")
    parser.add_argument("--preset", default="mini", help="模型的预设形状（默认 mini，即文章的模型）")
    parser.add_argument("--tokenizer", metavar="char|bpe|FILE", help=TOKENIZERS)
    parser.add_argument("--eval-windows", type=int, default=None, help="评估最多用多少个窗口（默认全部）")
    run_arguments(parser)
    sharded = "由 torchrun 启动时：权重与优化器状态切开，每个进程存一份的几分之一（FSDP2）；放不下时才用"
    parser.add_argument("--fsdp", action="store_true", help=sharded)
    watch = "开始、走完一成、三成、走完时，各续写一次这个开头：看文字从乱码里长出来"
    parser.add_argument("--watch", type=as_typed, metavar="PROMPT", help=watch)
    add_fields(parser, GPTConfig)
    add_fields(parser, TrainConfig)


def run(args) -> int:
    """由 torchrun 启动的话，先与别的进程接上，再训练。"""
    with parallel.joined(args.device, args.fsdp) as (workers, device):
        return _run(args, workers, device)


def _run(args, workers: parallel.Alone, device: torch.device) -> int:
    """准备文字、分词器、编号、模型，然后训练。"""
    out, changes = Path(args.out), given(args, GPTConfig)
    chosen = [flag for flag in ("data", "mixture") if getattr(args, flag) is not None]
    flags = " 与 ".join("--" + flag.replace("_", "-") for flag in chosen)
    require(len(chosen) <= 1, flags, "两个里只给一个", "它们各说一种文字从哪里来")
    fix = "去掉 --watch：权重切开时，续写要各进程一起算"
    require(not (args.fsdp and args.watch), "--fsdp 与 --watch", "只给一个", fix)
    source = source_of(args)
    preset(args.preset, **changes)  # 先检查参数，再动磁盘
    config = train_config(args, out, USUAL)
    fraction, most = args.validation_fraction, args.eval_windows
    check_fraction(fraction)
    require(most is None or most >= 1, f"--eval-windows {most}", "至少为 1", "全都评估就去掉它")
    pick_precision(config.precision, device)  # 写错了早报错
    workers.from_first(lambda: run_folder.check(out, args.resume, args.overwrite))
    tokenizer = workers.from_first(lambda: _tokenizer_for(args, source, changes.get("vocab_size", 4096)))
    dataset = encode_source(source, tokenizer, fraction)
    print_notes(source)
    model_config = preset(args.preset, **(changes | {"vocab_size": tokenizer.vocab_size}))
    length, ids = model_config.context_length, dataset.train
    train_windows = RandomWindows(ids, length, config.batch_size, config.seed, EOS)
    validation = ContiguousWindows(dataset.validation, length, 16, EOS, most)
    seed_everything(config.seed)
    model = GPT(model_config).to(device)
    fingerprint = {"数据": dataset.meta["digest"], "分词器": tokenizer.fingerprint, "模型": str(model_config)}
    workers.require_same(fingerprint)
    trainer = Trainer(model, train_windows, validation, config, causal_objective, out, fingerprint, workers)
    mixture = None if args.data else args.mixture or "first"
    came_from = {"data": args.data or "附带的文字", "mixture": mixture, "dataset": dataset.meta}
    return train_in(trainer, tokenizer, came_from, args, _describe(dataset.meta, tokenizer, trainer))


def train_config(args, out: Path, usual: TrainConfig) -> TrainConfig:
    """训练的参数：usual，加上给出的。没有说多久，接着训练就是原来的步数。"""
    changes, length = given(args, TrainConfig), {}
    if changes.keys() & {"steps", "minutes"}:
        changes = {"steps": None, "minutes": None} | changes
    elif args.resume and isinstance(before := run_folder.record(out).get("train"), dict):
        length = {name: before.get(name) for name in ("steps", "minutes")}
    return dataclasses.replace(usual, **(length if any(length.values()) else {}) | changes)


def train_in(trainer, tokenizer: Tokenizer, came_from: dict, args, described: str, write=None) -> int:
    """占住文件夹，写下训练的来历，训练到完。came_from 是数据从哪里来；write 再写别的文件（LoRA 的底子）。"""
    record = came_from | {
        "train": dataclasses.asdict(trainer.config), "tokenizer": tokenizer.fingerprint,
        "device": trainer.device.type, "precision": trainer.precision, "torch": torch.__version__,
        "finished": False,
    }  # fmt: skip
    trainer.out.mkdir(parents=True, exist_ok=True)
    with run_folder.owned(trainer.out) if trainer.workers.first else contextlib.nullcontext():
        if trainer.workers.first:
            # 准备时，别的训练可能刚好来过
            run_folder.check_contents(trainer.out, args.resume, args.overwrite)
        return _train_owned(trainer, tokenizer, record, args, described, write)


def _train_owned(trainer, tokenizer: Tokenizer, record: dict, args, described: str, write) -> int:
    out, say = trainer.out, (lambda *_: None) if args.json else print
    first, from_first = trainer.workers.first, trainer.workers.from_first
    if args.overwrite and first:
        run_folder.remove_run(out)
    if args.resume:
        say(f"接着训练：已经做完 {trainer.resume()} 步")
        if trainer.finished and from_first(lambda: run_folder.is_finished(out)):
            say(f"{out} 里的训练早已做完，什么也没有改。要再练久一些：--steps 比 {trainer.step} 更大的数")
            if args.json:
                print_json(run_folder.record(out) | {"out": str(out)})
            return 0
    say(described)
    if first:
        _write_beginning(trainer, tokenizer, record, write)
    watch = Watch(trainer, tokenizer, None if args.json else getattr(args, "watch", None))
    return _train_loop(trainer, args.json, record, say, watch)


def _write_beginning(trainer, tokenizer: Tokenizer, record: dict, write) -> None:
    """训练之前就写下的：分词器、模型的形状、来历。"""
    with checkpoint.atomic(trainer.out / "tokenizer.json") as temporary:
        tokenizer.save(temporary)
    checkpoint.write_json(trainer.out / "config.json", trainer.model.config.to_dict())
    if write:
        write(trainer.out)
    checkpoint.write_json(trainer.out / "run.json", record)


def encode_source(source: Source, tokenizer: Tokenizer, validation_fraction: float) -> TokenDataset:
    """文字 → 磁盘上的编号；同样的文字与分词器只编一次。"""
    key = f"{source.digest()}|{tokenizer.fingerprint}"
    return prepare(
        source.passages(), tokenizer.encode_batch, key=key, vocab_size=tokenizer.vocab_size,
        eos=EOS, chat=CHAT, validation_fraction=validation_fraction,
    )  # fmt: skip


class Watch:
    """训练中隔一段续写一次同一个开头。用自己的随机数生成器，训练的随机数一个也不动。"""

    SHARES = (0.0, 0.1, 0.3, 1.0)  # 训练到几成时写
    LENGTH = 40  # 最多多少个 token，写在一行里

    def __init__(self, trainer, tokenizer: Tokenizer, prompt: str | None):
        self.trainer, self.tokenizer, self.prompt = trainer, tokenizer, prompt
        self.left = [share for share in self.SHARES if share * trainer.total_steps >= trainer.step]
        if trainer.step:  # 接着训练：0 已经写过
            self.left = [share for share in self.left if share > 0]

    def line(self) -> str | None:
        """到时候了就是一行文字，没有到就是 None。"""
        done, total = self.trainer.step, self.trainer.total_steps  # total 为 0：步数还没有量出来
        due = [share for share in self.left if done >= share * total and (total or share == 0)]
        if self.prompt is None or not due:
            return None
        self.left = self.left[len(due) :]
        share = due[-1]
        sampling = Sampling(temperature=0.5)
        options = {"max_new_tokens": self.LENGTH, "sampling": sampling, "seed": 0}
        text = complete(self.trainer.model, self.tokenizer, self.prompt, **options)
        return f"　{share:>4.0%}　{self.prompt}｜{' '.join(text.split())}"


def _train_loop(trainer, as_json: bool, record: dict, say, watch: Watch) -> int:
    started, first_tokens = time.perf_counter(), trainer.tokens
    try:
        with stop_between_steps(once=trainer.workers.size == 1) as received:
            _show_progress(trainer, as_json, received, watch)
    except (KeyboardInterrupt, BrokenPipeError) as stopped:
        if trainer.between_steps and trainer.step:
            trainer.save()
        if isinstance(stopped, BrokenPipeError):  # 输出接到 head 之类，它先走了
            raise
        print(f"\n停下了。{run_folder.how_to_go_on(trainer.out)}", file=sys.stderr)
        return 128 + received[0] if received else 130
    except NonFiniteError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 1
    seconds = time.perf_counter() - started
    result = {
        "finished": True, "steps": trainer.step, "best_step": trainer.best_step,
        "val_loss": trainer.best_loss, "tokens": trainer.tokens, "seconds": round(seconds, 1),
        "tokens_per_second": round((trainer.tokens - first_tokens) / seconds),
        "stopped_early": trainer.stopped_early,
    }  # fmt: skip
    if trainer.workers.first:
        checkpoint.write_json(trainer.out / "run.json", record | result)
    if as_json:
        print_json(result | {"out": str(trainer.out)})
    why = "验证损失不再下降，提前停止" if trainer.stopped_early else "训练完成"
    best = f"最好的验证损失 {trainer.best_loss:.4f}（第 {trainer.best_step} 步）"
    say(f"{why}：{trainer.step} 步，{seconds:.0f} 秒；{best}，已存到 {trainer.out}")
    return 0


def _show_progress(trainer, as_json: bool, received: list, watch: Watch) -> None:
    """进度条：损失、每秒 token 数、剩余时间；每次评估另印一行；watch 到时候了也印一行。"""
    if line := watch.line():
        print(line)
    with tqdm(
        total=trainer.total_steps or None, initial=trainer.step, unit="步", disable=as_json,
        dynamic_ncols=True, desc="训练", smoothing=0.05,
    ) as bar:  # fmt: skip
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
                losses = f"训练 {smooth:.4f}  验证 {metrics.val_loss:.4f}"
                bar.write(f"第 {metrics.step:>5} 步  {losses}  学习率 {metrics.learning_rate:.2e}{mark}")
            if line := watch.line():
                bar.write(line)
            if trainer.workers.any(bool(received)):
                raise KeyboardInterrupt


def _tokenizer_for(args, source: Source, vocab_size: int) -> Tokenizer:
    """--tokenizer 的含义：char、bpe，或一个文件。

    不给时，附带的文字用附带的分词器，自己的文字训练一个 BPE。
    """
    shipped = source.tokenizer if vocab_size == 4096 else None
    choice = args.tokenizer or str(shipped or "bpe")
    kept = Path(args.out) / "tokenizer.json"
    if args.resume and choice in ("char", "bpe"):
        with contextlib.suppress(InputError):  # 坏了就重新训练：同样的文字得到同样的分词器，恢复时还要核对
            return Tokenizer.load(kept)
    if choice == "char":
        return Tokenizer.train_char(source.training_texts())
    if choice == "bpe":
        return Tokenizer.train_bpe(source.training_texts(), vocab_size, pattern=source.pattern)
    return Tokenizer.load(choice)


def _describe(meta: dict, tokenizer, trainer) -> str:
    model, c = trainer.model, trainer.model.config
    return (
        f"文字：{meta['documents']} 篇，{meta['characters']:,} 个字符，{meta['tokens']:,} 个 token"
        f"（训练 {meta['train_tokens']:,}，验证 {meta['validation_tokens']:,}；{meta['split']}）\n"
        f"分词器：{tokenizer.kind}，词表 {tokenizer.vocab_size}\n"
        f"模型：{c.n_layer} 层，{c.n_embd} 维，{c.n_head} 个头，上下文 {c.context_length}，"
        f"{model.parameter_count()['合计']:,} 个参数\n"
        f"设备：{trainer.device.type}，精度 {trainer.precision}，{torch.get_num_threads()} 个线程"
        + (f"，{trainer.workers.size} 个进程" if trainer.workers.size > 1 else "")
    )
