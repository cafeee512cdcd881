"""JSON 的文字 → 值；读不成时，说出多半是什么写错了。

这里只见一段文字，不知道文件与行。与 JSON 的规定有两处不同：引号里真的换了行、有制表符，照读；
一个字段重复了、前后不一样，不读（Python 只留最后一个，前面的不声不响地丢了）。
"""

import json
import math
import re

LONGEST = 300  # 整数最多多少位；更长的，Python 不肯变成 int，也放不进 float
TAIL = 16  # 文字断在一个词中间（tru、\ud83），出错的地方离末尾不会更远
GAP = re.compile(r"[\s,]*")  # 一个值与下一个值之间
MESSAGES = {  # json 说的（开头几个字）→ 多半是什么
    "Unterminated": "引号没有收尾，或者文件到这里就断了",
    "Expecting ','": "缺一个逗号；文字里面的双引号要写成 \\\"",
    "Expecting ':'": "字段名后面缺一个冒号",
    "Invalid \\": "反斜杠要写成两个：\\\\",
    "Illegal trailing comma": "多了一个逗号",
}
PLACES = (  # 出错的地方是什么样的 → 多半是什么
    ("$", "文件到这里就断了"),
    ("'", "引号是单引号，JSON 只认英文的双引号（用 json.dumps 写，不要用 print 或 str）"),
    ("[“”‘’＂]", "引号是中文的弯引号，JSON 只认英文的双引号"),
    ("//|/[*]|#", "这里是注释，JSON 里不能有注释"),
    ("[]},]", "这里的前面多了一个逗号，或者缺一个值"),
    ("(?i)<[!?a-z]", "这是网页（HTML）或 XML，不是 JSON：多半是下载时只得到了一张网页"),
    ("(?:None|True|False)\\b", "这是 Python 的写法，JSON 里写作 null、true、false"),
)
REPEATED = "Repeated "
FIX = "照上面说的改正；如果里面是一篇普通的文字，把后缀改成 .txt"


def _whole(pairs: list[tuple[str, object]]) -> dict:
    """一个对象的各个字段；有一个重复了、前后不一样就报错。"""
    value = dict(pairs)
    if len(value) < len(pairs) and value != dict(reversed(pairs)):
        again = next(name for name, first in reversed(pairs) if first != value[name])
        raise json.JSONDecodeError(f"{REPEATED}{again!r}", "", 0)
    return value


DECODER = json.JSONDecoder(
    parse_int=lambda digits: int(digits) if len(digits) <= LONGEST else math.inf,
    object_pairs_hook=_whole, strict=False,
)  # fmt: skip


def is_cut_off(error: json.JSONDecodeError) -> bool:
    """也许没有写错，只是后面还有文字没读进来。"""
    return error.msg.startswith("Unterminated") or bool(error.doc) and error.pos >= len(error.doc) - TAIL


def reason(error: json.JSONDecodeError) -> str:
    """多半是什么写错了。"""
    if error.msg.startswith(REPEATED):
        return f"字段 {error.msg.removeprefix(REPEATED).partition(':')[0]} 重复了，前后不一样，只能留一个"
    rest = error.doc[error.pos :].lstrip(" ")
    said = (words for start, words in MESSAGES.items() if error.msg.startswith(start))
    seen = (words for pattern, words in PLACES if re.match(pattern, rest))
    return next(said, None) or next(seen, "这里不是 JSON 的写法")
