"""多大、多少算多：一个请求至多这么大，一次至多写这么长，同时至多这么几个。

这台机器还要做别的事，模型也只有一个：超出的请求得到一句说清楚的话，而不是让别人都等着。
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """服务的上限。"""

    body_bytes: int = 256 * 1024  # 一个请求的大小
    new_tokens: int = 1024  # 一个请求至多写多少个 token
    parallel: int = 4  # 同时写的请求
    alternatives: int = 20  # 每个 token 至多给几个候选，与 OpenAI 相同
    stops: int = 4  # 至多几段“写到就停”的文字，与 OpenAI 相同
