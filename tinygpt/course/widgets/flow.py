"""隐状态的流动：一个 token 的向量穿过各层，每到一站就停下来看一看。

每一站画出向量本身（256 个数排成 16×16 的格子）、它的长度，以及“就在这一站停下，直接接输出层”会得到的候选
（logit lens，nostalgebraist 2020）。向量由模型自己的零件算出来，没有另写一份前向计算（有测试）。
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from tinygpt.course import plots
from tinygpt.course.widgets.attention import MOST_TOKENS, token_labels
from tinygpt.course.widgets.playground import Playground, choice, slider, typed
from tinygpt.device import evaluation_mode
from tinygpt.errors import InputError
from tinygpt.layers import CAUSAL, PostNormBlock

COLUMNS = 3  # 一排画几站：再多，窄的窗口里字就缩得看不清
MOST_CANDIDATES = 8


@dataclass(frozen=True)
class Flow:
    """一条输入的各站。

    names 是站名；states (站, t, c) 是向量；probabilities (站, t, v) 是在那一站接输出层的分布。
    """

    names: list[str]
    states: Tensor
    probabilities: Tensor


@torch.no_grad()
def hidden_states(model, ids: list[int]) -> Flow:
    """ids (t 个编号) → Flow。dropout 关闭，之后恢复。

    站：h_0；每一层注意力之后、前馈网络之后（就是 h_l）；pre-norm 的模型最后还有一站归一化。
    最后一站直接乘输出层，其余的先做最后的归一化再乘：输出层只见过归一化之后的向量。
    """
    with evaluation_mode(model):
        ids = torch.tensor(ids, device=model.device)
        positions = torch.arange(len(ids), device=ids.device)
        x = model.token_embedding(ids[None]) + model.position_embedding(positions)
        stages = {"h_0": x}
        for number, block in enumerate(model.transformer.blocks, start=1):
            stages[f"第 {number} 层注意力之后"] = after_attention(block, x)
            x = stages[f"h_{number}"] = block(x)
        last = model.transformer.norm(x)
        logits = [model.lm_head(model.transformer.norm(x)) for x in stages.values()]
        if not isinstance(model.transformer.norm, torch.nn.Identity):
            stages["最后的归一化"] = last
            logits.append(model.lm_head(last))
        probabilities = torch.cat(logits).softmax(dim=-1)
        return Flow(list(stages), torch.cat(list(stages.values())), probabilities)


def after_attention(block, x: Tensor) -> Tensor:
    """一层的前一半：注意力与残差（post-norm 还有归一化）。"""
    if isinstance(block, PostNormBlock):
        return block.attention_norm(x + block.attention(x, CAUSAL))
    return x + block.attention(block.attention_norm(x), CAUSAL)


def hidden_state_flow(model, tokenizer, text: str | list[int]) -> Playground:
    """一段文字的隐状态怎样流过整个模型：写文字，选 token，选看什么。

    参数
    ----
    model, tokenizer: load("mini") 得到的一对，或自己训练的
    text: 提示，1 到 32 个 token；也可以直接给编号的列表，例如 [1256, 3419, 7]

    返回 Playground；控件的名字是 text（给的是编号就没有）、position（从 0 数）、
    show（"state" 或 "change"）、top（几个候选）。
    """
    most = min(MOST_TOKENS, model.config.context_length)

    @lru_cache
    def read(text: str | tuple[int, ...]) -> tuple[Flow, list[str]]:
        ids = tokenizer.encode(text) if isinstance(text, str) else list(text)
        if not 1 <= len(ids) <= most:
            raise InputError(f"提示有 {len(ids)} 个 token", f"1 到 {most} 个", "换一句短些的话，但不要是空的")
        if not all(0 <= id < tokenizer.vocab_size for id in ids):
            expected = f"0 到 {tokenizer.vocab_size - 1}"
            raise InputError(f"编号 {ids}", expected, "用 tokenizer.encode 得到的编号")
        return hidden_states(model, ids), token_labels(tokenizer, ids)

    given = text if isinstance(text, str) else tuple(text)
    flow, labels = read(given)
    last = len(labels) - 1
    controls = {"text": typed("文字（写完按回车）", [text])} if isinstance(text, str) else {}
    controls |= {
        "position": slider("第几个 token（从 0 数）", last, 0, last),
        "show": choice("格子里画", {"向量本身": "state", "比上一站多了什么": "change"}),
        "top": slider("写几个候选", 5, 1, MOST_CANDIDATES),
    }

    def draw(position: int, show: str, top: int, text: str | tuple[int, ...] = given) -> Figure:
        flow, labels = read(text)
        controls["position"].max = len(labels) - 1  # 文字短了，也退到最后一个
        position = min(position, len(labels) - 1)
        return draw_flow(flow, tokenizer, position, show, top, f"位置 {position}：“{labels[position]}”")

    note = f"隐状态的流动：{len(flow.names)} 站，每站 {flow.states.size(-1)} 个数，{len(labels)} 个 token。"
    return Playground(draw, controls, note)


def draw_flow(flow: Flow, tokenizer, position: int, show: str, top: int, title: str) -> Figure:
    """每站一列：上面是向量的格子，下面是在这一站接输出层的前 top 个候选。站多时分几排。"""
    states = flow.states[:, position].cpu()
    shown = states if show == "state" else torch.cat([states[:1], states.diff(dim=0)])
    columns = min(COLUMNS, len(states))
    bands = math.ceil(len(states) / columns)
    heights = [2.2, 0.6 + 0.25 * top] * bands
    figure, axes = plots.panels(columns, 2 * bands, width=2.15, height=sum(heights) / (2 * bands),
                                squeeze=False, height_ratios=heights)
    for ax in axes.flat:
        ax.set_axis_off()
    for i, name in enumerate(flow.names):
        row, column = 2 * (i // columns), i % columns
        _draw_tile(axes[row, column], shown[i], name, "长度" if show == "state" or i == 0 else "多出的长度")
        _draw_candidates(axes[row + 1, column], flow.probabilities[i, position].cpu(), tokenizer, top)
    above = "向量" if show == "state" else "比上一站多了什么"
    below = "在这一站接输出层的候选（颜色的尺度各站不同）"
    figure.suptitle(f"{title}　上：{above}　下：{below}", fontsize=11.5)
    plots.finish(axes[0, 0])
    return figure


def tile(vector: Tensor) -> np.ndarray:
    """一个向量排成近似正方形的格子，从左到右、从上到下；末尾不够的格子是 nan。"""
    width = math.ceil(math.sqrt(len(vector)))
    cells = np.full(width * math.ceil(len(vector) / width), np.nan)
    cells[: len(vector)] = vector.float().numpy()
    return cells.reshape(-1, width)


def _draw_tile(ax: Axes, vector: Tensor, name: str, what: str) -> None:
    """颜色的尺度各站自己取：各站的长度相差几十倍，用同一个尺度就什么也看不见，长度写在标题里。"""
    limit = max(float(vector.abs().quantile(0.99)), 1e-12)
    ax.set_axis_on()
    ax.spines[:].set_visible(False)
    ax.imshow(tile(vector), cmap=plots.color_map("signed"), vmin=-limit, vmax=limit)
    name = f"${name}$" if name.startswith("h_") else name
    ax.set(xticks=[], yticks=[], title=f"{name}\n{what} {float(vector.norm()):.2f}")
    ax.grid(False)


def _draw_candidates(ax: Axes, probabilities: Tensor, tokenizer, top: int) -> None:
    values, ids = probabilities.topk(min(top, tokenizer.vocab_size))
    for place, (label, value) in enumerate(zip(token_labels(tokenizer, ids.tolist()), values.tolist())):
        ax.barh(place, value, color=plots.COLORS[4], height=0.85)
        ax.text(0.02, place, f"{label}　{value:.2f}", va="center", fontsize=9)
    ax.set(xlim=(0, 1), ylim=(top - 0.5, -0.5))
