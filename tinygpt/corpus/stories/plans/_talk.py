"""对话的两种写法："小明：你好！"一人一行，或者"小明说：“你好！”"连着写。对话体的计划共用。"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinygpt.corpus.stories.teller import HELD_OUT_FROM, HELD_OUT_LAST, Teller

SAY = (
    ("{x}说：“", "”"),
    ("“", "”{x}说。"),
)
ASK = (
    ("{x}问：“", "”"),
    ("{x}问{y}：“", "”"),
    ("“", "”{x}问。"),
)
REPLY = (
    ("{x}[回答|答]：“", "”"),
    ("{x}说：“", "”"),
    ("{x}[笑了笑|听了]，说：“", "”"),
    ("“", "”{x}说。"),
    ("“", "”{x}[回答|答]。"),
)
WAYS = {"说": SAY, "问": ASK, "答": REPLY}


@dataclass
class Talk:
    """a 和 b 的一场对话。rows 为真就一人一行；bare 为真时，接着的一句可以只有引号（轮流说，不会认错）。"""

    t: Teller
    rows: bool

    def __call__(self, who: str, to: str, how: str, *beats: Sequence[str], bare: bool = False) -> None:
        before, after = ("{x}：", "\n") if self.rows else self._way(how, bare)
        here = {"{x}": f"{{{who}}}", "{y}": f"{{{to}}}"}
        for mark, name in here.items():
            before, after = before.replace(mark, name), after.replace(mark, name)
        self.t.surface.write(before)
        self.t.say(*beats)
        self.t.surface.write(after)

    def tell(self, *beats: Sequence[str]) -> None:
        """对话中间的一句叙述；一人一行时自成一行。"""
        self.t.say(*beats)
        if self.rows:
            self.t.line()

    def _way(self, how: str, bare: bool) -> tuple[str, str]:
        if bare and self.t.chance(1, 3):
            return "“", "”"
        return self.t.choose(WAYS[how])

    def close(self) -> None:
        """一人一行时去掉末尾的换行。"""
        pieces = self.t.surface.pieces
        if pieces and pieces[-1].text == "\n":
            pieces.pop()


def ask_told(t: Teller, keys: str, kind: str, questions: Sequence[str], answers: Sequence[str]) -> None:
    """正文里说到了这几个角色，才问。"""
    if all(t.told(key) for key in keys.split()):
        t.ask(kind, questions, answers)


def fitting(t: Teller, beat: Sequence[str], fits: Callable[[str], bool]) -> Sequence[str]:
    """一拍里合用的模板；留出的仍旧留出（先去掉最后两个，再挑）。"""
    if len(beat) < HELD_OUT_FROM:
        return [x for x in beat if fits(x)]
    held = [x for x in beat[-HELD_OUT_LAST:] if fits(x)]
    if t.held_out == "phrasing" and held:
        t.held.add("phrasing")
        return held
    return [x for x in beat[:-HELD_OUT_LAST] if fits(x)]
