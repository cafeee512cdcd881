"""练习 6.1 找错误：训练循环。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.course.exercises.lesson_06.shared import Tiny


def loop_with(
    zero=True, shift=True, update=True, mode="train", reduction="mean",
    sign=1, reverse=False, keep_first=False,
):
    def run(model, batches, learning_rate):
        optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
        losses = []
        getattr(model, mode)()
        for windows in batches:
            inputs, labels = windows[:, :-1], windows[:, 1:] if shift else windows[:, :-1]
            if reverse:
                inputs, labels = labels, inputs
            loss = F.cross_entropy(model(inputs).flatten(0, 1), labels.flatten(), reduction=reduction)
            if zero:
                optimizer.zero_grad()
            (sign * loss).backward()
            if update:
                optimizer.step()
            losses.append(losses[0] if keep_first and losses else loss.item())
        return losses

    return run


exercise = Exercise(
    "6.1", "找错误：训练循环", loop_with(),
    look="每一步：前向，损失（标签错开一位），清零，反向，更新，记下这一步的损失。",
    atol=1e-5,
)


def trained(answer, rng, steps, rate):
    model = Tiny(rng)
    losses = answer(model, [integers(rng, 0, 7, 4, 6) for _ in range(steps)], rate)
    return {"每一步的损失": losses, "训练以后的权重": model.head.weight.detach().clone()}


@exercise.probe("一步")
def _(answer, rng):
    return trained(answer, rng, 1, 0.1)


@exercise.probe("五步")
def _(answer, rng):
    return trained(answer, rng, 5, 0.5)


@exercise.probe("模型进来时是评估状态，训练时要打开训练状态")
def _(answer, rng):
    model = Tiny(rng).eval()
    answer(model, [integers(rng, 0, 7, 2, 4) for _ in range(2)], 0.1)
    return all(model.modes)


@exercise.correct("zero_grad 放在最后")
def _(model, batches, learning_rate):
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=learning_rate), []
    model.train()
    model.zero_grad()
    for windows in batches:
        loss = F.cross_entropy(model(windows[:, :-1]).transpose(1, 2), windows[:, 1:])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return losses


@exercise.correct("自己更新参数")
def _(model, batches, learning_rate):
    model.train(True)
    losses = []
    for windows in batches:
        loss = -model(windows[:, :-1]).log_softmax(-1).gather(-1, windows[:, 1:, None]).mean()
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for p, g in zip(model.parameters(), gradients, strict=True):
                p -= learning_rate * g
        losses.append(loss.item())
    return losses


exercise.mutant("忘了清零，标签也没有错开", loop_with(zero=False, shift=False),
                look="两处都要改：每一步先 zero_grad；标签是 windows[:, 1:]。")
exercise.mutant("忘了清零梯度", loop_with(zero=False),
                look="backward 把梯度加到旧的上面；每一步先 optimizer.zero_grad()。")
exercise.mutant("标签没有错开", loop_with(shift=False),
                look="输入是 windows[:, :-1]，标签是 windows[:, 1:]。")
exercise.mutant("输入与标签反了", loop_with(reverse=True), look="由前面的预测后面的。")
exercise.mutant("没有更新参数", loop_with(update=False),
                look="backward 只算梯度，optimizer.step() 才改参数。")
exercise.mutant("没有打开训练状态", loop_with(mode="eval"),
                look="循环开始前 model.train()，dropout 才起作用。")
exercise.mutant("损失用了和", loop_with(reduction="sum"), look="用平均；用和的话，一步走得远了许多倍。")
exercise.mutant("往损失变大的方向走", loop_with(sign=-1), look="梯度下降是减去梯度；不要给损失变号。")
exercise.mutant("每一步记下的都是第一步的损失", loop_with(keep_first=True),
                look="losses.append 的是这一步的 loss.item()。")
