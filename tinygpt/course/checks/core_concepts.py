"""第 02 课的检查：谁看得见谁、有没有偷看、MLM 的遮法、句子对、MLM 的准确率。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.losses import IGNORE
from tinygpt.tokenizer import CLS, MASK, PAD, SEP

FIRST_ORDINARY = 8


def integers(rng, low, high, *shape):
    return torch.randint(low, high, shape, generator=rng)


# ---- 2.1 先猜后算：谁看得见谁 ----

NAMES = ("编码器里第 2 个位置看得见几个", "解码器里第 2 个位置看得见几个", "AR", "MLM", "NSP")


def guess(*values):
    return dict(zip(NAMES, values, strict=True))


predict = Exercise("2.1", "先猜后算：谁看得见谁", guess(6, 3, "GPT", "BERT", "BERT"), look="位置从 0 数起，一共 6 个。编码器看得见全部；解码器看得见自己和前面的。")
predict.probe("五个答案")(lambda answer, rng: answer)
predict.correct("写成小数", guess(6.0, 3.0, "GPT", "BERT", "BERT"))
predict.mutant("以为解码器看不见自己", guess(6, 2, "GPT", "BERT", "BERT"), look="位置 0、1、2 都看得见，其中 2 是自己。")
predict.mutant("以为编码器只看得见别人", guess(5, 3, "GPT", "BERT", "BERT"), look="自己也看得见。")
predict.mutant("编码器与解码器弄反了", guess(3, 6, "GPT", "BERT", "BERT"), look="解码器有因果掩码，只看过去。")
predict.mutant("照文章把 MLM 和 NSP 给了 GPT", guess(6, 3, "GPT", "GPT", "GPT"), look="文章这里不准：MLM 与 NSP 是 BERT 的预训练目标，GPT 只用 AR。")
predict.mutant("以为 GPT 也用 MLM", guess(6, 3, "GPT", "GPT", "BERT"), look="GPT 有因果掩码，填空时看不见右边，所以不用 MLM。")
predict.mutant("BERT 与 GPT 弄反了", guess(6, 3, "BERT", "GPT", "GPT"), look="GPT 是自回归（AR）的。")

# ---- 2.2 掩码：编码器、解码器与补齐 ----


def mask_with(causal=lambda t: torch.ones(t, t).tril().bool(), pad=lambda p: ~p[:, None, None, :], join=torch.logical_and, shape=lambda m: m):
    def run(padding, is_decoder):
        b, t = padding.shape
        mask = pad(padding).expand(b, 1, t, t)
        return shape(join(mask, causal(t)) if is_decoder else mask)

    return run


visible = Exercise(
    "2.2", "掩码：编码器、解码器与补齐", mask_with(), look="形状 (b, 1, t, t)，行是查询，列是键。补齐的键（列）谁也看不见；解码器再加上下三角，两个条件都要满足。"
)
PADDING = torch.tensor([[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 1, 1]]).bool()


@visible.probe("编码器，没有补齐")
def _(answer, rng):
    return answer(torch.zeros(1, 3, dtype=torch.bool), False)


@visible.probe("解码器，没有补齐")
def _(answer, rng):
    return answer(torch.zeros(1, 3, dtype=torch.bool), True)


@visible.probe("编码器，三行补得不一样多")
def _(answer, rng):
    return answer(PADDING, False)


@visible.probe("解码器，三行补得不一样多")
def _(answer, rng):
    return answer(PADDING, True)


@visible.correct("用位置比较")
def _(padding, is_decoder):
    t = padding.size(1)
    position = torch.arange(t)
    keep = padding.logical_not().view(-1, 1, 1, t) & torch.ones(t, 1, dtype=torch.bool)
    return keep & (position[None, :] <= position[:, None]) if is_decoder else keep


@visible.correct("循环")
def _(padding, is_decoder):
    b, t = padding.shape
    out = torch.zeros(b, 1, t, t, dtype=torch.bool)
    for n in range(b):
        for i in range(t):
            for j in range(t):
                out[n, 0, i, j] = not padding[n, j] and (j <= i or not is_decoder)
    return out


visible.mutant("补齐用反了", mask_with(pad=lambda p: p[:, None, None, :]), look="padding 为 True 的是补齐的位置，看不见；掩码里 True 是看得见。")
visible.mutant("遮住的是行，不是列", mask_with(pad=lambda p: ~p[:, None, :, None]), look="要让别人看不见补齐的键：遮的是列（最后一个轴）。遮住整行，softmax 会得到 nan。")
visible.mutant("行和列都遮住了", mask_with(pad=lambda p: ~p[:, None, None, :] & ~p[:, None, :, None]), look="补齐的行不用管；整行都看不见，softmax 会得到 nan。")
visible.mutant("没有管补齐", mask_with(pad=lambda p: torch.ones_like(p)[:, None, None, :]), look="补齐的位置谁也不该看见。")
visible.mutant("解码器没有因果掩码", mask_with(causal=lambda t: torch.ones(t, t).bool()), look="解码器只看自己和过去：再加上下三角。")
visible.mutant("因果掩码反了", mask_with(causal=lambda t: torch.ones(t, t).triu().bool()), look="下三角 tril：列不大于行。")
visible.mutant("看不见自己", mask_with(causal=lambda t: torch.ones(t, t).tril(-1).bool()), look="对角线也是 True。")
visible.mutant("两个条件用了“或”", mask_with(join=torch.logical_or), look="既不是补齐，又不是未来，才看得见：用“且”。")
visible.mutant("少了头那个轴", mask_with(shape=lambda m: m[:, 0]), look="形状是 (b, 1, t, t)，中间的 1 留给头，好广播。")
visible.mutant("返回的不是布尔", mask_with(shape=lambda m: m.float()), look="掩码用布尔，True 表示看得见。")
visible.mutant("编码器也加了因果掩码", lambda p, d: mask_with()(p, True), look="编码器看得见两边；只有 is_decoder 时才加下三角。")

# ---- 2.3 有没有偷看未来 ----


class Model:
    """假的模型：位置 i 的输出是它看得见的 token 的加权和；sees(i, t) 给出看得见的位置。"""

    def __init__(self, sees, scale=1.0):
        self.sees, self.scale = sees, scale

    def __call__(self, ids):
        values = (ids.double() + 1) ** 2
        t = ids.size(1)
        rows = [sum(values[:, j] * (1 + 0.1 * j) * (1.0 if j <= i else self.scale) for j in self.sees(i, t)) for i in range(t)]
        return torch.stack(rows, dim=1)[..., None] * torch.tensor([1.0, -0.5]).double()


def peeks_with(changed=lambda t: range(1, t), compare=lambda a, b, j: not torch.equal(a[:, :j], b[:, :j]), new=lambda x: x + 1):
    def run(model, ids):
        base = model(ids)
        for j in changed(ids.size(1)):
            other = ids.clone()
            other[:, j] = new(other[:, j])
            if compare(base, model(other), j):
                return True
        return False

    return run


peeks = Exercise(
    "2.3", "有没有偷看未来", peeks_with(),
    look="把每一个位置 j 轮流改掉（一次只改一个），看 j **之前**的输出动没有动；只要有一个数动了，就是偷看。",
)  # fmt: skip
MODELS = {
    "因果的模型": Model(lambda i, t: range(i + 1)),
    "看得见全部的模型": Model(lambda i, t: range(t)),
    "只看自己": Model(lambda i, t: [i]),
    "只看过去，连自己也不看": Model(lambda i, t: range(max(i, 1))),
    "多看了一个": Model(lambda i, t: range(min(i + 2, t))),
    "只有第一个位置偷看了最后一个": Model(lambda i, t: [*range(i + 1), t - 1] if i == 0 and t > 1 else range(i + 1)),
    "只有倒数第二个位置偷看": Model(lambda i, t: range(t) if i == t - 2 else range(i + 1)),
    "人人偷看中间的一个": Model(lambda i, t: sorted({*range(i + 1), t // 2})),
    "偷看得很轻": Model(lambda i, t: range(t), scale=1e-7),
}
for _name, _model in MODELS.items():
    peeks.probe(_name)(lambda answer, rng, model=_model: answer(model, integers(rng, 0, 9, 2, 6)))


@peeks.probe("不改动输入")
def _(answer, rng):
    ids = integers(rng, 0, 9, 1, 4)
    before = ids.clone()
    answer(MODELS["因果的模型"], ids)
    return torch.equal(ids, before)


@peeks.correct("看前缀")
def _(model, ids):
    whole = model(ids)
    return any(not torch.allclose(model(ids[:, :n]), whole[:, :n], rtol=0, atol=0) for n in range(1, ids.size(1))) or peeks_with()(model, ids)


@peeks.correct("一次列出所有改动")
def _(model, ids):
    base, found = model(ids), []
    for j in range(ids.shape[1]):
        changed = ids.clone()
        changed[:, j] = (changed[:, j] + 3) % 11
        found.append((model(changed)[:, :j] != base[:, :j]).any().item())
    return any(found)


peeks.mutant("只改了最后一个位置", peeks_with(changed=lambda t: [t - 1]), look="有的模型只偷看中间的某一个；每个位置都要轮流改。")
peeks.mutant("只改了第二个位置", peeks_with(changed=lambda t: [1]), look="每个位置都要轮流改。")
peeks.mutant("把改动的位置自己也算进去了", peeks_with(compare=lambda a, b, j: not torch.equal(a[:, : j + 1], b[:, : j + 1])), look="改动位置 j，位置 j 自己的输出本来就该变；只看 j 之前的。")
peeks.mutant("整个输出一起比", peeks_with(compare=lambda a, b, j: not torch.equal(a, b)), look="改动的位置和它后面当然会变；只比 j 之前的。")
peeks.mutant("比的是后面的输出", peeks_with(compare=lambda a, b, j: not torch.equal(a[:, j + 1 :], b[:, j + 1 :])), look="后面看得见前面，是应该的；偷看是前面的变了。")
peeks.mutant("只看了前一个位置", peeks_with(compare=lambda a, b, j: not torch.equal(a[:, j - 1], b[:, j - 1])), look="j 之前的所有位置都要看。")
peeks.mutant("只看了第一个位置", peeks_with(compare=lambda a, b, j: not torch.equal(a[:, 0], b[:, 0])), look="j 之前的所有位置都要看。")
peeks.mutant("容差太大，很轻的偷看没有发现", peeks_with(compare=lambda a, b, j: not torch.allclose(a[:, :j], b[:, :j], rtol=1e-3, atol=1e-3)), look="因果的模型里，前面的输出应当一个数也不变：用 torch.equal。")
peeks.mutant("返回值反了", lambda m, ids: not peeks_with()(m, ids), look="偷看了返回 True。")
peeks.mutant("其实没有改动", peeks_with(new=lambda x: x), look="要换成另一个 token，例如 (ids + 1)。")


@peeks.mutant("改动了输入", look="先 clone 再改，不然改动会留在原来的张量里。")
def _(model, ids):
    found = peeks_with()(model, ids)
    ids[:, -1] += 1
    return found


# ---- 2.4 MLM 的遮法 ----


def masking_with(mask=lambda f: f < 0.8, random=lambda f: f >= 0.9, special=False, label=lambda ids, chosen, masked: torch.where(chosen, ids, IGNORE)):
    def run(ids, chosen, fate, random_ids):
        chosen = chosen if special else chosen & (ids >= FIRST_ORDINARY)
        masked = torch.where(chosen & mask(fate), MASK, ids)
        masked = torch.where(chosen & random(fate), random_ids, masked)
        return masked, label(ids, chosen, masked)

    return run


masking = Exercise(
    "2.4", "MLM：80 / 10 / 10", masking_with(),
    look="选中的普通 token 里：fate < 0.8 换成 <mask>，fate ≥ 0.9 换成随机的，中间的不动；选中的位置（三种都算）标签是原来的 token，其余 −100。",
)  # fmt: skip


@masking.probe("十个普通 token，都选中")
def _(answer, rng):
    fate = torch.tensor([[0.0, 0.1, 0.3, 0.5, 0.79, 0.8, 0.85, 0.89, 0.9, 0.99]])
    return answer(torch.arange(10, 20)[None], torch.ones(1, 10).bool(), fate, torch.full((1, 10), 99))


@masking.probe("只选中几个")
def _(answer, rng):
    ids = integers(rng, 8, 60, 3, 12)
    return answer(ids, torch.rand(3, 12, generator=rng) < 0.4, torch.rand(3, 12, generator=rng), integers(rng, 60, 99, 3, 12))


@masking.probe("特殊 token（编号小于 8）不遮")
def _(answer, rng):
    ids = torch.tensor([[CLS, 20, 21, SEP, 22, SEP, PAD, PAD]])
    return answer(ids, torch.ones(1, 8).bool(), torch.tensor([[0.1, 0.1, 0.95, 0.1, 0.85, 0.95, 0.1, 0.95]]), torch.full((1, 8), 50))


@masking.probe("一个也没有选中")
def _(answer, rng):
    return answer(integers(rng, 8, 30, 1, 5), torch.zeros(1, 5).bool(), torch.rand(1, 5, generator=rng), integers(rng, 8, 30, 1, 5))


@masking.probe("不改动输入")
def _(answer, rng):
    ids = integers(rng, 8, 30, 2, 6)
    before = ids.clone()
    answer(ids, torch.ones(2, 6).bool(), torch.rand(2, 6, generator=rng), integers(rng, 30, 60, 2, 6))
    return torch.equal(ids, before)


@masking.correct("一个一个地判断")
def _(ids, chosen, fate, random_ids):
    masked, labels = ids.clone(), torch.full_like(ids, -100)
    for place in chosen.nonzero().tolist():
        row, column = place
        if ids[row, column] < 8:
            continue
        labels[row, column] = ids[row, column]
        if fate[row, column] < 0.8:
            masked[row, column] = MASK
        elif fate[row, column] >= 0.9:
            masked[row, column] = random_ids[row, column]
    return masked, labels


@masking.correct("masked_fill")
def _(ids, chosen, fate, random_ids):
    chosen = chosen & ~(ids < 8)
    masked = ids.masked_fill(chosen & (fate < 0.8), MASK)
    return torch.where(chosen & ~(fate < 0.9), random_ids, masked), ids.masked_fill(~chosen, -100)


masking.mutant("标签给了所有位置", masking_with(label=lambda i, c, m: i.clone()), look="没有选中的位置标签是 −100；不然模型大半时间在照抄看得见的 token。")
masking.mutant("没有动的 10 % 没有标签", masking_with(label=lambda i, c, m: torch.where(c & (m != i), i, IGNORE)), look="选中而没有动的位置也要预测，标签也是原来的 token。")
masking.mutant("只有换成 <mask> 的才有标签", masking_with(label=lambda i, c, m: torch.where(m == MASK, i, IGNORE)), look="三种都是选中的，都要预测。")
masking.mutant("标签是遮过以后的 token", masking_with(label=lambda i, c, m: torch.where(c, m, IGNORE)), look="标签是原来的 token：要猜的是它。")
masking.mutant("没有选中的标签写成了 0", masking_with(label=lambda i, c, m: torch.where(c, i, 0)), look="不计损失的标签是 −100；0 是 <pad> 的编号，会被当成答案。")
masking.mutant("选中的全换成了 <mask>", masking_with(mask=lambda f: f < 2, random=lambda f: f > 2), look="80 % 换成 <mask>，10 % 随机，10 % 不动。")
masking.mutant("没有不动的 10 %", masking_with(random=lambda f: f >= 0.8), look="fate 在 0.8 与 0.9 之间的不动。")
masking.mutant("没有随机的 10 %", masking_with(random=lambda f: f > 2), look="fate ≥ 0.9 的换成 random_ids。")
masking.mutant("0.8 到 0.9 换成了随机的", masking_with(random=lambda f: (f >= 0.8) & (f < 0.9)), look="0.8 到 0.9 之间不动，0.9 以上才换成随机的。")
masking.mutant("特殊 token 也遮了", masking_with(special=True), look="<cls>、<sep>、<pad> 不是要学的内容：编号小于 8 的不遮，也没有标签。")


@masking.mutant("改动了输入", look="ids[…] = MASK 会改掉原来的张量；先 clone，或用 torch.where。")
def _(ids, chosen, fate, random_ids):
    masked, labels = masking_with()(ids, chosen, fate, random_ids)
    ids.copy_(masked)
    return masked, labels


# ---- 2.5 一对句子 ----


def join_with(ids=lambda a, b: [CLS, *a, SEP, *b, SEP], types=lambda a, b: [0] * (len(a) + 2) + [1] * (len(b) + 1)):
    return lambda a, b: (ids(a, b), types(a, b))


join = Exercise("2.5", "把两句话装成一行", join_with(), look="<cls> A <sep> B <sep>；从 <cls> 到第一个 <sep> 是 0，从 B 到最后的 <sep> 是 1，两串一样长。")


@join.probe("各两个 token")
def _(answer, rng):
    return answer([11, 12], [21, 22])


@join.probe("长短不一")
def _(answer, rng):
    return answer(integers(rng, 8, 50, 5).tolist(), integers(rng, 8, 50, 1).tolist())


@join.probe("A 只有一个")
def _(answer, rng):
    return answer([9], [10, 11, 12])


@join.probe("不改动输入")
def _(answer, rng):
    a, b = [11, 12], [21]
    answer(a, b)
    return a, b


@join.correct("分两段做")
def _(a, b):
    first, second = [CLS, *a, SEP], [*b, SEP]
    return first + second, [0 for _ in first] + [1 for _ in second]


@join.correct("先接好，再数")
def _(a, b):
    row = [CLS]
    row.extend(a)
    row.append(SEP)
    boundary = len(row)
    row.extend(b)
    row.append(SEP)
    return row, [int(i >= boundary) for i in range(len(row))]


join.mutant("最后少了 <sep>", join_with(lambda a, b: [CLS, *a, SEP, *b], lambda a, b: [0] * (len(a) + 2) + [1] * len(b)), look="B 的后面也有一个 <sep>。")
join.mutant("中间少了 <sep>", join_with(lambda a, b: [CLS, *a, *b, SEP], lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 1)), look="A 与 B 之间要有 <sep>，不然分不清哪里是界线。")
join.mutant("少了 <cls>", join_with(lambda a, b: [*a, SEP, *b, SEP], lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 1)), look="判断“是不是相邻”就看 <cls> 那个位置，它在最前面。")
join.mutant("中间的 <sep> 算进了 B", join_with(types=lambda a, b: [0] * (len(a) + 1) + [1] * (len(b) + 2)), look="第一个 <sep> 属于 A 段，类型是 0。")
join.mutant("类型全是 0", join_with(types=lambda a, b: [0] * (len(a) + len(b) + 3)), look="B 段的类型是 1。")
join.mutant("A 与 B 的次序反了", join_with(lambda a, b: [CLS, *b, SEP, *a, SEP], lambda a, b: [0] * (len(b) + 2) + [1] * (len(a) + 1)), look="A 在前，B 在后。")
join.mutant("类型反了", join_with(types=lambda a, b: [1] * (len(a) + 2) + [0] * (len(b) + 1)), look="A 段是 0，B 段是 1。")
join.mutant("最后的 <sep> 类型写成了 0", join_with(types=lambda a, b: [0] * (len(a) + 2) + [1] * len(b) + [0]), look="最后的 <sep> 属于 B 段。")

# ---- 2.6 找错误：NSP 的句子对 ----


def pairs_with(shuffle=True, gap=1, same=False, flip=False, first=False, backwards=False, share=0.5):
    """返回 [(A 的文档, A 的第几句, B 的文档, B 的第几句, 标签), …]。"""

    def run(lengths, count, generator):
        pick = lambda n: int(torch.randint(n, (), generator=generator))
        rows = []
        for k in range(count):
            label = int(k < count * share)
            d = pick(len(lengths))
            i = pick(lengths[d] - 1)
            other, j = d, i + gap if label else 0
            if not label:
                other = d if same else (d + 1 + pick(len(lengths) - 1)) % len(lengths)
                j = 0 if first else 1 + pick(lengths[other] - 1)
            j = min(j, lengths[other] - 1)
            rows.append((d, i, other, j, 1 - label if flip else label) if not (backwards and label) else (d, i + 1, d, i, label))
        order = torch.randperm(count, generator=generator).tolist() if shuffle else range(count)
        return [rows[k] for k in order]

    return run


nsp = Exercise(
    "2.6", "找错误：NSP 的句子对", pairs_with(),
    look="标签 1：B 正好是 A 的下一句。标签 0：B 来自**另一篇**文档。各占一半，次序打乱；假的 B 也从每篇的第 1 句以后抽，不让位置泄露答案。",
)  # fmt: skip
LENGTHS = [5, 7, 4, 6, 9, 5]


def facts(rows, count):
    true, false = [r for r in rows if r[4] == 1], [r for r in rows if r[4] == 0]
    labels = [r[4] for r in rows]
    return {
        "对数": len(rows) == count,
        "真假各一半": abs(len(true) - count / 2) <= 1,
        "真的：同一篇": all(r[0] == r[2] for r in true),
        "真的：B 紧接在 A 后面": all(r[3] == r[1] + 1 for r in true),
        "假的：B 来自另一篇": all(r[0] != r[2] for r in false),
        "假的：B 不总是开头一句": not false or any(r[3] > 0 for r in false),
        "次序打乱了": labels not in (sorted(labels), sorted(labels, reverse=True)),
        "句子都在文档之内": all(r[1] < LENGTHS[r[0]] and r[3] < LENGTHS[r[2]] for r in rows),
    }


@nsp.probe("200 对")
def _(answer, rng):
    return facts(answer(LENGTHS, 200, rng), 200)


@nsp.probe("60 对")
def _(answer, rng):
    return facts(answer(LENGTHS, 60, rng), 60)


@nsp.probe("真的占多少、假的从哪里来（用来认出错误）")
def _(answer, rng):
    rows = answer(LENGTHS, 200, rng)
    true, false = [r for r in rows if r[4] == 1], [r for r in rows if r[4] == 0]
    return {
        "真的几乎没有": len(true) < 20, "假的几乎没有": len(false) < 20,
        "标签为 1 的有的来自不同文档": any(r[0] != r[2] for r in true), "标签为 1 的里 B 在 A 前面": any(r[3] < r[1] and r[0] == r[2] for r in true),
    }  # fmt: skip


@nsp.correct("先打乱标签")
def _(lengths, count, generator):
    rows = []
    for label in (torch.randperm(count, generator=generator) % 2).tolist():
        d = int(torch.randint(len(lengths), (), generator=generator))
        i = int(torch.randint(lengths[d] - 1, (), generator=generator))
        if label:
            rows.append((d, i, d, i + 1, 1))
            continue
        other = d
        while other == d:
            other = int(torch.randint(len(lengths), (), generator=generator))
        rows.append((d, i, other, int(torch.randint(1, lengths[other], (), generator=generator)), 0))
    return rows


@nsp.correct("真假交替，再打乱")
def _(lengths, count, generator):
    rows = pairs_with(shuffle=False)(lengths, count, generator)
    true, false = rows[: count // 2], rows[count // 2 :]
    mixed = [row for pair in zip(true, false, strict=True) for row in pair]
    return [mixed[k] for k in torch.randperm(count, generator=generator)]


nsp.mutant("没有打乱，前一半全是真的", pairs_with(shuffle=False), look="一批里前一半全是真的，次序就泄露了答案；最后用 torch.randperm 打乱。")
nsp.mutant("假的 B 也来自同一篇", pairs_with(same=True), look="同一篇里的另一句，话题相同，还可能正好是下一句；要从另一篇里抽。")
nsp.mutant("隔了一句", pairs_with(gap=2), look="下一句是 i + 1。")
nsp.mutant("标签反了", pairs_with(flip=True), look="1 是相邻，0 是不相邻。")
nsp.mutant("假的 B 总是某篇的第一句", pairs_with(first=True), look="第一句的样子与别的句子不同，模型只要认出“这是开头”就答对了。")
nsp.mutant("真的 B 是前一句", pairs_with(backwards=True), look="B 接在 A 后面：A 是第 i 句，B 是第 i + 1 句。")
nsp.mutant("全是真的", pairs_with(share=1.0), look="真假各占一半。")
nsp.mutant("全是假的", pairs_with(share=0.0), look="真假各占一半。")
nsp.mutant("真的只有四分之一", pairs_with(share=0.25), look="真假各占一半，不然只答“不是”就有 75 %。")

# ---- 2.7 MLM 的准确率 ----


def accuracy(logits, labels):
    kept = labels != IGNORE
    return (logits.argmax(-1) == labels)[kept].float().mean()


score = Exercise("2.7", "MLM 的准确率", accuracy, look="只看标签不是 −100 的位置：预测是 logits 最大的编号，位置 i 的 logits 说的就是第 i 个 token，不用错开。")


@score.probe("都有标签")
def _(answer, rng):
    logits, labels = torch.randn(2, 4, 5, generator=rng), integers(rng, 0, 5, 2, 4)
    labels[0, 0] = logits[0, 0].argmax()
    return answer(logits, labels)


@score.probe("只有几个位置有标签")
def _(answer, rng):
    logits, labels = torch.randn(3, 10, 4, generator=rng), integers(rng, 0, 4, 3, 10)
    labels[:, ::2] = logits[:, ::2].argmax(-1)
    labels[:, 5:] = IGNORE
    return answer(logits, labels)


@score.probe("每行的个数不一样")
def _(answer, rng):
    logits = torch.eye(6)[torch.tensor([[1, 2, 3, 4], [5, 5, 5, 5]])]
    return answer(logits, torch.tensor([[1, 2, 3, 0], [5, IGNORE, IGNORE, IGNORE]]))


@score.probe("答案有编号 0")
def _(answer, rng):
    return answer(torch.eye(3)[torch.tensor([[0, 0, 1]])], torch.tensor([[0, 2, IGNORE]]))


@score.correct("数出来再除")
def _(logits, labels):
    right = total = 0
    for row, answers in zip(logits.argmax(-1).tolist(), labels.tolist(), strict=True):
        for guess_, label in zip(row, answers, strict=True):
            if label != -100:
                total += 1
                right += guess_ == label
    return right / total


@score.correct("masked_select")
def _(logits, labels):
    return torch.masked_select(logits.max(-1).indices.eq(labels), labels.ge(0)).double().mean().float()


score.mutant("没有标签的位置也算进了分母", lambda z, y: (z.argmax(-1) == y).float().mean(), look="没有标签的位置不算对也不算错，分母里不要它。")
score.mutant("错开了一位", lambda z, y: accuracy(z[:, :-1], y[:, 1:]), look="那是自回归的办法。MLM 的位置 i 猜的就是第 i 个 token。")
score.mutant("每行先平均，再平均", lambda z, y: torch.stack([accuracy(a, b) for a, b in zip(z, y, strict=True)]).mean(), look="标签少的行分量变重了；整批一起数。")
score.mutant("没有标签的都算对", lambda z, y: ((z.argmax(-1) == y) | (y == IGNORE)).float().mean(), look="没有标签的位置不算。")
score.mutant("返回了答对的个数", lambda z, y: (z.argmax(-1) == y)[y != IGNORE].float().sum(), look="还要除以有标签的位置数。")
score.mutant("把编号 0 也当成没有标签", lambda z, y: (z.argmax(-1) == y)[y > 0].float().mean(), look="没有标签是 −100；0 也可能是答案。")
score.mutant("返回了错误率", lambda z, y: 1 - accuracy(z, y), look="要的是答对的比例。")
score.mutant("取了最小的", lambda z, y: accuracy(-z, y), look="预测是 logits 最大的编号：argmax。")
