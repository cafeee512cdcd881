"""谁来问：只答应这台机器上的程序，与从这里打开的那张网页。

服务只听 127.0.0.1，别的机器连不上；但你的浏览器里，别人的网页连得上这台机器。三样东西认出它：

    Host            陌生的域名也可以指向 127.0.0.1（DNS rebinding），浏览器就以为是同一个网站。
                    所以写着别的名字的请求一律不答应。端口不看：ssh 转发过来的可以是别的端口。
    Origin          浏览器在跨站的请求里写上是哪张网页要的；有它，就必须是我们自己。
    Sec-Fetch-Site  没有 Origin 的跨站请求（图片、脚本、框架）也写着是从哪里来的。
                    只有一种例外：用户点链接，整页打开。

只看请求头，不知道网络。
"""

import re
from collections.abc import Mapping

from tinygpt.server.refusal import Refusal

OURS = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?", re.IGNORECASE)


def check_headers(method: str, headers: Mapping[str, str]) -> None:
    """不是自己人就报 Refusal（403）。"""
    host, origin = headers.get("Host", ""), headers.get("Origin")
    if not OURS.fullmatch(host):
        expected, fix = "127.0.0.1 或 localhost", "用启动时印出来的地址"
        raise Refusal(403, "host_not_allowed", "请求写着别的主机名（Host）", expected, fix)
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        expected, fix = f"没有 Origin，或者是 http://{host}", "从启动时印出来的地址打开网页，或用程序来问"
        raise Refusal(403, "origin_not_allowed", "别的网页发来的请求（Origin）", expected, fix)
    if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not _opens(method, headers):
        expected, fix = "从这里的网页发出，或者整页打开", "从启动时印出来的地址打开网页"
        raise Refusal(403, "site_not_allowed", "别的网页发来的请求（Sec-Fetch-Site）", expected, fix)


def _opens(method: str, headers: Mapping[str, str]) -> bool:
    """用户点了别处的链接，整页打开：不是放进框架里，也不送来什么。"""
    mode, place = headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")
    return method == "GET" and mode == "navigate" and place == "document"
