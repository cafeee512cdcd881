"""文件 → 文字。

这里知道文件的格式，不知道分词。读进来的是一段一段的 Passage：
一篇文档通常就是一段；特别长的 .txt 分成几段，最后一段的 ends_document 为 True。

格式：.txt、.md（一个文件是一篇）；.jsonl、.jsonl.gz、.json、.csv、.tsv（一行是一篇，见 records.py）。
有哪些文件，见 folders.py；是什么编码，见 encodings.py；换行统一成 \\n。
"""

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tinygpt.decoding import CleanText, changed, open_bytes, open_text, tidy
from tinygpt.encodings import check_named, detect_encoding, named_encoding
from tinygpt.errors import require
from tinygpt.folders import ROWS, find_files
from tinygpt.notes import Notes
from tinygpt.records import read_records
from tinygpt.rows import each, text_of
from tinygpt.splits import nothing_to_train, split_name, splits_by_name

PIECE = 1 << 18  # 长文件每段大约多少个字符
RULES = "3"  # 读法变了就换一个：以前存下的编号不再用
WEB_PAGE = re.compile(r"\s*<(?:!doctype html|html)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Passage:
    """一段文字。source 用于报错；chat：是一次谈话。

    split 为 "train"、"validation"、"test"（不用）或 None（由程序划分）。
    """

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

    def unchanged_passages(self, digest: str) -> Iterator[Passage]:
        """依次给出每一段；给完了再看一遍，内容已经不是 digest 就报错：编号不能记在别的内容名下。"""
        yield from self.passages()
        if self.digest() != digest:
            raise changed("文字")

    def notes(self) -> list[str]:
        """读的时候值得说一声的事，一件一行。"""
        return []

    def training_texts(self) -> Iterator[str]:
        """训练分词器用的文字：自带划分的，只看训练集。"""
        some = False
        for passage in self.passages():
            if passage.split in (None, "train"):
                some = True
                yield passage.text
        if not some:
            raise nothing_to_train()


class FileSource(Source):
    """使用者给的文件与文件夹。encoding 不给就自动识别。"""

    def __init__(self, paths, field: str = "text", encoding: str | None = None):
        self.paths, self.field, self.encoding = list(paths), field, encoding
        self._notes = Notes()
        find_files(self.paths, self._notes)  # 早报错：文件不在、后缀不对

    def passages(self) -> Iterator[Passage]:
        self._notes = Notes()  # 每读一遍重新数
        return read_passages(self.paths, self.field, self.encoding, self._notes)

    def digest(self) -> str:
        return content_digest(self.paths, self.field, self.encoding)

    def notes(self) -> list[str]:
        return self._notes.lines()


def read_passages(
    paths, field: str = "text", encoding: str | None = None, notes: Notes | None = None
) -> Iterator[Passage]:
    """依次读出所有文字。空白的文档跳过；一个字也没有时报错。"""
    notes = notes or Notes()
    any_text, files = False, find_files(paths, notes)
    encoding = named_encoding(encoding) if encoding else None
    named = _named(files, notes)
    for path in files:
        held = []  # 一篇的开头若是几段空白，先留着：后面有字才交出，整篇空白就丢掉
        for passage in _read_file(path, field, encoding, notes):
            passage = _checked(passage, named.get(path), notes)
            held.append(passage)
            if passage.text.strip() or any_text and held[0] is None:
                any_text = True
                yield from filter(None, held)
                held = [None]  # 表示这一篇已经有字了
            if passage.ends_document:
                held = []
    found = "没有读到文字：" + "、".join(map(str, files))
    require(any_text, found, "至少一篇有内容的文档", "检查文件是不是空的")


def _named(files: list[Path], notes: Notes) -> dict[Path, str]:
    """文件名写着的划分，记进 notes。"""
    named = splits_by_name(files)
    for path, split in named.items():
        notes.add(f"按文件名，{{n}} 个文件是 {split}", str(path))
    return named


def _checked(passage: Passage, by_name: str | None, notes: Notes) -> Passage:
    """去掉 JSON 里转义写着的杂质；split 换成统一的名字，没有写就看文件名。"""
    split = split_name(passage.split) or by_name
    if split is None and passage.split not in (None, ""):
        what = "有 {n} 篇的 split 不认识，当作没有写（认识的有 train、validation、test）"
        notes.add(what, f"{passage.source} 写的是 {passage.split!r}")
    return replace(passage, text=tidy(passage.text, lambda start: passage.source, notes), split=split)


def content_digest(paths, field: str = "text", encoding: str | None = None) -> str:
    """全部文件内容的摘要，与位置无关，文件名只看它说的划分；内容与读法相同，摘要就相同。"""
    whole, files = hashlib.sha256(f"{RULES}|{field}|{encoding}".encode()), find_files(paths)
    named = splits_by_name(files)
    for path in files:
        with open_bytes(path) as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
        whole.update(f"{path.suffix.lower()}|{named.get(path)}".encode())
    return whole.hexdigest()


@contextlib.contextmanager
def _opened(path: Path, named: str | None, notes: Notes) -> Iterator[CleanText]:
    """打开来读；named 是使用者说的编码，没有说就自动识别。"""
    if named:
        check_named(path, named)
    encoding = named or detect_encoding(path)
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.add(f"按 {encoding} 编码读 {{n}} 个文件", str(path))
    with open_text(path, encoding, notes, replace=bool(named)) as file:
        yield file


def _read_file(path: Path, field: str, named: str | None, notes: Notes) -> Iterator[Passage]:
    with _opened(path, named, notes) as file:
        if not path.name.lower().endswith(ROWS):
            yield from _plain_pieces(file, path, notes)
            return
        for passage, _ in each(read_records(file, path, field), partial(_passage, field=field)):
            yield passage


def _plain_pieces(file, path: Path, notes: Notes) -> Iterator[Passage]:
    """一个文本文件是一篇文档，每 PIECE 个字符左右在行末切开。"""
    piece = file.read(PIECE) + file.readline(PIECE)
    if WEB_PAGE.match(piece):
        notes.add("{n} 个文件是网页（HTML），连同标签照读；也许是下载时只得到了一张网页", str(path))
    while piece:
        following = file.read(PIECE) + file.readline(PIECE)
        yield Passage(piece, str(path), ends_document=not following)
        piece = following


def read_rows(paths, notes: Notes | None = None) -> Iterator[tuple[object, str, str | None]]:
    """只要一行一行的数据，不变成文字：依次交出（值，它在哪里，划分）。不是数据的文件报错。"""
    notes = notes or Notes()
    files = find_files(paths, notes)
    named = _named(files, notes)
    for path in files:
        fix = "改成一行一个 {\"prompt\": \"…\", \"answer\": \"…\"} 的 .jsonl，或两列的 .csv"
        require(path.name.lower().endswith(ROWS), f"{path} 是一篇文字，不是问答", "、".join(ROWS), fix)
        with _opened(path, None, notes) as file:
            for row, source in read_records(file, path):
                written = row.get("split") if isinstance(row, dict) else None
                yield row, source, split_name(written) or named.get(path)


def _passage(row, source: str, field: str) -> Passage:
    text, chat = text_of(row, source, field)
    split = row.get("split") if isinstance(row, dict) else None
    return Passage(text, source, split=split, chat=chat)
