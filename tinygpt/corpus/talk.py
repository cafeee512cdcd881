"""聊天：一问一答的短对话——问好、闲谈、问事物、记住对方说的话、不懂的说没学过、小数目的算术。

这里知道：一段对话怎样拼成，哪一句是对哪一句的回答，哪些问法和词是留出的。
这里不知道：`<chat>` 怎样加在外面（见 data.py 与 commands），也不知道事实从哪里来（见 world.py）。

每篇是几轮“问：……\\n答：……”。questions 里有每一轮的问题、回答与种类，检查时不必再去猜。
留出："phrasing" 只用留出的问法，"unknown" 只问留出的生词；平时两者都不用。
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tinygpt.corpus import world_phrases as phrases
from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.world import Concept, World
from tinygpt.errors import InputError

FOLDER = Path(__file__).with_name("talk_lines")
HELD_OUT = (None, "phrasing", "unknown")
MOST = 170  # 写到这么多字就不再添一段
DIGITS = "零一二三四五六七八九十"
KINDS = {"small": 4, "fact": 5, "told": 3, "unknown": 4, "sum": 1}  # 各占几份
UNKNOWN_QUESTIONS = {  # 问生词：问法与问表里的事物一样，最后一条留出
    "definition": phrases.QUESTIONS["definition"]["idea"],
    "feature": phrases.QUESTIONS["feature"]["other"],
    "use": phrases.QUESTIONS["use"]["other"],
    "english": phrases.QUESTIONS["english"]["other"],
    "opposite": phrases.QUESTIONS["opposite"]["other"],
}
MIXED = ("地方", "社会", "经济", "科学", "医学")  # 里面什么都有（珠江、南非）：两个放在一起，没有人会比
UNKNOWN_REPLIES = (  # “这个词”：东西、地方、人和学问都说得通
    "我没有学过{name}这个词，说不好。",
    "我没有学过{name}这个词，不能乱说。",
    "我没有学过{name}这个词，请你问问别人。",
    "我没有学过{name}这个词，你能告诉我吗？",
    "我没有学过{name}这个词，答不上来。",
)
SUM_QUESTIONS = (
    "{a}{sign}{b}等于几？",
    "{a}{sign}{b}是多少？",
    "{a}{sign}{b}得几？",
    "请算一算，{a}{sign}{b}等于多少？",
)
FACTS = (
    "definition",
    "feature",
    "use",
    "example",
    "likeness",
    "opposite",
    "effect",
    "cause",
    "place",
    "english",
)
APART = ("greeting", "farewell", "thanks", "night", "leaving", "reply")  # 只在该说的时候说的闲谈
FOLLOWING = ("feature", "use", "effect", "english")  # 接着问的时候可以说“它”


@dataclass(frozen=True)
class Turn:
    """一轮：问题、回答、种类（small、fact、told、recall、unknown、sum）、说的是谁。"""

    question: str
    reply: str
    kind: str
    subject: str = ""


@dataclass(frozen=True)
class Dialogue:
    """一段对话。bits 是所有随机选择的 −log2 概率之和。"""

    text: str
    questions: tuple[Turn, ...]
    bits: float
    title: str = "聊天"
    genre: str = "聊天"


def _read(name: str) -> list[dict]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


EXCHANGES, TOLD = _read("exchanges.jsonl"), _read("told.jsonl")
TOLD_KINDS = {row["kind"] for row in TOLD}  # 闲谈里说的若也是这样的事（买了什么），一段对话里只说一次
UNKNOWN_ROWS = _read("unknown_words.jsonl")  # 词、类别、是不是有用处的东西、留不留出
UNKNOWN = {
    kept: {row["word"]: row for row in UNKNOWN_ROWS if row["held_out"] is kept} for kept in (False, True)
}


def sums() -> list[tuple[str, str, str, str]]:
    """一百道题：和不超过十的加法，被减数不超过十的减法，二的乘法。"""
    added = [(a, "加", b, a + b) for a in range(1, 10) for b in range(1, 10) if a + b <= 10]
    taken = [(a, "减", b, a - b) for a in range(1, 11) for b in range(1, a)]
    doubled = [(2, "乘", b, 2 * b) for b in range(1, 6)] + [(a, "减", a, 0) for a in range(1, 6)]
    return [(DIGITS[a], sign, DIGITS[b], DIGITS[c]) for a, sign, b, c in added + taken + doubled]


SUMS = sums()


@dataclass
class Talker:
    """写一段对话：一段接一段地添，直到够长。"""

    world: World
    chooser: Chooser
    held_out: str | None = None
    turns: list[Turn] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def ask(self, options: list[str] | tuple[str, ...]) -> str:
        """选一种问法：平时不用最后一条，留出时只用最后一条。"""
        return options[-1] if self.held_out == "phrasing" else self.chooser.choose(options[:-1])

    def add(self, question: str, reply: str, kind: str, subject: str = "") -> None:
        self.turns.append(Turn(question, reply, kind, subject))

    def length(self) -> int:
        return sum(len(t.question) + len(t.reply) + 6 for t in self.turns)

    def fresh(self, options: list) -> dict:
        """选一条这段对话里还没有用过的。"""
        row = self.chooser.choose([r for r in options if r["turns"][0][0] not in self.used] or options)
        self.used.update((row["turns"][0][0], row["topic"]))
        return row

    def small(self, topics: tuple[str, ...] = (), without: tuple[str, ...] = APART) -> None:
        """闲谈：一个手写的来回，有时两个。"""
        kept = {*without, *(TOLD_KINDS & self.used)}
        rows = [r for r in EXCHANGES if (r["topic"] in topics if topics else r["topic"] not in kept)]
        turns = self.fresh(rows)["turns"]
        for question, reply in zip(turns[::2], turns[1::2], strict=True):
            self.add(self.chooser.choose(question), self.chooser.choose(reply), "small")

    def say(self, concept: Concept, relation: str, pronoun: bool) -> tuple[str, str]:
        """问表里的一件事：问题与一句回答。"""
        facts = self.world.others(concept) if relation == "opposite" else concept.facts(relation)
        fact, group = self.chooser.choose(facts), concept.group(relation)
        question = self.ask(phrases.group_of(phrases.QUESTIONS, relation, group))
        patterns = phrases.fitting(phrases.patterns(relation, group=group), fact.value)
        reply = self.chooser.choose([p for p in patterns if "？" not in p])
        names = [concept.called(p, relation) if pronoun else "" for p in (question, reply)]
        return concept.fill(question, fact, names[0]), concept.fill(reply, fact, names[1])

    def fact(self) -> None:
        """问一个事物：先问它是什么，再接着问一两件。"""
        concept = self.chooser.choose(self.world.concepts)
        known = [r for r in FACTS if r in concept.values or (r == "opposite" and self.world.others(concept))]
        question, reply = self.say(concept, "definition", False)
        extra = [r for r in FOLLOWING[:3] if r in known]
        if extra and self.chooser.chance(1, 3):  # 有时答两句
            relation = self.chooser.choose(extra)
            known.remove(relation)
            reply += self.say(concept, relation, True)[1]
        self.add(question, reply, "fact", concept.name)
        rest, clear = [r for r in known if r != "definition"], True
        for relation in self.chooser.sample(rest, min(len(rest), self.chooser.choose((0, 1, 1, 2)))):
            pronoun = clear and relation in FOLLOWING and self.chooser.chance(2, 3)
            self.add(*self.say(concept, relation, pronoun), "fact", concept.name)
            clear = relation not in phrases.AMBIGUOUS
        if len(self.turns) < 5 and self.chooser.chance(1, 10):
            self.small(topics=("reply",))

    def unknown(self) -> None:
        """问一个表外的词：老实说没有学过。"""
        words = UNKNOWN[self.held_out == "unknown"]
        word = self.chooser.choose(list(words))
        relations = ["definition"] * 3 + ["feature"] + ["use"] * words[word]["thing"]
        if words[word]["kind"] != "人物":
            relations += ["english"] if words[word]["kind"] in MIXED else ["opposite", "english"]
        relation, other = self.chooser.choose(relations), ""
        if relation == "opposite":  # 与同类的词比较
            kind = words[word]["kind"]
            other = self.chooser.choose([w for w, row in words.items() if row["kind"] == kind and w != word])
        question = self.ask(UNKNOWN_QUESTIONS[relation]).format(name=word, other=other)
        self.add(question, self.chooser.choose(UNKNOWN_REPLIES).format(name=word), "unknown", word)

    def sum(self) -> None:
        a, sign, b, c = self.chooser.choose(SUMS)
        self.add(self.ask(SUM_QUESTIONS).format(a=a, b=b, sign=sign), f"{a}{sign}{b}等于{c}。", "sum", c)

    def told(self) -> None:
        """对方告诉一两件事，隔一会儿再问起：答案只在前文里；同一种事只说一次，答案才只有一个。"""
        rows = self.chooser.sample(
            [r for r in TOLD if r["kind"] not in self.used], self.chooser.choose((1, 2))
        )
        self.used.update(row["kind"] for row in rows)
        values = [self.chooser.choose(row["values"]) for row in rows]
        for row, value in zip(rows, values, strict=True):
            tell, reply = self.chooser.choose(row["tell"]), self.chooser.choose(row["acknowledge"])
            self.add(tell.format(v=value), reply.format(v=value), "told", value)
        if self.chooser.chance(1, 2):
            self.chooser.choose((self.small, self.sum))()
        row, value = self.chooser.choose(list(zip(rows, values, strict=True)))
        self.add(self.ask(row["ask"]), self.chooser.choose(row["recall"]).format(v=value), "recall", value)

    def write(self) -> Dialogue:
        """有时问好，一到三段，有时道别；一共一到六轮。"""
        if self.chooser.chance(1, 4):
            self.small(topics=("greeting",))
        kinds = [kind for kind, share in KINDS.items() for _ in range(share)]
        for _ in range(self.chooser.choose((1, 2, 2, 3))):
            if len(self.turns) <= 3 and self.length() < MOST - 60:
                getattr(self, self.chooser.choose(kinds))()
        if len(self.turns) < 2 or (
            len(self.turns) < 5 and self.length() < MOST and self.chooser.chance(1, 5)
        ):
            topics = ["farewell", "thanks"]
            if not any(turn.question[:1] in "早下" for turn in self.turns):  # 早上和下午不说晚安
                topics.append("night")
            if not any(turn.kind in ("small", "told") for turn in self.turns):  # 说过别的事，就不忽然去上学
                topics.append("leaving")
            self.small(topics=tuple(topics))
        text = "\n".join(f"问：{turn.question}\n答：{turn.reply}" for turn in self.turns)
        return Dialogue(text, tuple(self.turns), self.chooser.bits)


def talk(
    seed: int,
    n_documents: int | None = None,
    n_characters: int | None = None,
    held_out: str | None = None,
    world: World | None = None,
) -> Iterator[Dialogue]:
    """写够 n_documents 段或 n_characters 个字符为止；同样的种子总是同样的对话。"""
    if n_documents is None and n_characters is None:
        raise InputError("没有说写多少", "给出 n_documents 或 n_characters", "例如 talk(0, n_documents=10)")
    if held_out not in HELD_OUT:
        raise InputError(
            f"没有叫作 {held_out!r} 的留出", "phrasing 或 unknown，不给就是平时的", "从上面的选一个"
        )
    world, source, count, characters = world or World.load(), random.Random(seed), 0, 0
    while (n_characters is None or characters < n_characters) and (
        n_documents is None or count < n_documents
    ):
        dialogue = Talker(world, Chooser(source), held_out).write()
        yield dialogue
        count, characters = count + 1, characters + len(dialogue.text)
