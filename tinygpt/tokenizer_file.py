"""读 tokenizer.json：Hugging Face tokenizers 的文件，可能是陌生人给的。

这里知道文件与它的大小，不知道编号怎样排：那由 tokenizer.py 与 byte_level.py 各自检查。
"""

from pathlib import Path

import tokenizers

from tinygpt.errors import InputError, require

LARGEST_FILE = 64 << 20  # 最多多少字节；词表 4096 的只有 14 万
RETRAIN = "用 tinygpt tokenizer train 重新训练一个"


def read_backend(path: str | Path) -> tokenizers.Tokenizer:
    """文件 → tokenizers 的分词器；不在、太大、读不懂都报错。"""
    path = Path(path)
    require(path.is_file(), f"没有分词器文件 {path}", "一个 tokenizer.json", RETRAIN)
    size = path.stat().st_size
    require(size <= LARGEST_FILE, f"{path} 有 {size:,} 字节", f"不超过 {LARGEST_FILE:,} 字节", RETRAIN)
    try:
        backend = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8-sig"))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # tokenizers 对坏文件抛出裸的 Exception，或 Rust 的 PanicException
        found = f"读不懂分词器文件 {path}：{error}"
        raise InputError(found, "tinygpt 写的 tokenizer.json", RETRAIN) from error
    require_dense(backend, path)
    return backend


def require_dense(backend: tokenizers.Tokenizer, path: str | Path) -> None:
    """编号是 0、1、2……，一个不缺。一个写着编号 10 亿的小文件，会让 tokenizers 为每个空缺占内存。"""
    numbers = set(backend.get_vocab().values())
    found, expected = f"分词器 {path} 的编号有空缺", f"0–{len(numbers) - 1}，一个不缺"
    require(numbers == set(range(len(numbers))), found, expected, RETRAIN)
