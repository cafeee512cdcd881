"""第 11 课录好的成绩（scaling.json，由 tools/record_scaling.py 写）：取出来，拟合，给出区间。

    L(N, D) = E + A/N^a + B/D^b        （Hoffmann 等 2022）

五个数都由训练定：a、b 试遍一张格子，每一对之下 E、A、B 是线性最小二乘；取残差最小、E 不小于 0 的。
区间由残差的自助法（bootstrap）给：曲线加上重新抽的残差，当作另一次实验，再拟合。它只管训练之间的出入，
不管公式本身对不对；公式对不对，要由没有参加拟合的训练来说。
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import mean

import numpy as np

FILE = Path(__file__).with_name("scaling.json")
POWERS = np.arange(0.05, 1.501, 0.025)


@lru_cache
def recorded() -> dict:
    """整份记录：machine、text，runs 是 {项: {键: 一行}}。"""
    return json.loads(FILE.read_text(encoding="utf-8"))


def runs(part: str) -> list[dict]:
    """一项里的各行，按记录里的次序；键的各部分也在行里。"""
    return list(recorded()["runs"][part].values())


def by_name(part: str) -> dict[str, list[dict]]:
    """{名字: 各个种子的几行}，按记录里的次序。"""
    found = {}
    for row in recorded()["runs"][part].values():
        found.setdefault(row["name"], []).append(row)
    return found


# ---- 拟合 ----


@dataclass(frozen=True)
class Law:
    """L = E + A/N^a + B/D^b。"""

    E: float
    A: float
    a: float
    B: float
    b: float

    def loss(self, parameters, tokens):
        """N 个参数、读 D 个 token，损失多少（nat/字符）；数组也行。"""
        return self.E + self.A / np.asarray(parameters) ** self.a + self.B / np.asarray(tokens) ** self.b


def arrays(rows: list[dict]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """（N，D，损失）。"""
    names = ("parameters", "tokens", "loss")
    return tuple(np.array([row[name] for row in rows], dtype=float) for name in names)


def fit(parameters, tokens, losses) -> Law:
    """最小二乘；E、A、B 都不小于 0。"""
    a, b = (grid.ravel() for grid in np.meshgrid(POWERS, POWERS))
    scale_n, scale_d = parameters.mean(), tokens.mean()  # 先缩到 1 上下，解方程才准
    x = np.stack(np.broadcast_arrays(
        1.0, (parameters / scale_n) ** -a[:, None], (tokens / scale_d) ** -b[:, None]
    ), axis=-1)  # fmt: skip
    square, right = np.einsum("gji,gjk->gik", x, x), np.einsum("gji,j->gi", x, losses)
    solved = np.linalg.solve(square, right[..., None])[..., 0]
    errors = ((np.einsum("gij,gj->gi", x, solved) - losses) ** 2).sum(1)
    best = np.where((solved >= 0).all(1), errors, np.inf).argmin()
    E, A, B = solved[best]
    return Law(float(E), float(A * scale_n ** a[best]), float(a[best]),
               float(B * scale_d ** b[best]), float(b[best]))  # fmt: skip


@dataclass(frozen=True)
class Fitted:
    """拟合的曲线、各次训练的残差，与自助法的许多条曲线。"""

    law: Law
    residuals: np.ndarray
    others: list[Law]

    def interval(self, name: str, level: float = 0.9) -> tuple[float, float]:
        """一个参数（E、A、a、B、b）的区间。"""
        return _middle([getattr(law, name) for law in self.others], level)

    def predict(self, parameters: float, tokens: float, level: float = 0.9) -> tuple[float, float, float]:
        """（预言，区间的下，区间的上）：各条曲线的预言，再加上一次训练自己的出入。"""
        rng = np.random.default_rng(1)
        noise = rng.choice(self.residuals, len(self.others))
        found = np.array([law.loss(parameters, tokens) for law in self.others]) + noise
        return float(self.law.loss(parameters, tokens)), *_middle(found, level)


def _middle(values, level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def fitted(rows: list[dict], times: int = 200, seed: int = 0) -> Fitted:
    """拟合，再做 times 次自助法。残差放大 √(n/(n − 5))：五个数是从它们里面定出来的。"""
    n, d, losses = arrays(rows)
    law = fit(n, d, losses)
    predicted = law.loss(n, d)
    residuals = losses - predicted
    spread = residuals * np.sqrt(len(rows) / (len(rows) - 5))
    rng = np.random.default_rng(seed)
    others = [fit(n, d, predicted + rng.choice(spread, len(rows))) for _ in range(times)]
    return Fitted(law, residuals, others)


# ---- 那条路 ----


def first_below(curve: list[list[float]], loss: float) -> float | None:
    """损失第一次到 loss 是第几步（两次评估之间按直线）；没有到过就是 None。"""
    if curve[0][1] <= loss:
        return curve[0][0]
    for (before, high), (step, low) in zip(curve, curve[1:]):
        if low <= loss < high:
            return before + (step - before) * (high - loss) / (high - low)
    return None


def walked(part: str = "walk", goal: str = "文章的 GPT") -> list[dict]:
    """每一步：名字、损失（平均、最小、最大）、一步的秒数、几秒到 goal 那一步最后的损失。"""
    named, table = by_name(part), []
    wanted = mean(row["loss"] for row in by_name("walk")[goal])
    for name, rows in named.items():
        losses = [row["loss"] for row in rows]
        step = min(row["seconds"] / row["curve"][-1][0] for row in rows)
        whole = rows[0]["curve"][-1][0]
        reached = [whole if name == goal else first_below(row["curve"], wanted) for row in rows]
        known = [steps * step for steps in reached if steps is not None]
        table.append({
            "name": name, "loss": mean(losses), "low": min(losses), "high": max(losses), "step": step,
            "seconds": mean(known) if len(known) == len(rows) else None,
        })  # fmt: skip
    return table
