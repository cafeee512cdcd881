"""照体裁写：写一首诗、一则新闻、一个故事、一段对话。像不像，由一个数词的分类器判；诗另数行。

分类器是朴素贝叶斯：只数每种体裁里两个字一段的各有多少，用的是另外的文章，不看模型写的。
留出的是题目：考的题目，练习里没有写过。
"""

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from tinygpt.corpus.stories import Story
from tinygpt.probes.form import is_poem
from tinygpt.tasks.case import Case, Scores, Task, held_out
from tinygpt.tasks.reading import short_stories
from tinygpt.tasks.scores import echo, grams

ASKS = {"诗": "写一首诗", "新闻": "写一则新闻", "故事": "写一个故事", "对话": "写一段对话"}
PLANS = {
    "诗": ("poem",), "新闻": ("news",), "故事": ("find", "lend", "rain"), "对话": ("greet", "chat_equal"),
}  # fmt: skip
JUDGE_SEED = 6_000_000


def told(genre: str, seed: int) -> Iterator[Story]:
    """一种体裁的文章，一篇接一篇；太长的不要。"""
    return short_stories(PLANS[genre], seed, 20)


def write(seed: int, held: bool) -> Iterator[Case]:
    source, streams = random.Random(seed), {genre: told(genre, seed) for genre in ASKS}
    while True:
        genre = source.choice(list(ASKS))
        story = next(streams[genre])
        if held_out(story.title, one_in=4) == held:
            yield Case(f"{ASKS[genre]}，题目是“{story.title}”。", story.text, genre, (genre,))


class Judge:
    """朴素贝叶斯：一段文字最像哪一种体裁。"""

    def __init__(self, texts: dict[str, Sequence[str]]):
        self.counts = {genre: Counter() for genre in texts}
        for genre, some in texts.items():
            for text in some:
                self.counts[genre].update(grams(text, 2))
        self.kinds = len(set().union(*self.counts.values()))

    def log_likelihood(self, text: str, genre: str) -> float:
        counts = self.counts[genre]
        total = counts.total() + self.kinds
        return sum(n * math.log((counts[gram] + 1) / total) for gram, n in grams(text, 2).items())

    def __call__(self, text: str) -> str:
        return max(self.counts, key=lambda genre: self.log_likelihood(text, genre))


@cache
def judge(count: int = 200) -> Judge:
    """用每种体裁 count 篇教出来的裁判。"""
    some = {genre: itertools.islice(told(genre, JUDGE_SEED), count) for genre in ASKS}
    return Judge({genre: [story.text for story in chosen] for genre, chosen in some.items()})


def obeys(case: Case, answer: str) -> bool:
    """裁判判成要的体裁；诗还要四行一样长，五字或七字。"""
    genre = case.about[0]
    return bool(answer.strip()) and judge()(answer) == genre and (genre != "诗" or is_poem(answer))


def scores(cases: Sequence[Case], answers: Sequence[str]) -> Scores:
    pairs = list(zip(cases, answers, strict=True))
    return {"genre": [float(obeys(c, a)) for c, a in pairs]}


GENRES = Task("genre", "照体裁写", write, scores, echo, most=100, main="genre")
