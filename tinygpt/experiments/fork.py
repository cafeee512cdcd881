"""时间的岔路：回到一次训练的第 N 步，只改一样，两边接着走，看第一个不同的张量是哪一个。

训练的全部状态（权重、优化器、随机数、第几步）都存得下来、放得回去，数据的次序由（种子，n）决定，
所以什么也不改，两边逐位相同；改了一样，不同从哪里开始、怎样长大，就都是那一样造成的。
一步之内的张量按算出来的次序记下：输入、各个模块的输出、损失、梯度、更新以后的权重。
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from tinygpt import training_state
from tinygpt.layers import fused_attention
from tinygpt.metrics import Metrics
from tinygpt.trainer import Trainer

Change = Callable[[Trainer], None]  # 在岔路口改一样


@dataclass(frozen=True)
class Snapshot:
    """第 step 步之后的全部状态（副本）。"""

    step: int
    tensors: dict[str, Tensor]
    state: dict

    @classmethod
    def of(cls, trainer: Trainer) -> "Snapshot":
        tensors, state = training_state.capture(trainer)
        return cls(trainer.step, {name: tensor.clone() for name, tensor in tensors.items()}, state)


@dataclass(frozen=True)
class Difference:
    """第 step 步里，name 这个张量不同；size 是相差最大的一处，of 是它自己最大的一处。"""

    step: int
    name: str
    size: float
    of: float


@dataclass
class Fork:
    """两条路走完以后：第一个不同的张量（没有就是 None），每一步权重相距多远，两个训练好的模型。"""

    first: Difference | None
    steps: list[int] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    models: tuple[nn.Module, nn.Module] | None = None
    losses: tuple[list[float], list[float]] = ([], [])


def record(trainer: Trainer, every: int) -> dict[int, Snapshot]:
    """走完一次训练，每 every 步（还有开头）存一份：{第几步: Snapshot}。"""
    kept = {0: Snapshot.of(trainer)}
    for metrics in trainer:
        if metrics.step % every == 0:
            kept[metrics.step] = Snapshot.of(trainer)
    return kept


class Branch:
    """岔路的一边：自己的 Trainer 与自己的随机数；两边轮流走，互不打扰。"""

    def __init__(self, make: Callable[[], Trainer], snapshot: Snapshot, change: Change | None):
        self.trainer = make()
        fresh = {name: tensor.clone() for name, tensor in snapshot.tensors.items()}  # 优化器会就地改动
        training_state.restore(self.trainer, fresh, snapshot.state, "岔路口的状态")
        if change:
            change(self.trainer)
        self.random = training_state.random_states(self.trainer.device)
        self.iterator: Iterator[Metrics] = iter(self.trainer)

    def step(self, watch: bool) -> tuple[float, dict[str, Tensor]]:
        """走一步 → （损失，这一步的张量）；不必看时不记。"""
        training_state.set_random_states(self.random, self.trainer.device)
        with tensors_of_a_step(self.trainer.model) if watch else ExitStack() as seen:
            loss = next(self.iterator).loss
        self.random = training_state.random_states(self.trainer.device)
        if not watch:
            return loss, {}
        weights = {f"更新以后的 {name}": p for name, p in self.trainer.model.named_parameters()}
        return loss, {**seen, **{name: p.detach().clone() for name, p in weights.items()}}

    def weights(self) -> Tensor:
        return torch.cat([p.detach().flatten() for p in self.trainer.model.parameters()])


@contextmanager
def tensors_of_a_step(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """一步之内：模型的输入、各个模块的输出（照算出来的次序），各个参数的梯度（照反向的次序）。"""
    seen: dict[str, Tensor] = {}
    with ExitStack() as hooks:
        for name, module in model.named_modules():
            for handle in _watch(module, name, seen):
                hooks.callback(handle.remove)
        for name, parameter in model.named_parameters():
            handle = parameter.register_post_accumulate_grad_hook(_grad_recorder(name, seen))
            hooks.callback(handle.remove)
        yield seen


def _watch(module: nn.Module, name: str, seen: dict) -> list:
    def output(module, inputs, result):
        seen[f"{name or 'logits'} 的输出"] = result.detach().clone()

    def first_input(module, inputs):
        seen["输入的编号"] = inputs[0].detach().clone()

    handles = [module.register_forward_hook(output)]
    return handles if name else [module.register_forward_pre_hook(first_input), *handles]


def _grad_recorder(name: str, seen: dict) -> Callable[[Tensor], None]:
    def record_grad(parameter: Tensor) -> None:
        seen[f"{name} 的梯度"] = parameter.grad.detach().clone()

    return record_grad


def first_difference(step: int, ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> Difference | None:
    """照次序找第一个不是逐位相同的张量。"""
    for name, tensor in ours.items():
        if not torch.equal(tensor, theirs[name]):
            size = (tensor.double() - theirs[name].double()).abs().max().item()
            return Difference(step, name, size, tensor.double().abs().max().item())
    return None


def fork(make: Callable[[], Trainer], snapshot: Snapshot, change: Change | None, steps: int) -> Fork:
    """从 snapshot 岔开，一边照旧，一边做过 change，各走 steps 步。

    make 造一个与原来一样的 Trainer（同样的模型、数据、参数）；它从哪里开始由 snapshot 决定。
    """
    state = training_state.random_states(torch.device("cpu"))
    same, other = Branch(make, snapshot, None), Branch(make, snapshot, change)
    found = Fork(None, [snapshot.step], [float((same.weights() - other.weights()).norm())])
    for _ in range(steps):
        watch = found.first is None
        (loss, ours), (their_loss, theirs) = same.step(watch), other.step(watch)
        step = same.trainer.step
        found.first = found.first or first_difference(step, ours, theirs)
        found.steps.append(step)
        found.distances.append(float((same.weights() - other.weights()).norm()))
        found.losses[0].append(loss)
        found.losses[1].append(their_loss)
    training_state.set_random_states(state, torch.device("cpu"))
    found.models = (same.trainer.model.eval(), other.trainer.model.eval())
    return found


# ---- 可以改的几样 ----


def rate_times(factor: float) -> Change:
    """学习率乘 factor。"""

    def change(trainer: Trainer) -> None:
        config = trainer.config
        trainer.config = type(config)(**{**vars(config), "learning_rate": config.learning_rate * factor})

    return change


def dropout_seed(seed: int) -> Change:
    """丢弃（dropout）从另一串随机数取。"""
    return lambda trainer: torch.manual_seed(seed) and None


def one_batch(n: int, batch: dict[str, Tensor]) -> Change:
    """第 n 批换成 batch，别的批不变。"""

    def change(trainer: Trainer) -> None:
        trainer.train_data = Swapped(trainer.train_data, n, batch)

    return change


@dataclass(frozen=True)
class Swapped:
    """与 data 一样，只有第 n 批不同。"""

    data: object
    n: int
    other: dict[str, Tensor]

    def batch(self, n: int) -> dict[str, Tensor]:
        return self.other if n == self.n else self.data.batch(n)


def no_mask(trainer: Trainer) -> None:
    """注意力不再遮住后面的位置（第 02 课：它会抄右边的字）。"""
    for block in trainer.model.transformer.blocks:
        block.attention.attend = lambda q, k, v, mask: fused_attention(q, k, v, None)


def one_weight(size: float) -> Change:
    """一个权重加上 size。"""

    def change(trainer: Trainer) -> None:
        with torch.no_grad():
            next(trainer.model.parameters()).view(-1)[0] += size

    return change
