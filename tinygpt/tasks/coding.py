"""写程序：一句中文 → 一个小小的 Python 函数 f，在受限的子进程里运行，几组测试全对才算通过（pass@1）。

题目由几样东西拼成，留出的是它们的组合：
    列表的题    选哪些数 × 每个数怎样变 × 最后要什么      xs 里大于 3 的数的平方的和
    两个数的题  怎样算 × 再怎样                           a 与 b 的差的绝对值
    有条件的题  条件 × 是就返回什么 × 不是返回什么        如果 a 大于 b，返回 a 与 b 的和，否则返回 0
"""

import random
from collections.abc import Iterator, Sequence

from tinygpt.sandbox import Limits, check
from tinygpt.tasks.case import Case, Scores, Task, endless, held_out
from tinygpt.tasks.scores import exact

ASK = "写函数 f："
KEEP = {
    "": "", "偶数": "x % 2 == 0", "奇数": "x % 2 == 1", "正数": "x > 0", "负数": "x < 0",
    "大于 {k} 的数": "x > {k}", "小于 {k} 的数": "x < {k}", "能被 3 整除的数": "x % 3 == 0",
}  # fmt: skip
CHANGE = {"": "x", "平方": "x * x", "两倍": "x * 2", "绝对值": "abs(x)", "相反数": "-x"}
TOTAL = {
    "和": "sum({each})", "个数": "len([{each}])", "最大值": "max([{each}], default=0)",
    "列表": "[{each}]",
}  # fmt: skip
PAIR = {
    "a 与 b 的和": "a + b", "a 与 b 的差": "a - b", "a 与 b 的积": "a * b",
    "a 与 b 里较大的数": "max(a, b)", "a 与 b 里较小的数": "min(a, b)",
}  # fmt: skip
AFTER = {
    "": "{e}", "的平方": "({e}) ** 2", "的两倍": "({e}) * 2", "的绝对值": "abs({e})", "加 {k}": "{e} + {k}",
}  # fmt: skip
WHEN = {
    "a 大于 b": "a > b", "a 小于 b": "a < b", "a 是偶数": "a % 2 == 0", "b 是正数": "b > 0",
    "a 等于 b": "a == b",
}  # fmt: skip
ELSE = ("0", "-1", "a", "b")
LIMITS = Limits(seconds=3.0)


def list_task(source: random.Random) -> tuple[str, str, str, list, bool]:
    """（题目，返回什么，参数，各组测试的参数，是不是留出的）。"""
    keep, change, total = (source.choice(list(options)) for options in (KEEP, CHANGE, TOTAL))
    k = str(source.randint(1, 9))
    each = f"{CHANGE[change]} for x in xs" + (f" if {KEEP[keep]}" if keep else "")
    what = "的".join(part for part in (keep or "数", change, total) if part)
    inputs = [([source.randint(-12, 12) for _ in range(size)],) for size in (0, 1, 4, 6, 8)]
    body = TOTAL[total].format(each=each).replace("{k}", k)
    return f"返回列表 xs 里{what}。".replace("{k}", k), body, "xs", inputs, held_out(keep, change, total)


def pair_task(source: random.Random) -> tuple[str, str, str, list, bool]:
    pair, after, k = source.choice(list(PAIR)), source.choice(list(AFTER)), source.randint(1, 9)
    text, body = f"返回 {pair}{after.format(k=k)}。", AFTER[after].format(e=PAIR[pair], k=k)
    return text, body, "a, b", numbers(source), held_out(pair, after, one_in=5)


def branch_task(source: random.Random) -> tuple[str, str, str, list, bool]:
    when, yes, no = (source.choice(list(options)) for options in (WHEN, PAIR, ELSE))
    text, body = f"如果 {when}，返回 {yes}，否则返回 {no}。", f"{PAIR[yes]} if {WHEN[when]} else {no}"
    return text, body, "a, b", numbers(source), held_out(when, yes, no)


def numbers(source: random.Random) -> list[tuple[int, int]]:
    """两个数的测试：随机的几组，外加相等的、有 0 的、有负数的。"""
    chosen = [(source.randint(-9, 9), source.randint(-9, 9)) for _ in range(5)]
    return [*chosen, (4, 4), (0, 3), (6, -2), (-5, 7)]


KINDS = {"列表": list_task, "两个数": pair_task, "条件": branch_task}


def write(seed: int, held: bool) -> Iterator[Case]:
    def make(source: random.Random) -> tuple[Case, bool]:
        kind = source.choice(list(KINDS))
        text, body, arguments, inputs, is_held = KINDS[kind](source)
        return Case(ASK + text, f"def f({arguments}):\n    return {body}", kind, tuple(inputs)), is_held

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


def copy(case: Case) -> str:
    """把题目照抄一遍。"""
    return case.prompt


CODE = Task("code", "写程序", write, scores, copy, most=64, main="pass@1")
