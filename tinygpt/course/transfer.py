"""第 02 课用的：隔多远还记得住（回忆题），标注很少时预训练帮多少（微调与从头），两句相邻的捷径。

题目、训练与考试在这里；课里只有设定、结果与图。
"""

import copy
import random

import torch
import torch.nn.functional as F
from torch import Tensor

from tinygpt.config import GPTConfig, TrainConfig
from tinygpt.course.objectives import Batches, Sentences
from tinygpt.course.widgets.attention import attention_maps
from tinygpt.gpt import GPT
from tinygpt.losses import IGNORE, Batch
from tinygpt.ngram import NGram
from tinygpt.tokenizer import EOS, PAD
from tinygpt.trainer import Trainer

VALUES, QUESTION, NOISE, VOCABULARY = range(8, 16), 16, range(17, 21), 21
KINDS = {"definition": "定义", "use": "用途", "likeness": "比方", "effect": "影响", "feature": "特点",
         "place": "地方", "example": "例子", "opposite": "对比"}  # fmt: skip


# ---- 回忆题 ----


def recall(
    generator: torch.Generator, count: int, nearest: int = 1, farthest: int = 32, length: int = 34
) -> Batch:
    """一串没有意义的字里藏着一个值，最后是问号；答案是那个值。值与问号的距离在 nearest 到 farthest 之间。"""
    rows = torch.arange(count)
    ids = torch.randint(NOISE.start, NOISE.stop, (count, length), generator=generator)
    value = torch.randint(VALUES.start, VALUES.stop, (count,), generator=generator)
    distance = torch.randint(nearest, farthest + 1, (count,), generator=generator)
    ids[:, -1] = QUESTION
    ids[rows, length - 1 - distance] = value
    labels = torch.full_like(ids, IGNORE)
    labels[:, -1] = value
    return {"ids": ids, "labels": labels}


def train_recall(seed: int) -> GPT:
    """一层、一个头、32 维，训练 200 步。"""
    torch.manual_seed(seed)
    shape = dict(context_length=34, n_layer=1, n_head=1, n_embd=32, dropout=0.0)
    model = GPT(GPTConfig(vocab_size=VOCABULARY, **shape))
    config = TrainConfig(steps=200, optimizer="adamw", learning_rate=1e-2, weight_decay=0.0,
                         warmup_steps=10, precision="fp32", seed=seed)  # fmt: skip
    Trainer(model, Batches(lambda g: recall(g, 64), seed), None, config).run()
    return model.eval()


def counted_recall(order: int = 4) -> NGram:
    """n 元模型，在五千道题上数。"""
    seen = recall(torch.Generator().manual_seed(1), 5000)
    rows = torch.cat([seen["ids"], seen["labels"][:, -1:]], dim=1).tolist()
    return NGram(order, VOCABULARY, EOS).fit(rows)


@torch.no_grad()
def recall_accuracy(answerer: GPT | NGram, distance: int, count: int = 400) -> float:
    """隔 distance 个位置，count 道新题答对多少。"""
    test = recall(torch.Generator().manual_seed(100 + distance), count, distance, distance)
    if isinstance(answerer, NGram):
        best = lambda row: VALUES.start + answerer.distribution(row)[VALUES.start : VALUES.stop].argmax()
        answers = torch.tensor([best(row) for row in test["ids"].tolist()])
    else:
        answers = answerer(test["ids"])[:, -1].argmax(-1)
    return (answers == test["labels"][:, -1]).float().mean().item()


def question_looks_at(model: GPT, ids: Tensor) -> Tensor:
    """问号那一行的注意力权重，一题一行。"""
    return torch.stack([attention_maps(model, row)[0][0, 0, -1] for row in ids])


# ---- 两句相邻吗：不读内容的两条捷径 ----


def best_cut(numbers: Tensor, labels: Tensor) -> float:
    """只看一个数，用最好的一条界线去分，能对多少。"""
    shares = [((numbers >= cut).long() == labels).float().mean().item() for cut in range(48)]
    return max(shares + [1 - share for share in shares])


def shortcuts(pairs: Batch) -> dict[str, float]:
    """{捷径: 答对多少}：只看 B 有多长；只数两句共有几个字。"""
    first, second = ((pairs["types"] == kind) & ~pairs["padding"] for kind in (0, 1))
    rows = zip(pairs["ids"], first, second)
    shared = torch.tensor([len(set(row[a].tolist()) & set(row[b].tolist())) for row, a, b in rows])
    numbers = {"只看 B 的长度": second.sum(1), "只数共有的字": shared}
    return {name: best_cut(values, pairs["labels"]) for name, values in numbers.items()}


# ---- 微调与从头训练 ----


class Classroom:
    """八类句子，各说事物的哪一面：可以标注的句子，与拿来考的（都是预训练时留出的）。"""

    def __init__(self, corpus: Sentences):
        self.corpus, unseen = corpus, set(corpus.held_out)
        labelled = [(text, kind) for kind, name in enumerate(KINDS) for text in corpus.about(name)]
        self.pool = [pair for pair in labelled if pair[0] not in unseen]
        self.exam = [pair for pair in labelled if pair[0] in unseen]

    def tensors(self, pairs: list) -> tuple[Tensor, Tensor]:
        return self.corpus.table([text for text, _ in pairs]), torch.tensor([kind for _, kind in pairs])

    def accuracy(self, start: GPT | None, per_class: int, seed: int, steps: int = 40) -> float:
        """每类 per_class 句标注，从 start（或随机的权重）训练 steps 步，考多少分。"""
        torch.manual_seed(seed)
        model = copy.deepcopy(start) if start else GPT(self.corpus.shape())
        head, chooser = torch.nn.Linear(64, len(KINDS)), random.Random(seed)
        few = [pair for kind in range(len(KINDS))
               for pair in chooser.sample([p for p in self.pool if p[1] == kind], per_class)]  # fmt: skip
        self._train(model, head, *self.tensors(few), steps, torch.Generator().manual_seed(seed))
        ids, kinds = self.tensors(self.exam)
        with torch.no_grad():
            return (class_logits(model, head, ids).argmax(-1) == kinds).float().mean().item()

    @staticmethod
    def _train(model, head, ids, kinds, steps, generator) -> None:
        optimizer = torch.optim.AdamW([*model.parameters(), *head.parameters()], lr=1e-3)
        for _ in range(steps):
            rows = torch.randint(len(ids), (24,), generator=generator)
            loss = F.cross_entropy(class_logits(model, head, ids[rows]), kinds[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def class_logits(model: GPT, head: torch.nn.Linear, ids: Tensor) -> Tensor:
    """一句话各位置的平均向量 → 8 类的 logits。"""
    real = (ids != PAD)[..., None]
    return head((model.hidden(ids) * real).sum(1) / real.sum(1))
