"""翻译：一个很小的世界，八种动物、八样东西、八个地方、四种颜色，用几个句型拼成中文与英文的一对句子。

英文的词都短，因为附带的分词器没有怎么见过英文，一个字母就是一个 token。
留出的是组合：一句里的两样（东西与地方、谁与地方……）这一对，练习里从不一起出现；每个词单独都见过。
"""

import random
from collections.abc import Iterator
from functools import partial

from tinygpt.tasks.case import Case, Task, endless, held_out
from tinygpt.tasks.scores import chrf, exact, scored

TO_ENGLISH, TO_CHINESE = "翻译成英文：", "翻译成中文："
WHO = {
    "小猫": "cat", "小狗": "dog", "小熊": "bear", "小鸟": "bird", "小鸭": "duck", "山羊": "goat",
    "狐狸": "fox", "青蛙": "frog",
}  # fmt: skip
THINGS = {  # 中文：（量词，英文）
    "帽子": ("顶", "hat"), "皮球": ("个", "ball"), "风筝": ("只", "kite"), "杯子": ("个", "cup"),
    "书包": ("个", "bag"), "扇子": ("把", "fan"), "钥匙": ("把", "key"), "地图": ("张", "map"),
}  # fmt: skip
PLACES = {
    "公园里": "in the park", "河边": "by the river", "山上": "on the hill", "树下": "by the tree",
    "海边": "by the sea", "湖边": "by the lake", "花园里": "in the garden", "商店里": "in the shop",
}  # fmt: skip
COLOURS = {"红色": "red", "蓝色": "blue", "绿色": "green", "黑色": "black"}
TIMES = {"昨天": "Yesterday", "今天": "Today"}
PATTERNS = (  # 中文，英文，哪两样合成留出的组合
    ("{a}去了{p}", "the {A} went {to}", "ap"),
    ("{a}在{p}遇到了{b}", "the {A} met the {B} {in_}", "bp"),
    ("{a}在{p}丢了一{k}{c}的{t}", "the {A} lost a {C} {T} {in_}", "tp"),
    ("{a}在{p}找到了{b}的{t}", "the {A} found the {B}'s {T} {in_}", "tp"),
    ("{a}没有找到{c}的{t}", "the {A} did not find the {C} {T}", "ct"),
    ("{a}把{c}的{t}给了{b}", "the {A} gave the {C} {T} to the {B}", "tb"),
    ("{a}买了一{k}{c}的{t}", "the {A} bought a {C} {T}", "ct"),
    ("{a}把{t}放在{p}", "the {A} put the {T} {in_}", "tp"),
)


def sentence(source: random.Random) -> tuple[str, str, str, bool]:
    """（中文，英文，留出的是哪两样，这一对是不是留出的）。"""
    chinese, english, key = source.choice(PATTERNS)
    a, b = source.sample(list(WHO), 2)
    thing, place, colour = (source.choice(list(words)) for words in (THINGS, PLACES, COLOURS))
    measure, thing_english = THINGS[thing]
    where = PLACES[place]
    chosen = {"a": a, "b": b, "t": thing, "p": place, "c": colour}
    words = chosen | {
        "A": WHO[a], "B": WHO[b], "T": thing_english, "C": COLOURS[colour], "k": measure, "in_": where,
        "to": "to " + where.partition(" ")[2],
    }  # fmt: skip
    chinese, english = chinese.format(**words) + "。", english.format(**words) + "."
    if source.random() < 0.3:
        when = source.choice(list(TIMES))
        chinese, english = f"{when}，{chinese}", f"{TIMES[when]}, {english}"
    return chinese, english[0].upper() + english[1:], key, held_out(*(chosen[part] for part in key))


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
ZH_EN = Task("zh-en", "中译英", partial(write, into=TO_ENGLISH), SCORES, copy, most=72)
EN_ZH = Task("en-zh", "英译中", partial(write, into=TO_CHINESE), SCORES, copy, most=40)
