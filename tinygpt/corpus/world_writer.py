"""小世界的写法：一支笔，和八种文章——介绍、短释义、问答、要点、同类、对比、整体与部分、单句。

这里知道：一篇文章先说什么、后说什么，什么时候可以用“它”，写到多长为止。
这里不知道：事实从哪里来（见 world_table.py），说法有哪些（见 world_phrases.py）。
句子的次序就是关系的次序：先定义，再特点，再用处，再例子，再原因，再影响，最后对比；所以不需要“另外、同时”。
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tinygpt.corpus import world_phrases as phrases
from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.world_table import Concept, Fact, join
from tinygpt.errors import InputError

DATA = phrases.DATA
MOST = 190  # 写到这么多字就不再添句子，一篇总不超过 260 个字符（约 180 个 token）
ORDER = (
    "definition",
    "kind",
    "field",
    "part_of",
    "feature",
    "use",
    "example",
    "likeness",
    "cause",
    "effect",
    "place",
    "year",
    "english",
    "opposite",
)
PLANS = {
    "short": 150,
    "introduce": 18,
    "answer": 12,
    "contrast": 12,
    "gather": 12,
    "listing": 6,
    "whole": 6,
    "remark": 4,
}  # 各占几份
ABOUT_ONE = ("short", "introduce", "listing")  # 只讲一个事物的写法
COUNTS = "零一两三四"
PLAINEST = "{name}是{value}。"
PLAIN = ("kind", "english")  # 只在问答里说：连在文章里太干


def topics(world, plans: Sequence[str] | None = None) -> list[tuple[str, list]]:
    """每种写法能写的题目，按份数重复；表只有一部分时，没有题目的写法不用。"""
    for plan in plans or ():
        if plan not in PLANS:
            raise InputError(f"没有叫作 {plan!r} 的写法", "、".join(PLANS), "从上面的写法中选")
    choices = {
        "contrast": [(c, f) for c in world.concepts for f in world.others(c)],
        "gather": list(world.kinds.values()),
        "whole": [c for c in world.concepts if world.whole(c)],
        "remark": [r for r in phrases.REMARKS if r["subject"] in world.by_name],
        "listing": [c for c in world.concepts if len(c.values) >= 6],
    }
    usable = [(plan, choices.get(plan, world.concepts)) for plan in plans or PLANS]
    return [(plan, options) for plan, options in usable if options for _ in range(PLANS[plan])]


@dataclass(frozen=True)
class WorldDocument:
    """一篇文章。bits 是写它时所有随机选择的 −log2 概率之和（选写法、题目、标题也算在内）。"""

    title: str
    text: str
    facts: tuple[Fact, ...]
    bits: float
    genre: str = "百科"
    plan: str = ""
    subject: str = ""  # 只讲一个事物的文章：它的名字


@dataclass
class Writer:
    """写一篇文章用的笔：选说法、换代词，记下用到的事实。后半部分是八种写法。"""

    world: object  # World：只用它的 concepts、by_name、others、whole、kinds
    chooser: Chooser
    held_out: bool = False
    facts: list[Fact] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def write(self, choices: list) -> WorldDocument:
        """先选写法，再选题目。"""
        plan, options = self.chooser.choose(choices)
        topic = self.chooser.choose(options)
        title, text = getattr(self, plan)(topic)
        genre = "问答" if plan == "answer" else "百科"
        subject = topic.name if plan in ABOUT_ONE else ""
        return WorldDocument(title, text, tuple(self.facts), self.chooser.bits, genre, plan, subject)

    def fresh(self, options: Sequence[str]) -> str:
        """选一个这篇里还没有用过的；最平常的“某某是……”可以再用。"""
        chosen = self.chooser.choose([p for p in options if p not in self.used] or options)
        if chosen != PLAINEST:
            self.used.add(chosen)
        return chosen

    def phrase(self, key: str, **names: str) -> str:
        return self.fresh(DATA[key]).format(**names)

    def title(self, plan: str, a: str, b: str = "", text: str = "") -> str:
        """标题；正文已经用“什么是……？”开头，标题就不再问一遍。"""
        options = [title.format(a=a, b=b) for title in DATA["titles"][plan]]
        return self.chooser.choose([title for title in options if not text.startswith(f"{title}？")])

    def say(
        self, concept: Concept, fact: Fact, pronoun: bool = False, asking: bool = True, plain: bool = False
    ) -> str:
        """一句话说一条事实。

        pronoun：能用代词的说法就用代词；asking 为假：不用自问自答的说法；plain：只用名字在句首的说法。
        """
        options = phrases.patterns(fact.relation, self.held_out, concept.group(fact.relation))
        options = phrases.fitting(options, fact.value)
        options = [p for p in options if "？" not in p or (asking and not plain)]
        pattern = self.fresh([p for p in options if p.startswith("{name}")] or options if plain else options)
        self.facts.append(fact)
        return concept.fill(pattern, fact, concept.called(pattern, fact.relation) if pronoun else "")

    def choices(self, concept: Concept) -> list[str]:
        """这个事物能说的关系，照 ORDER 的次序。"""
        rest = [r for r in ORDER if r in concept.values or (r == "opposite" and self.world.others(concept))]
        return [r for r in rest if r not in ("field", "part_of") or concept.values[r] in self.world.by_name]

    def relations(
        self,
        concept: Concept,
        counts: Sequence[int],
        first: tuple[str, ...] = ("definition",),
        without: Sequence[str] = PLAIN,
    ) -> list[str]:
        """先说 first，再从其余的关系里取若干种，照 ORDER 的次序说；without 里的不说。"""
        rest = [r for r in self.choices(concept) if r not in first and r not in without]
        count = min(self.chooser.choose(counts), len(rest))
        return [*first, *sorted(self.chooser.sample(rest, count), key=ORDER.index)]

    def fact(self, concept: Concept, relation: str) -> Fact:
        return self.chooser.choose(
            self.world.others(concept) if relation == "opposite" else concept.facts(relation)
        )

    def passage(self, concept: Concept, relations: Sequence[str]) -> str:
        """连着说同一事物的几件事：第一句用名字，后面的代词只指它。"""
        text, clear = "", False
        for relation in relations:
            if len(text) > MOST:
                break
            pronoun = clear and self.chooser.chance(2, 3)
            text += self.say(concept, self.fact(concept, relation), pronoun, asking=not text)
            clear = relation not in phrases.AMBIGUOUS
        return text

    def maybe(self, key: str, **names: str) -> str:
        """五分之一的可能说一句。"""
        return self.phrase(key, **names) if self.chooser.chance(1, 5) else ""

    def combined(self, concept: Concept, defined: bool = False) -> tuple[str, list[str]]:
        """一句话说两件事：是什么，以及另一件；defined 为真时一定有定义。"""
        values = {r: concept.values[r] for r in self.choices(concept) if r != "opposite"}
        usable = [
            (a, b, text)
            for a, b, groups, text in DATA["short"]
            if a in values
            and b in values
            and (a == "definition" or not defined)
            and (not groups or concept.group(b) in groups.split())
            and not ("来{use}" in text and values["use"].startswith(("在", "为", "很", "使", "让")))
            and not ("指的是" in text and values["definition"].endswith(concept.kind.kind))
        ]
        if not usable or self.held_out:
            return self.say(concept, concept.fact("definition"), asking=not self.held_out), ["definition"]
        first, second, text = self.chooser.choose(usable)
        self.facts += [concept.fact(first), concept.fact(second)]
        return text.format(name=concept.name, kind_of=concept.kind_of, **values), [first, second]

    def short(self, concept: Concept) -> tuple[str, str]:
        """短释义：一句话，多半就是定义；有时再添一句。"""
        if self.chooser.chance(2, 3):
            text, told = self.say(concept, concept.fact("definition")), ["definition"]
        else:
            text, told = self.combined(concept, defined=self.chooser.chance(3, 4))
        rest = [
            r
            for r in self.choices(concept)
            if r not in ("definition", *told, *PLAIN) and (r != "field" or "kind" not in told)
        ]
        if rest and self.chooser.chance(1, 8):
            relation = self.chooser.choose(rest)
            pronoun = told[-1] not in phrases.AMBIGUOUS and self.chooser.chance(1, 2)
            text += self.say(concept, self.fact(concept, relation), pronoun, asking=False)
        return self.title("short", concept.name, text=text), text

    def remark(self, row: dict[str, str]) -> tuple[str, str]:
        """单句：手写的一句话，不在事实表里。"""
        return self.title("short", row["subject"], text=row["text"]), row["text"]

    def introduce(self, concept: Concept) -> tuple[str, str]:
        """介绍：定义、若干方面、对比，有时有开头和收尾。"""
        opening = self.maybe("introduce_openings", name=concept.name)
        relations = self.relations(concept, (1, 2, 2, 3))
        if self.chooser.chance(1, 3):
            text, told = self.combined(concept, defined=True)
            relations = [r for r in relations if r not in told]
            text += self.passage(concept, relations)
        else:
            text = self.passage(concept, relations) if not opening else self.plain_passage(concept, relations)
        last = relations[-1] if relations else "definition"
        closing = self.maybe("opposite_closings" if last == "opposite" else "closings", name=concept.name)
        return self.title("introduce", concept.name), opening + text + closing

    def plain_passage(self, concept: Concept, relations: Sequence[str]) -> str:
        """开头已经提过问题的介绍：第一句不再自问自答。"""
        first = self.say(concept, self.fact(concept, relations[0]), asking=False)
        return first + self.passage(concept, relations[1:]) if len(relations) > 1 else first

    def question(self, concept: Concept, fact: Fact, pronoun: bool) -> str:
        """问一条事实；接着问的时候名字可以换成代词。"""
        pattern = self.fresh(
            phrases.question_patterns(fact.relation, self.held_out, concept.group(fact.relation))
        )
        return concept.fill(pattern, fact, concept.called(pattern, fact.relation) if pronoun else "")

    def answer(self, concept: Concept) -> tuple[str, str]:
        """问答：两三个问题；先问名字，接着问“它”。"""
        before, middle, after = self.chooser.choose(DATA["frames"])
        text, clear = "", False
        relations = self.relations(concept, (1, 2, 2), without=())
        while relations:
            relation = relations.pop(0)
            fact = self.fact(concept, relation)
            pronoun = clear and relation != "opposite" and self.chooser.chance(1, 2)
            question = self.question(concept, fact, pronoun)
            reply = self.say(concept, fact, pronoun, asking=False)
            clear = relation not in phrases.AMBIGUOUS
            if (
                clear and len(relations) > 1 and relations[0] not in PLAIN and self.chooser.chance(1, 2)
            ):  # 有时答两句
                relation = relations.pop(0)
                reply += self.say(concept, self.fact(concept, relation), True, asking=False)
                clear = relation not in phrases.AMBIGUOUS
            text += before + question + middle + reply + after
        return self.title("answer", concept.name), text.rstrip("\n")

    def listing(self, concept: Concept) -> tuple[str, str]:
        """要点：第一、第二、第三，各说一件事。"""
        relations = self.relations(concept, (2, 3))
        ordinals = self.chooser.choose(DATA["ordinals"])
        items = [self.say(concept, self.fact(concept, r), asking=False) for r in relations]
        opening = self.phrase("list_openings", name=concept.name, count=COUNTS[len(items)])
        text = opening + "".join(ordinal + item for ordinal, item in zip(ordinals, items, strict=False))
        return self.title("listing", concept.name), text

    def gather(self, members: list[Concept]) -> tuple[str, str]:
        """同类：同一类的两三个事物，各说一句。"""
        kind = members[0].kind
        chosen = self.chooser.sample(members, min(len(members), self.chooser.choose((2, 3, 3))))
        names = {"kind": kind.kind, "measure": kind.measure, "count": COUNTS[len(chosen)]}
        text = self.phrase("gather_openings", names=join([c.name for c in chosen]), **names)
        if kind.kind in self.world.by_name and self.chooser.chance(1, 2):
            total = self.world.by_name[kind.kind]
            text = self.say(total, total.fact("definition"), plain=True) + text
        relation = self.chooser.choose(("definition", "definition", "definition", "feature", "use"))
        for concept in chosen:
            told = relation if relation in concept.values else "definition"
            text += self.say(concept, concept.fact(told), plain=True)
        return self.title("gather", kind.kind, kind.measure), text + self.maybe("gather_closings", **names)

    def contrast(self, pair: tuple[Concept, Fact]) -> tuple[str, str]:
        """对比：各是什么，哪里不同。"""
        a, fact = pair
        b = self.world.by_name[fact.other]
        text = self.maybe("contrast_openings", a=a.name, b=b.name)
        for concept in (a, b):
            text += self.say(concept, concept.fact("definition"), plain=True)
        text += self.say(a, fact)
        return self.title("contrast", a.name, b.name), text + self.maybe(
            "contrast_closings", a=a.name, b=b.name
        )

    def whole(self, part: Concept) -> tuple[str, str]:
        """整体与部分：先说整体，再说一个部分，有并列的部分就再说一个。"""
        total = self.world.whole(part)
        relation = "field" if part.values.get("field") == total.name else "part_of"
        text = self.phrase("whole_openings", name=part.name, whole=total.name)
        text += self.say(total, total.fact("definition"), plain=True)
        text += self.say(part, part.fact(relation)) + self.say(part, part.fact("definition"), plain=True)
        siblings = [c for c in self.world.concepts if c.values.get(relation) == total.name and c is not part]
        if siblings and self.chooser.chance(1, 2):
            other = self.chooser.choose(siblings)
            text += self.phrase("whole_turns", name=other.name, whole=total.name)
            text += self.say(other, other.fact("definition"), plain=True)
        if relation == "field":
            text += self.maybe("whole_closings", whole=total.name)
        return self.title("whole", part.name, total.name), text
