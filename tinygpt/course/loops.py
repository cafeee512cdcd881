"""第 06 课用的：一小段文字，一个小模型，关掉一切装置的训练设定，坏批，没见过的句子。

课里与 tools/record_ablations.py 用同样的这些函数；这里不画图。
"""

import re
import timeit
from dataclasses import dataclass, replace
from functools import lru_cache
from tempfile import TemporaryDirectory as TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from tinygpt.config import GPTConfig, TrainConfig
from tinygpt.corpus.world import Concept, World
from tinygpt.data import ContiguousWindows, RandomWindows
from tinygpt.gpt import GPT
from tinygpt.losses import IGNORE, Batch, causal_objective, count_targets
from tinygpt.tokenizer import EOS, Tokenizer
from tinygpt.trainer import NonFiniteError, Trainer

CONTEXT = 32
PLAIN = TrainConfig(
    steps=100, optimizer="adamw", learning_rate=1e-2, beta2=0.99, weight_decay=0.0, clip_norm=0.0,
    warmup_steps=0, min_learning_rate_ratio=1.0, eval_interval=1000, patience=0, precision="fp32",
)  # fmt: skip
SCHEDULES = {
    "恒定": {}, "只有预热": {"warmup_steps": 15},
    "预热 + 余弦": {"warmup_steps": 15, "min_learning_rate_ratio": 0.05},
}  # fmt: skip
# 读同样多的窗口：一批几个、走几步、累积几次
WAYS = {"16 个": (16, 60, 1), "4 个，累积 4 次": (4, 60, 4), "4 个，不累积": (4, 240, 1)}


@dataclass(frozen=True)
class Corpus:
    """12 个事物的小世界：训练与验证由不同的种子写出；一个字一个 token，每篇末尾是 <eos>。"""

    concepts: list[Concept]
    train_texts: list[str]
    valid_texts: list[str]
    tokenizer: Tokenizer

    def ids(self, texts: list[str]) -> np.ndarray:
        return np.concatenate(self.tokenizer.encode_batch(texts, eos=True))

    def validation(self) -> ContiguousWindows:
        ids = self.ids(self.valid_texts)
        return ContiguousWindows(ids, CONTEXT, batch_size=64, first=EOS, max_windows=64)


@lru_cache
def corpus() -> Corpus:
    world = World(World.load().concepts[:12])
    train, valid = ([d.text for d in world.documents(seed=seed, n_characters=size)]
                    for seed, size in ((0, 40_000), (1, 6_000)))  # fmt: skip
    return Corpus(world.concepts, train, valid, Tokenizer.train_char(train + valid))


def windows(seed: int = 0, batch_size: int = 16, size: int | None = None) -> RandomWindows:
    """训练的批：第 n 批是哪些窗口，只由种子与 n 决定；size 只留开头那么多个 token。"""
    ids = corpus().ids(corpus().train_texts)[:size]
    return RandomWindows(ids, context_length=CONTEXT, batch_size=batch_size, seed=seed)


def make_model(seed: int = 0, dropout: float = 0.0) -> GPT:
    """2 层、2 个头、32 维；种子定下初始权重。"""
    torch.manual_seed(seed)
    shape = dict(context_length=CONTEXT, n_layer=2, n_head=2, n_embd=32, dropout=dropout)
    return GPT(GPTConfig(vocab_size=corpus().tokenizer.vocab_size, **shape))


def trainer_for(seed: int = 0, data=None, valid=None, dropout: float = 0.0, momentum: float | None = None,
                **changes) -> Trainer:  # fmt: skip
    """PLAIN 改几处，造一个 Trainer；给出 momentum 就换成 SGD（学习率由 Trainer 每一步写进去）。"""
    config = replace(PLAIN, seed=seed, **changes)
    trainer = Trainer(make_model(seed, dropout), data or windows(seed), valid, config)
    if momentum is not None:
        trainer.optimizers = [torch.optim.SGD(trainer.model.parameters(), lr=0.1, momentum=momentum)]
    return trainer


def losses_of(trainer: Trainer) -> list[float]:
    """走到底，每一步的损失；中途成了 nan 就到那里为止。"""
    losses = []
    try:
        for metrics in trainer:
            losses.append(metrics.loss)
    except NonFiniteError:
        pass
    return losses


# ---- 坏批与别的毛病 ----


class WithBadBatch:
    """第 at 批（从 0 数起）从头到尾是同一个字，好像文件坏了一段。"""

    def __init__(self, good: RandomWindows, at: int = 50):
        self.good, self.at = good, at

    def batch(self, n: int) -> Batch:
        batch = self.good.batch(n)
        if n == self.at:
            last = corpus().tokenizer.vocab_size - 1
            return {name: torch.full_like(ids, last) for name, ids in batch.items()}
        return batch


def bad_run(seed: int, bad: bool, **changes) -> Tensor:
    """有或没有坏批的一次训练 → (2, 步)：损失、裁剪之前的梯度范数。"""
    data = WithBadBatch(windows(seed)) if bad else windows(seed)
    return torch.tensor([[m.loss, m.grad_norm] for m in trainer_for(seed, data, **changes)]).T


def bad_runs(seeds: int = 3, **changes) -> dict[str, Tensor]:
    """有坏批与干净的对照，裁剪与不裁剪 → {名字: (种子, 2, 步)}。"""
    return {f"{kind}，{name}": torch.stack([bad_run(seed, kind == "坏批", clip_norm=clip, **changes)
                                          for seed in range(seeds)])
            for kind in ("干净", "坏批") for name, clip in (("不裁", 0.0), ("裁到 1", 1.0))}  # fmt: skip


def jump(rows: Tensor) -> list[float]:
    """坏批之后十步里最高的损失，比坏批之前十步的平均高多少；一个种子一个数。"""
    return (rows[:, 0, 51:61].amax(1) - rows[:, 0, 40:50].mean(1)).tolist()


def root_v(bad: bool, **changes) -> list[float]:
    """AdamW，每一步之后全部参数的 √v̂ 的平均。"""
    trainer, sizes = trainer_for(0, WithBadBatch(windows()) if bad else windows(), **changes), []
    for metrics in trainer:
        states = trainer.optimizers[0].state.values()
        corrected = [state["exp_avg_sq"] / (1 - PLAIN.beta2**metrics.step) for state in states]
        sizes.append(torch.cat([v.sqrt().flatten() for v in corrected]).mean().item())
    return sizes


def gallery(normal: list[float]) -> list[list[float]]:
    """第 10 节的前五条损失，照图上的号码；normal 是没有毛病的那一条。"""
    forgetful, shifted = trainer_for(), trainer_for()
    forgetful.model.zero_grad = lambda **_: None  # 清梯度的那一句不起作用了
    shifted.objective = lambda model, batch: causal_objective(model, batch | {"labels": batch["ids"]})
    slow, fast = trainer_for(learning_rate=1e-4), trainer_for(learning_rate=0.3)
    return [losses_of(slow), losses_of(shifted), normal, losses_of(forgetful), losses_of(fast)]


# ---- 很少的文字 ----


def few_words(seed: int, size: int | None = 1500, **changes) -> Trainer:
    """只留开头 size 个 token，反复读 160 步，每 10 步量一次验证损失。"""
    return trainer_for(seed, windows(seed, size=size), corpus().validation(), steps=160, eval_interval=10,
                       clip_norm=1.0, **changes)  # fmt: skip


def overfit(seed: int, **changes) -> Tensor:
    """→ (2, 16)：每 10 步的训练损失的平均，与验证损失。"""
    metrics = list(few_words(seed, **changes))
    train = torch.tensor([m.loss for m in metrics]).view(-1, 10).mean(1)
    return torch.stack([train, torch.tensor([m.val_loss for m in metrics if m.val_loss])])


# ---- 没有见过的句子 ----


def sentences(text: str) -> list[str]:
    return re.findall("[^。？\n]+[。？\n]*|\n+", text)


@torch.no_grad()
def by_novelty(model: GPT) -> dict[str, tuple[int, float]]:
    """验证的句子分成两份：训练里一字不差地出现过的、没有出现过的 → {名字: (多少句, 每个 token 的损失)}。

    每句都带着它前面的文字，一共看 32 个 token，只在这一句的字上算损失。
    """
    known = {s.strip() for text in corpus().train_texts for s in sentences(text)}
    stream, start, rows = torch.from_numpy(corpus().ids(corpus().valid_texts).astype(np.int64)), 0, {}
    for text in corpus().valid_texts:
        for sentence in sentences(text):
            end, size = start + len(sentence), min(len(sentence), CONTEXT)
            start = end
            if end > CONTEXT and sentence.strip():
                window = stream[end - CONTEXT - 1 : end]
                labels = window[1:].masked_fill(torch.arange(CONTEXT) < CONTEXT - size, IGNORE)
                name = "出现过" if sentence.strip() in known else "没有出现过"
                rows.setdefault(name, []).append((window[:-1], labels))
        start += 1  # <eos>
    return {name: (len(found), _loss(model, found)) for name, found in sorted(rows.items())}


def _loss(model: GPT, rows: list[tuple[Tensor, Tensor]]) -> float:
    ids, labels = (torch.stack(part) for part in zip(*rows))
    batch = {"ids": ids, "labels": labels}
    return causal_objective(model.eval(), batch).item() / count_targets(batch)


# ---- 累积、中断、梯度有多大、反向要留下多少 ----


def read(size: int, steps: int, accumulation: int, seed: int) -> Tensor:
    """一批 size 个窗口，走 steps 步；按读过的窗口分成 60 段，各段损失的平均。"""
    trainer = trainer_for(seed, windows(seed, size), steps=steps, accumulation=accumulation)
    return torch.tensor(losses_of(trainer)).view(60, -1).mean(1)


def speed(size: int, steps: int, accumulation: int) -> float:
    """每秒多少千个 token：造好模型、走完，做七遍，取最快的一遍。"""
    data, tokens = windows(0, size), size * CONTEXT * steps * accumulation
    run = lambda: trainer_for(data=data, steps=steps, accumulation=accumulation).run()
    return tokens / min(timeit.repeat(run, number=1, repeat=7)) / 1000


def resumable(folder, seed: int = 0) -> Trainer:
    """六步的训练，开着 dropout 与调度，每三步存一次；seed 只管初始权重。"""
    config = replace(PLAIN, steps=6, warmup_steps=2, min_learning_rate_ratio=0.1, eval_interval=3)
    return Trainer(make_model(seed, dropout=0.2), windows(), None, config, out=folder)


def gradient_sizes(model: GPT, batch: Batch) -> dict[str, float]:
    """每一类参数的梯度，平均每个数有多大（均方根）。"""
    model.zero_grad()
    (causal_objective(model, batch) / count_targets(batch)).backward()
    groups = {
        "token\nembedding": "token_embedding", "位置": "position", "QKV": "to_qkv.weight",
        "$W^O$": "to_out.weight", "FFN 上": "up.weight", "FFN 下": "down.weight", "归一化": "norm",
    }  # fmt: skip
    named = list(model.named_parameters())
    squares = {name: torch.cat([p.grad.flatten() ** 2 for key, p in named if part in key])
               for name, part in groups.items()}  # fmt: skip
    return {name: values.mean().sqrt().item() for name, values in squares.items()}


def saved_bytes(model: GPT, batch: Batch) -> int:
    """一次前向为反向留下多少字节的中间结果（参数自己不算）。"""
    sizes, own = {}, {p.data_ptr() for p in model.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in own:
            sizes[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = causal_objective(model, batch)
    del loss
    return sum(sizes.values())
