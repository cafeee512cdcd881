"""练习 3.7 补齐成一批。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, unchanged
from tinygpt.losses import IGNORE

PAD = 0


def padded(parts, length, value, left=False):
    """每一行补到 length。"""
    rows = [[value] * (length - len(part)) + part if left else part + [value] * (length - len(part))
            for part in parts]  # fmt: skip
    return torch.tensor([row[:length] for row in rows])


def batch_with(
    pad=PAD,
    label_pad=IGNORE,
    left=False,
    inputs=lambda row: row[:-1],
    labels=lambda row: row[1:],
    length=lambda rows: max(map(len, rows)) - 1,
    prepare=lambda rows: rows,
    out=lambda ids, labels: (ids, labels),
):
    def run(rows):
        rows = prepare(rows)
        t = length(rows)
        ids = padded([inputs(row) for row in rows], t, pad, left)
        return out(ids, padded([labels(row) for row in rows], t, label_pad, left))

    return run


exercise = Exercise(
    "3.7", "补齐成一批", batch_with(), assemble=batch_with,
    look="每行先错开一位，再在右边补：输入补 0（<pad>），标签补 −100（不计损失），补到最长的一行那么长。",
)


@exercise.probe("一样长，不用补")
def _(answer, rng):
    return answer([[3, 4, 5], [6, 7, 8]])


@exercise.probe("长短不一")
def _(answer, rng):
    return answer([[3, 4, 5, 6], [7, 8], [9, 10, 11]])


@exercise.probe("最短的一行只有两个")
def _(answer, rng):
    return answer([integers(rng, 1, 50, 9).tolist(), [5, 6]])


@exercise.probe("只有一行")
def _(answer, rng):
    return answer([[4, 5, 6]])


@exercise.probe("十行，长短随机")
def _(answer, rng):
    return answer([integers(rng, 1, 50, n).tolist() for n in integers(rng, 2, 14, 10).tolist()])


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, [[3, 4, 5], [6, 7], [9, 8, 7, 6]])


@exercise.correct("先开一张表再填")
def _(rows):
    length = max(len(row) for row in rows) - 1
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    labels = torch.full((len(rows), length), -100)
    for i, row in enumerate(rows):
        ids[i, : len(row) - 1] = torch.tensor(row[:-1])
        labels[i, : len(row) - 1] = torch.tensor(row[1:])
    return ids, labels


@exercise.correct("pad_sequence")
def _(rows):
    def stack(parts, value):
        tensors = [torch.tensor(p) for p in parts]
        return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=value)

    return stack([r[:-1] for r in rows], 0), stack([r[1:] for r in rows], -100)


def longest_first(rows):
    return sorted(rows, key=len, reverse=True)


def cut_to_shortest(rows):
    return [row[: min(map(len, rows))] for row in rows]


exercise.edit("标签里补的是 <pad>", "补的位置标签是 −100，交叉熵才会跳过；补 0 就是在教模型写 <pad>。",
              label_pad=PAD)
exercise.edit("标签里补的是 −1", "补的位置标签是 −100：交叉熵只认它。", label_pad=-1)
exercise.edit("输入里补了 −100", "输入要进 embedding，编号不能是负数：输入补 0，标签补 −100。", pad=IGNORE)
exercise.edit("补在了左边", "因果的模型补在右边：真的 token 从位置 0 开始，看不见后面的补齐。", left=True)
exercise.edit("标签没有错开", "先错开一位：输入是前 n − 1 个，标签是后 n − 1 个。",
              labels=lambda row: row[:-1])
exercise.edit("短的一行，最后一个 token 留在了输入里",
              "先错开，再补齐。先补后切的话，短的一行切掉的是补上去的，"
              "它的最后一个 token 成了没有标签的输入。", inputs=lambda row: row)
exercise.edit("标签没有去掉第一个", "标签是后 n − 1 个：row[1:]。", labels=lambda row: row)
exercise.edit("多补了一列", "长度是最长的一行减一。", length=lambda rows: max(map(len, rows)))
exercise.edit("补到了固定的长度", "补到这一批里最长的一行（减一），不是一个写死的数。", length=lambda rows: 8)
exercise.edit("截到了最短的一行", "短的补齐，不是长的截断。", prepare=cut_to_shortest)
exercise.edit("换了行的次序", "不要排序：第 i 行还是第 i 行。", prepare=longest_first)
exercise.edit("输入和标签交换了", "先返回输入，再返回标签。", out=lambda ids, labels: (labels, ids))
exercise.edit("返回的是小数", "编号是整数：torch.zeros、torch.full 要 dtype=torch.long。",
              out=lambda ids, labels: (ids.float(), labels.float()))
exercise.edit("返回的是列表", "返回张量：torch.tensor(…)。",
              out=lambda ids, labels: (ids.tolist(), labels.tolist()))


@exercise.mutant("没有错开就补齐了", look="先错开一位：输入去掉最后一个，标签去掉第一个，长度少一。")
def _(rows):
    same = {"inputs": lambda row: row, "labels": lambda row: row}
    return batch_with(length=lambda rows: max(map(len, rows)), **same)(rows)


@exercise.mutant("输入没有去掉最后一个",
                 look="每行最后一个 token 没有下一个；它只作标签，不作输入，长度是最长的一行减一。")
def _(rows):
    return batch_with(inputs=lambda row: row, length=lambda rows: max(map(len, rows)))(rows)


@exercise.mutant("最后一个真的 token 预测 <pad>",
                 look="每行最后一个 token 没有下一个；它只作标签，不作输入。")
def _(rows):
    longer = {"inputs": lambda row: row, "labels": lambda row: [*row[1:], PAD]}
    return batch_with(length=lambda rows: max(map(len, rows)), **longer)(rows)


@exercise.mutant("补反了", look="输入补 0（<pad>），标签补 −100。")
def _(rows):
    return batch_with(pad=IGNORE, label_pad=PAD)(rows)


@exercise.mutant("改动了输入", look="append、extend、pop、sort 会改掉调用者的列表：row + [0] * n 得到新的。")
def _(rows):
    batch = batch_with()(rows)
    for row in rows:
        row.extend([PAD] * (max(map(len, rows)) - len(row)))
    return batch


@exercise.mutant("在传进来的行上补齐，再切",
                 look="row.extend 会改掉调用者的列表；而且要先错开，再补：输入补 0，标签补 −100。")
def _(rows):
    longest = max(map(len, rows))
    for row in rows:
        row.extend([PAD] * (longest - len(row)))
    ids = torch.tensor(rows)
    return ids[:, :-1], ids[:, 1:]
