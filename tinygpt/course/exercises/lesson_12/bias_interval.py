"""练习 12.6 比例之差，与它的区间。"""

import math

from tinygpt.course.diagnosis import Exercise

Z = 1.96


def gap_with(variance=lambda p, n: p * (1 - p) / n, join=lambda a, b: math.sqrt(a + b), z=Z,
             sign=1, share=lambda flags: sum(flags) / len(flags)):  # fmt: skip
    def run(first, second):
        p, q = share(first), share(second)
        half = z * join(variance(p, len(first)), variance(q, len(second)))
        gap = sign * (p - q)
        return {"差": gap, "低": gap - half, "高": gap + half}

    return run


exercise = Exercise(
    "12.6", "比例之差与区间", gap_with(),
    look="差 = p₁ − p₂；标准误是 √(p₁(1 − p₁)/n₁ + p₂(1 − p₂)/n₂)；区间是差 ± 1.96 倍标准误。",
)


def flags(rng, n, share):
    import torch

    return [bool(x) for x in (torch.rand(n, generator=rng) < share)]


@exercise.probe("一样多的两组")
def _(answer, rng):
    return answer(flags(rng, 60, 0.8), flags(rng, 60, 0.3))


@exercise.probe("不一样多的两组")
def _(answer, rng):
    return answer(flags(rng, 200, 0.6), flags(rng, 25, 0.4))


@exercise.probe("后一组更高：差是负的")
def _(answer, rng):
    return answer(flags(rng, 50, 0.2), flags(rng, 80, 0.9))


@exercise.probe("全是与全不是：没有波动")
def _(answer, rng):
    return answer([True] * 10, [False] * 8)


@exercise.probe("写成 0 与 1 也一样")
def _(answer, rng):
    return answer([1, 0, 1, 1], [0, 0, 1, 0, 0])


@exercise.correct("先求各自的标准误")
def _(first, second):
    p, q = sum(first) / len(first), sum(second) / len(second)
    a, b = (math.sqrt(x * (1 - x) / n) for x, n in ((p, len(first)), (q, len(second))))
    half = 1.96 * math.hypot(a, b)
    return {"差": p - q, "低": p - q - half, "高": p - q + half}


@exercise.correct("用各个数的方差")
def _(first, second):
    means = [sum(row) / len(row) for row in (first, second)]
    errors = [sum((x - m) ** 2 for x in row) / len(row) ** 2 for row, m in zip((first, second), means)]
    gap, half = means[0] - means[1], 1.96 * sum(errors) ** 0.5
    return {"低": gap - half, "差": gap, "高": gap + half}


exercise.mutant("忘了开方", gap_with(join=lambda a, b: a + b), look="标准误是方差之和的平方根。")
exercise.mutant("标准误直接相加", gap_with(join=lambda a, b: math.sqrt(a) + math.sqrt(b)),
                look="相加的是方差，加完再开方。")
exercise.mutant("方差相减", gap_with(join=lambda a, b: math.sqrt(abs(a - b))),
                look="两个独立的数，差的方差是方差之和。")
exercise.mutant("没有除以个数", gap_with(variance=lambda p, n: p * (1 - p)), look="比例的方差是 p(1 − p)/n。")
exercise.mutant("方差写成了 p/n", gap_with(variance=lambda p, n: p / n), look="是 p(1 − p)/n。")
exercise.mutant("没有乘 1.96", gap_with(z=1.0), look="95 % 的区间是 1.96 倍标准误。")
exercise.mutant("后一组减了前一组", gap_with(sign=-1), look="差是前一组减后一组。")
exercise.mutant("除以了 n − 1", gap_with(variance=lambda p, n: p * (1 - p) / (n - 1)),
                look="这里照公式除以 n。")


@exercise.mutant("给的是比例之比", look="要的是差，不是比。")
def _(first, second):
    right, p, q = gap_with()(first, second), sum(first) / len(first), sum(second) / len(second)
    ratio, half = p / max(q, 1e-9), right["高"] - right["差"]
    return {"差": ratio, "低": ratio - half, "高": ratio + half}


@exercise.mutant("两组合在一起算方差", look="两组的比例不同：各算各的方差再相加。")
def _(first, second):
    gap = sum(first) / len(first) - sum(second) / len(second)
    pooled = sum([*first, *second]) / (len(first) + len(second))
    half = Z * math.sqrt(pooled * (1 - pooled) * (1 / len(first) + 1 / len(second)))
    return {"差": gap, "低": gap - half, "高": gap + half}
