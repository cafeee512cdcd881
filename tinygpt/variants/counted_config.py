"""counted 与 mixed 的形状：网络的形状与 modern 相同，另有数到几元。模型在 counted.py、mixed.py 里。"""

from dataclasses import dataclass

from tinygpt.config import documented
from tinygpt.counting import MOST
from tinygpt.errors import require
from tinygpt.variants.modern_config import ModernConfig

KIND, MIXED = "counted", "mixed"  # config.json 里的 model


@dataclass(frozen=True)
class CountedConfig(ModernConfig):
    """counted 的形状：ModernConfig 的字段，加上计数的阶数。"""

    order: int = documented(6, f"数到几元，2 到 {MOST}；字符常用 6，BPE 的 token 常用 3")

    def __post_init__(self):
        super().__post_init__()
        fine = type(self.order) is int and 2 <= self.order <= MOST
        require(fine, f"order = {self.order!r:.60}", f"2 到 {MOST} 的整数", "字符常用 6，BPE 的 token 常用 3")

    def to_dict(self) -> dict:
        return super().to_dict() | {"model": KIND}


@dataclass(frozen=True)
class MixedConfig(CountedConfig):
    """mixed 的形状：CountedConfig 的字段，加上计数占几成。"""

    share: float = documented(0.3, "mixed：计数在合起来的概率里占几成，0 到 1 之间")

    def __post_init__(self):
        super().__post_init__()
        fine = isinstance(self.share, int | float) and 0 < self.share < 1
        require(fine, f"share = {self.share!r:.60}", "0 < share < 1", "常用 0.2 到 0.4")

    def to_dict(self) -> dict:
        return super().to_dict() | {"model": MIXED}
