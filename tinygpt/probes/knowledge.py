"""知道什么：定义、合上书的问答、记住对方说的、承认没学过、寒暄。"""

from collections import Counter
from collections.abc import Sequence

from tinygpt.corpus.asking import asked
from tinygpt.corpus.talk import FACTS, UNKNOWN, UNKNOWN_QUESTIONS, talk
from tinygpt.corpus.world import World
from tinygpt.probes.bench import TALK_SEED, Bench, Figure, by, share
from tinygpt.probes.form import looping

STOP = "。\n"
ROOM = 48
FIRST = 6  # 定义的开头几个字
UNKNOWN_REPLY = "我没有学过"
GREETINGS = (
    "你好！", "早上好！", "你是谁？", "你叫什么名字？", "今天天气怎么样？",
    "谢谢你！", "再见！", "你会做什么？", "我今天很高兴。", "你吃饭了吗？",
)  # fmt: skip


def definitions(bench: Bench) -> list[Figure]:
    """每个事物的"X是"之后，贪心地写：定义一字不差，然后是句号，或者逗号之后再说别的。基线是总写最常见的定义。"""
    concepts = World.load().concepts
    right = [c.values["definition"] for c in concepts]
    replies = bench.reply([bench.encode(f"{c.name}是") for c in concepts], ROOM, stop=STOP)
    texts = [r.text.removesuffix("。") for r in replies]
    exact = [text == value or text.startswith(value + "，") for text, value in zip(texts, right)]
    opened = [text.startswith(value[:FIRST]) for text, value in zip(texts, right)]
    most = Counter(right).most_common(1)[0][1] / len(right)
    misses = [{"name": c.name, "definition": value, "reply": text}
              for c, value, text, hit in zip(concepts, right, texts, exact) if not hit]  # fmt: skip
    parts = {"first_characters": share(opened), "misses": misses[:10]}
    meaning = "“X是”之后写出的定义一字不差"
    return [Figure("definitions", "world", share(exact), most, len(right), meaning, parts)]


def closed_book(bench: Bench) -> list[Figure]:
    """用对话的格式问表里的事实：平常的问法与留出的问法（phrasing）各一个数。"""
    return [_closed(bench, source) for source in ("usual", "phrasing")]


def _closed(bench: Bench, source: str) -> Figure:
    rows = facts(bench, source)
    prompts = [bench.chat(asked(question)) for question, *_ in rows]
    replies = [r.text.strip() for r in bench.reply(prompts, ROOM, stop="\n")]
    has = lambda reply, keys: all(key in reply for key in keys)
    hits = [has(reply, keys) for reply, (_, _, keys, _) in zip(replies, rows)]
    pick, blind = bench.random(f"closed|{source}"), []
    for _, _, keys, relation in rows:
        blind.append(has(pick.choice([answer for _, answer, _, other in rows if other == relation]), keys))
    meaning = "不给文章，问小世界里的事实：回答里有那件事"
    parts = {
        "by_relation": by([relation for *_, relation in rows], hits),
        "examples": [_example(q, a, reply) for reply, (q, a, *_) in zip(replies, rows[:5])],
    }
    return Figure("closed_book", source, share(hits), share(blind), len(rows), meaning, parts)


def facts(bench: Bench, source: str) -> list[tuple[str, str, list[str], str]]:
    """（问题、回答、回答里该有的几段字、关系）；反过来问的（给出内容，问名字）不要，对话里没有教过。"""
    held_out, found = source == "phrasing", []
    for question, answer, fact in World.load().questions(bench.seed, 3 * bench.count, FACTS, held_out):
        if fact.subject in question:
            keys = fact.value.split(f"，{fact.other}") if fact.other else [fact.value]
            found.append((question, answer, keys, fact.relation))
    return found[: bench.count]


def recall(bench: Bench) -> list[Figure]:
    """对话里对方说过的事（名字、爱好、买了什么），隔几句再问起。"""
    return [_recall(bench, source) for source in ("usual", "phrasing")]


def _recall(bench: Bench, source: str) -> Figure:
    rows, held_out = [], None if source == "usual" else source
    for dialogue in talk(TALK_SEED + bench.seed, n_documents=12 * bench.count, held_out=held_out):
        lines = "".join(f"{asked(turn.question)}{turn.reply}\n" for turn in dialogue.questions[:-1])
        last = dialogue.questions[-1]
        prompt = bench.chat(lines + asked(last.question))
        if last.kind == "recall" and bench.fits(prompt, ROOM) and len(rows) < bench.count:
            rows.append((prompt, last))
    replies = [r.text.strip() for r in bench.reply([prompt for prompt, _ in rows], ROOM, stop="\n")]
    hits = [turn.subject in reply for reply, (_, turn) in zip(replies, rows)]
    pick = bench.random(f"recall|{source}")
    same = {turn.question: [t.subject for _, t in rows if t.question == turn.question] for _, turn in rows}
    blind = [pick.choice(same[turn.question]) == turn.subject for _, turn in rows]
    parts = {"examples": [_example(t.question, t.reply, r) for r, (_, t) in zip(replies, rows[:5])]}
    meaning = "对方说过的事，隔几句再问，答得对"
    return Figure("recall", source, share(hits), share(blind), len(rows), meaning, parts)


def unknowns(bench: Bench) -> list[Figure]:
    """问没学过的词，该承认没学过（留出的词，和训练里问过的词）；问学过的词，不该说没学过。"""
    groups = {
        "held_out": (list(UNKNOWN[True]), "问留出的、没学过的词，回答以“我没有学过”开头"),
        "trained": (list(UNKNOWN[False]), "问训练里说过没学过的词，回答以“我没有学过”开头"),
        "false_alarm": ([c.name for c in World.load().concepts], "问学过的词，却说没学过（越小越好）"),
    }
    return [_unknowns(bench, source, words, meaning) for source, (words, meaning) in groups.items()]


def _unknowns(bench: Bench, source: str, words: Sequence[str], meaning: str) -> Figure:
    pick = bench.random(f"unknowns|{source}")
    chosen = pick.sample(words, min(bench.count, len(words)))
    questions = [pick.choice(UNKNOWN_QUESTIONS["definition"][:-1]).format(name=word) for word in chosen]
    prompts = [bench.chat(asked(question)) for question in questions]
    replies = [r.text.strip() for r in bench.reply(prompts, ROOM, stop="\n")]
    hits = [reply.startswith(UNKNOWN_REPLY) for reply in replies]
    parts = {"examples": [{"question": q, "reply": reply} for q, reply in zip(questions[:5], replies)]}
    return Figure("unknowns", source, share(hits), None, len(chosen), meaning, parts)


def _example(question: str, answer: str, reply: str) -> dict:
    return {"question": question, "answer": answer, "reply": reply}


def greetings(bench: Bench) -> list[Figure]:
    """十句日常的话：回答完整（以。！？结尾）、不打转。"""
    replies = bench.reply([bench.chat(asked(text)) for text in GREETINGS], ROOM, stop="\n")
    texts = [r.text.strip() for r in replies]
    whole = [r.ended and text.endswith(("。", "！", "？")) for r, text in zip(replies, texts)]
    hits = [done and not looping(text) for done, text in zip(whole, texts)]
    meaning, parts = "寒暄的回答有头有尾、不打转（原文在 parts 里）", {"replies": dict(zip(GREETINGS, texts))}
    return [Figure("greetings", "fixed", share(hits), None, len(texts), meaning, parts)]
