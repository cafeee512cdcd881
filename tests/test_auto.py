"""recipes/：配方随预算定。曲线由记下的训练拟合；形状跟着时间走；命令行、记录、接着训练。"""

import dataclasses
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tinygpt.cli import main
from tinygpt.config import PRESETS, TrainConfig
from tinygpt.errors import InputError
from tinygpt.recipes import RECIPES, SHORT, auto, recipe

CPU = torch.device("cpu")


def runs_on(curve: auto.Curve, sizes=(10**4, 10**5, 10**6), tokens=(10**5, 10**6, 10**7)) -> list[dict]:
    """正好落在一条曲线上的训练。"""
    pairs = [(n, d) for n in sizes for d in tokens]
    return [{"parameters": n, "tokens": d, "unique": 10**9, "loss": curve.loss(n, d)} for n, d in pairs]


# ---- 曲线 ----


def test_the_fit_finds_the_curve_the_runs_lie_on():
    curve = auto.Curve(1.2, 30.0, auto.POWERS[0], 20.0, auto.POWERS[1])
    found = auto.fit(runs_on(curve))
    for field in dataclasses.fields(auto.Curve):
        assert getattr(found, field.name) == pytest.approx(getattr(curve, field.name), rel=1e-3)
    assert max(map(abs, auto.residuals(runs_on(curve), found))) < 1e-6


def test_the_recorded_runs_are_described_by_their_fit():
    runs, curve = auto.recorded(), auto.fitted()
    assert len(runs) >= 5 and len({(run["n_layer"], run["n_embd"]) for run in runs}) >= 3
    spread = np.std([run["loss"] for run in runs])
    assert np.std(auto.residuals(runs, curve)) < 0.5 * spread  # 曲线说得出大半的差别
    for run in runs:
        assert run["parameters"] == 12 * run["n_layer"] * run["n_embd"] ** 2
    assert curve.loss(1e6, 1e7) < curve.loss(1e5, 1e7) < curve.loss(1e5, 1e6)


def test_repeats_are_worth_less():
    assert auto.worth(500, 1000) == 500 and auto.worth(1000, 1000) == 1000
    twice, often = auto.worth(2000, 1000), auto.worth(10**6, 1000)
    assert 1900 < twice < 2000 and often == pytest.approx(1000 * (1 + auto.REPEATS), rel=1e-6)


# ---- 看文字 ----


def test_facts_are_counted_on_the_text():
    source = SimpleNamespace(training_texts=lambda: iter(["小猫看鱼", "小猫"]))
    assert auto.look(source) == auto.Facts(6, 4)


@pytest.mark.parametrize(("characters", "alphabet", "vocab"), [
    (1_100_000, 65, 2048), (10_000, 60, 512), (10**8, 90, 4096), (200_000, 3000, 4096), (0, 0, 512),
])  # fmt: skip
def test_vocabulary_follows_the_text(characters, alphabet, vocab):
    assert auto.Facts(characters, alphabet).vocab_size == vocab


def test_validation_takes_what_it_needs():
    assert auto.Facts(50_000, 60).validation == 0.1  # 短的文字，还是一成
    assert auto.Facts(10**6, 60).validation == pytest.approx(0.02)
    assert auto.Facts(10**9, 60).validation == 0.002


def test_text_read_often_is_split_into_characters():
    assert auto.Facts(10**6, 65).tokenizer(60) == "char"
    assert auto.Facts(10**8, 65).tokenizer(60) is None and auto.Facts(10**6, 5000).tokenizer(60) is None
    assert auto.Facts(10**6, 65).tokenizer(1) is None


# ---- 选 ----


def chosen(monkeypatch, seconds: float, speed=1e9, unique: int = 10**9) -> auto.Choice:
    """机器每秒做 speed 次乘加时选什么；曲线用假的，免得看记录。"""
    curve = auto.Curve(1.0, 30.0, 0.4, 300.0, 0.5)
    monkeypatch.setattr(auto, "fitted", lambda: curve)
    monkeypatch.setattr(
        auto, "tokens_per_second", lambda r, *_: speed / (auto.block_parameters(r.shape) + 10**5)
    )
    ids = np.broadcast_to(np.uint16(9), (unique,))
    return auto.choose(ids, 512, 3, seconds, CPU, TrainConfig(minutes=1))


def test_more_time_takes_a_larger_shape(monkeypatch):
    sizes = [auto.block_parameters(chosen(monkeypatch, s).recipe.shape) for s in (1, 60, 3600, 10**6)]
    assert sizes == sorted(sizes) and len(set(sizes)) >= 3
    faster = chosen(monkeypatch, 60, speed=1e12).recipe.shape
    assert auto.block_parameters(faster) > sizes[1]


def test_it_stops_trying_once_it_gets_worse(monkeypatch):
    choice = chosen(monkeypatch, 60)
    expected = [tried["expected"] for tried in choice.tried]
    best = expected.index(min(expected))
    assert len(choice.tried) <= best + 2
    shape = choice.recipe.shape
    assert (choice.tried[best]["n_layer"], choice.tried[best]["n_embd"]) == (shape.n_layer, shape.n_embd)
    assert f"{shape.n_layer} 层 {shape.n_embd} 维" in choice.described()


def test_short_text_read_often_is_regularized(monkeypatch):
    once, often = chosen(monkeypatch, 60), chosen(monkeypatch, 3600, unique=20_000)
    assert once.passes < 1 and often.passes > auto.OFTEN
    assert once.recipe.shape.dropout == 0 < often.recipe.shape.dropout
    assert once.recipe.train.weight_decay == 0.1 < often.recipe.train.weight_decay <= 2


def test_more_parameters_than_text_decay_more():
    made = auto.recipe_for(2, 128, 500, 1, 60, 10**6)
    decay = lambda passes, unique: auto.regularized(made, passes, unique).train.weight_decay
    own = auto.parameters_without_ngram(made.shape)
    assert own == sum(p.numel() for p in auto.ModernGPT(made.shape).parameters())
    assert decay(7, own) == decay(14, own) == 0.3 and decay(3.5, own // 2) == 0.3
    assert decay(7, own // 3) == 0.9 and decay(0.5, own) == 0.1 and decay(9, own // 100) == 2


def test_text_shorter_than_a_window_still_gets_a_recipe(monkeypatch):
    assert chosen(monkeypatch, 60, unique=10).tried == []


def test_speed_is_measured_by_real_steps():
    ids = np.arange(3000, dtype=np.uint16) % 50
    small = auto.recipe_for(1, 64, 50, 3, 60, 3000)
    speed = auto.tokens_per_second(small, ids, CPU, TrainConfig(precision="fp32"))
    assert math.isfinite(speed) and speed > 0


def test_short_texts_take_short_windows_and_short_times_small_batches():
    made = lambda seconds, tokens: auto.recipe_for(2, 128, 50, 5, seconds, tokens)
    assert made(60, 5000).shape.context_length == 64 < made(60, 10**6).shape.context_length == 256
    assert made(60, 10**6).train.batch_size < made(600, 10**6).train.batch_size


# ---- 预设 ----


def test_every_preset_is_a_recipe():
    assert {**{name: recipe(name).shape for name in PRESETS}} == PRESETS
    assert {"modern", "speedrun"} <= RECIPES.keys() and RECIPES["speedrun"].train.decay == SHORT.decay > 0
    with pytest.raises(InputError, match="speedrun"):
        recipe("speedrum")


# ---- 命令 ----


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("auto")
    (folder / "text.txt").write_text("小猫在河边看鱼。小狗在山上看云。\n" * 300, encoding="utf-8")
    arguments = ["train", "--data", str(folder / "text.txt"), "--out", str(folder / "run"), "--device", "cpu"]
    return arguments, folder / "run"


def test_minutes_alone_mean_auto_and_resume_keeps_the_choice(run, capsys, monkeypatch):
    arguments, out = run
    monkeypatch.setattr(auto, "tokens_per_second", lambda r, *_: 10**8 / auto.block_parameters(r.shape))
    monkeypatch.setattr("tinygpt.trainer.Trainer._steps_in", lambda trainer, minutes: 4)
    assert main([*arguments, "--minutes", "0.5", "--eval-interval", "2"]) == 0
    assert "--preset auto" in capsys.readouterr().out
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["preset"] == "auto" and record["auto"]["tried"]
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert (config["vocab_size"], config["ngram"]) == (8 + 13, 5)  # 字符
    assert record["validation_fraction"] == 0.1 and record["eval_windows"] == 100
    before = (out / "config.json").read_bytes()

    def measured(*_):
        raise AssertionError("接着训练不该重新量")

    monkeypatch.setattr(auto, "tokens_per_second", measured)
    more = [*arguments, "--resume", "--steps", "6", "--eval-interval", "2"]
    assert main(more) == 0
    assert (out / "config.json").read_bytes() == before
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["steps"] == 6


def test_every_flag_still_overrides(run, tmp_path, monkeypatch):
    arguments, _ = run
    monkeypatch.setattr(auto, "tokens_per_second", lambda r, *_: 1000.0)
    monkeypatch.setattr("tinygpt.trainer.Trainer._steps_in", lambda trainer, minutes: 2)
    code = main([
        *arguments, "--out", str(tmp_path / "run"), "--minutes", "0.01", "--preset", "auto",
        "--n-layer", "3", "--n-embd", "32", "--learning-rate", "0.001", "--tokenizer", "char",
        "--validation-fraction", "0.2", "--ngram", "1",
    ])  # fmt: skip
    assert code == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (config["n_layer"], config["ngram"], config["vocab_size"]) == (3, 1, 8 + 13)
    assert (record["train"]["learning_rate"], record["validation_fraction"]) == (0.001, 0.2)


@pytest.mark.parametrize("more", [["--steps", "2"], ["--minutes", "0.01", "--n-embd", "16"]], ids=str)
def test_a_shape_or_steps_mean_the_article_model(run, tmp_path, more, monkeypatch):
    arguments, _ = run
    monkeypatch.setattr("tinygpt.trainer.Trainer._steps_in", lambda trainer, minutes: 2)
    small = ["--n-layer", "1", "--context-length", "16", "--batch-size", "2"]
    assert main([*arguments, "--out", str(tmp_path / "run"), *more, *small]) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    assert "model" not in config and config["norm"] == "pre"


def test_auto_gives_no_ngram_embedding_to_bpe(run, tmp_path, monkeypatch):
    monkeypatch.setattr(auto, "tokens_per_second", lambda r, *_: 1000.0)
    monkeypatch.setattr("tinygpt.trainer.Trainer._steps_in", lambda trainer, minutes: 2)
    command = [*run[0], "--out", str(tmp_path / "run"), "--minutes", "0.01", "--tokenizer", "bpe"]
    assert main(command) == 0
    assert json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))["ngram"] == 1


def test_auto_needs_to_know_the_time(run, tmp_path, capsys):
    code = main([*run[0], "--out", str(tmp_path / "x"), "--preset", "auto", "--steps", "5"])
    assert code == 2 and "--minutes" in capsys.readouterr().err and not (tmp_path / "x").exists()
