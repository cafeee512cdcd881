"""正在服务的模型，与现在有几个请求在写。

模型只在一个线程里算，一次算一步：几个请求轮流，谁断开了，下一步就不再替它算。
"""

from concurrent.futures import ThreadPoolExecutor

from tinygpt.chat import TEMPLATE
from tinygpt.server.limits import Limits
from tinygpt.template import Template


class Service:
    """几个地址共用的东西。"""

    def __init__(
        self, model, tokenizer, name: str, limits: Limits | None = None, template: Template = TEMPLATE
    ):
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.limits, self.template = limits or Limits(), template
        self.writing = 0  # 有几个请求在写
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="tinygpt-model")
