"""两个声音，各学各的，最后按概率混合：P = (1 − share) · P（网络） + share · P（计数）。

counted.py 让网络只学计数没有说对的，头一分钟学得最快；给得久了，不如各学各的再混合（docs/speed_log.md）。
这里训练时网络听不见计数，与单独的 modern 一样地学；写的时候两个声音才合起来：只要有一个给真的下一个 token
不小的概率，合起来就不会太小。share 是在第三份文字上试出来的一个数（docs/speed_log.md），不随上下文变。

名字总与纯 GPT 分开写；里面的 network 就是一个纯的 ModernGPT，单独用也一样好。
"""

import math

import torch
from torch import Tensor

from tinygpt.cache import Cache
from tinygpt.losses import Batch, cross_entropy_sum
from tinygpt.variants.counted import Listener


class MixedGPT(Listener):
    """一个 ModernGPT，一份计数，一个定下的 share（MixedConfig）。"""

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """ids (b, t) → (b, t, v)：混合之后的 log P，可以当 logits 用。"""
        counted = self.listen(ids, cache)[..., : self.config.vocab_size]
        own = self.network(ids, cache)
        own = own.to(torch.promote_types(own.dtype, torch.float32)).log_softmax(dim=-1)
        share = self.config.share
        return torch.logaddexp(own + math.log(1 - share), counted + math.log(share))

    def parameter_count(self) -> dict[str, int]:
        """网络各部分的参数个数；计数与 share 不是学来的参数。"""
        return self.network.parameter_count()


def mixed_objective(model: MixedGPT, batch: Batch) -> Tensor:
    """训练时只有网络自己的交叉熵；评估（不在训练状态）时是混合之后的。"""
    speaker = model.network if model.training else model
    return cross_entropy_sum(speaker(batch["ids"]), batch["labels"])
