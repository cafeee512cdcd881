"""机器里的站：数据每到一站，就是一张表。这里只有名字、公式与一句解释，不算数。

一个部分（part）是整台机器图上的一个方框，里面依次是几站（station）。
"""

from dataclasses import dataclass

from tinygpt.config import GPTConfig


@dataclass(frozen=True)
class Station:
    """一站。公式里 ^ 后面的一个字母是上标。

    columns 说表的列是什么：dims（向量的各维）、tokens（各个 token）或 candidates（候选）。
    """

    name: str
    title: str
    formula: str
    note: str
    columns: str = "dims"
    per_head: bool = False


EMBEDDING = (
    Station("token", "token 向量", "X = E[编号]", "从一张大表里取出编号那一行。相同的 token，取出的行相同。"),
    Station("position", "位置向量", "P = 第 i 行", "另一张表：第几个位置，就取第几行。"),
    Station("h0", "相加", "h₀ = X + P", "是什么，加上在哪里。从这里开始，就是残差流。"),
)
NORM = Station(
    "attention_norm", "归一化", "(x − 平均) ÷ 标准差 × w + b", "每一行变成平均 0、方差 1，再乘再加。"
)
HEAD = (
    Station("q", "查询 Q", "Q = x W^Q + b", "这个 token 在找什么。", per_head=True),
    Station("k", "键 K", "K = x W^K + b", "这个 token 是什么，好让别人找到。", per_head=True),
    Station("v", "值 V", "V = x W^V + b", "被找到以后，能拿走什么。", per_head=True),
    Station(
        "scores", "分数", "S = Q K^T ÷ √d", "每个查询与每个键的点积：方向越一致，分数越高。", "tokens", True
    ),
    Station("masked", "遮住未来", "看不见的换成 −∞", "一个 token 只能看自己和前面的。", "tokens", True),
    Station("weights", "权重", "softmax(S)", "每一行变成加起来等于 1 的权重。", "tokens", True),
    Station("heads", "加权和", "权重 × V", "照权重把各个值混在一起。", per_head=True),
)
JOIN = Station("attended", "拼起来，乘 Wᴼ", "[头₁ … 头ₕ] W^O + b", "各个头的结果首尾相接，再乘一个矩阵。")
MIDDLE = Station("middle", "加回残差流", "x + 注意力", "注意力的结果加上去，而不是替换。")
FEED_FORWARD_NORM = Station("feed_forward_norm", "归一化", NORM.formula, NORM.note)
WIDE = (
    Station("up", "放宽到 4 倍", "x W₁ + b₁", "每个位置各做各的，不看别人。"),
    Station("gelu", "GELU", "u · Φ(u)", "负的压到接近 0，正的大致原样通过。"),
    Station("down", "收回", "u W₂ + b₂", "回到原来的宽度。"),
)
AFTER = Station("after", "加回残差流", "x + 前馈网络", "再加一次，这一层就算完了。")
LAST = (Station("norm", "最后的归一化", NORM.formula, "残差流越加越长，输出之前统一尺度。"),)
LOGITS = (
    Station("logits", "logits", "h · E[候选]", "与每个 token 自己的向量做点积：越像，分越高。", "candidates"),
)
PROBABILITIES = (
    Station("probabilities", "概率", "softmax(logits)", "全部候选的概率加起来是 1。", "candidates"),
)


def attention(config: GPTConfig) -> tuple[Station, ...]:
    """注意力这个部分的站；pre-norm 的归一化在最前，post-norm 的在最后。"""
    body = (*HEAD, JOIN, MIDDLE)
    return (NORM, *body) if config.norm == "pre" else (*body, NORM)


def feed_forward(config: GPTConfig) -> tuple[Station, ...]:
    """前馈网络这个部分的站。"""
    body = (*WIDE, AFTER)
    return (FEED_FORWARD_NORM, *body) if config.norm == "pre" else (*body, FEED_FORWARD_NORM)


def parts(config: GPTConfig) -> dict[str, tuple[Station, ...]]:
    """{部分的名字: 它的站}，照数据走过的次序；attention 与 feed_forward 每层各一份。

    tokens 与 next 没有矩阵：前者是编号，后者是抽中的那一个。
    """
    return {
        "tokens": (),
        "embedding": EMBEDDING,
        "attention": attention(config),
        "feed_forward": feed_forward(config),
        **({"norm": LAST} if config.norm == "pre" else {}),
        "logits": LOGITS,
        "probabilities": PROBABILITIES,
        "next": (),
    }


TITLES = {
    "tokens": "文字变成编号", "embedding": "编号变成向量", "attention": "注意力", "feed_forward": "前馈网络",
    "norm": "最后的归一化", "logits": "输出层", "probabilities": "概率", "next": "取一个",
}  # fmt: skip
