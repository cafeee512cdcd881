"""练习 9.3 ROUGE-L。"""

from tinygpt.course.diagnosis import Exercise


def longest_common(a, b, contiguous=False, bag=False):
    if bag:
        return sum(min(a.count(c), b.count(c)) for c in set(a))
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    best = 0
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            if x == y:
                table[i + 1][j + 1] = table[i][j] + 1
            elif not contiguous:
                table[i + 1][j + 1] = max(table[i][j + 1], table[i + 1][j])
            best = max(best, table[i + 1][j + 1])
    return best


def rouge_with(score=lambda n, a, b: 2 * n / (a + b), empty=0.0, **options):
    def run(answer, wanted):
        if not answer or not wanted:
            return empty
        n = longest_common(answer, wanted, **options)
        return float(score(n, len(answer), len(wanted)))

    return run


exercise = Exercise(
    "9.3", "ROUGE-L", rouge_with(),
    look="最长公共子序列（次序相同，中间可以隔开）的长度 n；查准 n/答的字数，查全 n/标准的字数，"
         "F1 = 2n/(两边字数之和)；有一边是空的，得 0。",
)


@exercise.probe("一样")
def _(answer, rng):
    return answer("小红丢了围巾", "小红丢了围巾")


@exercise.probe("中间隔开")
def _(answer, rng):
    return answer("小红昨天丢了围巾", "小红丢了红色围巾")


@exercise.probe("次序反了")
def _(answer, rng):
    return answer("甲乙丙丁", "丁丙乙甲")


@exercise.probe("答长得多")
def _(answer, rng):
    return answer("小红和小明在公园里丢了一条红色的围巾", "小红丢了围巾")


@exercise.probe("答短得多")
def _(answer, rng):
    return answer("小红", "小红在公园里丢了围巾")


@exercise.probe("有一边是空的")
def _(answer, rng):
    return [answer("", "小红"), answer("小红", "")]


@exercise.probe("没有一个字相同")
def _(answer, rng):
    return answer("甲乙", "丙丁戊")


@exercise.correct("递归")
def _(answer, wanted):
    from functools import cache

    @cache
    def common(i, j):
        if i == len(answer) or j == len(wanted):
            return 0
        if answer[i] == wanted[j]:
            return 1 + common(i + 1, j + 1)
        return max(common(i + 1, j), common(i, j + 1))

    n = common(0, 0)
    return 2 * n / (len(answer) + len(wanted)) if answer and wanted else 0.0


@exercise.correct("查准查全再合成")
def _(answer, wanted):
    n = longest_common(answer, wanted)
    if n == 0:
        return 0.0
    p, r = n / len(answer), n / len(wanted)
    return 2 * p * r / (p + r)


exercise.mutant("要求连着", rouge_with(contiguous=True), look="子序列可以隔开：小红昨天丢了 里有 小红丢了。")
exercise.mutant("不管次序", rouge_with(bag=True), look="次序也要对：甲乙 与 乙甲 的公共子序列只有一个字。")
exercise.mutant("只算了查全", rouge_with(lambda n, a, b: n / b),
                look="答里多出来的字也要扣分：还要除以答的字数。")
exercise.mutant("只算了查准", rouge_with(lambda n, a, b: n / a),
                look="漏掉的字也要扣分：还要除以标准的字数。")
exercise.mutant("除以了长的一边", rouge_with(lambda n, a, b: n / max(a, b)), look="F1 = 2n/(a + b)。")
exercise.mutant("没有乘 2", rouge_with(lambda n, a, b: n / (a + b)), look="一样的两句应该得 1：分子是 2n。")
exercise.mutant("给的是长度", rouge_with(lambda n, a, b: n), look="还要除以字数，合成 0 到 1 之间的分。")
exercise.mutant("取了查准与查全的平均", rouge_with(lambda n, a, b: (n / a + n / b) / 2),
                look="F1 是调和平均，不是算术平均。")
exercise.mutant("空的得了 1", rouge_with(empty=1.0), look="什么也没有答，得 0。")
