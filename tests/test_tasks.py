"""tasks/：题目留得干净、打分打得准、程序真的运行、训练与作答走得通，总表的工具接得上。"""

import copy
import importlib.util
import json
from itertools import islice
from pathlib import Path

import pytest
import torch

from tinygpt import GPT, GPTConfig, InputError, Tokenizer, corpus
from tinygpt.corpus.stories.lexicon import beings
from tinygpt.tasks import (
    RECIPES,
    TASKS,
    Case,
    coding,
    forgetting,
    genres,
    knowledge,
    reading,
    results,
    scores,
    training,
    translation,
)

TOOL = Path(__file__).parents[1] / "tools" / "task_table.py"
FAST = [name for name in TASKS if name != "genre"]


@pytest.fixture(scope="module")
def parts():
    """每种任务的（练习，考题），各做一次。"""
    made = {}

    def of(name):
        if name not in made:
            test = TASKS[name].test(12)
            made[name] = TASKS[name].train(60, 3, test), test
        return made[name]

    return of


# ---- 留出 ----


@pytest.mark.parametrize("name", TASKS)
def test_no_prompt_and_no_answer_of_the_test_is_in_the_training(name, parts):
    train, test = parts(name)
    assert not {c.prompt for c in train} & {c.prompt for c in test}
    assert not {c.answer for c in train} & {c.answer for c in test}
    assert len(train) == 60 and len({c.prompt for c in test}) == len({c.answer for c in test}) == 12


@pytest.mark.parametrize("name", FAST)
def test_the_same_seed_writes_the_same_cases_and_another_seed_others(name, parts):
    train, test = parts(name)
    assert TASKS[name].test(12) == test and TASKS[name].train(60, 3, test) == train
    assert TASKS[name].train(60, 4, test) != train


def test_a_pair_of_words_of_the_test_never_meets_in_the_training():
    """小狗与公园这一对留出了，练习里“小狗去了公园”就一次也没有；小狗、公园各自都有。"""

    def met(held):
        cases = islice(translation.write(0, held, translation.TO_ENGLISH), 4000)
        said = [c.prompt.partition("：")[2].rpartition("，")[2] for c in cases if c.kind == "ap"]
        return {tuple(text.removesuffix("。").split("去了")) for text in said}

    train, test = met(False), met(True)
    assert len(test) >= 4 and not train & test and len(train | test) == 64
    assert {a for a, _ in test} <= {a for a, _ in train} and {b for _, b in test} <= {b for _, b in train}


def test_too_many_cases_are_refused():
    with pytest.raises(InputError, match="只写得出"):
        TASKS["closed-book"].test(5000)


def test_the_closed_book_asks_in_the_test_about_things_never_asked_in_the_training(parts):
    train, test = parts("closed-book")
    name = lambda case: case.answer.partition("是")[0].removesuffix("的特点")
    assert not {name(c) for c in train} & {name(c) for c in test}
    assert {c.kind for c in train} == set(knowledge.FORMS)


# ---- 题目本身 ----


def test_the_two_directions_are_the_same_sentences(parts):
    (there, _), (back, _) = parts("zh-en"), parts("en-zh")
    pairs = {(c.prompt.removeprefix(translation.TO_ENGLISH), c.answer) for c in there}
    assert pairs == {(c.answer, c.prompt.removeprefix(translation.TO_CHINESE)) for c in back}


def test_no_two_words_share_their_english_so_that_both_directions_have_one_answer():
    tables = translation.WHO, translation.PLACES, translation.COLOURS
    english = [word for table in tables for word in table.values()]
    english += [word for _, word in translation.THINGS.values()]
    assert len(set(english)) == len(english) == 28


def test_the_answers_of_the_stories_speak_of_what_the_story_tells(parts):
    names = {b.name for b in beings()}
    for name in ("summary", "qa"):
        for case in (*parts(name)[0], *parts(name)[1]):
            assert len(case.prompt) <= reading.SHORT + 40
            said = {n for n in names if n in case.answer}
            assert all(n in case.prompt for n in said), case
    assert {c.kind for c in parts("qa")[0]} >= {"who", "where", "why", "holder"}


def test_the_same_fact_is_always_said_in_the_same_way():
    story = next(reading.told(5, False))
    assert reading.questions(story) == reading.questions(story)
    assert len({kind for kind, *_ in reading.questions(story)}) >= 2


@pytest.mark.parametrize(
    "question, short, whole, key",
    [
        ("小明把帽子还给了谁？", "小红。", "小明把帽子还给了小红。", "小红"),
        ("谁找到了帽子？", "是小红。", "小红找到了帽子。", "小红"),
        ("小明在哪里遇上了雨？", "在河边。", "小明在河边遇上了雨。", "河边"),
        ("小明向小红借了什么？", "借了一顶帽子。", "小明向小红借了一顶帽子。", "一顶帽子"),
        ("帽子现在在谁手里？", "在小红手里。", "帽子现在在小红手里。", "小红"),
        ("小明为什么着急？", "因为帽子丢了。", "小明着急，因为帽子丢了。", "因为帽子丢了"),
        ("帽子好看吗？", "好看。", "", ""),
    ],
)
def test_a_short_answer_is_filled_into_its_question(question, short, whole, key):
    assert reading.filled(question, short) == (whole, key)


def test_every_reference_program_passes_and_a_wrong_one_does_not(parts):
    train, _ = parts("code")
    chosen = [next(c for c in train if c.kind == kind) for kind in coding.KINDS]
    assert TASKS["code"].scores(chosen, [c.answer for c in chosen])["pass@1"] == [1, 1, 1]
    wrong = [c.answer.replace("return ", "return not ") for c in chosen]
    wrong[0] = "while True:\n    pass"
    assert TASKS["code"].scores(chosen[1:], ["", wrong[2]])["pass@1"] == [0, 0]


def test_programs_written_differently_pass_too():
    case = Case("…", "def f(a, b):\n    return max(a, b)", "两个数", ((1, 2), (5, 3), (4, 4)))
    answer = "def f(x, y):\n    if x > y:\n        return x\n    return y"
    assert coding.passes(case, answer) and not coding.passes(case, "def f(a, b):\n    return a")
    assert scores.exact(answer, case.answer) == 0


def test_the_tests_of_a_program_tell_the_options_apart():
    """换一个选项写成的程序，至少有一组测试不同：不然答错了也算对。"""
    inputs = coding.numbers(coding.random.Random(0))
    values = {
        text: tuple(eval(body, {"a": a, "b": b}) for a, b in inputs)
        for text, body in coding.PAIR.items()
    }
    assert len(set(values.values())) == len(coding.PAIR)


def test_the_tests_of_a_program_tell_the_numbers_apart():
    """抄错一个数字，至少有一组测试不同。"""
    inputs = coding.numbers(coding.random.Random(0))
    for table in (coding.WHEN, coding.AFTER):
        for body in (b for b in table.values() if "{" in b):
            source = [("a" * (table is coding.AFTER) + body).format(k=n, n=n) for n in range(2, 10)]
            values = {tuple(eval(text, {"a": a, "b": b}) for a, b in inputs) for text in source}
            assert len(values) == 8, body


def test_the_judge_knows_its_genres_and_a_poem_has_four_lines():
    texts = {g: [s.text for s in islice(genres.told(g, 77), 6)] for g in genres.ASKS}
    right = [genres.judge(30)(text) == genre for genre, some in texts.items() for text in some]
    assert sum(right) >= 22
    poem = Case("写一首诗", "", "诗", ("诗",))
    assert genres.obeys(poem, texts["诗"][0]) and not genres.obeys(poem, texts["诗"][0][:-8])
    assert not genres.obeys(poem, "") and not genres.obeys(poem, texts["故事"][0])


# ---- 打分 ----


@pytest.mark.parametrize(
    "answer, wanted, value",
    [  # 右边的数由 sacrebleu 2.6.0 的 CHRF 算出
        ("Xiao Hong lost a red hat.", "Xiao Hong lost the red scarf in the park.", 0.4048268314440374),
        ("小红丢了围巾。", "小红在公园里丢了一条红色的围巾。", 0.14637747446298036),
        ("a", "b", 0.0), ("abc", "abc", 1.0), ("ab", "abc", 0.6363636363636362), ("", "abc", 0.0),
    ],
)  # fmt: skip
def test_chrf_agrees_with_sacrebleu(answer, wanted, value):
    assert scores.chrf(answer, wanted) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    "answer, wanted, value",
    [("甲乙丙", "甲乙丙", 1.0), ("乙甲", "甲乙", 0.5), ("甲x乙", "甲乙", 0.8), ("", "甲", 0.0)],
)
def test_rouge_l(answer, wanted, value):
    assert scores.rouge_l(answer, wanted) == pytest.approx(value)


def test_an_answer_said_differently_is_found_but_not_exact():
    case = Case("猫属于哪一类？", "猫是一种动物。", about=("一种动物",))
    judged = scores.and_found(scores.scored(exact=scores.exact))
    given = judged([case] * 2, ["一种动物，就是猫。", "猫是一种花。"])
    assert given == {"exact": [0, 0], "found": [1, 0]}


@pytest.mark.parametrize("name", ["qa", "closed-book"])
def test_the_key_of_an_answer_is_in_it_and_not_in_the_question(name, parts):
    for case in (*parts(name)[0], *parts(name)[1]):
        (key,) = case.about
        assert len(key) >= 1 and key in case.answer and key not in case.prompt.rpartition(" ")[2], case


def test_the_rivals():
    train = [Case("红色的猫", "a"), Case("绿色的狗", "b"), Case("天上的鸟", "b")]
    test = [Case("蓝色的猫", "?"), Case("地上的鸟", "?")]
    assert scores.most_frequent(train, test) == ["b", "b"]
    assert scores.nearest(train, test) == ["a", "b"]


# ---- 训练与作答 ----


@pytest.fixture(scope="module")
def small():
    tokenizer = Tokenizer.load(corpus.TOKENIZER)
    torch.manual_seed(0)
    return GPT(GPTConfig(tokenizer.vocab_size, 64, 1, 2, 32, dropout=0.0)), tokenizer


def test_two_answers_are_learnt_by_heart(small):
    model, tokenizer = small
    cases = [Case("你叫什么？", "我叫小红。"), Case("一加一？", "二。")]
    run = training.trainer(model, tokenizer, cases, steps=60, learning_rate=1e-2, batch_size=2)
    run.run()
    model.eval()
    assert training.answers(model, tokenizer, ["一加一？", "你叫什么？"], 12) == ["二。", "我叫小红。"]


def test_what_follows_the_next_question_is_no_part_of_the_answer(small, monkeypatch):
    """没有微调的模型答完常常替人接着问：与 chat 一样，只留前面的。"""
    model, tokenizer = small
    said = tokenizer.encode("好的。\n问：什么是猫？")
    monkeypatch.setattr(training, "generate", lambda model, prompts, *_: ([t] * len(prompts) for t in said))
    assert training.answers(model, tokenizer, ["你好", "早上好"], 20) == ["好的。"] * 2


def test_with_a_rank_only_the_adapters_are_trained(small):
    model, tokenizer = small
    before = {name: p.clone() for name, p in model.named_parameters()}
    run = training.trainer(model, tokenizer, [Case("问", "答")], steps=2, learning_rate=1e-2, rank=2)
    run.run()
    changed = {n for n, p in model.named_parameters() if not torch.equal(p, before.get(n, torch.empty(0)))}
    assert changed and all("lora" in n or ".linear." in n for n in changed)
    now = dict(model.named_parameters())
    assert all(torch.equal(p, before[n.replace(".linear.", ".")]) for n, p in now.items() if "lora" not in n)
    assert training.parameters(model) == sum(p.numel() for n, p in now.items() if "lora" in n)


def test_forgetting_is_measured_for_every_kind_of_text_apart(small):
    model, tokenizer = copy.deepcopy(small[0]), small[1]
    before = forgetting.bits(model, tokenizer, 2)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(3.0)
    after = forgetting.bits(model, tokenizer, 2)
    assert before.keys() == {"小故事", "小世界", "聊天", "日常"} and all(after[k] > before[k] for k in before)


# ---- 总表 ----


def test_a_line_of_the_table_and_its_mistakes(monkeypatch):
    wrong = [["问", "对", "错", "列表"]] * 3
    rows = {
        "baselines": {"code": {"scores": {
            "最常见的回答": {"pass@1": 0.1}, "照抄": {"pass@1": 0.0}, "最像的例子": {"pass@1": 0.3},
            "没有微调": {"pass@1": 0.05},
        }}},
        "tasks": {
            f"code|{start}|{n}": {"scores": {"pass@1": base + n / 10}, "wrong": wrong}
            for start, base in (("从头", 0.2), ("微调", 0.7)) for n in range(3)
        },
    }  # fmt: skip
    monkeypatch.setattr(results, "results", lambda: rows)
    found = results.line(TASKS["code"])
    assert (found.rival, found.untuned) == (0.3, 0.05) and found.tuned == pytest.approx([0.7, 0.8, 0.9])
    assert "从头 0.30（0.20–0.40）" in str(found) and "微调 0.80（0.70–0.90）" in str(found)
    assert results.mistakes(TASKS["code"], 2) == [("问", "对", "错")] * 2


def test_every_task_has_a_recipe():
    assert RECIPES.keys() == TASKS.keys()


def test_the_tool_does_a_row_once_and_again_only_when_the_base_changed(tmp_path):
    spec = importlib.util.spec_from_file_location("task_table_under_test", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    table, done = tool.Table(tmp_path / "r.json", "mini", 1.0), []
    make = lambda: done.append(1) or {"scores": {"exact": 0.5}}
    for base, recipe in (("a", "r"), ("a", "r"), ("b", "r"), ("b", "s")):
        table.once("tasks", "zh-en|微调|0", base, recipe, make)
    assert len(done) == 3 and json.loads((tmp_path / "r.json").read_text(encoding="utf-8")) == table.rows
    again = tool.Table(tmp_path / "r.json", "mini", 1.0)
    again.once("tasks", "zh-en|微调|0", "b", "s", make)
    assert len(done) == 3
    table.once("tasks", "zh-en|微调|1", "b", "s", lambda: {"scores": {"exact": 0.9}})
    assert table.spread("tasks", "zh-en", "微调", "exact") == "70（50–90）"
