"""别的软件的文件：由后缀或开头的几个字节认出来，说出怎样变成能读的文字。

这里不打开文件。能读的后缀在 folders.py，能读的编码在 encodings.py。
"""

from pathlib import Path

from tinygpt.rows import BY_ROWS

SAVE_AS_TEXT = "在打开它的软件里另存为（或导出成）纯文本：.txt、UTF-8"
UNPACK = "先解压，再给解出来的文件或文件夹"
CONVERT = f"先转成一行一个对象的 .jsonl，例如用 pandas：df = pd.read_parquet(…) 或 read_excel(…)，{BY_ROWS}"
SUFFIXES = {
    ".docx .doc .wps .odt .rtf .pptx .pdf .epub .mobi .azw3 .html .htm": SAVE_AS_TEXT,
    ".zip .rar .7z .tar .tgz .gz .bz2 .xz .zst": UNPACK,
    ".parquet .arrow .feather .xlsx .xls": CONVERT,
}
HEADS = {  # 开头的字节 → （是什么，怎么办）
    b"PK\x03\x04": ("压缩包，或者 Word、Excel、电子书（.docx、.xlsx、.epub）", SAVE_AS_TEXT),
    b"\xd0\xcf\x11\xe0": ("旧版的 Word 或 Excel 文件", SAVE_AS_TEXT),
    b"%PDF": ("PDF", SAVE_AS_TEXT), b"{\\rtf": ("RTF 文件", SAVE_AS_TEXT),
    b"\x1f\x8b": ("gzip 压缩的文件", UNPACK), b"Rar!": ("RAR 压缩包", UNPACK),
    b"7z\xbc\xaf": ("7z 压缩包", UNPACK), b"BZh": ("bzip2 压缩的文件", UNPACK),
    b"\xfd7zXZ": ("xz 压缩的文件", UNPACK), b"\x28\xb5\x2f\xfd": ("zstd 压缩的文件", UNPACK),
    b"PAR1": ("Parquet 表格", CONVERT), b"SQLite format 3": ("SQLite 数据库", CONVERT),
    b"version https://git-lfs": ("git-lfs 的指针：真正的文件没有下载", "安装 git-lfs，运行 git lfs pull"),
}  # fmt: skip
LONGEST_HEAD = max(map(len, HEADS))


def by_suffix(path: Path) -> str:
    """后缀不认识的文件怎么办。"""
    suffix = path.suffix.lower()
    known = (fix for suffixes, fix in SUFFIXES.items() if suffix in suffixes.split())
    return next(known, "把纯文本文件的后缀改成 .txt")


def by_head(head: bytes) -> tuple[str, str] | None:
    """（是什么，怎么办）；像是文字就是 None。"""
    return next((known for start, known in HEADS.items() if head.startswith(start)), None)
