"""房子：导入只朝一个方向，没有圈；docs/architecture.md 里的图与代码一致；每个文件都短，每一行都不宽。

只读源代码，不执行。
"""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
ROOT = TOP / "tinygpt"
FILES = sorted(ROOT.rglob("*.py"))
DOC = TOP / "docs" / "architecture.md"


def name_of(path: Path) -> str:
    """文件 → 模块的名字，例如 "gpt"、"commands.train"、"corpus"。"""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


@cache
def public_names() -> dict[str, str]:
    """{tinygpt 的公开名字: 它所在的模块}，从 tinygpt/__init__.py 读。"""
    tree = ast.parse(MODULES[""].read_text(encoding="utf-8"))
    nodes = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module for node in nodes if node.module != "tinygpt" for alias in node.names}


@cache
def imports(path: Path) -> frozenset[str]:
    """一个文件导入的 tinygpt 模块；函数里面的导入也算。

    from tinygpt.a import b 里，b 是模块就算 a.b；from tinygpt import load 算 load 所在的模块。
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} 里有相对导入"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            if node.module == "tinygpt" and path != MODULES[""]:
                inner = {public_names().get(name.removeprefix("tinygpt."), name) for name in inner}
            modules = {name for name in inner if name.removeprefix("tinygpt.") in MODULES}
            found |= modules or {node.module}
    names = {name.removeprefix("tinygpt.") for name in found if name.startswith("tinygpt.")}
    return frozenset(name for name in names if name in MODULES) - {name_of(path)}


def of(module: str) -> frozenset[str]:
    return imports(MODULES[module])


def test_the_reader_of_imports_sees_something():
    assert of("gpt") >= {"config", "layers"} and of("cache") >= {"config"}
    assert "text" in of("commands.train") and "gpt" in of("course.exercises.lesson_05.parameter_count")


# ---- 没有圈 ----


def circle(arrows: dict) -> list | None:
    """有圈就给出一个（依次的名字），没有就是 None。"""
    done, path = set(), []

    def visit(node):
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return None
        path.append(node)
        found = next(filter(None, map(visit, sorted(arrows.get(node, ())))), None)
        path.pop()
        done.add(node)
        return found

    return next(filter(None, map(visit, sorted(arrows))), None)


def test_the_search_for_circles_finds_one():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) in (["a", "b", "c", "a"],)
    assert circle({"a": {"b", "c"}, "b": {"c"}}) is None


def test_no_circle_between_files():
    assert circle({name: imports(path) for name, path in MODULES.items() if name}) is None


def test_no_circle_between_rooms():
    assert circle(room_arrows()) is None


# ---- 图与代码一致 ----

LABEL = re.compile(r"^\s*(\w+)\[\"([^\"]+)\"\]\s*$", re.MULTILINE)  # commands["cli、commands/"]
ARROW = re.compile(r"^\s*(\w+) --> (\w+)\s*$", re.MULTILINE)


def picture() -> str:
    return re.search(r"```mermaid\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)[1]


def rooms() -> dict[str, str]:
    """{模块或文件夹: 房间}，从图里读。"""
    return {
        part.strip().rstrip("/"): room
        for room, label in LABEL.findall(picture()) for part in label.split("<br/>")[0].split("、")
    }  # fmt: skip


def room_of(module: str) -> str:
    known = rooms()
    return known.get(module) or known[module.split(".")[0]]


def room_arrows() -> dict[str, set[str]]:
    """房间之间的导入。tinygpt/__init__.py 只是门牌，不算。"""
    arrows = {room: set() for room in rooms().values()}
    for name, path in MODULES.items():
        if name:
            arrows[room_of(name)] |= {room_of(other) for other in imports(path)} - {room_of(name)}
    return arrows


def reachable(arrows: dict, start: str) -> set[str]:
    found, queue = set(), [start]
    while queue:
        for other in arrows.get(queue.pop(), ()):
            if other not in found:
                found.add(other)
                queue.append(other)
    return found


def test_every_module_has_a_room():
    known = rooms()
    assert [name for name in MODULES if name and not {name, name.split(".")[0]} & known.keys()] == []
    assert [part for part in rooms() if part not in MODULES] == []  # 图里没有不存在的房间


def test_the_picture_shows_the_imports():
    """图上画的箭头，去掉能由别的箭头走到的，就是代码里的：多画、少画、画反都不行。"""
    real, drawn = room_arrows(), {}
    for a, b in ARROW.findall(picture()):
        drawn.setdefault(a, set()).add(b)
    needed = {
        (a, b) for a, others in real.items() for b in others
        if not any(b in reachable(real, c) for c in others - {b})
    }  # fmt: skip
    assert {(a, b) for a, others in drawn.items() for b in others} == needed


# ---- 谁不认得谁 ----

MODELS = {"gpt", "layers", "pretrained", "hub"}
ALLOWED = {
    "errors": set(),
    "threads": set(),
    "startup": set(),
    "config": {"errors"},
    "cache": {"config", "errors"},
    "layers": {"config", "errors", "cache"},
    "gpt": {"config", "errors", "layers", "cache", "decoder"},
    "decoder": {"cache", "layers"},
    "costs": set(),
    "gpu": {"config", "losses"},
    "batch_finder": {"config", "trainer"},
    "template": {"errors"},
    "rows": {"errors", "template"},
    "records": {"errors", "json_values", "rows"},
    "json_values": set(),
    "chat": {"errors", "sampling", "template", "tokenizer"},
    "variants.bert": {"config", "errors", "gpt", "layers", "losses", "tokenizer"},
    "losses": set(),
    "optim": {"device", "muon"},
    "muon": set(),
    "checkpoint": {"errors"},
    "metrics": {"checkpoint"},
    "evaluation": {"device", "losses", "parallel"},
    "parallel": {"device", "errors"},
    "notes": set(),
    "encodings": {"decoding", "errors", "formats"},
    "folders": {"errors", "formats", "notes"},
    "formats": {"rows"},
    "text": {"decoding", "encodings", "errors", "folders", "notes", "records", "rows", "splits"},
    "decoding": {"errors", "notes", "unpack"},
    "unpack": {"errors"},
    "pairs": {"errors", "losses", "rows", "splits", "template", "tokenizer"},
    "sandbox": {"errors"},
    "sandbox_child": set(),
    "tokenizer": {"errors", "threads", "tokenizer_file"},
    "tokenizer_file": {"errors"},
    "byte_level": {"errors", "tokenizer", "tokenizer_file"},
    "data": {"errors", "losses", "splits", "token_store"},
    "splits": {"errors"},
    "token_store": {"checkpoint", "errors", "locks"},
    "locks": set(),
}
CHAPTERS = [name for name in MODULES if name and "." not in name and (ROOT / f"{name}.py").exists()]


@pytest.mark.parametrize("module", list(ALLOWED))
def test_one_way(module):
    assert of(module) <= ALLOWED[module]


def test_the_trainer_never_knows_a_model():
    assert {"optim", "training_state"} <= of("trainer")
    room = {"trainer", "training_state", "metrics", "evaluation", "parallel"}
    seen = set().union(*map(of, room))
    assert not seen & (MODELS | {"tokenizer", "data", "text", "sampling", "cli"})
    assert not any(name.startswith(("variants", "commands")) for name in seen)


def test_sampling_takes_the_model_as_an_argument():
    assert not of("sampling") & (MODELS | {"trainer", "data", "text"})


@pytest.mark.parametrize("module", ["data", "layers", "text", "trainer", "gpt"])
def test_never_imports_the_tokenizer(module):
    assert "tokenizer" not in of(module)


BELOW = [name for name in MODULES if name.split(".")[0] not in ("course", "commands")]


@pytest.mark.parametrize("module", BELOW)
def test_only_the_commands_know_the_course(module):
    assert not any(name.split(".")[0] == "course" for name in of(module))


@pytest.mark.parametrize("module", CHAPTERS)
def test_the_chapters_know_neither_variants_nor_commands(module):
    if module in ("cli", "__main__"):
        pytest.skip("命令行自己")
    assert not any(name.split(".")[0] in ("cli", "commands", "variants") for name in of(module))


# ---- 短而不宽 ----


@pytest.mark.parametrize("module", CHAPTERS)
def test_no_chapter_over_250_lines(module):
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= 250, f"{module} 有 {lines} 行"


def test_ruff_finds_nothing():
    """整个项目：没有一行宽过 110 列（一个汉字算两列），没有用不着的导入……规则在 pyproject.toml 里。"""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", str(TOP)]
    done = subprocess.run(command, cwd=TOP, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
