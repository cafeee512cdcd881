"""练习 6.6 提前停止。"""

import math

from tinygpt.course.diagnosis import Exercise


def stop_with(
    better=lambda loss, best: loss < best,
    enough=lambda bad, patience: bad >= patience,
    start=math.inf,
    reset=True,
    compare="best",
    give=lambda i, at, losses: (i, at),
    never=lambda last: last,
):
    """start：最好的一次从多少开始；never：一直没有触发时停在第几次。"""

    def run(losses, patience):
        best, best_at, bad, previous = start, 0, 0, math.inf
        for i, loss in enumerate(losses):
            if better(loss, best if compare == "best" else previous):
                best, best_at, bad = loss, i, 0 if reset else bad
            else:
                bad += 1
            previous = loss
            if enough(bad, patience):
                return give(i, best_at, losses)
        return give(never(len(losses) - 1), best_at, losses)

    return run


exercise = Exercise(
    "6.6", "提前停止", stop_with(),
    look="比的是到此为止最好的一次；更小才算进步，进步就把没有进步的次数归零；连续 patience 次没有进步就停；"
         "取回最好的那次。",
    assemble=stop_with,
)


@exercise.probe("一直下降：走到底")
def _(answer, rng):
    return answer([3.0, 2.0, 1.0], 2)


@exercise.probe("降了又升")
def _(answer, rng):
    return answer([3.0, 2.0, 2.5, 2.6, 2.7, 1.0], 2)


@exercise.probe("中间又进步一次，重新数")
def _(answer, rng):
    return answer([3.0, 2.0, 2.5, 1.9, 2.0, 2.1, 2.2, 1.0], 3)


@exercise.probe("比上一次好，但没有超过最好的")
def _(answer, rng):
    return answer([2.0, 3.0, 2.5, 2.2, 1.0], 2)


@exercise.probe("持平不算进步")
def _(answer, rng):
    return answer([2.0, 2.0, 2.0, 1.0], 2)


@exercise.probe("patience = 1")
def _(answer, rng):
    return answer([2.0, 1.0, 1.5, 0.5], 1)


@exercise.probe("还没到 patience 就结束了")
def _(answer, rng):
    return answer([2.0, 1.0, 1.5], 5)


@exercise.probe("只评估了一次")
def _(answer, rng):
    return answer([2.0], 1)


@exercise.probe("损失很大")
def _(answer, rng):
    return answer([8e12, 5e12, 6e12, 4e12, 9e12, 7e12, 1e12], 2)


@exercise.probe("只小一点点也是进步")
def _(answer, rng):
    return answer([3.0, 2.999999, 3.1, 3.2, 1.0], 2)


@exercise.probe("后来又与最好的持平：取回先的一次")
def _(answer, rng):
    return answer([2.0, 1.0, 1.5, 1.0, 1.2], 9)


@exercise.correct("倒着看")
def _(losses, patience):
    for i in range(len(losses)):
        best_at = min(range(i + 1), key=lambda k: (losses[k], k))
        if i - best_at >= patience:
            return i, best_at
    return len(losses) - 1, min(range(len(losses)), key=lambda k: (losses[k], k))


@exercise.correct("用 accumulate")
def _(losses, patience):
    best_at = 0
    for i, loss in enumerate(losses):
        best_at = i if loss < losses[best_at] else best_at
        if i == best_at + patience:
            break
    return [i, best_at]


def overall(losses):
    return min(range(len(losses)), key=losses.__getitem__)


exercise.edit("取回的是最后一次", give=lambda i, at, losses: (i, i),
              look="停下时的权重已经变坏了；要取回验证损失最小的那一次。")
exercise.edit("多等了一次", enough=lambda bad, p: bad > p, look="连续 patience 次没有进步就停：≥，不是 >。")
exercise.edit("少等了一次", enough=lambda bad, p: bad >= p - 1, look="要连续 patience 次没有进步。")
exercise.edit("与上一次比", compare="previous", look="比的是到此为止最好的一次，不是上一次。")
exercise.edit("没有重新数", reset=False, look="一有进步，没有进步的次数就归零。")
exercise.edit("持平也算进步", better=lambda a, b: a <= b, look="要真的更小才算进步，不然平着走永远不停。")
exercise.edit("小得不够多就不算进步", better=lambda a, b: a < b - 1e-3,
              look="小于就是进步，小一点点也是；不要另设门槛。")
exercise.edit("方向反了，越大越好", better=lambda a, b: a > (b if b < math.inf else -math.inf),
              look="损失越小越好。")
exercise.edit("最好的一次从一个写死的数开始", start=10.0,
              look="损失可能比那个数还大：从 math.inf 开始，或从第 0 次开始。")
exercise.edit("最好的一次从 0 开始", start=0.0, look="损失都比 0 大，永远没有进步：从 math.inf 开始。")
exercise.edit("从来不停", enough=lambda bad, p: False, look="没有进步的次数够了就 break。")
exercise.edit("偷看了停下以后的损失", give=lambda i, at, losses: (i, overall(losses)),
              look="停下以后的训练并没有发生，最好的只能在停下之前找。")
exercise.edit("从 1 数起", give=lambda i, at, losses: (i + 1, at + 1), look="都从 0 数起。")
exercise.edit("停在第几次多数了一", give=lambda i, at, losses: (i + 1, at),
              look="第几次从 0 数起，与下标一样。")
exercise.edit("两个数的次序反了", give=lambda i, at, losses: (at, i), look="（停在第几次，取回第几次）。")
exercise.edit("返回了损失，不是第几次", give=lambda i, at, losses: (i, losses[at]),
              look="取回**第几次**，是序号。")
exercise.edit("只返回了一个", give=lambda i, at, losses: at, look="两个都要：（停在第几次，取回第几次）。")
exercise.edit("没有触发时多数了一", never=lambda last: last + 1, look="最后一次的序号是 len(losses) − 1。")
exercise.edit("持平时取回了后来的一次", look="持平不算进步，取回先的那一次。",
              give=lambda i, at, losses: (i, max(k for k in range(i + 1) if losses[k] == losses[at])))
exercise.edit("没有触发时没有返回序号", never=lambda last: -1,
              look="没有触发，就停在最后一次：len(losses) − 1。")


@exercise.mutant("没有触发时没有返回", look="没有触发，就停在最后一次：循环完了也要 return。")
def _(losses, patience):
    never = stop_with(never=lambda last: None)(losses, patience)
    return None if never[0] is None else never


@exercise.mutant("第 0 次也算没有进步",
                 look="第 0 次是到此为止最好的，算进步：从 math.inf 比起，或从第 1 次开始数。")
def _(losses, patience):
    best_at, bad = 0, 0
    for i, loss in enumerate(losses):
        best_at, bad = (i, 0) if loss < losses[best_at] else (best_at, bad + 1)
        if bad >= patience:
            return i, best_at
    return len(losses) - 1, best_at
