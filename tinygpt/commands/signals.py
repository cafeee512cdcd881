"""叫停训练的信号：Ctrl-C、kill（SIGTERM，关机时也是它）、关掉终端（SIGHUP，Windows 上是 SIGBREAK）。

都一样：只记下来，等这一步做完，存好检查点再停，存下的才是完整的一步。
别人让它不理的信号仍不理：nohup 就是这样让训练在关掉终端之后继续的。
"""

import contextlib
import os
import signal
import sys

STOPPING = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, n)]


@contextlib.contextmanager
def stop_between_steps(once: bool = True):
    """with stop_between_steps() as received: 收到的信号添进 received；再来一次就立刻停。

    once=False 时再来几次也不急：torchrun 收到 Ctrl-C 会再转告每个进程一遍（半分钟还不停，它才强行结束）。
    """
    received = []

    def handler(number, frame):
        if received and once:
            raise KeyboardInterrupt
        if received:
            return
        received.append(number)
        if number == getattr(signal, "SIGHUP", None):
            _leave_the_terminal()
        with contextlib.suppress(OSError):
            print("\n这一步做完就停……", file=sys.stderr)

    old = {}
    for number in STOPPING:
        with contextlib.suppress(ValueError):  # 不在主线程里
            if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None：不是 Python 装的，放不回去
                old[number] = signal.signal(number, handler)
    try:
        yield received
    finally:
        for number, before in old.items():
            signal.signal(number, before)


def _leave_the_terminal() -> None:
    """终端已经关了，再往那里印会出错：改印到空处。重定向到文件的不动。"""
    empty = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        with contextlib.suppress(OSError):
            if os.isatty(number):
                os.dup2(empty, number)
    os.close(empty)
