"""练习 5.7 由形状数参数。"""

from tinygpt import GPT, GPTConfig
from tinygpt.course.diagnosis import Exercise


def count_with(bias=1, positions=1, final=2, widen=4, norms=2, qkv=3, out=1, head=0):
    def run(n_layer, n_embd, vocab_size, context_length):
        c = n_embd
        attention = qkv * (c * c + bias * c) + out * (c * c + bias * c)
        ffn = (c * widen * c + bias * widen * c) + (widen * c * c + bias * c)
        layer = attention + ffn + norms * (c + bias * c)
        embeddings = vocab_size * c + positions * context_length * c
        return embeddings + n_layer * layer + final * c + head * vocab_size * c

    return run


def real_count(n_layer, n_embd, vocab_size, context_length):
    config = GPTConfig(n_layer=n_layer, n_head=1, n_embd=n_embd, vocab_size=vocab_size,
                       context_length=context_length, tied_head=True, bias=True)
    return sum(p.numel() for p in GPT(config).parameters())


exercise = Exercise(
    "5.7", "由形状数参数", real_count,
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
exercise.mutant("忘了偏置", lambda n, c, v, t: count_with()(n, c, v, t) - 9 * c * n,
                look="四个线性层都有偏置：3c、c、4c、c。")
exercise.mutant("忘了位置 embedding", count_with(positions=0), look="位置也有一张 context_length × c 的表。")
exercise.mutant("忘了最后的层归一化", count_with(final=0),
                look="pre-norm 的模型在输出层之前还有一个层归一化，2c 个。")
exercise.mutant("层归一化只数了 weight", count_with(norms=1, final=1),
                look="层归一化有 weight 和 bias，各 c 个。")
exercise.mutant("每层只数了一个层归一化", count_with(norms=1),
                look="一层有两个：注意力前一个，前馈网络前一个。")
exercise.mutant("前馈网络没有放宽到 4 倍", count_with(widen=1), look="中间是 4c 维。")
exercise.mutant("q、k、v 只数了一份", count_with(qkv=1), look="to_qkv 是三份拼在一起：3c × c。")
exercise.mutant("忘了 W^O", count_with(out=0), look="拼接以后还有 to_out：c × c 加 c。")
exercise.mutant("输出层又数了一遍", count_with(head=1), look="输出层与 token embedding 共用权重，只数一次。")
