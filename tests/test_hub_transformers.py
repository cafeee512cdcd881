"""hub/ 与 transformers 核对：写出去的它打得开、算得一样；它存下的 GPT-2 读得进来、算得一样。"""

import pytest
import torch

transformers = pytest.importorskip("transformers", reason="没有装 transformers（pip install -e .[hf]）")

import tokenizers
from test_hub import SHAPES, random_strings
from tokenizers import decoders, models, pre_tokenizers, trainers

from tinygpt import Sampling, complete, load
from tinygpt.checkpoint import load_tensors, save_tensors
from tinygpt.hub.huggingface import export_folder, import_folder

TOLERANCE = {"atol": 1e-5, "rtol": 0}
GREEDY = Sampling(greedy=True)


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    """附带的模型，写成 transformers 的文件夹。"""
    folder = tmp_path_factory.mktemp("mini") / "hf"
    model, words = load("mini")
    export_folder(model, words, folder)
    return model, words, folder


def open_model(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder).eval()


def largest_difference(ours, theirs, vocab_size: int, length: int) -> float:
    ids = torch.randint(0, vocab_size, (3, length), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        return (ours(ids) - theirs(ids).logits).abs().max().item()


# ---- 写出去 ----


def test_the_shipped_model_opens_and_continues_alike(mini):
    model, words, folder = mini
    theirs, tokenizer = open_model(folder), transformers.AutoTokenizer.from_pretrained(folder)
    assert type(theirs).__name__ == "GPT2LMHeadModel" and theirs.dtype == torch.float32
    assert largest_difference(model, theirs, 4096, 256) <= 1e-5
    for prompt in ("机器学习是", "从前有一只小猫，", "The "):
        written = theirs.generate(**tokenizer(prompt, return_tensors="pt"), max_new_tokens=30)
        text = tokenizer.decode(written[0], skip_special_tokens=True)
        assert text == prompt + complete(model, words, prompt, sampling=GREEDY, max_new_tokens=30)


def test_the_shipped_tokenizer_gives_the_same_ids(mini):
    _, words, folder = mini
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "eos_token": "<eos>", "split_special_tokens": True}
    fast = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **special)
    roles = [getattr(theirs, f"{role}_token_id") for role in ("pad", "unk", "bos", "eos")]
    assert roles == [0, 1, 2, 7]
    assert theirs.all_special_ids and set(theirs.all_special_ids) == set(range(8)) and len(theirs) == 4096
    strings = random_strings(1000)
    ours = words.encode_batch(strings)
    assert theirs(strings)["input_ids"] == ours and fast(strings)["input_ids"] == ours
    assert [theirs.decode(ids, skip_special_tokens=True) for ids in ours] == strings
    assert theirs.decode([1256, 3419, 7, 6], skip_special_tokens=True) == "机器学习是"


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_opens(tmp_path, make_model, tokenizer, shape):
    model = make_model(std=0.2, vocab_size=tokenizer.vocab_size, **SHAPES[shape]).eval()
    export_folder(model, tokenizer, tmp_path / "hf")
    theirs = open_model(tmp_path / "hf")
    assert largest_difference(model, theirs, tokenizer.vocab_size, 16) <= 1e-5
    tied = theirs.lm_head.weight.data_ptr() == theirs.transformer.wte.weight.data_ptr()
    assert tied == model.config.tied_head


def test_a_folder_saved_again_by_transformers_comes_back(mini, tmp_path):
    """在 transformers 里接着训练、再存下的，也读得回来；分词器一点没有变。"""
    model, words, folder = mini
    open_model(folder).save_pretrained(tmp_path / "again")
    transformers.AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path / "again")
    import_folder(tmp_path / "again", tmp_path / "back")
    again, tokenizer = load(tmp_path / "back")
    ids = torch.arange(8, 208)[None]
    assert torch.equal(again(ids), model(ids)) and tokenizer.fingerprint == words.fingerprint


# ---- 读进来 ----


@pytest.fixture(scope="module")
def byte_level(tmp_path_factory):
    """GPT-2 的分词器，词表小些：transformers 的 GPT2TokenizerFast。"""
    backend = tokenizers.Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=499, initial_alphabet=alphabet, show_progress=False)
    backend.train_from_iterator(["The cat sat on the mat, it's here.", "小猫在河边看鱼。"] * 5, trainer)
    backend.add_special_tokens(["<|endoftext|>"])
    folder = tmp_path_factory.mktemp("words")
    backend.save(str(folder / "tokenizer.json"))
    backend.model.save(str(folder))
    end = {f"{role}_token": "<|endoftext|>" for role in ("eos", "bos", "unk")}
    fast = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **end)
    return fast, folder


@pytest.fixture
def gpt2(tmp_path, byte_level):
    """gpt2（**改动） → （随机初始化的 GPT2LMHeadModel，存下它与分词器的文件夹）。"""

    def make(**changes):
        torch.manual_seed(0)
        words, _ = byte_level
        sizes = {"vocab_size": len(words), "n_positions": 32, "n_embd": 24, "n_layer": 2, "n_head": 3}
        end = {"bos_token_id": words.eos_token_id, "eos_token_id": words.eos_token_id}
        config = transformers.GPT2Config(**(sizes | end | {"initializer_range": 0.3} | changes))
        model = transformers.GPT2LMHeadModel(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim == 1:  # 偏置与层归一化初始是 0 与 1，那样看不出放错了没有
                    parameter.add_(0.1 * torch.randn_like(parameter))
        model.save_pretrained(tmp_path / "gpt2")
        words.save_pretrained(tmp_path / "gpt2")
        return model, tmp_path / "gpt2"

    return make


@pytest.mark.parametrize("changes", [
    {}, {"tie_word_embeddings": False}, {"activation_function": "gelu"}, {"n_head": 1, "n_inner": 96},
    {"activation_function": "gelu_pytorch_tanh"},
])  # fmt: skip
def test_a_gpt2_of_transformers_loads(gpt2, byte_level, tmp_path, changes):
    theirs, folder = gpt2(**changes)
    import_folder(folder, tmp_path / "ours")
    model, words = load(tmp_path / "ours")
    assert largest_difference(model, theirs, words.vocab_size, 32) <= 1e-5
    assert model.config.gelu == ("erf" if changes.get("activation_function") == "gelu" else "tanh")
    assert model.config.tied_head == changes.get("tie_word_embeddings", True)
    fast, _ = byte_level
    strings = [s for s in random_strings(1000, seed=1) if "<|endoftext|>" not in s]
    assert len(strings) > 700 and words.encode_batch(strings) == fast(strings)["input_ids"]
    assert words.eos == fast.eos_token_id == words.vocab_size - 1
    ids = fast("The cat", return_tensors="pt")
    written = theirs.generate(**ids, max_new_tokens=20, do_sample=False, pad_token_id=fast.eos_token_id)
    text = fast.decode(written[0], skip_special_tokens=True)
    said = complete(model, words, "The cat", sampling=GREEDY, max_new_tokens=20)
    assert ("The cat" + said).rstrip("�") == text.rstrip("�")  # 写到一半的字，它印成 �，tinygpt 不印


def test_the_exact_gelu_would_be_another_model(gpt2, tmp_path):
    """对照：GPT-2 的权重是照 tanh 近似训练的，换成准确的 GELU，logits 差得出来。"""
    theirs, folder = gpt2()
    exact = transformers.GPT2LMHeadModel.from_pretrained(folder, activation_function="gelu").eval()
    import_folder(folder, tmp_path / "ours")
    model, words = load(tmp_path / "ours")
    assert largest_difference(model, exact, words.vocab_size, 32) > 1e-4


def test_the_first_files_of_openai_load_too(gpt2, byte_level, tmp_path):
    """名字没有前缀，带着因果掩码；分词器是 vocab.json 与 merges.txt；权重是 fp16。"""
    theirs, folder = gpt2()
    tensors, _ = load_tensors(folder / "model.safetensors")
    old = {name.removeprefix("transformer."): tensor.half() for name, tensor in tensors.items()}
    old |= {f"h.{i}.attn.bias": torch.ones(1, 1, 32, 32).tril() for i in range(2)}
    old |= {f"h.{i}.attn.masked_bias": torch.tensor(-1e4) for i in range(2)}
    save_tensors(folder / "model.safetensors", old)
    fast, files = byte_level
    (folder / "tokenizer.json").unlink()
    for name in ("vocab.json", "merges.txt"):
        (folder / name).write_bytes((files / name).read_bytes())
    import_folder(folder, tmp_path / "ours")
    model, words = load(tmp_path / "ours")
    assert largest_difference(model, theirs.half().float(), words.vocab_size, 32) <= 1e-5
    assert words.encode("The 小猫 sat!\n") == fast("The 小猫 sat!\n")["input_ids"]
