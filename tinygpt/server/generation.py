"""写：收下请求，一步一步地让模型写，一次交出，或者边写边交出（SSE，server-sent events）。

知道 tornado；怎样读请求、怎样写、交出什么样子，都在别的文件里。
"""

import asyncio
from collections.abc import AsyncIterator

from tornado.iostream import StreamClosedError
from tornado.web import stream_request_body

from tinygpt.errors import InputError
from tinygpt.server.engine import Written, write
from tinygpt.server.handlers import REASONS, Handler, no_such_model, to_json
from tinygpt.server.refusal import Refusal, error_body
from tinygpt.server.requests import Fields, Request
from tinygpt.server.responses import Response
from tinygpt.server.service import Service


@stream_request_body
class Generation(Handler):
    """/v1/chat/completions 与 /v1/completions；read 是读请求的函数。"""

    def initialize(self, service: Service, read) -> None:
        super().initialize(service)
        self.read, self.closed = read, False
        self.body, self.size = [], 0

    def check(self) -> None:
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if self.request.method == "POST" and kind != "application/json":
            expected = "Content-Type: application/json"
            raise Refusal(415, "unsupported_media_type", "请求没有说自己是 JSON", expected)

    def data_received(self, chunk: bytes) -> None:
        """收下一块。太大的请求照样读完（不然对方收不到回话），但不留着。"""
        self.size += len(chunk)
        if self.size <= self.service.limits.body_bytes:
            self.body.append(chunk)

    def on_connection_close(self) -> None:
        self.closed = True

    async def post(self) -> None:
        service = self.service
        try:
            request = self.read_request()
            parts = write(service.model, service.tokenizer, request)
            if service.writing >= service.limits.parallel:
                found = f"已有 {service.writing} 个请求在写"
                expected = f"同时至多 {service.limits.parallel} 个"
                raise Refusal(429, "too_many_requests", found, expected, "等一会儿再来")
        except InputError as error:
            self.refuse(error)
            return
        service.writing += 1
        try:
            send = self.send_stream if request.stream else self.send_whole
            await send(Response(service.name, service.tokenizer, request), self.stepwise(parts))
        except StreamClosedError:
            self.closed = True
        finally:
            service.writing -= 1

    def read_request(self) -> Request:
        service, most = self.service, self.service.limits.body_bytes
        if self.size > most:
            found, fix = f"请求有 {self.size} 字节", "说得短些，少带几轮历史"
            raise Refusal(413, "request_too_large", found, f"不超过 {most} 字节", fix)
        fields = Fields(b"".join(self.body))
        if fields.take("model", str, service.name) != service.name:
            raise no_such_model(service.name)
        return self.read(fields, service.tokenizer, service.model.config.context_length, service.limits)

    async def stepwise(self, parts) -> AsyncIterator[Written]:
        """每一段在模型的线程里算；对方断开就停。"""
        loop = asyncio.get_running_loop()
        while not self.closed:
            part = await loop.run_in_executor(self.service.worker, next, parts, None)
            if part is None:
                return
            yield part

    async def send_whole(self, response: Response, parts: AsyncIterator[Written]) -> None:
        written = [part async for part in parts]
        if not self.closed:
            self.send_json(response.whole(written))

    async def send_stream(self, response: Response, parts: AsyncIterator[Written]) -> None:
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        if response.request.chat:
            await self.send_event(to_json(response.first_chunk()))
        count = 0
        try:
            async for part in parts:
                count = part.count
                await self.send_event(to_json(response.chunk(part)))
        except StreamClosedError:
            raise
        except Exception:  # 状态码早已送出，只能在这里说
            await self.send_event(to_json(error_body(Refusal(500, "error", REASONS[500]))[1]))
            raise
        if response.request.usage:
            await self.send_event(to_json(response.usage_chunk(count)))
        self.write(event(b"[DONE]"))  # 不等它送到：先让出位置，对方收到时就能再问

    async def send_event(self, data: bytes) -> None:
        self.write(event(data))
        await self.flush()


def event(data: bytes) -> bytes:
    """SSE 的一段。"""
    return b"data: " + data + b"\n\n"
