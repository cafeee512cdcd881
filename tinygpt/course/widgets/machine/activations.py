"""模型走一遍，留下每一站的数。

数由模型自己的零件算出来，没有另写一份前向计算；算到最后的 logits 与 model(ids) 相同（有测试）。
"""

import math

import torch
from einops import einsum, rearrange
from torch import Tensor

from tinygpt.device import evaluation_mode
from tinygpt.layers import CAUSAL, PostNormBlock, attention_weights, causal_mask

Record = dict[str, Tensor]


@torch.no_grad()
def record(model, ids: list[int]) -> Record:
    """ids (t 个编号) → {站名: 数}。dropout 关着。

    每层的站名前面有层号，从 0 数起，例如 "0.q" (h, t, d)、"0.weights" (h, t, t)、"1.after" (t, c)；
    各层之外的是 token、position、h0、norm（post-norm 没有）(t, c)，logits、probabilities (t, v)。
    """
    with evaluation_mode(model):
        ids = torch.tensor(ids, device=model.device)
        kept = {
            "token": model.token_embedding(ids),
            "position": model.position_embedding(torch.arange(len(ids), device=ids.device)),
        }
        x = kept["h0"] = kept["token"] + kept["position"]
        for number, block in enumerate(model.transformer.blocks):
            inside, x = through_block(block, x)
            kept |= {f"{number}.{name}": value for name, value in inside.items()}
        last = model.transformer.norm(x)
        if model.config.norm == "pre":
            kept["norm"] = last
        kept["logits"] = model.lm_head(last)
        kept["probabilities"] = kept["logits"].softmax(dim=-1)
    return {name: value.float().cpu() for name, value in kept.items()}


def through_block(block, x: Tensor) -> tuple[Record, Tensor]:
    """一层：x (t, c) → （里面各站的数，这一层的输出）。"""
    post, kept = isinstance(block, PostNormBlock), {}
    seen = x if post else block.attention_norm(x)
    kept |= through_heads(block.attention, seen)
    kept["middle"] = total = x + kept["attended"]
    kept["attention_norm"] = block.attention_norm(total) if post else seen
    x = kept["attention_norm"] if post else total

    network = block.feed_forward
    seen = x if post else block.feed_forward_norm(x)
    kept["up"] = network.up(seen)
    kept["gelu"] = network.gelu(kept["up"])
    kept["down"] = network.down(kept["gelu"])
    kept["after"] = total = x + kept["down"]
    kept["feed_forward_norm"] = block.feed_forward_norm(total) if post else seen
    return kept, kept["feed_forward_norm"] if post else total


def through_heads(attention, x: Tensor) -> Record:
    """多头注意力里面的各站：q、k、v、heads (h, t, d)，scores、masked、weights (h, t, t)，attended (t, c)。"""
    q, k, v = rearrange(attention.to_qkv(x), "t (n h d) -> n h t d", n=3, h=attention.n_head)
    scores = einsum(q, k, "h t d, h s d -> h t s") / math.sqrt(q.size(-1))
    visible = causal_mask(len(x), len(x), x.device)
    heads = attention.attend(q[None], k[None], v[None], CAUSAL)[0]
    return {
        "q": q, "k": k, "v": v,
        "scores": scores,
        "masked": scores.masked_fill(~visible, float("-inf")),
        "weights": attention_weights(q[None], k[None], CAUSAL)[0],
        "heads": heads,
        "attended": attention.to_out(rearrange(heads, "h t d -> t (h d)")),
    }  # fmt: skip
