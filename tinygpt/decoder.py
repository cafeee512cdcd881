"""生成的一步，写平了：一行、一个 token，从编号直接算到 logits。

模型照旧是 gpt.py 与 layers.py 里的那个，这里只是同一个前向的另一种走法。一次只来一个 token 时，乘法很少，
时间大半花在一层层的模块调用、拆轴并轴上；把它们写成一串函数调用，小模型快一倍多，10 M 的快三成
（docs/performance.md）。只认得 layers.py 里原样的零件：装了 LoRA、挂了钩子、换过注意力的，
照旧走模型自己的 forward。
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tinygpt.cache import KVCache
from tinygpt.layers import Block, FeedForward, SelfAttention, Transformer, fused_attention

PLAIN = {
    Transformer, Block, SelfAttention, FeedForward, nn.ModuleList, nn.Linear, nn.LayerNorm, nn.Embedding,
    nn.Dropout,
}  # fmt: skip


def fits(model: nn.Module, cache) -> bool:
    """能不能走这条路：CPU 上的一行，零件都是原样的，没有挂钩子。model 自己由调用者认。"""
    parts = [module for module in model.modules() if module is not model]
    plain = {type(part) for part in parts} <= PLAIN and isinstance(cache, KVCache)
    if not plain or cache.keys.device.type != "cpu" or len(cache.lengths) != 1:
        return False
    hooks = any(part._forward_hooks or part._forward_pre_hooks for part in (model, *parts))
    attends = {block.attention.attend for block in model.transformer.blocks}
    return not hooks and attends == {fused_attention}


class Decoder:
    """decoder = Decoder(model, cache)；decoder(token) 交出它之后的 logits (v,)，缓存随之长一格。"""

    def __init__(self, model: nn.Module, cache: KVCache):
        self.model, self.cache = model, cache
        self.layers = [
            (_norm(b.attention_norm), _linear(b.attention.to_qkv), cache.layer(i),
             _linear(b.attention.to_out), _norm(b.feed_forward_norm), _linear(b.feed_forward.up),
             b.feed_forward.gelu, _linear(b.feed_forward.down))
            for i, b in enumerate(model.transformer.blocks)
        ]  # fmt: skip
        self.norm, self.head = _norm(model.transformer.norm), model.lm_head.weight

    def __call__(self, token: int) -> Tensor:
        model, config = self.model, self.model.config
        heads = (3, 1, config.n_head, 1, config.head_dim)  # n b h t d
        x = model.token_embedding.weight[token] + model.position_embedding.weight[self.cache.lengths[0]]
        for norm, to_qkv, cache, to_out, norm2, up, gelu, down in self.layers:
            q, k, v = to_qkv(norm(x)).view(heads)
            k, v = cache.append(k, v)
            x = x + to_out(F.scaled_dot_product_attention(q, k, v).flatten())
            x = x + down(gelu(up(norm2(x))))
        self.cache.advance(1)
        return torch.mv(self.head, self.norm(x))


def _linear(layer: nn.Linear):
    """矩阵乘向量。nn.Linear 收到一行时仍按矩阵乘矩阵来做，慢一些。"""
    weight, bias = layer.weight, layer.bias
    if bias is None:
        return lambda x: torch.mv(weight, x)
    return lambda x: torch.addmv(bias, weight, x)


def _norm(layer: nn.LayerNorm):
    shape, weight, bias, epsilon = layer.normalized_shape, layer.weight, layer.bias, layer.eps
    return lambda x: F.layer_norm(x, shape, weight, bias, epsilon)
