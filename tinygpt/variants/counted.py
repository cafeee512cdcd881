"""计数与注意力在一起：网络只学计数没有说对的那一部分。

    logits = 网络的 logits + 门 · log P（计数）

P 是数训练文字得到的插值 Kneser–Ney（counting.py）：头几秒就数完，常见的搭配一开始就会；网络不必再从头学它们，
只学余下的：远处的、没有见过的搭配。门是一个数，每个位置不同，由网络的最后一层与“证据”（各阶的前文见过多少次、
交给低一阶多少）算出；开始时是 1，也就是只听计数的。计数没有用处时，门可以学到 0，就是原来的网络。

训练时每个位置的 P 是留一的：减去它自己这一次出现，否则计数总是“见过”答案，网络就什么也学不到。
验证与生成时用全部的计数。计数只看窗口里的 token，所以这个模型也是一个由 ids 到 logits 的函数。

名字总与纯 GPT 分开写：两样东西加在一起的结果，不是 GPT 自己的。
"""

import numpy as np
import torch
from torch import Tensor, nn

from tinygpt.cache import KVCache
from tinygpt.counting import Counts, Voice
from tinygpt.data import RandomWindows
from tinygpt.losses import Batch, cross_entropy_sum
from tinygpt.variants.counted_config import CountedConfig
from tinygpt.variants.modern import ModernGPT

SMALLEST = 1e-9  # 概率取对数之前垫到这么多：舍入不会给出 −∞


class CountedCache(KVCache):
    """键值缓存，另外记着每一行的 token：计数要看前几个。"""

    def __init__(self, config: CountedConfig, batch_size: int = 1, *args, **options):
        super().__init__(config, batch_size, *args, **options)
        self.tokens = [[] for _ in range(batch_size)]

    def remember(self, ids: Tensor, n: int) -> np.ndarray:
        """记下新的 ids (b, t)，交还 (b, n + t)：前面添上各行原有的最后 n 个，不够的是 −1。"""
        new = ids.tolist()
        recent = [([-1] * n + tokens)[len(tokens) :] for tokens in self.tokens]
        self.tokens = [tokens + row for tokens, row in zip(self.tokens, new)]
        return np.array([before + row for before, row in zip(recent, new)])

    def set_lengths(self, lengths: list[int]) -> None:
        super().set_lengths(lengths)
        self.tokens = [tokens[:length] for tokens, length in zip(self.tokens, lengths)]


class CountedGPT(nn.Module):
    """一个 ModernGPT，一份计数，一个门。counts 不是参数：造好之后由调用者放进来。"""

    make_cache = CountedCache  # 生成时用这一种缓存

    def __init__(self, config: CountedConfig):
        super().__init__()
        self.config = config
        self.network = ModernGPT(config)
        self.gate = nn.Parameter(torch.zeros(config.n_embd + evidence_size(config.order)))
        self.gate_bias = nn.Parameter(torch.ones(1))  # 门从 1 开始：先听计数的
        self.counts: Counts | None = None

    def forward(self, ids: Tensor, cache: CountedCache | None = None, voice: Tensor | None = None) -> Tensor:
        """ids (b, t) → logits (b, t, v)。

        voice (b, t, v + 证据) 是计数说的，训练时由 CountedWindows 给出（留一的）；不给就用全部的计数现查。
        """
        voice = self.listen(ids, cache) if voice is None else voice
        log_p, evidence = voice[..., : self.config.vocab_size], voice[..., self.config.vocab_size :]
        hidden = self.network.hidden(ids, cache)
        gate = torch.cat([hidden, evidence], dim=-1) @ self.gate + self.gate_bias
        return self.network.cap(self.network.lm_head(hidden)) + gate[..., None] * log_p

    def listen(self, ids: Tensor, cache: CountedCache | None) -> Tensor:
        """计数在这些位置说什么，形状 (b, t, v + 证据)；有缓存时，前几个 token 在缓存里。"""
        before = 0 if cache is None else self.config.order - 2
        tokens = ids.cpu().numpy() if cache is None else cache.remember(ids, before)
        contexts = self.counts.contexts(tokens)[:, :, before:]
        said = spoken(self.counts.voice(contexts.reshape(self.config.order, -1)))
        return torch.from_numpy(said).view(*ids.shape, -1).to(ids.device)

    @property
    def device(self) -> torch.device:
        return self.network.device

    def parameter_count(self) -> dict[str, int]:
        """网络各部分与门的参数个数；计数不是参数。"""
        parts = self.network.parameter_count()
        gate = self.gate.numel() + self.gate_bias.numel()
        return parts | {"门": gate, "合计": parts["合计"] + gate}


def evidence_size(order: int) -> int:
    """每个位置的证据有几个数：除了空的前文，每一阶两个。"""
    return 2 * (order - 1)


def spoken(voice: Voice) -> np.ndarray:
    """(n, V + 证据) 的 float32：log P，各阶交给低一阶多少，各阶的前文见过多少次（取对数，缩到 1 上下）。"""
    log_p = np.log(np.maximum(voice.probabilities, SMALLEST))
    evidence = [voice.shares[1:].T, np.log1p(voice.totals[1:].T) / 8]
    return np.concatenate([log_p, *evidence], axis=1, dtype=np.float32)


class CountedWindows(RandomWindows):
    """RandomWindows 的批，另有 voice：各位置留一的计数。ids 须是 counts 数过的那些。"""

    def __init__(self, counts: Counts, ids: np.ndarray, *args, **options):
        super().__init__(ids, *args, **options)
        self.counts = counts

    def batch(self, n: int) -> Batch:
        """{"ids": (b, t), "labels": (b, t), "voice": (b, t, v + 证据)}。"""
        batch, order = super().batch(n), self.counts.order
        ids, labels = batch["ids"].numpy(), batch["labels"].numpy()
        places = self.starts(n)[:, None] + np.arange(2 - order, 0)
        before = np.where(places < 0, self.counts.eos, self.ids[np.maximum(places, 0)])
        whole = self.counts.contexts(np.concatenate([before, ids], axis=1))[:, :, order - 2 :]
        lowest = self.counts.lowest(whole, labels)  # 减到第几阶，要看窗口以外的前文才知道
        whole[:, :, : order - 2] = self.counts.contexts(ids[:, : order - 2])
        voice = self.counts.voice(whole.reshape(order, -1), labels.ravel(), lowest.ravel())
        return batch | {"voice": torch.from_numpy(spoken(voice)).view(*ids.shape, -1)}


def counted_objective(model, batch: Batch) -> Tensor:
    """与 causal_objective 相同；训练的批带着留一的计数。"""
    return cross_entropy_sum(model(batch["ids"], voice=batch.get("voice")), batch["labels"])
