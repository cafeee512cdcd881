"""练习 3.6 输入与标签。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers, unchanged
from tinygpt.losses import next_token_batch


def shifted(
    inputs=lambda w: w[:, :-1], labels=lambda w: w[:, 1:], out=lambda inputs, labels: (inputs, labels)
):  # fmt: skip
    return lambda windows: out(inputs(windows), labels(windows))


exercise = Exercise(
    "3.6", "输入与标签", shifted(), assemble=shifted,
    look="长 t + 1 的窗口：前 t 个作输入，后 t 个作标签；第 i 个位置的标签是第 i + 1 个 token。",
)


@exercise.probe("一行五个")
def _(answer, rng):
    return answer(torch.tensor([[11, 17, 12, 19, 13]]))


@exercise.probe("三行")
def _(answer, rng):
    return answer(integers(rng, 1, 50, 3, 7))


@exercise.probe("最短的窗口：两个 token")
def _(answer, rng):
    return answer(integers(rng, 1, 50, 2, 2))


@exercise.probe("首尾相同的窗口")
def _(answer, rng):
    return answer(torch.tensor([[7, 3, 5, 7]]))


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, integers(rng, 1, 50, 2, 5))


@exercise.correct("用包里的函数")
def _(windows):
    batch = next_token_batch(windows)
    return batch["ids"], batch["labels"]


@exercise.correct("narrow")
def _(windows):
    t = windows.size(1) - 1
    return windows.narrow(1, 0, t), windows.narrow(1, 1, t)


exercise.edit("标签没有错开", "标签与输入相同，模型只要照抄，损失很快到 0，却什么也没有学到。",
              labels=lambda w: w[:, :-1])
exercise.edit("标签是上一个 token", "标签是下一个 token：w[:, 1:]；roll 要往左挪。",
              labels=lambda w: w.roll(1, 1)[:, :-1])
exercise.edit("标签多了一个", "标签去掉第一个：w[:, 1:]，与输入一样长。", labels=lambda w: w)
exercise.edit("标签错开了两位", "输入第 i 个，标签第 i + 1 个，只错一位。", labels=lambda w: w[:, 2:])
exercise.edit("标签是输入加 1", "标签是**下一个位置**的 token，不是编号加 1。",
              labels=lambda w: w[:, :-1] + 1)
exercise.edit("标签只有最后一个 token", "每个位置都有自己的标签，t 个位置一起训练。",
              labels=lambda w: w[:, -1:])
exercise.edit("标签只有最后一个 token，还少了一个轴",
              "每个位置都有自己的标签，t 个位置一起训练：w[:, 1:]，不是 w[:, -1]。",
              labels=lambda w: w[:, -1])
exercise.edit("标签变成了小数", "编号是整数：不要 .float()。", labels=lambda w: w[:, 1:].float())
exercise.edit("输入多了一个", "输入与标签一样长，一一对应：输入去掉最后一个。", inputs=lambda w: w)
exercise.edit("输入少了一个", "输入只去掉最后一个：w[:, :-1]。", inputs=lambda w: w[:, :-2])
exercise.edit("方向反了", "由过去预测将来：先返回输入 w[:, :-1]，再返回标签 w[:, 1:]。",
              out=lambda inputs, labels: (labels, inputs))
exercise.edit("换成了列表", "返回张量，不要 tolist()。",
              out=lambda inputs, labels: (inputs.tolist(), labels.tolist()))
exercise.edit("展平了", "形状是 (b, t)：不要 flatten。",
              out=lambda inputs, labels: (inputs.flatten(), labels.flatten()))


@exercise.mutant("两边都少了一个", look="t + 1 个 token 有 t 个输入、t 个标签：w[:, :-1] 与 w[:, 1:]。")
def _(windows):
    return windows[:, :-2], windows[:, 1:-1]


@exercise.mutant("叠成了一个张量", look="返回两个张量：(输入, 标签)。")
def _(windows):
    return torch.stack([windows[:, :-1], windows[:, 1:]], dim=1)


@exercise.mutant("错开了两位",
                 look="输入第 i 个，标签第 i + 1 个，只错一位：输入去掉最后一个，标签去掉第一个。")
def _(windows):
    return windows[:, :-2], windows[:, 2:]


@exercise.mutant("用 roll 错位，末尾接到了开头",
                 look="最后一个位置没有下一个 token；roll 会把开头的搬过去，要去掉最后一列。")
def _(windows):
    return windows, windows.roll(-1, dims=1)


@exercise.mutant("末尾补了 −100", look="窗口里有 t + 1 个，去掉最后一个作输入，每个位置都有标签，不用补。")
def _(windows):
    return windows, torch.cat([windows[:, 1:], torch.full((len(windows), 1), -100)], dim=1)


@exercise.mutant("按批那个轴错开", look="错开的是时间那个轴：w[:, 1:]。")
def _(windows):
    return windows[:-1], windows[1:]


@exercise.mutant("改动了输入", look="w[:, …] = … 会改掉调用者的窗口；切片就够了。")
def _(windows):
    inputs, labels = windows[:, :-1].clone(), windows[:, 1:].clone()
    windows[:, -1] = 0
    return inputs, labels
