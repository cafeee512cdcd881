"""第 04、05 课用的：附带的模型里，八个头各看哪里，关掉一个会怎样；另有一道要同时看两处的小题。

权重由模型自己的零件算出。
"""

import copy
from functools import partial
from typing import NamedTuple

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
    """一种附带文字的验证部分：由另外的种子写成，句式与训练的一样。"""
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


def on_next_word(model, tokenizer, texts: list[str]) -> tuple[Tensor, float]:
    """接下来的词（两个字以上，标点不算）前面已经出现过的地方，各个头给那里的权重，一处一列；看得见的平分，给那里多少。"""
    found, even = [], []
    for text in texts:
        ids = torch.tensor(tokenizer.encode(text)[:128])
        words = [len(token) > 1 and token.isalpha() for token in map(tokenizer.token, ids[1:].tolist())]
        seen = (ids[1:, None] == ids[None, :-1]).tril() & torch.tensor(words)[:, None]
        given = (attention_maps(model, ids)[0][:, :, :-1, :-1] * seen).sum(dim=-1)
        found.append(given[:, :, seen.any(dim=-1)])
        even.append((seen.sum(dim=-1) / torch.arange(1, len(seen) + 1))[seen.any(dim=-1)])
    return torch.cat(found, dim=-1), torch.cat(even).mean().item()


def on_offsets(model, tokenizer, texts: list[str]) -> tuple[dict[str, Tensor], float]:
    """各个头给“前一个”与“第一个”多少权重，(n_layer, h)；看得见的平均分，一个得多少。第 0、1 个查询不算。"""
    found, even = {"前一个": [], "第一个": []}, []
    for text in texts:
        maps = attention_maps(model, torch.tensor(tokenizer.encode(text)[:128]))[0]
        found["前一个"].append(maps.diagonal(-1, 2, 3)[..., 1:])
        found["第一个"].append(maps[:, :, 2:, 0])
        even.append(1 / torch.arange(3, maps.size(-1) + 1))
    shares = {name: torch.cat(rows, dim=-1).mean(-1) for name, rows in found.items()}
    return shares, torch.cat(even).mean().item()


def pairwise_variation(model, tokenizer, texts: list[str]) -> Tensor:
    """同一层里每两个头的总变差，对各篇、各个查询平均；第一个查询只看得见自己，不算。"""
    differ = lambda p, q: ((p - q).abs().sum(-1) / 2)[1:].mean()
    found = []
    for text in texts:
        maps = attention_maps(model, torch.tensor(tokenizer.encode(text)[:128]))[0]
        found.append([differ(layer[i], layer[j]) for layer in maps for i in range(len(layer))
                      for j in range(i)])  # fmt: skip
    return torch.tensor(found).mean(dim=0)


# ---- 关掉一个头 ----


class Ablation(NamedTuple):
    """一种关法：关掉一个头，四段文字的损失各增加多少 (头, 段)；全部关掉，平均增加多少。"""

    one: Tensor
    everything: float


def ablate(model, tokenizer, texts: list[str]) -> tuple[float, dict[str, Ablation]]:
    """验证损失（四段文字，每段 4 个窗口），与两种关法：换成 0；换成这个头在这些文字上的平均值。"""
    stream = np.concatenate(tokenizer.encode_batch(texts, eos=True))
    parts = list(ContiguousWindows(stream, 128, batch_size=4, first=EOS, max_windows=16))
    places = [(layer, head) for layer in range(model.config.n_layer) for head in range(model.config.n_head)]
    loss = lambda changed: torch.tensor([evaluate(changed, [part]) for part in parts])
    base, found = loss(model), {}
    ways = {"换成 0": without, "换成平均值": partial(averaged, mean=mean_output(model, parts))}
    for name, off in ways.items():
        one = torch.stack([loss(off(model, [place])) - base for place in places])
        found[name] = Ablation(one, (loss(off(model, places)) - base).mean().item())
    return base.mean().item(), found


def ablation_bars(ways: dict[str, Ablation], ax, title: str) -> None:
    """每个头一组柱子，两种关法各一根；竖线是四段文字的范围。"""
    names = [f"{i // 4 + 1}-{i % 4 + 1}" for i in range(len(next(iter(ways.values())).one))]
    rows = {name: way.one for name, way in ways.items()}
    plots.seed_bars(names, rows, ax=ax, xlabel="关掉的头（层-头）", ylabel="验证损失增加", title=title)


def without(model, places: list[tuple[int, int]]):
    """关掉几个头的副本：W^O 里属于它们的列改成 0。"""
    damaged = copy.deepcopy(model)
    for layer, head in places:
        damaged.transformer.blocks[layer].attention.to_out.weight.data[:, columns(model, head)] = 0
    return damaged


def averaged(model, places: list[tuple[int, int]], mean: Tensor):
    """几个头总是输出平均值的副本：W^O 里属于它们的列乘平均值，加进偏置，列再改成 0。mean (n_layer, c)。"""
    damaged = without(model, places)
    for layer, head in places:
        whole, its = model.transformer.blocks[layer].attention.to_out.weight.data, columns(model, head)
        damaged.transformer.blocks[layer].attention.to_out.bias.data += whole[:, its] @ mean[layer, its]
    return damaged


def columns(model, head: int) -> slice:
    """W^O 里属于第 head 个头的列。"""
    width = model.config.n_embd // model.config.n_head
    return slice(width * head, width * (head + 1))


def mean_output(model, batches) -> Tensor:
    """每一层的头拼起来（乘 W^O 以前）在这些文字上的平均，(n_layer, c)。"""
    seen = [[] for _ in model.transformer.blocks]
    hooks = [block.attention.to_out.register_forward_pre_hook(lambda _, x, rows=rows: rows.append(x[0]))
             for block, rows in zip(model.transformer.blocks, seen)]  # fmt: skip
    evaluate(model, batches)
    for hook in hooks:
        hook.remove()
    return torch.stack([torch.cat(rows).flatten(0, 1).mean(dim=0) for rows in seen])


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
