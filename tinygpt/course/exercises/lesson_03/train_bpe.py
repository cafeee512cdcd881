"""练习 3.3 训练 BPE。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.lesson_03.shared import count_pairs, merge_pair


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


exercise = Exercise(
    "3.3", "训练 BPE", learn_bpe,
    look="每一步：在**现在**的段里数一遍，取最多的一对，把所有段里的它都合并。出现不到 2 次就停。",
)
WORDS = ["机器学习"] * 4 + ["学习"] * 3 + ["机器"] * 2 + ["机会"]


@exercise.probe("一步")
def _(answer, rng):
    return joined(answer, WORDS, 1)


@exercise.probe("三步：合并好的再合并")
def _(answer, rng):
    return joined(answer, WORDS, 3)


@exercise.probe("没有出现两次以上的对了就停")
def _(answer, rng):
    return joined(answer, ["甲乙", "甲乙", "丙丁"], 10)


@exercise.probe("0 步")
def _(answer, rng):
    return joined(answer, WORDS, 0)


@exercise.probe("合并以后，旧的对少了")
def _(answer, rng):
    return joined(answer, ["abc"] * 5 + ["bc"] * 1 + ["bd"] * 4 + ["xab"] * 2, 3)


@exercise.probe("不改动输入")
def _(answer, rng):
    pieces = [list("学习学习"), list("学习")]
    answer(pieces, 2)
    return pieces


@exercise.correct("用 most_common")
def _(pieces, n_merges):
    merges, pieces = [], [tuple(p) for p in pieces]
    while len(merges) < n_merges:
        top = count_pairs(pieces).most_common(1)
        if not top or top[0][1] < 2:
            return merges
        merges.append(top[0][0])
        pieces = [tuple(merge_pair(p, top[0][0])) for p in pieces]
    return merges


@exercise.correct("递归")
def _(pieces, n_merges):
    counts = count_pairs(pieces)
    if n_merges == 0 or not counts or max(counts.values()) < 2:
        return []
    best = max(counts, key=counts.get)
    return [best, *exercise.variants[1].value([merge_pair(p, best) for p in pieces], n_merges - 1)]


exercise.mutant("只在开头数了一遍", lambda p, n: learn_bpe(p, n, recount=False),
                look="合并会改变相邻关系，每一步都要在合并后的段里重数。")
exercise.mutant("取了最少的一对", lambda p, n: learn_bpe(p, n, choose=min),
                look="要出现最多的：max(counts, key=counts.get)。")
exercise.mutant("只出现一次的也合并", lambda p, n: learn_bpe(p, n, minimum=1),
                look="只出现一次的对，合并了也省不下什么；题目说不到 2 次就停。")
exercise.mutant("要出现三次才合并", lambda p, n: learn_bpe(p, n, minimum=3), look="出现 2 次就够了。")
exercise.mutant("多做了一步", lambda p, n: learn_bpe(p, n + 1), look="最多 n_merges 步。")
exercise.mutant("返回了合并后的字符串", lambda p, n: [("".join(pair), "") for pair in learn_bpe(p, n)][::-1],
                look="按合并的先后返回一对一对的（前，后）。")


@exercise.mutant("数了却没有合并", look="选出一对以后，要把每一段里的它都合并，下一步才数得到更长的。")
def _(pieces, n_merges):
    ranked = [pair for pair, n in count_pairs(pieces).most_common() if n >= 2]
    return ranked[:1] * n_merges if ranked else []


@exercise.mutant("改动了输入", look="先复制每一段，再合并。")
def _(pieces, n_merges):
    merges = learn_bpe(pieces, n_merges)
    for pair in merges:
        pieces[:] = [merge_pair(p, pair) for p in pieces]
    return merges
