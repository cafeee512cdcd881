"""真的浏览器里的一台机器：写、退、岔开、拨滑块、看到单个的数；键盘；暗色；几种宽度；第二天打开还在。

pytest tests/test_browser_machine.py -m browser
"""

import json

import nbformat
import pytest
import torch
from test_browser import CELLS, DARK, MINUTE, browser, course, lab, opened, screenshot  # noqa: F401 固件

from tinygpt.course.widgets.machine.activations import record
from tinygpt.pretrained import load
from tinygpt.sampling import Sampling, next_token_distribution

pytestmark = pytest.mark.browser
NAME, PROMPT = "machine", "机器学习是"
CODE = f"""\
from tinygpt import load
from tinygpt.course.widgets.machine import machine
machine(*load("mini"), "{PROMPT}", seed=0)"""
# 记下从现在起，浏览器与内核之间的消息有几条
LISTEN = """() => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  window.messages = 0;
  kernel.anyMessage.connect(() => { window.messages += 1; });
}"""
# 一个元素的字色与底色之间的对比度（WCAG）
CONTRAST = """selector => {
  const rgba = text => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    const unit = text.startsWith('color(') ? 255 : 1;
    return [...numbers.slice(0, 3).map(x => x * unit), numbers[3] ?? 1];
  };
  const light = ([r, g, b]) => {
    const f = x => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  return Array.from(document.querySelectorAll(selector)).filter(e => e.offsetParent).map(e => {
    const ink = light(rgba(getComputedStyle(e).color));
    let below = e;
    const clear = e => rgba(getComputedStyle(e).backgroundColor)[3] < 0.99;
    while (below.parentElement && clear(below)) below = below.parentElement;
    const paper = light(rgba(getComputedStyle(below).backgroundColor));
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
}"""
TEXTS = [
    ".tg-word", ".tg-under", ".tg-label", ".tg-value", ".tg-small", ".tg-hint span", ".tg-tips li",
    ".tg-primary", ".tg-station", ".tg-picker button", ".tg-opener", ".tg-station-note", ".tg-answer",
    ".tg-formula",
]  # fmt: skip


@pytest.fixture(scope="module")
def known():
    return load("mini")


@pytest.fixture(scope="module")
def page(course, lab, browser):  # noqa: F811
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)], metadata=kernel)
    nbformat.write(book, course / "notebooks" / f"{NAME}.ipynb")
    with opened(lab, browser, NAME) as page:
        assert page.evaluate(CELLS)["errors"] == []
        page.wait_for_selector(".tg-chip", timeout=MINUTE)
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        page.wait_for_timeout(500)
        yield page


def chips(page, kind: str = "chip") -> list[str]:
    return page.locator(f".tg-{kind} .tg-word").all_inner_texts()


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def wait_for_chips(page, count: int) -> None:
    """等到有这么多个 token 在光标前面。"""
    page.wait_for_function(
        "n => document.querySelectorAll('.tg-chip:not(.tg-ghost)').length === n", arg=count, timeout=MINUTE
    )


def wait_for_text(page, text: str) -> None:
    """等到各个 token 连起来是这段文字。"""
    words = "Array.from(document.querySelectorAll('.tg-chip .tg-word')).map(e => e.textContent)"
    page.wait_for_function(f"text => {words}.join('') === text", arg=text, timeout=MINUTE)


def restart(page, text: str = PROMPT) -> None:
    """从头写一段开头。"""
    page.locator(".tg-prompt-box").fill(text)
    page.locator(".tg-prompt-box").press("Enter")
    wait_for_text(page, text)


def test_type_write_force_fork_and_go_back(page, known):
    restart(page, "小猫在河边")
    n = len(known[1].encode("小猫在河边"))
    assert len(chips(page)) == n and not page.locator(".tg-message").inner_text()
    press(page, "写一个")
    wait_for_chips(page, n + 1)
    first = page.locator(".tg-candidate").nth(0)
    forced = first.locator(".tg-label").inner_text()
    first.click()
    wait_for_chips(page, n + 2)
    assert chips(page)[-1] == forced and len(chips(page, "written")) == 2
    sentence = "".join(chips(page))
    press(page, "退一步")
    wait_for_chips(page, n + 1)
    assert chips(page, "ghost") == [forced] and chips(page)[-1] == forced
    page.locator(".tg-candidate").nth(2).click()  # 写别的：岔开
    wait_for_chips(page, n + 2)
    assert chips(page)[-1] != forced and chips(page, "ghost") == []
    assert page.locator(".tg-branch").all_inner_texts() == [sentence]
    screenshot(page, "forked")
    page.locator(".tg-branch").click()
    wait_for_text(page, sentence)
    page.locator(".tg-chip").nth(n).click()  # 按一个 token，回到写它之前
    wait_for_chips(page, n)
    assert len(chips(page, "ghost")) == 2


def test_bad_text_is_answered_in_words_and_changes_nothing(page):
    restart(page)
    before = chips(page)
    page.locator(".tg-prompt-box").fill("")
    page.locator(".tg-prompt-box").press("Enter")
    page.wait_for_function("document.querySelector('.tg-message').textContent.includes('写几个字')")
    assert chips(page) == before


def test_dragging_the_temperature_redraws_without_the_kernel(page):
    restart(page)
    slider, bar = page.get_by_label("温度"), page.locator(".tg-after").first
    box = slider.bounding_box()
    page.evaluate(LISTEN)
    page.wait_for_timeout(500)
    before = page.evaluate("window.messages")
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    page.mouse.down()
    widths = []
    for part in (0.1, 0.5, 0.9):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        widths.append(float(bar.evaluate("e => e.style.width").rstrip("%")))
    assert page.evaluate("window.messages") == before
    page.mouse.up()
    assert widths == sorted(widths, reverse=True) and widths[0] > widths[2] + 1  # 越热，第一名越不突出


def set_slider(page, name: str, value: float) -> None:
    page.get_by_label(name, exact=True).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); "
        "input.dispatchEvent(new Event('change')); }", value,
    )  # fmt: skip


SETTINGS = [(0.5, 100, 1), (2, 6, 1), (1, 100, 0.4), (1.5, 8, 0.7)]


@pytest.mark.parametrize("temperature, top_k, top_p", SETTINGS)
def test_the_bars_are_the_distribution_of_the_package(page, known, temperature, top_k, top_p):
    restart(page)
    for name, value in (("温度", temperature), ("top-k", top_k), ("top-p", top_p)):
        set_slider(page, name, value)
    model, tokenizer = known
    with torch.inference_mode():
        logits = model(torch.tensor([tokenizer.encode(PROMPT)]))[:, -1]
    p = next_token_distribution(logits, Sampling(temperature, None if top_k == 100 else top_k, top_p))[0]
    ids = page.locator(".tg-candidate").evaluate_all("es => es.map(e => Number(e.dataset.id))")
    widths = page.locator(".tg-after").evaluate_all("es => es.map(e => parseFloat(e.style.width) / 100)")
    assert widths == pytest.approx(p[ids].tolist(), abs=1e-4)
    assert f"能抽到的有 {int((p > 0).sum())} 个" in page.locator(".tg-bars + p").inner_text()
    for name, value in (("温度", 1), ("top-k", 100), ("top-p", 1)):
        set_slider(page, name, value)


def test_hovering_shows_the_weights_of_the_chosen_head(page, known):
    restart(page)
    model, tokenizer = known
    ids = tokenizer.encode(PROMPT)
    page.get_by_role("radio", name="头 3").first.click()
    chip = page.locator(".tg-chip").last
    while not (place := chip.bounding_box()):  # 换头时整排重画，正在画的那一刻没有位置
        chip.scroll_into_view_if_needed(timeout=MINUTE)
    chip.hover()
    page.wait_for_function("document.querySelectorAll('.tg-arcs path').length > 0", timeout=MINUTE)
    shown = [float(x) for x in page.locator(".tg-chip .tg-under").all_inner_texts()]
    assert shown == pytest.approx(record(model, ids)["0.weights"][2, -1].tolist(), abs=0.0051)
    assert chip.bounding_box() == place  # 换成权重，token 没有挪动
    screenshot(page, "hovered")
    page.mouse.move(2, 2)
    page.wait_for_function("document.querySelectorAll('.tg-arcs path').length === 0")


def test_a_single_number_by_keyboard_alone(page, known):
    """打开机器，走到第 2 层第 2 个头的分数，用方向键选一格，回车：那个数与它的算式。"""
    restart(page)
    model, tokenizer = known
    if page.locator(".tg-opener").get_attribute("aria-expanded") == "false":
        page.locator(".tg-opener").press("Enter")
    page.get_by_role("button", name="第 2 层的注意力").focus()
    page.keyboard.press("Enter")
    page.locator(".tg-station", has_text="分数").press("Enter")
    heads = page.locator(".tg-inside").get_by_role("radio", name="头 2")
    heads.focus()
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('.tg-readout').textContent.includes('2 行 × 2 列')")
    page.locator(".tg-matrix").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Enter"):  # 从最后一行的左边进去，走到第 0 列
        page.keyboard.press(key)
    page.wait_for_selector(".tg-answer", timeout=MINUTE)
    value = float(page.locator(".tg-answer").get_attribute("data-value"))
    expected = record(model, tokenizer.encode(PROMPT))["1.scores"][1, 1, 0]
    assert value == pytest.approx(float(expected), abs=1e-5)
    assert page.locator(".tg-products tr").count() == 7  # 最大的六项，与其余的合计
    assert page.evaluate(CELLS)["cells"] == 1  # 按的键没有落到笔记本上
    screenshot(page, "number")


def test_clicking_a_cell_shows_the_same_number(page, known):
    restart(page)
    model, tokenizer = known
    if page.locator(".tg-opener").get_attribute("aria-expanded") == "false":
        page.locator(".tg-opener").click()
    page.get_by_role("button", name="第 1 层的注意力").click()
    page.locator(".tg-station", has_text="权重").click()
    page.locator(".tg-inside").get_by_role("radio", name="头 1").click()
    page.wait_for_function("document.querySelector('.tg-readout').textContent.includes('2 行 × 2 列')")
    page.locator(".tg-matrix").click(position={"x": 92 + 20, "y": 26 + 24 + 10})  # 第 1 行第 0 列
    page.wait_for_selector(".tg-answer", timeout=MINUTE)
    value = float(page.locator(".tg-answer").get_attribute("data-value"))
    expected = record(model, tokenizer.encode(PROMPT))["0.weights"][0, 1, 0]
    assert value == pytest.approx(float(expected), abs=1e-5)


def test_walking_through_every_station_meets_no_error(page):
    restart(page)
    if page.locator(".tg-opener").get_attribute("aria-expanded") == "false":
        page.locator(".tg-opener").click()
    page.locator(".tg-box").first.click()
    seen = []
    for _ in range(38):
        seen.append(page.locator(".tg-player .tg-small").inner_text())
        press(page, "下一站")
        moved = "now => document.querySelector('.tg-player .tg-small').textContent !== now"
        page.wait_for_function(moved, arg=seen[-1])
    assert seen[-1] == "第 38 站，一共 38 站" and len(set(seen)) == 38
    wait_for_chips(page, 3)  # 走到头，写下一个，又从头走
    assert page.locator(".tg-message").inner_text() == ""


def test_contrast_in_both_themes(page):
    restart(page)
    press(page, "写一个")
    wait_for_chips(page, 3)
    for theme in ("light", "dark"):
        if theme == "dark":
            page.evaluate(DARK)
            page.wait_for_timeout(1500)
            screenshot(page, "dark")
        for selector in TEXTS:
            contrast = page.evaluate(CONTRAST, selector)
            assert min(contrast, default=21) >= 4.5, (theme, selector, min(contrast))
    light = DARK.replace("JupyterLab Dark", "JupyterLab Light")
    page.evaluate(light)
    page.wait_for_timeout(1000)


@pytest.mark.parametrize("width", [900, 1280, 1920])
def test_it_fits_at_every_width(page, width):
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_timeout(700)
    box = page.locator(".tg-machine").bounding_box()
    assert box["width"] <= 981 and box["x"] + box["width"] <= width
    inner = page.locator(".tg-machine").evaluate(
        "root => Math.max(...Array.from(root.querySelectorAll('.tg-panel, .tg-chips, .tg-strip, .tg-matrix'))"
        ".map(e => e.getBoundingClientRect().right)) - root.getBoundingClientRect().right"
    )
    assert inner <= 1
    font = page.locator(".tg-box text").first
    size = font.evaluate("e => e.getBoundingClientRect().height") if font.is_visible() else 12
    assert size >= 11
    screenshot(page, f"width_{width}")


def test_the_next_day_it_is_still_there_and_small(page, course, lab, browser):  # noqa: F811
    """存下，关掉内核，另开一页：句子还在，滑块照样拨得动；存下的不大；没有向别处要过东西。"""
    restart(page)
    for count in (3, 2, 3):  # 写，退，再写：第二次写时浏览器已经有这一步的数，不再问内核
        press(page, "退一步") if count == 2 else page.locator(".tg-candidate").first.click()
        wait_for_chips(page, count)
    sentence = chips(page)
    page.wait_for_timeout(500)
    page.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save'); }")
    page.evaluate("async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll(); }")
    path = course / "notebooks" / f"{NAME}.ipynb"
    page.wait_for_timeout(1500)
    states = json.loads(path.read_text(encoding="utf-8"))["metadata"]["widgets"]
    (states,) = [states[key]["state"] for key in states]
    sizes = [len(json.dumps(state)) for state in states.values() if state["model_module"] == "anywidget"]
    assert len(sizes) == 1 and sizes[0] < 300_000
    asked = []
    fresh = browser.new_page(viewport={"width": 1280, "height": 1000}, locale="zh-CN")
    fresh.on("request", lambda request: asked.append(request.url))
    fresh.goto(f"{lab}/lab/workspaces/tomorrow/tree/notebooks/{NAME}.ipynb")
    fresh.wait_for_selector(".tg-chip", timeout=2 * MINUTE)
    assert chips(fresh) == sentence
    bar = fresh.locator(".tg-after").first
    before = bar.evaluate("e => e.style.width")
    set_slider(fresh, "温度", 2.5)
    assert bar.evaluate("e => e.style.width") != before
    here = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
    assert asked and not [url for url in asked if not url.startswith(here)]
    fresh.close()
