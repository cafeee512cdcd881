"""写程序：一句中文 → 一个小小的 Python 函数 f，在受限的子进程里运行，几组测试全对才算通过（pass@1）。

题目由几样东西拼成，留出的是它们的组合（数字几不算）：
    列表的题    最后要什么 × 每个数怎样变 × 只算哪些   求和：xs 里各数的平方，只算大于 3 的。
    两个数的题  怎样算 × 再怎样                       返回 a 与 b 的差，再乘 4。
    有条件的题  条件 × 是就返回什么 × 不是返回什么    如果 a 大于 b，返回 a 与 b 的和，否则返回 0。
中文与程序的次序一致：小模型学得会一段一段地换，学不大会前后颠倒。
"""

import random
from collections.abc import Iterator, Sequence

from tinygpt.sandbox import Limits, check
from tinygpt.tasks.case import Case, Scores, Task, endless, held_out
from tinygpt.tasks.scores import echo, exact

ASK = "写函数 f："
TOTAL = {  # 左边是中文，右边是程序；{each} 是“每个数怎样变 for x in xs if 只算哪些”
    "求和": "sum([{each}])", "求最大的": "max([{each}], default=0)", "数一数": "len([{each}])",
    "列出": "[{each}]",
}  # fmt: skip
CHANGE = {
    "各数": "x", "各数的平方": "x ** 2", "各数的两倍": "x * 2", "各数的相反数": "-x", "各数加 {k}": "x + {k}",
    "各数减 {k}": "x - {k}", "各数的绝对值": "abs(x)",
}  # fmt: skip
KEEP = {
    "": "", "，只算偶数": " if x % 2 == 0", "，只算奇数": " if x % 2 == 1", "，只算正数": " if x > 0",
    "，只算负数": " if x < 0", "，只算大于 {n} 的": " if x > {n}", "，只算小于 {n} 的": " if x < {n}",
    "，只算不是 0 的": " if x != 0",
}  # fmt: skip
PAIR = {
    "a 与 b 的和": "(a + b)", "a 与 b 的差": "(a - b)", "a 与 b 的积": "(a * b)",
    "a 与 b 里大的": "max(a, b)", "a 与 b 里小的": "min(a, b)", "b 与 a 的差": "(b - a)",
    "a 的绝对值": "abs(a)", "b 的绝对值": "abs(b)", "a 的平方": "(a ** 2)", "b 的两倍": "(b * 2)",
}  # fmt: skip
AFTER = {
    "": "", "，再平方": " ** 2", "，再乘 {k}": " * {k}", "，再加 {k}": " + {k}", "，再减 {k}": " - {k}",
    "，再除以 {k}": " / {k}", "，再除以 {k} 取余": " % {k}",
}  # fmt: skip
WHEN = {
    "a 大于 b": "a > b", "a 小于 b": "a < b", "a 等于 b": "a == b", "a 不等于 b": "a != b",
    "a 大于 {n}": "a > {n}", "a 小于 {n}": "a < {n}", "b 大于 {n}": "b > {n}", "b 小于 {n}": "b < {n}",
    "a 是偶数": "a % 2 == 0", "b 是奇数": "b % 2 == 1",
}  # fmt: skip
ELSE = {"0": "0", "a": "a", "b": "b", "a 的相反数": "-a", "b 的相反数": "-b", "{k}": "{k}"}
LIMITS = Limits(seconds=3.0)


def list_task(source: random.Random) -> tuple[str, str, list, tuple]:
    """（题目，程序，各组测试的参数，由哪几样拼成）。"""
    total, change, keep = parts = picked(source, TOTAL, CHANGE, KEEP)
    body = TOTAL[total].format(each=f"{CHANGE[change]} for x in xs{KEEP[keep]}")
    some = ([source.randint(-12, 12) for _ in range(size)] for size in (0, 1, 4, 6, 8, 10))
    inputs = [(xs,) for xs in (*some, list(range(11)), [-3, 0, 0, 5], *([n] for n in range(2, 10)))]
    return f"{total}：xs 里{change}{keep}。", f"def f(xs):\n    return {body}", inputs, parts


def pair_task(source: random.Random) -> tuple[str, str, list, tuple]:
    pair, after = parts = picked(source, PAIR, AFTER)
    program = f"def f(a, b):\n    return {PAIR[pair]}{AFTER[after]}"
    return f"返回 {pair}{after}。", program, numbers(source), parts


def branch_task(source: random.Random) -> tuple[str, str, list, tuple]:
    when, yes, no = parts = picked(source, WHEN, PAIR, ELSE)
    program = f"def f(a, b):\n    if {WHEN[when]}:\n        return {PAIR[yes]}\n    return {ELSE[no]}"
    return f"如果 {when}，返回 {yes}，否则返回 {no}。", program, numbers(source), parts


def picked(source: random.Random, *tables: dict) -> tuple[str, ...]:
    """每张表里选一样。"""
    return tuple(source.choice(list(table)) for table in tables)


def numbers(source: random.Random) -> list[tuple[int, int]]:
    """两个数的测试：题目里用得着的每个数都有，与随机的一个在一起；外加相等的。"""
    mixed = [(n, source.randint(-9, 9)) for n in range(-3, 11)]
    return [*mixed, *((b, a) for a, b in mixed), (4, 4), (-5, -5)]


KINDS = {"列表": list_task, "两个数": pair_task, "条件": branch_task}


def write(seed: int, held: bool) -> Iterator[Case]:
    def make(source: random.Random) -> tuple[Case, bool]:
        kind = source.choice(list(KINDS))
        text, program, inputs, parts = KINDS[kind](source)
        for slot in ("{k}", "{n}"):
            number = str(source.randint(2, 9))
            text, program = text.replace(slot, number), program.replace(slot, number)
        return Case(ASK + text, program, kind, tuple(inputs)), held_out(*parts)

    return endless(make, seed, held)


def passes(case: Case, answer: str) -> bool:
    """在受限的子进程里运行 answer，每组参数的结果都与标准的程序相同。"""
    space: dict = {}
    exec(case.answer, space)  # noqa: S102 标准的程序是这里写的，不是模型写的
    return check(answer, "f", [(args, space["f"](*args)) for args in case.about], LIMITS).passed


def scores(cases: Sequence[Case], answers: Sequence[str]) -> Scores:
    pairs = list(zip(cases, answers, strict=True))
    passed = [float(passes(c, a)) for c, a in pairs]
    return {"pass@1": passed, "exact": [exact(a, c.answer) for c, a in pairs]}


CODE = Task("code", "写程序", write, scores, echo, most=76, main="pass@1")
