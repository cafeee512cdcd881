"""decoder.py：写平了的一步与模型的 forward 是同一个数；不是原样的零件就不走它。"""

import pytest
import torch
from torch.testing import assert_close

from tinygpt import Sampling, generate, layers
from tinygpt.cache import KVCache
from tinygpt.decoder import Decoder
from tinygpt.gpt import GPT
from tinygpt.variants import lora

CHANGES = [{}, {"bias": False}, {"tied_head": False}, {"gelu": "tanh"}, {"n_head": 4, "n_layer": 1}]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_every_step_equals_the_forward(make_model, random_ids, changes):
    model = make_model(std=0.4, dtype=torch.float64, **changes).eval()
    ids, cache = random_ids(16).tolist(), KVCache(model.config, dtype=torch.float64)
    decoder = model.decoder(cache)
    assert isinstance(decoder, Decoder)
    for n, token in enumerate(ids, start=1):
        assert_close(decoder(token), model(torch.tensor([ids[:n]]))[0, -1], atol=1e-10, rtol=0)
        assert cache.lengths == [n]


def test_it_goes_on_from_a_cache_filled_by_the_model(model64, random_ids):
    ids, cache = random_ids(12).tolist(), KVCache(model64.config, dtype=torch.float64)
    model64(torch.tensor([ids[:7]]), cache)
    decoder = model64.decoder(cache)
    for n in range(7, 12):
        expected = model64(torch.tensor([ids[: n + 1]]))[0, -1]
        assert_close(decoder(ids[n]), expected, atol=1e-10, rtol=0)


def test_it_ignores_dropout_in_training_mode(make_model, random_ids):
    model = make_model(std=0.4, dropout=0.9).train()
    decoder = model.decoder(KVCache(model.config))
    assert_close(decoder(9), model.eval()(torch.tensor([[9]]))[0, -1])


def test_generation_uses_it_and_writes_the_same(make_model, monkeypatch, random_ids):
    """双精度：走近路与不走近路，写出的一个不差；中间写满过一次上下文。"""
    calls = []
    real = Decoder.__call__
    monkeypatch.setattr(Decoder, "__call__", lambda self, token: (calls.append(token), real(self, token))[1])
    for seed in range(4):
        model = make_model(seed=seed, std=0.4, dtype=torch.float64).eval()
        prompt, options = random_ids(3, seed=seed).tolist(), {"max_new_tokens": 30, "eos": -1, "seed": seed}
        for sampling in (Sampling(greedy=True), Sampling(temperature=1.5, repetition_penalty=1.3)):
            calls.clear()
            fast = [token for (token,) in generate(model, [prompt], sampling=sampling, **options)]
            assert len(calls) > 20
            with monkeypatch.context() as without:
                without.setattr(GPT, "decoder", lambda self, cache: None)
                slow = [token for (token,) in generate(model, [prompt], sampling=sampling, **options)]
            assert fast == slow


def hooked(model):
    model.transformer.blocks[1].feed_forward.register_forward_hook(lambda *_: None)


def with_lora(model):
    lora.inject(model, 2)


def another_attention(model):
    model.transformer.blocks[0].attention.attend = layers.attention


@pytest.mark.parametrize("change", [hooked, with_lora, another_attention])
def test_changed_parts_are_left_to_the_model(make_model, change):
    model = make_model()
    assert model.decoder(KVCache(model.config)) is not None
    change(model)
    assert model.decoder(KVCache(model.config)) is None


def test_several_rows_post_norm_and_subclasses_are_left_to_the_model(make_model):
    class Other(GPT):
        def forward(self, ids, cache=None):
            return -super().forward(ids, cache)

    model = make_model()
    assert model.decoder(KVCache(model.config, 2)) is None
    post = make_model(norm="post")
    assert post.decoder(KVCache(post.config)) is None
    assert Other(model.config).decoder(KVCache(model.config)) is None
