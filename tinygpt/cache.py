"""键值缓存：生成时不把旧的 token 再算一遍。

它是一个普通的对象，由调用者建立、传入、丢弃；模块自己什么也不藏。
每一行（批中的一个样本）记着自己的长度，所以长短不一的提示可以放在一批里：
提示在右边补齐，补出来的键虽然写进了缓存，但位置在该行长度之后，谁也看不见，随后被真正的 token 覆盖。
"""

from typing import Protocol

import torch
from torch import Tensor

from tinygpt.config import GPTConfig
from tinygpt.errors import require


class LayerCache(Protocol):
    """注意力层眼中的缓存：接上新的键与值，交还到目前为止的全部。"""

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """k、v (b, h, t, d) → 全部的键与值 (b, h, s, d)。"""


class Cache(Protocol):
    """模型眼中的缓存；KVCache 是一种，滑动窗口、量化的缓存可以是另一种。"""

    def positions(self, n_new: int) -> Tensor:
        """接下来 n_new 个 token 的位置，形状 (b, t)。"""

    def mask(self, positions: Tensor) -> Tensor | None:
        """这些位置的查询看得见哪些键。"""

    def layer(self, index: int) -> LayerCache:
        """第 index 层的那一份。"""

    def advance(self, n_new: int) -> None:
        """全部层都写完之后，长度加 n_new。"""


class KVCache:
    """预先分配好的键与值，形状各为 (n_layer, b, h, s, d),s 为容量。

    参数
    ----
    config: 模型的形状
    batch_size: 批大小 b
    capacity: 最多放多少个 token，默认等于 context_length
    """

    def __init__(
        self, config: GPTConfig, batch_size: int = 1, capacity: int | None = None, device=None, dtype=None
    ):
        self.capacity = config.context_length if capacity is None else capacity
        require(
            0 < self.capacity <= config.context_length,
            f"缓存的容量 {self.capacity}", f"1 到上下文长度 {config.context_length}",
            "位置 embedding 只有这么多个，改小容量",
        )  # fmt: skip
        shape = (config.n_layer, batch_size, config.n_kv_head, self.capacity, config.head_dim)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)
        self.ids = torch.zeros((batch_size, self.capacity), dtype=torch.long, device=device)
        self.lengths = [0] * batch_size  # 每一行已有多少个 token

    def positions(self, n_new: int) -> Tensor:
        """接下来 n_new 个 token 的位置，形状 (b, t)。放不下就报错。"""
        require(
            max(self.lengths) + n_new <= self.capacity,
            f"缓存里已有 {max(self.lengths)} 个 token，又来了 {n_new} 个", f"总数不超过容量 {self.capacity}",
            "缩短输入，或新建一个更大的缓存",
        )  # fmt: skip
        starts = torch.tensor(self.lengths, device=self.keys.device)
        return starts[:, None] + torch.arange(n_new, device=self.keys.device)

    def mask(self, positions: Tensor) -> Tensor | None:
        """位置 p 的查询看得见键 0 … p，形状 (b, 1, t, s)；所有键都看得见时为 None。"""
        n_new = positions.size(1)
        if n_new == 1 and self.equal_rows:
            return None
        keys = torch.arange(max(self.lengths) + n_new, device=positions.device)
        return (keys <= positions[:, :, None])[:, None]

    @property
    def equal_rows(self) -> bool:
        """每一行是不是一样长：是的话，新的键与值一次就能写完。"""
        return self.lengths.count(self.lengths[0]) == len(self.lengths)

    def layer(self, index: int) -> "KVCacheLayer":
        return KVCacheLayer(self, index)

    def recent(self, ids: Tensor, positions: Tensor, n: int) -> Tensor:
        """记下新的 token (b, t)，交还每个位置最近的 n 个 (b, t, n)，最后一列是自己；开头之前是 0。"""
        self.ids.scatter_(1, positions, ids)
        before = torch.arange(1 - n, 1, device=ids.device) + positions[..., None]
        found = self.ids.gather(1, before.clamp(min=0).flatten(1)).view_as(before)
        return found.masked_fill(before < 0, 0)

    def advance(self, n_new: int) -> None:
        """全部层都写完之后，每一行的长度加 n_new。"""
        self.lengths = [length + n_new for length in self.lengths]

    def set_lengths(self, lengths: list[int]) -> None:
        """把每一行退回到给定的长度，例如退到补齐之前。"""
        self.lengths = list(lengths)


class KVCacheLayer:
    """KVCache 的一层。"""

    def __init__(self, cache: KVCache, index: int):
        self.cache, self.keys, self.values = cache, cache.keys[index], cache.values[index]

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """k、v (b, h, t, d) → 全部的键与值 (b, h, s, d)。"""
        n_new = k.size(2)
        starts = self.cache.lengths
        longest = max(starts) + n_new
        if self.cache.equal_rows:
            self.keys[:, :, longest - n_new : longest] = k
            self.values[:, :, longest - n_new : longest] = v
            return self.keys[:, :, :longest], self.values[:, :, :longest]
        for row, start in enumerate(starts):
            self.keys[row, :, start : start + n_new] = k[row]
            self.values[row, :, start : start + n_new] = v[row]
        return self.keys[:, :, :longest], self.values[:, :, :longest]
