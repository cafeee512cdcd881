"""真的浏览器里的几个控件：拖动时图就跟着变，提示自己写，几种宽度图不变形，有名字，暗色，第二天还在；链接指到那一格。

pytest tests/test_browser_widgets.py -m browser
"""

import json
import sys
from pathlib import Path

import nbformat
import pytest
from test_browser import (  # noqa: F401 固件
    CELLS,
    DARK,
    MINUTE,
    browser,
    course,
    lab,
    opened,
    picture_beside,
    screenshot,
    wait_until_changed,
)
from test_browser_machine import CONTRAST

sys.path.append(str(Path(__file__).parents[1]))
import start

pytestmark = pytest.mark.browser
NAME = "widgets"
CODES = [
    "from tinygpt import load\n"
    "from tinygpt.course import plots\n"
    "from tinygpt.course.widgets.sampling import sampling_playground\n"
    "plots.use_style()\n"
    'sampling_playground(*load("mini"), ["机器学习是", "太阳是"])',
    "from tinygpt.course.widgets.training import learning_rate_playground\nlearning_rate_playground()",
    "from tinygpt.course.widgets.flow import hidden_state_flow\n"
    'hidden_state_flow(*load("mini"), "机器学习是")',
    "from tinygpt.course.widgets.progress import exercise_progress\nexercise_progress()",
]
IMAGES = ".widget-vbox img"
DRAWN = f"""n => {{
  const images = Array.from(document.querySelectorAll('{IMAGES}'));
  return images.length === n && images.every(image => image.naturalWidth > 300);
}}"""
# 每张图：显示的宽高，自己的宽高，放它的那一栏有多宽
SIZES = f"""() => Array.from(document.querySelectorAll('{IMAGES}')).map(image => {{
  const shown = image.getBoundingClientRect();
  const column = image.closest('.jp-OutputArea-output').getBoundingClientRect().width;
  return [shown.width, shown.height, image.naturalWidth, image.naturalHeight, column];
}})"""
HERE = "window.jupyterapp.shell.currentWidget"
TRACKER = "@jupyterlab/notebook-extension:tracker"
SAVE = f"async raw => {{ await window.jupyterapp.serviceManager.settings.save('{TRACKER}', raw); }}"
# 一格滚到了页面的上部
AT_THE_TOP = """id => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets;
  const top = cells.find(cell => cell.model.id === id)?.node.getBoundingClientRect().top;
  return 0 < top && top < 300;
}"""
OPEN = "async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }"


@pytest.fixture(scope="module")
def page(course, lab, browser):  # noqa: F811
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(code) for code in CODES]
    book = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(book, course / "notebooks" / f"{NAME}.ipynb")
    with opened(lab, browser, NAME) as page:
        assert page.evaluate(CELLS)["errors"] == []
        page.wait_for_function(DRAWN, arg=len(CODES), timeout=MINUTE)
        yield page


def settled(page, read):
    """等到图不再变：前面拨动的那几次都画完了。"""
    now = None
    while now != (now := read()):
        page.wait_for_timeout(1500)
    return now


def test_the_picture_changes_while_the_slider_is_dragged(page):
    handle = page.locator(".widget-vbox .noUi-handle").first  # 温度
    handle.scroll_into_view_if_needed()
    read, box = picture_beside(page, handle), handle.bounding_box()
    before, y = read(), box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 40, y, steps=4)
    middle = wait_until_changed(page, read, before)  # 还按着
    page.mouse.move(box["x"] + box["width"] / 2 + 80, y, steps=4)
    wait_until_changed(page, read, middle)
    page.mouse.up()
    screenshot(page, "dragged")


def test_a_prompt_of_ones_own(page):
    box = page.locator(".widget-vbox input[list]").first
    box.scroll_into_view_if_needed()
    read = picture_beside(page, box)
    assert box.input_value() == "机器学习是"
    offered = page.locator(".widget-vbox datalist").first.locator("option")
    assert offered.evaluate_all("options => options.map(option => option.value)") == ["机器学习是", "太阳是"]
    before = settled(page, read)
    box.fill("小猫在河边")
    box.press("Enter")
    wait_until_changed(page, read, before)
    after = settled(page, read)
    box.fill("")
    box.press("Enter")
    page.locator(".widget-vbox .widget-label", has_text="提示是空的").wait_for(timeout=MINUTE)
    assert read() == after
    box.fill("太阳是")
    box.press("Enter")
    wait_until_changed(page, read, after)
    screenshot(page, "prompt")


@pytest.mark.parametrize("width", [900, 1280, 1920])
def test_pictures_keep_their_size(page, width):
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_timeout(700)
    sizes = page.evaluate(SIZES)
    assert len(sizes) == len(CODES)
    for shown, height, natural, natural_height, column in sizes:
        assert shown == pytest.approx(min(natural, column), abs=8) and shown <= natural + 1
        assert height / shown == pytest.approx(natural_height / natural, rel=0.02)  # 没有压扁
    if width == 1920:  # 旁边开着文件列表，放得下最宽的一张
        assert all(shown == pytest.approx(natural, abs=1) for shown, _, natural, _, _ in sizes)
    screenshot(page, f"width_{width}")
    page.set_viewport_size({"width": 1400, "height": 1000})


def test_pictures_and_controls_have_names(page):
    titles = page.locator(IMAGES).evaluate_all("es => es.map(e => e.alt || e.title)")
    assert all(len(title) >= 8 for title in titles)
    unnamed = page.locator(".widget-vbox select, .widget-vbox input, .widget-vbox button").evaluate_all(
        "es => es.filter(e => !(e.labels?.length || e.textContent.trim() || e.ariaLabel || e.title)).length"
    )
    assert unnamed == 0


def test_dark_and_light_are_readable(page):
    words = [".widget-label", ".widget-readout", "input[list]", ".widget-dropdown select",
             ".widget-button"]  # fmt: skip
    try:
        for theme in ("light", "dark"):
            if theme == "dark":
                page.evaluate(DARK)
                page.wait_for_timeout(1500)
                screenshot(page, "dark")
            for selector in words:
                contrast = page.evaluate(CONTRAST, f".widget-vbox {selector}")
                assert min(contrast, default=21) >= 4.5, (theme, selector, min(contrast))
        corner = """image => {
          const canvas = document.createElement('canvas');
          canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
          const paper = canvas.getContext('2d');
          paper.drawImage(image, 0, 0);
          return Array.from(paper.getImageData(1, 1, 1, 1).data);
        }"""
        for i in range(len(CODES)):  # 图自己带着不透明的白底：暗色里字还是深色的字
            assert page.locator(IMAGES).nth(i).evaluate(corner) == [255, 255, 255, 255]
    finally:
        page.evaluate(DARK.replace("JupyterLab Dark", "JupyterLab Light"))


def test_the_next_day_they_are_still_there(page, lab, browser):  # noqa: F811
    page.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save'); }")
    page.wait_for_timeout(500)
    page.evaluate("async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll(); }")
    fresh = browser.new_page(viewport={"width": 1280, "height": 1000}, locale="zh-CN")
    fresh.lesson = NAME
    fresh.goto(f"{lab}/lab/workspaces/tomorrow-widgets/tree/notebooks/{NAME}.ipynb")
    fresh.wait_for_function(DRAWN, arg=len(CODES), timeout=2 * MINUTE)
    text = fresh.locator(".jp-Notebook").inner_text()
    assert "Error displaying widget" not in text and "not found" not in text
    screenshot(fresh, "tomorrow")
    fresh.close()


def test_links_lead_to_the_next_lesson_and_to_the_very_exercise(lab, browser):  # noqa: F811
    """照 start.py 的设置（测试别的时，把每一格都画出来，链接就停不准）。"""
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, locale="zh-CN")
    lesson = "notebooks/04_attention_math.ipynb"
    page.goto(f"{lab}/lab/workspaces/settings")
    page.wait_for_function("() => window.jupyterapp?.serviceManager.isReady", timeout=2 * MINUTE)
    page.evaluate(SAVE, json.dumps(start.LAB_SETTINGS[TRACKER]))
    page.goto(f"{lab}/lab/workspaces/links/tree/{lesson}")
    for link, path in (
        ("a[href*='e04-4-question']", "exercises/04_attention_math.ipynb"),
        ("a[href*='notebooks/05_transformer_decoder.ipynb']", "notebooks/05_transformer_decoder.ipynb"),
    ):
        page.wait_for_selector(link, state="attached", timeout=2 * MINUTE)
        page.evaluate(OPEN, lesson)
        page.locator(f"{link}:visible").last.click()
        page.wait_for_function(f"path => {HERE}?.context?.path === path", arg=path, timeout=MINUTE)
        if "exercises" in path:
            page.wait_for_function(AT_THE_TOP, arg="e04-4-question", timeout=MINUTE)
    page.close()
