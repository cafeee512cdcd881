"""variants/modern.py：每一样零件照定义核对；开关全都走得通；缓存、存取、训练与 GPT 一样。"""

import dataclasses
import math

import pytest
import torch
from torch.testing import assert_close

from tinygpt.cache import KVCache
from tinygpt.checkpoint import read_json, save_tensors, write_json
from tinygpt.cli import main
from tinygpt.config import GPTConfig
from tinygpt.errors import InputError
from tinygpt.gpt import GPT
from tinygpt.losses import next_token_batch
from tinygpt.pretrained import load
from tinygpt.tokenizer import PAD
from tinygpt.variants.models import build, config_from
from tinygpt.variants.modern import ModernGPT
from tinygpt.variants.modern_config import ModernConfig
from tinygpt.variants.modern_parts import rms_norm, rotate, rotations, share, softcap
from tinygpt.variants.recent import RecentTokens, buckets, recent

SMALL = ModernConfig(vocab_size=40, context_length=16, n_layer=2, n_head=4, n_embd=32, zero_init=False)
OFF = {
    "position": "learned", "normalization": "layer", "feed_forward": "gelu", "qk_norm": False,
    "value_embedding": False,
}  # fmt: skip
VARIED = [
    {}, OFF, {"kv_groups": 2}, {"kv_groups": 4, "softcap": 5.0}, {"feed_forward": "swiglu", "bias": True},
    {"ngram": 3, "ngram_size": 50}, {"normalization": "rms", "tied_head": True},
    *({name: value} for name, value in OFF.items()),
]  # fmt: skip


def sharp(config=SMALL, **changes) -> ModernGPT:
    """矩阵换成大的随机数的小模型，双精度，评估状态。"""
    torch.manual_seed(0)
    model = ModernGPT(dataclasses.replace(config, **changes)).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=0.4)
    return model


@pytest.fixture
def ids():
    return torch.randint(8, 40, (2, 16), generator=torch.Generator().manual_seed(0))


# ---- 零件 ----


def test_rms_norm_is_its_formula():
    x = torch.randn(3, 5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert_close(rms_norm(x), x / x.square().mean(-1, keepdim=True).sqrt())


def test_rotation_by_hand():
    """d = 4，位置 3：第 0 对转 3 弧度，第 1 对转 3/100 弧度。"""
    x = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64).view(1, 1, 1, 4)
    turned = rotate(x, rotations(torch.tensor([3]), 4, torch.float64)).flatten()
    expected = []
    for (a, b), angle in zip([(1, 2), (3, 4)], (3.0, 3.0 / 100)):
        expected += [a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)]
    assert_close(turned, torch.tensor(expected, dtype=torch.float64))


def test_scores_depend_on_the_distance_only():
    q, k = torch.randn(2, 1, 1, 1, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def score(p, s):
        turned = [rotate(x, rotations(torch.tensor([n]), 8, torch.float64)) for x, n in ((q, p), (k, s))]
        return (turned[0] * turned[1]).sum()

    assert_close(score(7, 3), score(104, 100))
    assert abs(score(7, 3) - score(7, 4)) > 1e-3
    assert_close(rotate(q, rotations(torch.tensor([5]), 8, torch.float64)).norm(), q.norm())


def test_softcap_bounds_and_keeps_small_values():
    logits = torch.tensor([-1e4, -0.01, 0.0, 0.01, 1e4], dtype=torch.float64)
    capped = softcap(logits, 15.0)
    assert capped.abs().max() <= 15 and capped[-1] > 14.99
    assert_close(capped[1:4], logits[1:4], atol=1e-7, rtol=0)


def test_shared_heads_equal_a_model_whose_keys_are_repeated(ids):
    """分组查询就是几个头的 W^K、W^V 相同的普通注意力。"""
    grouped, plain = sharp(kv_groups=2), sharp()
    plain.load_state_dict(grouped.state_dict() | {
        name: wide(grouped, name) for name in plain.state_dict() if plain.state_dict()[name].shape
        != grouped.state_dict()[name].shape
    })  # fmt: skip
    assert_close(grouped(ids), plain(ids))


def wide(grouped, name: str):
    """分组的权重 → 不分组的：键、值的每个头写两遍。"""
    tensor, d, c = grouped.state_dict()[name], SMALL.head_dim, SMALL.n_embd
    if name.endswith("scale"):
        return tensor.repeat_interleave(2, dim=0)
    if name.startswith("value_embeddings"):
        return tensor.unflatten(1, (-1, d)).repeat_interleave(2, dim=1).flatten(1)
    q, rest = tensor[:c], tensor[c:]
    return torch.cat([q, rest.unflatten(0, (-1, d)).repeat_interleave(2, dim=0).flatten(0, 1)])


def test_share_repeats_each_group_next_to_itself():
    x = torch.arange(2.0).view(1, 2, 1, 1)
    assert share(x, 3).flatten().tolist() == [0, 0, 0, 1, 1, 1]


def test_buckets_see_the_last_n_tokens_and_nothing_else():
    ids = torch.tensor([[5, 1, 2, 3, 9, 1, 2, 3], [7, 7, 2, 3, 7, 7, 7, 7]])
    window = recent(ids, 4)
    assert window[0, 1].tolist() == [0, 0, 5, 1] and window[0, 7].tolist() == [9, 1, 2, 3]
    found = {n: buckets(window, n, 10**6) for n in (2, 3, 4)}
    assert all(code.unique().numel() > 5 for code in found.values())
    assert found[3][0, 3] == found[3][0, 7]  # 都是 1 2 3
    assert found[4][0, 3] != found[4][0, 7]  # 再往前一个不同
    assert found[2][0, 3] == found[2][1, 3] and found[3][0, 3] != found[3][1, 3]
    assert buckets(window, 4, 3).unique().tolist() == [0, 1, 2]


def test_whole_ngram_vectors_are_dropped_in_training_only():
    torch.manual_seed(0)
    part, window = RecentTokens(3, 50, 8, dropout=0.5), recent(torch.arange(200).view(4, 50) % 7, 3)
    rows = part(window)
    assert 0.1 < (rows == 0).all(-1).float().mean() < 0.4  # 两张表都不查：四次里一次
    assert_close(part.eval()(window), sum(t(buckets(window, n, 50)) for n, t in enumerate(part.tables, 2)))


# ---- 模型 ----


@pytest.mark.parametrize("changes", VARIED, ids=str)
def test_cached_equals_full(ids, changes):
    model, cache = sharp(**changes), None
    full, cache = model(ids), KVCache(model.config, 2, dtype=torch.float64)
    assert cache.keys.size(2) == model.config.n_kv_head
    pieces = [model(ids[:, a:b], cache) for a, b in ((0, 5), (5, 6), (6, 9), (9, 16))]
    assert_close(torch.cat(pieces, dim=1), full, atol=1e-10, rtol=0)


def test_unequal_rows_in_one_cache(ids):
    model = sharp(kv_groups=2)
    short, new = ids[0, :4], ids[:, 10:12]
    cache = KVCache(model.config, 2, dtype=torch.float64)
    model(torch.stack([torch.cat([short, torch.full((5,), PAD)]), ids[1, :9]]), cache)
    cache.set_lengths([4, 9])
    logits = model(new, cache)
    for row, start in ((0, short), (1, ids[1, :9])):
        alone = model(torch.cat([start, new[row]])[None])[0, -2:]
        assert_close(logits[row], alone, atol=1e-10, rtol=0)


@pytest.mark.parametrize("changes", VARIED, ids=str)
def test_the_future_is_invisible(ids, changes):
    model, other = sharp(**changes), ids.clone()
    other[:, 9] = 39 - other[:, 9] + 8
    before, after = model(ids), model(other)
    assert torch.equal(before[:, :9], after[:, :9])
    assert (before[:, 9:] - after[:, 9:]).abs().amax(-1).min() > 1e-6


@pytest.mark.parametrize("changes", VARIED, ids=str)
def test_every_parameter_learns(ids, changes):
    model = sharp(**changes)
    logits = model(ids[:, :-1])
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten()).backward()
    lazy = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert lazy == []


def test_zero_init_starts_from_the_uniform_distribution(ids):
    model = ModernGPT(dataclasses.replace(SMALL, zero_init=True))
    assert_close(model(ids).softmax(-1), torch.full((2, 16, 40), 1 / 40))
    x = model.token_embedding(ids)
    assert torch.equal(model.hidden(ids), model.norm(x))  # 每一层什么也不做


def test_with_everything_off_it_is_the_article_gpt(ids):
    """全部关掉，权重照抄，与 GPT 的 logits 相同：同一座房子。"""
    changes = {"bias": True, "tied_head": True}
    model = sharp(**OFF, **changes)
    own = {field.name for field in dataclasses.fields(GPTConfig)}
    shape = {name: value for name, value in dataclasses.asdict(model.config).items() if name in own}
    article = GPT(GPTConfig(**shape)).double().eval()
    names = {name.removeprefix("transformer."): name for name in article.state_dict()}
    article.load_state_dict({names[name]: tensor for name, tensor in model.state_dict().items()})
    assert_close(model(ids), article(ids))


def test_the_parts_add_up():
    for changes in VARIED:
        counts = dict(sharp(**changes).parameter_count())
        total = counts.pop("合计")
        assert sum(counts.values()) == total and min(counts.values()) >= 0


@pytest.mark.parametrize(("changes", "named"), [
    ({"kv_groups": 3}, "kv_groups"), ({"kv_groups": 0}, "kv_groups"), ({"position": "alibi"}, "rope"),
    ({"feed_forward": "moe"}, "swiglu"), ({"softcap": -1.0}, "softcap"), ({"norm": "post"}, "pre"),
    ({"zero_init": True, "tied_head": True}, "zero_init"), ({"n_embd": 12}, "RoPE"),
    ({"qk_norm": 1}, "qk_norm"), ({"ngram": 0}, "ngram"), ({"ngram_size": 2.5}, "ngram_size"),
])  # fmt: skip
def test_wrong_settings_are_named(changes, named):
    with pytest.raises(InputError, match=named):
        dataclasses.replace(SMALL, **changes)


# ---- 存取，命令 ----


def test_config_json_says_which_model():
    for config in (SMALL, GPTConfig()):
        again = config_from(config.to_dict())
        assert again == config and type(again) is type(config) and type(build(again)).__name__.endswith("GPT")
    with pytest.raises(InputError, match="moderm"):
        config_from({"model": "moderm"})
    with pytest.raises(InputError, match="kv_groups"):
        config_from({"kv_groups": 2})  # GPT 没有这一项


def test_overfits_one_batch():
    torch.manual_seed(0)
    model = ModernGPT(dataclasses.replace(SMALL, zero_init=True))
    batch = next_token_batch(torch.randint(8, 40, (4, 17), generator=torch.Generator().manual_seed(1)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        logits = model(batch["ids"])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.3 < math.log(40)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """用 speedrun 训练几步的一个文件夹。"""
    folder = tmp_path_factory.mktemp("modern")
    (folder / "text.txt").write_text("小猫在河边看鱼。\n" * 400, encoding="utf-8")
    code = main([
        "train", "--data", str(folder / "text.txt"), "--out", str(folder / "run"), "--preset", "speedrun",
        "--tokenizer", "char", "--n-layer", "2", "--n-embd", "32", "--n-head", "4", "--kv-groups", "2",
        "--context-length", "16", "--batch-size", "8", "--steps", "40", "--device", "cpu",
    ])  # fmt: skip
    assert code == 0
    return folder / "run"


def test_every_command_loads_it(trained, capsys):
    saved = read_json(trained / "config.json")
    assert (saved["model"], saved["kv_groups"], saved["n_head"]) == ("modern", 2, 4)
    model, tokenizer = load(trained)
    assert isinstance(model, ModernGPT) and model.config.n_kv_head == 2
    assert main(["info", "--model", str(trained)]) == 0
    assert "值 embedding" in capsys.readouterr().out
    assert main(["generate", "小猫", "--model", str(trained), "--greedy", "--max-new-tokens", "30"]) == 0
    assert "小猫在河边看鱼。" in capsys.readouterr().out  # 背下来了


def test_lora_and_export(trained, tmp_path, capsys):
    lines = [f'{{"prompt": "{cat * 3}", "answer": "看鱼"}}' for cat in "小猫在河边看鱼" * 5]
    (tmp_path / "qa.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code = main([
        "finetune", "--model", str(trained), "--data", str(tmp_path / "qa.jsonl"), "--out",
        str(tmp_path / "qa"), "--lora", "2", "--steps", "2", "--device", "cpu",
    ])  # fmt: skip
    assert code == 0 and isinstance(load(tmp_path / "qa")[0], ModernGPT)
    capsys.readouterr()
    for kind in ("hf", "numpy"):
        code = main(["export", "--model", str(trained), "--to", kind, str(tmp_path / kind)])
        assert code == 2 and "modern" in capsys.readouterr().err
        assert not (tmp_path / kind).exists()


def test_a_flag_of_modern_on_the_article_model(tmp_path, capsys):
    code = main(["train", "--out", str(tmp_path / "x"), "--preset", "mini", "--kv-groups", "2"])
    assert code == 2 and "kv_groups" in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_weights_of_another_shape_are_refused(tmp_path, tokenizer):
    folder = tmp_path / "run"
    folder.mkdir()
    config = dataclasses.replace(SMALL, vocab_size=tokenizer.vocab_size)
    save_tensors(folder / "model.safetensors", dict(ModernGPT(config).named_parameters()))
    tokenizer.save(folder / "tokenizer.json")
    write_json(folder / "config.json", config.to_dict())
    assert isinstance(load(folder)[0], ModernGPT)
    write_json(folder / "config.json", dataclasses.replace(config, kv_groups=2).to_dict())
    with pytest.raises(InputError, match="对不上"):
        load(folder)
