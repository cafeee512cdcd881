"""文字的多少与损失：只用小百科的 25 %、50 %、100 % 训练文章的模型，在同样的验证文档上评估。

    python tools/learning_curve.py --epochs 8

三次用同一个分词器、同样的参数，各读同样的遍数；同时给出插值 Kneser–Ney 5 元模型的数字。
"""

import argparse
import math
import time

import numpy as np
import torch

from tinygpt import GPT, GPTConfig, Tokenizer, TrainConfig, Trainer, corpus
from tinygpt.data import ContiguousWindows, RandomWindows
from tinygpt.ngram import NGram
from tinygpt.tokenizer import EOS


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=8)
    args = parser.parse_args()
    tokenizer = Tokenizer.load(corpus.TOKENIZER)
    articles = [d for d in corpus.documents() if d.source == "小百科"]
    train = tokenizer.encode_batch([d.text for d in articles if d.split == "train"], eos=True)
    held_out = [d for d in articles if d.split == "validation"]
    validation = tokenizer.encode_batch([d.text for d in held_out], eos=True)
    ids = np.concatenate(validation)
    per_character = len(ids) / sum(len(d.text) for d in held_out) / math.log(2)
    order = np.random.default_rng(0).permutation(len(train))
    print("比例  训练 token  步数  GPT 比特/字符  5 元比特/字符  秒")
    for share in (0.25, 0.5, 1.0):
        documents = [train[i] for i in order[: round(share * len(train))]]
        stream = np.concatenate(documents)
        steps = round(args.epochs * len(stream) / 4096)
        torch.manual_seed(0)
        config = TrainConfig(steps=steps, eval_interval=max(1, steps // 4), patience=0)
        windows = ContiguousWindows(ids, 256, 16, EOS)
        started = time.perf_counter()
        trainer = Trainer(GPT(GPTConfig()), RandomWindows(stream, 256, config.batch_size), windows, config)
        trainer.run()
        ngram = NGram(5, tokenizer.vocab_size, EOS).fit(documents).loss(validation)
        seconds = time.perf_counter() - started
        gpt, five = trainer.best_loss * per_character, ngram * per_character
        cells = [f"{share:4.0%}", f"{len(stream):>10,}", f"{steps:>4}", f"{gpt:>8.3f}", f"{five:>8.3f}"]
        print("  ".join([*cells, f"{seconds:>4.0f}"]), flush=True)


if __name__ == "__main__":
    main()
