"""练习 3.6 输入与标签。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.losses import next_token_batch

exercise = Exercise(
    "3.6", "输入与标签", lambda w: (w[:, :-1], w[:, 1:]),
    look="长 t + 1 的窗口：前 t 个作输入，后 t 个作标签；第 i 个位置的标签是第 i + 1 个 token。",
)


@exercise.probe("一行五个")
def _(answer, rng):
    return answer(torch.tensor([[11, 12, 13, 14, 15]]))


@exercise.probe("三行")
def _(answer, rng):
    return answer(integers(rng, 1, 50, 3, 7))


@exercise.probe("最短的窗口：两个 token")
def _(answer, rng):
    return answer(integers(rng, 1, 50, 2, 2))


@exercise.probe("首尾相同的窗口")
def _(answer, rng):
    return answer(torch.tensor([[7, 3, 5, 7]]))


@exercise.correct("用包里的函数")
def _(windows):
    batch = next_token_batch(windows)
    return batch["ids"], batch["labels"]


@exercise.correct("narrow")
def _(windows):
    t = windows.size(1) - 1
    return windows.narrow(1, 0, t), windows.narrow(1, 1, t)


exercise.mutant("标签没有错开", lambda w: (w[:, :-1], w[:, :-1]),
                look="标签与输入相同，模型只要照抄，损失很快到 0，却什么也没有学到。")
exercise.mutant("错开了两位", lambda w: (w[:, :-2], w[:, 2:]),
                look="输入第 i 个，标签第 i + 1 个，只错一位。")
exercise.mutant("方向反了", lambda w: (w[:, 1:], w[:, :-1]), look="由过去预测将来：标签在输入的后面。")
exercise.mutant("用 roll 错位，末尾接到了开头", lambda w: (w, w.roll(-1, dims=1)),
                look="最后一个位置没有下一个 token；roll 会把开头的搬过去。")
exercise.mutant("按批那个轴错开", lambda w: (w[:-1], w[1:]), look="错开的是时间那个轴：w[:, 1:]。")
exercise.mutant("输入多了一个", lambda w: (w, w[:, 1:]), look="输入与标签一样长，一一对应。")
exercise.mutant("只有最后一个 token 作标签", lambda w: (w[:, :-1], w[:, -1:]),
                look="每个位置都有自己的标签，t 个位置一起训练。")
