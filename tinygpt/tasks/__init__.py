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
    """总表里怎样训练：多少道练习、多少道考题、多少步，学习率多少。"""

    train: int
    test: int
    steps: int
    rates: dict = field(default_factory=lambda: {"微调": 2e-3, "从头": 2e-3})
    lora_rate: float = 5e-3


def rates(tuned: float) -> dict:
    """从附带的模型开始用 tuned：会的东西只换一种说法，就小些，少忘一些；从头训练的一律 2e-3。"""
    return {"微调": tuned, "从头": 2e-3}


RECIPES = {
    "zh-en": Recipe(train=3000, test=100, steps=160),
    "en-zh": Recipe(train=3000, test=100, steps=160),
    "summary": Recipe(train=1000, test=60, steps=70),
    "qa": Recipe(train=2000, test=100, steps=160, rates=rates(5e-4), lora_rate=2e-3),
    "closed-book": Recipe(train=600, test=100, steps=60, rates=rates(1e-4), lora_rate=2e-3),
    "code": Recipe(train=4000, test=60, steps=400, rates=rates(1e-3)),
    "genre": Recipe(train=300, test=40, steps=50),
}
