"""transformers 的文件夹：写出、读入、从 Hub 下载。

这里知道文件夹里有哪些文件；权重怎样对应是 gpt2.py 的事。写出的文件夹：

    config.json、generation_config.json      模型的形状；默认 greedy，在 <eos> 停
    model.safetensors                        权重，fp32，GPT-2 的名字
    tokenizer.json、tokenizer_config.json     分词器；特殊 token 各是什么

transformers 平时把正文里的 "<eos>" 这几个字母当作特殊 token，tinygpt 从不这样；
split_special_tokens 让两边一样。
"""

import json
import os
import re
from pathlib import Path

import tokenizers

from tinygpt.byte_level import END_OF_TEXT, ByteLevelTokenizer, is_byte_level
from tinygpt.checkpoint import load_tensors, new_folder, read_json, save_tensors, write_json
from tinygpt.errors import InputError, require
from tinygpt.hub.gpt2 import from_gpt2_config, from_gpt2_tensors, to_gpt2_config, to_gpt2_tensors
from tinygpt.pretrained import check_tokenizer
from tinygpt.tokenizer import SPECIAL_TOKENS, Tokenizer
from tinygpt.tokenizer_file import read_backend

ROLES = {"pad": "<pad>", "unk": "<unk>", "bos": "<bos>", "cls": "<cls>", "sep": "<sep>", "mask": "<mask>",
         "eos": "<eos>"}  # fmt: skip
WEIGHTS, INDEX, PICKLE = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "merges.txt")
NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")  # Hub 上的名字：gpt2，或 作者/模型


def export_folder(model, tokenizer: Tokenizer, out: str | Path) -> None:
    """写出 transformers 能打开的文件夹；out 已经存在就报错，中途失败什么也不留。"""
    byte_level = isinstance(tokenizer, ByteLevelTokenizer)
    roles = dict.fromkeys(("eos", "bos", "unk", "pad"), END_OF_TEXT) if byte_level else ROLES
    ids = {f"{role}_token_id": tokenizer.id(roles[role]) for role in ("bos", "eos", "pad")}
    config = to_gpt2_config(model.config) | ids
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": model.config.context_length,
        "split_special_tokens": True, "clean_up_tokenization_spaces": False,
        **{f"{role}_token": token for role, token in roles.items()},
    }  # fmt: skip
    if not byte_level:
        settings["additional_special_tokens"] = [t for t in SPECIAL_TOKENS if t not in ROLES.values()]
    with new_folder(out) as folder:
        write_json(folder / "config.json", config)
        write_json(folder / "generation_config.json", {**ids, "do_sample": False})
        write_json(folder / "tokenizer_config.json", settings)
        tokenizer.save(folder / "tokenizer.json")
        save_tensors(folder / WEIGHTS, to_gpt2_tensors(model))


def import_folder(source: str | Path, out: str | Path) -> None:
    """transformers 的 GPT-2 文件夹 → tinygpt 的模型文件夹；有一处不对就报错，什么也不写。"""
    source = Path(source)
    require(source.is_dir(), f"没有文件夹 {source}", "transformers 存下的 GPT-2 文件夹", "检查路径")
    config = from_gpt2_config(read_json(source / "config.json"))
    if not (source / WEIGHTS).exists():
        found = next((name for name in (INDEX, PICKLE) if (source / name).exists()), "别的文件")
        fix = f"用 transformers 读进来，再 save_pretrained 成一个 {WEIGHTS}"
        why = {PICKLE: "（pickle 会执行代码，不读）", INDEX: "（分成了几个文件）"}.get(found, "")
        raise InputError(f"{source} 里没有 {WEIGHTS}，只有 {found}{why}", f"一个 {WEIGHTS}", fix)
    tensors = from_gpt2_tensors(load_tensors(source / WEIGHTS)[0], config)
    tokenizer = read_tokenizer(source)
    check_tokenizer(source, config, tokenizer)
    with new_folder(out) as folder:
        write_json(folder / "config.json", config.to_dict())
        tokenizer.save(folder / "tokenizer.json")
        save_tensors(folder / WEIGHTS, tensors)


def read_tokenizer(folder: Path) -> Tokenizer:
    """tokenizer.json；没有就由 vocab.json 与 merges.txt 拼出来。"""
    path = folder / "tokenizer.json"
    if path.exists():
        try:
            backend = read_backend(path)
            if is_byte_level(backend):
                return ByteLevelTokenizer(backend)
            return Tokenizer.checked(without_additions(backend), path)
        except InputError as error:
            expected, fix = "tinygpt 的，或 GPT-2 的字节级 BPE", "换一个文件夹；别的分词器 tinygpt 读不懂"
            raise InputError(error.found, expected, fix) from error
    vocab, merges = (folder / name for name in TOKENIZER_FILES[1:])
    both, fix = vocab.exists() and merges.exists(), "检查下载是不是完整"
    require(both, f"{folder} 里没有分词器", "tokenizer.json，或 vocab.json 与 merges.txt", fix)
    return ByteLevelTokenizer.from_merges(vocab, merges)


def without_additions(backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """去掉 transformers 存盘时添上的东西：有了它们，特殊 token 会从正文里认出来，而不只由编号写入。"""
    additions = dict(added_tokens=[], post_processor=None, truncation=None, padding=None)
    return tokenizers.Tokenizer.from_str(json.dumps(json.loads(backend.to_str()) | additions))


def download(name: str) -> Path:
    """从 Hub 下载一个 GPT-2，返回它在缓存里的文件夹。镜像由环境变量 HF_ENDPOINT 指定。

    只取要用的几个文件，不带登录的凭据。
    """
    import huggingface_hub

    require(NAME.fullmatch(name), f"{name!r} 不是 Hub 上的名字", "gpt2，或 作者/模型", "检查名字")
    place, files = os.environ.get("HF_ENDPOINT") or None, ["config.json", WEIGHTS, *TOKENIZER_FILES]
    options = {"endpoint": place, "allow_patterns": files, "token": False}
    try:
        return Path(huggingface_hub.snapshot_download(name, **options))
    except Exception as error:  # 断网、没有这个模型、镜像不对……各有各的类
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        fix = (
            "检查网络与名字；连不上就用镜像（设环境变量 HF_ENDPOINT 为它的网址）；"
            "也可以在别的机器上下载，把文件夹拷来，不加 --download"
        )
        if "SOCKS" in reason:
            other = "去掉它（unset ALL_PROXY all_proxy），或换成代理软件的 HTTP 端口"
            fix = f"这里不会用 SOCKS 代理：{other}；再不行，{fix}"
        raise InputError(f"没有下载成 {name}：{reason}", "能连上的 Hub，和上面有的模型", fix) from error
