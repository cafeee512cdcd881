"""检查点：原子地写，不用 pickle 读。

这里只知道张量、JSON 与文件夹，不知道它们属于哪个模型。一次训练的文件夹：

    model.safetensors      最好的权重（验证损失最小的那一次）
    config.json            模型的形状
    tokenizer.json         分词器
    run.json               数据、训练参数、结果
    training.safetensors   接着训练要用的一切：当前权重、优化器、随机数状态、第几步
    metrics.jsonl          每一步的损失等

每个文件都先写到旁边的临时文件，落盘，再改名：改名是原子的，任何时刻断电，看到的都是完整的旧文件或新文件。
张量与 state 的校验和（CRC-32）存在文件头里，读的时候核对：磁盘坏了一个字节也看得出来。

文件可能是陌生人给的：什么代码也不执行，声明的大小先核对再分配内存，JSON 太大就不读。
"""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import struct
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from tinygpt.errors import InputError, require

LARGEST_JSON = 16 << 20  # 字节；自己写的只有几 KB
NO_FSYNC = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def atomic(path: str | Path):
    """with atomic(path) as temporary: 往 temporary 里写；顺利结束时改名为 path，否则不留痕迹。"""
    path = Path(path)
    temporary = beside(path)
    temporary.touch(exist_ok=False)
    mode = stat.S_IMODE(temporary.stat().st_mode)  # 由使用者的 umask 定
    try:
        yield temporary
        flush_to_disk(temporary)
        with suppress(OSError):  # safetensors 会改成只有自己能读；有的网络盘、U 盘不许改，那就由它
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """path 旁边的一个临时名字，谁也猜不到，不会与别的进程相撞。"""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def flush_to_disk(path: Path) -> None:
    """让写下的真正落盘。有的网络盘没有这个功能，那就由它。"""
    with open(path, "rb+") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in NO_FSYNC:
                raise


def require_absent(path: str | Path) -> None:
    """要写的地方已经有东西就报错：从不悄悄覆盖。"""
    require(not os.path.lexists(path), f"{path} 已经存在", "一个新的名字", "换一个名字，或先把它移走")


@contextmanager
def new_folder(path: str | Path):
    """with new_folder(path) as temporary: 往这个文件夹里写；顺利结束时改名为 path，否则不留痕迹。"""
    path = Path(path)
    require_absent(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = beside(path)
    temporary.mkdir()
    try:
        yield temporary
        os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_json(path: str | Path, values: dict) -> None:
    with atomic(path) as temporary:
        text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
        temporary.write_text(text, encoding="utf-8", errors="replace")  # 文件名里可能有不是 UTF-8 的字节


def read_json(path: str | Path) -> dict:
    path, fix = Path(path), "检查 --model 指向的文件夹"
    require(path.is_file(), f"没有 {path}", "tinygpt 训练出来的模型文件夹", fix)
    size = path.stat().st_size
    require(size <= LARGEST_JSON, f"{path} 有 {size:,} 字节", f"不超过 {LARGEST_JSON:,} 字节", fix)
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))  # 记事本另存的，开头有 BOM
    except json.JSONDecodeError as error:
        place = f"第 {error.lineno} 行第 {error.colno} 个字符处不合 JSON 的写法"
        fix = "手改过就改正这一行（JSON 里不能有注释，最后一项后面没有逗号）；不然就从备份恢复，或重新训练"
        raise InputError(f"{path} 已损坏：{place}（{error.msg}）", "完整的 JSON 文件", fix) from error
    except UnicodeDecodeError as error:
        fix = "用“UTF-8”再存一次；不然就从备份恢复，或重新训练"
        raise InputError(f"{path} 已损坏：不是 UTF-8 写的", "UTF-8 的 JSON 文件", fix) from error
    except (ValueError, RecursionError) as error:  # 几千位的整数、括号套得太深
        raise InputError(f"{path} 已损坏：{error}", "完整的 JSON 文件", "重新训练，或从备份恢复") from error
    is_object = isinstance(values, dict)
    require(is_object, f"{path} 里是 {values!r:.60}", "一个 JSON 对象", "检查它是不是 tinygpt 写的")
    return values


def save_tensors(path: str | Path, tensors: dict[str, Tensor], state: dict | None = None) -> None:
    """写一个 safetensors 文件；state 是任何能写成 JSON 的东西，存在文件头里，与张量同生同灭。"""
    unique = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(state or {}, ensure_ascii=False)
    metadata = {"format": "pt", "state": text, "crc32": _checksum(unique, text)}
    with atomic(path) as temporary:
        try:
            safetensors.torch.save_file(unique, temporary, metadata=metadata)
        except SafetensorError as error:  # 它把系统的错误包了一层，这里还原成 OSError
            code = re.search(r"os error (\d+)", str(error))
            raise OSError(int(code.group(1)) if code else errno.EIO, "写不进检查点", str(path)) from error


def _checksum(tensors: dict[str, Tensor], state: str) -> str:
    """名字、形状、内容与 state 的 CRC-32。"""
    total = zlib.crc32(state.encode("utf-8"))
    for name, tensor in sorted(tensors.items()):
        total = zlib.crc32(f"{name}{tensor.dtype}{list(tensor.shape)}".encode(), total)
        total = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy(), total)
    return f"{total:08x}"


@contextmanager
def _opened(path: Path):
    """打开一个 safetensors 文件；残缺、不是这种文件都说清楚。不执行任何代码。"""
    require(path.is_file(), f"没有 {path}", "tinygpt 训练出来的模型文件夹", "检查文件夹有没有写错")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except InputError:
        raise
    except (SafetensorError, struct.error, ValueError, RecursionError) as error:
        found = f"{path} 不完整或不是 safetensors 文件：{error}"
        raise InputError(found, "完整的检查点", "从备份恢复，或重新训练（下载来的就重新下载）") from error


def tensor_shapes(path: str | Path) -> dict[str, tuple[int, ...]]:
    """各张量的名字与形状，只读文件头：先核对，再分配内存。"""
    with _opened(Path(path)) as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


def load_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict]:
    """读回 （张量，state）；文件残缺、坏了一个字节、不是 safetensors 就报错。不执行任何代码。

    张量各有自己的内存：safetensors 交出的是文件的映射，只要还有一个活着，Windows 就不让替换这个文件。
    """
    path = Path(path)
    with _opened(path) as file:
        names = list(file.keys())  # safe_open 不能直接迭代
        tensors = {name: file.get_tensor(name).clone() for name in names}
        metadata = file.metadata() or {}
        text = metadata.get("state", "{}")
        require(len(text) <= LARGEST_JSON, f"{path} 的文件头有 {len(text):,} 个字符", "几千个字符")
        state = json.loads(text)
    whole = metadata.get("crc32") in (None, _checksum(tensors, text))  # 别处来的文件没有校验和
    found = f"{path} 坏了：内容与写下时的校验和不同，至少有一个字节变了"
    require(whole, found, "没有损坏的检查点", "从备份恢复，或重新训练；也检查一下磁盘")
    return tensors, state


def require_finite(tensors: dict[str, Tensor], path: str | Path, expected: str, fix: str) -> None:
    """每一个数都是有限的：一个 nan 就让全部输出都成了 nan。"""
    finite = all(tensor.isfinite().all() for tensor in tensors.values())
    require(finite, f"{path} 里有不是有限的数（nan 或 inf）", expected, fix)


def file_digest(path: str | Path) -> str:
    """一个文件内容的摘要。"""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:24]


def check_fit(model, shapes: dict[str, tuple[int, ...]], source, wanted=None) -> None:
    """这些名字与形状放得进模型；不行就说出第一处。共用的权重只要有一份。

    wanted 是应当有的名字，默认是模型的全部。
    """
    own = model.state_dict(keep_vars=True)
    given = {id(own[name]) for name in shapes if name in own}
    problems = [f"缺少 {n}" for n in wanted or own if n not in shapes and id(own[n]) not in given]
    problems += [f"多出 {n}" for n in shapes if n not in own]
    problems += [
        f"{n} 的形状是 {shapes[n]}，模型里是 {tuple(own[n].shape)}"
        for n in own if n in shapes and shapes[n] != tuple(own[n].shape)
    ]  # fmt: skip
    require(
        not problems,
        f"{source} 与模型对不上：{''.join(problems[:1])}（共 {len(problems)} 处）",
        "同一形状的模型存下的检查点", "检查 config.json 与权重是不是来自同一次训练",
    )  # fmt: skip


def load_weights(model, tensors: dict[str, Tensor], source, wanted=None) -> None:
    """把权重放进模型；名字或形状对不上就报错，模型不变。wanted 同 check_fit。"""
    check_fit(model, {name: tuple(tensor.shape) for name, tensor in tensors.items()}, source, wanted)
    model.load_state_dict(tensors, strict=False)


def model_tensors(model) -> dict[str, Tensor]:
    """模型的全部权重，共用的只留一份（named_parameters 本来就不重复）。"""
    return dict(model.named_parameters()) | dict(model.named_buffers())
