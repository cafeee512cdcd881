"""写错的命令行、坏了的文件：每一种都是一段中文（说了怎么办）、代码 2，什么也没有写，什么也没有丢。

一张表：一行一种。命令在这个进程里运行，所以一种只要几毫秒；要在训练过的文件夹上试的，用的是同一份副本。
"""

import json
import os
import pickle
import re
import shutil
import struct

import pytest
import safetensors.torch
import torch

from tinygpt.cli import main

POEM = "春天来了，小河里的冰化了，水一天比一天多。孩子们在河边看鱼，鱼在水里看他们。\n"
SHAPE = [
    "--preset", "tiny", "--n-embd", "16", "--context-length", "16", "--batch-size", "2", "--steps", "3",
    "--eval-interval", "3", "--vocab-size", "320", "--precision", "fp32", "--device", "cpu",
]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """一个文件夹：几个文件，一次训练完的 run，一个放着别的东西的 mine。"""
    folder = tmp_path_factory.mktemp("bad input")
    before = os.getcwd()
    os.chdir(folder)
    try:
        for name, content in FILES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        (folder / "没有文字").mkdir()
        assert main(["train", "--data", "ok.txt", "--out", "run", *SHAPE]) == 0
        yield folder
    finally:
        os.chdir(before)


FILES = {
    "ok.txt": (POEM * 30).encode(), "短.txt": "短".encode(), "empty.txt": b"", "blank.txt": b" \n\n \n",
    "a.pdf": b"x", "mine/日记.txt": "别删我".encode(), "broken.json": b'{"model": ', "list.json": b"[1, 2]",
    "vocab.txt": b"[PAD]\n[UNK]\n",
}  # fmt: skip


def snapshot(folder):
    paths = (path for path in folder.rglob("*") if path.name != ".tinygpt.lock")
    return {path: path.read_bytes() if path.is_file() else None for path in paths}


def assert_refused(folder, argv, words, capsys):
    before = snapshot(folder)
    capsys.readouterr()
    code = main(argv)
    out, err = capsys.readouterr()
    assert code == 2, (code, err)
    assert re.search("[\u4e00-\u9fff]", err) and "Traceback" not in err and words in err, err
    assert "应该是：" in err or "怎么办：" in err
    assert snapshot(folder) == before
    return out


TRAIN = ["train", "--data", "ok.txt", "--out", "new"]
# 添在 TRAIN 后面的一个参数与值 → 信息里要有的字
TRAIN_VALUES = {
    "--steps": ["0", "-1", "1.5", "abc", "9999999999999", ""],
    "--minutes": ["0", "-1", "nan", "inf", "1e300", "三"],
    "--batch-size": ["0", "-3", "x", "10000000000"],
    "--accumulation": ["0", "-1"],
    "--optimizer": ["sgd", ""],
    "--learning-rate": ["0", "-1", "nan", "inf", "abc"],
    "--min-learning-rate-ratio": ["-1", "2", "nan"],
    "--warmup-steps": ["-1", "x"],
    "--weight-decay": ["-1", "nan", "inf"],
    "--beta2": ["1", "-0.1", "nan"],
    "--clip-norm": ["-1", "nan"],
    "--eval-interval": ["0", "-5"],
    "--patience": ["-1"],
    "--precision": ["fp8", ""],
    "--seed": ["-1", "100000000000000000000", "1.5"],
    "--vocab-size": ["0", "-5", "10", "1000000000"],
    "--context-length": ["0", "-1", "10000000"],
    "--n-layer": ["0", "1000000"],
    "--n-head": ["0", "3", "5000"],
    "--n-embd": ["0", "-16", "1000000000", "250.5"],
    "--dropout": ["-0.1", "1", "nan", "很小"],
    "--norm": ["middle"],
    "--eval-windows": ["0", "-3", "1.5"],
    "--validation-fraction": ["0", "1", "-1", "2", "nan", "x"],
    "--device": ["tpu", "cpu:x", "", "cuda:99"],
    "--preset": ["minni", ""],
    "--tokenizer": ["nofile.json", "mine", "ok.txt", "broken.json", "list.json", "vocab.txt"],
}
CASES = [(TRAIN + [flag, value], flag.lstrip("-").replace("-", "_").split("_")[0])
         for flag, values in TRAIN_VALUES.items() for value in values]  # fmt: skip
NAMED_OTHERWISE = {"--tokenizer": "", "--device": "", "--precision": "", "--preset": "", "--vocab-size": ""}
CASES = [(argv, NAMED_OTHERWISE.get(argv[-2], words)) for argv, words in CASES]

CASES += [
    ([], "命令"), (["trian"], "trian"), (["train"], "--out"), (["train", "--out"], "--out"),
    (["--version-of-nothing"], ""),
    (["train", "--data", "没有.txt", "--out", "new"], "没有.txt"),
    (["train", "--data", "没有文字", "--out", "new"], "没有文字"),
    (["train", "--data", "a.pdf", "--out", "new"], "a.pdf"),
    (["train", "--data", "empty.txt", "--out", "new"], "空"),
    (["train", "--data", "blank.txt", "--out", "new"], "blank.txt"),
    (["train", "--data", "短.txt", "--out", "new", *SHAPE], "token"),
    (["train", "--data", "broken.json", "--out", "new"], "broken.json"),
    (["train", "--data", "list.json", "--out", "new"], "list.json"),
    (["train", "--data", "ok.txt", "--out", "ok.txt"], "ok.txt"),
    (["train", "--data", "ok.txt", "--out", ""], "别的文件"),
    (["train", "--data", "ok.txt", "--out", "mine"], "别的文件"),
    (["train", "--data", "ok.txt", "--out", "mine", "--overwrite"], "别的文件"),
    (["train", "--data", "ok.txt", "--out", "run"], "--resume --steps"),
    (["train", "--data", "ok.txt", "--out", "run", *SHAPE, "--resume", "--overwrite"], "只给一个"),
    (["train", "--data", "ok.txt", "--out", "run", *SHAPE, "--resume", "--seed", "5"], "seed"),
    (["train", "--data", "ok.txt", "--out", "run", *SHAPE, "--resume", "--steps", "2"], "steps"),
    (["train", "--data", "短.txt", "ok.txt", "--out", "run", *SHAPE, "--resume"], "数据"),
    (["train", "--data", "ok.txt", "--out", "ok.txt/run"], ""),
    ([*TRAIN, "--resume"], "没有可以接着训练的检查点"),
    ([*TRAIN, "--steps", "5", "--minutes", "1"], "只给一个"),
    ([*TRAIN, "--mixture", "first"], "只给一个"),
    (["train", "--mixture", "没有", "--out", "new"], "没有"),
    ([*TRAIN, "--n-lyer", "3"], "--n-layer"), ([*TRAIN, "多余的"], ""),
    ([*TRAIN, "--compile=yes"], "compile"),
    ([*TRAIN, "--n-embd", "250", "--n-head", "4"], "整除"),
    (["generate"], "PROMPT"), (["generate", "", "--model", "run"], "空"),
    (["generate", "春", "--model", "没有"], "没有这个模型"),
    (["generate", "春", "--model", "run/model.safetensors"], "--model run"),
    (["generate", "春", "--model", "mine"], "config.json"),
    (["generate", "春天来了" * 40, "--model", "run"], "上下文长度 16"),
    (["generate", "春", "--greedy=1"], "greedy"),
    (["chat", "--ask"], "--ask"), (["chat", "--model", "没有"], "没有这个模型"),
    (["evaluate", "--model", "没有"], "没有这个模型"),
    (["evaluate", "--model", "run", "--data", "没有.txt"], "没有.txt"),
    (["evaluate", "--model", "run", "--data", "ok.txt", "--split", "dev"], "dev"),
    (["evaluate", "--model", "run", "--data", "ok.txt", "--split", "train"], "没有可以评估的文字"),
    (["probe", "--only", "没有这一项", "--model", "run"], "没有这一项"),
    (["probe", "--count", "0"], "--count"), (["probe", "--samples", "没有/a.md"], "没有"),
    (["probe", "--mixture", "没有", "--model", "run"], "没有"),
    (["probe", "--model", "没有"], "没有这个模型"),
    (["tokenizer"], "动作"), (["tokenizer", "train", "--data", "ok.txt"], "--out"),
    (["tokenizer", "train", "--data", "ok.txt", "--out", "run/config.json"], "已经存在"),
    (["tokenizer", "train", "--data", "没有.txt", "--out", "t.json"], "没有.txt"),
    (["tokenizer", "train", "--data", "ok.txt", "--out", "t.json", "--vocab-size", "10"], "词表大小 10"),
    (["tokenizer", "train", "--data", "ok.txt", "--out", "t.json", "--place", "坏的"], "坏的"),
    (["tokenizer", "train", "--data", "ok.txt", "--out", "t.json", "--place", "甲乙丙=300"], "甲乙丙"),
    (["tokenizer", "show"], "TEXT"), (["tokenizer", "show", "春", "--tokenizer", "没有.json"], "没有.json"),
    (["tokenizer", "show", "春", "--tokenizer", "broken.json"], "broken.json"),
    (["tokenizer", "show", "春", "--tokenizer", "mine"], "mine"),
    (["info", "--model", "没有"], "没有这个模型"), (["info", "--model", ""], "config.json"),
    (["info", "--model", "run/run.json"], "文件夹"), (["doctor", "--fast"], "--fast"),
    (["check", "99"], "99"), (["exercises"], "动作"), (["exercises", "reset", "99"], "99"),
]  # fmt: skip
for flag, values in {
    "--temperature": ["0", "-1", "nan", "inf", "热"], "--top-k": ["0", "-1", "x"],
    "--top-p": ["0", "-1", "1.5", "nan"], "--repetition-penalty": ["0", "-1", "nan", "inf"],
    "--max-new-tokens": ["0", "-1", "x"], "--seed": ["-1", "100000000000000000000"],
}.items():  # fmt: skip
    CASES += [(["generate", "春", "--model", "run", flag, value], "") for value in values]
    CASES += [(["chat", "--model", "run", flag, values[0]], "")]
CASES += [(["generate", "春", "--model", "run", "--num-samples", "0"], "--num-samples")]


@pytest.mark.parametrize(("argv", "words"), CASES, ids=[" ".join(argv)[-60:] for argv, _ in CASES])
def test_command_line(place, capsys, argv, words):
    assert_refused(place, argv, words, capsys)


# ---- 坏了的文件 ----


def changed(name, **values):
    """把 JSON 文件里的几个值换掉。"""

    def change(folder):
        path = folder / name
        content = json.loads(path.read_text(encoding="utf-8")) | values
        path.write_text(json.dumps(content), encoding="utf-8")

    return change


def written(name, content):
    data = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(data)


def weights(change):
    """把权重改一改再存（没有校验和，像别处来的文件）。"""

    def rewrite(folder):
        path = folder / "model.safetensors"
        tensors = safetensors.torch.load_file(path)
        change(tensors)
        safetensors.torch.save_file(tensors, path)

    return rewrite


def header(text):
    """一个文件头写着 text 的 safetensors 文件。"""
    return written("model.safetensors", struct.pack("<Q", len(text)) + text.encode())


def tokenizer_model(**values):
    def change(folder):
        path = folder / "tokenizer.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        content["model"] |= values
        path.write_text(json.dumps(content), encoding="utf-8")

    return change


W = "token_embedding.weight"
DAMAGE = {
    "config is half": (written("config.json", '{"n_layer": 2'), "config.json"),
    "config is empty": (written("config.json", ""), "config.json"),
    "config is a list": (written("config.json", "[]"), "config.json"),
    "config is a number": (written("config.json", "3"), "config.json"),
    "config is UTF-16": (written("config.json", '{"n_layer": 2}'.encode("utf-16")), "config.json"),
    "config has a huge integer": (written("config.json", '{"n_layer": ' + "9" * 5000 + "}"), "config.json"),
    "config has deep brackets": (written("config.json", "[" * 100_000), "config.json"),
    "config is of a newer version": (changed("config.json", rope_scaling=2), "更新的 tinygpt"),
    "config is of a newer kind": (changed("config.json", model="xyz"), "更新的 tinygpt"),
    "config has a comment": (written("config.json", '{\n "n_layer": 2 // 两层\n}'), "第 2 行"),
    "config has a typo": (changed("config.json", n_layers=2), "n_layers"),
    "n_layer is text": (changed("config.json", n_layer="2"), "n_layer"),
    "n_layer is far too large": (changed("config.json", n_layer=10**9), "n_layer"),
    "n_layer is wrong": (changed("config.json", n_layer=3), "缺少"),
    "n_embd is a list": (changed("config.json", n_embd=[16]), "n_embd"),
    "n_embd is larger than the file": (changed("config.json", n_embd=65536), "形状"),
    "context_length is larger than the file": (changed("config.json", context_length=1 << 20), "形状"),
    "vocab_size is larger than the file": (changed("config.json", vocab_size=1 << 24), "形状"),
    "vocab_size is smaller than the tokenizer": (changed("config.json", vocab_size=100), "分词器"),
    "dropout is text": (changed("config.json", dropout="0.2"), "dropout"),
    "bias is text": (changed("config.json", bias="yes"), "bias"),
    "norm is a number": (changed("config.json", norm=3), "norm"),
    "tied_head is null": (changed("config.json", tied_head=None), "tied_head"),
    "weights are empty": (written("model.safetensors", b""), "model.safetensors"),
    "weights are text": (written("model.safetensors", "机器学习" * 50), "model.safetensors"),
    "weights are a pickle": (written("model.safetensors", pickle.dumps({"a": 1})), "model.safetensors"),
    "the header is longer than the file": (written("model.safetensors", b"\xff" * 64), "model.safetensors"),
    "the header has deep brackets": (header("[" * 50_000), "model.safetensors"),
    "the header names a tensor beyond the end": (
        header('{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'),
        "model.safetensors"),
    "the header overflows": (
        header('{"a":{"dtype":"F32","shape":[9223372036854775807,8],"data_offsets":[0,4]}}'),
        "model.safetensors"),
    "a tensor is missing": (weights(lambda t: t.pop(W)), "缺少"),
    "a tensor is too many": (weights(lambda t: t.update(more=torch.zeros(1))), "多出 more"),
    "a tensor has another shape": (weights(lambda t: t.update({W: torch.zeros(2, 2)})), "形状"),
    "weights are whole numbers": (weights(lambda t: t.update({W: t[W].int()})), "torch.int32"),
    "a weight is nan": (weights(lambda t: t[W].view(-1)[:1].fill_(float("nan"))), "nan"),
    "a weight is infinite": (weights(lambda t: t[W].view(-1)[:1].fill_(float("inf"))), "nan"),
    "names begin with _orig_mod.": (
        weights(lambda t: [t.update({"_orig_mod." + k: t.pop(k)}) for k in list(t)]), "缺少"),
    "tokenizer is empty": (written("tokenizer.json", ""), "tokenizer.json"),
    "tokenizer is half": (written("tokenizer.json", '{"version": "1.0", "model": {'), "tokenizer.json"),
    "tokenizer is a list": (written("tokenizer.json", "[]"), "tokenizer.json"),
    "tokenizer is GBK": (written("tokenizer.json", '{"词表": 1}'.encode("gbk")), "tokenizer.json"),
    "tokenizer has a normalizer": (
        changed("tokenizer.json", normalizer={"type": "Prepend", "prepend": "x" * 1000}), "normalizer"),
    "tokenizer has no vocabulary": (tokenizer_model(vocab={}, merges=[]), "tokenizer.json"),
    "tokenizer has a gap": (tokenizer_model(vocab={"<pad>": 0, "甲": 10**9}, merges=[]), "tokenizer.json"),
    "tokenizer is of an unknown kind": (tokenizer_model(type="Unknown"), "tokenizer.json"),
    "tokenizer of another run": (changed("run.json", tokenizer="0123456789abcdef"), "不是训练时的那一个"),
    "run.json is half": (written("run.json", '{"finished": tr'), "run.json"),
    "run.json is a list": (written("run.json", "[]"), "run.json"),
    "run.json lacks its parts": (written("run.json", '{"finished": true}'), "run.json"),
    "run.json has the wrong kinds": (changed("run.json", dataset=3, train=[]), "run.json"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_file(place, tmp_path, capsys, name):
    shutil.copytree(place / "run", tmp_path / "run")
    change, words = DAMAGE[name]
    change(tmp_path / "run")
    assert_refused(tmp_path, ["info", "--model", str(tmp_path / "run")], words, capsys)


def test_there_are_many_cases():
    assert len(CASES) >= 120 and len(DAMAGE) >= 40
    assert len({tuple(argv) for argv, _ in CASES}) == len(CASES)
