"""分词器：文字 ↔ token 编号。

建立在 Hugging Face tokenizers 上；这里只知道文字与编号，不知道模型。
编号的安排（词表 V = 4096 时）：

    0–7        特殊 token,<eos> = 7
    8–263      256 个字节，词表里没有的字拆成 UTF-8 字节，所以任何文字都能原样还原
    264–…      出现得够多的单字（字符）
    …–4095     BPE 合并出来的词，先合并的编号小

特殊 token 只能由编号写入，正文里出现 "<eos>" 这几个字母，就只是几个字母。
"""

import codecs
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import tokenizers
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

from tinygpt.errors import InputError, require
from tinygpt.threads import interruptible
from tinygpt.tokenizer_file import RETRAIN, read_backend

SPECIAL_TOKENS = ("<pad>", "<unk>", "<bos>", "<cls>", "<sep>", "<mask>", "<chat>", "<eos>")
PAD, UNK, BOS, CLS, SEP, MASK, CHAT, EOS = range(8)
BYTE_TOKENS = tuple(f"<0x{byte:02X}>" for byte in range(256))
MAX_HAN = 4  # 汉字词元最长几个字
NOT_OURS = ("normalizer", "post_processor", "truncation", "padding", "added_tokens")  # 我们不写的部分
HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# BPE 只在段内合并。汉字连成一段；字母连成一段，可带一个前导空格；数字一个一个；标点连成一段，可带后面的
# 换行（“。”与换行常常一起出现）。一段至多 32 个字：没有标点的长文字也切得开，训练的时间才与长短成正比。
LETTER = r"[[\p{L}\p{M}]&&[^\p{Han}]]"
PATTERN = "|".join([
    r"\p{Han}{1,32}", f" ?{LETTER}{{1,32}}", r"\p{N}", r" ?[^\s\p{L}\p{M}\p{N}]{1,32}\n{0,4}",
    r"\s{1,32}(?=\S)", r"\s{1,32}",
])  # fmt: skip


class Tokenizer:
    """分词器。用 Tokenizer.train_bpe、train_char 训练，Tokenizer.load 读取。"""

    eos, unk = EOS, UNK

    def __init__(self, backend: tokenizers.Tokenizer):
        self.backend = backend
        self.vocab_size = backend.get_vocab_size()
        self._id_of = backend.get_vocab()
        self._tokens = [None] * self.vocab_size
        for token, id in self._id_of.items():
            self._tokens[id] = token
        self._bytes = [self.token_bytes(id) for id in range(self.vocab_size)]

    # ---- 文字 → 编号 ----

    def encode(self, text: str, eos: bool = False) -> list[int]:
        """文字 → 编号的列表；eos=True 时在末尾添上 <eos>。"""
        return self.encode_batch([text], eos)[0]

    def encode_batch(self, texts: list[str], eos: bool = False) -> list[list[int]]:
        """许多段文字一起编码，比逐段快。"""
        try:
            encodings = self.backend.encode_batch(list(texts), add_special_tokens=False)
        except Exception as error:  # noqa: BLE001 tokenizers 抛出的多半是裸的 Exception
            fix = "去掉孤立的代理字符（U+D800–U+DFFF），或换一个分词器"
            raise InputError(f"有一段文字不能编码：{error}", "可以写成 UTF-8 的字符串", fix) from error
        return [e.ids + [self.eos] if eos else e.ids for e in encodings]

    def unknown(self, text: str) -> list[str]:
        """text 里编成 <unk> 的字，各一次：字符分词器没见过的字，模型不知道是什么。"""
        if self.unk not in self.encode(text):
            return []
        return [c for c in dict.fromkeys(text) if self.unk in self.encode(c)]

    # ---- 编号 → 文字 ----

    def decode(self, ids: Iterable[int]) -> str:
        """编号 → 文字。特殊 token 不出现；不完整的字节显示为 �。"""
        return b"".join(self._bytes[id] for id in ids).decode("utf-8", errors="replace")

    def stream_decoder(self) -> "StreamDecoder":
        return StreamDecoder(self)

    def token(self, id: int) -> str:
        """一个编号在词表里的写法，例如 "学习"、"<eos>"、"<0xE5>"。"""
        return self._tokens[id]

    def token_bytes(self, id: int) -> bytes:
        """一个编号写出来是哪几个字节；特殊 token 什么也不写。"""
        if id < len(SPECIAL_TOKENS):
            return b""
        token = self._tokens[id]
        if token in BYTE_TOKENS:
            return bytes([BYTE_TOKENS.index(token)])
        return token.encode("utf-8")

    def id(self, token: str) -> int | None:
        """词表里的写法 → 编号；没有则为 None。"""
        return self._id_of.get(token)

    @property
    def kind(self) -> str:
        return "bpe" if isinstance(self.backend.model, models.BPE) else "char"

    @property
    def fingerprint(self) -> str:
        """内容的摘要：编号与切法全都相同的两个分词器，摘要才相同。"""
        return hashlib.sha256(self.backend.to_str().encode("utf-8")).hexdigest()[:16]

    # ---- 训练 ----

    @classmethod
    def train_char(cls, texts: Iterable[str]) -> "Tokenizer":
        """一个字符一个 token，词表就是文字里出现过的字符。没见过的字符编成 <unk>，不能还原。"""
        characters = sorted(set().union(*map(set, texts)))
        require(characters, "文字是空的", "至少一个字符", "给一个有内容的文件")
        vocabulary = {token: id for id, token in enumerate(SPECIAL_TOKENS)}
        vocabulary |= {c: id for id, c in enumerate(characters, start=len(vocabulary))}
        backend = tokenizers.Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
        backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
        backend.decoder = decoders.Fuse()
        return cls(backend)

    @classmethod
    def train_bpe(
        cls, texts: Iterable[str], vocab_size: int = 4096, min_count: int = 3, pattern: str | None = None
    ) -> "Tokenizer":
        """字节对编码（Sennrich 等 2016）：从单字开始，反复合并最常相邻的一对。

        出现不足 min_count 次的字不进词表（拆成字节）。汉字词元最长 MAX_HAN 个字：更长的多半是整句的片段，
        占了词表，换一篇文章就用不上。文字不够时，词表会比 vocab_size 小。
        pattern 是切段的正则表达式，默认 PATTERN；文字有特别的切法（如附带的语料）就另给一个。
        """
        counts = Counter()
        backend = cls._untrained(pattern or PATTERN)
        smallest = len(SPECIAL_TOKENS) + len(BYTE_TOKENS) + 26
        expected = f"至少 {smallest}（8 个特殊 token、256 个字节，再加一些字）"
        require(vocab_size >= smallest, f"词表大小 {vocab_size}", expected, "常用 1000 到 8000，默认 4096")

        def counted(source):
            for text in source:
                counts.update(text)
                yield text

        trainer = trainers.BpeTrainer(vocab_size=2 * vocab_size, min_frequency=2, show_progress=False)
        interruptible(lambda: backend.train_from_iterator(counted(texts), trainer))
        require(counts, "文字是空的", "至少一个字符", "给一个有内容的文件")
        room, enough = vocab_size - smallest + 26, min(min_count, max(counts.values()))
        by_count = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        frequent = [c for c, n in by_count if n >= enough][: max(room * 3 // 4, 1)]
        merges = json.loads(backend.to_str())["model"]["merges"]
        return cls._assemble(frequent, merges, vocab_size, pattern or PATTERN)

    @classmethod
    def _untrained(cls, pattern: str) -> tokenizers.Tokenizer:
        backend = tokenizers.Tokenizer(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "isolated")
        return backend

    @classmethod
    def _assemble(cls, characters: list[str], merges: list, vocab_size: int, pattern: str) -> "Tokenizer":
        """把字与合并规则排成词表。"""
        vocabulary = {token: id for id, token in enumerate(SPECIAL_TOKENS + BYTE_TOKENS)}
        for c in characters:
            vocabulary[c] = len(vocabulary)
        kept = []
        for left, right in merges:
            if len(vocabulary) >= vocab_size:
                break
            joined = left + right
            han = len(joined) if HAN.search(joined) else 0
            known = left in vocabulary and right in vocabulary
            if not known or joined in SPECIAL_TOKENS + BYTE_TOKENS or han > MAX_HAN:
                continue
            vocabulary.setdefault(joined, len(vocabulary))
            kept.append((left, right))
        backend = cls._untrained(pattern)
        backend.model = models.BPE(vocabulary, kept, byte_fallback=True, unk_token="<unk>", fuse_unk=False)
        backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
        return cls(backend)

    def with_ids(self, places: dict[str, int]) -> "Tokenizer":
        """让几个 token 与占着给定编号的 token 交换位置。

        例如 {"机器学习": 1256, "是": 3419}（文章 §4.3 的编号）。

        只换编号，不换切法：同样的文字仍切成同样的几段。
        """
        state = json.loads(self.backend.to_str())
        vocabulary = state["model"]["vocab"]
        by_id = {id: token for token, id in vocabulary.items()}
        for token, id in places.items():
            found, exists = f"{token!r} → {id}", token in vocabulary and id in by_id
            require(exists, found, "词表里有这个 token，也有这个编号", "换一个 token，或把词表训练得大些")
            free = min(id, vocabulary[token]) >= len(SPECIAL_TOKENS) + len(BYTE_TOKENS)
            require(free, found, "特殊 token 与字节的编号（0–263）不动", "换一个更大的编号")
            other, old = by_id[id], vocabulary[token]
            vocabulary[token], vocabulary[other] = id, old
            by_id[id], by_id[old] = token, other
        return Tokenizer(tokenizers.Tokenizer.from_str(json.dumps(state)))

    # ---- 文件 ----

    def save(self, path: str | Path) -> None:
        """写成 Hugging Face 的 tokenizer.json 格式（UTF-8）。"""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(json.loads(self.backend.to_str()), ensure_ascii=False, indent=1)
        Path(path).write_text(text, encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path: str | Path) -> "Tokenizer":
        return cls.checked(read_backend(path), path)

    @classmethod
    def checked(cls, backend: tokenizers.Tokenizer, path: str | Path) -> "Tokenizer":
        """由读出来的文件做成分词器；不是 tinygpt 的排法就报错。path 只用于报错。"""
        state = json.loads(backend.to_str())
        foreign = [name for name in NOT_OURS if state.get(name)]
        found = f"{path} 里有 {'、'.join(foreign)}"
        require(not foreign, found, "tinygpt 写的 tokenizer.json", RETRAIN)
        vocabulary = backend.get_vocab()
        ours = [vocabulary.get(token) for token in SPECIAL_TOKENS] == list(range(8))
        expected = "0–7 为 " + " ".join(SPECIAL_TOKENS)
        require(ours, f"分词器 {path} 的编号不是 tinygpt 的排法", expected, RETRAIN)
        return cls(backend)


class StreamDecoder:
    """一个 token 一个 token 地解码，只交出完整的字符。"""

    def __init__(self, tokenizer: Tokenizer):
        self._bytes = tokenizer._bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def push(self, id: int) -> str:
        """收下一个编号，交出此刻已经完整的文字（可能是空的）。"""
        return self._decoder.decode(self._bytes[id])

    def finish(self) -> str:
        """收尾：剩下不完整的字节变成 �。"""
        return self._decoder.decode(b"", final=True)
