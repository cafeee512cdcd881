"""每种文字上的每字比特：一种一个数，从不合在一起。"""

import math
from collections.abc import Callable, Iterable

import numpy as np

from tinygpt import corpus
from tinygpt.corpus.stories import HELD_OUT
from tinygpt.corpus.talk import HELD_OUT as TALK_HELD_OUT
from tinygpt.corpus.talk import talk
from tinygpt.corpus.world import World
from tinygpt.data import ContiguousWindows
from tinygpt.errors import require
from tinygpt.evaluation import evaluate
from tinygpt.probes.bench import TALK_SEED, Bench, Figure
from tinygpt.tokenizer import CHAT, EOS

WORLD_SEED = 9_001  # 小世界另写一些，种子与训练、验证的不同


def evaluate_text(model, tokenizer, passages) -> dict:
    """在一些 Passage 上：每 token 损失、困惑度、每字节与每字符比特。

    <eos> 也要预测，计入损失，不计入字符；谈话前面的 <chat> 也是。unknown 是编成 <unk> 的有几个。
    """
    ids, texts = [], []
    for passage in passages:
        ids += [CHAT] * passage.chat + tokenizer.encode(passage.text, eos=passage.ends_document)
        texts.append(passage.text)
    result = evaluate_ids(model, ids, "".join(texts), tokenizer.eos)
    return result | {"unknown": ids.count(tokenizer.unk)}


def evaluate_ids(model, ids: list[int], text: str, eos: int = EOS) -> dict:
    """同上；text 是 ids 所写的文字，特殊 token 不在里面。"""
    require(ids, "没有可以评估的文字", "至少一篇文档", "检查 --data 与 --split")
    windows = ContiguousWindows(np.array(ids), model.config.context_length, 16, eos)
    loss = evaluate(model, windows)
    total, size = loss * len(ids) / math.log(2), len(text.encode("utf-8"))
    return {
        "loss": loss, "perplexity": math.exp(min(loss, 700)),
        "bits_per_byte": total / size, "bits_per_character": total / len(text),
        "tokens": len(ids), "characters": len(text), "bytes": size, "windows": windows.n_windows,
    }  # fmt: skip


def sources(bench: Bench) -> dict[str, Callable[[], Iterable[str]]]:
    """名字 → 给出一种文字的函数；故事与对话的留出各是一种。"""

    def story(held_out):
        return lambda: bench.tell(2, bench.count, held_out)

    def handwritten(source):
        return lambda: (d for d in corpus.documents("validation") if d.source == source)

    def conversation(held_out):
        return lambda: talk(TALK_SEED + 1 + bench.seed, n_documents=bench.count, held_out=held_out)

    return {
        **{source: handwritten(source) for source in ("小百科", "日常")},
        "world": lambda: World.load().documents(WORLD_SEED + bench.seed, n_documents=bench.count),
        **{f"stories/{held_out or 'usual'}": story(held_out) for held_out in (None, *HELD_OUT)},
        **{f"talk/{held_out or 'usual'}": conversation(held_out) for held_out in TALK_HELD_OUT},
    }


def bits(bench: Bench) -> list[Figure]:
    """每字符多少比特，一种文字一个数；chance 是每个 token 都均匀地猜。对话以 <chat> 打头，它也要预测。"""
    found = sources(bench).items()
    return [_bits(bench, source, [d.text for d in documents()]) for source, documents in found]


def _bits(bench: Bench, source: str, texts: list[str]) -> Figure:
    first = [CHAT] if source.startswith("talk/") else []
    ids = [id for encoded in bench.tokenizer.encode_batch(texts, eos=True) for id in first + encoded]
    result = evaluate_ids(bench.model, ids, "".join(texts))
    value, n = result["bits_per_character"], result["characters"]
    uniform = math.log2(bench.tokenizer.vocab_size) * result["tokens"] / n
    meaning = "每个字平均要多少比特（越小越好）；题数是字符数"
    return Figure("bits", source, value, uniform, n, meaning, result | {"documents": len(texts)})
