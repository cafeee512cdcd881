"""练习 5.7 由形状数参数。"""

from functools import lru_cache

from tinygpt import GPT, GPTConfig
from tinygpt.course.diagnosis import Exercise


def count_with(
    tokens=1, positions=1, head=0, head_bias=0, final=2, norms=4, layers=lambda n: n,
    qkv=(3, 3), to_out=(1, 1), widen=(4, 4), narrow=(4, 1), out=lambda n: n,
):  # fmt: skip
    """每个线性层写成 (c² 的个数, c 的个数)，即权重与偏置；norms、final 是 c 的个数。"""

    def run(n_layer, n_embd, vocab_size, context_length):
        c = n_embd
        linears = (qkv, to_out, widen, narrow)
        layer = sum(squares * c * c + singles * c for squares, singles in linears) + norms * c
        embeddings = tokens * vocab_size * c + positions * context_length * c
        top = final * c + head * vocab_size * c + head_bias * vocab_size
        return out(embeddings + layers(n_layer) * layer + top)

    return run


@lru_cache
def real_count(n_layer, n_embd, vocab_size, context_length):
    config = GPTConfig(n_layer=n_layer, n_head=1, n_embd=n_embd, vocab_size=vocab_size,
                       context_length=context_length, tied_head=True, bias=True)
    return sum(p.numel() for p in GPT(config).parameters())


exercise = Exercise(
    "5.7", "由形状数参数", real_count, assemble=count_with, rtol=0, atol=0,
    look="两张 embedding；每层：to_qkv（3c×c 加 3c）、to_out（c×c 加 c）、前馈（4c×c 加 4c，c×4c 加 c）、"
         "两个层归一化（各 2c）；最后一个层归一化。",
)


@exercise.probe("文章的模型")
def _(answer, rng):
    return answer(2, 256, 4096, 256)


@exercise.probe("一层，很小")
def _(answer, rng):
    return answer(1, 8, 300, 16)


@exercise.probe("五层")
def _(answer, rng):
    return answer(5, 12, 500, 32)


@exercise.probe("三层，四维")
def _(answer, rng):
    return answer(3, 4, 320, 8)


exercise.correct("公式", count_with())
exercise.correct("合并同类项", lambda n, c, v, t: (v + t + 2) * c + n * (12 * c * c + 13 * c))
exercise.edit("忘了 token embedding", "token 也有一张 vocab_size × c 的表。", tokens=0)
exercise.edit("忘了位置 embedding", "位置也有一张 context_length × c 的表。", positions=0)
exercise.edit("输出层又数了一遍", "输出层与 token embedding 共用权重，只数一次。", head=1)
exercise.edit("输出层数了偏置", "输出层与 token embedding 共用，没有自己的偏置。", head_bias=1)
exercise.edit("忘了最后的层归一化", "pre-norm 的模型在输出层之前还有一个层归一化，2c 个。", final=0)
exercise.edit("最后的层归一化只数了 weight", "层归一化有 weight 和 bias，各 c 个。", final=1)
exercise.edit("每层少了 c 个：to_out 的偏置，或前馈第二次的偏置",
              "to_out 与前馈的第二次线性变换，输出都是 c 维，各有 c 个偏置。", to_out=(1, 0))
exercise.edit("每层少了 2c 个：一个层归一化，或 to_qkv 的偏置",
              "一层有两个层归一化，每个 2c（weight 与 bias 各 c）；to_qkv 的偏置有 3c 个，不是 c 个。",
              norms=2)
exercise.edit("每层少了 3c 个：to_qkv 的偏置，或前馈第一次的偏置",
              "to_qkv 的偏置有 3c 个；前馈的第一次线性变换输出 4c 维，偏置有 4c 个，不是 c 个。",
              qkv=(3, 0))
exercise.edit("每层少了 4c 个：两个层归一化，或前馈第一次的偏置",
              "一层有两个层归一化，各 2c 个；前馈的第一次线性变换输出 4c 维，偏置有 4c 个。", norms=0)
exercise.edit("忘了乘层数", "有 n_layer 层，每层都有自己的参数。", layers=lambda n: 1)
exercise.edit("q、k、v 只数了一份", "to_qkv 是三份拼在一起：3c × c，加 3c。", qkv=(1, 1))
exercise.edit("忘了 W^O", "拼接以后还有 to_out：c × c 加 c。", to_out=(0, 0))
exercise.edit("前馈的第二次偏置多数了", "第二次线性变换的输出是 c 维，偏置只有 c 个。", narrow=(4, 4))
exercise.edit("忘了前馈的第二次", "前馈网络有两次线性变换：c → 4c，再 4c → c。", narrow=(0, 0))
exercise.edit("换成了百万", "返回个数本身，是整数。", out=lambda n: n / 1e6)


def mutant(name, look, **edit):
    """一个错要改几处的，不与别的错拼在一起。"""
    exercise.mutant(name, count_with(**edit), look)


NO_BIAS = dict(qkv=(3, 0), to_out=(1, 0), widen=(4, 0), narrow=(4, 0))
mutant("线性层忘了偏置", "四个线性层都有偏置：3c、c、4c、c。", **NO_BIAS)
mutant("偏置全都忘了", "线性层有偏置 3c、c、4c、c，层归一化也有 bias。", norms=2, final=1, **NO_BIAS)
mutant("只数了矩阵", "偏置与层归一化也是参数：每层 13c 个，最后还有 2c 个。", norms=0, final=0, **NO_BIAS)
mutant("层归一化只数了 weight", "层归一化有 weight 和 bias，各 c 个。", norms=2, final=1)
mutant("忘了层归一化", "每层两个层归一化，最后还有一个，各 2c 个。", norms=0, final=0)
mutant("前馈网络没有放宽到 4 倍", "中间是 4c 维。", widen=(1, 1), narrow=(1, 1))
mutant("输出层单独数了，还有偏置", "输出层与 token embedding 共用权重，只数一次，也没有偏置。", head=1,
       head_bias=1)


@exercise.mutant("每层都数了最后的层归一化", look="最后的层归一化只有一个，不乘层数。")
def _(n_layer, n_embd, vocab_size, context_length):
    return count_with(norms=6, final=0)(n_layer, n_embd, vocab_size, context_length)


@exercise.mutant("位置 embedding 也按词表数了",
                 look="位置 embedding 有 context_length 行，不是 vocab_size 行。")
def _(n_layer, n_embd, vocab_size, context_length):
    return count_with()(n_layer, n_embd, vocab_size, vocab_size)


@exercise.mutant("embedding 也乘了层数", look="embedding 与最后的层归一化各只有一份，不乘层数。")
def _(n_layer, n_embd, vocab_size, context_length):
    return n_layer * count_with(final=0)(1, n_embd, vocab_size, context_length) + 2 * n_embd


@exercise.mutant("算上了因果掩码", look="因果掩码不是参数：它不训练。")
def _(n_layer, n_embd, vocab_size, context_length):
    return count_with()(n_layer, n_embd, vocab_size, context_length) + context_length**2


@exercise.mutant("写死了文章的模型", look="四个数都是参数：换一种形状也要对。")
def _(n_layer, n_embd, vocab_size, context_length):
    return count_with()(2, 256, 4096, 256)
