"""练习本：由 solutions/ 生成 exercises/，检查进度，取回原样。

    tinygpt check               每个练习本做到哪里，下一个做什么
    tinygpt check 04            第 04 课第一个没有通过的练习，以及它的说明
    tinygpt exercises reset 04  换回没有做过的练习本；旧的改名保存

solutions/ 是唯一的来源：`### BEGIN SOLUTION` 与 `### END SOLUTION` 之间是学习者要写的；
其中有 `### STUB` 开头的行时，练习里留下的就是这些行（先猜后算、找错误的题用它）。
执行一个练习本是 book_runner.py 的事，在另一个进程里。
学习者改过的练习本从不覆盖：生成时把代码的摘要写进笔记本，摘要对不上就是改过。
"""

import contextlib
import hashlib
import json
import os
import re
from datetime import datetime
from pathlib import Path

from tinygpt import startup
from tinygpt.course import book_runner, exercises
from tinygpt.course.root import course_root  # noqa: F401 用的人从这里取
from tinygpt.errors import InputError

SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION.*?^[ \t]*### END SOLUTION[ \t]*\n?", re.DOTALL | re.MULTILINE
)
STUB = 'raise NotImplementedError("在这里写你的答案，写完删掉这一行")'


# ---- 生成 ----


def build(solution: dict) -> dict:
    """由答案的笔记本做出练习的笔记本：答案换成空格，输出清掉，记下摘要。"""
    notebook = json.loads(json.dumps(solution))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = SOLUTION.sub(lambda match: f"{match[1]}{stub(match)}\n", text_of(cell))
            cell["source"] = source.rstrip("\n")
            cell["outputs"], cell["execution_count"] = [], None
        else:
            cell["source"] = text_of(cell)
    notebook["metadata"]["tinygpt"] = {"build": digest(notebook["cells"]), "untouched": answers(notebook)}
    return notebook


def stub(match: re.Match) -> str:
    """答案的位置上留下什么：`### STUB` 后面写的；没有写就是抛出异常的一行。"""
    kept = re.findall(r"^[ \t]*### STUB ?(.*)$", match[0], re.MULTILINE)
    return f"\n{match[1]}".join(kept) if kept else STUB


def text_of(cell: dict) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def digest(cells: list[dict]) -> str:
    """代码格的摘要；运行、折叠、改文字都不影响它。"""
    sources = [text_of(cell).strip() for cell in cells if cell["cell_type"] == "code"]
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]


def answers(notebook: dict) -> dict[str, str]:
    """{练习: 从上一个检查到这一个检查的代码格的摘要}：与生成时一样，就是还没有动手。"""
    found, mine = {}, []
    for cell in notebook["cells"]:
        if number := cell["metadata"].get("exercise"):
            found[number], mine = digest(mine), []
        elif "what_if" not in cell["metadata"]:  # 试一试会怎样的那一格，不算动手
            mine.append(cell)
    return found


def edited(path: Path) -> bool:
    """学习者改过这个练习本没有。读不懂的文件也当作改过。"""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return notebook["metadata"].get("tinygpt", {}).get("build") != digest(notebook["cells"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return True


def write(path: Path, notebook: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def build_all(root: Path) -> tuple[list[Path], list[Path]]:
    """生成所有练习本，返回（写好的，改过所以没有动的）。"""
    written, kept = [], []
    for solution in sorted((root / "solutions").glob("*.ipynb")):
        target = root / "exercises" / solution.name
        if target.exists() and edited(target):
            kept.append(target)
            continue
        write(target, build(json.loads(solution.read_text(encoding="utf-8"))))
        written.append(target)
    return written, kept


def reset(root: Path, lesson: str) -> tuple[Path, Path | None]:
    """换回没有做过的练习本；改过的旧本改名保存，返回（练习本，旧本）。"""
    solution = notebook_of(root / "solutions", lesson)
    target, kept = root / "exercises" / solution.name, None
    if target.exists() and edited(target):
        kept = target.with_name(f"{target.stem}.{datetime.now():%Y-%m-%d-%H%M%S}.ipynb")
        os.replace(target, kept)
    write(target, build(json.loads(solution.read_text(encoding="utf-8"))))
    return target, kept


def notebook_of(folder: Path, lesson: str) -> Path:
    """一课的笔记本；lesson 可以写 4、04 或完整的名字。"""
    books = [path for path in sorted(folder.glob("*.ipynb")) if "." not in path.stem]  # 不算改名保存的旧本
    found = [path for path in books if path.stem.startswith(f"{lesson.zfill(2)}_")]
    found = found or [path for path in books if path.stem == lesson.removesuffix(".ipynb")]
    if not found:
        known = "、".join(exercises.lessons())
        raise InputError(f"没有第 {lesson} 课的练习", known, "写课的编号，例如 tinygpt check 04")
    return found[0]


# ---- 检查 ----


def why_unreadable(path: Path) -> str:
    """练习本打不开的原因与办法；打得开就是空的。"""
    data = path.read_bytes()
    if not data.strip(b"\0 \r\n\t"):
        return damaged(
            path, "它是空的（多半是存的时候断了电）" if not data else "里面全是空字节（多半是断了电）"
        )
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return damaged(path, "开头有 BOM（多半是别的编辑器另存过）；用“UTF-8 无 BOM”再存一次")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return damaged(path, "它不是 UTF-8（多半被别的编辑器存成了 GBK）；用 UTF-8 再存一次")
    try:
        answers(json.loads(text))
        return ""
    except json.JSONDecodeError as error:
        marks = "，里面有合并冲突留下的 <<<<<<<、>>>>>>>" if "\n<<<<<<<" in text else ""
        why = f"第 {error.lineno} 行不是合法的 JSON{marks}"
    except (KeyError, TypeError, AttributeError, RecursionError):
        why = "它不是笔记本"
    return damaged(path, why)


def damaged(path: Path, why: str) -> str:
    return f"{path.name} 坏了，JupyterLab 也打不开：{why}。改正它，或者 {reset_advice(path)}"


def reset_advice(path: Path) -> str:
    return f"tinygpt exercises reset {path.stem[:2]} 换回没有做过的（旧的改名保存）"


def progress(path: Path, cache: Path | None = None) -> list[dict]:
    """一个练习本每个练习的状态。另开一个进程执行；文件没有变就用上次的结果。"""
    if why := why_unreadable(path) or in_the_way(path.parent):
        return all_in_state(path, "error", why)
    present = answers(json.loads(path.read_text(encoding="utf-8")))
    rows = executed(path, cache) if present else []
    if path.stem[:2] in exercises.lessons():
        lost = all_in_state(path, "error", f"检查它的那一格不见了；{reset_advice(path)}")
        rows = [*rows, *(row for row in lost if row["number"] not in present)]
    found = {row["number"]: row for row in rows}
    return sorted(found.values(), key=lambda row: [int(part) for part in row["number"].split(".")])


def in_the_way(folder: Path) -> str:
    """练习本旁边有没有挡住别的模块的文件：有了它，内核一开始就退出，JupyterLab 里也一样。"""
    names = startup.namesakes(str(folder))
    return startup.same_names(names) if names else ""


def executed(path: Path, cache: Path | None) -> list[dict]:
    key = hashlib.sha256(path.read_bytes()).hexdigest()
    known = read_cache(cache)
    if key in known:
        return known[key]
    results = list(book_runner.results(path))
    if not results:
        why = f"执行不了 {path.name}：内核一开始就退出了；运行 tinygpt doctor 看看环境"
        return all_in_state(path, "error", why)
    if cache:
        with contextlib.suppress(OSError):  # 课程的文件夹是只读的：下次再执行一遍
            cache.write_text(json.dumps({**known, key: results}, ensure_ascii=False), encoding="utf-8")
    return results


def all_in_state(path: Path, state: str, message: str = "") -> list[dict]:
    """一个练习本的每个练习都是同一个状态。"""
    numbers = exercises.exercises(path.stem[:2])
    return [{"number": number, "state": state, "message": message} for number in numbers]


def read_cache(cache: Path | None) -> dict:
    try:
        return json.loads(cache.read_text(encoding="utf-8")) if cache else {}
    except (OSError, ValueError):
        return {}


def known_report(root: Path) -> dict[str, list[dict]]:
    """同 report，但什么也不执行：只用上次的结果，没有就是 unknown。"""
    folder = root / "exercises"
    known, found = read_cache(folder / ".progress.json"), {}
    for solution in sorted((root / "solutions").glob("*.ipynb")):
        path = folder / solution.name
        if path.exists():
            key = hashlib.sha256(path.read_bytes()).hexdigest()
            found[solution.name] = known.get(key, all_in_state(path, "unknown"))
    return found


def report(root: Path, lesson: str | None = None) -> dict[str, list[dict]]:
    """{练习本的名字: 每个练习的状态}；lesson 不给就是全部。"""
    folder = root / "exercises"
    solutions, cache = root / "solutions", folder / ".progress.json"
    chosen = [notebook_of(solutions, lesson)] if lesson else sorted(solutions.glob("*.ipynb"))
    names = [path.name for path in chosen]
    if lesson and not (folder / names[0]).exists():
        others = "、".join(path.name for path in sorted(folder.glob(f"{names[0][:2]}_*")))
        found = f"没有 {folder / names[0]}" + (f"，只有 {others}" if others else "")
        raise InputError(found, "原来的名字", f"改回原来的名字，或者 {reset_advice(folder / names[0])}")
    return {name: progress(folder / name, cache) for name in names if (folder / name).exists()}
