#!/usr/bin/env python3
"""把课程做成可以在线读的静态网页。

    python tools/build_site.py 文件夹

读 notebooks/ 与 exercises/ 的笔记本（连同存下的输出）、术语表、说法与实验的对照表、README 里的课程地图，
在给出的文件夹里写下 HTML 和一张样式表，目录与这里的相同：notebooks/04_attention_math.ipynb → 同名的 .html。
网页不用脚本，不向网络要任何东西：图在页面里，公式是 MathML，控件是它的一张静态图。
笔记本不重新执行；要新的输出，先运行 tools/run_notebooks.py。需要 pip install -e .[site]。

笔记本变成 HTML 是 nbconvert 的事，公式是 latex2mathml 的事；这里只有链接、页框与次序。
"""

import argparse
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tinygpt.errors import InputError, require

FRAME = Path(__file__).parent / "site"
SIGN = '<meta name="generator" content="tinygpt build_site">'  # 有它，才是这里写的网页，可以覆盖
DOCUMENTS = ("docs/glossary.md", "docs/claims.md")
CELL = re.compile(r"l(\d\d)-\d\d")  # 说法对照表里的格子编号：l04-33 是第 04 课的一格
LINE_END = re.compile("(?<=[\u3000-\u9fff\uff00-\uffef”])\n(?=[\u3000-\u9fff\uff00-\uffef“])")
STILL = '<p class="still">这是控件的一张静态图；在 JupyterLab 里运行这一格，就可以拨动它。</p>'


@dataclass
class Page:
    """一个网页：来自仓库里的哪个文件（source，用 / 分隔），标题，正文，二级标题的 (编号, 文字)。"""

    source: str
    title: str
    body: str = ""
    sections: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        page = PurePosixPath(self.source).with_suffix(".html")
        return "index.html" if self.source == "README.md" else str(page)

    @property
    def number(self) -> str:
        """课的编号，如 04。"""
        return PurePosixPath(self.source).name[:2]

    def link(self, other: "Page") -> str:
        """从这一页到 other 的相对网址。"""
        return os.path.relpath(other.url, PurePosixPath(self.url).parent).replace(os.sep, "/")


class Renderer(IPythonRenderer):
    """markdown → HTML，与 nbconvert 相同，改这几处：公式变成 MathML，链接指向网页，二级标题记作目录。"""

    def __init__(self, page: Page, pages: dict[str, Page], **options):
        super().__init__(escape=False, exclude_anchor_links=True, **options)
        self.page, self.pages = page, pages

    def inline_math(self, body: str) -> str:
        return mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return f'<span class="formula">{mathml(body, "block")}</span>'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """链接到另一页就改成它的网址；链接到没有做成网页的文件，只留下文字。"""
        if re.match(r"[a-z]+:|#", url):
            return super().link(text, url, title)
        path, _, anchor = url.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(self.page.source), path)).replace(os.sep, "/")
        if target not in self.pages:
            return text
        return super().link(text, self.page.link(self.pages[target]) + (anchor and f"#{anchor}"), title)

    def codespan(self, text: str) -> str:
        """说法对照表里的 `l04-33` 链接到那一格。"""
        html, match = super().codespan(text), CELL.fullmatch(text)
        lessons = {page.number: page for page in self.pages.values() if page.source.startswith("notebooks/")}
        if not match or self.page.source != "docs/claims.md" or match[1] not in lessons:
            return html
        return f'<a href="{self.page.link(lessons[match[1]])}#cell-id={text}">{html}</a>'

    def paragraph(self, text: str) -> str:
        """汉字之间的换行，浏览器会显示成一个空格；去掉它。"""
        return super().paragraph(LINE_END.sub("", text))

    def heading(self, text: str, level: int, **attributes) -> str:
        if level != 2:
            return super().heading(text, level, **attributes)
        self.page.sections.append((f"s{len(self.page.sections) + 1}", text))
        return f'<h2 id="{self.page.sections[-1][0]}">{text}</h2>\n'


class Exporter(HTMLExporter):
    """nbconvert 的 HTML 正文（basic 模板），markdown 交给 Renderer。"""

    def __init__(self, page: Page, pages: dict[str, Page]):
        super().__init__(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
        self.page, self.pages = page, pages

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        return markdown(source, self.page, self.pages, attachments=attachments)


def markdown(source: str, page: Page, pages: dict[str, Page], **options) -> str:
    """一段 markdown 的 HTML；表格放进可以横着滚动的框里。"""
    html = MarkdownWithMath(renderer=Renderer(page, pages, **options)).render(source)
    return html.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")


def mathml(latex: str, display: str) -> str:
    """公式 → MathML。latex2mathml 用 mathvariant 写花体、黑体；浏览器只认 Unicode 里现成的字母，换成它们。"""
    try:
        from latex2mathml.converter import convert
    except ImportError:
        raise InputError("没有安装 latex2mathml，公式变不成网页", fix="pip install -e .[site]") from None
    html = convert(latex, display=display)
    require("\\" not in re.sub("<[^>]*>", "", html), f"公式没有全部换成 MathML：{latex}")
    letter = re.compile(r'<mi mathvariant="([a-z-]+)">(\w)</mi>')
    return letter.sub(lambda match: f"<mi>{styled(match[2], match[1])}</mi>", html)


def styled(letter: str, variant: str) -> str:
    """("L", "script") → ℒ；正体（normal）就是字母自己。有的字母 Unicode 里没有 MATHEMATICAL 开头。"""
    if variant == "normal":
        return letter
    name = unicodedata.name(letter).replace("LATIN ", "").replace("LETTER ", "")
    name = f"{variant.upper().replace('BOLD-', 'BOLD ')} {name}"
    for full in (f"MATHEMATICAL {name}", name):
        try:
            return unicodedata.lookup(full)
        except KeyError:
            continue
    raise InputError(f"公式里的字母 {letter} 没有 {variant} 的写法")


def describe_pictures(notebook) -> None:
    """给每张图写替代文字：控件的图用它自己的说明，其余用代码里的标题，没有标题就用所在的小节。"""
    section = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#+ (.*)", cell.source, re.MULTILINE)
            section = re.sub(r"[$\\{}`]", "", headings[-1]) if headings else section
            continue
        titles = re.findall(r"""title=f?["']([^"'{}]+)["']""", cell.source)
        for output in list(cell.get("outputs", [])):
            if "image/png" not in output.get("data", {}):
                continue
            note = output.data.get("text/plain", "")
            widget = not note.startswith("<")  # 普通的图写着 <Figure size …>
            alt = note if widget else "图：" + ("；".join(titles) or section)
            output.metadata["image/png"] = {"alt": alt} | output.metadata.get("image/png", {})
            if widget:
                still = nbformat.v4.new_output("display_data", {"text/html": STILL})
                cell.outputs.insert(cell.outputs.index(output) + 1, still)


def first_heading(source: str) -> str:
    return re.search(r"^# (.*)", source, re.MULTILINE)[1].strip()


def collect(notebooks: Sequence[Path], root: Path) -> dict[str, Page]:
    """全部网页，按次序：首页，课，练习，术语表与说法。"""
    pages = [Page("README.md", first_heading((root / "README.md").read_text(encoding="utf-8")))]
    for path in notebooks:
        cells = nbformat.read(path, as_version=4).cells
        title = first_heading("\n".join(cell.source for cell in cells if cell.cell_type == "markdown"))
        pages.append(Page(path.relative_to(root).as_posix(), title))
    for name in DOCUMENTS:
        pages.append(Page(name, first_heading((root / name).read_text(encoding="utf-8"))))
    return {page.source: page for page in pages}


def render(page: Page, pages: dict[str, Page], root: Path) -> None:
    """填好一页的正文与目录。"""
    path = root / page.source
    if path.suffix == ".ipynb":
        notebook = nbformat.read(path, as_version=4)
        describe_pictures(notebook)
        page.body, _ = Exporter(page, pages).from_notebook_node(notebook)
        return
    text = path.read_text(encoding="utf-8")
    if page.source == "README.md":  # 首页：开头的介绍与课程地图
        parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
        text = parts[0] + next(part for part in parts if part.startswith("## 课程地图"))
    page.body = markdown(text, page, pages, embed_images=True, path=str(path.parent))  # 图写进网页里


def neighbours(page: Page, pages: dict[str, Page]) -> tuple[Page | None, Page | None]:
    """同一个文件夹里的上一页与下一页。"""
    folder = PurePosixPath(page.source).parent
    row = [other for other in pages.values() if PurePosixPath(other.source).parent == folder]
    at = row.index(page)
    return (row[at - 1] if at else None), (row[at + 1] if at + 1 < len(row) else None)


def counterpart(page: Page, pages: dict[str, Page]) -> Page | None:
    """课的练习本，练习本的课；没有就是 None。"""
    folder, name = os.path.split(page.source)
    return pages.get({"notebooks": "exercises/", "exercises": "notebooks/"}.get(folder, "?") + name)


def stylesheet() -> str:
    """页框的样式，加上代码的颜色：浅色与深色各一套。"""
    light, dark = (
        HtmlFormatter(style=style).get_style_defs(".highlight") for style in ("default", "github-dark")
    )
    frame = (FRAME / "style.css").read_text(encoding="utf-8")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n{frame}"


def build(out: Path, notebooks: Sequence[Path], root: Path = ROOT) -> list[Path]:
    """把这些笔记本与文档做成网页，写进 out，返回写下的文件；out 里有别人的 index.html 就报 InputError。"""
    require(out.is_dir() or not out.exists(), f"{out} 是一个文件", "文件夹", "换一个名字")
    index = out / "index.html"
    ours = not index.exists() or SIGN in index.read_text(encoding="utf-8", errors="replace")
    require(ours, f"{index} 不是这个工具写的", "空的文件夹，或上一次做的网页", "换一个文件夹")
    pages = collect(notebooks, root)
    for page in pages.values():
        render(page, pages, root)
    environment = Environment(loader=FileSystemLoader(FRAME), undefined=StrictUndefined, trim_blocks=True)
    template = environment.get_template("page.html.j2")
    files = {out / "style.css": stylesheet()}
    for page in pages.values():
        before, after = neighbours(page, pages)
        files[out / page.url] = template.render(
            page=page, pages=list(pages.values()), home=pages["README.md"], sign=SIGN,
            before=before, after=after, pair=counterpart(page, pages),
        )  # fmt: skip
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)


def main() -> int:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("out", type=Path, metavar="文件夹", help="网页写在这里")
    out = parser.parse_args().out
    folders = (ROOT / "notebooks", ROOT / "exercises")
    notebooks = [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]
    try:
        files = build(out, notebooks)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"不能写入 {error.filename}：{error.strerror}", file=sys.stderr)
        print("怎么办：换一个文件夹，或检查权限与磁盘", file=sys.stderr)
        return 2
    size = sum(path.stat().st_size for path in files)
    print(f"写下 {len(files)} 个文件，{size / 1e6:.1f} MB；从 {out / 'index.html'} 读起。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
