"""README 开头的三张图：有替代文字，不大；画的是记录里的原话；说的数是真的检查出来的。"""

import json
import math
import re
import sys
from pathlib import Path

import pytest
from einops import einsum
from PIL import Image
from test_browser import CHROMIUM

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tools"))
import readme_pictures

from tinygpt.course.diagnosis import CheckFailed
from tinygpt.course.exercises import find
from tinygpt.errors import InputError

RECORD = json.loads(readme_pictures.RECORD.read_text(encoding="utf-8"))
NAMES = ["first_training.png", "machine.png", "diagnosis.png"]
LOG = """\
　  0%　从前有一只｜肺时<b>科
第   200 步  训练 3.3090  验证 3.4630  学习率 4.83e-03  ← 最好
　100%　从前有一只｜小鸭｜家在山脚下
第   250 步  训练 1.0056  验证 1.2897  学习率 5.00e-04  ← 最好
训练完成：250 步，185 秒；最好的验证损失 1.2897（第 250 步），已存到 runs/mini
"""


@pytest.mark.parametrize("name", ["README.md", "README.en.md"])
def test_both_readmes_open_with_the_pictures(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    opening = text.split("\n## ")[0] if name == "README.md" else text.split("\n```")[0]
    pictures = re.findall(r"^!\[(.+)\]\(docs/pictures/(\w+\.png)\)$", opening, re.MULTILINE)
    assert [file for _, file in pictures] == NAMES and all(len(alt) > 40 for alt, _ in pictures)
    steps, seconds = f"{RECORD['steps']:,}", f"{RECORD['seconds']}"
    assert steps in opening and seconds in opening
    first, last = RECORD["losses"][0][1], RECORD["losses"][-1][1]
    assert f"{first:.2f}" in pictures[0][0] and f"{last:.2f}" in pictures[0][0]


@pytest.mark.parametrize("name", NAMES)
def test_the_pictures_are_small_and_sharp(name):
    path = readme_pictures.PICTURES / name
    image = Image.open(path)
    assert path.stat().st_size < 150_000 and image.width == 1600
    assert image.convert("RGB").getpixel((2, 2)) == (255, 255, 255)  # 浅色的底，暗色的网页上也读得出


def test_the_log_of_a_training_is_read():
    record = readme_pictures.read_log(LOG)
    assert record == {
        "prompt": "从前有一只", "steps": 250, "seconds": 185, "seed": 0, "tokens": 250 * 12 * 128,
        "texts": [[0, "肺时<b>科"], [100, "小鸭｜家在山脚下"]], "losses": [[200, 3.463], [250, 1.2897]],
    }  # fmt: skip
    assert "肺时&lt;b&gt;科" in readme_pictures.noise_page(record)
    with pytest.raises(InputError, match="读不出训练的记录"):
        readme_pictures.read_log(LOG.split("训练完成")[0])


def test_the_diagnosis_in_the_picture_is_what_the_check_says():
    names = {"einsum": einsum, "math": math}
    exec(readme_pictures.WRONG, names)
    with pytest.raises(CheckFailed) as failed:
        find("4.4").check(names["attention_weights"])
    assert failed.value.mutant == "忘了除以 √d_k"
    for name in ("README.md", "README.en.md"):
        alt = re.search(r"!\[(.*)\]\(docs/pictures/diagnosis", (ROOT / name).read_text(encoding="utf-8"))[1]
        numbers = re.findall(r"\d\.\d{6}", alt)
        assert len(numbers) == 2 and all(number in str(failed.value) for number in numbers)


@pytest.mark.browser
def test_the_command_draws_all_three(tmp_path, monkeypatch, capsys):
    pytest.importorskip("playwright.sync_api", reason="没有安装 playwright")
    if not CHROMIUM:
        pytest.skip("没有 Chromium")
    monkeypatch.setattr(sys, "argv", ["readme_pictures.py", "--out", str(tmp_path)])
    assert readme_pictures.main() == 0 and len(capsys.readouterr().out.splitlines()) == 3
    for name in NAMES:
        drawn = Image.open(tmp_path / name)
        shipped = Image.open(readme_pictures.PICTURES / name)
        assert drawn.width == shipped.width and abs(drawn.height - shipped.height) < 200
