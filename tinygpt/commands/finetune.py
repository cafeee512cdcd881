"""tinygpt finetune：在训练好的模型上，用问答接着训练，只在回答上算损失。"""

import dataclasses
from pathlib import Path

import torch

from tinygpt import checkpoint
from tinygpt.commands.arguments import add_fields, device_argument, given, json_argument
from tinygpt.commands.train import Watch, check_out, remove_run, train_loop
from tinygpt.config import TrainConfig
from tinygpt.device import pick_device, pick_precision
from tinygpt.errors import require
from tinygpt.losses import causal_objective
from tinygpt.pairs import AllPairs, Encoded, ShuffledPairs, digest, encode_talks, shown, split_talks
from tinygpt.pretrained import load, model_folder
from tinygpt.rows import SHAPES, is_blank, kind, turns_of
from tinygpt.template import DEFAULT, Template
from tinygpt.text import read_rows, split_of
from tinygpt.trainer import Trainer

HELP = "用问答微调一个模型"
DESCRIPTION = "用问答微调一个模型：只在回答上算损失。读哪些写法的数据，见 docs/finetuning.md。"
USUAL = TrainConfig(steps=200, learning_rate=1e-3, warmup_steps=10, eval_interval=20)


def add_arguments(parser) -> None:
    parser.add_argument("--model", default="mini", metavar="DIR", help="从哪个模型开始（默认 mini）")
    data = "问答：.jsonl .jsonl.gz .json .csv .tsv 文件或文件夹"
    parser.add_argument("--data", nargs="+", required=True, metavar="PATH", help=data)
    parser.add_argument("--out", required=True, metavar="DIR", help="微调好的模型存到哪个文件夹")
    template = "一轮问答怎样写，里面有 {prompt}，以 {answer} 结尾；默认 " + repr(DEFAULT)
    parser.add_argument("--template", default=DEFAULT, metavar="TEXT", help=template)
    parser.add_argument("--validation-fraction", type=float, default=0.1, help="验证集的比例（默认 0.1）")
    parser.add_argument("--resume", action="store_true", help="从 --out 里的检查点接着训练")
    parser.add_argument("--overwrite", action="store_true", help="--out 里已有训练时，删掉它重新来")
    device_argument(parser)
    json_argument(parser, "不画进度条，每一步印一行 JSON")
    add_fields(parser, TrainConfig, usual=USUAL)


def run(args) -> int:
    out, config = Path(args.out), settings(args)
    template, fraction = Template(args.template), args.validation_fraction
    require(0 < fraction < 1, f"--validation-fraction {fraction}", "0 与 1 之间", "常用 0.1")
    device = pick_device(args.device)
    pick_precision(config.precision, device)
    check_out(out, args.resume, args.overwrite)
    base = model_folder(args.model)
    require(out.resolve() != base.resolve(), "--out 就是 --model", "另一个文件夹", "微调会写下新的模型，换一个 --out")
    model, tokenizer = load(base, device)
    talks, splits, blank = read_talks(args.data)
    parts = split_talks(talks, splits, fraction)
    length = model.config.context_length
    train, validation = (encode_talks(part, tokenizer, template, length) for part in parts[:2])
    say = (lambda *_: None) if args.json else print
    say(_describe(len(talks), blank, train, validation, parts[2]))
    train_pairs = ShuffledPairs(train.examples, config.batch_size, config.seed)
    validation_pairs = AllPairs(validation.examples)
    say(f"第一个例子，照模板写出来（【】里的才算损失）：\n{shown(train.examples[0], tokenizer)}")
    if args.overwrite and out.exists():
        remove_run(out)
    out.mkdir(parents=True, exist_ok=True)
    fingerprint = {
        "数据": digest(train.examples, validation.examples), "分词器": tokenizer.fingerprint,
        "底子": checkpoint.file_digest(base / "model.safetensors"),
    }  # fmt: skip
    trainer = Trainer(model, train_pairs, validation_pairs, config, causal_objective, out, fingerprint)
    if args.resume:
        say(f"接着训练：已经做完 {trainer.resume()} 步")
    record = {
        "data": args.data, "base": args.model, "template": template.text,
        "dataset": _dataset(train, validation, len(talks), parts[2]), "train": dataclasses.asdict(config),
        "tokenizer": tokenizer.fingerprint, "device": device.type, "precision": trainer.precision,
        "torch": torch.__version__, "finished": False,
    }  # fmt: skip
    tokenizer.save(out / "tokenizer.json")
    checkpoint.write_json(out / "config.json", model.config.to_dict())
    checkpoint.write_json(out / "run.json", record)
    return train_loop(trainer, args.json, record, say, Watch(trainer, tokenizer, None))


def settings(args) -> TrainConfig:
    """训练的参数：微调自己的默认值，加上给出的。只给 --minutes 时不再有默认的步数。"""
    changes = given(args, TrainConfig)
    if "minutes" in changes:
        changes = {"steps": None} | changes
    return dataclasses.replace(USUAL, **changes)


def read_talks(paths) -> tuple[list, list, int]:
    """（几轮问答，在哪里）的列表，各自的划分，跳过了几行空的。"""
    talks, splits, blank = [], [], 0
    for row, source in read_rows(paths):
        if is_blank(row):
            blank += 1
            continue
        turns = turns_of(row, source)
        if turns is None:
            names = f"有的是：{'、'.join(row)}" if isinstance(row, dict) else f"是{kind(row)}"
            fix = "把问与答分开写；只有文字、没有问答的，用 tinygpt train"
            require(False, f"{source}看不出哪里是问、哪里是答，{names}", SHAPES, fix)
        talks.append((turns, source))
        splits.append(split_of(row))
    require(talks, "没有读到问答：" + "、".join(map(str, paths)), "至少两行", "检查文件是不是空的")
    return talks, splits, blank


def _describe(rows: int, blank: int, train: Encoded, validation: Encoded, how: str) -> str:
    """读到了什么，没能照原样用上的有多少。"""
    lines = [
        f"问答：{rows} 场，训练 {len(train.examples)} 个例子、验证 {len(validation.examples)} 个（{how}）"
        + (f"；空的 {blank} 行跳过了" if blank else "")
    ]
    cut, too_long = train.cut + validation.cut, train.too_long + validation.too_long
    if cut:
        lines.append(f"太长的谈话 {len(cut)} 场，在两轮之间断开成几个例子；第一场是 {cut[0]}")
    if too_long:
        lines.append(f"放不进上下文的 {len(too_long)} 轮没有用；第一轮在 {too_long[0]}")
    return "\n".join(lines)


def _dataset(train: Encoded, validation: Encoded, rows: int, how: str) -> dict:
    tokens = [sum(len(e.ids) for e in part.examples) for part in (train, validation)]
    return {
        "documents": rows, "tokens": sum(tokens), "split": how, "train_tokens": tokens[0],
        "validation_tokens": tokens[1], "train_examples": len(train.examples),
        "validation_examples": len(validation.examples),
        "too_long": len(train.too_long) + len(validation.too_long),
    }  # fmt: skip
