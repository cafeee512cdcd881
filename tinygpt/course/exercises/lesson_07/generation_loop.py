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


def greedy_loop(model, ids, max_new_tokens, eos, context_length):
    ids, new = list(ids), []
    for _ in range(max_new_tokens):
        logits = model(torch.tensor([ids[-context_length:]]))
        token = int(logits[0, -1].argmax())
        if token == eos:
            break
        ids.append(token)
        new.append(token)
    return new


exercise = Exercise(
    "7.6", "生成的循环", greedy_loop,
    look="一轮：最近 context_length 个 token 进模型，取最后一个位置，argmax，是 eos 就停，否则接上去。",
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


def loop_with(
    crop=lambda ids, n: ids[-n:],
    place=-1,
    stop=True,
    keep_eos=False,
    with_prompt=False,
    extra=0,
    grow=True,
    inplace=False,
):
    def run(model, ids, max_new_tokens, eos, context_length):
        text, new = (ids if inplace else list(ids)), []
        for _ in range(max_new_tokens + extra):
            token = int(model(torch.tensor([crop(text, context_length)]))[0, place].argmax())
            if stop and token == eos:
                new += [token] if keep_eos else []
                break
            if grow:
                text.append(token)
            new.append(token)
        return text if with_prompt else new

    return run


exercise.mutant("遇到 eos 没有停", loop_with(stop=False), look="取出 token 以后先看它是不是 eos。")
exercise.mutant("结果里留下了 eos", loop_with(keep_eos=True),
                look="eos 是停止的记号，不是文字：先判断，再接上去。")
exercise.mutant("返回值里带着提示", loop_with(with_prompt=True), look="只返回新写的 token。")
exercise.mutant("没有截到上下文长度", loop_with(crop=lambda ids, n: ids),
                look="模型一次最多看 context_length 个：ids[-context_length:]。")
exercise.mutant("截的是开头一段", loop_with(crop=lambda ids, n: ids[:n]),
                look="要最近的一段，不是最早的一段：ids[-n:]。")
exercise.mutant("少给了一个 token", loop_with(crop=lambda ids, n: ids[-(n - 1) :]),
                look="上下文能放 context_length 个，正好用满。")
exercise.mutant("取了第一个位置的 logits", loop_with(place=0), look="下一个 token 由最后一个位置预测。")
exercise.mutant("新的 token 没有接上去", loop_with(grow=False),
                look="每写一个就接到输入后面，下一轮才看得见它。")
exercise.mutant("多写了一个", loop_with(extra=1), look="循环 range(max_new_tokens)，一次写一个。")
exercise.mutant("改动了传进来的提示", loop_with(inplace=True),
                look="ids.append 会改掉别人的列表；先 list(ids) 复制一份。")
