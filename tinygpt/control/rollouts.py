"""抽样：同一个提示写一组回答，各得一个奖励，成为 GRPO 的一批。

Rollouts.batch(n) 用正在训练的模型现写：第 n 批由（权重、种子、n）决定，所以中断后接着训练，与没有中断一样。
参考模型是开始时的一份拷贝，冻结着，只用来量走了多远。奖励从哪里来，由 Goal 说；这里不知道。
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from tinygpt.control.goal import Goal, Reward
from tinygpt.device import evaluation_mode
from tinygpt.losses import IGNORE, Batch, group_advantages, label_log_probabilities
from tinygpt.pairs import Example, collate
from tinygpt.sampling import Sampling, by_length, generate
from tinygpt.tasks.case import Case

TEMPERATURE = 0.5  # 聊天用的温度；训练的也就是这个温度下的分布
PLAIN = Sampling(temperature=TEMPERATURE)  # 不用 top-p：抽样的概率要处处都有，才求得出 log π
BATCH = 128


def write(
    model, prompts: Sequence[list[int]], most: int, ends: frozenset[int], sampling: Sampling, seed: int
) -> list[list[int]]:
    """各个提示的回答的编号，次序不变；写到 ends 里的一个编号（留在里面）或 most 个为止。"""
    found: list[list[int]] = [[] for _ in prompts]
    for number, rows in enumerate(by_length(prompts, BATCH)):
        going = set(rows)
        for step in generate(model, [prompts[i] for i in rows], most, sampling, seed * 1000 + number):
            for row, token in zip(rows, step):
                if row in going:
                    found[row].append(token)
                if token in ends:
                    going.discard(row)
            if not going:
                break
    return found


def example(prompt: list[int], reply: list[int]) -> Example:
    """提示与回答 → 只在回答上有标签的例子。"""
    labels = [IGNORE] * (len(prompt) - 1) + reply
    return Example((*prompt, *reply[:-1]), tuple(labels))


@torch.no_grad()
def frozen_log_probabilities(model, batch: Batch, temperature: float = 1.0) -> Tensor:
    """一批里每个标签的 log P (b, t)，不留梯度。"""
    with evaluation_mode(model):
        logits = model(batch["ids"].to(model.device)) / temperature
    return label_log_probabilities(logits, batch["labels"].to(model.device)).cpu()


@dataclass(frozen=True)
class Group:
    """一个提示的一组回答与它们的奖励。"""

    case: Case
    prompt: list[int]
    replies: list[list[int]]
    texts: list[str]
    rewards: list[float]


def sample_groups(
    model, tokenizer, goal: Goal, cases: Sequence[Case], size: int, seed: int,
    reward: Reward | None = None, sampling: Sampling = PLAIN,
) -> list[Group]:  # fmt: skip
    """每道题写 size 个回答，打好分。reward 不给，就用目标真正要的那一种。"""
    reward, ends = reward or goal.rewards[goal.main], goal.ends(tokenizer)
    prompts = [goal.prompt(tokenizer, case) for case in cases]
    repeated = [prompt for prompt in prompts for _ in range(size)]
    replies = iter(write(model, repeated, goal.most, ends, sampling, seed))
    groups = []
    for case, prompt in zip(cases, prompts):
        some = list(islice(replies, size))
        texts = [tokenizer.decode([t for t in reply if t != tokenizer.eos]).strip() for reply in some]
        groups.append(Group(case, prompt, some, texts, [reward(case, text) for text in texts]))
    return groups


class Rollouts:
    """GRPO 的批：n_prompts 道题，每道写 size 个回答。rewards 记着每一批的平均奖励，groups 是最近的一批。"""

    def __init__(
        self, model, tokenizer, goal: Goal, n_prompts: int = 16, size: int = 8, seed: int = 0,
        reward: Reward | None = None,
    ):  # fmt: skip
        self.model, self.reference = model, copy.deepcopy(model).requires_grad_(False)
        self.tokenizer, self.goal = tokenizer, goal
        self.reward = reward or goal.rewards[goal.main]
        self.n_prompts, self.size, self.seed = n_prompts, size, seed
        self.rewards: list[float] = []
        self.groups: list[Group] = []

    def cases(self, n: int) -> list[Case]:
        """第 n 批的题：一批一段种子。"""
        return list(islice(self.goal.write(self.seed * 100_000 + n, False), self.n_prompts))

    def batch(self, n: int) -> Batch:
        """现写的一批：ids、labels、reference (b, t)，advantages (b,)，b = n_prompts × size。"""
        seed = self.seed * 100_000 + n
        self.groups = sample_groups(
            self.model, self.tokenizer, self.goal, self.cases(n), self.size, seed, self.reward
        )
        rewards = torch.tensor([group.rewards for group in self.groups])
        self.rewards.append(rewards.mean().item())
        batch = collate([example(group.prompt, reply) for group in self.groups for reply in group.replies])
        advantages = group_advantages(rewards).flatten()
        reference = frozen_log_probabilities(self.reference, batch, TEMPERATURE)
        return {**batch, "reference": reference, "advantages": advantages}
