"""每个地址共同的，与不用写的那几个：网页的文件、模型的名字、没有的地址。

先看是谁来问；不答应就说清楚。知道 tornado，不知道怎样写。
"""

import json

from tornado.web import RequestHandler

from tinygpt.errors import InputError
from tinygpt.server.guard import check_headers
from tinygpt.server.refusal import Refusal, error_body
from tinygpt.server.service import Service

HEADERS = {
    "Server": "tinygpt",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
REASONS = {405: "这个地址不能这样用", 500: "程序出错了，原因印在运行 tinygpt serve 的终端里"}


class Handler(RequestHandler):
    """共同的：先看是谁来问；不答应就说清楚。"""

    def initialize(self, service: Service) -> None:
        self.service = service

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        try:
            check_headers(self.request.method, self.request.headers)
            self.check()
        except InputError as error:
            self.refuse(error)

    def check(self) -> None:
        """各个地址自己的检查。"""

    def refuse(self, error: InputError) -> None:
        status, body = error_body(error)
        self.set_status(status)
        self.send_json(body)

    def write_error(self, status_code: int, **_) -> None:
        self.refuse(Refusal(status_code, "error", REASONS.get(status_code, self._reason)))

    def send_json(self, values: dict) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(to_json(values))


def to_json(values: dict) -> bytes:
    """中文照写；错误里可能带着别人写的半个字符，换成问号。"""
    return json.dumps(values, ensure_ascii=False).encode("utf-8", errors="replace")


class Nothing(Handler):
    """没有的地址。"""

    def check(self) -> None:
        expected = "/、/v1/models、/v1/completions、/v1/chat/completions"
        raise Refusal(404, "not_found", "没有这个地址", expected)


class Page(Handler):
    """网页的一个文件。"""

    def initialize(self, service: Service, text: bytes, kind: str) -> None:
        super().initialize(service)
        self.text, self.kind = text, kind

    def get(self) -> None:
        self.set_header("Content-Type", f"{self.kind}; charset=utf-8")
        self.finish(self.text)


class Models(Handler):
    """有哪些模型：只有一个。"""

    def get(self, name: str | None) -> None:
        service = self.service
        model = {"id": service.name, "object": "model", "created": 0, "owned_by": "tinygpt"}
        model["context_length"] = service.model.config.context_length
        if name is None:
            self.send_json({"object": "list", "data": [model]})
        elif name == service.name:
            self.send_json(model)
        else:
            self.refuse(no_such_model(service.name))


def no_such_model(name: str) -> Refusal:
    return Refusal(404, "model_not_found", "没有这个模型", name, "先问 /v1/models", param="model")
