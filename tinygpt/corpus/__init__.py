"""随包附带的文字：手写的小百科与日常，按种子生成的小世界、小故事与聊天。

passages() 依次给出各个来源，是 tinygpt train 不带 --data 时用的文字；怎样搭配由 Mixture 决定。

手写的在 encyclopedia/ 里，一个主题一个 .jsonl 文件，一行一篇：title、genre、split、text；
文件名以 everyday 开头的是日常，其余是小百科。划分是固定的：split 为 "validation" 的文档从不参加训练，
也不参加分词器的训练。生成的文字，验证用另外的种子。约一半的文档，第一行是“体裁：标题”；
小世界里只讲一个事物的文章，这一行有时只是它的名字。
"""

import hashlib
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tinygpt.corpus.asking import with_questions
from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.stories import Story
from tinygpt.corpus.stories import stories as write_stories
from tinygpt.corpus.talk import talk as write_talk
from tinygpt.corpus.world import World
from tinygpt.errors import require
from tinygpt.text import Passage, Source
from tinygpt.tokenizer import LETTER

FOLDER = Path(__file__).parent / "encyclopedia"
TOKENIZER = Path(__file__).parent / "tokenizer.json"
SOURCES = ("小百科", "日常", "小世界", "小故事", "聊天")
SEED = {"train": 0, "validation": 1}
VALIDATION = 20_000  # 每个生成的来源，验证部分多少个字符
DIGEST_DOCUMENTS = 200  # 算摘要时，每个生成的来源看开头多少篇
GENRES = (
    "百科", "随笔", "新闻", "故事", "诗", "对话", "日记", "便条", "书信", "通知", "说明", "笑话", "谜语",
)  # fmt: skip
# 附带的分词器让“是”自成一段：提示常停在“是”之后（“机器学习是”），它若与后面的字粘成一个词，
# 这样的提示就成了训练时没见过的切法。别的文字没有这个理由，用 tokenizer.PATTERN。
PATTERN = rf"是|[\p{{Han}}&&[^是]]+| ?{LETTER}+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+\n*|\s+(?=\S)|\s+"


@dataclass(frozen=True)
class Mixture:
    """训练部分怎样搭配。小模型学不动太丰富的文字：手写的文字一进来，提示落在它上面就写不通，所以默认不要。"""

    world: int  # 小世界多少个字符
    stories: int
    talk: int
    passes: int = 0  # 小百科写进几遍
    everyday: int = 0  # 日常写进几遍
    plans: tuple[str, ...] = ()  # 小故事只用哪些计划；不给就是全部
    plain: bool = False  # 小故事用朴素的写法


FIRST_PLANS = (
    "help", "help", "find", "find", "lend", "rain", "letter", "notice", "diary", "news", "poem", "riddle",
)  # fmt: skip
RELEASE_PLANS = (
    "help", "help", "find", "find", "lend", "lend", "rain", "rain", "letter", "letter", "diary", "diary",
    "news", "news", "poem", "poem", "fable", "fable", "notice", "note", "riddle", "season", "greet", "meet",
    "ask_way", "phone", "chat", "buy", "gift", "birthday", "sick", "plant", "learn",
)  # fmt: skip
MIXTURES = {
    # start.py，约三分钟
    "first": Mixture(world=1_000_000, stories=1_200_000, talk=500_000, plans=FIRST_PLANS, plain=True),
    # 附带的 mini：计划多一倍
    "release": Mixture(world=3_000_000, stories=8_000_000, talk=3_000_000, plans=RELEASE_PLANS, plain=True),
    # 全部来源、全部计划与写法：给更大的模型、更多的时间
    "full": Mixture(world=3_000_000, stories=8_000_000, talk=3_000_000, passes=6, everyday=6),
}
# 附带的分词器用这么多文字训练，出现够多的字才留作单字：省下的位置给词
TOKENIZER_MIXTURE, TOKENIZER_MIN_COUNT = Mixture(400_000, 900_000, 250_000, passes=1, everyday=1), 15


@dataclass(frozen=True)
class Document:
    """一篇手写的文章：标题、体裁、主题（文件名）、划分、正文（段落之间一个换行）。"""

    title: str
    genre: str
    topic: str
    split: str
    text: str

    @property
    def source(self) -> str:
        return "日常" if self.topic.startswith("everyday") else "小百科"


def documents(split: str | None = None, genre: str | None = None) -> Iterator[Document]:
    """按文件名与行的次序读出手写的文章；可只要某个划分（"train"、"validation"）或某种体裁。"""
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            document = Document(topic=path.stem, **json.loads(line))
            if split in (None, document.split) and genre in (None, document.genre):
                yield document


def passages(mixture: str | Mixture = "first") -> Iterator[Passage]:
    """附带的全部文字，按 SOURCES 的次序；每段都写明划分，source 以来源的名字开头。"""
    mixture = named(mixture)
    passes = {"小百科": mixture.passes, "日常": mixture.everyday}
    written = list(documents())
    for number in range(max(passes.values())):
        for document in written:
            if number < passes[document.source] and (number == 0 or document.split == "train"):
                text = headed(document.genre, document.title, document.text, number)
                yield Passage(text, f"{document.source}《{document.title}》", split=document.split)
    for source, size in zip(SOURCES[2:], (mixture.world, mixture.stories, mixture.talk), strict=True):
        yield from generated(source, size, mixture)


def named(mixture: str | Mixture) -> Mixture:
    """搭配的名字 → 搭配。"""
    if isinstance(mixture, Mixture):
        return mixture
    require(mixture in MIXTURES, f"没有叫作 {mixture} 的搭配", "、".join(MIXTURES), "从上面选一个")
    return MIXTURES[mixture]


def generated(source: str, size: int, mixture: Mixture) -> Iterator[Passage]:
    """一个生成的来源：训练部分写够 size 个字符，然后是验证部分；训练里碰巧也有的短文，验证里不要。"""
    seen = set()
    for split, characters in (("train", size), ("validation", VALIDATION)):
        for text in _texts(source, SEED[split], mixture):
            if characters <= 0:
                break
            if split == "train":
                seen.add(hash(text))
            elif hash(text) in seen:
                continue
            yield Passage(text, source, split=split, chat=source == "聊天")
            characters -= len(text)


def _texts(source: str, seed: int, mixture: Mixture) -> Iterator[str]:
    """一个生成的来源，写也写不完。"""
    if source == "聊天":
        yield from (document.text for document in write_talk(seed, n_documents=10**9))
        return
    chooser = Chooser(random.Random(seed))
    if source == "小故事":
        told = write_stories(seed, plans=mixture.plans, plain=mixture.plain)
        yield from (story_text(story, chooser) for story in told)
        return
    for number, document in enumerate(World.load().documents(seed, n_documents=10**9)):
        yield headed(document.genre, document.title, document.text, number, document.subject)


def story_text(story: Story, chooser: Chooser) -> str:
    """一篇小故事；四篇里有一篇，后面跟着一两个关于它的问答。"""
    if not story.questions or not chooser.chance(1, 4):
        return story.headed(chooser)
    number = min(len(story.questions), chooser.choose((1, 2)))
    return with_questions(story, chooser.sample(story.questions, number))


def headed(genre: str, title: str, text: str, number: int = 0, subject: str = "") -> str:
    """约一半的文档，前面加一行“体裁：标题”：光是一个名词、一种体裁，也是模型认得的开头。

    给出 subject（只讲一个事物的文章）时，加的这一行有一半只写它的名字，不写体裁。
    """
    chosen = zlib.crc32(f"{number} {title} {text[:20]}".encode()) % 4
    line = subject if subject and chosen == 3 else f"{genre}：{title}"
    return f"{line}\n{text}" if chosen % 2 else text


def digest(mixture: str | Mixture = "first") -> str:
    """附带文字的摘要：手写的任何一篇、搭配、或生成器写出的文字变了，它就变。

    生成的只看每个来源、每个划分的开头 DIGEST_DOCUMENTS 篇：全部写一遍太久，而生成器改了，开头几乎一定不同。
    """
    mixture, whole = named(mixture), hashlib.sha256()
    whole.update(repr(mixture).encode())
    for document in documents():
        whole.update(f"{document.split}\0{document.genre}\0{document.title}\0{document.text}\0".encode())
    for source in SOURCES[2:]:
        for seed in SEED.values():
            for text in islice(_texts(source, seed, mixture), DIGEST_DOCUMENTS):
                whole.update(f"{source}\0{text}\0".encode())
    return whole.hexdigest()


class ShippedSource(Source):
    """附带的文字，按一种搭配。"""

    pattern, tokenizer = PATTERN, TOKENIZER

    def __init__(self, mixture: str | Mixture = "first"):
        self.mixture = named(mixture)

    def passages(self) -> Iterator[Passage]:
        return passages(self.mixture)

    def digest(self) -> str:
        return digest(self.mixture)
