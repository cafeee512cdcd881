"""练习 5.8 先猜后算：损失的大小。"""

import math

from tinygpt.course.diagnosis import Exercise

NAMES = (
    "刚初始化时的损失",
    "这时的困惑度",
    "把平均换成和，256 个位置，梯度变成几倍",
    "要走同样的一步，学习率该变成几倍",
)


LOSS = math.log(4096)


def guess(loss=LOSS, perplexity=4096, gradient=256, rate=1 / 256):
    return dict(zip(NAMES, (loss, perplexity, gradient, rate), strict=True))


def rounded(guess):
    """每个数取到两位有效数字：题目许可这样写。"""
    is_number = lambda value: isinstance(value, int | float) and math.isfinite(value)
    return {key: float(f"{value:.2g}") if is_number(value) else value for key, value in guess.items()}


exercise = Exercise(
    "5.8", "先猜后算：损失的大小", guess(), assemble=guess,
    look="刚初始化的模型等于在 4096 个里瞎猜；和是平均的 256 倍。两位有效数字要四舍五入：8.3、0.0039。",
)
exercise.probe("四个数")(lambda answer, rng: rounded(answer) if isinstance(answer, dict) else answer)
exercise.correct("取整", guess(8.3, 4100, 260, 0.0039))
exercise.correct("取三位", guess(8.32, 4096, 256, 0.00391))
exercise.edit("以为损失是 log2", "损失用自然对数：ln 4096。", loss=12)
exercise.edit("以为损失是 log10", "损失用自然对数：ln 4096。", loss=math.log10(4096))
exercise.edit("损失忘了变号", "损失是 −ln(1/4096)，正的。", loss=-LOSS)
exercise.edit("损失写成了概率", "每个 token 的概率是 1/4096，损失是它的负对数。", loss=1 / 4096)
exercise.edit("以为损失从 1 开始", "瞎猜时每个 token 的概率是 1/4096，损失是 −ln(1/4096)。", loss=1)
exercise.edit("以为损失从 0 开始", "瞎猜时每个 token 的概率是 1/4096，损失是 −ln(1/4096)。", loss=0)
exercise.edit("困惑度写成了损失", "困惑度是损失的指数：e 的 8.3 次方。", perplexity=LOSS)
exercise.edit("困惑度取了 2 的幂", "损失用的是自然对数，困惑度是 e 的损失次方。",
              perplexity=2**LOSS)
exercise.edit("困惑度写成了概率", "困惑度相当于在几个里面猜：4096，不是 1/4096。", perplexity=1 / 4096)
exercise.edit("以为困惑度从 1 开始", "困惑度 1 是一个也不会猜错；瞎猜时相当于在 4096 个里面猜。",
              perplexity=1)
exercise.edit("以为和与平均的梯度一样", "和是平均乘以 256，梯度也乘以 256。", gradient=1)
exercise.edit("以为梯度是 √256 倍", "和是平均乘以 256，导数也乘以 256，不开方。", gradient=16)
exercise.edit("以为梯度是 256² 倍", "和是平均乘以 256，导数也乘以 256，不平方。", gradient=256**2)
exercise.edit("梯度变小了", "平均是和除以 256，所以和的梯度大。", gradient=1 / 256)
exercise.edit("学习率也变大", "一步 = 学习率 × 梯度；梯度大了 256 倍，学习率要小 256 倍。", rate=256)
exercise.edit("以为学习率不用变", "一步 = 学习率 × 梯度；梯度大了 256 倍，学习率要小 256 倍。", rate=1)
exercise.edit("学习率小了 256² 倍", "一步 = 学习率 × 梯度；梯度大了 256 倍，学习率要小 256 倍。",
              rate=256**-2)
exercise.edit("学习率只小了 √256 倍", "一步 = 学习率 × 梯度；梯度大了 256 倍，学习率要小 256 倍。",
              rate=1 / 16)
exercise.mutant("困惑度与损失弄反了", guess(4096, LOSS), look="困惑度是损失的指数。")
