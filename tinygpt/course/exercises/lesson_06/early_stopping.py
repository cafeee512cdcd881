"""练习 6.6 提前停止。"""

import math

from tinygpt.course.diagnosis import Exercise


def stop_with(
    better=lambda loss, best: loss < best,
    enough=lambda bad, patience: bad >= patience,
    reset=True,
    compare="best",
    give="best",
    stop=True,
):
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
        overall = min(range(len(losses)), key=losses.__getitem__)
        return i, {"best": best_at, "last": i, "overall": overall}[give]

    return run


exercise = Exercise(
    "6.6", "提前停止", stop_with(),
    look="比的是到此为止最好的一次；更小才算进步，进步就把没有进步的次数归零；连续 patience 次没有进步就停；"
         "取回最好的那次。",
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


exercise.mutant("取回的是最后一次", stop_with(give="last"),
                look="停下时的权重已经变坏了；要取回验证损失最小的那一次。")
exercise.mutant("多等了一次", stop_with(enough=lambda bad, p: bad > p),
                look="连续 patience 次没有进步就停：≥，不是 >。")
exercise.mutant("少等了一次", stop_with(enough=lambda bad, p: bad >= max(1, p - 1)),
                look="要连续 patience 次没有进步。")
exercise.mutant("与上一次比", stop_with(compare="previous"), look="比的是到此为止最好的一次，不是上一次。")
exercise.mutant("没有重新数", stop_with(reset=False), look="一有进步，没有进步的次数就归零。")
exercise.mutant("持平也算进步", stop_with(better=lambda a, b: a <= b),
                look="要真的更小才算进步，不然平着走永远不停。")
exercise.mutant("从来不停", stop_with(stop=False), look="没有进步的次数够了就 break。")
exercise.mutant("偷看了停下以后的损失", stop_with(give="overall"),
                look="停下以后的训练并没有发生，最好的只能在停下之前找。")
exercise.mutant("方向反了，越大越好", stop_with(better=lambda a, b: a > (b if b < math.inf else -math.inf)),
                look="损失越小越好。")
