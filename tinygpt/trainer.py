"""训练循环。

课里的循环只有十五行；这里之所以是一个类，是因为四样东西必须经得起中断：第几步、优化器、随机数状态、数据位置。
它不知道模型是什么（只调用 objective(model, batch)），也不画图、不打印：

    trainer = Trainer(model, train, validation, TrainConfig(steps=500), out="runs/first")
    for metrics in trainer:      # 每一步一个 Metrics
        print(metrics.step, metrics.loss)

进度条、曲线都从外面看这些 metrics。训练中断后，用同样的参数再建一个 Trainer,resume() 之后接着迭代，
得到的权重、优化器状态与损失同没有中断时逐位相同。
"""

import contextlib
import dataclasses
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tinygpt.checkpoint import atomic, load_tensors, load_weights, model_tensors, save_tensors
from tinygpt.config import TrainConfig
from tinygpt.device import BF16_WIDTH, PRECISIONS, evaluation_mode, pick_precision
from tinygpt.errors import InputError
from tinygpt.losses import causal_objective, count_targets
from tinygpt.optim import build_optimizers, warmup_cosine

SPEED_STEPS = 12  # 给定时间而不给步数时，先走这么多步量速度


@dataclass(frozen=True)
class Metrics:
    """一步的记录。val_loss 只在做评估的那些步才有。"""

    step: int  # 做完了多少步
    total_steps: int
    loss: float  # 这一步训练批上的平均损失（nat/token）
    learning_rate: float
    grad_norm: float  # 裁剪之前的总范数
    tokens: int  # 到此刻一共训练了多少个 token（标签）
    val_loss: float | None = None
    best: bool = False


class NonFiniteError(RuntimeError):
    """损失或梯度成了 nan 或 inf。"""


def evaluate(model: nn.Module, batches, objective=causal_objective) -> float:
    """batches 上的平均损失（nat/token），fp32,dropout 关闭；之后恢复原来的状态。"""
    device = next(model.parameters()).device
    total, count = torch.zeros((), dtype=torch.float64), 0
    with torch.inference_mode(), evaluation_mode(model):
        for batch in batches:
            total += objective(model, {name: tensor.to(device) for name, tensor in batch.items()}).double().cpu()
            count += count_targets(batch)
    return float(total) / max(1, count)


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
    """

    def __init__(self, model, train, validation, config: TrainConfig, objective=causal_objective, out=None, fingerprint: dict | None = None):
        self.model, self.train_data, self.validation = model, train, validation
        self.config, self.objective = config, objective
        self.out = None if out is None else Path(out)
        self.fingerprint = fingerprint or {}
        self.device = next(model.parameters()).device
        self.precision = pick_precision(config.precision, self.device, getattr(getattr(model, "config", None), "n_embd", BF16_WIDTH))
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")
        self.optimizers = build_optimizers(model, config.optimizer, config.learning_rate, config.weight_decay, config.beta2)
        self.total_steps = config.steps or (None if config.minutes else 1000)
        self.step = self.tokens = 0
        self.best_loss, self.best_step, self.bad_evals = math.inf, 0, 0
        self.stopped_early = False
        self.between_steps = True  # 只有在两步之间，状态才是完整的，才可以存
        self._forward = torch.compile(model) if config.compile else model
        self._best = {}
        seed_everything(config.seed)

    # ---- 迭代 ----

    def __iter__(self) -> Iterator[Metrics]:
        if self.out:
            self.out.mkdir(parents=True, exist_ok=True)
        self.model.train()
        spent, first = 0.0, self.step
        while not self.finished:
            self.between_steps = False
            started = time.perf_counter()
            metrics = self._one_step()
            spent += time.perf_counter() - started
            if self.total_steps is None and self.step - first >= SPEED_STEPS:
                self.total_steps = self._steps_in_time(spent / (self.step - first))
            if self.step % self.config.eval_interval == 0 or self.finished:
                metrics = self._evaluate(metrics)
            self._record(metrics)
            if metrics.val_loss is not None or self.step % self.config.eval_interval == 0 or self.finished:
                self.save()
            self.between_steps = True
            yield metrics
        self.restore_best()

    def _steps_in_time(self, per_step: float) -> int:
        """config.minutes 里走得完几步；先评估一次，好把评估的时间也算进去。"""
        if self.validation is not None:
            started = time.perf_counter()
            evaluate(self.model, self.validation, self.objective)
            per_step += (time.perf_counter() - started) / self.config.eval_interval
        return max(self.step, round(self.config.minutes * 60 / per_step))

    @property
    def finished(self) -> bool:
        return self.stopped_early or (self.total_steps is not None and self.step >= self.total_steps)

    def run(self) -> Metrics | None:
        """一直训练到结束，交出最后一步的 Metrics。"""
        metrics = None
        for metrics in self:
            pass
        return metrics

    def _one_step(self) -> Metrics:
        """一次更新：几个小批的梯度相加，除以标签总数，裁剪，更新。"""
        config = self.config
        rate = config.learning_rate * warmup_cosine(
            self.step, self.total_steps or 10**9, min(config.warmup_steps, (self.total_steps or 10**9) // 2), config.min_learning_rate_ratio
        )
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        first = self.step * config.accumulation
        batches = [self.train_data.batch(n) for n in range(first, first + config.accumulation)]
        targets = max(1, sum(map(count_targets, batches)))
        loss = torch.zeros((), device=self.device)
        for batch in batches:
            batch = {name: tensor.to(self.device, non_blocking=True) for name, tensor in batch.items()}
            with self._autocast():
                part = self.objective(self._forward, batch) / targets
            self.scaler.scale(part).backward()
            loss += part.detach()
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
        return Metrics(self.step, self.total_steps or 0, float(loss), rate, float(norm), self.tokens)

    def _autocast(self):
        if self.precision == "fp32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=PRECISIONS[self.precision])

    def _check_finite(self, loss: float, norm: float) -> None:
        """在更新之前检查；fp16 的梯度偶尔溢出是正常的，GradScaler 会跳过那一步。"""
        if math.isfinite(loss) and (math.isfinite(norm) or self.precision == "fp16"):
            return
        self.model.zero_grad(set_to_none=True)
        what = "损失" if not math.isfinite(loss) else "梯度"
        kept = f"最近的检查点在 {self.out}，没有被改动。" if self.out and (self.out / "training.safetensors").exists() else "还没有存过检查点。"
        raise NonFiniteError(
            f"第 {self.step + 1} 步的{what}不是有限的数（损失 {loss}，梯度范数 {norm}）。\n"
            f"常见原因：学习率太高（现在 {self.config.learning_rate}）；没有梯度裁剪（clip_norm = {self.config.clip_norm}）；"
            f"预热太短（warmup_steps = {self.config.warmup_steps}）；fp16 溢出（精度 {self.precision}）。\n"
            f"怎么办：先把学习率降到一半再试。{kept}"
        )

    # ---- 评估与提前停止 ----

    def _evaluate(self, metrics: Metrics) -> Metrics:
        if self.validation is None:
            return metrics
        loss = evaluate(self.model, self.validation, self.objective)
        improved = loss < self.best_loss
        if improved:
            self.best_loss, self.best_step, self.bad_evals = loss, self.step, 0
            self._keep_best()
        else:
            self.bad_evals += 1
            self.stopped_early = bool(self.config.patience) and self.bad_evals >= self.config.patience
        return dataclasses.replace(metrics, val_loss=loss, best=improved)

    def _keep_best(self) -> None:
        if self.out:
            save_tensors(self.out / "model.safetensors", model_tensors(self.model), {"step": self.step, "val_loss": self.best_loss})
        else:
            self._best = {name: tensor.detach().clone() for name, tensor in model_tensors(self.model).items()}

    def restore_best(self) -> None:
        """把模型换回验证损失最小时的权重；没有评估过就保持最后的权重。"""
        if self.out:
            if not self.best_step:  # 从没有过有限的验证损失（或没有验证集）：就用最后的
                save_tensors(self.out / "model.safetensors", model_tensors(self.model), {"step": self.step})
            best, _ = load_tensors(self.out / "model.safetensors")
        else:
            best = self._best
        if best:
            load_weights(self.model, best, self.out or "最好的权重")

    # ---- 中断与恢复 ----

    def save(self) -> None:
        """把接着训练所需的一切写进一个文件（原子地）。没有给 out 就什么也不做。"""
        if self.out is None:
            return
        tensors = {f"model.{name}": tensor for name, tensor in model_tensors(self.model).items()}
        for number, optimizer in enumerate(self.optimizers):
            for index, values in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{number}.{index}.{name}": torch.as_tensor(value) for name, value in values.items()}
        tensors["random.cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.device)
        state = {name: getattr(self, name) for name in RESUMED} | {
            "config": dataclasses.asdict(self.config), "fingerprint": self.fingerprint, "scaler": self.scaler.state_dict(),
        }  # fmt: skip
        save_tensors(self.out / "training.safetensors", tensors, state)

    def resume(self) -> int:
        """从 out 里的检查点接着训练，返回已经做完的步数。数据、分词器、参数有一项不同就报错。"""
        tensors, state = load_tensors(self.out / "training.safetensors")
        if not {"config", "fingerprint", *RESUMED} <= state.keys():
            raise InputError(f"{self.out / 'training.safetensors'} 不是训练的检查点", "tinygpt train 写的 training.safetensors", "换一个 --out 重新训练")
        self._check_same(state)
        load_weights(self.model, {n[len("model.") :]: t for n, t in tensors.items() if n.startswith("model.")}, self.out)
        saved = [optimizer.state_dict() for optimizer in self.optimizers]
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, number, index, key = name.split(".")
                saved[int(number)]["state"].setdefault(int(index), {})[key] = tensor
        for optimizer, values in zip(self.optimizers, saved):
            optimizer.load_state_dict(values)
        for name in RESUMED:
            setattr(self, name, state[name])
        if state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and self.device.type == "cuda":
            torch.cuda.set_rng_state(tensors["random.cuda"], self.device)
        self._truncate_metrics()
        for leftover in self.out.glob(".*.tmp"):  # 写到一半被杀掉留下的
            leftover.unlink(missing_ok=True)
        return self.step

    def _check_same(self, state: dict) -> None:
        before = state["config"] | state["fingerprint"]
        now = dataclasses.asdict(self.config) | self.fingerprint
        different = [f"{name}：原来 {before.get(name)}，现在 {now.get(name)}" for name in sorted(before | now) if before.get(name) != now.get(name)]
        if different:
            raise InputError("不能接着训练，有几项与中断时不同：\n  " + "\n  ".join(different), "同样的数据、分词器与参数", "改回原来的值，或换一个 --out 重新训练")

    def _record(self, metrics: Metrics) -> None:
        if self.out:
            with (self.out / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(dataclasses.asdict(metrics)) + "\n")

    def _truncate_metrics(self) -> None:
        """检查点之后的记录会重新写一遍，先去掉。"""
        path = self.out / "metrics.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= self.step]
        with atomic(path) as temporary:
            temporary.write_text("".join(line + "\n" for line in kept), encoding="utf-8")


# 恢复时原样取回的数；precision 与 total_steps 是量出来的，也要取回，否则两次可能量得不同
RESUMED = ("step", "tokens", "total_steps", "best_loss", "best_step", "bad_evals", "stopped_early", "precision")


def seed_everything(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
