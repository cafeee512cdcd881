"""控制：由偏好与可以检查的奖励接着训练（第 13 课）。

读的次序：goal（一个目标）→ poems、chats、shop（三个目标与它们的奖励）→ rollouts（一组一组地写，GRPO 的批）
→ preferences（一对一对的偏好，DPO 的批）→ training（三种学法）→ measure（前后一量）→ results（总表）。
目标函数在 losses.py，循环还是 trainer.py 的那一个。
添一个目标：写一个 Goal，在 GOALS 与 RECIPES 里各添一行。
"""

from dataclasses import dataclass

from tinygpt.control.chats import CHATS
from tinygpt.control.goal import Goal
from tinygpt.control.poems import POEMS
from tinygpt.control.shop import SHOP

__all__ = ["GOALS", "RECIPES", "Goal", "Recipe"]

GOALS: dict[str, Goal] = {goal.name: goal for goal in (POEMS, CHATS, SHOP)}


@dataclass(frozen=True)
class Recipe:
    """总表里怎样训练：多少步，一批几道题，学习率（rate 是 GRPO 与只学赢的，dpo_rate 是 DPO）。"""

    steps: int
    n_prompts: int = 16
    rate: float = 3e-4
    dpo_rate: float = 1e-4


RECIPES = {"poem": Recipe(40), "chat": Recipe(40), "shop": Recipe(40)}
