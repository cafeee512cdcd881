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
    stop_eos=True, stop_end=True, keep_eos=False, keep_end=True,
    extra=0, grow=True, prompt=False, mutate=False,
):
    def run(next_logits, ids, eos, ends, max_new_tokens):
        text = ids if mutate else list(ids)
        new = []
        for _ in range(max_new_tokens + extra):
            token = int(next_logits(text).argmax())
            if token == eos and stop_eos:
                new += [token] if keep_eos else []
                break
            if token in ends and stop_end and not keep_end:
                break
            new.append(token)
            if grow:
                text.append(token)
            if token in ends and stop_end:
                break
        return list(ids) + new if prompt and not mutate else new

    return run


exercise = Exercise(
    "8.6", "写到句末", sentence_with(),
    look="每一步取最大的；<eos> 不要，就停；句末的标点要留下，再停；都没有，写满 max_new_tokens 个。",
)


def written(answer, script, max_new_tokens=10):
    model, ids = Script(script), [12, 13]
    new = answer(model, ids, 7, {3, 4}, max_new_tokens)
    return {"新的 token": new, "每次给模型的编号": model.seen, "提示没有被改动": ids == [12, 13]}


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


exercise.mutant("遇到 <eos> 没有停", sentence_with(stop_eos=False), look="取出 token 先看是不是 eos。")
exercise.mutant("遇到句号没有停", sentence_with(stop_end=False), look="token 在 ends 里，留下它，然后停。")
exercise.mutant("结果里留下了 <eos>", sentence_with(keep_eos=True), look="<eos> 是记号，不是文字，不要留。")
exercise.mutant("句号没有留下", sentence_with(keep_end=False),
                look="句末的标点是句子的一部分：先接上去，再停。")
exercise.mutant("多写了一个", sentence_with(extra=1), look="最多 max_new_tokens 个。")
exercise.mutant("新的 token 没有接上去", sentence_with(grow=False),
                look="每写一个都要接到输入后面，模型下一步才看得见。")
exercise.mutant("返回值里带着提示", sentence_with(prompt=True), look="只返回新写的。")
exercise.mutant("改动了提示", sentence_with(mutate=True), look="先 list(ids) 复制一份再 append。")
