"""陌生人给的检查点与分词器：不执行代码，不耗尽内存，不写到自己的文件夹之外，坏成什么样都只报 InputError。"""

import gzip
import json
import os
import struct
import tracemalloc

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import decoders

from tinygpt import checkpoint, cli, metrics, tokenizer_file, unpack
from tinygpt.checkpoint import load_tensors, model_tensors, read_json, save_tensors, write_json
from tinygpt.errors import InputError
from tinygpt.pretrained import load
from tinygpt.text import read_passages
from tinygpt.tokenizer import Tokenizer
from tinygpt.training_state import FILE

# ---- 随便什么字节 ----

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, tokenizer):
    """一份完好的检查点与分词器的内容。"""
    folder = tmp_path_factory.mktemp("whole")
    save_tensors(folder / "m.safetensors", {"a": torch.arange(40.0), "b": torch.zeros(3, 4)}, {"step": 1})
    tokenizer.save(folder / "tokenizer.json")
    return {path.name: path.read_bytes() for path in folder.iterdir()}, folder


def refused_or_read(read, path, data):
    """要么读出来，要么报 InputError；别的都是毛病。"""
    path.write_bytes(data)
    try:
        return read(path)
    except InputError as error:
        assert path.name in str(error)
        return None


@given(data=st.binary(max_size=200))
def test_any_bytes_as_a_checkpoint_or_a_tokenizer(whole, data):
    _, folder = whole
    assert refused_or_read(load_tensors, folder / "fuzz.safetensors", data) is None
    assert refused_or_read(Tokenizer.load, folder / "fuzz.json", data) is None


@given(values=JSON, length=st.integers(0, 60))
def test_any_header_of_a_checkpoint(whole, values, length):
    header = json.dumps(values).encode()
    data = struct.pack("<Q", len(header)) + header + b"\0" * length
    refused_or_read(load_tensors, whole[1] / "fuzz.safetensors", data)


@given(values=JSON, part=st.sampled_from(["model", "pre_tokenizer", "decoder", "normalizer", "added_tokens"]))
def test_any_part_of_a_tokenizer(whole, values, part):
    contents, folder = whole
    state = json.loads(contents["tokenizer.json"]) | {part: values}
    read = refused_or_read(Tokenizer.load, folder / "fuzz.json", json.dumps(state).encode())
    if read is not None:
        assert isinstance(read.decode(read.encode("小猫 cat 2024")), str)


@settings(max_examples=120)
@given(name=st.sampled_from(["m.safetensors", "tokenizer.json"]), data=st.data())
def test_edits_of_a_whole_file(whole, name, data):
    """改几个字节、删一段、插一段。"""
    contents, folder = whole
    edited = bytearray(contents[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at, cut = data.draw(st.integers(0, len(edited))), data.draw(st.integers(0, 5))
        edited[at : at + cut] = data.draw(st.binary(max_size=5))
    read = Tokenizer.load if name.endswith("json") else load_tensors
    refused_or_read(read, folder / ("fuzz." + name), edited)


@given(values=JSON)
def test_any_json_as_a_configuration(whole, values):
    path = whole[1] / "fuzz_config.json"
    read = refused_or_read(read_json, path, json.dumps(values).encode())
    assert read is None or isinstance(read, dict)


# ---- 内存：声明的大小先核对 ----


@pytest.fixture
def folder(make_model, tokenizer, tmp_path):
    model = make_model(vocab_size=tokenizer.vocab_size)
    save_tensors(tmp_path / "model.safetensors", model_tensors(model))
    write_json(tmp_path / "config.json", model.config.to_dict())
    tokenizer.save(tmp_path / "tokenizer.json")
    return tmp_path


@pytest.mark.parametrize("changes", [
    {"n_embd": 65536, "n_head": 1}, {"context_length": 1 << 20}, {"n_layer": 1000},
    {"n_embd": 65536, "n_head": 1, "n_layer": 1000, "tied_head": False},
], ids=str)  # fmt: skip
def test_a_small_file_that_declares_a_huge_model_takes_no_memory(folder, changes, monkeypatch):
    """config.json 写着几百 GB 的模型：看过文件头里的形状就拒绝，一个张量也没有分配。"""
    values = read_json(folder / "config.json")
    write_json(folder / "config.json", values | changes)
    monkeypatch.setattr(torch.nn.Module, "to_empty", lambda *_, **__: pytest.fail("分配了内存"))
    monkeypatch.setattr("tinygpt.pretrained.load_tensors", lambda *_: pytest.fail("读了权重"))
    with pytest.raises(InputError, match="对不上"):
        load(folder)


@pytest.mark.parametrize("byte_level", [False, True])
def test_a_small_tokenizer_that_declares_a_huge_number_takes_no_memory(folder, byte_level):
    """编号写到 10 亿：tokenizers 再写出它时，每个空缺都占内存（4 GB）；一读进来就拒绝。"""
    path = folder / "tokenizer.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    values["model"] |= {"vocab": {"甲": 10**9}, "merges": []}
    if byte_level:
        values["decoder"] = json.loads(decoders.ByteLevel().__getstate__())
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(InputError, match="编号有空缺"):
        tokenizer_file.read_backend(path)


@pytest.mark.parametrize("read, name, limit", [
    (read_json, "config.json", checkpoint.LARGEST_JSON),
    (Tokenizer.load, "tokenizer.json", tokenizer_file.LARGEST_FILE),
])  # fmt: skip
def test_a_json_file_over_the_stated_limit_is_not_read(tmp_path, read, name, limit):
    with (tmp_path / name).open("wb") as file:
        file.truncate(limit + 1)  # 稀疏的：不占磁盘
    tracemalloc.start()
    with pytest.raises(InputError, match=f"{limit:,}"):
        read(tmp_path / name)
    assert tracemalloc.get_traced_memory()[1] < limit / 4
    tracemalloc.stop()


def test_a_state_over_the_stated_limit_is_not_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "LARGEST_JSON", 1000)
    path, deep = tmp_path / "m.safetensors", "[" * 600 + "]" * 600
    safetensors.torch.save_file({"a": torch.zeros(2)}, path, metadata={"state": deep})
    with pytest.raises(InputError, match="1,200"):
        load_tensors(path)


def test_a_deeply_nested_state_is_refused(tmp_path):
    path, deep = tmp_path / "m.safetensors", "[" * 100_000 + "]" * 100_000
    safetensors.torch.save_file({"a": torch.zeros(2)}, path, metadata={"state": deep})
    with pytest.raises(InputError, match="m.safetensors"):
        load_tensors(path)


@pytest.mark.parametrize("part", [
    {"normalizer": {"type": "Replace", "pattern": {"String": "a"}, "content": "b" * 10_000}},
    {"post_processor": {"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}},
    {"padding": {"strategy": {"Fixed": 10**12}, "direction": "Right", "pad_to_multiple_of": None,
                 "pad_id": 0, "pad_type_id": 0, "pad_token": "<pad>"}},
    {"added_tokens": [{"id": 7, "content": "<eos>", "single_word": False, "lstrip": False, "rstrip": False,
                       "normalized": False, "special": True}]},
], ids=lambda part: next(iter(part)))  # fmt: skip
def test_parts_we_never_write_are_refused(folder, part):
    """它们能把一个字变成一万个，或把一段补到一万亿个 token，或让正文里的 <eos> 真的成为 <eos>。"""
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | part), encoding="utf-8")
    with pytest.raises(InputError, match=next(iter(part))):
        Tokenizer.load(path)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "b.jsonl.gz"])
def test_a_gzip_bomb_stops_at_the_stated_limit(tmp_path, monkeypatch, name):
    """4 MB 的零压成 4 KB（1000 倍）：读到 200 倍就停；很会重复的正常文字照读。"""
    monkeypatch.setattr(unpack, "FREE", 1 << 16)
    content = {"a.jsonl.gz": b'{"text": "' + b"a" * (4 << 20) + b'"}', "b.jsonl.gz": b" \n" * (2 << 20)}[name]
    (tmp_path / name).write_bytes(gzip.compress(content))
    seen, real = [], unpack._Counted.readinto
    monkeypatch.setattr(unpack._Counted, "readinto", lambda s, b: seen.append(s.total) or real(s, b))
    with pytest.raises(InputError, match="200 倍"):
        list(read_passages([tmp_path / name]))
    assert max(seen) <= 200 * (tmp_path / name).stat().st_size
    rows = [{"text": f"第 {number} 天：今天下雨，没有出门。"} for number in range(3000)]
    (tmp_path / name).write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    assert len(list(read_passages([tmp_path / name]))) == 3000


# ---- 写：只在自己的文件夹里 ----


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="Windows 上建链接要特别的权限")
@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "run.json", FILE, metrics.FILE])
def test_training_on_never_writes_through_a_link(tmp_path, name):
    """陌生人的训练文件夹里，一个文件其实是指到外面的链接：接着训练只换掉链接，外面的文件一个字节也不动。"""
    (tmp_path / "text.txt").write_text("春天来了，小河里的冰化了。\n" * 60, encoding="utf-8")
    line = [
        "train", "--data", str(tmp_path / "text.txt"), "--out", str(tmp_path / "run"), "--preset", "tiny",
        "--n-embd", "16", "--context-length", "16", "--batch-size", "2", "--steps", "2",
        "--vocab-size", "300", "--precision", "fp32", "--device", "cpu",
    ]  # fmt: skip
    assert cli.main(line) == 0
    outside, inside = tmp_path / "outside", tmp_path / "run" / name
    outside.write_bytes(inside.read_bytes())
    before = outside.read_bytes()
    inside.unlink()
    inside.symlink_to(outside)
    assert cli.main([*line, "--resume", "--steps", "4"]) == 0
    assert outside.read_bytes() == before and not inside.is_symlink()
