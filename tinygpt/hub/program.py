"""写出一个只用 numpy 的程序：numpy_gpt.py 的抄本，旁边是它要读的一个文件。

这里只准备那个文件：权重照旧；形状、词表、切段的正则表达式写在文件头的 state 里。

分词器的正则表达式用 Oniguruma 的写法，例如 [\\p{Han}&&[^是]]；Python 的 re 没有这样的写法，
一类字符各有哪些，两个库也未必说得一样（\\s 就不一样）。所以每一类都请 tokenizers 自己在全部 Unicode 字符里
挑一遍，写成区间：意思由此完全相同。
"""

import json
import re
from functools import cache
from pathlib import Path

import torch
from tokenizers import Regex, pre_tokenizers

from tinygpt.byte_level import ByteLevelTokenizer
from tinygpt.checkpoint import atomic, model_tensors, require_absent, save_tensors
from tinygpt.errors import require
from tinygpt.hub.gpt2 import require_article_gpt
from tinygpt.tokenizer import Tokenizer

PROGRAM = Path(__file__).with_name("numpy_gpt.py")
# 一类字符：\p{Han}、\s、\S，或可以嵌套的 [ ]；别的反斜杠后面跟一个字符
CLASS = re.compile(r"\\[pP]\{\w+\}|\\[sSdDwW]")
SURROGATES = range(0xD800, 0xE000)


def export_program(model, tokenizer: Tokenizer, out: str | Path) -> Path:
    """写出 out（.py）与同名的 .safetensors，返回后者；两个里有一个已经存在就报错，中途失败什么也不留。"""
    require_article_gpt(model.config)
    out = Path(out)
    require(out.suffix == ".py", f"{out}", "一个 .py 文件的名字", "例如 my_gpt.py")
    data = out.with_suffix(".safetensors")
    for path in (out, data):
        require_absent(path)
    about = {"config": model.config.to_dict(), **tokenizer_tables(tokenizer)}
    tensors = {name: compact(tensor) for name, tensor in model_tensors(model).items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic(out) as temporary:  # 程序最后改名：权重没有写成，就没有程序
        temporary.write_bytes(PROGRAM.read_bytes())
        save_tensors(data, tensors, about)
    return data


def compact(tensor: torch.Tensor) -> torch.Tensor:
    """能用 fp16 写而一位不丢的就用 fp16（附带的模型就是），否则用 fp32。"""
    half = tensor.half()
    return half if torch.equal(half.float(), tensor) else tensor


def tokenizer_tables(tokenizer: Tokenizer) -> dict:
    """{tokens: 编号 → 写法，merges: 合并的对，先学到的在前，pattern: 切段的正则表达式}。"""
    own, fix = not isinstance(tokenizer, ByteLevelTokenizer), "换一个用 tinygpt 的分词器训练的模型"
    require(own, "这个模型用的是 GPT-2 的字节级分词器", "tinygpt 自己的分词器：那个程序只带着它", fix)
    state = json.loads(tokenizer.backend.to_str())
    split = state["pre_tokenizer"] or {}
    plain = state["normalizer"] is None and split.get("type") == "Split" and "Regex" in split["pattern"]
    require(plain, "这个分词器不是照一个正则表达式切段的", "tinygpt tokenizer train 训练的分词器", fix)
    return {
        "tokens": [tokenizer.token(id) for id in range(tokenizer.vocab_size)],
        "merges": state["model"].get("merges", []),
        "pattern": python_pattern(split["pattern"]["Regex"]),
    }


def python_pattern(pattern: str) -> str:
    """Oniguruma 的正则表达式 → 意思相同的 Python re：每一类字符换成写明区间的 [ ]。"""
    found, start = [], 0
    while start < len(pattern):
        end = item_end(pattern, start)
        item = pattern[start:end]
        found.append(ranges(item) if item[0] == "[" or CLASS.fullmatch(item) else item)
        start = end
    return "".join(found)


def item_end(pattern: str, start: int) -> int:
    """从 start 起的一个零件到哪里为止：一类字符、一个转义，或者一个字符。"""
    if pattern[start] == "\\":
        known = CLASS.match(pattern, start)
        return known.end() if known else start + 2
    depth = 0
    for piece in re.compile(r"\\.|[\s\S]").finditer(pattern, start):
        depth += {"[": 1, "]": -1}.get(piece[0], 0)
        if depth == 0:
            break
    return piece.end()


@cache
def characters() -> str:
    """全部字符排成一串：一百多万个，用到才造。"""
    return "".join(chr(code) for code in range(0x110000) if code not in SURROGATES)


@cache
def ranges(item: str) -> str:
    """一类字符 → 例如 [\\U00004e00-\\U00009fff…]。全部字符排成一串，匹配到的每一段就是一个区间。"""
    matched = pre_tokenizers.Split(Regex(f"{item}+"), "removed", invert=True).pre_tokenize_str(characters())
    return "[" + "".join(f"\\U{ord(run[0]):08x}-\\U{ord(run[-1]):08x}" for run, _ in matched) + "]"
