"""练习 7.7 找错误：停止的文字。"""

import re

from tinygpt.course.diagnosis import Exercise


def stop_reference(pieces, stop):
    text = "".join(pieces)
    return text.split(stop)[0] if stop in text else text


exercise = Exercise(
    "7.7", "找错误：停止的文字", stop_reference,
    look="停止的文字可能跨着两段：把收到的都接起来再找，只找第一次出现的地方。",
)


@exercise.probe("停止的文字在一段之内")
def _(answer, rng):
    return answer(["机器学习", "是方法。", "它很有用。"], "方法")


@exercise.probe("停止的文字跨着两段")
def _(answer, rng):
    return answer(["一问一", "答。", "问", "：还有吗"], "问：")


@exercise.probe("一直没有出现：全部交出")
def _(answer, rng):
    return answer(["春天", "来了。", "问"], "问：")


@exercise.probe("没有出现，末尾也不像")
def _(answer, rng):
    return answer(["春天", "来了。"], "问：")


@exercise.probe("出现两次：停在第一次")
def _(answer, rng):
    return answer(["甲。", "乙。", "丙"], "。")


@exercise.probe("一开头就是")
def _(answer, rng):
    return answer(["。", "后面"], "。")


@exercise.probe("像是开了头，却不是")
def _(answer, rng):
    return answer(["问问", "：答"], "问：")


@exercise.probe("只有一半在末尾，后面没有了")
def _(answer, rng):
    return answer(["他问"], "问：")


@exercise.probe("停止的文字跨着三段")
def _(answer, rng):
    return answer(["好的。", "再", "见", "了，后面"], "再见了")


@exercise.probe("一个字一段，很长")
def _(answer, rng):
    return answer([*("一二三四五六七八九十" * 6), "停", "下", "后"], "停下")


@exercise.probe("开头自己重复：配错了还要回头")
def _(answer, rng):
    return [answer(["他哈", "哈哈嘿", "嘿"], "哈哈嘿"), answer(["甲乙", "甲乙甲丙", "丁"], "甲乙甲丙")]


@exercise.probe("停止的文字是符号")
def _(answer, rng):
    cases = [(["好的", "。.", ".."], "..."), (["一|二", "*", "*三"], "**"), (["a(", "b"], "(")]
    return [answer(pieces, stop) for pieces, stop in cases]


@exercise.probe("头尾与中间有空白")
def _(answer, rng):
    return [answer(["  你好", " \n", "再见"], "再见"), answer([" 天", " ", "地 "], "。")]


@exercise.probe("大小写不同，不算出现")
def _(answer, rng):
    return answer(["The end. E", "ND", " END"], "END")


@exercise.probe("空的一段；一段也没有")
def _(answer, rng):
    return [answer(["你", "", "好。", "后"], "。"), answer([], "。"), answer([""], "。")]


@exercise.correct("找下标")
def _(pieces, stop):
    text = ""
    for piece in pieces:
        text += piece
        if (place := text.find(stop)) >= 0:
            return text[:place]
    return text


@exercise.correct("partition")
def _(pieces, stop):
    return "".join(pieces).partition(stop)[0]


def on_the_whole(find):
    """全部接起来再找的写法：find(全文, stop)。"""
    return lambda pieces, stop: find("".join(pieces), stop)


def cut(text, stop, place):
    return text[:place] if stop in text else text


@exercise.mutant("一段一段地找，跨段的找不到",
                 look="“问”与“：”可能分在两段里。找的应该是已经写出的全部文字，而不是这一段。")
def _(pieces, stop):
    text = ""
    for piece in pieces:
        if stop in piece:
            return text + piece[: piece.index(stop)]
        text += piece
    return text


@exercise.mutant("只接上了前面的一段", look="停止的文字可能跨着三段、四段：在已经写出的全部文字里找。")
def _(pieces, stop):
    text, last = "", ""
    for piece in pieces:
        if stop in last + piece:
            return (text + last + piece)[: len(text) + (last + piece).index(stop)]
        text, last = text + last, piece
    return text + last


@exercise.mutant("只看末尾是不是", look="停止的文字后面可能还接着别的：用 stop in text，不用 endswith。")
def _(pieces, stop):
    text = ""
    for piece in pieces:
        text += piece
        if text.endswith(stop):
            return text[: -len(stop)]
    return text


@exercise.mutant("整段正好是它才停", look="停止的文字可能在一段的中间，也可能跨着几段。")
def _(pieces, stop):
    text = ""
    for piece in pieces:
        if piece == stop:
            return text
        text += piece
    return text


@exercise.mutant("遇到空的一段就停了", look="空的一段只是什么也没有来，接着等下一段。")
def _(pieces, stop):
    text = ""
    for piece in pieces:
        if not piece:
            break
        text += piece
    return cut(text, stop, text.find(stop))


@exercise.mutant("一段也没有时出错", look="从空的文字开始：text = \"\"，不要取 pieces[0]。")
def _(pieces, stop):
    text = pieces[0]
    for piece in pieces[1:]:
        text += piece
    return cut(text, stop, text.find(stop))


exercise.mutant("把停止的文字也交出来了", on_the_whole(lambda t, s: cut(t, s, t.find(s) + len(s))),
                look="停止的文字本身不要：截到它开始的地方。")
exercise.mutant("停在了最后一次出现的地方", on_the_whole(lambda t, s: cut(t, s, t.rfind(s))),
                look="rindex 找的是最后一次；要第一次。")
exercise.mutant("少了停止之前的一个字", on_the_whole(lambda t, s: cut(t, s, t.find(s) - 1)),
                look="text[:place] 正好到停止的文字之前，不用再减 1。")
exercise.mutant("把它删掉，接着写", on_the_whole(lambda t, s: t.replace(s, "")),
                look="要的是第一次出现**之前**的文字，后面的都不要。")
exercise.mutant("去掉了头尾的空白", on_the_whole(lambda t, s: t.partition(s)[0].strip()),
                look="空白也是文字，不要 strip()。")
exercise.mutant("每一段都去了空白", lambda pieces, s: stop_reference([piece.strip() for piece in pieces], s),
                look="空白也是文字，不要 strip()。")
exercise.mutant("段与段之间加了空格", lambda pieces, s: " ".join(pieces).partition(s)[0],
                look="直接接上：\"\".join(pieces)。")
exercise.mutant("当成了正则表达式", on_the_whole(lambda t, s: re.split(s, t)[0]),
                look="点、星号、括号在正则表达式里有别的意思：用 in 与 index，或 re.escape(stop)。")
exercise.mutant("没有出现就没有返回", on_the_whole(lambda t, s: t[: t.index(s)] if s in t else None),
                look="没有遇到停止的文字，整段都要：最后 return text。")
exercise.mutant("没有出现就什么也不交", on_the_whole(lambda t, s: t[: t.index(s)] if s in t else ""),
                look="没有遇到停止的文字，整段都要。")
exercise.mutant("没找到时少了最后一个字", on_the_whole(lambda t, s: t[: t.find(s)]),
                look="find 找不到时返回 −1，text[:-1] 就少了一个字。先判断。")
exercise.mutant("见到第一个字就停", on_the_whole(lambda t, s: t.partition(s[0])[0]),
                look="停止的文字要整个出现，不是出现它的第一个字。")


@exercise.mutant("没有出现时，丢掉了像是开头的末尾",
                 look="流式输出时先扣下“问”，等着看是不是“问：”；到了结尾还不是，就要把它交出来。")
def _(pieces, stop):
    text = stop_reference(pieces, stop)
    if stop in "".join(pieces):
        return text
    overlap = next((n for n in range(len(stop) - 1, 0, -1) if text.endswith(stop[:n])), 0)
    return text[: len(text) - overlap]


@exercise.mutant("一个字一个字地配，配错了没有回头",
                 look="“哈哈哈嘿”里有“哈哈嘿”：配错的时候，要从下一个位置重新配。用 stop in text 就不会错。")
def _(pieces, stop):
    text, matched = "".join(pieces), 0
    for i, letter in enumerate(text):
        matched = matched + 1 if letter == stop[matched] else 0
        if matched == len(stop):
            return text[: i + 1 - matched]
    return text
