"""文件 → 文字。

这里知道文件的格式与编码，不知道分词。读进来的是一段一段的 Passage：
一篇文档通常就是一段；特别长的 .txt 分成几段，最后一段的 ends_document 为 True。

格式：.txt、.md（一个文件是一篇）、.jsonl、.jsonl.gz（一行是一篇）、.json（一个列表，一项是一篇）。
编码：UTF-8（有无 BOM 均可）或 GB18030，自动识别；换行统一成 \\n。
"""

import codecs
import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinygpt.errors import InputError, require
from tinygpt.unpack import unpacked

SUFFIXES = (".txt", ".md", ".jsonl", ".jsonl.gz", ".json")
PIECE = 1 << 18  # 长文件每段大约多少个字符
USUAL = re.compile(r"[\t\n\r\x20-\x7e\u2010-\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


@dataclass(frozen=True)
class Passage:
    """一段文字。split 为 "train"、"validation" 或 None（由程序划分）；source 用于报错；chat：是一次谈话。"""

    text: str
    source: str
    ends_document: bool = True
    split: str | None = None
    chat: bool = False


class Source:
    """一处文字的来源。子类说出有哪些段落、内容的摘要，以及训练分词器时怎样切段。"""

    pattern: str | None = None  # 交给 Tokenizer.train_bpe；None 就用它的默认值
    tokenizer: Path | None = None  # 为这些文字备好的分词器文件

    def passages(self) -> Iterator[Passage]:
        """依次给出每一段。"""
        raise NotImplementedError

    def digest(self) -> str:
        """内容的摘要：内容变了，它就变。"""
        raise NotImplementedError

    def training_texts(self) -> Iterator[str]:
        """训练分词器用的文字：自带划分的，不看验证集。"""
        return (p.text for p in self.passages() if p.split != "validation")


class FileSource(Source):
    """使用者给的文件与文件夹。"""

    def __init__(self, paths, field: str = "text"):
        self.paths, self.field = [Path(p) for p in paths], field
        find_files(self.paths)  # 早报错：文件不在、后缀不对

    def passages(self) -> Iterator[Passage]:
        return read_passages(self.paths, self.field)

    def digest(self) -> str:
        return content_digest(self.paths, self.field)


def find_files(paths) -> list[Path]:
    """把文件与文件夹展开成文件的列表；文件夹里只取认识的后缀，按路径排序。"""
    files = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and is_readable(p))
            fix = "换一个文件夹，或把文件改成这些后缀"
            require(inside, f"文件夹 {path} 里没有可读的文件", "、".join(SUFFIXES), fix)
            files += inside
            continue
        require(path.exists(), f"没有这个文件：{path}", "一个存在的文件或文件夹", "检查路径有没有写错")
        fix = "把纯文本文件的后缀改成 .txt"
        require(is_readable(path), f"不认识的文件类型：{path.name}", "、".join(SUFFIXES), fix)
        files.append(path)
    return files


def is_readable(path: Path) -> bool:
    """后缀是不是认识的。"""
    return path.name.lower().endswith(SUFFIXES)


def read_passages(paths, field: str = "text") -> Iterator[Passage]:
    """依次读出所有文字。空白的文档跳过；一个字也没有时报错。"""
    any_text, files = False, find_files(paths)
    for path in files:
        held = []  # 一篇的开头若是几段空白，先留着：后面有字才交出，整篇空白就丢掉
        for passage in _read_file(path, field):
            held.append(passage)
            if passage.text.strip() or any_text and held[0] is None:
                any_text = True
                yield from filter(None, held)
                held = [None]  # 表示这一篇已经有字了
            if passage.ends_document:
                held = []
    found = "没有读到文字：" + "、".join(map(str, files))
    require(any_text, found, "至少一篇有内容的文档", "检查文件是不是空的")


def content_digest(paths, field: str = "text") -> str:
    """全部文件内容的摘要，与文件名和位置无关；内容相同，摘要就相同。"""
    whole = hashlib.sha256(field.encode())
    for path in find_files(paths):
        with _readable(path) as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
        whole.update(path.suffix.lower().encode())
    return whole.hexdigest()


def _readable(path: Path):
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"打不开 {path}：{error.strerror}", "可以读取的文件", "检查文件的权限") from error


def _open_bytes(path: Path):
    file = _readable(path)
    return unpacked(file) if path.suffix.lower() == ".gz" else file


def detect_encoding(path: Path) -> str:
    """"utf-8-sig" 或 "gb18030"。整个文件扫一遍；像二进制或哪种编码都不是时报错。"""
    expected, fix = "UTF-8 或 GB18030 编码的文本", "用编辑器另存为 UTF-8"
    for encoding in ("utf-8-sig", "gb18030"):
        decoder, total, usual = codecs.getincrementaldecoder(encoding)(), 0, 0
        try:
            with _open_bytes(path) as file:
                while block := file.read(1 << 20):
                    require(b"\0" not in block, f"{path} 像是二进制文件（含有零字节）", expected, fix)
                    text = decoder.decode(block)
                    if encoding == "gb18030":
                        total, usual = total + len(text), usual + len(USUAL.findall(text))
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        except (gzip.BadGzipFile, EOFError) as error:
            raise InputError(f"{path} 解不开：{error}", "完整的 gzip 文件", "重新下载或重新压缩") from error
        if encoding == "utf-8-sig" or usual >= 0.9 * total:
            return encoding
    raise InputError(f"看不出 {path} 的编码", expected, fix)


def _open_text(path: Path):
    encoding = detect_encoding(path)
    if path.suffix.lower() == ".gz":
        return io.TextIOWrapper(_open_bytes(path), encoding=encoding)
    return path.open(encoding=encoding)


def _read_file(path: Path, field: str) -> Iterator[Passage]:
    fix = "换一个文件，或把它从列表里去掉"
    require(path.stat().st_size > 0, f"{path} 是空文件", "有内容的文件", fix)
    with _open_text(path) as file:
        if path.name.lower().endswith((".jsonl", ".jsonl.gz")):
            rows = _json_lines(file, path)
        elif path.suffix.lower() == ".json":
            rows = _json_items(file, path)
        else:
            yield from _plain_pieces(file, path)
            return
        for row, source in rows:
            yield _passage(row, source, field)


def _plain_pieces(file, path: Path) -> Iterator[Passage]:
    """一个文本文件是一篇文档，每 PIECE 个字符左右在行末切开。"""
    piece = file.read(PIECE) + file.readline(PIECE)
    while piece:
        following = file.read(PIECE) + file.readline(PIECE)
        yield Passage(piece, str(path), ends_document=not following)
        piece = following


def _json_lines(file, path: Path) -> Iterator[tuple[object, str]]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                yield json.loads(line), f"{path} 第 {number} 行"
            except json.JSONDecodeError as error:
                found = f"{path} 第 {number} 行不是完整的 JSON：{error.msg}（第 {error.colno} 个字符处）"
                expected = '每行一个 JSON 对象，如 {"text": "…"}'
                raise InputError(found, expected, "改正或删去这一行") from error


def _json_items(file, path: Path) -> Iterator[tuple[object, str]]:
    """逐项读一个 JSON 列表，不把整个文件放进内存；文件也可以只是一个对象。"""
    decoder, buffer, number = json.JSONDecoder(), "", 0

    def broken(why: str) -> InputError:
        found = f"{path} 第 {number + 1} 项不是完整的 JSON：{why}"
        return InputError(found, "一个由对象组成的列表", "用 JSON 检查工具改正它")

    def peek() -> str:
        """下一个不是空白的字符，不够就再读；文件完了是空的。"""
        nonlocal buffer
        buffer = buffer.lstrip()
        while not buffer and (more := file.read(PIECE)):
            buffer = more.lstrip()
        return buffer[:1]

    if not peek():
        return
    in_list = peek() == "["
    if in_list:
        buffer = buffer[1:]
        if peek() == "]":
            return
    while True:
        if not peek():
            raise broken("文件到这里就断了")
        try:
            item, end = decoder.raw_decode(buffer)
        except json.JSONDecodeError as error:
            more = file.read(max(PIECE, len(buffer)))  # 越读越多，长的一项也不会反复解析太多遍
            if not more:
                raise broken(error.msg) from error
            buffer += more
            continue
        buffer, number = buffer[end:], number + 1
        yield item, f"{path} 第 {number} 项"
        mark, buffer = peek(), buffer[1:]
        if mark == ("]" if in_list else ""):
            return
        if not in_list or mark != ",":
            raise broken("后面多了或少了符号" if mark else "文件到这里就断了")


def _passage(row, source: str, field: str) -> Passage:
    if isinstance(row, str):
        row = {field: row}
    if not isinstance(row, dict) or not isinstance(row.get(field), str):
        names = "、".join(row) if isinstance(row, dict) else type(row).__name__
        found = f"{source} 没有文字字段 {field!r}，只有：{names}"
        expected = f"每项是一个对象，{field!r} 里是文字"
        raise InputError(found, expected, "用 --field 指出文字在哪个字段")
    text = row[field].replace("\r\n", "\n").replace("\r", "\n")
    split = row.get("split")
    return Passage(text, source, split=split if split in ("train", "validation") else None)
