"""cache.py：有缓存与没有缓存，结果相同（float64,1e-10）。"""

import pytest
import torch
from torch.testing import assert_close

from tinygpt.cache import KVCache
from tinygpt.errors import InputError
from tinygpt.tokenizer import PAD

TIGHT = {"atol": 1e-10, "rtol": 0}


def new_cache(model, batch_size=1, **options):
    return KVCache(model.config, batch_size, dtype=torch.float64, **options)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_one_token_at_a_time_equals_full_forward(make_model, random_ids, norm):
    model = make_model(std=0.4, dtype=torch.float64, norm=norm).eval()
    ids = random_ids(2, 16)
    cache = new_cache(model, 2)
    for t in range(16):
        logits = model(ids[:, t : t + 1], cache)
        assert logits.shape == (2, 1, 40)
        assert_close(logits[:, 0], model(ids[:, : t + 1])[:, -1], **TIGHT)
        assert cache.lengths == [t + 1, t + 1]


@pytest.mark.parametrize("chunks", [[16], [5, 1, 1, 1, 8], [3, 3, 3, 3, 4], [1, 7, 2, 6], [2, 2]])
def test_chunks_of_several_tokens_equal_full_forward(model64, random_ids, chunks):
    ids, cache, start = random_ids(3, sum(chunks)), new_cache(model64, 3), 0
    full = model64(ids)
    for n in chunks:
        assert_close(model64(ids[:, start : start + n], cache), full[:, start : start + n], **TIGHT)
        start += n


@pytest.mark.parametrize("lengths", [[2, 5, 9], [9, 5, 2], [4, 4, 4], [1, 16, 8], [7, 1, 1]])
def test_unequal_prompts_padded_on_the_right(model64, random_ids, lengths):
    """先填提示（右边补齐），再一个一个地写；每一行、每一步都与单独的完整前向相同。"""
    rows = [random_ids(n, seed=i).tolist() for i, n in enumerate(lengths)]
    longest = max(lengths)
    cache = new_cache(model64, 3)
    padded = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
    logits = model64(padded, cache)
    for i, row in enumerate(rows):
        assert_close(logits[i, : len(row)], model64(torch.tensor([row]))[0], **TIGHT)
    cache.set_lengths(lengths)
    for step in range(16 - longest):
        new = random_ids(3, seed=100 + step).tolist()
        for row, token in zip(rows, new):
            row.append(token)
        logits = model64(torch.tensor(new)[:, None], cache)
        assert cache.lengths == [n + step + 1 for n in lengths]
        for i, row in enumerate(rows):
            assert_close(logits[i, 0], model64(torch.tensor([row]))[0, -1], **TIGHT)


def test_unequal_prompts_then_chunks(model64, random_ids):
    rows = [random_ids(3, seed=0).tolist(), random_ids(7, seed=1).tolist()]
    cache = new_cache(model64, 2)
    model64(torch.tensor([rows[0] + [PAD] * 4, rows[1]]), cache)
    cache.set_lengths([3, 7])
    new = random_ids(2, 4, seed=2)
    logits = model64(new, cache)
    for i, row in enumerate(rows):
        assert_close(logits[i], model64(torch.tensor([row + new[i].tolist()]))[0, -4:], **TIGHT)


def test_padding_left_in_the_cache_is_invisible(model64, random_ids):
    """补齐换成别的 token，后面的 logits 一点也不变。"""
    row, longer = random_ids(3, seed=0).tolist(), random_ids(6, seed=1).tolist()
    new = torch.tensor([[9], [10]])
    results = []
    for padding in (PAD, 33):
        cache = new_cache(model64, 2)
        model64(torch.tensor([row + [padding] * 3, longer]), cache)
        cache.set_lengths([3, 6])
        results.append(model64(new, cache))
    assert torch.equal(*results)


def test_set_lengths_rewinds(model64, random_ids):
    ids, cache = random_ids(1, 8), new_cache(model64)
    model64(ids, cache)
    cache.set_lengths([3])
    assert_close(model64(ids[:, 3:], cache), model64(ids)[:, 3:], **TIGHT)


def test_overfull_cache_raises_and_names_the_numbers(model64, random_ids):
    cache = new_cache(model64, capacity=6)
    model64(random_ids(1, 5), cache)
    with pytest.raises(InputError, match="5") as caught:
        model64(random_ids(1, 2), cache)
    assert "6" in str(caught.value)
    model64(random_ids(1, 1), cache)  # 刚好放满是可以的
    assert cache.lengths == [6]
    with pytest.raises(InputError):
        model64(random_ids(1, 1), cache)
    assert cache.lengths == [6]


def test_default_capacity_is_the_context(model64, random_ids):
    cache = new_cache(model64)
    assert cache.keys.shape == cache.values.shape == (2, 1, 2, 16, 8)
    with pytest.raises(InputError):
        model64(random_ids(1, 17), cache)


def test_a_cache_longer_than_the_context_is_an_input_error(model64, random_ids):
    """位置 embedding 只有 16 个：缓存再大也放不下，要说清楚，而不是 IndexError。"""
    with pytest.raises(InputError):
        model64(random_ids(1, 17), new_cache(model64, capacity=32))


def test_the_longest_row_counts(model64, random_ids):
    cache = new_cache(model64, 2, capacity=8)
    model64(random_ids(2, 7), cache)
    cache.set_lengths([2, 7])
    with pytest.raises(InputError):
        model64(random_ids(2, 2), cache)


def test_gradients_do_not_need_the_cache_and_the_model_keeps_nothing(model64, random_ids):
    """缓存不藏在模块上：用过缓存之后，没有缓存的前向与以前逐位相同。"""
    ids = random_ids(1, 6)
    before, names = model64(ids), set(model64.state_dict())
    with torch.inference_mode():
        model64(ids, new_cache(model64))
    assert torch.equal(model64(ids), before)
    assert set(model64.state_dict()) == names
