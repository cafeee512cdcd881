"""每一课的检查，一课一个模块。笔记本里只用一个函数：

    from tinygpt.course.checks import check
    check("4.2", attention_weights)
"""

from functools import lru_cache
from importlib import import_module
from pathlib import Path

from tinygpt.course.diagnosis import Exercise
from tinygpt.errors import InputError

LESSONS = {
    "02": "core_concepts",
    "03": "data_and_tokenizer",
    "04": "attention_math",
    "05": "transformer_decoder",
    "06": "training",
    "07": "generation",
    "08": "worked_example",
}


def lessons() -> dict[str, str]:
    """有练习的课：{编号: 模块名}。"""
    return {number: name for number, name in LESSONS.items() if Path(__file__).with_name(f"{name}.py").exists()}


@lru_cache
def exercises(lesson: str) -> dict[str, Exercise]:
    """一课的练习，{编号: 练习}，按编号。"""
    module = import_module(f"{__name__}.{lessons()[lesson]}")
    found = [value for value in vars(module).values() if isinstance(value, Exercise)]
    found.sort(key=lambda exercise: int(exercise.number.split(".")[1]))
    return {exercise.number: exercise for exercise in found}


def find(number: str) -> Exercise:
    """按编号（例如 "4.2"）找到练习。"""
    lesson = str(number).split(".")[0].zfill(2)
    found = exercises(lesson) if lesson in lessons() else {}
    if str(number) not in found:
        known = "、".join(found) or "、".join(f"{int(key)}.x" for key in lessons())
        raise InputError(f"没有练习 {number}", known, "编号写在题目上，照抄进引号里")
    return found[str(number)]


def check(number: str, answer) -> None:
    """检查一个练习：通过打印一行；没有通过，抛出的错误说明哪里不同。"""
    print(find(number).check(answer))
