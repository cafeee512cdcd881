"""练习 1.2 给一段话打分。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import unchanged


def score_with(
    log=math.log,
    count=len,
    sign=-1,
    perplexity=lambda loss, probabilities: math.exp(min(loss, 700.0)),
    bits=lambda total, loss, n: total / math.log(2) / n,
    characters=lambda probabilities, n: n,
    out=lambda value: value,
):
    """count：损失除以什么；total 是 −ln p 的总和。"""

    def run(probabilities, n_characters):
        total = -sum(math.log(p) for p in probabilities)
        loss = sign * sum(log(p) for p in probabilities) / count(probabilities)
        n = characters(probabilities, n_characters)
        found = {"损失": loss, "困惑度": perplexity(loss, probabilities), "每字符比特": bits(total, loss, n)}
        return {key: out(value) for key, value in found.items()}

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


@exercise.probe("字符比 token 少")
def _(answer, rng):
    return answer([0.2, 0.6, 1.0, 0.05, 0.7], 2)


@exercise.probe("只有一个 token")
def _(answer, rng):
    return answer([0.125], 3)


@exercise.probe("不改动输入")
def _(answer, rng):
    return unchanged(answer, [0.5, 0.25], 2)


@exercise.correct("以 2 为底")
def _(probabilities, n_characters):
    bits = [-math.log2(p) for p in probabilities]
    average = sum(bits) / len(bits)
    return {"损失": average * math.log(2), "困惑度": 2**average, "每字符比特": sum(bits) / n_characters}


@exercise.correct("用 torch")
def _(probabilities, n_characters):
    logs = torch.tensor(probabilities, dtype=torch.float64).log()
    loss = -logs.mean().item()
    bits = -logs.sum().item() / math.log(2) / n_characters
    return {"损失": loss, "困惑度": math.exp(loss), "每字符比特": bits}


exercise.edit("损失取了以 2 为底的对数", "损失用自然对数 ln（nat）；比特才用以 2 为底的。", log=math.log2)
exercise.edit("损失取了以 10 为底的对数", "损失用自然对数 ln：math.log。", log=math.log10)
exercise.edit("损失忘了变号", "损失是 −ln p 的平均，不会是负的。", sign=1)
exercise.edit("损失没有平均", "损失是每个 token 的平均，要除以 token 的个数。", count=lambda p: 1)
exercise.edit("损失除以的少了一个", "有几个概率就除以几：len(probabilities)，不减 1。",
              count=lambda p: max(1, len(p) - 1))
exercise.edit("困惑度取了 2 的幂", "损失用的是自然对数，困惑度就是 e 的损失次方。",
              perplexity=lambda loss, p: 2**loss)
exercise.edit("困惑度忘了取指数", "困惑度是损失的指数。", perplexity=lambda loss, p: loss)
exercise.edit("困惑度取了总和的指数", "困惑度是（平均的）损失的指数。",
              perplexity=lambda loss, p: math.exp(min(700.0, -sum(map(math.log, p)))))
exercise.edit("困惑度是 1/p 的平均", "困惑度是损失的指数，也就是 1/p 的几何平均，不是算术平均。",
              perplexity=lambda loss, p: sum(1 / x for x in p) / len(p))
exercise.edit("困惑度是平均概率的倒数", "困惑度是损失的指数：先取对数再平均，不是先平均。",
              perplexity=lambda loss, p: len(p) / sum(p))
exercise.edit("每字符比特忘了换成比特", "nat 换成比特要除以 ln 2。", bits=lambda total, loss, n: total / n)
exercise.edit("换比特时乘了 ln 2", "1 nat = 1/ln 2 比特，约 1.44：要除以 ln 2。",
              bits=lambda total, loss, n: total * math.log(2) / n)
exercise.edit("每字符比特忘了变号", "比特数是 −log₂ p 的总和除以字符数，不会是负的。",
              bits=lambda total, loss, n: -total / math.log(2) / n)
exercise.edit("每字符比特用了平均的损失", "每字符比特是**总和**除以字符数；损失已经除过 token 数了。",
          bits=lambda total, loss, n: loss / math.log(2) / n)
exercise.edit("每字符比特乘了字符数", "是除以字符数，不是乘。",
              bits=lambda total, loss, n: total / math.log(2) * n)
exercise.edit("每字符比特忘了除以字符数", "还要除以字符数。", bits=lambda total, loss, n: total / math.log(2))
exercise.edit("每字符比特除以了 token 的个数",
              "每**字符**比特除以字符数；除以 token 数，切得长的分词器就吃亏。",
              characters=lambda p, n: len(p))
exercise.edit("返回的是张量", "题目要的是 Python 的数：用 .item() 取出来。", out=torch.tensor)
exercise.edit("四舍五入到了两位", "不要 round：要的是那个数本身。", out=lambda value: round(value, 2))


@exercise.mutant("损失除以了字符数", look="损失是每个 **token** 的平均；每字符比特才除以字符数。")
def _(probabilities, n_characters):
    return score_with(count=lambda p: n_characters)(probabilities, n_characters)


@exercise.mutant("损失取了以 2 为底的对数，困惑度也是 2 的幂",
                 look="损失用自然对数 ln（nat），困惑度是 e 的损失次方。")
def _(probabilities, n_characters):
    return score_with(log=math.log2, perplexity=lambda loss, p: 2**loss)(probabilities, n_characters)


@exercise.mutant("先乘起来再取对数，下溢了", look="几百个小数乘起来会成 0，ln 0 是负无穷：先取对数，再相加。")
def _(probabilities, n_characters):
    total = -math.log(math.prod(probabilities))
    loss = total / len(probabilities)
    return {"损失": loss, "困惑度": math.exp(loss), "每字符比特": total / math.log(2) / n_characters}


@exercise.mutant("概率先平均，再取对数", look="先取每一步的对数，再平均；反过来得到的总是偏小。")
def _(probabilities, n_characters):
    loss = -math.log(sum(probabilities) / len(probabilities))
    return {**score_with()(probabilities, n_characters), "损失": loss, "困惑度": math.exp(loss)}


@exercise.mutant("键的名字换了", look='三个键照题目写："损失"、"困惑度"、"每字符比特"。')
def _(probabilities, n_characters):
    return dict(zip(("loss", "perplexity", "bits"), score_with()(probabilities, n_characters).values()))


@exercise.mutant("改动了输入", look="不要写回 probabilities[i]；另写一个列表。")
def _(probabilities, n_characters):
    found = score_with()(probabilities, n_characters)
    probabilities[:] = [math.log(p) for p in probabilities]
    return found
