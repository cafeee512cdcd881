"""对话：一问一答，答完再问。

模型只会续写。对话是一种写法：训练的文字里，一篇对话由 <chat> 开头
（一个编号，不是这几个字母），接着一行问、一行答：

    问：你好
    答：你好！很高兴见到你。
    问：什么是机器学习？
    答：机器学习是……

要它回答，就把前面的问答与新的问题照样写出来，停在“答：”，让它接着写；写到 <eos> 或又要写“问”时就停。
所以模型什么也不记得，记得的是这里：Conversation 是全部的历史，每次都从头写给它看。写不下时从最旧的一轮丢起。
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tinygpt.errors import require
from tinygpt.sampling import Piece, Sampling, stream_pieces
from tinygpt.template import Template, one_line
from tinygpt.tokenizer import CHAT

TEMPLATE = Template()  # 一问一答的写法；微调时换过写法的模型，用它自己的
MAX_NEW_TOKENS = 80  # 一个回答最多写多少个 token；训练的回答多半只有一两句
# 比续写（温度 0.8）保守：问答要的是最可能的话，留一点随机，同一个问题问两次不必一字不差
SAMPLING = Sampling(temperature=0.5, top_p=0.9)


@dataclass(frozen=True)
class Conversation:
    """到现在为止的问答，旧的在前。不可修改：add 得到一个新的。"""

    turns: tuple[tuple[str, str], ...] = ()

    def add(self, question: str, answer: str) -> "Conversation":
        """添上一轮。"""
        return Conversation((*self.turns, (question, answer)))


def write_turns(turns, question: str, template: Template = TEMPLATE) -> str:
    """几轮问答与新的问题，照训练的文字那样写，停在“答：”。"""
    lines = [f"{template.ask(q)}{one_line(a)}\n" for q, a in turns]
    return "".join(lines) + template.ask(question)


def room_for_answer(context_length: int, max_new_tokens: int) -> int:
    """给回答留多少个 token：要写多少留多少，但至多占上下文的一半，另一半给问题与历史。"""
    return min(max_new_tokens, context_length // 2)


def prompt_ids(
    tokenizer, conversation: Conversation, question: str, context_length: int,
    max_new_tokens: int = MAX_NEW_TOKENS, template: Template = TEMPLATE,
) -> list[int]:  # fmt: skip
    """提示的编号：<chat>，尽可能多的最近几轮，新的问题，“答：”。

    长度不超过 context_length − room_for_answer；放不下的旧的一轮整轮丢掉，从不留半轮。
    问题是空的，或者不带历史也放不下，报 InputError。
    """
    talks = tokenizer.id("<chat>") == CHAT
    require(talks, "这个模型的词表里没有 <chat>", "用 tinygpt 的分词器训练的模型", "用 tinygpt generate 续写")
    room = room_for_answer(context_length, max_new_tokens)
    require(one_line(question), "问题是空的", "至少一个字", "说一句话，例如 你好")
    require(max_new_tokens >= 1, f"max_new_tokens = {max_new_tokens}", "至少为 1", "给一个正整数")
    limit, turns = context_length - room, conversation.turns
    ids = [CHAT] + tokenizer.encode(write_turns((), question, template))
    expected = f"不超过 {limit} 个（上下文 {context_length}，留 {room} 个给回答）"
    fix = "把问题说得短些，或让回答短些（max_new_tokens）"
    require(len(ids) <= limit, f"问题太长：写出来有 {len(ids)} 个 token", expected, fix)
    for kept in range(1, len(turns) + 1):
        longer = [CHAT] + tokenizer.encode(write_turns(turns[-kept:], question, template))
        if len(longer) > limit:
            break
        ids = longer
    return ids


def reply(
    model, tokenizer, conversation: Conversation, question: str, *, max_new_tokens: int = MAX_NEW_TOKENS,
    sampling: Sampling = SAMPLING, seed: int | None = None, template: Template = TEMPLATE,
) -> Iterator[str]:  # fmt: skip
    """逐段交出对 question 的回答；头尾的空白、“问”与它后面的都不交出。

    最多写 max_new_tokens 个 token，上下文写满也停：再写下去，开头的 <chat> 与问题就看不见了。
    同样的对话、问题、参数和 seed 得到同样的回答。问题不合适时立刻报 InputError，不等到取第一段。
    """
    ids = prompt_ids(tokenizer, conversation, question, model.config.context_length, max_new_tokens, template)
    options = {"max_new_tokens": max_new_tokens, "sampling": sampling, "seed": seed, "template": template}
    return (piece.text for piece in reply_pieces(model, tokenizer, ids, **options) if piece.text)


def reply_pieces(
    model, tokenizer, ids: list[int], begin: tuple[int, ...] = (), *, max_new_tokens: int,
    stops: tuple[str, ...] = (), template: Template = TEMPLATE, **options,
) -> Iterator[Piece]:  # fmt: skip
    """接着 prompt_ids 写成的提示回答，连同写出它的 token。

    begin 是已经定好的开头：回答从它接着写。写得长短、停在哪里同 reply；stops 是另外要停的地方。
    """
    room, found = model.config.context_length - len(ids) - len(begin), len(begin)
    expected = f"至多 {room + found - 1} 个（提示有 {len(ids)} 个，上下文 {model.config.context_length}）"
    require(room >= 1, f"回答的开头有 {found} 个 token", expected, "从靠前些的地方接着写，或少带几轮历史")
    options["max_new_tokens"] = min(max_new_tokens, room)
    stops = (template.stop, *stops) if template.stop else stops
    return _trimmed(stream_pieces(model, tokenizer, ids, stops, begin, **options))


def _trimmed(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """去掉头尾的空白；中间的照旧（末尾的先留着，后面还有字才交出，连同它的 token）。"""
    held, tokens, started = "", (), False
    for piece in pieces:
        held, tokens = held + piece.text, tokens + piece.tokens
        text = held.rstrip()
        if text:
            yield Piece(text if started else text.lstrip(), tokens)
            held, tokens, started = held[len(text) :], (), True
        if piece.finish:
            yield Piece("", (), piece.finish)
