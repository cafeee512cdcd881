"""第 11 课的短训练、拟合、屋顶线，与录好的成绩。"""

import numpy as np
import pytest
import torch

from tinygpt import GPT, GPTConfig, TrainConfig, Trainer
from tinygpt.course import counting_lab, plots, scaling, scaling_results, speed_lab
from tinygpt.data import RandomWindows
from tinygpt.ngram import NGram
from tinygpt.variants.modern_config import ModernConfig

LAW = scaling_results.Law(E=0.9, A=40.0, a=0.45, B=300.0, b=0.5)


def rows_on(law, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    pairs = [(n, d) for n in (6e3, 2.5e4, 1e5, 4e5) for d in (1e5, 2e5, 4e5, 8e5)]
    return [
        {"parameters": n, "tokens": d, "loss": float(law.loss(n, d)) + noise * rng.standard_normal()}
        for n, d in pairs
    ]


# ---- 拟合 ----


def test_the_fit_finds_the_law_the_runs_lie_on():
    found = scaling_results.fit(*scaling_results.arrays(rows_on(LAW)))
    assert (found.a, found.b) == pytest.approx((LAW.a, LAW.b), abs=1e-9)
    constants = [found.E, found.A, found.B]
    assert constants == pytest.approx([LAW.E, LAW.A, LAW.B], rel=1e-4)


def test_no_part_of_the_loss_is_negative():
    rows = rows_on(LAW, noise=0.5, seed=1)  # 噪声大得盖住一切
    found = scaling_results.fit(*scaling_results.arrays(rows))
    assert min(found.E, found.A, found.B) >= 0


def test_the_interval_is_near_the_truth_and_shrinks_with_the_noise():
    wide, narrow = (scaling_results.fitted(rows_on(LAW, noise), 30) for noise in (0.03, 0.003))
    for name in ("a", "b"):
        low, high = wide.interval(name)
        assert low - 0.05 <= getattr(LAW, name) <= high + 0.05  # 九成的区间，格子一格 0.025
        assert high - low > np.diff(narrow.interval(name))[0]
    guess, low, high = narrow.predict(1e6, 2e6)
    assert low < guess < high and abs(guess - LAW.loss(1e6, 2e6)) < 0.05
    assert high - low < np.diff(wide.predict(1e6, 2e6)[1:])[0]


def test_the_step_where_a_curve_first_reaches_a_loss():
    curve = [[20, 3.0], [40, 2.0], [60, 1.0]]
    assert scaling_results.first_below(curve, 2.5) == 30 and scaling_results.first_below(curve, 1.0) == 60
    assert scaling_results.first_below(curve, 3.5) == 20 and scaling_results.first_below(curve, 0.5) is None


# ---- 短训练 ----


def test_text_is_split_and_long_enough():
    text = scaling.text()
    most = max(width_steps[1] for width_steps in scaling.HELD_BACK) * scaling.BATCH * scaling.CONTEXT
    assert len(text.train) > most + 2 * scaling.CONTEXT and 15_000 < len(text.validation) < 40_000
    assert not set(text.validation) - set(range(text.tokenizer.vocab_size))


def test_recipes_change_what_they_say():
    recipe = scaling.sized(64, 100).changed(n_layer=1, steps=7)
    assert recipe.shape.n_layer == 1 and recipe.train.steps == 7 and recipe.shape.n_embd == 64
    walk = list(scaling.walk().items())
    for (_, before), (name, after) in zip(walk, walk[1:]):
        differ = (before.shape != after.shape, before.train != after.train)
        assert sum(differ) == 1, name  # 一步只动形状，或只动训练
    assert isinstance(walk[-1][1].shape, ModernConfig) and walk[-1][1].shape.ngram == 5


def test_a_training_learns_and_tells_its_curve():
    recipe = scaling.sized(16, 12).changed(batch_size=4)
    found = scaling.train(recipe, every=6)
    assert [step for step, _ in found["curve"]] == [6, 12] and found["curve"][-1][1] == found["loss"]
    assert found["tokens"] == 12 * 4 * scaling.CONTEXT and found["parameters"] == 24 * 16**2
    assert found["loss"] < np.log(scaling.text().tokenizer.vocab_size) and found["seconds"] > 0


# ---- 数数 ----


def test_counting_is_the_ngram_of_lesson_01():
    train, check = counting_lab.texts()["train"], counting_lab.texts()["validation"]
    assert len(train) == counting_lab.CHARACTERS and train.max() == counting_lab.SIGNS
    model = NGram(2, counting_lab.VOCAB, counting_lab.END).fit([train.tolist()])
    window = check[: counting_lab.CONTEXT].tolist()
    expected = [model.probability(window[:i][-1:] or [counting_lab.END], w) for i, w in enumerate(window)]
    counts = counting_lab.count(train, 2, counting_lab.VOCAB, counting_lab.END)
    ids = np.array([[counting_lab.END, *window[:-1]]])
    voice = counts.voice(counts.contexts(ids).reshape(2, -1)).probabilities
    assert np.allclose(voice[np.arange(len(window)), window], expected, atol=1e-5)
    assert counting_lab.count_loss(3) < counting_lab.count_loss(1)


# ---- 屋顶线 ----


def test_work_is_counted_from_the_shape():
    config = GPTConfig(vocab_size=50, context_length=16, n_layer=1, n_head=2, n_embd=16, dropout=0.0)
    torch.manual_seed(0)
    model = GPT(config)
    one, four = (speed_lab.writing_work(model, [[8]] * rows, 3) for rows in (1, 4))
    assert (one.intensity, four.intensity) == (0.5, 2.0) and one.flops > 0
    ids = np.random.default_rng(0).integers(8, 50, 400)
    trainer = Trainer(model, RandomWindows(ids, 16, 4), None, TrainConfig(steps=100, precision="fp32"))
    assert speed_lab.training_work(trainer, 1).intensity > 0
    plots.use_style()
    ax = speed_lab.roofline({"fp32": 1e9}, 1e9, [one, four])
    assert {text.get_text() for text in ax.texts} == {"写一行", "4 行一起写"}
    roof = ax.lines[0].get_ydata()
    assert max(roof) == 1e9 and min(roof) < 1e8  # 先是斜坡，后是平顶


# ---- 录好的成绩 ----


def test_the_record_is_whole():
    grid = scaling_results.runs("grid")
    assert {(row["width"], row["steps"]) for row in grid} == {
        (w, s) for w in scaling.WIDTHS for s in scaling.STEPS
    }
    for part, recipes in (("walk", scaling.walk()), ("branches", scaling.branches())):
        found = scaling_results.by_name(part)
        assert list(found) == list(recipes) and all(found.values())
    assert [(row["width"], row["steps"]) for row in scaling_results.runs("held")] == list(scaling.HELD_BACK)


def test_the_stored_predictions_are_those_of_the_grid():
    law = scaling_results.fit(*scaling_results.arrays(scaling_results.runs("grid")))
    for row in scaling_results.runs("held"):
        guess, low, high = row["predicted"]
        assert float(law.loss(row["parameters"], row["tokens"])) == pytest.approx(guess, abs=2e-3)
        assert low < guess < high
