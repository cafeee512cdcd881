"""训练的两张图：下山的算法与 torch 相同，控件都管用，不多算。"""

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")
from tinygpt.course import plots
from tinygpt.course.widgets import training
from tinygpt.course.widgets.training import (
    FAR,
    START,
    descend,
    learning_rate_playground,
    schedule_playground,
    slope,
    valley,
)

TORCH = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.9, 0.99)),
}


@pytest.fixture(autouse=True)
def style():
    plots.use_style()


def height(point):
    return point[0] ** 2 / 4 + point[1] ** 2 + point[1] ** 4


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_the_path_is_torchs(name, clip):
    point = torch.tensor(START, requires_grad=True)
    optimizer = TORCH[name]([point])
    for _ in range(30):
        optimizer.zero_grad()
        height(point).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_([point], clip)
        optimizer.step()
    path, losses = descend(name, 0.05, clip, steps=30)
    np.testing.assert_allclose(path[-1], point.detach().numpy(), atol=1e-5)
    assert len(path) == len(losses) == 31 and losses[0] == valley(START)


def test_the_slope_is_the_gradient():
    point = torch.tensor([1.3, -0.7], dtype=torch.float64, requires_grad=True)
    height(point).backward()
    np.testing.assert_allclose(slope(point.detach().numpy()), point.grad.numpy())


def test_a_high_rate_diverges_and_clipping_holds_it():
    wild, tame = descend("sgd", 0.3)[1], descend("sgd", 0.3, clip=1.0)[1]
    assert not wild[-1] < FAR and len(wild) < 20
    assert tame[-1] < tame[0] and len(tame) == 61


@pytest.mark.parametrize("make", [learning_rate_playground, schedule_playground])
def test_every_control_over_its_whole_range(make):
    play = make()
    for name, control in play.controls.items():
        before, pictures = control.value, set()
        listed = hasattr(control, "options")
        values = [v for _, v in control.options] if listed else [control.min, control.max]
        for value in values:
            control.value = value
            assert play.message.value == ""
            pictures.add(play.image.value)
        control.value = before
        assert len(pictures) > 1, name


def test_one_turn_of_a_control_walks_downhill_once(monkeypatch):
    """拖动时跟得上手：一次改动只算一遍 60 步，不多算。"""
    play, steps = learning_rate_playground(), []
    monkeypatch.setattr(training, "slope", lambda point: steps.append(point) or slope(point))
    play.controls["learning_rate"].value = 0.1
    assert len(steps) == 60
