"""模拟别的 CPU：环境变量 TINYGPT_JITTER=k 时，每个模型的初始权重都带上一点点噪声。

换一台机器，同样的程序每个数的末几位不同；训练几百步以后，有些结果就完全不同了。这里用一台机器就能试：
torch.nn.init 填进去的每个随机数都乘上 1 + 1e-6·z，z 是标准正态；从附带的模型的文件读出来的也一样。
z 由 k 与那些数自己决定，不动用 torch 的全局生成器：同一个种子造两次，两个模型仍然逐位相同（换一台机器也是
这样），种子不同，噪声也不同；两个进程的 k 相同，噪声就相同。自己的检查点照原样读，接着训练仍然逐位不差。

Python 启动时自己会导入 sitecustomize，条件是这个文件夹在 PYTHONPATH 里；run_notebooks.kernel_environment
只在设了 TINYGPT_JITTER 时把它放进去。这里不导入 torch：等程序自己导入以后再改，不用 torch 的程序不受影响。
"""

import functools
import os
import sys
import zlib
from importlib.machinery import PathFinder

SIZE = 1e-6
RANDOM = (
    "uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_",
    "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_",
)  # fmt: skip


def shake(tensor, seed: int) -> None:
    """原地乘上 1 + 1e-6·z。恰好是 0 的仍是 0；meta 张量里没有数，不管它。"""
    import torch

    if tensor.is_meta or not tensor.is_floating_point():
        return
    content = tensor.detach().flatten().cpu().view(torch.uint8).numpy().tobytes()
    mixed = zlib.crc32(f"{seed} ".encode() + content)  # CPU 上的生成器只用得上 32 位
    generator = torch.Generator("cpu").manual_seed(mixed)
    noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64, device="cpu")
    with torch.no_grad():
        tensor.mul_((1 + SIZE * noise).to(tensor.device, tensor.dtype))


def patch_init(module, seed: int) -> None:
    """torch.nn.init：填随机数的函数，填完再摇一下。"""

    def shaken(fill):
        @functools.wraps(fill)
        def fill_and_shake(*args, **kwargs):
            tensor = fill(*args, **kwargs)
            shake(tensor, seed)
            return tensor

        return fill_and_shake

    for name in RANDOM:
        if hasattr(module, name):
            setattr(module, name, shaken(getattr(module, name)))


def patch_load_tensors(module, seed: int) -> None:
    """tinygpt.checkpoint：从附带的模型的文件读出的权重，换成单精度（半精度装不下这点噪声），摇一下。"""
    load = module.load_tensors

    @functools.wraps(load)
    def load_and_shake(path):
        tensors, state = load(path)
        if os.path.basename(os.path.dirname(os.path.dirname(os.path.abspath(path)))) == "pretrained":
            tensors = {name: tensor.float() for name, tensor in tensors.items()}
            for tensor in tensors.values():
                shake(tensor, seed)
        return tensors, state

    module.load_tensors = load_and_shake


PATCHES = {"torch.nn.init": patch_init, "tinygpt.checkpoint": patch_load_tensors}


class AfterImport:
    """sys.meta_path 里的一项：照常找到模块，只在它执行完以后改一改。"""

    def __init__(self, seed: int):
        self.seed = seed

    def find_spec(self, name, path=None, target=None):
        if name not in PATCHES or (spec := PathFinder.find_spec(name, path, target)) is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_patch(module):
            execute(module)
            PATCHES[name](module, self.seed)

        spec.loader.exec_module = execute_and_patch
        return spec


if os.environ.get("TINYGPT_JITTER"):
    sys.meta_path.insert(0, AfterImport(int(os.environ["TINYGPT_JITTER"])))
