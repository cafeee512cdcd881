"""采样的游乐场：在真的下一个 token 的分布上，拨温度、top-k、top-p 与重复惩罚，看谁留下、谁去掉，写出什么。"""

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from tinygpt.course import plots
from tinygpt.course.fonts import drawable
from tinygpt.course.widgets.attention import token_labels
from tinygpt.course.widgets.playground import Playground, slider, typed
from tinygpt.device import evaluation_mode
from tinygpt.sampling import Sampling, check_prompts, generate, next_token_distribution

SHOWN = 12  # 画概率最大的几个
SENTENCES, MOST = 3, 30  # 写几遍，每遍最多多少个 token
NO_LIMIT = 100  # top-k 拨到这里，表示不限


@torch.no_grad()
def last_logits(model, tokenizer, prompt: str) -> tuple[torch.Tensor, torch.Tensor]:
    """提示之后的 logits (1, v)，以及哪些 token 出现过 (1, v)。"""
    ids = tokenizer.encode(prompt)
    check_prompts([ids], model.config.context_length)
    with evaluation_mode(model):
        logits = model(torch.tensor([ids], device=model.device))[:, -1].float().cpu()
    seen = torch.zeros_like(logits, dtype=torch.bool)
    seen[0, ids] = True
    return logits, seen


def draw_distribution(tokenizer, logits, seen, sampling: Sampling) -> Figure:
    """左边的灰柱是原来的概率，彩色的是拨过以后的；去掉的没有彩色的柱子。"""
    before, after = logits.softmax(-1)[0], next_token_distribution(logits, sampling, seen)[0]
    order = before.topk(SHOWN).indices
    figure, ax = plt.subplots(figsize=(7.6, 4.6))
    rows = range(SHOWN)
    ax.barh([r - 0.2 for r in rows], before[order].numpy(), height=0.38, color="#BBBBBB", label="原来的")
    ax.barh([r + 0.2 for r in rows], after[order].numpy(), height=0.38, color=plots.COLORS[0],
            label="拨过以后")
    ax.set_yticks(rows, token_labels(tokenizer, order.tolist()))
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    kept = int((after > 0).sum())
    entropy = float(-(after * after.clamp_min(1e-30).log()).sum())
    shown = float(after[order].sum())
    ax.set(xlabel="概率", title=f"能抽到的有 {kept} 个，熵 {entropy:.2f}，图里的占 {shown:.0%}")
    ax.legend(loc="lower right")
    plots.finish(ax)
    return figure


def sentences(model, tokenizer, prompt: str, sampling: Sampling, seed: int = 0) -> list[str]:
    """照这样抽，接着写 SENTENCES 遍，每遍写到第一个句号；写不到句号的末尾是“……”。"""
    rows = [tokenizer.encode(prompt)] * SENTENCES
    columns = zip(*generate(model, rows, MOST, sampling, seed, tokenizer.eos))
    written = [tokenizer.decode([id for id in column if id is not None]) for column in columns]
    return [prompt + (text.split("。")[0] + "。" if "。" in text else text + "……") for text in written]


def draw_board(model, tokenizer, prompt: str, sampling: Sampling) -> Figure:
    """上面是分布，下面是照它写出的几句话。"""
    figure = draw_distribution(tokenizer, *last_logits(model, tokenizer, prompt), sampling)
    words = sentences(model, tokenizer, prompt, sampling)
    lines = [line for text in words for line in plots.wrapped("▸ " + drawable(text), 48)]
    note = "\n".join([f"照这样抽，写 {SENTENCES} 遍：", *lines])
    figure.supxlabel(note, x=0.02, ha="left", fontsize=10.5, linespacing=1.5, parse_math=False)
    plots.finish(figure.axes[0])
    return figure


def sampling_playground(model, tokenizer, prompts: list[str], temperature: float = 1.0) -> Playground:
    """写一个提示（prompts 是现成的几个），拨温度、top-k、top-p、重复惩罚：看分布怎样变，写出什么句子。

    temperature 是开始时的温度。
    """

    def draw(prompt, temperature, top_k, top_p, repetition_penalty):
        sampling = Sampling(temperature, None if top_k == NO_LIMIT else top_k, top_p, repetition_penalty)
        return draw_board(model, tokenizer, prompt, sampling)

    controls = {
        "prompt": typed("提示（写完按回车）", prompts),
        "temperature": slider("温度", temperature, 0.1, 3.0, 0.1),
        "top_k": slider("top-k（100 是不限）", NO_LIMIT, 1, NO_LIMIT),
        "top_p": slider("top-p", 1.0, 0.05, 1.0, 0.05),
        "repetition_penalty": slider("重复惩罚", 1.0, 1.0, 2.0, 0.1),
    }
    note = "采样的游乐场：灰的是原来的概率，蓝的是拨过以后的；下面是照这样抽，写出的三句话。"
    return Playground(draw, controls, note)
