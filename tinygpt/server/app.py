"""几个地址，只在这台机器上听。

交出的文件只有 page/ 里的几个，启动时读进来；别的路径都没有，所以这台机器上的文件谁也读不到。
"""

import asyncio
import errno
import socket
import sys
from functools import partial
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from tinygpt.errors import InputError
from tinygpt.server.generation import Generation
from tinygpt.server.handlers import Models, Nothing, Page
from tinygpt.server.requests import read_chat, read_completion
from tinygpt.server.service import Service

LOOPBACK = "127.0.0.1"
REASONS = {
    errno.EADDRINUSE: "别的程序（也可能是另一个 tinygpt serve）正在用它",
    errno.EACCES: "系统不许用（1024 以下的端口要管理员）",
}
PAGE = Path(__file__).parent / "page"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


def application(service: Service) -> Application:
    """地址与它们的处理。"""
    files = {f"/{path.name}": path for path in sorted(PAGE.iterdir()) if path.suffix in TYPES}
    files["/"] = files.pop("/index.html")
    known = {"service": service}
    handlers = [
        (address, Page, {**known, "text": path.read_bytes(), "kind": TYPES[path.suffix]})
        for address, path in files.items()
    ]
    ask = partial(read_chat, template=service.template)
    handlers += [
        ("/v1/models(?:/(.*))?", Models, known),
        ("/v1/chat/completions", Generation, {**known, "read": ask}),
        ("/v1/completions", Generation, {**known, "read": read_completion}),
    ]
    return Application(
        handlers, default_handler_class=Nothing, default_handler_args=known, log_function=log_refused
    )


def log_refused(handler: RequestHandler) -> None:
    """不答应的请求，在终端里印一行；答应的不印。"""
    status, request = handler.get_status(), handler.request
    if status >= 400:
        print(f"没有答应（{status}）：{request.method} {request.path!r}", file=sys.stderr)


def listen(port: int) -> list[socket.socket]:
    """在这台机器自己的地址上听；端口 0 由系统挑一个。"""
    try:
        return bind_sockets(port, LOOPBACK)
    except OSError as error:
        fix = "换一个，例如 --port 8001；或用 --port 0 让系统挑一个"
        reason = REASONS.get(error.errno, error.strerror or error)
        raise InputError(f"端口 {port} 不能用：{reason}", "一个空着的端口", fix) from error


async def serve(service: Service, sockets: list[socket.socket]) -> None:
    """一直答应请求，直到被取消（Ctrl-C）。"""
    server = HTTPServer(application(service))
    server.add_sockets(sockets)
    try:
        await asyncio.Event().wait()
    finally:
        server.stop()
        service.worker.shutdown(wait=False, cancel_futures=True)
