"""几个命令共用的打印，与印到哪里、用什么编码。"""

import codecs
import contextlib
import json
import os
import sys


def print_json(values) -> None:
    """印成 JSON，中文照写。"""
    print(json.dumps(values, ensure_ascii=False, indent=1))


def note(text: str) -> None:
    """提醒一句，印在标准错误：结果接到别的程序时，不会混进去。"""
    print(f"注意：{text}", file=sys.stderr)


def note_unknown(tokenizer, text: str) -> None:
    """提示里有模型没见过的字，就提醒一句。"""
    if unknown := tokenizer.unknown(text):
        some = "".join(unknown[:20]) + ("……" if len(unknown) > 20 else "")
        note(f"有 {len(unknown)} 个字不在这个模型的词表里，它没见过，读作 <unk>：{some}")


def prepare_streams() -> None:
    """让 print 在哪里都不出错：服务与 pythonw 里没有屏幕；有的屏幕写不出中文。

    屏幕自己的编码能写中文（例如 GBK 的终端）就用它的；不能，或者印到文件与管道，就用 UTF-8。
    """
    _fill_closed_descriptors()
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 用到程序结束
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding=encoding_for(stream), errors="tinygpt")


def encoding_for(stream) -> str:
    """这个流该用的编码。"""
    chosen = stream.isatty() or "PYTHONIOENCODING" in os.environ
    try:
        "中文".encode(stream.encoding)
    except (LookupError, UnicodeEncodeError):
        return "utf-8"
    return stream.encoding if chosen else "utf-8"


def _fill_closed_descriptors() -> None:
    """0、1、2 号若是关着的，就接到空处：不然下一个打开的文件（检查点）会占用 1 号，被别人印出的字写坏。"""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


def _instead(error: UnicodeError):
    """写不出的字：本是文件名里的字节（UTF-8 的），就还原成文字；别的写成 ?。读不懂的字节读作 �。"""
    if isinstance(error, UnicodeDecodeError):  # 流是读写两用的时候（测试收集输出），读也经过这里
        return "�", error.end
    end = error.end  # 一个字的几个字节要一起还原；有的编码（GBK）一次只交来一个
    while "\udc80" <= error.object[end : end + 1] <= "\udcff":
        end += 1
    bad = error.object[error.start : end]
    try:
        text = bad.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:
        text = "?" * len(bad)
    return text.encode(error.encoding, "replace"), end


codecs.register_error("tinygpt", _instead)


def as_typed(text: str) -> str:
    """命令行上的字。终端的编码与 Python 以为的不同时，每个字节读成了一个孤立的代理字符：还原成文字。

    LANG=C 的终端里是 UTF-8 的字节；UTF-8 的设置里来的 GBK，多半是中文 Windows 上写的脚本。
    """
    raw = os.fsencode(text)
    for encoding in ("utf-8", "gb18030") if any("\udc80" <= c <= "\udcff" for c in text) else ():
        with contextlib.suppress(UnicodeError):
            return raw.decode(encoding)
    return text


def print_notes(source) -> None:
    """读文字时的见闻，一件一行，印在 stderr 上：结果照旧可以交给别的程序。"""
    for line in source.notes():
        note(line)
