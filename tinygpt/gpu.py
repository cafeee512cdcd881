"""在 GPU 上训练得快的几件事，都接在外面，模型与训练循环不必知道。

张量核心（Tensor Core）一次乘一小块矩阵，比普通的乘法快十几倍，条件是精度低一些、边长是 64 的倍数：
精度由 bf16 与 TF32 给，边长由 PaddedLinear 补。乘法之外的时间多半花在搬数上，所以残差流也用 bf16，搬的少一半
（narrow_residual）。GPU 算这一批时，CPU 取好下一批，由 Prefetched 做。融合的优化器在 optim.py，不写出注意力
权重的 SDPA 在 layers.py，torch.compile 是 TrainConfig 的一项。

生成时 GPU 多半在等 CPU 一个一个地发出运算；形状不变的 StaticCache 让一步可以录成 CUDA graph，一次发出。
"""

from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tinygpt.config import GPTConfig
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


def narrow_residual(model: nn.Module) -> None:
    """autocast 期间，各个 embedding 交出半精度的向量，于是一层层加上去的残差流也是半精度的。

    autocast 自己只换矩阵乘法：embedding 交出 fp32，每一层都要把 fp32 的残差流读几遍、写几遍。权重仍是 fp32。
    """

    def narrow(module, inputs, output: Tensor) -> Tensor:
        kind = output.device.type
        return output.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else output

    for module in model.modules():
        if isinstance(module, nn.Embedding):
            module.register_forward_hook(narrow)


def prepared(model: nn.Module, train, device: torch.device):
    """（模型，训练数据）→ 在这个设备上训练得快的（模型，训练数据）；不是 GPU 就原样交还。"""
    if device.type != "cuda":
        return model, train
    torch.set_float32_matmul_precision("high")  # 剩下的 fp32 乘法用 TF32
    head = getattr(model, "lm_head", None)
    if isinstance(head, nn.Linear) and head.bias is None and head.out_features % MULTIPLE:
        model.lm_head = PaddedLinear.of(head)
    narrow_residual(model)
    return model, Prefetched(train)


class StaticCache:
    """形状一直不变的键值缓存：写到第几格也是一个张量，所以一步的每个运算每次都一样，可以录下来重放。

    代价是每一步都看全部容量，还没写的格子由掩码盖住。各行一样长。
    """

    def __init__(self, config: GPTConfig, batch_size: int = 1, device=None, dtype=None):
        shape = (config.n_layer, batch_size, config.n_kv_head, config.context_length, config.head_dim)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)
        self.numbers = torch.arange(config.context_length, device=device)
        self.length = torch.zeros(1, dtype=torch.long, device=device)  # 已有多少个 token

    def positions(self, n_new: int) -> Tensor:
        """接下来 n_new 个 token 的位置，形状 (1, t)。"""
        return (self.length + self.numbers[:n_new])[None]

    def mask(self, positions: Tensor) -> Tensor:
        """位置 p 的查询看得见键 0 … p，形状 (1, 1, t, s)。"""
        return (self.numbers <= positions[:, :, None])[:, None]

    def layer(self, index: int) -> "StaticCacheLayer":
        return StaticCacheLayer(self, index)

    def advance(self, n_new: int) -> None:
        """全部层都写完之后，长度加 n_new。"""
        self.length += n_new


class StaticCacheLayer:
    """StaticCache 的一层。"""

    def __init__(self, cache: StaticCache, index: int):
        self.cache, self.keys, self.values = cache, cache.keys[index], cache.values[index]

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """k、v (b, h, t, d) → 全部容量的键与值 (b, h, s, d)。"""
        places = self.cache.positions(k.size(2))[0]
        self.keys.index_copy_(2, places, k)
        self.values.index_copy_(2, places, v)
        return self.keys, self.values
