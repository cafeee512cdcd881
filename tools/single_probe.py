"""只试一组输入的检查会放过哪些错误：每个练习只用第一项检查，列出没有被发现的错误。

    python tools/single_probe.py > docs/exercises.md
"""

import warnings

from tinygpt.course import exercises
from tinygpt.course.differences import difference
from tinygpt.course.probing import outcome


def slipped(exercise) -> list[str]:
    """只用第一项检查时，与参考答案分不开的错误。"""
    name, run = exercise.probes[0]
    reference = outcome(run, exercise.reference, 0)
    unseen = lambda found: difference(found, reference, exercise.rtol, exercise.atol) is None
    return [mutant.name for mutant in exercise.mutants if unseen(outcome(run, mutant.value, 0))]


def main() -> None:
    warnings.simplefilter("ignore")
    found = [exercise for lesson in exercises.lessons() for exercise in exercises.exercises(lesson).values()]
    passed = {exercise.number: slipped(exercise) for exercise in found}
    mutants, missed = sum(len(exercise.mutants) for exercise in found), sum(map(len, passed.values()))
    variants, probes = sum(len(e.variants) for e in found), sum(len(e.probes) for e in found)
    print(f"""# 练习的检查

{len(found)} 个练习，{mutants} 种有名字的错误，{variants} 种参考答案之外的正确写法，共 {probes} 项检查。
`tests/test_exercises.py` 证明：每种错误在三个种子、打乱次序之后都叫得出自己的名字，正确的写法全都通过。

## 只试一组输入，会放过什么

只留每个练习的第一项检查（`python tools/single_probe.py`），{mutants} 种错误里有 {missed} 种会被放过。
后面的几项检查就是为它们加的：别的形状、尖锐的数值、边界、会不会改动输入。

| 练习 | 检查 | 错误 | 只用第一项会放过的 |
|---|---:|---:|---|""")
    for e in found:
        names = "；".join(passed[e.number]).replace("|", "\\|") or "–"
        print(f"| {e.number} {e.title} | {len(e.probes)} | {len(e.mutants)} | {names} |")


if __name__ == "__main__":
    main()
