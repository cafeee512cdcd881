"""故事的状态：谁拿着什么、东西是谁的、谁在哪里、谁知道什么、各有多少钱。

这里知道：前提怎样检查，效果怎样记下。这里不知道：句子。一切都用名字（字符串）记。
检查的函数返回真假；效果的函数改状态。动词（verbs.py）按名字来用它们。
"""

from collections import defaultdict
from dataclasses import dataclass, field

from tinygpt.corpus.stories.lexicon import Entity


@dataclass
class State:
    """holder：东西在谁手里；lies：东西放在哪里；owner：是谁的；at：人在哪里；knows：谁知道哪件事；money：元。"""

    holder: dict[str, str] = field(default_factory=dict)
    lies: dict[str, str] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    knows: set[tuple[str, str]] = field(default_factory=set)
    money: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    # 前提

    def has(self, who: Entity, thing: Entity) -> bool:
        return self.holder.get(thing.name) == who.name

    def owns(self, who: Entity, thing: Entity) -> bool:
        return self.owner.get(thing.name) == who.name

    def free(self, thing: Entity) -> bool:
        return thing.name not in self.holder

    def is_at(self, who: Entity, place: Entity) -> bool:
        return self.at.get(who.name) == place.name

    def not_at(self, who: Entity, place: Entity) -> bool:
        return not self.is_at(who, place)

    def together(self, a: Entity, b: Entity) -> bool:
        return a.name in self.at and self.at.get(a.name) == self.at.get(b.name)

    def near(self, who: Entity, thing: Entity) -> bool:
        """东西没有人拿着，而且就在这个人所在的地方。"""
        return thing.name in self.lies and self.lies[thing.name] == self.at.get(who.name)

    def aware(self, who: Entity, fact: Entity) -> bool:
        return (who.name, fact.name) in self.knows

    def unaware(self, who: Entity, fact: Entity) -> bool:
        return not self.aware(who, fact)

    def can_pay(self, who: Entity, amount: Entity) -> bool:
        return self.money[who.name] >= amount.value

    # 效果

    def hold(self, who: Entity, thing: Entity) -> None:
        self.holder[thing.name] = who.name
        self.lies.pop(thing.name, None)

    def own(self, who: Entity, thing: Entity) -> None:
        self.owner[thing.name] = who.name

    def put(self, thing: Entity, place: Entity) -> None:
        self.holder.pop(thing.name, None)
        self.lies[thing.name] = place.name

    def move(self, who: Entity, place: Entity) -> None:
        self.at[who.name] = place.name

    def join(self, who: Entity, other: Entity) -> None:
        self.at[who.name] = self.at[other.name]

    def learn(self, who: Entity, fact: Entity) -> None:
        self.knows.add((who.name, fact.name))

    def earn(self, who: Entity, amount: Entity) -> None:
        self.money[who.name] += amount.value

    def pay(self, who: Entity, amount: Entity) -> None:
        self.money[who.name] -= amount.value

    def use_up(self, thing: Entity) -> None:
        self.holder.pop(thing.name, None)
        self.lies.pop(thing.name, None)
        self.owner.pop(thing.name, None)
