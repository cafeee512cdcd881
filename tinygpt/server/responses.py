"""写出来的东西 → 交出的 JSON，照 OpenAI 的样子。

比 OpenAI 多两样，网页用：概率里每个 token 有编号 id；写完时，最后一段有 ending，是决定停下的那一步。
知道 JSON 的样子，不知道模型，也不知道网络。
"""

import time
import uuid

from tinygpt.server.engine import Step, Written
from tinygpt.server.requests import Request
from tinygpt.tokenizer import Tokenizer


class Response:
    """对一个请求的回应：一次交出（whole），或一段一段交出（chunk）。"""

    def __init__(self, model_name: str, tokenizer: Tokenizer, request: Request):
        self.tokenizer, self.request = tokenizer, request
        self.kind = "chat.completion" if request.chat else "text_completion"
        prefix = "chatcmpl-" if request.chat else "cmpl-"
        self.head = {"id": prefix + uuid.uuid4().hex, "created": int(time.time()), "model": model_name}

    def whole(self, parts: list[Written]) -> dict:
        """写完以后，一次交出。"""
        text = "".join(part.text for part in parts)
        steps = [step for part in parts for step in part.steps]
        content = {"message": {"role": "assistant", "content": text}} if self.request.chat else {"text": text}
        choice = self._choice(content, steps, parts[-1])
        return {**self.head, "object": self.kind, "choices": [choice], "usage": self._usage(parts[-1].count)}

    def first_chunk(self) -> dict:
        """流式的对话先说一声：下面是 assistant 的话。"""
        delta = {"role": "assistant", "content": ""}
        return self._chunk([{"index": 0, "delta": delta, "finish_reason": None}])

    def chunk(self, part: Written) -> dict:
        """流式的一段。"""
        content = {"delta": {"content": part.text}} if self.request.chat else {"text": part.text}
        return self._chunk([self._choice(content, part.steps, part)])

    def usage_chunk(self, count: int) -> dict:
        """流式的末尾：数一数。"""
        return {**self._chunk([]), "usage": self._usage(count)}

    def _chunk(self, choices: list) -> dict:
        kind = self.kind + (".chunk" if self.request.chat else "")
        return {**self.head, "object": kind, "choices": choices}

    def _choice(self, content: dict, steps, part: Written) -> dict:
        logprobs = None if self.request.alternatives is None else self._logprobs(steps)
        choice = {"index": 0, **content, "logprobs": logprobs, "finish_reason": part.finish}
        if logprobs is not None and part.ending:
            choice["ending"] = self._entry(part.ending)
        return choice

    def _logprobs(self, steps) -> dict:
        """对话的写法是 content；续写另有一种老的写法，两样都给。"""
        content = [self._entry(step) for step in steps]
        if self.request.chat:
            return {"content": content}
        tops = [{other["token"]: other["logprob"] for other in entry["top_logprobs"]} for entry in content]
        tokens, values = [e["token"] for e in content], [e["logprob"] for e in content]
        return {"tokens": tokens, "token_logprobs": values, "top_logprobs": tops, "content": content}

    def _entry(self, step: Step) -> dict:
        top = [self._token(id, logprob) for id, logprob in step.top]
        return {**self._token(step.id, step.logprob), "top_logprobs": top}

    def _token(self, id: int, logprob: float) -> dict:
        data = self.tokenizer.token_bytes(id)
        try:
            text = data.decode("utf-8") or self.tokenizer.token(id)
        except UnicodeDecodeError:  # 半个汉字：写成 <0xE5> 这样
            text = self.tokenizer.token(id)
        return {"id": id, "token": text, "logprob": max(logprob, -9999.0), "bytes": list(data)}

    def _usage(self, count: int) -> dict:
        before = len(self.request.ids) + len(self.request.begin)
        return {"prompt_tokens": before, "completion_tokens": count, "total_tokens": before + count}
