"""练习 2.5 把两句话装成一行。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, unchanged
from tinygpt.tokenizer import CLS, EOS, SEP


def join_with(
    start=(CLS,), middle=(SEP,), end=(SEP,),
    types=lambda first, second, a, b: [0] * first + [1] * second,
    order=lambda a, b: (a, b),
):  # fmt: skip
    """types 的前两个参数：A 段与 B 段各占几个位置，连同特殊 token。"""

    def run(a, b):
        a, b = order(a, b)
        first, second = [*start, *a, *middle], [*b, *end]
        return first + second, types(len(first), len(second), a, b)

    return run


exercise = Exercise(
    "2.5", "把两句话装成一行", join_with(), assemble=join_with,
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


@exercise.probe("B 是空的")
def _(answer, rng):
    return answer([31, 32], [])


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, [11, 12], [21])


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


exercise.edit("最后少了 <sep>", "B 的后面也有一个 <sep>。", end=())
exercise.edit("中间少了 <sep>", "A 与 B 之间要有 <sep>，不然分不清哪里是界线。", middle=())
exercise.edit("少了 <cls>", "判断“是不是相邻”就看 <cls> 那个位置，它在最前面。", start=())
exercise.edit("B 前面也加了 <cls>", "<cls> 只有一个，在最前面；两句之间是 <sep>。", middle=(SEP, CLS))
exercise.edit("<sep> 写成了 <eos>", "隔开两句话的是 SEP，从 tinygpt.tokenizer 取。", middle=(EOS,),
              end=(EOS,))
exercise.edit("A 与 B 的次序反了", "A 在前，B 在后。", order=lambda a, b: (b, a))
exercise.edit("中间的 <sep> 算进了 B", "第一个 <sep> 属于 A 段，类型是 0。",
              types=lambda m, n, a, b: [0] * (m - 1) + [1] * (n + 1))
exercise.edit("类型全是 0", "B 段的类型是 1。", types=lambda m, n, a, b: [0] * (m + n))
exercise.edit("类型反了", "A 段是 0，B 段是 1。", types=lambda m, n, a, b: [1] * m + [0] * n)
exercise.edit("类型从 1 数起", "A 段是 0，B 段是 1，不是 1 与 2。",
              types=lambda m, n, a, b: [1] * m + [2] * n)
exercise.edit("最后的 <sep> 类型写成了 0", "最后的 <sep> 属于 B 段。",
              types=lambda m, n, a, b: [0] * m + [1] * (n - 1) + [0])
exercise.edit("类型没有算特殊 token", "类型与编号一样长：三个特殊 token 也各有一个类型。",
              types=lambda m, n, a, b: [0] * len(a) + [1] * len(b))
exercise.edit("最后的 <sep> 没有类型", "类型与编号一样长：最后的 <sep> 类型是 1。",
              types=lambda m, n, a, b: [0] * m + [1] * (n - 1))


@exercise.mutant("A、B 没有展开", look="[CLS, a, SEP, …] 里的 a 还是一个列表：写成 *a，或用加号接起来。")
def _(a, b):
    return [CLS, a, SEP, b, SEP], join_with()(a, b)[1]


@exercise.mutant("只返回了编号", look="返回两串：(编号, 类型)。")
def _(a, b):
    return join_with()(a, b)[0]


@exercise.mutant("改动了输入",
                 look="append、insert、+= 会改掉调用者的列表；写成 [CLS, *a, SEP]，得到一个新的。")
def _(a, b):
    row = join_with()(a, b)
    a.append(SEP)
    b.append(SEP)
    return row
