"""几秒钟就训练好的小模型：一篇一行，第 n 批取哪几篇只由（种子，n）决定。

换掉一篇的内容，别的篇、取批的次序、初始的权重都不变；所以两次训练的差别，只有换掉的那几篇。
这里不知道文档说的是什么。
"""

from collections.abc import Sequence
from dataclasses import replace

from tinygpt.config import GPTConfig, TrainConfig
from tinygpt.gpt import GPT
from tinygpt.pairs import Example, ShuffledPairs
from tinygpt.trainer import Trainer, seed_everything

TINY = GPTConfig(n_layer=2, n_head=2, n_embd=64, context_length=64, dropout=0.0)
RECIPE = TrainConfig(
    steps=240, batch_size=32, learning_rate=1e-2, min_learning_rate_ratio=0.05, warmup_steps=20,
    weight_decay=0.05, eval_interval=1000, precision="fp32",
)  # fmt: skip
SHORT = replace(RECIPE, steps=120, learning_rate=5e-3)  # 只有几十个不同的词时，走这么多步就够


def trainer(
    documents: Sequence[str], tokenizer, seed: int = 0, config: TrainConfig = RECIPE,
    shape: GPTConfig = TINY,
) -> Trainer:  # fmt: skip
    """备好的 Trainer；一篇太长就只用开头。词表大小由分词器定。"""
    config = replace(config, seed=seed)
    seed_everything(seed)
    model = GPT(replace(shape, vocab_size=tokenizer.vocab_size))
    ids = [row[: shape.context_length + 1] for row in tokenizer.encode_batch(list(documents), eos=True)]
    rows = tuple(Example(tuple(row[:-1]), tuple(row[1:])) for row in ids)
    return Trainer(model, ShuffledPairs(rows, config.batch_size, seed), None, config)


def trained(documents: Sequence[str], tokenizer, seed: int = 0, config: TrainConfig = RECIPE) -> GPT:
    """训练好的小模型，在评估状态。"""
    run = trainer(documents, tokenizer, seed, config)
    run.run()
    return run.model.eval()
