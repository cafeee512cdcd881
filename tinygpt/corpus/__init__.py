"""随包附带的文字：小百科（手写的文章）与小世界（由事实表生成的文字，见 world.py）。

passages() 依次给出两部分，是 tinygpt train 不带 --data 时用的文字。

小百科在 encyclopedia/ 里，一个主题一个 .jsonl 文件，一行一篇：title、genre、split、text。
划分是固定的：split 为 "validation" 的文档从不参加训练，也不参加分词器的训练。
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinygpt.corpus.world import World
from tinygpt.text import Passage, Source
from tinygpt.tokenizer import LETTER

FOLDER = Path(__file__).parent / "encyclopedia"
TOKENIZER = Path(__file__).parent / "tokenizer.json"
WORLD_CHARACTERS = {"train": 400_000, "validation": 20_000}  # 小世界各取多少个字符
WORLD_SEED = {"train": 0, "validation": 1}
# 附带的分词器让“是”自成一段：提示常停在“是”之后（“机器学习是”），它若与后面的字粘成一个词，
# 这样的提示就成了训练时没见过的切法。别的文字没有这个理由，用 tokenizer.PATTERN。
PATTERN = (
    rf"是|[\p{{Han}}&&[^是]]+| ?{LETTER}+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+\n*|\s+(?=\S)|\s+"
)
GENRES = ("百科", "随笔", "新闻", "故事", "诗", "对话")


@dataclass(frozen=True)
class Document:
    """一篇文章：标题、体裁、主题（文件名）、划分、正文（段落之间一个换行）。"""

    title: str
    genre: str
    topic: str
    split: str
    text: str


def documents(split: str | None = None, genre: str | None = None) -> Iterator[Document]:
    """按文件名与行的次序读出文章；可只要某个划分（"train"、"validation"）或某种体裁。"""
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            document = Document(topic=path.stem, **json.loads(line))
            if split in (None, document.split) and genre in (None, document.genre):
                yield document


def passages(world_characters: int | None = None) -> Iterator[Passage]:
    """附带的全部文字：小百科，接着是小世界；每段都写明划分。

    world_characters 是小世界训练部分的字符数，不给就是 WORLD_CHARACTERS 里的；验证部分不变。
    """
    for document in documents():
        yield Passage(document.text, f"{document.topic}《{document.title}》", split=document.split)
    world = World.load()
    for split, size in _sizes(world_characters).items():
        for document in world.documents(WORLD_SEED[split], n_characters=size):
            yield Passage(document.text, f"小世界《{document.title}》", split=split)


def _sizes(world_characters: int | None) -> dict[str, int]:
    return WORLD_CHARACTERS if world_characters is None else WORLD_CHARACTERS | {"train": world_characters}


def digest(world_characters: int | None = None) -> str:
    """附带文字的摘要：任何一篇的内容或划分变了，它就变。"""
    whole = hashlib.sha256()
    for passage in passages(world_characters):
        whole.update(f"{passage.split}\0{passage.text}\0".encode())
    return whole.hexdigest()


class ShippedSource(Source):
    """附带的文字；world_characters 见 passages。"""

    pattern, tokenizer = PATTERN, TOKENIZER

    def __init__(self, world_characters: int | None = None):
        self.world_characters = world_characters

    def passages(self) -> Iterator[Passage]:
        return passages(self.world_characters)

    def digest(self) -> str:
        return digest(self.world_characters)
