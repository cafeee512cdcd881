#!/usr/bin/env python3
"""训练诊所：真的跑十次有毛病的训练（和一次好的），把曲线与样本记进 tinygpt/course/clinic.json。

    python tools/record_clinic.py

每一次只在一处动手脚，其余与好的那次相同。用一个线程，一共几分钟；同一台机器上重跑，得到同样的记录。
病例的次序由种子打乱，所以文件里看不出哪个是哪个；答案在 tinygpt/course/clinic.py 里按病因的摘要核对。
"""

import json
import math
import random
from pathlib import Path

import torch
import torch.nn.functional as F

from tinygpt import GPT, GPTConfig, Sampling, Tokenizer, complete, corpus
from tinygpt.course.clinic import CASES, seal
from tinygpt.layers import SelfAttention
from tinygpt.tokenizer import EOS, PAD

ROOT = Path(__file__).resolve().parents[1]
STEPS, EVERY, CONTEXT, BATCH, RATE = 400, 10, 48, 16, 3e-3
VOCABULARY = 2048


TOPICS = ("life_culture", "ml_basics", "nature")  # 不打乱的那一次，一个话题学完再学下一个


def texts():
    """训练、验证、全新的三份小百科：三个话题的训练文章，一个话题挨着一个话题；各个话题的验证文章。"""
    documents = [d for d in corpus.documents() if d.source == "小百科"]
    train = [d.text for d in documents if d.split == "train" and d.topic in TOPICS]
    held_out = [d.text for d in documents if d.split == "validation"]
    return train, held_out[::4], held_out[2::4]


class Run:
    """好的一次训练；每种毛病改掉其中一个方法。"""

    dropout, rate, uses_padding = 0.1, RATE, False

    def __init__(self):
        torch.manual_seed(0)
        self.train_texts, self.held_out, self.fresh = texts()
        self.tokenizer = Tokenizer.train_bpe(self.train_texts, VOCABULARY)
        self.generator = torch.Generator().manual_seed(0)
        self.model = GPT(GPTConfig(
            n_layer=2, n_head=4, n_embd=96, context_length=CONTEXT,
            vocab_size=self.tokenizer.vocab_size, dropout=self.dropout,
        ))  # fmt: skip
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=self.rate, betas=(0.9, 0.95), weight_decay=0.1
        )
        self.ids = self.stream(self.train_texts)

    def stream(self, documents):
        return torch.tensor([i for row in self.tokenizer.encode_batch(documents, eos=True) for i in row])

    def windows(self, step):
        starts = torch.randint(len(self.ids) - CONTEXT - 1, (BATCH,), generator=self.generator)
        return self.ids[starts[:, None] + torch.arange(CONTEXT + 1)]

    def pair(self, windows):
        return windows[:, :-1], windows[:, 1:]

    def loss(self, ids, labels):
        return F.cross_entropy(self.model(ids).flatten(0, 1), labels.flatten())

    def step(self, number):
        loss = self.loss(*self.pair(self.windows(number)))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip())
        self.update()
        return loss.item(), norm.item()

    def clip(self):
        return 1.0

    def update(self):
        self.optimizer.step()
        self.optimizer.zero_grad()

    def evaluate(self, documents):
        ids = self.stream(documents)
        rows = ids[: (len(ids) - 1) // CONTEXT * CONTEXT + 1].unfold(0, CONTEXT + 1, CONTEXT)
        self.evaluation_mode()
        with torch.no_grad():
            value = self.loss(*self.pair(rows)).item()
        self.model.train()
        return value

    def evaluation_mode(self):
        self.model.eval()

    def validation(self):
        return self.held_out

    def sample(self):
        self.model.eval()
        sampling = Sampling(temperature=0.7, top_k=50)
        try:
            return complete(
                self.model, self.tokenizer, "机器学习", max_new_tokens=40, sampling=sampling, seed=0
            )
        except RuntimeError:  # 概率里有 nan，抽不了
            return "（抽样出错：概率里有 nan）"

    def record(self):
        curves = {"step": [], "train": [], "validation": [], "fresh": [], "grad_norm": []}
        total, norms = 0.0, 0.0
        for number in range(STEPS):
            loss, norm = self.step(number)
            total, norms = total + loss, max(norms, norm)
            if (number + 1) % EVERY == 0:
                held_out, fresh = self.evaluate(self.validation()), self.evaluate(self.fresh)
                row = (number + 1, total / EVERY, held_out, fresh, norms)
                for values, value in zip(curves.values(), row, strict=True):
                    values.append(None if not math.isfinite(value) else round(value, 3))
                total = norms = 0.0
        return curves | {"sample": self.sample(), "again": [round(x, 3) for x in self.twice()]}

    def twice(self):
        """同一份权重，同一份验证文字，评估两遍。"""
        values = [self.evaluate(self.validation()), self.evaluate(self.validation())]
        return [v if math.isfinite(v) else -1.0 for v in values]


class RateTooHigh(Run):
    rate = 0.3


class UnshiftedLabels(Run):
    def pair(self, windows):
        return windows[:, :-1], windows[:, :-1]


class LeakingMask(Run):
    """训练时没有因果掩码；生成时照常。"""

    def loss(self, ids, labels):
        attend = SelfAttention.attend
        SelfAttention.attend = staticmethod(lambda q, k, v, mask: attend(q, k, v, None))
        try:
            return super().loss(ids, labels)
        finally:
            SelfAttention.attend = staticmethod(attend)


class MissingZeroGrad(Run):
    def update(self):
        self.optimizer.step()


class DropoutInEvaluation(Run):
    dropout = 0.5

    def evaluation_mode(self):
        self.model.train()


class PadInLoss(Run):
    """一行一句，短的补齐；补的位置也算进损失。"""

    def __init__(self):
        super().__init__()
        sentences = [s for text in self.train_texts for s in text.replace("\n", "").split("。") if len(s) > 3]
        rows = self.tokenizer.encode_batch([s + "。" for s in sentences[:4000]], eos=True)
        rows = [row[: CONTEXT + 1] + [PAD] * (CONTEXT + 1 - len(row)) for row in rows]
        self.rows = torch.tensor(rows)

    def windows(self, step):
        return self.rows[torch.randint(len(self.rows), (BATCH,), generator=self.generator)]

    def sample(self):
        """生成时 <pad> 也照样写出来，好让人看见。"""
        self.model.eval()
        ids = self.tokenizer.encode("机器学习")
        generator = torch.Generator().manual_seed(0)
        for _ in range(40):
            with torch.no_grad():
                p = (self.model(torch.tensor([ids[-CONTEXT:]]))[0, -1] / 0.7).softmax(-1)
            ids.append(torch.multinomial(p, 1, generator=generator).item())
        names = {PAD: "<pad>", EOS: "<eos>"}
        return "".join(names.get(i) or self.tokenizer.decode([i]) for i in ids[1:])


class HalfOverflow(Run):
    """损失放大以后用 fp16 存梯度，放大的倍数每 40 步加倍，从不检查溢出。"""

    def step(self, number):
        scale = 2.0 ** (8 + number // 20)
        loss = self.loss(*self.pair(self.windows(number)))
        (loss * scale).backward()
        for p in self.model.parameters():
            p.grad = p.grad.half().float() / scale
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.update()
        return loss.item(), norm.item()


class OtherVocabulary(Run):
    """验证与生成用的是另一个分词器。"""

    def __init__(self):
        super().__init__()
        self.train_tokenizer = self.tokenizer
        self.tokenizer = Tokenizer.train_bpe(self.held_out + self.fresh, VOCABULARY)


class NoShuffle(Run):
    """照文件的次序一段一段地读，一个话题学完再学下一个，一共将近四遍。"""

    def windows(self, step):
        rows = self.ids[: (len(self.ids) - 1) // CONTEXT * CONTEXT + 1].unfold(0, CONTEXT + 1, CONTEXT)
        return rows[(step * BATCH + torch.arange(BATCH)) % len(rows)]


class Leak(Run):
    """验证的文档也在训练集里。"""

    def __init__(self):
        super().__init__()
        self.ids = self.stream(self.held_out * 6 + self.train_texts[:40])


RUNS = {
    "学习率太高": RateTooHigh,
    "标签没有错开": UnshiftedLabels,
    "掩码漏了": LeakingMask,
    "忘了清零梯度": MissingZeroGrad,
    "评估时没有关掉 dropout": DropoutInEvaluation,
    "补齐算进了损失": PadInLoss,
    "fp16 溢出": HalfOverflow,
    "分词器对不上": OtherVocabulary,
    "没有打乱": NoShuffle,
    "验证集混进了训练集": Leak,
}


def ends(record: dict) -> dict:
    """每条曲线最后的值。"""
    return {name: values[-1] for name, values in record.items() if isinstance(values, list)}


def main():
    torch.set_num_threads(1)  # 模型很小，线程多了反而互相等
    causes = list(RUNS)
    random.Random(20).shuffle(causes)
    cases = {}
    for case, cause in zip(CASES, causes, strict=True):
        cases[case] = RUNS[cause]().record() | {"seal": seal(case, cause)}
        print(case, cause, ends(cases[case]), repr(cases[case]["sample"]), flush=True)
    cases["好的"] = Run().record()
    print("好的", ends(cases["好的"]), repr(cases["好的"]["sample"]))
    path = ROOT / "tinygpt" / "course" / "clinic.json"
    path.write_text(json.dumps(cases, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
