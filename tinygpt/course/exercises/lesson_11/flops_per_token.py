"""练习 11.1 一个 token 要多少次运算。"""

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import number_or_scalar


def flops_with(
    per_parameter=6, attention=4, feed_forward=8, head=1, places=0, scores=12, layers=True, width=True,
    power=1, head_layers=False, small=0, scale=1,
):  # fmt: skip
    """参考答案的几种改法。"""

    def run(n_layer, n_embd, vocab_size, context_length):
        blocks = (attention + feed_forward) * n_layer * n_embd**2
        count = blocks + head * vocab_size * n_embd * (n_layer if head_layers else 1)
        count += places * context_length * n_embd + small * (13 * n_layer + 2) * n_embd
        extra = scores * context_length**power
        extra *= (n_layer if layers else 1) * (n_embd if width else 1)
        return (per_parameter * count + extra) * (context_length if scale == "T" else scale)

    return run


exercise = Exercise(
    "11.1", "一个 token 要多少次运算", flops_with(), assemble=flops_with,
    look="N = 12·L·c² + V·c（输出层与 token embedding 是同一个矩阵，算一次）；结果是 6N + 12·L·c·T。",
)


def probe(name, *shape):
    @exercise.probe(name)
    def _(answer, rng):
        return number_or_scalar(answer(*shape))


probe("文章的模型：2 层、256 维、词表 4096、上下文 256", 2, 256, 4096, 256)
probe("GPT-2：12 层、768 维", 12, 768, 50257, 1024)
probe("只有一层，词表很小", 1, 8, 3, 5)
probe("上下文很长", 3, 16, 10, 100_000)
probe("词表很大", 1, 4, 1_000_000, 2)
probe("很深，很窄", 50, 2, 1, 1)


@exercise.correct("一样一样地加")
def _(n_layer, n_embd, vocab_size, context_length):
    matrices = n_layer * (3 * n_embd * n_embd + n_embd * n_embd + 2 * n_embd * 4 * n_embd)
    forward = 2 * (matrices + vocab_size * n_embd) + n_layer * 2 * 2 * context_length * n_embd
    return 3 * forward


@exercise.correct("写成小数")
def _(n_layer, n_embd, vocab_size, context_length):
    return 6.0 * n_embd * (n_layer * (12 * n_embd + 2 * context_length) + vocab_size)


exercise.edit("只算了前向", per_parameter=2, look="反向要两倍的运算：一共 3 遍，每遍一乘一加，所以是 6N。")
exercise.edit("前向与反向算成一样多", per_parameter=4, look="反向要对输入、对权重各求梯度：两倍，一共 6N。")
exercise.edit("每个参数只算一次乘法", per_parameter=3, look="一乘一加是两次运算，三遍就是 6。")
exercise.edit("忘了输出层", head=0, look="输出层把 c 维乘成 V 维，也是矩阵乘法：V·c 要算进 N。")
exercise.edit("embedding 与输出层各算了一次", head=2, look="它们共用一个矩阵，查表又不用乘：V·c 只算一次。")
exercise.edit("位置 embedding 也算了", places=1, look="位置 embedding 只是查表，没有乘法，不算进 N。")
exercise.edit("忘了前馈网络", feed_forward=0, look="每层的前馈网络有两个 c × 4c 的矩阵：8c²。")
exercise.edit("每层少算了 4c²", feed_forward=4,
              look="每层一共 12c²：注意力四个矩阵 4c²，前馈网络两个矩阵 8c²。")
exercise.edit("注意力的四个矩阵少算了输出的那个", attention=3, look="除了 Q、K、V，还有 W^O：4c²。")
exercise.edit("忘了 QKᵀ 与乘 V", scores=0, look="一个 token 要与前面的比：12·L·c·T，与参数无关。")
exercise.edit("QKᵀ 与乘 V 只算了一样", scores=6, look="QKᵀ 与乘 V 各是 2·c·T，三遍一共 12·c·T。")
exercise.edit("QKᵀ 与乘 V 没有算反向", scores=4, look="前向 4·c·T，反向两倍，一共 12·c·T。")
exercise.edit("QKᵀ 与乘 V 没有乘层数", layers=False, look="每一层都要比一遍：12·L·c·T。")
exercise.edit("QKᵀ 与乘 V 没有乘维数", width=False, look="点积是 c 维的：12·L·c·T。")
exercise.edit("T 取了平方", power=2, look="整段是 T²，一个 token 只分到 T。")
exercise.edit("算成了整段", scale="T", look="题目问的是一个 token：不用再乘 T。")
exercise.edit("写成了百万次", scale=1e-6, look="直接返回次数，不要换单位。")
exercise.edit("输出层也乘了层数", head_layers=True, look="输出层只有一个：V·c，不乘 L。")
exercise.edit("偏置与归一化也算了", small=1, look="它们很小，题目说不算：N 只数矩阵。")
exercise.edit("前馈网络多算了一个矩阵", feed_forward=12, look="前馈网络只有 up 与 down 两个矩阵：8c²。")
