"""练习 11.2 RoPE：转一个角度。"""

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def rotate_with(
    sign=1, pairs="adjacent", exponent=lambda j, d: -2 * j / d, places=lambda p, t: p, base=lambda b: b,
    axis="time", reflect=False, keep_rest=False, keep_second=False, inplace=False, stale=False, mixed=False,
    joined=False, dtype=None,
):  # fmt: skip
    """参考答案的几种改法。"""

    def run(x, positions, base_number=10000.0):
        d, t = x.size(-1), x.size(-2)
        j = torch.arange(d // 2, dtype=torch.float64)
        where = torch.as_tensor(places(positions, t)).double()
        if axis == "heads":
            where = torch.arange(x.size(1), dtype=torch.float64)
        angles = where[:, None] * base(base_number) ** exponent(j, d)
        if axis == "heads":
            angles = angles[:, None]
        cos, sin = angles.cos().to(x.dtype), (sign * angles.sin()).to(x.dtype)
        if pairs == "adjacent":
            a, b = x[..., 0::2], x[..., 1::2]
        else:
            a, b = x[..., : d // 2], x[..., d // 2 :]
        first = a * cos + b * sin if reflect else a * cos - b * sin
        second = b if keep_second else (first if stale else a) * sin + b * cos
        second = a * cos + b * sin if mixed else second
        if pairs == "adjacent" and not joined:
            result = torch.stack([first, second], dim=-1).flatten(-2)
        else:
            result = torch.cat([first, second], dim=-1)
        if keep_rest:
            result = torch.cat([result[..., :2], x[..., 2:]], dim=-1)
        result = result if dtype is None else result.to(dtype)
        return x.copy_(result) if inplace else result

    def answer(x, positions, base=10000.0):
        return run(x, positions, base)

    return answer


exercise = Exercise(
    "11.2", "RoPE：转一个角度", rotate_with(), assemble=rotate_with,
    look="第 j 对是第 2j 与 2j + 1 维，角 θ = p·base^(−2j/d)；"
         "(x, y) → (x cos θ − y sin θ, x sin θ + y cos θ)。",
    atol=1e-5,
)  # fmt: skip


@exercise.probe("两维，一个位置：转 1 弧度")
def _(answer, rng):
    return answer(torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([1]))


@exercise.probe("位置 0 原样不动")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 1, 6), torch.tensor([0]))


@exercise.probe("几行，几个头，几个位置")
def _(answer, rng):
    return answer(normal(rng, 2, 3, 5, 8), torch.arange(5))


@exercise.probe("头的个数与位置的个数相同")
def _(answer, rng):
    return answer(normal(rng, 1, 4, 4, 4), torch.arange(4))


@exercise.probe("有缓存：位置从 7 开始")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 3, 4), torch.arange(7, 10))


@exercise.probe("位置不挨着，也不照次序")
def _(answer, rng):
    return answer(normal(rng, 1, 1, 4, 6), torch.tensor([11, 2, 40, 2]))


@exercise.probe("给出 base")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 4, 8), torch.arange(4), base=50.0)


@exercise.probe("双精度的输入")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 3, 10, dtype=torch.float64), torch.arange(3))


@exercise.probe("长度不变")
def _(answer, rng):
    return answer(normal(rng, 1, 2, 6, 8), torch.arange(30, 36)).norm(dim=-1)


@exercise.probe("点积只看相差几个位置")
def _(answer, rng):
    q, k = normal(rng, 1, 1, 1, 8), normal(rng, 1, 1, 1, 8)
    at = lambda x, p: answer(x, torch.tensor([p]))
    return torch.stack([(at(q, p + 5) * at(k, p)).sum() for p in (0, 1, 20)])


@exercise.probe("不改动输入")
def _(answer, rng):
    x, positions = normal(rng, 1, 2, 3, 4), torch.arange(1, 4)
    before = x.clone(), positions.clone()
    answer(x, positions)
    return torch.equal(x, before[0]) and torch.equal(positions, before[1])


@exercise.correct("复数乘法")
def _(x, positions, base=10000.0):
    d = x.size(-1)
    angles = positions[:, None] * base ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    points = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)))
    turned = points * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)


@exercise.correct("循环")
def _(x, positions, base=10000.0):
    result, d = x.clone(), x.size(-1)
    for n, p in enumerate(positions.tolist()):
        for j in range(d // 2):
            angle = torch.tensor(p * base ** (-2 * j / d), dtype=torch.float64)
            a, b = x[:, :, n, 2 * j], x[:, :, n, 2 * j + 1]
            result[:, :, n, 2 * j] = a * angle.cos() - b * angle.sin()
            result[:, :, n, 2 * j + 1] = a * angle.sin() + b * angle.cos()
    return result


@exercise.correct("x·cos + 转了直角的 x·sin")
def _(x, positions, base=10000.0):
    d = x.size(-1)
    angles = (positions[:, None] / base ** (torch.arange(0, d, 2) / d)).repeat_interleave(2, dim=-1)
    right = torch.stack([-x[..., 1::2], x[..., 0::2]], dim=-1).reshape(x.shape)
    return (x * angles.cos() + right * angles.sin()).to(x.dtype)


exercise.edit("转反了方向", sign=-1, look="第一维是 x cos θ − y sin θ，第二维是 x sin θ + y cos θ。")
exercise.edit("前一半与后一半配成了对", pairs="halves",
              look="有的模型那样配，也行得通；题目要的是挨着的两维：x[..., 0::2] 与 x[..., 1::2]。")
exercise.edit("指数少了 2", exponent=lambda j, d: -j / d, look="第 j 对是 base^(−2j/d)，j 从 0 到 d/2 − 1。")
exercise.edit("指数的正负错了", exponent=lambda j, d: 2 * j / d, look="后面的对转得慢：base 的负次方。")
exercise.edit("每一对都转同样的角", exponent=lambda j, d: 0 * j, look="第 j 对的角是 p·base^(−2j/d)。")
exercise.edit("指数里除的是对数", exponent=lambda j, d: -2 * j / (d // 2),
              look="d 是一个头的维数，不是有几对：base^(−2j/d)。")
exercise.edit("位置总是从 0 数起", places=lambda p, t: torch.arange(t), look="照 positions 给的位置转。")
exercise.edit("位置从 1 数起", places=lambda p, t: p + 1, look="位置 0 不转：角是 p 乘，不是 (p + 1)。")
exercise.edit("base 写死成了 10000", base=lambda b: 10000.0, look="base 是参数，默认 10000。")
exercise.edit("照头的次序转", axis="heads", look="x 是 (b, h, t, d)：位置在倒数第二个轴上。")
exercise.edit("第一维的符号错了", reflect=True, look="x cos θ − y sin θ，中间是减。加号得到的不是转。")
exercise.edit("第二维没有转", keep_second=True, look="两维都要换：第二维是 x sin θ + y cos θ。")
exercise.edit("只转了头一对", keep_rest=True, look="每一对都要转，后面的转得慢一些。")
exercise.edit("改动了输入", inplace=True, look="不要对 x 就地赋值：先算好，再拼成新的张量。")
exercise.edit("拼回去时没有隔一个放一个", joined=True,
              look="第 2j 维与第 2j + 1 维要挨着放回去：torch.stack([第一维, 第二维], -1).flatten(-2)。")
exercise.edit("改了第一维，再拿它算第二维", stale=True,
              look="两维都由原来的 x、y 算：先把两样都算好，再放回去。")
exercise.edit("第二维的 sin 与 cos 反了", mixed=True, look="第二维是 x sin θ + y cos θ。")
exercise.edit("只用了第一个位置，往后数", places=lambda p, t: p[0] + torch.arange(t),
              look="positions 里的各个位置不一定挨着：每个都用上。")
exercise.edit("结果变成了双精度", dtype=torch.float64, look="返回与 x 同样的类型：cos、sin 先 .to(x.dtype)。")
exercise.edit("结果变成了单精度", dtype=torch.float32, look="返回与 x 同样的类型：cos、sin 先 .to(x.dtype)。")
