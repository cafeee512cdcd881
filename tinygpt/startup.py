"""导入的那几秒里出了事：Ctrl-C、同名的文件、内存装不下 torch、文件夹没有了，都只说一句，不印几十行的回溯。

导入 torch 要几秒，命令还没有开始，由谁也接不住。tinygpt/__init__.py 最先导入这个文件；它不接异常，
只换掉“没有人接，由 Python 印出来”时的样子。导入完以后，一切照旧。
这里只用 Python 自带的、启动时已经在内存里的模块：别的都可能正被同名的文件挡住。
"""

import os
import sys
from collections.abc import Callable

NO_MEMORY = ("failed to map segment", "Cannot allocate memory", "页面文件太小", "paging file is too small")

GONE = "你所在的文件夹已经被删掉或移走了\n应该是：一个还在的文件夹\n怎么办：用 cd 换一个文件夹，再运行一次"


def explained(show: Callable) -> Callable:
    """sys.excepthook 的样子：导入 tinygpt 时认得出的麻烦说一句，别的异常照样交给 show。"""

    def hook(kind, error, traceback):
        importing = _importing(traceback)
        if importing and issubclass(kind, KeyboardInterrupt):
            print("\n已停下。", file=sys.stderr)
        elif importing and (reason := why(error, traceback)):
            print(f"错误：{reason}", file=sys.stderr)
            raise SystemExit(2)
        else:
            show(kind, error, traceback)

    return hook


def why(error: BaseException, traceback) -> str:
    """失败的原因与办法；认不出来就是空的。"""
    if isinstance(error, FileNotFoundError) and folder_is_gone():
        return GONE
    words = f"（{type(error).__name__}: {error}）"
    if files := blamed(error, traceback):
        return same_names(files) + words
    if settings := unreadable_settings(error):
        fix = "改正它，或者去掉它（unset 与它的名字；Windows：set 名字=）"
        return f"环境变量 {'、'.join(settings)} 的值读不懂{words}\n怎么办：{fix}"
    if isinstance(error, MemoryError) or any(known in words for known in NO_MEMORY):
        return f"内存不够，装不下 torch{words}\n怎么办：关掉别的程序；检查 ulimit -v；至少要 2 GB"
    return ""


def unreadable_settings(error: BaseException) -> list[str]:
    """错误里引出来的那个值，是哪个环境变量的：许多库一导入就读自己的环境变量。"""
    given = isinstance(error, ValueError)
    return [f"{name}={value}" for name, value in os.environ.items() if given and repr(value) in str(error)]


def folder_is_gone() -> bool:
    """所在的文件夹是不是已经被删掉了。"""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def same_names(files: list[str]) -> str:
    """files 挡住了同名的模块：说出是哪几个，怎么办。"""
    names = "、".join(files)
    expected = "与 Python 自带的、tinygpt 用到的模块不同的名字"
    return f"{names} 与别的模块同名，导入时先找到了它\n应该是：{expected}\n怎么办：把它改名，再运行一次"


def namesakes(folder: str) -> list[str]:
    """folder 里的哪些 .py 与装好的模块同名：从这个文件夹运行时，Python 先找到它们，真的就被挡住了。"""
    from importlib.machinery import PathFinder

    try:
        names = sorted(name for name in os.listdir(folder or ".") if name.endswith(".py"))
    except OSError:
        return []
    python = tuple(os.path.realpath(prefix) + os.sep for prefix in (sys.prefix, sys.base_prefix))
    here, paths = os.path.realpath(folder or "."), {os.path.realpath(path or ".") for path in sys.path}
    installed = sorted(path for path in paths - {here} if path.startswith(python))
    return [os.path.join(folder, name) for name in names if PathFinder.find_spec(name[:-3], installed)]


def blamed(error: BaseException, traceback) -> list[str]:
    """出错时牵涉到的同名文件：已经导入的，或者在回溯里的。"""
    involved = {getattr(error, "filename", None), getattr(error, "path", None)}
    involved |= {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    while traceback:
        involved.add(traceback.tb_frame.f_code.co_filename)
        traceback = traceback.tb_next
    involved = {os.path.realpath(path) for path in involved if isinstance(path, str)}
    return [path for path in namesakes(sys.path[0]) if os.path.realpath(path) in involved]


def _importing(traceback) -> bool:
    """停下的时候，是不是正在执行 tinygpt 的一个文件最外层的代码。"""
    while traceback:
        frame = traceback.tb_frame
        package = frame.f_globals.get("__name__", "").split(".")[0]
        if frame.f_code.co_name == "<module>" and package == __package__:
            return True
        traceback = traceback.tb_next
    return False


sys.excepthook = explained(sys.excepthook)
os.getcwd()  # 所在的文件夹被删掉了，MKL 会让整个程序停下，只留一句英文：抢在它前面说
