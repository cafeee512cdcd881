"""配方随预算定：文字有多少，给多少时间，这台机器多快 → 形状与训练的参数。

大的模型学得细，小的模型同样的时间里看得多；哪个好，看时间。做法：

    1. 从小到大，每个候选的形状真的走几步，量出每秒多少 token，于是知道给的时间里看得完多少
    2. 用一条拟合出来的曲线，由形状的大小与看过的 token 估计损失；估计开始变差，就不再试更大的
    3. 学习率跟着形状走，权重衰减跟着“参数是文字的几倍、要读几遍”走

曲线是 L = E + A/N^a + B/D^b（Hoffmann 等 2022）：N 是各层的参数个数，D 是看过的 token；反复读的文字，
第 k 遍不如第一遍（Muennighoff 等 2023），所以 D 用折算之后的。指数 a、b 用论文的（记下的训练太少、太短，
定不住它们），E、A、B 由 runs.json 里的短训练拟合；拟合得怎样，residuals 说得清。它只用来比较形状，
不预言你的文字会到多少。
"""

import json
import math
import statistics
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from tinygpt.config import TrainConfig
from tinygpt.data import RandomWindows
from tinygpt.recipes import FAST, SHORT, Recipe
from tinygpt.trainer import Trainer
from tinygpt.variants.modern import ModernGPT
from tinygpt.variants.modern_config import ModernConfig

RUNS = Path(__file__).parent / "runs.json"
SHAPES = ((1, 64), (2, 64), (2, 128), (4, 128), (4, 256), (6, 384), (8, 512))  # 层数、维数，从小到大
POWERS = (0.34, 0.28)  # a 与 b（Hoffmann 等 2022）
REPEATS = 15  # 反复读到大约这么多遍，就几乎没有新东西了（Muennighoff 等 2023）
ENOUGH = 20_000  # 验证用这么多个字符就够分出好坏
ONCE = 45_000  # 每秒的预算有这么多个字符可读，BPE 就读不到两三遍（两个核，docs/speed_log.md）
SPEED_STEPS = 4
CONTEXT, SHORT_CONTEXT, FEW = 256, 64, 20  # 切不出 FEW 个长窗口的文字，用短的
OFTEN = 16  # 同一段文字读过这么多遍，才加丢弃：再少，丢弃使它学得慢，总是亏


@dataclass(frozen=True)
class Facts:
    """关于文字，先要知道的：多少个字符，多少种字符。"""

    characters: int
    alphabet: int

    @property
    def vocab_size(self) -> int:
        """BPE 的词表：文字越多，每个词出现得越多，放得下越多的词；字的种类多（中文）就用足 4096。"""
        if self.alphabet > 1000:
            return 4096
        return int(min(4096, max(512, 2 ** round(math.log2(max(1, self.characters) / 500)))))

    def tokenizer(self, seconds: float) -> str | None:
        """字的种类少、要读好几遍的，用字符：BPE 的一段文字 token 少，几遍就背下来了。None 是照平常的做法。"""
        often = self.characters < ONCE * seconds
        return "char" if self.alphabet <= 1000 and often else None

    @property
    def validation(self) -> float:
        """留多少作验证：够用就好，多留的就少学。"""
        return min(0.1, max(0.002, ENOUGH / max(1, self.characters)))


def look(source) -> Facts:
    """数一遍文字。"""
    characters, alphabet = 0, set()
    for text in source.training_texts():
        characters += len(text)
        alphabet.update(text)
    return Facts(characters, len(alphabet))


# ---- 曲线 ----


@dataclass(frozen=True)
class Curve:
    """L = E + A/N^a + B/D^b。"""

    floor: float
    size: float
    size_power: float
    data: float
    data_power: float

    def loss(self, parameters: float, tokens: float) -> float:
        """N 个参数（只算各层的），看过 D 个（折算后的）token，估计的损失（nat/字符）。"""
        return self.floor + self.size / parameters**self.size_power + self.data / tokens**self.data_power


def recorded() -> list[dict]:
    """记下的短训练：{"n_layer", "n_embd", "parameters", "tokens", "unique", "loss"}。"""
    return json.loads(RUNS.read_text(encoding="utf-8"))["runs"]


@lru_cache
def fitted() -> Curve:
    return fit(recorded())


def fit(runs: list[dict]) -> Curve:
    """最小二乘：两个指数用 POWERS，E、A、B 是线性的。"""
    n = np.array([run["parameters"] for run in runs], dtype=float)
    d = np.array([worth(run["tokens"], run["unique"]) for run in runs])
    columns = np.stack([np.ones_like(n), n ** -POWERS[0], d ** -POWERS[1]], axis=1)
    floor, size, data = np.linalg.lstsq(columns, np.array([run["loss"] for run in runs]), rcond=None)[0]
    return Curve(float(floor), float(size), POWERS[0], float(data), POWERS[1])


def residuals(runs: list[dict], curve: Curve) -> list[float]:
    """每次训练：量到的损失减去曲线说的。"""
    return [run["loss"] - curve.loss(run["parameters"], worth(run["tokens"], run["unique"])) for run in runs]


def worth(tokens: float, unique: float) -> float:
    """一共看了 tokens 个、其中不同的只有 unique 个：折合成多少个新的 token。"""
    again = max(0.0, tokens / unique - 1)
    return min(tokens, unique) + unique * REPEATS * (1 - math.exp(-again / REPEATS))


def block_parameters(shape: ModernConfig) -> int:
    """各层的参数个数：注意力 4c²，前馈网络 8c²。"""
    return 12 * shape.n_layer * shape.n_embd**2


# ---- 选 ----


@dataclass(frozen=True)
class Choice:
    """选出的配方，与选的经过：每个试过的形状，每秒多少 token，估计的损失。"""

    recipe: Recipe
    tried: list[dict]
    passes: float

    def record(self) -> dict:
        return {"tried": self.tried, "passes": round(self.passes, 2)}

    def described(self) -> str:
        speeds = [f"{t['n_layer']} 层 {t['n_embd']} 维 {t['tokens_per_second']:,}" for t in self.tried]
        shape, train = self.recipe.shape, self.recipe.train
        return (
            f"配方由预算定（--preset auto）。试走，每秒 token：{'、'.join(speeds)}\n"
            f"选 {shape.n_layer} 层 {shape.n_embd} 维，预计把文字读 {self.passes:.1f} 遍；"
            f"丢弃 {shape.dropout}，权重衰减 {train.weight_decay}"
        )


def choose(
    ids: np.ndarray, vocab_size: int, ngram: int, seconds: float, device: torch.device, usual: TrainConfig
) -> Choice:
    """从小到大试 SHAPES，取估计的损失最小的；usual 里是使用者已经定下的参数（精度、种子……）。"""
    tried, best = [], None
    for n_layer, n_embd in SHAPES:
        candidate = recipe_for(n_layer, n_embd, vocab_size, ngram, seconds, len(ids))
        if len(ids) <= candidate.shape.context_length:
            break
        speed = tokens_per_second(candidate, ids, device, usual)
        tokens = speed * seconds
        loss = fitted().loss(block_parameters(candidate.shape), worth(tokens, len(ids)))
        tried.append({
            "n_layer": n_layer, "n_embd": n_embd, "tokens_per_second": round(speed),
            "expected": round(loss, 4),
        })  # fmt: skip
        if best is None or loss < best[0]:
            best = loss, candidate, tokens / len(ids)
        else:
            break
    smallest = recipe_for(*SHAPES[0], vocab_size, ngram, seconds, len(ids))
    loss, candidate, passes = best or (math.inf, smallest, 1.0)
    return Choice(regularized(candidate, passes, len(ids)), tried, passes)


def recipe_for(
    n_layer: int, n_embd: int, vocab_size: int, ngram: int, seconds: float, tokens: int
) -> Recipe:
    """一个形状的配方：窄的学习率高；时间短的，一步少几个窗口，多走几步。"""
    context = CONTEXT if tokens > FEW * CONTEXT else SHORT_CONTEXT
    shape = replace(
        FAST, vocab_size=vocab_size, n_layer=n_layer, n_head=max(2, n_embd // 64), n_embd=n_embd,
        context_length=context, ngram=ngram, ngram_size=1 << 14,
    )  # fmt: skip
    rate = 2e-2 * math.sqrt(64 / n_embd)
    batch_size = 12 if seconds < 150 else 24
    return Recipe(shape, replace(SHORT, batch_size=batch_size, learning_rate=rate), eval_windows=100)


def regularized(recipe: Recipe, passes: float, unique: int) -> Recipe:
    """同一段文字要读 passes 遍，免得背下来：参数比文字多、读得多，权重衰减就大（docs/speed_log.md）。"""
    shape = replace(recipe.shape, dropout=0.1 if passes > OFTEN else 0.0, ngram_dropout=0.5)
    room = parameters_without_ngram(shape) / max(1, unique)
    decay = min(2.0, max(0.1, 0.3 * room * min(1.0, passes / 7)))
    return replace(recipe, shape=shape, train=replace(recipe.train, weight_decay=round(decay, 2)))


def parameters_without_ngram(shape: ModernConfig) -> int:
    """参数的个数，n 元 embedding 除外：它有自己的丢弃。"""
    with torch.device("meta"):  # 只要形状，不占内存
        return ModernGPT(replace(shape, ngram=1)).parameter_count()["合计"]


def tokens_per_second(recipe: Recipe, ids: np.ndarray, device: torch.device, usual: TrainConfig) -> float:
    """真的走几步，量每秒多少 token；头一步要分配内存，不算。"""
    config = replace(recipe.train, steps=10**6, precision=usual.precision)
    model = ModernGPT(recipe.shape).to(device)
    windows = RandomWindows(ids, recipe.shape.context_length, config.batch_size)
    trainer = Trainer(model, windows, None, config)
    moments = []
    for _ in range(SPEED_STEPS):
        trainer._one_step()
        moments.append(time.perf_counter())
    step = statistics.median(b - a for a, b in zip(moments, moments[1:]))
    return config.batch_size * recipe.shape.context_length / step
