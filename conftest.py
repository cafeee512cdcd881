"""pytest --nbval notebooks 的设置；平常的 pytest tests 不受影响。

nbval 逐字比较输出，而同一个浮点数在不同的 CPU 上末几位不同。
这里让比较时数字在 rtol 1e-3、atol 1e-4 之内算相等；写了三位以上有效数字的，最后一位差 1 也算相等：
数落在四舍五入的界线上时（0.04915），再小的误差也会让写出来的差 1。整数（编号、个数）仍须完全一样。
"""

import os
import re
import sys
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NUMBER = re.compile(r"([-−+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?)")
RTOL, ATOL = Decimal("1e-3"), Decimal("1e-4")
CELL_TIMEOUT = 240  # 秒；nbval 的默认值是 2000，内核死了也要等这么久


def same_number(a: str, b: str) -> bool:
    """两个写出来的数是否相等：都是整数时逐字比，有小数点或指数时按容差比。"""
    if a == b:
        return True
    if not (is_decimal(a) and is_decimal(b)):
        return False
    x, y = (Decimal(text.replace("−", "-")) for text in (a, b))  # 十进制，0.0492 − 0.0491 才正好是 0.0001
    digits = max(len(number.as_tuple().digits) for number in (x, y))
    last_place = max(Decimal(1).scaleb(number.as_tuple().exponent) for number in (x, y))
    return abs(x - y) <= max(RTOL * max(abs(x), abs(y)), ATOL, last_place if digits >= 3 else 0)


def is_decimal(text: str) -> bool:
    return any(mark in text for mark in ".eE")


def same_text(a: str, b: str) -> bool:
    """两段输出是否相同：数字按 same_number 比；其余逐字比，空白不论多少（数字变短了会补空格）。"""
    if str.__eq__(a, b):
        return True
    parts_a, parts_b = NUMBER.split(a), NUMBER.split(b)  # 偶数位是文字，奇数位是数字
    return (
        len(parts_a) == len(parts_b)
        and all(map(same_number, parts_a[1::2], parts_b[1::2]))
        and all(x.split() == y.split() for x, y in zip(parts_a[::2], parts_b[::2], strict=True))
    )


class Output(str):
    """一段输出。与别的输出比较时用 same_text。"""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return same_text(self, other) if isinstance(other, str) else NotImplemented

    def __ne__(self, other):
        return not self == other


def pytest_configure(config):
    option = config.option
    if not (getattr(option, "nbval", False) or getattr(option, "nbval_lax", False)):
        return
    from nbval.plugin import IPyNbCell

    sys.path.append(str(ROOT / "tools"))
    from run_notebooks import kernel_environment

    os.environ.update(kernel_environment())
    if not option.nbval_kernel_name:
        option.nbval_current_env = True
    if option.nbval_cell_timeout == 2000:
        option.nbval_cell_timeout = CELL_TIMEOUT
    if option.nbval_sanitize_with is None:
        option.nbval_sanitize_with = str(ROOT / "tools" / "nbval_sanitize.cfg")
    sanitize = IPyNbCell.sanitize
    if not hasattr(sanitize, "within_tolerance"):

        def sanitized(self, text):
            text = sanitize(self, text)
            return Output(text) if isinstance(text, str) else text

        sanitized.within_tolerance = True
        IPyNbCell.sanitize = sanitized
