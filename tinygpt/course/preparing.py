"""第 03 课用的：Hugging Face 的 BPE，画 token 的格子，补齐与泄漏的两个实验，GPT-2 的词表切中文的记录。

切词、拼批、补齐怎样做，都在课文里；这里只有对照与画图。
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tokenizers
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from tokenizers import Regex, models, pre_tokenizers, trainers

from tinygpt import GPT, GPTConfig
from tinygpt.course import plots
from tinygpt.data import TokenDataset, prepare
from tinygpt.losses import IGNORE, cross_entropy_sum
from tinygpt.ngram import NGram
from tinygpt.text import Passage
from tinygpt.tokenizer import EOS, PAD

INPUT, LABEL, EMPTY = "#CCE3F0", "#F7DCC9", "#E0E0E0"
FOLDERS: list[TemporaryDirectory] = []  # 存编号的临时文件夹，程序结束才删
GPT2 = Path(__file__).with_name("gpt2_tokens.json")

# ---- Hugging Face 的 BPE ----


def hugging_face(texts: Sequence[str], pattern: str | None = None, vocab_size: int = 4096):
    """在 texts 上训练的 tokenizers.Tokenizer；pattern 是预切分的规则，None 不切。"""
    backend = tokenizers.Tokenizer(models.BPE())
    if pattern:
        backend.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, min_frequency=2, show_progress=False)
    backend.train_from_iterator(texts, trainer)
    return backend


def merges_of(backend) -> list[tuple[str, str]]:
    """它合并的次序。"""
    return [tuple(pair) for pair in json.loads(backend.to_str())["model"]["merges"]]


@lru_cache
def gpt2_counts() -> dict:
    """GPT-2 的分词器把几句话切成多少个 token：tools/count_gpt2.py 量的，连同来源。"""
    return json.loads(GPT2.read_text(encoding="utf-8"))


# ---- 画 token ----


def boxes(ax: Axes, words: Sequence[str], y: float, color: str, start: int = 0) -> None:
    """一行格子，一个 token 一格，从第 start 列起；<pad> 与 −100 是灰的。"""
    for i, word in enumerate(words, start):
        face = EMPTY if word in ("<pad>", "−100") else color
        ax.text(i, y, word, ha="center", va="center", bbox={"boxstyle": "round", "fc": face, "ec": "white"})


def tidy(ax: Axes, names: Sequence[str], width: int, title: str) -> Axes:
    """格子的坐标轴：只留每行的名字。"""
    ax.set(xlim=(-0.7, width - 0.4), ylim=(-0.5, len(names) - 0.4), xticks=[], title=title)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return plots.finish(ax)


def shifted_pairs(tokenizer, window: Sequence[int]) -> Axes:
    """一个窗口：上面一行是输入，下面一行是标签，箭头是“由它来预测”。"""
    inputs, labels = ([f"{tokenizer.token(i)}\n{i}" for i in part] for part in (window[:-1], window[1:]))
    _, ax = plots.panels(width=6.4, height=2.3)
    boxes(ax, inputs, 1, INPUT)
    boxes(ax, labels, 0, LABEL)
    for i in range(len(inputs)):
        ax.annotate("", (i, 0.28), (i, 0.72), arrowprops={"arrowstyle": "->", "color": plots.INK})
    return tidy(ax, ["标签", "输入"], len(inputs), "每个位置的标签，是后面的那一个 token")


def stream_windows(tokenizer, stream: Sequence[int], t: int) -> Axes:
    """长流一行，下面一行一个窗口：蓝的当输入，橙的只当标签，灰的凑不满一个窗口。"""
    words, starts = [f"{tokenizer.token(i)}\n{i}" for i in stream], range(0, len(stream) - t, t)
    names = ["长流", *(f"窗口 {n + 1}" for n in range(len(starts)))][::-1]
    _, ax = plots.panels(width=9.6, height=0.9 * len(names))
    boxes(ax, words[: starts[-1] + t + 1], len(starts), INPUT)
    boxes(ax, words[starts[-1] + t + 1 :], len(starts), EMPTY, starts[-1] + t + 1)
    for y, start in enumerate(reversed(starts)):
        boxes(ax, words[start : start + t], y, INPUT, start)
        boxes(ax, words[start + t : start + t + 1], y, LABEL, start + t)
    return tidy(ax, names, len(words), "前一个窗口的最后一个，是后一个窗口的第一个")


def padded_batch(tokenizer, ids: torch.Tensor, labels: torch.Tensor) -> None:
    """补齐的一批：左边输入，右边标签，补上的是灰的。"""
    special = {PAD: "<pad>", IGNORE: "−100"}
    _, axes = plots.panels(columns=2, width=4.7, height=2.0)
    for ax, table, title in zip(axes, (ids, labels), ("输入", "标签：灰的（−100）不计损失")):
        rows = [[special.get(i) or tokenizer.token(i) for i in row] for row in table.tolist()]
        for y, row in enumerate(reversed(rows)):
            boxes(ax, row, y, INPUT)
        names = [f"第 {n} 篇" for n in range(len(rows), 0, -1)]
        tidy(ax, names, ids.size(1), title)


def frequencies(counts: Sequence[int], title: str) -> Axes:
    """出现的次数由多到少，两轴都取对数；灰底是前 100 个，写着它们占多少；虚线是 10 次。"""
    _, ax = plots.panels(width=6.0)
    ax.axhline(10, color=plots.COLORS[6], linestyle=":")
    ax.text(1.2, 12, "10 次", color=plots.COLORS[6])
    ordered = sorted(counts, reverse=True)
    ax.axvspan(1, 100, color=plots.FAINT, alpha=0.5, linewidth=0)
    ax.text(1.2, 1.4, f"前 100 个占 {sum(ordered[:100]) / sum(ordered):.0%}")
    labels = {"xlabel": "排第几", "ylabel": "出现的次数", "title": title}
    return plots.lines(np.arange(1, len(ordered) + 1), {"次数": ordered}, ax=ax, log="xy", **labels)


def seam_bars(found: dict[str, list[float]], title: str) -> Axes:
    """{规则: [停在“是”，停在随便一处的各个种子]}：接缝对不上的句子占百分之几。"""
    groups = {"停在“是”": [row[:1] * 3 for row in found.values()],
              "停在随便一处": [row[1:] for row in found.values()]}  # fmt: skip
    _, ax = plots.panels(width=6.6)
    plots.seed_bars(list(found), groups, ax=ax, digits=1, ylabel="接缝对不上的句子（%）", title=title)
    ax.margins(y=0.25)
    ax.legend(ncols=2, loc="upper center")
    return ax


def gpt2_bars(ours: Sequence[int], title: str) -> Axes:
    """几句话各要多少个 token：附带的分词器与 GPT-2 的，横着画；GPT-2 的数的来源写在下面。"""
    texts, theirs = zip(*gpt2_counts()["counts"].items())
    _, ax = plots.panels(width=8.6, height=3.2)
    series = {"附带的，4,096 个": ours, "GPT-2 的，50,257 个": theirs}
    for i, (name, counts) in enumerate(series.items()):
        where = np.arange(len(texts)) + 0.4 * i - 0.2
        drawn = ax.barh(where, counts, 0.38, color=plots.COLORS[i], label=name)
        ax.bar_label(drawn, padding=3)
    ax.set_yticks(range(len(texts)), texts)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.set(xlabel=f"多少个 token\n橙色的来源：{gpt2_counts()['source']}", title=title)
    ax.xaxis.label.set_linespacing(1.6)
    ax.legend(title="词表", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return plots.finish(ax)


def padding_bars(runs: dict[str, list["PaddingRun"]], title: str) -> Axes:
    """{做法: 各个种子}：报告的损失与真 token 上的损失。"""
    names = ["报告出来的损失", "真 token 上的损失"]
    groups = {way: [[run.reported for run in seeds], [run.real for run in seeds]]
              for way, seeds in runs.items()}  # fmt: skip
    labels = {"ylabel": "每个 token（nat）", "title": title, "ylim": (0, 7.5)}
    return plots.seed_bars(names, groups, digits=1, **labels)


def leak_bars(found: dict[str, np.ndarray], title: str) -> None:
    """{划分: (种子, 3)}：左边是泄漏的片段，右边是两种损失：验证集的，没见过的文章的。"""
    figure, axes = plots.panels(columns=2, width=4.4, height=3.4)
    rows = np.stack(list(found.values()))
    ylabels = ("验证里见过的 8 个 token 的片段（%）", "三元模型的损失（nat）")
    losses = {"自己的验证集": rows[:, :, 1], "没见过的文章": rows[:, :, 2]}
    for ax, ylabel, groups in zip(axes, ylabels, ({"": rows[:, :, 0]}, losses)):
        plots.seed_bars(list(found), groups, ax=ax, digits=1, ylabel=ylabel)
    axes[1].set_ylim(0, 8.5)
    axes[1].legend(ncols=2, loc="upper center")
    figure.suptitle(title)
    plots.finish(axes[0])


# ---- 补齐算进损失 ----


@dataclass(frozen=True)
class PaddingRun:
    """一次训练：训练时怎样算就怎样报告的损失，只在真 token 上的损失，真的位置占多少。"""

    reported: float
    real: float
    share: float


def train_padded(
    pad_batch, rows: list[list[int]], vocab_size: int, count_pads: bool, seed: int
) -> PaddingRun:  # fmt: skip
    """一样的小模型训练 120 步，补齐算（count_pads）或不算进损失；前 128 行留着检查，也是 16 行一批。

    pad_batch 是课文里的函数：几行编号 → (输入, 标签, 真的位置)。
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    shape = {"context_length": 192, "n_layer": 1, "n_head": 2, "n_embd": 48, "dropout": 0.0}
    model = GPT(GPTConfig(vocab_size=vocab_size, **shape))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(120):
        ids, labels, real = pad_batch([rows[i] for i in random.integers(128, len(rows), 16)])
        labels = labels.masked_fill(~real, PAD) if count_pads else labels
        loss = cross_entropy_sum(model(ids), labels) / (labels != IGNORE).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    losses, reals = [], []
    for places in random.permutation(128).reshape(8, 16):
        ids, labels, real = pad_batch([rows[i] for i in places])
        with torch.no_grad():
            each = F.cross_entropy(model(ids).mT, labels.masked_fill(~real, PAD), reduction="none")
        losses.append(each.flatten())
        reals.append(real.flatten())
    every, real = torch.cat(losses), torch.cat(reals)
    on_real = every[real].mean().item()
    return PaddingRun(every.mean().item() if count_pads else on_real, on_real, real.float().mean().item())


def wasted(lengths: np.ndarray, order: np.ndarray, batch: int = 16) -> float:
    """照这个次序每 batch 行一批、补到最长，百分之几的位置是补上的。"""
    groups = [lengths[order[i : i + batch]] for i in range(0, len(order), batch)]
    return 100 * (1 - lengths.sum() / sum(group.max() * len(group) for group in groups))


# ---- 泄漏 ----


def leak(items: list[list[int]], seed: int, unseen: list[list[int]], n: int = 8) -> tuple[float, ...]:
    """随机分出一成作验证 → 验证里 n 个 token 的片段，百分之几在训练里原样有；三元模型的验证损失；
    同一个模型在没见过的文章 unseen 上的损失。"""
    order = np.random.default_rng(seed).permutation(len(items))
    cut = len(items) // 10
    validation, train = ([items[i] for i in part] for part in (order[:cut], order[cut:]))
    grams = lambda ids: [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]
    seen = {gram for ids in train for gram in grams(ids)}
    found = 100 * np.mean([gram in seen for ids in validation for gram in grams(ids)])
    model = NGram(3, 4096, EOS).fit(train)
    return float(found), model.loss(validation[:60]), model.loss(unseen)


# ---- 存进硬盘 ----


def stored(articles, tokenizer) -> TokenDataset:
    """小百科编好号、按文档自带的划分，存进一个临时的文件夹（程序结束才删）。"""
    folder = TemporaryDirectory(ignore_cleanup_errors=True)
    FOLDERS.append(folder)
    passages = [Passage(d.text, d.title, split=d.split) for d in articles]
    options = {"key": "第 03 课", "vocab_size": tokenizer.vocab_size, "eos": EOS, "folder": Path(folder.name)}
    return prepare(passages, tokenizer.encode_batch, **options)
