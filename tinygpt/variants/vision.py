"""看图的 GPT：图切成块，每块投影成一个向量，接在文字前面，送进同一个 Transformer。

    图 (3, 32, 32) → 16 块，每块 192 个数 → 16 个 256 维的向量 → 前缀
    问题的 token → embedding 加位置，与从前一样 → 接在前缀后面

GPT 一行也没有改：VisionGPT 里装着它，只添了一个线性层与一张块的位置表。
这里知道图是一堆数，文字是一串编号；不知道图里画的是什么，也不知道怎样训练（照旧交给 Trainer）。
来源：Dosovitskiy 等 2021（ViT，切块）；Tsimpoukelli 等 2021（Frozen，图当作语言模型的前缀）；
Beyer 等 2024（PaliGemma，前缀里互相看得见）。
"""

import sys
from collections.abc import Callable

import numpy as np
import torch
from einops import rearrange
from torch import Tensor, nn

from tinygpt.device import evaluation_mode
from tinygpt.errors import require
from tinygpt.gpt import GPT, check_length
from tinygpt.layers import causal_mask
from tinygpt.losses import IGNORE, Batch, cross_entropy_sum
from tinygpt.pairs import collate, encode_talks
from tinygpt.template import Template
from tinygpt.tokenizer import CHAT, EOS, PAD

PATCH = 8  # 一块的边长，像素
TEMPLATE = Template()  # 问与答的写法，与 tinygpt chat 相同


def patches(pictures: Tensor, size: int = PATCH) -> Tensor:
    """图 (b, 颜色, 高, 宽) → 块 (b, n, 颜色·size·size)：从左到右、从上到下。"""
    return rearrange(pictures, "b c (y h) (x w) -> b (y x) (c h w)", h=size, w=size)


def prefix_mask(n_prefix: int, n_text: int, device=None) -> Tensor:
    """前缀与文字接在一起的掩码 (n, n)，n = n_prefix + n_text，True 表示看得见。

    文字照旧只看得见前面；图没有先后，所以前缀里的块互相都看得见。
    """
    mask = causal_mask(n_prefix + n_text, n_prefix + n_text, device)
    mask[:n_prefix, :n_prefix] = True
    return mask


class VisionGPT(nn.Module):
    """一个 GPT，前面接上图。gpt 就是交进来的那一个，训练时一起改；想冻结它，就 gpt.requires_grad_(False)。

    shape 是图的（颜色，高，宽），高与宽是 PATCH 的倍数。
    """

    def __init__(self, gpt: GPT, shape: tuple[int, int, int] = (3, 32, 32)):
        super().__init__()
        colors, height, width = shape
        whole = height % PATCH == width % PATCH == 0
        require(whole, f"图高 {height}、宽 {width}", f"都是 {PATCH} 的倍数", "补白边，或缩放图")
        self.gpt, self.config = gpt, gpt.config
        self.n_patch = (height // PATCH) * (width // PATCH)
        self.project = nn.Linear(colors * PATCH * PATCH, gpt.config.n_embd)
        self.place_embedding = nn.Embedding(self.n_patch, gpt.config.n_embd)
        nn.init.normal_(self.project.weight, std=0.02)
        nn.init.zeros_(self.project.bias)
        nn.init.normal_(self.place_embedding.weight, std=0.02)

    def forward(self, pictures: Tensor, ids: Tensor) -> Tensor:
        """图 (b, 颜色, 高, 宽) 与编号 (b, t) → 文字那 t 个位置的 logits (b, t, v)。"""
        return self.gpt.lm_head(self.hidden(pictures, ids))

    def hidden(self, pictures: Tensor, ids: Tensor) -> Tensor:
        """文字那 t 个位置的 h_L (b, t, c)：前缀的那些行用过就丢。"""
        x, mask = self.inputs(pictures, ids)
        return self.gpt.transformer(self.gpt.dropout(x), mask)[:, self.n_patch :]

    def inputs(self, pictures: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """h_0 (b, n_patch + t, c) 与掩码：前面是图的块，后面是文字。文字的位置仍从 0 数起，与从前一样。"""
        check_length(ids.size(1), self.config)
        text = self.gpt.token_embedding(ids) + self.gpt.position_embedding.weight[: ids.size(1)]
        image = self.project(patches(1 - pictures)) + self.place_embedding.weight  # 1 是白；白纸变成 0
        return torch.cat([image, text], dim=1), prefix_mask(self.n_patch, ids.size(1), ids.device)

    @property
    def device(self) -> torch.device:
        return self.gpt.device


# ---- 训练 ----


def picture_objective(model: VisionGPT, batch: Batch) -> Tensor:
    """看着图与问题，说出回答：L = −Σ log P(回答的 token | 图, 前文)。

    输出层只算有标签的位置：词表有几千行，一大半位置是问题与补齐，能省就省。
    """
    answered = batch["labels"] != IGNORE
    hidden = model.hidden(batch["pictures"], batch["ids"])[answered]
    return cross_entropy_sum(model.gpt.lm_head(hidden), batch["labels"][answered])


class PicturePairs:
    """训练用的批：图现画现用，第 n 批只由 (seed, n) 决定。

    sample: 收下一个随机数生成器，交出一个有 picture、question、answer 的例子
    blind: 图换成白纸，看看只凭问题能猜对多少
    """

    def __init__(self, sample: Callable, tokenizer, batch_size: int, seed: int = 0, blind: bool = False):
        self.sample, self.tokenizer, self.batch_size = sample, tokenizer, batch_size
        self.seed, self.blind = seed, blind

    def batch(self, n: int) -> Batch:
        """第 n 批。"""
        rng = np.random.default_rng([self.seed, n])
        examples = [self.sample(rng) for _ in range(self.batch_size)]
        talks = [([(example.question, example.answer)], "") for example in examples]
        pairs = encode_talks(talks, self.tokenizer, TEMPLATE, sys.maxsize).examples  # 太长由模型报错
        pictures = torch.from_numpy(np.stack([example.picture for example in examples]))
        return collate(pairs) | {"pictures": torch.ones_like(pictures) if self.blind else pictures}


# ---- 使用 ----


@torch.no_grad()
def answer(model: VisionGPT, tokenizer, pictures: Tensor, questions: list[str], most: int = 24) -> list[str]:
    """一张图一个问题，贪心地回答，每个回答至多 most 个 token。pictures (b, 颜色, 高, 宽)。

    不用 sampling.generate：它的缓存从第 0 个 token 起，没有图的位置；回答只有十几个 token，每步从头算也不慢。
    """
    found = f"{len(pictures)} 张图，{len(questions)} 个问题"
    require(len(pictures) == len(questions), found, "一样多", "一张图配一个问题")
    texts = [[CHAT, *tokenizer.encode(TEMPLATE.ask(question))] for question in questions]
    starts, pictures = [len(text) for text in texts], pictures.to(model.device)
    with evaluation_mode(model):
        for _ in range(most):
            writing = [i for i, text in enumerate(texts) if text[-1] != EOS]
            if not writing:
                break
            lengths = torch.tensor([len(texts[i]) for i in writing])
            padded = [texts[i] + [PAD] * (int(lengths.max()) - len(texts[i])) for i in writing]
            hidden = model.hidden(pictures[writing], torch.tensor(padded, device=model.device))
            last = model.gpt.lm_head(hidden[torch.arange(len(writing)), lengths - 1])
            for i, token in zip(writing, last.argmax(dim=-1).tolist()):
                texts[i].append(token)
    return [tokenizer.decode(text[start:]) for text, start in zip(texts, starts)]
