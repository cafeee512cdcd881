"""练习 10.6 先猜后算：一张图有多长。"""

from tinygpt.course.diagnosis import Exercise

NAMES = (
    "32×32 的图，8×8 的块，几块",
    "一块有几个数（三种颜色）",
    "前缀接上 12 个 token，h_0 有几行",
    "新添的参数（线性层与位置表）有几个",
    "64×64 的图，同样的块，几块",
    "看不见图，“有几个”（假如一到四个一样多）最多猜对几成",
    "换一张图，问题的 token 的 h_0 变不变",
)


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


RIGHT = (16, 192, 28, 192 * 256 + 256 + 16 * 256, 64, 0.25, "不变")
exercise = Exercise(
    "10.6", "先猜后算：一张图有多长", guess(*RIGHT),
    look="块数 =（高 ÷ 8）×（宽 ÷ 8）；线性层是 192 × 256 加 256 个偏置，位置表是 16 × 256；"
         "图只从注意力进到文字里。",
)
exercise.probe("七个答案")(lambda answer, rng: answer)
exercise.correct("参数写成算好的数", guess(16, 192, 28, 53504, 64, 1 / 4, "不变"))
exercise.mutant("一块只数了一种颜色", guess(16, 64, 28, 53504, 64, 0.25, "不变"),
                look="红、绿、蓝各 64 个数，一共 192 个。")
exercise.mutant("块数只数了一边", guess(4, 192, 28, 53504, 64, 0.25, "不变"),
                look="横着 4 块，竖着也是 4 块，一共 16 块。")
exercise.mutant("h_0 忘了文字", guess(16, 192, 16, 53504, 64, 0.25, "不变"),
                look="16 块在前，12 个 token 在后。")
exercise.mutant("边长加倍，块数也只加倍", guess(16, 192, 28, 53504, 32, 0.25, "不变"),
                look="边长加倍，块数是四倍：图变大，前缀长得很快。")
exercise.mutant("忘了位置表", guess(16, 192, 28, 192 * 256 + 256, 64, 0.25, "不变"),
                look="16 块各有一个 256 维的位置向量。")
exercise.mutant("忘了偏置", guess(16, 192, 28, 192 * 256 + 16 * 256, 64, 0.25, "不变"),
                look="线性层还有 256 个偏置。")
exercise.mutant("以为 h_0 里已经有图", guess(16, 192, 28, 53504, 64, 0.25, "变"),
                look="h_0 里，文字的行只是 embedding 加位置；图在别的行，要等注意力来取。")
exercise.mutant("以为瞎猜总是一半", guess(16, 192, 28, 53504, 64, 0.5, "不变"),
                look="四种个数一样多，总说同一个，对四分之一。")
