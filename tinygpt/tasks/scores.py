"""打分：一字不差、chrF、ROUGE-L，都在 0 与 1 之间；还有三个不用学的对手。

chrF（Popović 2015）与 ROUGE-L（Lin 2004）各只有几行；测试把 chrF 与 sacrebleu 的对过。
"""

from collections import Counter
from collections.abc import Sequence

from tinygpt.tasks.case import Case, Scores


def exact(answer: str, wanted: str) -> float:
    """一字不差（头尾的空白不算）。"""
    return float(answer.strip() == wanted.strip())


def grams(text: str, n: int) -> Counter:
    """n 个字符一段，每段有几个。"""
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def chrf(answer: str, wanted: str, longest: int = 6, beta: float = 2.0) -> float:
    """1 到 6 个字符一段，查准率与查全率各自平均，再合成 F（查全率的分量是 β² 倍）；空白不算。"""
    answer, wanted = "".join(answer.split()), "".join(wanted.split())
    precision, recall, orders = 0.0, 0.0, 0
    for n in range(1, longest + 1):
        mine, right = grams(answer, n), grams(wanted, n)
        if mine and right:
            common, orders = (mine & right).total(), orders + 1
            precision, recall = precision + common / mine.total(), recall + common / right.total()
    if not precision + recall:
        return 0.0
    p, r = precision / orders, recall / orders
    return (1 + beta**2) * p * r / (beta**2 * p + r)


def rouge_l(answer: str, wanted: str) -> float:
    """最长公共子序列（按字）占两边的比例，合成 F1。"""
    lengths = [0] * (len(wanted) + 1)
    for a in answer:
        previous = 0
        for j, b in enumerate(wanted, start=1):
            longer = previous + 1 if a == b else max(lengths[j], lengths[j - 1])
            previous, lengths[j] = lengths[j], longer
    return 2 * lengths[-1] / max(1, len(answer) + len(wanted))


def scored(**functions) -> object:
    """scored(一字不差=exact) → 一个 (题, 回答) → 每道题的分 的函数。"""

    def scores(cases: Sequence[Case], answers: Sequence[str]) -> Scores:
        pairs = list(zip(cases, answers, strict=True))
        return {name: [score(a, c.answer) for c, a in pairs] for name, score in functions.items()}

    return scores


def and_found(scores) -> object:
    """再添一种 found：回答里有要紧的那几个字（about 的第一样）就算对，说法不同也行。

    没有微调的模型不知道要哪种说法，一字不差多半是 0；看它懂不懂，要看 found。
    """

    def more(cases: Sequence[Case], answers: Sequence[str]) -> Scores:
        found = [float(c.about[0] in a) for c, a in zip(cases, answers, strict=True)]
        return scores(cases, answers) | {"found": found}

    return more


# ---- 不用学的对手 ----


def echo(case: Case) -> str:
    """把问照抄一遍。"""
    return case.prompt


def most_frequent(train: Sequence[Case], test: Sequence[Case]) -> list[str]:
    """不看问题，总说练习里最常见的回答。"""
    answer = Counter(case.answer for case in train).most_common(1)[0][0]
    return [answer] * len(test)


def nearest(train: Sequence[Case], test: Sequence[Case]) -> list[str]:
    """找练习里最像的问（相同的两字段最多），照抄它的回答。"""
    table = [(set(grams(case.prompt, 2)), case.answer) for case in train]

    def answer(prompt: str) -> str:
        mine = set(grams(prompt, 2))
        return max(table, key=lambda row: len(mine & row[0]) / (1 + len(mine | row[0])))[1]

    return [answer(case.prompt) for case in test]
