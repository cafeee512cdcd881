"""前后一量：得了多少奖励，离开始的模型多远，话是不是变少了。

奖励在留出的题上量，照聊天的取样（温度 0.5，top-p 0.9）。
距离与熵沿着温度 0.5 写出的回答量，是那个温度下的分布，每个位置都对整个词表精确地算。
"""

from collections.abc import Sequence
from statistics import mean

import torch

from tinygpt.control.goal import Goal, Reward
from tinygpt.control.rollouts import PLAIN, TEMPERATURE, Group, example, sample_groups
from tinygpt.device import evaluation_mode
from tinygpt.losses import IGNORE
from tinygpt.pairs import collate
from tinygpt.probes.bench import WARM

SAMPLES = 8  # 每道考题写几个


def examination(model, tokenizer, goal: Goal, count: int = 24, seed: int = 1) -> list[Group]:
    """count 道留出的题，每道写 8 个。"""
    return sample_groups(model, tokenizer, goal, goal.test(count), SAMPLES, seed, sampling=WARM)


def marks(groups: Sequence[Group], reward: Reward) -> list[float]:
    """各组的每个回答，照另一种奖励打的分。"""
    return [reward(group.case, text) for group in groups for text in group.texts]


def average(groups: Sequence[Group]) -> float:
    """平均奖励：只写一个，能得多少。"""
    return mean(reward for group in groups for reward in group.rewards)


def best_of(groups: Sequence[Group], n: int = SAMPLES) -> float:
    """写 n 个，由奖励挑最好的一个，能得多少。8 个里取 n 个，按头 n 个、下 n 个……分成几份来平均。"""
    parts = [g.rewards[i : i + n] for g in groups for i in range(0, len(g.rewards) - n + 1, n)]
    return mean(map(max, parts))


def distinct(texts: Sequence[str], n: int) -> float:
    """n 个字一段，不同的段占全部的几成：越小，说来说去越是那几句。"""
    found = [text[i : i + n] for text in texts for i in range(len(text) - n + 1)]
    return len(set(found)) / max(1, len(found))


def variety(groups: Sequence[Group]) -> dict[str, float]:
    """话的多样：不同的回答占几成；两个字、四个字一段的不同；平均多少个字。"""
    texts = [text for group in groups for text in group.texts]
    different = [len(set(group.texts)) / len(group.texts) for group in groups]
    return {
        "different": mean(different), "distinct2": distinct(texts, 2), "distinct4": distinct(texts, 4),
        "characters": mean(map(len, texts)),
    }  # fmt: skip


@torch.inference_mode()
def drift(model, start, tokenizer, goal: Goal, count: int = 12, seed: int = 2) -> dict[str, float]:
    """温度 0.5 写的回答上：每个回答的 KL(π‖π₀)（nat）与每个 token 的熵（nat），都对整个词表求和。"""
    groups = sample_groups(model, tokenizer, goal, goal.test(count), SAMPLES, seed, sampling=PLAIN)
    rows = [example(group.prompt, reply) for group in groups for reply in group.replies]
    divergence, entropy, tokens = 0.0, 0.0, 0
    for begin in range(0, len(rows), 16):
        batch = collate(rows[begin : begin + 16])
        ids, mine = batch["ids"].to(model.device), batch["labels"] != IGNORE
        with evaluation_mode(model), evaluation_mode(start):
            logits = (m(ids).cpu()[mine].float() / TEMPERATURE for m in (model, start))
            now, before = (some.log_softmax(-1) for some in logits)
        divergence += (now.exp() * (now - before)).sum().item()
        entropy -= (now.exp() * now).sum().item()
        tokens += int(mine.sum())
    return {"kl": divergence / len(rows), "entropy": entropy / tokens}
