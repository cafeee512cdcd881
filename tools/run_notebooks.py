#!/usr/bin/env python3
"""执行笔记本，把输出存进去。

    python tools/run_notebooks.py [文件或文件夹 …]      默认 notebooks 与 solutions

每个笔记本在全新的内核里执行两遍；两遍的输出有一点不同就拒绝保存，原文件不动。
存下来的文件没有控件状态，没有本机路径，换一台机器也能用 pytest --nbval 核对。
"""

import argparse
import contextlib
import json
import os
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from start import quiet_threads

WIDGET = "application/vnd.jupyter.widget-view+json"
PATHS = re.compile(
    r"/(?:home|root|Users|tmp|var/folders|work)/[\w.]|[A-Za-z]:\\\\?Users\\|site-packages|ipykernel_\d+"
)

# 装作一台只会这种指令的机器：ATen、oneDNN、MKL 各有各的开关。ARM 上没有这些，设了也不起作用
INSTRUCTIONS = {
    name: {"ATEN_CPU_CAPABILITY": name, "ONEDNN_MAX_CPU_ISA": onednn, "MKL_ENABLE_INSTRUCTIONS": mkl}
    for name, onednn, mkl in (
        ("default", "SSE41", "SSE4_2"), ("avx2", "AVX2", "AVX2"), ("avx512", "AVX512_CORE", "AVX512"),
    )
}  # fmt: skip


def kernel_environment(root: Path = ROOT, environment=os.environ) -> dict[str, str]:
    """内核的环境变量：用这份源代码，在 CPU 上算；设 TINYGPT_NBVAL_GPU=1 则允许用 GPU。

    设了 TINYGPT_JITTER=k，就在内核里模拟另一种 CPU（tools/jitter/sitecustomize.py）。
    """
    jitter = environment.get("TINYGPT_JITTER")
    if jitter:
        int(jitter)  # 写错了在这里报错，而不是悄悄地不起作用
        jitter = str(root / "tools" / "jitter")
    kernel = quiet_threads(environment) | {
        "PYTHONPATH": os.pathsep.join(filter(None, [jitter, str(root), environment.get("PYTHONPATH")])),
        "PYTHONUTF8": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    if not environment.get("TINYGPT_NBVAL_GPU"):
        kernel["CUDA_VISIBLE_DEVICES"] = ""
    return kernel


def execute(notebook, folder: Path, timeout: float = 300, environment: dict[str, str] | None = None):
    """在全新的内核里执行一遍，返回带输出的副本；出错时抛出 CellExecutionError。

    environment 是添进内核的环境变量。
    """
    import nbformat
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from nbclient import NotebookClient

    class ThisPython(KernelSpecManager):
        """不管机器上登记过哪些内核，用运行这个脚本的 Python。"""

        def get_kernel_spec(self, kernel_name):
            return KernelSpec(**get_kernel_dict())

    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        copy, timeout=timeout, kernel_name="python3", record_timing=False, coalesce_streams=True,
        store_widget_state=False, resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    client.create_kernel_manager()
    client.km.kernel_spec_manager = ThisPython()
    client.execute(env=os.environ | (environment or {}))
    return tidy(copy)


def tidy(notebook):
    """去掉每次执行都会变、或别的机器上没有用的东西：控件的编号与状态、版本号。"""
    notebook.metadata = type(notebook.metadata)(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    return notebook


def differences(first, second) -> list[str]:
    """两遍输出不同的格子，每格一行说明；标着 NBVAL_IGNORE_OUTPUT 的格子不比。"""
    found = []
    for i, (a, b) in enumerate(zip(first.cells, second.cells, strict=True)):
        if a.cell_type != "code" or ignored(a) or a.outputs == b.outputs:
            continue
        found.append(f"第 {i} 格：{shorten(a.outputs)}\n　　第二遍：{shorten(b.outputs)}")
    return found


def ignored(cell) -> bool:
    """这一格的输出是否声明了不比较。"""
    return "NBVAL_IGNORE_OUTPUT" in cell.source or "nbval-ignore-output" in cell.metadata.get("tags", [])


def shorten(outputs, length: int = 300) -> str:
    """输出里的文字部分，太长就截断。"""
    texts = [o.get("text") or o.get("data", {}).get("text/plain") or f"({o.output_type})" for o in outputs]
    text = " ⏎ ".join(texts).replace("\n", " ⏎ ")
    return text if len(text) <= length else text[:length] + "…"


def absolute_paths(notebook) -> list[str]:
    """输出里的本机路径（它们在别的机器上对不上，也泄露用户名）。图片不查。"""
    found = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            data = {
                kind: value
                for kind, value in output.get("data", {}).items()
                if not kind.startswith("image/p")
            }
            text = json.dumps([output.get("text"), output.get("traceback"), data], ensure_ascii=False)
            found += [f"第 {i} 格：{match.group()}…" for match in PATHS.finditer(text)]
    return found


def run(path: Path, timeout: float = 300) -> str:
    """执行两遍并保存，返回要告诉使用者的一行；不能保存时抛出 ValueError。"""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    first = execute(notebook, path.parent, timeout)
    seconds = time.perf_counter() - start
    second = execute(notebook, path.parent, timeout)
    if different := differences(first, second):
        raise ValueError("两遍的输出不同，没有保存：\n" + "\n".join(different))
    if paths := absolute_paths(first):
        raise ValueError("输出里有本机路径，没有保存：\n" + "\n".join(paths))
    nbformat.validate(first)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(nbformat.writes(first) + "\n", encoding="utf-8", newline="\n")
    os.replace(temporary, path)
    return f"{path.name}：{sum(c.cell_type == 'code' for c in first.cells)} 个代码格，一遍 {seconds:.0f} 秒"


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="执行笔记本两遍，输出一致才存进去。")
    parser.add_argument("paths", nargs="*", type=Path, help="笔记本或文件夹，默认 notebooks 与 solutions")
    parser.add_argument("--timeout", type=float, default=300, help="一格最多多少秒")
    options = parser.parse_args(arguments)
    roots = options.paths or [ROOT / "notebooks", ROOT / "solutions"]
    files = [file for root in roots for file in (sorted(root.glob("*.ipynb")) if root.is_dir() else [root])]
    os.environ.update(kernel_environment())
    failed = 0
    for file in files:
        try:
            print(run(file.resolve(), options.timeout), flush=True)
        except Exception as error:  # noqa: BLE001 一个笔记本出错，其余的照样执行
            failed += 1
            print(f"{file.name}：没有保存\n{error}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
