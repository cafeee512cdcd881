"""练习，一课一个文件夹，一个练习一个文件。笔记本里只用一个函数：

    from tinygpt.course.exercises import check
    check("4.4", attention_weights)

添一个练习，就是在 lesson_NN 里复制一个文件：里面有一个叫 exercise 的 Exercise，别处什么也不用登记。
"""

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from tinygpt.course import kernel, mistakes
from tinygpt.course.diagnosis import CheckFailed, Exercise
from tinygpt.errors import InputError

# 可以把答案装进小模型、看它会怎样的练习（what_if/ 里一一写着怎样装）
WHAT_IF = (
    "3.5", "3.6", "4.1", "4.2", "4.4", "4.5", "4.6", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6",
    "6.1", "6.2", "6.3", "6.4", "6.6", "6.7", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6",
)  # fmt: skip


def lessons() -> list[str]:
    """有练习的课的编号：["02", "03", …]。"""
    names = [module.name for module in iter_modules(__path__)]
    return sorted(name.removeprefix("lesson_") for name in names if name.startswith("lesson_"))


@lru_cache
def exercises(lesson: str) -> dict[str, Exercise]:
    """一课的练习，{编号: 练习}，按编号；用到这一课才导入它。"""
    package = import_module(f"{__name__}.lesson_{lesson}")
    modules = [import_module(f"{package.__name__}.{m.name}") for m in iter_modules(package.__path__)]
    found = [module.exercise for module in modules if hasattr(module, "exercise")]
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
    exercise = find(number)
    if stale := kernel.syntax_error_of(exercise.number):
        raise CheckFailed(f"✗ 练习 {exercise.number} {exercise.title}\n{stale}", exercise)
    try:
        print(exercise.check(answer))
    except CheckFailed as failed:
        name = getattr(answer, "__name__", "")
        if exercise.number in WHAT_IF and name.isidentifier() and not failed.unwritten:
            failed.args = (f'{failed}\n想看它会怎样：what_if("{exercise.number}", {name})',)
        if kernel.live():
            mistakes.note(exercise.number, failed.mutants)
        raise


kernel.explain_missing_names()
