"""照请求写：逐段交出文字，需要时连同每一步的概率。

概率是模型自己给的（logits 的 softmax），不是调过温度、截过 top-p 的那个：
它说的是模型有多确定，与怎样抽无关。
知道模型与分词器，不知道 JSON，也不知道网络。
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from tinygpt.chat import reply_pieces
from tinygpt.sampling import Piece, stream_pieces
from tinygpt.server.requests import Request


@dataclass(frozen=True)
class Step:
    """写一个 token 的那一步：写了哪个，它的对数概率，最可能的几个（编号，对数概率）。"""

    id: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Written:
    """写出来的一段。finish 是为什么停；写完时，ending 是决定停下的那一步。"""

    text: str
    steps: tuple[Step, ...]
    finish: str | None
    ending: Step | None
    count: int  # 到现在为止模型一共写了多少个 token，停下的那个也算


def write(model, tokenizer, request: Request) -> Iterator[Written]:
    """照请求写。请求不合适时立刻报 InputError，不等到取第一段。"""
    watch = Watch(tokenizer.vocab_size, request.alternatives or 0)
    options = {"max_new_tokens": request.max_new_tokens, "sampling": request.sampling, "seed": request.seed}
    stream = partial(reply_pieces, template=request.template) if request.chat else stream_pieces
    pieces = stream(
        model, tokenizer, request.ids, begin=request.begin, stops=request.stops, observe=watch, **options
    )
    return _with_steps(pieces, watch, len(request.begin))


class Watch:
    """看着 generate 的每一步，记下来。"""

    def __init__(self, vocab_size: int, alternatives: int):
        self.vocab_size, self.alternatives = vocab_size, alternatives
        self.steps, self.count = deque(), 0

    def __call__(self, logits: Tensor, tokens: Tensor) -> None:
        logprobs, id = logits[0, : self.vocab_size].float().log_softmax(dim=-1), int(tokens[0])
        top = logprobs.topk(min(self.alternatives, self.vocab_size))
        pairs = tuple(zip(top.indices.tolist(), top.values.tolist()))
        self.steps.append(Step(id, float(logprobs[id]), pairs))
        self.count += 1


def _with_steps(pieces: Iterator[Piece], watch: Watch, fixed: int) -> Iterator[Written]:
    """给每一段配上写它的那几步。开头定好的 fixed 个 token 没有经过模型，没有步。"""
    for piece in pieces:
        new = len(piece.tokens) - min(fixed, len(piece.tokens))
        fixed -= len(piece.tokens) - new
        steps = tuple(watch.steps.popleft() for _ in range(new))
        ending = watch.steps[0] if piece.finish == "stop" and watch.steps else None
        yield Written(piece.text, steps, piece.finish, ending, watch.count)
