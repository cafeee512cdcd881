"""在 GPU 上训练得快的几件事，都接在外面，模型与训练循环不必知道。

张量核心（Tensor Core）一次乘一小块矩阵，比普通的乘法快十几倍，条件是精度低一些、边长是 64 的倍数：
精度由 bf16 与 TF32 给，边长由 PaddedLinear 补。GPU 算这一批时，CPU 取好下一批，由 Prefetched 做。
融合的优化器在 optim.py，不写出注意力权重的 SDPA 在 layers.py，torch.compile 是 TrainConfig 的一项。
"""

from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tinygpt.losses import Batch

MULTIPLE = 64  # 张量核心喜欢的边长


class PaddedLinear(nn.Linear):
    """与 nn.Linear 一样，只是乘之前把输出的个数补到 64 的倍数，乘完去掉补的。

    GPT-2 的词表 50257 是奇数，补到 50304，输出层在张量核心上快几倍（nanoGPT 也这样做，不过是把词表改大）。
    补的行是 0，权重仍是原来那一个：名字、形状、存下的文件都不变。
    """

    @classmethod
    def of(cls, linear: nn.Linear) -> "PaddedLinear":
        """接管 linear 的权重。"""
        padded = cls(linear.in_features, linear.out_features, bias=False, device="meta")
        padded.weight = linear.weight
        return padded

    def forward(self, x: Tensor) -> Tensor:
        weight = F.pad(self.weight, (0, 0, 0, -self.out_features % MULTIPLE))
        return F.linear(x, weight)[..., : self.out_features]


class Prefetched:
    """包住训练数据：交出第 n 批的同时，另一个线程取好第 n + 1 批，放进锁页内存，拷到 GPU 时不必等。"""

    def __init__(self, data, pin: bool = True):
        self.data, self.pin, self.thread = data, pin, ThreadPoolExecutor(1)
        self.number, self.next = None, None  # 正在取的是第几批，与它将来的结果

    def batch(self, n: int) -> Batch:
        """第 n 批，与包住之前的完全一样。"""
        batch = self.next.result() if self.number == n else self._load(n)
        self.number, self.next = n + 1, self.thread.submit(self._load, n + 1)
        return batch

    def _load(self, n: int) -> Batch:
        batch = self.data.batch(n)
        return {name: tensor.pin_memory() for name, tensor in batch.items()} if self.pin else batch


def prepared(model: nn.Module, train, device: torch.device):
    """（模型，训练数据）→ 在这个设备上训练得快的（模型，训练数据）；不是 GPU 就原样交还。"""
    if device.type != "cuda":
        return model, train
    torch.set_float32_matmul_precision("high")  # 剩下的 fp32 乘法用 TF32
    head = getattr(model, "lm_head", None)
    if isinstance(head, nn.Linear) and head.bias is None and head.out_features % MULTIPLE:
        model.lm_head = PaddedLinear.of(head)
    return model, Prefetched(train)
