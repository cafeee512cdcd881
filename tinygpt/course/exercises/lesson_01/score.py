"""练习 1.2 给一段话打分。"""

import math

from tinygpt.course.diagnosis import Exercise


def score_with(
    log=math.log, divide=lambda total, n: total / n, perplexity=math.exp,
    bits=lambda total, n: total / math.log(2) / n,
):  # fmt: skip
    def run(probabilities, n_characters):
        total = -sum(log(p) for p in probabilities)
        loss = divide(total, len(probabilities))
        return {"损失": loss, "困惑度": perplexity(loss), "每字符比特": bits(total, n_characters)}

    return run


exercise = Exercise(
    "1.2", "给一段话打分", score_with(), assemble=score_with,
    look="损失是 −ln p 对 token 的平均；困惑度是损失的指数；每字符比特是总的 −log₂ p 除以字符数。",
)


@exercise.probe("课上的四个概率")
def _(answer, rng):
    return answer([0.5, 0.25, 0.5, 0.125], 4)


@exercise.probe("三个 token，七个字符")
def _(answer, rng):
    return answer([0.9, 0.01, 0.3], 7)


@exercise.probe("一个 token 也不意外：概率都是 1")
def _(answer, rng):
    return answer([1.0, 1.0], 3)


@exercise.probe("很长的一段：乘起来会下溢成 0")
def _(answer, rng):
    return answer([0.01] * 400, 500)


@exercise.probe("不改动输入")
def _(answer, rng):
    given = [0.5, 0.25]
    answer(given, 2)
    return given


@exercise.correct("以 2 为底")
def _(probabilities, n_characters):
    bits = [-math.log2(p) for p in probabilities]
    average = sum(bits) / len(bits)
    return {"损失": average * math.log(2), "困惑度": 2**average, "每字符比特": sum(bits) / n_characters}


@exercise.correct("用 torch")
def _(probabilities, n_characters):
    import torch

    logs = torch.tensor(probabilities, dtype=torch.float64).log()
    loss = -logs.mean().item()
    bits = -logs.sum().item() / math.log(2) / n_characters
    return {"损失": loss, "困惑度": math.exp(loss), "每字符比特": bits}


exercise.edit("取了以 2 为底的对数当损失", "损失用自然对数 ln（nat）；比特才用以 2 为底的。",
              log=math.log2, bits=lambda total, n: total / n)
exercise.edit("损失没有平均", "损失是每个 token 的平均，要除以 token 的个数。", divide=lambda total, n: total)
exercise.edit("困惑度取了 2 的幂", "损失用的是自然对数，困惑度就是 e 的损失次方。",
              perplexity=lambda loss: 2**loss)
exercise.edit("困惑度忘了取指数", "困惑度是损失的指数。", perplexity=lambda loss: loss)
exercise.edit("每字符比特忘了换成比特", "nat 换成比特要除以 ln 2。", bits=lambda total, n: total / n)
exercise.edit("换比特时乘了 ln 2", "1 nat = 1/ln 2 比特，约 1.44：要除以 ln 2。",
              bits=lambda total, n: total * math.log(2) / n)


@exercise.mutant("每字符比特除以了 token 的个数",
                 look="每**字符**比特除以字符数；除以 token 数，切得长的分词器就吃亏。")
def _(probabilities, n_characters):
    return score_with()(probabilities, len(probabilities))


@exercise.mutant("先乘起来再取对数，下溢了", look="几百个小数乘起来会成 0，ln 0 是负无穷：先取对数，再相加。")
def _(probabilities, n_characters):
    product = math.prod(probabilities)
    total = -math.log(product) if product > 0 else math.inf
    loss = total / len(probabilities)
    return {"损失": loss, "困惑度": math.exp(loss), "每字符比特": total / math.log(2) / n_characters}


@exercise.mutant("概率先平均，再取对数", look="先取每一步的对数，再平均；反过来得到的总是偏小。")
def _(probabilities, n_characters):
    loss = -math.log(sum(probabilities) / len(probabilities))
    total = loss * len(probabilities)
    return {"损失": loss, "困惑度": math.exp(loss), "每字符比特": total / math.log(2) / n_characters}
