"""读一篇小故事：用一句话概括它，或回答关于它的问题。

回答由故事的状态算出来，同一件事总用同一种说法，所以“一字不差”才公平。
留出的是小故事自己留出的组合（计划 × 东西 × 地方），预训练的文字里也没有。
"""

import itertools
import random
from collections.abc import Iterator

from tinygpt.corpus.chooser import Chooser
from tinygpt.corpus.stories import Story, stories
from tinygpt.corpus.stories.answers import HOLDER
from tinygpt.corpus.stories.surface import Surface
from tinygpt.tasks.case import Case, Task
from tinygpt.tasks.scores import and_found, exact, rouge_l, scored

PLANS = ("lend", "rain", "find")
SHORT = 140  # 只用短些的故事：一步能多看几篇
SUMMARISE = "用一句话概括："


class First(Chooser):
    """总选第一个：同一件事总是同一种说法。"""

    def choose(self, options):
        return options[0]


def say(story: Story, template: str, roles: dict) -> str:
    """照故事的状态写出一个模板。"""
    surface = Surface(roles, story.teller.state, First(random.Random(0)), asking=True)
    surface.write(template)
    return surface.text


def short_stories(plans: tuple, seed: int, batch: int, held_out: str | None = None) -> Iterator[Story]:
    """短的文章，一篇接一篇；每次写一小批，种子依次错开。"""
    for number in itertools.count():
        some = stories(seed * 1000 + number, n_documents=batch, plans=plans, plain=True, held_out=held_out)
        yield from (story for story in some if len(story.text) <= SHORT)


def told(seed: int, held: bool) -> Iterator[Story]:
    """短的故事；held 时只要留出的组合。"""
    return short_stories(PLANS, seed, 50, "combination" if held else None)


def filled(question: str, short: str) -> tuple[str, str]:
    """把短的回答填进问题里：（一整句，填进去的几个字）；填不进去的都是空的。

    “小明把帽子还给了谁？”“小红。”→“小明把帽子还给了小红。”
    “小明为什么着急？”“因为帽子丢了。”→“小明着急，因为帽子丢了。”
    这样每个回答都带着这篇故事的名字，考题的回答整句都没有见过，里面的词却都见过。
    """
    short = short.removesuffix("。").removeprefix("是")
    if "为什么" in question:
        return f"{question.replace('为什么', '').removesuffix('？')}，{short}。", short
    word = next((word for word in ("什么东西", "什么", "谁", "哪里") if question.count(word) == 1), None)
    if word is None:
        return "", ""
    before, _, after = question.removesuffix("？").partition(word)
    same = next(n for n in range(len(short), -1, -1) if before.endswith(short[:n]))  # 在、去了：不写两遍
    short = short[same:]
    same = next(n for n in range(len(short), -1, -1) if after.startswith(short[len(short) - n :]))  # 手里
    short = short[: len(short) - same]
    return f"{before}{short}{after}。", short


def questions(story: Story) -> list[tuple[str, str, str, str]]:
    """（种类，问题，回答，要紧的几个字）：回答是填好了的问题，要紧的是填进去的。"""
    teller, rows = story.teller, []
    for done in teller.done:
        roles = {str(i): entity for i, entity in enumerate(done.args)}
        rows += [(kind, asks, answers, roles) for kind, asks, answers in done.verb.asks]
    rows += [(kind, asks, answers, teller.roles) for kind, asks, answers in teller.asks]
    by_name = {entity.name: entity for entity in teller.roles.values()}
    for thing, owner in teller.state.holder.items():
        if thing in story.text and owner in story.text:
            rows.append(("holder", *HOLDER, {"0": by_name[thing], "1": by_name[owner]}))
    found = []
    for kind, asks, answers, roles in rows:
        question, short = say(story, asks[0], roles), min((say(story, a, roles) for a in answers), key=len)
        found.append((kind, question, *filled(question, short)))
    return [row for row in found if row[2]]


def write_summaries(seed: int, held: bool) -> Iterator[Case]:
    for story in told(seed, held):
        summary = say(story, story.teller.summary[0], story.teller.roles)
        yield Case(SUMMARISE + story.text, summary, story.plan)


def write_questions(seed: int, held: bool) -> Iterator[Case]:
    source = random.Random(seed)
    for story in told(seed, held):
        for kind, question, answer, key in source.sample(questions(story), 2):
            yield Case(f"{story.text} {question}", answer, kind, (key,))


def first_sentence(case: Case) -> str:
    """抄故事的第一句。"""
    return case.prompt.removeprefix(SUMMARISE).partition("。")[0] + "。"


SCORES = scored(exact=exact, rouge_l=rouge_l)
SUMMARY = Task("summary", "摘要", write_summaries, SCORES, first_sentence, most=40)
READING = Task("qa", "看文章回答", write_questions, and_found(SCORES), first_sentence, most=30)
