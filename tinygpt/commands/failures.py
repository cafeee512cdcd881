"""每一种失败怎样说：发现了什么、应该是什么、怎么办，都用中文。

使用者能改正的（文件不对、磁盘满了、内存不够……）以代码 2 退出。程序自己的毛病以代码 1 退出：
只印一行，完整的报告写到一个文件里，好让人附在问题里。
"""

import errno
import platform
import sys
import tempfile
import traceback
from pathlib import Path

import torch

from tinygpt import __version__, startup
from tinygpt.commands import run_folder
from tinygpt.errors import InputError, system_reason
from tinygpt.parallel import is_lost

TRAINING = ("train", "finetune")
WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)  # 训练写到一半时会遇到的
OUT_OF_MEMORY = (
    "out of memory", "allocate memory", "not enough memory", "bad_alloc", "invalid buffer size",
    "unable to allocate", "storage size calculation overflowed",
)  # fmt: skip


def explain(error: Exception, args=None) -> tuple[int, str]:
    """（退出代码，说给使用者的话）。args 是解析好的命令行，用来给出合乎情形的办法。"""
    if isinstance(error, InputError):
        return 2, str(error)
    if is_lost(error):
        found = f"与别的进程的联系断了（{_first_line(error)}）：多半是其中一个停下了，原因看它印的话"
        return 1, _say(found, "每个进程都在", run_folder.how_to_go_on(Path(args.out)))
    if _out_of_memory(error):
        return 2, _say("内存不够", f"放得下的大小（{_first_line(error)}）", _less_memory(args))
    if isinstance(error, OSError):
        return 2, _explain_system(error, args)
    if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
        found = f"torch.compile 在这台机器上用不了：{_first_line(error)}"
        return 2, _say(found, "装有 C++ 编译器的机器", "去掉 --compile；不编译也能训练，只是慢一些")
    if "can't start new thread" in str(error):
        fix = "关掉别的程序，或设环境变量 OMP_NUM_THREADS=1"
        return 2, _say("系统不让再开线程", "进程与线程的个数在限制之内", fix)
    if reason := startup.why(error, error.__traceback__):
        return 2, reason
    found = f"程序出错了，这是它自己的毛病：{type(error).__name__}：{_first_line(error)}"
    return 1, _say(found, "", f"完整的报告在 {_write_report(error)}，报告问题时请附上它")


def _say(found: str, expected: str, fix: str) -> str:
    return str(InputError(found, expected, fix))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _explain_system(error: OSError, args) -> str:
    found, expected, fix = system_reason(error)
    gone, training = error.errno == errno.ENOENT, getattr(args, "command", "") in TRAINING
    if gone and startup.folder_is_gone():
        return startup.GONE
    if gone and training and not Path(args.out).exists():
        found = f"训练的文件夹 {args.out} 不见了：训练的时候，它被移走、改名或删掉了"
        fix = "移走、改名的，放回原处，再接着训练；删掉了的，用同样的命令从头来"
        return _say(found, "训练做完之前，它一直在原处", fix)
    where = f"（{error.filename}）" if error.filename else ""
    if training and error.errno in WRITING:
        fix += f"；{run_folder.how_to_go_on(Path(args.out))}"
    return _say(found + where, expected, fix)


def _out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    known = isinstance(error, RuntimeError) and any(words in text for words in OUT_OF_MEMORY)
    return known or isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM


def _less_memory(args) -> str:
    """训练：小批减半，累积加倍，合成一步的窗口一样多。"""
    if getattr(args, "command", "") not in TRAINING:
        return "关掉别的程序，或换一个小一些的模型、少一些的文字"
    batch, times = getattr(args, "batch_size", 16), getattr(args, "accumulation", 1)
    shape = "模型改小（--n-embd、--n-layer）或 --context-length 减半"
    smaller = shape if args.command == "train" else "底子换成小一些的，用 --lora"
    if batch == 1:
        return f"{smaller}；关掉别的程序"
    half = f"--batch-size {batch // 2} --accumulation {2 * times}"
    return f"小批减半、累积加倍，学到的一样多：{half}；还不够就再减半，或把{smaller}；关掉别的程序"


def _write_report(error: Exception) -> str:
    """把完整的回溯写到临时文件夹，返回它的位置；写不了就印出来。"""
    where = f"tinygpt {__version__}，Python {platform.python_version()}，torch {torch.__version__}"
    lines = [f"{where}，{platform.platform()}", f"命令：{sys.argv[1:]!a}", *traceback.format_exception(error)]
    text = "\n".join(lines)
    try:
        options = {"mode": "w", "encoding": "utf-8", "errors": "backslashreplace", "delete": False}
        with tempfile.NamedTemporaryFile(prefix="tinygpt-", suffix=".txt", **options) as file:
            file.write(text)
        return file.name
    except OSError:
        print(text, file=sys.stderr)
        return "上面"
