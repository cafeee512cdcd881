"""练习 5.4 一层解码器，两种次序。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal, unchanged


def pre_norm(x, attention, ffn, norm1, norm2):
    x = x + attention(norm1(x))
    return x + ffn(norm2(x))


def post_norm(x, attention, ffn, norm1, norm2):
    x = norm1(x + attention(x))
    return norm2(x + ffn(x))


def blocks_with(pre=pre_norm, post=post_norm, out=lambda pre, post: (pre, post)):
    return lambda *parts: out(pre(*parts), post(*parts))


exercise = Exercise(
    "5.4", "一层解码器，两种次序", blocks_with(), assemble=blocks_with,
    look="pre-norm：x + 子层(归一化(x))；post-norm：归一化(x + 子层(x))。各做两次，先注意力，后前馈网络。",
)


def parts(rng):
    """四个零件，都是记得住的简单函数，互不相同。"""
    a, b = normal(rng, 4, 4), normal(rng, 4, 4)
    return (
        lambda x: x @ a,
        lambda x: torch.tanh(x @ b),
        lambda x: x / (1 + x.abs()) + 0.1,
        lambda x: 0.5 * x - 0.2 * x.abs(),
    )


@exercise.probe("2 批、3 个位置")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 4), *parts(rng))


@exercise.probe("子层输出 0 时，pre-norm 原样传下去")
def _(answer, rng):
    zero = torch.zeros_like
    return answer(normal(rng, 1, 2, 4), zero, zero, *parts(rng)[2:])


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(lambda x: answer(x, *parts(rng)), normal(rng, 1, 2, 4))


@exercise.correct("写成循环")
def _(x, attention, ffn, norm1, norm2):
    pre = post = x
    for sublayer, norm in ((attention, norm1), (ffn, norm2)):
        pre, post = pre + sublayer(norm(pre)), norm(post + sublayer(post))
    return pre, post


@exercise.correct("每一步起一个名字")
def _(x, attention, ffn, norm1, norm2):
    after_attention = attention(norm1(x)) + x
    middle = norm1(attention(x) + x)
    return ffn(norm2(after_attention)) + after_attention, norm2(ffn(middle) + middle)


def pre(name, look, change):
    exercise.edit(name, look, pre=change)


def post(name, look, change):
    exercise.edit(name, look, post=change)


def then(y, step):
    """y 用不止一次时，先算好它。"""
    return step(y)


pre("pre 的残差从归一化以后取", "残差加的是没有归一化的 x，那条路上什么也不挡着。",
    lambda x, a, f, m, n: then(m(x) + a(m(x)), lambda y: n(y) + f(n(y))))
pre("pre 没有第一个残差", "注意力的输出要加到 x 上。",
    lambda x, a, f, m, n: then(a(m(x)), lambda y: y + f(n(y))))
pre("pre 没有第二个残差", "前馈网络的输出也要加到它的输入上。", lambda x, a, f, m, n: f(n(x + a(m(x)))))
pre("pre 一个残差也没有", "两次都是 x + 子层(归一化(x))：子层的输出加到 x 上。",
    lambda x, a, f, m, n: f(n(a(m(x)))))
pre("pre 的第二个残差加的是最初的 x", "第二次的 x 是前一行的结果，不是最初的 x。",
    lambda x, a, f, m, n: x + f(n(x + a(m(x)))))
pre("pre 的两个子层并排", "前馈网络的输入是加完注意力以后的 x，不是最初的 x。",
    lambda x, a, f, m, n: x + a(m(x)) + f(n(x)))
pre("pre 先做了前馈网络", "先注意力，后前馈网络。", lambda x, a, f, m, n: pre_norm(x, f, a, m, n))
pre("pre 先做了前馈网络，归一化也跟着换了", "先注意力，后前馈网络。",
    lambda x, a, f, m, n: pre_norm(x, f, a, n, m))
pre("pre 的两次都用了第一个归一化", "两个子层各有自己的归一化。",
    lambda x, a, f, m, n: pre_norm(x, a, f, m, m))
pre("pre 的两个归一化交换了", "注意力前面是 norm1，前馈网络前面是 norm2。",
    lambda x, a, f, m, n: pre_norm(x, a, f, n, m))
pre("pre 的注意力前面没有归一化", "子层的输入先归一化：attention(norm1(x))。",
    lambda x, a, f, m, n: then(x + a(x), lambda y: y + f(n(y))))
pre("pre 的前馈网络前面没有归一化", "子层的输入先归一化：feed_forward(norm2(x))。",
    lambda x, a, f, m, n: then(x + a(m(x)), lambda y: y + f(y)))
pre("pre 的末尾又归一化了", "pre-norm 的归一化只在子层的入口。",
    lambda x, a, f, m, n: n(pre_norm(x, a, f, m, n)))
pre("两个都是 post-norm", "pre-norm 的归一化在子层的入口。", post_norm)

post("post 没有残差", "归一化的是 x + 子层(x)。", lambda x, a, f, m, n: n(f(m(a(x)))))
post("post 的归一化漏了最后一次", "post-norm 每次相加以后都归一化，一层两次。",
     lambda x, a, f, m, n: then(m(x + a(x)), lambda y: y + f(y)))
post("post 的归一化漏了第一次", "post-norm 每次相加以后都归一化，一层两次。",
     lambda x, a, f, m, n: then(x + a(x), lambda y: n(y + f(y))))
post("post 的归一化没有罩住残差", "先相加，再归一化：norm(x + 子层(x))。",
     lambda x, a, f, m, n: then(x + m(a(x)), lambda y: y + n(f(y))))
post("post 的第二个残差加的是最初的 x", "第二次的 x 是前一行的结果，不是最初的 x。",
     lambda x, a, f, m, n: n(x + f(m(x + a(x)))))
post("post 的两个子层并排", "前馈网络的输入是前一行的结果，不是最初的 x。",
     lambda x, a, f, m, n: n(m(x + a(x)) + f(x)))
post("post 的两次都用了第一个归一化", "两个子层各有自己的归一化。",
     lambda x, a, f, m, n: post_norm(x, a, f, m, m))
post("post 的两个归一化交换了", "注意力后面是 norm1，前馈网络后面是 norm2。",
     lambda x, a, f, m, n: post_norm(x, a, f, n, m))
post("post 先做了前馈网络", "先注意力，后前馈网络。", lambda x, a, f, m, n: post_norm(x, f, a, m, n))
post("post 先做了前馈网络，归一化也跟着换了", "先注意力，后前馈网络。",
     lambda x, a, f, m, n: post_norm(x, f, a, n, m))
post("post 从 pre 的结果出发", "两个都从同一个 x 出发。",
     lambda x, *rest: post_norm(pre_norm(x, *rest), *rest))
post("两个都是 pre-norm", "post-norm 的归一化在相加之后。", pre_norm)

exercise.edit("pre 与 post 反了", "pre：归一化在子层之前。返回的次序是（pre, post）。",
              out=lambda pre, post: (post, pre))
exercise.edit("只返回了 pre", "返回两个：(pre, post)。", out=lambda pre, post: pre)
exercise.edit("叠成了一个张量", "返回两个张量：(pre, post)。", out=lambda pre, post: torch.stack([pre, post]))


@exercise.mutant("x += 改动了输入，post 从改过的 x 出发",
                 look="x += … 会改掉调用者的 x：写成 pre = x + …，得到一个新的。")
def _(x, attention, ffn, norm1, norm2):
    x += attention(norm1(x))
    x += ffn(norm2(x))
    return x, post_norm(x, attention, ffn, norm1, norm2)


@exercise.mutant("改动了输入", look="x += … 会改掉调用者的 x：写成 pre = x + …，得到一个新的。")
def _(x, attention, ffn, norm1, norm2):
    post = post_norm(x, attention, ffn, norm1, norm2)
    x += attention(norm1(x))
    x += ffn(norm2(x))
    return x.clone(), post
