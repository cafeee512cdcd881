"""练习 12.2 最长的重合。"""

from difflib import SequenceMatcher

from tinygpt.course.diagnosis import Exercise


def overlap_with(better=lambda new, old: len(new) > len(old), join=False, skip=0, least=1):
    def run(text, documents):
        best = ""
        for document in ["".join(documents)] if join else documents:
            for i in range(skip, len(text)):
                size = 0
                while i + size < len(text) and text[i : i + size + 1] in document:
                    size += 1
                if size >= least and better(text[i : i + size], best):
                    best = text[i : i + size]
        return best

    return run


def _in_text_order(text, documents):
    """一样长的，取 text 里靠前的一段。"""
    for size in range(len(text), 0, -1):
        for i in range(len(text) - size + 1):
            if any(text[i : i + size] in document for document in documents):
                return text[i : i + size]
    return ""


exercise = Exercise(
    "12.2", "最长的重合", _in_text_order,
    look="text 里连续的一段，至少在一篇 document 里一字不差；取最长的，一样长取 text 里靠前的；"
         "没有就是空的。",
)


@exercise.probe("一篇")
def _(answer, rng):
    return answer("小猫在院子里睡着了", ["小狗在院子里睡觉"])


@exercise.probe("几篇，最长的在后面一篇")
def _(answer, rng):
    return answer("今天小猫在河边钓鱼", ["小猫爱吃鱼", "老人在河边钓虾", "今天下雨"])


@exercise.probe("重合在 text 的开头，或到末尾为止")
def _(answer, rng):
    return [answer("春天来了花开了", ["春天来得早"]), answer("昨天我去公园散步", ["他也去公园散步"])]


@exercise.probe("一样长，取 text 里靠前的")
def _(answer, rng):
    return [answer("甲乙丙丁戊己", ["戊己", "甲乙"]), answer("红花绿叶", ["绿叶红花"])]


@exercise.probe("不能跨两篇")
def _(answer, rng):
    return answer("天上的星星", ["看天上", "的星光"])


@exercise.probe("没有重合，text 是空的，没有文档")
def _(answer, rng):
    return [answer("甲乙", ["丙丁"]), answer("", ["丙丁"]), answer("甲乙", []), answer("甲乙", [""])]


@exercise.probe("整个 text 都在里面；只有一个字相同")
def _(answer, rng):
    return [answer("花开了", ["桃花开了吗"]), answer("雨", ["下雨了"])]


@exercise.probe("字都有，但不连着")
def _(answer, rng):
    return answer("小红爱画画", ["小明和红红都爱唱歌，也爱学画"])


@exercise.correct("动态规划")
def _(text, documents):
    best, end = 0, 0
    for document in documents:
        before = [0] * (len(document) + 1)
        for i, char in enumerate(text, 1):
            now = [0] * (len(document) + 1)
            for j, other in enumerate(document, 1):
                if char == other:
                    now[j] = before[j - 1] + 1
                    if (now[j], -i) > (best, -end):
                        best, end = now[j], i
            before = now
    return text[end - best : end]


@exercise.correct("difflib")
def _(text, documents):
    found = [SequenceMatcher(None, text, d, False).find_longest_match() for d in documents]
    best = max(found, key=lambda m: (m.size, -m.a), default=None)
    return text[best.a : best.a + best.size] if best else ""


exercise.mutant("把各篇接成一篇", lambda text, documents: _in_text_order(text, ["".join(documents)]),
                look="重合要在同一篇里：一篇一篇地找。")
exercise.mutant("只看了第一篇", lambda text, documents: _in_text_order(text, documents[:1]),
                look="每一篇都要看。")
exercise.mutant("只从 text 的开头比起", lambda text, documents: _from_start(text, documents),
                look="重合可以从 text 的任何一个字开始。")
exercise.mutant("一样长时取了后面的", overlap_with(lambda new, old: len(new) >= len(old)),
                look="一样长取 text 里靠前的：只有更长才换。")
exercise.mutant("给的是长度", lambda text, documents: len(_in_text_order(text, documents)),
                look="要的是那一段文字，不是它的长度。")
exercise.mutant("少了最后一个字", lambda text, documents: _in_text_order(text, documents)[:-1],
                look="停下时的那一段已经在文档里，不要再去掉一个字。")
exercise.mutant("漏了到末尾为止的重合", lambda text, documents: _in_text_order(text[:-1], documents),
                look="text 的最后一个字也要比。")
exercise.mutant("成了最长公共子序列", lambda text, documents: _subsequence(text, documents),
                look="要连着的一段；中间隔着别的字不算。")


def _from_start(text, documents):
    sizes = [size for size in range(len(text) + 1) if any(text[:size] in d for d in documents)]
    return text[: max(sizes, default=0)]


def _subsequence(text, documents):
    best = ""
    for document in documents:
        table = [[""] * (len(document) + 1) for _ in range(len(text) + 1)]
        for i, a in enumerate(text):
            for j, b in enumerate(document):
                longer = max(table[i][j + 1], table[i + 1][j], key=len)
                table[i + 1][j + 1] = table[i][j] + a if a == b else longer
        best = max(best, table[-1][-1], key=len)
    return best
