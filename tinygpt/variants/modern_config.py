"""modern 的形状：每一样改动一个字段，一处检查。零件在 modern.py 里。"""

import math
from dataclasses import dataclass

from tinygpt.config import GPTConfig, documented
from tinygpt.errors import require

KIND = "modern"  # config.json 里的 model
CHOICES = {
    "position": ("rope", "learned"), "normalization": ("rms", "layer"),
    "feed_forward": ("relu2", "swiglu", "gelu"),
}  # fmt: skip


@dataclass(frozen=True)
class ModernConfig(GPTConfig):
    """modern 的形状：GPTConfig 的字段，加上每一样改动的开关。"""

    dropout: float = documented(0.0, "训练时随机置零的比例，0 到 1 之间")
    bias: bool = documented(False, "线性层与层归一化是否带偏置")
    tied_head: bool = documented(False, "输出层是否与 token embedding 共用权重")
    position: str = documented("rope", "位置：rope 转角度，learned 加一个学来的向量（文章的做法）")
    normalization: str = documented("rms", "归一化：rms 或 layer")
    feed_forward: str = documented("relu2", "前馈网络：relu2、swiglu 或 gelu")
    qk_norm: bool = documented(True, "查询与键是否先归一化")
    zero_init: bool = documented(True, "子层的最后一个矩阵与输出层是否从 0 开始")
    value_embedding: bool = documented(True, "每一层的值是否加上当前 token 的一个向量")
    ngram: int = documented(1, "输入里加上最近 2 到 n 个 token 的散列 embedding；1 为不加")
    ngram_size: int = documented(8192, "n 元 embedding 的每张表有多少格")
    ngram_dropout: float = documented(0.0, "训练时，每个 n 元向量整个不用的比例")
    kv_groups: int = documented(1, "几个查询的头共用一组键与值，须整除 n_head；1 为不共用")
    softcap: float = documented(0.0, "logits 压在 ± 这个数以内；0 为不压")

    def __post_init__(self):
        super().__post_init__()
        fix = "去掉 norm 这一项"
        require(self.norm == "pre", f"norm = {self.norm!r}", "'pre'：modern 的归一化总在子层之前", fix)
        for name, known in CHOICES.items():
            value = getattr(self, name)
            require(value in known, f"{name} = {value!r:.60}", " 或 ".join(known), f"改正 {name}")
        for name in ("qk_norm", "zero_init", "value_embedding"):
            value = getattr(self, name)
            require(isinstance(value, bool), f"{name} = {value!r:.60}", "true 或 false", f"改正 {name}")
        for name, largest in (("ngram", 16), ("ngram_size", 1 << 24)):
            value, expected = getattr(self, name), f"1 到 {largest} 的整数"
            fine = type(value) is int and 1 <= value <= largest
            require(fine, f"{name} = {value!r:.60}", expected, f"改正 {name}")
        fine = isinstance(self.ngram_dropout, int | float) and 0 <= self.ngram_dropout < 1
        require(fine, f"ngram_dropout = {self.ngram_dropout!r:.60}", "0 ≤ ngram_dropout < 1", "常用 0 到 0.5")
        groups = self.kv_groups
        fine = type(groups) is int and groups >= 1 and self.n_head % groups == 0
        found = f"kv_groups = {groups!r:.60}，n_head = {self.n_head}"
        require(fine, found, "整除 n_head 的正整数", "不共用就写 1")
        fine = isinstance(self.softcap, int | float) and 0 <= self.softcap < math.inf
        require(fine, f"softcap = {self.softcap!r:.60}", "不小于 0 的数", "常用 15 到 30；不要就写 0")
        untied = not (self.tied_head and self.zero_init)
        found = "tied_head 与 zero_init 都开着：embedding 就全是 0 了"
        require(untied, found, "至多开一个", "给出 --no-tied-head 或 --no-zero-init")
        even = self.position != "rope" or self.head_dim % 2 == 0
        fix = f"例如 n_embd {2 * self.n_embd}"
        require(even, f"每个头 {self.head_dim} 维", "偶数：RoPE 两维两维地转", fix)

    @property
    def n_kv_head(self) -> int:
        return self.n_head // self.kv_groups

    def to_dict(self) -> dict:
        return {"model": KIND} | super().to_dict()
