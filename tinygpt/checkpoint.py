"""检查点：原子地写，不用 pickle 读。

这里只知道张量、JSON 与文件夹，不知道它们属于哪个模型。一次训练的文件夹：

    model.safetensors      最好的权重（验证损失最小的那一次）
    config.json            模型的形状
    tokenizer.json         分词器
    run.json               数据、训练参数、结果
    training.safetensors   接着训练要用的一切：当前权重、优化器、随机数状态、第几步
    metrics.jsonl          每一步的损失等

每个文件都先写到旁边的临时文件，落盘，再改名：改名是原子的，任何时刻断电，看到的都是完整的旧文件或新文件。
"""

import errno
import json
import os
import re
import struct
import tempfile
from contextlib import contextmanager
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from tinygpt.errors import InputError


@contextmanager
def atomic(path: str | Path):
    """with atomic(path) as temporary: 往 temporary 里写；顺利结束时改名为 path，否则不留痕迹。"""
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def write_json(path: str | Path, values: dict) -> None:
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> dict:
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"没有 {path}", "tinygpt 训练出来的模型文件夹", "检查 --model 指向的文件夹") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} 已损坏：{error}", "完整的 JSON 文件", "重新训练，或从备份恢复") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} 里是 {values!r}", "一个 JSON 对象", "检查它是不是 tinygpt 写的")
    return values


def save_tensors(path: str | Path, tensors: dict[str, Tensor], state: dict | None = None) -> None:
    """写一个 safetensors 文件；state 是任何能写成 JSON 的东西，存在文件头里，与张量同生同灭。"""
    unique = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with atomic(path) as temporary:
        try:
            safetensors.torch.save_file(unique, temporary, metadata={"state": json.dumps(state or {}, ensure_ascii=False)})
        except SafetensorError as error:  # 它把系统的错误包了一层，这里还原成 OSError
            code = re.search(r"os error (\d+)", str(error))
            raise OSError(int(code.group(1)) if code else errno.EIO, "写不进检查点", str(path)) from error


def load_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict]:
    """读回 （张量，state）；文件残缺或不是 safetensors 就报错。不执行任何代码。"""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"没有 {path}", "tinygpt 训练出来的模型文件夹", "检查文件夹有没有写错")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 safe_open 不能直接迭代
            state = json.loads((file.metadata() or {}).get("state", "{}"))
    except (SafetensorError, json.JSONDecodeError, struct.error, ValueError) as error:
        raise InputError(f"{path} 不完整或不是 safetensors 文件：{error}", "完整的检查点", "从备份恢复，或重新训练") from error
    return tensors, state


def load_weights(model, tensors: dict[str, Tensor], source) -> None:
    """把权重放进模型；名字或形状对不上就说出第一处。共用的权重只存了一份。"""
    own = model.state_dict()
    shared = {name for name in own if name not in tensors and any(own[name] is own[other] or own[name].data_ptr() == own[other].data_ptr() for other in tensors if other in own)}
    problems = [f"缺少 {n}" for n in own if n not in tensors and n not in shared]
    problems += [f"多出 {n}" for n in tensors if n not in own]
    problems += [f"{n} 的形状是 {tuple(tensors[n].shape)}，模型里是 {tuple(own[n].shape)}" for n in own if n in tensors and tensors[n].shape != own[n].shape]
    if problems:
        raise InputError(f"{source} 与模型对不上：{problems[0]}（共 {len(problems)} 处）", "同一形状的模型存下的检查点", "检查 config.json 与权重是不是来自同一次训练")
    model.load_state_dict(tensors, strict=False)


def model_tensors(model) -> dict[str, Tensor]:
    """模型的全部权重，共用的只留一份（named_parameters 本来就不重复）。"""
    return dict(model.named_parameters()) | dict(model.named_buffers())
