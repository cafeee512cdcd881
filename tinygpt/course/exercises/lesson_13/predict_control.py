"""练习 13.7 先猜后算：组、优势与最好的一个。"""

import math

from tinygpt.course.diagnosis import Exercise

NAMES = (
    "每个回答有 0.2 的机会得分，写 8 个挑最好的，得分的机会",
    "一组四个，奖励 1、0、0、0：得分的那个的优势",
    "一组四个全都得分：每个的优势",
    "DPO 刚开始（模型就是参考模型）时每对的损失",
    "每批只走一步时，那一步里 π/π_旧 等于",
    "所有的奖励都加上 10，GRPO 的优势变不变",
)


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


RIGHT = [0.83, 1.73, 0, 0.69, 1, "不变"]


def changed(index, value):
    return guess(*RIGHT[:index], value, *RIGHT[index + 1 :])


exercise = Exercise(
    "13.7",
    "先猜后算：组、优势与最好的一个",
    guess(*RIGHT),
    look="数留两位小数。8 个都不得分的机会是 0.8 的 8 次方；优势是（奖励 − 平均）/ 标准差；log σ(0) 是多少？",
    rtol=0.01,
)
exercise.probe("六个答案")(lambda answer, rng: answer)
exercise.correct("留三位小数", guess(0.832, 1.732, 0.0, 0.693, 1.0, "不变"))
exercise.correct("写成整数的 0 与 1", guess(0.83, 1.73, 0, 0.69, 1, "不变"))
exercise.mutant("把机会加起来了", changed(0, 1.6), look="1.6 不是概率：求“8 个都不得分”的机会，再用 1 减。")
exercise.mutant("乘了 8 次 0.2", changed(0, 0.2**8), look="那是 8 个全都得分的机会；要的是至少一个。")
exercise.mutant("以为挑了也还是 0.2", changed(0, 0.2), look="挑最好的：只要 8 个里有一个得分就行。")
exercise.mutant("没有除以标准差", changed(1, 0.75), look="1 − 0.25 还要除以标准差 √(0.25 × 0.75)。")
exercise.mutant(
    "用了除以 n − 1 的标准差", changed(1, 1.5), look="这一课的标准差除以个数：√(0.25 × 0.75) = 0.433。"
)
exercise.mutant(
    "以为全对的一组要鼓励", changed(2, 1), look="都一样好，就没有谁比平均好：优势全是 0，这一组不学。"
)
exercise.mutant("以为 DPO 从 0 开始", changed(3, 0), look="两边的差是 0，σ(0) 是 0.5，−log 0.5 是 0.69。")
exercise.mutant("把 σ(0) 当成了损失", changed(3, 0.5), look="−log 0.5，不是 0.5。")
exercise.mutant(
    "以为比值不是 1", changed(4, 0), look="写回答的就是正在训练的模型，分子分母相同：比值是 1，裁剪用不上。"
)
exercise.mutant("以为会变", changed(5, "变"), look="减去了组的平均，加上的 10 就没有了。")
exercise.mutant("给的是都不得分的机会", changed(0, 0.17), look="0.8 的 8 次方是都不得分；再用 1 减。")
exercise.mutant("给的是一个不得分的机会", changed(0, 0.8), look="8 个都不得分是 0.8 的 8 次方，再用 1 减。")
exercise.mutant("以为一定得分", changed(0, 1), look="8 个也可能都不得分，机会是 0.8 的 8 次方。")
exercise.mutant("优势就是奖励", changed(1, 1), look="减去平均 0.25，再除以标准差 √(0.25 × 0.75)。")
exercise.mutant("给的是标准差", changed(1, 0.43), look="(1 − 0.25) 除以标准差 0.433。")
exercise.mutant("给的是没有得分的优势", changed(1, -0.58), look="问的是得分的那个：(1 − 0.25)/0.433。")
exercise.mutant("除以了方差", changed(1, 4), look="除以标准差，是方差 0.1875 的平方根。")
exercise.mutant("以为全对的一组是 nan", changed(2, math.nan),
              look="分子是 0，标准差加了一个很小的数：优势全是 0。")
exercise.mutant("忘了负号", changed(3, -0.69), look="损失是 −log σ(0)，是正的。")
exercise.mutant("以 10 为底", changed(3, 0.3), look="自然对数：−ln 0.5 = 0.69。")
