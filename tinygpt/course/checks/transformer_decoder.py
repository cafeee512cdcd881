"""第 05 课的检查：h_0、前馈网络、层归一化、一层解码器、共用权重、交叉熵、参数个数。"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from tinygpt import GPT, GPTConfig
from tinygpt.course.diagnosis import Exercise


def normal(rng, *shape, scale=1.0, dtype=torch.float32):
    return torch.randn(*shape, generator=rng, dtype=dtype) * scale


def integers(rng, high, *shape):
    return torch.randint(high, shape, generator=rng)


# ---- 5.1 h_0 ----


def embed_with(at=lambda ids, start: torch.arange(start, start + ids.size(1)), join=lambda x, p: x + p):
    def run(ids, tokens, positions, start=0):
        return join(tokens[ids], positions[at(ids, start)])

    return run


embed = Exercise("5.1", "h_0：token 加位置", embed_with(), look="查两张表再相加；这一段的第 i 个 token 在位置 start + i。")


@embed.probe("一行，从位置 0 开始")
def _(answer, rng):
    return answer(torch.tensor([[3, 1, 2]]), normal(rng, 5, 4), normal(rng, 6, 4), 0)


@embed.probe("两行，四个位置")
def _(answer, rng):
    return answer(integers(rng, 7, 2, 4), normal(rng, 7, 8), normal(rng, 10, 8), 0)


@embed.probe("从位置 3 开始（有缓存时）")
def _(answer, rng):
    return answer(integers(rng, 7, 2, 2), normal(rng, 7, 8), normal(rng, 10, 8), 3)


@embed.probe("只有一个新 token，在最后一个位置")
def _(answer, rng):
    return answer(torch.tensor([[2]]), normal(rng, 5, 4), normal(rng, 6, 4), 5)


@embed.probe("不改动两张表")
def _(answer, rng):
    tokens, positions = normal(rng, 5, 4), normal(rng, 6, 4)
    before = tokens.clone(), positions.clone()
    answer(torch.tensor([[1, 2]]), tokens, positions, 1)
    return torch.equal(tokens, before[0]) and torch.equal(positions, before[1])


@embed.correct("F.embedding 与切片")
def _(ids, tokens, positions, start=0):
    return F.embedding(ids, tokens) + positions[start : start + ids.shape[1]]


@embed.correct("独热向量乘矩阵")
def _(ids, tokens, positions, start=0):
    x = F.one_hot(ids, tokens.size(0)).to(tokens.dtype) @ tokens
    return x + torch.stack([positions[start + i] for i in range(ids.size(1))])


embed.mutant("没有加位置", embed_with(join=lambda x, p: x), look="文章的 h_0 = X 少了位置；没有它，注意力分不清先后。")
embed.mutant("位置总是从 0 数起", embed_with(at=lambda i, s: torch.arange(i.size(1))), look="用缓存时只来了新的 token，它们接在旧的后面，位置从 start 开始。")
embed.mutant("位置多了一", embed_with(at=lambda i, s: torch.arange(s, s + i.size(1)) + (1 if s + i.size(1) < 6 else 0)), look="第一个 token 在位置 start，不是 start + 1。")
embed.mutant("用 token 的编号查位置表", embed_with(at=lambda i, s: i), look="位置表按第几个来查，不是按编号。")
embed.mutant("位置倒着数", embed_with(at=lambda i, s: torch.arange(s, s + i.size(1)).flip(0)), look="从左到右数。")
embed.mutant("乘了位置", embed_with(join=lambda x, p: x * p), look="是相加，不是相乘。")
embed.mutant("所有位置用了同一个向量", embed_with(at=lambda i, s: torch.full((i.size(1),), s)), look="第 i 个 token 在位置 start + i，每个都不一样。")
embed.mutant("放大了 √c 倍", embed_with(join=lambda x, p: x * math.sqrt(x.size(-1)) + p), look="2017 年的 Transformer 会放大，GPT 不放大，直接相加。")

# ---- 5.2 前馈网络 ----


def ffn_with(act=F.gelu, first_bias=True, second_bias=True, after=lambda y: y, residual=False):
    def run(x, w1, b1, w2, b2):
        y = act(x @ w1.T + (b1 if first_bias else 0)) @ w2.T + (b2 if second_bias else 0)
        return after(y) + (x if residual else 0)

    return run


feed_forward = Exercise("5.2", "前馈网络", ffn_with(), look="GELU(x W₁ᵀ + b₁) W₂ᵀ + b₂，每个位置各做各的。", atol=1e-5)


@feed_forward.probe("一个位置")
def _(answer, rng):
    return answer(normal(rng, 1, 1, 4), normal(rng, 16, 4), normal(rng, 16), normal(rng, 4, 16), normal(rng, 4))


@feed_forward.probe("2 批、3 个位置、6 维")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 6), normal(rng, 24, 6), normal(rng, 24), normal(rng, 6, 24), normal(rng, 6))


@feed_forward.probe("很小的输入")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 4, scale=1e-3), normal(rng, 8, 4), normal(rng, 8), normal(rng, 4, 8), normal(rng, 4))


@feed_forward.probe("一个一个位置做，与一起做相同")
def _(answer, rng):
    x, weights = normal(rng, 1, 3, 4), (normal(rng, 16, 4), normal(rng, 16), normal(rng, 4, 16), normal(rng, 4))
    return torch.allclose(answer(x, *weights)[:, 1:2], answer(x[:, 1:2], *weights), atol=1e-5)


@feed_forward.correct("F.linear")
def _(x, w1, b1, w2, b2):
    return F.linear(F.gelu(F.linear(x, w1, b1)), w2, b2)


@feed_forward.correct("自己写 GELU")
def _(x, w1, b1, w2, b2):
    h = torch.einsum("btc,hc->bth", x, w1) + b1
    return torch.einsum("bth,ch->btc", h * 0.5 * (1 + torch.erf(h / math.sqrt(2))), w2) + b2


feed_forward.mutant("用了 ReLU", ffn_with(F.relu), look="GPT 用 GELU：F.gelu。")
feed_forward.mutant("用了 GELU 的 tanh 近似", ffn_with(lambda h: F.gelu(h, approximate="tanh")), look="这里用准确的 GELU（默认的 F.gelu）；近似的差在第四位小数。")
feed_forward.mutant("中间没有激活函数", ffn_with(lambda h: h), look="两次线性变换中间没有非线性，就等于一次。")
feed_forward.mutant("激活函数放到了最后", ffn_with(lambda h: h, after=F.gelu), look="GELU 在两次线性变换中间。")
feed_forward.mutant("忘了 b₁", ffn_with(first_bias=False), look="第一次线性变换有偏置 b1。")
feed_forward.mutant("忘了 b₂", ffn_with(second_bias=False), look="第二次线性变换有偏置 b2。")
feed_forward.mutant("把残差也加进来了", ffn_with(residual=True), look="残差是解码器层做的事，前馈网络自己不加。")
feed_forward.mutant("两头都激活了", ffn_with(after=F.gelu), look="只在中间激活一次。")
feed_forward.mutant("W₁ 没有转置", lambda x, w1, b1, w2, b2: F.gelu(x @ w1 + b1) @ w2 + b2, look="权重按 nn.Linear 的习惯存成（输出，输入）：x @ w.T。")

# ---- 5.3 层归一化 ----


def norm_with(eps_inside=True, use_eps=True, unbiased=False, dim=-1, center=True, scale=True, shift=True, root=True):
    def run(x, weight, bias, eps=1e-5):
        centered = x - x.mean(dim, keepdim=True) if center else x
        variance = x.var(dim, keepdim=True, unbiased=unbiased) if center else (x * x).mean(dim, keepdim=True)
        eps = eps if use_eps else 0.0
        inside, outside = (eps, 0.0) if eps_inside else (0.0, eps)
        spread = (variance + inside).sqrt() if root else variance + inside
        y = centered / (spread + outside)
        return y * (weight if scale else 1) + (bias if shift else 0)

    return run


layer_norm = Exercise(
    "5.3", "层归一化", lambda x, weight, bias, eps=1e-5: F.layer_norm(x, x.shape[-1:], weight, bias, eps),
    look="每个位置自己的平均与方差（除以 c，不是 c − 1）；(x − 平均) / √(方差 + ε)，再乘 weight 加 bias。", rtol=1e-3, atol=1e-4,
)  # fmt: skip


@layer_norm.probe("一个向量")
def _(answer, rng):
    return answer(torch.tensor([1.0, 2.0, 3.0, 6.0]), torch.ones(4), torch.zeros(4), 1e-5)


@layer_norm.probe("2 批、3 个位置，weight 与 bias 不是 1 和 0")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 8), normal(rng, 8), normal(rng, 8), 1e-5)


@layer_norm.probe("只有 bias 不是 0")
def _(answer, rng):
    return answer(normal(rng, 2, 6), torch.ones(6), normal(rng, 6), 1e-5)


@layer_norm.probe("很小的输入（ε 起作用）")
def _(answer, rng):
    return answer(normal(rng, 2, 8, scale=1e-3), torch.ones(8), torch.zeros(8), 1e-5)


@layer_norm.probe("全都相等：方差是 0")
def _(answer, rng):
    return answer(torch.full((2, 4), 3.0), torch.ones(4), torch.zeros(4), 1e-5)


@layer_norm.probe("平均值离 0 很远")
def _(answer, rng):
    return answer(normal(rng, 3, 5) + 20, torch.ones(5), torch.zeros(5), 1e-5)


@layer_norm.probe("别的 ε")
def _(answer, rng):
    return answer(normal(rng, 2, 4), torch.ones(4), torch.zeros(4), 0.5)


@layer_norm.correct("平方的平均减平均的平方")
def _(x, weight, bias, eps=1e-5):
    x64 = x.double()
    mean = x64.mean(-1, keepdim=True)
    variance = (x64**2).mean(-1, keepdim=True) - mean**2
    return ((x64 - mean) * torch.rsqrt(variance.clamp_min(0) + eps)).float() * weight + bias


@layer_norm.correct("照定义求和")
def _(x, weight, bias, eps=1e-5):
    c = x.shape[-1]
    centered = x - x.sum(-1, keepdim=True) / c
    return weight * centered / torch.sqrt((centered**2).sum(-1, keepdim=True) / c + eps) + bias


layer_norm.mutant("除以了 c − 1", norm_with(unbiased=True), look="方差除以 c：x.var(dim=-1, unbiased=False)。")
layer_norm.mutant("没有 ε", norm_with(use_eps=False), look="方差是 0 时分母是 0，得到 nan。")
layer_norm.mutant("ε 加在根号外面", norm_with(eps_inside=False), look="是 √(方差 + ε)，不是 √方差 + ε。输入很小的时候差很多。")
layer_norm.mutant("没有开方", norm_with(root=False), look="除以标准差，不是方差。")
layer_norm.mutant("没有减平均", norm_with(center=False), look="那是 RMSNorm。层归一化先减去平均。")
layer_norm.mutant("忘了 weight", norm_with(scale=False), look="归一以后还要乘学出来的 weight。")
layer_norm.mutant("忘了 bias", norm_with(shift=False), look="最后还要加 bias。")
layer_norm.mutant("按第一个轴归一", norm_with(dim=0), look="每个位置的 c 个数自己归一，dim=-1。")
layer_norm.mutant("先加 bias 再乘 weight", lambda x, w, b, eps=1e-5: (F.layer_norm(x, x.shape[-1:], eps=eps) + b) * w, look="先乘 weight，再加 bias。")
layer_norm.mutant("ε 写死成了 1e-5", lambda x, w, b, eps=1e-5: F.layer_norm(x, x.shape[-1:], w, b, 1e-5), look="用传进来的 eps。")
layer_norm.mutant("整个张量一起归一", lambda x, w, b, eps=1e-5: (x - x.mean()) / (x.var(unbiased=False) + eps).sqrt() * w + b, look="每个位置各自的平均与方差：dim=-1, keepdim=True。")

# ---- 5.4 一层解码器 ----


def pre_norm(x, attention, ffn, norm1, norm2):
    x = x + attention(norm1(x))
    return x + ffn(norm2(x))


def post_norm(x, attention, ffn, norm1, norm2):
    x = norm1(x + attention(x))
    return norm2(x + ffn(x))


blocks = Exercise(
    "5.4", "一层解码器，两种次序", lambda *parts: (pre_norm(*parts), post_norm(*parts)),
    look="pre-norm：x + 子层(归一化(x))；post-norm：归一化(x + 子层(x))。各做两次，先注意力，后前馈网络。",
)  # fmt: skip


def parts(rng):
    """四个零件，都是记得住的简单函数，互不相同。"""
    a, b = normal(rng, 4, 4), normal(rng, 4, 4)
    return (lambda x: x @ a, lambda x: torch.tanh(x @ b), lambda x: x / (1 + x.abs()) + 0.1, lambda x: 0.5 * x - 0.2 * x.abs())


@blocks.probe("2 批、3 个位置")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4), *parts(rng))


@blocks.probe("子层输出 0 时，pre-norm 原样传下去")
def _(answer, rng):
    zero = torch.zeros_like
    return answer(normal(rng, 1, 2, 4), zero, zero, *parts(rng)[2:])


@blocks.probe("每个零件各用几次")
def _(answer, rng):
    used = []
    count = lambda name, f: lambda x: (used.append(name), f(x))[1]
    answer(normal(rng, 1, 2, 4), *(count(n, f) for n, f in zip(["注意力", "前馈", "归一化1", "归一化2"], parts(rng), strict=True)))
    return {name: used.count(name) for name in ["注意力", "前馈", "归一化1", "归一化2"]}


@blocks.probe("不改动输入")
def _(answer, rng):
    x = normal(rng, 1, 2, 4)
    before = x.clone()
    answer(x, *parts(rng))
    return torch.equal(x, before)


@blocks.correct("写成循环")
def _(x, attention, ffn, norm1, norm2):
    pre = post = x
    for sublayer, norm in ((attention, norm1), (ffn, norm2)):
        pre, post = pre + sublayer(norm(pre)), norm(post + sublayer(post))
    return pre, post


@blocks.correct("每一步起一个名字")
def _(x, attention, ffn, norm1, norm2):
    after_attention = attention(norm1(x)) + x
    middle = norm1(attention(x) + x)
    return ffn(norm2(after_attention)) + after_attention, norm2(ffn(middle) + middle)


def with_pre(pre):
    return lambda *p: (pre(*p), post_norm(*p))


def with_post(post):
    return lambda *p: (pre_norm(*p), post(*p))


blocks.mutant("pre 与 post 反了", lambda *p: (post_norm(*p), pre_norm(*p)), look="pre：归一化在子层之前。返回的次序是（pre, post）。")
blocks.mutant("两个都是 pre-norm", with_post(pre_norm), look="post-norm 的归一化在相加之后。")
blocks.mutant("pre 的残差从归一化以后取", with_pre(lambda x, a, f, m, n: (lambda y: n(y) + f(n(y)))(m(x) + a(m(x)))), look="残差加的是没有归一化的 x，那条路上什么也不挡着。")
blocks.mutant("pre 没有第一个残差", with_pre(lambda x, a, f, m, n: (lambda y: y + f(n(y)))(a(m(x)))), look="注意力的输出要加到 x 上。")
blocks.mutant("pre 没有第二个残差", with_pre(lambda x, a, f, m, n: f(n(x + a(m(x))))), look="前馈网络的输出也要加到它的输入上。")
blocks.mutant("pre 的两个子层并排", with_pre(lambda x, a, f, m, n: x + a(m(x)) + f(n(x))), look="前馈网络的输入是加完注意力以后的 x，不是最初的 x。")
blocks.mutant("pre 先做了前馈网络", with_pre(lambda x, a, f, m, n: pre_norm(x, f, a, n, m)), look="先注意力，后前馈网络。")
blocks.mutant("pre 的两次用了同一个归一化", with_pre(lambda x, a, f, m, n: pre_norm(x, a, f, m, m)), look="两个子层各有自己的归一化。")
blocks.mutant("post 没有残差", with_post(lambda x, a, f, m, n: (lambda y: n(f(y)))(m(a(x)))), look="归一化的是 x + 子层(x)。")
blocks.mutant("post 的归一化漏了最后一次", with_post(lambda x, a, f, m, n: (lambda y: y + f(y))(m(x + a(x)))), look="post-norm 每次相加以后都归一化，一层两次。")
blocks.mutant("post 的归一化没有罩住残差", with_post(lambda x, a, f, m, n: (lambda y: y + n(f(y)))(x + m(a(x)))), look="先相加，再归一化：norm(x + 子层(x))。")

# ---- 5.5 共用权重 ----


def tie_by_assignment(embedding, head):
    head.weight = embedding.weight


tied = Exercise("5.5", "找错误：共用权重", tie_by_assignment, look="head.weight 与 embedding.weight 要是**同一个** Parameter：赋值，不是复制。")


def pair(rng):
    embedding, head = nn.Embedding(6, 4), nn.Linear(4, 6, bias=False)
    with torch.no_grad():
        embedding.weight.copy_(normal(rng, 6, 4))
        head.weight.copy_(normal(rng, 6, 4))
    return embedding, head


@tied.probe("数值相同，而且是 embedding 原来的")
def _(answer, rng):
    embedding, head = pair(rng)
    before = embedding.weight.detach().clone()
    answer(embedding, head)
    return {"embedding 没有变": torch.equal(embedding.weight, before), "输出层是同样的数": torch.equal(head.weight, before)}


@tied.probe("改一个，另一个跟着变")
def _(answer, rng):
    embedding, head = pair(rng)
    answer(embedding, head)
    with torch.no_grad():
        embedding.weight[2] += 1
    return torch.equal(embedding.weight, head.weight)


@tied.probe("参数只数一次")
def _(answer, rng):
    embedding, head = pair(rng)
    answer(embedding, head)
    return sum(p.numel() for p in nn.ModuleList([embedding, head]).parameters())


@tied.probe("训练一步以后仍然相同")
def _(answer, rng):
    embedding, head = pair(rng)
    answer(embedding, head)
    optimizer = torch.optim.SGD(nn.ModuleList([embedding, head]).parameters(), lr=0.1)
    F.cross_entropy(head(embedding(torch.tensor([1, 2, 3]))), torch.tensor([2, 3, 4])).backward()
    optimizer.step()
    return torch.equal(embedding.weight, head.weight)


@tied.probe("两处的梯度加在一起")
def _(answer, rng):
    embedding, head = pair(rng)
    answer(embedding, head)
    ids = torch.tensor([1, 2])
    head(embedding(ids)).sum().backward()
    gradient = embedding.weight.grad
    expected = torch.zeros(6, 4).index_add(0, ids, embedding.weight.sum(0).expand(2, 4)) + embedding.weight[ids].sum(0)
    return gradient is not None and torch.allclose(gradient, expected.detach(), atol=1e-5)


@tied.correct("setattr")
def _(embedding, head):
    setattr(head, "weight", embedding.weight)  # noqa: B010


@tied.correct("register_parameter")
def _(embedding, head):
    del head.weight
    head.register_parameter("weight", embedding.weight)


@tied.mutant("复制了一份", look="clone 得到另一份参数，训练一步以后两份就不同了。直接赋值：head.weight = embedding.weight。")
def _(embedding, head):
    head.weight = nn.Parameter(embedding.weight.detach().clone())


@tied.mutant("外面又包了一层 Parameter", look="nn.Parameter(…) 造了一个新的参数，数值虽然同住一处，梯度却分成两份，优化器也更新两次。")
def _(embedding, head):
    head.weight = nn.Parameter(embedding.weight.data)


@tied.mutant("反过来用了输出层的数", look="应当是输出层去用 embedding 的权重。")
def _(embedding, head):
    embedding.weight = head.weight


@tied.mutant("把 embedding 换成了输出层的复制品", look="方向反了，而且仍是两份：应当让 head.weight 就是 embedding.weight。")
def _(embedding, head):
    embedding.weight = nn.Parameter(head.weight.detach().clone())


@tied.mutant("转置了", look="nn.Linear 的权重存成（输出，输入），正好与 embedding 的（词表，维数）一样，不用转置。")
def _(embedding, head):
    head.weight = nn.Parameter(embedding.weight.detach().T)


@tied.mutant("切断了梯度", look="detach 以后输出层那一份不再收到梯度。")
def _(embedding, head):
    del head.weight
    head.weight = embedding.weight.detach()


# ---- 5.6 交叉熵 ----


def loss_with(log=lambda z: z.log_softmax(-1), mean=lambda x, b, t: x.sum() / (b * t), total=lambda x, b, t: x.sum(), sign=-1, pick=None):
    def run(logits, labels, reduction="mean"):
        b, t = labels.shape
        chosen = log(logits).gather(-1, labels[..., None])[..., 0] if pick is None else pick(log(logits), labels)
        return (mean if reduction == "mean" else total)(sign * chosen, b, t)

    return run


cross_entropy = Exercise(
    "5.6", "交叉熵", lambda z, y, reduction="mean": F.cross_entropy(z.flatten(0, 1), y.flatten(), reduction=reduction),
    look="取真的 token 的对数概率，变号；按 reduction 求和或求平均（除以 b·t）。对数概率用 log_softmax，才不会溢出。",
)  # fmt: skip


@cross_entropy.probe("一个位置，平均")
def _(answer, rng):
    return answer(torch.tensor([[[2.0, 0.0, 1.0]]]), torch.tensor([[0]]), "mean")


@cross_entropy.probe("2 批、3 个位置，平均")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 5), integers(rng, 5, 2, 3), "mean")


@cross_entropy.probe("2 批、3 个位置，求和")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 5), integers(rng, 5, 2, 3), "sum")


@cross_entropy.probe("很大的 logits")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 4) + torch.tensor([300.0, 0, 0, -300.0]), torch.tensor([[1, 3]]), "mean")


@cross_entropy.probe("全都很大，差别不大")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 4) + 300, torch.tensor([[1, 3]]), "mean")


@cross_entropy.probe("全是 0：等于 ln V")
def _(answer, rng):
    return answer(torch.zeros(1, 2, 7), torch.tensor([[3, 6]]), "mean")


@cross_entropy.probe("梯度是 (p − 独热) / 个数")
def _(answer, rng):
    z, y = normal(rng, 1, 2, 4, dtype=torch.float64).requires_grad_(), integers(rng, 4, 1, 2)
    answer(z, y, "mean").backward()
    return torch.allclose(z.grad, (z.detach().softmax(-1) - F.one_hot(y, 4)) / 2, atol=1e-6)


@cross_entropy.correct("logsumexp 减去真的那个")
def _(logits, labels, reduction="mean"):
    losses = logits.logsumexp(-1) - logits.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return losses.mean() if reduction == "mean" else losses.sum()


@cross_entropy.correct("独热向量")
def _(logits, labels, reduction="mean"):
    losses = -(logits.log_softmax(-1) * F.one_hot(labels, logits.size(-1))).sum(-1)
    return getattr(losses, reduction)()


cross_entropy.mutant("先 softmax 再取对数，溢出", loss_with(lambda z: z.softmax(-1).log()), look="概率小到 0 时，log 0 是 −∞。用 log_softmax。")
cross_entropy.mutant("没有减最大值，溢出", loss_with(lambda z: z - z.exp().sum(-1, keepdim=True).log()), look="e 的 300 次方是 inf。用 logsumexp 或 log_softmax。")
cross_entropy.mutant("要平均时给了和", loss_with(mean=lambda x, b, t: x.sum()), look="reduction 为 mean 时除以位置的个数。")
cross_entropy.mutant("要和时给了平均", loss_with(total=lambda x, b, t: x.mean()), look="reduction 为 sum 时不要除。")
cross_entropy.mutant("只除以了批大小", loss_with(mean=lambda x, b, t: x.sum() / b), look="每个位置都是一个样本，除以 b·t。")
cross_entropy.mutant("忘了变号", loss_with(sign=1), look="对数概率是负的，损失是它的相反数。")
cross_entropy.mutant("softmax 按了时间那个轴", loss_with(lambda z: z.log_softmax(1)), look="分布在词表那个轴上，dim=-1。")
cross_entropy.mutant("用了概率，没有取对数", loss_with(lambda z: z.softmax(-1)), look="损失是 −log p，不是 −p。")
cross_entropy.mutant("取的是最大的那个", loss_with(pick=lambda p, y: p.amax(-1)), look="取的是真的 token 的对数概率，不是模型最看好的那个。")
cross_entropy.mutant("对数以 2 为底", loss_with(lambda z: z.log_softmax(-1) / math.log(2)), look="这里用自然对数；以 2 为底的是比特。")
cross_entropy.mutant("没有归一", loss_with(lambda z: z), look="logits 不是对数概率，差一个 logsumexp。")

# ---- 5.7 参数个数 ----


def count_with(bias=1, positions=1, final=2, widen=4, norms=2, qkv=3, out=1, head=0):
    def run(n_layer, n_embd, vocab_size, context_length):
        c = n_embd
        attention = qkv * (c * c + bias * c) + out * (c * c + bias * c)
        ffn = (c * widen * c + bias * widen * c) + (widen * c * c + bias * c)
        layer = attention + ffn + norms * (c + bias * c)
        return vocab_size * c + positions * context_length * c + n_layer * layer + final * c + head * vocab_size * c

    return run


def real_count(n_layer, n_embd, vocab_size, context_length):
    config = GPTConfig(n_layer=n_layer, n_head=1, n_embd=n_embd, vocab_size=vocab_size, context_length=context_length, tied_head=True, bias=True)
    return sum(p.numel() for p in GPT(config).parameters())


parameters = Exercise(
    "5.7", "由形状数参数", real_count,
    look="两张 embedding；每层：to_qkv（3c×c 加 3c）、to_out（c×c 加 c）、前馈（4c×c 加 4c，c×4c 加 c）、两个层归一化（各 2c）；最后一个层归一化。",
)  # fmt: skip


@parameters.probe("文章的模型")
def _(answer, rng):
    return answer(2, 256, 4096, 256)


@parameters.probe("一层，很小")
def _(answer, rng):
    return answer(1, 8, 300, 16)


@parameters.probe("五层")
def _(answer, rng):
    return answer(5, 12, 500, 32)


@parameters.probe("三层，四维")
def _(answer, rng):
    return answer(3, 4, 320, 8)


parameters.correct("公式", count_with())
parameters.correct("合并同类项", lambda n, c, v, t: (v + t + 2) * c + n * (12 * c * c + 13 * c))
parameters.mutant("忘了偏置", lambda n, c, v, t: count_with()(n, c, v, t) - 9 * c * n, look="四个线性层都有偏置：3c、c、4c、c。")
parameters.mutant("忘了位置 embedding", count_with(positions=0), look="位置也有一张 context_length × c 的表。")
parameters.mutant("忘了最后的层归一化", count_with(final=0), look="pre-norm 的模型在输出层之前还有一个层归一化，2c 个。")
parameters.mutant("层归一化只数了 weight", count_with(norms=1, final=1), look="层归一化有 weight 和 bias，各 c 个。")
parameters.mutant("每层只数了一个层归一化", count_with(norms=1), look="一层有两个：注意力前一个，前馈网络前一个。")
parameters.mutant("前馈网络没有放宽到 4 倍", count_with(widen=1), look="中间是 4c 维。")
parameters.mutant("q、k、v 只数了一份", count_with(qkv=1), look="to_qkv 是三份拼在一起：3c × c。")
parameters.mutant("忘了 W^O", count_with(out=0), look="拼接以后还有 to_out：c × c 加 c。")
parameters.mutant("输出层又数了一遍", count_with(head=1), look="输出层与 token embedding 共用权重，只数一次。")

# ---- 5.8 先猜后算 ----

NAMES = ("刚初始化时的损失", "这时的困惑度", "把平均换成和，256 个位置，梯度变成几倍", "要走同样的一步，学习率该变成几倍")


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


predict = Exercise("5.8", "先猜后算：损失的大小", guess(math.log(4096), 4096, 256, 1 / 256), rtol=0.02, look="刚初始化的模型等于在 4096 个里瞎猜；和是平均的 256 倍。")
predict.probe("四个数")(lambda answer, rng: answer)
predict.correct("取整", guess(8.3, 4096, 256, 0.0039))
predict.mutant("以为损失是 log2", guess(12, 4096, 256, 1 / 256), look="损失用自然对数：ln 4096。")
predict.mutant("以为损失从 1 开始", guess(1, 4096, 256, 1 / 256), look="瞎猜时每个 token 的概率是 1/4096，损失是 −ln(1/4096)。")
predict.mutant("困惑度与损失弄反了", guess(4096, math.log(4096), 256, 1 / 256), look="困惑度是损失的指数。")
predict.mutant("以为和与平均的梯度一样", guess(math.log(4096), 4096, 1, 1), look="和是平均乘以 256，梯度也乘以 256。")
predict.mutant("学习率也变大", guess(math.log(4096), 4096, 256, 256), look="一步 = 学习率 × 梯度；梯度大了 256 倍，学习率要小 256 倍。")
predict.mutant("梯度变小了", guess(math.log(4096), 4096, 1 / 256, 256), look="平均是和除以 256，所以和的梯度大。")
