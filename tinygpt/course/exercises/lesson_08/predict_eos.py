"""练习 8.5 先猜后算：末尾添一个 <eos>。"""

from tinygpt.course.diagnosis import Exercise

NAMES = (
    "文章的三个编号，X 的形状",
    "每个头的维数",
    "[1256, 3419, 7] 的第 1 行 logits 与 [1256, 3419] 的最后一行",
    "提示以 <eos> 结尾，模型接着写",
    "logits 的形状",
)


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


RIGHT = ([3, 256], 64, "相同", "新的一篇", [3, 4096])
exercise = Exercise(
    "8.5", "先猜后算：末尾添一个 <eos>", guess(*RIGHT),
    look="因果掩码让前面的行看不见后面添的；训练时 <eos> 的后面总是另一篇文档的开头。行从 0 数起。",
)
exercise.probe("五个答案")(lambda answer, rng: answer)
exercise.correct("形状写成元组", guess((3, 256), 64, "相同", "新的一篇", (3, 4096)))
exercise.mutant("以为添了 <eos> 前面的行也变", guess([3, 256], 64, "不同", "新的一篇", [3, 4096]),
                look="第 1 行（“是”）看不见后面的 <eos>，一个数也不变。")
exercise.mutant("以为 <eos> 让这句话继续", guess([3, 256], 64, "相同", "这句话", [3, 4096]),
                look="训练时 <eos> 之后总是另一篇的开头，所以模型会起头写新的一篇。")
exercise.mutant("每个头算成了 256 维", guess([3, 256], 256, "相同", "新的一篇", [3, 4096]),
                look="256 维分给 4 个头，每个 64 维。")
exercise.mutant("logits 只有一行", guess([3, 256], 64, "相同", "新的一篇", [1, 4096]),
                look="每个位置都有一行；生成时只用最后一行，但三行都算出来了。")
exercise.mutant("logits 还是 256 列", guess([3, 256], 64, "相同", "新的一篇", [3, 256]),
                look="输出层给词表里 4096 个 token 各打一个分。")
exercise.mutant("X 只有两行", guess([2, 256], 64, "相同", "新的一篇", [3, 4096]), look="三个编号，三行。")
exercise.mutant("X 的行与列反了", guess([256, 3], 64, "相同", "新的一篇", [3, 4096]),
                look="一个 token 一行：3 行，每行 256 个数。")
exercise.mutant("X 有词表那么多列", guess([3, 4096], 64, "相同", "新的一篇", [3, 4096]),
                look="X 是 embedding 里取出来的行，每行 256 个数；4096 是词表的大小。")
exercise.mutant("X 只有一个轴", guess([3], 64, "相同", "新的一篇", [3, 4096]),
                look="每个编号取出一行，256 个数：[3, 256]。")
exercise.mutant("以为有 8 个头", guess([3, 256], 32, "相同", "新的一篇", [3, 4096]),
              look="256 维分给 4 个头，每个 64 维。")
exercise.mutant("logits 只有一个轴", guess([3, 256], 64, "相同", "新的一篇", [4096]),
                look="每个位置都有一行：[3, 4096]。")
