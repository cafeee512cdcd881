"""训练的配方：一个名字 → 模型的形状与训练的参数。

这里只有选好的数；每个数怎样量出来的，见 docs/speed_log.md。命令行上给出的参数总是盖过配方。
"""

import dataclasses
from dataclasses import dataclass

from tinygpt.config import PRESETS, GPTConfig, TrainConfig, reject_unknown
from tinygpt.variants.counted_config import CountedConfig, MixedConfig
from tinygpt.variants.modern_config import ModernConfig

USUAL = TrainConfig(steps=500)  # 附带的文字、两个核，三分钟以内


@dataclass(frozen=True)
class Recipe:
    """shape 是模型的形状，train 是训练的参数，validation 是验证集的比例，eval_windows 是评估最多几个窗口。"""

    shape: GPTConfig
    train: TrainConfig = USUAL
    validation: float = 0.1
    eval_windows: int | None = None

    def changed(self, shape: dict) -> GPTConfig:
        """改动形状的几个字段；这个配方的模型没有的字段就报错。"""
        reject_unknown(shape, [field.name for field in dataclasses.fields(self.shape)], "这个预设的字段")
        return dataclasses.replace(self.shape, **shape)


# 短训练的共同点：学习率高，最后六成线性降到 0，不提前停止
SHORT = TrainConfig(
    steps=1000, batch_size=48, learning_rate=6e-3, weight_decay=0.1, warmup_steps=30, decay=0.6,
    min_learning_rate_ratio=0.0, eval_interval=100, patience=0,
)  # fmt: skip
FAST = ModernConfig(n_layer=4, n_head=4, n_embd=128, context_length=64, normalization="layer")

RECIPES = {name: Recipe(shape) for name, shape in PRESETS.items()} | {
    # 与 mini 同宽、深一倍的今天的 GPT
    "modern": Recipe(
        dataclasses.replace(FAST, n_embd=256, context_length=256, ngram=3, ngram_size=1 << 14),
        dataclasses.replace(SHORT, batch_size=16, weight_decay=0.2),
    ),
    # 计数与 modern 在一起，名字总与纯 GPT 分开；窗口开头的几个位置前文不全，所以窗口长些
    "counted": Recipe(
        CountedConfig(n_layer=2, n_head=4, n_embd=128, context_length=256, normalization="layer"),
        dataclasses.replace(SHORT, batch_size=12, learning_rate=1e-2, weight_decay=1.0),
        validation=0.01, eval_windows=100,
    ),
    # 时间长一些（几分钟）：网络与计数各学各的，最后按概率混合
    "mixed": Recipe(
        MixedConfig(n_layer=4, n_head=2, n_embd=256, context_length=256, normalization="layer"),
        dataclasses.replace(SHORT, batch_size=24, learning_rate=1e-2, weight_decay=1.0),
        validation=0.01, eval_windows=100,
    ),
    # 几分钟里把字符的损失降到最低
    "speedrun": Recipe(
        dataclasses.replace(
            FAST, n_head=2, context_length=256, ngram=5, ngram_size=1 << 14, ngram_dropout=0.5
        ),
        dataclasses.replace(SHORT, batch_size=12, learning_rate=1.4e-2, weight_decay=0.3),
        validation=0.01, eval_windows=100,
    ),
}


def recipe(name: str) -> Recipe:
    """取一个配方。"""
    reject_unknown([name], ["auto", *RECIPES], "预设")
    return RECIPES[name]
