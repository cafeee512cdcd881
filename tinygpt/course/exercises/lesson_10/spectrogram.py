"""练习 10.7 声音的图：一帧一帧的频率。"""

import math

import torch

from tinygpt.course.diagnosis import Exercise
from tinygpt.course.exercises.inputs import normal


def spectrogram_with(
    window=True, part=lambda z: z.abs(), hop=lambda size, hop: hop,
    arrange=lambda m: m.T, tail=False, bins=None,
):
    def run(wave, size, hop_size):
        step = hop(size, hop_size)
        if tail:
            wave = torch.cat([wave, torch.zeros(size)])
        frames = wave.unfold(0, size, step)
        if window:
            frames = frames * torch.hann_window(size, dtype=wave.dtype)
        return arrange(part(torch.fft.rfft(frames))[:, :bins])

    return run


def tone(frequency, rate=800, seconds=0.2):
    time = torch.arange(int(rate * seconds), dtype=torch.float32) / rate
    return torch.sin(2 * math.pi * frequency * time)


exercise = Exercise(
    "10.7", "声音的图", spectrogram_with(),
    look="unfold 切成帧，乘 hann 窗，rfft，取绝对值；行是频率（低的在前），列是时间：(size/2 + 1, 帧数)。",
    rtol=1e-3, atol=1e-4,
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


exercise.mutant("没有乘窗", spectrogram_with(window=False),
                look="每一帧乘上 torch.hann_window(size)，两头渐渐收住。")
exercise.mutant("只取了实部", spectrogram_with(part=lambda z: z.real),
                look="复数的大小才是强弱：.abs()；实部随着相位忽正忽负。")
exercise.mutant("取了平方", spectrogram_with(part=lambda z: z.abs().square()), look="要 .abs()，不是平方。")
exercise.mutant("取了相位", spectrogram_with(part=lambda z: z.angle()), look="要强弱，不要相位：.abs()。")
exercise.mutant("行与列反了", spectrogram_with(arrange=lambda m: m), look="行是频率，列是时间：转置一下。")
exercise.mutant("高频排在了前面", spectrogram_with(arrange=lambda m: m.T.flip(0)),
                look="第 0 行是最低的频率。")
exercise.mutant("帧与帧没有重叠", spectrogram_with(hop=lambda size, hop: size),
                look="每次往后挪 hop，不是 size。")
exercise.mutant("末尾补了零，多出几帧", spectrogram_with(tail=True), look="放不下整帧的末尾不要。")
exercise.mutant("少了最高的频率", spectrogram_with(bins=-1), look="rfft 交出 size/2 + 1 个频率，全都要。")
