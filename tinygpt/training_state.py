"""训练的状态：经得起中断的一切，与它在磁盘上的样子。

四样东西必须一起存、一起取：第几步、权重与优化器、随机数状态、数据位置（由步数决定）。
capture 把它们取出来，restore 放回去；save 与 resume 只是多走一趟磁盘。取回之后接着训练，与没有中断逐位相同。
这里不知道怎样训练一步，只认得 Trainer 的几个属性。
"""

import dataclasses
import random

import numpy as np
import torch

from tinygpt.checkpoint import load_tensors, load_weights, save_tensors
from tinygpt.errors import InputError, require
from tinygpt.metrics import truncate_log

FILE = "training.safetensors"
# 恢复时原样取回的数；precision 与 total_steps 可能是量出来的，也要取回，否则两次可能量得不同
RESUMED = (
    "step", "tokens", "total_steps", "best_loss", "best_step", "bad_evals", "stopped_early", "precision",
)  # fmt: skip


def seed_everything(seed: int) -> None:
    """三个全局的随机数生成器都从 seed 开始。"""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def random_states(device: torch.device) -> dict[str, torch.Tensor]:
    """随机数生成器的状态：CPU 的，加上模型所在设备的（dropout 用它）。"""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def set_random_states(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """放回 random_states 取出的状态；换了设备时，那个设备的就不管。"""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


def capture(trainer) -> tuple[dict[str, torch.Tensor], dict]:
    """（张量，其余的数）。张量是原物不是副本：马上写盘就不必复制，要留着就自己 clone。

    几个进程一起训练时，每个进程都要来：切开的张量在这里凑齐。
    """
    tensors = {f"model.{name}": tensor for name, tensor in trainer.weights(trainer.model).items()}
    for number, optimizer in enumerate(trainer.optimizers):
        for index, values in optimizer.state_dict()["state"].items():
            prefix = f"optimizer.{number}.{index}"
            tensors |= {f"{prefix}.{name}": torch.as_tensor(value) for name, value in values.items()}
    tensors |= {f"random.{name}": state for name, state in random_states(trainer.device).items()}
    state = {name: getattr(trainer, name) for name in RESUMED}
    state |= {"config": dataclasses.asdict(trainer.config), "fingerprint": trainer.fingerprint}
    return trainer.workers.whole(tensors), state | {"scaler": trainer.scaler.state_dict()}


def _owners(trainer) -> dict[str, torch.Tensor]:
    """capture 里的名字（优化器的少最后一截）→ 它所属的参数。"""
    owners = {f"model.{name}": tensor for name, tensor in trainer.weights(trainer.model).items()}
    for number, optimizer in enumerate(trainer.optimizers):
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        owners |= {f"optimizer.{number}.{index}": p for index, p in enumerate(parameters)}
    return owners


def restore(trainer, tensors: dict[str, torch.Tensor], state: dict, source) -> None:
    """把 capture 取出的放回去；source 只用于报错。"""
    tensors = trainer.workers.parts(tensors, _owners(trainer))
    weights = _with_prefix(tensors, "model.")
    load_weights(trainer.model, weights, source, trainer.weights(trainer.model))
    saved = [optimizer.state_dict() | {"state": {}} for optimizer in trainer.optimizers]
    for name, tensor in _with_prefix(tensors, "optimizer.").items():
        number, index, key = name.split(".")
        saved[int(number)]["state"].setdefault(int(index), {})[key] = tensor
    for optimizer, values in zip(trainer.optimizers, saved):
        optimizer.load_state_dict(values)
    for name in RESUMED:
        setattr(trainer, name, state[name])
    if state["scaler"]:
        trainer.scaler.load_state_dict(state["scaler"])
    set_random_states(_with_prefix(tensors, "random."), trainer.device)


def _with_prefix(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def save(trainer) -> None:
    """写进 trainer.out 的一个文件（原子地）；几个进程一起训练时由 0 号写，写完大家才往下走。"""
    tensors, state = capture(trainer)
    trainer.workers.from_first(lambda: save_tensors(trainer.out / FILE, tensors, state))


def resume(trainer) -> None:
    """从 trainer.out 取回。数据、分词器、参数有一项不同就报错，什么也不动。

    只有一个例外：做完了的训练，给出更多的 steps 就是再练（耐心也可以改）。学习率照新的总步数那条余弦走，
    所以先回升一截再降下去；之后再中断、再恢复，仍与不中断逐位相同。
    """
    path = trainer.out / FILE
    tensors, state = trainer.workers.from_first(lambda: load_tensors(path))
    ours = {"config", "fingerprint", *RESUMED} <= state.keys()
    fix = "换一个 --out 重新训练"
    require(ours, f"{path} 不是训练的检查点", f"tinygpt train 写的 {FILE}", fix)
    numbers = all(isinstance(state[name], int) for name in ("step", "total_steps", "stopped_early"))
    tables = isinstance(state["config"], dict) and isinstance(state["fingerprint"], dict)
    require(numbers and tables, f"{path} 的文件头残缺", f"tinygpt train 写的 {FILE}", fix)
    done = state["stopped_early"] or state["step"] >= state["total_steps"] > 0
    more = done and (trainer.config.steps or 0) > state["step"]
    before = state["config"] | state["fingerprint"]
    now = dataclasses.asdict(trainer.config) | trainer.fingerprint
    different = [
        f"{name}：原来 {before.get(name)}，现在 {now.get(name)}" for name in sorted(before | now)
        if before.get(name) != now.get(name) and not (more and name in ("steps", "minutes", "patience"))
    ]  # fmt: skip
    found = "不能接着训练，有几项与中断时不同：\n  " + "\n  ".join(different)
    changed = before.get("数据") != now.get("数据")
    newer = "；文字没有改过，就是换了 tinygpt 的版本，读法变了" if changed else ""
    require(not different, found, "同样的数据、分词器与参数", f"改回原来的值，或{fix}{newer}")
    try:
        restore(trainer, tensors, state, trainer.out)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        found = f"{path} 里的状态放不回去：{error}"
        raise InputError(found, "同一个模型存下的检查点", f"从备份恢复，或{fix}") from error
    if more:
        trainer.total_steps, trainer.stopped_early, trainer.bad_evals = trainer.config.steps, False, 0
    if not trainer.workers.first:
        return
    truncate_log(trainer.out, trainer.step)
    for leftover in trainer.out.glob(".*.tmp"):  # 写到一半被杀掉留下的
        leftover.unlink(missing_ok=True)
