"""练习 10.7 声音的图：一帧一帧的频率。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def frames_of(wave, size, hop):
    return wave.unfold(0, size, hop)


def spectrogram_with(
    cut=frames_of, window=torch.hann_window, transform=torch.fft.rfft, part=lambda z: z.abs(),
    arrange=lambda m: m.T,
):  # fmt: skip
    """cut：切成帧；window：窗；transform：变换；part：取什么；arrange：怎样排。"""

    def run(wave, size, hop):
        frames = cut(wave, size, hop)
        return arrange(part(transform(frames * window(size))))

    return run


def tone(frequency, rate=800, seconds=0.2):
    time = torch.arange(int(rate * seconds), dtype=torch.float32) / rate
    return torch.sin(2 * math.pi * frequency * time)


exercise = Exercise(
    "10.7", "声音的图", spectrogram_with(),
    look="unfold 切成帧，乘 hann 窗，rfft，取绝对值；行是频率（低的在前），列是时间：(size/2 + 1, 帧数)。",
    rtol=1e-3, atol=1e-4, assemble=spectrogram_with,
)


@exercise.probe("一个音：最强的那一行在哪里")
def _(answer, rng):
    return answer(tone(100.0), 32, 16).argmax(dim=0)


@exercise.probe("先低后高")
def _(answer, rng):
    return answer(torch.cat([tone(50.0), tone(300.0)]), 32, 16)


@exercise.probe("随机的声音，步长不是窗的一半")
def _(answer, rng):
    return answer(normal(rng, 100), 16, 5)


@exercise.probe("步长与窗一样长")
def _(answer, rng):
    return answer(normal(rng, 64), 16, 16)


@exercise.probe("只够一帧；最后差一个数不够一帧")
def _(answer, rng):
    return [answer(normal(rng, 16), 16, 4), answer(normal(rng, 31), 16, 8)]


@exercise.probe("声音不在 0 上下")
def _(answer, rng):
    return answer(normal(rng, 40) + 3.0, 8, 4)


@exercise.correct("torch.stft")
def _(wave, size, hop):
    window = torch.hann_window(size)
    return torch.stft(wave, size, hop, window=window, center=False, return_complex=True).abs()


@exercise.correct("照定义写，一帧一帧地算")
def _(wave, size, hop):
    window = 0.5 - 0.5 * torch.cos(2 * math.pi * torch.arange(size) / size)
    angle = 2 * math.pi * torch.outer(torch.arange(size // 2 + 1), torch.arange(size)) / size
    columns = []
    for start in range(0, len(wave) - size + 1, hop):
        frame = wave[start : start + size] * window
        columns.append(((angle.cos() @ frame) ** 2 + (angle.sin() @ frame) ** 2).sqrt())
    return torch.stack(columns, dim=1)


def padded(after):
    """末尾补 after(size) 个零再切。"""
    return lambda wave, size, hop: frames_of(torch.cat([wave, torch.zeros(after(size))]), size, hop)


exercise.edit("没有乘窗", window=torch.ones, look="每一帧乘上 torch.hann_window(size)，两头渐渐收住。")
exercise.edit("用了 Hamming 窗", window=torch.hamming_window, look="题目用 torch.hann_window(size)。")
exercise.edit("窗的末尾也是 0", window=lambda size: torch.hann_window(size, periodic=False),
              look="用 torch.hann_window(size) 默认的那一种，不写 periodic=False。")
exercise.edit("整段声音乘了一个窗", window=torch.ones,
              cut=lambda wave, size, hop: frames_of(wave * torch.hann_window(len(wave)), size, hop),
              look="先切成帧，**每一帧**乘一个窗。")
exercise.edit("只取了实部", part=lambda z: z.real, look="复数的大小才是强弱：.abs()；实部随着相位忽正忽负。")
exercise.edit("取了虚部的绝对值", part=lambda z: z.imag.abs(), look="复数的大小：.abs()，实部、虚部都要。")
exercise.edit("取了平方", part=lambda z: z.abs().square(), look="要 .abs()，不是平方。")
exercise.edit("取了相位", part=lambda z: z.angle(), look="要强弱，不要相位：.abs()。")
exercise.edit("还是复数", part=lambda z: z, look="取绝对值：.abs()。")
exercise.edit("取了对数", part=lambda z: z.abs().log(), look="到 .abs() 为止，不取对数。")
exercise.edit("取了 log(1 + x)", part=lambda z: z.abs().log1p(), look="到 .abs() 为止，不取对数。")
exercise.edit("除以了窗的长度", part=lambda z: z.abs() / (2 * (z.size(-1) - 1)),
              look="不用除：rfft 以后直接 .abs()。")
exercise.edit("变换归一了", transform=lambda f: torch.fft.rfft(f, norm="ortho"),
              look="用 torch.fft.rfft 默认的，不写 norm。")
exercise.edit("行与列反了", arrange=lambda m: m, look="行是频率，列是时间：转置一下。")
exercise.edit("高频排在了前面", arrange=lambda m: m.T.flip(0), look="第 0 行是最低的频率。")
exercise.edit("时间倒过来了", arrange=lambda m: m.T.flip(1), look="第 0 列是最早的一帧。")
exercise.edit("少了最低的频率", arrange=lambda m: m.T[1:], look="rfft 交出 size/2 + 1 个频率，全都要。")
exercise.edit("少了最高的频率", arrange=lambda m: m.T[:-1], look="rfft 交出 size/2 + 1 个频率，全都要。")
exercise.edit("负的频率也留下了", transform=torch.fft.fft, look="用 rfft：声音是实数，负的频率是重复的。")
exercise.edit("沿着帧的轴做了变换", transform=lambda f: torch.fft.rfft(f, dim=0),
              look="在每一帧里做：最后一个轴。")
exercise.edit("帧与帧没有重叠", cut=lambda wave, size, hop: frames_of(wave, size, size),
              look="每次往后挪 hop，不是 size。")
exercise.edit("每次总是挪半帧", cut=lambda wave, size, hop: frames_of(wave, size, size // 2),
              look="每次往后挪 hop。")
exercise.edit("末尾补了零，多出几帧", cut=padded(lambda size: size), look="放不下整帧的末尾不要。")
exercise.edit("总是丢掉最后一帧", cut=lambda wave, size, hop: frames_of(wave, size, hop)[:-1],
              look="unfold 切出的帧个个是满的，都要。")
exercise.edit("先减去了平均", cut=lambda wave, size, hop: frames_of(wave - wave.mean(), size, hop),
              look="声音照原样，不减平均。")
exercise.edit("多了一个轴", arrange=lambda m: m.T[None], look="形状是 (size // 2 + 1, 帧数)。")


@exercise.mutant("正好放得下的最后一帧没有要", look="最后一帧从 n − size 起：range(0, n − size + 1, hop)。")
def _(wave, size, hop):
    window = torch.hann_window(size)
    starts = range(0, len(wave) - size, hop)
    return torch.stack([torch.fft.rfft(wave[i : i + size] * window).abs() for i in starts], dim=1)


@exercise.mutant("stft 在两头补了边", look="torch.stft 默认 center=True，两头各补半帧：写 center=False。")
def _(wave, size, hop):
    return torch.stft(wave, size, hop, window=torch.hann_window(size), return_complex=True).abs()
