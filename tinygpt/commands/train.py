"""tinygpt train：准备文字、分词器、编号、模型，然后训练。"""

import contextlib
from functools import partial
from pathlib import Path

import torch

from tinygpt import costs, gpu, parallel
from tinygpt.commands import run_folder
from tinygpt.commands.arguments import (
    add_fields,
    data_arguments,
    given,
    path,
    run_arguments,
    source_of,
)  # fmt: skip
from tinygpt.commands.output import as_typed, print_notes
from tinygpt.commands.planning import Plan, planned
from tinygpt.commands.training import fastest_batch, train_in
from tinygpt.config import TrainConfig
from tinygpt.data import ContiguousWindows, RandomWindows, TokenDataset, prepare
from tinygpt.device import pick_precision
from tinygpt.errors import InputError, require
from tinygpt.recipes import RECIPES
from tinygpt.text import Source
from tinygpt.tokenizer import CHAT, EOS, Tokenizer
from tinygpt.trainer import Trainer, seed_everything
from tinygpt.variants.counted_config import MixedConfig
from tinygpt.variants.models import build
from tinygpt.variants.voices import counts_for, save_counts, with_counts

HELP, DESCRIPTION = "训练一个模型", "训练一个模型。不给 --data 就用随包附带的文字。"
TOKENIZERS = "字符、BPE，或一个分词器文件；默认：自己的文字用 bpe，附带的文字用附带的分词器"


def add_arguments(parser) -> None:
    data_arguments(parser, "文件或文件夹：.txt .md .jsonl .jsonl.gz .json")
    mixture = "附带的文字怎样搭配：first（默认，约三分钟的训练）或 release（附带的模型用的，约一小时）"
    parser.add_argument("--mixture", metavar="NAME", help=mixture)
    parser.add_argument("--out", type=path, required=True, metavar="DIR", help="模型存到哪个文件夹")
    names = f"auto（形状与参数由文字的多少、时间与机器定）、{'、'.join(RECIPES)}"
    preset = f"{names}；默认：给了 --minutes、没有说形状就是 auto，否则 mini，即文章的模型"
    parser.add_argument("--preset", help=preset)
    parser.add_argument("--tokenizer", type=path, metavar="char|bpe|FILE", help=TOKENIZERS)
    parser.add_argument("--eval-windows", type=int, default=None, help="评估最多用多少个窗口（默认全部）")
    run_arguments(parser)
    parser.set_defaults(validation_fraction=None)  # 由预设来定
    sharded = "由 torchrun 启动时：权重与优化器状态切开，每个进程存一份的几分之一（FSDP2）；放不下时才用"
    parser.add_argument("--fsdp", action="store_true", help=sharded)
    finding = "先试几种小批，用最快的：一步的窗口总数（小批 × 累积）不变，学到的一样，只是快些"
    parser.add_argument("--find-batch", action="store_true", help=finding)
    watch = "开始、走完一成、三成、走完时，各续写一次这个开头：看文字从乱码里长出来"
    parser.add_argument("--watch", type=as_typed, metavar="PROMPT", help=watch)
    add_fields(parser, MixedConfig)
    add_fields(parser, TrainConfig)


def run(args) -> int:
    """由 torchrun 启动的话，先与别的进程接上，再训练。"""
    with parallel.joined(args.device, args.fsdp) as (workers, device):
        return _run(args, workers, device)


def _run(args, workers: parallel.Alone, device: torch.device) -> int:
    """准备文字、分词器、编号、模型，然后训练。"""
    out, changes = Path(args.out), given(args, MixedConfig)
    both = args.data is not None and args.mixture is not None
    require(not both, "--data 与 --mixture", "两个里只给一个", "它们各说一种文字从哪里来")
    fix = "去掉 --watch：权重切开时，续写要各进程一起算"
    require(not (args.fsdp and args.watch), "--fsdp 与 --watch", "只给一个", fix)
    source = source_of(args)
    plan = planned(args, out, changes)  # 先检查参数，再动磁盘
    require(args.eval_windows is None or args.eval_windows >= 1, f"--eval-windows {args.eval_windows}",
            "至少为 1", "全都评估就去掉它")  # fmt: skip
    pick_precision(plan.config.precision, device)  # 写错了早报错
    workers.from_first(lambda: run_folder.check(out, args.resume, args.overwrite))
    plan = plan.looked(source)
    digest = source.digest()
    tokenizer = workers.from_first(lambda: _tokenizer_for(args, source, plan))
    dataset = encode_source(source, tokenizer, plan.validation, digest)
    print_notes(source)
    looked = plan
    plan = workers.from_first(lambda: looked.chosen(dataset.train, tokenizer.vocab_size, device))
    shape, config, ids = plan.shape(tokenizer.vocab_size), plan.config, dataset.train
    validation = ContiguousWindows(dataset.validation, shape.context_length, 16, EOS, plan.eval_windows)
    fingerprint = {"数据": dataset.meta["digest"], "分词器": tokenizer.fingerprint, "模型": str(shape)}
    workers.require_same(fingerprint)
    counts = counts_for(shape, ids, EOS)

    def trainer_for(config: TrainConfig, out: Path | None = out, validation=validation) -> Trainer:
        seed_everything(config.seed)
        windows = RandomWindows(ids, shape.context_length, config.batch_size, config.seed, EOS)
        model, windows, objective = with_counts(build(shape).to(device), windows, counts)
        model, train = gpu.prepared(model, windows, device)
        return Trainer(model, train, validation, config, objective, out, fingerprint, workers)

    if args.find_batch:
        config = fastest_batch(config, partial(trainer_for, out=None, validation=None), args)
    trainer = trainer_for(config)
    mixture = None if args.data else args.mixture or "first"
    came_from = {"data": args.data or "附带的文字", "mixture": mixture, "dataset": dataset.meta}
    described = plan.described() + _describe(dataset.meta, tokenizer, trainer)
    write = partial(save_counts, trainer.model)
    return train_in(trainer, tokenizer, came_from | plan.record(), args, described, write)


def encode_source(
    source: Source, tokenizer: Tokenizer, validation_fraction: float, digest: str | None = None
) -> TokenDataset:
    """文字 → 磁盘上的编号；同样的文字与分词器只编一次。

    digest 是训练分词器之前的摘要：从那以后文字变了，就报错。不给就是现在的。
    """
    digest = digest or source.digest()
    key = f"{digest}|{tokenizer.fingerprint}"
    return prepare(
        source.unchanged_passages(digest), tokenizer.encode_batch, key=key, vocab_size=tokenizer.vocab_size,
        eos=EOS, chat=CHAT, validation_fraction=validation_fraction,
    )  # fmt: skip


def _tokenizer_for(args, source: Source, plan: Plan) -> Tokenizer:
    """--tokenizer 的含义：char、bpe，或一个文件。

    不给时，附带的文字用附带的分词器，自己的文字训练一个 BPE；auto 读很多遍的用字符。
    """
    shipped = source.tokenizer if plan.vocab_size == 4096 else None
    choice = plan.tokenizer or str(shipped or "bpe")
    kept = Path(args.out) / "tokenizer.json"
    if args.resume and choice in ("char", "bpe"):
        # 坏了、与写明要的不同就重新训练：同样的文字得到同样的分词器，恢复时还要核对
        with contextlib.suppress(InputError):
            tokenizer = Tokenizer.load(kept)
            wanted = args.tokenizer or tokenizer.kind, getattr(args, "vocab_size", tokenizer.vocab_size)
            if wanted == (tokenizer.kind, tokenizer.vocab_size):
                return tokenizer
    if choice == "char":
        return Tokenizer.train_char(source.training_texts())
    if choice == "bpe":
        return Tokenizer.train_bpe(source.training_texts(), plan.vocab_size, pattern=source.pattern)
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
        + f"\n内存：{_memory(trainer)}"
    )


def _memory(trainer) -> str:
    """估计要多少内存；GPU 上放不下，就说怎么办。"""
    if isinstance(trainer.workers, parallel.Sharded):
        return "权重切开存，没有估计"
    need, free = costs.training_memory(trainer), costs.free_memory(trainer.device)
    if free is None or need.total < free:
        return f"估计{need}"
    fix = "小批减半、累积加倍（--find-batch 替你找），或加上 --compile；还不够就把模型改小"
    return f"估计{need}，可是 GPU 只空着 {costs.size(free)}，多半放不下。怎么办：{fix}"
