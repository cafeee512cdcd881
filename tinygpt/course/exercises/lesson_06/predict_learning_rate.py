"""练习 6.5 先猜后算：学习率的倍数。"""

from tinygpt.course.diagnosis import Exercise

NAMES = ("step = 0", "step = 9", "step = 60", "step = 110", "step = 200")


def rates(*values):
    return dict(zip(NAMES, values, strict=True))


exercise = Exercise(
    "6.5", "先猜后算：学习率的倍数", rates(0.1, 1.0, 0.55, 0.1, 0.1),
    look="预热 10 步，一共 111 步，floor 0.1：step 10 到 110 走完半个余弦。",
)
exercise.probe("五个数")(lambda answer, rng: answer)
exercise.correct("写成分数", rates(1 / 10, 1, 11 / 20, 1 / 10, 1 / 10))
exercise.mutant("第 0 步写成了 0", rates(0.0, 1.0, 0.55, 0.1, 0.1), look="第 0 步是 1/10，不是 0。")
exercise.mutant("step = 9 还没有到 1", rates(0.1, 0.9, 0.55, 0.1, 0.1), look="(9 + 1) / 10 = 1。")
exercise.mutant("中点没有算上 floor", rates(0.1, 1.0, 0.5, 0.1, 0.1),
                look="中点是 floor 与 1 的中间：0.1 + 0.9 × 0.5。")
exercise.mutant("最后降到 0", rates(0.1, 1.0, 0.55, 0.0, 0.0), look="最低是 floor = 0.1。")
exercise.mutant("结束以后降到 0", rates(0.1, 1.0, 0.55, 0.1, 0.0), look="总步数之后保持 floor。")
exercise.mutant("把余弦当成直线，从第 0 步算起", rates(0.1, 1.0, 0.46, 0.1, 0.1),
                look="余弦从 step = 10 开始，到 110 结束，60 正是中间。")
exercise.mutant("中点忘了加 floor", rates(0.1, 1.0, 0.45, 0.1, 0.1),
              look="0.9 × 0.5 前面还要加上 floor = 0.1。")
exercise.mutant("结束以后又升了上去", rates(0.1, 1.0, 0.55, 0.1, 1.0),
              look="总步数之后保持 floor，不再沿着余弦走。")
exercise.mutant("没有预热", rates(1.0, 1.0, 0.55, 0.1, 0.1), look="前 10 步每步多十分之一：第 0 步是 1/10。")
