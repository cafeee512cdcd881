"""Ctrl-C 按在导入的那几秒里：只说一句，不印几十行的回溯。

导入 torch 要几秒，命令还没有开始，由谁也接不住。tinygpt/__init__.py 最先导入这个文件；它不接异常，
只换掉“没有人接，由 Python 印出来”时的样子。导入完以后，Ctrl-C 一切照旧。
"""

import sys
from collections.abc import Callable


def quiet_while_importing(show: Callable) -> Callable:
    """sys.excepthook 的样子：导入 tinygpt 的时候按了 Ctrl-C，说一句；别的异常照样交给 show。"""

    def hook(kind, error, traceback):
        if issubclass(kind, KeyboardInterrupt) and _importing(traceback):
            print("\n已停下。", file=sys.stderr)
        else:
            show(kind, error, traceback)

    return hook


def _importing(traceback) -> bool:
    """停下的时候，是不是正在执行 tinygpt 的一个文件最外层的代码。"""
    while traceback:
        frame = traceback.tb_frame
        package = frame.f_globals.get("__name__", "").split(".")[0]
        if frame.f_code.co_name == "<module>" and package == __package__:
            return True
        traceback = traceback.tb_next
    return False


sys.excepthook = quiet_while_importing(sys.excepthook)
