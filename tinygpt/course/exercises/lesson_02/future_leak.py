"""练习 2.3 有没有偷看未来。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers


class Model:
    """假的模型：位置 i 的输出是它看得见的 token 的加权和；sees(i, t) 给出看得见的位置。"""

    def __init__(self, sees, scale=1.0):
        self.sees, self.scale = sees, scale

    def __call__(self, ids):
        values = (ids.double() + 1) ** 2
        t = ids.size(1)
        weight = lambda i, j: (1 + 0.1 * j) * (1.0 if j <= i else self.scale)
        rows = [sum(values[:, j] * weight(i, j) for j in self.sees(i, t)) for i in range(t)]
        return torch.stack(rows, dim=1)[..., None] * torch.tensor([1.0, -0.5]).double()


def peeks_with(
    changed=lambda t: range(1, t),
    compare=lambda a, b, j: not torch.equal(a[:, :j], b[:, :j]),
    new=lambda x: x + 1,
):
    def run(model, ids):
        base = model(ids)
        for j in changed(ids.size(1)):
            other = ids.clone()
            other[:, j] = new(other[:, j])
            if compare(base, model(other), j):
                return True
        return False

    return run


exercise = Exercise(
    "2.3", "有没有偷看未来", peeks_with(),
    look="把每一个位置 j 轮流改掉（一次只改一个），看 j **之前**的输出动没有动；只要有一个数动了，就是偷看。",
)
MODELS = {
    "因果的模型": Model(lambda i, t: range(i + 1)),
    "看得见全部的模型": Model(lambda i, t: range(t)),
    "只看自己": Model(lambda i, t: [i]),
    "只看过去，连自己也不看": Model(lambda i, t: range(max(i, 1))),
    "多看了一个": Model(lambda i, t: range(min(i + 2, t))),
    "只有第一个位置偷看了最后一个": Model(
        lambda i, t: [*range(i + 1), t - 1] if i == 0 and t > 1 else range(i + 1)
    ),
    "只有倒数第二个位置偷看": Model(lambda i, t: range(t) if i == t - 2 else range(i + 1)),
    "人人偷看中间的一个": Model(lambda i, t: sorted({*range(i + 1), t // 2})),
    "偷看得很轻": Model(lambda i, t: range(t), scale=1e-7),
}
for _name, _model in MODELS.items():
    exercise.probe(_name)(lambda answer, rng, model=_model: answer(model, integers(rng, 0, 9, 2, 6)))


@exercise.probe("不改动输入")
def _(answer, rng):
    ids = integers(rng, 0, 9, 1, 4)
    before = ids.clone()
    answer(MODELS["因果的模型"], ids)
    return torch.equal(ids, before)


@exercise.correct("看前缀")
def _(model, ids):
    whole = model(ids)
    same = lambda n: torch.allclose(model(ids[:, :n]), whole[:, :n], rtol=0, atol=0)
    return any(not same(n) for n in range(1, ids.size(1))) or peeks_with()(model, ids)


@exercise.correct("一次列出所有改动")
def _(model, ids):
    base, found = model(ids), []
    for j in range(ids.shape[1]):
        changed = ids.clone()
        changed[:, j] = (changed[:, j] + 3) % 11
        found.append((model(changed)[:, :j] != base[:, :j]).any().item())
    return any(found)


exercise.mutant("只改了最后一个位置", peeks_with(changed=lambda t: [t - 1]),
                look="有的模型只偷看中间的某一个；每个位置都要轮流改。")
exercise.mutant("只改了第二个位置", peeks_with(changed=lambda t: [1]), look="每个位置都要轮流改。")
exercise.mutant("把改动的位置自己也算进去了",
                peeks_with(compare=lambda a, b, j: not torch.equal(a[:, : j + 1], b[:, : j + 1])),
                look="改动位置 j，位置 j 自己的输出本来就该变；只看 j 之前的。")
exercise.mutant("整个输出一起比", peeks_with(compare=lambda a, b, j: not torch.equal(a, b)),
                look="改动的位置和它后面当然会变；只比 j 之前的。")
exercise.mutant("比的是后面的输出",
                peeks_with(compare=lambda a, b, j: not torch.equal(a[:, j + 1 :], b[:, j + 1 :])),
                look="后面看得见前面，是应该的；偷看是前面的变了。")
exercise.mutant("只看了前一个位置",
                peeks_with(compare=lambda a, b, j: not torch.equal(a[:, j - 1], b[:, j - 1])),
                look="j 之前的所有位置都要看。")
exercise.mutant("只看了第一个位置", peeks_with(compare=lambda a, b, j: not torch.equal(a[:, 0], b[:, 0])),
                look="j 之前的所有位置都要看。")
exercise.mutant("容差太大，很轻的偷看没有发现",
                peeks_with(
                    compare=lambda a, b, j: not torch.allclose(a[:, :j], b[:, :j], rtol=1e-3, atol=1e-3)
                ),
                look="因果的模型里，前面的输出应当一个数也不变：用 torch.equal。")
exercise.mutant("返回值反了", lambda m, ids: not peeks_with()(m, ids), look="偷看了返回 True。")
exercise.mutant("其实没有改动", peeks_with(new=lambda x: x), look="要换成另一个 token，例如 (ids + 1)。")


@exercise.mutant("改动了输入", look="先 clone 再改，不然改动会留在原来的张量里。")
def _(model, ids):
    found = peeks_with()(model, ids)
    ids[:, -1] += 1
    return found
