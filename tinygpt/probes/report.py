"""把结果写出来：给人看的表，和请人判断的 60 段续写。"""

from pathlib import Path
from unicodedata import east_asian_width

from tinygpt.probes.bench import MOST_TOKENS, WARM, Bench, Figure

PER_CHARACTER = "bits"  # 这一项不是份额


def width(text: str) -> int:
    """显示的列数：一个汉字两列。"""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def number(value: float | None, probe: str) -> str:
    if value is None:
        return "—"
    return f"{value:.2f}" if probe == PER_CHARACTER else f"{value:.1%}"


HEADER = f"{pad('探查', 15)}{pad('出处', 20)}{'数':>7}{'乱猜':>7}{'题数':>6}  意思"


def row(figure: Figure) -> str:
    value, chance = number(figure.value, figure.probe), number(figure.chance, figure.probe)
    left = pad(figure.probe, 15) + pad(figure.source, 20)
    return f"{left}{value:>8}{chance:>9}{figure.n:>8}  {figure.meaning}"


def samples(bench: Bench) -> str:
    """60 段续写，Markdown 表格；最后一栏留给读的人：通且真、通而假、不通。"""
    how = f"温度 {WARM.temperature}，top-p {WARM.top_p}，种子是序号，最多 {MOST_TOKENS} 个 token。"
    head = ["# 60 个提示的续写", "", how + "请在最后一栏写上：通且真、通而假、不通。", ""]
    table = ["| 序号 | 提示 | 续写 | 判断 |", "|---|---|---|---|"]
    for index, (prompt, reply) in enumerate(bench.completions):
        text = reply.text + ("" if reply.ended else "……（没有写完）")
        table.append(f"| {index} | {_cell(prompt)} | {_cell(text)} |  |")
    return "\n".join(head + table) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").rstrip("\n").replace("\n", "<br>")


def write_samples(bench: Bench, path: str | Path) -> None:
    Path(path).write_text(samples(bench), encoding="utf-8", newline="\n")
