"""真的浏览器：打开 JupyterLab，运行几课，用键盘拨动控件，看图变没变。

    pytest tests/test_browser.py -m browser

要有 Chromium 与 playwright（pip install -e .[browser]）；start.py test 找到 Chromium 时会运行它。
截图存进环境变量 TINYGPT_SCREENSHOTS 指的文件夹（没有设就不存）。
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DEFAULT_LESSONS = "00_start_here 04_attention_math 07_generation"
LESSONS = (os.environ.get("TINYGPT_BROWSER_LESSONS") or DEFAULT_LESSONS).split()
MINUTE = 60_000  # playwright 用毫秒

# 在页面里问 JupyterLab：各代码格的状态
CELLS = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = panel.content.widgets.filter(w => w.model.type === 'code');
  const outputs = cells.flatMap(w => {
    const list = [];
    for (let i = 0; i < w.model.outputs.length; i++) list.push(w.model.outputs.get(i));
    return list;
  });
  return {
    status: panel.sessionContext.session?.kernel?.status ?? 'none',
    cells: cells.length,
    run: cells.filter(w => w.model.executionCount !== null && w.model.executionState !== 'running').length,
    errors: outputs.filter(o => o.type === 'error').map(o => JSON.stringify(o.toJSON()).slice(0, 400)),
    widgets: outputs.filter(o => 'application/vnd.jupyter.widget-view+json' in (o.data ?? {})).length,
  };
}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """课程的副本。"""
    folder = tmp_path_factory.mktemp("course")
    for name in ("notebooks", "exercises", "solutions"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def lab(course, tmp_path_factory):
    """一个 JupyterLab，根文件夹是课程的副本；返回网址。"""
    pytest.importorskip("playwright.sync_api", reason="没有安装 playwright")
    if not CHROMIUM:
        pytest.skip("没有 Chromium")
    sys.path.insert(0, str(ROOT))
    import start

    settings = tmp_path_factory.mktemp("settings")
    full = {"windowingMode": "none"}  # 把每一格都画出来，看不见的也画
    overrides = start.LAB_SETTINGS | {"@jupyterlab/notebook-extension:tracker": full}
    (settings / "overrides.json").write_text(json.dumps(overrides), encoding="utf-8")
    port = free_port()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=",
        "--log-level=ERROR", f"--ServerApp.root_dir={course}",
        f"--LabApp.app_settings_dir={settings}", f"--LabApp.user_settings_dir={settings / 'user'}",
        f"--LabApp.workspaces_dir={settings / 'workspaces'}",
        "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    with (settings / "log.txt").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/api", server, settings / "log.txt")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(url: str, server, log: Path, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"JupyterLab 没有起来：\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


@pytest.fixture(scope="module")
def browser(lab):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(lab, browser, name: str):
    """notebooks 里的一本打开以后、全部运行完的页面。"""
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="zh-CN")
    page.lesson = name
    # 各课一个工作区，不带出前一课的标签页
    page.goto(f"{lab}/lab/workspaces/{name}/tree/notebooks/{name}.ipynb")
    idle = f"const s = ({CELLS})(); return s.status === 'idle'"
    page.wait_for_selector(".jp-Notebook", timeout=2 * MINUTE)
    page.wait_for_function(f"() => {{ {idle}; }}", timeout=2 * MINUTE)
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.wait_for_function(f"() => {{ {idle} && s.run === s.cells; }}", timeout=5 * MINUTE)
    page.wait_for_timeout(1500)  # 控件收到最后的消息
    yield page
    page.evaluate("async () => { await window.jupyterapp.serviceManager.sessions.shutdownAll(); }")
    page.close()


@pytest.fixture(scope="module", params=LESSONS)
def page(request, lab, browser):
    with opened(lab, browser, request.param) as page:
        yield page


def screenshot(page, name: str) -> None:
    folder = os.environ.get("TINYGPT_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{page.lesson}_{name}.png")


def picture_beside(page, control):
    """同一个 Playground 里的图；返回读它内容的函数。"""
    box = control.locator("xpath=ancestor::div[contains(@class,'widget-vbox')][1]")
    image = box.locator("img").first
    digest = """async img => {
      const r = await fetch(img.src);
      const b = await r.arrayBuffer();
      return b.byteLength + ':' + Array.from(new Uint8Array(b)).reduce((a, x) => (a * 31 + x) >>> 0, 7);
    }"""
    return lambda: page.evaluate(digest, image.element_handle())


def wait_until_changed(page, read, before, seconds: float = 20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        now = read()
        if now != before:
            return now
        page.wait_for_timeout(200)
    raise AssertionError("拨动控件以后，图没有变")


def test_runs_without_errors_in_chinese(page):
    state = page.evaluate(CELLS)
    assert state["errors"] == [] and state["cells"] > 10
    assert page.locator(".lm-MenuBar-itemLabel", has_text="文件").count() == 1  # 菜单是中文
    assert page.locator(".jp-toast-message, .Toastify__toast", has_text="news").count() == 0
    screenshot(page, "top")


def test_no_output_is_wider_than_the_page(page):
    wide = page.evaluate(
        "() => Array.from(document.querySelectorAll('.jp-OutputArea-output img'))"
        ".filter(e => e.getBoundingClientRect().right > window.innerWidth + 1).length"
    )
    assert wide == 0


def test_every_widget_is_drawn(page):
    state = page.evaluate(CELLS)
    kinds = (".widget-vbox img", ".jupyter-widgets", ".tg-machine")
    drawn = page.locator(", ".join(f".jp-OutputArea-output {kind}" for kind in kinds))
    assert drawn.count() >= state["widgets"] >= 1


def test_the_slider_moves_with_the_keyboard(page):
    handle = page.locator(".widget-vbox .noUi-handle").first
    if handle.count() == 0:
        pytest.skip("这一课没有滑块")
    handle.scroll_into_view_if_needed()
    read = picture_beside(page, handle)
    before = read()
    at_the_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
    there, back = ("ArrowLeft", "ArrowRight") if at_the_end else ("ArrowRight", "ArrowLeft")
    handle.focus()
    page.keyboard.press(there)
    after = wait_until_changed(page, read, before)
    handle.focus()
    page.keyboard.press(back)
    wait_until_changed(page, read, after)
    screenshot(page, "slider")


def test_the_dropdown_changes_with_the_keyboard(page):
    select = page.locator(".widget-vbox .widget-dropdown select").first
    if select.count() == 0:
        pytest.skip("这一课没有下拉菜单")
    select.scroll_into_view_if_needed()
    read = picture_beside(page, select)
    before = read()
    select.focus()
    last = select.evaluate("menu => menu.selectedIndex === menu.options.length - 1")
    move = "ArrowUp" if last else "ArrowDown"  # 已在最后一项，就往上
    for key in ("Alt+ArrowDown", move, "Enter"):  # 单按方向键，JupyterLab 会拿去换格子，所以先展开菜单
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    wait_until_changed(page, read, before)
    screenshot(page, "dropdown")


# ---- 与模型说话 ----

CHAT = """\
from tinygpt import load
from tinygpt.course import plots
from tinygpt.course.widgets.chat import chat_playground
plots.use_style()
chat_playground(*load("mini"), seed=0)"""
DARK = """async () => {
  await window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'});
}"""


def answered(page, turns: int) -> None:
    """等到有了这么多轮，而且最后一轮写完（末尾没有“…”）。"""
    page.wait_for_function(
        """turns => {
          const log = document.querySelector('[role=log]');
          const names = Array.from(log.querySelectorAll('b')).map(b => b.textContent);
          return !log.textContent.endsWith('…') && names.filter(name => name === '答').length === turns;
        }""",
        arg=turns, timeout=MINUTE,
    )  # fmt: skip


def test_chat_by_keyboard(course, lab, browser):
    """写“你好”，按回车，回答出现；接着不用鼠标就能再写；<b> 只是文字。"""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CHAT)], metadata=kernel)
    nbformat.write(book, course / "notebooks" / "chat.ipynb")
    with opened(lab, browser, "chat") as page:
        assert page.evaluate(CELLS)["errors"] == []
        box, log = page.locator(".widget-text input"), page.locator("[role=log]")
        screenshot(page, "empty")
        box.focus()
        page.keyboard.type("你好")
        page.keyboard.press("Enter")
        answered(page, 1)
        assert log.inner_text().split()[:2] == ["你", "你好"] and box.input_value() == ""
        page.keyboard.type("<b>什么</b>是机器学习？xx")  # 光标还在框里：x 没有落到笔记本上，剪掉这一格
        page.keyboard.press("Enter")
        answered(page, 2)
        assert "<b>什么</b>是机器学习？xx" in log.inner_text()
        at_the_end = "e => Math.abs(e.scrollTop) < 2"  # column-reverse：0 是最下面
        assert log.evaluate(at_the_end)
        screenshot(page, "light")
        page.evaluate(DARK)
        page.wait_for_timeout(1500)
        screenshot(page, "dark")
        page.get_by_role("button", name="重新开始").focus()
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('[role=log]').textContent.includes('还没有说话')")


# ---- 自己画一张图 ----

DRAW = """\
from tinygpt import load
from tinygpt.course import plots
from tinygpt.course.widgets.drawing import drawing_board
from tinygpt.variants.vision import VisionGPT
plots.use_style()
gpt, tokenizer = load("mini")
board = drawing_board(VisionGPT(gpt), tokenizer)
board"""
COLORED = """() => Array.from(document.querySelectorAll('.widget-gridbox button'))
  .filter(cell => getComputedStyle(cell).backgroundColor !== 'rgb(255, 255, 255)').length"""


def wait_for_cells(page, count: int) -> None:
    page.wait_for_function(f"count => ({COLORED})() === count", arg=count, timeout=MINUTE)


def test_draw_and_ask(course, lab, browser):
    """点一格，印上图形；一格一格地涂；只用键盘也画得了；按“问”，图与回答跟着变。"""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(DRAW)], metadata=kernel)
    nbformat.write(book, course / "notebooks" / "draw.ipynb")
    with opened(lab, browser, "draw") as page:
        assert page.evaluate(CELLS)["errors"] == []
        cells, button = page.locator(".widget-gridbox button"), page.get_by_role
        assert cells.count() == 256 and page.evaluate(COLORED) > 20  # 画好的例子
        image = page.locator(".widget-vbox .widget-image, .widget-vbox img").first
        read = lambda: image.get_attribute("src")
        before = read()
        screenshot(page, "example")
        button("button", name="换一张白纸").click()
        wait_for_cells(page, 0)
        page.locator(".widget-dropdown select").nth(0).select_option("一格")
        page.locator(".widget-dropdown select").nth(1).select_option("蓝色")
        cells.nth(0).click()
        cells.nth(255).click()
        wait_for_cells(page, 2)
        page.locator(".widget-dropdown select").nth(0).select_option("正方形")
        cells.nth(8 * 16 + 8).click()
        wait_for_cells(page, 2 + 25)  # 5 × 5 格
        button("button", name="问", exact=True).click()
        wait_until_changed(page, read, before)
        screenshot(page, "light")
        for _ in range(3):  # 只用键盘：行往下三格，印在那里
            page.locator(".widget-vbox .noUi-handle").first.focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(200)
        button("button", name="画在这里").focus()
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => ({COLORED})() > 27", timeout=MINUTE)
        wide = "() => document.querySelector('.jp-OutputArea-output').scrollWidth > window.innerWidth"
        assert not page.evaluate(wide)
        page.evaluate(DARK)
        page.wait_for_timeout(1500)
        screenshot(page, "dark")
