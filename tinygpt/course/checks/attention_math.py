"""第 04 课的检查：softmax、它的梯度、注意力权重、因果掩码、多头。"""

import math

import torch
from einops import einsum, rearrange

from tinygpt import layers
from tinygpt.course.diagnosis import Exercise

INF = float("inf")


def normal(rng, *shape, scale=1.0, dtype=torch.float32):
    return torch.randn(*shape, generator=rng, dtype=dtype) * scale


# ---- 4.1 softmax ----

softmax = Exercise("4.1", "稳定的 softmax", lambda z: z.softmax(dim=-1), look="按最后一个轴：减去最大值，取指数，除以总和。")


@softmax.probe("一行三个数")
def _(answer, rng):
    return answer(torch.tensor([2.0, 0.0, 1.0]))


@softmax.probe("四行五列：每一行各自归一")
def _(answer, rng):
    return answer(normal(rng, 4, 5))


@softmax.probe("三个轴")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4))


@softmax.probe("很大的数（直接取指数会溢出）")
def _(answer, rng):
    return answer(normal(rng, 3, 4) + torch.tensor([[0.0], [500.0], [-500.0]]))


@softmax.probe("有 −∞（被遮住的分数）")
def _(answer, rng):
    return answer(torch.tensor([[1.0, -INF, 2.0], [-INF, -INF, 0.5]]))


@softmax.probe("双精度")
def _(answer, rng):
    return answer(normal(rng, 2, 3, dtype=torch.float64))


@softmax.probe("不改动输入")
def _(answer, rng):
    z = normal(rng, 2, 3)
    before = z.clone()
    answer(z)
    return torch.equal(z, before)


@softmax.correct("减去 logsumexp")
def _(z):
    return (z - z.logsumexp(dim=-1, keepdim=True)).exp()


@softmax.correct("用 max 的返回值")
def _(z):
    e = torch.exp(z - torch.max(z, dim=-1, keepdim=True)[0])
    return torch.div(e, e.sum(-1)[..., None])


@softmax.mutant("没有减去最大值", look="e 的 500 次方超出了 float32 的范围，得到 inf，inf/inf 是 nan。先减去每行的最大值，结果不变。")
def _(z):
    return z.exp() / z.exp().sum(dim=-1, keepdim=True)


@softmax.mutant("按第一个轴归一", look="dim=-1 才是“每一行”。形状 (…, n) 里归一的是 n 这个轴。")
def _(z):
    return z.softmax(dim=0)


@softmax.mutant("对整个张量归一", look="总和要按 dim=-1 求，并且 keepdim=True，这样每一行除以自己的总和。")
def _(z):
    e = (z - z.max()).exp()
    return e / e.sum()


@softmax.mutant("减去的是整个张量的最大值", look="一行比另一行小很多时，减去全局最大值会让整行变成 0/0。用 z.amax(dim=-1, keepdim=True)。")
def _(z):
    e = (z - z.max()).exp()
    return e / e.sum(dim=-1, keepdim=True)


@softmax.mutant("忘了除以总和", look="取指数以后还要除以这一行的总和，否则加起来不是 1。")
def _(z):
    return (z - z.amax(dim=-1, keepdim=True)).exp()


@softmax.mutant("没有取指数", look="分数可以是负的，直接除以总和得不到概率。先取指数。")
def _(z):
    return z / z.sum(dim=-1, keepdim=True)


@softmax.mutant("返回了对数", look="log_softmax 是概率的对数；这里要的是概率本身，再取一次 exp。")
def _(z):
    return z.log_softmax(dim=-1)


@softmax.mutant("改动了输入", look="z -= … 会改掉调用者的张量。写成 z = z - …，得到一个新的。")
def _(z):
    z -= z.amax(dim=-1, keepdim=True)
    return z.exp() / z.exp().sum(dim=-1, keepdim=True)


# ---- 4.2 softmax 的梯度 ----


def softmax_gradient(p, g):
    return p * (g - (g * p).sum(dim=-1, keepdim=True))


softmax_backward = Exercise("4.2", "softmax 的反向", softmax_gradient, look="∂L/∂z_j = p_j (g_j − Σ_i g_i p_i)，和按每一行求。")


@softmax_backward.probe("一行")
def _(answer, rng):
    return answer(torch.tensor([0.2, 0.5, 0.3]), torch.tensor([1.0, 2.0, -1.0]))


@softmax_backward.probe("几行，每行各算各的")
def _(answer, rng):
    return answer(normal(rng, 3, 4).softmax(-1), normal(rng, 3, 4))


@softmax_backward.probe("g 处处相同时梯度是 0")
def _(answer, rng):
    return answer(normal(rng, 2, 5).softmax(-1), torch.full((2, 5), 3.0))


@softmax_backward.probe("与自动求导一致")
def _(answer, rng):
    z, g = normal(rng, 2, 3, 4, dtype=torch.float64).requires_grad_(), normal(rng, 2, 3, 4, dtype=torch.float64)
    p = z.softmax(-1)
    (gradient,) = torch.autograd.grad(p, z, g)
    return torch.allclose(answer(p.detach(), g), gradient)


@softmax_backward.correct("用雅可比矩阵")
def _(p, g):
    J = torch.diag_embed(p) - einsum(p, p, "... i, ... j -> ... i j")
    return einsum(J, g, "... i j, ... i -> ... j")


@softmax_backward.correct("分成两项")
def _(p, g):
    return p * g - p * torch.einsum("...i,...i->...", p, g).unsqueeze(-1)


@softmax_backward.mutant("漏了减去加权平均", look="p_j 不只由 z_j 决定：抬高 z_j，别的 p 会变小。少的那一项是 −p_j Σ g_i p_i。")
def _(p, g):
    return p * g


@softmax_backward.mutant("减去的是普通平均", look="括号里是按 p 加权的平均 Σ g_i p_i，不是 g 的算术平均。")
def _(p, g):
    return p * (g - g.mean(dim=-1, keepdim=True))


@softmax_backward.mutant("减去的是总和", look="先乘 p 再求和：Σ g_i p_i。")
def _(p, g):
    return p * (g - g.sum(dim=-1, keepdim=True))


@softmax_backward.mutant("只用了对角线", look="p(1 − p) 是雅可比矩阵的对角线，还有 −p_i p_j 那些。")
def _(p, g):
    return p * (1 - p) * g


@softmax_backward.mutant("忘了外面的 p", look="括号外面还要乘 p_j。")
def _(p, g):
    return g - (g * p).sum(dim=-1, keepdim=True)


@softmax_backward.mutant("整个张量一起求和", look="每一行是一个分布，和要按 dim=-1 求，keepdim=True。")
def _(p, g):
    return p * (g - (g * p).sum())


@softmax_backward.mutant("符号反了", look="是 g_j 减去加权平均，不是反过来。")
def _(p, g):
    return -softmax_gradient(p, g)


# ---- 4.5 因果掩码 ----

causal_mask = Exercise(
    "4.5", "因果掩码", layers.causal_mask, look="查询是序列的最后 t 个位置：第 i 个查询看得见键 0 … i + (s − t)。"
)


@causal_mask.probe("3 个查询，3 个键")
def _(answer, rng):
    return answer(3, 3)


@causal_mask.probe("1 个查询，1 个键")
def _(answer, rng):
    return answer(1, 1)


@causal_mask.probe("1 个查询，5 个键（用缓存逐字生成时）")
def _(answer, rng):
    return answer(1, 5)


@causal_mask.probe("2 个查询，5 个键")
def _(answer, rng):
    return answer(2, 5)


@causal_mask.correct("比较位置")
def _(n_query, n_key):
    position = torch.arange(n_query)[:, None] + n_key - n_query
    return torch.arange(n_key)[None, :] <= position


@causal_mask.correct("两层循环")
def _(n_query, n_key):
    rows = [[j <= i + n_key - n_query for j in range(n_key)] for i in range(n_query)]
    return torch.tensor(rows)


@causal_mask.mutant("对齐在左上角", look="键比查询多的时候，查询是最后几个位置，三角形要对齐在右下角：tril(n_key − n_query)。")
def _(n_query, n_key):
    return torch.ones(n_query, n_key, dtype=torch.bool).tril()


@causal_mask.mutant("True 与 False 反了", look="这里 True 表示看得见：下三角（过去与自己）是 True。")
def _(n_query, n_key):
    return ~layers.causal_mask(n_query, n_key)


@causal_mask.mutant("看不见自己", look="每个位置看得见过去，也看得见自己：对角线也是 True。")
def _(n_query, n_key):
    return layers.causal_mask(n_query, n_key).tril(n_key - n_query - 1)


@causal_mask.mutant("多看见了一个", look="对角线右边第一个是未来。检查 tril 的偏移有没有多 1。")
def _(n_query, n_key):
    return torch.ones(n_query, n_key, dtype=torch.bool).tril(n_key - n_query + 1)


@causal_mask.mutant("只看见未来", look="triu 是上三角，要的是下三角 tril。")
def _(n_query, n_key):
    return torch.ones(n_query, n_key, dtype=torch.bool).triu(n_key - n_query)


@causal_mask.mutant("返回的不是布尔", look="掩码要 dtype=torch.bool；0 和 1 的小数不能当掩码用。")
def _(n_query, n_key):
    return layers.causal_mask(n_query, n_key).float()


@causal_mask.mutant("返回了加在分数上的 0 与 −∞", look="这里要布尔掩码，True 表示看得见；−∞ 由注意力自己填。")
def _(n_query, n_key):
    return torch.zeros(n_query, n_key).masked_fill(~layers.causal_mask(n_query, n_key), -INF)


@causal_mask.mutant("行与列反了", look="形状是 (查询的个数, 键的个数)：行是查询。")
def _(n_query, n_key):
    return layers.causal_mask(n_query, n_key).T


# ---- 4.4 注意力权重 ----

attention_weights = Exercise(
    "4.4", "注意力权重", layers.attention_weights, look="分数 = q·k/√d_k，遮住的改成 −∞，再对键那个轴做 softmax。"
)


@attention_weights.probe("课上的三个 token")
def _(answer, rng):
    q = torch.tensor([[1.0, 0, 1, 0], [0, 2, 0, 0], [1, 1, 1, 1]])[None, None]
    k = torch.tensor([[2.0, 0, 2, 0], [0, 1, 0, 1], [1, 1, 1, 1]])[None, None]
    return answer(q, k, None)


@attention_weights.probe("2 批、3 个头、4 个查询、6 个键")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4, 8), normal(rng, 2, 3, 6, 8), None)


@attention_weights.probe("因果掩码")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 5, 4), normal(rng, 1, 2, 5, 4), layers.causal_mask(5, 5))


@attention_weights.probe("4 个查询、6 个键，带因果掩码")
def _(answer, rng):
    return answer(normal(rng, 2, 2, 4, 4), normal(rng, 2, 2, 6, 4), layers.causal_mask(4, 6))


@attention_weights.probe("每一批遮住的键不同（补齐）")
def _(answer, rng):
    padding = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]]).bool()[:, None, None, :]
    return answer(normal(rng, 2, 1, 3, 16), normal(rng, 2, 1, 4, 16), padding)


@attention_weights.probe("很大的分数")
def _(answer, rng):
    return answer(normal(rng, 1, 1, 3, 4, scale=40), normal(rng, 1, 1, 3, 4, scale=40), layers.causal_mask(3, 3))


@attention_weights.correct("矩阵乘法")
def _(q, k, mask=None):
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = torch.where(mask, scores, torch.tensor(-INF))
    return torch.softmax(scores, -1)


@attention_weights.correct("先缩放查询，再加上 −∞")
def _(q, k, mask=None):
    scores = einsum(q / math.sqrt(q.size(-1)), k, "b h t d, b h s d -> b h t s")
    if mask is not None:
        scores = scores + torch.zeros(mask.shape).masked_fill(mask.logical_not(), -INF)
    return (scores - scores.logsumexp(-1, keepdim=True)).exp()


def weights_with(scale=lambda d: math.sqrt(d), dim=-1, fill=-INF, after=None, use_mask=lambda mask: mask):
    """注意力权重的一种变体；后面的错误答案都从它来。"""

    def weights(q, k, mask=None):
        scores = q @ k.mT / scale(q.size(-1))
        mask = None if mask is None else use_mask(mask)
        if after is not None:
            return after(scores, mask)
        if mask is not None:
            scores = scores.masked_fill(~mask, fill)
        return scores.softmax(dim=dim)

    return weights


def masked_after(scores, mask):
    p = scores.softmax(dim=-1)
    return p if mask is None else p * mask


attention_weights.mutant("忘了除以 √d_k", weights_with(lambda d: 1.0), look="分数要除以 √d_k，不然维数一多 softmax 就滑向“取最大”。")
attention_weights.mutant("除以了 d_k，没有开方", weights_with(lambda d: d), look="除的是 √d_k：点积的标准差是 √d_k。")
attention_weights.mutant("乘了 √d_k", weights_with(lambda d: d**-0.5), look="是除以 √d_k，不是乘。")
attention_weights.mutant("softmax 的轴是查询", weights_with(dim=-2), look="每个查询的权重加起来等于 1，所以 softmax 按键那个轴，dim=-1。")
attention_weights.mutant("先做 softmax，再遮住", weights_with(after=masked_after), look="遮住要在 softmax 之前：分母里已经混进了看不见的位置。")
attention_weights.mutant("遮住的填了 0", weights_with(fill=0.0), look="分数 0 的权重不是 0，e⁰ = 1。填 float('-inf')。")
attention_weights.mutant("没有用掩码", weights_with(use_mask=lambda mask: torch.ones_like(mask)), look="mask 给出来时，False 的地方要改成 −∞。")
attention_weights.mutant("掩码用反了", weights_with(use_mask=lambda mask: ~mask), look="True 表示看得见；要填 −∞ 的是 ~mask。")


@attention_weights.mutant("填的负数不够大", look="−10 在分数很大的时候挡不住。填 float('-inf')。")
def _(q, k, mask=None):
    return weights_with(fill=-10.0)(q, k, mask)


@attention_weights.mutant("返回了分数", look="还差最后一步 softmax。")
def _(q, k, mask=None):
    scores = q @ k.mT / math.sqrt(q.size(-1))
    return scores if mask is None else scores.masked_fill(~mask, -INF)


@attention_weights.mutant("按头的个数开方", look="d_k 是每个头的维数，也就是 q 最后一个轴的长度，q.size(-1)。")
def _(q, k, mask=None):
    return weights_with(lambda d: math.sqrt(q.size(1)))(q, k, mask)


# ---- 4.6 多头 ----


def multi_head_reference(x, w_qkv, w_out, n_head):
    q, k, v = rearrange(x @ w_qkv.mT, "b t (n h d) -> n b h t d", n=3, h=n_head)
    return rearrange(layers.attention(q, k, v, layers.CAUSAL), "b h t d -> b t (h d)") @ w_out.mT


multi_head = Exercise(
    "4.6", "多头注意力", multi_head_reference,
    look="先乘 w_qkv，拆成 q、k、v 和各个头，做带因果掩码的注意力，把头拼回去，最后乘 w_out。", atol=1e-5,
)  # fmt: skip


@multi_head.probe("1 个头")
def _(answer, rng):
    return answer(normal(rng, 1, 3, 4), normal(rng, 12, 4), normal(rng, 4, 4), 1)


@multi_head.probe("2 批、5 个位置、12 维、3 个头")
def _(answer, rng):
    return answer(normal(rng, 2, 5, 12), normal(rng, 36, 12, scale=0.3), normal(rng, 12, 12), 3)


@multi_head.probe("改动最后一个位置，前面的输出不动")
def _(answer, rng):
    x, w_qkv, w_out = normal(rng, 1, 4, 8), normal(rng, 24, 8), normal(rng, 8, 8)
    changed = x.clone()
    changed[:, -1] += 1
    a, b = answer(x, w_qkv, w_out, 2), answer(changed, w_qkv, w_out, 2)
    return torch.equal(a[:, :-1], b[:, :-1])


@multi_head.correct("一个头一个头地循环")
def _(x, w_qkv, w_out, n_head):
    c = x.size(-1)
    d = c // n_head
    heads = []
    for i in range(n_head):
        q, k, v = (x @ w_qkv[n * c + i * d : n * c + (i + 1) * d].T for n in range(3))
        heads.append(layers.attention_weights(q[:, None], k[:, None], layers.CAUSAL)[:, 0] @ v)
    return torch.cat(heads, dim=-1) @ w_out.T


@multi_head.correct("view 与 transpose，SDPA")
def _(x, w_qkv, w_out, n_head):
    b, t, c = x.shape
    q, k, v = (y.view(b, t, n_head, c // n_head).transpose(1, 2) for y in (x @ w_qkv.T).chunk(3, dim=-1))
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return y.transpose(1, 2).reshape(b, t, c) @ w_out.T


def heads_with(split="b t (n h d) -> n b h t d", merge="b h t d -> b t (h d)", mask=layers.CAUSAL, order=(0, 1, 2), out=lambda w: w.mT):
    def run(x, w_qkv, w_out, n_head):
        parts = rearrange(x @ w_qkv.mT, split, n=3, h=n_head)
        q, k, v = (parts[i] for i in order)
        y = rearrange(layers.attention(q, k, v, mask), merge)
        w = out(w_out)
        return y if w is None else y @ w

    return run


multi_head.mutant("没有因果掩码", heads_with(mask=None), look="每个位置只许看自己和过去，注意力要带上 causal_mask。")
multi_head.mutant("头与维的次序反了", heads_with("b t (n d h) -> n b h t d"), look="连续的 d 个数属于同一个头：(n h d)，不是 (n d h)。")
multi_head.mutant("q、k、v 没有排在最外面", heads_with("b t (h n d) -> n b h t d"), look="w_qkv 先是全部的 q，再是全部的 k，再是全部的 v：(n h d)。")
multi_head.mutant("q 与 k 交换了", heads_with(order=(1, 0, 2)), look="三份的次序是 q、k、v。")
multi_head.mutant("k 与 v 交换了", heads_with(order=(0, 2, 1)), look="三份的次序是 q、k、v。")
multi_head.mutant("拼回去时头与维反了", heads_with(merge="b h t d -> b t (d h)"), look="拼接是一个头接一个头：(h d)。")
multi_head.mutant("忘了乘 w_out", heads_with(out=lambda w: None), look="拼接以后还有最后一个矩阵 W^O。")
multi_head.mutant("w_out 没有转置", heads_with(out=lambda w: w), look="权重按 nn.Linear 的习惯存成 (输出, 输入)，所以是 y @ w_out.T。")


@multi_head.mutant("没有拆成头", look="n_head 个头各有自己的权重；不拆开就只有一个头。")
def _(x, w_qkv, w_out, n_head):
    return multi_head_reference(x, w_qkv, w_out, 1)


@multi_head.mutant("用 √d_model 缩放", look="除的是每个头的维数 d_k = d_model / h 的平方根。")
def _(x, w_qkv, w_out, n_head):
    q, k, v = rearrange(x @ w_qkv.mT, "b t (n h d) -> n b h t d", n=3, h=n_head)
    heads = layers.attention(q / math.sqrt(n_head), k, v, layers.CAUSAL)
    return rearrange(heads, "b h t d -> b t (h d)") @ w_out.mT


# ---- 4.3 先猜后算 ----

predict_variance = Exercise("4.3", "先猜后算：点积的方差", {"方差": 64.0, "除以 √d_k 以后的方差": 1.0, "标准差": 8.0})
predict_variance.probe("三个数")(lambda answer, rng: answer)
predict_variance.look = "每个乘积的方差是 1，d_k 个互不相关的加起来；除以一个数，方差除以它的平方。"
predict_variance.correct("写成整数", {"方差": 64, "除以 √d_k 以后的方差": 1, "标准差": 8})
predict_variance.mutant(
    "除以 √d_k 当成除以方差的平方根一半", {"方差": 64, "除以 √d_k 以后的方差": 8, "标准差": 8},
    look="一个随机数除以 8，方差除以 8² = 64。",
)  # fmt: skip
predict_variance.mutant("标准差没有开方", {"方差": 64, "除以 √d_k 以后的方差": 1, "标准差": 64}, look="标准差是方差的平方根。")
predict_variance.mutant("方差与标准差反了", {"方差": 8, "除以 √d_k 以后的方差": 1, "标准差": 64}, look="方差是 d_k，标准差是 √d_k。")
predict_variance.mutant("以为方差与维数无关", {"方差": 1, "除以 √d_k 以后的方差": 1 / 64, "标准差": 1}, look="64 个互不相关的乘积，方差加起来。")
predict_variance.mutant("方差按平方加", {"方差": 4096, "除以 √d_k 以后的方差": 64, "标准差": 64}, look="互不相关的随机数，方差相加，不是标准差相加。")
