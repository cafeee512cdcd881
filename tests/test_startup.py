"""导入的时候出了事，只说一句：Ctrl-C、同名的文件、内存、文件夹没有了；别的异常、别的时候照旧。"""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinygpt import startup
from tinygpt.commands import failures

ROOT = Path(__file__).parents[1]
CTRL_C = "import signal; signal.raise_signal(signal.SIGINT)\n"


@pytest.fixture
def run(tmp_path):
    """run（torch 的内容，Python 的参数……）：用一个假的 torch，在新的进程里运行。"""

    def start(torch: str, *arguments: str) -> subprocess.CompletedProcess:
        (tmp_path / "torch.py").write_text(torch, encoding="utf-8")
        paths = os.pathsep.join(map(str, (tmp_path, ROOT)))
        environment = os.environ | {"PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)

    return start


SCRIPT = "import sys; from tinygpt.cli import main; sys.exit(main())"  # pip 装出来的 tinygpt 就是这样
STARTS = {"tinygpt": ("-c", SCRIPT), "-m tinygpt": ("-m", "tinygpt"), "start.py": ("-m", "tinygpt.cli")}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_one_line_and_no_traceback(run, start):
    done = run(CTRL_C, *start, "info")
    assert done.stderr == "\n已停下。\n" and done.stdout == "" and done.returncode != 0


def test_a_program_can_still_catch_it(run):
    code = "try:\n    import tinygpt\nexcept KeyboardInterrupt:\n    print('接住了')"
    done = run(CTRL_C, "-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "接住了\n", "")


def test_a_broken_torch_keeps_its_traceback(run):
    done = run("raise OSError('缺一个动态库')", "-m", "tinygpt", "info")
    assert "Traceback" in done.stderr and "缺一个动态库" in done.stderr and "已停下" not in done.stderr


def test_after_the_import_a_program_of_its_own_sees_the_old_hook():
    shown = []
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        startup.explained(lambda *given: shown.append(given))(*sys.exc_info())
        assert [given[1] for given in shown] == [error]


# ---- 同名的文件、内存、文件夹 ----


def at(folder, *arguments, **environment):
    """在 folder 里运行 python 参数……；返回做完的进程。"""
    known = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | environment
    line = [sys.executable, *arguments]
    return subprocess.run(line, cwd=folder, env=known, capture_output=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("name, content", [
    ("random.py", "print('骰子')"), ("tokenizers.py", "x = 1"), ("torch.py", "def f(:"),
])  # fmt: skip
def test_a_file_that_hides_a_module_is_named(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    done = at(tmp_path, "-m", "tinygpt", "info")
    assert done.returncode == 2 and name in done.stderr and "怎么办：把它改名" in done.stderr
    assert "Traceback" not in done.stderr


def test_only_what_took_part_is_blamed(tmp_path, monkeypatch):
    """文件夹里有 calendar.py，可是没有用到它；my_story.py 与谁都不同名。"""
    for name in ("calendar.py", "my_story.py"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path[1:]])
    assert startup.namesakes(str(tmp_path)) == [str(tmp_path / "calendar.py")]
    assert startup.blamed(ImportError("缺一个动态库"), None) == []
    assert startup.blamed(SyntaxError("坏了", (str(tmp_path / "calendar.py"), 1, 1, "")), None)


def test_a_module_hidden_after_the_import_is_named_too(tmp_path, monkeypatch):
    """导入时没有出错，用到的时候才出：也说是哪个文件，而不说是程序自己的毛病。"""
    (tmp_path / "colorsys.py").write_text("x = 1", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path[1:]])
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    hidden = importlib.import_module("colorsys")
    try:
        code, text = failures.explain(AttributeError(f"{hidden} has no rgb_to_hls"))
    finally:
        del sys.modules["colorsys"]
    assert code == 2 and "colorsys.py" in text and "改名" in text


@pytest.mark.parametrize("error", [MemoryError(), ImportError("libtorch.so: failed to map segment")])
def test_too_little_memory_for_torch(error):
    assert "内存不够" in startup.why(error, None)
    assert startup.why(ImportError("别的"), None) == ""


def test_an_environment_variable_that_a_library_cannot_read(tmp_path):
    done = at(tmp_path, "-m", "tinygpt", "info", TQDM_MININTERVAL="很快")
    assert done.returncode == 2 and "TQDM_MININTERVAL=很快" in done.stderr and "unset" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows 不让删正用着的文件夹")
def test_a_folder_that_is_gone(tmp_path):
    program = "import os, sys; os.rmdir(os.getcwd()); import tinygpt"
    (tmp_path / "gone").mkdir()
    done = at(tmp_path / "gone", "-c", program)
    assert done.returncode == 2 and "已经被删掉或移走" in done.stderr and "cd" in done.stderr
    assert "Traceback" not in done.stderr and "MKL" not in done.stderr
