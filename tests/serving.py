"""测试服务时共用的：一个看得懂的模型，一个在别的线程里跑的服务。"""

import asyncio
import http.client
import json
import math
import threading
from contextlib import contextmanager, suppress

import torch

from tinygpt.chat import TEMPLATE, Conversation, prompt_ids
from tinygpt.config import GPTConfig
from tinygpt.server.app import listen, serve
from tinygpt.server.limits import Limits
from tinygpt.server.service import Service
from tinygpt.tokenizer import EOS, Tokenizer

JSON = {"Content-Type": "application/json"}
WAIT = 60  # 秒；只是不让坏了的测试永远等下去
# 前一个 token → 下一个的概率；“答”是提示的末尾
NEXT = {
    "答": {"小猫": 0.7, "机器学习": 0.25, "河": 0.05},
    "小猫": {"在": 0.6, "是": 0.3, "<eos>": 0.1},
    "在": {"河": 0.55, "看": 0.45},
    "河": {"边": 1.0},
    "边": {"看": 0.9, "。": 0.1},
    "看": {"鱼": 0.98, "小猫": 0.02},
    "鱼": {"。": 0.99, "<eos>": 0.01},
    "机器学习": {"是": 1.0},
    "是": {"智能": 0.8, "河": 0.2},
    "智能": {"。": 1.0},
    "。": {"<eos>": 0.9, "小猫": 0.1},
}
GREEDY = "小猫在河边看鱼。"


class Bigram(torch.nn.Module):
    """只看前一个 token 的模型，概率写在 NEXT 里；记着每次收到的编号。"""

    def __init__(self, tokenizer: Tokenizer, context_length: int = 128):
        super().__init__()
        v = tokenizer.vocab_size
        self.config = GPTConfig(vocab_size=v, context_length=context_length, n_layer=1, n_head=1, n_embd=1)
        self.unused, self.device = torch.nn.Parameter(torch.zeros(1)), torch.device("cpu")
        self.seen, self.before = [], lambda: None  # before：每一步之前做什么
        end = prompt_ids(tokenizer, Conversation(), "你好", context_length)[-1]
        self.table = torch.full((v, v), -30.0)
        self.table[:, EOS] = 0.0
        for word, following in NEXT.items():
            row = end if word == "答" else one(tokenizer, word)
            self.table[row] = -30.0
            for other, probability in following.items():
                self.table[row, one(tokenizer, other)] = math.log(probability)

    def forward(self, ids, cache=None):
        self.before()
        cache.advance(ids.size(1))
        self.seen.append(ids[0].tolist())
        return self.table[ids]


def one(tokenizer: Tokenizer, word: str) -> int:
    """一个词正好是一个 token 时，它的编号。"""
    id = tokenizer.id(word)
    assert id is not None, f"词表里没有 {word}"
    return id


class Running:
    """一个在跑的服务：地址，与收发几个请求的办法。"""

    def __init__(self, service: Service, port: int):
        self.service, self.model, self.port = service, service.model, port
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body=None, headers=None, raw: bool = False):
        """（状态码，头，内容）。body 是 dict 就写成 JSON；内容默认当 JSON 读。"""
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        kind = JSON if method == "POST" else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        try:
            connection.request(method, path, data, {**kind, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8")
            return answer.status, answer.headers, text if raw else json.loads(text)
        finally:
            connection.close()

    def chat(self, question: str = "你好", **more):
        messages = [{"role": "user", "content": question}]
        return self.ask("POST", "/v1/chat/completions", {"messages": messages, "temperature": 0, **more})


@contextmanager
def running(model, tokenizer, template=TEMPLATE, **limits):
    """在别的线程里跑一个服务，用完就停。"""
    service, sockets = Service(model, tokenizer, "小模型", Limits(**limits), template), listen(0)
    ready, state = threading.Event(), {}

    async def main():
        state["loop"], state["task"] = asyncio.get_running_loop(), asyncio.current_task()
        ready.set()
        await serve(service, sockets)

    def run():
        with suppress(asyncio.CancelledError):
            asyncio.run(main())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(WAIT)
    try:
        yield Running(service, sockets[0].getsockname()[1])
    finally:
        state["loop"].call_soon_threadsafe(state["task"].cancel)
        thread.join(WAIT)
        assert not thread.is_alive()
