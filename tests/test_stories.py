"""小故事的测试：几千篇里的代词、量词、算术、东西在谁手里；留出、句子不重样、答案与填空都从文中来。"""

import ast
import hashlib
import itertools
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.stories import HELD_OUT, LONGEST, entropy, registry, stories, write
from tinygpt.corpus.stories.lexicon import NARRATOR, StoryError, beings, numeral, things, words
from tinygpt.corpus.stories.surface import Choice, parse, variants
from tinygpt.corpus.stories.teller import HELD_OUT_FROM, HELD_OUT_LAST, Teller, held_pair
from tinygpt.errors import InputError

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tinygpt" / "corpus" / "stories"
PLANS = tuple(registry())
PRONOUN = {b.name: b.pronoun for b in beings()}
BY_PIECE = {"蛋糕": "块", "饼干": "块", "月饼": "块", "拼图": "块", "钥匙": "串"}  # 也可以论块
BIT_BAND = (0.38, 1.3)  # 每个计划每字多少比特


@pytest.fixture(scope="module")
def documents():
    return list(stories(0, n_documents=2000))


def beats(module):
    """一个计划（或共用的几拍）里的每一拍：由模板组成的元组。"""
    for name, value in vars(module).items():
        texts = isinstance(value, tuple) and value and all(isinstance(x, str) for x in value)
        if name.isupper() and name != "TITLES" and texts:
            yield name, value


def sentences(text):
    return [s for s in re.split(r"[。！？：“”\n]", text) if len(s) >= 8]


def test_every_plan_is_written(documents):
    assert {d.plan for d in documents} == set(PLANS) and len(PLANS) >= 10


def test_text_is_clean(documents):
    for d in documents:
        assert not re.search(r"[{}\[\]|<>]", d.text + d.title), d.text
        punctuation = r"[，。！？：、；]{2}|“[，。！？]|[、；：]”|[。！？]”。|，$|\n\n|\n$"
        assert not re.search(punctuation, d.text.replace("：\n", "\n")), d.text
        assert d.text.count("“") == d.text.count("”") and d.text.count("（") == d.text.count("）")
        depth = 0
        for mark in re.findall("[“”]", d.text):
            depth += 1 if mark == "“" else -1
            assert depth in (0, 1), d.text
        assert len(d.text) <= LONGEST


def test_pronouns_have_someone_before_them(documents):
    """每个"他""她"前面都提到过一个用这个代词的人。"""
    for d in documents:
        for match in re.finditer(r"(?<![其])[他她](?!们)", d.text):
            before = d.text[: match.start()]
            assert any(PRONOUN.get(n) == match.group() and n in before for n in d.names), (match, d.text)


def test_pronoun_pieces_agree(documents):
    for d in documents:
        for piece in d.teller.surface.pieces:
            if piece.kind == "pronoun" and piece.entity.name in PRONOUN:
                assert piece.text == PRONOUN[piece.entity.name]


def test_measure_words(documents):
    nouns = sorted({t.name for t in things()}, key=len, reverse=True)
    measure = {t.name: t.measure for t in things()}
    units = "".join({t.measure for t in things()} - {"个"})
    pattern = re.compile(rf"[一这那]([{units}个])(?:[红黄蓝绿黑白灰紫]色的)?({'|'.join(nouns)})")
    seen = set()
    for d in documents:
        for unit, noun in pattern.findall(d.text):
            seen.add(noun)
            assert unit in (measure[noun], BY_PIECE.get(noun)), (unit, noun, d.text)
    assert len(seen) > 20


def digest():
    """前 50 篇的摘要。计划和词库定稿以后，可以把它写死。"""
    text = "".join(s.text + s.title for s in stories(7, n_documents=50))
    return hashlib.sha256(text.encode()).hexdigest()


def number(text):
    """汉字数 → 整数；与 numeral 无关的写法，用来独立核对。"""
    digits = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
    total, current = 0, 0
    for c in text:
        if c == "百":
            total, current = total + current * 100, 0
        elif c == "十":
            total, current = total + (current or 1) * 10, 0
        else:
            current = digits[c]
    return total + current


def test_numerals():
    assert [number(numeral(n)) for n in range(1, 1000)] == list(range(1, 1000))
    written = ["十", "十二", "二十", "二十五", "一百", "一百零五", "一百一十", "一百一十五"]
    assert [numeral(n) for n in (10, 12, 20, 25, 100, 105, 110, 115)] == written


def test_shop_arithmetic():
    """从正文里读出单价、数量和带的钱，总价与找零自己算；出现的每个钱数都要对得上。"""
    count = 0
    for d in stories(0, n_documents=150, plans=["buy"]):
        amounts = [number(x) for x in re.findall(r"([零一二三四五六七八九两十百]+)元", d.text)]
        price = number(re.search(r"([一二三四五六七八九两十]+)元(?:一.|。”[^“]*“?[^。]*)", d.text)[1])
        money = next(number(e.args[1].removesuffix("元")) for e in d.events if e.verb == "receive")
        buys = [e for e in d.events if e.verb == "buy"]
        spent = [number(e.args[4].removesuffix("元")) for e in buys]
        wanted = d.teller.roles["n"].value
        total = d.teller.roles["price"].value * wanted
        known = {money, d.teller.roles["price"].value, total, total - money, *spent}
        left = money
        for cost, event in zip(spent, buys, strict=True):
            left -= cost
            known |= {left}
            if event.args[1] == d.teller.roles["t"].name:
                amount = number(re.match(r"[一二三四五六七八九两十]+", event.args[2])[0])
                assert cost == d.teller.roles["price"].value * amount
        assert price in amounts and set(amounts) <= known and left >= 0, d.text
        count += 1
    assert count > 100


def test_replayed_events_agree_with_the_holder(documents):
    """只看事件，重放一遍东西在谁手里；与最后的回答和"在某人手里"的句子一致。"""
    taker = {"lend": 2, "give": 2, "return": 2, "present": 2, "hand": 2, "pass_on": 2, "find": 0, "buy": 0}
    checked = 0
    for d in documents:
        holder = {}
        for e in d.events:
            if e.verb == "lose":
                holder.pop(e.args[1], None)
            elif e.verb in taker:
                holder[e.args[1]] = e.args[taker[e.verb]]
        for question in (q for q in d.questions if q.kind == "holder"):
            moved = [t for t in sorted(holder, key=len, reverse=True) if t in question.question]
            if not moved:  # 没有换过手：在主人那里
                assert any(n in question.answer for n in d.teller.state.owner.values()), d.text
            else:
                assert holder[moved[0]] in question.answer, d.text
            checked += 1
        if match := re.search(r"现在在(.{2,4}?)手里", d.text):
            assert match[1] in holder.values()
    assert checked > 300


def test_answers_come_from_the_text(documents):
    for d in documents[:1000]:
        assert d.questions and d.summary and not re.search(r"[{}\[\]<>|]", d.summary), d.text
        names = set(d.names) - {NARRATOR.name}
        for q in d.questions:
            assert q.question.endswith("？") and q.answer.endswith("。")
            assert not re.search(r"[{}\[\]<>|]", q.question + q.answer)
            assert all(n in d.text for n in names if n in q.answer), (q, d.text)


def test_english(documents):
    for d in documents[:1000]:
        if d.events:
            assert d.english.isascii() and d.english[0].isupper() and d.english.endswith(".")
            assert d.english.count(". ") <= 5, d.english
            assert not re.search(r"[{}]| a [aeiou]|the a ", d.english), d.english


def test_cloze(documents):
    kinds = Counter()
    for d in documents:
        for c in d.cloze:
            kinds[c.kind] += 1
            assert d.text.startswith(c.answer, c.position) and c.answer not in c.options and c.options
            if c.kind in ("name", "holder", "thing", "colour", "place"):
                assert c.answer in d.text[: c.position], (c, d.text)
            if c.kind == "name":
                assert not any(option in d.names for option in c.options)
    assert set(kinds) >= {"name", "pronoun", "holder", "sum", "number", "thing", "colour", "place"}, kinds


def test_distinct(documents):
    assert len({d.text for d in documents}) >= 0.98 * len(documents)
    openings = {re.split(r"[，。！？：\n]", d.text)[0] for d in documents}
    assert len(openings) >= 200
    bare = {re.sub("|".join(d.names) or "$", "某", d.text)[:6] for d in documents}  # 不算名字的不同
    assert len(bare) >= 200


def test_no_sentence_is_overused(documents):
    counts = Counter(itertools.chain.from_iterable(set(sentences(d.text)) for d in documents))
    common = [(s, n) for s, n in counts.most_common(5) if n > 0.015 * len(documents)]
    assert not common


@pytest.mark.parametrize("plan", PLANS)
def test_bits_per_character(plan):
    assert BIT_BAND[0] <= entropy(0, 300, [plan])[plan] <= BIT_BAND[1]


@pytest.mark.parametrize("plan", PLANS)
def test_beats_are_rich_and_lines_short(plan):
    module = registry()[plan]
    source = (FOLDER / "plans" / f"{plan}.py").read_text(encoding="utf-8")
    assert module.GENRE and module.TITLES and module.__doc__
    for name, beat in beats(module):
        if len(beat) >= HELD_OUT_FROM and any("{" in x for x in beat):
            assert sum(variants(x) for x in beat) >= 12, name
    assert len(source.splitlines()) <= 300


def test_same_seed_same_text_on_every_run():
    code = "import tests.test_stories as t; print(t.digest())"
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.strip() == digest(), run.stderr


def test_held_out_never_in_normal_documents(documents):
    held_names = {b.name for b in beings() if b.held}
    assert len(held_names) == 8
    for d in documents:
        assert not d.teller.held and not held_names & set(d.names)
        assert not any(n in d.text for n in held_names)


def test_held_out_phrasings_are_the_last_of_a_beat(documents):
    """平时的文章用到的模板，没有一个是留出的。"""
    from tinygpt.corpus.stories.plans import _common

    held, usual = set(), set()
    for module in (*registry().values(), _common):
        for _, beat in beats(module):
            if len(beat) >= HELD_OUT_FROM:
                held |= set(beat[-HELD_OUT_LAST:])
                usual |= set(beat[:-HELD_OUT_LAST])
            else:
                usual |= set(beat)
    held -= usual
    assert len(held) > 60
    assert not any(held & d.teller.used for d in documents)


@pytest.mark.parametrize("held_out", HELD_OUT)
def test_held_out_documents_use_it(held_out):
    chosen = list(stories(0, n_documents=60, held_out=held_out))
    assert all(held_out in d.teller.held for d in chosen)
    if held_out == "name":
        assert all(any(b.held and b.name in d.text for b in beings()) for d in chosen)


def test_held_out_combinations_are_about_a_twentieth():
    from tinygpt.corpus.stories.plans import find

    pairs = [held_pair("find", a, b) for a in find.THINGS for b in find.PLACES]
    assert 0.02 < sum(pairs) / len(pairs) < 0.09


def test_verbs_check_their_preconditions():
    from tinygpt.corpus.stories import verbs

    t = Teller("test", Chooser(random.Random(0)))
    for key in ("a", "b"):
        t.cast(key, "child")
    t.pick("t", things("借"))
    t.own("a", "t")
    with pytest.raises(StoryError, match="not|缺少"):
        t.do(verbs.LEND, "a", "t", "b")  # 两个人不在一处
    with pytest.raises(StoryError):
        t.do(verbs.RETURN, "b", "t", "a")  # 东西不在 b 手里


def test_templates_and_word_classes():
    assert parse("[甲|乙]{a:他}") == (Choice((("甲",), ("乙",))), parse("{a:他}")[0])
    assert all(len(set(w)) == len(w) >= 2 for w in words().values())
    for bad in ("[甲|乙", "甲]", "{a", "<没有这一类>"):
        with pytest.raises(StoryError):
            parse(bad)


def test_heading_is_there_half_of_the_time(documents):
    chooser = Chooser(random.Random(0))
    headed = [d.headed(chooser).startswith(f"{d.genre}：{d.title}\n") for d in documents]
    share = sum(headed) / len(documents)
    assert 0.45 < share < 0.55 and chooser.bits == len(documents)


def test_unknown_names_are_refused():
    with pytest.raises(InputError):
        next(stories(0, plans=["没有"]))
    with pytest.raises(InputError):
        next(stories(0, held_out="没有"))


def test_one_plan_alone():
    story = write("find", Chooser(random.Random(3)))
    assert story.plan == "find" and story.genre == "故事" and story.bits > 20


def test_poems_keep_length_and_rhyme():
    from tinygpt.corpus.stories.plans.poem import RHYMES

    for d in stories(0, n_documents=200, plans=["poem"]):
        lines = re.findall(r"[^，。\n]+", d.text)
        assert len(lines) == 4 and len({len(x) for x in lines}) == 1 and len(lines[0]) in (5, 7), d.text
        assert any({lines[i][-1] for i in (0, 1, 3)} <= set(group) for group in RHYMES.values()), d.text


@pytest.mark.parametrize("path", sorted((FOLDER / "plans").glob("*.py")), ids=lambda path: path.stem)
def test_no_beat_is_written_twice(path):
    """同一个名字又写一遍，前一遍就白写了；由自己算出来的（GIFTS = 去重(GIFTS)）不算。"""
    seen = set()
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign):
            used = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
            names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
            assert not (names & seen) - used, names & seen
            seen |= names
