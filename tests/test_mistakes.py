"""错误的记录、它们的概念、由记录提出的下一步。"""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from tinygpt.cli import main
from tinygpt.course import book_child, books, concepts, exercises, kernel, mistakes, plots
from tinygpt.course.diagnosis import CheckFailed
from tinygpt.course.widgets.mistakes import EMPTY, draw_map, mistake_map

ALL = [(number, m.name) for lesson in exercises.lessons()
       for number, e in exercises.exercises(lesson).items() for m in e.mutants]  # fmt: skip


@pytest.fixture
def root(tmp_path):
    (tmp_path / "exercises").mkdir()
    return tmp_path


# ---- 概念 ----


def test_every_mistake_has_one_concept_of_the_list():
    found = [concepts.concept_of(number, name) for number, name in ALL]
    assert set(found) == set(concepts.CONCEPTS), "每个概念都用得到，没有单子以外的"
    assert found.count(concepts.OTHERWISE) < 0.25 * len(found), "多半的错误要归得进一个说得清的概念"


@pytest.mark.parametrize("number, name, concept", [
    ("4.1", "按第一个轴归一", "轴"), ("4.4", "没有用掩码", "掩码"), ("3.6", "错开了两位", "差一位"),
    ("6.7", "平均的平均", "平均"), ("7.2", "改动了输入", "就地修改"), ("7.2", "并列的都留下了", "边界"),
    ("4.5", "返回的不是布尔", "形状与类型"), ("2.4", "没有随机的 10 %", "随机数"),
    ("6.1", "忘了清零梯度", "梯度"),
    ("5.6", "忘了变号", "方向与次序"), ("5.6", "先 softmax 再取对数，溢出", "数值"),
    ("4.3", "标准差没有开方", "估算"),
])  # fmt: skip
def test_the_concept_fits(number, name, concept):
    assert (number, name) in ALL and concepts.concept_of(number, name) == concept


def test_the_table_names_exercises_and_concepts_that_exist():
    assert set(concepts.BY_EXERCISE) <= set(concepts.practice())
    assert {name for name, _ in concepts.BY_WORDS} | set(concepts.BY_EXERCISE.values()) | {
        concepts.OTHERWISE
    } == set(concepts.CONCEPTS)


def row(exercise, mutant):
    return {"exercise": exercise, "mutant": mutant, "when": "2025-01-01"}


def test_advice_names_the_most_frequent_concept_and_unfinished_exercises():
    rows = [row("4.1", "没有减去最大值"), row("4.4", "没有用掩码"), row("4.5", "看不见自己")]
    assert list(concepts.tally(rows)) == ["掩码", "数值"]
    text = concepts.advice(rows, {"4.4": "passed", "2.3": "passed"})
    assert "“掩码”" in text and "2 次，在练习 4.4、4.5" in text
    chosen = concepts.to_practise("掩码", {"4.4": "passed", "2.3": "passed"})
    assert len(chosen) == 3 and not {"4.4", "2.3"} & set(chosen) and "、".join(chosen) in text
    counts = [concepts.practice()[number]["掩码"] for number in chosen]
    assert counts == sorted(counts, reverse=True)
    everything = dict.fromkeys(concepts.practice(), "passed")
    assert concepts.advice(rows, everything) == "" and concepts.advice([], {}) == ""


# ---- 记录 ----


def test_a_repeated_mistake_is_noted_once_until_another_comes(root):
    for names in (["甲"], ["甲"], [], ["乙"], ["甲"], ["丙", "丁"], ["丙", "丁"]):
        mistakes.note("4.4", names, root)
    mistakes.note("4.5", ["甲"], root)
    found = [(r["exercise"], r["mutant"]) for r in mistakes.read(root)]
    assert found == [("4.4", name) for name in "甲乙甲丙丁"] + [("4.5", "甲")]
    assert mistakes.forget(root) == 6 and mistakes.read(root) == [] and mistakes.forget(root) == 0


@pytest.mark.parametrize("text", ["", "[", "{}", '[1, {"exercise": "4.4"}]', "\0\0"])
def test_a_damaged_record_is_empty_and_starts_again(root, text):
    mistakes.place(root).write_text(text, encoding="utf-8")
    assert mistakes.read(root) == []
    mistakes.note("4.4", ["甲"], root)
    assert [r["mutant"] for r in mistakes.read(root)] == ["甲"]


def test_a_folder_that_cannot_be_written_to_is_left_alone(tmp_path):
    mistakes.note("4.4", ["甲"], tmp_path)  # 没有 exercises 文件夹
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def course(root, monkeypatch):
    """一本练习，4.1 犯了一个叫得出名字的错。"""
    results = [
        {"number": "4.1", "state": "failed", "message": "✗ 练习 4.1", "mutants": ["按第一个轴归一"]},
        {"number": "4.2", "state": "passed", "message": ""},
    ]
    monkeypatch.setattr(books, "course_root", lambda: root)
    monkeypatch.setattr(books, "report", lambda root, lesson=None: {"04_attention_math.ipynb": results})
    monkeypatch.setattr(books, "known_report", books.report)
    return results


def test_check_notes_named_mistakes_proposes_and_forgets(course, root, capsys):
    for _ in range(2):
        assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert "记下的错误里，最多的是“轴”" in out and "1 次，在练习 4.1" in out and "--forget" in out
    assert [r["mutant"] for r in mistakes.read(root)] == ["按第一个轴归一"]
    assert main(["check", "--forget"]) == 0 and "删掉了 1 条" in capsys.readouterr().out
    assert list((root / "exercises").iterdir()) == []
    course[0] |= {"mutants": []}  # 叫不出名字的错误不记
    assert main(["check"]) == 1
    assert "记下的错误" not in capsys.readouterr().out and mistakes.read(root) == []


def test_the_verdict_of_a_book_carries_the_names():
    with pytest.raises(CheckFailed) as failed:
        exercises.check("4.1", lambda z: z.softmax(dim=0))
    assert book_child.verdict(failed.value)["mutants"] == ["按第一个轴归一"]


def test_only_a_live_kernel_notes(monkeypatch):
    """笔记本里检查也记；脚本、测试、执行整本练习时不记。"""
    noted = []
    monkeypatch.setattr(mistakes, "note", lambda number, mutants: noted.append((number, *mutants)))

    def failing():
        with pytest.raises(CheckFailed):
            exercises.check("4.1", lambda z: z.softmax(dim=0))

    failing()
    assert noted == []
    shell = SimpleNamespace(kernel=None, user_ns={})
    monkeypatch.setattr(kernel, "shell", lambda: shell)
    with kernel.checking():
        failing()
    assert noted == []
    failing()
    assert noted == [("4.1", "按第一个轴归一")]


# ---- 地图 ----


def test_the_map_draws_what_was_noted_and_says_when_there_is_nothing(root):
    plots.use_style()
    texts = lambda figure: [text.get_text() for text in figure.axes[0].texts]
    assert texts(draw_map([])) == [EMPTY]
    figure = draw_map([row("4.4", "没有用掩码"), row("4.5", "看不见自己"), row("7.1", "改动了输入")])
    assert texts(figure) == ["2 次：练习 4.4、4.5", "1 次：练习 7.1"]
    assert "记下 3 次，最多的是“掩码”" in figure.axes[0].get_title()
    plt.close("all")
    static = mistake_map(root)._repr_mimebundle_()
    assert static["image/png"] and static["text/plain"].startswith("你的错误的地图")
