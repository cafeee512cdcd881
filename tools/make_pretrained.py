"""由一次训练做出随包附带的检查点与它的说明。

    tinygpt train --out runs/release --steps 1800 --eval-interval 100
    python tools/make_pretrained.py runs/release --name mini

做四件事：权重存成 fp16；在验证文档上评估；在同样的 token 上训练并评估插值 Kneser–Ney 5 元模型；
用事先定好的 40 个提示各写一次（温度 0.7，种子就是提示的序号，写出来是什么就记什么），写成 docs/samples.md。
数字存进 card.json，说明写进同一个文件夹的 README.md。
"""

import argparse
import dataclasses
import json
import math
import platform
import shutil
from pathlib import Path

import torch

from tinygpt import Sampling, TrainConfig, complete, corpus, load
from tinygpt.checkpoint import load_tensors, read_json, save_tensors, write_json
from tinygpt.commands.evaluate import evaluate_text
from tinygpt.ngram import NGram
from tinygpt.tokenizer import EOS

ROOT = Path(__file__).resolve().parent.parent
PROMPTS = [
    "机器学习是", "人工智能是", "深度学习", "监督学习是", "无监督学习",
    "强化学习", "过拟合是", "训练数据", "损失函数", "梯度下降",
    "学习率", "神经网络", "反向传播", "语言模型", "注意力", "词元", "GPT 是", "预训练", "验证集", "决策树",
    "概率", "平均数", "函数", "质数", "二进制", "计算机", "算法是", "程序", "互联网", "数据库",
    "太阳", "水", "月亮", "蜜蜂", "森林", "春节", "茶", "汉字", "老师说", "从前",
]  # fmt: skip


def export(run: Path, folder: Path) -> None:
    """fp32 → fp16，其余文件照抄。"""
    folder.mkdir(parents=True, exist_ok=True)
    tensors, state = load_tensors(run / "model.safetensors")
    halves = {name: tensor.half() for name, tensor in tensors.items()}
    save_tensors(folder / "model.safetensors", halves, state)
    for name in ("config.json", "tokenizer.json", "run.json"):
        shutil.copy(run / name, folder / name)


def parts() -> dict[str, list]:
    """验证文档，分成小百科与小世界。"""
    held_out = [p for p in corpus.passages() if p.split == "validation"]
    world = [p for p in held_out if p.source.startswith("小世界")]
    encyclopedia = [p for p in held_out if not p.source.startswith("小世界")]
    return {"小百科": encyclopedia, "小世界": world, "合计": held_out}


def compare(model, tokenizer, world_characters: int | None) -> dict:
    """GPT 与 5 元模型在每一部分上的每字符比特。"""
    texts = [p.text for p in corpus.passages(world_characters) if p.split == "train"]
    train = tokenizer.encode_batch(texts, eos=True)
    ngram = NGram(5, tokenizer.vocab_size, EOS).fit(train)
    rows = {}
    for name, passages in parts().items():
        row = evaluate_text(model, tokenizer, passages)
        ids = tokenizer.encode_batch([p.text for p in passages], eos=True)
        row["ngram_bits_per_character"] = ngram.loss(ids) * row["tokens"] / math.log(2) / row["characters"]
        row["better_by"] = 1 - row["bits_per_character"] / row["ngram_bits_per_character"]
        rows[name] = row
    return rows


def has_loop(ids: list[int]) -> bool:
    """同一个 4-gram 紧接着又出现一次，就是在打转。"""
    return any(ids[i : i + 4] == ids[i + 4 : i + 8] for i in range(len(ids) - 7))


def sample(model, tokenizer) -> list[dict]:
    rows = []
    sampling = Sampling(temperature=0.7)
    for seed, prompt in enumerate(PROMPTS):
        text = complete(model, tokenizer, prompt, max_new_tokens=120, sampling=sampling, seed=seed)
        ids = tokenizer.encode(text)
        ended = len(ids) < 119 or text.rstrip().endswith(("。", "！", "？", "”"))
        stops = any(mark in text for mark in "。！？")
        rows.append({
            "prompt": prompt, "seed": seed, "text": text, "ended_by_eos": len(ids) < 119,
            "full_stop": stops, "ends_cleanly": ended, "loop": has_loop(ids),
        })  # fmt: skip
    return rows


def write_samples(rows: list[dict], path: Path, ok: int) -> None:
    lines = [
        "# 40 个提示的续写", "",
        "提示事先定好（`tools/make_pretrained.py`），温度 0.7，种子为序号，"
        "最多 120 个 token，每个提示只写一次，没有挑选。",
        f"在 120 个 token 之内写出 `<eos>` 或句号、并且没有 4-gram 打转的：{ok}/40。", "",
    ]  # fmt: skip
    for row in rows:
        note = "以 <eos> 结束" if row["ended_by_eos"] else "写满 120 个 token"
        note += "，打转" if row["loop"] else ""
        lines += [f"**{row['prompt']}**{row['text'].replace(chr(10), '⏎')}", "", f"（{note}）", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def write_readme(card: dict, samples: list[dict], parameters: int, path: Path) -> None:
    """模型说明：数据、命令、时间、损失、比特、几个样本、已知的弱点。"""
    table = [
        f"| {name} | {row['loss']:.3f} | {row['perplexity']:.1f} | {row['bits_per_character']:.3f} "
        f"| {row['ngram_bits_per_character']:.3f} | {row['better_by']:.1%} |"
        for name, row in card["validation"].items()
    ]
    first = [f"> **{row['prompt']}**{row['text'].replace(chr(10), '⏎')}" for row in samples[:3]]
    lines = [
        "# mini：文章的模型", "",
        f"2 层解码器，256 维，4 个头，上下文 256，词表 4096，共 {parameters:,} 个参数；"
        "权重存成 fp16。许可：CC BY 4.0。", "",
        "- 数据：附带的全部文字（小百科与小世界，见 docs/corpus.md），训练部分；验证文档从不参加训练。",
        f"- 命令：`{card['command']}`，"
        "再用 `python tools/make_pretrained.py runs/release --name mini` 存成这里的样子。",
        f"- 时间：{card['seconds']:.0f} 秒，{card['machine']}（同时还有别的程序在跑），"
        f"torch {card['torch']}。", "",
        "在验证文档上（损失的单位是 nat/token；"
        "最后两列是同样的 token 上训练的插值 Kneser–Ney 5 元模型，以及比它好多少）：", "",
        "| | 损失 | 困惑度 | 每字符比特 | 5 元模型 | 好多少 |", "|---|---|---|---|---|---|", *table, "",
        f"40 个事先定好的提示里，{card['samples_ok']} 个在 120 个 token 之内写出 `<eos>` 或句号、没有打转，"
        "全文见 docs/samples.md。前三个，照原样：", "",
        "\n>\n".join(first), "", *WEAKNESSES,
    ]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")


WEAKNESSES = [
    "## 已知的弱点", "",
    "- 句子大多通顺，事实常常张冠李戴：定义接到了别的概念上，年份少一位，英文名拼错。不要拿它当百科。",
    "- 一段话写着写着会换话题；对话、诗、故事写得比定义差得多，因为这些体裁的文字少。",
    "- 没有见过的话题（不在两份语料里的）只会写出语料里的套话。",
    "- 只会中文；没有安全方面的训练，也没有指令微调。", "",
]  # fmt: skip


def command(run: dict) -> str:
    """再训练一次用的命令：与默认值不同的参数。"""
    flags = {"world-characters": run["world_characters"]}
    default = dataclasses.asdict(TrainConfig())
    changed = {name: value for name, value in run["train"].items() if value != default[name]}
    flags |= {name.replace("_", "-"): value for name, value in changed.items() if value is not None}
    words = [f"--{name} {value}" for name, value in flags.items() if value is not None]
    return " ".join(["tinygpt train --out runs/release", *words])


def main() -> None:
    style = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=style)
    parser.add_argument("run", type=Path)
    parser.add_argument("--name", default="mini")
    args = parser.parse_args()
    folder = ROOT / "tinygpt" / "pretrained" / args.name
    export(args.run, folder)
    model, tokenizer = load(folder)
    run = read_json(folder / "run.json")
    rows, samples = compare(model, tokenizer, run["world_characters"]), sample(model, tokenizer)
    ok = sum((row["ended_by_eos"] or row["full_stop"]) and not row["loop"] for row in samples)
    card = {
        "corpus": corpus.digest(run["world_characters"]), "world_characters": run["world_characters"],
        "validation": rows, "samples_ok": ok, "command": command(run),
        "torch": torch.__version__, "python": platform.python_version(),
        "machine": "2 核 x86-64 CPU（AMX、avx512_bf16）", "seconds": run["seconds"],
    }  # fmt: skip
    write_json(folder / "card.json", card)
    write_samples(samples, ROOT / "docs" / "samples.md", ok)
    write_readme(card, samples, model.parameter_count()["合计"], folder / "README.md")
    print(json.dumps(card, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
