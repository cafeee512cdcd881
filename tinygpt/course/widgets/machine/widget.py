"""把模型接到浏览器：浏览器写下愿望（wish），这里算好，写进 sentence、arcs、table 或 detail。

浏览器要什么才算什么、送什么，所以存下的笔记本小。画什么、怎样画，全在 page/ 里；这里不画（静态的图除外）。
控件自己不记得写到哪里：每个愿望都带着全部编号，同样的愿望得到同样的回答。
"""

import base64
import re
from pathlib import Path

import anywidget
import torch
import traitlets

from tinygpt.course import plots
from tinygpt.course.fonts import drawable
from tinygpt.course.widgets.machine.activations import Record, record
from tinygpt.course.widgets.machine.entries import entry, floats
from tinygpt.course.widgets.machine.layout import machine_layout
from tinygpt.course.widgets.machine.picture import still_picture
from tinygpt.course.widgets.machine.stations import TITLES, Station, parts
from tinygpt.course.widgets.playground import png
from tinygpt.errors import InputError, require
from tinygpt.gpt import GPT
from tinygpt.sampling import Sampling, generate

PAGE = Path(__file__).parent / "page"
# 次序：用到的在前
SCRIPTS = (
    *("dom", "sampling", "store"),
    *("chips", "arcs", "bars", "controls", "writer"),
    *("map", "matrix", "entry", "inside", "play"),
    "main",
)
ROWS = 16  # 里面的表最多画最后几个 token
COLUMNS = 16  # 候选的表画最大的几个
CANDIDATES = 24  # 送给浏览器的候选有几个
STILL = 24  # 静态的图里最多写几个 token
KEPT = 4  # 记住最近几次前向计算
STAND_INS = {"\n": "⏎", " ": "␣", "\t": "⇥"}


def script() -> str:
    """page/ 里的各个 .js 接成一个 ES 模块：去掉它们之间的 import 与 export。"""
    sources = [(PAGE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    sources = [re.sub(r"^import .*\n", "", source, flags=re.MULTILINE) for source in sources]
    sources = [re.sub(r"^export (?!default)", "", source, flags=re.MULTILINE) for source in sources]
    return "\n".join(sources)


class Machine(anywidget.AnyWidget):
    """一步一步写，与整台机器。用 machine(model, tokenizer, 文字) 建立。

    浏览器写的：view（看到哪里，温度等；存进笔记本，第二天接着看）、wish（想要什么）。
    这里写的：shape（模型的形状与图的摆法）、sentence（这段话与下一个 token 的 logits）、
    arcs（一个头的全部权重）、table（一站的表）、detail（一个数的算式）、error（一句中文，与它是哪个愿望的）。
    """

    _esm = script()
    _css = (PAGE / "machine.css").read_text(encoding="utf-8")
    shape = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    wish = traitlets.Dict().tag(sync=True)
    sentence = traitlets.Dict().tag(sync=True)
    arcs = traitlets.Dict().tag(sync=True)
    table = traitlets.Dict().tag(sync=True)
    detail = traitlets.Dict().tag(sync=True)
    error = traitlets.Dict().tag(sync=True)

    def __init__(self, model, tokenizer, text: str, seed: int | None = None):
        super().__init__()
        self.model, self.tokenizer, self.text = model, tokenizer, text
        self._records: dict[tuple[int, ...], Record] = {}
        self.shape = shape_of(model.config) | {"seed": seed}
        self.sentence = self.answer_text({"text": text})
        self.note = f"一步一步写：开头是“{text}”；打开机器，能看到每一个数怎样算来。"
        self.observe(self._answer, names="wish")

    # ---- 愿望与回答 ----

    def _answer(self, change: dict) -> None:
        """回答一个愿望。wish 有 kind（text、ids、arcs、table、detail）与各自要的东西。"""
        wish = change["new"]
        answers = {
            "text": ("sentence", self.answer_text), "ids": ("sentence", self.answer_ids),
            "arcs": ("arcs", self.answer_arcs), "table": ("table", self.answer_table),
            "detail": ("detail", self.answer_detail),
        }  # fmt: skip
        try:
            name, answer = answers[wish["kind"]]
            setattr(self, name, answer(wish) | {"number": wish.get("number")})
        except InputError as error:
            self.error = {"number": wish.get("number"), "text": f"{error.found}。{error.fix}。"}
        except Exception as error:  # noqa: BLE001 控件的回调里抛出的错误没有人看得见，所以写出来
            self.error = {"number": wish.get("number"), "text": f"出错了：{error}"}

    def answer_text(self, wish: dict) -> dict:
        """一段文字 → 这段话；提示就是全部编号。"""
        ids = self.tokenizer.encode(wish["text"])
        reply = self.answer_ids({"ids": ids})
        return reply | {"prompt": len(ids), "text": wish["text"]}

    def answer_ids(self, wish: dict) -> dict:
        """编号 → 每个 token 的字、模型给它的概率（第一个没有），下一个 token 的 logits 与候选。"""
        ids = list(wish["ids"])
        kept = self.kept(ids)
        logits = kept["logits"][-1]
        before = kept["probabilities"][:-1].gather(1, torch.tensor(ids[1:])[:, None]).flatten()
        best = logits.topk(min(CANDIDATES, len(logits))).indices.tolist()
        return {
            "ids": ids, "labels": self.labels(ids), "probabilities": [None, *before.tolist()],
            "logits": floats(logits), "candidates": list(map(list, zip(best, self.labels(best)))),
        }  # fmt: skip

    def answer_arcs(self, wish: dict) -> dict:
        """一个头的全部权重 (t, t)。"""
        weights = self.kept(wish["ids"])[f"{wish['layer']}.weights"][wish["head"]]
        return {"ids": wish["ids"], "layer": wish["layer"], "head": wish["head"], "weights": floats(weights)}

    def answer_table(self, wish: dict) -> dict:
        """一站的表，最多最后 ROWS 行。候选那两站的列是最后一行最大的几个。"""
        ids, station = wish["ids"], self.station(wish["station"])
        values, columns = self.whole_table(station, ids, wish["layer"], wish["head"]), None
        if station.columns == "tokens":
            columns = self.labels(ids)
        codes = list(range(values.size(1)))
        if station.columns == "candidates":
            codes = values[-1].topk(min(COLUMNS, values.size(1))).indices.tolist()
            values, columns = values[:, codes], self.labels(codes)
        first = max(0, len(ids) - ROWS)
        return {key: wish[key] for key in ("ids", "station", "layer", "head")} | {
            "first": first, "rows": self.labels(ids)[first:], "columns": columns, "codes": codes,
            "values": floats(values[first:]),
        }  # fmt: skip

    def whole_table(self, station: Station, ids: list[int], layer: int, head: int) -> torch.Tensor:
        """一站的整张表 (t, 列)。"""
        kept = self.kept(ids)
        table = kept[station.name] if station.name in kept else kept[f"{layer}.{station.name}"]
        return table[head] if station.per_head else table

    def answer_detail(self, wish: dict) -> dict:
        """一个数的算式；row 是第几个 token，column 是第几列（候选的列用编号）。"""
        place = {key: wish[key] for key in ("station", "layer", "head", "row", "column")}
        return {"ids": wish["ids"]} | place | entry(self.model, self.kept(wish["ids"]), wish["ids"], **place)

    def kept(self, ids: list[int]) -> Record:
        """这段编号的全部中间结果；最近的几次不重算。"""
        most = self.model.config.context_length
        require(len(ids) > 0, "还没有字", "至少一个 token", "写几个字")
        found = f"这段话有 {len(ids)} 个 token，模型最多看 {most} 个"
        require(len(ids) <= most, found, f"不超过 {most} 个", "写短一些")
        key = tuple(ids)
        if key not in self._records:
            while len(self._records) >= KEPT:
                self._records.pop(next(iter(self._records)))
            self._records[key] = record(self.model, list(ids))
        return self._records[key]

    def station(self, name: str) -> Station:
        return next(s for places in parts(self.model.config).values() for s in places if s.name == name)

    def labels(self, ids: list[int]) -> list[str]:
        """每个 token 写在屏幕上的字：空白换成看得见的符号。"""
        return ["".join(STAND_INS.get(c, c) for c in self.tokenizer.token(id)) for id in ids]

    # ---- 没有内核的时候 ----

    def picture(self) -> bytes:
        """静态的图：开头，贪心写到第一个句号，读完开头时的候选。"""
        ids = self.tokenizer.encode(self.text)
        written, prompt = self._greedy(ids), len(ids)
        p = self.kept(ids)["probabilities"][-1]
        best = p.topk(min(8, len(p))).indices.tolist()
        candidates = [(drawable(label), float(p[id])) for id, label in zip(best, self.labels(best))]
        sure = self.answer_ids({"ids": written})["probabilities"]
        sure = [None if i < prompt else p for i, p in enumerate(sure)]
        chips = list(zip(map(drawable, self.labels(written)), sure))
        # 不用 rc_context 包起来：第一次画图时 Jupyter 才打开自动显示，出来时会把它一起关掉
        plots.use_style()
        figure = still_picture(self.model.config, chips, candidates)
        figure.set_dpi(160)
        return png(figure)

    def _greedy(self, ids: list[int]) -> list[int]:
        """贪心写到句号或文档结束，最多 STILL 个 token，也不超过上下文。"""
        written = list(ids)
        most = min(STILL, self.model.config.context_length - len(ids))
        for (id,) in generate(self.model, [ids], most, Sampling(greedy=True)) if most > 0 else ():
            written.append(id)
            if id == self.tokenizer.eos or "。" in self.tokenizer.token(id):
                break
        return written

    def _repr_mimebundle_(self, **options):
        live = super()._repr_mimebundle_(**options) or {}
        data, metadata = live if isinstance(live, tuple) else (live, {})
        still = {"text/plain": self.note, "image/png": base64.b64encode(self.picture()).decode("ascii")}
        return data | still, metadata | {"image/png": {"alt": self.note, "width": 900}}


def shape_of(config) -> dict:
    """浏览器要知道的：形状、整台机器的摆法、每个部分有哪些站。"""
    places = {
        part: {"title": TITLES[part], "stations": [vars(station) for station in stations]}
        for part, stations in parts(config).items()
    }
    names = ("n_layer", "n_head", "n_embd", "head_dim", "vocab_size", "context_length", "norm")
    return {name: getattr(config, name) for name in names} | {
        "layout": machine_layout(config).to_dict(), "parts": places, "rows": ROWS,
        "colors": plots.COLORS,
    }  # fmt: skip


def machine(model, tokenizer, text: str = "机器学习是", seed: int | None = None) -> Machine:
    """在笔记本里一步一步写，再打开机器，看到每一个数。

    参数
    ----
    model, tokenizer: load("mini") 得到的一对，或你自己训练的 GPT
    text: 开头，控件里可以换
    seed: 给定时，“写一个”每次得到同样的结果

    模型接着训练以后，重新运行这一格：控件记着要过的数，不知道模型变了。
    """
    kind = type(model).__name__
    require(isinstance(model, GPT), f"给的是 {kind}", "tinygpt 的 GPT", "用 load 得到的第一个值")
    fine = model.config.vocab_size == tokenizer.vocab_size
    found = f"模型认得 {model.config.vocab_size} 个 token，分词器有 {tokenizer.vocab_size} 个"
    require(fine, found, "两个数相同", "模型与分词器要用一起训练的那一对")
    return Machine(model, tokenizer, text, seed)
