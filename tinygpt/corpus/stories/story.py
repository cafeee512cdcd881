"""一篇小故事和写它的过程：选计划、讲、收尾；超长的不要。"""

import importlib
import math
import pkgutil
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import ModuleType

from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.stories import answers
from tinygpt.corpus.stories import plans as folder
from tinygpt.corpus.stories.answers import Cloze, Question
from tinygpt.corpus.stories.lexicon import Being
from tinygpt.corpus.stories.surface import Surface
from tinygpt.corpus.stories.teller import Event, Teller
from tinygpt.errors import InputError

LONGEST = 260  # 一篇最多多少个字符，约 180 个 token
HELD_OUT = ("combination", "phrasing", "name")
TRIES = 400  # 留出的写法不是每个计划都有：最多试这么多次


@dataclass
class Story:
    """一篇。bits 是写它时所有随机选择的 −log2 概率之和（选计划、选标题也算在内）。"""

    text: str
    title: str
    genre: str
    plan: str
    bits: float
    names: tuple[str, ...]
    events: tuple[Event, ...]
    teller: Teller = field(repr=False)

    def headed(self, chooser: Chooser) -> str:
        """一半的可能在前面加一行"体裁：标题"。"""
        return f"{self.genre}：{self.title}\n{self.text}" if chooser.chance(1, 2) else self.text

    def _source(self, purpose: str) -> random.Random:
        return random.Random(zlib.crc32(f"{purpose}\0{self.text}".encode()))

    @cached_property
    def questions(self) -> list[Question]:
        return answers.questions(self.teller, self._source("questions"))

    @cached_property
    def summary(self) -> str:
        return answers.summary(self.teller, self._source("summary"))

    @cached_property
    def english(self) -> str:
        return answers.english(self.teller.done)

    @cached_property
    def cloze(self) -> list[Cloze]:
        cast = tuple(self.teller.roles.values())
        return answers.cloze(self.teller.surface.pieces, cast, self._source("cloze"))


@cache
def registry() -> dict[str, ModuleType]:
    """plans/ 里的全部计划，按文件名的次序：添一个计划就是添一个文件。"""
    names = sorted(m.name for m in pkgutil.iter_modules(folder.__path__) if not m.name.startswith("_"))
    return {name: importlib.import_module(f"{folder.__name__}.{name}") for name in names}


def write(plan: str, chooser: Chooser, held_out: str | None = None, plain: bool = False) -> Story:
    """按一个计划写一篇。"""
    module = registry()[plan]
    teller = Teller(plan, chooser, held_out, plain)
    module.tell(teller)
    heading = Surface(teller.roles, teller.state, chooser)
    heading.write(chooser.choose(module.TITLES))
    names = tuple(dict.fromkeys(e.name for e in teller.roles.values() if isinstance(e, Being)))
    if not any(getattr(b, "held", False) and b.name in teller.surface.text for b in teller.roles.values()):
        teller.held.discard("name")  # 上了场，却没有说到名字
    events = tuple(Event(d.verb.name, tuple(a.name for a in d.args)) for d in teller.done)
    return Story(teller.surface.text, heading.text, module.GENRE, plan, chooser.bits, names, events, teller)


def stories(
    seed: int,
    n_documents: int | None = None,
    n_characters: int | None = None,
    plans: Sequence[str] | None = None,
    held_out: str | None = None,
    plain: bool = False,
) -> Iterator[Story]:
    """写够 n_documents 篇或 n_characters 个字符为止，都不给就一直写。同样的参数总是同样的故事。

    plans：只用哪些计划，写了几遍就多讲几倍；不给就是全部，各按自己的 PORTION（没有写就是 1）。
    plain：朴素的写法，每一拍只用前几个模板：计划一样，说法少得多，几分钟就学得会。

    held_out 为 None 时不用任何留出的组合、说法、名字；
    为 "combination"、"phrasing"、"name" 时每篇都用到那一种。
    """
    if held_out not in (None, *HELD_OUT):
        raise InputError(f"没有叫作 {held_out!r} 的留出", "、".join(HELD_OUT), "从上面的几种中选一个，或不给")
    if unknown := set(plans or ()) - set(registry()):
        found = f"没有叫作 {'、'.join(sorted(unknown))} 的计划"
        raise InputError(found, "、".join(registry()), "从上面的计划中选")
    usual = [name for name, plan in registry().items() for _ in range(getattr(plan, "PORTION", 1))]
    source, names, characters, count = random.Random(seed), tuple(plans or usual), 0, 0
    most, longest = n_documents or math.inf, n_characters or math.inf
    while characters < longest and count < most:
        story = _next(source, names, held_out, plain)
        yield story
        characters, count = characters + len(story.text), count + 1


def _next(source: random.Random, names: Sequence[str], held_out: str | None, plain: bool) -> Story:
    """下一篇：太长的、没有用到所要的留出的，都重写（bits 因此仍是上界）。"""
    for _ in range(TRIES):
        chooser = Chooser(source)
        story = write(chooser.choose(names), chooser, held_out, plain)
        if len(story.text) <= LONGEST and (held_out is None or held_out in story.teller.held):
            return story
    found = f"这些计划写不出留出的 {held_out}：{'、'.join(dict.fromkeys(names))}"
    raise InputError(found, "至少一个有这种留出的计划", "换几个计划")


def entropy(seed: int = 0, n_documents: int = 200, plans: Sequence[str] | None = None) -> dict[str, float]:
    """每个计划的每字比特数（上界），"all" 是全部计划合起来的。"""
    rows: dict[str, float] = {}
    bits = characters = 0
    for name in plans or registry():
        documents = list(stories(seed, n_documents=n_documents, plans=[name]))
        total, size = sum(d.bits for d in documents), sum(len(d.text) for d in documents)
        rows[name] = total / size
        bits, characters = bits + total, characters + size
    return rows | {"all": bits / characters}
