"""字节 → 字符：按一种编码读一个文件，哪里解不开，读到了什么杂质。

这里知道怎样解码，不知道怎样猜编码（encodings.py），也不知道格式与文档（text.py）。
"""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tinygpt.errors import InputError
from tinygpt.notes import Notes
from tinygpt.unpack import unpacked

BLOCK = 1 << 16
NUL, BOM, HALF = "\0", "\ufeff", re.compile("[\ud800-\udfff]")
JUNK = re.compile("[\0-\x08\x0e-\x1f\x7f\ufeff\ud800-\udfff]")
DROPPED = {  # 去掉的字（换行、制表符、换页不算）→ 怎样说
    NUL: "去掉了 {n} 个零字符（NUL）", BOM: "去掉了文字中间的 {n} 个 BOM（U+FEFF）",
    **dict.fromkeys(map(chr, [*range(1, 9), *range(14, 32), 127]), "去掉了 {n} 个控制字符（多半来自 PDF）"),
}  # fmt: skip
GARBLED = ("\ufffd", "锟斤拷", "鐨", "銆", "çš", "ã€", "ï¼", "â€")  # 读错编码、又存过的字：“的”“。”“，”“……”
BROKEN = re.compile("|".join(f"(?:{mark})+" for mark in GARBLED))


@contextmanager
def open_bytes(path: Path) -> Iterator[io.BufferedIOBase]:
    """打开文件读字节；.gz 解开了读。打不开、解不开都说清楚。"""
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"打不开 {path}：{error.strerror}", "可以读取的文件", "检查文件的权限") from error
    try:
        with file, unpacked(file) if path.suffix.lower() == ".gz" else file as opened:
            yield opened
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        why = {EOFError: "文件到中间就断了，没有下载完或没有写完", zlib.error: "里面坏了"}
        found = f"{path} 解不开：{why.get(type(error), '不是 gzip 压缩的，或者坏了')}"
        raise InputError(found, "完整的 gzip 文件", "重新下载或重新压缩") from error


def errors_of(encoding: str) -> str:
    """UTF-16 里落单的半个 emoji 先照读，由 tidy 换成 �；别的坏字节都报错。"""
    return "surrogatepass" if encoding.startswith("utf-16") else "strict"


def decoded(path: Path, encoding: str) -> Iterator[str]:
    """一块一块地解码，解不开的换成 �。只用来看一看，不交给训练。"""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with open_bytes(path) as file:
        while block := file.read(BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def first_bad(path: Path, encoding: str) -> tuple[int, int] | None:
    """第一个解不开的字节是 （第几个字节，第几行），都从 1 数起；全解得开就是 None。"""
    strict = codecs.getincrementaldecoder(encoding)(errors_of(encoding))
    decoder, fed, line, block = io.IncrementalNewlineDecoder(strict, translate=True), 0, 1, b"?"
    with open_bytes(path) as file:
        while block:
            block = file.read(BLOCK)
            try:
                line += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(encoding, "replace")
                before = io.IncrementalNewlineDecoder(None, translate=True).decode(before)
                place = fed + len(block) - len(error.object) + error.start
                return place + 1, line + before.count("\n")
            fed += len(block)
    return None


def others(text: str) -> int:
    """非 ASCII 的字符有几个。"""
    return len(text) - len(text.encode("ascii", "ignore"))


def bad_share(path: Path, encoding: str) -> float:
    """解不开的地方与非 ASCII 字符之比。"""
    bad = total = 0
    for text in decoded(path, encoding):
        bad, total = bad + text.count("\ufffd"), total + others(text)
    return bad / max(total, 1)


class CleanText:
    """打开了的文本文件，读出来的字已经去掉杂质；去掉了什么、第一处在第几行，记在 notes 里。"""

    def __init__(self, file: io.TextIOBase, path: Path, notes: Notes):
        self.file, self.path, self.notes, self.line = file, path, notes, 1

    def read(self, size: int) -> str:
        while raw := self.file.read(size):
            if text := self._clean(raw):
                return text
        return ""

    def readline(self, size: int = -1) -> str:
        """可能是空的，而文件还没有完：整行都是杂质。"""
        return self._clean(self.file.readline(size))

    def __iter__(self) -> Iterator[str]:
        return map(self._clean, self.file)

    def _clean(self, raw: str) -> str:
        def place(start: int) -> str:
            return f"{self.path} 第 {self.line + raw.count(chr(10), 0, start):,} 行"

        for found in BROKEN.finditer(raw) if any(mark in raw for mark in GARBLED) else ():
            self.notes.add("有 {n} 处像乱码（�、锟斤拷之类，以前就存坏了的字），照读", place(found.start()))
        text = tidy(raw, place, self.notes)
        self.line += raw.count("\n")
        return text


def tidy(text: str, place: Callable[[int], str], notes: Notes) -> str:
    """去掉零字符、控制字符与文字中间的 BOM，半个 emoji 换成 �。place （第几个字） 说出那是在哪里。"""
    if not JUNK.search(text):
        return text
    for found in JUNK.finditer(text):
        half = "{n} 个落单的代理字符（半个 emoji）换成了 �"
        notes.add(DROPPED.get(found[0], half), place(found.start()))
    return JUNK.sub("", HALF.sub("\ufffd", text))


@contextmanager
def open_text(path: Path, encoding: str, notes: Notes, replace: bool = False) -> Iterator[CleanText]:
    """按 encoding 打开来读；换行统一成 \\n。replace：解不开的字节换成 �。"""
    errors = "replace" if replace else errors_of(encoding)
    with open_bytes(path) as file, io.TextIOWrapper(file, encoding, errors) as text:
        try:
            yield CleanText(text, path, notes)
        except UnicodeDecodeError as error:  # 猜编码的时候从头到尾解得开
            raise changed(path) from error


def changed(what) -> InputError:
    """读过一遍的文件，再读时不一样了。"""
    fix = "等别的程序写完再训练，或者先复制一份，用复制的"
    return InputError(f"{what} 在读的时候变了：有别的程序在写它", "读的时候不变的文件", fix)
