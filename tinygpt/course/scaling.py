"""第 11 课的短训练：同一段文字，不同的大小、数据、零件，每次几秒到一两分钟。

录好的成绩由 tools/record_scaling.py 写进 scaling.json，怎样取出、拟合在 scaling_results.py；
笔记本里重做的几次用的也是这里的函数，所以做的是同一件事。文字是附带的小故事（全部计划与写法），
一个字一个 token，最常见的 500 个字各有编号，其余都算 <unk>；训练部分谁也读不到第二遍。
"""

import dataclasses
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

import numpy as np

from tinygpt import corpus
from tinygpt.config import GPTConfig, TrainConfig
from tinygpt.data import ContiguousWindows, RandomWindows
from tinygpt.evaluation import evaluate
from tinygpt.gpt import GPT
from tinygpt.tokenizer import EOS, Tokenizer
from tinygpt.trainer import Trainer, seed_everything
from tinygpt.variants.modern import ModernGPT
from tinygpt.variants.modern_config import ModernConfig

CHARACTERS, SIGNS, CONTEXT = 900_000, 500, 64
BATCH = 8  # 大小与数据的训练：一步 8 × 64 = 512 个 token
WIDTHS, STEPS = (16, 32, 64, 96), (50, 100, 200, 400)
HELD_BACK = ((96, 800), (160, 400))  # 拟合时不看的：数据多一倍；模型大一倍多
WALK_STEPS, WALK_BATCH = 150, 16


@dataclass(frozen=True)
class Text:
    """编成编号的文字：训练、验证两个一维数组。"""

    tokenizer: Tokenizer
    train: np.ndarray
    validation: np.ndarray


@lru_cache
def text() -> Text:
    """附带的小故事；验证用另一个种子写的，训练里没有同样的一篇。"""
    parts = {"train": [], "validation": []}
    for passage in corpus.generated("小故事", CHARACTERS, corpus.named("full")):
        parts[passage.split].append(passage.text)
    common = Counter(chain.from_iterable(parts["train"])).most_common(SIGNS)
    tokenizer = Tokenizer.train_char([sign for sign, _ in common])
    flat = lambda texts: np.concatenate([np.array(ids) for ids in tokenizer.encode_batch(texts, eos=True)])
    return Text(tokenizer, flat(parts["train"]), flat(parts["validation"]))


# ---- 怎样训练 ----


@dataclass(frozen=True)
class Recipe:
    """一次训练：形状（决定是哪一种模型）与训练的参数。"""

    shape: GPTConfig
    train: TrainConfig

    def changed(self, **changes) -> "Recipe":
        """改动几个字段；形状与训练的参数各归各的。"""
        own = {field.name for field in dataclasses.fields(TrainConfig)}
        train = {name: value for name, value in changes.items() if name in own}
        shape = {name: value for name, value in changes.items() if name not in own}
        return Recipe(replace(self.shape, **shape), replace(self.train, **train))


BASIC = TrainConfig(steps=WALK_STEPS, batch_size=WALK_BATCH, warmup_steps=20, weight_decay=0.1, patience=0,
                    precision="fp32", eval_interval=10**6)  # fmt: skip


def sized(width: int, steps: int, rate: float = 2e-2) -> Recipe:
    """文章的 GPT，2 层，width 维；学习率照 1/√宽 变，64 维时是 rate。"""
    shape = GPTConfig(text().tokenizer.vocab_size, CONTEXT, 2, max(1, width // 32), width, dropout=0.0)
    rate = rate * (64 / width) ** 0.5
    return Recipe(shape, replace(BASIC, steps=steps, batch_size=BATCH, learning_rate=rate))


def walk() -> dict[str, Recipe]:
    """从文章的 GPT 到 modern：{改动: 到这一步为止的配方}，一步添一样；2 层、64 维。"""
    vocab = text().tokenizer.vocab_size
    article = Recipe(GPTConfig(vocab, CONTEXT, 2, 2, 64, dropout=0.0), replace(BASIC, optimizer="adamw"))
    plain = ModernConfig(
        vocab, CONTEXT, 2, 2, 64, position="learned", normalization="layer", feed_forward="gelu",
        qk_norm=False, zero_init=False, value_embedding=False,
    )  # fmt: skip
    steps = {"文章的 GPT": article.changed(learning_rate=2.5e-3)}
    steps["Muon"] = article.changed(optimizer="muon", learning_rate=2e-2)
    now = Recipe(plain, steps["Muon"].train)
    steps["不共用输出层、没有偏置"] = now
    for name, changes in {
        "RoPE": {"position": "rope"}, "QK 归一化": {"qk_norm": True}, "ReLU²": {"feed_forward": "relu2"},
        "零初始化": {"zero_init": True}, "值 embedding": {"value_embedding": True},
        "线性降到 0": {"decay": 0.6, "min_learning_rate_ratio": 0.0},
        "n 元 embedding": {"ngram": 5, "ngram_size": 1 << 13},
    }.items():  # fmt: skip
        now = now.changed(**changes)
        steps[name] = now
    return steps


def branches() -> dict[str, Recipe]:
    """不在那条路上的几样：都从“线性降到 0”那一步出发，只换一样。"""
    start = walk()["线性降到 0"]
    return {
        "RMSNorm": start.changed(normalization="rms"),
        "SwiGLU": start.changed(feed_forward="swiglu"),
        "分组查询，2 头共用": start.changed(kv_groups=2),
        "AdamW": start.changed(optimizer="adamw", learning_rate=1e-2),
    }


# ---- 训练一次 ----


def trainer(recipe: Recipe, seed: int) -> Trainer:
    """备好的 Trainer；种子定下初始的权重与读的次序。"""
    seed_everything(seed)
    modern = isinstance(recipe.shape, ModernConfig)
    model = ModernGPT(recipe.shape) if modern else GPT(recipe.shape)
    data = RandomWindows(text().train, CONTEXT, recipe.train.batch_size, seed)
    return Trainer(model, data, None, replace(recipe.train, seed=seed))


def validation() -> ContiguousWindows:
    return ContiguousWindows(text().validation, CONTEXT, 64, EOS)


def train(recipe: Recipe, seed: int = 0, every: int = 0) -> dict:
    """训练一次 → {loss 验证损失（nat/字符）, tokens, parameters, seconds, curve}。

    parameters 只算各层的矩阵，12·L·c²；seconds 是 CPU 时间，不算评估；every 是隔几步评估一次，记进 curve。
    """
    run, seconds, curve, now = trainer(recipe, seed), 0.0, [], time.process_time()
    for metrics in run:
        seconds += time.process_time() - now
        if every and metrics.step % every == 0:
            curve.append([metrics.step, round(evaluate(run.model, validation()), 4)])
        now = time.process_time()
    loss = curve[-1][1] if curve else round(evaluate(run.model, validation()), 4)
    size = 12 * recipe.shape.n_layer * recipe.shape.n_embd**2
    return {"loss": loss, "tokens": metrics.tokens, "parameters": size, "seconds": round(seconds, 2),
            "curve": curve}  # fmt: skip
