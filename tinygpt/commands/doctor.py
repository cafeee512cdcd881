"""tinygpt doctor：检查这台机器。"""

import importlib.metadata
import importlib.util
import locale
import os
import platform
import shutil
import sys
from pathlib import Path

import torch

from tinygpt.commands.arguments import json_argument
from tinygpt.commands.output import print_json
from tinygpt.device import cpu_bf16_speedup, pick_device, pick_precision

HELP, DESCRIPTION = "检查这台机器", "版本、设备、核数、这里快的精度、中文字体、编码、磁盘。"
LIBRARIES = (
    "torch", "einops", "tokenizers", "safetensors", "jupyterlab", "nbval", "ipywidgets", "matplotlib",
)  # fmt: skip
TITLES = {
    "python": "Python", "system": "系统", "device": "设备", "cores": "核数", "threads": "线程",
    "precision": "这里快的精度", "cpu_bf16_speedup": "CPU 上 bf16 是 fp32 的几倍快",
    "chinese_font": "中文字体", "encoding": "默认编码", "stdout_encoding": "屏幕编码",
    "free_disk_gb": "磁盘剩余 GB",
}  # fmt: skip


def add_arguments(parser) -> None:
    json_argument(parser)


def run(args) -> int:
    """检查这台机器；有一项不合适就返回 1。"""
    versions = {name: _version(name) for name in LIBRARIES}
    free = shutil.disk_usage(Path.cwd()).free
    device = pick_device("auto")
    font = _chinese_font()
    result = {
        "python": platform.python_version(), "system": platform.platform(), "versions": versions,
        "device": device.type, "cores": os.cpu_count(), "threads": torch.get_num_threads(),
        "precision": pick_precision("auto", device), "cpu_bf16_speedup": round(cpu_bf16_speedup(), 2),
        "chinese_font": font, "encoding": locale.getpreferredencoding(False),
        "stdout_encoding": sys.stdout.encoding, "free_disk_gb": round(free / 2**30, 1),
    }  # fmt: skip
    problems = [f"没有装 {n}：再运行一次 python3 start.py" for n, v in versions.items() if v is None]
    if font is None:
        problems.append("图里的中文会显示成方框：pip install zhplot")
    if free < 2**30:
        problems.append(f"磁盘只剩 {free / 2**20:.0f} MB：清理出至少 1 GB")
    if args.json:
        print_json(result | {"problems": problems})
    else:
        for key, title in TITLES.items():
            print(f"{title}：{result[key]}")
        print("版本：" + "、".join(f"{k} {v}" for k, v in versions.items()))
        print("\n".join(f"注意：{p}" for p in problems) or "一切正常。")
    return 1 if problems else 0


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _chinese_font() -> str | None:
    """zhplot 附带的字体文件名；没有就是 None。只找文件，不导入它（导入会改动 matplotlib 的设置）。"""
    spec = importlib.util.find_spec("zhplot")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    fonts = sorted(folder.rglob("*.[to]tf")) if folder else []
    return fonts[0].name if fonts else None
