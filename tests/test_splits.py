"""splits.py：验证集按 token 算；自己写明的照办；写得不对的说出来。"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygpt.data import prepare
from tinygpt.errors import InputError
from tinygpt.splits import divide, split_name, splits_by_name
from tinygpt.text import FileSource, read_rows


def share(sizes, hashes, fraction=0.1):
    """验证集占全部 token 的多少；顺便检查每个 token 恰好在一边。"""
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    pieces, method = divide(ends, [None] * len(sizes), hashes, fraction)
    everything = sorted(pieces["train"] + pieces["validation"])
    assert everything[0][0] == 0 and everything[-1][1] == ends[-1]
    assert all(a[1] == b[0] for a, b in zip(everything, everything[1:])) and method
    return sum(end - start for start, end in pieces["validation"]) / ends[-1]


@given(st.lists(st.floats(0, 1), min_size=31, max_size=31, unique=True), st.integers(0, 30))
def test_thirty_diaries_and_a_novel(hashes, place):
    sizes = [170] * 30
    sizes.insert(place, 50_000)
    assert 0.05 < share(sizes, hashes) < 0.2


DOCUMENTS = st.lists(st.tuples(st.integers(20, 5000), st.floats(0, 1)), min_size=1, max_size=40)


@given(DOCUMENTS, st.sampled_from([0.1, 0.3]))
def test_any_lengths(documents, fraction):
    sizes, hashes = zip(*documents)
    assert fraction / 4 < share(list(sizes), list(hashes), fraction) < 3.01 * fraction


@pytest.mark.parametrize(("written", "name"), [
    ("train", "train"), (" Train ", "train"), ("训练集", "train"), ("dev", "validation"),
    ("valid", "validation"),
    ("VAL", "validation"), ("验证", "validation"), ("test", "test"), ("测试集", "test"),
    ("其他", None), (3, None), (0.8, None), (True, None), (None, None), ("", None), (["train"], None),
])  # fmt: skip
def test_names_that_people_write(written, name):
    assert split_name(written) == name


def rows(tmp_path, *splits):
    import json

    row = lambda i, split: json.dumps({"text": f"第{i}篇，今天下雨。" * 3, "split": split})
    lines = [row(i, split) for i, split in enumerate(splits)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return FileSource([tmp_path / "a.jsonl"])


def prepared(source, folder):
    encode = lambda texts: [[8 + ord(c) % 50 for c in text] for text in texts]
    return prepare(source.passages(), encode, key="k", vocab_size=100, eos=7, folder=folder).meta


def test_only_train_is_split_by_the_program(tmp_path):
    meta = prepared(rows(tmp_path, *["train"] * 60), tmp_path / "c")
    assert meta["train_tokens"] > meta["validation_tokens"] > 0 and "只有 train" in meta["split"]


def test_test_is_left_out_everywhere(tmp_path):
    source = rows(tmp_path, *["train"] * 8, "dev", "test", "test")
    meta = prepared(source, tmp_path / "c")
    assert (meta["documents"], meta["train_documents"], meta["validation_documents"]) == (9, 8, 1)
    assert "2 篇 test" in meta["split"]
    assert len(list(source.training_texts())) == 8
    assert [p.split for p in source.passages()].count("test") == 2  # evaluate --split test 用得到


@pytest.mark.parametrize("splits", [["valid"] * 12, ["test"] * 12, ["test", "dev"] * 6])
def test_nothing_to_train(tmp_path, splits):
    source = rows(tmp_path, *splits)
    for attempt in (lambda: prepared(source, tmp_path / "c"), lambda: list(source.training_texts())):
        with pytest.raises(InputError, match="split"):
            attempt()


def test_unknown_values_are_reported(tmp_path):
    source = rows(tmp_path, "train", "第一卷", 3, None, "")
    assert [p.split for p in source.passages()] == ["train", None, None, None, None]
    assert len(source.notes()) == 1 and "2 篇" in source.notes()[0] and "'第一卷'" in source.notes()[0]


@pytest.mark.parametrize(("names", "wanted"), [
    (["train.jsonl", "test.jsonl"], ["train", "test"]),
    (["train-00000-of-00002.txt", "validation-00000-of-00001.txt"], ["train", "validation"]),
    (["wiki.train.txt", "wiki.valid.txt", "说明.txt"], ["train", "validation", None]),
    (["train/0.txt", "train/1.txt", "dev/0.txt"], ["train", "train", "validation"]),
    (["训练集.txt", "测试集.txt"], ["train", "test"]),
    (["train_1.txt", "train_2.txt", "valid.txt"], ["train", "train", "validation"]),
    (["train-00000-of-00001.txt", "test.txt"], ["train", "test"]),
    (["test.txt", "dev.txt"], [None, None]),  # 没有 train
    (["train to paris.txt", "math test.txt"], [None, None]),  # 只是名字里有这个词
    (["train/0.txt", "train/1.txt"], [None, None]),
])  # fmt: skip
def test_splits_in_file_names(names, wanted):
    found = splits_by_name([Path("d") / name for name in names])
    assert [found.get(Path("d") / name) for name in names] == wanted


def test_a_file_named_test_is_left_out_and_said(tmp_path):
    for name in ("train", "valid", "test"):
        (tmp_path / f"{name}.txt").write_text(f"{name}的文字\n" * 9, encoding="utf-8")
    source = FileSource([tmp_path])
    assert sorted(p.split for p in source.passages()) == ["test", "train", "validation"]
    assert any("test" in note and "test.txt" in note for note in source.notes())
    assert [p.split for p in FileSource([tmp_path / "test.txt"]).passages()] == [None]


def test_a_file_named_test_is_left_out_of_the_pairs_too(tmp_path):
    row = '{"prompt": "你好", "answer": "好", "split": %s}\n'
    for name in ("train", "test"):
        (tmp_path / f"{name}.jsonl").write_text(row % "null" + row % '"dev"', encoding="utf-8")
    files = [tmp_path / "train.jsonl", tmp_path / "test.jsonl"]
    assert [split for _, _, split in read_rows(files)] == ["train", "validation", "test", "validation"]


def test_a_split_in_the_name_is_part_of_the_digest(tmp_path):
    """同样的内容，先前叫 a、b，后来改名为 train、test：划分变了，以前编的不能再用。"""
    texts, digests = ("春天来了。\n" * 9, "小河里的冰化了。\n" * 9), set()
    for names in (("a.txt", "b.txt"), ("train.txt", "test.txt"), ("train.txt", "valid.txt")):
        folder = tmp_path / "-".join(names)
        folder.mkdir()
        for name, text in zip(names, texts):
            (folder / name).write_text(text, encoding="utf-8")
        digests.add(FileSource([folder / name for name in names]).digest())
    assert len(digests) == 3


def test_equal_documents_stay_together():
    """摘要最小的那篇有好几份：不能一份在训练、一份在验证。"""
    ends, hashes = [100 * (i + 1) for i in range(12)], [0.5, 0.2] * 6
    pieces, _ = divide(ends, [None] * 12, hashes, 0.1)
    left = {start // 100 % 2 for start, _ in pieces["train"]}
    right = {start // 100 % 2 for start, end in pieces["validation"] if end - start == 100}
    assert not left & right

