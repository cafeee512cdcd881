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
USUAL = (  # 没有说哪里是文字，可是一看就是列名
    "id", "index", "no", "content", "body", "article", "sentence", "title", "label", "category", "date",
    "url", "编号", "序号", "内容", "正文", "文本", "文章", "标题", "类别", "标签", "日期",
)  # fmt: skip
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
    reader, number = _Reader(file, path, buffer, line), 0
    while mark := reader.peek():
        if mark == ("]" if reader.in_list else "["):  # 列表的开头；结尾，前面多写了一个逗号也行
            reader.at, reader.in_list = reader.at + 1, not reader.in_list
        elif mark == "," and not reader.in_list:
            reader.at += 1
        else:
            number += 1
            yield from _spread(*reader.value(number))
            if reader.in_list:
                reader.after_an_item()
    if reader.in_list:
        raise reader.broken("文件到这里就断了", reader.at)


class _Reader:
    """读到文件的哪里了：还没有用到的字 buffer[at:]，buffer 从第 line 行起，外面是不是一个列表。"""

    def __init__(self, file, path: Path, buffer: str, line: int):
        self.file, self.path, self.buffer, self.line = file, path, buffer, line
        self.at, self.in_list, self.source = 0, False, f"{path} 第 {line} 行起"

    def lines_to(self, place: int) -> int:
        return self.line + self.buffer.count("\n", 0, place)

    def broken(self, why: str, place: int) -> InputError:
        found = f"{self.source}不是完整的 JSON：{why}（第 {self.lines_to(place)} 行）"
        return InputError(found, "一个由对象组成的列表，或一行一个对象", FIX)

    def refill(self, size: int) -> bool:
        """丢掉读过的，再读 size 个字符；文件完了就是 False。"""
        more, self.line = self.file.read(size), self.lines_to(self.at)
        self.buffer, self.at = self.buffer[self.at :] + more, 0
        return bool(more)

    def peek(self) -> str:
        """下一个不是空白的字符；文件完了是空的。"""
        while True:
            if self.buffer[self.at : self.at + 1].isspace():
                self.at = len(self.buffer) - len(self.buffer[self.at :].lstrip())
            if self.at < len(self.buffer) or not self.refill(PIECE):
                return self.buffer[self.at : self.at + 1]

    def value(self, number: int) -> tuple[object, str]:
        """从这里起的一个值，与它在哪里；number 是它在列表里的第几项。"""
        start = f"第 {self.lines_to(self.at)} 行起"
        self.source = f"{self.path} {f'第 {number} 项（{start}）' if self.in_list else start}"
        while True:
            try:
                value, self.at = DECODER.raw_decode(self.buffer, self.at)
                return value, self.source
            except json.JSONDecodeError as error:
                place = max(error.pos - self.at, 0)
                more = max(PIECE, len(self.buffer))  # 越读越多，长的也不会解析太多遍
                if not (is_cut_off(error) and self.refill(more)):
                    raise self.broken(reason(error), self.at + place) from error
            except RecursionError as error:
                raise _too_deep(self.source) from error

    def after_an_item(self) -> None:
        """列表的一项之后：逗号，或列表的结尾。"""
        mark = self.peek()
        if mark not in ("]", ","):
            raise self.broken("后面多了或少了符号" if mark else "文件到这里就断了", self.at)
        self.at, self.in_list = self.at + 1, mark == ","


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


def _header(cells: list[str], source: str, field: str) -> tuple[list[str], bool]:
    """（列名，第一行是不是列名）。没有列名时，两列是问与答，一列是文字。"""
    if _known(cells, field):
        names = [name.lower() if name.lower() in NAMES else name for name in cells]
        again = [name for name in names if name and names.count(name) > 1]
        require(not again, f"{source}的列名重复了：{'、'.join(again)}", "每列一个名字", "改掉重复的列名")
        return names, True
    title = next((name for name in cells if name.lower() in USUAL), "")
    found = f"{source}有 {len(cells)} 列，没有认识的列名：{'、'.join(cells)}"
    fix = "文字在哪一列，就用 --field 指出；或在第一行写上列名，例如 prompt,answer"
    require(len(cells) <= 2 and not title, found, "列名，或者只有两列（问、答）", fix)
    return ["prompt", "answer"] if len(cells) == 2 else ["text"], False


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
                header, named = _header([cell.strip() for cell in cells], source, field)
                if named:
                    continue
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
