"""第 07 课的检查：温度、top-k、top-p、重复惩罚、取哪一行的 logits、生成的循环、停止的文字、缓存。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.sampling import keep_top_k, keep_top_p, penalise_repetition

INF = float("inf")


def normal(rng, *shape, scale=1.0):
    return torch.randn(*shape, generator=rng) * scale


def same_after(run, *tensors) -> bool:
    """运行一遍，看传进去的张量有没有被改动。"""
    before = [tensor.clone() for tensor in tensors]
    run(*tensors)
    return all(torch.equal(a, b) for a, b in zip(before, tensors, strict=True))


# ---- 7.1 温度 ----

temperature = Exercise(
    "7.1", "温度", lambda logits, temperature: (logits / temperature).softmax(dim=-1), look="先除以温度，再做 softmax，按最后一个轴。"
)


@temperature.probe("温度 1")
def _(answer, rng):
    return answer(torch.tensor([[2.0, 0.0, 1.0]]), 1.0)


@temperature.probe("温度 0.5：更集中")
def _(answer, rng):
    return answer(normal(rng, 2, 5), 0.5)


@temperature.probe("温度 3：更平")
def _(answer, rng):
    return answer(normal(rng, 2, 5), 3.0)


@temperature.probe("很低的温度：分数很大，也不溢出")
def _(answer, rng):
    return answer(torch.tensor([[3.0, 1.0, -2.0], [5.0, 4.0, 0.0]]), 0.01)


@temperature.probe("不改动输入")
def _(answer, rng):
    return same_after(lambda logits: answer(logits, 0.7), normal(rng, 2, 4))


@temperature.correct("log_softmax 再取指数")
def _(logits, temperature):
    return torch.log_softmax(logits * (1 / temperature), -1).exp()


@temperature.correct("自己写 softmax")
def _(logits, temperature):
    z = logits / temperature
    e = (z - z.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


temperature.mutant("乘了温度", lambda z, t: (z * t).softmax(-1), look="低温要让差距变大，所以是除以温度。")
temperature.mutant("没有用温度", lambda z, t: z.softmax(-1), look="参数 temperature 没有用上。")
temperature.mutant("先做 softmax，再除以温度", lambda z, t: z.softmax(-1) / t, look="除以温度要在 softmax 之前，不然每行加起来不是 1。")
temperature.mutant("除以温度的平方", lambda z, t: (z / t**2).softmax(-1), look="除以温度一次就够。")
temperature.mutant("只取了指数，没有归一", lambda z, t: (z / t).exp(), look="softmax 最后还要除以每行的总和。")
temperature.mutant("按第一个轴做 softmax", lambda z, t: (z / t).softmax(0), look="每一行是一个分布，dim=-1。")


@temperature.mutant("没有减最大值，低温时溢出", look="logits 除以 0.01 放大一百倍，直接取指数会得到 inf。用 softmax，或先减去每行的最大值。")
def _(z, t):
    e = (z / t).exp()
    return e / e.sum(-1, keepdim=True)


@temperature.mutant("改动了输入", look="logits /= t 会改掉别人的张量。写成 logits / t。")
def _(z, t):
    z /= t
    return z.softmax(-1)


# ---- 7.2 top-k ----

top_k = Exercise("7.2", "top-k", keep_top_k, look="每一行留下最大的 k 个，其余改成 −∞；形状不变，留下的数不变。")


@top_k.probe("一行五个数，k = 2")
def _(answer, rng):
    return answer(torch.tensor([[1.0, 5.0, 3.0, -2.0, 4.0]]), 2)


@top_k.probe("三行，每行各自取 3 个")
def _(answer, rng):
    return answer(normal(rng, 3, 8), 3)


@top_k.probe("k = 1")
def _(answer, rng):
    return answer(normal(rng, 2, 6), 1)


@top_k.probe("全是负数")
def _(answer, rng):
    return answer(-normal(rng, 2, 6).abs() - 1, 2)


@top_k.probe("k 比词表还大")
def _(answer, rng):
    return answer(normal(rng, 1, 4), 9)


@top_k.probe("有并列：正好留下 k 个")
def _(answer, rng):
    kept = answer(torch.tensor([[2.0, 2.0, 2.0, 1.0], [0.0, 3.0, 3.0, 3.0]]), 2)
    return (kept > -INF).sum(dim=-1)


@top_k.probe("不改动输入")
def _(answer, rng):
    return same_after(lambda logits: answer(logits, 2), normal(rng, 2, 5))


@top_k.correct("排序以后写回去")
def _(logits, k):
    values, indices = logits.sort(dim=-1, descending=True)
    values[:, k:] = -INF
    return torch.zeros_like(logits).scatter(1, indices, values)


@top_k.correct("一行一行地做")
def _(logits, k):
    out = torch.full_like(logits, -INF)
    for row in range(len(logits)):
        for i in logits[row].argsort(descending=True)[:k]:
            out[row, i] = logits[row, i]
    return out


def keep(chosen, fill=-INF):
    """留下 chosen 的位置，其余填 fill。"""

    def run(logits, k):
        return logits.masked_fill(~chosen(logits, min(k, logits.size(-1))), fill)

    return run


def rank(logits, descending=True):
    return logits.argsort(dim=-1, descending=descending, stable=True).argsort(dim=-1)


top_k.mutant("并列的都留下了", keep(lambda z, k: z >= z.topk(k).values[:, -1:]), look="与第 k 大相等的可能不止一个；用 topk 给出的下标，就正好 k 个。")
top_k.mutant("与第 k 大相等的没有留", keep(lambda z, k: z > z.topk(k).values[:, -1:]), look="第 k 大的那个自己也要留下。")
top_k.mutant("多留了一个", keep(lambda z, k: rank(z) < k + 1), look="数一数：从 0 数起，留下的是第 0 到第 k − 1 个。")
top_k.mutant("少留了一个", keep(lambda z, k: rank(z) < k - 1), look="数一数：从 0 数起，留下的是第 0 到第 k − 1 个。")
top_k.mutant("留下了最小的", keep(lambda z, k: rank(z, descending=False) < k), look="排序要从大到小。")
top_k.mutant("其余填了 0", keep(lambda z, k: rank(z) < k, fill=0.0), look="logit 为 0 的 token 仍有概率，而且可能比负的还大。填 −∞。")
top_k.mutant("按绝对值取最大", keep(lambda z, k: rank(z.abs()) < k), look="比的是 logit 本身；−5 比 1 小。")
top_k.mutant("所有行用同一个门槛", keep(lambda z, k: (z >= z.flatten().topk(k).values[-1]) & (rank(z) < k)), look="topk 要按最后一个轴，每行有自己的门槛。")


@top_k.mutant("返回了 k 个数，形状变了", look="返回与输入同样的形状：没有留下的位置填 −∞，下标才对得上 token 的编号。")
def _(logits, k):
    return logits.topk(min(k, logits.size(-1))).values


@top_k.mutant("k 比词表大时出错", look="k 先与词表大小取较小的：min(k, logits.size(-1))。")
def _(logits, k):
    return torch.full_like(logits, -INF).scatter(-1, logits.topk(k).indices, logits.topk(k).values)


@top_k.mutant("改动了输入", look="先得到一个新的张量再改；scatter、masked_fill 都有不改动输入的写法。")
def _(logits, k):
    kept = keep_top_k(logits, k)
    logits.copy_(kept)
    return kept


# ---- 7.3 top-p ----

top_p = Exercise("7.3", "top-p", keep_top_p, look="从大到小排好，一个一个加，加到不小于 p 为止；跨过 p 的那一个也留下。")


def logs(*probabilities):
    return torch.tensor([probabilities]).log()


@top_p.probe("0.5、0.3、0.15、0.05，p = 0.7")
def _(answer, rng):
    return answer(logs(0.5, 0.3, 0.15, 0.05), 0.7)


@top_p.probe("没有排好序，p = 0.9")
def _(answer, rng):
    return answer(logs(0.05, 0.5, 0.15, 0.3), 0.9)


@top_p.probe("第一个就超过 p：仍留下它")
def _(answer, rng):
    return answer(logs(0.9, 0.06, 0.04), 0.3)


@top_p.probe("两行，各自算各自的")
def _(answer, rng):
    return answer(normal(rng, 2, 10, scale=2.0), 0.8)


@top_p.probe("很小的 p")
def _(answer, rng):
    return answer(normal(rng, 2, 6), 1e-6)


@top_p.probe("输入不是归一的对数概率")
def _(answer, rng):
    return answer(logs(0.5, 0.3, 0.15, 0.05) + 3.0, 0.7)


@top_p.probe("不改动输入")
def _(answer, rng):
    return same_after(lambda logits: answer(logits, 0.5), normal(rng, 2, 5))


@top_p.correct("一行一行地加")
def _(logits, p):
    out = torch.full_like(logits, -INF)
    for row, probabilities in enumerate(logits.softmax(-1)):
        total = 0.0
        for i in probabilities.argsort(descending=True, stable=True):
            out[row, i] = logits[row, i]
            total += probabilities[i].item()
            if total >= p:
                break
    return out


@top_p.correct("把累加错开一位")
def _(logits, p):
    values, order = logits.sort(dim=-1, descending=True, stable=True)
    over = values.softmax(-1).cumsum(-1) >= p
    drop = torch.roll(over, 1, dims=-1)
    drop[:, 0] = False
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), -INF)


def nucleus(drop, descending=True, probabilities=lambda v: v.softmax(-1), fill=-INF, back=True):
    """top-p 的变体：drop(概率, 累加, p) 说排好的哪些去掉。"""

    def run(logits, p):
        values, order = logits.sort(dim=-1, descending=descending, stable=True)
        q = probabilities(values)
        values = values.masked_fill(drop(q, q.cumsum(-1), p), fill)
        return torch.empty_like(logits).scatter(-1, order, values) if back else values

    return run


def before(q, total, p):
    return (total - q >= p) & (total - q > 0)


top_p.mutant(
    "跨过 p 的那一个也去掉了", nucleus(lambda q, total, p: total > p), look="留下的概率之和要**不小于** p；跨过 p 的那一个留下，第一个总是留下。"
)
top_p.mutant("多留了一个", nucleus(lambda q, total, p: torch.roll(before(q, total, p), 1, -1) & before(q, total, p)), look="加到不小于 p 就停，下一个不要了。")
top_p.mutant("没有还原次序", nucleus(before, back=False), look="排序打乱了编号；用 scatter 把每个数放回它原来的位置。")
top_p.mutant("从小到大排了序", nucleus(before, descending=False), look="要先留概率大的，descending=True。")
top_p.mutant("其余填了 0", nucleus(before, fill=0.0), look="logit 为 0 不是概率为 0。填 −∞。")
top_p.mutant("对 logits 累加，没有 softmax", nucleus(before, probabilities=lambda v: v), look="p 是概率之和，先做 softmax。")
top_p.mutant("没有归一就取指数", nucleus(before, probabilities=lambda v: v.exp()), look="logits 差一个常数，概率不变；直接取指数得到的数加起来不是 1。")
top_p.mutant(
    "第一个超过 p 时一个也不留", nucleus(lambda q, total, p: (total - q >= p) | ((total - q == 0) & (q >= p))), look="概率最大的那个总要留下，不然就没有 token 可抽了。"
)
top_p.mutant("只留概率不小于 1 − p 的", lambda z, p: z.masked_fill(z.softmax(-1) < 1 - p, -INF), look="top-p 看的是累加的和，不是单个概率的门槛。")


@top_p.mutant("返回了概率", look="返回 logits，去掉的填 −∞；softmax 是下一步的事。")
def _(logits, p):
    return keep_top_p(logits, p).softmax(-1)


# ---- 7.4 重复惩罚 ----

repetition = Exercise(
    "7.4", "重复惩罚", penalise_repetition, look="只动出现过的 token：正的除以 penalty，负的乘以 penalty，两种都是变小。"
)


@repetition.probe("正的 logit")
def _(answer, rng):
    return answer(torch.tensor([[2.0, 1.0, 4.0]]), torch.tensor([[True, False, True]]), 2.0)


@repetition.probe("负的 logit")
def _(answer, rng):
    return answer(torch.tensor([[-2.0, -1.0, 0.0]]), torch.tensor([[True, False, True]]), 2.0)


@repetition.probe("有正有负，两行")
def _(answer, rng):
    return answer(normal(rng, 2, 8), torch.rand(2, 8, generator=rng) > 0.5, 1.3)


@repetition.probe("penalty = 1 时什么也不变")
def _(answer, rng):
    return answer(normal(rng, 1, 6), torch.ones(1, 6, dtype=torch.bool), 1.0)


@repetition.probe("不改动输入")
def _(answer, rng):
    return same_after(lambda logits: answer(logits, torch.ones(1, 5, dtype=torch.bool), 1.5), normal(rng, 1, 5))


@repetition.correct("先算乘数")
def _(logits, seen, penalty):
    factor = torch.where(logits > 0, torch.tensor(1 / penalty), torch.tensor(float(penalty)))
    return logits * torch.where(seen, factor, torch.tensor(1.0))


@repetition.correct("复制以后逐个改")
def _(logits, seen, penalty):
    out = logits.clone()
    for row, column in seen.nonzero().tolist():
        value = out[row, column].item()
        out[row, column] = value / penalty if value > 0 else value * penalty
    return out


repetition.mutant("一律除以 penalty", lambda z, s, p: torch.where(s, z / p, z), look="负数除以 2 反而变大了：−2 变成 −1。负的要乘。")
repetition.mutant("一律乘以 penalty", lambda z, s, p: torch.where(s, z * p, z), look="正数乘以 2 变大了，成了鼓励重复。正的要除。")
repetition.mutant("正负弄反了", lambda z, s, p: torch.where(s, torch.where(z < 0, z / p, z * p), z), look="两种情形都要变小：正的除，负的乘。")
repetition.mutant("没有出现过的也罚了", lambda z, s, p: torch.where(z > 0, z / p, z * p), look="seen 为 True 的才动。")
repetition.mutant("罚的是没有出现过的", lambda z, s, p: penalise_repetition(z, ~s, p), look="seen 为 True 表示出现过，罚的是它们。")
repetition.mutant("减去了 penalty", lambda z, s, p: torch.where(s, z - p, z), look="这里的惩罚是乘除，不是加减；penalty = 1 时应当什么也不变。")
repetition.mutant("改成了 −∞", lambda z, s, p: z.masked_fill(s, -INF), look="惩罚是变得不易出现，不是禁止。")


@repetition.mutant("改动了输入", look="logits[seen] = … 改的是别人的张量；先 clone，或用 torch.where。")
def _(z, s, p):
    z[s] = torch.where(z[s] > 0, z[s] / p, z[s] * p)
    return z


# ---- 7.5 取哪一行的 logits ----

last_logits = Exercise(
    "7.5", "长短不一的批：下一个 token 看哪里", lambda logits, lengths: logits[torch.arange(len(logits)), torch.as_tensor(lengths) - 1],
    look="第 i 行有 lengths[i] 个真的 token，下一个 token 由第 lengths[i] − 1 个位置的 logits 预测。",
)  # fmt: skip


@last_logits.probe("一样长")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4), [3, 3])


@last_logits.probe("右边补齐，长短不一")
def _(answer, rng):
    return answer(normal(rng, 3, 5, 4), [5, 2, 1])


@last_logits.probe("每一行都有补齐")
def _(answer, rng):
    return answer(normal(rng, 2, 6, 3), [4, 2])


@last_logits.probe("只有一行")
def _(answer, rng):
    return answer(normal(rng, 1, 4, 3), [2])


@last_logits.correct("循环")
def _(logits, lengths):
    return torch.stack([row[length - 1] for row, length in zip(logits, lengths, strict=True)])


@last_logits.correct("gather")
def _(logits, lengths):
    index = (torch.tensor(lengths) - 1)[:, None, None].expand(-1, 1, logits.size(-1))
    return logits.gather(1, index)[:, 0]


last_logits.mutant("取了最后一列", lambda z, n: z[:, -1], look="短的那些行，最后一列是补齐的位置。")
last_logits.mutant("差一位，取到了补齐", lambda z, n: z[torch.arange(len(z)), torch.tensor(n).clamp(max=z.size(1) - 1)], look="长度为 n 的行，最后一个 token 的下标是 n − 1。")
last_logits.mutant("早了一位", lambda z, n: z[torch.arange(len(z)), (torch.tensor(n) - 2).clamp(min=0)], look="长度为 n 的行，最后一个 token 的下标是 n − 1，不是 n − 2。")
last_logits.mutant("所有行用最短的长度", lambda z, n: z[:, min(n) - 1], look="每一行有自己的长度。")
last_logits.mutant("返回了每一对的组合", lambda z, n: z[:, torch.tensor(n) - 1], look="z[:, 下标] 会给每一行取出所有下标；行号也要给：z[torch.arange(b), 下标]。")
last_logits.mutant("取了第一个位置", lambda z, n: z[:, 0], look="下一个 token 由最后一个真的 token 预测。")


# ---- 7.6 生成的循环 ----


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


loop = Exercise("7.6", "生成的循环", greedy_loop, look="一轮：最近 context_length 个 token 进模型，取最后一个位置，argmax，是 eos 就停，否则接上去。")


def trace(answer, prompt, max_new_tokens, eos, context_length):
    model, ids = Script(), list(prompt)
    new = answer(model, ids, max_new_tokens, eos, context_length)
    return {"新的 token": new, "每次给模型的长度": model.lengths, "提示没有被改动": ids == list(prompt)}


@loop.probe("五个 token，遇不到 eos")
def _(answer, rng):
    return trace(answer, [4, 2], 5, 99, 64)


@loop.probe("遇到 eos 就停，结果里没有它")
def _(answer, rng):
    return trace(answer, [4, 2], 40, 7, 64)


@loop.probe("写得比上下文长：只给模型最近的一段")
def _(answer, rng):
    return trace(answer, [4, 2, 5], 9, 99, 4)


@loop.probe("提示正好占满上下文")
def _(answer, rng):
    return trace(answer, [1, 2, 3, 4], 3, 99, 4)


@loop.probe("max_new_tokens = 0")
def _(answer, rng):
    return trace(answer, [4, 2], 0, 99, 64)


@loop.correct("一直用张量")
def _(model, ids, max_new_tokens, eos, context_length):
    text = torch.tensor([ids])
    start = text.size(1)
    while text.size(1) < start + max_new_tokens:
        token = model(text[:, -context_length:])[:, -1].argmax(-1, keepdim=True)
        if token.item() == eos:
            break
        text = torch.cat([text, token], dim=1)
    return text[0, start:].tolist()


@loop.correct("先收集再截断")
def _(model, ids, max_new_tokens, eos, context_length):
    text = tuple(ids)
    for _ in range(max_new_tokens):
        token = model(torch.tensor([text[-context_length:]]))[0, -1].max(-1).indices.item()
        if token == eos:
            return list(text[len(ids) :])
        text += (token,)
    return list(text[len(ids) :])


def loop_with(crop=lambda ids, n: ids[-n:], place=-1, stop=True, keep_eos=False, with_prompt=False, extra=0, grow=True, inplace=False):
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


loop.mutant("遇到 eos 没有停", loop_with(stop=False), look="取出 token 以后先看它是不是 eos。")
loop.mutant("结果里留下了 eos", loop_with(keep_eos=True), look="eos 是停止的记号，不是文字：先判断，再接上去。")
loop.mutant("返回值里带着提示", loop_with(with_prompt=True), look="只返回新写的 token。")
loop.mutant("没有截到上下文长度", loop_with(crop=lambda ids, n: ids), look="模型一次最多看 context_length 个：ids[-context_length:]。")
loop.mutant("截的是开头一段", loop_with(crop=lambda ids, n: ids[:n]), look="要最近的一段，不是最早的一段：ids[-n:]。")
loop.mutant("少给了一个 token", loop_with(crop=lambda ids, n: ids[-(n - 1) :]), look="上下文能放 context_length 个，正好用满。")
loop.mutant("取了第一个位置的 logits", loop_with(place=0), look="下一个 token 由最后一个位置预测。")
loop.mutant("新的 token 没有接上去", loop_with(grow=False), look="每写一个就接到输入后面，下一轮才看得见它。")
loop.mutant("多写了一个", loop_with(extra=1), look="循环 range(max_new_tokens)，一次写一个。")
loop.mutant("改动了传进来的提示", loop_with(inplace=True), look="ids.append 会改掉别人的列表；先 list(ids) 复制一份。")


# ---- 7.7 找错误：停止的文字 ----


def stop_reference(pieces, stop):
    text = "".join(pieces)
    return text.split(stop)[0] if stop in text else text


stop_text = Exercise("7.7", "找错误：停止的文字", stop_reference, look="停止的文字可能跨着两段：把收到的都接起来再找，只找第一次出现的地方。")


@stop_text.probe("停止的文字在一段之内")
def _(answer, rng):
    return answer(["机器学习", "是方法。", "它很有用。"], "方法")


@stop_text.probe("停止的文字跨着两段")
def _(answer, rng):
    return answer(["一问一", "答。", "问", "：还有吗"], "问：")


@stop_text.probe("一直没有出现：全部交出")
def _(answer, rng):
    return answer(["春天", "来了。", "问"], "问：")


@stop_text.probe("没有出现，末尾也不像")
def _(answer, rng):
    return answer(["春天", "来了。"], "问：")


@stop_text.probe("出现两次：停在第一次")
def _(answer, rng):
    return answer(["甲。", "乙。", "丙"], "。")


@stop_text.probe("一开头就是")
def _(answer, rng):
    return answer(["。", "后面"], "。")


@stop_text.probe("像是开了头，却不是")
def _(answer, rng):
    return answer(["问问", "：答"], "问：")


@stop_text.probe("只有一半在末尾，后面没有了")
def _(answer, rng):
    return answer(["他问"], "问：")


@stop_text.correct("找下标")
def _(pieces, stop):
    text = ""
    for piece in pieces:
        text += piece
        if (place := text.find(stop)) >= 0:
            return text[:place]
    return text


@stop_text.correct("partition")
def _(pieces, stop):
    return "".join(pieces).partition(stop)[0]


@stop_text.mutant("一段一段地找，跨段的找不到", look="“问”与“：”可能分在两段里。找的应该是已经写出的全部文字，而不是这一段。")
def _(pieces, stop):
    text = ""
    for piece in pieces:
        if stop in piece:
            return text + piece[: piece.index(stop)]
        text += piece
    return text


@stop_text.mutant("把停止的文字也交出来了", look="停止的文字本身不要：截到它开始的地方。")
def _(pieces, stop):
    text = "".join(pieces)
    return text[: text.index(stop) + len(stop)] if stop in text else text


@stop_text.mutant("停在了最后一次出现的地方", look="rindex 找的是最后一次；要第一次。")
def _(pieces, stop):
    text = "".join(pieces)
    return text[: text.rindex(stop)] if stop in text else text


@stop_text.mutant("没有出现时，丢掉了像是开头的末尾", look="流式输出时先扣下“问”，等着看是不是“问：”；到了结尾还不是，就要把它交出来。")
def _(pieces, stop):
    text = stop_reference(pieces, stop)
    if stop in "".join(pieces):
        return text
    overlap = next((n for n in range(len(stop) - 1, 0, -1) if text.endswith(stop[:n])), 0)
    return text[: len(text) - overlap]


@stop_text.mutant("见到第一个字就停", look="停止的文字要整个出现，不是出现它的第一个字。")
def _(pieces, stop):
    return "".join(pieces).partition(stop[0])[0]


@stop_text.mutant("没有出现就什么也不交", look="没有遇到停止的文字，整段都要。")
def _(pieces, stop):
    text = "".join(pieces)
    return text[: text.find(stop)] if stop in text else ""


@stop_text.mutant("没找到时少了最后一个字", look="find 找不到时返回 −1，text[:-1] 就少了一个字。先判断。")
def _(pieces, stop):
    text = "".join(pieces)
    return text[: text.find(stop)]


# ---- 7.8 先猜后算：缓存 ----

COUNTS = ("第一个新 token 排在第几个位置（从 0 数起）", "生成完毕时缓存里有几个键", "用缓存一共算几个位置", "不用缓存一共算几个位置")


def counts(*values):
    return dict(zip(COUNTS, values, strict=True))


cache_counts = Exercise(
    "7.8", "先猜后算：缓存省了多少", counts(5, 8, 8, 26),
    look="提示 5 个 token，写 4 个新的。第一个新 token 由提示的最后一个位置预测；最后一个新 token 写出来就结束，不再进模型。",
)  # fmt: skip
cache_counts.probe("四个数")(lambda answer, rng: answer)
cache_counts.correct("写成小数", counts(5.0, 8.0, 8.0, 26.0))
cache_counts.mutant("位置差一位", counts(4, 8, 8, 26), look="提示占了位置 0 到 4，新的第一个在 5。")
cache_counts.mutant("位置从头数了", counts(0, 8, 8, 26), look="有缓存时，新的 token 接在旧的后面，位置不从 0 开始。")
cache_counts.mutant("最后一个新 token 也算进了模型", counts(5, 9, 9, 35), look="第 4 个新 token 写出来就够了，不用再算它后面的 logits。")
cache_counts.mutant("缓存里多数了一个", counts(5, 9, 8, 26), look="缓存里有几个键，就是进过模型的 token 有几个。")
cache_counts.mutant("以为每步只算一个位置，提示不算", counts(5, 8, 4, 26), look="提示的 5 个位置也要算一遍，才有键和值。")
cache_counts.mutant("不用缓存时每步算的一样多", counts(5, 8, 8, 20), look="不用缓存，每步都从头算一遍，而且一步比一步长：5 + 6 + 7 + 8。")
cache_counts.mutant("不用缓存时从 6 个加起", counts(5, 8, 8, 30), look="第一步只有提示的 5 个：5 + 6 + 7 + 8。")
