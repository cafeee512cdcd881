"""Ctrl-C 按在导入的时候：命令行只说一句；接得住异常的程序照样接住；别的异常、别的时候照旧。"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinygpt import startup

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
