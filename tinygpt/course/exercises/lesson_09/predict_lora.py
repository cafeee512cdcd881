"""练习 9.6 先猜后算：LoRA 有多大。"""

from tinygpt.course.diagnosis import Exercise

NAMES = (
    "256×1024 的 W，秩 8，训练多少个数",
    "秩从 8 换成 16，训练的参数是原来的几倍",
    "刚装上、一步也没有训练，输出变不变",
    "训练完合并以后，每个 token 的计算比没有 LoRA 的多不多",
    "底子的权重，训练前后相同吗",
)


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


RIGHT = (10240, 2, "不变", "不多", "相同")
exercise = Exercise(
    "9.6", "先猜后算：LoRA 有多大", guess(*RIGHT),
    look="A 是 r 行、输入那么多列，B 是输出那么多行、r 列；B 从 0 开始；合并以后只剩一个矩阵。",
)
exercise.probe("五个答案")(lambda answer, rng: answer)
exercise.correct("倍数写成小数", guess(10240, 2.0, "不变", "不多", "相同"))
exercise.mutant("只数了一个矩阵", guess(8 * 1024, 2, "不变", "不多", "相同"),
                look="A 与 B 两个都要训练：8×(256 + 1024)。")
exercise.mutant("只数了另一个矩阵", guess(8 * 256, 2, "不变", "不多", "相同"),
                look="A 与 B 两个都要训练：8×(256 + 1024)。")
exercise.mutant("数成了整个 W", guess(256 * 1024, 2, "不变", "不多", "相同"),
                look="W 冻结着，训练的只有 A 与 B。")
exercise.mutant("把两边乘起来了", guess(8 * 256 * 1024, 2, "不变", "不多", "相同"),
                look="A 有 8×输入 个数，B 有 输出×8 个数，相加，不是相乘。")
exercise.mutant("以为大四倍", guess(10240, 4, "不变", "不多", "相同"),
                look="r(输入 + 输出)：与 r 成正比。")
exercise.mutant("以为刚装上输出就变", guess(10240, 2, "变", "不多", "相同"),
                look="B 从 0 开始，BA = 0，输出一点不变。")
exercise.mutant("以为合并以后更慢", guess(10240, 2, "不变", "多", "相同"),
                look="合并以后 W + (α/r)BA 还是一个同样大的矩阵。")
exercise.mutant("以为底子变了", guess(10240, 2, "不变", "不多", "不同"),
                look="底子冻结着；变的只有 A 与 B。")
exercise.mutant("忘了乘秩", guess(256 + 1024, 2, "不变", "不多", "相同"),
              look="A 是 8 行，B 是 8 列：8×(256 + 1024)。")
exercise.mutant("W 也算上了", guess(256 * 1024 + 10240, 2, "不变", "不多", "相同"),
                look="W 冻结着，训练的只有 A 与 B。")
exercise.mutant("秩算成了 16", guess(20480, 2, "不变", "不多", "相同"), look="秩是 8：8×(256 + 1024)。")
exercise.mutant("只数了一半", guess(5120, 2, "不变", "不多", "相同"),
              look="A 与 B 两个都要训练：8×(256 + 1024)。")
exercise.mutant("以为与秩无关", guess(10240, 1, "不变", "不多", "相同"), look="r(输入 + 输出)：与 r 成正比。")
