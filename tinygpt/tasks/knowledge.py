"""不看文章回答：小世界里的事。考的事物，练习里一次也没有问过，答案只能来自预训练。"""

import random
from collections.abc import Iterator

from tinygpt.corpus.world import World
from tinygpt.tasks.case import Case, Task, endless, held_out
from tinygpt.tasks.scores import and_found, echo, exact, rouge_l, scored

# 关系 → 问法，答法；说法都是小世界里平常的
FORMS = {
    "definition": ("什么是{name}？", "{name}是{value}。"),
    "kind": ("{name}属于哪一类？", "{name}是{value}。"),
    "feature": ("{name}有什么特点？", "{name}的特点是{value}。"),
}


def write(seed: int, held: bool) -> Iterator[Case]:
    facts = [
        (concept, relation, fact) for concept in World.load().concepts for relation in FORMS
        for fact in concept.facts(relation)
    ]  # fmt: skip

    def make(source: random.Random) -> tuple[Case, bool]:
        concept, relation, fact = source.choice(facts)
        question, answer = (form.format(name=concept.name, value=fact.value) for form in FORMS[relation])
        return Case(question, answer, relation, (fact.value,)), held_out(concept.name, one_in=4)

    return endless(make, seed, held)


SCORES = and_found(scored(exact=exact, rouge_l=rouge_l))
CLOSED_BOOK = Task("closed-book", "不看文章回答", write, SCORES, echo, most=40)
