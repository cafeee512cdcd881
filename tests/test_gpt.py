"""gpt.py：形状、初始化、梯度、参数个数、因果性、学得会。"""

import math

import pytest
import torch
from torch.testing import assert_close

from tinygpt.config import GPTConfig, preset
from tinygpt.errors import InputError
from tinygpt.gpt import GPT
from tinygpt.losses import causal_objective, count_targets, next_token_batch

VARIANTS = [
    {},
    {"tied_head": False},
    {"norm": "post"},
    {"bias": False},
    {"norm": "post", "bias": False, "tied_head": False},
]


@pytest.mark.parametrize("changes", VARIANTS)
@pytest.mark.parametrize("length", [1, 5, 16])
def test_shapes(make_model, random_ids, changes, length):
    model = make_model(**changes).eval()
    ids = random_ids(3, length)
    assert model(ids).shape == (3, length, 40)
    assert model.hidden(ids).shape == (3, length, 16)
    assert_close(model(ids), model.hidden(ids) @ model.lm_head.weight.T)


def test_tied_and_untied(make_model):
    tied, untied = make_model(), make_model(tied_head=False)
    assert tied.lm_head.weight is tied.token_embedding.weight
    assert untied.lm_head.weight is not untied.token_embedding.weight
    assert untied.parameter_count()["合计"] - tied.parameter_count()["合计"] == 40 * 16
    assert not torch.equal(untied.lm_head.weight, untied.token_embedding.weight)


@pytest.mark.parametrize("tied", [True, False])
def test_initialisation_table(tied):
    """说明里的表，逐个参数量一遍。"""
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=300, context_length=64, n_layer=3, n_head=4, n_embd=64, tied_head=tied))
    measured = set()
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            assert (p == 0).all(), name
            kind = "bias"
        elif p.ndim == 1:
            assert (p == 1).all(), name
            kind = "norm"
        else:
            kind = "residual" if name.endswith(("to_out.weight", "down.weight")) else "matrix"
            expected = 0.02 / math.sqrt(2 * 3) if kind == "residual" else 0.02
            assert abs(p.std().item() / expected - 1) < 0.05, name
            assert abs(p.mean().item()) < 5 * expected / math.sqrt(p.numel()), name
        measured.add(kind)
    assert measured == {"bias", "norm", "residual", "matrix"}


def test_initial_loss_is_about_log_vocab(make_model, random_ids):
    batch = next_token_batch(random_ids(8, 17))
    loss = causal_objective(make_model().eval(), batch).item() / count_targets(batch)
    assert abs(loss - math.log(40)) < 0.05


@pytest.mark.parametrize("changes", VARIANTS)
def test_every_parameter_gets_a_gradient(make_model, random_ids, changes):
    model = make_model(**changes)
    causal_objective(model, next_token_batch(random_ids(4, 17))).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None and p.grad.isfinite().all() and p.grad.abs().max() > 0, name


@pytest.mark.parametrize("changes", VARIANTS)
def test_parameter_count_sums(make_model, changes):
    model = make_model(**changes)
    parts = model.parameter_count()
    total = parts.pop("合计")
    assert total == sum(parts.values()) == sum(p.numel() for p in model.parameters())
    layer_norms = [m for m in model.modules() if isinstance(m, torch.nn.LayerNorm)]
    norms = sum(p.numel() for m in layer_norms for p in m.parameters())
    assert parts["层归一化"] == norms
    assert parts["输出层"] == (0 if model.config.tied_head else 640)


def test_parameter_count_of_gpt2_small():
    """公开的数：124,439,808。用 meta 设备，不占内存。"""
    with torch.device("meta"):
        model = GPT(preset("gpt2"))
    assert model.parameter_count()["合计"] == 124_439_808


def test_too_long_input_names_both_numbers(model, random_ids):
    with pytest.raises(InputError, match="17") as caught:
        model(random_ids(1, 17))
    assert "16" in str(caught.value)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_overfits_one_batch(make_model, random_ids, norm):
    model = make_model(norm=norm, dropout=0.0)
    windows = random_ids(4, 17)
    windows[:, 0] = torch.arange(8, 12)  # 第一个词各不相同，否则第二个词没法猜
    batch = next_token_batch(windows)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(150):
        loss = causal_objective(model, batch) / count_targets(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    assert torch.equal(model(batch["ids"]).argmax(-1), batch["labels"])


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_future_does_not_change_the_past(make_model, random_ids, norm):
    model = make_model(std=0.4, norm=norm, dtype=torch.float64).eval()
    ids = random_ids(2, 16)
    before = model(ids)
    for cut in (1, 7, 15):
        changed = ids.clone()
        changed[:, cut:] = 8 + (changed[:, cut:] - 8 + 5) % 32
        after = model(changed)
        assert_close(after[:, :cut], before[:, :cut], atol=1e-12, rtol=0)
        assert (after[:, cut:] - before[:, cut:]).abs().amax(-1).min() > 1e-6


def test_positions_matter(model64):
    """前两个词对调，最后一个位置的输出会变。"""
    a, b = torch.tensor([[9, 10, 11]]), torch.tensor([[10, 9, 11]])
    assert (model64(a)[:, -1] - model64(b)[:, -1]).abs().max() > 1e-3


def test_without_positions_one_layer_cannot_tell_order(make_model):
    """对照：位置 embedding 置零，一层的模型分不清前文的次序（文章的 h_0 = X 少了 P）。"""
    model = make_model(std=0.4, dtype=torch.float64, n_layer=1).eval()
    torch.nn.init.zeros_(model.position_embedding.weight)
    a, b = torch.tensor([[9, 10, 11]]), torch.tensor([[10, 9, 11]])
    assert_close(model(a)[:, -1], model(b)[:, -1], atol=1e-12, rtol=0)


def test_eval_is_deterministic_and_training_has_dropout(make_model, random_ids):
    model, ids = make_model(dropout=0.5, std=0.4), random_ids(2, 8)
    model.eval()
    assert torch.equal(model(ids), model(ids))
    model.train()
    assert not torch.equal(model(ids), model(ids))


def test_initialisation_follows_the_global_seed(make_model):
    a, b, c = (make_model(seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters()))
    assert not torch.equal(a.token_embedding.weight, c.token_embedding.weight)
