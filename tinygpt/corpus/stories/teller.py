"""讲故事的人：请角色上场、做事（先查前提，再改状态）、说话（选一个模板，按状态写出来）。

一个计划就是一个函数 tell(t)，它只同 Teller 打交道。
这里不知道：计划的内容、问题和英文（见 answers.py）。
"""

import dataclasses
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.stories.lexicon import NARRATOR, Being, Entity, Number, StoryError, Thing, Word, beings
from tinygpt.corpus.stories.state import State
from tinygpt.corpus.stories.surface import PLAIN, Surface
from tinygpt.corpus.stories.verbs import Verb

HELD_OUT_FROM, HELD_OUT_LAST = 8, 2  # 有 8 个以上模板的一拍，最后 2 个留出


@dataclass(frozen=True)
class Event:
    """一件事：动词、各个参数的名字。"""

    verb: str
    args: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """做过的一件事，供问题与英文使用：动词、参数，以及做之前各样东西是谁的。"""

    verb: Verb
    args: tuple[Entity, ...]
    owner: dict[str, str]


def held_pair(plan: str, a: Entity, b: Entity) -> bool:
    """计划 × 东西 × 地方的这一组是否留出：按名字的校验和，约二十分之一。"""
    return zlib.crc32(f"{plan}|{a.name}|{b.name}".encode()) % 20 == 0


def _usual(beat: Sequence[str], held: bool, plain: bool) -> Sequence[str]:
    """一拍里平时用的模板，或留出的模板；太短的一拍不留出。朴素的写法只用前几个。"""
    usual = beat if len(beat) < HELD_OUT_FROM else beat[-HELD_OUT_LAST:] if held else beat[:-HELD_OUT_LAST]
    return usual[: PLAIN if plain else None]


class Teller:
    """写一篇用的笔。held_out 是 None、"combination"、"phrasing" 或 "name"；held 记下真正用到的那几种。"""

    def __init__(self, plan: str, chooser: Chooser, held_out: str | None = None, plain: bool = False):
        self.plan, self.chooser, self.held_out, self.plain = plan, chooser, held_out, plain
        self.roles: dict[str, Entity] = {}
        self.state = State()
        self.surface = Surface(self.roles, self.state, chooser, plain=plain)
        self.done: list[Done] = []
        self.asks: list[tuple[str, Sequence[str], Sequence[str]]] = []
        self.summary: Sequence[str] = ()
        self.held: set[str] = set()
        self.used: set[str] = set()
        self.speaker = ""  # 对话里最后说话的人，写作 "{a}"

    # 请角色上场：都按 key 记进角色表

    def cast(self, key: str, *kinds: str) -> Being:
        """选一个还没有上场的人物。kinds 是类别：child elder adult teacher kin sibling animal。"""
        taken = {e.name for e in self.roles.values()} | {e.english for e in self.roles.values()}
        free = [b for b in beings(*kinds) if b.name not in taken and b.english not in taken]
        held = [b for b in free if b.held]
        if self.held_out == "name" and held:
            self.held.add("name")
            free = held
        else:
            free = [b for b in free if not b.held]
        return self.set(key, self.chooser.choose(free))

    def narrator(self, key: str) -> Being:
        """日记和信里的"我"。"""
        return self.set(key, NARRATOR)

    def pick(self, key: str, options: Sequence[Entity]) -> Entity:
        """从一列东西（地方、话）里选一个；有颜色的东西同时定下颜色。"""
        taken = {e.name for e in self.roles.values()}
        return self.set(key, self._coloured(self.chooser.choose([o for o in options if o.name not in taken])))

    def pair(self, thing_key: str, things: Sequence[Entity], place_key: str, places: Sequence[Entity],
             fits: Callable[[Entity, Entity], bool] = lambda thing, place: True) -> None:  # fmt: skip
        """选一样东西和一个地方；fits 说哪些组合讲得通；留出的组合平时不用。"""
        held = self.held_out == "combination"
        rows = {a: [b for b in places if fits(a, b) and held_pair(self.plan, a, b) == held] for a in things}
        if held and not any(rows.values()):  # 这次没有留出的组合可用
            rows = {a: [b for b in places if fits(a, b) and not held_pair(self.plan, a, b)] for a in things}
            held = False
        if held:
            self.held.add("combination")
        thing = self.chooser.choose([a for a, fit in rows.items() if fit])
        self.set(place_key, self.chooser.choose(rows[thing]))
        self.set(thing_key, self._coloured(thing))

    def set(self, key: str, entity: Entity | str) -> Entity:
        """直接定下一个角色；字符串就是一段现成的话。"""
        self.roles[key] = Word(entity) if isinstance(entity, str) else entity
        return self.roles[key]

    def number(self, key: str, value: int, unit: str = "") -> Number:
        return self.set(key, Number(value, unit))

    def phrase(self, key: str, beat: Sequence[str], english: str = "") -> Word:
        """从一列模板里选一个写成一段话，记作角色（时间、天气、心情……）；还没有写进正文。"""
        surface = Surface(self.roles, self.state, self.chooser, plain=self.plain)
        surface.write(self._template(beat))
        return self.set(key, Word(surface.text, english))

    def _coloured(self, entity: Entity) -> Entity:
        if isinstance(entity, Thing) and entity.colours:
            return dataclasses.replace(entity, colour=self.chooser.choose(entity.colours))
        return entity

    # 随机

    def choose(self, options: Sequence):
        return self.chooser.choose(options)

    def chance(self, part: int, whole: int) -> bool:
        return self.chooser.chance(part, whole)

    # 状态与事件

    def scene(self, place: str, *keys: str) -> None:
        """这几个人一开始就在这个地方（不算一件事）。"""
        for key in keys:
            self.state.move(self.roles[key], self.roles[place])

    def own(self, who: str, thing: str) -> None:
        """这样东西一开始就是这个人的，在他手里。"""
        self.state.own(self.roles[who], self.roles[thing])
        self.state.hold(self.roles[who], self.roles[thing])

    def do(self, verb: Verb, *keys: str) -> None:
        """做一件事。前提不成立就报错：那是计划写错了。"""
        args = tuple(self.surface.find(key) for key in keys)
        for need in verb.needs:
            check, *places = need.split()
            if not getattr(self.state, check)(*(args[int(i)] for i in places)):
                raise StoryError(f"{self.plan}：{verb.name}{[a.name for a in args]} 不成立，缺少 {need}")
        self.done.append(Done(verb, args, dict(self.state.owner)))
        for effect in verb.effects:
            change, *places = effect.split()
            getattr(self.state, change)(*(args[int(i)] for i in places))

    # 说话

    def say(self, *beats: Sequence[str]) -> None:
        """依次说几拍，每拍选一个模板。"""
        for beat in beats:
            self.surface.write(self._template(beat))

    def talk(self, *beats: Sequence[str]) -> None:
        """对话里的几拍。模板写成"\\n{a}：……"；同一个人接着说，就不另起一行。"""
        for beat in beats:
            template = self._template(beat).lstrip("\n")
            speaker, _, words = template.partition("：")
            if self.speaker == speaker:
                self.surface.write(words)
            else:
                self.surface.write(("\n" if self.surface.pieces else "") + template)
            self.speaker = template.rsplit("\n", 1)[-1].partition("：")[0]

    def maybe(self, part: int, whole: int, *beats: Sequence[str]) -> None:
        if self.chance(part, whole):
            self.say(*beats)

    def line(self) -> None:
        """另起一行。"""
        self.surface.write("\n")

    def ask(self, kind: str, questions: Sequence[str], answers: Sequence[str]) -> None:
        """添一个计划自己的问题（例如"为什么"）。"""
        self.asks.append((kind, questions, answers))

    def told(self, key: str) -> bool:
        """这个角色在正文里说到了没有。"""
        return self.roles[key].name in self.surface.text

    def sum_up(self, beat: Sequence[str]) -> None:
        """一句话的摘要从这里面选。"""
        self.summary = beat

    def _template(self, beat: Sequence[str]) -> str:
        """选一个这篇里还没有用过的模板；都用过了就不管。"""
        if isinstance(beat, str):
            raise StoryError(f"一拍要是几个模板，不能是一个字符串：{beat}")
        usual = _usual(beat, self.held_out == "phrasing", self.plain)
        if self.held_out == "phrasing" and len(beat) >= HELD_OUT_FROM:
            self.held.add("phrasing")
        chosen = self.chooser.choose([x for x in usual if x not in self.used] or usual)
        self.used.add(chosen)
        return chosen
