"""data.py：写到磁盘、划分、成批。"""

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tinygpt.data import (
    ContiguousWindows,
    RandomWindows,
    TokenDataset,
    prepare,
)
from tinygpt.errors import InputError
from tinygpt.losses import IGNORE
from tinygpt.splits import FEW_DOCUMENTS
from tinygpt.text import Passage
from tinygpt.token_store import default_cache_dir

EOS = 7


def encode(texts):
    """一个字符一个编号：8 + 码点的低位。"""
    return [[8 + ord(c) % 50 for c in text] for text in texts]


def documents(n, start=0, length=40):
    return [
        Passage(f"第{i}篇" + chr(0x4E00 + i) * (length + i % 7), f"f{i}") for i in range(start, start + n)
    ]


def make(passages, folder, key="k", vocab_size=100, encode=encode, **options) -> TokenDataset:
    return prepare(passages, encode, key=key, vocab_size=vocab_size, eos=EOS, folder=folder, **options)


def split_documents(ids) -> list[tuple]:
    """在 <eos> 处切开；每一篇都要以 <eos> 结尾。"""
    found, current = [], []
    for id in ids.tolist():
        current.append(id)
        if id == EOS:
            found.append(tuple(current))
            current = []
    assert not current
    return found


def expected_ids(passage) -> tuple:
    return tuple(encode([passage.text])[0] + [EOS])


# ---- prepare ----


def test_every_document_is_written_once_and_closed_by_eos(tmp_path):
    passages = documents(30)
    data = make(passages, tmp_path)
    written = split_documents(data.train) + split_documents(data.validation)
    assert Counter(written) == Counter(map(expected_ids, passages))
    meta = data.meta
    assert meta["documents"] == 30 == meta["train_documents"] + meta["validation_documents"]
    assert meta["tokens"] == len(data.train) + len(data.validation)
    assert meta["tokens"] == meta["train_tokens"] + meta["validation_tokens"]
    assert meta["characters"] == sum(len(p.text) for p in passages)
    assert meta["bytes"] == sum(len(p.text.encode()) for p in passages)


def test_pieces_of_one_document_are_joined_without_eos_between(tmp_path):
    pieces = [Passage("前半", "a", ends_document=False), Passage("后半", "a"), *documents(12)]
    data = make(pieces, tmp_path)
    written = split_documents(data.train) + split_documents(data.validation)
    assert expected_ids(Passage("前半后半", "a")) in written
    assert data.meta["documents"] == 13


def test_a_document_is_split_the_same_whole_or_in_pieces(tmp_path):
    """划分看的是整篇的内容，与怎样分段读无关。"""
    whole = make(documents(40), tmp_path, "whole")
    halves = [
        half
        for p in documents(40)
        for half in (Passage(p.text[:9], p.source, False), Passage(p.text[9:], p.source))
    ]
    pieces = make(halves, tmp_path, "pieces")
    assert np.array_equal(whole.train, pieces.train) and np.array_equal(whole.validation, pieces.validation)


def test_split_does_not_depend_on_order_and_survives_new_documents(tmp_path):
    some = documents(60)
    first, reverse = make(some, tmp_path, "a"), make(some[::-1], tmp_path, "b")
    more = make(some + documents(60, start=60), tmp_path, "c")
    train, validation = (set(split_documents(x)) for x in (first.train, first.validation))
    assert 1 <= len(validation) <= 15 and len(train) + len(validation) == 60
    assert set(split_documents(reverse.validation)) == validation
    assert set(split_documents(reverse.train)) == train
    assert validation <= set(split_documents(more.validation)) and train <= set(split_documents(more.train))


def test_validation_fraction_is_about_right(tmp_path):
    for fraction in (0.1, 0.5):
        data = make(documents(400, length=2), tmp_path, validation_fraction=fraction)
        assert abs(data.meta["validation_documents"] / 400 - fraction) < 0.07


def test_there_is_always_a_validation_document(tmp_path):
    data = make(documents(10), tmp_path, validation_fraction=1e-9)
    assert data.meta["validation_documents"] == 1


def test_equal_documents_never_straddle_the_split(tmp_path):
    passages = documents(20) * 3
    data = make(passages, tmp_path)
    assert not set(split_documents(data.train)) & set(split_documents(data.validation))


def test_own_split_is_honoured(tmp_path):
    splits = ["validation" if i in (2, 5) else [None, "train"][i % 2] for i in range(20)]
    passages = [Passage(f"{i}" * 9, "f", split=split) for i, split in enumerate(splits)]
    data = make(passages, tmp_path)
    assert split_documents(data.validation) == [expected_ids(passages[2]), expected_ids(passages[5])]
    assert len(split_documents(data.train)) == 18
    assert "自带" in data.meta["split"]


def test_few_documents_are_cut_at_the_end(tmp_path):
    passages = documents(FEW_DOCUMENTS - 1, length=50)
    data = make(passages, tmp_path, validation_fraction=0.2)
    train, validation = [], []
    for ids in map(expected_ids, passages):
        cut = len(ids) - int(len(ids) * 0.2)
        train += ids[:cut]
        validation += ids[cut:]
    assert data.train.tolist() == train and data.validation.tolist() == validation and len(validation) >= 80


@pytest.mark.parametrize("passages", [
    [Passage("短", "f")],  # 太短，留不出验证
    [Passage(str(i) * 30, "f", split="validation") for i in range(12)],  # 全是验证，没有训练
], ids=["short", "only validation"])  # fmt: skip
def test_an_empty_half_is_an_input_error_or_an_empty_array(tmp_path, passages):
    """空的一半：要么这里就说清楚，要么交出空数组，由 RandomWindows、ContiguousWindows 说；
    不能是 mmap 的裸错误。"""
    with pytest.raises(InputError):
        data = make(passages, tmp_path)
        RandomWindows(data.train, 4, 1)
        ContiguousWindows(data.validation, 4, 1, EOS)


def test_cache_is_reused_and_encode_is_not_called_twice(tmp_path):
    calls = []

    def counting(texts):
        calls.append(len(texts))
        return encode(texts)

    first = make(documents(12), tmp_path, encode=counting)
    n = len(calls)
    again = make(iter(()), tmp_path, encode=counting)  # 文字也不再读
    assert n >= 1 and len(calls) == n
    assert np.array_equal(first.train, again.train) and first.meta == again.meta
    for options in ({"key": "other"}, {"validation_fraction": 0.3}, {"vocab_size": 101}):
        before = len(calls)
        make(documents(12), tmp_path, encode=counting, **options)
        assert len(calls) > before


def test_a_failed_preparation_leaves_nothing_behind(tmp_path):
    def broken(texts):
        raise InputError("编不了")

    with pytest.raises(InputError, match="编不了"):
        make(documents(12), tmp_path, encode=broken)
    assert [p for p in tmp_path.iterdir() if p.suffix != ".lock"] == []
    assert make(documents(12), tmp_path).meta["documents"] == 12


def test_default_folder_is_the_environment_variable(cache_dir, monkeypatch, tmp_path):
    assert default_cache_dir() == cache_dir
    assert make(documents(12), None).folder.parent == cache_dir
    monkeypatch.setenv("TINYGPT_CACHE", str(tmp_path / "new"))
    assert make(documents(12), None).folder.parent == tmp_path / "new"
    monkeypatch.delenv("TINYGPT_CACHE")
    assert default_cache_dir().parts[-2:] == (".cache", "tinygpt")


@pytest.mark.parametrize(
    ("vocab_size", "dtype"),
    [(100, "uint16"), (65536, "uint16"), (65537, "uint32"), (200_000, "uint32")],
)
def test_large_vocabularies_use_uint32(tmp_path, vocab_size, dtype):
    top = vocab_size - 1
    encode = lambda texts: [[top] * 20 for _ in texts]
    data = make(documents(12), tmp_path, vocab_size=vocab_size, encode=encode)
    assert data.train.dtype == data.validation.dtype == np.dtype(dtype)
    assert set(data.train.tolist()) == {top, EOS}
    assert RandomWindows(data.train, 4, 2).batch(0)["ids"].max() == top


def test_many_small_documents_are_encoded_in_groups(tmp_path):
    calls = []
    make(documents(500, length=3), tmp_path, encode=lambda texts: calls.append(len(texts)) or encode(texts))
    assert len(calls) < 10 and sum(calls) == 500


# ---- RandomWindows ----


@given(st.integers(2, 200), st.integers(1, 12), st.integers(1, 7), st.integers(0, 3))
def test_each_epoch_covers_each_window_once(length, context, batch_size, seed):
    context = min(context, length - 1)
    windows = RandomWindows(np.arange(length), context, batch_size, seed)
    n, total = windows.windows_per_epoch, 3 * windows.windows_per_epoch
    starts = [int(x) for k in range(-(-total // batch_size)) for x in windows.batch(k)["ids"][:, 0]][:total]
    for epoch in range(3):
        begun = sorted(starts[epoch * n : (epoch + 1) * n])
        assert [b - a for a, b in itertools.pairwise(begun)] == [context] * (n - 1)  # 不重叠，不遗漏
        assert begun[0] >= 0 and begun[-1] + context <= length - 1
    assert n >= (length - 1) // context - 1


def test_labels_are_ids_shifted_by_one():
    batch = RandomWindows(np.arange(100) * 3, 8, 4).batch(5)
    assert batch["ids"].shape == batch["labels"].shape == (4, 8)
    assert batch["ids"].dtype == batch["labels"].dtype == torch.int64
    assert torch.equal(batch["labels"], batch["ids"] + 3)


def test_a_batch_depends_only_on_seed_and_number():
    make_windows = lambda seed=1: RandomWindows(np.arange(500), 8, 4, seed)  # noqa: E731
    forward, backward = make_windows(), make_windows()
    there = [forward.batch(n)["ids"] for n in range(40)]
    back = [backward.batch(n)["ids"] for n in reversed(range(40))][::-1]
    np.random.seed(3), torch.manual_seed(3)
    assert all(torch.equal(a, b) for a, b in zip(there, back))
    assert torch.equal(make_windows().batch(33)["ids"], there[33])
    assert not all(torch.equal(a, make_windows(2).batch(n)["ids"]) for n, a in enumerate(there))


def test_epochs_differ_in_order_and_offset():
    windows = RandomWindows(np.arange(1000), 10, 1)
    n = windows.windows_per_epoch
    epochs = [[int(windows.batch(e * n + i)["ids"][0, 0]) for i in range(n)] for e in range(4)]
    assert len({tuple(e) for e in epochs}) == 4
    assert len({e[0] % 10 for e in epochs}) > 1 and epochs[0] != sorted(epochs[0])


def test_does_not_touch_the_global_generators():
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    RandomWindows(np.arange(100), 8, 4).batch(3)
    assert torch.equal(torch.get_rng_state(), before) and (np.random.get_state()[1] == numpy_before).all()


def test_text_shorter_than_one_context():
    with pytest.raises(InputError, match="8 个 token") as caught:
        RandomWindows(np.arange(8), 8, 1)
    assert "8" in caught.value.expected
    labels = RandomWindows(np.arange(9), 8, 1).batch(0)["labels"]
    assert labels.tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]  # 刚好够


# ---- ContiguousWindows ----


@given(st.integers(1, 80), st.integers(1, 9), st.integers(1, 5))
def test_each_token_is_predicted_exactly_once_from_the_one_before(length, context, batch_size):
    ids = np.arange(100, 100 + length)
    pairs = []
    for batch in ContiguousWindows(ids, context, batch_size, first=EOS):
        assert batch["ids"].shape == batch["labels"].shape and batch["ids"].shape[1] == context
        assert batch["ids"].shape[0] <= batch_size
        real = batch["labels"] != IGNORE
        pairs += zip(batch["ids"][real].tolist(), batch["labels"][real].tolist())
        assert (batch["ids"] >= 0).all()  # 补齐的位置也是合法的编号
    assert [label for _, label in pairs] == ids.tolist()
    assert [before for before, _ in pairs] == [EOS, *ids[:-1].tolist()]


def test_can_be_iterated_again():
    windows = ContiguousWindows(np.arange(20), 4, 2, EOS)
    a, b = list(windows), list(windows)
    assert len(a) == 3 and all(torch.equal(x["ids"], y["ids"]) for x, y in zip(a, b, strict=True))


def test_max_windows_are_spread_over_the_whole():
    """一头一尾的来源都在里面：100 个 token 有 25 个窗口，取 3 个是第 0、8、16 个。"""
    windows = ContiguousWindows(np.arange(100), 4, 2, EOS, max_windows=3)
    assert windows.n_windows == 3
    batches = list(windows)
    labels, ids = (torch.cat([batch[key] for batch in batches]).tolist() for key in ("labels", "ids"))
    assert labels == [[0, 1, 2, 3], [32, 33, 34, 35], [64, 65, 66, 67]]
    assert ids == [[EOS, 0, 1, 2], [31, 32, 33, 34], [63, 64, 65, 66]]


@given(st.integers(1, 200), st.integers(1, 60))
def test_max_windows_never_repeat(length, most):
    windows = ContiguousWindows(np.arange(length), 3, 2, EOS, max_windows=most)
    assert len(set(windows.chosen)) == windows.n_windows == min(most, -(-length // 3))
    assert windows.chosen == sorted(windows.chosen) and windows.chosen[-1] < -(-length // 3)


def test_empty_validation():
    with pytest.raises(InputError, match="空"):
        ContiguousWindows(np.array([], dtype=np.uint16), 4, 1, EOS)


# ---- 窗口从一篇的开头起 ----


def test_windows_begin_where_a_document_begins():
    lengths = np.random.default_rng(0).integers(5, 30, 400)
    ids = np.concatenate([np.r_[np.full(n, 100 + i), EOS] for i, n in enumerate(lengths)])
    plain, moved = RandomWindows(ids, 32, 8, seed=1), RandomWindows(ids, 32, 8, seed=1, boundary=EOS)
    heads = set(np.flatnonzero(ids == EOS) + 1)
    for epoch in (0, 1):
        before = [plain._start(epoch, i) for i in range(plain.windows_per_epoch)]
        starts = [moved._start(epoch, i) for i in range(plain.windows_per_epoch)]
        assert all(b in heads for a, b in zip(before, starts) if a >= 30)
        assert all(a - 31 < b <= a for a, b in zip(before, starts))  # 退到自己那一篇，不更远
        assert np.mean([a in heads for a in before]) < 0.2


def test_a_long_document_is_cut_in_its_middle_too():
    """比窗口长的文章：每个 token 几轮之内都取到，不只是开头的那一窗。"""
    ids = np.r_[np.arange(100, 200), EOS, np.arange(200, 270), EOS, np.arange(300, 340)]
    windows, seen = RandomWindows(ids, 32, 1, seed=1, boundary=EOS), set()
    for n in range(windows.windows_per_epoch * 200):
        seen.update(windows.batch(n)["ids"][0].tolist())
    assert seen >= set(range(120, 270))


def test_a_text_of_one_document_is_cut_as_before():
    ids = np.arange(100, 1100)
    plain, moved = RandomWindows(ids, 32, 4, seed=3), RandomWindows(ids, 32, 4, seed=3, boundary=EOS)
    for n in range(20):
        assert plain.batch(n)["ids"].tolist() == moved.batch(n)["ids"].tolist()
