"""前后一致：填空与读后问答，都在留出的故事上。

填空：正文写到一处，那里该写什么已由前文定下（名字、代词、地方、东西在谁手里、多少钱）。
把对的与错的写法各接在前文后面，模型给对的概率更高才算对。一篇故事每一种只取一处，各题互不相干。
留出的组合（combination）与留出的名字（name）是两个数，从不合在一起。
"""

import re

from tinygpt.corpus.asking import after_passage
from tinygpt.probes.bench import Bench, Figure, by, share

SOURCES = ("combination", "name")
KINDS = {
    "name": "故事里的人物再提到时，名字对不对",
    "pronoun": "他、她、它对不对",
    "place": "再提到的地方对不对",
    "holder": "东西到了谁手里：在故事里的几个人物中选对",
    "who": "由前文定下的人（谁赢了、谁教的、找到的是谁）：在故事里的几个人物中选对",
    "sum": "多少钱、多少个：由前文算出的数对不对",
}
FILLER = "是在的了因为一共里上和，。、！？“”"  # 回答里不带消息的字
ROOM = 32  # 读后问答最多回答多少个 token


def cloze(bench: Bench, kind: str) -> list[Figure]:
    return [_cloze(bench, kind, source) for source in SOURCES]


def _cloze(bench: Bench, kind: str, source: str) -> Figure:
    rows, long = [], 0
    pick = bench.random(f"cloze|{kind}|{source}")
    for story in bench.stories(source):
        fitting = [c for c in story.cloze if c.kind == kind]
        if not fitting or len(rows) == bench.count:
            continue
        item = pick.choice(fitting)
        texts = [story.text[: item.position] + option for option in (item.answer, *item.options)]
        if all(bench.fits(ids, 0) for ids in bench.tokenizer.encode_batch(texts)):
            rows.append((story.plan, texts))
        else:
            long += 1
    scores = iter(bench.log_probabilities([text for _, texts in rows for text in texts]))
    hits = []
    for _, texts in rows:
        right, *wrong = (next(scores) for _ in texts)
        hits.append(all(right > other for other in wrong))
    chance = share([1 / len(texts) for _, texts in rows])
    parts = {"by_plan": by([plan for plan, _ in rows], hits), "too_long": long}
    return Figure(kind, source, share(hits), chance, len(rows), KINDS[kind], parts)


# ---- 读后问答 ----


def keys(question: str, answer: str) -> list[str]:
    """回答里问题没有说过的几段字：一个好的回答至少要有它们。都说过了，就是整个回答去掉标点。"""
    left = "".join(c if c not in question and c not in FILLER else " " for c in answer).split()
    return left or [re.sub(r"[，。、！？“”]", "", answer)]


def answered(reply: str, question: str, answer: str, names: tuple[str, ...] = ()) -> bool:
    """回答得对不对：该有的字都有；问的是人时，没有说出不相干的人名。"""
    others = [name for name in names if name not in question and name not in answer]
    return all(key in reply for key in keys(question, answer)) and not any(name in reply for name in others)


def passage(bench: Bench) -> list[Figure]:
    """读一篇留出的故事，回答一个问题；贪心地写，到换行为止。"""
    return [_passage(bench, source) for source in SOURCES]


def _passage(bench: Bench, source: str) -> Figure:
    pick, rows = bench.random(f"passage|{source}"), []
    for story in bench.stories(source):
        if story.questions and len(rows) < bench.count:
            question = pick.choice(story.questions)
            prompt = bench.encode(after_passage(story.text, question.question))
            if bench.fits(prompt, ROOM):
                rows.append((story, question, prompt))
    replies = [r.text.strip() for r in bench.reply([prompt for *_, prompt in rows], ROOM, stop="\n")]
    right = lambda reply, story, q: answered(reply, q.question, q.answer, story.names)
    hits = [right(reply, story, q) for reply, (story, q, _) in zip(replies, rows)]
    blind = [right(_same_kind(pick, rows, i), story, q) for i, (story, q, _) in enumerate(rows)]
    parts = {
        "exact": share([reply == q.answer for reply, (_, q, _) in zip(replies, rows)]),
        "by_kind": by([q.kind for _, q, _ in rows], hits),
        "examples": [{"question": q.question, "answer": q.answer, "reply": reply}
                     for reply, (_, q, _) in list(zip(replies, rows))[:5]],
    }  # fmt: skip
    meaning = "读完故事回答问题：该说的都说了，没有认错人"
    return Figure("passage", source, share(hits), share(blind), len(rows), meaning, parts)


def _same_kind(pick, rows: list, index: int) -> str:
    """乱猜：别的故事里同一种问题的回答。"""
    kind = rows[index][1].kind
    others = [q.answer for i, (_, q, _) in enumerate(rows) if i != index and q.kind == kind]
    return pick.choice(others) if others else ""
