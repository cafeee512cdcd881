"""练习 2.3 有没有偷看未来。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import integers


class Model:
    """假的模型：位置 i 的输出是它看得见的 token 的加权和；sees(i, t) 给出看得见的位置。

    编号只有 0 到 9；leaky 是哪几行在偷看，别的行是因果的。
    """

    def __init__(self, sees, scale=1.0, leaky=slice(None)):
        self.sees, self.scale, self.leaky = sees, scale, leaky
        self.tables = {}  # {长度: 谁看得见谁、有多重的表}

    def table(self, t):
        if t not in self.tables:
            seen = torch.zeros(t, t).double()
            for i in range(t):
                for j in self.sees(i, t):
                    seen[i, j] = 1 + 0.1 * j
            self.tables[t] = seen.tril(), seen.triu(1) * self.scale
        return self.tables[t]

    def __call__(self, ids):
        if ids.numel() and (ids.min() < 0 or ids.max() > 9):
            raise IndexError(f"编号要在 0 到 9 之间，得到 {ids.min().item()} 到 {ids.max().item()}")
        values, (past, future) = (ids.double() + 1) ** 2, self.table(ids.size(1))
        out, leak = values @ past.T, values @ future.T
        out[self.leaky] += leak[self.leaky]
        return out[..., None] * torch.tensor([1.0, -0.5, -0.5]).double()


def peeks_with(
    changed=range,
    compare=lambda a, b, j: not torch.equal(a[:, :j], b[:, :j]),
    new=lambda x: x + 1,
    rows=slice(None),
    keep=False,
    answer=lambda found: found,
):
    """changed(t)：轮流改动哪些位置；compare：位置 j 改动以后，前后两次的输出算不算不同。"""

    def run(model, ids):
        base, other = model(ids), ids.clone()
        for j in changed(ids.size(1)):
            other = other if keep else ids.clone()
            other[rows, j] = new(other[rows, j])
            if compare(base[rows], model(other)[rows], j):
                return answer(True)
        return answer(False)

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
    "只有最后两个之间偷看": Model(lambda i, t: range(t) if i == t - 2 else [i]),
    "偷看得很轻": Model(lambda i, t: range(t), scale=1e-7),
    "三行里只有第一行偷看": Model(lambda i, t: range(t), leaky=[0]),
    "三行里只有最后一行偷看": Model(lambda i, t: range(t), leaky=[-1]),
}
for _name, _model in MODELS.items():
    exercise.probe(_name)(lambda answer, rng, model=_model: answer(model, integers(rng, 0, 9, 3, 6)))


@exercise.probe("编号全是 0")
def _(answer, rng):
    return answer(MODELS["看得见全部的模型"], torch.zeros(1, 4, dtype=torch.long))


@exercise.probe("五个位置，每次只有一处偷看，十处轮流")
def _(answer, rng):
    ids = integers(rng, 0, 9, 1, 5)
    pairs = [(i, j) for j in range(5) for i in range(j)]
    return all(answer(Model(lambda k, t, i=i, j=j: [j] if k == i else [k]), ids) for i, j in pairs)


@exercise.probe("一行两个 token，偷看")
def _(answer, rng):
    return answer(MODELS["看得见全部的模型"], integers(rng, 0, 9, 1, 2))


@exercise.probe("一行两个 token，因果")
def _(answer, rng):
    return answer(MODELS["因果的模型"], integers(rng, 0, 9, 1, 2))


@exercise.probe("同一处偷看，换二十四批 token")
def _(answer, rng):
    model = MODELS["只有第一个位置偷看了最后一个"]
    return all(answer(model, integers(rng, 0, 9, 1, 2)) for _ in range(24))


@exercise.probe("只有一个 token：没有未来")
def _(answer, rng):
    return answer(MODELS["看得见全部的模型"], integers(rng, 0, 9, 2, 1))


@exercise.probe("不改动输入")
def _(answer, rng):
    ids = integers(rng, 0, 9, 1, 4)
    before = ids.clone()
    answer(MODELS["因果的模型"], ids)
    return torch.equal(ids, before)


@exercise.correct("从后往前改，一直留着")
def _(model, ids):
    base, changed = model(ids), ids.clone()
    for j in reversed(range(1, ids.size(1))):
        changed[:, j] += 1
        if (model(changed)[:, :j] != base[:, :j]).any():
            return True
    return False


@exercise.correct("一次列出所有改动")
def _(model, ids):
    base, found = model(ids), []
    for j in range(ids.shape[1]):
        changed = ids.clone()
        changed[:, j] = (changed[:, j] + 1) % 10
        found.append((model(changed)[:, :j] != base[:, :j]).any().item())
    return any(found)


def wrong(name, look, **edit):
    """结果只有成立与不成立，两个错凑在一起的样子太多，不去猜（不用 assemble）。"""
    exercise.mutant(name, peeks_with(**edit), look)


wrong("只改了最后一个位置", "有的模型只偷看中间的某一个；每个位置都要轮流改。", changed=lambda t: [t - 1])
wrong("只改了第二个位置", "每个位置都要轮流改；循环里的 return False 要等全部改过再写。",
      changed=lambda t: [1] if t > 1 else [])
wrong("没有改最后一个位置", "range 的终点差一：最后一个位置也要改。", changed=lambda t: range(t - 1))
wrong("改动的位置自己、它后面的也比了", "改动的位置和它后面当然会变；只比 j 之前的：[:, :j]，不含 j。",
      compare=lambda a, b, j: not torch.equal(a, b))
wrong("没有只比 j 之前的，或者前面的改动没有换回来",
      "改动的位置和它后面当然会变：只比 j 之前的 [:, :j]，不含 j。一次只改一个：每一轮重新 clone。",
      changed=lambda t: range(1, t), compare=lambda a, b, j: not torch.equal(a, b))
wrong("比的是后面的输出", "后面看得见前面，是应该的；偷看是前面的变了。",
      compare=lambda a, b, j: not torch.equal(a[:, j + 1 :], b[:, j + 1 :]))
wrong("只看了前一个位置", "j 之前的所有位置都要看。",
      compare=lambda a, b, j: j > 0 and not torch.equal(a[:, j - 1], b[:, j - 1]))
wrong("只看了第一个位置", "j 之前的所有位置都要看。",
      compare=lambda a, b, j: j > 0 and not torch.equal(a[:, 0], b[:, 0]))
wrong("容差太大，很轻的偷看没有发现",
      "因果的模型里，前面的输出应当一个数也不变：用 torch.equal，不用 allclose。",
      compare=lambda a, b, j: not torch.allclose(a[:, :j], b[:, :j], rtol=1e-3, atol=1e-3))
wrong("比的是总和", "一处变大、一处变小，总和可以不变；逐个地比：torch.equal。",
      compare=lambda a, b, j: bool(a[:, :j].sum() != b[:, :j].sum()))
wrong("每一处都变了才算", "只要有一个数动了就是偷看：any，不是 all。",
      compare=lambda a, b, j: j > 0 and bool((a[:, :j] != b[:, :j]).all()))
wrong("其实没有改动", "要换成另一个 token，例如 (ids + 1)。", new=lambda x: x)
wrong("都改成了 0", "本来就是 0 的没有变：要换成另一个 token，例如 (ids + 1)。", new=lambda x: x * 0)
wrong("随机换一个，可能没有变", "随机的 token 有时与原来的相同：要换成**另一个**，例如 (ids + 1)。",
      new=lambda x: torch.randint_like(x, 9))
wrong("减 1，成了负的编号", "题目只保证编号加 1 是合法的；0 减 1 成了 −1。", new=lambda x: x - 1)
wrong("只改了第一行", "一批里每一行都要看：ids[:, j]，不是 ids[0, j]。", rows=slice(0, 1))
wrong("改动一直留着，没有换回来", "一次只改一个：每一轮重新 clone，不然前面改过的也算成了偷看。",
      changed=lambda t: range(1, t), keep=True)
wrong("返回值反了", "偷看了返回 True。", answer=lambda found: not found)


@exercise.mutant("改动了输入", look="先 clone 再改，不然改动会留在原来的张量里。")
def _(model, ids):
    found = peeks_with()(model, ids)
    ids[:, -1] += 1
    return found


@exercise.mutant("没有 clone，就在输入上改",
                 look="每一轮先 ids.clone() 再改：改动留在原来的张量里，后面的比较也跟着错。")
def _(model, ids):
    base = model(ids)
    for j in range(1, ids.size(1)):
        ids[:, j] += 1
        if not torch.equal(model(ids)[:, :j], base[:, :j]):
            return True
    return False
