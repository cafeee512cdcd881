"""文字的表面：模板读成一棵小树，再按角色写成一片一片的文字，每片记下它说的是谁、是什么。

模板的写法：
  {a}       角色 a 的名字        {a:他}  一种写法（见 lexicon.py）    {a+b}  小明和小红    {a+b:他}  他们
  {t:谁}    现在谁拿着 t         {t:主}  t 是谁的                     {a:哪}  a 现在在哪里
  {n!}      叹号：这里说的由前文定下，可以出题（多少、是谁）
  [甲|乙|]  任选一个，可以为空，里面可以有槽       <很>    从 lexicon/words.txt 的这一类里任选一个词
这里不知道：选哪个模板、发生了什么。代词由这里把关：会让人误认时改写成名字。
"""

import re
from dataclasses import dataclass, field
from functools import cache

from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.stories.lexicon import Being, Entity, StoryError, Thing, words
from tinygpt.corpus.stories.state import State

PLAIN = 3  # 朴素的写法：一拍用几个模板，[ ] 与 < > 里用几种
TOKEN = re.compile(r"\{([^{}:!]+)(?::([^{}!]*))?(!?)\}|([\[|\]])|<([^<>]+)>|([^\[\]{}|<>]+)")


@dataclass(frozen=True)
class Slot:
    keys: tuple[str, ...]
    spec: str
    marked: bool


@dataclass(frozen=True)
class Choice:
    options: tuple[tuple, ...]


@dataclass(frozen=True)
class Piece:
    """一片文字：kind 是 name、pronoun、thing、place、colour、number 或空；entity 是它说的角色。

    marked：模板里标了叹号；holding：标了叹号的这个人物，写到这里时手里拿着东西。
    """

    text: str
    kind: str = ""
    entity: Entity | None = None
    marked: bool = False
    holding: bool = False


@cache
def parse(template: str) -> tuple:
    """模板 → 节点（str、Slot、Choice）的元组。括号不配对就报错。"""
    if sum(len(m.group()) for m in TOKEN.finditer(template)) != len(template):
        raise StoryError(f"读不懂的模板：{template}")
    stack: list[list[list]] = [[[]]]
    for key, spec, bang, bracket, group, text in TOKEN.findall(template):
        if bracket == "[":
            stack.append([[]])
        elif bracket == "|":
            stack[-1].append([])
        elif bracket == "]":
            if len(stack) == 1:
                raise StoryError(f"方括号不配对：{template}")
            options = stack.pop()
            stack[-1][-1].append(Choice(tuple(tuple(o) for o in options)))
        elif group:
            stack[-1][-1].append(_group(group))
        else:
            stack[-1][-1] += _literal(text) if text else [Slot(tuple(key.split("+")), spec, bool(bang))]
    if len(stack) != 1 or len(stack[0]) != 1:
        raise StoryError(f"方括号不配对：{template}")
    return tuple(stack[0][0])


def _literal(text: str) -> list:
    """照写的文字；里面处处可换的词（words.txt 里以"＝"开头的）变成任选。"""
    swaps = {key[1:]: _group(key) for key in words() if key.startswith("＝")}
    pieces = re.split(f"({'|'.join(swaps)})", text) if swaps else [text]
    return [swaps.get(piece, piece) for piece in pieces if piece]


def _group(name: str) -> Choice:
    if name not in words():
        raise StoryError(f"words.txt 里没有这一类词：<{name}>")
    return Choice(tuple((word,) for word in words()[name]))


@cache
def variants(template: str) -> int:
    """一个模板有多少种写法（槽不算）。"""

    def count(nodes: tuple) -> int:
        total = 1
        for node in nodes:
            if isinstance(node, Choice):
                total *= sum(count(o) for o in node.options)
        return total

    return count(parse(template))


@dataclass
class Surface:
    """写出来的文字。roles 是角色表，由 Teller 填；pieces 依次相连就是全文。"""

    roles: dict[str, Entity]
    state: State
    chooser: Chooser
    asking: bool = False  # 写问题时为真：不换代词，"我"称"作者"
    plain: bool = False  # 朴素的写法：任选的只用前面 PLAIN 种
    pieces: list[Piece] = field(default_factory=list)
    chosen: set[tuple[Choice, tuple]] = field(default_factory=set)  # 这个模板里选过的
    latest: dict[str, str] = field(default_factory=dict)  # 代词 → 最近用名字提到的那一个

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def write(self, template: str) -> None:
        self.chosen.clear()
        self._write(parse(template))

    def _write(self, nodes: tuple) -> None:
        for node in nodes:
            if isinstance(node, str):
                self.pieces.append(Piece(node))
            elif isinstance(node, Choice):
                self._choose(node)
            elif len(node.keys) > 1:
                self._several([self.find(key) for key in node.keys], node.spec)
            else:
                self._slot(self.find(node.keys[0]), node.spec, node.marked)

    def _choose(self, node: Choice) -> None:
        """任选一个；同一类词在一个模板里不重样（"看了猴子，又看了猴子"）。"""
        options = node.options[: PLAIN if self.plain else None]
        option = self.chooser.choose([o for o in options if (node, o) not in self.chosen] or options)
        self.chosen.add((node, option))
        self._write(option)

    def find(self, key: str) -> Entity:
        if key not in self.roles:
            raise StoryError(f"槽 {{{key}}} 没有填；有：{' '.join(self.roles)}")
        return self.roles[key]

    def _several(self, entities: list[Entity], spec: str) -> None:
        if spec:
            pronouns = {e.pronoun for e in entities}
            self.pieces.append(Piece(f"{pronouns.pop() if len(pronouns) == 1 else _mixed(pronouns)}们"))
            return
        for i, entity in enumerate(entities):
            if i:
                self.pieces.append(Piece("和" if i == len(entities) - 1 else "、"))
            self._slot(entity, "", False)

    def _slot(self, entity: Entity, spec: str, marked: bool) -> None:
        spec = self._clear(entity, "他" if spec == "它" and isinstance(entity, Being) else spec)
        if spec in ("谁", "主", "哪"):
            source = {"谁": self.state.holder, "主": self.state.owner, "哪": self.state.at}[spec]
            name = source[entity.name]
            entity, spec, marked = next(e for e in self.roles.values() if e.name == name), "", True
        if self.asking and isinstance(entity, Being) and spec in ("", "他"):
            spec = "问"
        holding = marked and entity.name in self.state.holder.values()
        for text, kind in entity.form(spec):
            self.pieces.append(Piece(text, kind, entity, marked and bool(kind), holding))
        if isinstance(entity, Being) and spec != "他":
            self.latest[entity.pronoun] = entity.name

    def _clear(self, entity: Entity, spec: str) -> str:
        """代词会认错人时改写成名字：刚提过另一个同样代词的，或者"它"是东西而故事里有动物。"""
        if spec == "他" and self.latest.get(entity.pronoun) != entity.name:
            return ""
        animals = any(isinstance(e, Being) and e.pronoun == "它" for e in self.roles.values())
        return "" if spec == "它" and isinstance(entity, Thing) and animals else spec


def _mixed(pronouns: set[str]) -> str:
    return "我" if "我" in pronouns else "他" if "他" in pronouns else "她"
