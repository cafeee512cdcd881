"""第 02 课用的：请训练好的模型填空，从头写一句，再请裁判打分。

编号进，编号出；模型怎样训练在 objectives.py。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from tinygpt.course.objectives import Sentences
from tinygpt.ngram import NGram
from tinygpt.sampling import Sampling, sample_next_token
from tinygpt.tokenizer import CLS, EOS, MASK, PAD
from tinygpt.variants.bert import FIRST_ORDINARY

# ---- 填空 ----


@torch.no_grad()
def fill_by_bert(model, ids: Tensor) -> Tensor:
    """每个位置最可能的 token，一次填完。"""
    return model(ids, None, ids == PAD).argmax(-1)


@torch.no_grad()
def fill_by_gpt(model, ids: Tensor) -> Tensor:
    """只看左边：第 i 个位置的答案来自第 i − 1 个位置的输出。"""
    return torch.cat([ids[:, :1], model(ids).argmax(-1)[:, :-1]], dim=1)


@torch.no_grad()
def fill_one_by_one(model, ids: Tensor) -> Tensor:
    """每次只填最有把握的一个空，填好再看一遍，直到没有空。"""
    ids = ids.clone()
    while (hidden := ids == MASK).any():
        sure, best = model(ids, None, ids == PAD).softmax(-1).max(-1)
        place = sure.masked_fill(~hidden, -1).argmax(1, keepdim=True)
        answer = torch.where(hidden, best, ids).gather(1, place)
        ids.scatter_(1, place, answer)
    return ids


def blank_at(rows: Tensor, count: int, together: bool, seed: int) -> Tensor:
    """每句选 count 个字（连着的或散开的）→ 布尔的表。"""
    generator, table = torch.Generator().manual_seed(seed), torch.zeros_like(rows, dtype=torch.bool)
    for row, length in enumerate((rows >= FIRST_ORDINARY).sum(1).tolist()):
        start = int(torch.randint(length - count + 1, (), generator=generator))
        anywhere = torch.randperm(length, generator=generator)[:count]
        table[row, 1 + (torch.arange(start, start + count) if together else anywhere)] = True
    return table


def filling_scores(model, rows: Tensor, counts: list[int]) -> tuple[dict, dict]:
    """各遮住 counts 里那么多个字，填对多少 → （按字算，整段算）：{"散开"、"连着": 一列}，{填法: 一列}。"""
    single, whole = {"散开": [], "连着": []}, {"一次填完": [], "一个一个填": []}
    for k in counts:
        for name, together in (("散开", False), ("连着", True)):
            table = blank_at(rows, k, together, seed=k)
            right = fill_by_bert(model, rows.masked_fill(table, MASK)) == rows
            single[name].append(right[table].float().mean().item())
        for name, fill in (("一次填完", fill_by_bert), ("一个一个填", fill_one_by_one)):
            right = fill(model, rows.masked_fill(table, MASK)) == rows
            whole[name].append((right | ~table).all(1).float().mean().item())  # 没有遮的都算对
    return single, whole


# ---- 从头写一句 ----


@torch.no_grad()
def write(next_logits: Callable[[Tensor], Tensor], count: int = 24, length: int = 24) -> list[list[int]]:
    """从左往右抽：next_logits 由已写的 (count, t) 交出下一个的 logits。写到 <eos> 为止。"""
    ids, generator = torch.full((count, 1), CLS), torch.Generator().manual_seed(0)
    for _ in range(length):
        token = sample_next_token(next_logits(ids), Sampling(temperature=1.0), generator)
        ids = torch.cat([ids, token[:, None]], dim=1)
    rows = ids[:, 1:].tolist()
    return [row[: row.index(EOS) + 1] if EOS in row else row for row in rows]


def last_position(model) -> Callable:
    """GPT 从左往右：取最后一个位置。"""
    return lambda ids: model(ids)[:, -1]


def one_blank(model) -> Callable:
    """BERT 从左往右：末尾加一个空，填它。"""
    return lambda ids: model(_with_blanks(ids, [MASK]))[:, -1]


def many_blanks(model, length: int = 25) -> Callable:
    """BERT 从左往右：后面排满空与一个 <eos>，填最左边的空。"""
    tail = lambda ids: [MASK] * max(1, length - ids.size(1)) + [EOS]
    return lambda ids: model(_with_blanks(ids, tail(ids)))[:, ids.size(1)]


def _with_blanks(ids: Tensor, tail: list[int]) -> Tensor:
    return torch.cat([ids, torch.tensor(tail).expand(len(ids), -1)], dim=1)


@torch.no_grad()
def write_in_any_order(model, lengths: list[int]) -> list[list[int]]:
    """从满是空的一行开始，每次随便挑一个空，按概率抽一个字填上，直到填满。"""
    generator, width = torch.Generator().manual_seed(0), max(lengths) + 2
    rows = [[CLS, *[MASK] * n, EOS, *[PAD] * (width - n - 2)] for n in lengths]
    ids, numbers = torch.tensor(rows), torch.arange(len(rows))
    for _ in range(max(lengths)):
        hidden = ids == MASK
        place = (torch.rand(ids.shape, generator=generator) * hidden).argmax(1)
        logits = model(ids, None, ids == PAD)[numbers, place]
        logits[:, :FIRST_ORDINARY] = -torch.inf
        token = sample_next_token(logits, Sampling(temperature=1.0), generator)
        ids[numbers, place] = torch.where(hidden.any(1), token, ids[numbers, place])
    return [row[1 : n + 2] for row, n in zip(ids.tolist(), lengths)]


def to_first_stop(lines: list[list[int]], tokenizer) -> list[list[int]]:
    """每句只留到第一个句号，后面加 <eos>；没有句号的照原样。"""
    [stop] = tokenizer.encode("。")
    return [[*line[: line.index(stop) + 1], EOS] if stop in line else line for line in lines]


def judge(corpus: Sentences) -> NGram:
    """裁判：在训练句子上数出来的 3 元模型，judge(...).loss(句子) 越低越像。"""
    rows = [corpus.tokenizer.encode(text) + [EOS] for text in corpus.training]
    return NGram(3, corpus.tokenizer.vocab_size, EOS).fit(rows)
