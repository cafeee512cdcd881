"""练习本：由答案生成、与提交的一致、改过的不覆盖、进度数得对。"""

import json
import shutil
from pathlib import Path

import pytest

from tinygpt.cli import main
from tinygpt.course import book_runner, books, exercises
from tinygpt.errors import InputError

ROOT = Path(__file__).parents[1]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """一个只有第 04 课的课程文件夹。"""
    (tmp_path / "tinygpt").mkdir()
    for folder in ("solutions", "exercises"):
        (tmp_path / folder).mkdir()
        shutil.copy(ROOT / folder / "04_attention_math.ipynb", tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=SOLUTIONS, ids=lambda path: path.name)
def solution(request):
    return request.param


def test_every_lesson_with_exercises_has_a_book():
    assert {path.stem[:2] for path in SOLUTIONS} == set(exercises.lessons())


def test_the_committed_book_is_a_fresh_build(solution):
    assert read(ROOT / "exercises" / solution.name) == books.build(read(solution))


def test_the_book_gives_nothing_away_and_has_three_hints(solution):
    book = read(ROOT / "exercises" / solution.name)
    sources = [books.text_of(cell) for cell in book["cells"]]
    assert not [source for source in sources if "SOLUTION" in source or "### STUB" in source]
    numbers = [cell["metadata"]["exercise"] for cell in book["cells"] if "exercise" in cell["metadata"]]
    assert numbers == list(exercises.exercises(solution.stem[:2]))
    for number in numbers:
        base = f"e{int(number.split('.')[0]):02d}-{number.split('.')[1]}"
        mine = [cell for cell in book["cells"] if cell["id"].startswith(base + "-")]
        cells = {cell["id"]: books.text_of(cell) for cell in mine}
        assert {base + "-question", base + "-answer", base + "-check", base + "-hints"} <= set(cells)
        assert cells[base + "-hints"].count("<details>") == 3
        assert f'check("{number}"' in cells[base + "-check"] and "分钟" in cells[base + "-question"]
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert not [cell for cell in code if cell["outputs"] or cell["execution_count"]]


def test_the_lesson_points_to_every_exercise(solution):
    lesson = (ROOT / "notebooks" / solution.name).read_text(encoding="utf-8")
    assert f"../exercises/{solution.name}" in lesson
    for number in exercises.exercises(solution.stem[:2]):
        assert f"练习 {number}" in lesson, f"第 {solution.stem[:2]} 课没有提到练习 {number}"


def test_the_untouched_book_has_nothing_passed(solution):
    results = books.progress(ROOT / "exercises" / solution.name)
    assert [row["number"] for row in results] == list(exercises.exercises(solution.stem[:2]))
    assert {row["state"] for row in results} == {"unwritten"}, results


def test_touching_the_wrong_code_of_a_find_the_bug_exercise_makes_it_failed(tmp_path):
    book = tmp_path / "book.ipynb"
    shutil.copy(ROOT / "exercises" / "02_core_concepts.ipynb", book)
    notebook = read(book)
    answer = next(cell for cell in notebook["cells"] if cell["id"] == "e02-6-answer")
    answer["source"] = books.text_of(answer) + "\n# 改过"
    books.write(book, notebook)
    states = {row["number"]: row["state"] for row in books.progress(book)}
    assert states.pop("2.6") == "failed" and set(states.values()) == {"unwritten"}


def test_the_solutions_pass_as_a_learners_book(solution):
    assert {row["state"] for row in books.progress(solution)} == {"passed"}


def test_progress_counts_passed_failed_and_unwritten(course, capsys):
    book = course / "exercises" / "04_attention_math.ipynb"
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert "0 / 6  ○○○○○○" in out and "接下来：exercises/04_attention_math.ipynb 里的练习 4.1" in out
    stub = json.dumps(books.STUB, ensure_ascii=False)[1:-1]
    answers = {"→ (…, n)：按最后一个轴归一。": "z.softmax(-1)", "对 z 的梯度 (…, n)。": "p * g"}
    for before, answer in answers.items():
        edit(book, f'{before}\\"\\"\\"\\n    {stub}', f'{before}\\"\\"\\"\\n    return {answer}')
    assert main(["check", "4"]) == 1
    out = capsys.readouterr().out
    assert "1 / 6  ✓✗○○○○" in out and "练习 4.2" in out and "漏了减去加权平均" in out
    assert main(["check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["04_attention_math.ipynb"][0]["state"] == "passed"


def test_a_finished_book(course, capsys):
    shutil.copy(course / "solutions" / "04_attention_math.ipynb", course / "exercises")
    assert main(["check"]) == 0 and "全部通过" in capsys.readouterr().out


def test_a_course_that_cannot_be_written_to_is_still_checked(course, capsys):
    (course / "exercises" / ".progress.json").mkdir()  # 写不进去，也读不出来
    assert main(["check"]) == 1 and "0 / 6  ○○○○○○" in capsys.readouterr().out


def put_into(book, place, code, copy_from=None):
    """把 code 添在第 place 个代码格的末尾；返回它是第几格。"""
    notebook = read(copy_from or book)
    index = [i for i, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code"][place]
    notebook["cells"][index]["source"] = books.text_of(notebook["cells"][index]) + "\n" + code
    book.write_text(json.dumps(notebook), encoding="utf-8")
    return index + 1


@pytest.mark.parametrize("code", ["import os; os._exit(3)", "import os; os._exit(0)"])
def test_a_cell_that_kills_the_process_costs_its_exercise_only(course, code):
    book = course / "exercises" / "04_attention_math.ipynb"
    place = put_into(book, 1, code, course / "solutions" / book.name)
    first, *others = books.progress(book)
    assert first["state"] == "error" and f"第 {place} 格" in first["message"] and "崩溃" in first["message"]
    assert {row["state"] for row in others} == {"passed"} and len(others) == 5


def test_a_cell_that_never_ends_costs_its_exercise_only(course):
    book = course / "exercises" / "04_attention_math.ipynb"
    endless = "while True:\n    try:\n        print('停不下来')\n    except BaseException:\n        pass"
    place = put_into(book, 1, endless, course / "solutions" / book.name)
    first, *others = book_runner.results(book, seconds=15)
    assert first["state"] == "error" and f"第 {place} 格" in first["message"] and "15 秒" in first["message"]
    assert {row["state"] for row in others} == {"passed"}


def test_results_come_as_they_are_made(course):
    book = course / "exercises" / "04_attention_math.ipynb"
    put_into(book, -1, "import os; os._exit(3)", course / "solutions" / book.name)
    results = book_runner.results(book)
    assert next(results)["state"] == "passed"
    results.close()


@pytest.mark.parametrize("leaving", ["import sys; sys.exit()", "raise SystemExit(3)"])
def test_a_cell_that_leaves_is_named(course, leaving):
    """学习者的格子里写了 exit()：说出是哪一格，别的练习照样判。"""
    book = course / "exercises" / "04_attention_math.ipynb"
    place = put_into(book, 1, leaving, course / "solutions" / book.name)
    first, *others = books.progress(book)
    assert first["state"] == "error" and f"第 {place} 格" in first["message"]
    assert "exit()" in first["message"] and {row["state"] for row in others} == {"passed"}


def test_what_jupyter_understands_is_understood(course):
    """魔法命令、系统命令、问号：同在 JupyterLab 里一样；IPython 的 exit() 不停掉检查。"""
    book = course / "exercises" / "04_attention_math.ipynb"
    code = "%matplotlib inline\n!echo 好\nsoftmax?\n%time 1 + 1\nexit()"
    put_into(book, 1, code, course / "solutions" / book.name)
    assert {row["state"] for row in books.progress(book)} == {"passed"}


def test_a_syntax_error_is_named_with_its_cell_and_line(course):
    book = course / "exercises" / "04_attention_math.ipynb"
    place = put_into(book, 1, "def f(:", course / "solutions" / book.name)
    first, *others = books.progress(book)
    assert first["state"] == "error" and f"第 {place} 格有语法错误" in first["message"]
    assert "def f(:" in first["message"]


@pytest.mark.parametrize("damage, words", [
    (lambda text: text.replace('"cells": [', '"cells": [\n<<<<<<< HEAD', 1), "合并冲突"),
    (lambda text: text[: len(text) // 2], "不是合法的 JSON"), (lambda text: "", "断了电"),
    (lambda text: "\0" * 4096, "空字节"), (lambda text: "\N{BYTE ORDER MARK}" + text, "BOM"),
    (lambda text: "[]", "不是笔记本"), (lambda text: '{"cells": [3]}', "不是笔记本"),
])  # fmt: skip
def test_a_book_that_cannot_be_opened_says_why_and_how_to_get_it_back(course, capsys, damage, words):
    book = course / "exercises" / "04_attention_math.ipynb"
    book.write_text(damage(book.read_text(encoding="utf-8")), encoding="utf-8")
    assert main(["check", "04"]) == 1
    out = capsys.readouterr().out
    assert words in out and "exercises reset 04" in out and "Traceback" not in out
    assert main(["exercises", "reset", "04"]) == 0 and books.why_unreadable(book) == ""


def test_building_keeps_what_the_learner_edited(course, capsys):
    book = course / "exercises" / "04_attention_math.ipynb"
    edit(book, "import math", "import math  # 我的")
    before = book.read_bytes()
    assert main(["exercises", "build"]) == 0
    assert book.read_bytes() == before and "你改过的没有动" in capsys.readouterr().out


def test_running_cells_is_no_edit(course):
    book = course / "exercises" / "04_attention_math.ipynb"
    notebook = read(book)
    notebook["cells"][1]["execution_count"] = 3
    book.write_text(json.dumps(notebook), encoding="utf-8")
    assert not books.edited(book)


def test_reset_keeps_a_dated_copy(course, capsys):
    book = course / "exercises" / "04_attention_math.ipynb"
    fresh = book.read_bytes()
    edit(book, "import math", "import math  # 我的")
    mine = book.read_bytes()
    assert main(["exercises", "reset", "04"]) == 0
    copies = [path for path in book.parent.glob("*.ipynb") if path != book]
    assert book.read_bytes() == fresh and [path.read_bytes() for path in copies] == [mine]
    assert copies[0].name in capsys.readouterr().out
    assert main(["exercises", "reset", "4"]) == 0 and len(list(book.parent.glob("*.ipynb"))) == 2


def test_books_written_before_the_move_still_find_check(course, capsys):
    book = course / "exercises" / "04_attention_math.ipynb"
    shutil.copy(course / "solutions" / "04_attention_math.ipynb", book)
    edit(book, "from tinygpt.course.exercises import check", "from tinygpt.course.checks import check")
    assert main(["check", "4"]) == 0 and "全部通过" in capsys.readouterr().out


def test_unknown_lessons_and_folders_are_told(course, capsys, tmp_path, monkeypatch):
    assert main(["check", "77"]) == 2
    assert "没有第 77 课的练习" in capsys.readouterr().err
    with pytest.raises(InputError, match="没有练习 4.99"):
        exercises.find("4.99")


def test_the_progress_board_is_readable_and_not_by_color_alone():
    from matplotlib.colors import to_rgb

    from tinygpt.course import plots
    from tinygpt.course.widgets.progress import STATES

    def light(color):
        parts = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in to_rgb(color)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for _, _, fill in STATES.values():  # WCAG 2.1 AA：4.5
        assert (light(fill) + 0.05) / (light(plots.INK) + 0.05) >= 4.5
    assert len({mark for _, mark, _ in STATES.values()}) == len(STATES)


def test_the_progress_board_checks_when_asked(course):
    import matplotlib

    matplotlib.use("Agg")
    from tinygpt.course import plots
    from tinygpt.course.widgets.progress import exercise_progress

    plots.use_style()
    board = exercise_progress(course)
    before = board.image.value
    board.button.click()
    unwritten = board.image.value
    shutil.copy(course / "solutions" / "04_attention_math.ipynb", course / "exercises")
    board.button.click()
    assert len({before, unwritten, board.image.value}) == 3 and board.message.value == ""
    assert board.button.description == "重新检查" and not board.button.disabled


def test_a_check_that_was_deleted_is_missed(course, capsys):
    """删掉了检查的那一格：不能少数一个就说全部通过；一格也不剩，就不用执行。"""
    book = course / "exercises" / "04_attention_math.ipynb"
    notebook = read(course / "solutions" / book.name)
    first = next(cell for cell in notebook["cells"] if "exercise" in cell["metadata"])
    notebook["cells"].remove(first)
    book.write_text(json.dumps(notebook), encoding="utf-8")
    lost, *others = books.progress(book)
    assert lost["number"] == "4.1" and lost["state"] == "error" and "exercises reset 04" in lost["message"]
    assert {row["state"] for row in others} == {"passed"} and len(others) == 5
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    book.write_text(json.dumps(notebook), encoding="utf-8")
    assert main(["check", "04"]) == 1
    out = capsys.readouterr().out
    assert "0 / 6" in out and "不见了" in out


def test_a_file_that_hides_a_module_is_named(course):
    """exercises/random.py：内核一开始就会退出，先说出来。"""
    (course / "exercises" / "random.py").write_text("print('骰子')", encoding="utf-8")
    rows = books.progress(course / "exercises" / "04_attention_math.ipynb")
    assert len(rows) == 6 and all("random.py" in row["message"] and "改名" in row["message"] for row in rows)


def test_a_book_under_another_name_is_not_nothing_to_do(course, capsys):
    book = course / "exercises" / "04_attention_math.ipynb"
    book.rename(book.with_stem(book.stem + " (1)"))
    assert main(["check", "04"]) == 2
    err = capsys.readouterr().err
    assert "(1).ipynb" in err and "exercises reset 04" in err


@pytest.mark.parametrize("lesson", ["0*", "[", "../04", "四"])
def test_a_lesson_is_a_number_and_not_a_pattern(course, capsys, lesson):
    assert main(["check", lesson]) == 2 and "没有第" in capsys.readouterr().err
