"""词库：人、动物、东西、地方和数，以及它们在句子里的样子（量词、颜色、代词）。

这里知道：一个词有哪些写法，每种写法由哪几片文字拼成。这里不知道：故事里发生了什么。
写法的名字就是模板里冒号后面的字：{a:他} 是代词，{t:一} 是"一把雨伞"，{p:里} 是"公园里"。
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "lexicon"
DIGITS = "零一二三四五六七八九"
KINDS = ("child", "elder", "adult", "teacher", "worker", "doctor", "kin", "sibling", "animal")


class StoryError(ValueError):
    """计划写错了：动词的前提不成立、槽没有填、写法不存在。这不是读者的错，所以不是 InputError。"""


def numeral(n: int) -> str:
    """0 到 999 的汉字数：12 → 十二，105 → 一百零五。"""
    if n < 10:
        return DIGITS[n]
    if n < 20:
        return "十" + (DIGITS[n % 10] if n % 10 else "")
    if n < 100:
        return DIGITS[n // 10] + "十" + (DIGITS[n % 10] if n % 10 else "")
    rest = n % 100
    if not rest:
        return DIGITS[n // 100] + "百"
    return DIGITS[n // 100] + "百" + ("零" if rest < 10 else "一" if rest < 20 else "") + numeral(rest)


def counted(n: int) -> str:
    """量词前面的数：2 说"两"。"""
    return "两" if n == 2 else numeral(n)


@dataclass(frozen=True)
class Being:
    """一个人物：名字、代词、类别；动物还有量词和爱吃的东西。asked 是提问时怎样称呼（"我"称"作者"）。"""

    name: str
    pronoun: str
    kind: str
    english: str
    held: bool = False
    measure: str = "个"
    food: str = ""
    asked: str = ""

    def form(self, spec: str) -> list[tuple[str, str]]:
        boy = self.pronoun == "他"
        forms = {
            "": [(self.name, "name")],
            "他": [(self.pronoun, "pronoun")],
            "问": [(self.asked or self.name, "name")],
            "一": [("一" + self.measure, ""), (self.name, "name")],
            "量": [(self.measure, "")],
            "孩": [("男孩" if boy else "女孩", "")],
            "食": [(self.food, "")],
            "孙": [("孙子" if boy else "孙女", "")],
            "兄": [("哥哥" if boy else "姐姐", "")],
            "弟": [("弟弟" if boy else "妹妹", "")],
        }
        return _lookup(forms, spec, self.name)


@dataclass(frozen=True)
class Thing:
    """一样东西：名字、量词、标签、颜色、价钱的范围、用处、质料。放进故事时定下一种颜色（colour）。"""

    name: str
    english: str
    measure: str
    tags: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    use: str = ""
    colour: str = ""
    material: str = ""

    def form(self, spec: str) -> list[tuple[str, str]]:
        noun, hue = (self.name, "thing"), [(self.colour, "colour")] if self.colour else []
        forms = {
            "": [noun],
            "一": [("一" + self.measure, ""), noun],
            "这": [("这" + self.measure, ""), noun],
            "那": [("那" + self.measure, ""), noun],
            "量": [(self.measure, "")],
            "色": [*hue, *([("的", "")] if hue else []), noun],
            "一色": [("一" + self.measure, ""), *hue, *([("的", "")] if hue else []), noun],
            "它": [("它", "pronoun")],
            "用": [(self.use, "")],
            "质": [(self.material, "")],
        }
        if hue:
            forms["色字"] = hue
        return _lookup(forms, spec, self.name)


@dataclass(frozen=True)
class Place:
    """一个地方："公园"、方位"里"；spots 是其中能藏东西的角落。"""

    name: str
    suffix: str
    english: str
    tags: tuple[str, ...] = ()
    spots: tuple[str, ...] = ()

    def form(self, spec: str) -> list[tuple[str, str]]:
        forms = {"": [(self.name, "place")], "里": [(self.name, "place"), (self.suffix, "")]}
        return _lookup(forms, spec, self.name)


@dataclass(frozen=True)
class Number:
    """一个数；unit 是它的单位（"元"、"斤"、"个"）。"""

    value: int
    unit: str = ""

    @property
    def name(self) -> str:
        return counted(self.value) + self.unit if self.unit else numeral(self.value)

    @property
    def english(self) -> str:
        return f"{self.value} {'yuan' if self.unit == '元' else ''}".strip()

    def form(self, spec: str) -> list[tuple[str, str]]:
        texts = {"": self.name, "数": numeral(self.value), "量": counted(self.value)}
        return _lookup({key: [(text, "number")] for key, text in texts.items()}, spec, self.name)


@dataclass(frozen=True)
class Word:
    """一段现成的话（时间、天气、心情、事由），带它的英文；english 用在英文复述里。"""

    name: str
    english: str = ""

    def form(self, spec: str) -> list[tuple[str, str]]:
        return _lookup({"": [(self.name, "")]}, spec, self.name)


Entity = Being | Thing | Place | Number | Word
NARRATOR = Being("我", "我", "self", "I", asked="作者")


def _lookup(forms: dict, spec: str, name: str) -> list[tuple[str, str]]:
    if spec not in forms or any(text is None for text, _ in forms[spec]):
        raise StoryError(f"“{name}”没有写法 {spec!r}；有：{' '.join(forms)}")
    return [piece for piece in forms[spec] if piece[0]]


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def beings(*kinds: str) -> tuple[Being, ...]:
    """某几类人物，次序同词库；不给类别就是全部。"""
    people = [
        Being(r["word"], r["pronoun"], r["kind"], r["english"], bool(r["held"])) for r in _rows("people")
    ]
    animals = [
        Being(r["word"], "它", "animal", r["english"], bool(r["held"]), r["measure"], r["food"])
        for r in _rows("animals")
    ]
    return tuple(b for b in (*people, *animals) if not kinds or b.kind in kinds)


@cache
def being(name: str) -> Being:
    """按名字取一个人物，例如 being("妈妈")。"""
    return next(b for b in beings() if b.name == name)


@cache
def things(*tags: str) -> tuple[Thing, ...]:
    """同时带有这几个标签的东西；"有色"要求有颜色可选。"""
    rows = [
        Thing(r["word"], r["english"], r["measure"], tuple(r["tags"].split()), tuple(r["colours"].split()),
              int(r["low"] or 0), int(r["high"] or 0), r["use"], material=r["material"])
        for r in _rows("things")
    ]  # fmt: skip
    return tuple(t for t in rows if all(tag in t.tags or (tag == "有色" and t.colours) for tag in tags))


@cache
def places(*tags: str) -> tuple[Place, ...]:
    """带有其中任何一个标签的地方。"""
    rows = [Place(r["word"], r["suffix"], r["english"], tuple(r["tags"].split()), tuple(r["spots"].split()))
            for r in _rows("places")]  # fmt: skip
    return tuple(p for p in rows if not tags or set(tags) & set(p.tags))


@cache
def words() -> dict[str, tuple[str, ...]]:
    """可以互换的词，一类一组：模板里的 <很> 就从"很"这一类里任选。"""
    lines = (FOLDER / "words.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("：", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name: tuple(rest.split()) for name, rest in pairs}
