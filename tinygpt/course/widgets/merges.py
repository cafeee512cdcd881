"""BPE 一步一步地合并：滑块是已经合并的次数，图里是此刻的切法、下一对要合并的 token 和它出现的次数。"""

from collections import Counter
from dataclasses import dataclass

import ipywidgets as widgets
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from tokenizers import Regex, pre_tokenizers

from tinygpt.corpus import PATTERN
from tinygpt.course import plots
from tinygpt.course.widgets.playground import LABEL, Playground, slider
from tinygpt.errors import InputError, require

TEXT = (
    "机器学习是让机器从数据里学习的学问。机器学习用数据训练模型，训练好的模型再去看新的数据。"
    "深度学习是机器学习的一种，深度学习用很多层的模型。学习靠数据，数据多了，模型学习得更好。"
    "机器翻译也用机器学习：给机器看许多翻译好的句子，机器翻译的模型就学会了翻译。"
)
LINE = 22  # 一行大约画多少个字


@dataclass(frozen=True)
class Step:
    """合并到某一步时的样子。pieces：每一段切成的 token；ranking：相邻的对与次数，多的在前。"""

    pieces: tuple[tuple[str, ...], ...]
    ranking: tuple[tuple[tuple[str, str], int], ...]

    @property
    def pair(self) -> tuple[str, str] | None:
        """下一对要合并的；没有出现两次以上的就是 None。"""
        return self.ranking[0][0] if self.ranking and self.ranking[0][1] >= 2 else None

    @property
    def count(self) -> int:
        return self.ranking[0][1] if self.ranking else 0

    @property
    def tokens(self) -> list[str]:
        return [token for piece in self.pieces for token in piece]


def bpe_steps(text: str, merges: int, pattern: str | None = PATTERN) -> list[Step]:
    """从单字开始合并至多 merges 次；第 n 项是合并 n 次以后的样子（第 0 项是单字）。

    pattern 把文字切成段，只在段内合并；None 表示不切。次数一样多时，编号小的一对先合并
    （单字按 Unicode 码点排，合并出来的排在后面），与 Hugging Face tokenizers 的规定相同。
    一对至少要出现两次才合并，所以得到的步数可以比 merges 少。
    """
    if not text:
        raise InputError("文字是空的", "至少一个字符", "给一段文字")
    segments = [text]
    if pattern is not None:
        split = pre_tokenizers.Split(Regex(pattern), "isolated")
        segments = [piece for piece, _ in split.pre_tokenize_str(text)]
    rank = {character: i for i, character in enumerate(sorted(set(text)))}
    pieces = tuple(tuple(segment) for segment in segments)
    steps = [Step(pieces, _ranking(pieces, rank))]
    while len(steps) <= merges and (pair := steps[-1].pair):
        rank.setdefault("".join(pair), len(rank))
        done = {piece: _merge(piece, pair) for piece in set(pieces)}  # 一样的段只合并一次
        pieces = tuple(done[piece] for piece in pieces)
        steps.append(Step(pieces, _ranking(pieces, rank)))
    return steps


def _ranking(pieces, rank: dict[str, int]) -> tuple:
    counts = Counter()
    for piece, times in Counter(pieces).items():
        for pair in zip(piece, piece[1:]):
            counts[pair] += times
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], rank[item[0][0]], rank[item[0][1]])))


def _merge(piece: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    merged = []
    for token in piece:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return tuple(merged)


def merges_playground(text: str = TEXT, merges: int = 20, value: int = 0, shown: int = 6) -> Playground:
    """文字可以自己写；滑块选合并的次数（从 value 开始）；下面的横条是此刻最常见的 shown 对。"""
    steps = bpe_steps(text, merges)
    last = len(steps) - 1
    expected = f"0 到 {last}：这段文字只合并得出这么多次"
    require(0 <= value <= last, f"value = {value}", expected, "换一个起点")
    count = slider("合并的次数", value, 0, last)
    wide = widgets.Layout(width="100%", height="72px")
    words = widgets.Textarea(text, description="文字", continuous_update=False, style=LABEL, layout=wide)

    def refit(change) -> None:
        """换了文字：滑块最多拨到合并得出的次数。"""
        if change["new"]:
            count.max = len(bpe_steps(change["new"], merges)) - 1

    def draw(n: int, text: str = text) -> Figure:
        return draw_step(bpe_steps(text, merges), n, shown)

    words.observe(refit, names="value")
    note = (
        f"BPE 合并的步骤，可以拖动滑块从 0 到 {last} 次，也可以换一段自己的文字；"
        f"现在是 {value} 次，{len(steps[value].tokens)} 个 token。"
    )
    return Playground(draw, {"text": words, "n": count}, note)


def draw_step(steps: list[Step], n: int, shown: int) -> Figure:
    """合并 n 次以后：上面是切法，下面是此刻最常见的 shown 对。"""
    step, longest = steps[n], max(step.count for step in steps)
    rows = len(_rows(steps[0]))
    heights = (0.42 * rows, 2.1)
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(7.6, sum(heights) + 0.8), height_ratios=heights)
    _draw_pieces(top, step, _colors(steps), rows)
    after = "没有出现两次以上的对，到此为止"
    if step.pair:
        after = f"下一步合并“{'”＋“'.join(step.pair)}”，出现 {step.count} 次"
    top.set_title(f"合并 {n} 次以后：{len(step.tokens)} 个 token；{after}", loc="left")
    _draw_ranking(bottom, step.ranking[:shown], longest, shown)
    plots.finish(top)
    return figure


def _colors(steps: list[Step]) -> dict[str, tuple]:
    """每个合并出来的 token 一种淡色，按合并的次序轮流取。"""
    made = dict.fromkeys("".join(step.pair) for step in steps if step.pair)
    pale = [tuple(0.45 * c + 0.55 for c in to_rgb(color)) for color in plots.COLORS]
    return {token: pale[i % len(pale)] for i, token in enumerate(made)}


def _rows(step: Step) -> list[list[str]]:
    """一行放得下就接着放，否则换行；换行不切开一段里的 token。"""
    rows, width = [[]], 0
    for token in step.tokens:
        if width + len(token) > LINE and rows[-1]:
            rows.append([])
            width = 0
        rows[-1].append(token)
        width += len(token)
    return rows


def _upcoming(step: Step) -> set[int]:
    """下一步要合并的 token 是第几个（两个都算）。"""
    chosen, start = set(), 0
    for piece in step.pieces:
        i = 0
        while step.pair and i + 1 < len(piece):
            hit = (piece[i], piece[i + 1]) == step.pair
            chosen |= {start + i, start + i + 1} if hit else set()
            i += 2 if hit else 1
        start += len(piece)
    return chosen


def _draw_pieces(ax: Axes, step: Step, colors: dict, rows: int) -> None:
    upcoming, number = _upcoming(step), 0
    plain = {"edgecolor": "white", "linewidth": 0.5}
    framed = {"edgecolor": plots.COLORS[1], "linewidth": 2.0}
    round_corners = "round,pad=0,rounding_size=0.15"
    for y, row in enumerate(_rows(step)):
        x = 0
        for token in row:
            edge = framed if number in upcoming else plain
            place = (x + 0.06, y - 0.38)
            box = FancyBboxPatch(place, len(token) - 0.12, 0.76, boxstyle=round_corners, **edge)
            box.set_facecolor(colors.get(token, "#EEEEEE"))
            ax.add_patch(box)
            ax.text(x + len(token) / 2, y, token, ha="center", va="center", parse_math=False)
            x, number = x + len(token), number + 1
    ax.set(xlim=(0, LINE + 2), ylim=(rows + 0.4, -0.6))
    ax.axis("off")


def _draw_ranking(ax: Axes, ranking: tuple, longest: int, shown: int) -> None:
    names = ["＋".join(pair) for pair, _ in ranking]
    drawn = ax.barh(range(len(ranking)), [count for _, count in ranking], height=0.7)
    for i, bar in enumerate(drawn):
        bar.set_color(plots.COLORS[1] if i == 0 and ranking[0][1] >= 2 else plots.FAINT)
    ax.bar_label(drawn, padding=3)
    ax.set_yticks(range(len(ranking)), names, parse_math=False)
    ax.set(xlim=(0, longest + 1), ylim=(shown - 0.4, -0.6), xlabel="出现的次数（相邻的对，多的在上）")
    ax.grid(False, axis="y")
