"""练习 12.1 distinct-n。"""

from collections import Counter

from tinygpt.course.diagnosis import Exercise


def distinct_with(cut=True, inside=True, last=1, unique=len, below=lambda grams: len(grams), short=True):
    def run(texts, n, length):
        kept, left = [], length
        for text in texts:
            kept.append(text[:left] if cut else text)
            left = max(0, left - len(text))
        kept = kept if inside else ["".join(kept)]
        grams = [text[i : i + n] for text in kept for i in range(len(text) - n + last)]
        return unique(set(grams)) / below(grams) if grams else 0.0

    return run


exercise = Exercise(
    "12.1", "distinct-n", distinct_with(),
    look="先只留开头一共 length 个字（一篇一篇地用掉），再在每一篇里面取 n 字小段："
         "不同的段数除以全部的段数；一段也没有就是 0。",
)


@exercise.probe("一篇，两个字一段")
def _(answer, rng):
    return [answer(["春眠不觉晓"], 2, 100), answer(["好好好好好"], 2, 100)]


@exercise.probe("几篇，小段不跨两篇")
def _(answer, rng):
    return [answer(["春眠", "不觉", "春眠"], 2, 100), answer(["花开", "花落知", "多少"], 2, 100)]


@exercise.probe("n 是 1 与 3")
def _(answer, rng):
    return [answer(["好的好的好", "的好"], 1, 50), answer(["好的好的好", "好的好"], 3, 50)]


@exercise.probe("只留开头 length 个字")
def _(answer, rng):
    return [answer(["天地玄黄", "宇宙洪荒洪荒洪荒"], 2, 8), answer(["人人人", "从从"], 1, 4),
            answer(["一二三二三二三"], 2, 3)]


@exercise.probe("length 刚好用完，后面的篇一个字也不留")
def _(answer, rng):
    return answer(["日月盈昃", "日月日月", "日月"], 2, 4)


@exercise.probe("比 n 还短的篇，空的篇")
def _(answer, rng):
    return [answer(["", "一", "一二三一二"], 2, 20), answer(["一", "二"], 2, 20), answer([], 2, 20)]


@exercise.correct("Counter")
def _(texts, n, length):
    count = Counter()
    for text in texts:
        text, length = text[:length], max(0, length - len(text))
        count.update(text[i : i + n] for i in range(max(0, len(text) - n + 1)))
    return len(count) / count.total() if count else 0.0


@exercise.correct("先接起来截，再切回去")
def _(texts, n, length):
    ends, whole = [0], "".join(texts)[:length]
    for text in texts:
        ends.append(ends[-1] + len(text))
    kept = [whole[a:b] for a, b in zip(ends, ends[1:])]
    grams = [row[i:][:n] for row in kept for i in range(len(row)) if len(row) - i >= n]
    return len({*grams}) / max(1, len(grams))


exercise.mutant("没有截到 length 个字", distinct_with(cut=False),
                look="篇幅越长重复越多，先只留开头 length 个字。")
exercise.mutant("把各篇接成一篇", distinct_with(inside=False), look="小段不跨两篇：一篇一篇地取。")
exercise.mutant("少了最后一段", distinct_with(last=0),
                look="最后一段从 len − n 开始，range 要到 len − n + 1。")
exercise.mutant("末尾多取了不满 n 个字的一段", distinct_with(last=2), look="不满 n 个字的不算一段。")
exercise.mutant("除以了字数", lambda texts, n, length: _over_characters(texts, n, length),
                look="分母是全部的小段数，不是字数。")
exercise.mutant("只数了出现一次的", lambda texts, n, length: _once(texts, n, length),
                look="不同的段数：出现几次都算一种。")
exercise.mutant("每篇各截 length 个字", lambda texts, n, length: _each(texts, n, length),
                look="一共 length 个字：前面的篇用掉多少，后面就少多少。")
exercise.mutant("给的是重复的比例",
                lambda texts, n, length: 1 - distinct_with()(texts, n, length) if any(texts) else 0.0,
                look="不同的除以全部的，不要用 1 减去它。")


def _kept(texts, length):
    kept = []
    for text in texts:
        kept.append(text[:length])
        length = max(0, length - len(text))
    return kept


def _grams(texts, n):
    return [text[i : i + n] for text in texts for i in range(len(text) - n + 1)]


def _over_characters(texts, n, length):
    kept = _kept(texts, length)
    grams, size = _grams(kept, n), sum(map(len, kept))
    return len(set(grams)) / size if grams else 0.0


def _once(texts, n, length):
    grams = Counter(_grams(_kept(texts, length), n))
    return sum(v == 1 for v in grams.values()) / grams.total() if grams else 0.0


def _each(texts, n, length):
    grams = _grams([text[:length] for text in texts], n)
    return len(set(grams)) / len(grams) if grams else 0.0
