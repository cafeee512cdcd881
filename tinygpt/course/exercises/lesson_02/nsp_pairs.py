"""练习 2.6 找错误：NSP 的句子对。"""

import torch

from tinygpt.course.diagnosis import Exercise


def pairs_with(shuffle=True, gap=1, same=False, flip=False, first=False, backwards=False, share=0.5):
    """返回 [(A 的文档, A 的第几句, B 的文档, B 的第几句, 标签), …]。"""

    def run(lengths, count, generator):
        pick = lambda n: int(torch.randint(n, (), generator=generator))
        rows = []
        for k in range(count):
            label = int(k < count * share)
            d = pick(len(lengths))
            i = pick(lengths[d] - 1)
            other, j = d, i + gap if label else 0
            if not label:
                other = d if same else (d + 1 + pick(len(lengths) - 1)) % len(lengths)
                j = 0 if first else 1 + pick(lengths[other] - 1)
            j = min(j, lengths[other] - 1)
            row = (d, i, other, j, 1 - label if flip else label)
            rows.append((d, i + 1, d, i, label) if backwards and label else row)
        order = torch.randperm(count, generator=generator).tolist() if shuffle else range(count)
        return [rows[k] for k in order]

    return run


exercise = Exercise(
    "2.6", "找错误：NSP 的句子对", pairs_with(),
    look="标签 1：B 正好是 A 的下一句。标签 0：B 来自**另一篇**文档。各占一半，次序打乱；"
         "假的 B 也从每篇的第 1 句以后抽，不让位置泄露答案。",
)
LENGTHS = (5, 7, 4, 6, 9, 5)


def facts(rows, count):
    true, false = [r for r in rows if r[4] == 1], [r for r in rows if r[4] == 0]
    labels = [r[4] for r in rows]
    return {
        "对数": len(rows) == count,
        "真假各一半": abs(len(true) - count / 2) <= 1,
        "真的：同一篇": all(r[0] == r[2] for r in true),
        "真的：B 紧接在 A 后面": all(r[3] == r[1] + 1 for r in true),
        "假的：B 来自另一篇": all(r[0] != r[2] for r in false),
        "假的：B 不总是开头一句": not false or any(r[3] > 0 for r in false),
        "次序打乱了": labels not in (sorted(labels), sorted(labels, reverse=True)),
        "句子都在文档之内": all(r[1] < LENGTHS[r[0]] and r[3] < LENGTHS[r[2]] for r in rows),
    }


@exercise.probe("200 对")
def _(answer, rng):
    return facts(answer(list(LENGTHS), 200, rng), 200)


@exercise.probe("60 对")
def _(answer, rng):
    return facts(answer(list(LENGTHS), 60, rng), 60)


@exercise.probe("真的占多少、假的从哪里来（用来认出错误）")
def _(answer, rng):
    rows = answer(list(LENGTHS), 200, rng)
    true, false = [r for r in rows if r[4] == 1], [r for r in rows if r[4] == 0]
    return {
        "真的几乎没有": len(true) < 20, "假的几乎没有": len(false) < 20,
        "标签为 1 的有的来自不同文档": any(r[0] != r[2] for r in true),
        "标签为 1 的里 B 在 A 前面": any(r[3] < r[1] and r[0] == r[2] for r in true),
    }


@exercise.correct("先打乱标签")
def _(lengths, count, generator):
    rows = []
    for label in (torch.randperm(count, generator=generator) % 2).tolist():
        d = int(torch.randint(len(lengths), (), generator=generator))
        i = int(torch.randint(lengths[d] - 1, (), generator=generator))
        if label:
            rows.append((d, i, d, i + 1, 1))
            continue
        other = d
        while other == d:
            other = int(torch.randint(len(lengths), (), generator=generator))
        rows.append((d, i, other, int(torch.randint(1, lengths[other], (), generator=generator)), 0))
    return rows


@exercise.correct("真假交替，再打乱")
def _(lengths, count, generator):
    rows = pairs_with(shuffle=False)(lengths, count, generator)
    true, false = rows[: count // 2], rows[count // 2 :]
    mixed = [row for pair in zip(true, false, strict=True) for row in pair]
    return [mixed[k] for k in torch.randperm(count, generator=generator)]


exercise.mutant("没有打乱，前一半全是真的", pairs_with(shuffle=False),
                look="一批里前一半全是真的，次序就泄露了答案；最后用 torch.randperm 打乱。")
exercise.mutant("假的 B 也来自同一篇", pairs_with(same=True),
                look="同一篇里的另一句，话题相同，还可能正好是下一句；要从另一篇里抽。")
exercise.mutant("隔了一句", pairs_with(gap=2), look="下一句是 i + 1。")
exercise.mutant("标签反了", pairs_with(flip=True), look="1 是相邻，0 是不相邻。")
exercise.mutant("假的 B 总是某篇的第一句", pairs_with(first=True),
                look="第一句的样子与别的句子不同，模型只要认出“这是开头”就答对了。")
exercise.mutant("真的 B 是前一句", pairs_with(backwards=True),
                look="B 接在 A 后面：A 是第 i 句，B 是第 i + 1 句。")
exercise.mutant("全是真的", pairs_with(share=1.0), look="真假各占一半。")
exercise.mutant("全是假的", pairs_with(share=0.0), look="真假各占一半。")
exercise.mutant("真的只有四分之一", pairs_with(share=0.25), look="真假各占一半，不然只答“不是”就有 75 %。")
