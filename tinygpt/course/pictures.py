"""第 10 课的图：几张小图排在一起，切成块，块上盖着注意力；以及录下来的成绩。"""

import json
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
import torch
from torch import Tensor

from tinygpt.course import plots
from tinygpt.course.fonts import drawable
from tinygpt.course.widgets.attention import attention_through
from tinygpt.device import evaluation_mode
from tinygpt.tokenizer import CHAT
from tinygpt.variants.vision import PATCH, TEMPLATE, VisionGPT


@lru_cache
def results() -> dict:
    """tools/record_vision.py 录下的成绩，docs/multimodal.md 里的表也出自它。"""
    return json.loads(Path(__file__).with_name("vision.json").read_text(encoding="utf-8"))


@torch.no_grad()
def attention_to_patches(
    model: VisionGPT, tokenizer, picture: np.ndarray, question: str
) -> tuple[list[int], Tensor]:
    """一张图一个问题 → （提示的编号，每层每头的权重 (n_layer, h, t, 16)）：每个 token 看每一块多少。"""
    ids = [CHAT, *tokenizer.encode(TEMPLATE.ask(question))]
    pictures, text = torch.from_numpy(picture)[None], torch.tensor([ids])
    with evaluation_mode(model):
        x, mask = model.inputs(pictures.to(model.device), text.to(model.device))
        maps, _ = attention_through(model.gpt.transformer, x, mask)
    return ids, maps[:, 0, :, model.n_patch :, : model.n_patch].cpu()


def show(picture, ax, title: str = "") -> None:
    """画一张 (3, 高, 宽) 的图；像素不模糊。"""
    ax.imshow(np.asarray(picture).transpose(1, 2, 0).clip(0, 1), interpolation="nearest")
    ax.set_title(drawable(title).replace("，", "，\n"), fontsize=9, parse_math=False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)


def gallery(pictures, titles, columns: int = 6, size: float = 1.7):
    """几张图排成几行，每张上面一句话；返回 (figure, axes)。"""
    rows = -(-len(pictures) // columns)
    figure, axes = plots.panels(columns, rows, width=size, height=size + 0.35, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, picture, title in zip(axes.flat, pictures, titles):
        ax.axis("on")
        show(picture, ax, title)
    plots.finish(axes.flat[0])
    return figure, axes


def cut_lines(ax, picture, numbers: bool = False) -> None:
    """在图上画出块与块之间的线；numbers 时写出每一块是第几块（从 0 数）。"""
    side = np.asarray(picture).shape[-1]
    for edge in range(PATCH, side, PATCH):
        ax.axhline(edge - 0.5, color="#999999", linewidth=0.8)
        ax.axvline(edge - 0.5, color="#999999", linewidth=0.8)
    for i in range((side // PATCH) ** 2 if numbers else 0):
        y, x = divmod(i, side // PATCH)
        ax.text(x * PATCH + 0.2, y * PATCH + 1.6, str(i), fontsize=8, color="#666666")


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
