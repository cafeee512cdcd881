"""不答应时说的话：照 OpenAI 的样子写成 JSON，理由用中文。

只知道错误与 HTTP 的状态码，不知道网络。
"""

from tinygpt.errors import InputError

TYPES = {403: "permission_error", 429: "rate_limit_error", 500: "server_error"}


class Refusal(InputError):
    """不答应的请求：状态码、给程序看的 code、哪个字段，再加 InputError 的三句话。"""

    def __init__(self, status: int, code: str, *words: str, param: str | None = None):
        super().__init__(*words)
        self.status, self.code, self.param = status, code, param


def error_body(error: InputError) -> tuple[int, dict]:
    """（状态码，OpenAI 的错误 JSON）。普通的 InputError 是 400。"""
    status = getattr(error, "status", 400)
    body = {
        "message": str(error),
        "type": TYPES.get(status, "invalid_request_error"),
        "param": getattr(error, "param", None),
        "code": getattr(error, "code", "invalid_value"),
    }
    return status, {"error": body}
