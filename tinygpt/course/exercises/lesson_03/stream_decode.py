"""练习 3.4 流式解码，从不交出半个字。"""

import codecs

from tinygpt.course.diagnosis import Exercise


def stream(pieces):
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    return [decoder.decode(piece) for piece in pieces]


exercise = Exercise(
    "3.4", "流式解码，从不交出半个字", stream,
    look="只留住还没有凑齐的那几个字节，等后面的来了再解码；前面已经凑齐的字，这一次就交出。",
)


def cut(text, *sizes):
    """一段文字的字节，按给的长短切开；最后剩下的是一段。"""
    data, out = text.encode(), []
    for size in sizes:
        out.append(data[:size])
        data = data[size:]
    return [*out, data]


@exercise.probe("每段都是整字")
def _(answer, rng):
    return answer(cut("机器学习", 3, 6))


@exercise.probe("一个字分在两段")
def _(answer, rng):
    return answer(cut("学习", 1, 2))


@exercise.probe("一个字节一段")
def _(answer, rng):
    return answer(cut("是的", 1, 1, 1, 1, 1))


@exercise.probe("字母、汉字与四个字节的字混着")
def _(answer, rng):
    return answer(cut("a学𠮷b", 2, 3, 3))


@exercise.probe("结尾缺一个字节：不交出")
def _(answer, rng):
    return answer(["好".encode(), "的".encode()[:2]])


@exercise.probe("中间有空的一段")
def _(answer, rng):
    return answer([b"\xe6", b"", "水".encode()[1:] + b"!"])


@exercise.probe("四个字节的字，一个字节一段")
def _(answer, rng):
    return answer(cut("𠮷林", 1, 1, 1, 1, 2))


@exercise.probe("四个字节的字，先来三个")
def _(answer, rng):
    return answer(cut("好𠮷", 6))


@exercise.probe("同样的字又来了")
def _(answer, rng):
    return answer(cut("好好好学", 3, 4, 2, 1))


@exercise.probe("空格与换行也要交出")
def _(answer, rng):
    return answer(cut(" 甲\n 乙 ", 1, 4, 3))


@exercise.probe("凑齐几个字，还剩下半个")
def _(answer, rng):
    return answer(cut("天地人", 7, 1))


@exercise.probe("一段也没有")
def _(answer, rng):
    return answer([])


@exercise.correct("自己攒字节")
def _(pieces):
    kept, out = b"", []
    for piece in pieces:
        kept += piece
        for end in range(len(kept), max(-1, len(kept) - 4), -1):
            try:
                text = kept[:end].decode("utf-8")
                break
            except UnicodeDecodeError:
                text, end = "", 0
        out.append(text)
        kept = kept[end:]
    return out


@exercise.correct("比较前后两次")
def _(pieces):
    whole, given, out = b"", 0, []
    for piece in pieces:
        whole += piece
        text = whole.decode("utf-8", errors="ignore")
        out.append(text[given:])
        given = len(text)
    return out


def whole_with(show=lambda text, given: text[len(given) :], errors="ignore", keep=lambda out: out):
    """每来一段，就把收到的全部解码一遍；show(全部文字, 上一次的全部文字) 是这一段交出什么。"""

    def run(pieces):
        data, given, out = b"", "", []
        for piece in pieces:
            data += piece
            text = data.decode("utf-8", errors=errors)
            out.append(show(text, given))
            given = text
        return keep(out)

    return run


def waiting(pieces, put=lambda out: out.append("")):
    """手里的字节全部凑齐了才交。"""
    kept, out = b"", []
    for piece in pieces:
        kept += piece
        try:
            out.append(kept.decode())
            kept = b""
        except UnicodeDecodeError:
            put(out)
    return out


def by_threes(pieces):
    kept, out = b"", []
    for piece in pieces:
        kept += piece
        n = len(kept) // 3 * 3
        out.append(kept[:n].decode(errors="ignore"))
        kept = kept[n:]
    return out


def emptied(pieces):
    kept, out = b"", []
    for piece in pieces:
        kept += piece
        out.append(kept.decode(errors="ignore"))
        kept = b"" if out[-1] else kept
    return out


exercise.mutant("每段单独解码，出现 �", lambda p: [x.decode(errors="replace") for x in p],
                look="一个汉字三个字节，可能分在两段；半个字要留到下一段。")
exercise.mutant("每段单独解码，丢了半个字", lambda p: [x.decode(errors="ignore") for x in p],
                look="errors='ignore' 把凑不齐的字节扔掉了，后半个来的时候也拼不上了。")
exercise.mutant("每段单独解码，半个字时出错", lambda p: [x.decode() for x in p],
                look="一个汉字三个字节，可能分在两段；半个字要留到下一段，接起来再解码。")
exercise.mutant("每次交出全部文字", whole_with(lambda text, given: text),
                look="每一步只交出新凑齐的那些，不是从头再来。")
exercise.mutant("用替换去掉已经交出的", whole_with(lambda text, given: text.replace(given, "")),
                look="同样的字再来时也被去掉了：记住交出了几个字符，用切片。")
exercise.mutant("全攒到最后才交",
                lambda p: [*[""] * (len(p) - 1), b"".join(p).decode(errors="ignore")] if p else [],
                look="流式：凑齐一个字就交一个，不等到最后。")
exercise.mutant("按字母一个字节解码", lambda p: [x.decode("latin-1") for x in p],
                look="汉字是 UTF-8 的三个字节，要按 utf-8 解码。")
exercise.mutant("用 errors='replace' 攒着", whole_with(errors="replace"),
                look="replace 会把半个字变成 �，还占一个位置，后面就对不上了：用 ignore。")
exercise.mutant("没有凑齐时少交了一项", lambda p: waiting(p, put=lambda out: None),
                look="每来一段都要交一项，没有新凑齐的就交空字符串。")
exercise.mutant("有半个字就都不交", waiting,
                look="已经凑齐的字先交出去，只留下凑不齐的那几个字节。")
exercise.mutant("空的没有交", whole_with(keep=lambda out: [text for text in out if text]),
                look="每来一段都要交一项，没有新凑齐的就交空字符串。")
exercise.mutant("去掉了空白", whole_with(lambda text, given: text[len(given) :].strip()),
                look="空格与换行也是文字，不要 strip。")
exercise.mutant("最后多交了一项", whole_with(keep=lambda out: [*out, ""]),
                look="交出的与来的一样多：有几段就有几项。")
exercise.mutant("接成了一个字符串", whole_with(keep="".join), look="返回一样多的字符串：每来一段交一项。")
exercise.mutant("每三个字节当成一个字", by_threes,
                look="字母一个字节，有的字四个字节；凑没凑齐要看 UTF-8，不能按三个数。")
exercise.mutant("交出一些以后，半个字也扔了", emptied,
                look="交出了凑齐的字，剩下的半个要留着，与下一段接起来。")


@exercise.mutant("已经交出的个数越加越多",
                 look="text 是从头算的全部文字：given = len(text)，不是 given += len(text)。")
def _(pieces):
    data, given, out = b"", 0, []
    for piece in pieces:
        data += piece
        text = data.decode(errors="ignore")
        out.append(text[given:])
        given += len(text)
    return out


@exercise.mutant("结尾把半个字变成了 �", look="到结尾还没有凑齐的字节，不交出。")
def _(pieces):
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    out = [decoder.decode(piece) for piece in pieces]
    return [*out[:-1], out[-1] + decoder.decode(b"", final=True)] if out else []


@exercise.mutant("只留得住一个字节", look="汉字有三个字节，四个字节的字也有：可能要留两三个字节。")
def _(pieces):
    return keeping(pieces, 1)


@exercise.mutant("只留得住两个字节", look="四个字节的字可能先来三个：要留得住三个字节。")
def _(pieces):
    return keeping(pieces, 2)


def keeping(pieces, most):
    """末尾最多留 most 个字节。"""
    kept, out = b"", []
    for piece in pieces:
        data = kept + piece
        for left in range(most + 1):
            try:
                out.append(data[: len(data) - left].decode())
                break
            except UnicodeDecodeError:
                pass
        else:
            out.append(data[: len(data) - most].decode(errors="ignore"))
        kept = data[len(data) - left :]
    return out
