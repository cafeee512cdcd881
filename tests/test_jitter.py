"""tools/jitter：设了 TINYGPT_JITTER，初始权重带一点点噪声，别的都不变；tools/margins.py：断言的余地。"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = """
import json, sys, tempfile, torch
from tinygpt import load
from tinygpt.checkpoint import load_tensors, save_tensors
from tinygpt.pretrained import model_folder

zero_to_one = torch.linspace(0, 1, 99)

def linear(seed):
    torch.manual_seed(seed)
    layer = torch.nn.Linear(40, 40)
    with torch.no_grad():
        torch.nn.init.xavier_uniform_(embedding := torch.nn.Embedding(40, 40, padding_idx=0).weight)
    return layer.weight.flatten().tolist(), torch.rand(3).tolist(), embedding.flatten().tolist()

weight, state, xavier = linear(0)
zeros = torch.nn.init.zeros_(torch.empty(5)).tolist()
sparse = torch.nn.init.sparse_(torch.empty(9, 9), 0.5)
shipped = load("mini")[0]
tied = shipped.lm_head.weight is shipped.token_embedding.weight
stored, _ = load_tensors(model_folder("mini") / "model.safetensors")
same = all(torch.equal(stored[name].float(), p) for name, p in shipped.named_parameters())
with tempfile.TemporaryDirectory() as folder:
    save_tensors(folder + "/own.safetensors", {"w": zero_to_one})
    own = torch.equal(load_tensors(folder + "/own.safetensors")[0]["w"], zero_to_one)
torch.nn.Linear(3, 3, device="meta")  # 没有数可摇，也不出错
json.dump({
    "weight": weight, "state": state, "xavier": xavier, "again": linear(0) == (weight, state, xavier),
    "other": linear(1)[0], "zeros": zeros, "sparse zeros": (sparse == 0).sum().item(), "tied": tied,
    "same": same, "own": own,
    "shipped": shipped.token_embedding.weight[:5].flatten().tolist(),
}, sys.stdout)
"""


def load(name: str):
    spec = importlib.util.spec_from_file_location(f"{name}_under_jitter", ROOT / "tools" / f"{name}.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def environment(jitter: str) -> dict[str, str]:
    """tools/run_notebooks.py 给内核的环境。"""
    tool = load("run_notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGPT_JITTER", jitter)
        return {**os.environ, **tool.kernel_environment()}


def output(code: str, jitter: str) -> str:
    options = {"env": environment(jitter), "capture_output": True, "encoding": "utf-8", "check": True}
    return subprocess.run([sys.executable, "-c", code], **options).stdout


@pytest.fixture(scope="module")
def runs():
    return {name: json.loads(output(SCRIPT, name[:1].strip())) for name in ("", "1", "1 again", "2")}


def relative(a, b):
    """b 里不是 0 的数，a 与它相差几分之几；两边的 0 必须在同样的位置。"""
    assert [x == 0 for x in a] == [y == 0 for y in b]
    return [abs(x / y - 1) for x, y in zip(a, b, strict=True) if y]


@pytest.mark.parametrize("kind", ["weight", "xavier", "other", "shipped"])
def test_weights_differ_by_about_a_millionth(runs, kind):
    difference = relative(runs["1"][kind], runs[""][kind])
    assert 5e-7 < sum(difference) / len(difference) < 1.2e-6
    assert max(difference) < 6e-6


def test_the_global_generator_is_untouched(runs):
    assert runs["1"]["state"] == runs[""]["state"]


def test_same_number_same_noise_other_number_other_noise(runs):
    assert runs["1"] == runs["1 again"]
    assert runs["1"]["weight"] != runs["2"]["weight"] and runs["1"]["shipped"] != runs["2"]["shipped"]


def test_noise_depends_on_the_seed_of_the_model_alone(runs):
    """同一个种子造两次，逐位相同，像在一台真的机器上；种子不同，噪声也不同。"""
    assert all(run["again"] for run in runs.values())
    first, second = (relative(runs["1"][kind], runs[""][kind]) for kind in ("weight", "other"))
    assert first != second


def test_zeros_stay_zero_and_tied_weights_stay_tied(runs):
    for run in runs.values():
        assert run["zeros"] == [0] * 5 and run["sparse zeros"] == runs[""]["sparse zeros"] > 0 and run["tied"]


def test_the_file_and_the_model_agree_and_own_checkpoints_are_exact(runs):
    assert all(run["same"] and run["own"] for run in runs.values())


def test_torch_is_not_imported_and_not_needed():
    loaded = "import sys; print('torch' in sys.modules, 'sitecustomize' in sys.modules)"
    assert output(loaded, "1").split() == ["False", "True"]
    absent = "import sys; sys.modules['torch'] = None\ntry: import torch\nexcept ImportError: print('没有')"
    assert output(absent, "1") == "没有\n"


def test_only_a_kernel_under_jitter_gets_the_folder():
    folder = str(ROOT / "tools" / "jitter")
    assert environment("3")["PYTHONPATH"].split(os.pathsep)[0] == folder
    assert folder not in environment("")["PYTHONPATH"].split(os.pathsep)


def test_a_word_is_refused():
    with pytest.raises(ValueError, match="三"):
        environment("三")


# ---- 断言的余地 ----


@pytest.mark.parametrize(
    ("rows", "mark"),
    [
        ([(0.5, 1.5, 1.0), (0.5, 1.5, 1.0)], None),
        ([(0.5, 1.5, 1.0), (0.6, 1.6, 1.0)], " "),
        ([(0.1, 1.1, 1.0), (0.3, 1.3, 1.0)], "！"),
        ([(700.0, 720.0, 20.0), (6000.0, 6020.0, 20.0)], " "),
        ([(700.0, 720.0, 20.0), (-1.0, 19.0, 20.0)], "！"),
        ([(700.0, 720.0, 20.0), (float("nan"), float("nan"), 20.0)], "！"),
    ],
)
def test_an_assertion_must_stand_away_from_its_bound(rows, mark):
    line = load("margins").judge("1\tx > 1\tGt", ["-", "cell"], {str(i): row for i, row in enumerate(rows)})
    assert line is None if mark is None else line.startswith(mark)


def test_comparisons_are_recorded_and_a_failing_assertion_does_not_stop(tmp_path):
    import nbformat

    sources = ["x = [3, 4]\nassert min(x) > 2 and all(a < 9 for a in x)", "assert x[0] > 5", "print('完')"]
    cells = [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "课.ipynb")
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); import json, margins\n"
    code += f"print(json.dumps(margins.execute_once({str(tmp_path / '课.ipynb')!r}, '0', 60)))"
    result = json.loads(output(code, ""))
    assert result["found"] == {
        "1\tmin(x) > 2\tGt": [1, 3, 2], "1\ta < 9\tLt": [5, 4, 9], "2\tx[0] > 5\tGt": [-2, 3, 5],
    }  # fmt: skip
    assert result["failed"] == ["2\tx[0] > 5"] and list(result["different"]) == ["3"]


# ---- 换一种情形 ----


def book(folder: Path, name: str, *cells: tuple[str, str]) -> Path:
    """一个笔记本：每格的代码与存下的输出。"""
    import nbformat

    made = [
        nbformat.v4.new_code_cell(code, id=f"c{i}", outputs=[nbformat.v4.new_output("stream", text=text)])
        for i, (code, text) in enumerate(cells)
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=made), folder / name)
    return folder / name


def test_the_table_of_conditions(tmp_path):
    """逐字相同、在容差之内、超出容差、执行出错、两遍不同，各有各的记号。"""
    import_n = "import os, uuid\nn = int(os.environ['OMP_NUM_THREADS'])\n"
    anything = "print(0.5 + uuid.uuid4().int / 2**150)"
    good = book(tmp_path, "好.ipynb", (import_n + "print(0.5 + n / 1e5)", "0.50002\n"))
    bad = book(tmp_path, "坏.ipynb", (import_n + "assert n > 1; print(n)", "1\n"), (anything, "0.50001\n"))
    command = [sys.executable, ROOT / "tools" / "same_result.py", good, bad]
    command += ["--conditions", "1_threads", "2_threads", "again"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    head, _, first, second, _, *details = done.stdout.splitlines()
    assert head == "| 笔记本 | 1_threads | 2_threads | again |" and done.returncode == 1, done.stderr
    assert first.endswith("/好 | ≈ 1 | = | = |") and second.endswith("/坏 | ✗ | ≠ 1 | ≠ 2 |")
    starts = [line.split("：")[0] for line in details if line.startswith("坏 ")]
    assert starts[0].startswith("坏 1_threads ✗")
    assert starts[1:] == ["坏 2_threads ≠ c0", "坏 again ≠ c0", "坏 again ≠ 两遍不同，第 1 格"]


def test_addresses_and_pictures_are_not_compared():
    import nbformat

    text = nbformat.v4.new_output("stream", text="<object object at 0x7f00beef>")
    picture = nbformat.v4.new_output("display_data", {"image/png": "abc", "text/plain": "<Figure 1>"})
    assert load("margins").texts([text, picture]) == ["<object object at 0xADDRESS>", "<Figure 1>"]


@pytest.mark.parametrize("best, missing", [
    ("AVX512", set()), ("AVX2", {"avx512"}), ("DEFAULT", {"avx2", "avx512"}),
    ("SVE256", {"default", "avx2", "avx512"}),
])  # fmt: skip
def test_instructions_the_machine_does_not_have_are_left_out(monkeypatch, best, missing):
    tool = load("same_result")
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: best)
    assert set(tool.CONDITIONS) - set(tool.available()) == missing
