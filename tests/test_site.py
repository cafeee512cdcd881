"""在线读的网页：链接都通，不向网络要东西，公式都变成了 MathML，图都有替代文字。

只用一课和它的练习来做；最后一个要有浏览器（pytest tests/test_site.py -m browser）。
"""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup
from test_browser import CHROMIUM
from test_browser_machine import CONTRAST

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tools"))
import build_site

from tinygpt.errors import InputError

LESSON = "notebooks/04_attention_math.ipynb"
BOOKS = [ROOT / LESSON, ROOT / "exercises/04_attention_math.ipynb"]
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)


def formulas(path: Path) -> list[str]:
    """笔记本正文里的公式；代码里的 $ 不算。"""
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    texts = [re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL) for text in texts]
    return [one or two for text in texts for one, two in FORMULA.findall(text)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build_site.build(folder, BOOKS)
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """路径 → 读进来的网页。"""
    files = sorted(site.rglob("*.html"))
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in files}


def target(path: Path, href: str) -> tuple[Path, str]:
    """path 上的链接 href 指向的文件与锚。"""
    file, _, anchor = unquote(href).partition("#")
    return ((path.parent / file).resolve() if file else path), anchor


def test_one_page_for_every_source(site):
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert names == {
        "index.html", "style.css", "notebooks/04_attention_math.html", "exercises/04_attention_math.html",
        "docs/glossary.html", "docs/claims.html",
    }  # fmt: skip


def test_every_link_leads_somewhere(pages):
    broken = []
    for path, page in pages.items():
        for link in page.find_all("a", href=True):
            file, anchor = target(path, link["href"])
            if file not in pages or (anchor and not pages[file].find(id=anchor)):
                broken.append((path.name, link["href"]))
    assert not broken


def test_the_links_that_a_reader_needs(site, pages):
    def links(name):
        return {link["href"] for link in pages[site / name].find_all("a", href=True)}

    assert "notebooks/04_attention_math.html" in links("index.html")
    assert "../exercises/04_attention_math.html" in links("notebooks/04_attention_math.html")
    assert "../notebooks/04_attention_math.html" in links("exercises/04_attention_math.html")
    assert "../notebooks/04_attention_math.html#cell-id=l04-33" in links("docs/claims.html")
    assert {"#s1", "../index.html", "../docs/glossary.html"} <= links("notebooks/04_attention_math.html")


def test_nothing_is_asked_of_the_network(site, pages):
    for path, page in pages.items():
        assert not page.find_all(["script", "iframe", "object", "embed", "base"])
        needed = [tag["src"] for tag in page.find_all(src=True)]
        needed += [tag["href"] for tag in page.find_all("link")]
        assert needed
        assert not [
            url[:80] for url in needed if not url.startswith("data:") and not target(path, url)[0].is_file()
        ]
    style = (site / "style.css").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in style and "@import" not in style and "url(" not in style


def test_every_formula_became_mathml(site, pages):
    for book in BOOKS:
        path = site / book.relative_to(ROOT).with_suffix(".html")
        page = BeautifulSoup(str(pages[path].main), "html.parser")
        assert len(page.find_all("math")) == len(formulas(book)) > 0
        for code in page.find_all(["pre", "code"]):
            code.decompose()
        assert "$" not in page.text and "\\" not in page.text
    lesson = (site / LESSON).with_suffix(".html").read_text(encoding="utf-8")
    assert "<mi>ℒ</mi>" in lesson and "mathvariant" not in lesson


def test_the_formulas_of_all_lessons_convert():
    books = [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "exercises").glob("*.ipynb")]
    found = {formula for book in books for formula in formulas(book)}
    assert len(found) > 200
    assert all("<math" in build_site.mathml(formula, "block") for formula in found)


def test_no_word_is_swallowed_as_a_tag():
    """正文里光着的 <eos> 会被当作标签，读者看不见它；要写在反引号里。"""
    for book in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("exercises/*.ipynb")]:
        cells = nbformat.read(book, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        text = FORMULA.sub("", re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL))
        assert set(re.findall(r"<(\w+)", text)) <= {"details", "summary"}, book.name


def test_letters_that_browsers_know():
    letters = [("L", "script"), ("R", "double-struck"), ("h", "bold-italic"), ("W", "bold")]
    assert "".join(build_site.styled(*letter) for letter in letters) == "ℒℝ𝒉𝐖"


def test_an_unknown_command_in_a_formula_is_reported():
    with pytest.raises(InputError, match="nosuchcommand"):
        build_site.mathml(r"x+\nosuchcommand", "inline")


def test_pictures_are_embedded_with_alternative_text(site, pages):
    outputs = [o for c in nbformat.read(ROOT / LESSON, as_version=4).cells for o in c.get("outputs", [])]
    stored = [o.data["text/plain"] for o in outputs if "image/png" in o.get("data", {})]
    widgets = [note for note in stored if not note.startswith("<")]
    page = pages[(site / LESSON).with_suffix(".html")]
    alts = [image["alt"] for image in page.find_all("img", src=re.compile("^data:image/png;base64,"))]
    assert len(alts) == len(stored) == len(page.find_all("img"))
    assert widgets and set(widgets) <= set(alts) and len(page.find_all(class_="still")) == len(widgets)
    assert "图：注意力权重（每行和为 1）" in alts and not [alt for alt in alts if len(alt) < 4 or "<" in alt]


def test_the_pictures_of_the_readme_are_on_the_first_page(site, pages):
    images = pages[site / "index.html"].find_all("img")
    assert len(images) == 3 and all(image["src"].startswith("data:image/png;base64,") for image in images)
    assert all(len(image["alt"]) > 40 for image in images)


def test_chinese_lines_are_joined(site):
    assert "弄懂其中的每一个数。不需要 GPU" in (site / "index.html").read_text(encoding="utf-8")


def test_a_second_build_gives_the_same_pages(site):
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    build_site.build(site, BOOKS)
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before


def test_a_foreign_index_is_left_alone(tmp_path):
    (tmp_path / "index.html").write_text("<p>我的主页</p>", encoding="utf-8")
    with pytest.raises(InputError, match="不是这个工具写的"):
        build_site.build(tmp_path, BOOKS)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == "<p>我的主页</p>"


@pytest.mark.browser
@pytest.mark.parametrize("width", [900, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_the_browser_without_a_network(site, width, scheme):
    playwright = pytest.importorskip("playwright.sync_api", reason="没有安装 playwright")
    if not CHROMIUM:
        pytest.skip("没有 Chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        page = context.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(request.url[:80]))
        page.on("request", lambda request: asked.append(request.url))
        for file in sorted(site.rglob("*.html")):
            page.goto(file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= width, file.name
        page.goto((site / LESSON).with_suffix(".html").as_uri())
        fraction = page.locator("math[display=block] mfrac").first
        assert fraction.is_visible() and fraction.bounding_box()["height"] > 25  # 分数线上下两层
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 100)")
        assert page.locator("nav.side").is_visible() == (width >= 1100)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
        dimmed = page.locator("main img").first.evaluate("image => getComputedStyle(image).filter")
        assert (dimmed != "none") == (scheme == "dark")  # 暗色里，白底的图不刺眼
        for words in ("main p", "main a", ".note", ".still", ".highlight span:not(.w)"):
            contrast = page.evaluate(CONTRAST, words)
            assert contrast and min(contrast) >= 4.5, (words, min(contrast))
        assert not said and not [url[:80] for url in asked if not url.startswith(("file:", "data:"))]
        browser.close()
