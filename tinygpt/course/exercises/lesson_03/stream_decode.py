"""练习 3.4 流式解码，从不交出半个字。"""

import codecs

from tinygpt.course.diagnosis import Exercise


def stream(pieces):
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    return [decoder.decode(piece) for piece in pieces]


exercise = Exercise(
    "3.4", "流式解码，从不交出半个字", stream,
    look="把还没有凑齐的字节留着，等后面的来了再一起解码。",
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


exercise.mutant("每段单独解码，出现 �", lambda p: [x.decode(errors="replace") for x in p],
                look="一个汉字三个字节，可能分在两段；半个字要留到下一段。")
exercise.mutant("每段单独解码，丢了半个字", lambda p: [x.decode(errors="ignore") for x in p],
                look="errors='ignore' 把凑不齐的字节扔掉了，后半个来的时候也拼不上了。")
exercise.mutant("每次交出全部文字",
                lambda p: [b"".join(p[: i + 1]).decode(errors="ignore") for i in range(len(p))],
                look="每一步只交出新凑齐的那些，不是从头再来。")
exercise.mutant("全攒到最后才交", lambda p: [""] * (len(p) - 1) + [b"".join(p).decode(errors="ignore")],
                look="流式：凑齐一个字就交一个，不等到最后。")
exercise.mutant("按字母一个字节解码", lambda p: [x.decode("latin-1") for x in p],
                look="汉字是 UTF-8 的三个字节，要按 utf-8 解码。")


@exercise.mutant("结尾把半个字变成了 �", look="到结尾还没有凑齐的字节，不交出。")
def _(pieces):
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    out = [decoder.decode(piece) for piece in pieces]
    return [*out[:-1], out[-1] + decoder.decode(b"", final=True)]


@exercise.mutant("只留得住一个字节", look="汉字有三个字节，四个字节的字也有：可能要留两三个字节。")
def _(pieces):
    kept, out = b"", []
    for piece in pieces:
        data = kept + piece
        try:
            out.append(data.decode())
            kept = b""
        except UnicodeDecodeError:
            out.append(data[:-1].decode(errors="ignore"))
            kept = data[-1:]
    return out
