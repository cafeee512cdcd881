"""真的浏览器：在网页上说话，看概率，换一个 token 接着写；只用键盘也行；陌生的网页用不了。

    pytest tests/test_server_page.py -m browser

要有 Chromium 与 playwright；start.py test 找到 Chromium 时会运行它。截图同 test_browser.py。
"""

import os
import re
import threading
from pathlib import Path

import pytest
from serving import GREEDY, WAIT, Bigram, one, running
from test_browser import CHROMIUM
from test_server import wait_until

pytestmark = pytest.mark.browser
CONTRAST = 4.5  # WCAG 2.1 AA：文字与底色的亮度比


@pytest.fixture(scope="module")
def server(tokenizer):
    with running(Bigram(tokenizer), tokenizer) as running_server:
        yield running_server


@pytest.fixture(scope="module")
def browser():
    pytest.importorskip("playwright.sync_api", reason="没有安装 playwright")
    if not CHROMIUM:
        pytest.skip("没有 Chromium")
    from playwright.sync_api import sync_playwright

    rebinding = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", rebinding])
        yield browser
        browser.close()


def opened(server, browser, **options):
    """打开的网页；温度 0，所以写的都知道。"""
    page = browser.new_page(locale="zh-CN", **({"viewport": {"width": 900, "height": 800}} | options))
    page.set_default_timeout(WAIT * 1000)
    page.problems, page.asked = [], []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(server.url)
    page.locator("#model", has_text="小模型").wait_for()
    page.fill("#temperature", "0")
    return page


@pytest.fixture
def page(server, browser):
    page = opened(server, browser)
    yield page
    assert page.problems == [] and all(url.startswith((server.url, "data:")) for url in page.asked)
    page.close()


def say(page, text: str, status: str = "写完了") -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")
    page.locator("#status", has_text=status).wait_for()


def answers(page) -> list[str]:
    """各个回答的文字，不含“停”那一格。"""
    return page.evaluate("""() => [...document.querySelectorAll('.answer')].map(answer =>
        [...answer.querySelectorAll('.token:not(.end)')].map(cell => cell.textContent).join(''))""")


def token(page, word: str):
    return page.locator(".answer .token", has_text=re.compile(f"^{word}$")).last


def choices(page) -> list[tuple[str, str]]:
    rows = page.locator(".alternative")
    cells = [rows.nth(i).locator("span") for i in range(3)]
    return [(row.nth(0).text_content(), row.nth(2).text_content()) for row in cells]  # 前三个


def test_say_something(page):
    say(page, "你好")
    assert answers(page) == [GREEDY] and page.input_value("#text") == ""
    cells = page.locator(".answer .token")
    levels = [cells.nth(i).get_attribute("data-level") for i in range(cells.count())]
    assert levels == ["1", "1", "1", "0", "0", "0", "0", "0"]  # 0.7 0.6 0.55 1 …，停 0.9
    assert cells.first.get_attribute("aria-label") == "小猫，概率 70%，第 1 个"
    assert cells.last.get_attribute("aria-label").startswith("在这里停下（写的是 （结束）），概率 90%")
    shown = cells.first.evaluate("cell => getComputedStyle(cell, '::after').content")
    page.check("#numbers")
    numbered = cells.first.evaluate("cell => getComputedStyle(cell, '::after').content")
    assert shown == "none" and "70%" in numbered


def test_continue_from_another_token_and_back(page):
    say(page, "你好")
    token(page, "在").click()
    assert choices(page) == [("在", "60%"), ("是", "30%"), ("（结束）", "10%")]
    current = page.locator(".alternative[aria-current=true]")
    assert current.get_attribute("aria-label") == "在，60%，写的是它"
    page.locator(".alternative", has_text="是").click()
    page.locator("#status", has_text="写完了，4 个").wait_for()
    assert answers(page) == ["小猫是智能。"] and token(page, "是").get_attribute("data-level") == "2"
    page.click("#undo")
    assert answers(page) == [GREEDY] and page.locator("#undo").is_disabled()


def test_later_turns_go_when_an_earlier_one_changes(page, server, tokenizer):
    say(page, "你好")
    say(page, "再说")
    assert answers(page) == [GREEDY, GREEDY]
    page.locator(".answer").first.locator(".token").first.click()
    page.locator(".alternative", has_text="机器学习").click()
    page.locator("#status", has_text="写完了，4 个").wait_for()
    assert answers(page) == ["机器学习是智能。"]
    server.model.seen.clear()
    say(page, "再说")
    assert "机器学习是智能。" in tokenizer.decode(server.model.seen[0])  # 历史里是改过的


def test_keyboard_only(page):
    page.keyboard.type("你好")  # 打开就能写
    page.keyboard.press("Enter")
    page.locator("#status", has_text="写完了").wait_for()
    for _ in range(20):
        if page.evaluate("document.activeElement.className.startsWith('token')"):
            break
        page.keyboard.press("Shift+Tab")
    here = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(here).startswith("小猫")
    for key, word in (("ArrowRight", "在"), ("ArrowLeft", "小猫"), ("ArrowLeft", "小猫"),
                      ("End", "在这里停下"), ("Home", "小猫"), ("ArrowRight", "在")):  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(here).startswith(word)
    page.keyboard.press("Enter")
    assert page.evaluate(here) == "在，60%，写的是它"
    page.keyboard.press("Escape")
    assert page.evaluate(here).startswith("在，概率") and page.locator(".alternatives").count() == 0
    page.keyboard.press(" ")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(here) == "是，30%"
    page.keyboard.press("Enter")
    page.locator("#status", has_text="写完了，4 个").wait_for()
    assert answers(page) == ["小猫是智能。"] and page.evaluate(here).startswith("是，概率 30%")


def test_stop_here_and_go_on_instead_of_stopping(page):
    say(page, "你好")
    token(page, "在").click()
    page.locator(".alternative", has_text="结束").click()
    page.locator("#status", has_text="到此为止").wait_for()
    assert answers(page) == ["小猫"]
    token(page, "停").click()
    page.locator(".alternative", has_text="是").click()
    page.locator("#status", has_text="写完了").wait_for()
    assert answers(page) == ["小猫是智能。"]


def test_completion(page):
    page.check("[value=complete]")
    say(page, "机器学习")
    assert answers(page) == ["是智能。"]


def test_a_character_spread_over_bytes_is_readable(page, server, tokenizer):
    table, before = server.model.table, server.model.table.clone()
    path = [one(tokenizer, "小猫"), *tokenizer.encode("饕"), one(tokenizer, "。")]
    assert len(path) == 5  # 词表里没有这个字，拆成三个字节
    for a, b in zip(path, path[1:]):
        table[a, b] = 9.0
    say(page, "你好")
    cells = page.locator(".answer .token:not(.end)")
    assert cells.all_text_contents() == ["小猫", "·", "·", "饕", "。"]
    cells.nth(2).click()
    assert page.locator(".alternative").first.locator(".word").text_content() == "<0xA5>"
    table[:] = before


def test_special_tokens_cannot_be_picked(page, server, tokenizer):
    table, dot = server.model.table, one(tokenizer, "。")
    before = table.clone()
    table[dot, tokenizer.id("<chat>")] = 0.0
    say(page, "你好", "。")
    token(page, "停").last.click()
    assert page.locator(".alternative", has_text="<chat>").is_disabled()
    table[:] = before


def test_everything_is_text(page):
    say(page, "<b>粗</b><img src=x onerror=alert(1)>")
    assert page.locator(".said").first.text_content() == "<b>粗</b><img src=x onerror=alert(1)>"
    assert page.locator("main b, main img").count() == 0


def test_a_refused_question_stays_in_the_box(page):
    page.fill("#text", "猫" * 200)
    page.press("#text", "Enter")
    page.locator("#error", has_text="问题太长").wait_for()
    assert page.input_value("#text") == "猫" * 200 and page.locator(".turn").count() == 0
    say(page, "你好")
    assert page.locator("#error").text_content() == ""


def test_stop_while_writing(browser, tokenizer):
    model, steps = Bigram(tokenizer), threading.Semaphore(2)
    model.before = lambda: steps.acquire(timeout=WAIT)
    with running(model, tokenizer) as server:
        page = opened(server, browser)
        page.fill("#text", "你好")
        page.press("#text", "Enter")
        token(page, "在").wait_for()
        page.click("#stop")
        page.locator("#status", has_text="停下了").wait_for()
        steps.release(100)
        wait_until(lambda: server.service.writing == 0)
        assert answers(page) == ["小猫在"] and page.locator("#stop").is_disabled() and page.problems == []
        say(page, "再说")
        assert answers(page) == ["小猫在", GREEDY]
        page.close()


COLORS = """() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
  };
  const ratio = element => {
    const [a, b] = [parse(getComputedStyle(element).color), ground(element)].map(light).sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  return ['.legend .token', '.answer .token', '.alternative .word', '#status', 'summary', '.who', '#send']
    .flatMap(where => [...document.querySelectorAll(where)]).map(ratio);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 900, 1280])
def test_readable_in_light_and_dark(server, browser, scheme, width):
    page = opened(server, browser, color_scheme=scheme, viewport={"width": width, "height": 800})
    say(page, "你好")
    token(page, "看").click()
    assert min(page.evaluate(COLORS)) >= CONTRAST
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", ground))) < 60) == (scheme == "dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # 没有左右的滚动条
    styles = page.evaluate("""() => [...document.querySelectorAll('.legend .token')].map(
        cell => getComputedStyle(cell).textDecorationLine + getComputedStyle(cell).textDecorationStyle)""")
    assert len(set(styles)) == 5  # 不看颜色也分得出五级
    if folder := os.environ.get("TINYGPT_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"serve_{scheme}_{width}.png")
    page.close()


STRANGER = """async url => {
  const body = JSON.stringify({messages: [{role: 'user', content: '你好'}]});
  const results = [];
  for (const mode of ['cors', 'no-cors'])
    for (const type of ['application/json', 'text/plain'])
      results.push(await fetch(url + '/v1/chat/completions',
        {method: 'POST', mode, body, headers: {'Content-Type': type}})
        .then(answer => answer.text(), () => ''));
  results.push(await fetch(url + '/v1/models').then(answer => answer.text(), () => ''));
  return results.join('');
}"""


def test_a_strangers_page_in_the_same_browser(server, browser):
    page = browser.new_page()
    page.route("http://stranger.example/", lambda route: route.fulfill(
        content_type="text/html", body=f'<iframe src="{server.url}"></iframe>'))  # fmt: skip
    page.goto("http://stranger.example/")
    server.model.seen.clear()
    assert page.evaluate(STRANGER, server.url) == "" and server.model.seen == []
    assert not any(frame.query_selector("#text") for frame in page.frames)
    page.close()


def test_dns_rebinding(server, browser):
    """evil.example 指向 127.0.0.1：在浏览器看来，与它自己是同一个网站。"""
    page = browser.new_page()
    answer = page.goto(f"http://evil.example:{server.port}/")
    assert answer.status == 403 and "Host" in answer.json()["error"]["message"]
    server.model.seen.clear()
    text = page.evaluate(STRANGER, f"http://evil.example:{server.port}")
    assert "host_not_allowed" in text and "choices" not in text and server.model.seen == []
    page.close()
