"""三种学法，同一个 Trainer：GRPO 现写现学；DPO 与“只学赢的”用开始时写好的几组回答。

每个函数交出备好的 Trainer，一步一步地迭代它；训练的是交进来的模型。
"""

from collections.abc import Sequence
from functools import partial
from itertools import islice

from tinygpt.config import TrainConfig
from tinygpt.control.goal import Goal, Reward
from tinygpt.control.preferences import Preferences, pairs_of, winners_of
from tinygpt.control.rollouts import TEMPERATURE, Group, Rollouts, sample_groups
from tinygpt.losses import dpo_objective, policy_objective
from tinygpt.pairs import ShuffledPairs
from tinygpt.trainer import Trainer

N_PROMPTS, SIZE = 8, 8  # 一批多少道题，每道写几个回答


def config(steps: int, learning_rate: float, seed: int) -> TrainConfig:
    """没有权重衰减：要走得离开始的模型近；预热只有几步，因为步数少。"""
    return TrainConfig(
        steps=steps, learning_rate=learning_rate, optimizer="adamw", weight_decay=0.0, warmup_steps=3,
        eval_interval=steps, precision="fp32", seed=seed,
    )  # fmt: skip


def grpo(
    model, tokenizer, goal: Goal, steps: int, *, seed: int = 0, learning_rate: float = 1e-4,
    beta: float = 0.05, reward: Reward | None = None, n_prompts: int = N_PROMPTS,
) -> Trainer:  # fmt: skip
    """由奖励学：每步现写 n_prompts × 8 个回答。trainer.train_data.rewards 是各批的平均奖励。"""
    data = Rollouts(model, tokenizer, goal, n_prompts, SIZE, seed, reward)
    objective = partial(policy_objective, beta=beta, temperature=TEMPERATURE)
    return Trainer(model, data, None, config(steps, learning_rate, seed), objective)


def first_groups(model, tokenizer, goal: Goal, batches: int, seed: int = 0) -> list[Group]:
    """开始的模型写的 batches × 8 组回答：DPO 与“只学赢的”的材料，个数与 GRPO 走 batches 步写的一样。"""
    cases = list(islice(goal.write(seed * 100_000, False), batches * N_PROMPTS))
    return sample_groups(model, tokenizer, goal, cases, SIZE, seed)


def dpo(
    model, groups: Sequence[Group], steps: int, *, seed: int = 0, learning_rate: float = 1e-5,
    beta: float = 0.1,
) -> Trainer:  # fmt: skip
    """由偏好学：同一组里赢的好过输的。参考模型就是现在的 model，log P 在这里算好。"""
    data = Preferences(model, pairs_of(groups, seed), 32, seed)
    settings = config(steps, learning_rate, seed)
    return Trainer(model, data, None, settings, partial(dpo_objective, beta=beta))


def imitate(
    model, groups: Sequence[Group], steps: int, *, seed: int = 0, learning_rate: float = 2e-4
) -> Trainer:
    """只学赢的（拒绝采样）：把奖励为 1 的回答当作练习，平常的微调。"""
    data = ShuffledPairs(winners_of(groups), 64, seed)
    return Trainer(model, data, None, config(steps, learning_rate, seed))
