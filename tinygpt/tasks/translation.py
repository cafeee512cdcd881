"""翻译：小故事的词库里的人、东西与地方，用十几个句型拼成中文与英文的一对句子。

留出的是组合：一句里的东西与地方（或两个人、东西与人）这一对，练习里从不一起出现；每个词单独都见过。
"""

import random
from collections.abc import Iterator
from functools import cache, partial

from tinygpt.corpus.stories.lexicon import Being, Place, Thing, beings, places, things
from tinygpt.tasks.case import Case, Task, endless, held_out
from tinygpt.tasks.scores import chrf, exact, scored

TO_ENGLISH, TO_CHINESE = "翻译成英文：", "翻译成中文："
COLOURS = {
    "红色": "red", "黄色": "yellow", "蓝色": "blue", "黑色": "black", "绿色": "green", "白色": "white",
}  # fmt: skip
TIMES = {
    "昨天": "Yesterday", "今天早上": "This morning", "星期三": "On Wednesday", "放学以后": "After school",
}  # fmt: skip
# 中文，英文，哪两样合成留出的组合。{t} 光是名字，{T} 带颜色，{p} 地方，{in} 在……里，{k} 量词
PATTERNS = (
    ("{a}去了{p}", "{A} went {to}", "ap"),
    ("{a}和{b}一起去了{p}", "{A} and {B} went {to} together", "ap"),
    ("{a}{at}遇到了{b}", "{A} met {B} {in}", "bp"),
    ("{a}{at}丢了一{k}{T}", "{A} lost {one} {in}", "tp"),
    ("{a}{at}找到了{b}的{t}", "{A} found {B}'s {t_en} {in}", "tp"),
    ("{a}没有找到{T}", "{A} did not find the {T_en}", "ta"),
    ("{a}把{T}给了{b}", "{A} gave the {T_en} to {B}", "tb"),
    ("{a}把{t}借给了{b}", "{A} lent the {t_en} to {B}", "tb"),
    ("{a}送给{b}一{k}{T}", "{A} gave {B} {one} as a present", "tb"),
    ("{b}{at}帮{a}找{t}", "{B} helped {A} look for the {t_en} {in}", "tp"),
    ("{a}想要一{k}{T}", "{A} wants {one}", "ta"),
    ("{a}的{T}在{p}{at_end}", "{A}'s {T_en} is {in}", "tp"),
)


@cache
def cast(count: int = 24) -> tuple[Being, ...]:
    """英文名字互不相同的孩子。"""
    found: dict[str, Being] = {}
    for being in beings("child"):
        if not being.held:
            found.setdefault(being.english, being)
    return tuple(found.values())[:count]


@cache
def goods(count: int = 24) -> tuple[Thing, ...]:
    """有颜色可选、一件一件数的东西。"""
    plain = [t for t in things("丢", "有色") if " of " not in t.english and set(t.colours) & set(COLOURS)]
    return tuple(plain)[:count]


@cache
def spots(count: int = 16) -> tuple[Place, ...]:
    """城里的地方。"""
    return tuple(p for p in places("town") if p.english.startswith(("in the", "on the", "at the")))[:count]


def sentence(source: random.Random) -> tuple[str, str, str, bool]:
    """（中文，英文，句型，是不是留出的组合）。"""
    chinese, english, key = source.choice(PATTERNS)
    a, b = source.sample(cast(), 2)
    thing, place = source.choice(goods()), source.choice(spots())
    colour = source.choice([c for c in thing.colours if c in COLOURS])
    coloured = f"{COLOURS[colour]} {thing.english}"
    words = {
        "a": a.name, "A": a.english, "b": b.name, "B": b.english, "t": thing.name, "t_en": thing.english,
        "T": f"{colour}的{thing.name}", "T_en": coloured, "one": f"a {coloured}", "k": thing.measure,
        "p": place.name, "at": f"在{place.name}{place.suffix}", "at_end": place.suffix,
        "in": place.english, "to": f"to {place.english.split(' ', 1)[1]}",
    }  # fmt: skip
    names = {"a": a.name, "b": b.name, "t": thing.name, "p": place.name}
    held = held_out(*(names[part] for part in key))
    chinese, english = chinese.format(**words) + "。", english.format(**words) + "."
    if source.random() < 0.4:
        when = source.choice(tuple(TIMES))
        chinese, english = f"{when}，{chinese}", f"{TIMES[when]}, {english}"
    return chinese, english, key, held


def write(seed: int, held: bool, into: str) -> Iterator[Case]:
    def make(source: random.Random) -> tuple[Case, bool]:
        chinese, english, key, is_held = sentence(source)
        pair = (chinese, english) if into == TO_ENGLISH else (english, chinese)
        return Case(into + pair[0], pair[1], key), is_held

    return endless(make, seed, held)


def copy(case: Case) -> str:
    """把原文照抄一遍。"""
    return case.prompt.partition("：")[2]


SCORES = scored(exact=exact, chrf=chrf)
ZH_EN = Task("zh-en", "中译英", partial(write, into=TO_ENGLISH), SCORES, copy, most=48)
EN_ZH = Task("en-zh", "英译中", partial(write, into=TO_CHINESE), SCORES, copy, most=40)
