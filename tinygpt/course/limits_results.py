"""第 12 课录好的成绩（limits.json，由 tools/record_limits.py 写）：取出来，合成表。"""

import json
from functools import lru_cache
from pathlib import Path
from statistics import mean

import numpy as np

from tinygpt.experiments import bias

FILE = Path(__file__).with_name("limits.json")
GROUPS = ("同一事物", "同类事物", "其余")


@lru_cache
def recorded(part: str) -> dict[str, dict]:
    """录好的一项：{键: 一行}。"""
    return json.loads(FILE.read_text(encoding="utf-8"))[part]


def seeds_of(part: str, name: str) -> list[dict]:
    """一项里同一个名字、各个种子的几行；键是“名字|种子”。"""
    return [row for key, row in sorted(recorded(part).items()) if key.split("|")[0] == name]


# ---- 照抄 ----


def copied() -> dict[str, dict]:
    """{写手: {share 照抄的比例, sentences 几句, longest 最长的重合}}：三种训练文字合起来。"""
    sources, found = recorded("copied").values(), {}
    for who in next(iter(recorded("copied").values()))["texts"]:
        rows = [source["texts"][who] for source in sources]
        known, sentences = {s for row in rows for s in row["copied"]}, rows[0]["sentences"]
        longest = max((row["longest"] for row in rows), key=len)
        share = sum(s in known for s in sentences) / len(sentences)
        found[who] = {"share": share, "sentences": len(sentences), "longest": longest}
    return found


# ---- 拿走一条事实 ----


def forgetting(index: int) -> tuple[list[str], np.ndarray]:
    """（行名，表）：行是拿走哪一条，列是问哪一条，几个种子的平均；index 0 是 log P，1 是一字不差的比例。"""
    names = list(dict.fromkeys(key.split("|")[0] for key in recorded("forget")))
    cell = lambda row: [values[index] for values in row.values()]
    table = [np.mean([cell(row) for row in seeds_of("forget", name)], axis=0) for name in names]
    return names, np.array(table)


# ---- 改一条事实 ----


def best_ways() -> dict[str, str]:
    """{办法: 它最好的一种}：先看教的说法会了没有，再看其余的事实忘得少不少。"""
    ways = list(next(iter(recorded("edit").values())))
    rows = {way: [edit[way] for edit in recorded("edit").values()] for way in ways}
    quality = lambda way: (
        -mean(r["taught"] for r in rows[way]),
        mean(forgotten(r, "其余") for r in rows[way]),
    )
    families = dict.fromkeys(way.split("，")[0] if "，第" not in way else way for way in ways)
    own = lambda family: [w for w in ways if w == family or w.startswith(f"{family}，") and "第" not in w]
    return {family: min(own(family), key=quality) for family in families}


def forgotten(row: dict, group: str) -> float:
    """一组里改之前对、改之后错的比例。"""
    effect = row["effects"][group]
    return effect["lost"] / max(1, effect["right"])


def edits() -> dict[str, dict]:
    """{办法: {best, taught, held_out, change, 各组忘了的比例（每条事实一个数）}}。"""
    table = {}
    for family, way in best_ways().items():
        rows = [edit[way] for edit in recorded("edit").values()]
        table[family] = {
            "best": way, "taught": mean(r["taught"] for r in rows),
            "held_out": mean(r["held_out"] for r in rows),
            "change": mean(r["effects"]["其余"]["change"] for r in rows),
            **{group: [forgotten(r, group) for r in rows] for group in GROUPS},
        }  # fmt: skip
    return table


def spread(values: list[float]) -> str:
    """平均（最小–最大），百分数。"""
    return f"{mean(values):.0%}（{min(values):.0%}–{max(values):.0%}）"


# ---- 偏见 ----


def skews(name: str, what: str) -> list[float]:
    """写偏的（或配平的）语料，各个种子偏多少；what 是 corpus 或 model。"""
    return [bias.skew(row[what]) for row in seeds_of("bias", name)]
