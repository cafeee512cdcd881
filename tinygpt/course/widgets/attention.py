"""注意力浏览器：在一个真的模型上挑层、挑头、挑查询，看它的权重落在哪些 token 上。

权重由模型自己的零件一层一层算出来，没有另写一份前向计算；算到最后的 h_L 与 model.hidden 相同（有测试）。
"""

from functools import lru_cache

import matplotlib
import numpy as np
import torch
from einops import rearrange
from matplotlib.figure import Figure
from torch import Tensor

from tinygpt.course import plots
from tinygpt.course.fonts import characters, chinese_font
from tinygpt.course.widgets.playground import Playground, choice, slider, typed
from tinygpt.device import evaluation_mode
from tinygpt.errors import InputError
from tinygpt.layers import CAUSAL, AnyMask, PostNormBlock, attention_weights

MOST_TOKENS = 32  # 再多，图上的字就看不清了
WHITE_TO_BLUE = matplotlib.colors.LinearSegmentedColormap.from_list(
    "attention", ["#FFFFFF", plots.COLORS[0]]
).with_extremes(bad="#E6E6E6")
STAND_INS = {"\n": "⏎", " ": "␣", "\t": "⇥"}


def attention_maps(model, ids: Tensor) -> tuple[Tensor, Tensor]:
    """一条输入 ids (t,) → （每层每头的权重 (n_layer, h, t, t)，最后的 h_L (t, c)）。dropout 关着。"""
    with torch.no_grad(), evaluation_mode(model):
        x = model.token_embedding(ids[None]) + model.position_embedding.weight[: len(ids)]
        maps, hidden = attention_through(model.transformer, x, CAUSAL)
        return maps[:, 0], hidden[0]


def attention_through(transformer, x: Tensor, mask: AnyMask) -> tuple[Tensor, Tensor]:
    """h_0 (b, t, c) 走过每一层 → （每层每头的权重 (n_layer, b, h, t, t)，最后的 h_L (b, t, c)）。

    每一层：pre-norm 的查询与键来自归一化之后的 x，post-norm 的来自 x 自己；权重算完，再让这一层照常往下走。
    """
    maps = []
    for block in transformer.blocks:
        seen = x if isinstance(block, PostNormBlock) else block.attention_norm(x)
        qkv = block.attention.to_qkv(seen)
        q, k, _ = rearrange(qkv, "b t (n h d) -> n b h t d", n=3, h=block.attention.n_head)
        maps.append(attention_weights(q, k, mask))
        x = block(x, mask)
    return torch.stack(maps), transformer.norm(x)


def token_labels(tokenizer, ids: list[int]) -> list[str]:
    """每个 token 写在图上的字：空白换成看得见的符号，图的字体里没有的字符换成它的编码。"""
    known = characters(chinese_font()) | characters("DejaVu Sans")
    labels = ["".join(STAND_INS.get(c, c) for c in tokenizer.token(id)) for id in ids]
    labels = ["".join(c if ord(c) in known else f"U+{ord(c):X}" for c in label) for label in labels]
    return [label.replace("$", r"\$") for label in labels]


def attention_explorer(model, tokenizer, text: str) -> Playground:
    """一段文字在模型里的注意力：写文字，选层、选头、选查询；左边是整张权重表，右边是选中的那一行。

    参数
    ----
    model, tokenizer: load("mini") 得到的一对，或自己训练的
    text: 提示，1 到 32 个 token，也不能比上下文长

    返回 Playground；控件的名字是 text、layer、head、query（后三个从 0 数起，图上从 1 写起）。
    """
    most = min(MOST_TOKENS, model.config.context_length)

    @lru_cache
    def read(text: str) -> tuple[np.ndarray, list[str]]:
        ids = tokenizer.encode(text)
        if not 1 <= len(ids) <= most:
            raise InputError(f"提示有 {len(ids)} 个 token", f"1 到 {most} 个", "换一句短些的话，但不要是空的")
        maps = attention_maps(model, torch.tensor(ids, device=model.device))[0].cpu().numpy()
        return maps, token_labels(tokenizer, ids)

    maps, labels = read(text)
    last = len(labels) - 1
    controls = {
        "text": typed("文字（写完按回车）", [text]),
        "layer": choice("层", {f"第 {i + 1} 层": i for i in range(maps.shape[0])}),
        "head": choice("头", {f"第 {i + 1} 个头": i for i in range(maps.shape[1])}),
        "query": slider("查询：第几个 token（从 0 数）", last, 0, last),
    }

    def draw(text: str, layer: int, head: int, query: int) -> Figure:
        maps, labels = read(text)
        controls["query"].max = len(labels) - 1  # 文字短了，查询也退到最后一个
        query = min(query, len(labels) - 1)
        return draw_attention(maps[layer, head], labels, query, f"第 {layer + 1} 层，第 {head + 1} 个头")

    note = f"注意力浏览器：{maps.shape[0]} 层，每层 {maps.shape[1]} 个头，{len(labels)} 个 token。"
    return Playground(draw, controls, note)


def draw_attention(weights: np.ndarray, labels: list[str], query: int, title: str) -> Figure:
    """权重 (t, t) 的一张图：左边整张表（灰格看不见），框出第 query 行；右边把这一行画成横条。"""
    n, size = len(labels), max(2.6, 0.8 + 0.26 * len(labels))
    figure, (table, row) = plots.panels(columns=2, width=max(3.6, size), height=size, sharey=True)
    seen = np.ma.masked_array(weights, np.triu(np.ones((n, n), dtype=bool), 1))
    table.imshow(seen, cmap=WHITE_TO_BLUE, vmin=0, vmax=1, aspect="auto")
    table.add_patch(matplotlib.patches.Rectangle(
        (-0.5, query - 0.5), n, 1, fill=False, edgecolor=plots.COLORS[1], linewidth=2, clip_on=False
    ))
    table.set_yticks(range(n), labels)
    table.set_xticks(range(n), labels, rotation=90 if n > 6 else 0)
    table.grid(False)
    table.set(title=title, ylabel="查询", xlabel="键")
    colors = [plots.COLORS[1] if i == query else plots.COLORS[0] for i in range(n)]
    row.barh(range(n), weights[query], color=colors)
    for i, value in enumerate(weights[query]):
        if i <= query and value >= 0.005:
            row.text(value + 0.01, i, f"{value:.2f}", va="center", fontsize=9)
    row.set(title=f"“{labels[query]}”在看谁", xlabel="权重", xlim=(0, 1.12))
    row.tick_params(axis="y", labelleft=True)
    row.grid(False, axis="y")
    plots.finish(table)
    return figure
