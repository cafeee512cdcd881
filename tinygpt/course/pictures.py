"""第 10 课的图与成绩：几张小图排在一起，切成块，块上盖着注意力；考卷怎样答、怎样打分；录下来的成绩。"""

import json
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
import torch
from torch import Tensor

from tinygpt.corpus import pictures
from tinygpt.corpus.pictures import Asked, Thing
from tinygpt.course import plots
from tinygpt.course.fonts import drawable
from tinygpt.course.widgets.attention import attention_through
from tinygpt.device import evaluation_mode
from tinygpt.tokenizer import CHAT
from tinygpt.variants.vision import PATCH, TEMPLATE, VisionGPT, answer, patches

BLOCKS = {  # 四角各占哪四块
    "左上角": [0, 1, 4, 5], "右上角": [2, 3, 6, 7], "左下角": [8, 9, 12, 13], "右下角": [10, 11, 14, 15],
}  # fmt: skip

NAMES = [*pictures.KINDS, "一样东西", "两样东西", "合计"]
EXAMS = {"见过的组合": "train", "没见过的组合": "place", "没见过的搭配": "pair"}

# ---- 考试 ----


def respond(model: VisionGPT, tokenizer, exam: list, blind: bool = False) -> list[str]:
    """一张考卷的回答；blind 时每张图都换成白纸。"""
    shown = torch.from_numpy(np.stack([asked.picture for asked in exam]))
    shown = torch.ones_like(shown) if blind else shown
    return answer(model, tokenizer, shown, [asked.question for asked in exam])


def marks(exam: list[Asked], said: list[str]) -> dict[str, float]:
    """{类: 一字不差的比例}；NAMES 里还有合计，以及图里是一样东西、两样东西的各多少。"""
    right = {name: [] for name in NAMES}
    for asked, words in zip(exam, said):
        for name in (asked.kind, "一样东西" if pictures.same(asked.things) else "两样东西", "合计"):
            right[name].append(asked.answer == words)
    return {name: sum(found) / len(found) for name, found in right.items()}


def two_ways(model: VisionGPT, tokenizer, kinds, count: int = 100, seed: int = 0) -> dict[str, float]:
    """图里一个图形，同一张图，问的话带不带颜色、带不带形状：{问法: 答对的比例}。kinds 是（形状，颜色）。"""
    rng, corners = np.random.default_rng([seed, 2**31]), list(pictures.CORNERS)
    things = [Thing(*pictures.pick(rng, kinds), pictures.pick(rng, corners)) for _ in range(count)]
    shown = torch.from_numpy(np.stack([pictures.draw((thing,), rng) for thing in things]))
    asked = {
        "它是什么形状？": [("它", thing.shape) for thing in things],
        "红色的是什么形状？": [(f"{thing.color}的", thing.shape) for thing in things],
        "它是什么颜色？": [("它", thing.color) for thing in things],
        "圆形是什么颜色？": [(thing.shape, thing.color) for thing in things],
    }
    found = {}
    for way, pairs in asked.items():
        said = answer(model, tokenizer, shown, [f"{name}是{way[-5:]}" for name, _ in pairs])
        found[way] = sum(words == f"{right}。" for words, (_, right) in zip(said, pairs)) / count
    return found


def mark_bars(series: dict[str, dict[str, float]], title: str):
    """几份成绩并排，一类一组。"""
    heights = {name: [found[kind] for kind in NAMES] for name, found in series.items()}
    _, ax = plots.panels(width=9.6, height=3.4)
    plots.bars(NAMES, heights, ax=ax, ylabel="一字不差的比例", title=title)
    ax.set_ylim(0, 1.35)
    return ax


@lru_cache
def results() -> dict[str, list[dict]]:
    """{做法: 每个种子的成绩}：tools/record_vision.py 录下的，docs/multimodal.md 里的表也出自它。"""
    text = Path(__file__).with_name("vision.json").read_text(encoding="utf-8")
    return json.loads(text)["runs"]


def totals(way: str, exam: str = "没见过的组合") -> np.ndarray:
    """一种做法各个种子的合计。"""
    return np.array([row["exams"][exam]["合计"] for row in results()[way]])


def result_bars():
    """四种做法的合计：柱是平均，竖线是各个种子的最小到最大。"""
    ways, exams = list(results()), list(EXAMS)
    means = {exam: [totals(way, exam).mean() for way in ways] for exam in exams}
    _, ax = plots.panels(width=7.6, height=3.4)
    plots.bars(ways, means, ax=ax, ylabel="一字不差的比例", title="几种做法的合计")
    for i, way in enumerate(ways):
        for j, exam in enumerate(exams):
            place, found = i + (j - 1) * 0.8 / 3, totals(way, exam)
            ax.vlines(place, found.min(), found.max(), color=plots.INK)
    ax.set_ylim(0, 1.35)
    return ax


# ---- 画 ----


def show(picture, ax, title: str = "") -> None:
    """画一张 (3, 高, 宽) 的图；像素不模糊。"""
    ax.imshow(np.asarray(picture).transpose(1, 2, 0).clip(0, 1), interpolation="nearest")
    ax.set_title(drawable(title).replace("，", "，\n"), fontsize=9, parse_math=False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)


def gallery(shown, titles, columns: int = 6, size: float = 1.7):
    """几张图排成几行，每张上面一句话；返回 (figure, axes)。"""
    rows = -(-len(shown) // columns)
    figure, axes = plots.panels(columns, rows, width=size, height=size + 0.35, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, picture, title in zip(axes.flat, shown, titles):
        ax.axis("on")
        show(picture, ax, title)
    plots.finish(axes.flat[0])
    return figure, axes


def answered(exam: list[Asked], said: list[str], each: int = 2):
    """每一类挑头 each 题：图、问题、它的回答；错的打叉。"""
    kinds = [[i for i, asked in enumerate(exam) if asked.kind == kind][:each] for kind in pictures.KINDS]
    chosen = [i for group in kinds for i in group]
    cross = lambda i: "" if said[i] == exam[i].answer else "✗ "
    titles = [f"{exam[i].question}\n{cross(i)}{said[i]}" for i in chosen]
    return gallery([exam[i].picture for i in chosen], titles)


def channels(picture):
    """一张图与它的三张表：红、绿、蓝，亮的是 1。"""
    figure, axes = plots.panels(columns=4, width=2.2, height=2.5)
    show(picture, axes[0], "合在一起")
    for ax, values, name in zip(axes[1:], picture, "红绿蓝"):
        ax.imshow(values, cmap="gray", vmin=0, vmax=1)
        ax.set_title(f"只看{name}", fontsize=9)
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
    plots.finish(axes[0])
    return figure


def cut_up(picture):
    """左边是画着块的线与次序的图，右边是拉平以后的一行一块。"""
    figure, (left, right) = plots.panels(columns=2, width=3.4, height=3.2)
    show(picture, left, "块的次序像读书")
    cut_lines(left, picture, numbers=True)
    flat = patches(torch.from_numpy(picture)[None])[0]
    right.imshow(1 - flat, cmap="Greys", aspect="auto", vmin=0, vmax=1)
    right.set(title="拉平以后（黑的是暗的）", xlabel="192 个数：红、绿、蓝各 64", ylabel="第几块")
    right.grid(False)
    plots.finish(right)
    return figure


def cut_lines(ax, picture, numbers: bool = False) -> None:
    """在图上画出块与块之间的线；numbers 时写出每一块是第几块（从 0 数）。"""
    side = np.asarray(picture).shape[-1]
    for edge in range(PATCH, side, PATCH):
        ax.axhline(edge - 0.5, color="#999999", linewidth=0.8)
        ax.axvline(edge - 0.5, color="#999999", linewidth=0.8)
    for i in range((side // PATCH) ** 2 if numbers else 0):
        y, x = divmod(i, side // PATCH)
        ax.text(x * PATCH + 0.2, y * PATCH + 1.6, str(i), fontsize=8, color="#666666")


# ---- 它在看哪里 ----


@torch.no_grad()
def attention_to_patches(
    model: VisionGPT, tokenizer, picture: np.ndarray, question: str
) -> tuple[list[int], Tensor]:
    """一张图一个问题 → （提示的编号，每层每头的权重 (n_layer, h, t, 16)）：每个 token 看每一块多少。"""
    ids = [CHAT, *tokenizer.encode(TEMPLATE.ask(question))]
    shown, text = torch.from_numpy(picture)[None], torch.tensor([ids])
    with evaluation_mode(model):
        x, mask = model.inputs(shown.to(model.device), text.to(model.device))
        maps, _ = attention_through(model.gpt.transformer, x, mask)
    return ids, maps[:, 0, :, model.n_patch :, : model.n_patch].cpu()


def look(model: VisionGPT, tokenizer, picture: np.ndarray, question: str) -> Tensor:
    """开口之前（提示的最后一个 token），每一层看各块的比例 (n_layer, 16)：各头平均，每层的和为 1。"""
    weights = attention_to_patches(model, tokenizer, picture, question)[1][:, :, -1].mean(dim=1)
    return weights / weights.sum(dim=-1, keepdim=True)


def show_attention(picture, weights, ax, title: str = "") -> None:
    """图上盖一层 16 块的注意力：看得越多，框越红，写出百分之几（不到 5 % 的不写）。"""
    show(1 - (1 - np.asarray(picture)) * 0.55, ax, title)
    cut_lines(ax, picture)
    weights, columns = np.asarray(weights, dtype=float), np.asarray(picture).shape[-1] // PATCH
    for i, weight in enumerate(weights):
        y, x = divmod(i, columns)
        strength = weight / max(weights.max(), 1e-9)
        ax.add_patch(matplotlib.patches.Rectangle(
            (x * PATCH - 0.1, y * PATCH - 0.1), PATCH - 0.8, PATCH - 0.8, fill=False,
            edgecolor=plots.COLORS[1], linewidth=2.5, alpha=float(strength)
        ))  # fmt: skip
        if weight >= 0.05:
            ax.text(x * PATCH + 3.5, y * PATCH + 3.6, f"{weight:.0%}", ha="center", va="center", fontsize=8.5)


def look_at(model: VisionGPT, tokenizer, exam: list[Asked]):
    """每道题一行两格：第 1 层、第 2 层开口之前在看哪里。"""
    layers = model.config.n_layer
    figure, axes = plots.panels(columns=layers * len(exam), width=1.95, height=2.6)
    for i, asked in enumerate(exam):
        weights = look(model, tokenizer, asked.picture, asked.question)
        for layer in range(layers):
            title = f"{asked.question}\n第 {layer + 1} 层"
            show_attention(asked.picture, weights[layer], axes[layers * i + layer], title)
    plots.finish(axes[0])
    return figure


def one_of_two(count: int, seed: int) -> list[Asked]:
    """count 道这样的题：四角里有两个不同的图形，问其中一个是什么颜色。"""
    rng, found = np.random.default_rng([seed, 2**31]), []
    while len(found) < count:
        asked = pictures.sample(rng, "place", kind="颜色")
        if not pictures.same(asked.things):
            found.append(asked)
    return found


def mine_and_other(asked: Asked) -> tuple[Thing, Thing]:
    """（问的那一个，另一个）。"""
    first, second = asked.things
    return (first, second) if first.shape in asked.question else (second, first)


def look_shares(model: VisionGPT, tokenizer, exam: list[Asked]) -> np.ndarray:
    """平均看（问的那一个，另一个）各占几成，每一层一行 (n_layer, 2)。"""
    found = []
    for asked in exam:
        weights = look(model, tokenizer, asked.picture, asked.question)
        found.append([weights[:, BLOCKS[thing.place]].sum(dim=-1).cpu() for thing in mine_and_other(asked)])
    return np.array(found).mean(axis=0).T


def erased(asked: Asked, thing: Thing) -> Asked:
    """同一道题，图里的 thing 擦成白纸。"""
    picture, (row, column) = asked.picture.copy(), pictures.CORNERS[thing.place]
    picture[:, row - 8 : row + 8, column - 8 : column + 8] = 1.0
    return Asked(picture, asked.kind, asked.question, asked.answer, asked.things)
