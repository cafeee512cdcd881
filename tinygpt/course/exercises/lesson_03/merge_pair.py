"""练习 3.2 合并一对。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.lesson_03.shared import merge_pair

exercise = Exercise(
    "3.2", "合并一对", merge_pair,
    look="从左到右走：遇到这一对就写下合并后的 token，跳过两个；否则照抄一个。",
)


@exercise.probe("中间有一对")
def _(answer, rng):
    return answer(["机", "器", "学", "习"], ("器", "学"))


@exercise.probe("在末尾")
def _(answer, rng):
    return answer(["我", "学", "习"], ("学", "习"))


@exercise.probe("出现两次")
def _(answer, rng):
    return answer(["学", "习", "再", "学", "习"], ("学", "习"))


@exercise.probe("哈哈哈：从左边合并")
def _(answer, rng):
    return answer(["哈", "哈", "哈"], ("哈", "哈"))


@exercise.probe("没有这一对")
def _(answer, rng):
    return answer(["习", "学"], ("学", "习"))


@exercise.probe("token 已经不止一个字：不许拆开别的 token")
def _(answer, rng):
    return answer(["ab", "c", "b", "c"], ("b", "c"))


@exercise.probe("空的、只有一个的")
def _(answer, rng):
    return [answer([], ("a", "b")), answer(["a"], ("a", "b"))]


@exercise.probe("不改动输入")
def _(answer, rng):
    piece = ["a", "b", "a"]
    answer(piece, ("a", "b"))
    return piece


@exercise.correct("边走边看上一个")
def _(piece, pair):
    out, open_ = [], False
    for token in piece:
        if open_ and out[-1] == pair[0] and token == pair[1]:
            out[-1], open_ = "".join(pair), False
        else:
            out.append(token)
            open_ = True
    return out


@exercise.correct("删去复制品里的第二个")
def _(piece, pair):
    piece, i = list(piece), 0
    while i < len(piece) - 1:
        if (piece[i], piece[i + 1]) == tuple(pair):
            piece[i : i + 2] = [piece[i] + piece[i + 1]]
        i += 1
    return piece


@exercise.mutant("合并以后没有跳过第二个", look="合并用掉了两个 token，要往前走两步。")
def _(piece, pair):
    out, i = [], 0
    while i < len(piece):
        hit = tuple(piece[i : i + 2]) == tuple(pair)
        out.append("".join(pair) if hit else piece[i])
        i += 1
    return out


@exercise.mutant("只合并了第一次", look="这一对出现几次就合并几次。")
def _(piece, pair):
    for i in range(len(piece) - 1):
        if tuple(piece[i : i + 2]) == tuple(pair):
            return piece[:i] + ["".join(pair)] + piece[i + 2 :]
    return list(piece)


@exercise.mutant("从右边合并", look="约定从左到右：哈哈哈 → 哈哈 + 哈。")
def _(piece, pair):
    turned = pair[::-1] if pair[0] != pair[1] else pair
    return merge_pair(piece[::-1], turned)[::-1]


@exercise.mutant("丢了最后一个 token", look="循环到最后一个时，后面没有 token 了，它自己也要照抄。")
def _(piece, pair):
    merged = merge_pair(piece, pair)
    return merged if len(piece) >= 2 and tuple(piece[-2:]) == tuple(pair) else merged[:-1]


@exercise.mutant("末尾的一对没有合并", look="检查循环的终点：最后两个 token 也可能正是这一对。")
def _(piece, pair):
    return merge_pair(piece[:-1], pair) + piece[-1:]


@exercise.mutant("拼成字符串再替换",
                 look="字符串里找 bc，会从 ab 与 c 的中间切开。比较的是 token，不是字符。")
def _(piece, pair):
    joined, out = "".join(piece), []
    target = "".join(pair)
    while joined:
        size = len(target) if joined.startswith(target) else 1
        out.append(joined[:size])
        joined = joined[size:]
    return out


@exercise.mutant("次序反着的也合并了", look="（学，习）与（习，学）是两种对。")
def _(piece, pair):
    out, i = [], 0
    while i < len(piece):
        if set(piece[i : i + 2]) == set(pair) and len(piece[i : i + 2]) == 2:
            out.append("".join(piece[i : i + 2]))
            i += 2
        else:
            out.append(piece[i])
            i += 1
    return out


@exercise.mutant("改动了输入", look="不要在传进来的列表上删改；先复制，或另写一个列表。")
def _(piece, pair):
    merged = merge_pair(piece, pair)
    piece[:] = merged
    return merged
