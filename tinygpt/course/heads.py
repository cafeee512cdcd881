"""第 04、05 课用的：附带的模型里，八个头各看哪里，关掉一个会怎样；另有一道要同时看两处的小题。

权重由模型自己的零件算出。
"""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from tinygpt import corpus
from tinygpt.config import GPTConfig
from tinygpt.course import plots
from tinygpt.course.widgets.attention import attention_explorer as attention_explorer
from tinygpt.course.widgets.attention import attention_maps, token_labels
from tinygpt.data import ContiguousWindows
from tinygpt.evaluation import evaluate
from tinygpt.layers import CAUSAL, SelfAttention, attention, attention_weights
from tinygpt.tokenizer import EOS


def held_out(source: str) -> list[str]:
    """一种附带文字的验证部分：由另外的种子写成，训练没有用过。"""
    return [passage.text for passage in corpus.generated(source, 0, corpus.named("release"))]


def draw_all(model, tokenizer, text: str, title: str) -> Tensor:
    """每层每头一格的权重图，行列都写着 token；返回 (n_layer, h, t, t)。"""
    ids = tokenizer.encode(text)
    maps, _ = attention_maps(model, torch.tensor(ids))
    labels = token_labels(tokenizer, ids)
    layers, count = maps.shape[:2]
    figure, axes = plots.panels(columns=count, rows=layers, width=2.5, height=2.6, sharex=True, sharey=True)
    for i, ax in enumerate(axes.flat):
        ax.imshow(maps[i // count, i % count], cmap=plots.color_map("positive"), vmin=0, vmax=1)
        ax.set_title(f"第 {i // count + 1} 层第 {i % count + 1} 个头", fontsize=10)
        ax.set_xticks(range(len(ids)), labels, rotation=90, fontsize=7)
        ax.set_yticks(range(len(ids)), labels, fontsize=7)
        ax.grid(False)
    figure.suptitle(title)
    figure.supxlabel("键", fontsize=10)
    figure.supylabel("查询", fontsize=10)
    plots.finish(axes.flat[0])
    return maps


def on_next_word(model, tokenizer, texts: list[str]) -> Tensor:
    """接下来的词（两个字以上，标点不算）前面已经出现过的地方，各个头给那里的权重，一处一列。"""
    found = []
    for text in texts:
        ids = torch.tensor(tokenizer.encode(text)[:128])
        words = [len(token) > 1 and token.isalpha() for token in map(tokenizer.token, ids[1:].tolist())]
        seen = (ids[1:, None] == ids[None, :-1]).tril() & torch.tensor(words)[:, None]
        given = (attention_maps(model, ids)[0][:, :, :-1, :-1] * seen).sum(dim=-1)
        found.append(given[:, :, seen.any(dim=-1)])
    return torch.cat(found, dim=-1)


def on_offsets(model, tokenizer, texts: list[str]) -> dict[str, Tensor]:
    """各个头给“前一个”与“第一个”多少权重，(n_layer, h)；第 0、1 个查询不算。"""
    found = {"前一个": [], "第一个": []}
    for text in texts:
        maps = attention_maps(model, torch.tensor(tokenizer.encode(text)[:128]))[0]
        found["前一个"].append(maps.diagonal(-1, 2, 3)[..., 1:])
        found["第一个"].append(maps[:, :, 2:, 0])
    return {name: torch.cat(rows, dim=-1).mean(-1) for name, rows in found.items()}


def pairwise_variation(maps: Tensor) -> list[float]:
    """同一层里每两个头的总变差，对各个查询平均；第一个查询只看得见自己，不算。"""
    differ = lambda p, q: ((p - q).abs().sum(-1) / 2)[1:].mean().item()
    return [differ(layer[i], layer[j]) for layer in maps for i in range(len(layer)) for j in range(i)]


def ablate(model, tokenizer, texts: list[str]) -> tuple[float, list[float], float]:
    """验证损失；轮流关掉一个头，各增加多少；全部关掉增加多少。"""
    stream = np.concatenate(tokenizer.encode_batch(texts, eos=True))
    validation = ContiguousWindows(stream, 128, batch_size=8, first=EOS, max_windows=16)
    places = [(layer, head) for layer in range(model.config.n_layer) for head in range(model.config.n_head)]
    base = evaluate(model, validation)
    one = [evaluate(without(model, [place]), validation) - base for place in places]
    return base, one, evaluate(without(model, places), validation) - base


def without(model, places: list[tuple[int, int]]):
    """关掉几个头的副本：W^O 里属于它们的列改成 0。"""
    damaged, width = copy.deepcopy(model), model.config.n_embd // model.config.n_head
    for layer, head in places:
        block = damaged.transformer.blocks[layer]
        block.attention.to_out.weight.data[:, width * head : width * (head + 1)] = 0
    return damaged


def weight_on(model, tokenizer, text: str, word: str) -> Tensor:
    """最后一个 token 给 word（正好一个 token）的权重一共多少，(n_layer, h)。"""
    ids = tokenizer.encode(text)
    where = [i for i, token in enumerate(map(tokenizer.token, ids)) if token == word]
    return attention_maps(model, torch.tensor(ids))[0][:, :, -1, where].sum(dim=-1)


# ---- 第 04 课的一道题：要同时看两处 ----


def two_places(generator: torch.Generator, count: int = 64) -> tuple[Tensor, Tensor]:
    """8 个位置，内容 8 维随机，后 8 维写着位置；要答前一个位置的内容与第一个位置的内容。"""
    content = torch.randn(count, 8, 8, generator=generator)
    previous, first = content[:, [0, 0, 1, 2, 3, 4, 5, 6]], content[:, [0] * 8]
    position = 3 * torch.eye(8).expand(count, 8, 8)
    return torch.cat([content, position], dim=-1), torch.cat([previous, first], dim=-1)


def train_two_places(n_head: int, seed: int, steps: int = 300) -> tuple[SelfAttention, list[float]]:
    """一层注意力，16 维，训练 steps 步。"""
    torch.manual_seed(seed)
    generator, losses = torch.Generator().manual_seed(seed), []
    model = SelfAttention(GPTConfig(n_embd=16, n_head=n_head, dropout=0.0, bias=False))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        inputs, target = two_places(generator)
        loss = F.mse_loss(model(inputs), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def _qkv(model: SelfAttention, inputs: Tensor) -> Tensor:
    return rearrange(model.to_qkv(inputs), "b t (n h d) -> n b h t d", n=3, h=model.n_head)


@torch.no_grad()
def weights_of(model: SelfAttention, inputs: Tensor) -> Tensor:
    """因果的注意力权重 (b, h, t, t)。"""
    q, k, _ = _qkv(model, inputs)
    return attention_weights(q, k, CAUSAL)


@torch.no_grad()
def two_places_error(model: SelfAttention, inputs: Tensor, target: Tensor, off: int | None) -> list[float]:
    """关掉第 off 个头（None 是都开着），答“前一个”与“第一个”的均方误差。"""
    heads = attention(*_qkv(model, inputs), CAUSAL)
    if off is not None:
        heads[:, off] = 0
    error = (model.to_out(rearrange(heads, "b h t d -> b t (h d)")) - target) ** 2
    return [error[..., :8].mean().item(), error[..., 8:].mean().item()]
