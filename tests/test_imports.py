"""导入只朝一个方向；每个文件都短。只读源代码，不执行。"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "tinygpt"
BELOW_COURSE = sorted(p for p in ROOT.rglob("*.py") if p.relative_to(ROOT).parts[0] != "course")
CORE = [p for p in BELOW_COURSE if p.relative_to(ROOT).parts[0] != "corpus"]


def imports(path: Path) -> set[str]:
    """一个文件导入的 tinygpt 模块，例如 {"config", "errors"}；函数里面的导入也算。"""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} 里有相对导入"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    modules = {name.split(".")[1] for name in found if name.startswith("tinygpt.")}
    return {m for m in modules if (ROOT / f"{m}.py").exists() or (ROOT / m).is_dir()}


def of(module: str) -> set[str]:
    return imports(ROOT / f"{module}.py")


MODELS = {"gpt", "bert", "modern", "layers", "lora", "vision", "pretrained", "hub"}
ALLOWED = {
    "errors": set(),
    "config": {"errors"},
    "cache": {"config", "errors"},
    "layers": {"config", "errors"},
    "gpt": {"config", "errors", "layers", "cache"},
    "bert": {"config", "errors", "layers", "losses", "tokenizer"},
    "losses": set(),
    "optim": set(),
    "checkpoint": {"errors"},
    "text": {"errors"},
    "tokenizer": {"errors"},
    "data": {"errors", "losses"},
}


def test_the_reader_of_imports_sees_something():
    assert of("gpt") >= {"config", "layers"} and of("cache") >= {"config"}


@pytest.mark.parametrize("module", list(ALLOWED))
def test_one_way(module):
    assert of(module) <= ALLOWED[module]


def test_gpt_stands_on_config_and_layers():
    assert {"config", "layers"} <= of("gpt")


def test_trainer_imports_optim_and_checkpoint_and_never_a_model():
    assert {"optim", "checkpoint"} <= of("trainer")
    assert not of("trainer") & (MODELS | {"tokenizer", "data", "text", "generate", "cli", "commands"})


@pytest.mark.parametrize("module", ["data", "layers", "text", "trainer", "gpt"])
def test_never_imports_the_tokenizer(module):
    assert "tokenizer" not in of(module)


def test_generate_takes_the_model_as_an_argument():
    assert not of("generate") & (MODELS | {"trainer", "data", "text"})


@pytest.mark.parametrize("path", BELOW_COURSE, ids=lambda p: str(p.relative_to(ROOT)))
def test_core_never_imports_the_course(path):
    if path.name == "cli.py":
        pytest.skip("命令行看得见一切")
    assert "course" not in imports(path)


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_command_line_imports_the_command_line(path):
    if path.name in ("cli.py", "commands.py", "__main__.py"):
        pytest.skip("命令行自己")
    assert not imports(path) & {"cli", "commands"}


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_core_file_over_300_lines(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 300, f"{path.name} 有 {lines} 行"
