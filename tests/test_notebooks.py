"""笔记本的规矩：都执行过，没有报错，没有本机路径，节奏合适；以及执行与核对它们的工具。"""

import importlib.util
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STORED = LESSONS + sorted((ROOT / "solutions").glob("*.ipynb"))


def load(name: str, path: Path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


tool = load("run_notebooks_under_test", ROOT / "tools" / "run_notebooks.py")
nbval_conftest = load("nbval_conftest_under_test", ROOT / "conftest.py")


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def code_lines(cell) -> int:
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in cell.source.splitlines())


@pytest.fixture(params=STORED, ids=lambda path: f"{path.parent.name}/{path.name}")
def stored(request):
    return nbformat.read(request.param, as_version=4)


@pytest.fixture(params=[path for path in LESSONS if path.name[:2].isdigit()], ids=lambda path: path.name)
def lesson(request):
    return nbformat.read(request.param, as_version=4)


def test_there_are_lessons():
    assert LESSONS


def test_every_code_cell_was_executed_in_order(stored):
    assert [cell.execution_count for cell in code(stored)] == list(range(1, len(code(stored)) + 1))


def test_no_error_outputs(stored):
    allowed = [
        c
        for c in code(stored)
        if "raises-exception" in c.metadata.get("tags", []) or "NBVAL_RAISES_EXCEPTION" in c.source
    ]
    assert not [
        c.source
        for c in code(stored)
        if c not in allowed and any(o.output_type == "error" for o in c.outputs)
    ]


def test_nothing_of_this_machine_is_stored(stored):
    assert not tool.absolute_paths(stored)
    assert "widgets" not in stored.metadata
    assert not [o for c in code(stored) for o in c.outputs if tool.WIDGET in o.get("data", {})]


def test_valid_with_unique_cell_ids(stored):
    nbformat.validate(stored)
    assert len({cell.id for cell in stored.cells}) == len(stored.cells)


def test_no_trailing_semicolon(stored):
    """内核之外它什么也不做，nbval 却会多得到一个输出：把结果赋给 _。"""
    assert not [cell.source for cell in code(stored) if cell.source.rstrip().endswith(";")]


def test_at_most_one_cell_in_twenty_is_not_compared():
    cells = [cell for path in STORED for cell in code(nbformat.read(path, as_version=4))]
    assert sum(map(tool.ignored, cells)) <= 0.05 * len(cells)


def test_no_code_cell_over_30_lines(lesson):
    assert not [cell.source for cell in code(lesson) if code_lines(cell) > 30]


def test_code_cells_are_short(lesson):
    lines = sorted(map(code_lines, code(lesson)))
    assert lines[len(lines) // 2] <= 5, f"一半的代码格多于 5 行：{lines}"
    assert lines[int(0.9 * (len(lines) - 1))] <= 20, f"超过一成的代码格多于 20 行：{lines}"


def test_never_more_than_three_code_cells_in_a_row(lesson):
    run = 0
    for cell in lesson.cells:
        run = run + 1 if cell.cell_type == "code" else 0
        assert run <= 3, cell.source


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_links_go_to_the_very_exercise_and_to_the_next_lesson(path):
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for file, _, anchor in re.findall(r"\]\(\.\./(exercises/[^)#]+)(#cell-id=([^)]+))?\)", text):
        ids = [cell.id for cell in nbformat.read(ROOT / file, as_version=4).cells]
        assert anchor in ids, f"{file}#{anchor}"
    for line in re.findall(r"^.*\*\*练习 \d+\.\d+\*\*.*\[打开练习\].*$", text, re.MULTILINE):
        lesson, number = re.search(r"练习 (\d+)\.(\d+)", line).groups()
        assert f"#cell-id=e{int(lesson):02d}-{number}-question)" in line
    end = text[text.rfind("下一步") :]
    for number in re.findall(r"第 (\d\d) 课", end):
        names = [other.name for other in LESSONS if other.name.startswith(number)]
        assert all(f"]({name})" in end for name in names), f"没有到第 {number} 课的链接"


def test_40_to_80_cells_an_opening_and_an_end(lesson):
    assert 40 <= len(lesson.cells) <= 80
    text = "\n".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")
    assert all(heading in text for heading in ("你将学会", "文章的说法", "小结", "下一步"))


# ---- 数字的比较 ----


@pytest.mark.parametrize(
    "a, b, same",
    [
        ("损失 2.3456", "损失 2.3460", True),
        ("损失 2.3456", "损失 2.3500", False),
        ("0.00001", "0.00009", True),
        ("0.0001", "0.0003", False),
        ("让 0.0492", "让 0.0491", True),
        ("2.35", "2.36", True),
        ("2.35", "2.37", False),
        ("9.99", "10.00", True),
        ("1.24e+06", "1.25e+06", True),
        ("1.24e+06", "1.26e+06", False),
        ("2.3", "2.4", False),
        ("0.01", "0.02", False),
        ("1.00e-05", "1.00e-05", True),
        ("tensor([ 0.5000, -0.2000])", "tensor([0.5000, -0.2001])", True),
        ("[1256, 3419, 7]", "[1256, 3420, 7]", False),
        ("参数 804096 个", "参数 804097 个", False),
        ("−0.50", "0.50", False),
        ("nan", "0.5", False),
        ("甲 0.5", "乙 0.5", False),
        ("0.5 0.5", "0.5", False),
        ("<td>0.1234</td>", "<td>0.1235</td>", True),
    ],
)
def test_numbers_are_compared_within_tolerance_and_integers_exactly(a, b, same):
    assert (nbval_conftest.Output(a) == nbval_conftest.Output(b)) is same
    assert (nbval_conftest.Output(a) != nbval_conftest.Output(b)) is not same


def test_the_sanitize_file_is_ascii():
    assert (ROOT / "tools" / "nbval_sanitize.cfg").read_bytes().isascii()


# ---- 执行的工具 ----


def notebook_of(*sources):
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
    )


def test_outputs_that_repeat_are_stored(tmp_path):
    path = tmp_path / "课.ipynb"
    nbformat.write(notebook_of("print('你好')", "1 + 1"), path)
    tool.run(path)
    stored = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in stored.cells] == [1, 2]
    assert (
        stored.cells[0].outputs[0].text == "你好\n" and stored.cells[1].outputs[0].data["text/plain"] == "2"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["课.ipynb"]


@pytest.mark.parametrize(
    "source, reason",
    [
        ("import random; print(random.random())", "两遍的输出不同"),
        ("import tempfile; print('/tmp/' + 'x.txt')", "本机路径"),
        ("1 / 0", "ZeroDivision"),
    ],
)
def test_other_outputs_are_refused_and_the_file_is_left_alone(tmp_path, source, reason):
    path = tmp_path / "课.ipynb"
    nbformat.write(notebook_of(source), path)
    before = path.read_bytes()
    with pytest.raises(Exception, match=reason):
        tool.run(path)
    assert path.read_bytes() == before


def test_what_is_ignored_may_differ():
    first, second = notebook_of("# NBVAL_IGNORE_OUTPUT\nx", "y"), notebook_of("# NBVAL_IGNORE_OUTPUT\nx", "y")
    for notebook, text in ((first, "1 秒"), (second, "2 秒")):
        notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text=text)]
    assert tool.differences(first, second) == []
    second.cells[1].outputs = [nbformat.v4.new_output("stream", text="多出来的")]
    assert len(tool.differences(first, second)) == 1
