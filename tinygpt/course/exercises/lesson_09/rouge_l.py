"""练习 9.3 ROUGE-L。"""

import re
from difflib import SequenceMatcher

from tinygpt.course.diagnosis import Exercise


def longest_common(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def rouge_with(score=lambda n, a, b: 2 * n / (a + b), common=longest_common, clean=lambda text: text,
               empty=lambda answer, wanted: 0.0):  # fmt: skip
    """common：公共的有多长；score：由它与两边的长度得到分；clean：比之前怎样整理。"""

    def run(answer, wanted):
        answer, wanted = clean(answer), clean(wanted)
        if not answer or not wanted:
            return empty(answer, wanted)
        return float(score(common(answer, wanted), len(answer), len(wanted)))

    return run


exercise = Exercise(
    "9.3", "ROUGE-L", rouge_with(),
    look="最长公共子序列（次序相同，中间可以隔开）的长度 n；查准 n/答的字数，查全 n/标准的字数，"
         "F1 = 2n/(两边字数之和)；有一边是空的，得 0。",
    assemble=rouge_with,
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


@exercise.probe("有一边是空的，两边都是空的")
def _(answer, rng):
    return [answer("", "小红"), answer("小红", ""), answer("", "")]


@exercise.probe("没有一个字相同")
def _(answer, rng):
    return answer("甲乙", "丙丁戊")


@exercise.probe("先遇到的不一定要取")
def _(answer, rng):
    pairs = [("丙甲乙", "甲乙丙"), ("甲乙丙", "丙甲乙"), ("乙甲", "甲丁乙甲")]
    pairs += [("甲乙寅丙丁", "丙丁甲卯乙辰寅")]  # 连着的“丙丁”最长，却不在最长公共子序列里
    return [answer(a, b) for a, b in pairs]


@exercise.probe("字有重复")
def _(answer, rng):
    return [answer("甲甲甲", "甲"), answer("甲乙甲乙", "乙甲乙甲甲"), answer("甲", "甲甲甲甲")]


@exercise.probe("标点与空白也算字，大小写不同就不同")
def _(answer, rng):
    return [answer("小红，丢了 围巾。", "小红丢了围巾"), answer("a b", "A\nb"), answer("好", "好。")]


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


def longest_piece(a, b):
    return max(j - i for i in range(len(a) + 1) for j in range(i, len(a) + 1) if a[i:j] in b)


def first_found(a, b):
    """a 的每个字，在 b 里上一个的后面找第一个相同的；找不到就跳过。"""
    place = count = 0
    for letter in a:
        found = b.find(letter, place)
        place, count = (found + 1, count + 1) if found >= 0 else (place, count)
    return count


def never_back(a, b):
    """两个指针：相同就都往前，不同只走 b 的。"""
    i = 0
    for letter in b:
        i += i < len(a) and a[i] == letter
    return i


def longest_blocks(a, b):
    return sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())


def reuse(a, b):
    """相同的时候由上面与左边加 1，不是由左上角。"""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = max(table[i][j + 1], table[i + 1][j]) + (x == y)
    return table[-1][-1]


exercise.edit("要求连着", common=longest_piece, look="子序列可以隔开：小红昨天丢了 里有 小红丢了。")
exercise.edit("不管次序", common=lambda a, b: sum(min(a.count(c), b.count(c)) for c in set(a)),
              look="次序也要对：甲乙 与 乙甲 的公共子序列只有一个字。")
exercise.edit("不管次序，也不管重复", common=lambda a, b: len(set(a) & set(b)),
              look="次序也要对，同一个字出现几次就可能对上几次：填表求最长公共子序列。")
exercise.edit("同一个位置才算相同", common=lambda a, b: sum(x == y for x, y in zip(a, b, strict=False)),
              look="中间可以隔开，位置不必相同：填表求最长公共子序列。")
exercise.edit("先遇到的就取", common=first_found,
              look="先遇到的不一定要取：丙甲乙 与 甲乙丙，取了丙就只剩一个字。填表，两种都试。")
exercise.edit("标准里先遇到的就取", common=lambda a, b: first_found(b, a),
              look="先遇到的不一定要取：取了它，后面的可能都对不上。填表，两种都试。")
exercise.edit("两个指针，只走了一边", common=never_back,
              look="答里多出来的字也要能跳过：填表，两边都可以跳。")
exercise.edit("标准的字找不到就停住了", common=lambda a, b: never_back(b, a),
              look="标准里的字在答里没有，也要能跳过：填表，两边都可以跳。")
exercise.edit("先取最长的一块", common=longest_blocks,
              look="最长的连续一块不一定在最长公共子序列里（difflib 就是这样做的）：填表。")
exercise.edit("相同时没有从左上角来", common=reuse,
              look="相同：左上角加 1；由左边或上面加 1，一个字就对上了两次。")
exercise.edit("只算了查全", score=lambda n, a, b: n / b, look="答里多出来的字也要扣分：还要除以答的字数。")
exercise.edit("只算了查准", score=lambda n, a, b: n / a, look="漏掉的字也要扣分：还要除以标准的字数。")
exercise.edit("除以了长的一边", score=lambda n, a, b: n / max(a, b), look="F1 = 2n/(a + b)。")
exercise.edit("除以了短的一边", score=lambda n, a, b: n / min(a, b), look="F1 = 2n/(a + b)。")
exercise.edit("没有乘 2", score=lambda n, a, b: n / (a + b), look="一样的两句应该得 1：分子是 2n。")
exercise.edit("给的是长度", score=lambda n, a, b: n, look="还要除以字数，合成 0 到 1 之间的分。")
exercise.edit("给的是百分数", score=lambda n, a, b: 200 * n / (a + b), look="0 到 1 之间，不乘 100。")
exercise.edit("四舍五入了", score=lambda n, a, b: round(2 * n / (a + b), 2), look="不要取整。")
exercise.edit("取了查准与查全的平均", score=lambda n, a, b: (n / a + n / b) / 2,
              look="F1 是调和平均，不是算术平均。")
exercise.edit("取了查准与查全的几何平均", score=lambda n, a, b: n / (a * b) ** 0.5,
              look="F1 是调和平均：2n/(a + b)。")
exercise.edit("除以了两边合起来不重复的字数", score=lambda n, a, b: n / (a + b - n), look="F1 = 2n/(a + b)。")
exercise.edit("一个字也不同时除以了 0", score=lambda n, a, b: 2 * (n / a) * (n / b) / (n / a + n / b),
              look="n = 0 时查准、查全都是 0，不能相除；用 2n/(a + b) 就没有这个麻烦。")
exercise.edit("空的得了 1", empty=lambda a, b: 1.0, look="什么也没有答，得 0。")
exercise.edit("两边都是空的得了 1", empty=lambda a, b: float(a == b),
              look="有一边是空的，得 0，两边都空也是。")
exercise.edit("两边都是空的时除以了 0", empty=lambda a, b: 0 / (len(a) + len(b)),
              look="有一边是空的，先返回 0。")
exercise.edit("去掉了标点", clean=lambda text: re.sub(r"\W", "", text), look="标点与空白也算字，不要去掉。")
exercise.edit("去掉了空白", clean=lambda text: "".join(text.split()), look="标点与空白也算字，不要去掉。")
exercise.edit("按空白切成了词", clean=str.split, look="一个字一个字地比，中文的词之间没有空白。")
exercise.edit("重复的字只留了一个", clean=lambda text: "".join(dict.fromkeys(text)),
              look="重复的字也要留着比。")
exercise.edit("没有分大小写", clean=str.lower, look="字要完全相同：不要 lower()。")
