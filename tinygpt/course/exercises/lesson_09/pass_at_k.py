"""练习 9.7 pass@k。"""

import math

from tinygpt.course.diagnosis import Exercise


def pass_at_k(n, c, k):
    return 1.0 if n - c < k else 1 - math.comb(n - c, k) / math.comb(n, k)


exercise = Exercise(
    "9.7", "pass@k", pass_at_k,
    look="从 n 个里不放回地取 k 个，全都不对的概率是 C(n − c, k)/C(n, k)，用 1 减去它；"
         "不对的不到 k 个时是 1。",
)


@exercise.probe("k = 1 就是对的比例")
def _(answer, rng):
    return [answer(10, 3, 1), answer(4, 4, 1), answer(5, 0, 1)]


@exercise.probe("k = 2")
def _(answer, rng):
    return [answer(10, 3, 2), answer(5, 1, 2)]


@exercise.probe("一个也不对")
def _(answer, rng):
    return answer(20, 0, 5)


@exercise.probe("不对的不到 k 个")
def _(answer, rng):
    return [answer(5, 4, 3), answer(10, 9, 2)]


@exercise.probe("全取")
def _(answer, rng):
    return [answer(6, 1, 6), answer(6, 0, 6)]


@exercise.probe("很多个")
def _(answer, rng):
    return [answer(200, 7, 100), answer(1000, 2, 10)]


@exercise.correct("连乘")
def _(n, c, k):
    wrong = 1.0
    for i in range(k):
        wrong *= max(0, n - c - i) / (n - i)
    return 1 - wrong


@exercise.correct("comb 超出时就是 0")
def _(n, c, k):
    return 1 - math.comb(n - c, k) / math.comb(n, k)


exercise.mutant("放回地取", lambda n, c, k: 1 - (1 - c / n) ** k,
                look="取过的不会再取到：用 C(n − c, k)/C(n, k)，不是 (1 − c/n)ᵏ。")
exercise.mutant("给了对的比例", lambda n, c, k: c / n, look="k 个里只要有一个对就算。")
exercise.mutant("给的是全都不对的概率", lambda n, c, k: 1 - pass_at_k(n, c, k), look="用 1 减去它。")
exercise.mutant("给的是全都对的概率", lambda n, c, k: math.comb(c, k) / math.comb(n, k),
                look="至少一个对 = 1 − 全都不对。")
exercise.mutant("k 倍的比例", lambda n, c, k: min(1.0, k * c / n), look="各次不是互斥的，不能直接相加。")
exercise.mutant("n 与 c 弄反了", lambda n, c, k: 1.0 if c < k else 1 - math.comb(c, k) / math.comb(n, k),
                look="不对的有 n − c 个；这里用成了对的 c 个。")
exercise.mutant("少取了一个", lambda n, c, k: pass_at_k(n, c, k - 1), look="取 k 个。")
exercise.mutant("多取了一个", lambda n, c, k: pass_at_k(n, c, min(n, k + 1)), look="取 k 个。")
