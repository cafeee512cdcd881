"""一次写：附带的模型 mini 与提示都一样，只有选下一个 token 的办法用你的函数。

量的是每个 token 有多意外：模型自己给它的概率的 −ln。选得对不对，一看这条线、一读那段文字就知道。
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from tinygpt import pretrained
from tinygpt.course.what_if.guard import SEED, Run, guarded
from tinygpt.tokenizer import EOS, PAD

LENGTH, ROWS = 40, 32
PROMPT = "从前，小猫"


@lru_cache
def shipped():
    """附带的（模型，分词器）；一个内核里只取一次。"""
    return pretrained.load("mini")


@dataclass(frozen=True)
class Writing:
    """write：(answer, run, tick) → 写下的文字，一路把每个 token 的数记进 run。"""

    write: Callable
    where: str
    label: str = "每个 token 有多意外（nat）"
    ticks: int = LENGTH

    def run(self, answer, tick: Callable[[], None], seconds: float = 0) -> Run:
        run = Run()
        with guarded(run, seconds), torch.no_grad():
            run.text = self.write(answer, run, tick)
        return run


def surprise(logits: Tensor, token: Tensor) -> Tensor:
    """每一行的 token 有多意外：(b, v)、(b, 1) → (b, 1)。"""
    return -logits.log_softmax(dim=-1).gather(1, token)


def repeated(seen: Tensor, token: Tensor) -> Tensor:
    """每一行的 token 是不是已经出现过：1 或 0。"""
    return seen.gather(1, token).float()


def sampling(probabilities: Callable, measure: str = "surprise") -> Callable:
    """一次写 ROWS 行，每行各抽各的。

    probabilities：(answer, logits (b, v), 出现过的 (b, v)) → 概率 (b, v)
    measure：记 surprise（有多意外）还是 repeated（是不是重复）
    """

    def write(answer, run: Run, tick: Callable[[], None]) -> str:
        model, tokenizer = shipped()
        rng = torch.Generator().manual_seed(SEED)
        ids = torch.tensor([tokenizer.encode(PROMPT)] * ROWS)
        start = ids.size(1)
        for step in range(LENGTH):
            run.at = f"写第 {step + 1} 个 token 时"
            logits = model(ids)[:, -1].float()
            seen = torch.zeros_like(logits, dtype=torch.bool).scatter(1, ids, True)
            p = probabilities(answer, logits.clone(), seen.clone())
            must_have_shape(p, logits)
            token = torch.multinomial(p, 1, generator=rng)
            value = surprise(logits, token) if measure == "surprise" else repeated(seen, token)
            if not run.saw(value.mean()):
                break
            ids = torch.cat([ids, token], dim=1)
            tick()
        return PROMPT + readable(tokenizer, ids[0, start:].tolist())

    return write


def must_have_shape(found, like: Tensor) -> None:
    """学习者的函数交出的形状不对就说清楚，不等它在别处出错。"""
    shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    if shape != tuple(like.shape):
        raise ValueError(f"形状应该是 {tuple(like.shape)}，得到 {shape}")


def readable(tokenizer, ids: list[int]) -> str:
    """到 <eos> 为止的文字。"""
    return tokenizer.decode(ids[: ids.index(EOS)] if EOS in ids else ids)


# ---- 几个练习 ----

UNEQUAL = ("从前", "小猫在河边", "今天下了一场大雨，小明")


def unequal_prompts(answer, run: Run, tick: Callable[[], None]) -> str:
    """练习 7.5：三个长短不一的提示补齐成一批，每一步由 answer(logits, lengths) 取出该看的 logits。"""
    model, tokenizer = shipped()
    rows = [tokenizer.encode(prompt) for prompt in UNEQUAL]
    for step in range(LENGTH // 2):
        run.at = f"写第 {step + 1} 个 token 时"
        lengths = [len(row) for row in rows]
        batch = torch.tensor([row + [PAD] * (max(lengths) - len(row)) for row in rows])
        logits = model(batch).float()
        right = logits[torch.arange(len(rows)), torch.tensor(lengths) - 1]
        chosen = answer(logits.clone(), list(lengths))
        must_have_shape(chosen, right)
        token = chosen.argmax(dim=-1, keepdim=True)
        if not run.saw(surprise(right, token).mean()):
            break
        for row, new in zip(rows, token[:, 0].tolist(), strict=True):
            row.append(new)
        tick()
    return readable(tokenizer, rows[0])


NARROW = 12  # 练习 7.6 里，模型一次最多看多少个 token


def own_loop(answer, run: Run, tick: Callable[[], None]) -> str:
    """练习 7.6：整个循环是学习者写的；模型一次只收 NARROW 个 token，所以写不久就要截。"""
    model, tokenizer = shipped()
    prompt = tokenizer.encode(PROMPT)

    def narrow(ids):
        tick()
        if ids.size(1) > NARROW:
            raise ValueError(f"模型一次最多看 {NARROW} 个 token，收到了 {ids.size(1)} 个")
        return model(ids)

    run.at = "写的时候"
    new = [int(token) for token in answer(narrow, list(prompt), LENGTH, EOS, NARROW)]
    for step, token in enumerate(new):
        logits = model(torch.tensor([[*prompt, *new][: len(prompt) + step]]))[:, -1].float()
        run.saw(surprise(logits, torch.tensor([[token]])).mean())
    return PROMPT + tokenizer.decode(new)
