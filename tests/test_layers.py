"""layers.py：与 torch、与照公式写的慢版本对照；因果性用改动未来来验。"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from tinygpt.config import GPTConfig
from tinygpt.layers import (
    CAUSAL,
    Block,
    FeedForward,
    PostNormBlock,
    SelfAttention,
    Transformer,
    attention,
    attention_weights,
    causal_mask,
    fused_attention,
)  # fmt: skip

SIZES = [(5, 5), (1, 5), (3, 7), (1, 1), (6, 6)]
CONFIG = GPTConfig(vocab_size=40, context_length=16, n_layer=2, n_head=4, n_embd=16, dropout=0.0)


def qkv(t, s, b=2, h=3, d=4, seed=0):
    g = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(b, h, n, d, generator=g, dtype=torch.float64) for n in (t, s, s))


def allowed_by_hand(t, s):
    """第 i 个查询是第 s − t + i 个位置，看得见不晚于自己的键。"""
    return torch.tensor([[key <= s - t + query for key in range(s)] for query in range(t)])


def random_mask(*shape):
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(1)) < 0.5
    mask[..., 0] = True  # 每一行至少看得见一个
    return mask


def attention_by_loops(q, k, v, allowed):
    """一个数一个数地算。allowed (b, h, t, s)。"""
    out = torch.zeros(*q.shape[:3], v.size(3), dtype=q.dtype)
    for b in range(q.size(0)):
        for h in range(q.size(1)):
            for i in range(q.size(2)):
                seen = [j for j in range(k.size(2)) if allowed[b, h, i, j]]
                scores = [math.exp(float(q[b, h, i] @ k[b, h, j]) / math.sqrt(q.size(3))) for j in seen]
                for score, j in zip(scores, seen):
                    out[b, h, i] += score / sum(scores) * v[b, h, j]
    return out


def randomised(module, seed=0, dtype=torch.float64):
    """全部参数（偏置、归一化的权重也在内）换成随机数，免得 0 与 1 掩盖了错误。"""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=g) * 0.3)
    return module.to(dtype).eval()


def inputs(b=2, t=7, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(b, t, CONFIG.n_embd, generator=generator, dtype=torch.float64)


# ---- 纯函数 ----


@pytest.mark.parametrize(("t", "s"), SIZES)
def test_causal_mask(t, s):
    assert torch.equal(causal_mask(t, s), allowed_by_hand(t, s))


@pytest.mark.parametrize("function", [attention, fused_attention])
@pytest.mark.parametrize("kind", ["none", "causal", "ts", "b1ts", "bhts"])
@pytest.mark.parametrize(("t", "s"), SIZES)
def test_attention_equals_loops_and_torch(function, kind, t, s):
    q, k, v = qkv(t, s)
    shapes = {"ts": (t, s), "b1ts": (2, 1, t, s), "bhts": (2, 3, t, s)}
    named = {"none": None, "causal": CAUSAL}
    mask = named[kind] if kind in named else random_mask(*shapes[kind])
    boolean = {"none": torch.ones(t, s, dtype=torch.bool), "causal": allowed_by_hand(t, s)}.get(kind, mask)
    out = function(q, k, v, mask)
    assert_close(out, attention_by_loops(q, k, v, boolean.expand(2, 3, t, s)), atol=1e-12, rtol=1e-10)
    assert_close(out, F.scaled_dot_product_attention(q, k, v, attn_mask=boolean), atol=1e-12, rtol=1e-10)


def test_the_is_causal_trap():
    """SDPA 的 is_causal:1 个查询、5 个键时只看见第一个键；fused_attention 不落进去。"""
    q, k, v = qkv(1, 5)
    trapped = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert_close(trapped, v[:, :, :1])  # 陷阱确实还在；torch 改了这一点，这里会先知道
    right = attention(q, k, v, None)  # 最后一个位置本来就该看见全部
    assert not torch.allclose(trapped, right)
    assert_close(fused_attention(q, k, v, CAUSAL), right)
    assert_close(attention(q, k, v, CAUSAL), right)


@pytest.mark.parametrize("mask", [None, CAUSAL, "random"])
def test_weights_rows_sum_to_one_and_hidden_keys_get_zero(mask):
    q, k, _ = qkv(4, 6)
    mask = random_mask(4, 6) if mask == "random" else mask
    weights = attention_weights(q, k, mask)
    assert weights.shape == (2, 3, 4, 6)
    assert_close(weights.sum(-1), torch.ones(2, 3, 4, dtype=torch.float64))
    assert (weights >= 0).all()
    if mask is not None:
        boolean = allowed_by_hand(4, 6) if mask is CAUSAL else mask
        assert (weights[..., ~boolean] == 0).all()
        assert (weights[..., boolean] > 0).all()


@pytest.mark.parametrize("function", [attention, fused_attention])
@pytest.mark.parametrize("mask", [None, CAUSAL])
def test_gradcheck(function, mask):
    q, k, v = (x.requires_grad_() for x in qkv(2, 3, b=1, h=2, d=3))
    assert torch.autograd.gradcheck(lambda q, k, v: function(q, k, v, mask), (q, k, v))


def test_scores_are_scaled_by_the_root_of_head_dim():
    q = torch.full((1, 1, 1, 4), 2.0)
    k = torch.tensor([[1.0, 1, 1, 1], [0, 0, 0, 0]])[None, None]
    expected = torch.tensor([8 / math.sqrt(4), 0.0]).softmax(0)
    assert_close(attention_weights(q, k)[0, 0, 0], expected)


# ---- 类 ----


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("mask", [None, CAUSAL])
def test_self_attention_equals_a_loop_over_heads(bias, mask):
    layer = randomised(SelfAttention(GPTConfig(n_head=4, n_embd=16, dropout=0, bias=bias)))
    x, d = inputs(), 4
    w, b = layer.to_qkv.weight, layer.to_qkv.bias if bias else torch.zeros(48, dtype=torch.float64)
    heads = []
    for i in range(4):
        rows = [slice(part * 16 + i * d, part * 16 + (i + 1) * d) for part in range(3)]
        q, k, v = (x @ w[r].T + b[r] for r in rows)
        scores = q @ k.transpose(1, 2) / math.sqrt(d)
        if mask is CAUSAL:
            scores = scores.masked_fill(~allowed_by_hand(7, 7), -math.inf)
        heads.append(scores.softmax(-1) @ v)
    expected = F.linear(torch.cat(heads, -1), layer.to_out.weight, layer.to_out.bias)
    assert_close(layer(x, mask), expected, atol=1e-12, rtol=1e-10)


def test_self_attention_equals_torch_multihead():
    layer = randomised(SelfAttention(CONFIG))
    oracle = torch.nn.MultiheadAttention(16, 4, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        oracle.in_proj_weight.copy_(layer.to_qkv.weight), oracle.in_proj_bias.copy_(layer.to_qkv.bias)
        oracle.out_proj.weight.copy_(layer.to_out.weight), oracle.out_proj.bias.copy_(layer.to_out.bias)
    x = inputs()
    expected, _ = oracle(x, x, x, attn_mask=~allowed_by_hand(7, 7))  # torch 里 True 表示看不见
    assert_close(layer(x), expected, atol=1e-12, rtol=1e-10)


def test_attend_can_be_replaced_by_the_plain_formula():
    class Plain(SelfAttention):
        attend = staticmethod(attention)

    fused, plain = randomised(SelfAttention(CONFIG)), randomised(Plain(CONFIG))
    assert_close(fused(inputs()), plain(inputs()), atol=1e-12, rtol=1e-10)


def test_feed_forward_formula():
    layer, x = randomised(FeedForward(CONFIG)), inputs()
    assert layer.up.weight.shape == (64, 16)
    hidden = x @ layer.up.weight.T + layer.up.bias
    gelu = 0.5 * hidden * (1 + torch.erf(hidden / math.sqrt(2)))
    assert_close(layer(x), gelu @ layer.down.weight.T + layer.down.bias, atol=1e-12, rtol=1e-10)


def norm_by_hand(x, norm):
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5) * norm.weight + norm.bias


def test_pre_norm_formula():
    block, x = randomised(Block(CONFIG)), inputs()
    h = x + block.attention(norm_by_hand(x, block.attention_norm))
    expected = h + block.feed_forward(norm_by_hand(h, block.feed_forward_norm))
    assert_close(block(x), expected, atol=1e-12, rtol=1e-10)


def test_post_norm_formula():
    block, x = randomised(PostNormBlock(CONFIG)), inputs()
    h = norm_by_hand(x + block.attention(x), block.attention_norm)
    expected = norm_by_hand(h + block.feed_forward(h), block.feed_forward_norm)
    assert_close(block(x), expected, atol=1e-12, rtol=1e-10)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_transformer_is_a_stack(norm):
    config = GPTConfig(n_layer=3, n_head=4, n_embd=16, dropout=0, norm=norm)
    model, x = randomised(Transformer(config)), inputs()
    expected = x
    for block in model.blocks:
        assert type(block) is {"pre": Block, "post": PostNormBlock}[norm]
        expected = block(expected)
    if norm == "pre":  # post-norm 的最后一步已经是归一化
        expected = norm_by_hand(expected, model.norm)
    assert len(model.blocks) == 3
    assert_close(model(x), expected, atol=1e-12, rtol=1e-10)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_future_does_not_change_the_past(norm):
    model = randomised(Transformer(GPTConfig(n_head=4, n_embd=16, dropout=0, norm=norm)))
    x = inputs(t=7)
    for cut in range(1, 7):
        changed = x.clone()
        changed[:, cut:] += inputs(seed=4)[:, cut:]  # 不能只加一个常数：层归一化看不见它
        before, after = model(x), model(changed)
        assert torch.equal(before[:, :cut], after[:, :cut])
        assert (before[:, cut:] != after[:, cut:]).any(-1).all()  # 改动本身确实起了作用
    # 对照：没有掩码时，改动最后一个位置，第一个位置就变了
    assert not torch.allclose(model(x, None)[:, 0], model(changed, None)[:, 0])


def test_permutation_equivariance_without_mask():
    model, x = randomised(Transformer(CONFIG)), inputs()
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    assert_close(model(x[:, order], None), model(x, None)[:, order], atol=1e-12, rtol=1e-10)
    assert not torch.allclose(model(x[:, order]), model(x)[:, order])  # 对照：有因果掩码就不等


def test_rows_of_a_batch_do_not_mix():
    model, x = randomised(Transformer(CONFIG)), inputs(b=3)
    assert_close(model(x)[1], model(x[1:2])[0], atol=1e-12, rtol=1e-10)


def test_dropout_acts_in_training_only():
    model = randomised(Transformer(GPTConfig(n_head=4, n_embd=16, dropout=0.5)))
    x = inputs()
    assert torch.equal(model(x), model(x))
    model.train()
    assert not torch.equal(model(x), model(x))


def test_without_bias_there_is_no_bias():
    names = [n for n, _ in Transformer(GPTConfig(n_head=4, n_embd=16, bias=False)).named_parameters()]
    assert names and not [n for n in names if "bias" in n]
