"""一次试验的记录。学习者的函数可能出错、停不下来、算出 nan、印个不停：都记成结果，不抛出。"""

import contextlib
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from tinygpt.course.probing import Bounded, fixed_world, last_line, time_limit

SEED = 0


@dataclass
class Run:
    """一次试验。

    seen：每一步量到的数（训练损失，或每个 token 有多意外）；
    written：[（第几步，写的时候的损失）]，只有训练才有；
    text：最后写的一段；note：用一句话说结果（只在数字之外还有话说的时候）；
    stopped：没有走完的原因；at：走到了哪里。
    """

    seen: list[float] = field(default_factory=list)
    written: list[tuple[int, float]] = field(default_factory=list)
    text: str = ""
    note: str = ""
    stopped: str = ""
    at: str = "开始的时候"

    def saw(self, value) -> bool:
        """记下这一步的数；它不是有限的数，就到此为止，返回 False。"""
        value = float(value)
        self.seen.append(value)
        if not math.isfinite(value):
            self.stopped = f"{self.at}变成了 {value}"
        return math.isfinite(value)


@contextlib.contextmanager
def guarded(run: Run, seconds: float = 0) -> Iterator[None]:
    """with guarded(run): 里面出的事都记在 run.stopped 里；超过 seconds 秒（0 是不限）也是。

    随机数从同一个种子开始，只用一个线程（模型很小，多了反而互相等），出来以后一切照旧。
    """
    printed = contextlib.redirect_stdout(Bounded(sys.stdout))
    try:
        with fixed_world(SEED), time_limit(seconds), printed:
            torch.set_num_threads(1)
            yield
    except NotImplementedError:
        run.stopped = "这个练习还没有写"
    except TimeoutError:
        run.stopped = f"{run.at}停下了：太慢，{seconds:.0f} 秒没有走完"
    except (Exception, SystemExit) as error:  # noqa: BLE001 学习者的代码可能抛出任何异常
        where = last_line(error)
        at = f"{run.at}（你的代码{where}）" if where else run.at
        first = (str(error).strip("' \n").splitlines() or [""])[0]
        run.stopped = f"{at}出错：{type(error).__name__}: {first[:100]}"
