"""hub/ 与 byte_level.py：写给外面的格式、读进来、只用 numpy 的程序。

与 transformers 的核对在 test_hub_transformers.py。
"""

import dataclasses
import json
import os
import random
import re
import subprocess
import sys

import numpy as np
import pytest
import tokenizers
import torch
from tokenizers import Regex, decoders, models, pre_tokenizers

from tinygpt import Sampling, complete, corpus, generate, load
from tinygpt.byte_level import BYTE_OF, ByteLevelTokenizer, load_tokenizer
from tinygpt.checkpoint import load_tensors, model_tensors, save_tensors, write_json
from tinygpt.cli import main
from tinygpt.errors import InputError
from tinygpt.hub.gpt2 import gpt2_name, to_gpt2_tensors
from tinygpt.hub.huggingface import export_folder, import_folder
from tinygpt.hub.program import PROGRAM, export_program, python_pattern
from tinygpt.sampling import _logits_stream
from tinygpt.tokenizer import EOS, PATTERN, Tokenizer

PIECES = [
    *"机器学习是猫狗鱼，。！？一二三〇々⺀ab Zé\n\t 09½٣'\u0301\u3000\x1c\x85", "\r\n", "😀", "👍🏽", "한국",
    "<eos>", "<pad>", "<0xE5>", "<chat>", "<|endoftext|>", "人工智能", " the", "\n" * 5, " " * 40, "字" * 40,
]  # fmt: skip


def random_strings(count: int, seed: int = 0) -> list[str]:
    choose = random.Random(seed)
    return ["".join(choose.choices(PIECES, k=choose.randint(1, 12))) for _ in range(count)]


@pytest.fixture
def built(make_model, tokenizer):
    """built(分词器, **改动的字段) → （尖锐的小模型，分词器）。"""

    def make(words=tokenizer, **changes):
        sizes = {"vocab_size": words.vocab_size, "context_length": 24} | changes
        return make_model(std=0.4, **sizes).eval(), words

    return make


SHAPES = {
    "默认": {}, "四个头": {"n_head": 4, "n_layer": 1}, "输出层自己的": {"tied_head": False},
    "没有偏置": {"bias": False}, "tanh": {"gelu": "tanh"},
}  # fmt: skip

# ---- 只用 numpy 的程序 ----

PROMPTS = [
    "机器学习是", "小猫", "The cat", "一加一是", "2024 年", "注意力", "😀", "\n", "  空白", "<eos>", "<0x41>",
    "é", "鱼。", "dog\n\n", "词", "深度学习", "河水是蓝色的", "人工智能", "A", "四", "sat on",
    "机器 learning",
]  # fmt: skip
# 别的库一概不许导入；然后把每个提示的编号与续写交出来
DRIVER = """
import importlib.util, json, sys
for name in ("torch", "tokenizers", "safetensors", "tinygpt", "regex"):
    sys.modules[name] = None
spec = importlib.util.spec_from_file_location("program", sys.argv[1])
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)
prompts = json.loads(sys.argv[2])
print(json.dumps([[program.encode(p), list(program.generate(program.encode(p), 30))] for p in prompts]))
"""


def run_python(*arguments) -> str:
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def greedy(model, ids: list[int], most: int) -> tuple[list[int], bool]:
    """tinygpt 的贪心续写（不含 <eos>），与它是不是完整的。

    第一名领先不到 1e-3 时，换一台机器就可能换一个，所以只写到那里为止。
    """
    text, new = [list(ids)], []
    with torch.inference_mode():
        for logits, _ in zip(_logits_stream(model, text), range(most)):
            (first, second), (token, _) = (row.tolist() for row in logits[0].topk(2))
            if first - second < 1e-3 or token == EOS:
                return new, token == EOS
            text[0].append(token)
            new.append(token)
    return new, True


@pytest.mark.parametrize("shape", [*SHAPES, "post-norm", "逐字的词表"])
def test_the_program_continues_token_for_token(tmp_path, built, shape):
    words = Tokenizer.train_char(["机器学习是猫狗鱼，。The cat"]) if shape == "逐字的词表" else None
    changes = {"norm": "post"} if shape == "post-norm" else SHAPES.get(shape, {})
    model, words = built(words, **changes) if words else built(**changes)
    out = tmp_path / "我的.py"
    export_program(model, words, out)
    found = json.loads(run_python("-c", DRIVER, out, json.dumps(PROMPTS)))
    compared = 0
    for prompt, (ids, continuation) in zip(PROMPTS, found, strict=True):
        assert ids == words.encode(prompt)
        tokens, complete = greedy(model, ids, 30)
        assert continuation == tokens if complete else continuation[: len(tokens)] == tokens
        compared += len(tokens)
    assert compared > 400  # 22 个提示，每个至多 30 个；上下文 24，所以也走过了写满之后的那一步


def test_the_program_of_the_shipped_model_prints_what_generate_prints(tmp_path, capsys):
    assert main(["export", "--to", "numpy", str(tmp_path / "gpt.py")]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gpt.py", "gpt.safetensors"]
    weights = load_tensors(tmp_path / "gpt.safetensors")[0]
    assert weights["token_embedding.weight"].dtype == torch.float16  # 与附带的文件一样大
    for prompt in ("机器学习是", "深度学习"):
        capsys.readouterr()
        assert main(["generate", prompt, "--greedy"]) == 0
        assert run_python(tmp_path / "gpt.py", prompt).replace("\r\n", "\n") == capsys.readouterr().out


def test_the_program_refuses_a_prompt_of_wrong_length(tmp_path, built):
    export_program(*built(), tmp_path / "gpt.py")
    for prompt in ("", "😀" * 7):
        command = [sys.executable, tmp_path / "gpt.py", prompt]
        done = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"PYTHONUTF8": "1"})
        assert done.returncode == 1 and "应该是 1 到 24 个" in done.stderr.decode() and done.stdout == b""


def test_the_program_is_short_and_imports_numpy_only():
    source = PROGRAM.read_text(encoding="utf-8")
    imported = re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)
    assert set(imported) - sys.stdlib_module_names == {"numpy"}
    assert len(source.splitlines()) <= 150


@pytest.mark.parametrize("pattern", [PATTERN, corpus.PATTERN, r"[\s\S]", r"[^\]\[]+|\[|\]"])
def test_the_pattern_means_the_same_in_python(pattern):
    ours = re.compile(python_pattern(pattern))
    theirs = pre_tokenizers.Split(Regex(pattern), "isolated")
    for text in [*random_strings(300), "[a]]b[["]:
        assert ours.findall(text) == [piece for piece, _ in theirs.pre_tokenize_str(text)]


def test_half_precision_only_when_nothing_is_lost(tmp_path, built):
    model, words = built()
    export_program(model, words, tmp_path / "a.py")
    tensors, about = load_tensors(tmp_path / "a.safetensors")
    assert tensors["token_embedding.weight"].dtype == torch.float32
    for name, tensor in model_tensors(model).items():
        assert torch.equal(tensors[name].float(), tensor)
    assert about["config"] == model.config.to_dict() and about["tokens"][7] == "<eos>"


# ---- Hugging Face 的格式：写出去，读回来 ----


@pytest.mark.parametrize("shape", SHAPES)
def test_out_and_back_is_the_same_model(tmp_path, built, random_ids, shape):
    model, words = built(**SHAPES[shape])
    export_folder(model, words, tmp_path / "hf")
    import_folder(tmp_path / "hf", tmp_path / "back")
    again, tokenizer = load(tmp_path / "back")
    ids = random_ids(3, 20)
    assert torch.equal(again(ids), model(ids))
    assert tokenizer.fingerprint == words.fingerprint
    assert again.config == dataclasses.replace(model.config, bias=True)  # GPT-2 处处有偏置，这里全是 0
    assert complete(again, tokenizer, "小猫", seed=0) == complete(model, words, "小猫", seed=0)


def test_names_are_those_of_gpt2(built):
    model, _ = built(n_layer=1, tied_head=False)
    tensors = to_gpt2_tensors(model)
    c, v = model.config.n_embd, model.config.vocab_size
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == {
        "transformer.wte.weight": (v, c), "transformer.wpe.weight": (24, c), "lm_head.weight": (v, c),
        "transformer.h.0.ln_1.weight": (c,), "transformer.h.0.ln_1.bias": (c,),
        "transformer.h.0.attn.c_attn.weight": (c, 3 * c), "transformer.h.0.attn.c_attn.bias": (3 * c,),
        "transformer.h.0.attn.c_proj.weight": (c, c), "transformer.h.0.attn.c_proj.bias": (c,),
        "transformer.h.0.ln_2.weight": (c,), "transformer.h.0.ln_2.bias": (c,),
        "transformer.h.0.mlp.c_fc.weight": (c, 4 * c), "transformer.h.0.mlp.c_fc.bias": (4 * c,),
        "transformer.h.0.mlp.c_proj.weight": (4 * c, c), "transformer.h.0.mlp.c_proj.bias": (c,),
        "transformer.ln_f.weight": (c,), "transformer.ln_f.bias": (c,),
    }  # fmt: skip
    assert gpt2_name("transformer.blocks.11.feed_forward.down.bias") == "transformer.h.11.mlp.c_proj.bias"


# ---- 坏的输入：说清楚，什么也不写 ----


@pytest.fixture
def hf(tmp_path, built):
    model, words = built()
    export_folder(model, words, tmp_path / "hf")
    return tmp_path / "hf"


def change_config(**changes):
    def change(folder):
        path = folder / "config.json"
        write_json(path, json.loads(path.read_text(encoding="utf-8")) | changes)

    return change


def change_tensors(change):
    def apply(folder):
        tensors, _ = load_tensors(folder / "model.safetensors")
        save_tensors(folder / "model.safetensors", change(tensors))

    return apply


def cut(name, size):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def rename(old, new):
    return lambda folder: (folder / old).rename(folder / new)


def word_piece(folder):
    tokenizers.Tokenizer(models.WordPiece({"[UNK]": 0, "猫": 1})).save(str(folder / "tokenizer.json"))


def without(name):
    return lambda tensors: {n: t for n, t in tensors.items() if n != name}


WTE, FC = "transformer.wte.weight", "transformer.h.1.mlp.c_fc.weight"
DAMAGES = {
    "别的结构": (change_config(model_type="llama"), ["model_type 是 'llama'", "gpt2"]),
    "没有说结构": (change_config(model_type=None), ["model_type 是 None", "gpt2"]),
    "别的激活函数": (change_config(activation_function="relu"), ["activation_function = 'relu'", "gelu_new"]),
    "别的缩放": (change_config(scale_attn_by_inverse_layer_idx=True), ["scale_attn_by_inverse_layer_idx"]),
    "层数不对": (change_config(n_layer=1000), ["权重有 2 层", "1000 层"]),
    "维数不对": (change_config(n_embd=32), ["wte.weight", "形状是 (424, 16)", "(424, 32)"]),
    "维数不是数": (change_config(n_embd="宽"), ["n_embd = '宽'", "整数"]),
    "没有维数": (change_config(n_embd=None), ["n_embd = None", "整数"]),
    "dropout 不是数": (change_config(resid_pdrop="高"), ["resid_pdrop = '高'"]),
    "说不共用，却没有": (change_config(tie_word_embeddings=False), ["没有 lm_head.weight"]),
    "少一个张量": (change_tensors(without(FC)), [f"没有 {FC}", "下载是不是完整"]),
    "多一个张量": (change_tensors(lambda t: t | {"score.weight": torch.ones(2)}), ["多出", "score.weight"]),
    "没有转置": (change_tensors(lambda t: t | {FC: t[FC].T}), [FC, "(16, 64)", "(64, 16)"]),
    "共用的却不同": (change_tensors(lambda t: t | {"lm_head.weight": t[WTE] + 1}), ["共用", "两份不同"]),
    "权重残缺": (cut("model.safetensors", 3000), ["model.safetensors 不完整", "重新下载"]),
    "配置残缺": (cut("config.json", 30), ["config.json 已损坏"]),
    "没有配置": (rename("config.json", "x"), ["没有", "config.json"]),
    "只有 pickle": (rename("model.safetensors", "pytorch_model.bin"), ["pytorch_model.bin", "pickle"]),
    "分成几个": (rename("model.safetensors", "model.safetensors.index.json"), ["分成了几个文件"]),
    "没有权重": (rename("model.safetensors", "x"), ["没有 model.safetensors"]),
    "没有分词器": (rename("tokenizer.json", "x"), ["没有分词器", "merges.txt"]),
    "分词器残缺": (cut("tokenizer.json", 100), ["读不懂分词器文件", "GPT-2 的字节级 BPE"]),
    "别的分词器": (word_piece, ["不是 tinygpt 的排法", "GPT-2 的字节级 BPE"]),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_and_nothing_written(hf, tmp_path, capsys, damage):
    harm, words = DAMAGES[damage]
    harm(hf)
    assert main(["import", str(hf), str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert all(word in err for word in [*words, "应该是：", "怎么办："]), err
    assert [p.name for p in tmp_path.iterdir()] == ["hf"]


def test_a_tokenizer_larger_than_the_model_is_refused(hf, tmp_path):
    Tokenizer.train_char(map(chr, range(0x4E00, 0x5000))).save(hf / "tokenizer.json")
    with pytest.raises(InputError, match="分词器有 520 个 token，模型只有 424 个"):
        import_folder(hf, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def saved(model, words, folder):
    folder.mkdir()
    write_json(folder / "config.json", model.config.to_dict())
    words.save(folder / "tokenizer.json")
    save_tensors(folder / "model.safetensors", model_tensors(model))
    return str(folder)


def test_what_gpt2_cannot_carry_is_said(tmp_path, built, capsys):
    folder = saved(*built(norm="post"), tmp_path / "post")
    assert main(["export", "--model", folder, "--to", "hf", str(tmp_path / "hf")]) == 2
    err = capsys.readouterr().err
    assert "norm = 'post'" in err and "应该是：" in err and "--to numpy" in err
    assert main(["export", "--model", folder, "--to", "numpy", str(tmp_path / "gpt.py")]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gpt.py", "gpt.safetensors", "post"]


@pytest.mark.parametrize("target, kind, taken", [
    ("out", "hf", "out"), ("out.py", "numpy", "out.py"), ("out.py", "numpy", "out.safetensors"),
])  # fmt: skip
def test_an_existing_target_is_kept(tmp_path, built, capsys, target, kind, taken):
    folder = saved(*built(), tmp_path / "model")
    (tmp_path / taken).write_text("我的", encoding="utf-8")
    assert main(["export", "--model", folder, "--to", kind, str(tmp_path / target)]) == 2
    assert f"{taken} 已经存在" in capsys.readouterr().err
    assert (tmp_path / taken).read_text(encoding="utf-8") == "我的"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["model", taken])


def test_import_keeps_an_existing_target(hf, capsys):
    before = sorted(p.name for p in hf.iterdir())
    assert main(["import", str(hf), str(hf)]) == 2
    assert "已经存在" in capsys.readouterr().err and sorted(p.name for p in hf.iterdir()) == before


def test_other_wrong_arguments(tmp_path, capsys):
    for arguments, word in (
        (["export", "--to", "onnx", "x"], "没有 'onnx' 这个选择，可选：hf, numpy"),
        (["export", "--to", "numpy", str(tmp_path / "gpt")], "一个 .py 文件的名字"),
        (["import", str(tmp_path / "没有"), str(tmp_path / "out")], "没有文件夹"),
        (["import", "../x y", str(tmp_path / "out"), "--download"], "不是 Hub 上的名字"),
    ):
        assert main(arguments) == 2
        assert word in capsys.readouterr().err.replace("'hf', 'numpy'", "hf, numpy")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_no_trace(tmp_path, built, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "磁盘满了")

    model, words = built()
    monkeypatch.setattr("tinygpt.hub.huggingface.save_tensors", full)
    monkeypatch.setattr("tinygpt.hub.program.save_tensors", full)
    for write, name in ((export_folder, "hf"), (export_program, "gpt.py")):
        with pytest.raises(OSError):
            write(model, words, tmp_path / name)
        assert list(tmp_path.iterdir()) == []


def test_download_without_a_network_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    assert main(["import", "nobody/nothing-here", str(tmp_path / "out"), "--download"]) == 2
    err = capsys.readouterr().err
    assert "没有下载成 nobody/nothing-here" in err and "HF_ENDPOINT" in err
    assert not (tmp_path / "out").exists()


def test_the_mirror_is_asked_for_the_needed_files_without_credentials(tmp_path, monkeypatch, hf):
    asked = {}

    def snapshot_download(name, **options):
        asked.update(options, name=name)
        return str(hf)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    assert main(["import", "some/gpt2", str(tmp_path / "out"), "--download"]) == 0
    assert asked["name"] == "some/gpt2" and asked["endpoint"] == "https://mirror.example"
    assert asked["token"] is False and "model.safetensors" in asked["allow_patterns"]
    assert load(tmp_path / "out")[0].config.n_layer == 2


# ---- 字节级的分词器 ----


@pytest.fixture
def byte_level(texts):
    """在几句话上训练的 GPT-2 式分词器；<|endoftext|> 的编号在最后。"""
    backend = tokenizers.Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=399, initial_alphabet=alphabet, show_progress=False)
    backend.train_from_iterator(texts, trainer)
    backend.add_special_tokens(["<|endoftext|>"])
    return ByteLevelTokenizer(backend)


def test_letters_of_bytes():
    assert set(BYTE_OF) == set(pre_tokenizers.ByteLevel.alphabet())
    assert sorted(BYTE_OF.values()) == list(range(256))
    assert (BYTE_OF["Ġ"], BYTE_OF["Ċ"], BYTE_OF["A"]) == (ord(" "), ord("\n"), ord("A"))


def test_byte_level_restores_every_text(byte_level):
    end = byte_level.eos
    assert end == byte_level.vocab_size - 1 == 399 and byte_level.kind == "byte-level bpe"
    for text in random_strings(200):
        ids = byte_level.encode(text, eos=True)
        assert ids[-1] == end and end not in ids[:-1] and byte_level.decode(ids) == text
    decoder = byte_level.stream_decoder()
    said = [decoder.push(id) for id in byte_level.encode("猫😀")]
    assert "".join(said) == "猫😀" and "" in said  # 半个字不交出


def test_byte_level_from_a_file_and_from_two(byte_level, tmp_path):
    byte_level.save(tmp_path / "tokenizer.json")
    byte_level.backend.model.save(str(tmp_path))
    vocab = json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8"))
    (tmp_path / "vocab.json").write_text(json.dumps(vocab | {"<|endoftext|>": 399}), encoding="utf-8")
    one = load_tokenizer(tmp_path / "tokenizer.json")
    two = ByteLevelTokenizer.from_merges(tmp_path / "vocab.json", tmp_path / "merges.txt")
    for text in random_strings(200):
        assert one.encode(text) == two.encode(text) == byte_level.encode(text)


def test_generation_ends_at_the_end_of_this_tokenizer(byte_level, built):
    model, words = built(byte_level)
    with torch.no_grad():  # 输出层与 embedding 共用：让 <|endoftext|> 的分数总是最高
        model.transformer.norm.bias.copy_(100 * model.token_embedding.weight[words.eos])
    options = {"sampling": Sampling(greedy=True), "max_new_tokens": 5}
    assert complete(model, words, "小", **options) == ""
    (token,), *rest = generate(model, [words.encode("小")], eos=words.eos, **options)
    assert token == words.eos and rest == []
    assert len(list(generate(model, [words.encode("小")], **options))) == 5  # 7 号在这里只是一个字母


def test_byte_level_in_the_other_formats(byte_level, built, tmp_path, capsys):
    model, words = built(byte_level)
    export_folder(model, words, tmp_path / "hf")
    import_folder(tmp_path / "hf", tmp_path / "back")
    ids = np.array([words.encode("小猫在河边")])
    assert torch.equal(load(tmp_path / "back")[0](torch.tensor(ids)), model(torch.tensor(ids)))
    folder = str(tmp_path / "back")
    assert main(["export", "--model", folder, "--to", "numpy", str(tmp_path / "gpt.py")]) == 2
    assert "字节级分词器" in capsys.readouterr().err and not (tmp_path / "gpt.py").exists()
    main(["chat", "--model", folder, "--ask", "你好"])
    assert "没有 <chat>" in capsys.readouterr().out
    assert main(["probe", "--model", folder]) == 2
    assert "tinygpt evaluate" in capsys.readouterr().err
    text = tmp_path / "文字.txt"
    text.write_text("小猫在河边看鱼。\n" * 20, encoding="utf-8")
    capsys.readouterr()
    assert main(["evaluate", "--model", folder, "--data", str(text), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["characters"] > 100
