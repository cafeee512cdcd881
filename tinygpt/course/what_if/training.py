"""一次训练：装上你的函数，在小世界里走几百步，一路量两种损失，最后写一段。

训练时看见的损失由模型与损失函数自己说；写的时候的损失（world.py）不由它们说。两个一起看，骗不了人。
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from tinygpt.course.capstone import training
from tinygpt.course.capstone.model import AssembledGPT
from tinygpt.course.exercises import find
from tinygpt.course.what_if.guard import SEED, Run, guarded
from tinygpt.course.what_if.parts import assembled_from
from tinygpt.course.what_if.world import CONTEXT, PROMPT, shape, world, writing_loss
from tinygpt.losses import IGNORE
from tinygpt.tokenizer import EOS

BATCH, EVERY, LETTERS = 16, 20, 60


@dataclass(frozen=True)
class Training:
    """place：answer → {练习的编号: 函数}，装在哪里；losses：（模型，编号，设置）→ 一步一个损失。

    unit_scores：q、k 每一维的方差先调成 1（第 04 课的假设），只用一个头，d_k = 64。
    """

    place: Callable
    where: str
    steps: int = 240
    learning_rate: float = 1e-2
    unit_scores: bool = False
    losses: Callable = None
    label: str = "训练损失"

    @property
    def ticks(self) -> int:
        return self.steps

    def run(self, answer, tick: Callable[[], None], seconds: float = 0) -> Run:
        """训练一次，写一段。tick 每走一步叫一声；超过 seconds 秒就停（0 是不限）。"""
        run = Run()
        with guarded(run, seconds):
            run.at = "装模型的时候"
            model = self.model(answer)
            run.at = "第 1 步"
            run.written.append((0, writing_loss(model)))
            for step, loss in enumerate((self.losses or whole)(self, model), start=1):
                if not run.saw(loss):
                    break
                if step % EVERY == 0:
                    run.written.append((step, writing_loss(model)))
                run.at = f"第 {step + 1} 步"
                tick()
            else:
                run.at = "写的时候"
                run.text = written(model)
        return run

    def model(self, answer) -> AssembledGPT:
        torch.manual_seed(SEED)
        model = AssembledGPT(assembled_from(self.place(answer)), shape(1 if self.unit_scores else 4))
        if self.unit_scores:
            with torch.no_grad():
                for layer in model.layers:
                    layer["w_qkv"].normal_(std=1 / math.sqrt(layer["w_qkv"].size(1)))
        return model


# ---- 一步一个损失 ----


def whole(trial: Training, model: AssembledGPT) -> Iterator[float]:
    """毕业作品的训练：每一步都由零件做成。"""
    return training.train(model, world().ids, trial.steps, BATCH, trial.learning_rate, SEED)


def by_own_loop(trial: Training, model: AssembledGPT) -> Iterator[float]:
    """练习 6.1：整个循环是学习者写的，一次交给它十步的窗口。"""
    windows = all_windows()
    for done in range(0, trial.steps, 10):
        count = min(10, trial.steps - done)
        batches = [windows[torch.randint(len(windows), (BATCH,))] for _ in range(count)]
        yield from model.use["6.1"](model, batches, trial.learning_rate)


def by_own_gradients(trial: Training, model: AssembledGPT) -> Iterator[float]:
    """练习 6.7：梯度由两个小批累积，第二个小批的标签只有前几个是真的；再走普通的梯度下降。"""
    windows, parameters = all_windows(), list(model.parameters())
    for _ in range(trial.steps):
        chosen = windows[torch.randint(len(windows), (BATCH,))]
        inputs, labels = chosen[:, :-1], chosen[:, 1:].clone()
        labels[BATCH // 2 :, 4:] = IGNORE
        with torch.no_grad():
            loss = F.cross_entropy(model(inputs).flatten(0, 1), labels.flatten(), ignore_index=IGNORE)
        pairs = list(zip(inputs.split(BATCH // 2), labels.split(BATCH // 2), strict=True))
        gradients = model.use["6.7"](model, pairs)
        with torch.no_grad():
            for p, g in zip(parameters, gradients, strict=True):
                p -= trial.learning_rate * g
        yield loss.item()


def all_windows() -> torch.Tensor:
    return torch.tensor(find("3.5").reference(world().ids, CONTEXT))


def written(model: AssembledGPT) -> str:
    """从 PROMPT 开始写一段，到一篇写完或写满为止。"""
    tokenizer = world().tokenizer
    ids = training.sample(model, tokenizer.encode(PROMPT), LETTERS, EOS, seed=SEED)
    return PROMPT + tokenizer.decode(ids)
