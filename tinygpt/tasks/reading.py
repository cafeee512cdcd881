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
from tinygpt.tasks.scores import exact, rouge_l, scored

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


def told(seed: int, held: bool) -> Iterator[Story]:
    """短的故事，一篇接一篇；每次写一小批，种子依次错开。"""
    for number in itertools.count():
        kind = "combination" if held else None
        batch = stories(seed * 1000 + number, n_documents=50, plans=PLANS, plain=True, held_out=kind)
        yield from (story for story in batch if len(story.text) <= SHORT)


def questions(story: Story) -> list[tuple[str, str, str]]:
    """（种类，问题，回答）：回答取最完整的说法。"""
    teller, rows = story.teller, []
    for done in teller.done:
        roles = {str(i): entity for i, entity in enumerate(done.args)}
        rows += [(kind, asks, answers, roles) for kind, asks, answers in done.verb.asks]
    rows += [(kind, asks, answers, teller.roles) for kind, asks, answers in teller.asks]
    by_name = {entity.name: entity for entity in teller.roles.values()}
    for thing, owner in teller.state.holder.items():
        if thing in story.text and owner in story.text:
            rows.append(("holder", *HOLDER, {"0": by_name[thing], "1": by_name[owner]}))
    return [
        (kind, say(story, asks[0], roles), say(story, max(answers, key=len), roles))
        for kind, asks, answers, roles in rows
    ]


def write_summaries(seed: int, held: bool) -> Iterator[Case]:
    for story in told(seed, held):
        summary = say(story, story.teller.summary[0], story.teller.roles)
        yield Case(SUMMARISE + story.text, summary, story.plan)


def write_questions(seed: int, held: bool) -> Iterator[Case]:
    source = random.Random(seed)
    for story in told(seed, held):
        for kind, question, answer in source.sample(questions(story), 2):
            yield Case(f"{story.text} {question}", answer, kind)


def first_sentence(case: Case) -> str:
    """抄故事的第一句。"""
    return case.prompt.removeprefix(SUMMARISE).partition("。")[0] + "。"


SCORES = scored(exact=exact, rouge_l=rouge_l)
SUMMARY = Task("summary", "摘要", write_summaries, SCORES, first_sentence, most=40)
READING = Task("qa", "看文章回答", write_questions, SCORES, first_sentence, most=30)
