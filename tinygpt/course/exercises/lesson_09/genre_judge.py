"""练习 9.8 数词的裁判。"""

import math
from collections import Counter

from tinygpt.course.diagnosis import Exercise


def two_by_two(text):
    return [text[i : i + 2] for i in range(len(text) - 1)]


def article_by_article(texts, cut):
    return Counter(piece for text in texts for piece in cut(text))


def judge_with(
    cut=two_by_two, count=article_by_article,
    sizes=lambda counts, cut, text: len(set().union(*counts.values())), add=1,
    total=lambda table, size: table.total() + size, log=math.log, written=lambda pieces: pieces,
    start=lambda texts, examples: 0, finish=lambda score, n: score,
):  # fmt: skip
    """cut：切成段；count：数一种体裁；sizes：V；total：分母；written：文字里的哪些段。"""

    def run(examples, text):
        counts = {kind: count(texts, cut) for kind, texts in examples.items()}
        size, pieces = sizes(counts, cut, text), written(cut(text))

        def score(kind):
            whole = total(counts[kind], size)
            found = sum(log((counts[kind][piece] + add) / whole) for piece in pieces)
            return finish(start(examples[kind], examples) + found, len(pieces))

        return {kind: score(kind) for kind in examples}

    return run


exercise = Exercise(
    "9.8", "数词的裁判", judge_with(),
    look="每种体裁数两个字一段的各有多少；一段文字的分 = 每一段的 ln((次数 + 1)/(总数 + V)) 之和，"
         "V 是所有体裁里不同的段数。出现几次就加几次，不看每种体裁有几篇。",
    assemble=judge_with,
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


@exercise.probe("有一种体裁一篇也没有，有一篇只有一个字")
def _(answer, rng):
    return answer({"诗": ["春风吹", "春", "风吹春风"], "词": []}, "春风吹")


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


exercise.edit("没有加 1", add=0, look="没有见过的段概率是 0，取对数就出错；每段的次数加 1。")
exercise.edit("只比次数，没有除以总数", total=lambda table, size: 1.0,
              look="文字多的体裁，每一段的次数都多；要除以（总数 + V）。")
exercise.edit("总数没有加 V", total=lambda table, size: table.total(),
              look="每段加了 1，总数就要加 V，概率之和才是 1。")
exercise.edit("总数用了不同的段数", total=lambda table, size: len(table) + size,
              look="总数是所有段的**次数**之和：sum(table.values())，不是 len(table)。")
exercise.edit("V 只数了自己的", total=lambda table, size: table.total() + len(table),
              look="V 是所有体裁里不同的段数，各种体裁用同一个 V。")
exercise.edit("V 里共有的段数了几次", sizes=lambda counts, cut, text: sum(map(len, counts.values())),
              look="几种体裁都有的段只数一次：把键合成一个集合。")
exercise.edit("V 数上了要判的文字",
              sizes=lambda counts, cut, text: len(set(cut(text)).union(*counts.values())),
              look="V 只数 examples 里的段。")
exercise.edit("V 数成了总次数",
              sizes=lambda counts, cut, text: sum(table.total() for table in counts.values()),
              look="V 是**不同的**段数。")
exercise.edit("跨篇数了", count=lambda texts, cut: Counter(cut("".join(texts))),
              look="一篇一篇地数：前一篇的末字与后一篇的首字不相邻。")
exercise.edit("每篇里相同的段只数一次",
              count=lambda texts, cut: Counter(p for t in texts for p in set(cut(t))),
              look="出现几次就数几次。")
exercise.edit("一个字一段", cut=list, look="两个字一段：text[i : i + 2]。")
exercise.edit("三个字一段", cut=lambda text: [text[i : i + 3] for i in range(len(text) - 2)],
              look="两个字一段：text[i : i + 2]。")
exercise.edit("段与段没有重叠", cut=lambda text: [text[i : i + 2] for i in range(0, len(text) - 1, 2)],
              look="每个位置都起一段，i 一个一个地走：天地人 有 天地、地人 两段。")
exercise.edit("末尾多了一个字的段", cut=lambda text: [text[i : i + 2] for i in range(len(text))],
              look="最后一个字后面没有字了：range(len(text) − 1)。")
exercise.edit("少了最后一段", cut=lambda text: [text[i : i + 2] for i in range(len(text) - 2)],
              look="n 个字有 n − 1 段：range(len(text) − 1)。")
exercise.edit("重复的段只算一次", written=lambda pieces: sorted(set(pieces)), look="出现几次就加几次。")
exercise.edit("算上了篇数", start=lambda texts, examples: math.log(max(1, len(texts))),
              look="这里不看每种体裁有几篇。")
exercise.edit("算上了篇数占几成",
              start=lambda texts, examples: math.log(max(1e-9, len(texts)) /
                                                     sum(map(len, examples.values()))),
              look="这里不看每种体裁有几篇。")
exercise.edit("给的是每段的平均", finish=lambda score, n: score / max(1, n),
              look="把各段的对数加起来，不要除以段数。")
exercise.edit("正负反了", finish=lambda score, n: -score, look="概率的对数是负的，加起来就是分，不用变号。")
exercise.edit("又取了指数", finish=lambda score, n: math.exp(score), look="分是对数的和，不要再取指数。")
exercise.edit("没有取对数", log=lambda x: x, look="先取自然对数，再相加。")
exercise.edit("以 2 为底", log=math.log2, look="自然对数：math.log。")
exercise.edit("以 10 为底", log=math.log10, look="自然对数：math.log。")


@exercise.mutant("没有见过的段跳过了", look="没有见过的段也要算：次数是 0，加 1。")
def _(examples, text):
    known = {piece for texts in examples.values() for t in texts for piece in two_by_two(t)}
    return judge_with(written=lambda pieces: [piece for piece in pieces if piece in known])(examples, text)


@exercise.mutant("给的是最像的一种", look="返回字典：每种体裁一个分。")
def _(examples, text):
    scores = judge_with()(examples, text)
    return max(scores, key=scores.get)


@exercise.mutant("概率直接相乘", look="几百个小数相乘会变成 0，log 0 出错；先取对数，再相加。")
def _(examples, text):
    counts = {kind: article_by_article(texts, two_by_two) for kind, texts in examples.items()}
    size = len(set().union(*counts.values()))
    product = lambda table: math.prod((table[g] + 1) / (table.total() + size) for g in two_by_two(text))
    return {kind: math.log(product(table)) for kind, table in counts.items()}
