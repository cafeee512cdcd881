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
exercise.mutant("给的是不全都对的概率", lambda n, c, k: 1 - math.comb(c, k) / math.comb(n, k),
                look="取的是**不对**的 n − c 个：1 − C(n − c, k)/C(n, k)，不是 C(c, k)。")
exercise.mutant("恰好一个对", lambda n, c, k: c * math.comb(n - c, k - 1) / math.comb(n, k),
                look="要的是**至少**一个对，两个、三个对也算。")
exercise.mutant("k 倍的比例", lambda n, c, k: min(1.0, k * c / n), look="各次不是互斥的，不能直接相加。")
exercise.mutant("k 倍的比例，还会超过 1", lambda n, c, k: k * c / n, look="各次不是互斥的，不能直接相加。")
exercise.mutant("少取了一个", lambda n, c, k: pass_at_k(n, c, k - 1), look="取 k 个。")
exercise.mutant("多取了一个", lambda n, c, k: pass_at_k(n, c, min(n, k + 1)), look="取 k 个。")
exercise.mutant("不对的不到 k 个时给了 0", lambda n, c, k: 0.0 if n - c < k else pass_at_k(n, c, k),
                look="不对的不够 k 个，一定取得到对的：是 1。")
exercise.mutant("不对的正好 k 个时给了 1", lambda n, c, k: 1.0 if n - c <= k else pass_at_k(n, c, k),
                look="不对的**不到** k 个才一定是 1；正好 k 个时，可能取到的全是它们。")
exercise.mutant("对的有 k 个就给了 1", lambda n, c, k: 1.0 if c >= k else pass_at_k(n, c, k),
                look="对的再多，只要不对的还有 k 个，就可能一个也没有取到。")
exercise.mutant("用了整除", lambda n, c, k: 1 - math.comb(n - c, k) // math.comb(n, k),
              look="是 /，不是 //。")
exercise.mutant("四舍五入了", lambda n, c, k: round(pass_at_k(n, c, k), 2), look="不要取整。")
exercise.mutant("给的是百分数", lambda n, c, k: 100 * pass_at_k(n, c, k), look="0 到 1 之间，不乘 100。")
exercise.mutant("分母是放回的取法", lambda n, c, k: 1 - math.comb(n - c, k) / n**k,
                look="分母是 C(n, k)：从 n 个里不放回地取 k 个。")
exercise.mutant("分子算了次序", lambda n, c, k: 1 - math.perm(n - c, k) / math.comb(n, k),
                look="分子分母都用 math.comb：不算次序。")
