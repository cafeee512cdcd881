"""第 12 课用的：两个小实验室（拿走一条事实、写偏的语料），来历的网页，数数的对手。

训练与改动都在 tinygpt.experiments 里；录好的成绩在 limits_results.py。
"""

import copy
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch

from tinygpt import corpus
from tinygpt.corpus.stories import stories
from tinygpt.corpus.talk import talk
from tinygpt.corpus.world import Fact, World
from tinygpt.experiments import bias, edit, provenance, small
from tinygpt.experiments.facts import Question, ask, questions
from tinygpt.ngram import NGram
from tinygpt.probes.bench import WARM, Bench, Reply, prompts
from tinygpt.tokenizer import EOS, Tokenizer

CONCEPTS, EXPOSURE = 8, 4


# ---- 拿走一条事实 ----


@dataclass(frozen=True)
class ForgettingLab:
    """八个事物的小世界：训练用的句子，换上去的句子，分词器，问的几条事实。"""

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
        recipe = replace(small.RECIPE, steps=140)
        model = small.trained(self.without(name), self.tokenizer, seed, recipe)
        marks = ask(model, self.tokenizer, self.asked)
        found = {}
        for fact in self.facts:
            own = [mark for question, mark in zip(self.asked, marks) if question.fact == fact]
            found[fact.subject] = [sum(m.log_p for m in own) / len(own), sum(m.exact for m in own) / len(own)]
        return found


@lru_cache
def forgetting_lab(count: int = 4) -> ForgettingLab:
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
    sizes = {"小世界": 60_000, "小故事": 120_000, "聊天": 60_000}
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


# ---- 三个写手 ----


def continuations(model, tokenizer, count: int = 12, most: int = 100) -> list[Reply]:
    """附带的模型照聊天的采样，续写前 count 个固定的提示；提示也在文字里。"""
    bench, asked = Bench(model, tokenizer), prompts()[:count]
    replies = bench.reply([bench.encode(text) for text in asked], most, sampling=WARM)
    return [Reply(start + reply.text, reply.ended) for start, reply in zip(asked, replies)]


def ngram_continuations(count: int = 12, most: int = 100) -> list[Reply]:
    """5 元模型续写同样的提示。"""
    counting, tokenizer = ngram()
    found = []
    for seed, start in enumerate(prompts()[:count]):
        ids = counting.generate(tokenizer.encode(start), most, seed)
        found.append(Reply(start + tokenizer.decode(ids), len(ids) < most))
    return found


def fresh_documents(count: int, seed: int = 4242) -> list[str]:
    """新写的文档，种子与训练、验证的都不同：小世界、小故事、聊天轮着来。"""
    mixture = corpus.named("release")
    told = (s.text for s in stories(seed, plans=mixture.plans, plain=True))
    world = (d.text for d in World.load().documents(seed, n_documents=count))
    spoken = (d.text for d in talk(seed, n_documents=count))
    return [text for row in zip(world, told, spoken) for text in row][:count]


def ngram_score(texts: Sequence[str]) -> list[float]:
    """5 元模型给每段文字的 log P。"""
    (counting, tokenizer), found = ngram(), []
    for ids in tokenizer.encode_batch(list(texts)):
        steps = (counting.probability(ids[max(0, i - 4) : i], token) for i, token in enumerate(ids))
        found.append(sum(math.log(p) for p in steps))
    return found


class NGramBench(Bench):
    """同样的考题，由 5 元模型打分。"""

    def log_probabilities(self, texts):
        return ngram_score(texts)


def training_texts(source: str, most: int = 10**9) -> list[str]:
    """附带的模型读过的一种文字，开头最多 most 个字符的文档。"""
    mixture = corpus.named("release")
    size = {"小世界": mixture.world, "小故事": mixture.stories, "聊天": mixture.talk}[source]
    return [p.text for p in corpus.generated(source, min(size, most), mixture) if p.split == "train"]


# ---- 来历的网页 ----


@dataclass(frozen=True)
class Provenance:
    """几个句子各从哪里来：在笔记本里点开看，别处看文字。"""

    traced: dict[str, list[provenance.Piece]]

    def __repr__(self) -> str:
        mark = lambda piece: f"[{piece.text}｜{piece.documents} 篇]" if piece.documents else piece.text
        return "\n".join("".join(map(mark, pieces)) for pieces in self.traced.values())

    def _repr_html_(self) -> str:
        rows = [f"<details><summary>{_colored(pieces)}</summary><ul>{_listed(pieces)}</ul></details>"
                for pieces in self.traced.values()]  # fmt: skip
        return "\n".join(rows)


def _colored(pieces) -> str:
    colors = ("#CFE3F5", "#FBE3CB")
    spans = [f'<span style="background:{colors[i % 2]};color:#000">{html.escape(p.text)}</span>'
             if p.documents else html.escape(p.text) for i, p in enumerate(pieces)]  # fmt: skip
    return "".join(spans)


def _listed(pieces) -> str:
    known = [p for p in pieces if p.documents]
    items = [f"<li>“{html.escape(p.text)}”：{p.documents} 篇里有，第一篇是："
             f"{html.escape(p.example[:80])}</li>" for p in known]  # fmt: skip
    return "".join(items) or "<li>没有一段在训练文字里一字不差</li>"
