"""线程：等对方时不空转；等别的语言写的长工作时，Ctrl-C 有用。

第一件须在导入 torch 之前做，所以 tinygpt/__init__.py 最先导入这个文件。小模型的一步由许多很短的并行段组成。
默认的设置里，先做完的线程在原地空转着等；旁边要是有一个忙的程序
（浏览器、JupyterLab），空转的线程与它抢核，一步慢三倍多。等一小会儿就睡，忙时快得多；睡得太早，安静时
小的一步又会慢，所以取中间的一个数（docs/performance.md）。使用者自己设过其中任何一个，就一个也不动。
"""

import os
import threading
from collections.abc import Callable

SETTINGS = {"GOMP_SPINCOUNT": "4000", "KMP_BLOCKTIME": "1"}  # GNU 的 libgomp；LLVM 与 Intel 的（毫秒）
DECIDED_BY_THE_USER = (*SETTINGS, "OMP_WAIT_POLICY")


def settings(environment) -> dict[str, str]:
    """environment 之外还该设的环境变量。"""
    return {} if any(name in environment for name in DECIDED_BY_THE_USER) else dict(SETTINGS)


os.environ.update(settings(os.environ))


def interruptible(work: Callable[[], object]) -> None:
    """在另一个线程里做 work，做完才返回；期间按 Ctrl-C 立刻停下等待。

    tokenizers 的训练在 Rust 里，几十秒不回到 Python；就在主线程里做的话，Ctrl-C 要等它做完才有用。
    丢下的线程不再有人用它的结果，程序结束时随之消失。
    """
    failed = []

    def run():
        try:
            work()
        except BaseException as error:  # noqa: BLE001 交给主线程去抛
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
    if failed:
        raise failed[0]
