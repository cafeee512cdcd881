"""练习 11.9 先猜后算：规模与速度。"""

from tinygpt.course.diagnosis import Exercise

COUNTS = (
    "1 亿个参数读 20 亿个 token，照 6ND 是多少亿亿次运算",
    "每秒 1000 万亿次的 GPU 用到四成，算这些要几分钟",
    "8 个查询的头共用 2 组键与值，KV 缓存是原来的几分之几（写成小数）",
    "SwiGLU 要与 4 倍宽的前馈网络一样多的参数，维数 768 时中间多宽",
    "4 个进程，一步 64 个窗口，每个进程算几个",
    "损失里随参数降的那一份是 A/√N，N 大四倍，它变成原来的几倍（写成小数）",
    "查询在位置 105、键在 100，各往前移 100，用 RoPE 的点积变不变",
    "同样的训练，一个进程换成两个（同样的总批大小），每一步的损失变不变（不计舍入）",
)


def counts(*values):
    return dict(zip(COUNTS, values, strict=True))


RIGHT = (120, 50, 0.25, 2048, 16, 0.5, "不变", "不变")


def but(**changes):
    """只改动几项：键是第几项。"""
    return counts(*(changes.get(f"n{i}", value) for i, value in enumerate(RIGHT, start=1)))


exercise = Exercise(
    "11.9", "先猜后算：规模与速度", counts(*RIGHT),
    look="6ND；用到的速度是峰值乘以几成；缓存与键的头数成正比；SwiGLU 有三个矩阵；RoPE 只看相差几个位置。",
)  # fmt: skip
exercise.probe("各项")(lambda answer, rng: answer)
exercise.correct("写成小数", counts(120.0, 50.0, 1 / 4, 2048.0, 16.0, 0.5, "不变", "不变"))
exercise.mutant("运算只算了前向", but(n1=40), look="前向 2ND，反向 4ND，一共 6ND。")
exercise.mutant("运算的 0 数错了", but(n1=12), look="6 × 10⁸ × 2 × 10⁹ = 1.2 × 10¹⁸，一亿亿是 10¹⁶。")
exercise.mutant("没有乘 6", but(n1=20), look="训练一个 token，每个参数 6 次：6ND。")
exercise.mutant("没有换成亿亿", but(n1=1.2e18), look="题目问的是多少亿亿次：再除以 10¹⁶。")
exercise.mutant("几成乘在了时间上", but(n2=8), look="只用到四成，时间更长：除以 0.4。")
exercise.mutant("写成了小时", but(n2=0.83), look="题目问的是分钟。")
exercise.mutant("以为用得到全部的峰值", but(n2=20), look="只用到四成：1.2 × 10¹⁸ ÷ (0.4 × 10¹⁵) 秒。")
exercise.mutant("写成了秒", but(n2=3000), look="题目问的是分钟。")
exercise.mutant("缓存与查询的头数成正比", but(n3=1), look="缓存里只有键与值：2 组代替 8 组。")
exercise.mutant("8 个头共用 2 组当成了一半", but(n3=0.5), look="2 组代替 8 组，是 2/8。")
exercise.mutant("几分之几写成了几倍", but(n3=4), look="2 组代替 8 组，是原来的 2/8。")
exercise.mutant("SwiGLU 仍是 4 倍宽", but(n4=3072), look="SwiGLU 有三个矩阵：3·w = 2·4c，w = 8c/3。")
exercise.mutant("SwiGLU 只有 2 倍宽", but(n4=1536), look="3·w = 2·4c，w = 8c/3，不是 2c。")
exercise.mutant("每个进程都算整批", but(n5=64), look="一批分给各个进程：64 ÷ 4。")
exercise.mutant("总批大小乘了进程数", but(n5=256), look="一步一共 64 个窗口，分给 4 个进程。")
exercise.mutant("A/√N 里 N 只大了两倍", but(n6=0.71), look="N 大四倍：√4 = 2，变成一半。")
exercise.mutant("A/√N 当成了 A/N", but(n6=0.25), look="N 大四倍，√N 大两倍，那一份变成一半。")
exercise.mutant("以为绝对的位置也要紧", but(n7="变"), look="查询与键转过的角相减，只剩相差的 5 个位置。")
exercise.mutant("以为进程数改变了训练", but(n8="变"), look="各进程的梯度相加，就是整批的梯度。")
