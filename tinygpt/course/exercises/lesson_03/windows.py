"""练习 3.5 切窗口。"""

from tinygpt.course.diagnosis import Exercise


def cut_windows(ids, context_length, stride=None, length=None, start=0):
    stride, length = stride or context_length, length or context_length + 1
    return [ids[i : i + length] for i in range(start, len(ids) - length + 1, stride)]


exercise = Exercise(
    "3.5", "切窗口", cut_windows,
    look="窗口长 context_length + 1，每次挪 context_length：相邻两个窗口共用一个 token，"
         "每个 token 恰好作一次标签。",
)


@exercise.probe("正好切完")
def _(answer, rng):
    return answer(list(range(9)), 4)


@exercise.probe("末尾不够一个窗口：不要")
def _(answer, rng):
    return answer(list(range(12)), 4)


@exercise.probe("差一个就够")
def _(answer, rng):
    return answer(list(range(8)), 4)


@exercise.probe("不够一个窗口")
def _(answer, rng):
    return answer(list(range(4)), 4)


@exercise.probe("上下文长度 1")
def _(answer, rng):
    return answer([5, 6, 7], 1)


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


exercise.mutant("每次挪了 context_length + 1", lambda i, c: cut_windows(i, c, stride=c + 1),
                look="那样每个窗口的第一个 token 从来不作标签；相邻的窗口要共用一个。")
exercise.mutant("每次只挪一个", lambda i, c: cut_windows(i, c, stride=1),
                look="每个 token 作了许多次标签，一轮的量大了 context_length 倍。")
exercise.mutant("窗口只有 context_length 长", lambda i, c: cut_windows(i, c, length=c),
                look="还要一个 token 作最后一个位置的标签。")
exercise.mutant("丢了最后一个窗口", lambda i, c: cut_windows(i, c)[:-1],
                look="range 的终点差一：最后一个窗口正好到末尾也要。")
exercise.mutant("留下了不完整的窗口", lambda i, c: [i[k : k + c + 1] for k in range(0, len(i), c)],
                look="不够长的窗口不要，不然叠不成一个张量。")
exercise.mutant("从第二个 token 开始切", lambda i, c: cut_windows(i, c, start=1),
                look="第一个窗口从位置 0 开始。")


@exercise.mutant("末尾往回挪，凑够一个窗口",
                 look="往回挪的窗口与前一个重叠，有的 token 作了两次标签。题目说不够就不要。")
def _(ids, context_length):
    out = cut_windows(ids, context_length)
    if len(ids) > context_length and (len(ids) - 1) % context_length:
        out.append(ids[-context_length - 1 :])
    return out
