"""GPT-2 的分词器：字节级的 BPE，和 tinygpt 自己的排法不同。

这里只知道文字与编号，不知道模型。与 tokenizer.py 的区别：

    最小的单位是字节，不是单字；一个汉字多半是 3 个字节，再由 BPE 合并
    256 个字节各用一个看得见的字母代表（空格写成 Ġ，换行写成 Ċ），词元就写成这样的字母
    特殊 token 只有一个 <|endoftext|>，编号在词表的最后（GPT-2 是 50256），没有 <pad>、<chat> 这些

来源：Radford 等 2019（GPT-2），公开的 encoder.py。
"""

from pathlib import Path

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from tinygpt.errors import require
from tinygpt.tokenizer import Tokenizer
from tinygpt.tokenizer_file import read_backend, require_dense

END_OF_TEXT = "<|endoftext|>"


def byte_letters() -> dict[str, int]:
    """{代表一个字节的字母: 这个字节}。

    看得见的 188 个字节由同号的字符代表；其余 68 个（控制符、空格等）依次由 256 号起的字符代表。
    """
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {chr(b): b for b in visible} | {chr(256 + n): b for n, b in enumerate(hidden)}


BYTE_OF = byte_letters()


class ByteLevelTokenizer(Tokenizer):
    """字节级 BPE；编号与原来的 GPT-2 相同。正文里的 "<|endoftext|>" 只是几个字母，特殊 token 只能由编号写入。

    eos 是 <|endoftext|> 的编号。
    """

    kind, unk = "byte-level bpe", None  # 任何文字都拆得成字节，没有 <unk>

    def __init__(self, backend: tokenizers.Tokenizer):
        vocabulary, found = backend.get_vocab(), "字节级的分词器里"
        expected, fix = "GPT-2 的 tokenizer.json", "检查文件是不是完整的"
        self.eos = vocabulary.get(END_OF_TEXT)
        require(self.eos is not None, f"{found}没有 {END_OF_TEXT}", expected, fix)
        letters = set().union(*vocabulary) - BYTE_OF.keys()
        require(not letters, f"{found}有不代表字节的字母：{min(letters, default='')!r}", expected, fix)
        found += "有 normalizer，会先改写文字"
        require(backend.normalizer is None, found, expected, "换一个 GPT-2 的分词器")
        backend.no_padding()
        backend.no_truncation()
        backend.encode_special_tokens = True  # 特殊 token 的写法在正文里不特别对待
        super().__init__(backend)

    def token_bytes(self, id: int) -> bytes:
        return b"" if id == self.eos else bytes(BYTE_OF[letter] for letter in self._tokens[id])

    @classmethod
    def load(cls, path: str | Path) -> "ByteLevelTokenizer":
        """读一个 tokenizer.json。"""
        return cls(read_backend(path))

    @classmethod
    def from_merges(cls, vocab: str | Path, merges: str | Path) -> "ByteLevelTokenizer":
        """读 GPT-2 最初的两个文件：vocab.json（词元 → 编号）与 merges.txt（一行一对，先合并的在前）。"""
        backend = tokenizers.Tokenizer(models.BPE.from_file(str(vocab), str(merges)))
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        backend.add_special_tokens([END_OF_TEXT])
        require_dense(backend, vocab)
        return cls(backend)


def is_byte_level(backend: tokenizers.Tokenizer) -> bool:
    return isinstance(backend.decoder, decoders.ByteLevel)


def load_tokenizer(path: str | Path) -> Tokenizer:
    """读一个 tokenizer.json：tinygpt 自己的，或字节级的。"""
    backend = read_backend(path)
    return ByteLevelTokenizer(backend) if is_byte_level(backend) else Tokenizer.checked(backend, path)
