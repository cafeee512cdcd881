"""练习 7.7 找错误：停止的文字。"""

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


@exercise.mutant("一段一段地找，跨段的找不到",
                 look="“问”与“：”可能分在两段里。找的应该是已经写出的全部文字，而不是这一段。")
def _(pieces, stop):
    text = ""
    for piece in pieces:
        if stop in piece:
            return text + piece[: piece.index(stop)]
        text += piece
    return text


@exercise.mutant("把停止的文字也交出来了", look="停止的文字本身不要：截到它开始的地方。")
def _(pieces, stop):
    text = "".join(pieces)
    return text[: text.index(stop) + len(stop)] if stop in text else text


@exercise.mutant("停在了最后一次出现的地方", look="rindex 找的是最后一次；要第一次。")
def _(pieces, stop):
    text = "".join(pieces)
    return text[: text.rindex(stop)] if stop in text else text


@exercise.mutant("没有出现时，丢掉了像是开头的末尾",
                 look="流式输出时先扣下“问”，等着看是不是“问：”；到了结尾还不是，就要把它交出来。")
def _(pieces, stop):
    text = stop_reference(pieces, stop)
    if stop in "".join(pieces):
        return text
    overlap = next((n for n in range(len(stop) - 1, 0, -1) if text.endswith(stop[:n])), 0)
    return text[: len(text) - overlap]


@exercise.mutant("见到第一个字就停", look="停止的文字要整个出现，不是出现它的第一个字。")
def _(pieces, stop):
    return "".join(pieces).partition(stop[0])[0]


@exercise.mutant("没有出现就什么也不交", look="没有遇到停止的文字，整段都要。")
def _(pieces, stop):
    text = "".join(pieces)
    return text[: text.find(stop)] if stop in text else ""


@exercise.mutant("没找到时少了最后一个字", look="find 找不到时返回 −1，text[:-1] 就少了一个字。先判断。")
def _(pieces, stop):
    text = "".join(pieces)
    return text[: text.find(stop)]
