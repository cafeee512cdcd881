"""一条事实，用手改：只改一个矩阵，而且只改一份“一列乘一行”（ROME，Meng 等 2022）。

前馈网络的第二个矩阵 W 可以看成一本小字典：中间的 1024 个数是键 k，W k 是查到的值。读到事物名字的最后一个
token 时，键就是这个事物。想让它查到另一个值 v，又少动别的键，解出来是

    W ← W + δ uᵀ / (u · k)，      u = C⁻¹ k，  δ = v − W k

C 是平常文字里键的二阶矩 E[k kᵀ]：常见的方向，u 就少用它。δ 由梯度下降求得：加上它，模型要写出新的答案。
旁边是两种平常的办法：全部参数的微调，与 LoRA。三种停在同样的地方：新答案平均 −log P 小于 ENOUGH。
怎样问全部的事实，见 facts.py；副作用的表在最后。
"""

import copy
import statistics
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tinygpt.config import TrainConfig
from tinygpt.corpus.world import Fact, World
from tinygpt.experiments.facts import Mark, Question, ask
from tinygpt.losses import IGNORE, causal_objective
from tinygpt.pairs import Example, ShuffledPairs, collate
from tinygpt.trainer import Trainer, seed_everything
from tinygpt.variants import lora

MOST_STEPS = 200  # 每种办法最多走多少步
ENOUGH = 0.1  # 新的答案平均 −log P（nat）小于它就停


def down(model, layer: int) -> nn.Linear:
    """第 layer 层（从 0 数）前馈网络的第二个矩阵。"""
    return model.transformer.blocks[layer].feed_forward.down


def examples(tokenizer, asked: Sequence[Question]) -> list[Example]:
    """问题 → 例子：只在答案上算损失。"""
    prompts = tokenizer.encode_batch([q.prompt for q in asked])
    texts = tokenizer.encode_batch([q.prompt + q.answer for q in asked])
    learnt = lambda prompt, text: (*[IGNORE] * (len(prompt) - 1), *text[len(prompt) :])
    return [Example(tuple(text[:-1]), learnt(p, text)) for p, text in zip(prompts, texts)]


def subject_places(tokenizer, asked: Sequence[Question]) -> list[int]:
    """每个问题里，事物名字的最后一个 token 在第几个位置（从 0 数）。"""
    places = []
    for question in asked:
        ids, end = tokenizer.encode(question.prompt), _end_of_subject(question)
        covers = (n for n in range(len(ids)) if len(tokenizer.decode(ids[: n + 1])) >= end)
        places.append(next(covers))
    return places


def _end_of_subject(question: Question) -> int:
    """名字最后一次出现，到第几个字为止：答案是看着那里写的。"""
    return question.prompt.rindex(question.fact.subject) + len(question.fact.subject)


# ---- 键、二阶矩、值 ----


@contextmanager
def watching(layer: nn.Module, hook: Callable):
    """进去时装上钩子，出来时拆掉。hook 收到（模块，输入，输出），可以返回新的输出。"""
    handle = layer.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def keys(model, ids: Tensor, layer: int) -> Tensor:
    """ids (b, t) → 每个位置的键 (b, t, 4c)：第二个矩阵的输入。"""
    seen = []
    with watching(down(model, layer), lambda module, inputs, output: seen.append(inputs[0])):
        model(ids)
    return seen[0]


def subject_key(model, tokenizer, asked: Sequence[Question], layer: int) -> Tensor:
    """名字最后一个 token 的键，几种说法的平均 (4c,)。"""
    ids, places = collate(examples(tokenizer, asked))["ids"], subject_places(tokenizer, asked)
    return keys(model, ids, layer)[torch.arange(len(asked)), torch.tensor(places)].mean(dim=0)


def second_moment(model, tokenizer, texts: Sequence[str], layer: int) -> Tensor:
    """平常文字里的 E[k kᵀ] (4c, 4c)；补齐的位置不算。"""
    size = down(model, layer).in_features
    total, count = torch.zeros(size, size, dtype=torch.float64), 0
    for text in tokenizer.encode_batch(list(texts)):
        found = keys(model, torch.tensor([text]), layer)[0].double()
        total, count = total + found.T @ found, count + len(found)
    return total / count


def direction(key: Tensor, moment: Tensor) -> Tensor:
    """u = C⁻¹ k，再缩放到 u · k = 1。key (4c,)，moment (4c, 4c) → (4c,)。"""
    ridge = 1e-4 * moment.diagonal().mean() * torch.eye(len(moment), dtype=moment.dtype)
    u = torch.linalg.solve(moment + ridge, key.to(moment.dtype))
    return (u / (u @ key.to(moment.dtype))).to(key.dtype)


def wanted_change(model, tokenizer, asked: Sequence[Question], layer: int, u: Tensor, rate: float) -> Tensor:
    """δ (c,)：W 添上 δ uᵀ 以后，每种说法都写得出新的答案。梯度只流到 δ，平均 −log P 小于 ENOUGH 就停。"""
    batch, delta = collate(examples(tokenizer, asked)), torch.zeros(model.config.n_embd, requires_grad=True)
    adam = torch.optim.Adam([delta], lr=rate)
    for _ in range(MOST_STEPS):
        add = lambda module, inputs, output: output + (inputs[0] @ u)[..., None] * delta
        with watching(down(model, layer), add):
            loss = causal_objective(model, batch) / len(asked)
        if loss < ENOUGH:
            break
        adam.zero_grad()
        loss.backward(inputs=[delta])
        adam.step()
    return delta.detach()


# ---- 三种办法：都返回改过的副本，原来的模型不动 ----


def rome(
    model, tokenizer, asked: Sequence[Question], moment: Tensor, layer: int = 0, rate: float = 0.05
) -> nn.Module:
    """秩一的改动：asked 的答案就是新的答案。"""
    changed = copy.deepcopy(model)
    u = direction(subject_key(changed, tokenizer, asked, layer), moment)
    delta = wanted_change(changed, tokenizer, asked, layer, u, rate)
    with torch.no_grad():
        down(changed, layer).weight += torch.outer(delta, u)
    return changed


def fine_tune(
    model, tokenizer, asked: Sequence[Question], rate: float, rank: int | None = None, seed: int = 0
) -> nn.Module:
    """微调到 ENOUGH 为止（最多 MOST_STEPS 步）；给出 rank 就只训练 LoRA，然后合并。"""
    changed = copy.deepcopy(model)
    seed_everything(seed)
    if rank is not None:
        lora.inject(changed, rank)
    config = TrainConfig(
        steps=MOST_STEPS, batch_size=len(asked), optimizer="adamw", learning_rate=rate, weight_decay=0.0,
        warmup_steps=1, min_learning_rate_ratio=1.0, eval_interval=MOST_STEPS, precision="fp32", seed=seed,
    )  # fmt: skip
    data = ShuffledPairs(tuple(examples(tokenizer, asked)), len(asked), seed)
    for _ in Trainer(changed, data, None, config, causal_objective):
        if statistics.mean(-mark.log_p for mark in ask(changed, tokenizer, asked)) < ENOUGH:
            break
    lora.merge(changed)
    return changed.eval()


# ---- 副作用 ----


@dataclass(frozen=True)
class Effect:
    """一组问题：多少道，改之前对几道，对的变错、错的变对各几道，log P 平均变了多少（nat）。"""

    n: int
    right: int
    lost: int
    won: int
    change: float


def group_of(world: World, edited: Fact, other: Fact) -> str:
    """other 与被改的事实是什么关系。"""
    if other.subject == edited.subject:
        return "同一事物"
    same = world.by_name[other.subject].kind == world.by_name[edited.subject].kind
    return "同类事物" if same else "其余"


def side_effects(
    world: World, edited: Fact, asked: Sequence[Question], before: Sequence[Mark], after: Sequence[Mark]
) -> dict[str, Effect]:
    """{组: Effect}：被改的那条事实自己不算在内。"""
    rows: dict[str, list] = {"同一事物": [], "同类事物": [], "其余": []}
    for question, old, new in zip(asked, before, after, strict=True):
        if question.fact != edited:
            rows[group_of(world, edited, question.fact)].append((old, new))
    return {name: _effect(pairs) for name, pairs in rows.items()}


def _effect(pairs: Sequence[tuple[Mark, Mark]]) -> Effect:
    lost = sum(old.exact and not new.exact for old, new in pairs)
    won = sum(new.exact and not old.exact for old, new in pairs)
    change = statistics.mean(new.log_p - old.log_p for old, new in pairs) if pairs else 0.0
    return Effect(len(pairs), sum(old.exact for old, _ in pairs), lost, won, change)
