"""从同一个状态得到的准确答案：问题、摘要、英文复述和填空。都不看正文的写法，只看做过的事和写下的文字片。

问法的选择用文章自己的校验和作种子，不动正文的随机数，也不记账。
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.stories.lexicon import Being, Entity, Number, Place, Thing, beings, places, things
from tinygpt.corpus.stories.surface import Piece, Surface
from tinygpt.corpus.stories.teller import Done, Teller

HOLDER = ("{0}现在在谁手里？", "最后{0}在谁那里？", "现在{0}在谁的手里？"), ("在{1}手里。", "{1}拿着{0}。")
WHOSE = ("{0}是谁的？", "{0}的主人是谁？"), ("是{1}的。", "{0}是{1}的。")
LIES = ("{0}现在在哪里？", "最后{0}放在哪里？"), ("在{1:里}。",)
PRONOUNS = ("他", "她", "它")
POSSESSIVE = {"他": "his", "她": "her", "它": "its", "我": "my"}


@dataclass(frozen=True)
class Question:
    """一个问题和它的答案。kind：who where what how_many why holder whose。"""

    kind: str
    question: str
    answer: str


@dataclass(frozen=True)
class Cloze:
    """填空：正文的 position 处写着 answer，前文已经定下；options 是别的（错的）写法。"""

    position: int
    answer: str
    options: tuple[str, ...]
    kind: str


def render(template: str, roles: dict[str, Entity], teller: Teller, source: random.Random) -> str:
    surface = Surface(roles, teller.state, Chooser(source), asking=True)
    surface.write(template)
    return surface.text


def summary(teller: Teller, source: random.Random) -> str:
    return render(source.choice(teller.summary), teller.roles, teller, source) if teller.summary else ""


def questions(teller: Teller, source: random.Random) -> list[Question]:
    """动词带来的问题、计划自己的问题，以及最后的状态。一个问题只问一次。"""
    rows = []
    for done in teller.done:
        roles = {str(i): entity for i, entity in enumerate(done.args)}
        rows += [(kind, asks, answers, roles) for kind, asks, answers in done.verb.asks]
    rows += [(kind, asks, answers, teller.roles) for kind, asks, answers in teller.asks]
    by_name = {e.name: e for e in teller.roles.values()}
    told = {p.entity.name for p in teller.surface.pieces if p.entity}
    state = teller.state
    for kind, (asks, answers), table in (("holder", HOLDER, state.holder), ("whose", WHOSE, state.owner),
                                         ("where", LIES, state.lies)):  # fmt: skip
        rows += [(kind, asks, answers, {"0": by_name[a], "1": by_name[b]})
                 for a, b in table.items() if a in told and b in told]  # fmt: skip
    found: dict[str, Question] = {}
    for kind, asks, answers, roles in rows:
        question = render(source.choice(asks), roles, teller, source)
        answer = render(source.choice(answers), roles, teller, source)
        found.setdefault(question, Question(kind, question, answer))
    return list(found.values())


def cloze(pieces: Sequence[Piece], cast: Sequence[Entity], source: random.Random) -> list[Cloze]:
    """再次提到的名字、东西、地方、颜色和代词；还有模板里标了叹号的（由状态定下的数和人）。"""
    position, seen, rows = 0, set(), []
    for piece in pieces:
        known = piece.entity is not None and (piece.entity.name, piece.kind) in seen
        if piece.kind == "pronoun":
            known = piece.entity is not None and piece.entity.name in {name for name, _ in seen}
        if piece.kind and (known or piece.marked):
            name = "name" if not (piece.marked and known) else "holder" if piece.holding else "who"
            number = "sum" if piece.marked else "number"
            kind = {"number": number, "name": name}.get(piece.kind, piece.kind)
            options = [o for o in _others(piece, kind, cast, seen, source) if _apart(o, piece.text)]
            first = kind == "name" and not known  # 头一次提到的名字猜不出来
            if options and not first and piece.text not in ("我", "你"):
                rows.append(Cloze(position, piece.text, tuple(options), kind))
        if piece.entity is not None:
            seen.add((piece.entity.name, piece.kind))
        position += len(piece.text)
    return [c for c in rows if c.kind not in ("name", "holder", "who") or c.answer in {n for n, _ in seen}]


def _apart(a: str, b: str) -> bool:
    """谁也不是谁的开头：短的写法若是长的开头，概率总更大，比起来不公平。"""
    return not a.startswith(b) and not b.startswith(a)


def _others(piece: Piece, kind: str, cast: Sequence[Entity], seen: set, source: random.Random) -> list[str]:
    """错的写法，最多四个：同样长短、同一类、故事里没有的；holder 与 who 则是故事里另外的人物。"""
    entity, used = piece.entity, {e.name for e in cast}
    if kind == "pronoun":
        return [p for p in PRONOUNS if p != piece.text] if piece.text in PRONOUNS else []
    if kind in ("holder", "who"):
        others = [e.name for e in cast if isinstance(e, Being) and e.name != piece.text]
        return [name for name in dict.fromkeys(others) if (name, "name") in seen]
    if isinstance(entity, Number):
        near = {entity.value + d for d in (-3, -2, -1, 1, 2, 3, 5, 10)} - {entity.value}
        options = [Number(v, entity.unit).name for v in sorted(near) if v > 0]
        return source.sample(options, min(4, len(options)))
    if kind == "colour":
        rest = [c for c in entity.colours if c != piece.text]
        return source.sample(rest, min(4, len(rest)))
    pool = {Being: lambda: beings(entity.kind), Thing: things, Place: places}.get(type(entity), tuple)()
    held = getattr(entity, "held", False)
    alike = [e for e in pool if len(e.name) == len(piece.text) and getattr(e, "held", False) == held]
    names = [e.name for e in alike if e.name not in used]
    return source.sample(names, min(4, len(names)))


# 英文：只看做过的事，每件事一个动词短语；同一个人接着做的两件事合成一句


def english(done: Sequence[Done]) -> str:
    groups: list[tuple[Entity, list[str]]] = []
    seen: set[str] = set()
    for record in done:
        if not record.verb.english:
            continue
        phrase = _verb_phrase(record, seen)
        if groups and groups[-1][0] == record.args[0] and len(groups[-1][1]) < 2:
            groups[-1][1].append(phrase)
        else:
            groups.append((record.args[0], [phrase]))
    sentences = [f"{_subject(subject)} {' and '.join(phrases)}." for subject, phrases in groups]
    return " ".join(s[0].upper() + s[1:] for s in sentences)


def _subject(entity: Entity) -> str:
    return entity.english


def _verb_phrase(record: Done, seen: set[str]) -> str:
    def fill(match: re.Match) -> str:
        entity, spec = record.args[int(match.group(1))], match.group(2) or ""
        return _object(entity, spec, record, seen)

    return re.sub(r"\{(\d)(?::(\w+))?\}", fill, record.verb.english)


def _object(entity: Entity, spec: str, record: Done, seen: set[str]) -> str:
    if isinstance(entity, Place):
        home = entity.english == "at home"
        return entity.english if spec != "to" else "home" if home else "to " + entity.english.split(" ", 1)[1]
    if isinstance(entity, Being):
        return "me" if entity.pronoun == "我" else entity.english
    if not isinstance(entity, Thing):
        return entity.english
    if spec == "all":
        return f"the {plural(entity.english)}"
    if spec == "many":
        number = record.args[2]
        noun = entity.english if number.value == 1 and number.unit != "斤" else plural(entity.english)
        return f"{number.value} {'jin of ' if number.unit == '斤' else ''}{noun}"
    first = entity.name not in seen
    seen.add(entity.name)
    owner = record.owner.get(entity.name)
    if spec == "his" and owner == record.args[0].name:
        return f"{POSSESSIVE[record.args[0].pronoun]} {entity.english}"
    article = ("an" if entity.english[0] in "aeiou" else "a") if first else "the"
    return f"{article} {entity.english}"


def plural(noun: str) -> str:
    """box of biscuits → boxes of biscuits。"""
    head, of, rest = noun.partition(" of ")
    if re.search(r"[^aeiou]y$", head):
        return f"{head[:-1]}ies{of}{rest}"
    if head.endswith("loaf"):
        return f"{head[:-1]}ves{of}{rest}"
    return f"{head}{'es' if re.search(r'(s|x|ch|sh|to)$', head) else 's'}{of}{rest}"
