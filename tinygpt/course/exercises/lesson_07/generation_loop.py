"""练习 7.6 生成的循环。"""

import torch

from tinygpt.course.diagnosis import Exercise


class Script:
    """假的模型：下一个 token 由最后一个决定（t → (t·3 + 输入长度) mod 11），并记下每次收到多长的输入。"""

    def __init__(self):
        self.lengths = []

    def __call__(self, ids):
        self.lengths.append(ids.size(1))
        after = (ids * 3 + torch.arange(1, ids.size(1) + 1)) % 11
        return torch.nn.functional.one_hot(after, 11).float()


def loop_with(
    crop=lambda ids, n: ids[-n:], wrap=lambda ids: torch.tensor([ids]), pick=lambda logits: logits[0, -1],
    token_of=int, eos_when="before", give=lambda new, text: new, rounds=lambda left, length, context: left,
    grow=True, inplace=False,
):  # fmt: skip
    """eos_when：什么时候看是不是 eos；rounds：走几轮；give：由新写的与全部的得到返回的。"""

    def run(model, ids, max_new_tokens, eos, context_length):
        text, new = (ids if inplace else list(ids)), []
        for _ in range(rounds(max_new_tokens, len(ids), context_length)):
            if eos_when == "at the start" and eos in text or eos_when == "at the end" and text[-1] == eos:
                new = new[:-1] if new else new
                break
            token = token_of(pick(model(wrap(crop(text, context_length)))).argmax())
            if token == eos and eos_when == "before":
                break
            if grow:
                text.append(token)
            new.append(token)
            if token == eos and eos_when == "after":
                break
        return give(new, text)

    return run


exercise = Exercise(
    "7.6", "生成的循环", loop_with(),
    look="一轮：最近 context_length 个 token 进模型，取最后一个位置，argmax，是 eos 就停，否则接上去。",
    assemble=loop_with,
)


def trace(answer, prompt, max_new_tokens, eos, context_length):
    model, ids = Script(), list(prompt)
    new = answer(model, ids, max_new_tokens, eos, context_length)
    return {"新的 token": new, "每次给模型的长度": model.lengths, "提示没有被改动": ids == list(prompt)}


@exercise.probe("五个 token，遇不到 eos")
def _(answer, rng):
    return trace(answer, [4, 2], 5, 99, 64)


@exercise.probe("遇到 eos 就停，结果里没有它")
def _(answer, rng):
    return trace(answer, [4, 2], 40, 7, 64)


@exercise.probe("写得比上下文长：只给模型最近的一段")
def _(answer, rng):
    return trace(answer, [4, 2, 5], 9, 99, 4)


@exercise.probe("提示正好占满上下文")
def _(answer, rng):
    return trace(answer, [1, 2, 3, 4], 3, 99, 4)


@exercise.probe("第一个就是 eos：什么也没有写")
def _(answer, rng):
    return trace(answer, [2], 5, 7, 64)


@exercise.probe("提示里已经有 eos：照样写")
def _(answer, rng):
    return trace(answer, [7, 2], 3, 7, 64)


@exercise.probe("提示以 eos 结尾：照样写")
def _(answer, rng):
    return trace(answer, [2, 7], 3, 7, 64)


@exercise.probe("接连写出两个相同的 token：接着写")
def _(answer, rng):
    return trace(answer, [1, 8], 4, 99, 64)


@exercise.probe("提示比上下文还长")
def _(answer, rng):
    return trace(answer, [1, 2, 3, 4, 5, 6], 3, 99, 4)


@exercise.probe("上下文只有 1")
def _(answer, rng):
    return trace(answer, [4, 2], 3, 99, 1)


@exercise.probe("max_new_tokens = 0")
def _(answer, rng):
    return trace(answer, [4, 2], 0, 99, 64)


@exercise.correct("一直用张量")
def _(model, ids, max_new_tokens, eos, context_length):
    text = torch.tensor([ids])
    start = text.size(1)
    while text.size(1) < start + max_new_tokens:
        token = model(text[:, -context_length:])[:, -1].argmax(-1, keepdim=True)
        if token.item() == eos:
            break
        text = torch.cat([text, token], dim=1)
    return text[0, start:].tolist()


@exercise.correct("先收集再截断")
def _(model, ids, max_new_tokens, eos, context_length):
    text = tuple(ids)
    for _ in range(max_new_tokens):
        token = model(torch.tensor([text[-context_length:]]))[0, -1].max(-1).indices.item()
        if token == eos:
            return list(text[len(ids) :])
        text += (token,)
    return list(text[len(ids) :])


exercise.edit("遇到 eos 没有停", eos_when="never", look="取出 token 以后先看它是不是 eos。")
exercise.edit("结果里留下了 eos", eos_when="after", look="eos 是停止的记号，不是文字：先判断，再接上去。")
exercise.edit("提示里有 eos 就不写了", eos_when="at the start",
              look="停不停只看这一轮取出的 token，不看提示里有没有 eos；写满时最后一个也要看。")
exercise.edit("提示以 eos 结尾就不写了", eos_when="at the end",
              look="停不停只看这一轮取出的 token，不看提示的末尾；写满时最后一个也要看。")
exercise.edit("返回值里带着提示", give=lambda new, text: text, look="只返回新写的 token。")
exercise.edit("返回的是张量", give=lambda new, text: torch.tensor(new), look="返回列表，里面是整数。")
exercise.edit("新的 token 是张量，不是数", token_of=lambda token: token,
              look="用 int(…) 或 .item() 取出编号。")
exercise.edit("没有截到上下文长度", crop=lambda ids, n: ids,
              look="模型一次最多看 context_length 个：ids[-context_length:]。")
exercise.edit("截的是开头一段", crop=lambda ids, n: ids[:n], look="要最近的一段，不是最早的一段：ids[-n:]。")
exercise.edit("少给了一个 token", crop=lambda ids, n: ids[-(n - 1) :],
              look="上下文能放 context_length 个，正好用满。")
exercise.edit("多给了一个 token", crop=lambda ids, n: ids[-(n + 1) :],
              look="上下文只能放 context_length 个：ids[-context_length:]。")
exercise.edit("只给了最后一个 token", crop=lambda ids, n: ids[-1:],
              look="没有缓存，每一轮都要给最近的 context_length 个。")
exercise.edit("取了第一个位置的 logits", pick=lambda logits: logits[0, 0],
              look="下一个 token 由最后一个位置预测：[0, -1]。")
exercise.edit("取了最小的", pick=lambda logits: -logits[0, -1], look="贪心取最大的：argmax。")
exercise.edit("新的 token 没有接上去", grow=False, look="每写一个就接到输入后面，下一轮才看得见它。")
exercise.edit("多写了一个", rounds=lambda left, length, context: left + 1,
              look="循环 range(max_new_tokens)，一次写一个。")
exercise.edit("少写了一个", rounds=lambda left, length, context: left - 1,
              look="循环 range(max_new_tokens)。")
exercise.edit("max_new_tokens 是 0 时也写了一个", rounds=lambda left, length, context: max(1, left),
              look="先看还写不写，再算：for _ in range(max_new_tokens)。")
exercise.edit("把提示也算进了个数", rounds=lambda left, length, context: left - length,
              look="最多**新写** max_new_tokens 个，提示不算。")
exercise.edit("写满上下文就停了", rounds=lambda left, length, context: min(left, context - length),
              look="写满以后只给模型最近的 context_length 个，接着写。")
exercise.edit("改动了传进来的提示", inplace=True,
              look="ids.append 会改掉别人的列表；先 list(ids) 复制一份。")


@exercise.mutant("写完以后又算了一次", look="算一次写一个：最后一个写完就结束，不要再进模型。")
def _(model, ids, max_new_tokens, eos, context_length):
    text = list(ids)
    while True:
        token = int(model(torch.tensor([text[-context_length:]]))[0, -1].argmax())
        if token == eos or len(text) - len(ids) == max_new_tokens:
            return text[len(ids) :]
        text.append(token)


@exercise.mutant("提示截短了，又按原来的长度切", look="返回的是新写的：另记一个列表，不要由长度去切。")
def _(model, ids, max_new_tokens, eos, context_length):
    kept = ids[-context_length:]
    return loop_with(give=lambda new, text: (kept + new)[len(ids) :])(
        model, kept, max_new_tokens, eos, context_length
    )


@exercise.mutant("从第一个 eos 处截断，提示里的也算", look="提示里的 eos 不算：只看新写的。")
def _(model, ids, max_new_tokens, eos, context_length):
    text = list(ids) + loop_with(eos_when="after")(model, ids, max_new_tokens, eos, context_length)
    return text[: text.index(eos)][len(ids) :] if eos in text else text[len(ids) :]
