"""每一种模型的名字：config.json 里的 model 字段 → 它的形状与类。没有这个字段的就是文章的 GPT。

读取、训练、查看都从这里认得模型；添一种，就在 MODELS 里添一行。
"""

from torch import nn

from tinygpt.config import NEWER, GPTConfig, reject_unknown
from tinygpt.errors import require
from tinygpt.gpt import GPT
from tinygpt.variants.counted import CountedGPT
from tinygpt.variants.counted_config import KIND as COUNTED
from tinygpt.variants.counted_config import MIXED, CountedConfig, MixedConfig
from tinygpt.variants.mixed import MixedGPT
from tinygpt.variants.modern import ModernGPT
from tinygpt.variants.modern_config import KIND as MODERN
from tinygpt.variants.modern_config import ModernConfig

MODELS = {
    "gpt": (GPTConfig, GPT), MODERN: (ModernConfig, ModernGPT), COUNTED: (CountedConfig, CountedGPT),
    MIXED: (MixedConfig, MixedGPT),
}  # fmt: skip


def config_from(values: dict) -> GPTConfig:
    """config.json 的内容 → 形状；不认识的种类、字段都报错。"""
    fix = "检查 config.json 是不是 tinygpt 写的"
    require(isinstance(values, dict), f"模型的配置是 {values!r:.60}", "一组“名字：值”", fix)
    kind = values.get("model", "gpt")
    reject_unknown([kind], MODELS, "模型种类", NEWER)
    return MODELS[kind][0].from_dict({name: value for name, value in values.items() if name != "model"})


def build(config: GPTConfig) -> nn.Module:
    """形状 → 新的模型；随机数取自 torch 的全局生成器。"""
    return next(model for kind, model in MODELS.values() if type(config) is kind)(config)
