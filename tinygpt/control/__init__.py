"""控制：由偏好与可以检查的奖励接着训练（第 13 课）。

读的次序：goal（一个目标）→ poems、chats、shop（三个目标与它们的奖励）→ rollouts（一组一组地写，GRPO 的批）
→ preferences（一对一对的偏好，DPO 的批）→ training（三种学法）→ measure（前后一量）→ results（总表）。
目标函数在 losses.py，循环还是 trainer.py 的那一个。
添一个目标：写一个 Goal，在 GOALS 里添一行；要进总表，再在 RECIPES 里添一行。
"""

from dataclasses import dataclass, field

from tinygpt.control.chats import CHATS
from tinygpt.control.goal import Goal
from tinygpt.control.poems import POEMS
from tinygpt.control.shop import SHOP

__all__ = ["GOALS", "RECIPES", "Goal", "Recipe"]

GOALS: dict[str, Goal] = {goal.name: goal for goal in (POEMS, CHATS, SHOP)}


@dataclass(frozen=True)
class Recipe:
    """总表里怎样训练：多少步，每种学法的学习率（各试过几个，取留出的题上好的）。"""

    steps: int
    rates: dict = field(default_factory=lambda: {"只学赢的": 2e-4, "DPO": 1e-5, "GRPO": 1e-4})


RECIPES = {"poem": Recipe(16), "chat": Recipe(16)}
