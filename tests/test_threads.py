"""线程等对方时不空转：设置在 torch 之前，使用者设过的不动，各处一致；背后的长工作可以用 Ctrl-C 停下。"""

import ast
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tinygpt import threads

ROOT = Path(__file__).parents[1]


def test_settings_only_where_the_user_has_not_decided():
    assert threads.settings({"PATH": "x"}) == threads.SETTINGS
    for name in threads.DECIDED_BY_THE_USER:
        assert threads.settings({name: "5"}) == {}


@pytest.mark.parametrize("user", [{}, {"GOMP_SPINCOUNT": "77"}, {"OMP_WAIT_POLICY": "ACTIVE"}], ids=str)
def test_set_before_torch_is_imported(user):
    """在全新的进程里：导入 tinygpt 之后环境里有它们，而且设的时候 torch 还没有导入。"""
    names = threads.DECIDED_BY_THE_USER
    environment = {k: v for k, v in os.environ.items() if k not in names} | user | {"PYTHONPATH": str(ROOT)}
    code = (
        "import os, sys\n"
        "class Environ(type(os.environ)):\n"
        "    def update(self, *a, **k):\n"
        "        assert 'torch' not in sys.modules, 'torch 已经导入了'\n"
        "        super().update(*a, **k)\n"
        "os.environ.__class__ = Environ\n"
        "import tinygpt\n"
        "assert 'torch' in sys.modules\n"
        f"print({{name: os.environ[name] for name in {names!r} if name in os.environ}})"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ast.literal_eval(done.stdout) == (user or threads.SETTINGS)


def test_start_and_the_kernels_use_the_same_settings():
    """start.py 不能导入 tinygpt（还没有装），自己写着一份；笔记本的内核用包里的。"""
    sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
    try:
        import run_notebooks

        import start
    finally:
        del sys.path[:2]
    assert start.quiet_threads({}) == threads.SETTINGS
    for name in threads.DECIDED_BY_THE_USER:
        assert start.quiet_threads({name: "1"}) == {}
    assert threads.SETTINGS.items() <= run_notebooks.kernel_environment(environment={}).items()


# ---- Ctrl-C ----


def test_work_in_the_background_can_be_interrupted():
    """主线程等着的时候收得到 Ctrl-C；背后的工作这时还没有做完。"""
    begun, stopped, finished = threading.Event(), threading.Event(), threading.Event()

    def work():
        begun.set()
        stopped.wait(60)
        finished.set()

    threading.Thread(target=lambda: (begun.wait(), signal.raise_signal(signal.SIGINT)), daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        threads.interruptible(work)
    assert not finished.is_set()
    stopped.set()


def test_errors_in_the_background_arrive():
    with pytest.raises(ZeroDivisionError):
        threads.interruptible(lambda: 1 / 0)
