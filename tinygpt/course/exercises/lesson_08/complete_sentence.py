"""练习 8.6 写到句末。"""

import torch

from tinygpt.course.diagnosis import Exercise


class Script:
    """假的模型：按写好的次序给出下一个 token，并记下每次收到的编号。"""

    def __init__(self, tokens):
        self.tokens, self.seen = list(tokens), []

    def __call__(self, ids):
        self.seen.append(list(ids))
        logits = torch.zeros(20)
        logits[self.tokens[min(len(self.seen), len(self.tokens)) - 1]] = 5.0
        return logits


def sentence_with(
    show=lambda text, new: text, token_of=int, eos_when="before", end_when="after", is_end=None,
    rounds=lambda left, length: left, give=lambda new, text: new, grow=True, inplace=False,
):  # fmt: skip
    """eos_when、end_when：什么时候看，在接上去之前还是之后；show：给模型什么；rounds：走几轮。"""

    def run(next_logits, ids, eos, ends, max_new_tokens):
        text, new = ids if inplace else list(ids), []
        for _ in range(rounds(max_new_tokens, len(ids))):
            if end_when == "at the start" and text[-1] in ends:
                break
            token = token_of(next_logits(show(text, new)).argmax())
            ended = is_end(token, ends) if is_end else token in ends
            if token == eos and eos_when == "before" or ended and end_when == "before":
                break
            if token == eos and eos_when == "skip":
                continue
            new.append(token)
            if grow:
                text.append(token)
            if token == eos and eos_when == "after" or ended and end_when == "after":
                break
        return give(new, text)

    return run


exercise = Exercise(
    "8.6", "写到句末", sentence_with(),
    look="每一步取最大的；<eos> 不要，就停；句末的标点要留下，再停；都没有，写满 max_new_tokens 个。",
    assemble=sentence_with,
)


def written(answer, script, max_new_tokens=10, prompt=(12, 13)):
    model, ids = Script(script), list(prompt)
    new = answer(model, ids, 7, {3, 4}, max_new_tokens)
    return {"新的 token": new, "每次给模型的编号": model.seen, "提示没有被改动": ids == list(prompt)}


@exercise.probe("写到句号")
def _(answer, rng):
    return written(answer, [9, 8, 3, 6, 6])


@exercise.probe("写到另一种句末标点")
def _(answer, rng):
    return written(answer, [9, 4, 6])


@exercise.probe("写到 <eos>")
def _(answer, rng):
    return written(answer, [9, 8, 7, 6])


@exercise.probe("一上来就是 <eos>")
def _(answer, rng):
    return written(answer, [7, 8])


@exercise.probe("写满长度")
def _(answer, rng):
    return written(answer, [9, 8, 10, 11, 9, 8], 4)


@exercise.probe("提示以句号结尾：照样写")
def _(answer, rng):
    return written(answer, [9, 8, 3], prompt=(12, 3))


@exercise.probe("提示里已经有 <eos>：照样写")
def _(answer, rng):
    return written(answer, [9, 8, 3], prompt=(7, 12, 7))


@exercise.probe("一上来就是句号")
def _(answer, rng):
    return written(answer, [3, 9])


@exercise.probe("max_new_tokens = 0")
def _(answer, rng):
    return written(answer, [9, 8], 0)


@exercise.correct("while")
def _(next_logits, ids, eos, ends, max_new_tokens):
    text = [*ids]
    while len(text) - len(ids) < max_new_tokens and not (len(text) > len(ids) and text[-1] in ends):
        token = next_logits(text).max(0).indices.item()
        if token == eos:
            break
        text = [*text, token]
    return text[len(ids) :]


@exercise.correct("递归")
def _(next_logits, ids, eos, ends, max_new_tokens):
    if max_new_tokens == 0:
        return []
    token = int(next_logits(list(ids)).argmax())
    if token == eos:
        return []
    if token in ends:
        return [token]
    again = exercise.variants[1].value
    return [token, *again(next_logits, [*ids, token], eos, ends, max_new_tokens - 1)]


exercise.edit("遇到 <eos> 没有停", eos_when="never", look="取出 token 先看是不是 eos。")
exercise.edit("结果里留下了 <eos>", eos_when="after",
              look="<eos> 是记号，不是文字，不要留：接上去**之前**看。")
exercise.edit("跳过了 <eos>，接着写", eos_when="skip", look="是 eos 就停：break，不是 continue。")
exercise.edit("遇到句号没有停", end_when="never", look="token 在 ends 里，留下它，然后停。")
exercise.edit("句号没有留下", end_when="before", look="句末的标点是句子的一部分：先接上去，再停。")
exercise.edit("提示以句号结尾就不写了", end_when="at the start",
              look="看的是刚写的 token 是不是句末，不是提示的末尾：取出一个，接上，再看。")
exercise.edit("只认一种句末标点", is_end=lambda token, ends: token == min(ends),
              look="token in ends：几种都算。")
exercise.edit("新的 token 是张量，不是数", token_of=lambda token: token,
              look="用 int(…) 或 .item() 取出编号；张量不会在 ends 这个集合里。")
exercise.edit("新的 token 是张量，标点认得", token_of=lambda token: token,
              is_end=lambda token, ends: int(token) in ends, look="用 int(…) 或 .item() 取出编号。")
exercise.edit("多写了一个", rounds=lambda left, length: left + 1, look="最多 max_new_tokens 个。")
exercise.edit("max_new_tokens 是 0 时也写了一个", rounds=lambda left, length: max(1, left),
              look="先看还写不写，再算：for _ in range(max_new_tokens)。")
exercise.edit("把提示也算进了个数", rounds=lambda left, length: left - length,
              look="最多**新写** max_new_tokens 个，提示不算。")
exercise.edit("新的 token 没有接上去", grow=False, look="每写一个都要接到输入后面，模型下一步才看得见。")
exercise.edit("只给了新写的", show=lambda text, new: new, look="给模型的是提示加上新写的：list(ids) + new。")
exercise.edit("只给了最后一个", show=lambda text, new: text[-1:],
              look="给模型的是提示加上新写的：list(ids) + new。")
exercise.edit("给的是张量", show=lambda text, new: torch.tensor([text]),
              look="next_logits 收编号的列表：list(ids) + new。")
exercise.edit("返回值里带着提示", give=lambda new, text: text, look="只返回新写的。")
exercise.edit("返回的是张量", give=lambda new, text: torch.tensor(new), look="返回列表，里面是整数。")
exercise.edit("改动了提示", inplace=True, look="先 list(ids) 复制一份再 append。")


@exercise.mutant("写完以后又算了一次", look="算一次写一个：最后一个写完就结束，不要再问模型。")
def _(next_logits, ids, eos, ends, max_new_tokens):
    text = list(ids)
    while True:
        token = int(next_logits(text).argmax())
        if token == eos or len(text) - len(ids) == max_new_tokens:
            return text[len(ids) :]
        text.append(token)
        if token in ends:
            return text[len(ids) :]


@exercise.mutant("写满了才截断", look="遇到 <eos> 或句末就停下，不要接着问模型。")
def _(next_logits, ids, eos, ends, max_new_tokens):
    new = sentence_with(eos_when="never", end_when="never")(next_logits, ids, eos, ends, max_new_tokens)
    for place, token in enumerate(new):
        if token == eos or token in ends:
            return new[: place + (token != eos)]
    return new


@exercise.mutant("提示里有 <eos> 就不写了", look="停不停只看刚写的 token，不看提示里有没有 <eos>。")
def _(next_logits, ids, eos, ends, max_new_tokens):
    return sentence_with()(next_logits, ids, eos, ends, 0 if eos in ids else max_new_tokens)
