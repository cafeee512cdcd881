"""两个结果的第一处不同，写成一句话。

difference(得到的, 应该的) 没有不同就是 None。张量比形状、类型与数值；列表与元组不区分，nan 等于 nan，
Python 的数与 0 维张量不是一回事：题目要的是哪一种，答案就要是哪一种。这里不知道练习是什么。
"""

import math
from typing import Any

import torch
from torch import Tensor

from tinygpt.course.probing import TOO_SLOW, Raised

RTOL, ATOL = 1e-4, 1e-6


def same(a: Any, b: Any, rtol: float, atol: float) -> bool:
    """两个结果是否相同；都是异常时，说的话也要相同。"""
    if isinstance(a, Raised) and isinstance(b, Raised):
        return (a.kind, a.message) == (b.kind, b.message)
    return difference(a, b, rtol, atol) is None


def difference(
    found: Any, expected: Any, rtol: float = RTOL, atol: float = ATOL, path: str = ""
) -> str | None:
    """found 与 expected 的第一处不同；没有不同就是 None。"""
    at = f"{path}：" if path else ""
    if isinstance(found, Raised) or isinstance(expected, Raised):
        return at + raised_text(found, expected)
    if isinstance(expected, Tensor):
        return tensor_difference(found, expected, rtol, atol, at)
    if isinstance(found, Tensor):
        return f"{at}应该是 {short(expected)}，得到 {short(found)}{unwrap(found, expected)}"
    found, expected = plain(found), plain(expected)
    if isinstance(expected, dict):
        return dict_difference(found, expected, rtol, atol, path)
    if isinstance(expected, list | tuple):
        return list_difference(found, expected, rtol, atol, path)
    if isinstance(expected, bool) and isinstance(found, bool):
        words = {True: "成立", False: "不成立"}
        return None if found == expected else f"{at}应该{words[expected]}，实际{words[found]}"
    if is_number(expected) and is_number(found):
        whole = isinstance(expected, int) and isinstance(found, int)
        equal = found == expected if whole else close(found, expected, rtol, atol)
        return None if equal else f"{at}应该是 {number(expected)}，得到 {number(found)}"
    equal = type(found) is type(expected) and found == expected
    return None if equal else f"{at}应该是 {short(expected)}，得到 {short(found)}"


def raised_text(found: Any, expected: Any) -> str:
    """至少有一方抛出了异常。参考答案从不抛出，所以抛出了就不会算对。"""
    if not isinstance(found, Raised):
        return f"这里应该抛出 {expected.kind}，你的答案没有，得到 {short(found)}"
    where = f"（{found.where}）" if found.where else ""
    if found.kind == TOO_SLOW:
        return f"你的答案{where}停不下来：{found.message}，被打断了"
    missing = f"。先运行导入 {found.message.split(chr(39))[1]} 的那一格" if is_missing_import(found) else ""
    return f"你的代码在这里出错{where}：{found.kind}: {found.message}{missing}"


def is_missing_import(raised: Raised) -> bool:
    names = ("torch", "nn", "F", "math", "np", "einops", "rearrange", "einsum", "random")
    return raised.kind == "NameError" and any(f"'{name}'" in raised.message for name in names)


def tensor_difference(found: Any, expected: Tensor, rtol: float, atol: float, at: str) -> str | None:
    if not isinstance(found, Tensor):
        return f"{at}应该是{shape_text(expected)}，得到 {short(found)}"
    if found.shape != expected.shape:
        return f"{at}形状应该是 {tuple(expected.shape)}，得到 {tuple(found.shape)}"
    if found.dtype != expected.dtype:
        return f"{at}类型应该是 {expected.dtype}，得到 {found.dtype}"
    if found.is_meta:
        return f"{at}应该有数值，得到一个 meta 张量，它只有形状"
    if found.layout != torch.strided:
        return f"{at}应该是普通的张量，得到稀疏的（{found.layout}）；用 .to_dense()"
    a, b = found.detach().cpu().double(), expected.detach().double()
    wrong = ~torch.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    if not expected.ndim:
        return f"{at}应该是 {number(b.item())}，得到 {number(a.item())}"
    index = tuple(wrong.nonzero()[0].tolist())
    place = "[" + ", ".join(map(str, index)) + "]"
    count = f"，{int(wrong.sum())} 处不同（共 {wrong.numel()} 处）" if wrong.numel() > 1 else ""
    return f"{at}位置 {place} 应该是 {number(b[index].item())}，得到 {number(a[index].item())}{count}"


def dict_difference(found: Any, expected: dict, rtol: float, atol: float, path: str) -> str | None:
    at = f"{path}：" if path else ""
    if not isinstance(found, dict):
        return f"{at}应该是字典，得到 {short(found)}"
    if set(found) != set(expected):
        return f"{at}应该有 {short(sorted(map(str, expected)))} 这几项，得到 {short(sorted(map(str, found)))}"
    return first(difference(found[key], expected[key], rtol, atol, f"{path}「{key}」") for key in expected)


def list_difference(found: Any, expected: Any, rtol: float, atol: float, path: str) -> str | None:
    at = f"{path}：" if path else ""
    if not isinstance(found, list | tuple):
        return f"{at}应该是 {short(expected)}，得到 {short(found)}"
    if len(found) != len(expected):
        return f"{at}应该有 {len(expected)} 项 {short(expected)}，得到 {len(found)} 项 {short(found)}"
    pairs = enumerate(zip(found, expected, strict=True))
    return first(difference(a, b, rtol, atol, f"{path}第 {i + 1} 项") for i, (a, b) in pairs)


def first(texts) -> str | None:
    return next((text for text in texts if text), None)


def unwrap(found: Tensor, expected: Any) -> str:
    wants_number = is_number(expected) or isinstance(expected, bool)
    return "；题目要的是数，用 .item() 取出来" if wants_number and found.numel() == 1 else ""


def plain(value: Any) -> Any:
    """numpy 的数换成 Python 的数；其余不动。"""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def close(a: float, b: float, rtol: float, atol: float) -> bool:
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= atol + rtol * abs(b)


def number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def shape_text(tensor: Tensor) -> str:
    return f"形状 {tuple(tensor.shape)} 的张量" if tensor.ndim else f"0 维张量 {tensor.item():.6g}"


def short(value: Any, length: int = 120) -> str:
    """一个值写成一小段字；学习者自己的类的 repr 可能抛出异常。"""
    try:
        text = shape_text(value) if isinstance(value, Tensor) and not value.is_meta else repr(value)
    except Exception:  # noqa: BLE001
        text = f"一个 {type(value).__name__}"
    return text if len(text) <= length else text[:length] + "…"
