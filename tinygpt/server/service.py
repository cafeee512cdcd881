"""正在服务的模型，与现在有几个请求在写。

模型只在一个线程里算，一次算一步：几个请求轮流，谁断开了，下一步就不再替它算。
"""

from concurrent.futures import ThreadPoolExecutor

from tinygpt.server.limits import Limits


class Service:
    """几个地址共用的东西。"""

    def __init__(self, model, tokenizer, name: str, limits: Limits | None = None):
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.limits = limits or Limits()
        self.writing = 0  # 有几个请求在写
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="tinygpt-model")
