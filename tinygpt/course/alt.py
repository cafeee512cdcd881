"""图的替代文字：看不见图的人，听到的是图上写的标题。

Jupyter 把图存成 PNG，旁边可以放一句话（alt）。这里让每一张图自己带上这句话；不在笔记本里，什么也不做。
"""

import re
from functools import lru_cache

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from tinygpt.course.kernel import shell

LONGEST = 300  # 全是文字的图，最多念这么多个字


@lru_cache
def describe_figures() -> None:
    """从现在起，笔记本里显示的每一张图都带替代文字。"""
    if shell() is None:
        return
    plt.switch_backend(matplotlib.get_backend())  # 画图的后端装入时会登记怎样存 PNG：先让它装入，再换
    png = shell().display_formatter.formatters["image/png"]
    draw = png.for_type(Figure)
    if draw is not None:
        png.for_type(Figure, lambda figure: described(figure, draw(figure)))


def described(figure: Figure, drawn) -> tuple:
    """画好的 PNG（可能已经带着元数据）→ (PNG, 元数据)。"""
    data, metadata = drawn if isinstance(drawn, tuple) else (drawn, {})
    words = description(figure)
    return data, ({"alt": words} if words else {}) | metadata


def description(figure: Figure) -> str:
    """一张图的一句话：各格的标题；没有标题，就是图里写的字；一个字也没有，就是空的。"""
    titles = [figure.get_suptitle()]
    for ax in figure.axes:
        titles += [ax.get_title(loc=place) for place in ("left", "center", "right")]
    words = [title for title in titles if title]
    words = words or [text.get_text() for ax in figure.axes for text in ax.texts]
    plain = [re.sub(r"[$\\{}]", "", word).replace("\n", " ") for word in words]
    return "图：" + "；".join(dict.fromkeys(plain))[:LONGEST] if plain else ""
