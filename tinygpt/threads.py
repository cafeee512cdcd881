"""torch 的线程等对方时，别空转着占住核。须在导入 torch 之前做，所以 tinygpt/__init__.py 最先导入它。

小模型的一步由许多很短的并行段组成。默认的设置里，先做完的线程在原地空转着等；旁边要是有一个忙的程序
（浏览器、JupyterLab），空转的线程与它抢核，一步慢三倍多。等一小会儿就睡，安静时不慢，忙时快将近一倍
（docs/performance.md）。使用者自己设过其中任何一个，就一个也不动。
"""

import os

SETTINGS = {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "1"}  # GNU 的 libgomp；LLVM 与 Intel 的（毫秒）
DECIDED_BY_THE_USER = (*SETTINGS, "OMP_WAIT_POLICY")


def settings(environment) -> dict[str, str]:
    """environment 之外还该设的环境变量。"""
    return {} if any(name in environment for name in DECIDED_BY_THE_USER) else dict(SETTINGS)


os.environ.update(settings(os.environ))
