"""在一种任务上训练与作答：题 → 例子 → 同一个 Trainer；回答是贪心的，一批一批地写。

tinygpt finetune 从文件读问答，这里从生成器取题；例子、损失、循环与 LoRA 都是同一套。
"""

from collections.abc import Sequence

import torch

from tinygpt.chat import TEMPLATE, Conversation, prompt_ids
from tinygpt.config import TrainConfig
from tinygpt.losses import causal_objective
from tinygpt.pairs import ShuffledPairs, encode_talks
from tinygpt.sampling import Sampling, by_length, generate
from tinygpt.tasks.case import Case
from tinygpt.trainer import Trainer, seed_everything
from tinygpt.variants import lora

BATCH = 64


def trainer(
    model, tokenizer, cases: Sequence[Case], *, steps: int, learning_rate: float, seed: int = 0,
    batch_size: int = 16, rank: int | None = None,
) -> Trainer:  # fmt: skip
    """备好的 Trainer：.run() 一口气训练完，或一步一步地迭代。rank 给出就只训练 LoRA 的适配器。"""
    talks = [(((case.prompt, case.answer),), str(number)) for number, case in enumerate(cases, start=1)]
    examples = encode_talks(talks, tokenizer, TEMPLATE, model.config.context_length).examples
    config = TrainConfig(
        steps=steps, batch_size=batch_size, optimizer="adamw", learning_rate=learning_rate, weight_decay=0.1,
        warmup_steps=10, eval_interval=steps, precision="fp32", seed=seed,
    )  # fmt: skip
    seed_everything(seed)
    if rank is not None:
        lora.inject(model, rank)
    kind = Trainer if rank is None else lora.AdapterTrainer
    return kind(model, ShuffledPairs(examples, batch_size, seed), None, config, causal_objective)


def answers(model, tokenizer, prompts: Sequence[str], most: int = 60) -> list[str]:
    """各个问题的回答，次序不变；每步取最可能的 token，写到 <eos> 或 most 个为止。

    与 tinygpt chat 一样，它接着替人提问（没有微调的模型常常这样），就只留前面的。
    """
    ids = [prompt_ids(tokenizer, Conversation(), p, model.config.context_length, most) for p in prompts]
    found = {}
    for rows in by_length(ids, BATCH):
        steps = list(generate(model, [ids[i] for i in rows], most, Sampling(greedy=True)))
        for row, tokens in zip(rows, zip(*steps)):
            text = tokenizer.decode([t for t in tokens if t not in (None, tokenizer.eos)])
            found[row] = text.partition(TEMPLATE.stop)[0].strip()
    return [found[i] for i in range(len(prompts))]


def parameters(model: torch.nn.Module) -> int:
    """正在训练的参数有多少个。"""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
