#!/usr/bin/env python3
"""README 开头的三张图：字从噪声里长出来，一台机器，一次诊断。

    python tools/readme_pictures.py                  三张都画，写进 docs/pictures
    python tools/readme_pictures.py --log first.txt  先把一次训练的记录换成 first.txt 里的，再画

first.txt 是第一次训练印在终端里的全部文字：python3 start.py --retrain > first.txt。记下的是它的原样：
各次续写、各次验证损失、步数与秒数，存在 docs/pictures/first_training.json，画的就是它，一个字也不改。
机器是课里的那个控件，附带的模型照概率写（种子 0）；诊断是一个真的内核运行练习 4.4 的一个错误答案。
三张都由没有界面的 Chromium 画出来，字体是 zhplot 带的那一份，别的机器上也是这个样子。

要有 Chromium 与 playwright：pip install -e .[browser]。
"""

import argparse
import base64
import html
import json
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from importlib import resources
from io import BytesIO
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
import start
from tinygpt.course.widgets.machine import machine
from tinygpt.course.widgets.machine.widget import Machine, script
from tinygpt.errors import InputError, require
from tinygpt.pretrained import load

PICTURES = ROOT / "docs" / "pictures"
RECORD = PICTURES / "first_training.json"
WIDTH, SHARPNESS, COLORS = 800, 2, 64  # 网页上的宽度；一个点画成几个；PNG 里几种颜色
FONT = next(resources.files("zhplot").joinpath("fonts").glob("*.ttf"))
STYLE = f"""
@font-face {{ font-family: Course; src: url("{FONT.as_uri()}"); }}
body {{ margin: 0; padding: 14px; width: {WIDTH - 28}px; background: #fff; color: #1f2933;
  font: 15px/1.6 Course, sans-serif; }}
"""

# ---- 字从噪声里长出来 ----

NOISE_STYLE = """
h1 { font-size: 17px; margin: 0 0 10px; }
ol { list-style: none; margin: 0 0 0 6px; padding: 0; border-left: 2px solid #bbd7ea; }
li { display: grid; grid-template-columns: 60px 1fr; gap: 10px; padding: 5px 0 5px 16px; position: relative; }
li::before { content: ""; position: absolute; left: -6px; top: 14px; width: 10px; height: 10px;
  border-radius: 50%; background: #0072b2; }
li b { color: #0072b2; } li span { color: #52606d; }
svg { display: block; margin: 6px 0 0 6px; }
text { font: 12px Course; fill: #52606d; }
"""


def read_log(text: str) -> dict:
    """第一次训练印出的文字 → {prompt, texts: [(百分之几, 续写)], losses: [(步, 验证损失)], steps, …}。"""
    shares = re.findall(r"^　 *(\d+)%　(.+?)｜(.*)$", text, re.MULTILINE)
    losses = re.findall(r"第 +(\d+) 步 .*?验证 ([\d.]+)", text)
    end = re.search(r"训练完成：(\d+) 步，(\d+) 秒", text)
    require(len(shares) > 1 and losses and end, "读不出训练的记录", "第一次训练印在终端里的全部文字",
            "运行 python3 start.py --retrain > first.txt，等它做完")  # fmt: skip
    steps = int(end[1])
    window = {name: int(start.RECIPE[start.RECIPE.index(f"--{name}") + 1])
              for name in ("batch-size", "context-length")}  # fmt: skip
    return {
        "prompt": shares[0][1], "steps": steps, "seconds": int(end[2]), "seed": 0,
        "tokens": steps * window["batch-size"] * window["context-length"],
        "texts": [[int(share), text] for share, _, text in shares],
        "losses": [[int(step), float(loss)] for step, loss in losses],
    }  # fmt: skip


def noise_page(record: dict) -> str:
    rows = "".join(
        f"<li><span>{share} %</span><div><b>{record['prompt']}</b>{html.escape(text)}</div></li>"
        for share, text in record["texts"]
    )
    title = f"训练到几成，接着“{record['prompt']}”写出什么"
    return f"<style>{NOISE_STYLE}</style><h1>{title}</h1><ol>{rows}</ol>{loss_curve(record)}"


def loss_curve(record: dict, width: int = 750, height: int = 130) -> str:
    """验证损失的一条小曲线，从 0 画起；竖线是续写的那几次。"""
    left, right, bottom, points = 24, width - 60, height - 24, record["losses"]
    tallest = max(loss for _, loss in points)

    def place(step: float, loss: float) -> tuple[int, int]:
        x = left + (right - left) * step / record["steps"]
        return round(x), round(bottom - (bottom - 30) * loss / tallest)

    places = [place(*point) for point in points]
    lines = []
    for share, _ in record["texts"]:
        x, words = place(share / 100 * record["steps"], 0)[0], f"{share} %"
        words += f"，{record['steps']:,} 步" * (share == 100)
        lines.append(f'<path d="M{x} 30V{bottom}" stroke="#bbd7ea"/>'
                     f'<text x="{x}" y="{height - 6}" text-anchor="middle">{words}</text>')  # fmt: skip
    curve = " ".join(f"{x},{y}" for x, y in places)
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3" fill="#0072b2"/>' for x, y in places)
    (x0, y0), (x1, y1) = places[0], places[-1]
    return (
        f'<svg width="{width}" height="{height}">{"".join(lines)}'
        f'<path d="M{left} {bottom}H{right}" stroke="#c3cad1"/>'
        f'<polyline points="{curve}" fill="none" stroke="#0072b2" stroke-width="2"/>{dots}'
        f'<text x="{x0 - 4}" y="{y0 - 10}">验证损失 {points[0][1]:.2f}（第 {points[0][0]} 步）</text>'
        f'<text x="{x1 + 8}" y="{y1 + 4}">{points[-1][1]:.2f}</text></svg>'
    )


# ---- 一台机器 ----

# 浏览器里的一头：控件的程序要的 model，愿望交给 Python（window.answer），回答写回来
BRIDGE = """
const revive = (_, value) => value?.bytes64 === undefined ? value
  : new DataView(Uint8Array.from(atob(value.bytes64), (c) => c.charCodeAt(0)).buffer);
const values = JSON.parse(await window.values(), revive), listeners = {};
let wished = false;
const model = {
  get: (name) => values[name],
  set(name, value) { values[name] = value; wished ||= name === "wish"; },
  on: (event, listener) => (listeners[event] ??= []).push(listener),
  async save_changes() {
    if (!wished) return;
    wished = false;
    for (const [name, value] of Object.entries(JSON.parse(await window.answer(values.wish), revive))) {
      values[name] = value;
      listeners[`change:${name}`]?.forEach((listener) => listener());
    }
  },
};
render({ model, el: document.body });
"""
ANSWERS = ("sentence", "arcs", "table", "detail", "error")
WRITTEN = 4  # 写几个 token


def state(widget: Machine) -> dict:
    return {name: getattr(widget, name) for name in ("shape", "view", *ANSWERS)}


def packed(values: dict) -> str:
    """{名字: 取值} → JSON；字节写成 base64。"""
    return json.dumps(values, default=lambda raw: {"bytes64": base64.b64encode(raw).decode("ascii")})


def answers(widget: Machine, wish: dict) -> str:
    """一个愿望的回答：{变了的名字: 取值}。"""
    before = state(widget)
    widget.wish = wish
    return packed({name: value for name, value in state(widget).items() if value is not before[name]})


def photograph_machine(page, folder: Path) -> bytes:
    """写几个 token，退回第一个的后面（在这里还可以写别的），看它在看谁；打开机器，走到注意力的权重。"""
    widget = machine(*load("mini"), "机器学习是", seed=0)
    page.expose_function("values", lambda: packed(state(widget)))
    page.expose_function("answer", lambda wish: answers(widget, wish))
    style = f"<style>{widget._css} .tg-machine {{ font-family: Course; }}</style>"
    show(page, folder, f'{style}<script type="module">{script()}{BRIDGE}</script>')
    chips = page.locator(".tg-chip")
    chips.first.wait_for()
    first = chips.count()
    for written in range(WRITTEN):
        page.get_by_role("button", name="写一个", exact=True).click()
        chips.nth(first + written).wait_for()
    chips.nth(first + 1).click()
    page.locator(".tg-ghost").first.wait_for()
    page.locator(".tg-opener").click()
    page.get_by_role("button", name="第 1 层的注意力").click()
    page.locator(".tg-station", has_text="权重").click()
    page.locator(".tg-matrix").wait_for()
    page.wait_for_timeout(300)
    chips.nth(first).hover()
    page.locator(".tg-arcs path").first.wait_for(state="attached")
    return page.screenshot(full_page=True)


# ---- 一次诊断 ----

WRONG = '''\
def attention_weights(q, k, mask=None):
    """q (b, h, t, d)，k (b, h, s, d) → 权重 (b, h, t, s)。"""
    scores = einsum(q, k, "b h t d, b h s d -> b h t s")
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(dim=-1)'''
BOOK_STYLE = """
body.jp-Notebook { padding: 8px 8px 8px 0 !important; width: auto !important; }
body { --jp-code-font-family: "DejaVu Sans Mono", Course, monospace; --jp-code-font-size: 13px; }
"""


def diagnosis_page() -> str:
    """练习 4.4 的答案格与检查格，运行过的，照 JupyterLab 的样子。"""
    book = nbformat.read(ROOT / "exercises" / "04_attention_math.ipynb", as_version=4)
    cells = {cell.id: cell for cell in book.cells}
    book.cells = [cells[name] for name in ("e04-imports", "e04-4-answer", "e04-4-check")]
    book.cells[1].source = WRONG
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(book, allow_errors=True, resources={"metadata": {"path": folder}}).execute()
    book.cells = book.cells[1:]
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(book)
    page = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)  # 不要脚本：不联网
    return page.replace("</head>", f"<style>{STYLE}{BOOK_STYLE}</style></head>")


# ---- 画 ----


def show(page, folder: Path, body: str) -> None:
    """把一页写成文件再打开：从文件打开，才读得到字体。"""
    file = folder / "page.html"
    if "<html" not in body:
        body = f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{body}"
    file.write_text(body, encoding="utf-8")
    page.goto(file.as_uri())
    page.evaluate("document.fonts.ready")


def photograph(page, folder: Path, body: str) -> bytes:
    show(page, folder, body)
    return page.screenshot(full_page=True)


@contextmanager
def chromium():
    """没有界面、不联网的浏览器里的一页。"""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise InputError("没有安装 playwright", fix="pip install -e .[browser]") from None
    require(path is not None, "没有找到 Chromium", "chromium 或 google-chrome", "安装一个")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        options = {"viewport": {"width": WIDTH, "height": 100}, "device_scale_factor": SHARPNESS}
        yield browser.new_context(offline=True, **options).new_page()
        browser.close()


def save(png: bytes, path: Path) -> None:
    """截图 → 颜色不多的 PNG，小得多。"""
    image = Image.open(BytesIO(png)).convert("RGB")
    image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> int:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="文件夹", help="图写在这里")
    parser.add_argument("--log", type=Path, metavar="文件", help="第一次训练印出的文字，换掉记录")
    args = parser.parse_args()
    try:
        if args.log:
            record = read_log(args.log.read_text(encoding="utf-8"))
            RECORD.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        args.out.mkdir(parents=True, exist_ok=True)
        record = json.loads(RECORD.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as name, chromium() as page:
            folder = Path(name)
            save(photograph(page, folder, noise_page(record)), args.out / "first_training.png")
            save(photograph(page, folder, diagnosis_page()), args.out / "diagnosis.png")
            save(photograph_machine(page, folder), args.out / "machine.png")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    for path in sorted(args.out.glob("*.png")):
        print(f"{path.name}：{path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
