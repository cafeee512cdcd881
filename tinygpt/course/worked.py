"""第 08 课用的：记下模型算的每一步，把它们画出来；照文章的次序训练一个同样形状的模型。

手算的步骤都在课文里，这里没有：这里只有对照用的答案、画图，与训练。
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

import tinygpt
from tinygpt import GPT, Tokenizer, TrainConfig, Trainer, load
from tinygpt.config import GPTConfig
from tinygpt.course import plots, reading
from tinygpt.course.sampled import candidates
from tinygpt.data import RandomWindows
from tinygpt.ngram import NGram
from tinygpt.tokenizer import EOS
from tinygpt.trainer import seed_everything

RECIPE = TrainConfig(
    steps=100, batch_size=8, learning_rate=3e-3, warmup_steps=10, weight_decay=0.1, eval_interval=1000,
    precision="fp32",
)  # fmt: skip

PROMPTS = {
    "小世界": ["机器学习是", "太阳是", "春节是", "什么是猫", "监督学习", "水的特点是"],
    "小故事": ["星期天，小明", "从前有一只", "小猫看见小狗，", "放学以后，", "今天早上，", "王师傅第一次"],
}
HALVES = ["第 1 层注意力", "第 1 层前馈网络", "第 2 层注意力", "第 2 层前馈网络"]
STATIONS = ["$h_0$", "第 1 层\n注意力之后", "$h_1$", "第 2 层\n注意力之后", "$h_2$"]

# ---- 答案 ----


def captured(model: GPT, ids: list[int]) -> dict[str, Tensor]:
    """让模型照常跑一遍，用钩子记下每个模块的输出；名字前面带“进 ”的是输入。批只有一条，去掉这个轴。"""
    seen = {}

    def keep(name):
        def hook(module, inputs, output):
            seen[name], seen["进 " + name] = (x.reshape(-1, x.size(-1)) for x in (output, inputs[0]))

        return hook

    hooks = [module.register_forward_hook(keep(name)) for name, module in model.named_modules()]
    model(torch.tensor([ids]))
    for hook in hooks:
        hook.remove()
    return seen


def operations(action: Callable, *inputs) -> int:
    """PyTorch 的计数器：算一遍 action(*inputs)，乘与加各算一次，一共多少次。"""
    with FlopCounterMode(display=False) as counter:
        action(*inputs)
    return counter.get_total_flops()


def every_pair(followed: Callable, tokenizer: Tokenizer, words: Sequence[str]) -> Tensor:
    """“词 + 是”两两互换：followed(编号, 换上的编号, 第几站, 位置) 的结果 (对, 2 个位置, 5 站)。"""
    asked = [tokenizer.encode(word + "是") for word in words]
    pairs = [(ids, donor) for ids in asked for donor in asked if ids != donor]
    return torch.tensor([[[followed(*pair, station, place) for station in range(5)] for place in (0, 1)]
                         for pair in pairs])  # fmt: skip


def only(p: Tensor, starts: dict[str, Tensor]) -> dict[str, float]:
    """一个分布 (v,) 里，只当过一种文字的开头的 token，概率一共多少；starts 是 {来源: 各占多少篇 (v,)}。"""
    seen = torch.stack([start > 0 for start in starts.values()])
    alone = seen & (seen.sum(dim=0) == 1)
    return {source: round(float(p[mask].sum()), 2) for source, mask in zip(starts, alone)}


def entropy_of(logits: Tensor) -> list[float]:
    """每一行 logits (t, v) 的分布有多不确定：t 个熵（nat）。"""
    log_p = logits.log_softmax(dim=-1)
    return (-(log_p.exp() * log_p).sum(dim=-1)).tolist()


def written_table(tokenizer: Tokenizer, chosen: Sequence[int], logits: Tensor) -> list[float]:
    """贪心写下的每一步印一行：编号、token、概率、熵、没有选上的两个；返回第一名的分比第二名高多少。"""
    gaps = [float(row.max() - row.topk(2).values[1]) for row in logits]
    for id, row, entropy, gap in zip(chosen, logits, entropy_of(logits), gaps):
        (token, p), *rest = candidates(tokenizer, row.softmax(dim=-1), 3)
        others = "　".join(f"{other} {q:.4f}" for other, q in rest)
        print(f"{id:4d}　{token:　<4}　p {p:.4f}　熵 {entropy:.4f}　其次：{others}　差 {gap:.3f}")
    return gaps


# ---- 画 ----


def strips(labels: Sequence[str], matrices: dict[str, Tensor], shown: int = 64) -> None:
    """几个矩阵并排，一行一条色带，画每行的前 shown 个数；颜色的尺度相同。"""
    _, axes = plots.panels(columns=len(matrices), width=3.4, height=1.7)
    for ax, (name, matrix) in zip(axes, matrices.items()):
        part = matrix[:, :shown]
        ax.imshow(part, cmap="RdBu", vmin=-0.25, vmax=0.25, aspect="auto", interpolation="nearest")
        ax.set_yticks(range(len(labels)), labels if ax is axes[0] else [""] * len(labels))
        ax.set(title=name, xlabel="第几个数")
        ax.grid(False)
        plots.finish(ax)


def head_maps(weights: Tensor, labels: Sequence[str], layer: int) -> None:
    """一层的各个头 (h, t, t)，一个头一张热图。"""
    _, axes = plots.panels(columns=len(weights), width=2.7, height=2.4)
    for i, ax in enumerate(axes):
        rows = labels if i == 0 else None
        plots.heatmap(weights[i], rows, labels, ax=ax, title=f"第 {layer} 层，第 {i + 1} 个头")


def lengths(labels: Sequence[str], series: dict[str, Tensor], title: str) -> Axes:
    """几个向量组 (t, c) 的长度，每个 token 一组柱子。"""
    found = {name: x.norm(dim=-1) for name, x in series.items()}
    ax = plots.bars(labels, found, ylabel="向量的长度", title=title)
    ax.margins(y=0.3)
    ax.legend(ncols=4, loc="upper center", fontsize=9)
    return ax


def histograms(labels: Sequence[str], matrices: dict[str, Tensor]) -> None:
    """每个矩阵一格：各行的数落在哪里，一行一条线。"""
    _, axes = plots.panels(columns=len(matrices), width=4.2, height=2.9, sharey=True)
    for ax, (title, matrix) in zip(axes, matrices.items()):
        for row, label, color in zip(matrix, labels, plots.COLORS):
            ax.hist(row, bins=60, range=(-4, 4), histtype="step", color=color, label=label)
        ax.set(title=title, xlabel=f"{matrix.size(1)} 个数的值", yscale="log")
    axes[0].set_ylabel("个数（对数）")
    axes[0].legend()
    plots.finish(axes[0])


def entropies(rows: dict[str, Sequence[float]], read: set[str]) -> None:
    """每个提示一条线：写每一步时的熵。左边是读过的提示，右边是没有读过的；标题是第 3 步以后的平均。"""
    _, axes = plots.panels(columns=2, width=4.9, height=3.4, sharey=True, sharex=True)
    groups = {"读过的开头": [name for name in rows if name in read],
              "没有读过的开头": [name for name in rows if name not in read]}  # fmt: skip
    for ax, (title, names) in zip(axes, groups.items()):
        for i, name in enumerate(names):
            steps = range(1, len(rows[name]) + 1)
            ax.plot(steps, rows[name], plots.LINESTYLES[i], color=plots.COLORS[i], marker="o", label=name)
        later = [value for name in names for value in rows[name][2:]]
        ax.set(xlabel="写第几个 token", title=f"{title}：第 3 步以后平均 {sum(later) / len(later):.2f}")
        ax.legend()
    axes[0].set_ylabel("熵（nat）")
    plots.finish(axes[0])


def patch_map(moves: Tensor, title: str) -> Axes:
    """换向量的结果 (对, 2, 站)：每格写着平均，括号里是各对的范围。"""
    mean, low, high = moves.mean(dim=0), moves.amin(dim=0), moves.amax(dim=0)
    _, ax = plots.panels(width=7.6, height=2.4)
    plots.heatmap(mean, ["换词的位置", "换“是”的位置"], STATIONS, ax=ax, title=title)
    for text, value, a, b in zip(ax.texts, mean.flatten(), low.flatten(), high.flatten()):
        text.set_text(f"{value:.2f}\n（{a:.2f}–{b:.2f}）".replace("-", "−"))
    return plots.finish(ax)


def eos_bars(prompts: Sequence[str], found: Sequence[tuple[float, ...]], title: str) -> Axes:
    """每个提示三根柱子：不带 <eos> 离自己的一种，带 <eos> 离自己的一种、离另一种。"""
    names = ["不带 <eos>，离自己的一种", "带 <eos>，离自己的一种", "带 <eos>，离另一种"]
    _, ax = plots.panels(width=8.5, height=3.4)
    labels = {"ylabel": "离“开头的分布”多远（KL）", "title": title}
    return plots.bars(prompts, dict(zip(names, zip(*found))), ax=ax, digits=1, **labels)


# ---- 照文章的次序训练 ----


def trained(tokenizer: Tokenizer, norm: str, seed: int = 0, config: TrainConfig = RECIPE) -> GPT:
    """文章的形状（2 层、256 维、4 个头），归一化的位置由 norm 定，在小世界说到机器学习的各篇上训练几秒钟。"""
    stream = np.concatenate(tokenizer.encode_batch(about("train"), eos=True))
    seed_everything(seed)
    model = GPT(GPTConfig(norm=norm, vocab_size=tokenizer.vocab_size, context_length=64, dropout=0.0))
    config = replace(config, seed=seed)
    with torch.enable_grad():
        Trainer(model, RandomWindows(stream, 64, config.batch_size, seed), None, config).run()
    return model.eval()


def mean_loss(logits_of: Callable[[list[int]], Tensor], rows: Sequence[list[int]]) -> float:
    """几篇文字，每个 token 的平均损失（nat）；logits_of 由编号算出每个位置的 logits (t, v)。"""
    losses = [F.cross_entropy(logits_of(row[:-1]), torch.tensor(row[1:]), reduction="sum") for row in rows]
    return float(sum(losses)) / sum(len(row) - 1 for row in rows)


def by_frequency(tokenizer: Tokenizer) -> Callable[[list[int]], Tensor]:
    """不看前文的一元模型，数过 trained 读的那些篇：编号 → 每个位置的 logits (t, v)，处处相同。"""
    counted = NGram(1, tokenizer.vocab_size, EOS).fit(tokenizer.encode_batch(about("train"), eos=True))
    logits = torch.tensor(counted.distribution([])).log()
    return lambda ids: logits.expand(len(ids), -1)


def held_out(tokenizer: Tokenizer) -> list[list[int]]:
    """没有拿来训练的小世界的文字里，说到机器学习的各篇，每篇至多 64 个 token。"""
    return [row[:64] for row in tokenizer.encode_batch(about("validation"), eos=True)]


def about(split: str, word: str = "机器学习") -> list[str]:
    """小世界里说到这个词的各篇。"""
    return [text for text in reading.texts("小世界", split) if word in text]


def line_up(tokenizer: Tokenizer, models: dict[str, GPT]) -> list[tuple[str, GPT, Tokenizer]]:
    """[(名字, 模型, 分词器)]：没有训练的，models，最后是你用 start.py 训练的（有的话）。"""
    seed_everything(0)
    blank = GPT(GPTConfig(vocab_size=tokenizer.vocab_size, context_length=64, dropout=0.0)).eval()
    own = Path(tinygpt.__file__).parents[1] / "runs" / "mini"
    whole = all((own / name).is_file() for name in ("model.safetensors", "config.json", "tokenizer.json"))
    known = [(name, model, tokenizer) for name, model in {"没有训练": blank, **models}.items()]
    return known + ([("你用 start.py 训练的", *load(own))] if whole else [])
