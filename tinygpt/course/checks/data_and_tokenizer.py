"""第 03 课的检查：数相邻的一对、合并、BPE、流式解码、错开一位的标签、补齐、窗口、平均损失。"""

import codecs
from collections import Counter

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.losses import IGNORE, next_token_batch

PAD = 0


def integers(rng, *shape, low=1, high=50):
    return torch.randint(low, high, shape, generator=rng)


def letters(rng, length, kinds=3):
    return ["abcdef"[i] for i in torch.randint(kinds, (length,), generator=rng)]


# ---- 3.1 数相邻的一对 ----


def count_pairs(pieces):
    return Counter(pair for piece in pieces for pair in zip(piece, piece[1:], strict=False))


pairs = Exercise("3.1", "数相邻的一对", lambda pieces: dict(count_pairs(pieces)), look="每一段里，第 0 与 1、1 与 2、2 与 3……各是一对；段与段之间不算。")


def counted(answer, pieces):
    """换成 {"a+b": 次数}，字典与 Counter 一样；次数为 0 的不算。"""
    return {"+".join(pair): n for pair, n in dict(answer(pieces)).items() if n}


@pairs.probe("一段三个")
def _(answer, rng):
    return counted(answer, [["机", "器", "学"]])


@pairs.probe("同一对出现几次")
def _(answer, rng):
    return counted(answer, [["学", "习", "学", "习"], ["学", "习"]])


@pairs.probe("段与段之间不算一对")
def _(answer, rng):
    return counted(answer, [["机", "器"], ["学", "习"]])


@pairs.probe("三个相同的挨在一起：两对")
def _(answer, rng):
    return counted(answer, [["哈", "哈", "哈"]])


@pairs.probe("次序不同是不同的对")
def _(answer, rng):
    return counted(answer, [["水", "上"], ["上", "水"], ["上", "水"]])


@pairs.probe("只有一个 token 的段、空段")
def _(answer, rng):
    return counted(answer, [["是"], [], ["不", "是"]])


@pairs.probe("长的一段")
def _(answer, rng):
    return counted(answer, [letters(rng, 60), letters(rng, 40)])


@pairs.correct("下标循环")
def _(pieces):
    found = {}
    for piece in pieces:
        for i in range(len(piece) - 1):
            key = (piece[i], piece[i + 1])
            found[key] = found.get(key, 0) + 1
    return found


@pairs.correct("Counter 相加")
def _(pieces):
    return sum((Counter(zip(p[:-1], p[1:], strict=True)) for p in pieces), Counter())


pairs.mutant("段与段接起来数了", lambda pieces: count_pairs([[t for p in pieces for t in p]]), look="段的边界不许跨过：合并永远不跨段。")
pairs.mutant("每段里同一对只数一次", lambda pieces: Counter(pair for p in pieces for pair in set(zip(p, p[1:], strict=False))), look="出现几次就数几次，不要去重。")
pairs.mutant("不分先后", lambda pieces: Counter(tuple(sorted(pair)) for p in pieces for pair in zip(p, p[1:], strict=False)), look="（水，上）与（上，水）是两种对。")
pairs.mutant("两个两个地跳着数", lambda pieces: Counter(pair for p in pieces for pair in zip(p[::2], p[1::2], strict=False)), look="第 1 与第 2 个也是一对：一次挪一个，不是两个。")
pairs.mutant("少了每段最后一对", lambda pieces: Counter(pair for p in pieces for pair in zip(p[:-1], p[1:-1], strict=False)), look="n 个 token 有 n − 1 对；range 的终点差一了。")
pairs.mutant("隔一个的也成了对", lambda pieces: Counter(pair for p in pieces for pair in zip(p, p[2:], strict=False)), look="相邻是 i 与 i + 1。")
pairs.mutant("数的是单个 token", lambda pieces: Counter((t, t) for p in pieces for t in p), look="键是一对（前，后）。")


@pairs.mutant("相同的挨着时不重叠地数", look="哈哈哈里有两对（哈，哈）：第 0 与 1、第 1 与 2。数的时候允许重叠。")
def _(pieces):
    found = Counter()
    for piece in pieces:
        previous = None
        for i, pair in enumerate(zip(piece, piece[1:], strict=False)):
            if pair[0] == pair[1] and previous == (pair, i - 1):
                previous = None
                continue
            found[pair] += 1
            previous = (pair, i)
    return found


# ---- 3.2 合并 ----


def merge_pair(piece, pair):
    out, i = [], 0
    while i < len(piece):
        if tuple(piece[i : i + 2]) == tuple(pair):
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(piece[i])
            i += 1
    return out


merge = Exercise("3.2", "合并一对", merge_pair, look="从左到右走：遇到这一对就写下合并后的 token，跳过两个；否则照抄一个。")


@merge.probe("中间有一对")
def _(answer, rng):
    return answer(["机", "器", "学", "习"], ("器", "学"))


@merge.probe("在末尾")
def _(answer, rng):
    return answer(["我", "学", "习"], ("学", "习"))


@merge.probe("出现两次")
def _(answer, rng):
    return answer(["学", "习", "再", "学", "习"], ("学", "习"))


@merge.probe("哈哈哈：从左边合并")
def _(answer, rng):
    return answer(["哈", "哈", "哈"], ("哈", "哈"))


@merge.probe("没有这一对")
def _(answer, rng):
    return answer(["习", "学"], ("学", "习"))


@merge.probe("token 已经不止一个字：不许拆开别的 token")
def _(answer, rng):
    return answer(["ab", "c", "b", "c"], ("b", "c"))


@merge.probe("空的、只有一个的")
def _(answer, rng):
    return [answer([], ("a", "b")), answer(["a"], ("a", "b"))]


@merge.probe("不改动输入")
def _(answer, rng):
    piece = ["a", "b", "a"]
    answer(piece, ("a", "b"))
    return piece


@merge.correct("边走边看上一个")
def _(piece, pair):
    out, open_ = [], False
    for token in piece:
        if open_ and out[-1] == pair[0] and token == pair[1]:
            out[-1], open_ = "".join(pair), False
        else:
            out.append(token)
            open_ = True
    return out


@merge.correct("删去复制品里的第二个")
def _(piece, pair):
    piece, i = list(piece), 0
    while i < len(piece) - 1:
        if (piece[i], piece[i + 1]) == tuple(pair):
            piece[i : i + 2] = [piece[i] + piece[i + 1]]
        i += 1
    return piece


@merge.mutant("合并以后没有跳过第二个", look="合并用掉了两个 token，要往前走两步。")
def _(piece, pair):
    out, i = [], 0
    while i < len(piece):
        hit = tuple(piece[i : i + 2]) == tuple(pair)
        out.append("".join(pair) if hit else piece[i])
        i += 1
    return out


@merge.mutant("只合并了第一次", look="这一对出现几次就合并几次。")
def _(piece, pair):
    for i in range(len(piece) - 1):
        if tuple(piece[i : i + 2]) == tuple(pair):
            return piece[:i] + ["".join(pair)] + piece[i + 2 :]
    return list(piece)


@merge.mutant("从右边合并", look="约定从左到右：哈哈哈 → 哈哈 + 哈。")
def _(piece, pair):
    return merge_pair(piece[::-1], pair[::-1])[::-1] if pair[0] != pair[1] else merge_pair(piece[::-1], pair)[::-1]


@merge.mutant("丢了最后一个 token", look="循环到最后一个时，后面没有 token 了，它自己也要照抄。")
def _(piece, pair):
    merged = merge_pair(piece, pair)
    return merged if len(piece) >= 2 and tuple(piece[-2:]) == tuple(pair) else merged[:-1]


@merge.mutant("末尾的一对没有合并", look="检查循环的终点：最后两个 token 也可能正是这一对。")
def _(piece, pair):
    return merge_pair(piece[:-1], pair) + piece[-1:]


@merge.mutant("拼成字符串再替换", look="字符串里找 bc，会从 ab 与 c 的中间切开。比较的是 token，不是字符。")
def _(piece, pair):
    joined, out = "".join(piece), []
    target = "".join(pair)
    while joined:
        size = len(target) if joined.startswith(target) else 1
        out.append(joined[:size])
        joined = joined[size:]
    return out


@merge.mutant("次序反着的也合并了", look="（学，习）与（习，学）是两种对。")
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


@merge.mutant("改动了输入", look="不要在传进来的列表上删改；先复制，或另写一个列表。")
def _(piece, pair):
    merged = merge_pair(piece, pair)
    piece[:] = merged
    return merged


# ---- 3.3 训练 BPE ----


def learn_bpe(pieces, n_merges, recount=True, choose=max, minimum=2):
    pieces, merges = [list(p) for p in pieces], []
    counts = count_pairs(pieces)
    for _ in range(n_merges):
        if recount:
            counts = count_pairs(pieces)
        candidates = {pair: n for pair, n in counts.items() if n >= minimum and pair not in merges}
        if not candidates:
            break
        best = choose(candidates, key=candidates.get)  # 并列时取先数到的
        merges.append(best)
        pieces = [merge_pair(p, best) for p in pieces]
    return merges


def joined(answer, words, n):
    """训练，返回每一步合并成什么：["学习", …]。"""
    return ["".join(pair) for pair in answer([list(word) for word in words], n)]


bpe = Exercise(
    "3.3", "训练 BPE", learn_bpe, look="每一步：在**现在**的段里数一遍，取最多的一对，把所有段里的它都合并。出现不到 2 次就停。"
)
WORDS = ["机器学习"] * 4 + ["学习"] * 3 + ["机器"] * 2 + ["机会"]


@bpe.probe("一步")
def _(answer, rng):
    return joined(answer, WORDS, 1)


@bpe.probe("三步：合并好的再合并")
def _(answer, rng):
    return joined(answer, WORDS, 3)


@bpe.probe("没有出现两次以上的对了就停")
def _(answer, rng):
    return joined(answer, ["甲乙", "甲乙", "丙丁"], 10)


@bpe.probe("0 步")
def _(answer, rng):
    return joined(answer, WORDS, 0)


@bpe.probe("合并以后，旧的对少了")
def _(answer, rng):
    return joined(answer, ["abc"] * 5 + ["bc"] * 1 + ["bd"] * 4 + ["xab"] * 2, 3)


@bpe.probe("不改动输入")
def _(answer, rng):
    pieces = [list("学习学习"), list("学习")]
    answer(pieces, 2)
    return pieces


@bpe.correct("用 most_common")
def _(pieces, n_merges):
    merges, pieces = [], [tuple(p) for p in pieces]
    while len(merges) < n_merges:
        top = count_pairs(pieces).most_common(1)
        if not top or top[0][1] < 2:
            return merges
        merges.append(top[0][0])
        pieces = [tuple(merge_pair(p, top[0][0])) for p in pieces]
    return merges


@bpe.correct("递归")
def _(pieces, n_merges):
    counts = count_pairs(pieces)
    if n_merges == 0 or not counts or max(counts.values()) < 2:
        return []
    best = max(counts, key=counts.get)
    return [best, *bpe.variants[1].value([merge_pair(p, best) for p in pieces], n_merges - 1)]


bpe.mutant("只在开头数了一遍", lambda p, n: learn_bpe(p, n, recount=False), look="合并会改变相邻关系，每一步都要在合并后的段里重数。")
bpe.mutant("取了最少的一对", lambda p, n: learn_bpe(p, n, choose=min), look="要出现最多的：max(counts, key=counts.get)。")
bpe.mutant("只出现一次的也合并", lambda p, n: learn_bpe(p, n, minimum=1), look="只出现一次的对，合并了也省不下什么；题目说不到 2 次就停。")
bpe.mutant("要出现三次才合并", lambda p, n: learn_bpe(p, n, minimum=3), look="出现 2 次就够了。")
bpe.mutant("多做了一步", lambda p, n: learn_bpe(p, n + 1), look="最多 n_merges 步。")
bpe.mutant("返回了合并后的字符串", lambda p, n: [("".join(pair), "") for pair in learn_bpe(p, n)][::-1], look="按合并的先后返回一对一对的（前，后）。")


@bpe.mutant("数了却没有合并", look="选出一对以后，要把每一段里的它都合并，下一步才数得到更长的。")
def _(pieces, n_merges):
    ranked = [pair for pair, n in count_pairs(pieces).most_common() if n >= 2]
    return ranked[:1] * n_merges if ranked else []


@bpe.mutant("改动了输入", look="先复制每一段，再合并。")
def _(pieces, n_merges):
    merges = learn_bpe(pieces, n_merges)
    for pair in merges:
        pieces[:] = [merge_pair(p, pair) for p in pieces]
    return merges


# ---- 3.4 流式解码 ----


def stream(pieces):
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    return [decoder.decode(piece) for piece in pieces]


decode = Exercise("3.4", "流式解码，从不交出半个字", stream, look="把还没有凑齐的字节留着，等后面的来了再一起解码。")


def cut(text, *sizes):
    """一段文字的字节，按给的长短切开；最后剩下的是一段。"""
    data, out = text.encode(), []
    for size in sizes:
        out.append(data[:size])
        data = data[size:]
    return [*out, data]


@decode.probe("每段都是整字")
def _(answer, rng):
    return answer(cut("机器学习", 3, 6))


@decode.probe("一个字分在两段")
def _(answer, rng):
    return answer(cut("学习", 1, 2))


@decode.probe("一个字节一段")
def _(answer, rng):
    return answer(cut("是的", 1, 1, 1, 1, 1))


@decode.probe("字母、汉字与四个字节的字混着")
def _(answer, rng):
    return answer(cut("a学𠮷b", 2, 3, 3))


@decode.probe("结尾缺一个字节：不交出")
def _(answer, rng):
    return answer(["好".encode(), "的".encode()[:2]])


@decode.probe("中间有空的一段")
def _(answer, rng):
    return answer([b"\xe6", b"", "水".encode()[1:] + b"!"])


@decode.correct("自己攒字节")
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


@decode.correct("比较前后两次")
def _(pieces):
    whole, given, out = b"", 0, []
    for piece in pieces:
        whole += piece
        text = whole.decode("utf-8", errors="ignore")
        out.append(text[given:])
        given = len(text)
    return out


decode.mutant("每段单独解码，出现 �", lambda p: [x.decode(errors="replace") for x in p], look="一个汉字三个字节，可能分在两段；半个字要留到下一段。")
decode.mutant("每段单独解码，丢了半个字", lambda p: [x.decode(errors="ignore") for x in p], look="errors='ignore' 把凑不齐的字节扔掉了，后半个来的时候也拼不上了。")
decode.mutant("每次交出全部文字", lambda p: [b"".join(p[: i + 1]).decode(errors="ignore") for i in range(len(p))], look="每一步只交出新凑齐的那些，不是从头再来。")
decode.mutant("全攒到最后才交", lambda p: [""] * (len(p) - 1) + [b"".join(p).decode(errors="ignore")], look="流式：凑齐一个字就交一个，不等到最后。")
decode.mutant("按字母一个字节解码", lambda p: [x.decode("latin-1") for x in p], look="汉字是 UTF-8 的三个字节，要按 utf-8 解码。")


@decode.mutant("结尾把半个字变成了 �", look="到结尾还没有凑齐的字节，不交出。")
def _(pieces):
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    out = [decoder.decode(piece) for piece in pieces]
    return [*out[:-1], out[-1] + decoder.decode(b"", final=True)]


@decode.mutant("只留得住一个字节", look="汉字有三个字节，四个字节的字也有：可能要留两三个字节。")
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


# ---- 3.6 错开一位 ----

shift = Exercise(
    "3.6", "输入与标签", lambda w: (w[:, :-1], w[:, 1:]), look="长 t + 1 的窗口：前 t 个作输入，后 t 个作标签；第 i 个位置的标签是第 i + 1 个 token。"
)


@shift.probe("一行五个")
def _(answer, rng):
    return answer(torch.tensor([[11, 12, 13, 14, 15]]))


@shift.probe("三行")
def _(answer, rng):
    return answer(integers(rng, 3, 7))


@shift.probe("最短的窗口：两个 token")
def _(answer, rng):
    return answer(integers(rng, 2, 2))


@shift.probe("首尾相同的窗口")
def _(answer, rng):
    return answer(torch.tensor([[7, 3, 5, 7]]))


@shift.correct("用包里的函数")
def _(windows):
    batch = next_token_batch(windows)
    return batch["ids"], batch["labels"]


@shift.correct("narrow")
def _(windows):
    t = windows.size(1) - 1
    return windows.narrow(1, 0, t), windows.narrow(1, 1, t)


shift.mutant("标签没有错开", lambda w: (w[:, :-1], w[:, :-1]), look="标签与输入相同，模型只要照抄，损失很快到 0，却什么也没有学到。")
shift.mutant("错开了两位", lambda w: (w[:, :-2], w[:, 2:]), look="输入第 i 个，标签第 i + 1 个，只错一位。")
shift.mutant("方向反了", lambda w: (w[:, 1:], w[:, :-1]), look="由过去预测将来：标签在输入的后面。")
shift.mutant("用 roll 错位，末尾接到了开头", lambda w: (w, w.roll(-1, dims=1)), look="最后一个位置没有下一个 token；roll 会把开头的搬过去。")
shift.mutant("按批那个轴错开", lambda w: (w[:-1], w[1:]), look="错开的是时间那个轴：w[:, 1:]。")
shift.mutant("输入多了一个", lambda w: (w, w[:, 1:]), look="输入与标签一样长，一一对应。")
shift.mutant("只有最后一个 token 作标签", lambda w: (w[:, :-1], w[:, -1:]), look="每个位置都有自己的标签，t 个位置一起训练。")


# ---- 3.7 补齐 ----


def pad_reference(rows, pad=PAD, label_pad=IGNORE, left=False, shifted=1, extra=0, last=None):
    length = max(map(len, rows)) - shifted + extra
    ids, labels = [], []
    for row in rows:
        inputs, targets = row[: len(row) - 1] if shifted else row, row[1:] if shifted else row
        if last is not None and shifted:
            inputs, targets = row, [*row[1:], last]
        space = length - len(inputs)
        ids.append([pad] * space + inputs if left else inputs + [pad] * space)
        labels.append([label_pad] * space + targets if left else targets + [label_pad] * space)
    return torch.tensor(ids), torch.tensor(labels)


pad = Exercise(
    "3.7", "补齐成一批", lambda rows: pad_reference(rows),
    look="每行先错开一位，再在右边补：输入补 0（<pad>），标签补 −100（不计损失），补到最长的一行那么长。",
)  # fmt: skip


@pad.probe("一样长，不用补")
def _(answer, rng):
    return answer([[3, 4, 5], [6, 7, 8]])


@pad.probe("长短不一")
def _(answer, rng):
    return answer([[3, 4, 5, 6], [7, 8], [9, 10, 11]])


@pad.probe("最短的一行只有两个")
def _(answer, rng):
    return answer([integers(rng, 9).tolist(), [5, 6]])


@pad.probe("只有一行")
def _(answer, rng):
    return answer([[4, 5, 6]])


@pad.probe("不改动输入")
def _(answer, rng):
    rows = [[3, 4, 5], [6, 7]]
    answer(rows)
    return rows


@pad.correct("先开一张表再填")
def _(rows):
    length = max(len(row) for row in rows) - 1
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    labels = torch.full((len(rows), length), -100)
    for i, row in enumerate(rows):
        ids[i, : len(row) - 1] = torch.tensor(row[:-1])
        labels[i, : len(row) - 1] = torch.tensor(row[1:])
    return ids, labels


@pad.correct("pad_sequence")
def _(rows):
    stack = lambda parts, value: torch.nn.utils.rnn.pad_sequence([torch.tensor(p) for p in parts], batch_first=True, padding_value=value)
    return stack([r[:-1] for r in rows], 0), stack([r[1:] for r in rows], -100)


pad.mutant("标签里补的是 <pad>", lambda rows: pad_reference(rows, label_pad=PAD), look="补的位置标签是 −100，交叉熵才会跳过；补 0 就是在教模型写 <pad>。")
pad.mutant("输入里补了 −100", lambda rows: pad_reference(rows, pad=IGNORE), look="输入要进 embedding，编号不能是负数：输入补 0，标签补 −100。")
pad.mutant("补在了左边", lambda rows: pad_reference(rows, left=True), look="因果的模型补在右边：真的 token 从位置 0 开始，看不见后面的补齐。")
pad.mutant("标签没有错开", lambda rows: pad_reference(rows, shifted=0), look="先错开一位：输入是前 n − 1 个，标签是后 n − 1 个。")
pad.mutant("最后一个真的 token 预测 <pad>", lambda rows: pad_reference(rows, shifted=1, extra=1, last=PAD), look="每行最后一个 token 没有下一个；它只作标签，不作输入。")
pad.mutant("多补了一列", lambda rows: pad_reference(rows, extra=1), look="长度是最长的一行减一。")
pad.mutant("截到了最短的一行", lambda rows: pad_reference([row[: min(map(len, rows))] for row in rows]), look="短的补齐，不是长的截断。")
pad.mutant("输入和标签交换了", lambda rows: pad_reference(rows)[::-1], look="先返回输入，再返回标签。")


# ---- 3.5 窗口 ----


def cut_windows(ids, context_length, stride=None, length=None, start=0):
    stride, length = stride or context_length, length or context_length + 1
    return [ids[i : i + length] for i in range(start, len(ids) - length + 1, stride)]


windows = Exercise(
    "3.5", "切窗口", cut_windows, look="窗口长 context_length + 1，每次挪 context_length：相邻两个窗口共用一个 token，每个 token 恰好作一次标签。"
)


@windows.probe("正好切完")
def _(answer, rng):
    return answer(list(range(9)), 4)


@windows.probe("末尾不够一个窗口：不要")
def _(answer, rng):
    return answer(list(range(12)), 4)


@windows.probe("差一个就够")
def _(answer, rng):
    return answer(list(range(8)), 4)


@windows.probe("不够一个窗口")
def _(answer, rng):
    return answer(list(range(4)), 4)


@windows.probe("上下文长度 1")
def _(answer, rng):
    return answer([5, 6, 7], 1)


@windows.correct("while 循环")
def _(ids, context_length):
    out, start = [], 0
    while start + context_length < len(ids):
        out.append(ids[start : start + context_length + 1])
        start += context_length
    return out


@windows.correct("先算个数")
def _(ids, context_length):
    count = (len(ids) - 1) // context_length
    return [ids[k * context_length : (k + 1) * context_length + 1] for k in range(count)]


windows.mutant("每次挪了 context_length + 1", lambda i, c: cut_windows(i, c, stride=c + 1), look="那样每个窗口的第一个 token 从来不作标签；相邻的窗口要共用一个。")
windows.mutant("每次只挪一个", lambda i, c: cut_windows(i, c, stride=1), look="每个 token 作了许多次标签，一轮的量大了 context_length 倍。")
windows.mutant("窗口只有 context_length 长", lambda i, c: cut_windows(i, c, length=c), look="还要一个 token 作最后一个位置的标签。")
windows.mutant("丢了最后一个窗口", lambda i, c: cut_windows(i, c)[:-1], look="range 的终点差一：最后一个窗口正好到末尾也要。")
windows.mutant("留下了不完整的窗口", lambda i, c: [i[k : k + c + 1] for k in range(0, len(i), c)], look="不够长的窗口不要，不然叠不成一个张量。")
windows.mutant("从第二个 token 开始切", lambda i, c: cut_windows(i, c, start=1), look="第一个窗口从位置 0 开始。")


@windows.mutant("末尾往回挪，凑够一个窗口", look="往回挪的窗口与前一个重叠，有的 token 作了两次标签。题目说不够就不要。")
def _(ids, context_length):
    out = cut_windows(ids, context_length)
    if len(ids) > context_length and (len(ids) - 1) % context_length:
        out.append(ids[-context_length - 1 :])
    return out


# ---- 3.8 找错误：平均损失 ----


def mean_loss(losses, labels):
    kept = labels != IGNORE
    return losses[kept].sum() / kept.sum()


average = Exercise("3.8", "找错误：补齐与平均", mean_loss, look="标签是 −100 的位置既不加进总和，也不算进个数；除以的是整批真的标签数。")


@average.probe("没有补齐")
def _(answer, rng):
    return answer(torch.rand(2, 4, generator=rng), integers(rng, 2, 4))


@average.probe("补齐的位置损失是 0")
def _(answer, rng):
    labels = torch.tensor([[5, 6, 7, 8], [5, IGNORE, IGNORE, IGNORE]])
    return answer(torch.rand(2, 4, generator=rng) * (labels != IGNORE), labels)


@average.probe("补齐的位置损失不是 0")
def _(answer, rng):
    labels = torch.tensor([[5, 6, IGNORE, IGNORE], [5, 6, 7, IGNORE]])
    return answer(torch.rand(2, 4, generator=rng) + 1, labels)


@average.probe("标签里有编号 0")
def _(answer, rng):
    return answer(torch.rand(1, 4, generator=rng), torch.tensor([[0, 3, 0, IGNORE]]))


@average.correct("乘以掩码")
def _(losses, labels):
    mask = (labels != -100).float()
    return (losses * mask).sum() / mask.sum()


@average.correct("取出来再平均")
def _(losses, labels):
    return torch.masked_select(losses, labels.ne(-100)).mean()


average.mutant("补齐的位置也算进了个数", lambda x, y: torch.where(y == IGNORE, 0.0, x).mean(), look="总和里去掉了补齐的，分母却没有：损失看上去比真的小，补得越多越小。")
average.mutant("没有管补齐", lambda x, y: x.mean(), look="labels 为 −100 的位置不算。")
average.mutant("返回了总和", lambda x, y: x[y != IGNORE].sum(), look="还要除以真的标签数。")
average.mutant("每行先平均，再平均", lambda x, y: torch.stack([mean_loss(a, b) for a, b in zip(x, y, strict=True)]).mean(), look="短的一行里，每个 token 的分量变重了；整批的和除以整批的个数。")
average.mutant("除以了行数", lambda x, y: x[y != IGNORE].sum() / len(x), look="分母是标签的个数，不是行数。")
average.mutant("把编号 0 也当成补齐", lambda x, y: x[y > 0].mean(), look="这里补齐的标签是 −100；编号 0 是一个真的 token。")
average.mutant("去掉了损失为 0 的位置之外，还去掉了一列", lambda x, y: mean_loss(x[:, :-1], y[:, :-1]), look="标签已经错开过了，不用再切掉一列。")


# ---- 3.9 先猜后算 ----

NAMES = ("字符数", "UTF-8 字节数", "token 数", "编号", "接上 <eos> 以后的编号")


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


predict = Exercise(
    "3.9", "先猜后算：机器学习是", guess(5, 15, 2, [1256, 3419], [1256, 3419, 7]), look="一个汉字三个字节；机器学习是一个 token；<eos> 的编号是 7，接在末尾。"
)
predict.probe("五个答案")(lambda answer, rng: answer)
predict.correct("编号写成元组", guess(5, 15, 2, (1256, 3419), (1256, 3419, 7)))
predict.mutant("以为一个汉字两个字节", guess(5, 10, 2, [1256, 3419], [1256, 3419, 7]), look="GB18030 里常用汉字是两个字节；UTF-8 里是三个。")
predict.mutant("以为一个字一个字节", guess(5, 5, 2, [1256, 3419], [1256, 3419, 7]), look="UTF-8 里一个汉字三个字节。")
predict.mutant("以为 <eos> 在开头", guess(5, 15, 2, [1256, 3419], [7, 1256, 3419]), look="<eos> 是文字结束的记号，接在末尾。")
predict.mutant("把 <eos> 算进了 token 数", guess(5, 15, 3, [1256, 3419], [1256, 3419, 7]), look="这一问没有接 <eos>。")
predict.mutant("以为一个字一个 token", guess(5, 15, 5, [1256, 3419], [1256, 3419, 7]), look="机器学习四个字常在一起，合并成了一个 token。")
predict.mutant("忘了接 <eos>", guess(5, 15, 2, [1256, 3419], [1256, 3419]), look="最后一问要接上 <eos>，它的编号是 7。")
