"""练习 3.5 切窗口。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, unchanged


def windows_with(
    stride=lambda c: c,
    length=lambda c: c + 1,
    start=0,
    stop=lambda n, c: n - c,
    last=lambda windows, c: windows,
    part=lambda window: window,
):
    def run(ids, context_length):
        c = context_length
        starts = range(start, stop(len(ids), c), stride(c))
        return last([part(ids[i : i + length(c)]) for i in starts], c)

    return run


exercise = Exercise(
    "3.5", "切窗口", windows_with(), assemble=windows_with,
    look="窗口长 context_length + 1，每次挪 context_length：相邻两个窗口共用一个 token，"
         "每个 token 恰好作一次标签。",
)


@exercise.probe("正好切完")
def _(answer, rng):
    return answer(integers(rng, 0, 90, 9).tolist(), 4)


@exercise.probe("末尾不够一个窗口：不要")
def _(answer, rng):
    return answer(integers(rng, 0, 90, 12).tolist(), 4)


@exercise.probe("差一个就够")
def _(answer, rng):
    return answer(integers(rng, 0, 90, 8).tolist(), 4)


@exercise.probe("不够一个窗口")
def _(answer, rng):
    return [answer([3, 1, 4, 1], 4), answer([], 4)]


@exercise.probe("上下文长度 1")
def _(answer, rng):
    return answer([5, 6, 7], 1)


@exercise.probe("正好一个窗口")
def _(answer, rng):
    return answer([9, 9, 8, 2], 3)


@exercise.probe("长的一串")
def _(answer, rng):
    return answer(integers(rng, 0, 90, 53).tolist(), 7)


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, [5, 3, 5, 8, 9, 7, 9], 2)


@exercise.correct("while 循环")
def _(ids, context_length):
    out, start = [], 0
    while start + context_length < len(ids):
        out.append(ids[start : start + context_length + 1])
        start += context_length
    return out


@exercise.correct("先算个数")
def _(ids, context_length):
    count = (len(ids) - 1) // context_length
    return [ids[k * context_length : (k + 1) * context_length + 1] for k in range(count)]


def filled(windows, c):
    """末尾不够的补 0。"""
    return [window + [0] * (c + 1 - len(window)) for window in windows]


exercise.edit("每次挪了 context_length + 1",
              "那样每个窗口的第一个 token 从来不作标签；相邻的窗口要共用一个。", stride=lambda c: c + 1)
exercise.edit("每次只挪一个", "每个 token 作了许多次标签，一轮的量大了 context_length 倍。",
              stride=lambda c: 1)
exercise.edit("每次挪了 context_length − 1", "相邻的窗口只共用一个 token：每次挪 context_length。",
              stride=lambda c: max(1, c - 1))
exercise.edit("每次挪了半个窗口", "相邻的窗口只共用一个 token：每次挪 context_length。",
              stride=lambda c: max(1, c // 2))
exercise.edit("窗口只有 context_length 长", "还要一个 token 作最后一个位置的标签。", length=lambda c: c)
exercise.edit("窗口多了一个 token", "长 context_length + 1 就够：输入与标签各 context_length 个。",
              length=lambda c: c + 2)
exercise.edit("从第二个 token 开始切", "第一个窗口从位置 0 开始。", start=1)
exercise.edit("少了正好到末尾的窗口", "range 的终点差一：最后一个窗口正好到末尾也要。",
              stop=lambda n, c: n - c - 1)
exercise.edit("多了一个差一个的窗口",
              "i + context_length + 1 不能超过 len(ids)：range 的终点别差一；"
              "窗口数是 (n − 1) // context_length，不是 n // context_length。",
              stop=lambda n, c: n - c + 1)
exercise.edit("留下了不完整的窗口", "不够长的窗口不要，不然叠不成一个张量。", stop=lambda n, c: n)
exercise.edit("末尾不够的窗口也要了", "不够长的窗口不要，不然叠不成一个张量：range 的终点不是 len(ids) − 1。",
              stop=lambda n, c: n - 1)
exercise.edit("总是丢掉最后一个窗口", "最后一个窗口正好到末尾时也要；只有不够长的才不要。",
              last=lambda windows, c: windows[:-1])
exercise.edit("分成了输入与标签", "这里只切窗口：每个是一个长 context_length + 1 的列表，下一题再分。",
              part=lambda window: (window[:-1], window[1:]))


@exercise.mutant("末尾补了 0", look="不够一个窗口的不要，不是补齐。")
def _(ids, context_length):
    return windows_with(stop=lambda n, c: n - 1, last=filled)(ids, context_length)


@exercise.mutant("末尾往回挪，凑够一个窗口",
                 look="往回挪的窗口与前一个重叠，有的 token 作了两次标签。题目说不够就不要。")
def _(ids, context_length):
    out = windows_with()(ids, context_length)
    if len(ids) > context_length and (len(ids) - 1) % context_length:
        out.append(ids[-context_length - 1 :])
    return out


@exercise.mutant("改动了输入", look="del、pop 会改掉调用者的列表；用切片，原来的不动。")
def _(ids, context_length):
    out = windows_with()(ids, context_length)
    del ids[: len(out) * context_length]
    return out
