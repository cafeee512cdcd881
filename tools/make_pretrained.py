"""由一次训练做出随包附带的检查点与它的说明。

    tinygpt train --mixture release --out runs/release …
    python tools/make_pretrained.py runs/release --name mini [--machine 说明] [--cpu-minutes 分钟]

做四件事：权重存成 fp16；考一遍 tinygpt probe 的每一项；在同样的文字上（手写的各数一遍）训练插值 Kneser–Ney
5 元模型，与它逐个来源地比；60 个固定的提示各写一次，写成 docs/samples.md（已有的判断按续写原样保留）。
数字存进 card.json，说明写进同一个文件夹的 README.md。不同来源的数从不合在一起。
"""

import argparse
import dataclasses
import json
import math
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path

import torch

from tinygpt import TrainConfig, corpus, load, preset
from tinygpt.checkpoint import load_tensors, read_json, save_tensors, write_json
from tinygpt.ngram import NGram
from tinygpt.probes import as_dict, probe, report
from tinygpt.probes.bench import Bench
from tinygpt.probes.bits import evaluate_text
from tinygpt.tokenizer import CHAT, EOS

ROOT = Path(__file__).resolve().parent.parent


def export(run: Path, folder: Path) -> None:
    """fp32 → fp16，其余文件照抄。"""
    folder.mkdir(parents=True, exist_ok=True)
    tensors, state = load_tensors(run / "model.safetensors")
    halves = {name: tensor.half() for name, tensor in tensors.items()}
    save_tensors(folder / "model.safetensors", halves, state)
    for name in ("config.json", "tokenizer.json", "run.json"):
        shutil.copy(run / name, folder / name)


def parts(passages: Iterable) -> dict[str, list]:
    """验证文档，按来源分。"""
    found = {source: [] for source in corpus.SOURCES}
    for passage in passages:
        if passage.split == "validation":
            found[passage.source.split("《")[0]].append(passage)
    return found


def encoded(tokenizer, passages) -> list[list[int]]:
    ids = tokenizer.encode_batch([p.text for p in passages], eos=True)
    return [[CHAT] * p.chat + row for p, row in zip(passages, ids)]


def compare(model, tokenizer, mixture: str) -> dict:
    """GPT 与 5 元模型在每个来源上的每字符比特。"""
    mixture = corpus.named(mixture)
    read = dataclasses.replace(mixture, passes=min(1, mixture.passes), everyday=min(1, mixture.everyday))
    train = [p for p in corpus.passages(read) if p.split == "train"]
    ngram = NGram(5, tokenizer.vocab_size, EOS).fit(encoded(tokenizer, train))
    every = corpus.passages(dataclasses.replace(mixture, passes=1, everyday=1))
    rows = {}
    for name, passages in parts(every).items():
        row = evaluate_text(model, tokenizer, passages)
        nats = ngram.loss(encoded(tokenizer, passages))
        row["ngram_bits_per_character"] = nats * row["tokens"] / math.log(2) / row["characters"]
        row["characters_per_token"] = row["characters"] / row["tokens"]
        rows[name] = row
    return rows


def flags(run: dict, config: dict) -> str:
    """再训练一次用的命令：与默认值不同的参数。"""
    changed = {"mixture": run["mixture"]}
    shape = preset("mini").to_dict() | {"vocab_size": config["vocab_size"]}
    changed |= {name: value for name, value in config.items() if value != shape[name]}
    usual = dataclasses.asdict(TrainConfig())
    changed |= {name: value for name, value in run["train"].items() if value != usual[name]}
    given = [f"--{name.replace('_', '-')} {value}" for name, value in changed.items() if value is not None]
    return " ".join(["tinygpt train --out runs/release", *given])


def kept_judgements(path: Path) -> dict[tuple[str, str], str]:
    """samples.md 里读过的判断：{（提示，续写）: 判断}；续写变了，判断就作废。"""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| ")]
    return {(row[1], row[2]): row[3].rstrip(" |") for row in rows if len(row) == 4 and row[3].rstrip(" |")}


def write_samples(bench: Bench, path: Path) -> None:
    judged = kept_judgements(path)
    lines = report.samples(bench).splitlines()
    for i, line in enumerate(lines):
        row = line.split(" | ")
        if len(row) == 4 and (row[1], row[2]) in judged:
            lines[i] = f"{' | '.join(row[:3])} | {judged[row[1], row[2]]} |"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def readme(card: dict, parameters: int) -> str:
    """模型说明：数据、命令、时间、每个来源的比特、探查的数、已知的弱点。"""
    bits = [
        f"| {name} | {row['bits_per_character']:.3f} | {row['ngram_bits_per_character']:.3f} "
        f"| {row['characters_per_token']:.2f} |"
        for name, row in card["validation"].items()
    ]
    figures = [
        f"| {name} | {source} | {report.number(row['value'], name)} | {report.number(row['chance'], name)} "
        f"| {row['n']} | {row['meaning']} |"
        for name, sources in card["probes"].items() for source, row in sources.items() if name != "bits"
    ]  # fmt: skip
    return "\n".join([
        "# mini：文章的模型", "",
        "2 层解码器，256 维，4 个头，上下文 256，词表 4096，"
        f"共 {parameters:,} 个参数；权重存成 fp16。许可：CC BY 4.0。", "",
        f"- 数据：附带的文字（docs/corpus.md）的搭配 `{card['mixture']}`，训练部分；验证文档从不参加训练。",
        f"- 命令：`{card['command']}`，再用 `python tools/make_pretrained.py` 存成这里的样子。",
        f"- 时间：{card['seconds']:.0f} 秒，{card['machine']}，torch {card['torch']}。{card['cpu']}", "",
        "每个来源的验证文字，每字符多少比特（越小越好），"
        "与同样的文字（手写的各数一遍）训练的插值 Kneser–Ney 5 元模型比。"
        "搭配里没有的来源，两个模型都没有读过：", "",
        "| 来源 | GPT | 5 元模型 | 每个 token 几个字符 |", "|---|---|---|---|", *bits, "",
        "`tinygpt probe --model mini` 的数（乱猜的水平在旁边；不同出处不合在一起）：", "",
        "| 探查 | 出处 | 数 | 乱猜 | 题数 | 意思 |", "|---|---|---|---|---|---|", *figures, "",
        "60 个固定提示的续写照原样在 docs/samples.md。", "",
        "## 已知的弱点", "",
        "- 它的世界只有附带的文字那么大：没有学过的东西，聊天时多半说“我没有学过”，续写时就编。",
        "- 手写的小百科与日常它没有读过，从那样的句子开头，写不通。故事里的因果有时接不上。",
        "- 两位数以上的算术靠不住；没见过的名字有时写着写着换成见过的。",
        "- 只会中文；没有安全方面的训练。", "",
    ])  # fmt: skip


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("run", type=Path)
    parser.add_argument("--name", default="mini")
    parser.add_argument("--machine", default="两核 x86-64 CPU", help="在什么机器上训练的")
    parser.add_argument("--cpu", default="", help="在两核 CPU 上要多久，怎样量的")
    args = parser.parse_args()
    folder = ROOT / "tinygpt" / "pretrained" / args.name
    export(args.run, folder)
    model, tokenizer = load(folder)
    run = read_json(folder / "run.json")
    training = lambda: (p.text for p in corpus.passages(run["mixture"]) if p.split == "train")
    bench = Bench(model, tokenizer, 200, 0, training)
    card = {
        "corpus": corpus.digest(run["mixture"]), "mixture": run["mixture"],
        "command": flags(run, model.config.to_dict()), "torch": run["torch"],
        "python": platform.python_version(), "machine": args.machine, "cpu": args.cpu,
        "seconds": run["seconds"], "validation": compare(model, tokenizer, run["mixture"]),
        "probes": as_dict(probe(bench)),
    }  # fmt: skip
    write_json(folder / "card.json", card)
    write_samples(bench, ROOT / "docs" / "samples.md")
    text = readme(card, model.parameter_count()["合计"])
    (folder / "README.md").write_text(text, encoding="utf-8", newline="\n")
    print(json.dumps({name: row["bits_per_character"] for name, row in card["validation"].items()}))


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
