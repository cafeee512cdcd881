"""练习 2.5 把两句话装成一行。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.tokenizer import CLS, SEP


def join_with(
    ids=lambda a, b: [CLS, *a, SEP, *b, SEP],
    types=lambda a, b: [0] * (len(a) + 2) + [1] * (len(b) + 1),
):
    return lambda a, b: (ids(a, b), types(a, b))


exercise = Exercise(
    "2.5", "把两句话装成一行", join_with(),
    look="<cls> A <sep> B <sep>；从 <cls> 到第一个 <sep> 是 0，从 B 到最后的 <sep> 是 1，两串一样长。",
)


@exercise.probe("各两个 token")
def _(answer, rng):
    return answer([11, 12], [21, 22])


@exercise.probe("长短不一")
def _(answer, rng):
    return answer(integers(rng, 8, 50, 5).tolist(), integers(rng, 8, 50, 1).tolist())


@exercise.probe("A 只有一个")
def _(answer, rng):
    return answer([9], [10, 11, 12])


@exercise.probe("不改动输入")
def _(answer, rng):
    a, b = [11, 12], [21]
    answer(a, b)
    return a, b


@exercise.correct("分两段做")
def _(a, b):
    first, second = [CLS, *a, SEP], [*b, SEP]
    return first + second, [0 for _ in first] + [1 for _ in second]


@exercise.correct("先接好，再数")
def _(a, b):
    row = [CLS]
    row.extend(a)
    row.append(SEP)
    boundary = len(row)
    row.extend(b)
    row.append(SEP)
    return row, [int(i >= boundary) for i in range(len(row))]


exercise.mutant("最后少了 <sep>",
                join_with(lambda a, b: [CLS, *a, SEP, *b], lambda a, b: [0] * (len(a) + 2) + [1] * len(b)),
                look="B 的后面也有一个 <sep>。")
exercise.mutant("中间少了 <sep>",
                join_with(lambda a, b: [CLS, *a, *b, SEP],
                          lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 1)),
                look="A 与 B 之间要有 <sep>，不然分不清哪里是界线。")
exercise.mutant("少了 <cls>",
                join_with(lambda a, b: [*a, SEP, *b, SEP],
                          lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 1)),
                look="判断“是不是相邻”就看 <cls> 那个位置，它在最前面。")
exercise.mutant("中间的 <sep> 算进了 B",
                join_with(types=lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 2)),
                look="第一个 <sep> 属于 A 段，类型是 0。")
exercise.mutant("类型全是 0", join_with(types=lambda a, b: [0] * (len(a) + len(b) + 3)),
                look="B 段的类型是 1。")
exercise.mutant("A 与 B 的次序反了",
                join_with(lambda a, b: [CLS, *b, SEP, *a, SEP],
                          lambda a, b: [0] * (len(b) + 2) + [1] * (len(a) + 1)),
                look="A 在前，B 在后。")
exercise.mutant("类型反了", join_with(types=lambda a, b: [1] * (len(a) + 2) + [0] * (len(b) + 1)),
                look="A 段是 0，B 段是 1。")
exercise.mutant("最后的 <sep> 类型写成了 0",
                join_with(types=lambda a, b: [0] * (len(a) + 2) + [1] * len(b) + [0]),
                look="最后的 <sep> 属于 B 段。")
