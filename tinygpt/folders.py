"""路径 → 文件的列表：展开文件夹与通配符，跳过不是文字的东西。

这里知道文件夹，不打开文件。跳过的都记在 notes 里；点名的文件不跳过（空的除外）。
"""

import glob
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tinygpt.errors import require
from tinygpt.formats import by_suffix
from tinygpt.notes import Notes

TABLES = (".csv", ".tsv")  # 点名给出才读：文件夹里的多半是别的数据
ROWS = (".jsonl", ".jsonl.gz", ".json", *TABLES)  # 一行一行的数据，见 records.py
SUFFIXES = (".txt", ".md", *ROWS)
NAMES = "、".join(SUFFIXES)
SKIPPED = {"__macosx", "__pycache__", "node_modules", "@eadir", "lost+found", "$recycle.bin"}
MADE = {  # 文件夹里有这几个文件，就是程序写的，不是使用者的文字
    "训练的结果": ("config.json", "tokenizer.json"), "训练的记录": ("run.json", "metrics.jsonl"),
    "编号的缓存": ("meta.json", "train.bin"), "Python 的环境": ("pyvenv.cfg",),
}  # fmt: skip


def is_readable(path: Path) -> bool:
    """后缀是不是认识的。"""
    return path.name.lower().endswith(SUFFIXES)


def find_files(paths, notes: Notes | None = None) -> list[Path]:
    """把文件、文件夹、通配符展开成文件的列表；文件夹里只取认识的后缀，按路径排序。同一个文件只取一次。"""
    notes, found = notes or Notes(), {}
    for path in map(str, paths):
        for file in _expand(path, notes):
            key = os.path.normcase(os.path.realpath(file))
            if key in found:
                notes.add("同一个文件给了不止一次，只读一次（{n} 个）", str(file))
            found.setdefault(key, file)
    files = []
    for file in found.values():
        if file.stat().st_size:
            files.append(file)
        else:
            notes.add("跳过 {n} 个空文件", str(file))
    empty = "、".join(map(str, list(found.values())[:5]))
    require(files, f"没有文字可读，只有空文件：{empty}", "有内容的文件", "换一个文件，或把它从列表里去掉")
    return files


def _expand(path: str, notes: Notes) -> list[Path]:
    """使用者写的一个路径 → 文件。"""
    if path.startswith("file://"):  # 从文件管理器或浏览器里拖来的
        path = url2pathname(urlsplit(path).path)
    require("://" not in path, f"{path} 是网址", "这台电脑上的文件或文件夹", "先下载，再给文件的路径")
    # cmd 与 PowerShell 不展开 ~ 与 *，还会把 "C:\文字\" 末尾的引号留下来；输入法会写出中文的引号
    if not os.path.lexists(path):
        path = os.path.expanduser(path.strip("\"'“”‘’"))
    if os.path.isdir(path):
        return _inside(Path(path), notes)
    if not os.path.lexists(path) and glob.has_magic(path):
        return _matching(path, notes)
    file = Path(path)
    broken = file.is_symlink() and not file.exists()
    require(not broken, f"{path} 是一个链接，它指的文件不在了", "一个存在的文件", "改正或删去这个链接")
    require(file.exists(), f"没有这个文件：{path}", "一个存在的文件或文件夹", _when_missing(path))
    require(file.is_file(), f"{path} 不是普通的文件", "文件或文件夹", "先存成文件")
    require(is_readable(file), f"不认识的文件类型：{file.name}", NAMES, by_suffix(file))
    return [file]


def _when_missing(path: str) -> str:
    """没有这个文件：多半是怎么写错的。"""
    parts = re.split("[,，;；、]", path)
    if len(parts) > 1 and any(os.path.exists(part.strip()) for part in parts):
        return f"几个文件用空格隔开：--data {' '.join(map(str.strip, parts))}"
    if os.name != "nt" and re.match(r"[A-Za-z]:\\", path):
        drive, rest = path[0].lower(), path[3:].replace("\\", "/")
        return f"这是 Windows 的路径；在 WSL 里写成 '/mnt/{drive}/{rest}'"
    return "检查路径有没有写错"


def _matching(pattern: str, notes: Notes) -> list[Path]:
    """通配符：合于它的文件，只取认识的后缀；合于它的文件夹，取里面的。"""
    found = sorted(map(Path, glob.glob(pattern, recursive=True)))
    require(found, f"没有文件合于 {pattern}", "通配符（* 与 ?）合于至少一个文件", "检查写法，或直接给文件夹")
    files = [file for path in found for file in (_inside(path, notes) if path.is_dir() else [path])]
    kept = [file for file in files if file.is_file() and is_readable(file)]
    require(kept, f"合于 {pattern} 的文件后缀都不认识", NAMES, "把纯文本文件的后缀改成 .txt")
    return kept


def _inside(folder: Path, notes: Notes) -> list[Path]:
    """一个文件夹里可读的文件，按路径排序。"""
    made = _made(folder)
    fix = "给文字所在的文件夹"
    require(made is None, f"文件夹 {folder} 里是{made}，不是文字", "放着文字的文件夹", fix)
    others = Notes()
    files = sorted(_walk(folder, set(), notes, others))
    ways = dict.fromkeys(by_suffix(Path(first)) for first in others.first.values())
    fix = "；".join(ways) if ways else "换一个文件夹"
    found = f"文件夹 {folder} 里没有可读的文件" + "".join(f"（{line}）" for line in others.lines())
    require(files, found, NAMES, fix)
    for what, count in others.counts.items():
        notes.add(what, others.first[what], count)
    return files


def _walk(folder: Path, above: set[str], notes: Notes, others: Notes) -> Iterator[Path]:
    """走遍一个文件夹；链接也跟着走，绕回上面的不走。"""
    real = os.path.realpath(folder)
    if real in above:
        notes.add("没有走进 {n} 个绕回上层的链接", str(folder))
        return
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        notes.add(f"有 {{n}} 个文件夹打不开（{error.strerror}）", str(folder))
        return
    for path in entries:
        if _is_hidden(path):
            if path.is_dir() or is_readable(path):
                notes.add("跳过 {n} 个隐藏的文件或文件夹", str(path))
        elif path.is_dir():
            made = _made(path)
            if made:
                notes.add(f"跳过 {{n}} 个文件夹，里面是{made}", str(path))
            else:
                yield from _walk(path, above | {real}, notes, others)
        elif path.is_symlink() and not path.exists():
            notes.add("跳过 {n} 个链接，它指的文件不在了", str(path))
        elif path.name == "tokenizer.json":
            notes.add("跳过 {n} 个分词器文件", str(path))
        elif path.is_file() and is_readable(path) and not path.name.lower().endswith(TABLES):
            yield path
        elif path.is_file():
            others.add(f"没有读 {path.suffix or '没有后缀'} 的文件 {{n}} 个", str(path))
        elif path.exists():
            notes.add("跳过 {n} 个不是普通文件的东西（管道、套接字之类）", str(path))


def _is_hidden(path: Path) -> bool:
    """点号开头的、Office 的锁文件、系统与软件自己的文件夹；Windows 上还有带隐藏属性的。"""
    if path.name.startswith((".", "~$")) or path.name.lower() in SKIPPED:
        return True
    attributes = getattr(path.lstat(), "st_file_attributes", 0)
    return bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)


def _made(folder: Path) -> str | None:
    """这个文件夹是不是程序写的；是，就说出是什么。"""
    return next((what for what, names in MADE.items() if all((folder / n).exists() for n in names)), None)
