"""练习 9.1 只在回答上算损失。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.losses import IGNORE


def labels_with(
    learn=lambda prompt, answer: [False] * (len(prompt) + 1) + [True] * (len(answer) + 1),
    line=lambda prompt, answer, chat, eos: [chat, *prompt, *answer, eos],
    ignore=IGNORE, cut=lambda ids, labels: (ids[:-1], labels[1:]), give=lambda ids, labels: (ids, labels),
    inplace=False,
):  # fmt: skip
    """line：整行；learn：整行里哪些要学；cut：怎样错开。"""

    def run(prompt, answer, chat_id, eos_id):
        learnt, whole = learn(prompt, answer), line(prompt, answer, chat_id, eos_id)
        if inplace:
            prompt.insert(0, chat_id)
            answer.append(eos_id)
        labels = [token if yes else ignore for token, yes in zip(whole, learnt, strict=False)]
        return give(*cut(whole, labels))

    return run


exercise = Exercise(
    "9.1", "只在回答上算损失", labels_with(),
    look="整行是 chat、问、答、eos；输入去掉最后一个，标签去掉第一个；"
         "属于问的标签都写 IGNORE，答与 eos 照写。",
    assemble=labels_with,
)


@exercise.probe("问 3 个，答 2 个")
def _(answer, rng):
    return answer([11, 12, 13], [21, 22], 4, 7)


@exercise.probe("答只有 1 个")
def _(answer, rng):
    return answer([11, 12], [21], 4, 7)


@exercise.probe("问里有与答相同的编号")
def _(answer, rng):
    return answer([21, 22, 7], [21, 22, 21], 4, 7)


@exercise.probe("随机的一行")
def _(answer, rng):
    return answer(integers(rng, 8, 300, 9).tolist(), integers(rng, 8, 300, 6).tolist(), 4, 7)


@exercise.probe("问是空的；答是空的")
def _(answer, rng):
    return [answer([], [21, 22], 4, 7), answer([11, 12], [], 4, 7)]


@exercise.probe("输入与标签一样长")
def _(answer, rng):
    ids, labels = answer([11, 12, 13], [21, 22], 4, 7)
    return len(ids) == len(labels)


@exercise.probe("问与答没有被改动")
def _(answer, rng):
    prompt, reply = [11, 12, 13], [21, 22]
    answer(prompt, reply, 4, 7)
    return [prompt, reply] == [[11, 12, 13], [21, 22]]


@exercise.correct("先切开再写 IGNORE")
def _(prompt, answer, chat_id, eos_id):
    whole = torch.tensor([chat_id, *prompt, *answer, eos_id])
    labels = whole[1:].clone()
    labels[: len(prompt)] = IGNORE
    return whole[:-1].tolist(), labels.tolist()


@exercise.correct("一项一项地写")
def _(prompt, answer, chat_id, eos_id):
    ids, labels = [chat_id], []
    for token in prompt:
        ids.append(token)
        labels.append(IGNORE)
    for token in answer:
        ids.append(token)
        labels.append(token)
    return ids, [*labels, eos_id]


exercise.edit("问也算了损失", learn=lambda p, a: [True] * (len(p) + len(a) + 2),
              look="问是别人说的，模型不必学着问：那些标签写 IGNORE。")
exercise.edit("学的是问，不是答", learn=lambda p, a: [True] * (len(p) + 1) + [False] * (len(a) + 1),
              look="反了：问写 IGNORE，答照写。")
exercise.edit("eos 没有算损失", learn=lambda p, a: [False] * (len(p) + 1) + [True] * len(a) + [False],
              look="eos 也是要学的：它的标签照写。")
exercise.edit("答的第一个 token 没有学", learn=lambda p, a: [False] * (len(p) + 2) + [True] * len(a),
              look="问的最后一个位置要预测答的第一个 token：IGNORE 只有 len(prompt) 个。")
exercise.edit("问的最后一个也学了", learn=lambda p, a: [False] * len(p) + [True] * (len(a) + 2),
              look="属于问的标签都写 IGNORE，一共 len(prompt) 个。")
exercise.edit("标签没有错开一位", cut=lambda ids, labels: (ids[:-1], labels[:-1]),
              look="位置 i 的标签是第 i + 1 个 token。")
exercise.edit("标签没有去掉第一个", cut=lambda ids, labels: (ids[:-1], labels),
              look="标签也要去掉第一个：IGNORE 一共 len(prompt) 个，不算 chat_id。")
exercise.edit("没有去掉头尾", cut=lambda ids, labels: (ids, labels),
              look="输入去掉最后一个，标签去掉第一个，两边一样长。")
exercise.edit("没有 eos", line=lambda p, a, chat, eos: [chat, *p, *a],
              look="答的后面要有 eos：模型才学得会停下来。")
exercise.edit("没有 chat 打头", line=lambda p, a, chat, eos: [*p, *a, eos],
              learn=lambda p, a: [False] * len(p) + [True] * (len(a) + 1), look="整行的第一个是 chat_id。")
exercise.edit("遮住的写成了 0", ignore=0, look="0 是一个真的编号；不算的位置写 IGNORE（−100）。")
exercise.edit("遮住的写成了 −1", ignore=-1, look="不算的位置写 IGNORE，它是 −100。")
exercise.edit("输入里的问也遮了", give=lambda ids, labels: (
    [i if label != IGNORE else IGNORE for i, label in zip(ids, [ids[0], *labels[:-1]], strict=True)], labels
), look="遮的是标签，输入照旧：模型要看见问才能答。")  # fmt: skip
exercise.edit("输入与标签的次序反了", give=lambda ids, labels: (labels, ids), look="（输入，标签）。")
exercise.edit("给的是张量", give=lambda ids, labels: (torch.tensor(ids), torch.tensor(labels)),
              look="题目要列表：不用 torch.tensor，或者 .tolist()。")
exercise.edit("改动了问或答", inplace=True,
              look="prompt.append、answer += … 会改掉别人的列表：写成 [chat_id, *prompt, *answer, eos_id]。")


def by_value(learnt):
    """由编号的值决定学不学的写法。"""

    def run(prompt, answer, chat_id, eos_id):
        labels = [t if learnt(t, prompt, answer, eos_id) else IGNORE for t in [*prompt, *answer, eos_id]]
        return [chat_id, *prompt, *answer], labels

    return run


exercise.mutant("问里出现过的编号都遮了", by_value(lambda t, p, a, eos: t not in p),
                look="答里也可能有问里的编号：由**位置**决定，前 len(prompt) 个遮住。")
exercise.mutant("答里出现过的编号都学了", by_value(lambda t, p, a, eos: t in a or t == eos),
                look="问里也可能有答里的编号：由**位置**决定，前 len(prompt) 个遮住。")
