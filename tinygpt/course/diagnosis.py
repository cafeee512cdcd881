"""练习的检查：试行为，指出第一处不同，认得出的错误叫出它的名字。

一个 Exercise 有一份参考答案、几项检查（probe）、一组有名字的错误答案（mutant）和几份写法不同的正确答案。
每一项检查把答案用一遍，得到一个结果；结果与参考答案的结果不同，就是错了。
错了以后，再让每一个错误答案做同样的检查：哪一个的结果与你的**处处**相同，你犯的多半就是那个错。
都不相同，就只说事实，不猜。tests/test_exercises.py 证明每一个错误答案都会被叫出自己的名字。
"""

import math
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

RTOL, ATOL = 1e-4, 1e-6


class CheckFailed(AssertionError):
    """一个练习没有通过。在笔记本里只显示说明，不显示调用栈。"""

    def __init__(
        self, message: str, exercise: "Exercise", mutant: str | None = None, unwritten: bool = False
    ):
        super().__init__(message)
        self.exercise, self.mutant, self.unwritten = exercise, mutant, unwritten

    def _render_traceback_(self) -> list[str]:  # IPython 用它代替调用栈
        return str(self).split("\n")


@dataclass(frozen=True)
class Raised:
    """答案运行时抛出了异常；where 是它自己代码里的那一行，比较时不看。"""

    kind: str
    message: str = field(compare=False, default="")
    where: str = field(compare=False, default="")


@dataclass(frozen=True)
class Answer:
    """一份答案：value 是函数、类或一个值；look 是对犯这个错的人说的话。"""

    name: str
    value: Any
    look: str = ""


@dataclass
class Exercise:
    """一个练习。number 例如 "4.2"；look 是没有认出错误时，接下来该看哪里。

    probe、mutant、correct 都可以当装饰器用：

        weights = Exercise("4.2", "注意力权重", reference=attention_weights, look="…")

        @weights.probe("查询与键个数不同")
        def _(answer, rng): return answer(torch.randn(2, 1, 3, 4, generator=rng), …)

        @weights.mutant("忘了除以 √d_k", look="…")
        def _(q, k, mask=None): …
    """

    number: str
    title: str
    reference: Any
    look: str = ""
    rtol: float = RTOL
    atol: float = ATOL
    probes: list[tuple[str, Callable]] = field(default_factory=list)
    mutants: list[Answer] = field(default_factory=list)
    variants: list[Answer] = field(default_factory=list)

    def probe(self, name: str):
        """登记一项检查：函数 (answer, rng) → 结果；rng 是定好种子的 torch.Generator。"""
        return self._register(self.probes, lambda function: (name, function))

    def mutant(self, name: str, value: Any = None, look: str = ""):
        """登记一个错误答案；value 不给时当装饰器用。"""
        if value is not None:
            self.mutants.append(Answer(name, value, look))
            return value
        return self._register(self.mutants, lambda function: Answer(name, function, look))

    def correct(self, name: str, value: Any = None):
        """登记一个写法不同的正确答案。"""
        if value is not None:
            self.variants.append(Answer(name, value))
            return value
        return self._register(self.variants, lambda function: Answer(name, function))

    @staticmethod
    def _register(target: list, make: Callable):
        def register(function):
            target.append(make(function))
            return function

        return register

    def check(self, answer: Any, seed: int = 0) -> str:
        """通过时返回一行说明；否则抛出 CheckFailed。"""
        not_yet = f"○ 练习 {self.number} {self.title}：还没有写"
        if blank(answer):
            raise CheckFailed(f"{not_yet}，把 ... 换成你的答案。", self, unwritten=True)
        outcomes, wrong = {}, None
        for name, run in self.probes:
            outcomes[name] = outcome(run, answer, seed)
            if unwritten(outcomes[name]):
                raise CheckFailed(f"{not_yet}。\n{outcomes[name].message}", self, unwritten=True)
            if wrong is None:
                found = difference(outcomes[name], outcome(run, self.reference, seed), self.rtol, self.atol)
                wrong = (name, found) if found else None
        if wrong is None:
            return f"✓ 练习 {self.number} {self.title}：通过。试过：{'、'.join(outcomes)}。"
        mutant = self.diagnose(outcomes, seed)
        raise CheckFailed(self._explain(*wrong, mutant), self, mutant.name if mutant else None)

    def diagnose(self, outcomes: dict[str, Any], seed: int) -> Answer | None:
        """哪一个错误答案在每一项检查上的结果都与 outcomes 相同；没有就是 None。"""
        runs = dict(self.probes)
        for mutant in self.mutants:
            theirs = ((outcomes[name], outcome(runs[name], mutant.value, seed)) for name in outcomes)
            if all(same(a, b, self.rtol, self.atol) for a, b in theirs):
                return mutant
        return None

    def _explain(self, probe: str, found: str, mutant: Answer | None) -> str:
        before = [name for name, _ in self.probes].index(probe)
        passed = f"（前面 {before} 项通过了）" if before else ""
        lines = [f"✗ 练习 {self.number} {self.title}", f"试的是：{probe}{passed}", found]
        if mutant:
            lines.append(f"像是这个错误：{mutant.name}。你的结果在每一项上都与它一致。")
        look = (mutant.look if mutant else "") or self.look
        return "\n".join(lines + ([f"接下来看：{look}"] if look else []))


def outcome(run: Callable, answer: Any, seed: int) -> Any:
    """做一项检查。答案抛出的异常也是一种结果。随机数每次从同一个种子开始。"""
    generator = torch.Generator().manual_seed(seed)
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    try:
        return run(answer, generator)
    except Exception as error:  # noqa: BLE001 学习者的代码可能抛出任何异常
        return Raised(type(error).__name__, str(error), last_line(error))
    finally:
        torch.set_rng_state(state)


def last_line(error: Exception) -> str:
    """异常发生在笔记本里的哪一行；不在笔记本里就是空字符串。"""
    frames = traceback.extract_tb(error.__traceback__)
    frames = [f for f in frames if "ipykernel" in f.filename or f.filename.startswith("<")]
    if not frames:
        return ""
    return f"第 {frames[-1].lineno} 行" + (f" `{frames[-1].line}`" if frames[-1].line else "")


def blank(answer: Any) -> bool:
    """还是 ...，或者字典、列表里还有 ...。"""
    if isinstance(answer, dict):
        answer = list(answer.values())
    parts = answer if isinstance(answer, list | tuple) else [answer]
    return any(part is ... for part in parts)


def unwritten(result: Any) -> bool:
    return isinstance(result, Raised) and result.kind == "NotImplementedError"


def same(a: Any, b: Any, rtol: float, atol: float) -> bool:
    """两个结果是否相同；都是异常时，说的话也要相同。"""
    if isinstance(a, Raised) and isinstance(b, Raised):
        return (a.kind, a.message) == (b.kind, b.message)
    return difference(a, b, rtol, atol) is None


def difference(
    found: Any, expected: Any, rtol: float = RTOL, atol: float = ATOL, path: str = ""
) -> str | None:
    """found 与 expected 的第一处不同，写成一句话；没有不同就是 None。

    张量比形状、类型（dtype）与数值；列表与元组、0 维张量与数不区分；nan 与 nan 相等。
    """
    at = f"{path}：" if path else ""
    if isinstance(found, Raised) or isinstance(expected, Raised):
        return None if found == expected else at + raised_text(found, expected)
    if isinstance(expected, Tensor) and expected.ndim:
        return tensor_difference(found, expected, rtol, atol, at)
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
    if not isinstance(found, Raised):
        return f"这里应该抛出 {expected.kind}，你的答案没有，得到 {short(found)}"
    where = f"（{found.where}）" if found.where else ""
    wanted = f"；应该抛出的是 {expected.kind}" if isinstance(expected, Raised) else ""
    return f"你的代码在这里出错{where}：{found.kind}: {found.message}{wanted}"


def tensor_difference(found: Any, expected: Tensor, rtol: float, atol: float, at: str) -> str | None:
    if not isinstance(found, Tensor):
        return f"{at}应该是形状 {tuple(expected.shape)} 的张量，得到 {short(found)}"
    if found.shape != expected.shape:
        return f"{at}形状应该是 {tuple(expected.shape)}，得到 {tuple(found.shape)}"
    if found.dtype != expected.dtype:
        return f"{at}类型应该是 {expected.dtype}，得到 {found.dtype}"
    a, b = found.detach().double(), expected.detach().double()
    wrong = ~torch.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
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
    return first(difference(a, b, rtol, atol, f"{path}第 {i} 项") for i, (a, b) in pairs)


def first(texts) -> str | None:
    return next((text for text in texts if text), None)


def plain(value: Any) -> Any:
    """0 维张量与 numpy 的数换成 Python 的数；其余不动。"""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def close(a: float, b: float, rtol: float, atol: float) -> bool:
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= atol + rtol * abs(b)


def number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def short(value: Any, length: int = 120) -> str:
    text = f"形状 {tuple(value.shape)} 的张量" if isinstance(value, Tensor) and value.ndim else repr(value)
    return text if len(text) <= length else text[:length] + "…"
