"""生成：从 logits 到下一个 token，从下一个 token 到一段文字。

sample_next_token 是纯函数；generate 只会一件事：算 logits、取一个 token、接上去、再来。
模型由调用者给出；这里不知道模型里面是什么，只用它的 config、forward(ids, cache) 与 device。

提示比上下文长时报错，不悄悄截断。生成写满上下文时，保留最近的一半，重新填一次缓存，接着写：
所以每一步看得见的前文在 context_length / 2 与 context_length 之间。
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from tinygpt.cache import KVCache
from tinygpt.config import documented
from tinygpt.device import evaluation_mode
from tinygpt.errors import require
from tinygpt.tokenizer import EOS, PAD

MIN_TEMPERATURE = 1e-3  # 再小，logits 除以它就超出 float32 的范围，与 greedy 也没有差别了
PENALTIES = (1e-9, 1e9)  # 再小、再大也是


@dataclass(frozen=True)
class Sampling:
    """怎样从分布里取一个 token。依次：重复惩罚 → 温度 → top-k → top-p → 抽样；greedy 时直接取最大。"""

    temperature: float = documented(0.8, "温度：logits 除以它；小于 1 更保守，大于 1 更随意，必须大于 0")
    top_k: int | None = documented(None, "只在概率最大的 K 个 token 里抽；不给就不限")
    top_p: float = documented(1.0, "只在概率之和刚好达到 P 的最少几个 token 里抽，0 < P ≤ 1")
    repetition_penalty: float = documented(1.0, "重复惩罚：出现过的 token 变得不易再出现；1 为不惩罚")
    greedy: bool = documented(False, "每步都取概率最大的 token")

    def __post_init__(self):
        t, k, p, penalty = self.temperature, self.top_k, self.top_p, self.repetition_penalty
        require(
            MIN_TEMPERATURE <= t < math.inf,
            f"温度 temperature = {t}", f"大于 0 的数（不小于 {MIN_TEMPERATURE}）",
            "想要没有随机的结果，用 greedy（命令行是 --greedy）",
        )  # fmt: skip
        require(k is None or k >= 1, f"top_k = {k}", "至少为 1 的整数", "不想限制就不要给 top_k")
        require(0 < p <= 1, f"top_p = {p}", "0 < top_p ≤ 1", "不想限制就用 1")
        lowest, highest = PENALTIES
        require(
            lowest <= penalty <= highest,
            f"repetition_penalty = {penalty}", f"大于 0 的数（{lowest} 到 {highest}）",
            "1 表示不惩罚，常用 1.05 到 1.3",
        )  # fmt: skip


def penalise_repetition(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """出现过的 token：正的 logit 除以 penalty，负的乘以 penalty，两边都是变得更不可能（Keskar 等 2019）。

    logits (b, v)；seen (b, v) 布尔，True 表示出现过。
    """
    lowered = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, lowered, logits)


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """只留最大的 k 个，其余置为 −∞；与第 k 大相等的按排序只留到满 k 个。"""
    k = min(k, logits.size(-1))
    values, indices = logits.topk(k)
    return torch.full_like(logits, float("-inf")).scatter(-1, indices, values)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """留下概率之和达到 p 的最少几个 token(Holtzman 等 2020)；概率最大的那个总会留下。"""
    values, indices = logits.sort(descending=True, stable=True)
    probabilities = values.softmax(dim=-1)
    before = probabilities.cumsum(dim=-1) - probabilities  # 排在前面的概率之和
    values = values.masked_fill((before >= p) & (before > 0), float("-inf"))
    return torch.empty_like(logits).scatter(-1, indices, values)


def next_token_distribution(logits: Tensor, sampling: Sampling, seen: Tensor | None = None) -> Tensor:
    """logits (b, v) → 实际用来抽样的概率 (b, v)，每行和为 1。"""
    logits = logits.float()
    if seen is not None and sampling.repetition_penalty != 1:
        logits = penalise_repetition(logits, seen, sampling.repetition_penalty)
    if sampling.greedy:
        return keep_top_k(logits, 1).softmax(dim=-1)
    logits = logits / sampling.temperature
    if sampling.top_k is not None:
        logits = keep_top_k(logits, sampling.top_k)
    if sampling.top_p < 1:
        logits = keep_top_p(logits, sampling.top_p)
    return logits.softmax(dim=-1)


def sample_next_token(
    logits: Tensor, sampling: Sampling, generator=None, seen: Tensor | None = None
) -> Tensor:
    """从最后一个位置的 logits (b, v) 取下一个 token，形状 (b,)。generator 决定随机数，不碰全局的。"""
    probabilities = next_token_distribution(logits, sampling, seen)
    if sampling.greedy:
        return probabilities.argmax(dim=-1)
    return torch.multinomial(probabilities, 1, generator=generator).squeeze(-1)


def check_prompts(prompts: list[list[int]], context_length: int) -> None:
    """提示不能是空的，也不能比上下文长。"""
    some = bool(prompts) and all(len(p) > 0 for p in prompts)
    require(some, "提示是空的", "至少一个 token 的提示", "给一段开头，例如 机器学习是")
    longest = max(map(len, prompts))
    require(
        longest <= context_length,
        f"提示有 {longest} 个 token", f"不超过上下文长度 {context_length}",
        f"只留提示的最后一段（最多 {context_length} 个 token），或训练上下文更长的模型",
    )  # fmt: skip


def by_length(prompts: Sequence[list[int]], size: int) -> Iterator[list[int]]:
    """一批一批的序号，每批至多 size 个：短的在前，长短相近的在一批，补齐就少。"""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


@torch.inference_mode()
def generate(
    model, prompts: list[list[int]], max_new_tokens: int = 100, sampling: Sampling | None = None,
    seed: int | None = None, eos: int = EOS, observe: Callable[[Tensor, Tensor], None] | None = None,
) -> Iterator[list[int | None]]:  # fmt: skip
    """逐步生成。每一步交出一个列表：批中每一行的新 token；已经结束（出过 eos）的行是 None。

    prompts: 每一行的提示（token 编号的列表），长短可以不一。
    observe: 想看概率的人每一步得到 (logits (b, v)，取了的 token (b,))。
    同样的模型、提示、参数和 seed 得到同样的结果；不给 seed 则每次不同。模型保持原来的训练/评估状态。
    """
    sampling = sampling or Sampling()
    check_prompts(prompts, model.config.context_length)
    texts = [list(p) for p in prompts]
    finished = [False] * len(texts)
    generator = torch.Generator(model.device)
    generator.manual_seed(seed) if seed is not None else generator.seed()
    seen = _seen(model, prompts) if sampling.repetition_penalty != 1 else None
    stream = _logits_stream(model, texts)
    for _ in range(max_new_tokens):
        logits = next(stream)
        tokens = sample_next_token(logits, sampling, generator, seen)
        if observe:
            observe(logits, tokens)
        if seen is not None:
            seen[torch.arange(len(texts)), tokens] = True
        step = [None if done else token for token, done in zip(tokens.tolist(), finished)]
        finished = [done or token == eos for token, done in zip(step, finished)]
        for text, token in zip(texts, tokens.tolist()):
            text.append(token)
        yield step
        if all(finished):
            return


def _seen(model, prompts: list[list[int]]) -> Tensor:
    """(b, v)：提示里有没有这个 token。"""
    seen = torch.zeros(len(prompts), model.config.vocab_size, dtype=torch.bool, device=model.device)
    for row, prompt in enumerate(prompts):
        seen[row, prompt] = True
    return seen


def _logits_stream(model, texts: list[list[int]]) -> Iterator[Tensor]:
    """每次交出各行最后一个位置的 logits (b, v)；两次之间，调用者给 texts 的每一行各添一个 token。"""
    context_length = model.config.context_length
    weight = next(model.parameters())
    while True:
        if max(map(len, texts)) > context_length:  # 写满了：每一行只留最近的一半
            texts[:] = [text[-max(1, context_length // 2) :] for text in texts]
        lengths = [len(text) for text in texts]
        cache = KVCache(model.config, len(texts), device=weight.device, dtype=weight.dtype)
        padded = [text + [PAD] * (max(lengths) - len(text)) for text in texts]
        with evaluation_mode(model):
            logits = model(torch.tensor(padded, device=weight.device), cache)
        yield logits[torch.arange(len(texts)), torch.tensor(lengths) - 1]
        cache.set_lengths(lengths)
        decoder = model.decoder(cache) if hasattr(model, "decoder") else None
        while decoder and cache.lengths[0] < context_length:
            yield decoder(texts[0][-1])[None]
        while max(cache.lengths) < context_length:
            new = torch.tensor([[text[-1]] for text in texts], device=weight.device)
            with evaluation_mode(model):
                logits = model(new, cache)
            yield logits[:, -1]


@dataclass(frozen=True)
class Piece:
    """写出来的一段：文字、写出它的 token。最后一段的 finish 说为什么停：stop 是写完了，length 是长度到了。"""

    text: str
    tokens: tuple[int, ...] = ()
    finish: str | None = None


def stream_pieces(
    model, tokenizer, ids: list[int], stops: tuple[str, ...] = (), begin: tuple[int, ...] = (), **options
) -> Iterator[Piece]:  # fmt: skip
    """接着提示的编号 ids 写，逐段交出文字与写出它的 token。

    从不交出半个汉字；遇到 <eos>、stops 里的一段文字或长度到了就停，停下的地方之后的 token 不交出。
    begin 是已经定好的开头：算在写出来的里面（也交出），但不再由模型挑选。
    options 传给 generate：max_new_tokens、sampling、seed、observe。
    """
    decoder, held, waiting, sent, finish = tokenizer.stream_decoder(), "", [], 0, "length"
    new = (token for (token,) in generate(model, [ids + list(begin)], eos=tokenizer.eos, **options))
    for token in chain(begin, new):
        if token == tokenizer.eos:
            finish = "stop"
            break
        waiting.append((token, sent + len(held)))  # 它的文字从第几个字符开始
        held += decoder.push(token)
        found = [held.index(stop) for stop in stops if stop in held]
        keep = max((_overlap(held, stop) for stop in stops), default=0)  # 可能是 stop 的前半截，先不交出
        ready = min(found, default=len(held) - keep)
        sent += ready
        tokens = tuple(token for token, start in waiting if start < sent)
        if ready or found:
            yield Piece(held[:ready], tokens, "stop" if found else None)
        if found:
            return
        held, waiting = held[ready:], waiting[len(tokens) :]
    # 写到一半的字符（长度到了，字节还没有齐）不交出
    yield Piece(held, tuple(token for token, start in waiting if start < sent + len(held)), finish)


def stream_ids(model, tokenizer, ids: list[int], stop: str | None = None, **options) -> Iterator[str]:
    """只要文字的 stream_pieces（不含提示）。"""
    pieces = stream_pieces(model, tokenizer, ids, (stop,) if stop else (), **options)
    yield from (piece.text for piece in pieces if piece.text)


def _overlap(text: str, stop: str) -> int:
    """text 的末尾与 stop 的开头最多重合几个字符。"""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)


def stream_text(model, tokenizer, prompt: str, stop: str | None = None, **options) -> Iterator[str]:
    """逐段交出 prompt 这段文字的续写；别的同 stream_ids。"""
    return stream_ids(model, tokenizer, tokenizer.encode(prompt), stop, **options)


def complete(model, tokenizer, prompt: str, **options) -> str:
    """一次得到整段续写（不含提示）；参数同 stream_text。"""
    return "".join(stream_text(model, tokenizer, prompt, **options))
