"""一个数从哪里来：把表里的一格写成算式，交给浏览器去写出来。

算式有七种：lookup 查表，sum 两个数相加，norm 归一化，dot 一列乘积的和，mask 遮住，softmax，gelu。
算式里的数都取自同一次前向计算。
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tinygpt.course.widgets.machine.activations import Record
from tinygpt.layers import PostNormBlock
from tinygpt.variants.lora import LoRALinear


@torch.no_grad()
def entry(model, kept: Record, ids: list[int], station: str, layer: int, head: int, row: int, column: int):
    """第 row 行第 column 列的那个数 → 一份算式，是可以写成 JSON 的字典（数组是 float32 的字节）。

    layer、head 从 0 数起，用不着时不看。logits 与 probabilities 的 column 是 token 的编号。
    """
    block = model.transformer.blocks[layer]
    at = Place(model, kept, ids, block, f"{layer}.", head, row, column)
    return KINDS[station](at)


@dataclass(frozen=True)
class Place:
    """表里的一格，和算它要用的东西。"""

    model: nn.Module
    kept: Record
    ids: list[int]
    block: nn.Module
    prefix: str  # 层号与点，例如 "0."
    head: int
    row: int
    column: int

    @property
    def post(self) -> bool:
        return isinstance(self.block, PostNormBlock)

    def table(self, name: str) -> Tensor:
        """一站的表：各层之外的，这一层的，或这一层这个头的。"""
        if name in self.kept:
            return self.kept[name]
        table = self.kept[self.prefix + name]
        return table[self.head] if table.ndim == 3 else table

    def before_block(self) -> str:
        """这一层的输入是哪一站。"""
        number = int(self.prefix[:-1])
        if number == 0:
            return "h0"
        return f"{number - 1}.{'feed_forward_norm' if self.post else 'after'}"

    def before_network(self) -> str:
        """前馈网络那一半的输入是哪一站。"""
        return "attention_norm" if self.post else "middle"

    def value(self, name: str) -> float:
        return float(self.table(name)[self.row, self.column])


def lookup(name: str, what: str):
    def explain(at: Place) -> dict:
        row = at.ids[at.row] if name == "token" else at.row
        return {"kind": "lookup", "value": at.value(name), "table": what, "row": row}

    return explain


def added(name: str, first, second: str, names: tuple[str, str]):
    """两站对应的两个数相加；first 是站名，或由 Place 得出站名的函数。"""

    def explain(at: Place) -> dict:
        left = first if isinstance(first, str) else first(at)
        terms = [[names[0], at.value(left)], [names[1], at.value(second)]]
        return {"kind": "sum", "value": at.value(name), "terms": terms}

    return explain


def normed(name: str, source, module):
    def explain(at: Place) -> dict:
        x, layer = at.table(source(at))[at.row], module(at)
        bias = 0.0 if layer.bias is None else float(layer.bias[at.column])
        return {
            "kind": "norm", "value": at.value(name), "x": float(x[at.column]), "mean": float(x.mean()),
            "deviation": math.sqrt(float(x.var(unbiased=False)) + layer.eps),
            "weight": float(layer.weight[at.column]), "bias": bias,
        }  # fmt: skip

    return explain


def linear(name: str, source, module, names: tuple[str, str], third: int | None = None):
    """x W + b 里的一个数：x 的一行与 W 的一列的点积。third 是 Q、K、V 里的第几份。"""

    def explain(at: Place) -> dict:
        weight, bias = parameters(module(at))
        column = at.column
        if third is not None:
            width = at.model.config.head_dim
            column += third * at.model.config.n_embd + at.head * width
        x = at.table(source(at))[at.row]
        constant = 0.0 if bias is None else float(bias[column])
        return dot(at.value(name), x, weight[column], names, bias=constant)

    return explain


def joined(at: Place) -> dict:
    """各个头拼起来，再乘 W^O。"""
    weight, bias = parameters(at.block.attention.to_out)
    heads = at.kept[at.prefix + "heads"][:, at.row].reshape(-1)
    constant = 0.0 if bias is None else float(bias[at.column])
    return dot(at.value("attended"), heads, weight[at.column], ("拼起来的头", "W^O 的一列"), bias=constant)


def score(at: Place) -> dict:
    q, k = at.table("q")[at.row], at.table("k")[at.column]
    names = ("查询 Q 的一行", "键 K 的一行")
    return dot(at.value("scores"), q, k, names, divisor=math.sqrt(len(q)))


def masked(at: Place) -> dict:
    hidden = at.column > at.row
    return {"kind": "mask", "value": at.value("masked"), "score": at.value("scores"), "hidden": hidden}


def weight(at: Place) -> dict:
    return softmax(at.value("weights"), at.table("masked")[at.row], at.column, "这一行看得见的")


def mixed(at: Place) -> dict:
    weights, values = at.table("weights")[at.row], at.table("v")[:, at.column]
    seen = at.row + 1
    return dot(at.value("heads"), weights[:seen], values[:seen], ("权重的一行", "值 V 的一列"))


def activated(at: Place) -> dict:
    u, value = at.value("up"), at.value("gelu")
    return {"kind": "gelu", "value": value, "u": u, "share": value / u if u else 0.5}


def logit(at: Place) -> dict:
    last = "norm" if "norm" in at.kept else f"{len(at.model.transformer.blocks) - 1}.feed_forward_norm"
    x = at.kept[last][at.row]
    row, _ = parameters(at.model.lm_head)
    return dot(at.value("logits"), x, row[at.column], ("最后的向量", "这个候选的一行"))


def probability(at: Place) -> dict:
    return softmax(at.value("probabilities"), at.table("logits")[at.row], at.column, "全部候选")


def dot(value: float, a: Tensor, b: Tensor, names: tuple[str, str], bias=0.0, divisor=1.0) -> dict:
    """(Σ aᵢ bᵢ + bias) ÷ divisor。"""
    return {
        "kind": "dot", "value": value, "names": list(names), "bias": bias, "divisor": divisor,
        "a": floats(a), "b": floats(b),
    }  # fmt: skip


def softmax(value: float, scores: Tensor, index: int, over: str) -> dict:
    """e^s ÷ Σ e^s，先都减去最大的，免得太大。"""
    top = float(scores.max())
    total = float((scores.double() - top).exp().sum())
    return {"kind": "softmax", "value": value, "score": float(scores[index]), "max": top, "total": total,
            "over": over}  # fmt: skip


def parameters(layer: nn.Module) -> tuple[Tensor, Tensor | None]:
    """线性层的权重（输出 × 输入）与偏置；装了 LoRA 的，权重加上改动。"""
    if isinstance(layer, LoRALinear):
        change = layer.scale * layer.lora_b @ layer.lora_a
        return (layer.linear.weight + change).float().cpu(), layer.linear.bias
    return layer.weight.float().cpu(), layer.bias


def floats(values: Tensor) -> bytes:
    """张量 → float32 的字节，浏览器里直接是 Float32Array。"""
    return values.detach().float().cpu().contiguous().numpy().tobytes()


def _attention_input(at: Place) -> str:
    return at.before_block() if at.post else "attention_norm"


def _network_input(at: Place) -> str:
    return "attention_norm" if at.post else "feed_forward_norm"


_to_qkv = lambda at: at.block.attention.to_qkv
KINDS = {
    "token": lookup("token", "token embedding"),
    "position": lookup("position", "位置 embedding"),
    "h0": added("h0", "token", "position", ("token 向量", "位置向量")),
    "attention_norm": normed(
        "attention_norm", lambda at: "middle" if at.post else at.before_block(),
        lambda at: at.block.attention_norm,
    ),
    "q": linear("q", _attention_input, _to_qkv, ("输入的一行", "W^Q 的一列"), 0),
    "k": linear("k", _attention_input, _to_qkv, ("输入的一行", "W^K 的一列"), 1),
    "v": linear("v", _attention_input, _to_qkv, ("输入的一行", "W^V 的一列"), 2),
    "scores": score, "masked": masked, "weights": weight, "heads": mixed, "attended": joined,
    "middle": added("middle", Place.before_block, "attended", ("残差流", "注意力加的")),
    "feed_forward_norm": normed(
        "feed_forward_norm", lambda at: "after" if at.post else "middle",
        lambda at: at.block.feed_forward_norm,
    ),
    "up": linear("up", _network_input, lambda at: at.block.feed_forward.up, ("输入的一行", "W₁ 的一列")),
    "gelu": activated,
    "down": linear("down", lambda at: "gelu", lambda at: at.block.feed_forward.down,
                   ("GELU 之后的一行", "W₂ 的一列")),
    "after": added("after", Place.before_network, "down", ("残差流", "前馈网络加的")),
    "norm": normed(
        "norm", lambda at: f"{len(at.model.transformer.blocks) - 1}.after",
        lambda at: at.model.transformer.norm,
    ),
    "logits": logit,
    "probabilities": probability,
}  # fmt: skip
