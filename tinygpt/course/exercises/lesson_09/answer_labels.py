"""练习 9.1 只在回答上算损失。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.losses import IGNORE


def labels_with(
    shift=1, learn="answer", eos=True, chat=True, ignore=IGNORE, keep_last=False, drop_first=False
):
    def run(prompt, answer, chat_id, eos_id):
        head, tail = ([chat_id] if chat else []) + list(prompt), list(answer) + ([eos_id] if eos else [])
        whole = head + tail
        learnt = {
            "answer": [False] * len(head) + [True] * len(tail),
            "all": [True] * len(whole),
            "prompt": [True] * len(head) + [False] * len(tail),
            "no eos": [False] * len(head) + [True] * len(answer) + [False] * (len(tail) - len(answer)),
        }[learn]
        if drop_first:
            learnt[len(head)] = False
        labels = [token if yes else ignore for token, yes in zip(whole, learnt, strict=True)]
        if keep_last:
            return whole, labels
        return whole[: len(whole) - 1], labels[shift:] if shift else labels[: len(whole) - 1]

    return run


exercise = Exercise(
    "9.1", "只在回答上算损失", labels_with(),
    look="整行是 chat、问、答、eos；输入去掉最后一个，标签去掉第一个；"
         "属于问的标签都写 IGNORE，答与 eos 照写。",
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


@exercise.probe("输入与标签一样长")
def _(answer, rng):
    ids, labels = answer([11, 12, 13], [21, 22], 4, 7)
    return len(ids) == len(labels)


@exercise.probe("问与答没有被改动")
def _(answer, rng):
    prompt, reply = [11, 12, 13], [21, 22]
    answer(prompt, reply, 4, 7)
    return [prompt, reply]


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


exercise.mutant("问也算了损失", labels_with(learn="all"),
                look="问是别人说的，模型不必学着问：那些标签写 IGNORE。")
exercise.mutant("标签没有错开一位", labels_with(shift=0), look="位置 i 的标签是第 i + 1 个 token。")
exercise.mutant("学的是问，不是答", labels_with(learn="prompt"), look="反了：问写 IGNORE，答照写。")
exercise.mutant("没有 eos", labels_with(eos=False), look="答的后面要有 eos：模型才学得会停下来。")
exercise.mutant("eos 没有算损失", labels_with(learn="no eos"), look="eos 也是要学的：它的标签照写。")
exercise.mutant("没有 chat 打头", labels_with(chat=False), look="整行的第一个是 chat_id。")
exercise.mutant("遮住的写成了 0", labels_with(ignore=0),
                look="0 是一个真的编号；不算的位置写 IGNORE（−100）。")
exercise.mutant("答的第一个 token 没有学", labels_with(drop_first=True),
                look="问的最后一个位置要预测答的第一个 token：那里的标签不是 IGNORE。")
exercise.mutant("没有去掉头尾", labels_with(keep_last=True),
                look="输入去掉最后一个，标签去掉第一个，两边一样长。")
