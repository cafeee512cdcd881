"""BERT：与 GPT 同一个 Transformer，不要因果掩码；另外两个训练目标 MLM 与 NSP。

这里知道 token 的编号与特殊 token，不知道文字，也不知道训练循环：
mask_tokens、next_sentence_pairs 做出一批，mlm_objective、nsp_objective 交出损失之和，照旧交给 Trainer。
来源：Devlin 等 2019，《BERT》。与论文不同的两处：embedding 之后没有层归一化；块内缺省是 pre-norm
（config.norm="post" 与论文相同）。
"""

import torch
from torch import Tensor, nn

from tinygpt.config import GPTConfig
from tinygpt.errors import require
from tinygpt.gpt import check_length
from tinygpt.layers import Transformer
from tinygpt.losses import IGNORE, Batch, cross_entropy_sum
from tinygpt.tokenizer import CLS, MASK, PAD, SEP, SPECIAL_TOKENS

FIRST_ORDINARY = len(SPECIAL_TOKENS)  # 从这个编号起才是普通的 token；比它小的不遮、也不拿来替换


class BERT(nn.Module):
    """编码器：h_0 = token + 位置 + 段；h_L = Transformer(h_0)，每个位置看得见整段输入。

    上面有两个头，共用 h_L：
        forward   每个位置 → 词表的 logits：LayerNorm(GELU(h W + b)) U^T + c，U 就是 token embedding（MLM）
        judge     <cls> 的位置 → 两个 logits：tanh(h W + b) V + d（NSP）
    全部矩阵按 σ = 0.02 的正态分布初始化，偏置为 0（论文附录 A.2）。
    """

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocab_size, config.n_embd)
        self.position_embedding = nn.Embedding(config.context_length, config.n_embd)
        self.type_embedding = nn.Embedding(2, config.n_embd)
        self.dropout = nn.Dropout(config.dropout)
        self.transformer = Transformer(config)
        square = nn.Linear(config.n_embd, config.n_embd)
        self.mlm_transform = nn.Sequential(square, nn.GELU(), nn.LayerNorm(config.n_embd))
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size)
        self.pooler = nn.Sequential(nn.Linear(config.n_embd, config.n_embd), nn.Tanh())
        self.nsp_head = nn.Linear(config.n_embd, 2)
        self.reset_parameters()
        if config.tied_head:
            self.lm_head.weight = self.token_embedding.weight

    def reset_parameters(self) -> None:
        """矩阵 σ = 0.02，偏置 0；层归一化的 weight 保持 1。随机数取自 torch 的全局生成器。"""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim >= 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, ids: Tensor, types: Tensor | None = None, padding: Tensor | None = None) -> Tensor:
        """ids (b, t) → logits (b, t, vocab_size)；位置 i 的 logits 说的是第 i 个 token 自己，不是下一个。"""
        return self.lm_head(self.mlm_transform(self.hidden(ids, types, padding)))

    def judge(self, ids: Tensor, types: Tensor | None = None, padding: Tensor | None = None) -> Tensor:
        """ids (b, t)，每行以 <cls> 开头 → logits (b, 2)：第 1 列是“B 接在 A 后面”，第 0 列是“不是”。"""
        return self.nsp_head(self.pooler(self.hidden(ids, types, padding)[:, 0]))

    def hidden(self, ids: Tensor, types: Tensor | None = None, padding: Tensor | None = None) -> Tensor:
        """最后一层的输出 h_L，形状 (b, t, c)。

        参数
        ----
        ids: (b, t) 的整数
        types: (b, t) 的 0 与 1，A 段是 0，B 段是 1；None 表示全是 0
        padding: (b, t) 布尔，True 是补齐出来的位置，谁也看不见它；None 表示没有补齐
        """
        length = ids.size(1)
        check_length(length, self.config)
        types = torch.zeros_like(ids) if types is None else types
        x = self.token_embedding(ids) + self.position_embedding.weight[:length] + self.type_embedding(types)
        mask = None if padding is None else ~padding[:, None, None, :]
        return self.transformer(self.dropout(x), mask)

    @property
    def device(self) -> torch.device:
        return self.token_embedding.weight.device


# ---- 掩码语言模型 ----


def mask_tokens(ids: Tensor, generator: torch.Generator, vocab_size: int, probability: float = 0.15) -> Batch:
    """遮住一些 token：ids (b, t) → {"ids": (b, t), "labels": (b, t)}。

    每个普通 token 以 probability 的机会被选中；特殊 token（编号 0–7）从不选中。
    选中的 80 % 换成 <mask>，10 % 换成随机的普通 token，10 % 不动：微调时没有 <mask>，
    模型不能只在看见它时才干活。labels 在选中的位置是原来的 token，其余是 IGNORE。ids 本身不改。
    """
    require(0 < probability <= 1, f"probability = {probability}", "0 < probability ≤ 1", "论文用 0.15")
    chosen = (torch.rand(ids.shape, generator=generator) < probability) & (ids >= FIRST_ORDINARY)
    fate = torch.rand(ids.shape, generator=generator)
    random_ids = torch.randint(FIRST_ORDINARY, vocab_size, ids.shape, generator=generator)
    masked = torch.where(chosen & (fate < 0.8), MASK, ids)
    masked = torch.where(chosen & (fate >= 0.9), random_ids, masked)
    return {"ids": masked, "labels": ids.masked_fill(~chosen, IGNORE)}


def mlm_objective(model, batch: Batch) -> Tensor:
    """掩码语言模型：L = −Σ log P(x_i | 遮过的整段)，只对选中的位置求和。"""
    logits = model(batch["ids"], batch.get("types"), batch.get("padding"))
    return cross_entropy_sum(logits, batch["labels"])


# ---- 下一句预测 ----


def next_sentence_pairs(
    documents: list[list[list[int]]], generator: torch.Generator, count: int, context_length: int
) -> Batch:
    """count 对句子，一半真的相邻，一半的 B 来自另一篇文档；次序随机。

    参数
    ----
    documents: 文档 → 句子 → token 编号；只用得上至少两句的文档
    context_length: <cls> A <sep> B <sep> 的总长不超过它；太长时去掉 A 的开头与 B 的结尾

    返回 {"ids", "types", "padding"}（都是 (count, t)，t 是这一批最长的一行）与 "labels" (count,)：1 是相邻。
    长度不泄露答案：假的 B 也是某篇文档里的“下一句”，与真的 B 按同样的办法抽，只是换了文档。
    """
    places = [(d, i) for d, sentences in enumerate(documents) for i in range(len(sentences) - 1)]
    enough, smallest = len({d for d, _ in places}) >= 2, "至少为 5：三个特殊 token，A、B 各一个"
    require(enough, "至少两句的文档不到两篇", "两篇以上", "给更多文档，或检查句子是怎样切的")
    require(context_length >= 5, f"context_length = {context_length}", smallest, "调大 context_length")
    labels = torch.randperm(count, generator=generator) % 2
    rows = []
    for is_next in labels.tolist():
        document, i = other, j = _pick(places, generator)
        while not is_next and other == document:
            other, j = _pick(places, generator)
        rows.append(_join(documents[document][i], documents[other][j + 1], context_length))
    return _stack(rows) | {"labels": labels}


def nsp_objective(model, batch: Batch) -> Tensor:
    """下一句预测：L = −Σ log P(是不是相邻 | A, B)，每对句子一项。"""
    return cross_entropy_sum(model.judge(batch["ids"], batch["types"], batch["padding"]), batch["labels"])


def _pick(options: list, generator: torch.Generator):
    return options[int(torch.randint(len(options), (), generator=generator))]


def _join(a: list[int], b: list[int], context_length: int) -> tuple[list[int], list[int]]:
    """一对句子 → (ids, types)。放不下时各让一半：A 留结尾，B 留开头，相邻的地方总在。"""
    room = context_length - 3
    n_b = min(len(b), max(room // 2, room - len(a)))
    n_a = min(len(a), room - n_b)
    first, second = [CLS, *a[len(a) - n_a :], SEP], [*b[:n_b], SEP]
    return first + second, [0] * len(first) + [1] * len(second)


def _stack(rows: list[tuple[list[int], list[int]]]) -> Batch:
    """长短不一的行在右边补齐成一批。"""
    longest = max(len(ids) for ids, _ in rows)
    fill = [longest - len(ids) for ids, _ in rows]
    ids = torch.tensor([ids + [PAD] * n for (ids, _), n in zip(rows, fill)])
    types = torch.tensor([types + [0] * n for (_, types), n in zip(rows, fill)])
    padding = torch.arange(longest) >= torch.tensor([[len(ids)] for ids, _ in rows])
    return {"ids": ids, "types": types, "padding": padding}
