"""练习的检查：试行为，指出第一处不同，认得出的错误叫出它的名字。

一个 Exercise 有一份参考答案、几项检查（probe）、一组有名字的错误答案（mutant）和几份写法不同的正确答案。
每一项检查把答案用一遍（probing.py），得到一个结果；结果与参考答案的结果不同（differences.py），就是错了。
参考答案的结果在你的答案运行之前就算好，你的答案做什么都影响不了它。

错了以后，再让每一个错误答案做同样的检查，由确定到不确定：
  1. 哪一个的结果与你的**处处**相同，你犯的多半就是那个错；
  2. 几个错误由同一个 assemble 拼成，就把它们两两同时犯一遍，看有没有处处相同的；
  3. 结果是字典或元组，就一项一项地认；
  4. 有一个在第一处不同的检查上与你相同，在几乎所有检查上也相同：只说“可能是”。
都不像，就只说事实，不猜。tests/test_exercises.py 证明每一个错误答案都会被叫出自己的名字。
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tinygpt.course.differences import ATOL, RTOL, difference, same
from tinygpt.course.probing import SECONDS, TOO_SLOW, Raised, outcome, restore_patched


class CheckFailed(AssertionError):
    """一个练习没有通过。在笔记本里只显示说明，不显示调用栈。mutants：认出的错误的名字。"""

    def __init__(
        self, message: str, exercise: "Exercise", mutants: tuple[str, ...] = (), unwritten: bool = False
    ):
        super().__init__(message)
        self.exercise, self.mutants, self.unwritten = exercise, mutants, unwritten
        self.mutant = mutants[0] if mutants else None

    def _render_traceback_(self) -> list[str]:  # IPython 用它代替调用栈
        return str(self).split("\n")


@dataclass(frozen=True)
class Answer:
    """一份答案：value 是函数、类或一个值；look 是对犯这个错的人说的话；edit 是交给 assemble 的参数。"""

    name: str
    value: Any
    look: str = ""
    edit: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """认出了什么：哪几个错误，以及写给学习者的那句话。"""

    mutants: tuple[Answer, ...]
    text: str


@dataclass
class Exercise:
    """一个练习。number 例如 "4.2"；look 是没有认出错误时，接下来该看哪里。

    probe、mutant、correct 都可以当装饰器用：

        weights = Exercise("4.2", "注意力权重", reference=attention_weights, look="…")

        @weights.probe("查询与键个数不同")
        def _(answer, rng): return answer(torch.randn(2, 1, 3, 4, generator=rng), …)

        @weights.mutant("忘了除以 √d_k", look="…")
        def _(q, k, mask=None): …

    几个错误是同一个函数的不同改法时，给出 assemble：edit("没有开方", norm=…) 就是 assemble(norm=…)，
    两个改法不同处的错误同时犯了，也认得出来。
    """

    number: str
    title: str
    reference: Any
    look: str = ""
    rtol: float = RTOL
    atol: float = ATOL
    assemble: Callable | None = None
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

    def edit(self, name: str, look: str = "", **edit):
        """登记一个错误答案：assemble(**edit)。"""
        self.mutants.append(Answer(name, self.assemble(**edit), look, edit))

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

    # ---- 检查 ----

    def check(self, answer: Any, seed: int = 0) -> str:
        """通过时返回一行说明；否则抛出 CheckFailed。"""
        not_yet = f"○ 练习 {self.number} {self.title}：还没有写"
        if blank(answer):
            raise CheckFailed(f"{not_yet}，把 ... 换成你的答案。", self, unwritten=True)
        self._reject_patched("前面某一格换掉了", "它已经换回来，再检查一次")
        expected = {name: outcome(run, self.reference, seed) for name, run in self.probes}
        self._reject_broken(expected)
        found = {}
        for name, run in self.probes:
            found[name] = outcome(run, answer, seed, SECONDS)
            if unwritten(found[name]):
                raise CheckFailed(f"{not_yet}。\n{found[name].message}", self, unwritten=True)
            if isinstance(found[name], Raised) and found[name].kind == TOO_SLOW:
                break  # 后面的几项多半也停不下来
        self._reject_patched("你的答案运行时换掉了", "它已经换回来。答案里只用它，不要给它赋值")
        wrong = {name: self._difference(found[name], expected[name]) for name in found}
        wrong = {name: text for name, text in wrong.items() if text}
        if not wrong:
            return f"✓ 练习 {self.number} {self.title}：通过。试过：{'、'.join(found)}。"
        verdict = self.diagnose(found, expected, seed)
        names = tuple(mutant.name for mutant in verdict.mutants) if verdict else ()
        raise CheckFailed(self._explain(wrong, verdict), self, names)

    def _reject_patched(self, who: str, fix: str) -> None:
        if patched := restore_patched():
            raise CheckFailed(f"✗ 练习 {self.number}：{who} {'、'.join(patched)}，{fix}。", self)

    def _reject_broken(self, expected: dict[str, Any]) -> None:
        """参考答案自己出错：不是你的答案不对，是内核里有什么被改动了。"""
        for name, result in expected.items():
            if isinstance(result, Raised):
                raise CheckFailed(
                    f"练习 {self.number} 没有检查：参考答案自己在“{name}”这一项上出错（{result.kind}: "
                    f"{result.message}），内核里有什么被前面的代码改动了。重启内核，从头运行再检查。", self
                )  # fmt: skip

    def _difference(self, found, expected) -> str | None:
        return difference(found, expected, self.rtol, self.atol)

    def _explain(self, wrong: dict[str, str], verdict: Verdict | None) -> str:
        probe = next(iter(wrong))
        before = [name for name, _ in self.probes].index(probe)
        passed = f"（前面 {before} 项通过了）" if before else ""
        lines = [f"✗ 练习 {self.number} {self.title}", f"试的是：{probe}{passed}", wrong[probe]]
        if verdict:
            lines.append(verdict.text)
        looks = [mutant.look for mutant in verdict.mutants] if verdict else []
        look = " ".join(dict.fromkeys(filter(None, looks))) or self.look
        return "\n".join(lines + ([f"接下来看：{look}"] if look else []))

    # ---- 认出错误 ----

    def diagnose(self, found: dict[str, Any], expected: dict[str, Any], seed: int) -> Verdict | None:
        """found 像是哪个（哪几个）错误答案的结果；都不像就是 None。"""

        def mistaken(value) -> Lazy:
            return Lazy({name: run for name, run in self.probes if name in found}, value, seed)

        def alike(theirs: Lazy) -> bool:
            return all(self._same(result, theirs[name]) for name, result in found.items())

        theirs = [(mutant, mistaken(mutant.value)) for mutant in self.mutants]
        for mutant, results in theirs:
            if alike(results):
                return Verdict((mutant,), f"像是这个错误：{mutant.name}。你的结果在每一项上都与它一致。")
        for a, b in itertools.combinations([mutant for mutant in self.mutants if mutant.edit], 2):
            if a.edit.keys().isdisjoint(b.edit) and alike(mistaken(self.assemble(**a.edit, **b.edit))):
                text = f"像是同时有两个错误：{a.name}；{b.name}。你的结果在每一项上都与同犯这两个错一致。"
                return Verdict((a, b), text)
        return self._by_parts(found, expected, theirs) or self._nearly(found, expected, theirs)

    def _same(self, a, b) -> bool:
        return same(a, b, self.rtol, self.atol)

    def _by_parts(self, found, expected, theirs) -> Verdict | None:
        """结果是字典或元组：每一项单独认。一项在所有检查上都与某个错误相同，就是它；有一项认不出，就不说。"""
        keys, named = part_keys([*found.values(), *(expected[name] for name in found)]), {}
        for key in keys:
            if all(self._same(found[name][key], expected[name][key]) for name in found):
                continue
            for mutant, results in theirs:
                same_parts = part_keys([*found.values(), *(results[name] for name in found)]) == keys
                if same_parts and all(self._same(found[name][key], results[name][key]) for name in found):
                    named[key] = mutant
                    break
            else:
                return None
        mutants = tuple({mutant.name: mutant for mutant in named.values()}.values())
        parts = "；".join(f"{part_name(key)}：{mutant.name}" for key, mutant in named.items())
        several = "这个" if len(mutants) == 1 else "这几个"
        return Verdict(mutants, f"像是{several}错误：{parts}。") if mutants else None

    def _nearly(self, found, expected, theirs) -> Verdict | None:
        """与某个错误至多差一项检查，第一处不同的那一项相同，你错的各项里多半相同；这样的只有一个才说。"""
        wrong = [name for name in found if self._difference(found[name], expected[name])]
        near = []
        for mutant, results in theirs:
            agreed = [name for name in found if self._same(found[name], results[name])]
            mostly = 2 * sum(name in agreed for name in wrong) > len(wrong)
            if wrong[0] in agreed and mostly and len(agreed) >= max(3, len(found) - 1):
                near.append((mutant, len(agreed)))
        if len(near) != 1:
            return None
        mutant, agreed = near[0]
        return Verdict((mutant,), f"可能是这个错误：{mutant.name}（{len(found)} 项中 {agreed} 项一致）。")


class Lazy(dict):
    """一个错误答案在各项检查上的结果，{检查: 结果}，用到哪一项才做哪一项。"""

    def __init__(self, runs: dict[str, Callable], value: Any, seed: int):
        super().__init__()
        self.runs, self.value, self.seed = runs, value, seed

    def __missing__(self, name: str) -> Any:
        self[name] = outcome(self.runs[name], self.value, self.seed)
        return self[name]


def part_keys(results: list[Any]) -> list:
    """所有结果都是键相同的字典，或长度相同的元组：它们的键；否则是空的。"""
    if results and all(isinstance(result, dict) for result in results):
        keys = list(results[0])
        return keys if all(set(result) == set(keys) for result in results) else []
    if results and all(isinstance(result, tuple) for result in results):
        length = len(results[0])
        return list(range(length)) if all(len(result) == length for result in results) else []
    return []


def part_name(key) -> str:
    return f"第 {key + 1} 个结果" if isinstance(key, int) else f"「{key}」"


def blank(answer: Any) -> bool:
    """还是 ...，或者字典、列表里还有 ...。"""
    if isinstance(answer, dict):
        answer = list(answer.values())
    parts = answer if isinstance(answer, list | tuple) else [answer]
    return any(part is ... for part in parts)


def unwritten(result: Any) -> bool:
    return isinstance(result, Raised) and result.kind == "NotImplementedError"
