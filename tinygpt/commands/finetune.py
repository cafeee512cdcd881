"""tinygpt finetune：在训练好的模型上，用问答接着训练，只在回答上算损失。

训练的循环、检查点、进度条都是 train 的那一个；这里只准备问答，与要不要 LoRA。
"""

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from tinygpt import checkpoint, parallel
from tinygpt.commands import run_folder
from tinygpt.commands.arguments import add_fields, check_fraction, path, run_arguments
from tinygpt.commands.output import as_typed, note
from tinygpt.commands.training import train_config, train_in
from tinygpt.config import TrainConfig
from tinygpt.decoding import tidy
from tinygpt.device import pick_precision
from tinygpt.errors import require
from tinygpt.losses import causal_objective
from tinygpt.notes import Notes
from tinygpt.pairs import AllPairs, Encoded, ShuffledPairs, digest, encode_talks, shown, split_talks
from tinygpt.pretrained import load, model_folder
from tinygpt.rows import PAIRED, each, is_blank, kind, turns_of
from tinygpt.template import DEFAULT, Template
from tinygpt.text import read_rows
from tinygpt.tokenizer import Tokenizer
from tinygpt.trainer import BEST, Trainer, seed_everything
from tinygpt.variants import lora, voices

HELP = "用问答微调一个模型"
DESCRIPTION = "用问答微调一个模型：只在回答上算损失。读哪些写法的数据，见 docs/finetuning.md。"
USUAL = TrainConfig(
    steps=200, optimizer="adamw", learning_rate=3e-4, weight_decay=0.1, warmup_steps=10, eval_interval=20
)  # fmt: skip
LORA_RATE = 3e-3  # 适配器从 0 学起，学习率宜比全部参数的大十倍


def add_arguments(parser) -> None:
    base = "从哪个模型开始（默认 mini）"
    parser.add_argument("--model", type=path, default="mini", metavar="DIR", help=base)
    data = "问答：.jsonl .jsonl.gz .json .csv .tsv 文件或文件夹"
    parser.add_argument("--data", nargs="+", required=True, metavar="PATH", help=data)
    parser.add_argument("--out", type=path, required=True, metavar="DIR", help="微调好的模型存到哪个文件夹")
    rank = f"只训练低秩的适配器（LoRA），秩是 RANK，常用 8（学习率默认 {LORA_RATE}）；不给就训练全部参数"
    parser.add_argument("--lora", type=int, metavar="RANK", help=rank)
    template = "一轮问答怎样写，里面有 {prompt}，以 {answer} 结尾；默认 " + repr(DEFAULT)
    parser.add_argument("--template", type=as_typed, default=DEFAULT, metavar="TEXT", help=template)
    run_arguments(parser)
    add_fields(parser, TrainConfig, usual=USUAL)


def run(args) -> int:
    """由 torchrun 启动的话，先与别的进程接上，再微调。"""
    with parallel.joined(args.device) as (workers, device):
        return _run(args, workers, device)


def _run(args, workers: parallel.Alone, device: torch.device) -> int:
    out, base = Path(args.out), model_folder(args.model)
    usual = USUAL if args.lora is None else dataclasses.replace(USUAL, learning_rate=LORA_RATE)
    config = train_config(args, out, usual)
    template, fraction = Template(args.template), args.validation_fraction
    check_fraction(fraction)
    pick_precision(config.precision, device)
    workers.from_first(lambda: run_folder.check(out, args.resume, args.overwrite))
    fix = "换一个 --out：微调写下的是新的模型"
    require(out.resolve() != base.resolve(), f"--out 与 --model 都是 {out}", "两个不同的文件夹", fix)
    model, tokenizer = load(base, device)
    pairs = prepare(args.data, tokenizer, template, model.config.context_length, fraction)
    for line in pairs.notes:
        note(line)
    seed_everything(config.seed)
    adapters = None if args.lora is None else lora.inject(model, args.lora)
    fingerprint = {
        "数据": digest(pairs.train.examples, pairs.validation.examples), "分词器": tokenizer.fingerprint,
        "底子": _weights_digest(base), "LoRA": args.lora,
    }  # fmt: skip
    train = ShuffledPairs(pairs.train.examples, config.batch_size, config.seed)
    data = train, AllPairs(pairs.validation.examples)
    kind_of = lora.AdapterTrainer if adapters else Trainer
    workers.require_same(fingerprint)
    trainer = kind_of(model, *data, config, causal_objective, out, fingerprint, workers)
    came_from = {
        "data": args.data, "base": args.model, "lora": args.lora, "template": template.text,
        "dataset": pairs.meta(),
    }  # fmt: skip
    described = _described(pairs, tokenizer, model, adapters)
    return train_in(trainer, tokenizer, came_from, args, described, partial(_write_base, model, adapters))


def _described(pairs: "Pairs", tokenizer: Tokenizer, model, adapters: lora.Settings | None) -> str:
    """训练之前印的几行。"""
    lines = [pairs.described(), "第一个例子，照模板写出来（【】里的才算损失）："]
    lines.append(shown(pairs.train.examples[0], tokenizer))
    if adapters:
        trained, total = lora.trained_share(model)
        share = f"训练 {trained:,} 个参数（占 {trained / total:.1%}），其余冻结"
        lines.append(f"LoRA：秩 {adapters.rank}，{share}")
    return "\n".join(lines)


def _write_base(model, adapters: lora.Settings | None, out: Path) -> None:
    """LoRA：训练之前把底子抄一份；接着训练时已经抄过。有计数的，计数也抄一份。"""
    voices.save_counts(model, out)
    if adapters and not (out / lora.SETTINGS).exists():
        lora.save_base(model, out)
        lora.save_settings(adapters, out)


def _weights_digest(folder: Path) -> str:
    files = [folder / name for name in (BEST, lora.ADAPTER) if (folder / name).exists()]
    return " ".join(map(checkpoint.file_digest, files))


@dataclass(frozen=True)
class Pairs:
    """准备好的问答，与它们的来历。"""

    train: Encoded
    validation: Encoded
    how: str  # 怎样划分的
    rows: int
    notes: tuple[str, ...]  # 没能照原样用上的

    def described(self) -> str:
        train, validation = len(self.train.examples), len(self.validation.examples)
        return f"问答：{self.rows} 场，训练 {train} 个例子、验证 {validation} 个（{self.how}）"

    def meta(self) -> dict:
        """run.json 里的 dataset。"""
        parts = {"train": self.train.examples, "validation": self.validation.examples}
        tokens = {f"{name}_tokens": sum(len(e.ids) for e in part) for name, part in parts.items()}
        counts = {f"{name}_examples": len(part) for name, part in parts.items()}
        total = {"documents": self.rows, "tokens": sum(tokens.values()), "split": self.how}
        return total | tokens | counts | {"notes": self.notes}


def prepare(
    paths, tokenizer: Tokenizer, template: Template, context_length: int, fraction: float
) -> Pairs:
    """文件 → 划分好、编好的问答。"""
    read = Notes()
    talks, splits = read_talks(paths, read)
    train, validation, how = split_talks(talks, splits, fraction)
    parts = [encode_talks(part, tokenizer, template, context_length) for part in (train, validation)]
    cut, too_long = parts[0].cut + parts[1].cut, parts[0].too_long + parts[1].too_long
    stopping = [s for turns, s in talks for _, answer in turns if template.stop and template.stop in answer]
    unknown = sum(example.ids.count(tokenizer.unk) for part in parts for example in part.examples)
    if unknown:
        read.add("{n} 个字不在分词器的词表里，成了 <unk>", count=unknown)
    for what, places in (
        ("{n} 场谈话太长，在两轮之间断开成了几个例子", cut),
        (f"{{n}} 轮放不进上下文（{context_length} 个 token），没有用", too_long),
        (f"{{n}} 个回答里有 {template.stop!r}，对话时会在那里停下", stopping),
    ):
        for place in places:
            read.add(what, place)
    return Pairs(*parts, how, len(talks), tuple(read.lines()))


def _turns(row, source: str):
    """一行 → 几轮问答；空的一行是 None。"""
    if is_blank(row):
        return None
    turns = turns_of(row, source)
    names = f"有的是：{'、'.join(row)}" if isinstance(row, dict) else f"是{kind(row)}"
    fix = "把问与答分开写；只有文字、没有问答的，用 tinygpt train"
    require(turns is not None, f"{source}看不出哪里是问、哪里是答，{names}", PAIRED, fix)
    return turns


def read_talks(paths, notes: Notes) -> tuple[list, list]:
    """（几轮问答，在哪里）的列表，与各自的划分。"""
    talks, splits = [], []
    for turns, source, split in each(read_rows(paths, notes), _turns):
        if turns is None:
            notes.add("跳过 {n} 行空的", source)
            continue
        if split == "test":
            notes.add("{n} 场的 split 是 test，没有用", source)
            continue
        clean = partial(tidy, place=lambda start, source=source: source, notes=notes)
        talks.append((tuple((clean(prompt), clean(answer)) for prompt, answer in turns), source))
        splits.append(split)
    require(talks, "没有读到问答：" + "、".join(map(str, paths)), "至少两行", "检查文件是不是空的")
    return talks, splits
