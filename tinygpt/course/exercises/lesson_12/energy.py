"""练习 12.5 电与钱。"""

from tinygpt.course.diagnosis import Exercise

JOULES = 3.6e6  # 一度


def cost_with(flops=lambda n, d: 6 * n * d, joules=JOULES, overhead=lambda e, o: e * o,
              price=lambda k, p: k * p, per_device=lambda w, devices: w * devices):  # fmt: skip
    def run(parameters, tokens, speed, watts, overhead_factor, yuan_per_kwh, devices):
        seconds = flops(parameters, tokens) / (speed * devices)
        energy = overhead(seconds * per_device(watts, devices) / joules, overhead_factor)
        return {"秒": seconds, "度": energy, "元": price(energy, yuan_per_kwh)}

    return run


exercise = Exercise(
    "12.5", "电与钱", cost_with(),
    look="秒 = 6·N·D / (每台的速度 × 台数)；度 = 秒 × 每台的瓦 × 台数 × 额外开销 / 3.6e6；元 = 度 × 单价。",
)


@exercise.probe("一台")
def _(answer, rng):
    return answer(2.7e6, 3.7e7, 2e11, 20, 1.0, 0.6, 1)


@exercise.probe("许多台：快了多少倍，功率也大多少倍")
def _(answer, rng):
    return answer(1.75e11, 3e11, 24.6e12, 330, 1.0, 0.6, 10_000)


@exercise.probe("机房的额外开销")
def _(answer, rng):
    return answer(1e8, 1e10, 1e13, 300, 1.5, 1.0, 4)


@exercise.probe("电价")
def _(answer, rng):
    return answer(1e8, 1e9, 1e12, 200, 1.2, 0.35, 2)


@exercise.probe("没有读一个 token")
def _(answer, rng):
    return answer(1e8, 0, 1e12, 200, 1.2, 0.35, 2)


@exercise.correct("一步一步")
def _(parameters, tokens, speed, watts, overhead_factor, yuan_per_kwh, devices):
    flops = 6 * parameters * tokens
    device_seconds = flops / speed
    kwh = device_seconds / 3600 * watts / 1000 * overhead_factor
    return {"秒": device_seconds / devices, "度": kwh, "元": kwh * yuan_per_kwh}


@exercise.correct("换个次序")
def _(parameters, tokens, speed, watts, overhead_factor, yuan_per_kwh, devices):
    hours = 6.0 * parameters / 3600 * tokens / devices / speed
    kwh = hours * (watts * devices) * 0.001 * overhead_factor
    return dict(zip(("秒", "度", "元"), (hours * 3600, kwh, yuan_per_kwh * kwh)))


exercise.mutant("运算量用了 2·N·D", cost_with(flops=lambda n, d: 2 * n * d),
                look="训练是 6·N·D：前向 2，反向 4；2·N·D 只是前向。")
exercise.mutant("没有乘 6", cost_with(flops=lambda n, d: n * d), look="运算量是 6·N·D。")
exercise.mutant("度算成了 1000 焦", cost_with(joules=1000), look="一度是 1000 瓦 × 3600 秒 = 3.6e6 焦。")
exercise.mutant("度算成了 3600 焦", cost_with(joules=3600), look="一度是 1000 瓦 × 3600 秒 = 3.6e6 焦。")
exercise.mutant("忘了额外开销", cost_with(overhead=lambda e, o: e), look="再乘机房的额外开销。")
exercise.mutant("除以了额外开销", cost_with(overhead=lambda e, o: e / o), look="额外开销使用电更多：乘上去。")
exercise.mutant("功率只算了一台", cost_with(per_device=lambda w, devices: w),
                look="每一台都在用电：功率乘台数。")
exercise.mutant("除以了电价", cost_with(price=lambda k, p: k / p), look="元 = 度 × 每度几元。")


@exercise.mutant("时间没有除以台数", look="几台一起算，时间除以台数；电不变。")
def _(parameters, tokens, speed, watts, overhead_factor, yuan_per_kwh, devices):
    right = cost_with()(parameters, tokens, speed, watts, overhead_factor, yuan_per_kwh, devices)
    return right | {"秒": right["秒"] * devices}
