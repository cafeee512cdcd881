"""让图里的汉字在任何机器上都显示出来。

zhplot 这个包带着一份 Noto Sans SC（OFL 许可）。这里只取它的字体文件，不导入它：
导入它会改动 matplotlib 的全局设置。
"""

import importlib.util
import re
import warnings
from functools import lru_cache
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

from tinygpt.errors import InputError

FORMULA = re.compile(r"(?<!\\)\$.*?(?<!\\)\$")


@lru_cache
def chinese_font() -> str:
    """登记中文字体，返回它的名字。重复调用不会重复登记。"""
    spec = importlib.util.find_spec("zhplot")  # 只找文件夹在哪里，不执行其中的代码
    folders = spec.submodule_search_locations if spec else []
    files = [file for folder in folders for file in sorted(Path(folder, "fonts").glob("*.ttf"))]
    if not files:
        expected = "zhplot 包里的 fonts 文件夹中有一个 .ttf 文件"
        raise InputError("没有找到中文字体", expected, "pip install zhplot")
    font_manager.fontManager.addfont(files[0])
    return font_manager.get_font(files[0]).family_name


def use_chinese_font() -> None:
    """从此以后画的图先用中文字体，它没有的字符再用 DejaVu Sans。"""
    matplotlib.rcParams["font.family"] = [chinese_font(), "DejaVu Sans"]


def missing_glyphs(figure: Figure) -> str:
    """图里哪些字符没有字形（会显示成方框），按编码排好；都有就是空字符串。

    逐个查每段文字用到的字体里有没有这个字符；$…$ 之间的公式由 matplotlib 用自己的字体画，不查。
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # 由我们自己来说
        figure.draw_without_rendering()  # 刻度上的数字这时才生成
    missing = set()
    for text in figure.findobj(Text):
        plain, families = text.get_text(), text.get_fontfamily()
        if text.get_parse_math() and FORMULA.search(plain):
            # 带公式的一行里，公式以外的字只用第一种字体
            plain, families = FORMULA.sub("", plain), families[:1]
        has = frozenset().union(*map(characters, families))
        missing |= {character for character in plain if ord(character) not in has and character != "\n"}
    return "".join(sorted(missing))


def drawable(text: str) -> str:
    """没有字形的字换成 □（换行不动）：模型什么都可能写。"""
    known = characters(chinese_font()) | characters("DejaVu Sans")
    return "".join(c if c == "\n" or ord(c) in known else "□" for c in text)


@lru_cache
def characters(family: str) -> frozenset[int]:
    """一种字体里有字形的字符的编码。"""
    return frozenset(font_manager.get_font(font_manager.findfont(family)).get_charmap())
