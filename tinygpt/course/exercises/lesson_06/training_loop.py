"""练习 6.1 找错误：训练循环。"""

import torch
import torch.nn.functional as F

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers
from tinygpt.course.exercises.lesson_06.shared import Tiny


def loop_with(
    order=("zero", "backward", "step"), labels=lambda windows: windows[:, 1:], mode="train",
    reduction="mean", momentum=0.0, sign=1, reverse=False, record=lambda losses: [x.item() for x in losses],
):  # fmt: skip
    """order：每一步依次做什么；record：由每一步的损失（0 维张量）得到返回的。"""

    def run(model, batches, learning_rate):
        optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
        losses = []
        getattr(model, mode)()
        for windows in batches:
            inputs, wanted = windows[:, :-1], labels(windows)
            if reverse:
                inputs, wanted = wanted, inputs
            loss = F.cross_entropy(model(inputs).flatten(0, 1), wanted.flatten(), reduction=reduction)
            backward = (sign * loss).backward
            actions = {"zero": optimizer.zero_grad, "backward": backward, "step": optimizer.step}
            for action in order:
                actions[action]()
            losses.append(loss.detach())
        return record(losses)

    return run


exercise = Exercise(
    "6.1", "找错误：训练循环", loop_with(),
    look="每一步：前向，损失（标签错开一位），清零，反向，更新，记下这一步的损失。",
    atol=1e-5, assemble=loop_with,
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


exercise.edit("忘了清零梯度", order=("backward", "step"),
              look="backward 把梯度加到旧的上面；**每一步**都先 optimizer.zero_grad()。")
exercise.edit("标签没有错开", labels=lambda windows: windows[:, :-1],
              look="输入是 windows[:, :-1]，标签是 windows[:, 1:]。")
exercise.edit("输入与标签反了", reverse=True, look="由前面的预测后面的。")
exercise.edit("没有更新参数", order=("zero", "backward"),
              look="backward 只算梯度，optimizer.step() 才改参数："
                   "它在 backward 之后，两者之间不能清零。")
exercise.edit("更新慢了一步", order=("step", "zero", "backward"),
              look="先 backward 再 step：这里走的是上一步的梯度。")
exercise.edit("没有打开训练状态", mode="eval", look="循环开始前 model.train()，dropout 才起作用。")
exercise.edit("损失用了和", reduction="sum", look="用平均；用和的话，一步走得远了许多倍。")
exercise.edit("加了动量", momentum=0.9, look="题目要的是不带动量的 SGD：torch.optim.SGD(…, lr=…)。")
exercise.edit("往损失变大的方向走", sign=-1, look="梯度下降是减去梯度；不要给损失变号。")
exercise.edit("每一步记下的都是第一步的损失", record=lambda losses: [losses[0].item()] * len(losses),
              look="losses.append 的是这一步的 loss.item()。")
exercise.edit("损失是张量，不是数", record=lambda losses: losses, look="用 loss.item() 取出数。")
exercise.edit("只交出了最后一步的损失", record=lambda losses: losses[-1].item(),
              look="返回列表，每一步一个数；return 在循环外面。")
exercise.edit("交出了损失的平均", record=lambda losses: sum(x.item() for x in losses) / len(losses),
              look="返回列表，每一步一个数。")
