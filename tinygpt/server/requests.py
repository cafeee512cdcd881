"""收下的 JSON → 要写什么、怎样写。

字段照 OpenAI 的 /v1/chat/completions 与 /v1/completions。做不到的字段不装作没看见：说清楚，不答应。
多出一个字段 begin（token 编号的列表）：回答的开头已经定好，从它接着写。

知道文字、编号与对话的写法，不知道模型，也不知道网络。
"""

import json
from dataclasses import dataclass, replace

from tinygpt.chat import MAX_NEW_TOKENS, SAMPLING, TEMPLATE, Conversation, prompt_ids
from tinygpt.config import LARGEST_SEED
from tinygpt.sampling import Sampling, check_prompts
from tinygpt.server.limits import Limits
from tinygpt.server.refusal import Refusal
from tinygpt.template import Template
from tinygpt.tokenizer import Tokenizer

NUMBER = (int, float)
NAMES = {
    str: "文字", int: "整数", NUMBER: "数", bool: "true 或 false", list: "列表", dict: "对象",
    (str, list): "文字或列表",
}  # fmt: skip
# 只做得到一种的字段：写着那一种就当没有写
FIXED = {
    "n": 1, "best_of": 1, "echo": False, "presence_penalty": 0, "frequency_penalty": 0, "logit_bias": {},
    "response_format": {"type": "text"},
}  # fmt: skip
USER, ASSISTANT = "user", "assistant"


@dataclass(frozen=True)
class Request:
    """一件要写的事。"""

    chat: bool  # 回答，还是续写
    ids: list[int]  # 提示
    begin: tuple[int, ...]  # 写出来的开头，已经定好
    max_new_tokens: int
    sampling: Sampling
    seed: int | None
    stops: tuple[str, ...]
    alternatives: int | None  # 每个 token 给几个候选；None 是连概率也不要
    stream: bool
    usage: bool  # 流式的末尾要不要数一数
    template: Template = TEMPLATE  # 问与答的写法，回答才用得到


class Fields:
    """JSON 对象的字段：一个一个取走，剩下的就是不认识的。"""

    def __init__(self, body: bytes):
        try:
            values = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            fix = "检查引号、逗号与编码"
            raise Refusal(400, "invalid_json", "请求不是 JSON", "UTF-8 写的 JSON", fix) from error
        if not isinstance(values, dict):
            raise Refusal(400, "invalid_json", "请求不是 JSON 对象", '例如 {"prompt": "机器学习是"}')
        self.values = {name: value for name, value in values.items() if value is not None}

    def take(self, name: str, kind, default=None):
        """取走一个字段；没有就是 default，类型不对就报错。"""
        value = self.values.pop(name, default)
        wrong = not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        if value is not default and wrong:
            self.refuse(name, "写的不是" + NAMES[kind], NAMES[kind])
        return value

    def take_number(self, name: str, default: int | None, lowest: int, most: int) -> int | None:
        """取走一个 lowest 到 most 的整数。"""
        value = self.take(name, int, default)
        if value is not default and not lowest <= value <= most:
            self.refuse(name, f"{name} = {value}", f"{lowest} 到 {most} 的整数")
        return value

    def refuse(self, name: str, found: str, expected: str, fix: str = ""):
        raise Refusal(400, "invalid_value", f"字段 {name}：{found}", expected, fix, param=name)

    def finish(self) -> None:
        """都取完了：剩下的要么只有一种写法，要么不认识。"""
        self.values.pop("user", None)  # OpenAI 用它记是谁在用；这里只有你
        for name, value in self.values.items():
            if name not in FIXED:
                words = (f"不认识的字段 {name[:40]}", "docs/serve.md 里列出的字段", "去掉它")
                raise Refusal(400, "unknown_field", *words, param=name[:40])
            if value != FIXED[name]:
                self.refuse(name, "这里做不到", f"只能是 {json.dumps(FIXED[name])}", "去掉它")


def read_chat(
    fields: Fields, tokenizer: Tokenizer, context_length: int, limits: Limits, template: Template = TEMPLATE
) -> Request:
    """/v1/chat/completions 的请求；template 是模型学过的写法。"""
    conversation, question = _conversation(fields, fields.take("messages", list, []))
    logprobs = fields.take("logprobs", bool, False)
    top = fields.take_number("top_logprobs", 0, 0, limits.alternatives)
    name = "max_completion_tokens" if "max_completion_tokens" in fields.values else "max_tokens"
    most = fields.take_number(name, MAX_NEW_TOKENS, 1, limits.new_tokens)
    ids = prompt_ids(tokenizer, conversation, question, context_length, most, template)
    known = {"chat": True, "ids": ids, "max_new_tokens": most, "alternatives": top if logprobs else None}
    return _request(fields, tokenizer, limits, SAMPLING, known | {"template": template})


def read_completion(fields: Fields, tokenizer: Tokenizer, context_length: int, limits: Limits) -> Request:
    """/v1/completions 的请求。"""
    prompt = fields.take("prompt", (str, list), "")
    ids = tokenizer.encode(prompt) if isinstance(prompt, str) else prompt
    _check_ids(fields, "prompt", ids, tokenizer.vocab_size)
    top = fields.take_number("logprobs", None, 0, limits.alternatives)
    most = fields.take_number("max_tokens", 16, 1, limits.new_tokens)  # 16 是 OpenAI 的默认
    check_prompts([ids], context_length)
    known = {"chat": False, "ids": ids, "max_new_tokens": most, "alternatives": top}
    request = _request(fields, tokenizer, limits, Sampling(), known)
    check_prompts([ids + list(request.begin)], context_length)
    return request


def _request(fields: Fields, tokenizer: Tokenizer, limits: Limits, usual: Sampling, known: dict) -> Request:
    """两种请求共有的字段。"""
    begin = fields.take("begin", list, [])
    _check_ids(fields, "begin", begin, tokenizer.vocab_size)
    if not all(map(tokenizer.token_bytes, begin)):
        fields.refuse("begin", "有特殊 token，它写不出字", "别的编号的列表")
    options = fields.take("stream_options", dict, {})
    request = Request(
        begin=tuple(begin),
        sampling=_sampling(fields, usual),
        seed=fields.take_number("seed", None, 0, LARGEST_SEED),
        stops=_stops(fields, limits),
        stream=fields.take("stream", bool, False),
        usage=options.get("include_usage") is True,
        **known,
    )
    fields.finish()
    return request


def _sampling(fields: Fields, usual: Sampling) -> Sampling:
    temperature = fields.take("temperature", NUMBER, usual.temperature)
    top_p = fields.take("top_p", NUMBER, usual.top_p)
    if temperature == 0:  # OpenAI 的写法：温度 0 就是不要随机
        return replace(usual, greedy=True, top_p=top_p)
    return replace(usual, temperature=temperature, top_p=top_p)


def _stops(fields: Fields, limits: Limits) -> tuple[str, ...]:
    stop = fields.take("stop", (str, list), [])
    stops = [stop] if isinstance(stop, str) else stop
    if len(stops) > limits.stops or not all(isinstance(stop, str) and stop for stop in stops):
        fields.refuse("stop", "不是几段文字", f"一段文字，或至多 {limits.stops} 段文字的列表，都不能是空的")
    return tuple(stops)


def _check_ids(fields: Fields, name: str, ids: list, vocab_size: int) -> None:
    """每一个都是词表里的编号。"""
    if not all(type(id) is int and 0 <= id < vocab_size for id in ids):
        fields.refuse(name, "有的不是词表里的编号", f"0 到 {vocab_size - 1} 的整数的列表")


def _conversation(fields: Fields, messages: list) -> tuple[Conversation, str]:
    """消息的列表 → （历史，最后的问题）。必须一问一答，最后是问。"""
    words = [_words(fields, message) for message in messages]
    roles = [role for role, _ in words]
    if roles != [USER, ASSISTANT] * (len(roles) // 2) + [USER]:
        found = "不是一问一答" if roles else "没有一句话"
        expected = "user、assistant、user……，最后一句是 user；没有 system：这个模型只学过问与答"
        fields.refuse("messages", found, expected, "去掉多出的消息，把 system 里的话写进问题")
    texts = [text for _, text in words]
    return Conversation(tuple(zip(texts[:-1:2], texts[1::2]))), texts[-1]


def _words(fields: Fields, message) -> tuple[str, str]:
    """一条消息 → （角色，文字）。"""
    message = message if isinstance(message, dict) else {}
    role, content = message.get("role"), message.get("content")
    if isinstance(content, list) and all(isinstance(p, dict) and p.get("type") == "text" for p in content):
        content = "".join(str(part.get("text", "")) for part in content)
    if not isinstance(role, str) or not isinstance(content, str):
        example = '{"role": "user", "content": "你好"}'
        fields.refuse("messages", "有一条没有 role，或者 content 不是文字", example)
    return role, content
