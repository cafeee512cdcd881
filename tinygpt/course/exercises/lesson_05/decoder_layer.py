"""练习 5.4 一层解码器，两种次序。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def pre_norm(x, attention, ffn, norm1, norm2):
    x = x + attention(norm1(x))
    return x + ffn(norm2(x))


def post_norm(x, attention, ffn, norm1, norm2):
    x = norm1(x + attention(x))
    return norm2(x + ffn(x))


exercise = Exercise(
    "5.4", "一层解码器，两种次序", lambda *parts: (pre_norm(*parts), post_norm(*parts)),
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


@exercise.probe("每个零件各用几次")
def _(answer, rng):
    names, used = ["注意力", "前馈", "归一化1", "归一化2"], []
    count = lambda name, f: lambda x: (used.append(name), f(x))[1]
    answer(normal(rng, 1, 2, 4), *(count(n, f) for n, f in zip(names, parts(rng), strict=True)))
    return {name: used.count(name) for name in names}


@exercise.probe("不改动输入")
def _(answer, rng):
    x = normal(rng, 1, 2, 4)
    before = x.clone()
    answer(x, *parts(rng))
    return torch.equal(x, before)


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


def with_pre(pre):
    return lambda *p: (pre(*p), post_norm(*p))


def with_post(post):
    return lambda *p: (pre_norm(*p), post(*p))


exercise.mutant("pre 与 post 反了", lambda *p: (post_norm(*p), pre_norm(*p)),
                look="pre：归一化在子层之前。返回的次序是（pre, post）。")
exercise.mutant("两个都是 pre-norm", with_post(pre_norm), look="post-norm 的归一化在相加之后。")
exercise.mutant("pre 的残差从归一化以后取",
                with_pre(lambda x, a, f, m, n: (lambda y: n(y) + f(n(y)))(m(x) + a(m(x)))),
                look="残差加的是没有归一化的 x，那条路上什么也不挡着。")
exercise.mutant("pre 没有第一个残差", with_pre(lambda x, a, f, m, n: (lambda y: y + f(n(y)))(a(m(x)))),
                look="注意力的输出要加到 x 上。")
exercise.mutant("pre 没有第二个残差", with_pre(lambda x, a, f, m, n: f(n(x + a(m(x))))),
                look="前馈网络的输出也要加到它的输入上。")
exercise.mutant("pre 的两个子层并排", with_pre(lambda x, a, f, m, n: x + a(m(x)) + f(n(x))),
                look="前馈网络的输入是加完注意力以后的 x，不是最初的 x。")
exercise.mutant("pre 先做了前馈网络", with_pre(lambda x, a, f, m, n: pre_norm(x, f, a, n, m)),
                look="先注意力，后前馈网络。")
exercise.mutant("pre 的两次用了同一个归一化", with_pre(lambda x, a, f, m, n: pre_norm(x, a, f, m, m)),
                look="两个子层各有自己的归一化。")
exercise.mutant("post 没有残差", with_post(lambda x, a, f, m, n: (lambda y: n(f(y)))(m(a(x)))),
                look="归一化的是 x + 子层(x)。")
exercise.mutant("post 的归一化漏了最后一次",
                with_post(lambda x, a, f, m, n: (lambda y: y + f(y))(m(x + a(x)))),
                look="post-norm 每次相加以后都归一化，一层两次。")
exercise.mutant("post 的归一化没有罩住残差",
                with_post(lambda x, a, f, m, n: (lambda y: y + n(f(y)))(x + m(a(x)))),
                look="先相加，再归一化：norm(x + 子层(x))。")
