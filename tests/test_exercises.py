"""练习的证明：参考答案与不同的写法通过，每个有名字的错误叫得出自己的名字，别的错误只说事实。"""

import random
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from tinygpt.course import diagnosis, exercises
from tinygpt.course.diagnosis import CheckFailed, Exercise
from tinygpt.course.differences import difference

ALL = {number: e for lesson in exercises.lessons() for number, e in exercises.exercises(lesson).items()}
MUTANTS = [(number, i) for number, exercise in ALL.items() for i in range(len(exercise.mutants))]
VARIANTS = [(number, i) for number, exercise in ALL.items() for i in range(len(exercise.variants))]
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module", autouse=True)
def mistakes_run_once():
    """参考答案与列出的错误，每一项检查只做一遍：几千次诊断用的是同样的结果。被检查的答案（有时限的）每次都做。"""
    known, run_again = {}, diagnosis.outcome

    def outcome(run, answer, seed, seconds=0):
        if seconds:
            return run_again(run, answer, seed, seconds)
        key = run, id(answer), seed
        if key not in known:
            known[key] = run_again(run, answer, seed), answer  # 留住 answer，它的 id 就不会给别人
        return known[key][0]

    diagnosis.outcome = outcome
    yield
    diagnosis.outcome = run_again


@pytest.fixture(params=ALL, ids=str)
def exercise(request) -> Exercise:
    return ALL[request.param]


def shuffled(exercise: Exercise, seed: int) -> Exercise:
    """同一个练习，检查与错误答案的次序打乱。"""
    rng = random.Random(seed)
    probes, mutants = list(exercise.probes), list(exercise.mutants)
    rng.shuffle(probes)
    rng.shuffle(mutants)
    return replace(exercise, probes=probes, mutants=mutants)


def test_the_reference_passes(exercise):
    for seed in SEEDS:
        assert exercise.check(exercise.reference, seed).startswith("✓")


# 平时试头一个种子；另外两个在慢的一组里
by_seeds = pytest.mark.parametrize(
    "seeds", [SEEDS[:1], pytest.param(SEEDS[1:], marks=pytest.mark.slow)], ids=["0", "1,2"]
)


@by_seeds
@pytest.mark.parametrize("number, i", VARIANTS, ids=lambda value: str(value))
def test_other_correct_answers_pass_and_are_never_diagnosed(number, i, seeds):
    exercise = ALL[number]
    for seed in seeds:
        assert exercise.check(exercise.variants[i].value, seed).startswith("✓")


@by_seeds
@pytest.mark.parametrize("number, i", MUTANTS, ids=lambda value: str(value))
def test_every_mutant_is_called_by_its_own_name(number, i, seeds):
    exercise = ALL[number]
    mutant = exercise.mutants[i]
    for seed in seeds:
        with warnings.catch_warnings(), pytest.raises(CheckFailed) as failed:
            warnings.simplefilter("ignore")
            shuffled(exercise, seed).check(mutant.value, seed)
        assert failed.value.mutant == mutant.name, f"第 {seed} 个种子：{failed.value}"
        assert mutant.name in str(failed.value) and mutant.look in str(failed.value)


def test_unwritten_answers_are_told_kindly(exercise):
    def stub(*arguments, **named):
        raise NotImplementedError("还没有写")

    if not callable(exercise.reference):
        pytest.skip("这个练习的答案是一个值")
    with pytest.raises(CheckFailed) as failed:
        exercise.check(stub)
    assert failed.value.unwritten and "还没有写" in str(failed.value) and failed.value.mutant is None


def test_unknown_mistakes_get_facts_and_no_guess(exercise):
    unknown = ["别的东西", None]
    if callable(exercise.reference):
        unknown = [lambda *a, **k: 1 / 0, lambda *a, **k: "别的东西", lambda *a, **k: None]
    for answer in unknown:
        with pytest.raises(CheckFailed) as failed:
            exercise.check(answer)
        assert failed.value.mutant is None and "像是" not in str(failed.value)
        assert "应该" in str(failed.value) or "出错" in str(failed.value)


@pytest.mark.parametrize("lesson", exercises.lessons())
def test_every_file_of_a_lesson_holds_one_exercise_with_its_own_number(lesson):
    folder = Path(exercises.__file__).parent / f"lesson_{lesson}"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "shared"}
    numbers = list(exercises.exercises(lesson))
    assert numbers == [f"{int(lesson)}.{i}" for i in range(1, len(files) + 1)]


def test_names_and_hints(exercise):
    names = [mutant.name for mutant in exercise.mutants]
    assert len(set(names)) == len(names) >= 3
    assert all(mutant.look for mutant in exercise.mutants), "每个错误都要有一句接下来看哪里"
    assert exercise.variants, "至少一个写法不同的正确答案"
    assert exercise.look and exercise.title


def test_difference_names_the_first_place():
    import torch

    a = torch.zeros(2, 3)
    b = a.clone()
    b[1, 2] = 5
    assert "[1, 2] 应该是 5，得到 0" in difference(a, b) and "1 处不同（共 6 处）" in difference(a, b)
    assert "形状应该是 (2, 3)，得到 (3, 2)" in difference(a.T, a)
    assert "torch.float32" in difference(a.double(), a)
    assert difference([1, 2.0], (1, 2.0)) is None
    assert ".item()" in difference(torch.tensor(2), 2) and difference(2, torch.tensor(2))
    assert "第 2 项" in difference([1, 2], [1, 3]) and "「甲」" in difference({"甲": 1}, {"甲": 2})
    assert difference(float("nan"), float("nan")) is None and difference(True, False) and difference(1, True)


def test_an_exception_shows_the_learners_line():
    source = "def answer(x):\n    return x.nothing\n"
    scope = {}
    exec(compile(source, "<练习>", "exec"), scope)
    exercise = Exercise("9.9", "试", reference=lambda x: x, probes=[("一项", lambda answer, rng: answer(1))])
    with pytest.raises(CheckFailed, match="第 2 行"):
        exercise.check(scope["answer"])
    assert CheckFailed("甲\n乙", exercise)._render_traceback_() == ["甲", "乙"]
