"""文件 → 一行一行的数据：JSON 的几种排法，与 CSV。

这里只知道怎样把文件拆成一个个值，不知道值里面哪里是文字（那是 rows.py 的事）。
后缀与里面的排法常常对不上，所以都按里面的读：

    .jsonl、.jsonl.gz   一行一个值；一行是一个列表、或整个文件是一个列表、或一个对象占好几行，也读
    .json              一个列表，一项一个值；只有一个对象、或一行一个对象（其实是 JSON lines），也读
    .csv、.tsv          第一行有认识的列名就按列名；没有列名时两列是问与答，一列是文字；
                        用分号、制表符分开的也读

逐个交出 （值，它在哪里），不把整个文件放进内存。
"""

import csv
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tinygpt.errors import InputError, require
from tinygpt.json_values import DECODER, FIX, GAP, is_cut_off, reason
from tinygpt.rows import NAMES, is_talk

PIECE = 1 << 18  # 一次从文件里读多少个字符
LONGEST_CELL = 1 << 30  # CSV 的一格最多多少个字
Records = Iterator[tuple[object, str]]


def read_records(file, path: Path, field: str = "text") -> Records:
    """按后缀选一种读法。file 已经按文字打开，在开头。"""
    name = path.name.lower()
    if name.endswith((".csv", ".tsv")):
        return _table(file, path, field, "\t" if name.endswith(".tsv") else ",")
    return _lines(file, path) if name.endswith((".jsonl", ".jsonl.gz")) else _values(file, path)


def _lines(file, path: Path) -> Records:
    """一行一个值（写了几个就是几个）。一行若只是半个值，从这里起改用 _values 读。"""
    for number, line in enumerate(file, start=1):
        source, at = f"{path} 第 {number} 行", GAP.match(line).end()
        while at < len(line):
            try:
                value, end = DECODER.raw_decode(line, at)
            except json.JSONDecodeError as error:
                if is_cut_off(error):
                    yield from _values(file, path, line[at:], number)
                    return
                found = f"{source}不是完整的 JSON：{reason(error)}（第 {max(error.pos, at) + 1} 个字符处）"
                raise InputError(found, '每行一个 JSON 对象，如 {"text": "…"}', FIX) from error
            except RecursionError as error:
                raise _too_deep(source) from error
            at = GAP.match(line, end).end()
            yield from _spread(value, source)


def _values(file, path: Path, buffer: str = "", line: int = 1) -> Records:
    """一个接一个的值；最外面的列表，交出它的各项。buffer 是已经读出来的开头，从第 line 行起。"""
    at, number, in_list, start = 0, 0, False, line

    def source() -> str:
        return f"{path} 第 {number + 1} 项（第 {start} 行起）" if in_list else f"{path} 第 {start} 行起"

    def broken(why: str, place: int) -> InputError:
        where = line + buffer.count("\n", 0, place)
        found = f"{source()}不是完整的 JSON：{why}（第 {where} 行）"
        return InputError(found, "一个由对象组成的列表，或一行一个对象", FIX)

    def refill(size: int) -> bool:
        """丢掉读过的，再读 size 个字符；文件完了就是 False。"""
        nonlocal buffer, at, line
        more = file.read(size)
        line, buffer, at = line + buffer.count("\n", 0, at), buffer[at:] + more, 0
        return bool(more)

    def peek() -> str:
        """下一个不是空白的字符；文件完了是空的。"""
        nonlocal at
        while True:
            at = len(buffer) - len(buffer[at:].lstrip()) if buffer[at : at + 1].isspace() else at
            if at < len(buffer) or not refill(PIECE):
                return buffer[at : at + 1]

    while mark := peek():
        if mark == ("]" if in_list else "["):  # 列表的开头；结尾，前面多写了一个逗号也行
            at, in_list = at + 1, not in_list
            continue
        if mark == "," and not in_list:
            at += 1
            continue
        start = line + buffer.count("\n", 0, at)
        try:
            item, end = DECODER.raw_decode(buffer, at)
        except json.JSONDecodeError as error:
            place = max(error.pos - at, 0)
            if not (is_cut_off(error) and refill(max(PIECE, len(buffer)))):  # 越读越多，长的也不会解析太多遍
                raise broken(reason(error), at + place) from error
            continue
        except RecursionError as error:
            raise _too_deep(source()) from error
        yield from _spread(item, source())
        at, number = end, number + 1
        if in_list:
            mark = peek()
            if mark not in ("]", ","):
                raise broken("后面多了或少了符号" if mark else "文件到这里就断了", at)
            at, in_list = at + 1, mark == ","
    if in_list:
        raise broken("文件到这里就断了", at)


def _spread(value, source: str) -> Records:
    """一行是一个由对象组成的列表时，一项一项地交出（只拆一层）；一场谈话、几行文字仍是一个值。"""
    several = isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)
    if several and not is_talk(value):
        yield from ((item, f"{source} 第 {number} 项") for number, item in enumerate(value, start=1))
    else:
        yield value, source


def _delimiter(line: str, usual: str, field: str) -> str:
    """列名之间的符号：通常的（逗号，.tsv 是制表符）分不出认识的列名，就试别的。"""
    for delimiter in (usual, ";", "\t", ","):
        if _known(next(csv.reader([line], delimiter=delimiter)), field):
            return delimiter
    return usual


def _known(cells: list[str], field: str) -> bool:
    """这一行里有没有认识的列名。"""
    return any(cell.strip().lower() in NAMES or cell.strip() == field for cell in cells)


def _table(file, path: Path, field: str, delimiter: str) -> Records:
    """CSV：交出 {列名: 格子里的字}。Excel 写在最前面的 sep=; 说的是分隔符。"""
    csv.field_size_limit(LONGEST_CELL)
    before, head, header = 0, file.readline(), None
    while head and (not head.strip() or head.startswith("sep=")):
        before, head = before + 1, file.readline()
    delimiter = _delimiter(head, delimiter, field) if head else delimiter
    reader = csv.reader(chain([head], file), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            source = f"{path} 第 {before + reader.line_num} 行"
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                if _known(header, field):
                    header = [name.lower() if name.lower() in NAMES else name for name in header]
                    continue
                fix = "在第一行写上列名，例如 prompt,answer"
                found = f"{source}有 {len(cells)} 列，没有认识的列名：{'、'.join(header)}"
                require(len(cells) <= 2, found, "列名，或者只有两列（问、答）", fix)
                header = ["prompt", "answer"] if len(cells) == 2 else ["text"]
            found = f"{source}有 {len(cells)} 格，应当有 {len(header)} 格（{'、'.join(header)}）"
            fix = "文字里有逗号、引号或换行时，把整格用双引号括起来"
            require(len(cells) == len(header), found, "每行的格数与列名一样多", fix)
            yield dict(zip(header, cells)), source
    except csv.Error as error:
        found = f"{path} 第 {before + reader.line_num} 行不是完整的 CSV：双引号不成对"
        fix = "看看这一行的双引号：文字开头有、结尾也要有；格子里面的双引号要写两遍"
        raise InputError(found, "分隔符分开的几格", fix) from error


def _too_deep(source: str) -> InputError:
    fix = "这一行的括号一层套一层，多半是写错了：改成上面的样子"
    return InputError(f"{source}的括号套得太深", '一层的对象，如 {"text": "…"}', fix)
