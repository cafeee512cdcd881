"""读取训练好的模型：随包附带的（按名字）或自己训练的（按文件夹）。"""

from pathlib import Path

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from tinygpt.byte_level import load_tokenizer
from tinygpt.checkpoint import (
    check_fit,
    load_tensors,
    load_weights,
    read_json,
    require_finite,
    tensor_shapes,
)  # fmt: skip
from tinygpt.config import GPTConfig
from tinygpt.errors import InputError, require, require_text
from tinygpt.gpt import GPT
from tinygpt.tokenizer import Tokenizer
from tinygpt.variants import lora, voices
from tinygpt.variants.models import build, config_from

SHIPPED = Path(__file__).parent
FLOATS = {torch.float64, torch.float32, torch.bfloat16, torch.float16}


def model_folder(name_or_folder: str | Path) -> Path:
    """附带的模型的名字或一个文件夹 → 文件夹。自己的文件夹与附带的同名时，用自己的。"""
    own, shipped = Path(name_or_folder), SHIPPED / str(name_or_folder)
    require_text(own)
    found, expected = f"--model {own} 是一个文件", "模型的文件夹（里面有 config.json、model.safetensors）"
    require(not own.is_file(), found, expected, f"给它所在的文件夹：--model {own.parent}")
    for folder in (own, shipped):
        if (folder / "config.json").is_file() and (folder / "model.safetensors").is_file():
            return folder
    names = "、".join(sorted(p.parent.name for p in SHIPPED.glob("*/config.json"))) or "（无）"
    if own.is_dir():
        wanted = ("config.json", "model.safetensors", "tokenizer.json")
        missing = "、".join(name for name in wanted if not (own / name).exists())
        interrupted = (own / "training.safetensors").exists()
        fix = "用训练时的命令，加上 --resume 接着训练" if interrupted else "检查文件夹有没有写错，或重新训练"
        raise InputError(f"{own} 里没有 {missing}", "tinygpt 训练出来的模型文件夹", fix)
    expected, fix = f"模型文件夹，或附带的模型：{names}", "用 tinygpt train --out 训练一个"
    raise InputError(f"没有这个模型：{name_or_folder}", expected, fix)


def run_record(folder: Path) -> dict:
    """训练时写下的 run.json；没有就是空的。"""
    return read_json(folder / "run.json") if (folder / "run.json").is_file() else {}


def load(name_or_folder: str | Path = "mini", device: str | torch.device = "cpu") -> tuple[GPT, Tokenizer]:
    """（模型，分词器），可以直接使用：权重为 fp32，已在评估状态（dropout 关闭）。"""
    folder = model_folder(name_or_folder)
    config = config_from(read_json(folder / "config.json"))
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    check_tokenizer(folder, config, tokenizer)
    shapes = tensor_shapes(folder / "model.safetensors")
    found = f"{folder} 与模型对不上：config.json 说有 {config.n_layer} 层，权重只有 {len(shapes)} 个张量"
    require(config.n_layer <= len(shapes), found, "同一次训练存下的 config.json", "换回原来的 config.json")
    with torch.device("meta"), WithoutRandomNumbers():  # 还没有分配内存：先核对文件头里的形状
        model = build(config)
    check_fit(model, shapes, folder)
    tensors, _ = load_tensors(folder / "model.safetensors")
    kinds = {tensor.dtype for tensor in tensors.values()}
    found, expected = f"{folder} 的权重里有 {'、'.join(map(str, kinds - FLOATS))}", "32 位或 16 位的小数"
    require(kinds <= FLOATS, found, expected, "先把权重转成 float32")
    require_finite(tensors, folder / "model.safetensors", "训练出来的权重", "从备份恢复，或重新训练")
    model.to_empty(device="cpu")
    if config.tied_head:
        model.lm_head.weight = model.token_embedding.weight
    load_weights(model, {name: tensor.float() for name, tensor in tensors.items()}, folder)
    if (folder / lora.SETTINGS).exists():  # 微调时用了 LoRA：装上，合并，就是一个普通的 GPT
        lora.load_adapters(model, folder)
        lora.merge(model)
    voices.load_counts(model, folder)
    return model.to(device).eval(), tokenizer


class WithoutRandomNumbers(TorchFunctionMode):
    """meta 设备上没有数可填：跳过正态的初始化。不跳过的话，torch 为了它要先导入编译器，花一两秒。"""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        return kwargs["tensor"] if func is nn.init.normal_ else func(*args, **kwargs)


def check_tokenizer(folder: Path, config: GPTConfig, tokenizer: Tokenizer) -> None:
    """分词器是不是这个模型的：模型的词表放得下，并且就是训练时的那一个（run.json 记着它的摘要）。"""
    found = f"{folder}：分词器有 {tokenizer.vocab_size} 个 token，模型只有 {config.vocab_size} 个"
    expected, fix = "同一次训练存下的分词器", "换回原来的 tokenizer.json"
    require(tokenizer.vocab_size <= config.vocab_size, found, expected, fix)
    trained = run_record(folder).get("tokenizer")
    found = f"{folder}/tokenizer.json 不是训练时的那一个：摘要 {tokenizer.fingerprint}，训练时是 {trained}"
    fix += "；确实就是它（例如 tokenizers 库换过版本），就删去 run.json 里 tokenizer 那一行"
    require(trained in (None, tokenizer.fingerprint), found, expected, fix)
