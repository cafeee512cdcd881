"""聊天的测试：轮数、留出的问法与生词、记住的话、生词不在表里、算术、干净与重复。"""

import json
import re
from collections import Counter

import pytest

from tinygpt.corpus import talk as module
from tinygpt.corpus.talk import EXCHANGES, SUMS, TOLD, UNKNOWN, talk
from tinygpt.corpus.world import World
from tinygpt.errors import InputError

NUMBERS = {digit: i for i, digit in enumerate("零一二三四五六七八九十")}


@pytest.fixture(scope="module")
def world():
    return World.load()


@pytest.fixture(scope="module")
def dialogues(world):
    return list(talk(0, n_documents=3000, world=world))


def turns(dialogues, kind):
    return [t for d in dialogues for t in d.questions if t.kind == kind]


def test_the_text_is_its_turns(dialogues):
    for d in dialogues:
        assert d.text == "\n".join(f"问：{t.question}\n答：{t.reply}" for t in d.questions)
        assert 2 <= len(d.questions) <= 7 and 20 <= len(d.text) <= 260, d.text
        assert (d.title, d.genre) == ("聊天", "聊天") and d.bits > 0
        assert not re.search("[，。；：、][，。；：？、]|[{}]|None|  |的的", d.text), d.text
        assert all(t.question[-1] in "。？！" and t.reply[-1] in "。？！”" for t in d.questions), d.text
    kinds = Counter(t.kind for d in dialogues for t in d.questions)
    bits = sum(d.bits for d in dialogues) / sum(len(d.text) for d in dialogues)
    print(f"\n{len(dialogues)} 段，{dict(kinds)}，{bits:.2f} 比特/字")
    assert set(kinds) == {"small", "fact", "told", "recall", "unknown", "sum"} and 0.4 <= bits <= 1


def test_the_same_seed(world):
    first = [d.text for d in talk(5, n_documents=40, world=world)]
    assert (
        first
        == [d.text for d in talk(5, n_documents=40)]
        != [d.text for d in talk(6, n_documents=40, world=world)]
    )
    texts = [d.text for d in talk(5, n_characters=1000, world=world)]
    assert sum(map(len, texts)) >= 1000 > sum(map(len, texts[:-1]))
    with pytest.raises(InputError, match="没有说写多少"):
        next(talk(0))
    with pytest.raises(InputError, match="没有叫作"):
        next(talk(0, n_documents=1, held_out="names"))


def test_exchanges():
    assert len(EXCHANGES) >= 150 and {r["topic"] for r in EXCHANGES} >= {
        "greeting",
        "myself",
        "weather",
        "meal",
        "mood",
    }
    for row in EXCHANGES:
        assert len(row["turns"]) % 2 == 0
        assert all(len(reply) >= 2 for reply in row["turns"][1::2]), row
        assert all(len(line) == len(set(line)) for line in row["turns"])
    asked = Counter(question for row in EXCHANGES for question in row["turns"][0])
    assert max(asked.values()) == 1, asked.most_common(3)


def test_unknown_words_are_outside_the_table(world):
    words = [*UNKNOWN[False], *UNKNOWN[True]]
    assert len(words) == len(set(words)) >= 1300 and len(UNKNOWN[True]) >= 260
    assert not set(words) & set(world.by_name) and not set(words) & set(world.kinds)
    assert not set(words) & {value for row in TOLD for value in row["values"]}
    examples = {part for c in world.concepts for part in re.split("[、和]", c.values.get("example", ""))}
    assert not set(words) & examples


def test_unknown_words_are_admitted(dialogues):
    for t in turns(dialogues, "unknown"):
        assert t.subject in UNKNOWN[False] and t.subject in t.question
        assert t.reply.startswith(f"我没有学过{t.subject}这个词，"), t


def test_replies_begin_with_a_word(world, dialogues):
    """回答以汉字或字母开头：书名号和引号会与前面的冒号粘成一个词元。"""
    for d in dialogues:
        assert all(t.question[0].isalnum() and t.reply[0].isalnum() for t in d.questions), d.text
    for d in world.documents(5, n_documents=1000, plans=["answer"]):
        assert not re.search("答：《|：“[“《]", d.text), d.text
    for _, reply, _ in world.questions(3, 3000):
        assert reply[0].isalnum(), reply


def test_known_words_are_answered(world, dialogues):
    for t in turns(dialogues, "fact"):
        assert "没有学过" not in t.reply and (t.subject in t.question or re.search("[它他她]", t.question))
        values = [*world.by_name[t.subject].values.values()]
        values += [c.mine for c in world.by_name[t.subject].contrasts]
        assert any(v in t.reply for v in values), t


def test_no_pronoun_after_two_names(world, dialogues):
    """刚比较过两个事物，接着问就不用“它”。"""
    for d in dialogues:
        for before, t in zip(d.questions, d.questions[1:], strict=False):
            others = (
                [c.other for c in world.by_name[before.subject].contrasts] if before.kind == "fact" else []
            )
            if t.kind == "fact" and any(
                other in before.question.replace(before.subject, "") for other in others
            ):
                assert not re.match("它|他们|他|她", t.question), d.text


def test_what_was_told_is_recalled(dialogues):
    for d in dialogues:
        for i, t in enumerate(d.questions):
            if t.kind == "recall":
                assert t.subject in t.reply
                before = [u for u in d.questions[:i] if u.kind == "told" and u.subject == t.subject]
                assert before and before[0].subject in before[0].question, d.text


def test_a_kind_is_told_once(dialogues):
    """两次说的名字不同，问起来就没有唯一的答案。"""
    for d in dialogues:
        for row in TOLD:
            patterns = "|".join(tell.replace("{v}", f"({'|'.join(row['values'])})") for tell in row["tell"])
            assert sum(bool(re.fullmatch(patterns, t.question)) for t in d.questions) <= 1, d.text


def test_sums(dialogues):
    assert len(SUMS) == len(set(SUMS)) == 100
    for t in turns(dialogues, "sum"):
        a, sign, b, c = re.fullmatch("(.)([加减乘])(.)等于(.)。", t.reply).groups()
        a, b, c = NUMBERS[a], NUMBERS[b], NUMBERS[c]
        assert {"加": a + b, "减": a - b, "乘": a * b}[sign] == c


def test_held_out_phrasings(world, dialogues):
    held_out = list(talk(1, n_documents=600, held_out="phrasing", world=world))
    for kind in ("fact", "unknown", "sum", "recall"):
        usual, kept = (
            {t.question for t in turns(dialogues, kind)},
            {t.question for t in turns(held_out, kind)},
        )
        assert kept and not usual & kept, kind


def test_held_out_words(world, dialogues):
    held_out = list(talk(1, n_documents=600, held_out="unknown", world=world))
    assert {t.subject for t in turns(held_out, "unknown")} <= set(UNKNOWN[True])
    everything = "\n" + "\n".join(t.question for t in turns(dialogues, "unknown"))
    assert not [
        word for word in UNKNOWN[True] if f"\n{word}是什么" in everything or f"什么是{word}？" in everything
    ]


def test_no_reply_is_over_used(dialogues):
    replies = Counter(t.reply for t in turns(dialogues, "small"))
    assert replies.most_common(1)[0][1] <= 0.02 * sum(replies.values()), replies.most_common(3)


def test_data_is_one_object_a_line():
    for path in module.FOLDER.glob("*.jsonl"):
        assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
