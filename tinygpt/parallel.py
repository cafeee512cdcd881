"""几个进程一起训练：torchrun 启动它们，torch.distributed 让它们说话，这里把它们接到训练循环上。

    torchrun --nproc_per_node=2 -m tinygpt train …      两个进程（一个 GPU 一个进程，没有 GPU 就用 CPU）

约定只有一条：一步的那一批由（种子，第几步）决定，与进程数无关；每个进程取其中的几行
（行号除以进程数，余数是自己的号）。损失是和，梯度是和的梯度，所以各进程的梯度加起来，就是一个进程算整批的梯度，只差舍入；换一个进程数接着训练，
数据的次序也丝毫不变。只有 0 号进程写文件、印字。

三种做法，同样的几个函数，训练循环不必知道是哪一种：

    Alone      一个进程：什么也不做
    Together   DDP：每个进程有整个模型，反向时把梯度加起来
    Sharded    FSDP2：每个进程只存几分之一的权重与优化器状态，用到哪一层，临时凑齐哪一层；放得下更大的模型

这里知道进程、设备与张量，不知道模型是什么，也不知道文件。
"""

import contextlib
import datetime
import os
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice

import numpy as np
import torch
from torch import Tensor, distributed, nn

from tinygpt.device import pick_device
from tinygpt.errors import require

PATIENCE = datetime.timedelta(hours=2)  # 等别的进程最多多久：0 号进程训练分词器时，别的都在等
LAUNCHED = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")  # torchrun 会设的
LOST = ("gloo/", "NCCL", "Connection closed by peer", "Connection reset by peer")


class Alone:
    """只有一个进程。下面两种与它有同样的几个函数。"""

    rank, size = 0, 1
    no_graph = staticmethod(torch.inference_mode)  # 评估时：不为反向传播留下什么

    @property
    def first(self) -> bool:
        """是不是 0 号：只有它写文件、印字。"""
        return self.rank == 0

    def prepare(self, model: nn.Module) -> None:
        """建优化器之前：把模型切开（只有 Sharded 要切）。"""

    def wrap(self, model, objective) -> Callable:
        """（模型，目标）→ 收下一批、交出损失之和的函数；反向之后，梯度已是各进程之和除以 size。"""
        return partial(objective, model)

    def adding_up(self, loss, last: bool):
        """with adding_up(…)：梯度累积的最后一个小批才与别的进程相加，前面几个只记在自己这里。"""
        return contextlib.nullcontext()

    def share(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """一批里归这个进程的几行。"""
        return batch

    def own(self, batches: Iterable) -> Iterable:
        """评估的各批里，归这个进程的。"""
        return batches

    def sums(self, *numbers: float) -> list[float]:
        """各进程的数（own 的那些批上算出的）加起来。"""
        return list(numbers)

    def total(self, number: Tensor) -> Tensor:
        """各进程的一个标量加起来。"""
        return number

    def any(self, flag: bool) -> bool:
        """有没有一个进程说“是”：大家得到同一个回答，才不会有的停了、有的还在等。"""
        return flag

    def from_first(self, make: Callable):
        """只在 0 号进程里做 make，大家都得到它的结果。"""
        return make()

    def seed(self, seed: int, step: int) -> None:
        """这一步的随机数（dropout）。一个进程：接着用生成器里的，不必重新播种。"""

    def require_same(self, values: dict) -> None:
        """各进程读到的是不是同样的东西。"""

    def whole(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """切开的张量凑成完整的，好写进文件。"""
        return tensors

    def parts(self, tensors: dict[str, Tensor], owners: dict[str, Tensor]) -> dict[str, Tensor]:
        """完整的张量切成自己的那一份，照它所属的参数（owners：名字 → 参数）那样切。"""
        return tensors


ALONE = Alone()


class _Step(nn.Module):
    """目标也包进模块：DDP 在 forward 里做准备，而目标不一定只调用模型的 forward。"""

    def __init__(self, model: nn.Module, objective):
        super().__init__()
        self.model, self.objective = model, objective

    def forward(self, batch):
        return self.objective(self.model, batch)


class Together(Alone):
    """DDP(Li 等 2020)：每个进程一个完整的模型。"""

    def __init__(self, device: torch.device):
        self.device, self.rank, self.size = device, distributed.get_rank(), distributed.get_world_size()

    def wrap(self, model, objective) -> Callable:
        return nn.parallel.DistributedDataParallel(_Step(model, objective), gradient_as_bucket_view=True)

    def adding_up(self, loss, last: bool):
        return contextlib.nullcontext() if last else loss.no_sync()

    def share(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        rows = min(map(len, batch.values()))
        found = f"一个小批有 {rows} 个窗口，却有 {self.size} 个进程"
        require(rows >= self.size, found, "每个进程至少一个", f"--batch-size {self.size} 或更大；或少开进程")
        return {name: tensor[self.rank :: self.size] for name, tensor in batch.items()}

    def own(self, batches: Iterable) -> Iterable:
        return islice(batches, self.rank, None, self.size)

    def sums(self, *numbers: float) -> list[float]:
        return self.total(torch.tensor(numbers, dtype=torch.float64, device=self.device)).tolist()

    def total(self, number: Tensor) -> Tensor:
        distributed.all_reduce(number)
        return number

    def any(self, flag: bool) -> bool:
        return self.total(torch.tensor(int(flag), device=self.device)).item() > 0

    def from_first(self, make: Callable):
        box = [make() if self.first else None]
        distributed.broadcast_object_list(box)
        return box[0]

    def seed(self, seed: int, step: int) -> None:
        """由（种子，第几步，第几个进程）决定：各进程不同，接着训练时不必存各进程的生成器。"""
        number = np.random.SeedSequence([seed, step, self.rank]).generate_state(1, np.uint64)
        torch.manual_seed(int(number[0]))

    def require_same(self, values: dict) -> None:
        found = [None] * self.size
        distributed.all_gather_object(found, values)
        different = [name for name in values if any(other[name] != found[0][name] for other in found)]
        problem = f"各个进程的{'、'.join(different)}不同"
        require(not different, problem, "每台机器上同样的文件、同样的参数", "把同样的文件拷到每台机器")


class Sharded(Together):
    """FSDP2(Zhao 等 2023;torch.distributed.fsdp.fully_shard)：权重、梯度、优化器状态都切开存。

    每次前向都要大家一起凑权重，所以评估时每个进程都要算同样多次：各进程都评估全部的批。
    """

    no_graph = staticmethod(torch.no_grad)  # 凑权重的内存要能改大小，inference_mode 里不行

    def prepare(self, model: nn.Module) -> None:
        from torch.distributed.fsdp import fully_shard

        for child in model.modules():
            if isinstance(child, nn.ModuleList):
                for block in child:
                    fully_shard(block)
        fully_shard(model, reshard_after_forward=True)  # 默认评估之后不再切开，存检查点时就不是一份了

    def wrap(self, model, objective) -> Callable:
        return partial(objective, model)

    def adding_up(self, loss, last: bool):
        (model,) = loss.args
        model.set_requires_gradient_sync(last)
        return contextlib.nullcontext()

    def own(self, batches: Iterable) -> Iterable:
        return batches

    def sums(self, *numbers: float) -> list[float]:
        return list(numbers)

    def whole(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        cut = {name: t.full_tensor() for name, t in tensors.items() if hasattr(t, "full_tensor")}
        return tensors | cut

    def parts(self, tensors: dict[str, Tensor], owners: dict[str, Tensor]) -> dict[str, Tensor]:
        from torch.distributed.tensor import DTensor, distribute_tensor

        cut = {}
        for name, tensor in tensors.items():
            owner = owners.get(name, owners.get(name.rpartition(".")[0]))
            alike = isinstance(owner, DTensor) and owner.shape == tensor.shape
            if alike and not isinstance(tensor, DTensor):
                tensor = distribute_tensor(tensor.to(owner.device), owner.device_mesh, owner.placements)
            cut[name] = tensor
        return cut


@contextlib.contextmanager
def joined(device_name: str, fsdp: bool = False):
    """with joined("auto") as (workers, device)：与 torchrun 启动的别的进程接上；一个进程就是 ALONE。

    不是 0 号的进程，期间什么也不印；出错的话由外面印。
    """
    device, size = pick_device(device_name), int(os.environ.get("WORLD_SIZE", 1))
    missing = [name for name in LAUNCHED if name not in os.environ] if size > 1 else []
    found = f"环境变量 WORLD_SIZE={size}，可是没有 {'、'.join(missing)}：不是由 torchrun 启动的"
    require(not missing, found, "一个进程，或由 torchrun 启动", "unset WORLD_SIZE；要几个进程就用 torchrun")
    need = "torchrun --nproc_per_node=几个 -m tinygpt train … --fsdp"
    require(size > 1 or not fsdp, "--fsdp，可是只有一个进程", need, "去掉 --fsdp，或用 torchrun 启动")
    if size == 1:
        yield ALONE, device
        return
    require(distributed.is_available(), "这个 PyTorch 没有 torch.distributed", "带它的版本", "用一个进程训练")
    require(device.type in ("cpu", "cuda"), f"几个进程，设备是 {device}", "cpu 或 cuda", "加上 --device cpu")
    if device.type == "cuda":
        device = pick_device(f"cuda:{os.environ['LOCAL_RANK']}")  # 一个进程一个 GPU；不够就说清楚
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    workers = (Sharded if fsdp else Together)(device)
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.ExitStack() as quiet:
        if not workers.first:
            quiet.enter_context(contextlib.redirect_stdout(nowhere))
            quiet.enter_context(contextlib.redirect_stderr(nowhere))
        yield workers, device
        distributed.destroy_process_group()  # 出了错就不等别人：torchrun 会停下它们


def is_lost(error: Exception) -> bool:
    """这个错误是不是“与别的进程的联系断了”。"""
    several = distributed.is_available() and distributed.is_initialized()
    known = isinstance(error, getattr(distributed, "DistError", ())) or any(w in str(error) for w in LOST)
    return several and isinstance(error, RuntimeError) and known
