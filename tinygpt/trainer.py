"""训练循环。

课里的循环只有十五行；这里之所以是一个类，是因为四样东西必须经得起中断：第几步、优化器、随机数状态、数据位置
（存与取在 training_state.py）。它不知道模型是什么（只调用 objective(model, batch)），也不画图、不打印：

    trainer = Trainer(model, train, validation, TrainConfig(steps=500), out="runs/first")
    for metrics in trainer:      # 每一步一个 Metrics
        print(metrics.step, metrics.loss)

进度条、曲线都从外面看这些 metrics。训练中断后，用同样的参数再建一个 Trainer，resume() 之后接着迭代，
得到的权重、优化器状态与损失同没有中断时逐位相同。
"""

import contextlib
import dataclasses
import math
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from tinygpt import training_state
from tinygpt.checkpoint import load_tensors, load_weights, model_tensors, save_tensors
from tinygpt.config import TrainConfig
from tinygpt.device import BF16_WIDTH, PRECISIONS, pick_precision
from tinygpt.evaluation import evaluate
from tinygpt.losses import Objective, causal_objective, count_targets, to_device
from tinygpt.metrics import Metrics, append_log, non_finite, truncate_log
from tinygpt.metrics import NonFiniteError as NonFiniteError
from tinygpt.optim import build_optimizers, learning_rate_factor
from tinygpt.parallel import ALONE, Alone
from tinygpt.training_state import seed_everything

SPEED_STEPS = 12  # 给定时间而不给步数时，先试走这么多步量速度，再退回起点
BEST = "model.safetensors"  # out 里最好的权重


class Trainer:
    """训练一个模型。

    参数
    ----
    model: 任何 nn.Module，已经放在要用的设备上
    train: 有 batch(n) → 字典 的对象（data.RandomWindows 或自己写的）
    validation: 可以反复迭代的一组批，或 None（不评估，也就不会提前停止）
    objective: (model, batch) → 损失之和
    out: 文件夹；给出它才存检查点与 metrics.jsonl
    fingerprint: 数据、分词器、模型形状的摘要；resume 时逐项核对
    workers: 一起训练的进程（parallel.py）；config.batch_size 是它们合起来的
    """

    weights, best_file = staticmethod(model_tensors), BEST  # 存哪些权重，最好的存成什么；子类可以换

    def __init__(
        self, model, train, validation, config: TrainConfig, objective: Objective = causal_objective,
        out=None, fingerprint: dict | None = None, workers: Alone = ALONE,
    ):  # fmt: skip
        self.model, self.train_data, self.validation = model, train, validation
        self.config, self.objective = config, objective
        self.out = None if out is None else Path(out)
        self.fingerprint, self.workers = fingerprint or {}, workers
        self.device = next(model.parameters()).device
        width = getattr(getattr(model, "config", None), "n_embd", BF16_WIDTH)
        self.precision = pick_precision(config.precision, self.device, width)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")
        workers.prepare(model)
        self.optimizers = build_optimizers(
            model, config.optimizer, config.learning_rate, config.weight_decay, config.beta2
        )
        self.total_steps = config.steps or (0 if config.minutes else 1000)  # 0：还没有量，第一步之前会定下来
        self.step = self.tokens = 0
        self.best_loss, self.best_step, self.bad_evals, self.stopped_early = math.inf, 0, 0, False
        self.saved = False  # 自己在 out 里存过检查点没有
        self.between_steps = True  # 只有在两步之间，状态才是完整的，才可以存
        whole = lambda model, batch: self.objective(model, batch)
        # 连目标一起编译：logits 换成 float32、softmax、求和融进一个核，不必各把 (b·t, v) 的矩阵走一遍
        self._loss = workers.wrap(model, torch.compile(whole) if config.compile else whole)
        self._best = {}
        seed_everything(config.seed)

    # ---- 迭代 ----

    def __iter__(self) -> Iterator[Metrics]:
        if self.out and self.workers.first:
            self.out.mkdir(parents=True, exist_ok=True)
            truncate_log(self.out, self.step)  # 从头开始的，不接在上次没存下检查点的记录后面
        if not self.between_steps:  # 上次停在一步的中间（笔记本里按了中断）：退回自己存的检查点
            self.model.zero_grad(set_to_none=True)
            self.saved and self.resume()
        self.model.train()
        self.total_steps = self.total_steps or self._steps_in(self.config.minutes)
        while not self.finished:
            self.between_steps = False
            metrics = self._one_step()
            if self.step % self.config.eval_interval == 0 or self.finished:
                metrics = self._evaluate(metrics)
            self._record(metrics)
            if self.step % self.config.eval_interval == 0 or self.finished:
                self.save()
            self.between_steps = True
            yield metrics
        self.restore_best()

    def _steps_in(self, minutes: float) -> int:
        """minutes 分钟里走得完几步：试走几步，评估一次，量出时间，再退回起点。

        步数在第一步之前就定下，所以学习率的形状从头就对，与直接给出这个步数的训练逐位相同。
        """
        self.between_steps = False
        tensors, state = training_state.capture(self)
        start = {name: tensor.clone() for name, tensor in tensors.items()}
        self.total_steps = 1000 * SPEED_STEPS  # 试走的几步都在预热里，学习率很小
        seconds = [_seconds(self._one_step) for _ in range(SPEED_STEPS)]
        per_step = statistics.median(seconds[2:])  # 头两步要分配内存，慢些
        if self.validation is not None:
            per_step += _seconds(self._validate) / self.config.eval_interval
        training_state.restore(self, start, state, "试走之前的状态")
        self.between_steps = True
        return self.workers.from_first(lambda: max(1, round(minutes * 60 / per_step)))

    @property
    def finished(self) -> bool:
        return self.stopped_early or bool(self.total_steps) and self.step >= self.total_steps

    def run(self) -> Metrics | None:
        """一直训练到结束，交出最后一步的 Metrics。"""
        metrics = None
        for metrics in self:
            pass
        return metrics

    def _one_step(self) -> Metrics:
        """一次更新：几个小批的梯度相加，除以标签总数，裁剪，更新。"""
        config = self.config
        warmup = min(config.warmup_steps, self.total_steps // 2)
        rate = config.learning_rate * learning_rate_factor(
            self.step, self.total_steps, warmup, config.min_learning_rate_ratio, config.decay
        )
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        self.workers.seed(config.seed, self.step)
        first = self.step * config.accumulation
        batches = [self.train_data.batch(n) for n in range(first, first + config.accumulation)]
        targets = max(1, sum(map(count_targets, batches)))
        loss = torch.zeros((), device=self.device)
        for number, batch in enumerate(batches, start=1):
            with self.workers.adding_up(self._loss, last=number == len(batches)):
                with self.autocast():
                    part = self._loss(to_device(self.workers.share(batch), self.device)) / targets
                self.scaler.scale(part * self.workers.size).backward()
            loss += part.detach()
        loss = self.workers.total(loss)
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm or math.inf)
        self._check_finite(float(loss), float(norm))
        for optimizer in self.optimizers:
            self.scaler.step(optimizer)
        self.scaler.update()
        self.model.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += targets
        return Metrics(self.step, self.total_steps, float(loss), rate, float(norm), self.tokens)

    def autocast(self):
        if self.precision == "fp32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=PRECISIONS[self.precision])

    def _check_finite(self, loss: float, norm: float) -> None:
        """在更新之前检查；fp16 的梯度偶尔溢出是正常的，GradScaler 会跳过那一步。"""
        if math.isfinite(loss) and (math.isfinite(norm) or self.precision == "fp16"):
            return
        self.model.zero_grad(set_to_none=True)
        saved = self.out and (self.out / training_state.FILE).exists()
        kept = f"最近的检查点在 {self.out}，没有被改动。" if saved else "还没有存过检查点。"
        raise non_finite(self.step + 1, loss, norm, self.config, self.precision, kept)

    # ---- 评估与提前停止 ----

    def _evaluate(self, metrics: Metrics) -> Metrics:
        if self.validation is None:
            return metrics
        loss = self._validate()
        improved = loss < self.best_loss
        if improved:
            self.best_loss, self.best_step, self.bad_evals = loss, self.step, 0
            self._keep_best()
        else:
            self.bad_evals += 1
            self.stopped_early = bool(self.config.patience) and self.bad_evals >= self.config.patience
        return dataclasses.replace(metrics, val_loss=loss, best=improved)

    def _validate(self) -> float:
        return evaluate(self.model, self.validation, self.objective, self.workers)

    def _keep_best(self) -> None:
        if self.out:
            self._write_best({"step": self.step, "val_loss": self.best_loss})
        else:
            self._best = {name: w.detach().clone() for name, w in self.weights(self.model).items()}

    def _write_best(self, state: dict) -> None:
        tensors = self.workers.whole(self.weights(self.model))
        if self.workers.first:
            save_tensors(self.out / self.best_file, tensors, state)

    def restore_best(self) -> None:
        """把模型换回验证损失最小时的权重；没有评估过就保持最后的权重。"""
        if self.out:
            if not self.best_step:  # 从没有过有限的验证损失（或没有验证集）：就用最后的
                self._write_best({"step": self.step})
            best, _ = self.workers.from_first(lambda: load_tensors(self.out / self.best_file))
        else:
            best = self._best
        if best:
            own = self.weights(self.model)
            load_weights(self.model, self.workers.parts(best, own), self.out or "最好的权重", own)

    # ---- 中断与恢复 ----

    def save(self) -> None:
        """把接着训练所需的一切写进一个文件（原子地）。没有给 out 就什么也不做。"""
        if self.out is not None:
            training_state.save(self)
            self.saved = True

    def resume(self) -> int:
        """从 out 里的检查点接着训练，返回已经做完的步数。数据、分词器、参数有一项不同就报错。"""
        training_state.resume(self)
        self.saved = self.between_steps = True
        return self.step

    def _record(self, metrics: Metrics) -> None:
        if self.out is not None and self.workers.first:
            append_log(self.out, metrics)


def _seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
