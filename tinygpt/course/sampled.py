"""第 07、08 课的图与对照：写出的字按概率上色；真的文字有多少重复、多少变化；写多少个 token 要多久。"""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyBboxPatch

from tinygpt.course import plots, reading
from tinygpt.course.widgets.attention import token_labels
from tinygpt.ngram import NGram
from tinygpt.sampling import Sampling, generate
from tinygpt.tokenizer import EOS

LINE = 44  # 一行大约画多少个字
PROMPTS = {
    "小世界": ["机器学习是", "监督学习是", "太阳是", "春节是"],
    "小故事": ["今天早上，", "放学以后，", "小猫看见小狗，", "星期天，小明"],
}

# ---- 写出的字，按概率上色 ----


def traced(
    model, tokenizer, prompt: str, sampling: Sampling, most: int = 60, seed: int = 0
) -> list[tuple[int, float]]:
    """接着 prompt 写：[(编号, 模型给它的概率)]，写到 <eos> 或 most 个；概率是没有拨过的（温度 1）。"""
    found = []

    def observe(logits, tokens):
        p = logits[0].float().softmax(dim=-1)
        found.append((int(tokens[0]), float(p[tokens[0]])))

    for _ in generate(model, [tokenizer.encode(prompt)], most, sampling, seed, tokenizer.eos, observe):
        pass
    return found


def shaded(tokenizer, rows: dict[str, Sequence[tuple[int, float]]], title: str) -> Axes:
    """每一行是一次写出的 token，一个一块，模型越有把握颜色越深；rows 是 {行的名字: traced 的结果}。"""
    lines = [(name if i == 0 else "", line) for name, tokens in rows.items()
             for i, line in enumerate(_broken(tokenizer, tokens))]  # fmt: skip
    _, ax = plots.panels(width=9.4, height=0.6 + 0.36 * len(lines))
    blue = to_rgb(plots.COLORS[0])
    for y, (name, line) in enumerate(lines):
        ax.text(-0.5, y, name, ha="right", va="center")
        x = 0.0
        for label, wide, p in line:
            face = tuple(1 + (0.08 + 0.62 * p) * (c - 1) for c in blue)
            style = {"boxstyle": "round,pad=0,rounding_size=0.2", "edgecolor": "#9AA4AD"}
            ax.add_patch(FancyBboxPatch((x, y - 0.38), wide, 0.76, facecolor=face, **style))
            color = "white" if p > 0.85 else plots.INK
            ax.text(x + wide / 2, y, label, ha="center", va="center", fontsize=9.5, color=color)
            x += wide + 0.15
    ax.set(xlim=(-7, LINE + 4), ylim=(len(lines) - 0.4, -0.7), title=title)
    ax.axis("off")
    return plots.finish(ax)


def _broken(tokenizer, tokens) -> list[list[tuple[str, float, float]]]:
    """[(编号, 概率)] → 一行一行的（字，宽度，概率）。"""
    lines, used = [[]], 0.0
    for (_, p), label in zip(tokens, token_labels(tokenizer, [id for id, _ in tokens])):
        wide = 0.5 + sum(1.0 if ord(c) > 0x2E7F else 0.6 for c in label)
        if used + wide > LINE:
            lines.append([])
            used = 0.0
        lines[-1].append((label, wide, p))
        used += wide + 0.15
    return lines


# ---- 真的文字作对照 ----


def real(tokenizer, source: str, rows: int, length: int, first: int = 0) -> list[list[int]]:
    """一个来源的验证文字，接成一条长流（篇末是 <eos>），从第 first 段起取 rows 段，每段 length 个 token。"""
    texts = reading.texts(source, "validation")
    stream = [id for row in tokenizer.encode_batch(texts, eos=True) for id in row]
    cut = [stream[i : i + length] for i in range(0, len(stream) - length, length)]
    return cut[first : first + rows]


def openings(tokenizer, source: str, rows: int, length: int, first: int = 0, skip=4) -> list[list[int]]:
    """验证文字里，开头之后的几段：每段从一篇的第 skip 个 token 起，取 length 个，一篇完了就接着下一篇。

    模型照着开头、不许停地写，写的就是这样的一段；各段没有重叠，从第 first 段起取 rows 段。
    """
    stream, starts, free = [], [], 0
    for row in tokenizer.encode_batch(reading.texts(source, "validation"), eos=True):
        if len(stream) >= free:
            starts.append(len(stream) + skip)
            free = starts[-1] + length
        stream += row
    whole = [start for start in starts if start + length <= len(stream)]
    return [stream[start : start + length] for start in whole[first : first + rows]]


@lru_cache
def judge(tokenizer, source: str) -> NGram:
    """读过一个来源的三元模型：给写出的字打分，损失越低，越像这个来源。"""
    return NGram(3, tokenizer.vocab_size, EOS).fit(tokenizer.encode_batch(reading.texts(source), eos=True))


def bands(x, measured: dict, real: dict, titles: Sequence[str], title: str) -> None:
    """一个量一格，一个来源一条线：measured 是 {来源: (x, 种子, 量)}，带子是各种子的范围。

    real 是 {来源: (段, 量)}：真的文字，平均画成虚线。
    """
    figure, axes = plots.panels(columns=len(titles), width=4.6, height=3.6)
    figure.suptitle(title)
    for i, (ax, name) in enumerate(zip(axes, titles)):
        band = {source: (m[..., i].amin(1), m[..., i].amax(1)) for source, m in measured.items()}
        means = {source: m[..., i].mean(1) for source, m in measured.items()}
        plots.lines(x, means, ax=ax, band=band, xlabel="温度", title=name)
        for (source, m), color in zip(real.items(), plots.COLORS):
            ax.axhline(m[:, i].mean(), linestyle=":", color=color)


def tell(source: str, x: Sequence[float], measured: torch.Tensor, real: torch.Tensor) -> None:
    """印出 bands 画的数：每个量的平均（最小–最大），一档温度一行，最后一行是真的文字。"""
    for name, rows in (*zip([f"温度 {value}" for value in x], measured), ("真的文字", real)):
        different, loss = (f"{m.mean():.2f}（{m.min():.2f}–{m.max():.2f}）" for m in rows.T)
        print(f"{source}，{name}：不相同的 {different}　损失 {loss}")


# ---- 时间 ----


def pause(seconds: float) -> None:
    """停一停，好让人看清一边写一边显示。"""
    time.sleep(seconds)


def seconds(action: Callable, *inputs, repeats: int = 3) -> float:
    """算一遍 action(*inputs) 要多少秒：先算一遍热身，再算 repeats 遍，取最快的。"""
    action(*inputs)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action(*inputs)
        times.append(time.perf_counter() - start)
    return min(times)


def candidates(tokenizer, p: torch.Tensor, k: int = 6) -> list[tuple[str, float]]:
    """一个分布 (v,) 里概率最大的 k 个：[(字, 概率)]。"""
    values, best = p.topk(k)
    return list(zip(token_labels(tokenizer, best.tolist()), values.tolist()))
