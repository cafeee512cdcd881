"""小批取多大：一步的窗口总数不变，试几种切法，量出最快的。

小批大些，矩阵就大些，算得快些；太大放不进内存，或者放不进缓存，反而慢。切法不改变学到的东西：
小批 × 累积 = 一步的窗口总数，总数不变，一步的梯度就不变（第 06 课）。
"""

import dataclasses
import gc
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from tinygpt.config import TrainConfig
from tinygpt.trainer import Trainer

STEPS = 5  # 每种切法走几步；头两步要分配内存、编译，不计


@dataclass(frozen=True)
class Trial:
    """一种小批。speed 为 None：放不下。"""

    batch_size: int
    accumulation: int
    speed: float | None = None  # 每秒多少个窗口
    memory: int | None = None  # GPU 内存的峰值，字节

    def __str__(self) -> str:
        how = "放不下" if self.speed is None else f"每秒 {self.speed:,.1f} 个窗口"
        memory = "" if self.memory is None else f"，内存 {self.memory / 2**30:.1f} GB"
        return f"小批 {self.batch_size} × 累积 {self.accumulation}：{how}{memory}"


def trials(config: TrainConfig, build: Callable[[TrainConfig], Trainer]) -> Iterator[Trial]:
    """由小到大，一种一种地试；放不下就到此为止。build 由参数造出一个新的 Trainer，不写文件。"""
    total = config.batch_size * config.accumulation
    for batch_size in (n for n in range(1, total + 1) if total % n == 0 and (n & (n - 1) == 0 or n == total)):
        trial = Trial(batch_size, total // batch_size)
        settings = {"batch_size": batch_size, "accumulation": 1, "steps": STEPS, "minutes": None}
        settings |= {"eval_interval": 10 * STEPS, "patience": 0}
        try:
            yield _timed(trial, build(dataclasses.replace(config, **settings)))
        except RuntimeError as error:
            if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
                raise
            yield trial
            return
        finally:
            gc.collect()
            torch.cuda.is_available() and torch.cuda.empty_cache()


def _timed(trial: Trial, trainer: Trainer) -> Trial:
    on_gpu = trainer.device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(trainer.device)
    moments = [time.perf_counter() for _ in trainer]  # 每一步读一次损失，所以 GPU 已经算完
    seconds = statistics.median(b - a for a, b in zip(moments[1:], moments[2:]))
    memory = torch.cuda.max_memory_allocated(trainer.device) if on_gpu else None
    return dataclasses.replace(trial, speed=trial.batch_size / seconds, memory=memory)


def best(found: list[Trial]) -> Trial:
    """最快的；差不到 3% 的里面取小的，省内存。"""
    fastest = max(trial.speed or 0 for trial in found)
    return next(trial for trial in found if (trial.speed or 0) >= 0.97 * fastest)
