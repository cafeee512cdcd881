"""编号缓存的文件夹：在哪里，是不是完整的，怎样写进去。

同样的文字、分词器与划分只编一次，写在以摘要命名的文件夹里：train.bin、validation.bin，meta.json 记着来历。
每次用之前都核对；坏了、缺了、写到一半的，就由文字重新写一份。这里不知道编号是怎样来的。
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinygpt.checkpoint import file_digest
from tinygpt.errors import InputError, system_reason
from tinygpt.locks import held

PARTS = ("train", "validation")
CHOOSE = "设环境变量 TINYGPT_CACHE，指到一个能写、放得下的文件夹"


def default_cache_dir() -> Path:
    """编号缓存的位置：环境变量 TINYGPT_CACHE，否则是用户目录下的 .cache/tinygpt。"""
    if os.environ.get("TINYGPT_CACHE"):
        return Path(os.environ["TINYGPT_CACHE"]).expanduser()
    try:
        return Path.home() / ".cache" / "tinygpt"
    except RuntimeError as error:  # 没有 HOME，系统里也查不到这个用户
        raise InputError("不知道用户目录在哪里，放不了编号缓存", "环境变量 HOME", CHOOSE) from error


def stored(folder: Path | None, digest: str, write: Callable[[Path], dict]) -> Path:
    """folder 里名叫 digest 的缓存；没有或坏了就让 write(文件夹) 写一份，它返回 meta。"""
    folder = folder or default_cache_dir()
    target = folder / digest
    if is_whole(target):
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder / f"{digest}.lock", wait=True):
            if not is_whole(target):  # 等的时候，别的进程可能刚写好同样的一份
                _build(target, write)
    except OSError as error:
        place = Path(error.filename or folder)
        if not (place.is_relative_to(folder) or folder.is_relative_to(place)):
            raise  # 是读文字时的错误
        found = f"编号缓存写不进 {folder}：{system_reason(error)[0]}"
        raise InputError(found, "能写、放得下编号的文件夹", CHOOSE) from error
    return target


def is_whole(target: Path) -> bool:
    """target 里的缓存是不是完整的：meta.json 读得懂，两个文件的大小与摘要都和它记的一样。"""
    try:
        meta = json.loads((target / "meta.json").read_text(encoding="utf-8"))
        width = np.dtype(meta["dtype"]).itemsize
        for name in PARTS:
            path = target / f"{name}.bin"
            size = meta[f"{name}_tokens"] * width
            if path.stat().st_size != size or file_digest(path) != meta["sha256"][name]:
                return False
        return meta.pop("check") == _check(meta)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _build(target: Path, write: Callable[[Path], dict]) -> None:
    """写在旁边，写完才改名为 target。锁在手里，所以坏了的、以前写到一半被杀掉留下的都可以删。"""
    for leftover in target.parent.glob(f"{target.name}.*.tmp"):
        shutil.rmtree(leftover, ignore_errors=True)
    work = target.with_name(f"{target.name}.{secrets.token_hex(4)}.tmp")
    work.mkdir()  # 权限由 umask 定：几个人共用的缓存，别人也读得到
    try:
        meta = write(work) | {"digest": target.name}
        meta["sha256"] = {name: file_digest(work / f"{name}.bin") for name in PARTS}
        text = json.dumps(meta | {"check": _check(meta)}, ensure_ascii=False, indent=1)
        (work / "meta.json").write_text(text, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check(meta: dict) -> str:
    """meta 自己的摘要。"""
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()[:16]
