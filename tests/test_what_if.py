"""你的错会怎样：每个练习的函数真的装得进去，出什么事都不抛出，结论与量到的数相符。"""

import dataclasses
import json
import math
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch

from tinygpt.course import books, exercises, kernel, plots
from tinygpt.course.diagnosis import CheckFailed
from tinygpt.course.what_if import picture, show, stopping, training, trials, what_if, world, writing
from tinygpt.course.what_if.guard import Run, guarded
from tinygpt.course.what_if.training import Training
from tinygpt.errors import InputError

ROOT = Path(__file__).parents[1]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))


@pytest.fixture(autouse=True, scope="module")
def small():
    """只用六千字。"""
    before, world.CHARACTERS = world.CHARACTERS, 6000
    world.world.cache_clear()
    yield
    world.CHARACTERS = before
    world.world.cache_clear()


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """写四五个 token，训练两步（test 里另说的除外）。"""
    monkeypatch.setattr(writing, "LENGTH", 4)
    monkeypatch.setattr(training, "LETTERS", 5)
    monkeypatch.setattr(stopping, "EVERY", 1)
    monkeypatch.setattr(stopping, "CHECKS", 6)
    monkeypatch.setattr(stopping, "KEPT", [])
    monkeypatch.setattr(show, "KNOWN", {})
    yield
    plt.close("all")


def tried(number: str, answer, steps: int = 3) -> Run:
    trial = trials.trial_of(number)
    if isinstance(trial, Training):
        trial = dataclasses.replace(trial, steps=steps)
    return trial.run(answer, lambda: None)


def mutant(number: str, name: str):
    return next(m.value for m in exercises.find(number).mutants if m.name == name)


def test_the_list_in_check_is_the_list_of_trials():
    assert tuple(trials.TRIALS) == exercises.WHAT_IF and len(exercises.WHAT_IF) >= 12
    with pytest.raises(InputError, match="4.4"):
        trials.trial_of("4.3")


@pytest.mark.parametrize("number", exercises.WHAT_IF)
def test_a_correct_answer_written_differently_is_the_same(number):
    """题目允许的另一种写法，与参考答案走得一样。"""
    correct = tried(number, exercises.find(number).reference)
    other = tried(number, exercises.find(number).variants[0].value)
    assert not correct.stopped and correct.text and len(correct.seen) >= 1
    assert picture.conclusion(other, correct, passed=True) == "与正确的写法一样", (other, correct)


@pytest.mark.parametrize("number", exercises.WHAT_IF)
def test_an_answer_that_only_raises_is_an_outcome(number):
    def broken(*arguments, **options):
        raise KeyError("没有这个键")

    run = tried(number, broken)
    assert "出错：KeyError: 没有这个键" in run.stopped and not run.text


def test_wrong_shapes_are_an_outcome():
    assert "出错" in tried("5.2", lambda x, w1, b1, w2, b2: x[..., :3]).stopped
    short = tried("7.2", lambda logits, k: logits.topk(k).values)
    assert "形状应该是 (32, 4096)，得到 (32, 5)" in short.stopped
    assert "出错" in tried("6.3", lambda gradients, limit: None).stopped
    assert "4096" in tried("7.1", lambda logits, t: 3).stopped


def test_nan_is_an_outcome_with_its_step():
    calls = []

    def sudden(x, weight, bias, eps=1e-5):
        calls.append(1)
        y = exercises.find("5.3").reference(x, weight, bias, eps)
        return y * math.nan if len(calls) > 15 else y  # 开始时量一次，一步五次：两层各两次，最后一次

    run = tried("5.3", sudden, steps=4)
    assert run.stopped == "第 3 步变成了 nan" and len(run.seen) == 3


def test_an_endless_loop_and_an_exit_and_floods_are_outcomes(capsys):
    run = Run(at="第 1 步")
    with guarded(run, seconds=0.6):
        while True:
            pass
    assert run.stopped == "第 1 步停下了：太慢，1 秒没有走完"
    with guarded(run):
        raise SystemExit(3)
    assert "SystemExit" in run.stopped
    with guarded(run):
        print("印个不停" * 10_000)
    assert len(capsys.readouterr().out) < 6000
    with guarded(run):
        raise NotImplementedError
    assert run.stopped == "这个练习还没有写"


def test_the_world_is_as_before_afterwards():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    tried("4.4", exercises.find("4.4").reference)
    assert torch.equal(torch.get_rng_state(), before) and torch.is_grad_enabled()


# ---- 错误真的看得出来 ----


def test_labels_that_are_not_shifted_look_better_and_write_worse():
    correct = tried("3.6", exercises.find("3.6").reference, steps=40)
    yours = tried("3.6", mutant("3.6", "标签没有错开"), steps=40)
    assert picture.last(yours.seen) < picture.last(correct.seen) - 0.5
    assert yours.written[-1][1] > correct.written[-1][1] + 0.5
    assert "看着学得更好，其实不会写" in picture.conclusion(yours, correct, passed=False)


def test_parts_that_are_left_out_train_all_the_same():
    """忘了的参数没有梯度：当作 0，不当作出错。"""
    left_out = {"5.1": "没有加位置", "5.2": "忘了 b₂", "5.3": "忘了 weight", "5.5": "切断了梯度"}
    assert not [number for number, name in left_out.items() if tried(number, mutant(number, name)).stopped]


def test_a_loop_that_ignores_the_window_is_stopped_by_the_model(monkeypatch):
    monkeypatch.setattr(writing, "LENGTH", 12)
    run = tried("7.6", mutant("7.6", "没有截到上下文长度"))
    assert "一次最多看 12 个 token，收到了 13 个" in run.stopped


def test_early_stopping_takes_the_weights_the_answer_chose(monkeypatch):
    losses = [3.0, 2.0, 2.5, 2.6, 2.7, 1.0]

    def kept(tick):
        model = stopping.AssembledGPT(stopping.assembled_from({}), stopping.shape())
        stopping.KEPT[:] = [(loss, model.state_dict()) for loss in losses]
        return model

    monkeypatch.setattr(stopping, "overfit", kept)
    correct = tried("6.6", exercises.find("6.6").reference)
    yours = tried("6.6", mutant("6.6", "取回的是最后一次"))
    assert correct.seen == yours.seen == losses[:5]
    assert picture.conclusion(yours, correct, False) == (
        "看了 5 次就停，取回第 5 次的权重，损失 2.70；正确的写法看了 5 次就停，取回第 2 次的权重，损失 2.00"
    )


def test_conclusions_say_what_was_measured():
    def run(seen, written=None, stopped=""):
        return Run([seen] * 30, [(20, written)] if written else [], "字", stopped=stopped)

    said = lambda a, b, passed=False: picture.conclusion(a, b, passed)
    assert said(run(2, 3), run(2, 3), True) == "与正确的写法一样"
    assert "只在别的情形里错" in said(run(2, 3), run(2, 3))
    assert said(run(0.1, 6), run(2, 3)).startswith("看着学得更好，其实不会写：训练损失 0.10（正确的 2.00）")
    assert said(run(4, 4), run(2, 3)) == "学得差：写的时候 4.00（正确的 3.00）"
    assert "反而低" in said(run(2, 2), run(2, 3)) and "差别很小" in said(run(2.5, 3.05), run(2, 3))
    assert said(run(2, 3, "第 3 步变成了 nan"), run(2, 3)) == "第 3 步变成了 nan"
    assert said(run(2, 3), run(2, 3, "第 1 步出错")) == "没有比成：正确的写法自己第 1 步出错"
    assert "选得不一样" in said(run(6), run(1)) and "差别很小" in said(run(1.02), run(1))


def test_the_picture_has_both_curves_and_no_missing_character():
    plots.use_style()
    correct = Run([3.0, 2.0, 1.0], [(0, 4.0), (20, 2.0)], "好")
    yours = Run([3.0, math.nan], [(0, 4.0)], stopped="第 2 步变成了 nan 𠮷 $x$")
    left, right = picture.draw("练习 4.4：" + yours.stopped, "训练损失", yours, correct).axes
    assert [line.get_label() for line in left.lines[:2]] == list(picture.NAMES)
    assert left.lines[-1].get_marker() == "x" and len(right.lines) == 3
    assert len(picture.draw("一样", "意外", Run([1.0]), Run([1.0])).axes) == 1


# ---- what_if 与练习本 ----


def test_what_if_prints_both_texts(capsys, monkeypatch):
    monkeypatch.setitem(trials.TRIALS, "4.4", dataclasses.replace(trials.TRIALS["4.4"], steps=3))
    what_if("4.4", exercises.find("4.4").reference)
    out = capsys.readouterr().out
    assert "与正确的写法一样。" in out and "正确的写法写出：小" in out and "你的写法写出：小" in out
    assert plt.get_fignums()
    with pytest.raises(InputError, match="你写的函数"):
        what_if("4.4", ...)


def test_nothing_is_trained_while_a_book_is_checked(monkeypatch):
    monkeypatch.setattr(show, "trial_of", lambda number: None)
    with kernel.checking():
        assert what_if("4.4", print) is None
    with pytest.raises(AttributeError):
        what_if("4.4", print)


def test_a_failing_check_offers_it(capsys):
    def attention_weights(q, k, mask=None):
        return (q @ k.mT).softmax(dim=-1)

    with pytest.raises(CheckFailed) as failed:
        exercises.check("4.4", attention_weights)
    assert str(failed.value).endswith('\n想看它会怎样：what_if("4.4", attention_weights)')
    with pytest.raises(CheckFailed) as failed:
        exercises.check("4.2", lambda p, g: p)
    assert "what_if" not in str(failed.value)


def cells_of(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda path: path.name)
def test_every_check_brings_its_import_and_every_trial_has_its_cell(solution):
    cells = cells_of(solution)
    checks = [(cell["metadata"].get("exercise"), place) for place, cell in enumerate(cells)]
    for number, place in filter(lambda check: check[0], checks):
        lines = books.text_of(cells[place]).splitlines()
        assert lines[0] == "from tinygpt.course.exercises import check", number
        after = cells[place + 1]
        assert (after["metadata"].get("what_if") == number) == (number in exercises.WHAT_IF)
        if number in exercises.WHAT_IF:
            call = books.text_of(after).splitlines()[-1]
            assert call == "# " + lines[-1].replace("check(", "what_if("), "存着的是注释，测试不会训练"


def test_trying_what_happens_does_not_count_as_having_begun_the_next_exercise():
    book = books.build({"cells": cells_of(SOLUTIONS[4]), "metadata": {}})
    before = books.answers(book)
    for cell in book["cells"]:
        if "what_if" in cell["metadata"]:
            cell["source"] = cell["source"].replace("# what_if", "what_if")
    assert books.answers(book) == before
