"""检查自己：固定的世界、时限、换掉的函数、把握不同的几种说法。"""

import contextlib
import math
import random
import textwrap

import numpy as np
import pytest
import torch

from tinygpt.course import exercises, kernel, probing
from tinygpt.course.diagnosis import CheckFailed, Exercise
from tinygpt.course.differences import difference
from tinygpt.course.probing import Raised, fixed_world, outcome

ALL = {number: e for lesson in exercises.lessons() for number, e in exercises.exercises(lesson).items()}


def exercise_of(reference, *runs, **named) -> Exercise:
    probes = [(f"第 {i} 项", run) for i, run in enumerate(runs, start=1)]
    return Exercise("9.9", "试", reference=reference, probes=probes, **named)


def failure(exercise, answer) -> CheckFailed:
    with pytest.raises(CheckFailed) as failed:
        exercise.check(answer)
    return failed.value


def test_the_world_is_fixed_inside_and_as_before_outside():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    random.seed(7)
    np.random.seed(7)
    python_next, numpy_next = random.Random(7).random(), np.random.RandomState(7).random_sample()
    torch.set_default_dtype(torch.float64)
    threads = torch.get_num_threads()
    try:
        with torch.no_grad(), fixed_world(0):
            first = torch.rand(3), random.random(), np.random.rand()
            assert torch.is_grad_enabled() and torch.ones(1).dtype == torch.float32
            torch.set_num_threads(threads + 1)
            torch.manual_seed(99)
        with fixed_world(0):
            again = torch.rand(3), random.random(), np.random.rand()
        assert torch.get_default_dtype() == torch.float64 and torch.get_num_threads() == threads
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(first[0], again[0]) and first[1:] == again[1:]
    assert torch.equal(torch.rand(1), expected)
    assert random.random() == python_next and np.random.rand() == numpy_next


def test_the_answer_cannot_change_what_is_expected():
    """检查用的列表是写在外面的：答案把它清空，参考答案的结果已经算好了。"""
    rows = [3, 1, 2]
    exercise = exercise_of(sorted, lambda answer, rng: answer(rows))

    def emptying(given):
        result = sorted(given)
        given.clear()
        return result[:-1]

    assert "应该有 3 项 [1, 2, 3]" in str(failure(exercise, emptying))


def test_what_the_answer_hands_over_is_copied():
    def later(rows):
        kept.append(rows)
        return rows

    kept = []
    result = outcome(lambda answer, rng: answer([1, torch.ones(2)]), later, 0)
    kept[0][1].zero_()
    kept[0][0] = 5
    assert result[0] == 1 and torch.equal(result[1], torch.ones(2))


def destroying(reference):
    """结果同参考答案一样，却把收到的列表清空、张量填成 nan。"""

    def run(*arguments, **named):
        result = probing.copied(reference(*arguments, **named))
        for value in [*arguments, *named.values()]:
            destroy(value)
        return result

    return run


def destroy(value):
    if isinstance(value, torch.Tensor):
        with torch.no_grad():
            value.fill_(math.nan) if value.is_floating_point() else value.zero_()
    elif isinstance(value, list | dict | set):
        for part in [*(value.values() if isinstance(value, dict) else value)]:
            destroy(part)
        value.clear()


@pytest.mark.parametrize("number", [n for n, e in ALL.items() if callable(e.reference)])
def test_an_answer_that_destroys_its_input_harms_no_later_check(number):
    exercise = ALL[number]
    before = {name: outcome(run, exercise.reference, 0) for name, run in exercise.probes}
    with contextlib.suppress(CheckFailed):  # 通不通过由这个练习自己定；要紧的是下一次检查不受影响
        exercise.check(destroying(exercise.reference))
    after = {name: outcome(run, exercise.reference, 0) for name, run in exercise.probes}
    assert difference(after, before) is None
    assert exercise.check(exercise.reference).startswith("✓")


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [ValueError, KeyError, AssertionError, StopIteration, RecursionError, SystemExit]
)
def test_an_answer_that_only_raises_never_passes(kind):
    def raising(*arguments, **named):
        raise kind("没有")

    for exercise in ALL.values():
        if callable(exercise.reference):
            message = str(failure(exercise, raising))
            assert kind.__name__ in message or "应该" in message


def test_a_reference_that_raises_is_not_the_learners_fault():
    exercise = exercise_of(lambda x: 1 / 0, lambda answer, rng: answer(1))
    failed = failure(exercise, lambda x: 1 / 0)
    assert "没有检查" in str(failed) and "重启内核" in str(failed) and "✗" not in str(failed)


def test_an_answer_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr("tinygpt.course.diagnosis.SECONDS", 0.3)

    def endless(x):
        while True:
            try:
                x = x + 1
            except BaseException:
                x = 0

    runs = []
    exercise = exercise_of(
        lambda x: x, lambda answer, rng: runs.append(1) or answer(1), lambda answer, rng: answer(2)
    )
    message = str(failure(exercise, endless))
    assert "停不下来" in message and "0.3 秒" in message
    assert exercise.check(lambda x: x).startswith("✓")


def test_pressing_stop_is_not_taken_for_slowness():
    def stopped(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercise_of(lambda x: x, lambda answer, rng: answer(1)).check(stopped)


def test_floods_of_print_are_cut(capsys):
    def noisy(x):
        for i in range(100_000):
            print("很多很多字", i)
        return x

    assert exercise_of(lambda x: x, lambda answer, rng: answer(1)).check(noisy).startswith("✓")
    out = capsys.readouterr().out
    assert "很多很多字 3" in out and "后面的不显示了" in out and len(out) < 2 * probing.PRINTED


@pytest.mark.parametrize("target, name", [
    (torch, "softmax"), (torch.nn.functional, "cross_entropy"), (torch.Tensor, "softmax"), (math, "exp"),
])  # fmt: skip
def test_replaced_functions_are_noticed_and_put_back(target, name):
    original = getattr(target, name)
    exercise = exercise_of(lambda x: x, lambda answer, rng: answer(1))

    def patching(x):
        setattr(target, name, lambda *a, **k: 0)
        return x

    assert "你的答案运行时换掉了" in str(failure(exercise, patching))
    assert getattr(target, name) == original and exercise.check(lambda x: x).startswith("✓")
    setattr(target, name, lambda *a, **k: 0)
    assert f"{name}" in str(failure(exercise, lambda x: x)) and getattr(target, name) == original


@pytest.mark.parametrize("found, words", [
    (torch.zeros(2, device="meta"), "meta"), (torch.zeros(2).to_sparse(), "to_dense"), (None, "None"),
    (torch.zeros(2, dtype=torch.float64), "torch.float64"), (torch.zeros(1, 2), "(1, 2)"),
    ([0.0, 0.0], "[0.0, 0.0]"),
])  # fmt: skip
def test_odd_tensors_are_named(found, words):
    assert words in difference(found, torch.zeros(2))


def test_numbers_and_scalars_are_told_apart():
    assert ".item()" in difference(torch.tensor(1.5), 1.5) and "0 维张量" in difference(
        1.5, torch.tensor(1.5)
    )
    assert difference(np.float32(1.5), 1.5) is None and difference(True, 1) and difference(1, True)


class Unprintable:
    def __repr__(self):
        raise ValueError


def test_an_answer_that_cannot_be_printed_is_still_described():
    assert "Unprintable" in difference(Unprintable(), 3)


# ---- 认出错误的几种把握 ----


def scaled(factor=2, shift=1, sign=1):
    return lambda x: sign * (factor * x + shift)


@pytest.fixture
def linear():
    exercise = exercise_of(
        scaled(), *[lambda answer, rng, x=x: answer(x) for x in (1.0, 2.0, -3.0, 5.0)], assemble=scaled
    )
    exercise.edit("没有乘 2", look="乘 2。", factor=1)
    exercise.edit("没有加 1", look="加 1。", shift=0)
    exercise.edit("没有乘，加了 3", look="两处。", factor=1, shift=3)
    exercise.edit("反了号", look="符号。", sign=-1)
    return exercise


def test_two_mistakes_at_once_are_both_named(linear):
    failed = failure(linear, lambda x: -x - 1)
    assert failed.mutants == ("没有乘 2", "反了号")
    assert "同时有两个错误" in str(failed) and "乘 2。 符号。" in str(failed)


def test_one_mistake_is_one_name(linear):
    assert failure(linear, lambda x: x + 1).mutants == ("没有乘 2",)
    assert failure(linear, lambda x: x + 3).mutants == ("没有乘，加了 3",)


def test_nearly_the_same_is_said_with_less_certainty(linear):
    failed = failure(linear, lambda x: x + 1 if x < 4 else 77.0)
    assert failed.mutants == ("没有乘 2",) and "可能是这个错误：没有乘 2（4 项中 3 项一致）" in str(failed)
    assert failure(linear, lambda x: x + 1 if x < 2 else 77.0).mutants == ()
    assert failure(linear, lambda x: 77.0 if x == 1 else x + 1).mutants == ()  # 第一处不同的那一项就不像


def test_every_part_of_a_dictionary_or_tuple_is_named_by_itself():
    right = {"甲": 1, "乙": 2, "丙": 3}
    exercise = exercise_of(right, lambda answer, rng: answer)
    exercise.mutant("甲多数了一个", {**right, "甲": 2}, look="甲。")
    exercise.mutant("乙忘了乘", {**right, "乙": 1}, look="乙。")
    failed = failure(exercise, {**right, "甲": 2, "乙": 1})
    assert failed.mutants == ("甲多数了一个", "乙忘了乘") and "「甲」：甲多数了一个；「乙」：乙忘了乘" in str(
        failed
    )
    assert failure(exercise, {**right, "甲": 2, "乙": 9}).mutants == ()  # 有一项认不出，就不猜

    pair = exercise_of(lambda x: (x, x * x), lambda answer, rng: answer(3), lambda answer, rng: answer(4))
    pair.mutant("没有平方", lambda x: (x, x), look="平方。")
    pair.mutant("加了 1", lambda x: (x + 1, x * x), look="不加。")
    assert failure(pair, lambda x: (x + 1, x)).mutants == ("加了 1", "没有平方")


# ---- 在笔记本的内核里 ----


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_cell("from tinygpt.course.exercises import check", store_history=True)
    yield shell
    InteractiveShell.clear_instance()


def test_after_a_syntax_error_the_old_answer_is_not_graded(shell):
    source = 'def softmax(z):\n    """…"""\n    return z.softmax(-1)'
    assert shell.run_cell(source, store_history=True).success
    assert shell.run_cell('check("4.1", softmax)', store_history=True).success
    shell.run_cell(source.replace("return", "retrun"), store_history=True)
    failed = shell.run_cell('check("4.1", softmax)', store_history=True).error_in_exec
    assert isinstance(failed, CheckFailed) and "语法错误（第 3 行：retrun z.softmax(-1)）" in str(failed)
    shell.run_cell(source, store_history=True)
    assert shell.run_cell('check("4.1", softmax)', store_history=True).success


def test_a_missing_name_is_explained_in_chinese(shell, capsys):
    kernel.explain_missing_names()
    error = shell.run_cell('check("4.1", softmacs)', store_history=True).error_in_exec
    assert isinstance(error, NameError) and "“softmacs”还没有定义" in capsys.readouterr().err


def test_a_missing_import_inside_an_answer_is_explained():
    scope = {}
    exec(textwrap.dedent("""
        def answer(x):
            return torch.zeros(x)
    """), scope)  # fmt: skip
    message = str(failure(exercise_of(torch.zeros, lambda answer, rng: answer(2)), scope["answer"]))
    assert "先运行导入 torch 的那一格" in message


def test_raised_compares_by_kind():
    assert Raised("KeyError", "甲") == Raised("KeyError", "乙") != Raised("ValueError", "甲")
