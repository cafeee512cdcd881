"""附带的模型读过什么：取训练文字的二十分之一，在里面找一句话。

全部有一千四百万字，写出来要几十秒；各个来源开头的二十分之一，几秒钟。找到了，就是它读过；没有找到，只能说这一份里没有。
"""

from dataclasses import replace
from functools import lru_cache

from tinygpt import corpus
from tinygpt.text import Passage

SHARE = 20  # 取几分之一


@lru_cache
def passages() -> list[Passage]:
    """附带的模型的文字，各个来源开头的二十分之一；验证的部分也在里面（split 写明）。"""
    whole = corpus.named("release")
    sizes = {name: getattr(whole, name) // SHARE for name in ("world", "stories", "talk")}
    return list(corpus.passages(replace(whole, **sizes)))


def texts(source: str, split: str = "train") -> list[str]:
    """一个来源（小世界、小故事、聊天）的各篇；split 是 "train" 或 "validation"。"""
    return [passage.text for passage in passages() if (passage.source, passage.split) == (source, split)]


def places(words: str) -> dict[str, int]:
    """一句话在每个来源的多少篇训练文字里一字不差地出现过；没有出现的来源不列。"""
    counts = {source: sum(words in text for text in texts(source)) for source in corpus.SOURCES[2:]}
    return {source: count for source, count in counts.items() if count}
