"""服务：真的 openai 客户端用得了；做不到的、太大的、太多的、陌生的都说清楚；文件谁也读不到。"""

import dataclasses
import http.client
import json
import math
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from serving import GREEDY, JSON, NEXT, WAIT, Bigram, one, running

from tinygpt import complete, reply
from tinygpt.chat import Conversation, prompt_ids
from tinygpt.checkpoint import model_tensors, save_tensors, write_json
from tinygpt.cli import main
from tinygpt.errors import InputError
from tinygpt.server import engine
from tinygpt.server.app import PAGE, listen
from tinygpt.server.limits import Limits
from tinygpt.template import Template
from tinygpt.tokenizer import CHAT, EOS

CHATS, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
HELLO = [{"role": "user", "content": "你好"}]


@pytest.fixture(scope="module")
def server(tokenizer):
    with running(Bigram(tokenizer), tokenizer) as running_server:
        yield running_server


@pytest.fixture
def client(server):
    openai = pytest.importorskip("openai", reason="没有安装 openai（pip install -e .[test]）")
    with openai.OpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0, timeout=WAIT) as client:
        yield client


# ---- openai 客户端 ----


def test_models(client, server):
    (model,) = client.models.list().data
    assert model.id == "小模型" and client.models.retrieve("小模型").id == "小模型"


def test_chat(client, server):
    answer = client.chat.completions.create(model="小模型", messages=HELLO, temperature=0)
    (choice,) = answer.choices
    assert choice.message.role == "assistant" and choice.message.content == GREEDY
    assert choice.finish_reason == "stop" and choice.logprobs is None
    written = len(GREEDY) - 1 + 1  # “小猫”是一个 token，<eos> 也算一个
    prompt = len(prompt_ids(server.service.tokenizer, Conversation(), "你好", 128))
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (prompt, written)
    assert usage.total_tokens == prompt + written


def test_chat_in_pieces(client):
    options = {"include_usage": True}
    stream = client.chat.completions.create(
        model="小模型", messages=HELLO, temperature=0, stream=True, stream_options=options
    )
    chunks = list(stream)
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [c.choices[0].delta.content for c in chunks if c.choices]
    assert [piece for piece in pieces if piece] == ["小猫", *GREEDY[2:]]
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.completion_tokens == len(GREEDY) and len({c.id for c in chunks}) == 1


def test_probabilities_are_the_models_own(client):
    """温度、top-p 改变怎样抽，不改变说出来的概率。"""
    answer = client.chat.completions.create(
        model="小模型", messages=HELLO, temperature=0, top_p=0.5, logprobs=True, top_logprobs=3
    )
    content = answer.choices[0].logprobs.content
    assert "".join(step.token for step in content) == GREEDY
    assert math.exp(content[0].logprob) == pytest.approx(0.7, abs=1e-5)
    alternatives = {other.token: math.exp(other.logprob) for other in content[0].top_logprobs}
    assert alternatives == pytest.approx(NEXT["答"], abs=1e-5)
    assert bytes(content[0].bytes).decode() == "小猫"


def test_completion(client):
    answer = client.completions.create(model="小模型", prompt="机器学习", temperature=0, logprobs=2)
    (choice,) = answer.choices
    assert choice.text == "是智能。" and choice.finish_reason == "stop"
    assert choice.logprobs.tokens == ["是", "智能", "。"]
    assert [math.exp(x) for x in choice.logprobs.token_logprobs] == pytest.approx([1, 0.8, 1], abs=1e-5)
    assert set(choice.logprobs.top_logprobs[1]) == {"智能", "河"}


def test_completion_in_pieces(client):
    stream = client.completions.create(model="小模型", prompt="小猫", temperature=0, stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == GREEDY[2:]


def test_token_ids_are_a_prompt_too(client, tokenizer):
    prompt = [one(tokenizer, "机器学习")]
    answer = client.completions.create(model="小模型", prompt=prompt, temperature=0)
    assert answer.choices[0].text == "是智能。"


@pytest.mark.parametrize("stop", ["看", ["鱼", "边看"], ["没有", "看"]])
def test_stop(client, stop):
    answer = client.completions.create(model="小模型", prompt="小猫", temperature=0, stop=stop)
    expected = "在河" if stop == ["鱼", "边看"] else "在河边"
    assert answer.choices[0].text == expected and answer.choices[0].finish_reason == "stop"


def test_length(client):
    for most in (1, 3):
        answer = client.completions.create(model="小模型", prompt="小猫", temperature=0, max_tokens=most)
        assert answer.choices[0].text == "在河边"[:most] and answer.choices[0].finish_reason == "length"
        assert answer.usage.completion_tokens == most
    answer = client.chat.completions.create(
        model="小模型", messages=HELLO, temperature=0, max_completion_tokens=1
    )
    assert answer.choices[0].message.content == "小猫"


def test_the_whole_conversation_is_shown_to_the_model(client, server, tokenizer):
    messages = [*HELLO, {"role": "assistant", "content": "好。"},
                {"role": "user", "content": [{"type": "text", "text": "小猫呢？"}]}]  # fmt: skip
    server.model.seen.clear()
    client.chat.completions.create(model="小模型", messages=messages, temperature=0)
    history = Conversation((("你好", "好。"),))
    assert server.model.seen[0] == prompt_ids(tokenizer, history, "小猫呢？", 128)


def test_a_model_tuned_with_another_template_is_asked_by_it(tokenizer, monkeypatch):
    """问法、停在哪里，都照微调时的模板。"""
    template, real, seen = Template("甲：{prompt}\n乙：{answer}"), engine.reply_pieces, []
    monkeypatch.setattr(engine, "reply_pieces", lambda *a, **k: seen.append(k["template"]) or real(*a, **k))
    with running(Bigram(tokenizer), tokenizer, template=template) as server:
        status, _, _ = server.chat("你好")
        assert status == 200 and seen == [template]
        assert server.model.seen[0] == prompt_ids(tokenizer, Conversation(), "你好", 128, template=template)


def test_errors_arrive_as_the_clients_own(client):
    import openai

    cases = [
        (openai.BadRequestError, {"temperature": -1}),
        (openai.NotFoundError, {"model": "gpt-4"}),
        (openai.BadRequestError, {"messages": [{"role": "system", "content": "x"}, *HELLO]}),
    ]
    for kind, changes in cases:
        with pytest.raises(kind) as caught:
            client.chat.completions.create(**{"model": "小模型", "messages": HELLO} | changes)
        assert "应该是" in caught.value.body["message"]


def test_the_same_seed_the_same_words_and_the_same_as_at_home(tokenizer, make_model):
    """服务写的，与 reply、complete 写的一样。"""
    model = make_model(vocab_size=tokenizer.vocab_size, context_length=64, std=0.4).eval()
    options = {"conversation": Conversation(), "question": "你好", "max_new_tokens": 30}
    home = ["".join(reply(model, tokenizer, seed=seed, **options)) for seed in (0, 1)]
    assert len(set(home)) > 1
    with running(model, tokenizer) as server:
        for seed in (0, 1):
            request = {"messages": HELLO, "seed": seed, "max_tokens": 30}
            _, _, answer = server.ask("POST", CHATS, request)
            assert answer["choices"][0]["message"]["content"] == home[seed]
            _, _, answer = server.ask("POST", COMPLETIONS, {"prompt": "小猫", "seed": seed, "max_tokens": 80})
            written = complete(model, tokenizer, "小猫", seed=seed, max_new_tokens=80)  # 写过上下文
            assert answer["choices"][0]["text"] == written


# ---- 从另一个 token 接着写 ----


def begun(server, *words, **more):
    begin = [one(server.service.tokenizer, word) for word in words]
    status, _, answer = server.chat(begin=begin, logprobs=True, top_logprobs=2, **more)
    assert status == 200, answer
    return answer["choices"][0]


def test_continuing_from_another_token(server):
    choice = begun(server, "小猫", "是")
    assert choice["message"]["content"] == "小猫是智能。"
    content = choice["logprobs"]["content"]
    assert [step["token"] for step in content] == ["智能", "。"]  # 开头不是它挑的，没有概率
    assert server.model.seen[-3][-1] == one(server.service.tokenizer, "是")


def test_the_step_that_ended_it_is_told(server):
    ending = begun(server)["ending"]
    assert ending["id"] == EOS and math.exp(ending["logprob"]) == pytest.approx(0.9, abs=1e-5)
    assert [other["token"] for other in ending["top_logprobs"]] == ["<eos>", "小猫"]
    assert "ending" not in begun(server, max_tokens=2)
    further = begun(server, "小猫", *GREEDY[2:], "小猫")  # 不停下，接着写
    assert further["message"]["content"] == 2 * GREEDY


def test_a_beginning_may_end_inside_a_character(server, tokenizer):
    """“楔”不在词表里，是三个字节：开头停在第二个，字就还没有写出来。"""
    ids = tokenizer.encode("楔")
    assert len(ids) == 3
    for kept, text in ((2, ""), (3, "楔")):  # 没有写完的字不交出
        request = {"prompt": "小猫", "begin": ids[:kept], "temperature": 0}
        assert server.ask("POST", COMPLETIONS, request)[2]["choices"][0]["text"] == text


def test_a_beginning_may_hold_the_start_of_the_stop(server, tokenizer):
    """换行是定好的，“问”接着写出来：仍然认得出它要替你提问了。"""
    begin = tokenizer.encode("小猫\n问")
    status, _, answer = server.chat(begin=begin)
    assert status == 200 and answer["choices"][0]["message"]["content"] == "小猫"


def test_a_beginning_that_fills_the_context(server, tokenizer):
    room = 128 - len(prompt_ids(tokenizer, Conversation(), "你好", 128))
    fish = one(tokenizer, "鱼")
    assert server.chat(begin=[fish] * (room - 1))[0] == 200
    status, _, answer = server.chat(begin=[fish] * room)
    assert status == 400 and "回答的开头" in answer["error"]["message"]


# ---- 不答应的 ----

BAD = [
    # 名字，地址，请求，状态码，code，param
    ("不是 JSON", CHATS, b"{", 400, "invalid_json", None),
    ("不是 UTF-8", CHATS, '{"messages": "你"}'.encode("gb18030"), 400, "invalid_json", None),
    ("套得太深", CHATS, b"[" * 100_000, 400, "invalid_json", None),
    ("不是对象", CHATS, [1], 400, "invalid_json", None),
    ("没有消息", CHATS, {}, 400, "invalid_value", "messages"),
    ("消息是空的", CHATS, {"messages": []}, 400, "invalid_value", "messages"),
    ("消息不是列表", CHATS, {"messages": "你好"}, 400, "invalid_value", "messages"),
    ("消息不是对象", CHATS, {"messages": ["你好"]}, 400, "invalid_value", "messages"),
    ("有 system", CHATS, {"messages": [{"role": "system", "content": "x"}, *HELLO]}, 400, "invalid_value",
     "messages"),
    ("连着两问", CHATS, {"messages": HELLO * 2}, 400, "invalid_value", "messages"),
    ("最后是答", CHATS, {"messages": [*HELLO, {"role": "assistant", "content": "x"}]}, 400, "invalid_value",
     "messages"),
    ("图片", CHATS, {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400,
     "invalid_value", "messages"),
    ("问题是空的", CHATS, {"messages": [{"role": "user", "content": " \n"}]}, 400, "invalid_value", None),
    ("问题太长", CHATS, {"messages": [{"role": "user", "content": "猫" * 200}]}, 400, "invalid_value", None),
    ("半个字符", CHATS, b'{"messages": [{"role": "user", "content": "\\ud800"}]}', 400,
     "invalid_value", None),
    ("字段名是半个字符", CHATS, b'{"\\ud800": 1, "messages": [{"role": "user", "content": "a"}]}', 400,
     "unknown_field", "?"),
    ("别的模型", CHATS, {"model": "gpt-4", "messages": HELLO}, 404, "model_not_found", "model"),
    ("温度是负的", CHATS, {"messages": HELLO, "temperature": -0.5}, 400, "invalid_value", None),
    ("温度不是数", CHATS, {"messages": HELLO, "temperature": "热"}, 400, "invalid_value", "temperature"),
    ("温度是 true", CHATS, {"messages": HELLO, "temperature": True}, 400, "invalid_value", "temperature"),
    ("温度是 NaN", CHATS, b'{"messages": [{"role": "user", "content": "a"}], "temperature": NaN}', 400,
     "invalid_value", None),
    ("top_p 太大", CHATS, {"messages": HELLO, "top_p": 1.5}, 400, "invalid_value", None),
    ("写 0 个", CHATS, {"messages": HELLO, "max_tokens": 0}, 400, "invalid_value", "max_tokens"),
    ("写太多", COMPLETIONS, {"prompt": "猫", "max_tokens": 1025}, 400, "invalid_value", "max_tokens"),
    ("种子太大", COMPLETIONS, {"prompt": "猫", "seed": 2**63}, 400, "invalid_value", "seed"),
    ("候选太多", CHATS, {"messages": HELLO, "logprobs": True, "top_logprobs": 21}, 400, "invalid_value",
     "top_logprobs"),
    ("stop 太多", COMPLETIONS, {"prompt": "猫", "stop": ["a"] * 5}, 400, "invalid_value", "stop"),
    ("stop 是空的", COMPLETIONS, {"prompt": "猫", "stop": [""]}, 400, "invalid_value", "stop"),
    ("stop 不是文字", COMPLETIONS, {"prompt": "猫", "stop": [1]}, 400, "invalid_value", "stop"),
    ("写几份", CHATS, {"messages": HELLO, "n": 2}, 400, "invalid_value", "n"),
    ("惩罚", CHATS, {"messages": HELLO, "frequency_penalty": 1}, 400, "invalid_value", "frequency_penalty"),
    ("工具", CHATS, {"messages": HELLO, "tools": []}, 400, "unknown_field", "tools"),
    ("提示是空的", COMPLETIONS, {"prompt": ""}, 400, "invalid_value", None),
    ("没有提示", COMPLETIONS, {}, 400, "invalid_value", None),
    ("几个提示", COMPLETIONS, {"prompt": ["猫", "鱼"]}, 400, "invalid_value", "prompt"),
    ("提示太长", COMPLETIONS, {"prompt": [300] * 129}, 400, "invalid_value", None),
    ("提示与开头太长", COMPLETIONS, {"prompt": [300] * 100, "begin": [300] * 29}, 400, "invalid_value", None),
    ("编号太大", COMPLETIONS, {"prompt": [100_000]}, 400, "invalid_value", "prompt"),
    ("编号是负的", COMPLETIONS, {"prompt": [-1]}, 400, "invalid_value", "prompt"),
    ("编号是小数", COMPLETIONS, {"prompt": [300.0]}, 400, "invalid_value", "prompt"),
    ("开头有特殊 token", CHATS, {"messages": HELLO, "begin": [CHAT]}, 400, "invalid_value", "begin"),
]  # fmt: skip


@pytest.mark.parametrize(
    "path, body, status, code, param", [pytest.param(*row[1:], id=row[0]) for row in BAD]
)
def test_bad_requests(server, path, body, status, code, param):
    server.model.seen.clear()
    found, _, answer = server.ask("POST", path, body)
    assert (found, answer["error"]["code"], answer["error"]["param"]) == (status, code, param)
    assert answer["error"]["type"] == "invalid_request_error"
    message = answer["error"]["message"]
    assert any("\u4e00" <= c <= "\u9fff" for c in message) and "Traceback" not in message
    assert server.model.seen == []  # 没有让模型白算


def test_what_is_only_written_out_is_accepted(server):
    usual = {"n": 1, "presence_penalty": 0, "frequency_penalty": 0.0, "stop": None, "user": "我",
             "logit_bias": {}, "response_format": {"type": "text"}, "tools": None}  # fmt: skip
    assert server.chat(**usual)[0] == 200


@pytest.mark.parametrize("method, path, status", [
    ("GET", CHATS, 405), ("OPTIONS", CHATS, 405), ("PUT", CHATS, 405), ("POST", "/", 405),
    ("POST", "/v1/models", 405), ("GET", "/v1/embeddings", 404), ("POST", "/v1/responses", 404),
    ("GET", "/v1/models/gpt-4", 404),
])  # fmt: skip
def test_other_addresses_and_methods(server, method, path, status):
    found, headers, answer = server.ask(method, path)
    assert found == status and "error" in answer and "Access-Control-Allow-Origin" not in headers


def test_only_json(server):
    """text/plain 的请求，陌生的网页不必先问就能发出。"""
    body = json.dumps({"messages": HELLO})
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        status, _, answer = server.ask("POST", CHATS, body, {"Content-Type": kind})
        assert status == 415 and "JSON" in answer["error"]["message"]
    assert server.ask("POST", CHATS, body, {"Content-Type": "application/json; charset=utf-8"})[0] == 200


# ---- 陌生的网页 ----


@pytest.mark.parametrize("path", ["/", "/v1/models", CHATS])
@pytest.mark.parametrize("headers, code", [
    ({"Host": "evil.example"}, "host_not_allowed"),  # DNS rebinding
    ({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, "host_not_allowed"),
    ({"Host": "127.0.0.1.evil.example"}, "host_not_allowed"),
    ({"Host": "0.0.0.0"}, "host_not_allowed"),
    ({"Origin": "https://evil.example"}, "origin_not_allowed"),
    ({"Origin": "null"}, "origin_not_allowed"),
    ({"Origin": "http://localhost:9"}, "origin_not_allowed"),  # 这台机器上别的服务
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, "site_not_allowed"),
    ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, "site_not_allowed"),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
     "site_not_allowed"),
])  # fmt: skip
def test_strangers(server, path, headers, code):
    server.model.seen.clear()
    method = "POST" if path == CHATS else "GET"
    body = {"messages": HELLO} if path == CHATS else None
    status, sent, answer = server.ask(method, path, body, headers)
    assert status == 403 and answer["error"]["code"] == code and answer["error"]["type"] == "permission_error"
    assert server.model.seen == [] and "Access-Control-Allow-Origin" not in sent


def test_our_own_page_and_ssh_forwarding(server):
    for host in (f"localhost:{server.port}", f"127.0.0.1:{server.port}", "localhost:9999", "LOCALHOST"):
        own = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert server.ask("POST", CHATS, {"messages": HELLO}, own)[0] == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert server.ask("GET", "/", None, link, raw=True)[0] == 200
    assert server.ask("POST", CHATS, {"messages": HELLO}, link)[0] == 403


def test_the_page_cannot_be_framed_and_loads_nothing_from_elsewhere(server):
    _, headers, text = server.ask("GET", "/", raw=True)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    for path in PAGE.iterdir():
        assert "http:" not in (words := path.read_text(encoding="utf-8")) and "https:" not in words


# ---- 文件 ----


def test_only_the_files_of_the_page(server):
    served = {"/"} | {f"/{path.name}" for path in PAGE.iterdir()} - {"/index.html"}
    assert served == {"/", "/page.css", "/page.js", "/api.js", "/tokens.js"}
    for path in served:
        name = path.strip("/") or "index.html"
        status, headers, text = server.ask("GET", path, raw=True)
        assert status == 200 and text == (PAGE / name).read_text(encoding="utf-8")
        assert headers["Content-Type"].startswith(("text/html", "text/css", "text/javascript"))


@pytest.mark.parametrize("path", [
    "/index.html", "/app.py", "/page/index.html", "/../app.py", "/page.js/../../app.py", "/%2e%2e/app.py",
    "/..%2fapp.py", "/....//app.py", "//etc/passwd", "/%5c..%5capp.py", "/page.js%00.css", "/favicon.ico",
    "/static/page.js", "/v1/models/../../app.py", "/v1/models/..%2f..%2fapp.py",
])  # fmt: skip
def test_no_other_file(server, path):
    status, _, text = server.ask("GET", path, raw=True)
    assert status in (400, 404) and "import" not in text and "<html" not in text


# ---- 太大，太多 ----


def test_too_large(tokenizer):
    with running(Bigram(tokenizer), tokenizer, body_bytes=2000) as server:
        request = {"messages": HELLO, "user": ""}
        fits = 2000 - len(json.dumps(request))
        assert server.ask("POST", CHATS, request | {"user": "x" * fits})[0] == 200
        for size in (fits + 1, 3_000_000):
            status, _, answer = server.ask("POST", CHATS, request | {"user": "x" * size})
            assert status == 413 and "2000" in answer["error"]["message"]
        pieces = (b"x" * 500 for _ in range(100))  # 一块一块地来，先不说有多大
        status, _, answer = server.ask("POST", CHATS, pieces)
        assert status == 413 and answer["error"]["code"] == "request_too_large"


def test_the_usual_limits():
    limits = Limits()
    assert limits.body_bytes <= 2**20 and limits.parallel <= 8 and limits.new_tokens <= 4096


def wait_until(condition) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_too_many_at_once(tokenizer):
    """第一个还在写，第二个得到 429；第一个写完，就又能写了。"""
    model, go = Bigram(tokenizer), threading.Event()
    model.before = lambda: go.wait(WAIT)
    with running(model, tokenizer, parallel=1) as server:
        answers = []
        first = threading.Thread(target=lambda: answers.append(server.chat()))
        first.start()
        wait_until(lambda: server.service.writing == 1)
        status, _, answer = server.chat()
        assert status == 429 and answer["error"]["type"] == "rate_limit_error"
        assert server.ask("GET", "/v1/models")[0] == 200  # 不用写的照样答应
        go.set()
        first.join(WAIT)
        assert answers[0][0] == 200 and server.chat()[0] == 200
        wait_until(lambda: server.service.writing == 0)


@pytest.mark.parametrize("stream", [True, False])
def test_when_the_other_side_leaves_the_model_stops(tokenizer, stream):
    model, steps = Bigram(tokenizer), threading.Semaphore(0)
    model.table[:] = -30.0
    model.table[:, one(tokenizer, "鱼")] = 0.0  # 鱼鱼鱼……
    model.before = lambda: steps.acquire(timeout=WAIT)
    with running(model, tokenizer) as server:
        body = json.dumps({"prompt": "鱼", "max_tokens": 1000, "stream": stream})
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT)
        connection.request("POST", COMPLETIONS, body, JSON)
        steps.release(3)
        wait_until(lambda: len(model.seen) == 3)
        connection.sock.shutdown(socket.SHUT_RDWR)
        connection.close()
        time.sleep(0.1)  # 让服务看见断开；看见得晚，也只多算几步
        for _ in range(1000):
            if not server.service.writing:
                break
            steps.release()
            time.sleep(0.01)
        assert server.service.writing == 0 and len(model.seen) < 900


def test_several_requests_take_turns(tokenizer):
    """一个长的还没有写完，短的已经写完。"""
    model, steps = Bigram(tokenizer), threading.Semaphore(0)
    fish, dot = one(tokenizer, "鱼"), one(tokenizer, "。")
    model.table[fish] = -30.0
    model.table[fish, fish] = 0.0
    model.before = lambda: steps.acquire(timeout=WAIT)
    with running(model, tokenizer) as server:
        answers = {}

        def ask(name, prompt, most):
            answers[name] = server.ask("POST", COMPLETIONS, {"prompt": prompt, "max_tokens": most})

        long = threading.Thread(target=ask, args=("长", [fish], 100))
        short = threading.Thread(target=ask, args=("短", [dot], 1))
        long.start()
        wait_until(lambda: server.service.writing == 1)
        short.start()
        wait_until(lambda: server.service.writing == 2)
        steps.release(20)  # 长的要 100 步，短的只要 1 步
        short.join(WAIT)
        assert "短" in answers and "长" not in answers
        steps.release(100)
        long.join(WAIT)
        assert answers["长"][2]["usage"]["completion_tokens"] == 100


# ---- 程序自己的毛病 ----


@pytest.fixture
def broken(tokenizer):
    """写到第三步就出错的模型。"""
    model = Bigram(tokenizer)

    def fail():
        if len(model.seen) == 2:
            raise RuntimeError("机密")

    model.before = fail
    with running(model, tokenizer) as server:
        yield server


def test_an_error_of_the_program(broken, caplog):
    status, _, answer = broken.chat()
    assert status == 500 and answer["error"]["type"] == "server_error"
    assert "机密" not in json.dumps(answer, ensure_ascii=False) and "终端" in answer["error"]["message"]
    wait_until(lambda: broken.service.writing == 0)
    assert "机密" in caplog.text


def test_an_error_of_the_program_in_the_middle_of_a_stream(broken):
    _, _, text = broken.ask(
        "POST", CHATS, {"messages": HELLO, "temperature": 0, "stream": True}, raw=True
    )
    events = [json.loads(part.removeprefix("data: ")) for part in text.split("\n\n") if part]
    assert [e["choices"][0]["delta"]["content"] for e in events[:-1]] == ["", "小猫", "在"]
    assert events[-1]["error"]["type"] == "server_error" and "[DONE]" not in text
    wait_until(lambda: broken.service.writing == 0)


# ---- 命令 ----


def test_only_this_machine_can_connect():
    (listening,) = listen(0)
    with listening:
        assert listening.getsockname()[0] == "127.0.0.1"
        with pytest.raises(InputError, match="--port"):
            listen(listening.getsockname()[1])


@pytest.mark.parametrize("arguments, word", [
    (["--port", "-1"], "--port"), (["--port", "65536"], "65535"), (["--model", "没有这个"], "没有这个模型"),
])  # fmt: skip
def test_bad_arguments(arguments, word, capsys):
    assert main(["serve", *arguments]) == 2
    assert word in capsys.readouterr().err


# 测试若在后台运行，子进程生来就不理 Ctrl-C，所以先换回平常的样子
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from tinygpt.cli import main
sys.exit(main())
"""


@pytest.fixture
def folder(tmp_path, tokenizer, make_model):
    """一个模型的文件夹，用自己的文字训练的。"""
    model, path = make_model(vocab_size=tokenizer.vocab_size, context_length=64), tmp_path / "我的模型"
    path.mkdir()
    save_tensors(path / "model.safetensors", model_tensors(model))
    write_json(path / "config.json", dataclasses.asdict(model.config))
    write_json(path / "run.json", {"data": ["小说.txt"]})
    tokenizer.save(path / "tokenizer.json")
    return path


def test_the_command_asks_by_the_template_of_the_model(folder, monkeypatch, capsys):
    seen, template = [], "甲：{prompt}\n乙：{answer}"
    write_json(folder / "run.json", {"data": ["问答.jsonl"], "template": template})

    async def serve(service, sockets):
        seen.append(service.template.text)
        for one_socket in sockets:
            one_socket.close()

    monkeypatch.setattr("tinygpt.server.app.serve", serve)
    assert main(["serve", "--model", str(folder), "--port", "0"]) == 0
    assert seen == [template] and "续写" not in capsys.readouterr().out


def test_the_command(folder):
    """真的命令：印出地址，写得出话，Ctrl-C 停得下。"""
    command = [sys.executable, "-c", COMMAND, "serve", "--model", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                               cwd=Path(__file__).parents[1])  # fmt: skip
    try:
        lines = [process.stdout.readline() for _ in range(4)]
        port = int(lines[0].strip().rstrip("/").rpartition(":")[2])
        assert "我的模型" in lines[1] and "续写" in lines[2]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
        connection.request("POST", COMPLETIONS, json.dumps({"prompt": "小猫", "max_tokens": 3}), JSON)
        answer = json.loads(connection.getresponse().read())
        assert answer["model"] == "我的模型" and answer["usage"]["completion_tokens"] <= 3
        connection.close()
        if sys.platform == "win32":
            pytest.skip("Windows 上不能这样送 Ctrl-C")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT)
        assert process.returncode == 130 and "已停下" in err and "Traceback" not in err
    finally:
        process.kill()
        process.wait()
