"""把一份答案用一遍，得到一个结果：在固定的世界里，有时限，不让它伤到别的练习。

固定的世界：随机种子、默认的类型与设备、梯度开关、线程数，用之前摆好，用之后放回原样，所以笔记本里前面做过什么都不影响检查。
结果是一份抄本：答案后来再改它交出的张量或列表，结果不变。
这里不知道练习是什么，也不比较结果（那是 differences.py 的事）。
"""

import _thread
import contextlib
import io
import math
import random
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

SECONDS = 20.0  # 一项检查里，答案最多运行多久；正确的写法都用不了一秒
PRINTED = 4000  # 一项检查里，答案印出的字最多显示多少
MODULES = {"torch": torch, "torch.nn.functional": torch.nn.functional, "math": math, "torch.Tensor": Tensor}


@dataclass(frozen=True)
class Raised:
    """答案运行时抛出了异常；where 是它自己代码里的那一行，比较时不看。"""

    kind: str
    message: str = field(compare=False, default="")
    where: str = field(compare=False, default="")


TOO_SLOW = "TooSlow"  # Raised.kind：超过了时限


@contextlib.contextmanager
def fixed_world(seed: int):
    """with fixed_world(0): 里面的随机数、默认类型、梯度开关都是定好的；出来以后一切照旧。"""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    dtype, threads, device = torch.get_default_dtype(), torch.get_num_threads(), torch.get_default_device()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed 还会记下调用栈，慢一百倍
    try:
        torch.set_default_dtype(torch.float32)
        if device.type != "cpu":
            torch.set_default_device("cpu")
        with torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False):
            yield
    finally:
        torch.set_default_dtype(dtype)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if torch.get_default_device() != device:
            torch.set_default_device(device)
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def outcome(run: Callable, answer: Any, seed: int, seconds: float = 0) -> Any:
    """做一项检查：run(answer, rng) 的结果。答案抛出的异常、超过时限也是一种结果。

    seconds 为 0 时不限时（参考答案与列出的错误答案都会停下）。随机数每次从同一个种子开始。
    """
    generator = torch.Generator().manual_seed(seed)
    printed = contextlib.redirect_stdout(Bounded(sys.stdout)) if seconds else contextlib.nullcontext()
    try:
        with fixed_world(seed), unchanged_data(run), time_limit(seconds), printed:
            return copied(run(answer, generator))
    except TimeoutError as error:
        return Raised(TOO_SLOW, str(error), last_line(error.__cause__ or error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 学习者的代码可能抛出任何异常
        return Raised(type(error).__name__, str(error), last_line(error))


@contextlib.contextmanager
def unchanged_data(run: Callable):
    """run 用的、写在它外面的张量、列表、字典、集合：答案改了它们，用完就恢复，下一项检查还用同样的数据。"""
    cells = [cell.cell_contents for cell in run.__closure__ or ()]
    names = [value for name, value in run.__globals__.items() if not name.startswith("__")]
    kept = [(data, copied(data)) for data in [*names, *cells] if holds_data(data)]
    try:
        yield
    finally:
        for data, before in kept:
            restore(data, before)


def holds_data(value: Any) -> bool:
    return isinstance(value, Tensor) or type(value) in (list, dict, set)


def restore(data: Any, before: Any) -> None:
    """把 data 就地变回 before 的样子。"""
    if isinstance(data, Tensor):
        with torch.no_grad():
            data.set_(before)
    elif isinstance(data, list):
        data[:] = before
    else:
        data.clear()
        data.update(before)


@contextlib.contextmanager
def time_limit(seconds: float):
    """超过 seconds 秒就同按了停止一样打断它（打断被吞掉就每秒再来一次），换成 TimeoutError 抛出。

    只有主线程能被打断；不在主线程里，或 seconds 为 0，就不限时。
    """
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield
        return
    done, late = threading.Event(), threading.Event()

    def watch():
        waiting = seconds
        while not done.wait(waiting):
            late.set()
            _thread.interrupt_main()
            waiting = 1.0

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        try:
            yield
        finally:
            done.set()
            watcher.join()
    except KeyboardInterrupt as error:
        if late.is_set():
            raise TimeoutError(f"{seconds:g} 秒还没有结束") from error
        raise
    if late.is_set():
        raise TimeoutError(f"{seconds:g} 秒还没有结束")


class Bounded(io.TextIOBase):
    """只放过开头 PRINTED 个字的输出：答案里的 print 看得见，停不下来的 print 不会淹没笔记本。"""

    def __init__(self, target):
        self.target, self.left = target, PRINTED

    def write(self, text: str) -> int:
        if self.left > 0:
            self.target.write(text[: self.left])
            self.left -= len(text)
            if self.left <= 0:
                self.target.write("\n（印得太多，后面的不显示了）\n")
        return len(text)


def copied(value: Any) -> Any:
    """抄一份：张量、列表、元组、字典、集合；别的原样。"""
    if isinstance(value, Tensor):
        return value if value.is_meta else value.detach().clone()
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(map(copied, value))
    return value


def last_line(error: BaseException) -> str:
    """异常发生在笔记本里的哪一行；不在笔记本里就是空字符串。"""
    frames = traceback.extract_tb(error.__traceback__)
    frames = [f for f in frames if "ipykernel" in f.filename or f.filename.startswith("<")]
    if not frames:
        return ""
    return f"第 {frames[-1].lineno} 行" + (f" `{frames[-1].line}`" if frames[-1].line else "")


# ---- 有没有人换掉了 torch 里的函数 ----


def public_names() -> dict[str, dict]:
    """{模块: {名字: 现在的值}}，只记公开的、可以调用的。"""
    return {
        module: {name: value for name, value in vars(thing).items() if name[0] != "_" and callable(value)}
        for module, thing in MODULES.items()
    }


ORIGINALS = public_names()


def restore_patched() -> list[str]:
    """把被换掉的函数换回来，返回它们的名字，例如 ["torch.softmax"]。torch 自己换的（第一次编译时会）不算。"""
    patched = []
    for module, names in ORIGINALS.items():
        current = vars(MODULES[module])
        for name, value in names.items():
            replaced = current.get(name)
            if replaced is not value and not getattr(replaced, "__module__", "").startswith("torch"):
                setattr(MODULES[module], name, value)
                patched.append(f"{module}.{name}")
    inherited = vars(torch._C.TensorBase)  # torch.Tensor 的方法大多写在它的父类里
    for name in [
        name for name in vars(Tensor) if name in inherited and name not in ORIGINALS["torch.Tensor"]
    ]:
        if not name.startswith("_"):
            delattr(Tensor, name)
            patched.append(f"torch.Tensor.{name}")
    return patched
