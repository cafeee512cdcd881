"""练习 3.3 训练 BPE。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import unchanged
from tinygpt.course.exercises.lesson_03.count_pairs import count_with
from tinygpt.course.exercises.lesson_03.merge_pair import merge_with

count_pairs, merge_pair = count_with(), merge_with()


def merge_all(pieces, best):
    return [merge_pair(piece, best) for piece in pieces]


def bpe_with(
    count=count_pairs,
    choose=lambda counts: max(counts, key=counts.get),  # 并列时取先数到的
    enough=lambda n: n >= 2,
    merge=merge_all,
    steps=lambda n: n,
    result=lambda merges, pieces: merges,
):
    def run(pieces, n_merges):
        merges = []
        for _ in range(steps(n_merges)):
            counts = count(pieces)
            best = choose(counts) if counts else None
            if best is None or not enough(counts[best]):
                break
            merges.append(best)
            pieces = merge(pieces, best)
        return result(merges, pieces)

    return run


exercise = Exercise(
    "3.3", "训练 BPE", bpe_with(), assemble=bpe_with,
    look="每一步：在**现在**的段里数一遍，取最多的一对，把所有段里的它都合并。出现不到 2 次就停。",
)
WORDS = ["机器学习"] * 4 + ["学习"] * 3 + ["机器"] * 2 + ["机会"]


def trained(answer, words, n):
    return answer([list(word) for word in words], n)


@exercise.probe("一步")
def _(answer, rng):
    return trained(answer, WORDS, 1)


@exercise.probe("三步：合并好的再合并")
def _(answer, rng):
    return trained(answer, WORDS, 3)


@exercise.probe("没有出现两次以上的对了就停")
def _(answer, rng):
    return trained(answer, ["甲乙", "甲乙", "丙丁"], 10)


@exercise.probe("全都合并完了，一对也没有了")
def _(answer, rng):
    return trained(answer, ["甲乙", "甲乙", "丙"], 10)


@exercise.probe("最多的一对正好两次")
def _(answer, rng):
    return trained(answer, ["ab", "ab", "cd", "ce"], 3)


@exercise.probe("0 步")
def _(answer, rng):
    return trained(answer, WORDS, 0)


@exercise.probe("一段也没有；都是空的、只有一个的")
def _(answer, rng):
    return [answer([], 3), answer([[], ["a"]], 3)]


@exercise.probe("合并以后，旧的对少了")
def _(answer, rng):
    return trained(answer, ["abc"] * 5 + ["bc"] * 1 + ["bd"] * 4 + ["xab"] * 2, 3)


@exercise.probe("并列时取先数到的")
def _(answer, rng):
    return [trained(answer, ["ba", "ab", "ba", "ab"], 1), trained(answer, ["ab", "cd", "cd", "ab"], 2)]


@exercise.probe("并列，后数到的更长")
def _(answer, rng):
    return answer([["x", "y"], ["x", "y"], ["长长", "的"], ["长长", "的"]], 1)


@exercise.probe("并列的两对挨着：合并一对以后要重数")
def _(answer, rng):
    return trained(answer, ["abc", "abc", "bd"], 2)


@exercise.probe("段与段之间不算一对")
def _(answer, rng):
    return trained(answer, ["ba", "ba", "ba", "bc", "bc"], 2)


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, [list("学习学习"), list("学习")], 2)


@exercise.correct("用 most_common")
def _(pieces, n_merges):
    from collections import Counter

    merges, pieces = [], [tuple(p) for p in pieces]
    while len(merges) < n_merges:
        top = Counter(count_pairs(pieces)).most_common(1)
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


def at_once(pieces, n_merges):
    """只在开头数一遍，从多到少取。"""
    counts = count_pairs(pieces)
    ranked = sorted(counts, key=counts.get, reverse=True)
    return [pair for pair in ranked[:n_merges] if counts[pair] >= 2]


def least(counts):
    """出现两次以上的里最少的一对。"""
    return min((pair for pair in counts if counts[pair] >= 2), key=counts.get, default=None)


exercise.edit("取了最少的一对", "要出现最多的：max(counts, key=counts.get)。", choose=least)
exercise.edit("并列时取了后数到的", "次数并列时取先数到的：max(counts, key=counts.get) 就是。",
              choose=lambda counts: max(reversed(counts), key=counts.get))
exercise.edit("并列时按字的次序取了靠前的", "次数并列时取先数到的，不看是什么字。",
              choose=lambda counts: min(counts, key=lambda pair: (-counts[pair], pair)))
exercise.edit("并列时按字的次序取了靠后的", "次数并列时取先数到的，不看是什么字；比 (次数, 对) 就会看到字。",
              choose=lambda counts: max(counts, key=lambda pair: (counts[pair], pair)))
exercise.edit("并列时取了长的", "次数并列时取先数到的，不看长短。",
              choose=lambda counts: max(counts, key=lambda pair: (counts[pair], len("".join(pair)))))
exercise.edit("只出现一次的也合并", "只出现一次的对，合并了也省不下什么；题目说不到 2 次就停。",
              enough=lambda n: n >= 1)
exercise.edit("要出现三次才合并", "出现 2 次就够了：不到 2 次才停。", enough=lambda n: n >= 3)
exercise.edit("多做了一步", "最多 n_merges 步。", steps=lambda n: n + 1)
exercise.edit("少做了一步", "重复 n_merges 次：range(n_merges)。", steps=lambda n: n - 1)
exercise.edit("0 步时也做了一步", "n_merges 为 0 时一步也不做。", steps=lambda n: max(n, 1))
exercise.edit("数了却没有合并", "选出一对以后，要把每一段里的它都合并，下一步才数得到更长的。",
              merge=lambda pieces, best: pieces)
exercise.edit("只合并了第一段", "每一段里的这一对都要合并。",
              merge=lambda pieces, best: [merge_pair(pieces[0], best), *pieces[1:]])
exercise.edit("数的时候把段接起来了", "段与段之间不算相邻。",
              count=lambda pieces: count_pairs([sum(map(list, pieces), [])]))
exercise.edit("相同的段只数了一遍", "出现几次就数几次：一样的段也各数各的。",
              count=lambda pieces: count_pairs(dict.fromkeys(map(tuple, pieces))))
exercise.edit("返回了合并后的段", "返回学到的合并规则，不是合并后的文字。",
              result=lambda merges, pieces: pieces)
exercise.edit("规则写成了拼好的字符串", "每条规则是一对（前，后），不要拼起来。",
              result=lambda merges, pieces: ["".join(pair) for pair in merges])
exercise.edit("次序反了", "先学到的排在前面。", result=lambda merges, pieces: merges[::-1])


@exercise.mutant("只在开头数了一遍", look="合并会改变相邻关系，每一步都要在合并后的段里重数。")
def _(pieces, n_merges):
    return at_once(pieces, n_merges)


@exercise.mutant("并列的一次全合并了", look="一步只合并一对：合并以后重数，并列的那几对可能已经变了。")
def _(pieces, n_merges):
    merges = []
    for _ in range(n_merges):
        counts = count_pairs(pieces)
        most = max(counts.values(), default=0)
        if most < 2:
            break
        for best in [pair for pair in counts if counts[pair] == most]:
            merges.append(best)
            pieces = merge_all(pieces, best)
    return merges[:n_merges]


@exercise.mutant("没有一对时出错", look="段里一对也没有了，max 会出错：先看 counts 是不是空的。")
def _(pieces, n_merges):
    merges = []
    for _ in range(n_merges):
        counts = count_pairs(pieces)
        best = max(counts, key=counts.get)
        if counts[best] < 2:
            break
        merges.append(best)
        pieces = merge_all(pieces, best)
    return merges


@exercise.mutant("改动了输入", look="先复制每一段，再合并。")
def _(pieces, n_merges):
    merges = bpe_with()(pieces, n_merges)
    for pair in merges:
        pieces[:] = [merge_pair(p, pair) for p in pieces]
    return merges
