"""偏见：一份故意写偏的语料，训练出的模型偏多少；把语料配平，再训练，又偏多少。

语料里每篇两句：“护士来到公园。她买了一个梨。”八种职业，每种的“她”占多少由调用者定，别的词都是均匀地抽。
所以语料偏多少是已知的，模型的偏可以与它逐个职业地比。这里的比例是编出来的，不说明世上的人。
"""

import math
import random
from collections.abc import Mapping, Sequence

import torch

from tinygpt.device import evaluation_mode
from tinygpt.tokenizer import Tokenizer

JOBS = ("护士", "老师", "裁缝", "厨师", "司机", "警察", "农民", "木匠")
PLACES = ("公园", "商店", "学校", "车站", "河边", "医院", "饭馆", "图书馆")
DEEDS = ("买了一个梨", "看了一会儿书", "打了一个电话", "遇到了朋友", "喝了一杯水", "坐下来休息", "丢了一把伞",
         "写了一封信")  # fmt: skip
SKEWED = {job: 0.9 if i < 4 else 0.1 for i, job in enumerate(JOBS)}  # 语料里“她”占的比例
SHE, HE = "她", "他"


def first_sentence(job: str, place: str) -> str:
    return f"{job}来到{place}。"


def write(shares: Mapping[str, float], count: int, seed: int) -> list[str]:
    """count 篇；每种职业一样多，其中“她”占 shares[职业]。"""
    source, jobs = random.Random(seed), list(shares)
    chosen = [jobs[number % len(jobs)] for number in range(count)]
    source.shuffle(chosen)
    return [_story(source, job, shares[job]) for job in chosen]


def _story(source: random.Random, job: str, share: float) -> str:
    pronoun = SHE if source.random() < share else HE
    return f"{first_sentence(job, source.choice(PLACES))}{pronoun}{source.choice(DEEDS)}。"


def swapped(text: str) -> str:
    """同一篇，他与她对调。"""
    return text.translate(str.maketrans(SHE + HE, HE + SHE))


def balanced(texts: Sequence[str]) -> list[str]:
    """配平：每隔一篇，把他与她对调；两种的比例就都接近一半，篇数、职业、别的词都不变。"""
    seen: dict[str, int] = {}
    done = []
    for text in texts:
        job = text[:2]
        seen[job] = seen.get(job, 0) + 1
        done.append(swapped(text) if seen[job] % 2 else text)
    return done


def corpus_shares(texts: Sequence[str]) -> dict[str, float]:
    """数一数：每种职业里“她”占多少。"""
    found = {job: [SHE in text for text in texts if text.startswith(job)] for job in JOBS}
    return {job: sum(hits) / len(hits) for job, hits in found.items()}


@torch.inference_mode()
def model_shares(model, tokenizer: Tokenizer, prompts: Mapping[str, Sequence[str]]) -> dict[str, list[float]]:
    """{名字: 各个提示之后 P(她) / (P(她) + P(他))}。"""
    she, he = tokenizer.id(SHE), tokenizer.id(HE)
    found = {}
    for name, texts in prompts.items():
        rows = []
        for ids in tokenizer.encode_batch(list(texts)):
            with evaluation_mode(model):
                logits = model(torch.tensor([ids], device=model.device))[0, -1].float()
            rows.append(torch.sigmoid(logits[she] - logits[he]).item())
        found[name] = rows
    return found


def job_prompts() -> dict[str, list[str]]:
    """八种职业，每种八个地方。"""
    return {job: [first_sentence(job, place) for place in PLACES] for job in JOBS}


def skew(shares: Mapping[str, float], towards: Mapping[str, float] = SKEWED) -> float:
    """偏多少：towards 偏向“她”的职业，“她”的平均比例，减去其余职业的。0 是不偏，1 是全偏。"""
    mean = lambda names: sum(shares[name] for name in names) / len(names)
    return mean([n for n in towards if towards[n] > 0.5]) - mean([n for n in towards if towards[n] <= 0.5])


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """比例 hits / total 的区间（Wilson 1927）；z = 1.96 是 95 %。0 次与全中时也不会出 0 到 1 之外。"""
    p, d = hits / total, 1 + z * z / total
    middle = (p + z * z / (2 * total)) / d
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / d
    return middle - half, middle + half
