"""练习 5.8 先猜后算：损失的大小。"""

import math

from tinygpt.course.diagnosis import Exercise

NAMES = (
    "刚初始化时的损失",
    "这时的困惑度",
    "把平均换成和，256 个位置，梯度变成几倍",
    "要走同样的一步，学习率该变成几倍",
)


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


exercise = Exercise(
    "5.8", "先猜后算：损失的大小", guess(math.log(4096), 4096, 256, 1 / 256),
    look="刚初始化的模型等于在 4096 个里瞎猜；和是平均的 256 倍。",
    rtol=0.02,
)
exercise.probe("四个数")(lambda answer, rng: answer)
exercise.correct("取整", guess(8.3, 4096, 256, 0.0039))
exercise.mutant("以为损失是 log2", guess(12, 4096, 256, 1 / 256), look="损失用自然对数：ln 4096。")
exercise.mutant("以为损失从 1 开始", guess(1, 4096, 256, 1 / 256),
                look="瞎猜时每个 token 的概率是 1/4096，损失是 −ln(1/4096)。")
exercise.mutant("困惑度与损失弄反了", guess(4096, math.log(4096), 256, 1 / 256), look="困惑度是损失的指数。")
exercise.mutant("以为和与平均的梯度一样", guess(math.log(4096), 4096, 1, 1),
                look="和是平均乘以 256，梯度也乘以 256。")
exercise.mutant("学习率也变大", guess(math.log(4096), 4096, 256, 256),
                look="一步 = 学习率 × 梯度；梯度大了 256 倍，学习率要小 256 倍。")
exercise.mutant("梯度变小了", guess(math.log(4096), 4096, 1 / 256, 256),
                look="平均是和除以 256，所以和的梯度大。")
