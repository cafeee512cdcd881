"""第 12 课用的：两个小实验室（拿走一条事实、写偏的语料），来历的网页，录下来的成绩。

训练与改动都在 tinygpt.experiments 里；这里只摆好题目、把结果画出来。
"""

import copy
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from tinygpt import corpus
from tinygpt.corpus.world import Fact
from tinygpt.experiments import bias, edit, provenance, small
from tinygpt.experiments.facts import Question, ask, questions
from tinygpt.ngram import NGram
from tinygpt.tokenizer import EOS, Tokenizer

CONCEPTS, EXPOSURE = 16, 4


@lru_cache
def recorded(part: str) -> dict:
    """tools/record_limits.py 录下的一项：{键: 一行}。"""
    path = Path(__file__).with_name("limits.json")
    return json.loads(path.read_text(encoding="utf-8"))[part]


# ---- 拿走一条事实 ----


@dataclass(frozen=True)
class ForgettingLab:
    """十六个事物的小世界：训练用的句子，换上去的句子，分词器，问的几条事实。"""

    documents: list[str]
    spares: list[str]
    tokenizer: Tokenizer
    facts: list[Fact]
    asked: list[Question]

    @property
    def names(self) -> list[str]:
        return [fact.subject for fact in self.facts]

    def without(self, name: str) -> list[str]:
        """训练用的句子；name 是一个事物的名字时，说到它那条事实的句子都换掉。"""
        gone = [fact for fact in self.facts if fact.subject == name]
        return provenance.without(self.documents, gone[0], self.spares) if gone else self.documents

    def run(self, name: str, seed: int) -> dict[str, list]:
        """拿走 name 的那条（或“全都在”）训练一次 → {事物: [平均 log P, 一字不差的比例]}。"""
        model = small.trained(self.without(name), self.tokenizer, seed)
        marks = ask(model, self.tokenizer, self.asked)
        found = {}
        for fact in self.facts:
            own = [mark for question, mark in zip(self.asked, marks) if question.fact == fact]
            found[fact.subject] = [sum(m.log_p for m in own) / len(own), sum(m.exact for m in own) / len(own)]
        return found


@lru_cache
def forgetting_lab(count: int = 6) -> ForgettingLab:
    """问的是 count 个事物的特点，每条都在 EXPOSURE 句里说到。"""
    world, rest = provenance.small_worlds(CONCEPTS)
    documents, spares = (list(dict.fromkeys(provenance.sentences(w))) for w in (world, rest))
    tokenizer = Tokenizer.train_bpe(documents + spares, 1024, 1, corpus.PATTERN)
    asked = questions(world, relations=("feature",))
    seen = provenance.exposures(list(dict.fromkeys(q.fact for q in asked)), documents)
    facts = [fact for fact, number in seen.items() if number == EXPOSURE][:count]
    return ForgettingLab(documents, spares, tokenizer, facts, [q for q in asked if q.fact in facts])


# ---- 偏见 ----


def bias_run(name: str, seed: int, count: int = 1000) -> dict:
    """写偏的（或配平的）语料训练一次 → 语料与模型里，每种职业“她”占多少。"""
    skewed = bias.write(bias.SKEWED, count, seed)
    texts = bias.balanced(skewed) if name == "配平的" else skewed
    tokenizer = Tokenizer.train_char(texts)
    model = small.trained(texts, tokenizer, seed, small.SHORT)
    shares = bias.model_shares(model, tokenizer, bias.job_prompts())
    return {"corpus": bias.corpus_shares(texts), "model": {job: sum(v) / len(v) for job, v in shares.items()}}


# ---- 数数的对手 ----


@lru_cache
def ngram(order: int = 5) -> tuple[NGram, Tokenizer]:
    """5 元模型：在 release 的三种文字各开头一段上数。"""
    tokenizer, mixture = Tokenizer.load(corpus.TOKENIZER), corpus.named("release")
    sizes = {"小世界": 150_000, "小故事": 400_000, "聊天": 150_000}
    texts = [p.text for source, size in sizes.items() for p in corpus.generated(source, size, mixture)
             if p.split == "train"]  # fmt: skip
    return NGram(order, tokenizer.vocab_size, EOS).fit(tokenizer.encode_batch(texts, eos=True)), tokenizer


# ---- 改一条事实 ----


def random_rank_one(model, size: torch.Tensor, seed: int = 0):
    """对照：方向随机、一样大的秩一改动。"""
    changed, generator = copy.deepcopy(model), torch.Generator().manual_seed(seed)
    weight = edit.down(changed, 0).weight
    update = torch.outer(*(torch.randn(n, generator=generator) for n in weight.shape))
    with torch.no_grad():
        weight += update / update.norm() * size
    return changed
