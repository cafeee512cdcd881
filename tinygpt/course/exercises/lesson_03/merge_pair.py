"""练习 3.2 合并一对。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import unchanged


def merge_with(
    match=lambda a, b, pair: (a, b) == tuple(pair),
    join=lambda pair: pair[0] + pair[1],
    skip=2,
    limit=None,
    stop=lambda n: n,
    tail=lambda rest: list(rest),
    fresh=True,
    out=list,
):
    """limit：最多合并几次；stop：走到哪里为止，剩下的交给 tail。"""

    def run(piece, pair):
        merged, i, times = [], 0, 0
        while i < stop(len(piece)):
            hit = i + 1 < len(piece) and match(piece[i], piece[i + 1], pair)
            if hit and (limit is None or times < limit):
                merged.append(join(pair))
                i, times = i + skip, times + 1
            else:
                merged.append(piece[i])
                i += 1
        if not times and not fresh:
            return piece
        return out(merged + tail(piece[i:]))

    return run


exercise = Exercise(
    "3.2", "合并一对", merge_with(), assemble=merge_with,
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


@exercise.probe("拼起来一样，却不是这一对")
def _(answer, rng):
    return answer(["a", "bc", "ab", "c", "abc"], ("ab", "c"))


@exercise.probe("合并以后又与后面的成了一对：一遍走完，不再回头")
def _(answer, rng):
    return answer(["a", "a", "a", "a", "aa", "a"], ("a", "a"))


@exercise.probe("前一个后面跟着别的")
def _(answer, rng):
    return answer(["学", "生", "学", "习", "学"], ("学", "习"))


@exercise.probe("返回新的列表")
def _(answer, rng):
    piece = ["a", "b", "a"]
    return answer(piece, ("b", "b")) is not piece


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, ["a", "b", "a", "b"], ("a", "b"))


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


exercise.edit("合并以后没有跳过第二个",
              "合并用掉了两个 token，要往前走两步；for 循环里的 i += 1 不起作用，用 while。", skip=1)
exercise.edit("合并以后多跳了一个", "合并用掉两个 token，往前走两步，不是三步。", skip=3)
exercise.edit("只合并了第一次", "这一对出现几次就合并几次。", limit=1)
exercise.edit("丢了最后一个 token", "循环到最后一个时，后面没有 token 了，它自己也要照抄。",
              stop=lambda n: n - 1, tail=lambda rest: [])
exercise.edit("返回了同一个列表", "没有这一对时，也返回一个新的列表：list(piece)。", fresh=False)
exercise.edit("合并成了元组", "合并后的 token 是一个字符串：pair[0] + pair[1]。", join=tuple)
exercise.edit("前后拼反了", "前一个在前：pair[0] + pair[1]。", join=lambda pair: pair[1] + pair[0])
exercise.edit("写下的只是前一个", "写下的是合并后的 token：pair[0] + pair[1]。", join=lambda pair: pair[0])
exercise.edit("一处也没有合并", "切片 piece[i : i + 2] 是列表，与元组比永远不等：先 tuple(…)，或逐个比。",
              match=lambda a, b, pair: False)
exercise.edit("只看了前一个", "两个都要对得上：piece[i] == pair[0] 而且 piece[i + 1] == pair[1]。",
              match=lambda a, b, pair: a == pair[0])
exercise.edit("只看了后一个", "两个都要对得上：piece[i] == pair[0] 而且 piece[i + 1] == pair[1]。",
              match=lambda a, b, pair: b == pair[1])
exercise.edit("比的是拼起来的字符串", "（ab，c）与（a，bc）拼起来一样，却是两对：逐个 token 地比。",
              match=lambda a, b, pair: a + b == "".join(pair))
exercise.edit("次序反着的也合并了", "（学，习）与（习，学）是两种对。",
              match=lambda a, b, pair: {a, b} == set(pair))
exercise.edit("返回了字符串", "返回的是 token 的列表，不要拼起来。", out="".join)


@exercise.mutant("从右边合并", look="约定从左到右：哈哈哈 → 哈哈 + 哈。")
def _(piece, pair):
    backwards = merge_with(match=lambda a, b, pair: (b, a) == tuple(pair))
    return backwards(piece[::-1], pair)[::-1]


@exercise.mutant("末尾的一对没有合并", look="检查循环的终点：最后两个 token 也可能正是这一对。")
def _(piece, pair):
    return merge_with()(piece[:-1], pair) + piece[-1:]


@exercise.mutant("合并了第一次，后面的都丢了", look="合并一次以后接着走，走到末尾为止，不要 break。")
def _(piece, pair):
    for i in range(len(piece) - 1):
        if (piece[i], piece[i + 1]) == tuple(pair):
            return [*piece[:i], "".join(pair)]
    return list(piece)


@exercise.mutant("用掉的后一个成了空字符串", look="合并用掉了两个，结果里少一个：跳过它，不要留下空字符串。")
def _(piece, pair):
    merged = []
    for token in merge_with()(piece, pair):
        merged += [token, ""] if token == "".join(pair) and token not in piece else [token]
    return merged


@exercise.mutant("末尾越界", look="走到最后一个时，piece[i + 1] 不存在：先看 i + 1 < len(piece)，或用切片。")
def _(piece, pair):
    merged, i = [], 0
    while i < len(piece):
        if (piece[i], piece[i + 1]) == tuple(pair):
            merged.append("".join(pair))
            i += 2
        else:
            merged.append(piece[i])
            i += 1
    return merged


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


@exercise.mutant("就在传进来的列表上合并", look="先 list(piece) 复制一份，再在复制品上改；返回的也是它。")
def _(piece, pair):
    piece[:] = merge_with()(piece, pair)
    return piece


@exercise.mutant("改动了输入", look="不要在传进来的列表上删改；先复制，或另写一个列表。")
def _(piece, pair):
    merged = merge_with()(piece, pair)
    piece[:] = merged
    return merged
