"""文章的每个说法都有实验：docs/claims.md 的每一行指着一格真的、带断言的代码。"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(
    r"^\| (?P<claim>[^|]+) \| (?P<section>§[\d.、§ ]+)"
    r" \| \[(?P<lesson>\d\d)\]\(\.\./notebooks/(?P<file>[\w]+\.ipynb)\) \| (?P<cells>`[^|]+`)"
    r" \| (?P<experiment>[^|]+) \| (?P<found>[^|]+) \|$",
    re.MULTILINE,
)
PAGE = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
ROWS = [match.groupdict() for match in ROW.finditer(PAGE)]
# 文章 §1–§4 里必须有实验的说法，各用一个认得出的词
REQUIRED = [
    "海量", "局限", "长程依赖", "MLM", "编码器", "下游", "规模", "子空间", "梯度消失", "归一化", "梯度爆炸",
    "调度", "过拟合", "累积", "分布", "求和", "h_0", "√d_k", "掩码", "[1256, 3419, 7]",
    "微调", "机器翻译", "文本摘要", "问答", "代码生成", "文本生成", "模态",
    "流畅", "泛化", "成本", "偏差", "常识",
]  # fmt: skip


def source_of(row: dict, cell_id: str) -> dict:
    cells = json.loads((ROOT / "notebooks" / row["file"]).read_text(encoding="utf-8"))["cells"]
    found = [cell for cell in cells if cell["id"] == cell_id]
    assert found, f"{row['file']} 里没有 {cell_id} 这一格（说法：{row['claim']}）"
    return found[0]


def test_every_row_is_read():
    assert len(ROWS) == sum(line.startswith("| ") for line in PAGE.splitlines()) - 1  # 减去表头


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["claim"][:24])
def test_the_cells_exist_and_assert(row):
    cells = re.findall(r"`([^`]+)`", row["cells"])
    assert cells and row["file"].startswith(row["lesson"])
    sources = ["".join(source_of(row, cell)["source"]) for cell in cells]
    assert all(source_of(row, cell)["cell_type"] == "code" for cell in cells)
    found = [source for source in sources if re.search(r"^\s*assert ", source, re.MULTILINE)]
    assert found, f"{row['claim']}：{cells} 里没有断言"


@pytest.mark.parametrize("word", REQUIRED)
def test_every_claim_of_the_article_is_listed(word):
    assert any(word in row["claim"] for row in ROWS), f"没有一行说法提到“{word}”"


def test_every_lesson_from_01_on_has_a_claim():
    lessons = {path.name[:2] for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")} - {"00"}
    assert {row["lesson"] for row in ROWS} >= lessons and len(lessons) >= 9
