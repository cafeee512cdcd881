"""微调的任务：文章 §3.4 的五种，从生成器的准确答案出题，自动打分。

读的次序：case（一道题，怎样留出）→ scores（打分与不用学的对手）→ translation、reading、knowledge、
coding、genres（各种任务）→ training（训练与作答）→ forgetting（忘了多少）→ results（量出来的总表）。
添一种任务：写一个 Task，在 TASKS 与 RECIPES 里各添一行。
"""

from dataclasses import dataclass, field

from tinygpt.tasks.case import Case, Task
from tinygpt.tasks.coding import CODE
from tinygpt.tasks.genres import GENRES
from tinygpt.tasks.knowledge import CLOSED_BOOK
from tinygpt.tasks.reading import READING, SUMMARY
from tinygpt.tasks.results import RESULTS
from tinygpt.tasks.translation import EN_ZH, ZH_EN

__all__ = ["RECIPES", "RESULTS", "TASKS", "Case", "Recipe", "Task"]

TASKS: dict[str, Task] = {
    task.name: task for task in (ZH_EN, EN_ZH, SUMMARY, READING, CLOSED_BOOK, CODE, GENRES)
}


@dataclass(frozen=True)
class Recipe:
    """总表里怎样训练：多少道练习、多少道考题、多少步；从附带的模型与从头各用自己合适的学习率。"""

    train: int
    test: int
    steps: int
    rates: dict = field(default_factory=lambda: {"微调": 1e-3, "从头": 2e-3})
    lora_rate: float = 3e-3


RECIPES = {
    "zh-en": Recipe(train=3000, test=100, steps=200),
    "en-zh": Recipe(train=3000, test=100, steps=200),
    "summary": Recipe(train=2000, test=60, steps=150),
    "qa": Recipe(train=2000, test=100, steps=150),
    "closed-book": Recipe(train=600, test=100, steps=100),
    "code": Recipe(train=480, test=60, steps=200),
    "genre": Recipe(train=600, test=40, steps=120),
}
