"""采样的游乐场：在真的下一个 token 的分布上，拨温度、top-k、top-p 与重复惩罚，看谁留下、谁去掉。"""

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure

from tinygpt.course import plots
from tinygpt.course.widgets.attention import token_labels
from tinygpt.course.widgets.playground import Playground, slider, text_box
from tinygpt.device import evaluation_mode
from tinygpt.errors import require
from tinygpt.sampling import Sampling, next_token_distribution

SHOWN = 16  # 画概率最大的几个
NO_LIMIT = 100  # top-k 拨到这里，表示不限


@torch.no_grad()
def last_logits(model, tokenizer, prompt: str) -> tuple[torch.Tensor, torch.Tensor]:
    """提示之后的 logits (1, v)，以及哪些 token 出现过 (1, v)。"""
    ids, most = tokenizer.encode(prompt), model.config.context_length
    require(ids, "还没有提示", "至少一个 token", "写几个字，按回车")
    require(len(ids) <= most, f"提示有 {len(ids)} 个 token，模型最多看 {most} 个", "短一些", "写短一些")
    with evaluation_mode(model):
        logits = model(torch.tensor([ids], device=model.device))[:, -1].float().cpu()
    seen = torch.zeros_like(logits, dtype=torch.bool)
    seen[0, ids] = True
    return logits, seen


def draw_distribution(tokenizer, logits, seen, sampling: Sampling) -> Figure:
    """左边的灰柱是原来的概率，彩色的是拨过以后的；去掉的没有彩色的柱子。"""
    before, after = logits.softmax(-1)[0], next_token_distribution(logits, sampling, seen)[0]
    order = before.topk(SHOWN).indices
    figure, ax = plt.subplots(figsize=(7.6, 4.4))
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


def sampling_playground(model, tokenizer, prompts: list[str]) -> Playground:
    """写一个提示（或从 prompts 里挑），拨温度、top-k、top-p、重复惩罚，看下一个 token 的分布怎样变。"""
    known = {}

    def draw(prompt, temperature, top_k, top_p, repetition_penalty):
        if prompt not in known:
            known[prompt] = last_logits(model, tokenizer, prompt)
        sampling = Sampling(temperature, None if top_k == NO_LIMIT else top_k, top_p, repetition_penalty)
        return draw_distribution(tokenizer, *known[prompt], sampling)

    controls = {
        "prompt": text_box("提示", prompts[0], prompts),
        "temperature": slider("温度", 1.0, 0.1, 3.0, 0.1),
        "top_k": slider("top-k（100 是不限）", NO_LIMIT, 1, NO_LIMIT),
        "top_p": slider("top-p", 1.0, 0.05, 1.0, 0.05),
        "repetition_penalty": slider("重复惩罚", 1.0, 1.0, 2.0, 0.1),
    }
    return Playground(draw, controls, "采样的游乐场：灰的是原来的概率，蓝的是拨过以后的")
