"""一次提前停止（练习 6.6）：在很少的文字上训练，直到过拟合；你的函数定什么时候停，取回哪一次的权重。

训练只有一次，两边看的是同样的损失；不同的只是停在哪里，取回什么。
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from tinygpt.course.capstone import training
from tinygpt.course.capstone.model import AssembledGPT
from tinygpt.course.what_if.guard import SEED, Run, guarded
from tinygpt.course.what_if.parts import assembled_from
from tinygpt.course.what_if.training import written
from tinygpt.course.what_if.world import shape, world, writing_loss

TOKENS, CHECKS, EVERY, PATIENCE = 1500, 20, 10, 3
KEPT: list[tuple[float, dict]] = []  # 每 EVERY 步的（写的时候的损失，权重）；一个内核里只训练一次


@dataclass(frozen=True)
class Stopping:
    where: str
    label: str = "写的时候的损失"
    ticks: int = CHECKS

    def run(self, answer, tick: Callable[[], None], seconds: float = 0) -> Run:
        run = Run()
        with guarded(run, seconds):
            model = overfit(tick)
            losses = [loss for loss, _ in KEPT]
            run.at = "你的函数运行时"
            stop, best = (int(place) for place in answer(list(losses), PATIENCE))
            run.seen = losses[: stop + 1]
            run.note = f"看了 {len(run.seen)} 次就停，取回第 {best + 1} 次的权重，损失 {losses[best]:.2f}"
            model.load_state_dict(KEPT[best][1])
            run.text = written(model)
        return run


def overfit(tick: Callable[[], None]) -> AssembledGPT:
    """在 TOKENS 个 token 上训练 CHECKS × EVERY 步，把一次次的损失与权重放进 KEPT；返回模型。"""
    torch.manual_seed(SEED)
    model = AssembledGPT(assembled_from({}), shape())
    if len(KEPT) < CHECKS:
        KEPT.clear()
        steps = training.train(model, world().ids[:TOKENS], CHECKS * EVERY, learning_rate=1e-2, seed=SEED)
        for step, _ in enumerate(steps, start=1):
            if step % EVERY == 0:
                state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
                KEPT.append((writing_loss(model), state))
                tick()
    return model
