"""tinygpt evaluate：在一些文字上评估。"""

import math

import numpy as np

from tinygpt.commands.arguments import data_arguments, model_arguments, source_of
from tinygpt.commands.output import print_json
from tinygpt.data import ContiguousWindows
from tinygpt.device import pick_device
from tinygpt.errors import require
from tinygpt.evaluation import evaluate
from tinygpt.pretrained import load
from tinygpt.tokenizer import EOS

HELP, DESCRIPTION = "在一些文字上评估", "每 token 损失、困惑度、每字节比特、每字符比特。"


def add_arguments(parser) -> None:
    model_arguments(parser)
    data_arguments(parser)
    parts = ["all", "train", "validation"]
    help = "只用文档自带划分里的这一部分（默认 all）"
    parser.add_argument("--split", choices=parts, default="all", help=help)


def run(args) -> int:
    device = pick_device(args.device)
    model, tokenizer = load(args.model, device)
    chosen = (p for p in source_of(args).passages() if args.split in ("all", p.split))
    result = evaluate_text(model, tokenizer, chosen)
    if args.json:
        print_json(result)
    else:
        r = result
        print(f"token {r['tokens']:,} 个，窗口 {r['windows']:,} 个，字符 {r['characters']:,} 个")
        print(f"每 token 损失 {r['loss']:.4f} nat，困惑度 {r['perplexity']:.2f}")
        print(f"每字节 {r['bits_per_byte']:.4f} 比特，每字符 {r['bits_per_character']:.4f} 比特")
    return 0


def evaluate_text(model, tokenizer, passages) -> dict:
    """在一些 Passage 上：每 token 损失、困惑度、每字节与每字符比特。

    <eos> 也要预测，计入损失，不计入字符。
    """
    ids, characters, size = [], 0, 0
    for passage in passages:
        ids += tokenizer.encode(passage.text, eos=passage.ends_document)
        characters += len(passage.text)
        size += len(passage.text.encode("utf-8"))
    require(ids, "没有可以评估的文字", "至少一篇文档", "检查 --data 与 --split")
    windows = ContiguousWindows(np.array(ids), model.config.context_length, 16, EOS)
    loss = evaluate(model, windows)
    bits = loss * len(ids) / math.log(2)
    return {
        "loss": loss, "perplexity": math.exp(min(loss, 700)),
        "bits_per_byte": bits / size, "bits_per_character": bits / characters,
        "tokens": len(ids), "characters": characters, "bytes": size, "windows": windows.n_windows,
    }  # fmt: skip
