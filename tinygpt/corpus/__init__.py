"""随包附带的文字:小百科(手写的文章)与小世界(由事实表生成的文字,见 world.py)。

小百科在 encyclopedia/ 里,一个主题一个 .jsonl 文件,一行一篇:title、genre、split、text。
划分是固定的:split 为 "validation" 的文档从不参加训练,也不参加分词器的训练。
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "encyclopedia"
TOKENIZER = Path(__file__).parent / "tokenizer.json"
GENRES = ("百科", "随笔", "新闻", "故事", "诗", "对话")


@dataclass(frozen=True)
class Document:
    """一篇文章:标题、体裁、主题(文件名)、划分、正文(段落之间一个换行)。"""

    title: str
    genre: str
    topic: str
    split: str
    text: str


def documents(split: str | None = None, genre: str | None = None) -> Iterator[Document]:
    """按文件名与行的次序读出文章;可只要某个划分("train"、"validation")或某种体裁。"""
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            document = Document(topic=path.stem, **json.loads(line))
            if split in (None, document.split) and genre in (None, document.genre):
                yield document
