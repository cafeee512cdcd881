"""optim.py：参数分组与学习率。"""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tinygpt.optim import adamw, build_optimizers, parameter_groups, warmup_cosine


def test_only_matrices_decay(make_model):
    model = make_model()
    decayed, kept = parameter_groups(model, 0.3)
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.3, 0.0)
    names = {id(p): n for n, p in model.named_parameters()}
    expected = {n for n in names.values() if n.endswith("bias") or "norm" in n}
    assert {names[id(p)] for p in kept["params"]} == expected
    assert len(decayed["params"]) + len(kept["params"]) == len(names)  # 一个不少，一个不重


def test_frozen_parameters_are_left_out(make_model):
    model = make_model()
    model.position_embedding.weight.requires_grad_(False)
    grouped = {id(p) for group in parameter_groups(model, 0.1) for p in group["params"]}
    assert id(model.position_embedding.weight) not in grouped
    assert id(model.token_embedding.weight) in grouped


def test_adamw_step_equals_the_paper():
    """一步 AdamW 照论文写；矩阵有衰减，向量没有。"""
    model = torch.nn.Linear(3, 2).double()
    g = torch.Generator().manual_seed(0)
    start = {}
    optimizer = adamw(parameter_groups(model, weight_decay=0.5), learning_rate=0.1, beta2=0.95)
    for name, p in model.named_parameters():
        p.grad = torch.randn(p.shape, generator=g, dtype=torch.float64)
        start[name] = (p.detach().clone(), p.grad.clone())
    optimizer.step()
    for name, p in model.named_parameters():
        before, grad = start[name]
        m, v = 0.1 * grad / (1 - 0.9), 0.05 * grad**2 / (1 - 0.95)  # 第一步，偏差修正之后
        decay = 0.5 if name == "weight" else 0.0
        torch.testing.assert_close(p.detach(), before * (1 - 0.1 * decay) - 0.1 * m / (v.sqrt() + 1e-8))


@pytest.mark.parametrize("name", ["adamw", "muon"])
@pytest.mark.parametrize("tied_head", [True, False])
def test_every_parameter_has_exactly_one_optimizer(make_model, name, tied_head):
    model = make_model(tied_head=tied_head)
    optimizers = build_optimizers(model, name, 1e-3, 0.1, 0.99)
    held = [id(p) for o in optimizers for group in o.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in model.parameters())
    assert len(optimizers) == {"adamw": 1, "muon": 2}[name]


def test_muon_takes_the_matrices_inside_the_transformer_only(make_model):
    model = make_model(tied_head=False)
    _, muon = build_optimizers(model, "muon", 1e-3, 0.1, 0.99)
    names = {id(p): n for n, p in model.named_parameters()}
    taken = {names[id(p)] for group in muon.param_groups for p in group["params"]}
    assert taken == {n for n, p in model.transformer.named_parameters(prefix="transformer") if p.ndim == 2}


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_a_step_moves_every_parameter(make_model, name):
    model = make_model()
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.randn(p.shape, generator=torch.Generator().manual_seed(0))
    for optimizer in build_optimizers(model, name, 1e-2, 0.1, 0.99):
        optimizer.step()
    for n, p in model.named_parameters():
        assert p.isfinite().all() and not torch.equal(p, before[n]), n


class Scale(torch.nn.Module):
    """只有一个向量参数的模型。"""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))


@pytest.mark.parametrize(
    ("model", "name"),
    [(Scale(), "adamw"), (torch.nn.Linear(2, 2), "muon")],
    ids=["vectors only, adamw", "matrices only, muon"],
)
def test_models_where_one_group_is_empty(model, name):
    """Trainer 说它收任何 nn.Module：没有矩阵，或矩阵全归 Muon，也应当能用。"""
    optimizers = build_optimizers(model, name, 1e-3, 0.1, 0.99)
    held = [p for o in optimizers for group in o.param_groups for p in group["params"]]
    assert len(held) == len(list(model.parameters()))


def test_schedule_landmarks():
    rate = lambda step: warmup_cosine(step, total=101, warmup=10, floor=0.1)  # noqa: E731
    assert rate(0) == pytest.approx(0.1)
    assert rate(4) == pytest.approx(0.5)
    assert rate(9) == pytest.approx(1)  # 升温的最后一步
    assert rate(10) == pytest.approx(1)
    assert rate(55) == pytest.approx(0.55)  # 余弦的正中间
    assert rate(100) == pytest.approx(0.1)  # 最后一步
    assert rate(101) == rate(10**6) == pytest.approx(0.1)


def test_schedule_without_warmup_starts_at_one():
    assert warmup_cosine(0, 50, 0, 0.0) == pytest.approx(1)
    assert warmup_cosine(49, 50, 0, 0.0) == pytest.approx(0)


@given(st.integers(1, 300), st.integers(0, 150), st.floats(0, 1))
def test_schedule_rises_then_falls_and_stays_within_bounds(total, warmup, floor):
    rates = [warmup_cosine(step, total, warmup, floor) for step in range(max(total, warmup) + 5)]
    assert all(0 < r <= 1 + 1e-12 for r in rates) or floor == 0
    rising, falling = rates[:warmup], rates[warmup:]
    assert rising == sorted(rising)
    assert all(a >= b - 1e-12 for a, b in zip(falling, falling[1:]))
    assert rates[-1] == pytest.approx(floor)
    assert all(math.isfinite(r) for r in rates)
