"""用数组数的 n 元（counting.py）与 counted 模型：同 NGram 一样的概率，留出，训练、存取、生成、接着训练。"""

import copy
import json
from collections import Counter, defaultdict

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tinygpt import cli, counting, counting_file
from tinygpt.cache import KVCache
from tinygpt.config import TrainConfig
from tinygpt.counting import count
from tinygpt.data import ContiguousWindows, RandomWindows
from tinygpt.errors import InputError
from tinygpt.evaluation import evaluate
from tinygpt.ngram import NGram
from tinygpt.pretrained import load
from tinygpt.sampling import Sampling, generate
from tinygpt.trainer import Trainer
from tinygpt.variants import counted
from tinygpt.variants.counted import (
    CountedGPT,
    CountedWindows,
    HeldOut,
    counted_objective,
    spoken,
)  # fmt: skip
from tinygpt.variants.counted_config import CountedConfig, MixedConfig
from tinygpt.variants.mixed import MixedGPT, mixed_objective
from tinygpt.variants.modern import ModernGPT
from tinygpt.variants.modern_config import ModernConfig

EOS, VOCAB = 0, 6


def documents(seed=0, n=40) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [[*random.integers(1, 5, random.integers(0, 12)).tolist(), EOS] for _ in range(n)]


def exact(docs, order) -> counting.Counts:
    """双精度的计数，好与 NGram 比到最后几位。"""
    counts = count(np.array(sum(docs, [])), order, VOCAB, EOS)
    counts.dtype = np.dtype(np.float64)
    return counts


def small_model(order=4, seed=0, **changes) -> CountedGPT:
    torch.manual_seed(seed)
    shape = {"vocab_size": VOCAB, "context_length": 16, "n_layer": 2, "n_head": 2, "n_embd": 16} | changes
    return CountedGPT(CountedConfig(**shape, order=order))


def shaken(model, docs):
    """数过 docs，每个参数都不是 0 的模型：门、网络都真的起作用。"""
    model.counts = count(np.array(sum(docs, [])), model.config.order, VOCAB, EOS)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
    return model.eval()


# ---- 计数 ----


@pytest.mark.parametrize("order", range(1, 9))
@pytest.mark.parametrize("tables", [counting.LARGEST_TABLE, 0])  # 查表，与全部现算
def test_the_same_probabilities_as_the_readable_ngram(order, tables, monkeypatch):
    monkeypatch.setattr(counting, "LARGEST_TABLE", tables)
    monkeypatch.setattr(counting, "BLOCK", 37)  # 分很多块
    docs = documents()
    readable, counts = NGram(order, VOCAB, EOS).fit(docs), exact(docs, order)
    for ids in [*docs[:12], [5, 1, 2, 3, EOS]]:
        contexts = counts.contexts(np.array([[EOS, *ids[:-1]]]))[:, 0]
        wanted = [readable.distribution(ids[:i]) for i in range(len(ids))]
        np.testing.assert_allclose(counts.voice(contexts).probabilities, wanted, rtol=0, atol=1e-9)


def without_some(model: NGram, removed: list[tuple]) -> NGram:
    """从最高一阶减去一些（前文，后续），低阶照 NGram.fit 的办法重做，折扣也重算。"""
    top = copy.deepcopy(model.tables[-1])
    for history, token in removed:
        top[history][token] -= 1
    tables = [{h: +f for h, f in top.items() if +f}]
    while len(tables) < model.order:
        lower = defaultdict(Counter)
        for h, following in tables[0].items():
            for t in following:
                lower[h[1:]][t] += 1
        tables.insert(0, lower)
    other = copy.copy(model)
    other.tables, other.discounts = tables, []
    for table in tables:
        seen = Counter(count for following in table.values() for count in following.values())
        other.discounts.append(seen[1] / (seen[1] + 2 * seen[2]) if seen[1] else 0.5)
    other.totals = [{h: f.total() for h, f in table.items()} for table in tables]
    return other


@pytest.mark.parametrize("order", [4, 5, 6])
def test_without_some_is_counting_again_without_them(order):
    docs = documents(1, 25)
    readable, counts = NGram(order, VOCAB, EOS).fit(docs), exact(docs, order)
    ids = np.array(sum(docs, []))
    contexts = counts.contexts(np.array([[EOS, *ids[:-1]]]))[:, 0]
    histories = [((EOS,) * (order - 1) + tuple(doc[:i]))[i:] for doc in docs for i in range(len(doc))]
    out = slice(30, 110)
    fewer = counts.without(contexts[-1, out], ids[out])
    fewer.dtype = np.dtype(np.float64)
    wanted = without_some(readable, list(zip(histories[out], ids[out].tolist())))
    found = fewer.voice(contexts).probabilities
    assert (fewer.levels[-1].totals == 0).any()  # 有的前文再也没有了
    assert np.abs(found - counts.voice(contexts).probabilities).max() > 0.05
    for row, history in zip(found, histories):
        np.testing.assert_allclose(row, wanted.distribution(history), rtol=0, atol=1e-9)


def test_short_windows_know_only_what_is_inside():
    counts = exact(documents(), 4)
    middle = counts.contexts(np.array([[1, 2, 3, 1]]))
    assert (middle[3, 0, :2] == -1).all() and middle[1, 0, 0] >= 0
    assert (counts.contexts(np.array([[EOS, 1]]))[:, 0, 1] >= 0).all()  # eos 之前总是 eos，所以全知道


def test_saved_and_loaded(tmp_path):
    counts = count(np.array(sum(documents(), [])), 4, VOCAB, EOS)
    counting_file.save(counts, tmp_path / "c.safetensors")
    again = counting_file.load(tmp_path / "c.safetensors", 4, VOCAB)
    contexts = counts.contexts(np.array([[EOS, 1, 2, 5, 3]]))[:, 0]
    assert np.array_equal(again.voice(contexts).probabilities, counts.voice(contexts).probabilities)


def spoil(tensors, name, change):
    tensors[name] = change(tensors[name].clone())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("2.contexts", lambda a: a.flip(0)),
        ("1.contexts", lambda a: a + 10**6),
        ("2.pairs", lambda a: a + VOCAB),
        ("2.pairs", lambda a: a.int()),
        ("3.counts", lambda a: a * 0),
        ("3.counts", lambda a: a[1:]),
        ("0.pairs", lambda a: a[:0]),
    ],
)
def test_a_broken_file_is_refused(name, change, tmp_path):
    path = tmp_path / "c.safetensors"
    counting_file.save(count(np.array(sum(documents(), [])), 4, VOCAB, EOS), path)
    tensors = load_file(path)
    spoil(tensors, name, change)
    state = json.dumps({"vocab_size": VOCAB, "eos": EOS})
    save_file(tensors, path, metadata={"format": "pt", "state": state})
    with pytest.raises(InputError, match="不合规矩"):
        counting_file.load(path, 4, VOCAB)


def test_counts_of_another_model_are_refused(tmp_path):
    path = tmp_path / "c.safetensors"
    counting_file.save(count(np.array(sum(documents(), [])), 3, VOCAB, EOS), path)
    for order, vocab in ((4, VOCAB), (2, VOCAB), (3, VOCAB + 1)):
        with pytest.raises(InputError, match="计数"):
            counting_file.load(path, order, vocab)
    with pytest.raises(InputError, match="order = 9"):
        count(np.array([1, 0]), 9, VOCAB, EOS)


# ---- 模型 ----


def test_the_formula():
    docs = documents()
    model = shaken(small_model(), docs)
    ids = torch.randint(VOCAB, (3, 9), generator=torch.Generator().manual_seed(0))
    contexts = model.counts.contexts(ids.numpy()).reshape(4, -1)
    said = torch.from_numpy(spoken(model.counts.voice(contexts))).view(3, 9, -1)
    evidence, hidden = said[..., VOCAB:], model.network.hidden(ids, extra=model.ear(said))
    features = torch.cat([hidden, evidence], -1)
    gate = features @ model.gate / features.shape[-1] + model.gate_bias
    wanted = model.network.lm_head(hidden) + gate[..., None] * said[..., :VOCAB]
    torch.testing.assert_close(model(ids), wanted)
    assert evidence.shape[-1] == 6 and gate.std() > 1e-3


def test_a_new_model_is_the_counts():
    """网络的输出层从 0 开始，门从 1 开始：还没有训练，就与计数一样好。"""
    model, docs = small_model().eval(), documents()
    model.counts = count(np.array(sum(docs, [])), 4, VOCAB, EOS)
    contexts = model.counts.contexts(np.array([[EOS, 1, 2]]))[:, 0]
    found = model(torch.tensor([[EOS, 1, 2]])).softmax(-1)[0].detach().numpy()
    np.testing.assert_allclose(found, model.counts.voice(contexts).probabilities, rtol=1e-4)


def test_step_by_step_equals_all_at_once():
    """有缓存时一步一个 token，计数要看的前几个 token 在缓存里；补齐的也退得回去。"""
    model = shaken(small_model(), documents())
    ids = torch.randint(VOCAB, (2, 12), generator=torch.Generator().manual_seed(0))
    whole = model(ids)
    cache = KVCache(model.config, 2)
    first = model(ids[:, :6], cache)
    cache.set_lengths([5, 3])  # 两行不一样长
    rows = [model(torch.stack([ids[0, 5 + i, None], ids[1, 3 + i, None]]), cache) for i in range(5)]
    torch.testing.assert_close(first, whole[:, :6], rtol=1e-4, atol=1e-4)
    steps = torch.cat(rows, 1)
    torch.testing.assert_close(steps[0], whole[0, 5:10], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(steps[1], whole[1, 3:8], rtol=1e-4, atol=1e-4)


def test_generation_uses_the_counts():
    docs = [[1, 2, 3, 4, EOS]] * 20
    model = small_model().eval()
    model.counts = count(np.array(sum(docs, [])), 4, VOCAB, EOS)
    steps = generate(model, [[EOS, 1, 2], [EOS, 1]], 6, Sampling(greedy=True), eos=EOS)
    written = [[token for token in row if token is not None] for row in zip(*steps)]
    assert written == [[3, 4, EOS], [2, 3, 4, EOS]]


@pytest.mark.parametrize("store", [counted.LARGEST_STORE, 0])  # 先算好，与用到时再算
def test_training_batches_leave_their_own_tenth_out(store, monkeypatch):
    monkeypatch.setattr(counted, "LARGEST_STORE", store)
    ids = np.array(sum(documents(2, 60), []))
    counts, windows = count(ids, 4, VOCAB, EOS), RandomWindows(ids, 16, 5, seed=0)
    batch = CountedWindows(HeldOut(counts, ids), windows).batch(2)
    assert torch.equal(batch["ids"], windows.batch(2)["ids"])
    contexts = counts.contexts(np.array([[EOS, *ids[:-1]]]))[:, 0]
    size = -(-len(ids) // counted.FOLDS)
    for row, start in enumerate(windows.starts(2)):
        for column, place in enumerate(range(start + 1, start + 17)):
            own = slice(place // size * size, place // size * size + size)
            others = counts.without(contexts[-1, own], ids[own])
            wanted = spoken(others.voice(contexts[:, place, None]))[0]
            np.testing.assert_allclose(batch["voice"][row, column], wanted, rtol=2e-3, atol=2e-3)


def new_trainer(out=None, ids=None, **changes) -> Trainer:
    ids = np.array(sum(documents(3, 120), [])) if ids is None else ids
    model = small_model()
    model.counts = count(ids, 4, VOCAB, EOS)
    settings = {
        "steps": 12, "batch_size": 4, "eval_interval": 4, "warmup_steps": 2, "precision": "fp32",
        "patience": 0,
    }  # fmt: skip
    windows = CountedWindows(HeldOut(model.counts, ids), RandomWindows(ids, 16, 4, 0))
    validation = ContiguousWindows(np.array(sum(documents(4, 30), [])), 16, 4, EOS)
    return Trainer(model, windows, validation, TrainConfig(**settings | changes), counted_objective, out)


def test_resumed_is_the_same_as_uninterrupted(tmp_path):
    whole = new_trainer(tmp_path / "whole")
    whole.run()
    stopped = new_trainer(tmp_path / "stopped")
    for metrics in stopped:
        if metrics.step == 6:
            break
    again = new_trainer(tmp_path / "stopped")
    assert again.resume() == 4
    again.run()
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, again.model.state_dict()[name]), name
    assert whole.best_loss == again.best_loss


def loss_on_a_cycle(with_counts: bool) -> float:
    """文字是 1 2 3 4 1 2 3 4 …，十分之一的地方乱了；计数数的却是随便的文字，一点用处也没有。"""
    random = np.random.default_rng(0)
    ids = np.where(random.random(3000) < 0.1, random.integers(1, 5, 3000), np.arange(3000) % 4 + 1)
    torch.manual_seed(0)
    shape = {"vocab_size": VOCAB, "context_length": 16, "n_layer": 1, "n_head": 2, "n_embd": 16}
    model = CountedGPT(CountedConfig(**shape, order=4)) if with_counts else ModernGPT(ModernConfig(**shape))
    if with_counts:
        model.counts = count(random.integers(1, 5, 3000), 4, VOCAB, EOS)
    config = TrainConfig(
        steps=80, batch_size=8, warmup_steps=5, learning_rate=1e-2, weight_decay=0.0, precision="fp32"
    )
    Trainer(model, RandomWindows(ids[:2500], 16, 8, 0), None, config).run()
    return evaluate(model, ContiguousWindows(ids[2500:], 16, 16, EOS))


def test_useless_counts_do_no_harm():
    pure, counted_too = loss_on_a_cycle(False), loss_on_a_cycle(True)
    assert pure < 0.8 * np.log(4)  # 网络自己学得会
    assert counted_too < pure + 0.03


# ---- 命令行 ----


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    words = np.random.default_rng(0).choice(["山高", "水长", "月明", "风清", "人静"], 900)
    (folder / "text.txt").write_text("，".join(words) + "。", encoding="utf-8")
    command = ["train", "--preset", "counted", "--tokenizer", "char", "--data", str(folder / "text.txt")]
    command += [
        "--out",
        str(folder / "run"),
        "--n-layer",
        "1",
        "--n-embd",
        "16",
        "--n-head",
        "2",
        "--order",
        "3",
    ]
    command += ["--context-length", "16", "--batch-size", "4", "--eval-interval", "5", "--precision", "fp32"]
    assert cli.main([*command, "--steps", "10", "--json"]) == 0
    return folder, command


def test_every_command_knows_it(trained, capsys):
    folder, command = trained
    run = str(folder / "run")
    model, tokenizer = load(run)
    assert isinstance(model, CountedGPT) and model.counts.order == 3
    capsys.readouterr()
    assert cli.main(["generate", "山", "--model", run, "--max-new-tokens", "5", "--greedy"]) == 0
    assert cli.main(["info", "--model", run]) == 0
    assert "门" in capsys.readouterr().out
    assert cli.main(["evaluate", "--model", run, "--data", str(folder / "text.txt"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loss"] < np.log(tokenizer.vocab_size) / 2
    assert cli.main([*command, "--steps", "12", "--resume", "--json"]) == 0
    assert cli.main(["export", str(folder / "x"), "--to", "hf", "--model", run]) == 2


def test_a_missing_or_foreign_counts_file_is_said(trained, capsys):
    folder, _ = trained
    path = folder / "run" / "counts.safetensors"
    kept = path.read_bytes()
    try:
        path.unlink()
        assert cli.main(["generate", "山", "--model", str(folder / "run")]) == 2
        assert "counts.safetensors" in capsys.readouterr().err
    finally:
        path.write_bytes(kept)


# ---- mixed：各学各的，按概率混合 ----


def small_mixed(share=0.3, docs=None) -> MixedGPT:
    torch.manual_seed(0)
    shape = {"vocab_size": VOCAB, "context_length": 16, "n_layer": 2, "n_head": 2, "n_embd": 16}
    return shaken(MixedGPT(MixedConfig(**shape, order=4, share=share)), docs or documents())


def test_the_mixture_is_the_weighted_sum_of_both_probabilities():
    model, ids = small_mixed(share=0.2), torch.tensor([[1, 2, 3, 0, 1, 2]])
    with torch.no_grad():
        own = model.network(ids).softmax(dim=-1)
        counted_p = model.listen(ids, None)[..., :VOCAB].exp()
        found = model(ids).exp()
    assert (own - counted_p).abs().max() > 0.1  # 两个声音真的不同
    torch.testing.assert_close(found, 0.8 * own + 0.2 * counted_p)
    torch.testing.assert_close(found.sum(-1), torch.ones(1, 6))


def test_the_network_of_a_mixture_learns_alone_and_is_judged_together():
    model, ids = small_mixed(), torch.tensor([[1, 2, 3, 0, 1, 2]])
    batch = {"ids": ids[:, :-1], "labels": ids[:, 1:]}

    def loss(speaker):
        log_p = speaker(batch["ids"]).log_softmax(dim=-1)
        return -log_p.gather(-1, batch["labels"][..., None]).sum()

    apart, together = loss(model.network), loss(model)
    assert abs(apart - together) > 0.1
    torch.testing.assert_close(mixed_objective(model.train(), batch), apart)
    torch.testing.assert_close(mixed_objective(model.eval(), batch), together)


def test_a_mixture_writes_the_same_with_a_cache():
    model, cache = small_mixed(), KVCache(small_mixed().config)
    ids = torch.tensor([[1, 2, 3, 0, 1, 2, 4]])
    with torch.no_grad():
        whole = model(ids)
        parts = [model(ids[:, :3], cache)] + [model(ids[:, n : n + 1], cache) for n in range(3, 7)]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, "一半"])
def test_a_share_outside_of_zero_and_one_is_refused(share):
    with pytest.raises(InputError, match="share"):
        MixedConfig(share=share)


def test_the_mixed_preset_trains_saves_writes_and_goes_on(tmp_path, capsys):
    (tmp_path / "text.txt").write_text("山外有山，天外有天。\n" * 60, encoding="utf-8")
    run = tmp_path / "run"
    shape = ["--n-layer", "1", "--n-embd", "16", "--order", "3", "--context-length", "16"]
    shape += ["--batch-size", "4"]
    command = ["train", "--preset", "mixed", "--data", str(tmp_path / "text.txt"), "--tokenizer", "char"]
    command += ["--out", str(run), *shape, "--eval-interval", "5", "--precision", "fp32", "--json"]
    assert cli.main([*command, "--steps", "10"]) == 0
    model, tokenizer = load(run)
    assert isinstance(model, MixedGPT) and model.counts.order == 3 and model.config.share == 0.3
    capsys.readouterr()
    assert cli.main(["generate", "山", "--model", str(run), "--max-new-tokens", "5", "--greedy"]) == 0
    capsys.readouterr()
    assert cli.main(["evaluate", "--model", str(run), "--data", str(tmp_path / "text.txt"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loss"] < np.log(tokenizer.vocab_size) / 2
    assert cli.main([*command, "--steps", "12", "--resume"]) == 0
    capsys.readouterr()
    assert cli.main([*command[:-1], "--steps", "3", "--share", "1.5", "--overwrite"]) == 2
    assert "share" in capsys.readouterr().err
