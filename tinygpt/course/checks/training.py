"""第 06 课的检查：训练循环、AdamW 的一步、裁剪、调度、提前停止、累积、训练诊所。"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from tinygpt.course import clinic
from tinygpt.course.diagnosis import Exercise
from tinygpt.losses import IGNORE
from tinygpt.optim import warmup_cosine as package_schedule


def normal(rng, *shape, scale=1.0):
    return torch.randn(*shape, generator=rng) * scale


def integers(rng, high, *shape):
    return torch.randint(high, shape, generator=rng)


class Tiny(nn.Module):
    """几十个参数的语言模型，只看当前的 token；记下每次前向时是不是训练状态。"""

    def __init__(self, rng, vocab_size=7, width=5):
        super().__init__()
        self.embedding, self.head = nn.Embedding(vocab_size, width), nn.Linear(width, vocab_size)
        for p in self.parameters():
            p.data.copy_(normal(rng, *p.shape))
        self.modes = []

    def forward(self, ids):
        self.modes.append(self.training)
        return self.head(self.embedding(ids))


# ---- 6.1 找错误：训练循环 ----


def loop_with(zero=True, shift=True, update=True, mode="train", reduction="mean", sign=1, reverse=False, keep_first=False):
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


loop = Exercise("6.1", "找错误：训练循环", loop_with(), look="每一步：前向，损失（标签错开一位），清零，反向，更新，记下这一步的损失。", atol=1e-5)


def trained(answer, rng, steps, rate):
    model = Tiny(rng)
    losses = answer(model, [integers(rng, 7, 4, 6) for _ in range(steps)], rate)
    return {"每一步的损失": losses, "训练以后的权重": model.head.weight.detach().clone()}


@loop.probe("一步")
def _(answer, rng):
    return trained(answer, rng, 1, 0.1)


@loop.probe("五步")
def _(answer, rng):
    return trained(answer, rng, 5, 0.5)


@loop.probe("模型进来时是评估状态，训练时要打开训练状态")
def _(answer, rng):
    model = Tiny(rng).eval()
    answer(model, [integers(rng, 7, 2, 4) for _ in range(2)], 0.1)
    return all(model.modes)


@loop.correct("zero_grad 放在最后")
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


@loop.correct("自己更新参数")
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


loop.mutant("忘了清零，标签也没有错开", loop_with(zero=False, shift=False), look="两处都要改：每一步先 zero_grad；标签是 windows[:, 1:]。")
loop.mutant("忘了清零梯度", loop_with(zero=False), look="backward 把梯度加到旧的上面；每一步先 optimizer.zero_grad()。")
loop.mutant("标签没有错开", loop_with(shift=False), look="输入是 windows[:, :-1]，标签是 windows[:, 1:]。")
loop.mutant("输入与标签反了", loop_with(reverse=True), look="由前面的预测后面的。")
loop.mutant("没有更新参数", loop_with(update=False), look="backward 只算梯度，optimizer.step() 才改参数。")
loop.mutant("没有打开训练状态", loop_with(mode="eval"), look="循环开始前 model.train()，dropout 才起作用。")
loop.mutant("损失用了和", loop_with(reduction="sum"), look="用平均；用和的话，一步走得远了许多倍。")
loop.mutant("往损失变大的方向走", loop_with(sign=-1), look="梯度下降是减去梯度；不要给损失变号。")
loop.mutant("每一步记下的都是第一步的损失", loop_with(keep_first=True), look="losses.append 的是这一步的 loss.item()。")

# ---- 6.2 AdamW 的一步 ----


def adamw_with(correct=True, decay="decoupled", eps_inside=False, shift=0, swap=False, square=True, first="new", sign=1):
    def run(p, g, m, v, t, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1):
        if swap:
            beta1, beta2 = beta2, beta1
        if decay == "coupled":
            g = g + weight_decay * p
        new_m, new_v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * (g * g if square else g.abs())
        used_m, used_v = (new_m, new_v) if first == "new" else (m, v)
        if correct:
            used_m, used_v = used_m / (1 - beta1 ** (t + shift)), used_v / (1 - beta2 ** (t + shift))
        step = used_m / ((used_v + eps).sqrt() if eps_inside else used_v.sqrt() + eps)
        if decay == "decoupled":
            p = p * (1 - lr * weight_decay)
        elif decay == "unscaled":
            p = p * (1 - weight_decay)
        return p - sign * lr * step, new_m, new_v

    return run


adamw = Exercise(
    "6.2", "AdamW 的一步", adamw_with(),
    look="m、v 先更新，再做偏差修正（除以 1 − βᵗ，t 从 1 数起）；衰减是 p 乘以 (1 − lr·wd)，与梯度分开。", atol=1e-7,
)  # fmt: skip


def after_steps(answer, rng, steps, **options):
    """连走几步，返回最后的 p、m、v。"""
    p, m, v = normal(rng, 4), torch.zeros(4), torch.zeros(4)
    for t in range(1, steps + 1):
        p, m, v = answer(p, normal(rng, 4), m, v, t, **options)
    return p, m, v


@adamw.probe("第 1 步")
def _(answer, rng):
    return after_steps(answer, rng, 1)


@adamw.probe("第 4 步")
def _(answer, rng):
    return after_steps(answer, rng, 4)


@adamw.probe("没有权重衰减")
def _(answer, rng):
    return after_steps(answer, rng, 2, weight_decay=0.0)


@adamw.probe("梯度很小，ε 很大")
def _(answer, rng):
    p, m, v = normal(rng, 3), torch.zeros(3), torch.zeros(3)
    return answer(p, normal(rng, 3, scale=1e-3), m, v, 1, eps=0.01)


@adamw.probe("与 torch.optim.AdamW 相同")
def _(answer, rng):
    start, gradients = normal(rng, 5), [normal(rng, 5) for _ in range(3)]
    parameter = nn.Parameter(start.clone())
    optimizer = torch.optim.AdamW([parameter], lr=0.05, betas=(0.8, 0.95), weight_decay=0.2)
    p, m, v = start, torch.zeros(5), torch.zeros(5)
    for t, g in enumerate(gradients, 1):
        parameter.grad = g
        optimizer.step()
        p, m, v = answer(p, g, m, v, t, lr=0.05, beta1=0.8, beta2=0.95, weight_decay=0.2)
    return torch.allclose(p, parameter.detach(), atol=1e-6)


@adamw.probe("不改动输入")
def _(answer, rng):
    tensors = [normal(rng, 3), normal(rng, 3), torch.zeros(3), torch.zeros(3)]
    before = [x.clone() for x in tensors]
    answer(*tensors, 1)
    return all(torch.equal(a, b) for a, b in zip(tensors, before, strict=True))


@adamw.correct("lerp")
def _(p, g, m, v, t, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1):
    m, v = torch.lerp(m, g, 1 - beta1), torch.lerp(v, g.square(), 1 - beta2)
    rate = lr / (1 - beta1**t)
    return p - lr * weight_decay * p - rate * m / (v.sqrt() / math.sqrt(1 - beta2**t) + eps), m, v


@adamw.correct("一个数一个数地算")
def _(p, g, m, v, t, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1):
    rows = []
    for x, d, a, b in zip(p.double(), g.double(), m.double(), v.double(), strict=True):
        a, b = a + (1 - beta1) * (d - a), b + (1 - beta2) * (d * d - b)
        rows.append((x - lr * weight_decay * x - lr * (a / (1 - beta1**t)) / ((b / (1 - beta2**t)) ** 0.5 + eps), a, b))
    return tuple(torch.stack(column).float() for column in zip(*rows, strict=True))


adamw.mutant("没有偏差修正", adamw_with(correct=False), look="m、v 从 0 出发，开头偏小：除以 1 − βᵗ。")
adamw.mutant("衰减混进了梯度", adamw_with(decay="coupled"), look="那是 Adam 加 L2。AdamW 的衰减不经过 m、v：p 直接乘以 1 − lr·wd。")
adamw.mutant("忘了权重衰减", adamw_with(decay="none"), look="p 先乘以 1 − lr·wd。")
adamw.mutant("衰减没有乘学习率", adamw_with(decay="unscaled"), look="每步缩小的是 lr·wd，不是 wd。")
adamw.mutant("ε 放在了根号里", adamw_with(eps_inside=True), look="AdamW 的 ε 在根号外：√v̂ + ε。")
adamw.mutant("t 多数了一步", adamw_with(shift=1), look="第一步 t = 1，修正除以 1 − β¹。")
adamw.mutant("β₁ 与 β₂ 反了", adamw_with(swap=True), look="β₁ 管梯度的平均 m，β₂ 管平方的平均 v。")
adamw.mutant("v 里没有平方", adamw_with(square=False), look="v 是梯度平方的平均。")
adamw.mutant("用了更新之前的 m 和 v", adamw_with(first="old"), look="先更新 m、v，再用它们走这一步。")
adamw.mutant("方向反了", adamw_with(sign=-1), look="减去，不是加上。")

# ---- 6.3 裁剪 ----


def clip_reference(gradients, max_norm):
    norm = torch.stack([g.norm() for g in gradients]).norm()
    return [g * min(1.0, max_norm / (norm.item() + 1e-12)) for g in gradients], norm


clip = Exercise(
    "6.3", "按总范数裁剪", clip_reference, look="所有梯度接成一个长向量，求它的长度；超过上限才按比例缩小，方向不变；返回的是裁剪之前的长度。", rtol=2e-4
)


@clip.probe("(3, 4) 裁剪到 1")
def _(answer, rng):
    return answer([torch.tensor([3.0, 4.0])], 1.0)


@clip.probe("三个张量，一起超过上限")
def _(answer, rng):
    return answer([normal(rng, 2, 3), normal(rng, 4), normal(rng, 1)], 0.5)


@clip.probe("没有超过上限：原样")
def _(answer, rng):
    return answer([normal(rng, 2, 3, scale=0.01), normal(rng, 4, scale=0.01)], 1.0)


@clip.probe("每个都不超，合起来超")
def _(answer, rng):
    return answer([torch.tensor([0.8]), torch.tensor([0.8]), torch.tensor([0.1])], 1.0)


@clip.probe("全是 0")
def _(answer, rng):
    return answer([torch.zeros(3), torch.zeros(2)], 1.0)


@clip.probe("一个很大，一个很小")
def _(answer, rng):
    return answer([torch.tensor([300.0, -400.0]), torch.tensor([0.5])], 2.0)


@clip.probe("不改动输入")
def _(answer, rng):
    gradients = [normal(rng, 3) * 10]
    before = gradients[0].clone()
    answer(gradients, 1.0)
    return torch.equal(gradients[0], before)


@clip.correct("接成一个长向量")
def _(gradients, max_norm):
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    return [g / max(1.0, norm.item() / max_norm) for g in gradients], norm


@clip.correct("平方和，用 if")
def _(gradients, max_norm):
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    if norm <= max_norm:
        return [g.clone() for g in gradients], norm
    return [g * (max_norm / norm) for g in gradients], norm


def clip_with(norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).norm(), factor=lambda n, m: min(1.0, m / (n + 1e-12)), report=lambda n, m: n):
    def run(gradients, max_norm):
        norm = norm_of(gradients)
        return [g * factor(norm.item(), max_norm) for g in gradients], report(norm, max_norm)

    return run


clip.mutant("没有超过也缩放了", clip_with(factor=lambda n, m: m / (n + 1e-12)), look="只在总范数超过上限时缩小；没有超过就原样，否则小梯度被放大了。")
clip.mutant("每个张量各裁各的", lambda gs, m: ([clip_reference([g], m)[0][0] for g in gs], clip_reference(gs, m)[1]), look="各裁各的会改变整体的方向；用所有张量一起的总范数。")
clip.mutant("每个数夹在上下限之间", lambda gs, m: ([g.clamp(-m, m) for g in gs], clip_reference(gs, m)[1]), look="那是按值裁剪，会改变方向；这里按总范数等比例缩小。")
clip.mutant("范数相加", clip_with(norm_of=lambda gs: sum(g.norm() for g in gs)), look="总范数是平方和开方，不是各个范数之和。")
clip.mutant("没有开方", clip_with(norm_of=lambda gs: sum((g**2).sum() for g in gs)), look="平方和还要开方。")
clip.mutant("用了绝对值之和", clip_with(norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).abs().sum()), look="范数是平方和开方（L2），不是绝对值之和（L1）。")
clip.mutant("用了最大的绝对值", clip_with(norm_of=lambda gs: torch.cat([g.flatten() for g in gs]).abs().max()), look="范数是平方和开方，不是最大的那一个。")
clip.mutant("返回了裁剪之后的范数", clip_with(report=lambda n, m: n.clamp(max=m)), look="返回裁剪之前的总范数，它才告诉你训练稳不稳。")
clip.mutant("没有裁剪", clip_with(factor=lambda n, m: 1.0), look="超过上限时每个梯度都乘以 上限 / 总范数。")
clip.mutant("全是 0 时得到 nan", clip_with(factor=lambda n, m: min(1.0, m / n) if n else math.nan), look="总范数可能是 0，分母加一个很小的数，或先判断。")


@clip.mutant("改动了输入", look="g *= … 会改掉别人的梯度；这里返回新的。")
def _(gradients, max_norm):
    clipped, norm = clip_reference(gradients, max_norm)
    for g, c in zip(gradients, clipped, strict=True):
        g.copy_(c)
    return clipped, norm


# ---- 6.4 预热与余弦 ----


def schedule_with(warm=lambda s, w: (s + 1) / w, start=lambda w: w, span=lambda t, w: t - 1 - w, shape=lambda x: (1 + math.cos(math.pi * x)) / 2, low=None, hold=True):
    def run(step, total, warmup, floor):
        if step < warmup:
            return warm(step, warmup)
        x = (step - start(warmup)) / max(1, span(total, warmup))
        x = min(1.0, x) if hold else x
        return floor + (1 - floor) * shape(x) if low is None else low(shape(x), floor)

    return run


schedule = Exercise(
    "6.4", "预热与余弦", package_schedule, look="前 warmup 步线性升到 1（第 0 步是 1/warmup）；从 step = warmup 的 1 沿余弦降到 step = total − 1 的 floor。"
)
SETTINGS = [(10, 100, 0.1), (0, 50, 0.0), (5, 20, 0.25)]


@schedule.probe("第 0 步")
def _(answer, rng):
    return [answer(0, total, warmup, floor) for warmup, total, floor in SETTINGS]


@schedule.probe("预热的最后一步与它的下一步")
def _(answer, rng):
    return [answer(step, 100, 10, 0.1) for step in (9, 10)]


@schedule.probe("预热的中间")
def _(answer, rng):
    return [answer(step, 100, 10, 0.1) for step in range(10)]


@schedule.probe("最后一步正好是 floor")
def _(answer, rng):
    return [answer(total - 1, total, warmup, floor) for warmup, total, floor in SETTINGS]


@schedule.probe("余弦的中间")
def _(answer, rng):
    return [answer(step, 20, 5, 0.25) for step in range(5, 20)]


@schedule.probe("超过总步数：保持 floor")
def _(answer, rng):
    return [answer(step, 20, 5, 0.25) for step in (20, 25, 40)]


@schedule.correct("先算好每一段")
def _(step, total, warmup, floor):
    if warmup > step:
        return 1 - (warmup - 1 - step) / warmup
    progress = 1.0 if step >= total - 1 else (step - warmup) / (total - 1 - warmup)
    return 0.5 * (1 + floor) + 0.5 * (1 - floor) * math.cos(progress * math.pi)


@schedule.correct("用 torch")
def _(step, total, warmup, floor):
    if step + 1 <= warmup:
        return torch.linspace(1 / warmup, 1, warmup)[step].item()
    curve = floor + (1 - floor) * (1 + torch.linspace(0, math.pi, total - warmup, dtype=torch.float64).cos()) / 2
    return curve[min(step, total - 1) - warmup].item()


schedule.mutant("第 0 步的学习率是 0", schedule_with(warm=lambda s, w: s / w), look="第 0 步是 1/warmup：用 (step + 1) / warmup，不然第一步白走。")
schedule.mutant("预热多走了一步才到 1", schedule_with(warm=lambda s, w: (s + 1) / (w + 1)), look="预热的最后一步（step = warmup − 1）倍数正好是 1。")
schedule.mutant("最后一步还没有到 floor", schedule_with(span=lambda t, w: t - w), look="最后一步是 step = total − 1，分母是 total − 1 − warmup。")
schedule.mutant("余弦从第 0 步算起", schedule_with(start=lambda w: 0, span=lambda t, w: t - 1), look="余弦从 step = warmup 开始，x = 0。")
schedule.mutant("降到了 0，没有管 floor", schedule_with(low=lambda y, f: y), look="最低是 floor：floor + (1 − floor)·…。")
schedule.mutant("floor 直接加上去了", schedule_with(low=lambda y, f: f + y), look="那样最高是 1 + floor。幅度是 1 − floor。")
schedule.mutant("用较大的一个代替了余弦的下限", schedule_with(low=lambda y, f: max(f, y)), look="不是降到 floor 就平着走；整条余弦缩在 floor 与 1 之间。")
schedule.mutant("线性下降", schedule_with(shape=lambda x: 1 - x), look="预热以后沿余弦降，不是直线。")
schedule.mutant("余弦只走了半程", schedule_with(shape=lambda x: math.cos(math.pi * x / 2)), look="(1 + cos πx)/2：从 1 到 0，两头平缓。")
schedule.mutant("超过总步数又升了上去", schedule_with(hold=False), look="x 最大是 1：min(1, x)。")
schedule.mutant("没有预热", lambda s, t, w, f: package_schedule(max(s, w), t, w, f), look="step < warmup 时倍数是 (step + 1) / warmup。")

# ---- 6.5 先猜后算 ----

NAMES = ("step = 0", "step = 9", "step = 60", "step = 110", "step = 200")


def rates(*values):
    return dict(zip(NAMES, values, strict=True))


predict = Exercise("6.5", "先猜后算：学习率的倍数", rates(0.1, 1.0, 0.55, 0.1, 0.1), look="预热 10 步，一共 111 步，floor 0.1：step 10 到 110 走完半个余弦。")
predict.probe("五个数")(lambda answer, rng: answer)
predict.correct("写成分数", rates(1 / 10, 1, 11 / 20, 1 / 10, 1 / 10))
predict.mutant("第 0 步写成了 0", rates(0.0, 1.0, 0.55, 0.1, 0.1), look="第 0 步是 1/10，不是 0。")
predict.mutant("step = 9 还没有到 1", rates(0.1, 0.9, 0.55, 0.1, 0.1), look="(9 + 1) / 10 = 1。")
predict.mutant("中点没有算上 floor", rates(0.1, 1.0, 0.5, 0.1, 0.1), look="中点是 floor 与 1 的中间：0.1 + 0.9 × 0.5。")
predict.mutant("最后降到 0", rates(0.1, 1.0, 0.55, 0.0, 0.0), look="最低是 floor = 0.1。")
predict.mutant("结束以后降到 0", rates(0.1, 1.0, 0.55, 0.1, 0.0), look="总步数之后保持 floor。")
predict.mutant("把余弦当成直线，从第 0 步算起", rates(0.1, 1.0, 0.46, 0.1, 0.1), look="余弦从 step = 10 开始，到 110 结束，60 正是中间。")

# ---- 6.6 提前停止 ----


def stop_with(better=lambda loss, best: loss < best, enough=lambda bad, patience: bad >= patience, reset=True, compare="best", give="best", stop=True):
    def run(losses, patience):
        best, best_at, bad, previous = math.inf, 0, 0, math.inf
        for i, loss in enumerate(losses):
            if better(loss, best if compare == "best" else previous):
                best, best_at, bad = loss, i, 0 if reset else bad
            else:
                bad += 1
            previous = loss
            if stop and enough(bad, patience):
                break
        return i, {"best": best_at, "last": i, "overall": min(range(len(losses)), key=losses.__getitem__)}[give]

    return run


early = Exercise(
    "6.6", "提前停止", stop_with(), look="比的是到此为止最好的一次；更小才算进步，进步就把没有进步的次数归零；连续 patience 次没有进步就停；取回最好的那次。"
)


@early.probe("一直下降：走到底")
def _(answer, rng):
    return answer([3.0, 2.0, 1.0], 2)


@early.probe("降了又升")
def _(answer, rng):
    return answer([3.0, 2.0, 2.5, 2.6, 2.7, 1.0], 2)


@early.probe("中间又进步一次，重新数")
def _(answer, rng):
    return answer([3.0, 2.0, 2.5, 1.9, 2.0, 2.1, 2.2, 1.0], 3)


@early.probe("比上一次好，但没有超过最好的")
def _(answer, rng):
    return answer([2.0, 3.0, 2.5, 2.2, 1.0], 2)


@early.probe("持平不算进步")
def _(answer, rng):
    return answer([2.0, 2.0, 2.0, 1.0], 2)


@early.probe("patience = 1")
def _(answer, rng):
    return answer([2.0, 1.0, 1.5, 0.5], 1)


@early.probe("还没到 patience 就结束了")
def _(answer, rng):
    return answer([2.0, 1.0, 1.5], 5)


@early.correct("倒着看")
def _(losses, patience):
    for i in range(len(losses)):
        best_at = min(range(i + 1), key=lambda k: (losses[k], k))
        if i - best_at >= patience:
            return i, best_at
    return len(losses) - 1, min(range(len(losses)), key=lambda k: (losses[k], k))


@early.correct("用 accumulate")
def _(losses, patience):
    best_at = 0
    for i, loss in enumerate(losses):
        best_at = i if loss < losses[best_at] else best_at
        if i == best_at + patience:
            break
    return [i, best_at]


early.mutant("取回的是最后一次", stop_with(give="last"), look="停下时的权重已经变坏了；要取回验证损失最小的那一次。")
early.mutant("多等了一次", stop_with(enough=lambda bad, p: bad > p), look="连续 patience 次没有进步就停：≥，不是 >。")
early.mutant("少等了一次", stop_with(enough=lambda bad, p: bad >= max(1, p - 1)), look="要连续 patience 次没有进步。")
early.mutant("与上一次比", stop_with(compare="previous"), look="比的是到此为止最好的一次，不是上一次。")
early.mutant("没有重新数", stop_with(reset=False), look="一有进步，没有进步的次数就归零。")
early.mutant("持平也算进步", stop_with(better=lambda a, b: a <= b), look="要真的更小才算进步，不然平着走永远不停。")
early.mutant("从来不停", stop_with(stop=False), look="没有进步的次数够了就 break。")
early.mutant("偷看了停下以后的损失", stop_with(give="overall"), look="停下以后的训练并没有发生，最好的只能在停下之前找。")
early.mutant("方向反了，越大越好", stop_with(better=lambda a, b: a > (b if b < math.inf else -math.inf)), look="损失越小越好。")

# ---- 6.7 累积 ----


def accumulate_with(weigh=lambda count, total, n: 1 / total, clear=True, use=slice(None), ignore=True):
    def run(model, batches):
        counts = [int((labels != IGNORE).sum()) if ignore else labels.numel() for _, labels in batches]
        if clear:
            model.zero_grad()
        for (ids, labels), count in list(zip(batches, counts, strict=True))[use]:
            loss = F.cross_entropy(model(ids).flatten(0, 1), labels.flatten(), ignore_index=IGNORE, reduction="sum")
            (loss * weigh(count, sum(counts), len(batches))).backward()
        return [p.grad.clone() for p in model.parameters()]

    return run


accumulate = Exercise(
    "6.7", "梯度累积", accumulate_with(), look="每一小批的损失之和除以**全部**小批的标签总数，各自反向，梯度就加在一起。先清零。", atol=1e-5
)


def batches_of(rng, *targets):
    """几个小批，第 k 个有 targets[k] 个真的标签，其余是 −100。"""
    out = []
    for count in targets:
        ids, labels = integers(rng, 7, 2, 4), integers(rng, 7, 2, 4)
        labels.view(-1)[count:] = IGNORE
        out.append((ids, labels))
    return out


@accumulate.probe("两个一样大的小批")
def _(answer, rng):
    return answer(Tiny(rng), batches_of(rng, 8, 8))


@accumulate.probe("三个标签数不同的小批")
def _(answer, rng):
    return answer(Tiny(rng), batches_of(rng, 8, 2, 5))


@accumulate.probe("只有一个小批")
def _(answer, rng):
    return answer(Tiny(rng), batches_of(rng, 6))


@accumulate.probe("开始时留着旧的梯度")
def _(answer, rng):
    model = Tiny(rng)
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    return answer(model, batches_of(rng, 8, 3))


@accumulate.probe("等于一个大批的梯度")
def _(answer, rng):
    model, batches = Tiny(rng), batches_of(rng, 8, 3)
    found = answer(model, batches)
    model.zero_grad()
    ids, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    F.cross_entropy(model(ids).flatten(0, 1), labels.flatten(), ignore_index=IGNORE).backward()
    return all(torch.allclose(a, p.grad, atol=1e-6) for a, p in zip(found, model.parameters(), strict=True))


@accumulate.correct("接成一个大批")
def _(model, batches):
    ids, labels = torch.cat([b[0] for b in batches]), torch.cat([b[1] for b in batches])
    loss = F.cross_entropy(model(ids).transpose(1, 2), labels)
    return list(torch.autograd.grad(loss, list(model.parameters())))


@accumulate.correct("先加起来，最后一起除")
def _(model, batches):
    model.zero_grad(set_to_none=True)
    total = 0
    for ids, labels in batches:
        F.cross_entropy(model(ids).transpose(1, 2), labels, reduction="sum").backward()
        total += (labels != IGNORE).sum()
    return [p.grad / total for p in model.parameters()]


accumulate.mutant("平均的平均", accumulate_with(weigh=lambda c, t, n: 1 / (c * n)), look="标签少的小批分量变重了。各小批的和加起来，除以标签总数。")
accumulate.mutant("平均相加，没有除以小批的个数", accumulate_with(weigh=lambda c, t, n: 1 / c), look="梯度大了小批个数倍。除以标签总数。")
accumulate.mutant("只求了和", accumulate_with(weigh=lambda c, t, n: 1.0), look="还要除以标签总数。")
accumulate.mutant("开始时没有清零", accumulate_with(clear=False), look="旧的梯度还在，先 model.zero_grad()。")
accumulate.mutant("只有最后一个小批", accumulate_with(use=slice(-1, None)), look="小批之间不要清零，梯度自己会相加。")
accumulate.mutant("隔一个小批才反向一次", accumulate_with(use=slice(None, None, 2)), look="每一小批都要反向一次。")
accumulate.mutant("补齐的位置也算进了个数", accumulate_with(ignore=False), look="总数只数标签不是 −100 的位置。")
accumulate.mutant("除了两次", accumulate_with(weigh=lambda c, t, n: 1 / (t * n)), look="除以标签总数就够了，不用再除以小批的个数。")
accumulate.mutant("除以了小批的个数，没有除以标签数", accumulate_with(weigh=lambda c, t, n: 1 / n), look="除以的是标签总数。")

# ---- 6.8 训练诊所 ----


def answers() -> dict[str, str]:
    return {case: next(cause for cause in clinic.CAUSES if clinic.is_right(case, cause)) for case in clinic.CASES}


def swapped(first: str, second: str) -> dict[str, str]:
    """把两种病因弄反的诊断。"""
    other = {first: second, second: first}
    return {case: other.get(cause, cause) for case, cause in answers().items()}


diagnose = Exercise(
    "6.8", "训练诊所", answers(), look="三样东西一起看：三条损失曲线谁高谁低、梯度范数、样本；再看同一份权重评估两遍是否相同。每种病因只用一次。"
)


@diagnose.probe("每个病例都有诊断，病因都在单子上")
def _(answer, rng):
    return sorted(answer) == sorted(clinic.CASES) and set(answer.values()) <= set(clinic.CAUSES)


@diagnose.probe("诊断对不对")
def _(answer, rng):
    return {f"病例{case}的诊断": clinic.is_right(case, answer[case]) for case in clinic.CASES}


@diagnose.probe("弄反了哪两个")
def _(answer, rng):
    return [clinic.seal(case, answer[case]) for case in clinic.CASES]


diagnose.correct("次序不同的字典", dict(reversed(answers().items())))
SWAPS = [
    ("标签没有错开", "掩码漏了", "两种损失都降得不像话。样本一遍遍重复提示，是在照抄当前的 token；样本是乱码，是训练时偷看了后面。"),
    ("学习率太高", "忘了清零梯度", "学习率太高时，损失一开头就冲上去，再也下不来；没有清零时，头几步正常，后来一直比好的慢，梯度范数总是偏大。"),
    ("学习率太高", "fp16 溢出", "溢出之前一切与好的训练一样，到某一步忽然成了 nan；学习率太高是从头就坏。"),
    ("补齐算进了损失", "分词器对不上", "两种都是训练降、验证不降。看样本里有没有 <pad>；分词器对不上时，训练曲线与好的完全重合。"),
    ("没有打乱", "评估时没有关掉 dropout", "没有打乱时，训练损失像锯齿，换一个话题就跳上去；没有关 dropout，曲线平滑，可是同一份权重评估两遍得到两个数。"),
    ("验证集混进了训练集", "分词器对不上", "看全新的文字那一条：验证比它低得多，是验证集漏进了训练集；验证与全新的一样高，是别的毛病。"),
    ("没有打乱", "忘了清零梯度", "训练损失一段一段地跳，是话题在换；梯度范数从头到尾偏大，是梯度没有清零。"),
    ("验证集混进了训练集", "评估时没有关掉 dropout", "验证损失比训练还低，而全新的文字高出一截：验证的文字学过了。评估两遍得到两个数：dropout 开着。"),
]  # fmt: skip
for _first, _second, _look in SWAPS:
    diagnose.mutant(f"把“{_first}”与“{_second}”弄反了", swapped(_first, _second), look=_look)
