"""练习 9.8 数词的裁判。"""

import math
from collections import Counter

from tinygpt.course.diagnosis import Exercise


def judge_with(smooth=1.0, log=math.log, prior=False, total=None, repeat=True, share=False, n=2):
    def run(examples, text):
        grams = lambda t: [t[i : i + n] for i in range(len(t) - n + 1)]
        counts = {kind: Counter(g for t in texts for g in grams(t)) for kind, texts in examples.items()}
        size = len(set().union(*counts.values()))
        written = grams(text) if repeat else sorted(set(grams(text)))

        def score(kind):
            whole = counts[kind].total() + smooth * size if total is None else total(counts[kind], size)
            start = log(len(examples[kind])) if prior else 0.0
            found = start + sum(log((counts[kind][g] + smooth) / whole) for g in written)
            return found / len(written) if share else found

        return {kind: score(kind) for kind in examples}

    return run


exercise = Exercise(
    "9.8", "数词的裁判", judge_with(),
    look="每种体裁数两个字一段的各有多少；一段文字的分 = 每一段的 ln((次数 + 1)/(总数 + V)) 之和，"
         "V 是所有体裁里不同的段数。出现几次就加几次，不看每种体裁有几篇。",
)
POEMS = {"诗": ["春风吹绿江", "春雨洗青山"], "新闻": ["记者看到大家", "记者说大家来了", "大家来了"]}


@exercise.probe("都见过的段")
def _(answer, rng):
    return answer(POEMS, "春风吹绿江")


@exercise.probe("有没见过的段")
def _(answer, rng):
    return answer(POEMS, "春风里的鱼")


@exercise.probe("一种的文字多得多")
def _(answer, rng):
    return answer({"甲": ["天地人"] * 30 + ["山水"], "乙": ["山水", "山水画"]}, "山水")


@exercise.probe("重复的段")
def _(answer, rng):
    return answer({"甲": ["甲甲甲甲甲乙"], "乙": ["乙丙甲乙甲乙丙乙"]}, "甲甲甲乙丙乙")


@exercise.probe("很长的文字")
def _(answer, rng):
    return answer({"甲": ["天地" * 20 + "人"], "乙": ["天人" * 20 + "地"]}, "天地" * 400)


@exercise.probe("只有一个字：一段也没有")
def _(answer, rng):
    return answer(POEMS, "春")


@exercise.probe("三种体裁")
def _(answer, rng):
    return answer(POEMS | {"对话": ["你好吗", "我很好"]}, "大家好吗")


@exercise.correct("用字典")
def _(examples, text):
    tables, kinds = {}, set()
    for kind, texts in examples.items():
        table = tables.setdefault(kind, {})
        for t in texts:
            for a, b in zip(t, t[1:]):
                table[a + b] = table.get(a + b, 0) + 1
                kinds.add(a + b)
    scores = {}
    for kind, table in tables.items():
        whole = sum(table.values()) + len(kinds)
        found = (math.log(table.get(a + b, 0) + 1) - math.log(whole) for a, b in zip(text, text[1:]))
        scores[kind] = sum(found)
    return scores


@exercise.correct("先数再乘次数")
def _(examples, text):
    pieces = lambda t: Counter(map("".join, zip(t, t[1:])))
    counts = {kind: sum(map(pieces, texts), Counter()) for kind, texts in examples.items()}
    size = len({g for table in counts.values() for g in table})
    return {
        kind: sum(n * math.log((table[g] + 1) / (table.total() + size)) for g, n in pieces(text).items())
        for kind, table in counts.items()
    }


exercise.mutant("没有加 1", judge_with(smooth=0.0),
                look="没有见过的段概率是 0，取对数就出错；每段的次数加 1。")
exercise.mutant("只比次数，没有除以总数", judge_with(total=lambda counts, size: 1.0),
                look="文字多的体裁，每一段的次数都多；要除以（总数 + V）。")
exercise.mutant("总数没有加 V", judge_with(total=lambda counts, size: counts.total()),
                look="每段加了 1，总数就要加 V，概率之和才是 1。")
exercise.mutant("V 只数了自己的", judge_with(total=lambda counts, size: counts.total() + len(counts)),
                look="V 是所有体裁里不同的段数，各种体裁用同一个 V。")
exercise.mutant("算上了篇数", judge_with(prior=True), look="这里不看每种体裁有几篇。")
exercise.mutant("重复的段只算一次", judge_with(repeat=False), look="出现几次就加几次。")
exercise.mutant("给的是每段的平均", judge_with(share=True), look="把各段的对数加起来，不要除以段数。")
exercise.mutant("一个字一段", judge_with(n=1), look="两个字一段：text[i : i + 2]。")
exercise.mutant("以 2 为底", judge_with(log=math.log2), look="自然对数：math.log。")


@exercise.mutant("概率直接相乘", look="几百个小数相乘会变成 0；先取对数，再相加。")
def _(examples, text):
    pieces = lambda t: [t[i : i + 2] for i in range(len(t) - 1)]
    counts = {kind: Counter(g for t in texts for g in pieces(t)) for kind, texts in examples.items()}
    size = len(set().union(*counts.values()))
    product = lambda table: math.prod((table[g] + 1) / (table.total() + size) for g in pieces(text))
    return {kind: math.log(max(product(table), 5e-324)) for kind, table in counts.items()}
