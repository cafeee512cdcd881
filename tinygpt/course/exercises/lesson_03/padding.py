"""练习 3.7 补齐成一批。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.losses import IGNORE

PAD = 0


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


exercise = Exercise(
    "3.7", "补齐成一批", lambda rows: pad_reference(rows),
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


@exercise.probe("不改动输入")
def _(answer, rng):
    rows = [[3, 4, 5], [6, 7]]
    answer(rows)
    return rows


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


exercise.mutant("标签里补的是 <pad>", lambda rows: pad_reference(rows, label_pad=PAD),
                look="补的位置标签是 −100，交叉熵才会跳过；补 0 就是在教模型写 <pad>。")
exercise.mutant("输入里补了 −100", lambda rows: pad_reference(rows, pad=IGNORE),
                look="输入要进 embedding，编号不能是负数：输入补 0，标签补 −100。")
exercise.mutant("补在了左边", lambda rows: pad_reference(rows, left=True),
                look="因果的模型补在右边：真的 token 从位置 0 开始，看不见后面的补齐。")
exercise.mutant("标签没有错开", lambda rows: pad_reference(rows, shifted=0),
                look="先错开一位：输入是前 n − 1 个，标签是后 n − 1 个。")
exercise.mutant("最后一个真的 token 预测 <pad>",
                lambda rows: pad_reference(rows, shifted=1, extra=1, last=PAD),
                look="每行最后一个 token 没有下一个；它只作标签，不作输入。")
exercise.mutant("多补了一列", lambda rows: pad_reference(rows, extra=1), look="长度是最长的一行减一。")
exercise.mutant("截到了最短的一行", lambda rows: pad_reference([row[: min(map(len, rows))] for row in rows]),
                look="短的补齐，不是长的截断。")
exercise.mutant("输入和标签交换了", lambda rows: pad_reference(rows)[::-1], look="先返回输入，再返回标签。")
