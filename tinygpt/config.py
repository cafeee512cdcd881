"""模型的全部超参数，一处写明，一处检查。

这里只知道数字，不知道张量。训练的参数在 trainer.py 的 TrainConfig 里。
"""

import dataclasses
import difflib
from dataclasses import dataclass, field

from tinygpt.errors import InputError


def documented(default, text: str):
    """一个带说明的字段；说明同时是命令行 --help 里的文字。"""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class GPTConfig:
    """GPT 的形状。默认值就是文章 §4.3 的模型：2 层、256 维、4 个头。

    对象不可修改；要改一个值，用 ``dataclasses.replace(config, n_layer=4)``，检查会重新做一遍。
    """

    vocab_size: int = documented(4096, "词表大小 V")
    context_length: int = documented(256, "上下文长度：一次最多看多少个 token")
    n_layer: int = documented(2, "解码器层数 L")
    n_head: int = documented(4, "注意力头数 h")
    n_embd: int = documented(256, "embedding 的维数 d_model，须能被 n_head 整除")
    dropout: float = documented(0.2, "训练时随机置零的比例，0 到 1 之间")
    bias: bool = documented(True, "线性层与层归一化是否带偏置")
    norm: str = documented("pre", "层归一化的位置：pre 在子层之前（GPT-2），post 在残差相加之后（最初的 Transformer）")
    tied_head: bool = documented(True, "输出层是否与 token embedding 共用权重")

    def __post_init__(self):
        for name in ("vocab_size", "context_length", "n_layer", "n_head", "n_embd"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"{name} = {value!r}", "至少为 1 的整数", f"给 {name} 一个正整数")
        if self.n_embd % self.n_head:
            near = max(self.n_head, round(self.n_embd / self.n_head) * self.n_head)
            raise InputError(
                f"n_embd = {self.n_embd}，n_head = {self.n_head}，{self.n_embd} ÷ {self.n_head} 有余数 {self.n_embd % self.n_head}",
                "n_embd 能被 n_head 整除，这样每个头分到同样多的维数",
                f"例如把 n_embd 改成 {near}",
            )
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout = {self.dropout}", "0 ≤ dropout < 1", "常用 0 到 0.2")
        if self.norm not in ("pre", "post"):
            raise InputError(f"norm = {self.norm!r}", "'pre' 或 'post'", "GPT-2 以来都用 pre")

    @property
    def head_dim(self) -> int:
        """每个头的维数 d_k = n_embd / n_head。"""
        return self.n_embd // self.n_head

    def to_dict(self) -> dict:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "GPTConfig":
        """由字典构造；字典里有不认识的名字就报错，并指出最像的那个。"""
        reject_unknown(values, [f.name for f in dataclasses.fields(cls)], "GPTConfig 的字段")
        return cls(**values)


PRESETS = {
    "mini": GPTConfig(),
    "tiny": GPTConfig(n_layer=2, n_head=2, n_embd=64, context_length=64),
    "small": GPTConfig(n_layer=4, n_head=8, n_embd=256, context_length=256),
    "gpt2": GPTConfig(vocab_size=50257, n_layer=12, n_head=12, n_embd=768, context_length=1024),
}


def preset(name: str, **changes) -> GPTConfig:
    """取一个预设，并改动其中几个字段。"""
    reject_unknown([name], PRESETS, "预设")
    reject_unknown(changes, [f.name for f in dataclasses.fields(GPTConfig)], "GPTConfig 的字段")
    return dataclasses.replace(PRESETS[name], **changes)


def reject_unknown(names, known, what: str) -> None:
    """有不认识的名字就报错：说出它，列出认识的，指出最像的。"""
    known = list(known)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
            fix = f"你想写的是不是 {near[0]}？" if near else "从上面列出的名字里选一个"
            raise InputError(f"不认识的{what}：{name}", "、".join(known), fix)
