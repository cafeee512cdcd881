"""计数与注意力在一起：网络只学计数没有说对的那一部分。

    输入 = 网络的输入 + W · 计数说的
    logits = 网络的 logits + 门 · log P（计数）

P 是数训练文字得到的插值 Kneser–Ney（counting.py）：头几秒就数完，常见的搭配一开始就会；网络不必再从头学它们，
只学余下的：远处的、没有见过的搭配。门是一个数，每个位置不同，由网络的最后一层与“证据”（各阶的前文见过多少次、
交给低一阶多少）算出；开始时是 1，也就是只听计数的。计数没有用处时，门可以学到 0，就是原来的网络。

训练时每个位置的 P 是留出的：文字分成十份，一份里的位置用另外九份的计数。否则计数总是“见过”答案，网络就什么也
学不到。只减去这一次出现（留一）也不行：少掉的那一次恰好指着答案，而且同一篇里反复出现的搭配显得太有把握。
验证与生成时用全部的计数。计数只看窗口里的 token，所以这个模型也是一个由 ids 到 logits 的函数。

另一种合法（各学各的，最后按概率混合）在 mixed.py，把计数接到训练与文件上在 voices.py。

名字总与纯 GPT 分开写：两样东西加在一起的结果，不是 GPT 自己的。
"""

import numpy as np
import torch
from torch import Tensor, nn

from tinygpt.cache import Cache
from tinygpt.counting import Counts, Voice
from tinygpt.data import RandomWindows
from tinygpt.losses import Batch, cross_entropy_sum
from tinygpt.variants.counted_config import CountedConfig
from tinygpt.variants.modern import ModernGPT

FOLDS = 10
LARGEST_STORE = 1 << 29  # 留出的计数最多先算好多少个数（每个两字节）
SMALLEST = 1e-9  # 概率取对数之前垫到这么多：舍入不会给出 −∞


class Listener(nn.Module):
    """一个 ModernGPT，与一份计数。counts 不是参数：造好之后由调用者放进来。两样怎样合起来，由子类定。"""

    def __init__(self, config: CountedConfig):
        super().__init__()
        self.config = config
        self.network = ModernGPT(config)
        self.counts: Counts | None = None

    def listen(self, ids: Tensor, cache: Cache | None) -> Tensor:
        """计数在这些位置说什么，形状 (b, t, v + 证据)；有缓存时，前几个 token 在缓存里。"""
        if cache is None:
            contexts = self.counts.contexts(ids.cpu().numpy()).reshape(self.config.order, -1)
        else:
            positions, n = cache.positions(ids.size(1)), self.config.order - 1
            last = cache.recent(ids, positions, n).flatten(0, 1)
            inside = positions.reshape(-1, 1) + torch.arange(1 - n, 1, device=ids.device) >= 0
            contexts = self.counts.contexts(last.where(inside, -1).cpu().numpy())[:, :, -1]
        said = torch.from_numpy(spoken(self.counts.voice(contexts)))
        return said.view(*ids.shape, -1).to(ids.device)

    @property
    def device(self) -> torch.device:
        return self.network.device


class CountedGPT(Listener):
    """一个 ModernGPT，一份计数，一个门。"""

    def __init__(self, config: CountedConfig):
        super().__init__(config)
        self.ear = nn.Linear(config.vocab_size + evidence_size(config.order), config.n_embd, bias=False)
        nn.init.zeros_(self.ear.weight)
        self.gate = nn.Parameter(torch.zeros(config.n_embd + evidence_size(config.order)))
        self.gate_bias = nn.Parameter(torch.ones(1))  # 门从 1 开始：先听计数的

    def forward(self, ids: Tensor, cache: Cache | None = None, voice: Tensor | None = None) -> Tensor:
        """ids (b, t) → logits (b, t, v)。

        voice (b, t, v + 证据) 是计数说的，训练时由 CountedWindows 给出（留出的）；不给就用全部的计数现查。
        """
        voice = self.listen(ids, cache) if voice is None else voice
        log_p, evidence = voice[..., : self.config.vocab_size], voice[..., self.config.vocab_size :]
        hidden = self.network.hidden(ids, cache, self.ear(voice))
        gate = (torch.cat([hidden, evidence], dim=-1) * self.gate).mean(-1, keepdim=True) + self.gate_bias
        return self.network.cap(self.network.lm_head(hidden)) + gate * log_p

    def parameter_count(self) -> dict[str, int]:
        """网络各部分、听计数的矩阵与门的参数个数；计数不是参数。"""
        parts = self.network.parameter_count()
        own = {"听计数": self.ear.weight.numel(), "门": self.gate.numel() + self.gate_bias.numel()}
        total = parts.pop("合计") + sum(own.values())
        return parts | own | {"合计": total}


def evidence_size(order: int) -> int:
    """每个位置的证据有几个数：除了空的前文，每一阶两个。"""
    return 2 * (order - 1)


def spoken(voice: Voice) -> np.ndarray:
    """(n, V + 证据) 的 float32：log P，各阶交给低一阶多少，各阶的前文见过多少次（取对数，缩到 1 上下）。"""
    (n, v), k = voice.probabilities.shape, len(voice.totals) - 1
    said = np.empty((n, v + 2 * k), np.float32)
    np.log(np.maximum(voice.probabilities, SMALLEST), out=said[:, :v], casting="same_kind")
    said[:, v : v + k] = voice.shares[1:].T
    said[:, v + k :] = np.log1p(voice.totals[1:].T) / 8
    return said


class HeldOut:
    """训练文字每个位置的、留出的计数：ids 分成 FOLDS 份，一份里的位置用别的份的计数。

    放得下就先全部算好（kept，半精度，每个位置一行）；放不下就留着各份的计数，用到时再算。
    """

    def __init__(self, counts: Counts, ids: np.ndarray):
        self.counts, self.ids, self.size = counts, ids, max(1, -(-len(ids) // FOLDS))
        self.width = counts.vocab_size + evidence_size(counts.order)
        small = len(ids) * self.width <= LARGEST_STORE
        self.kept, self.folds = np.empty((len(ids), self.width), np.float16) if small else None, []
        for start in range(0, len(ids), self.size):
            stop = min(start + self.size, len(ids))
            contexts = self._contexts(np.arange(start + 1 - counts.order, stop - 1)[None])[
                :, counts.order - 2 :
            ]
            fold = counts.without(contexts[-1], ids[start:stop].astype(np.int64))
            if small:
                self.kept[start:stop] = spoken(fold.voice(contexts))
            else:
                self.folds.append(fold)

    def _contexts(self, rows: np.ndarray) -> np.ndarray:
        """rows (b, t) 里每行是相邻的位置 → (order, b·t)：各位置之后那个 token 的前文；开头之前是 eos。"""
        history = np.where(rows < 0, self.counts.eos, self.ids[np.maximum(rows, 0)]).astype(np.int64)
        return self.counts.contexts(history).reshape(self.counts.order, -1)

    def spoken(self, places: np.ndarray) -> np.ndarray:
        """(n, V + 证据)：计数在第 places 个 token 之前说什么。"""
        if self.kept is not None:
            return self.kept[places]
        before = places[:, None] + np.arange(1 - self.counts.order, 0)
        contexts = self._contexts(before)[:, self.counts.order - 2 :: self.counts.order - 1]
        owner = places // self.size
        said = np.empty((len(places), self.width), np.float32)
        for number in np.unique(owner):
            rows = np.flatnonzero(owner == number)
            said[rows] = spoken(self.folds[number].voice(contexts[:, rows]))
        return said


class CountedWindows:
    """windows 的批，另有 voice：各位置留出的计数。windows.ids 须是 counts 数过的那些。"""

    def __init__(self, counts: HeldOut, windows: RandomWindows):
        self.held_out, self.windows = counts, windows

    def batch(self, n: int) -> Batch:
        """{"ids": (b, t), "labels": (b, t), "voice": (b, t, v + 证据)}。"""
        batch = self.windows.batch(n)
        b, t = batch["ids"].shape
        places = self.windows.starts(n)[:, None] + np.arange(1, t + 1)  # 标签的位置
        said = torch.from_numpy(self.held_out.spoken(places.ravel()))
        return batch | {"voice": said.float().view(b, t, -1)}


def counted_objective(model, batch: Batch) -> Tensor:
    """与 causal_objective 相同；训练的批带着留出的计数。"""
    return cross_entropy_sum(model(batch["ids"], voice=batch.get("voice")), batch["labels"])
