"""模型与训练的全部超参数，一处写明，一处检查。

这里只知道数字，不知道张量。
"""

import dataclasses
import difflib
from dataclasses import dataclass, field

from tinygpt.errors import InputError, require


def documented(default, text: str):
    """一个带说明的字段；说明同时是命令行 --help 里的文字。"""
    return field(default=default, metadata={"help": text})


# 再大就放不进任何一台机器了；多半是多打了几个零，或者是一个坏的 config.json
LARGEST = {
    "vocab_size": 1 << 24, "context_length": 1 << 20, "n_layer": 1024, "n_head": 1024, "n_embd": 1 << 16,
}  # fmt: skip
LARGEST_SEED = 2**63 - 1


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
    norm: str = documented(
        "pre", "层归一化的位置：pre 在子层之前（GPT-2），post 在残差相加之后（最初的 Transformer）"
    )
    tied_head: bool = documented(True, "输出层是否与 token embedding 共用权重")
    gelu: str = documented("erf", "GELU 怎样算：erf 照定义，tanh 用近似（OpenAI 的 GPT-2 是这样训练的）")

    def __post_init__(self):
        for name, largest in LARGEST.items():
            value, expected = getattr(self, name), f"1 到 {largest} 的整数"
            fine = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= largest
            require(fine, f"{name} = {value!r:.60}", expected, f"改正 {name}")
        for name in ("bias", "tied_head"):
            value = getattr(self, name)
            require(isinstance(value, bool), f"{name} = {value!r:.60}", "true 或 false", f"改正 {name}")
        left, near = self.n_embd % self.n_head, round(self.n_embd / self.n_head) * self.n_head
        require(
            left == 0,
            f"n_embd = {self.n_embd}，n_head = {self.n_head}，{self.n_embd} ÷ {self.n_head} 有余数 {left}",
            "n_embd 能被 n_head 整除，这样每个头分到同样多的维数",
            f"例如把 n_embd 改成 {max(self.n_head, near)}",
        )
        fine = isinstance(self.dropout, int | float) and 0 <= self.dropout < 1
        require(fine, f"dropout = {self.dropout!r:.60}", "0 ≤ dropout < 1", "常用 0 到 0.2")
        known = self.norm in ("pre", "post")
        require(known, f"norm = {self.norm!r}", "'pre' 或 'post'", "GPT-2 以来都用 pre")
        known = self.gelu in ("erf", "tanh")
        require(known, f"gelu = {self.gelu!r}", "'erf' 或 'tanh'", "自己训练就用 erf")

    @property
    def head_dim(self) -> int:
        """每个头的维数 d_k = n_embd / n_head。"""
        return self.n_embd // self.n_head

    @property
    def n_kv_head(self) -> int:
        """键与值的头数，也就是 KV 缓存里的头数；与查询的头数相同（modern 可以更少）。"""
        return self.n_head

    def to_dict(self) -> dict:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "GPTConfig":
        """由字典构造；字典里有不认识的名字就报错，并指出最像的那个。"""
        fix = "检查 config.json 是不是 tinygpt 写的"
        require(isinstance(values, dict), f"模型的配置是 {values!r}", "一组“名字：值”", fix)
        known = [f.name for f in dataclasses.fields(cls)]
        reject_unknown(values, known, f"{cls.__name__} 的字段", NEWER)
        return cls(**values)


@dataclass(frozen=True)
class TrainConfig:
    """训练的全部参数。"""

    steps: int | None = documented(None, "训练多少步；与 minutes 二选一")
    minutes: float | None = documented(None, "大约训练多少分钟：先走几步量出速度，再定下总步数")
    batch_size: int = documented(16, "每个小批多少个窗口")
    accumulation: int = documented(1, "多少个小批的梯度合成一步")
    optimizer: str = documented("muon", "muon（矩阵用 Muon，其余用 AdamW）或 adamw（全部用 AdamW）")
    learning_rate: float = documented(3e-3, "最高学习率；adamw 宜用 1e-3 左右")
    min_learning_rate_ratio: float = documented(0.1, "最后降到最高学习率的几分之几")
    decay: float = documented(0.0, "最后占全程这么大的一段里，学习率线性降下来；0 为沿余弦降")
    warmup_steps: int = documented(50, "学习率从 0 升到最高用多少步")
    weight_decay: float = documented(0.5, "矩阵的权重衰减；文字少、要反复读时宜大些")
    beta2: float = documented(0.99, "AdamW 的 β2")
    clip_norm: float = documented(1.0, "全部梯度的总范数超过它就按比例缩小；0 为不裁剪")
    eval_interval: int = documented(50, "每多少步算一次验证损失，并存一次检查点")
    patience: int = documented(5, "验证损失连续多少次没有变好就提前停止；0 为不停")
    precision: str = documented("auto", "auto、fp32、bf16 或 fp16；auto 取这台机器上快的")
    compile: bool = documented(False, "用 torch.compile：第一步要编译几十秒，以后每步快一些")
    seed: int = documented(0, "随机种子：初始化、dropout 与数据的次序")

    def __post_init__(self):
        both = f"steps = {self.steps}，minutes = {self.minutes}"
        require(self.steps is None or self.minutes is None, both, "两个里只给一个", "去掉其中一个")
        known = self.optimizer in ("adamw", "muon")
        require(known, f"optimizer = {self.optimizer!r}", "muon 或 adamw", "不确定就用 muon")
        for name in ("steps", "batch_size", "accumulation", "eval_interval"):
            value, expected = getattr(self, name), f"1 到 {10**9} 的整数"
            require(value is None or 1 <= value <= 10**9, f"{name} = {value}", expected, f"改正 {name}")
        for name in ("learning_rate", "minutes"):
            value = getattr(self, name)
            fine = value is None or 0 < value <= 10**6
            require(fine, f"{name} = {value}", "大于 0、不超过一百万的数", f"改正 {name}")
        for name in ("warmup_steps", "weight_decay", "clip_norm", "patience", "seed"):
            value, expected = getattr(self, name), f"0 到 {LARGEST_SEED} 的数"
            require(0 <= value <= LARGEST_SEED, f"{name} = {value}", expected, f"改正 {name}")
        for name, highest in (("beta2", 1), ("min_learning_rate_ratio", 1 + 1e-9), ("decay", 1 + 1e-9)):
            value, expected = getattr(self, name), "0 到 1 之间（beta2 要小于 1）"
            require(0 <= value < highest, f"{name} = {value}", expected, f"改正 {name}")


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


NEWER = "多半是更新的 tinygpt 写的：更新 tinygpt 再读；手改过就改回来"


def reject_unknown(names, known, what: str, fix: str = "从上面列出的名字里选一个") -> None:
    """有不认识的名字就报错：说出它，列出认识的，指出最像的；没有像的，就说 fix。"""
    known = list(known)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
            fix = f"你想写的是不是 {near[0]}？" if near else fix
            raise InputError(f"不认识的{what}：{name}", "、".join(known), fix)
