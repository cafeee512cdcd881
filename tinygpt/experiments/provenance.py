"""这句话从哪里来：在训练文字里找出它的每一段，数它说的事实见过几次；再拿走一条事实重新训练，看它还在不在。

拿走的办法：说到这条事实的每一篇，都换成另外一篇不说它的，位置不变。别的文档、取批的次序、初始的权重都不变，
所以两次训练的差别只有这一条事实（与它那几篇里顺带说到的）。对照是拿走另一条见过次数相近的事实。
训练的是 small.py 里几秒的小模型：附带的 mini 练一遍要四十多分钟。
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tinygpt.corpus.world import RELATIONS, Fact, World
from tinygpt.errors import require

GRAM = 6  # 短于这么多字的一段，碰巧相同的太多，不算有来历


@dataclass(frozen=True)
class Piece:
    """句子里的一段。documents：训练文字里有几篇一字不差地含有它；example 是其中第一篇。0 篇就是没有来历。"""

    text: str
    documents: int = 0
    example: str = ""


def trace(sentences: Sequence[str], documents: Iterable[str]) -> list[list[Piece]]:
    """每个句子切成几段：从头起，每次取训练文字里一字不差的最长一段。documents 只读一遍。"""
    grams = {sentence[i : i + GRAM] for sentence in sentences for i in range(len(sentence) - GRAM + 1)}
    sharing = [text for text in documents if _shares(text, grams)]
    return [list(_pieces(sentence, sharing)) for sentence in sentences]


def _shares(text: str, grams: set[str]) -> bool:
    return any(text[i : i + GRAM] in grams for i in range(len(text) - GRAM + 1))


def _pieces(sentence: str, documents: list[str]) -> Iterator[Piece]:
    start, new = 0, ""
    while start < len(sentence):
        piece = longest_from(sentence[start:], documents)
        if piece.documents:
            if new:
                yield Piece(new)
            yield piece
            start, new = start + len(piece.text), ""
        else:
            start, new = start + 1, new + sentence[start]
    if new:
        yield Piece(new)


def longest_from(text: str, documents: Sequence[str]) -> Piece:
    """text 的开头在 documents 里出现过的最长一段；不到 GRAM 个字就是空的。"""
    found, size = [d for d in documents if text[:GRAM] in d] if len(text) >= GRAM else [], GRAM
    if not found:
        return Piece("")
    while size < len(text) and (longer := [d for d in found if text[: size + 1] in d]):
        found, size = longer, size + 1
    return Piece(text[:size], len(found), found[0])


def states(text: str, fact: Fact) -> bool:
    """一段文字里有没有这条事实：名字与内容都在。"""
    return fact.subject in text and fact.value in text


def exposures(facts: Sequence[Fact], documents: Iterable[str]) -> Counter[Fact]:
    """每条事实在几篇里说到。"""
    count = Counter(dict.fromkeys(facts, 0))
    for text in documents:
        count.update(fact for fact in facts if states(text, fact))
    return count


# ---- 拿走一条，重新训练 ----


def small_worlds(concepts: int) -> tuple[World, World]:
    """（开头 concepts 个事物，接着的 concepts 个）：一个拿来训练，另一个只拿来替换。"""
    everything = World.load().concepts
    return World(everything[:concepts]), World(everything[concepts : 2 * concepts])


def sentences(world: World) -> list[str]:
    """每条事实、每种平时的说法各一句：一句就是一篇文档，只说一条事实。"""
    return [text for relation in RELATIONS for _, text in world.sentences(relation)]


def without(documents: Sequence[str], fact: Fact, spares: Iterable[str]) -> list[str]:
    """说到 fact 的每一篇，换成 spares 里下一篇不说它的；别的原样，位置不变。"""
    fresh = (text for text in spares if not states(text, fact))
    kept = [next(fresh, None) if states(text, fact) else text for text in documents]
    require(None not in kept, "备用的文档不够换", "每换一篇要一篇", "多给一些 spares")
    return kept
