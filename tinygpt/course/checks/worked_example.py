"""第 08 课的检查：由权重算 h_0、拆头、一整层、候选、<eos> 的作用、写到句末。"""

import math

import torch
import torch.nn.functional as F
from einops import rearrange

from tinygpt import GPT, GPTConfig
from tinygpt.course.diagnosis import Exercise
from tinygpt.layers import CAUSAL, attention


def normal(rng, *shape, scale=1.0):
    return torch.randn(*shape, generator=rng) * scale


def integers(rng, high, *shape):
    return torch.randint(high, shape, generator=rng)


def weights_of(rng, n_layer=2, n_embd=8, n_head=2, vocab_size=300, context_length=12):
    """一个小模型的全部权重（名字与检查点里的相同），数值放大，每一样都起作用。"""
    model = GPT(GPTConfig(n_layer=n_layer, n_embd=n_embd, n_head=n_head, vocab_size=vocab_size, context_length=context_length, dropout=0.0))
    return {name: normal(rng, *p.shape, scale=0.5) + (1.0 if "norm.weight" in name else 0.0) for name, p in model.named_parameters()}


# ---- 8.1 h_0 ----


def first_vectors(W, ids, positions=lambda n: slice(0, n), join=lambda x, p: x + p):
    return join(W["token_embedding.weight"][ids], W["position_embedding.weight"][positions(len(ids))])


start = Exercise("8.1", "由编号算出 h_0", first_vectors, look="token_embedding.weight 取出这些编号的行，加上 position_embedding.weight 的前 n 行。")


@start.probe("机器学习是，两个编号")
def _(answer, rng):
    return answer(weights_of(rng, vocab_size=4096, n_embd=16), [1256, 3419])


@start.probe("文章的三个编号")
def _(answer, rng):
    return answer(weights_of(rng, vocab_size=4096, n_embd=16), [1256, 3419, 7])


@start.probe("同一个编号出现两次")
def _(answer, rng):
    return answer(weights_of(rng), [5, 9, 5])


@start.probe("占满上下文")
def _(answer, rng):
    return answer(weights_of(rng), integers(rng, 300, 12).tolist())


@start.probe("权重没有被改动")
def _(answer, rng):
    W = weights_of(rng)
    before = {name: value.clone() for name, value in W.items()}
    answer(W, [1, 2, 3])
    return all(torch.equal(before[name], W[name]) for name in W)


@start.correct("F.embedding")
def _(W, ids):
    return F.embedding(torch.tensor(ids), W["token_embedding.weight"]) + W["position_embedding.weight"][: len(ids)]


@start.correct("一行一行地加")
def _(W, ids):
    return torch.stack([W["token_embedding.weight"][token] + W["position_embedding.weight"][place] for place, token in enumerate(ids)])


start.mutant("没有加位置", lambda W, ids: first_vectors(W, ids, join=lambda x, p: x), look="文章写 h_0 = X，少了位置：再加 position_embedding.weight 的前 n 行。")
start.mutant("所有 token 加了第 0 个位置", lambda W, ids: first_vectors(W, ids, positions=lambda n: [0] * n), look="第 i 个 token 加第 i 行。")
start.mutant("位置从 1 数起", lambda W, ids: W["token_embedding.weight"][ids] + W["position_embedding.weight"].roll(-1, 0)[: len(ids)], look="第一个 token 在位置 0。")
start.mutant("位置倒着加", lambda W, ids: first_vectors(W, ids, positions=lambda n: list(range(n))[::-1]), look="从左到右，位置 0、1、2……")
start.mutant("位置按编号查", lambda W, ids: W["token_embedding.weight"][ids] + W["position_embedding.weight"][[i % 12 for i in ids]], look="位置表按第几个来查，不是按编号。")
start.mutant("乘了 √256", lambda W, ids: first_vectors(W, ids, join=lambda x, p: x * 16 + p), look="GPT 的 embedding 不放大，直接相加。")
start.mutant("又做了一次层归一化", lambda W, ids: F.layer_norm(first_vectors(W, ids), (W["token_embedding.weight"].size(1),)), look="h_0 不归一化；归一化在每层子层的入口。")

# ---- 8.2 拆成各个头 ----


def split_with(pattern="t (n h d) -> n h t d"):
    return lambda qkv, n_head: rearrange(qkv, pattern, n=3, h=n_head)


split = Exercise("8.2", "拆成各个头", split_with(), look="768 = 3 份 × 4 个头 × 64 维，次序是 (n h d)；结果的形状是 (3, 头, token, 维)。")


@split.probe("3 个 token、2 个头")
def _(answer, rng):
    return answer(torch.arange(3 * 24).view(3, 24), 2)


@split.probe("文章的形状：3 个 token、4 个头、64 维")
def _(answer, rng):
    return answer(normal(rng, 3, 768), 4)


@split.probe("头数与维数相同")
def _(answer, rng):
    return answer(normal(rng, 2, 48), 4)


@split.probe("1 个头")
def _(answer, rng):
    return answer(normal(rng, 4, 12), 1)


@split.correct("view 与 permute")
def _(qkv, n_head):
    return qkv.view(qkv.size(0), 3, n_head, -1).permute(1, 2, 0, 3)


@split.correct("切三份再堆起来")
def _(qkv, n_head):
    return torch.stack([part.unflatten(1, (n_head, -1)).transpose(0, 1) for part in qkv.chunk(3, dim=1)])


split.mutant("头排在了三份的外面", split_with("t (h n d) -> n h t d"), look="to_qkv 先是全部的 q，再是全部的 k，再是全部的 v：最外面是三份。")
split.mutant("维排在了头的外面", split_with("t (n d h) -> n h t d"), look="连续的 64 个数属于同一个头：d 在最里面。")
split.mutant("三份排在了最里面", split_with("t (h d n) -> n h t d"), look="to_qkv 先是全部的 q，再是 k，再是 v：最外面是三份。")
split.mutant("头与 token 的轴没有换", split_with("t (n h d) -> n t h d"), look="头要排在 token 前面：每个头自己对 token 做注意力。")
split.mutant("维与 token 的轴反了", split_with("t (n h d) -> n h d t"), look="最后一个轴是维，不是 token。")
split.mutant("拆的是 token 的轴", lambda qkv, n: qkv.reshape(3, n, qkv.size(0), -1), look="直接 reshape 会把不同 token 的数混在一起；先拆最后一个轴，再换轴。")
split.mutant("只取了查询", lambda qkv, n: split_with()(qkv, n)[:1], look="三份都要：q、k、v。")
split.mutant("三份的次序反了", lambda qkv, n: split_with()(qkv, n).flip(0), look="次序是 q、k、v。")

# ---- 8.3 一整层 ----


def block_with(norm_at="before", mask=CAUSAL, scale=None, first=True, second=True, layer=None, merge="h t d -> t (h d)", act=F.gelu, swap=False, bias=True, split_="t (n h d) -> n h t d", eps=1e-5):
    def run(W, x, i, n_head):
        at = f"transformer.blocks.{i if layer is None else layer}."
        names = ("feed_forward_norm", "attention_norm") if swap else ("attention_norm", "feed_forward_norm")
        norm = lambda y, name: F.layer_norm(y, y.shape[-1:], W[at + name + ".weight"], W[at + name + ".bias"], eps)
        before = norm if norm_at == "before" else lambda y, name: y
        after = norm if norm_at == "after" else lambda y, name: y
        linear = lambda y, name: y @ W[at + name + ".weight"].T + (W[at + name + ".bias"] if bias else 0)
        q, k, v = rearrange(linear(before(x, names[0]), "attention.to_qkv"), split_, n=3, h=n_head)
        q = q * (math.sqrt(q.size(-1)) / scale(x.size(-1), n_head)) if scale else q
        heads = attention(q[None], k[None], v[None], mask)[0]
        x = after((x if first else 0) + linear(rearrange(heads, merge), "attention.to_out"), names[0])
        wide = act(linear(before(x, names[1]), "feed_forward.up"))
        return after((x if second else 0) + linear(wide, "feed_forward.down"), names[1])

    return run


layer = Exercise(
    "8.3", "用矩阵算完一整层", block_with(), rtol=1e-3, atol=1e-4,
    look="归一化 → to_qkv → 拆头 → 带因果掩码的注意力 → 拼回 → to_out → 加残差；归一化 → up → GELU → down → 加残差。",
)  # fmt: skip


@layer.probe("第 1 层，3 个 token，2 个头")
def _(answer, rng):
    return answer(weights_of(rng), normal(rng, 3, 8), 0, 2)


@layer.probe("第 2 层")
def _(answer, rng):
    return answer(weights_of(rng), normal(rng, 4, 8), 1, 2)


@layer.probe("4 个头")
def _(answer, rng):
    return answer(weights_of(rng, n_embd=16, n_head=4), normal(rng, 5, 16), 0, 4)


@layer.probe("很小的输入")
def _(answer, rng):
    return answer(weights_of(rng), normal(rng, 3, 8, scale=1e-3), 0, 2)


@layer.probe("改动最后一个 token，前面的不动")
def _(answer, rng):
    W, x = weights_of(rng), normal(rng, 4, 8)
    changed = x.clone()
    changed[-1] += 1
    return torch.allclose(answer(W, x, 0, 2)[:-1], answer(W, changed, 0, 2)[:-1], atol=1e-6)


@layer.correct("借用包里的 Block")
def _(W, x, i, n_head):
    c = x.size(-1)
    model = GPT(GPTConfig(n_layer=i + 1, n_embd=c, n_head=n_head, vocab_size=300, context_length=12, dropout=0.0))
    block = model.transformer.blocks[i]
    prefix = f"transformer.blocks.{i}."
    block.load_state_dict({name.removeprefix(prefix): value for name, value in W.items() if name.startswith(prefix)})
    with torch.no_grad():
        return block(x[None])[0]


@layer.correct("一个头一个头地算")
def _(W, x, i, n_head):
    w = {name.split(".", 3)[3]: value for name, value in W.items() if name.startswith(f"transformer.blocks.{i}.")}
    t, c = x.shape
    d = c // n_head
    normed = F.layer_norm(x, (c,), w["attention_norm.weight"], w["attention_norm.bias"])
    qkv = F.linear(normed, w["attention.to_qkv.weight"], w["attention.to_qkv.bias"])
    for h in range(n_head):
        q, k, v = (qkv[:, n * c + h * d : n * c + (h + 1) * d] for n in range(3))
        p = (q @ k.T / d**0.5 + torch.full((t, t), -math.inf).triu(1)).softmax(-1)
        x = x + (p @ v) @ w["attention.to_out.weight"][:, h * d : (h + 1) * d].T
    x = x + w["attention.to_out.bias"]
    inside = F.layer_norm(x, (c,), w["feed_forward_norm.weight"], w["feed_forward_norm.bias"])
    return x + F.linear(F.gelu(F.linear(inside, w["feed_forward.up.weight"], w["feed_forward.up.bias"])), w["feed_forward.down.weight"], w["feed_forward.down.bias"])


layer.mutant("归一化放在了残差之后", block_with(norm_at="after"), look="文章写的是 post-norm；附带的模型是 pre-norm，归一化在子层的入口。")
layer.mutant("没有归一化", block_with(norm_at="nowhere"), look="两个子层的入口各有一个层归一化。")
layer.mutant("没有因果掩码", block_with(mask=None), look="每个 token 只看自己和前面的。")
layer.mutant("用 √256 缩放", block_with(scale=lambda c, h: math.sqrt(c)), look="除的是每个头的维数 d_k 的平方根，不是整个向量的维数。")
layer.mutant("没有缩放", block_with(scale=lambda c, h: 1.0), look="分数要除以 √d_k。")
layer.mutant("注意力没有加残差", block_with(first=False), look="注意力的结果加到 x 上，不是替换它。")
layer.mutant("前馈网络没有加残差", block_with(second=False), look="前馈网络的结果也加到 x 上。")
layer.mutant("总是用第 1 层的权重", block_with(layer=0), look="名字里的 i 是第几层：f\"transformer.blocks.{i}.\"。")
layer.mutant("拼回去时头与维反了", block_with(merge="h t d -> t (d h)"), look="一个头接一个头：(h d)。")
layer.mutant("拆头的次序错了", block_with(split_="t (h n d) -> n h t d"), look="先分三份，再分头：(n h d)。")
layer.mutant("两个层归一化用反了", block_with(swap=True), look="注意力前用 attention_norm，前馈网络前用 feed_forward_norm。")
layer.mutant("激活函数用了 ReLU", block_with(act=F.relu), look="GPT 用 GELU。")
layer.mutant("忘了线性层的偏置", block_with(bias=False), look="四个线性层都有 bias。")
layer.mutant("层归一化没有 ε", block_with(eps=0.0), look="方差上加 1e-5；输入很小的时候差别很大。")

# ---- 8.4 候选 ----


def candidates_with(row=-1, probability=lambda z: z.softmax(-1), largest=True, extra=0, order=lambda pairs: pairs):
    def run(logits, k):
        p = probability(logits[row])
        values, ids = p.topk(k + extra, largest=largest)
        return order([[int(i), float(v)] for i, v in zip(ids, values, strict=True)])

    return run


top = Exercise("8.4", "前 k 个候选", candidates_with(), look="取最后一个 token 那一行，softmax（对整个词表），取概率最大的 k 个，从大到小排好。")


@top.probe("三个 token，前 2 个")
def _(answer, rng):
    return answer(torch.tensor([[9.0, 0, 0, 0], [0, 9.0, 0, 0], [1.0, 3.0, 2.0, 0.0]]), 2)


@top.probe("词表 50，前 5 个")
def _(answer, rng):
    return answer(normal(rng, 3, 50, scale=3.0), 5)


@top.probe("只要 1 个")
def _(answer, rng):
    return answer(normal(rng, 2, 20, scale=3.0), 1)


@top.probe("很大的 logits")
def _(answer, rng):
    return answer(normal(rng, 1, 6) + torch.tensor([200.0, 0, 201.0, 0, 199.0, 0]), 3)


@top.correct("排序")
def _(logits, k):
    p = logits[-1].log_softmax(0).exp().tolist()
    return [(i, p[i]) for i in sorted(range(len(p)), key=lambda i: -p[i])[:k]]


@top.correct("每次取最大的")
def _(logits, k):
    p, found = logits[-1].softmax(-1).clone(), []
    for _ in range(k):
        best = int(p.argmax())
        found.append([best, p[best].item()])
        p[best] = -1
    return found


top.mutant("取了第一个 token 那一行", candidates_with(row=0), look="下一个 token 由最后一行预测：logits[-1]。")
top.mutant("只在 k 个里做 softmax", lambda z, k: [[int(i), float(v)] for i, v in zip(z[-1].topk(k).indices, z[-1].topk(k).values.softmax(-1), strict=True)], look="softmax 要对整个词表做，再挑 k 个；否则这 k 个加起来总是 1。")
top.mutant("给的是 logits", candidates_with(probability=lambda z: z), look="要的是概率：先 softmax。")
top.mutant("取了最小的", candidates_with(largest=False), look="概率最大的 k 个。")
top.mutant("多给了一个", candidates_with(extra=1), look="正好 k 个。")
top.mutant("从小到大排的", candidates_with(order=lambda pairs: pairs[::-1]), look="从大到小排好。")
top.mutant("编号与概率的次序反了", candidates_with(order=lambda pairs: [[v, i] for i, v in pairs]), look="每一对是（编号，概率）。")
top.mutant("溢出", candidates_with(probability=lambda z: z.exp() / z.exp().sum()), look="e 的 200 次方超出 float32；用 softmax，或先减去最大值。")
top.mutant("按编号的次序排", candidates_with(order=lambda pairs: sorted(pairs)) , look="按概率从大到小，不是按编号。")

# ---- 8.5 先猜后算：<eos> ----

NAMES = ("文章的三个编号，X 的形状", "每个头的维数", "[1256, 3419, 7] 的第 1 行 logits 与 [1256, 3419] 的最后一行", "提示以 <eos> 结尾，模型接着写", "logits 的形状")


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


RIGHT = ([3, 256], 64, "相同", "新的一篇", [3, 4096])
predict = Exercise("8.5", "先猜后算：末尾添一个 <eos>", guess(*RIGHT), look="因果掩码让前面的行看不见后面添的；训练时 <eos> 的后面总是另一篇文档的开头。行从 0 数起。")
predict.probe("五个答案")(lambda answer, rng: answer)
predict.correct("形状写成元组", guess((3, 256), 64, "相同", "新的一篇", (3, 4096)))
predict.mutant("以为添了 <eos> 前面的行也变", guess([3, 256], 64, "不同", "新的一篇", [3, 4096]), look="第 1 行（“是”）看不见后面的 <eos>，一个数也不变。")
predict.mutant("以为 <eos> 让这句话继续", guess([3, 256], 64, "相同", "这句话", [3, 4096]), look="训练时 <eos> 之后总是另一篇的开头，所以模型会起头写新的一篇。")
predict.mutant("每个头算成了 256 维", guess([3, 256], 256, "相同", "新的一篇", [3, 4096]), look="256 维分给 4 个头，每个 64 维。")
predict.mutant("logits 只有一行", guess([3, 256], 64, "相同", "新的一篇", [1, 4096]), look="每个位置都有一行；生成时只用最后一行，但三行都算出来了。")
predict.mutant("logits 还是 256 列", guess([3, 256], 64, "相同", "新的一篇", [3, 256]), look="输出层给词表里 4096 个 token 各打一个分。")
predict.mutant("X 只有两行", guess([2, 256], 64, "相同", "新的一篇", [3, 4096]), look="三个编号，三行。")

# ---- 8.6 写到句末 ----


class Script:
    """假的模型：按写好的次序给出下一个 token，并记下每次收到的编号。"""

    def __init__(self, tokens):
        self.tokens, self.seen = list(tokens), []

    def __call__(self, ids):
        self.seen.append(list(ids))
        logits = torch.zeros(20)
        logits[self.tokens[min(len(self.seen), len(self.tokens)) - 1]] = 5.0
        return logits


def sentence_with(stop_eos=True, stop_end=True, keep_eos=False, keep_end=True, extra=0, grow=True, prompt=False, mutate=False):
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


sentence = Exercise("8.6", "写到句末", sentence_with(), look="每一步取最大的；<eos> 不要，就停；句末的标点要留下，再停；都没有，写满 max_new_tokens 个。")


def written(answer, script, max_new_tokens=10):
    model, ids = Script(script), [12, 13]
    new = answer(model, ids, 7, {3, 4}, max_new_tokens)
    return {"新的 token": new, "每次给模型的编号": model.seen, "提示没有被改动": ids == [12, 13]}


@sentence.probe("写到句号")
def _(answer, rng):
    return written(answer, [9, 8, 3, 6, 6])


@sentence.probe("写到另一种句末标点")
def _(answer, rng):
    return written(answer, [9, 4, 6])


@sentence.probe("写到 <eos>")
def _(answer, rng):
    return written(answer, [9, 8, 7, 6])


@sentence.probe("一上来就是 <eos>")
def _(answer, rng):
    return written(answer, [7, 8])


@sentence.probe("写满长度")
def _(answer, rng):
    return written(answer, [9, 8, 10, 11, 9, 8], 4)


@sentence.correct("while")
def _(next_logits, ids, eos, ends, max_new_tokens):
    text = [*ids]
    while len(text) - len(ids) < max_new_tokens and not (len(text) > len(ids) and text[-1] in ends):
        token = next_logits(text).max(0).indices.item()
        if token == eos:
            break
        text = [*text, token]
    return text[len(ids) :]


@sentence.correct("递归")
def _(next_logits, ids, eos, ends, max_new_tokens):
    if max_new_tokens == 0:
        return []
    token = int(next_logits(list(ids)).argmax())
    if token == eos:
        return []
    return [token] if token in ends else [token, *sentence.variants[1].value(next_logits, [*ids, token], eos, ends, max_new_tokens - 1)]


sentence.mutant("遇到 <eos> 没有停", sentence_with(stop_eos=False), look="取出 token 先看是不是 eos。")
sentence.mutant("遇到句号没有停", sentence_with(stop_end=False), look="token 在 ends 里，留下它，然后停。")
sentence.mutant("结果里留下了 <eos>", sentence_with(keep_eos=True), look="<eos> 是记号，不是文字，不要留。")
sentence.mutant("句号没有留下", sentence_with(keep_end=False), look="句末的标点是句子的一部分：先接上去，再停。")
sentence.mutant("多写了一个", sentence_with(extra=1), look="最多 max_new_tokens 个。")
sentence.mutant("新的 token 没有接上去", sentence_with(grow=False), look="每写一个都要接到输入后面，模型下一步才看得见。")
sentence.mutant("返回值里带着提示", sentence_with(prompt=True), look="只返回新写的。")
sentence.mutant("改动了提示", sentence_with(mutate=True), look="先 list(ids) 复制一份再 append。")
