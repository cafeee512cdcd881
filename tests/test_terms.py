"""术语：全书照 docs/glossary.md 用同一套说法。"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(
    r"^\| (?P<term>[^|]+) \| (?P<english>[^|]+) \| (?P<meaning>[^|]+) \| (?P<lesson>\d\d) \|$", re.MULTILINE
)
TABLE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
GLOSSARY = [match.groupdict() for match in ROW.finditer(TABLE)]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BOOKS = LESSONS + sorted((ROOT / "solutions").glob("*.ipynb"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# 不用的说法 → 用的说法；引号“ ”里引用文章的原话不算
AVOIDED = {
    "您": "你", "令牌": "token", "标记化": "分词", "词嵌入": "embedding", "嵌入向量": "embedding",
    "嵌入层": "embedding", "学习速率": "学习率",
    "随机失活": "丢弃（dropout）", "早停": "提前停止", "梯度剪裁": "梯度裁剪", "掩蔽": "遮住",
    "层标准化": "层归一化", "层规范化": "层归一化",
    "残差链接": "残差连接", "预热期": "预热", "迷惑度": "困惑度", "超参 ": "超参数",
    "自回归式": "自回归", "键值缓存": "KV 缓存",
    "注意力头数目": "头数", "检查站": "检查点", "字典大小": "词表大小", "词汇表": "词表",
    "测试集": "验证集", "贪婪": "贪心", "取样": "采样",
}  # fmt: skip
SLOGANS = ["让我们一起", "众所周知", "非常重要", "不言而喻", "毋庸置疑", "强大的", "！"]


def markdown(path: Path) -> str:
    """一个文件里给人读的文字；笔记本只取文字格，代码与公式去掉。"""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
    text = re.sub(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|<!--.*?-->", " ", text, flags=re.DOTALL)
    return re.sub(r"“[^”]*”", "“”", text)


@pytest.mark.parametrize("path", BOOKS + PAGES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_one_word_for_one_thing(path):
    text = markdown(path)
    if path.name in ("samples.md",):
        pytest.skip("模型写的，照原样")
    found = {wrong: right for wrong, right in AVOIDED.items() if wrong in text}
    assert not found, f"不用的说法 → 应该写：{found}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.name)
def test_plain_voice(path):
    text = markdown(path)
    assert not [slogan for slogan in SLOGANS if slogan in text]


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.name)
def test_a_lesson_explains_the_terms_the_glossary_gives_to_it(path):
    text = markdown(path) + path.read_text(encoding="utf-8")
    missing = [row["term"] for row in GLOSSARY if row["lesson"] == path.name[:2] and row["term"] not in text]
    assert not missing, f"术语表说这一课第一次讲到，课里却没有：{missing}"


def test_the_glossary_is_whole():
    assert len(GLOSSARY) >= 60 and len({row["term"] for row in GLOSSARY}) == len(GLOSSARY)
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("| ") for line in lines) == len(GLOSSARY) + 1  # 每一行都读懂了；多的一行是表头
