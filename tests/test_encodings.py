"""encodings.py、decoding.py：读对，或者停下来说清在哪里；从不悄悄读成别的字。"""

import gzip
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygpt import decoding
from tinygpt.encodings import detect_encoding, named_encoding
from tinygpt.errors import InputError
from tinygpt.text import FileSource, read_passages

SIMPLE = "小猫在河边看鱼。它是灰色的，河水是蓝色的！老师说：“今天我们学习怎样读书。”大家都笑了起来。\n"
COMPLEX = "門前小河結了冰，孩子們說這個冬天長得很。老師寫信問學生，書讀完沒有？風從山後吹過來，樹葉落滿院。\n"
CLASSIC = "学而时习之，不亦说乎？有朋自远方来，不亦乐乎？道可道，非常道；名可名，非常名。\n"
JAPANESE = "今日は雪が降っています。川の向こうに灯りが見えた。子供たちは家に帰った。\n"
KOREAN = "오늘은 눈이 내립니다. 강 건너에 불빛이 보였다. 아이들은 집으로 돌아갔다.\n"
RUSSIAN = "Сегодня идёт снег. За рекой был виден свет, и дети вернулись домой.\n"
FRENCH = "L'été dernier, à la fenêtre, la forêt était très belle ; déjà vu, garçon.\n"


def write(path, data: bytes):
    path.write_bytes(data)
    return path


def read(path, **options):
    """（文字，见闻）。"""
    source = FileSource([path], **options)
    return "".join(p.text for p in source.passages()), source.notes()


def refused(path, *words, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(path, **options)
    assert caught.value.expected and caught.value.fix
    for word in words:
        assert word in str(caught.value)
    return str(caught.value)


# ---- 读对 ----

CHINESE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "gb18030", "gbk"]


@pytest.mark.parametrize("encoding", [*CHINESE, "big5"])
@pytest.mark.parametrize("text", [SIMPLE, CLASSIC, COMPLEX, COMPLEX * 3000], ids=["简", "文言", "繁", "长"])
def test_chinese_is_read_right(tmp_path, encoding, text):
    if encoding == "big5" and text in (SIMPLE, CLASSIC):
        pytest.skip("Big5 写不出简体字")
    found, notes = read(write(tmp_path / "a.txt", text.encode(encoding)))
    assert found == text
    assert (notes == []) == encoding.startswith("utf-8")  # 不是 UTF-8 的，说一声按什么读的
    if notes:
        assert "a.txt" in notes[0]


def test_big_endian_with_its_mark(tmp_path):
    assert read(write(tmp_path / "a.txt", b"\xfe\xff" + SIMPLE.encode("utf-16-be")))[0] == SIMPLE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_english_saved_as_utf16(tmp_path, encoding):
    text = "The cat sat on the mat.\nIt was warm.\n"
    assert read(write(tmp_path / "a.txt", text.encode(encoding)))[0] == text


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_json_lines_and_gzip_in_other_encodings(tmp_path, encoding):
    rows = "".join(json.dumps({"text": t}, ensure_ascii=False) + "\r\n" for t in (SIMPLE, COMPLEX))
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(rows.encode(encoding), mtime=0))
    assert [p.text for p in read_passages([path])] == [SIMPLE, COMPLEX]


@pytest.mark.parametrize("text", [JAPANESE, KOREAN, RUSSIAN, FRENCH, "plain ASCII\n", "é", "一", "x = “1”"])
def test_any_language_in_utf8(tmp_path, text):
    assert read(write(tmp_path / "a.txt", text.encode())) == (text, [])


LANGUAGES = [SIMPLE, COMPLEX, CLASSIC, JAPANESE, KOREAN, RUSSIAN, FRENCH]
SENTENCES = st.lists(st.sampled_from(LANGUAGES), max_size=3)
RARE = st.text(st.characters(min_codepoint=32, blacklist_categories=["Cs", "Co", "Cn", "Cc"]), max_size=30)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=60)
OTHERS = ["big5", "shift_jis", "euc_jp", "euc_kr", "cp1251", "koi8-r", "cp1252", "cp866", "iso2022_jp", "hz"]


@settings(max_examples=80)
@given(SENTENCES, RARE, HAN, st.sampled_from([*CHINESE, *OTHERS]), st.randoms(use_true_random=False))
def test_never_silently_another_text(cache_dir, sentences, rare, han, encoding, order):
    """什么文字、什么编码：读出来一字不差，或者拒绝。写不进那种编码的字，先去掉。"""
    parts = [*sentences, rare + "\n", han + "\n"]
    order.shuffle(parts)
    text = "".join(parts).encode(encoding, "ignore").decode(encoding)
    data = text.encode(encoding)
    seven_bit = encoding in ("iso2022_jp", "hz")
    if (not sentences if seven_bit else sum(byte > 127 for byte in data) < 12):
        return  # 没有几个非 ASCII 的字：哪种编码都说得通
    path = write(cache_dir / "any.txt", data)
    try:
        found = read(path)[0]
    except InputError:
        return
    wanted = text.replace("\ufeff", "")
    assert found == wanted


# ---- 拒绝 ----


@pytest.mark.parametrize(("text", "encoding", "name"), [
    (JAPANESE, "shift_jis", "cp932"), (JAPANESE, "euc_jp", "euc_jp"), (KOREAN, "euc_kr", "cp949"),
    (RUSSIAN, "cp1251", "cp1251"), (FRENCH, "cp1252", "cp1252"),
    (JAPANESE, "iso2022_jp", "iso2022_jp"), (SIMPLE, "hz", "hz"), (SIMPLE, "utf_7", "utf_7"),
    ("ｷｮｳﾊ ﾕｷｶﾞ ﾌｯﾃｲﾏｽ。ｶﾜﾉ ﾑｺｳﾆ ｱｶﾘｶﾞ ﾐｴﾀ。\n", "shift_jis", "cp932"),
])  # fmt: skip
def test_other_encodings_are_named_and_can_be_chosen(tmp_path, text, encoding, name):
    path = write(tmp_path / "a.txt", (text * 20).encode(encoding))
    refused(path, f"--encoding {name}", "a.txt")
    assert read(path, encoding=name)[0] == text * 20


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16"])
@pytest.mark.parametrize("line", [1, 3, 4000])
def test_a_damaged_byte_is_named_by_byte_and_line(tmp_path, encoding, line):
    """一个坏字节：说出是什么编码、第几个字节、第几行。"""
    whole = (COMPLEX * 4001).encode(encoding)
    start = len((COMPLEX * (line - 1)).encode(encoding))
    bad = b"\x00\xdc\x00" if encoding == "utf-16" else b"\xff"  # UTF-16：落单的后一半，错开一个字节
    data = whole[:start] + bad + whole[start:] if encoding != "utf-16" else whole[:-1]
    words = [f"第 {start + 1:,} 个字节（第 {line:,} 行）"] if encoding != "utf-16" else ["个字节（第 4,00"]
    message = refused(write(tmp_path / "a.txt", data), *words)
    assert encoding in message and "看不出" not in message


def test_a_byte_in_the_middle_of_a_character_across_blocks(tmp_path, monkeypatch):
    data = (SIMPLE * 5).encode()
    bad = bytearray(data)
    bad[301] = 0xFF
    start = 300 if data[300] >= 0xC0 else 301  # 坏的是从这个字的第一个字节起
    for block in (1, 2, 7, 100, 1 << 16):
        monkeypatch.setattr(decoding, "BLOCK", block)
        path = write(tmp_path / "a.txt", bytes(bad))
        place = decoding.first_bad(path, "utf-8")
        assert abs(place[0] - 1 - start) <= 2 and place[1] == data[:300].count(b"\n") + 1
        path = write(tmp_path / "b.txt", SIMPLE.replace("\n", "\r\n").encode() * 3 + b"\xff")
        assert decoding.first_bad(path, "utf-8")[1] == 4


def test_cut_off_in_the_middle_of_a_character(tmp_path):
    refused(write(tmp_path / "a.txt", (SIMPLE * 9).encode()[:-2]), "utf-8", "没有写完", "第 9 行")


def test_named_encoding_replaces_the_bad_byte_and_says_where(tmp_path):
    path = write(tmp_path / "a.txt", (SIMPLE * 9).encode() + b"\xff\n")
    text, notes = read(path, encoding="utf-8")
    assert text == SIMPLE * 9 + "\ufffd\n" and "第 10 行" in notes[0] and "1 处" in notes[0]


@pytest.mark.parametrize(
    ("written", "named"), [("gb18030", "utf-8"), ("utf-8", "big5"), ("utf-8", "shift_jis")]
)
def test_a_wrong_name_is_refused(tmp_path, written, named):
    refused(write(tmp_path / "a.txt", (SIMPLE * 9).encode(written)), "--encoding", encoding=named)


@pytest.mark.parametrize("name", ["中文", "rot13", "base64", "utf-9", ""])
def test_an_unknown_name(tmp_path, name):
    with pytest.raises(InputError, match="--encoding"):
        named_encoding(name or "\0")


def test_one_windows_quote_in_english_is_no_korean(tmp_path):
    """一个字节定不了是哪种文字：说出它在哪里，并说多半是 Windows-1252 的弯引号。"""
    data = b"The river was cold.\n" * 40 + b"It\x92s late.\n"
    message = refused(write(tmp_path / "a.txt", data), "第 803 个字节（第 41 行）", "--encoding cp1252")
    assert "韩文" not in message


GREEK = "Η θάλασσα ήταν ήρεμη και ο ψαράς κοιτούσε το φως στην άλλη όχθη.\n"


@pytest.mark.parametrize(("text", "right"), [
    (SIMPLE, "utf-8"), (COMPLEX, "big5"), (GREEK, "utf-8"), (RUSSIAN, "utf-8"), (JAPANESE, "utf-8"),
])  # fmt: skip
@pytest.mark.parametrize("windows", [False, True])
def test_text_read_as_latin_1_and_saved(tmp_path, text, right, windows):
    """按 Latin-1 或 Windows-1252 读过又存了一遍，是哪种文字都认得出。"""
    garbled = (text * 9).encode(right).decode("latin-1")
    if windows:
        garbled = "".join(bytes([ord(c)]).decode("cp1252", "ignore") or c for c in garbled)
    refused(write(tmp_path / "a.txt", garbled.encode()), "乱码", text[:2])


@pytest.mark.parametrize("text", [FRENCH, "naïve café, Zürich, Ærø, ¿qué?, £5 ½ ©\n"])
def test_west_european_text_is_no_mojibake(tmp_path, text):
    assert read(write(tmp_path / "a.txt", (text * 3).encode()))[0] == text * 3


@pytest.mark.parametrize(
    ("wrong", "right"), [("gb18030", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "gb18030")]
)
def test_mojibake_saved_as_utf8_is_refused(tmp_path, wrong, right):
    garbled = (SIMPLE * 9).encode(right).decode(wrong, "replace")
    refused(write(tmp_path / "a.txt", garbled.encode()), "乱码" if "\ufffd" not in garbled else "")


def test_mostly_replacement_characters_are_refused(tmp_path):
    lost = (SIMPLE * 9).encode("gb18030").decode("utf-8", "replace")
    refused(write(tmp_path / "a.txt", lost.encode()), "�")


def test_a_little_garble_is_noted(tmp_path):
    path = write(tmp_path / "a.txt", (SIMPLE * 9 + "锟斤拷锟斤拷\n好\ufffd\n").encode())
    text, notes = read(path)
    assert text.endswith("锟斤拷锟斤拷\n好\ufffd\n") and "2 处" in notes[0] and "第 10 行" in notes[0]


@pytest.mark.parametrize("other", ["utf-8", "euc_jp"])
def test_files_of_two_encodings_joined(tmp_path, other):
    """读得通也不行：GB18030 的小说后面接了一段别的编码。"""
    more = {"utf-8": SIMPLE * 20, "euc_jp": JAPANESE * 30}[other]
    refused(write(tmp_path / "a.txt", (SIMPLE * 200).encode("gb18030") + more.encode(other)), "第", "行")


@pytest.mark.parametrize(("head", "word"), [
    (b"PK\x03\x04\x14\0\6\0", ".docx"), (b"%PDF-1.7\n", "PDF"), (b"{\\rtf1\\ansi", "RTF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Word"), (gzip.compress(b"x" * 99, mtime=0), "解压"),
    (b"PAR1", "to_json"), (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
])  # fmt: skip
def test_documents_renamed_to_txt(tmp_path, head, word):
    refused(write(tmp_path / "a.txt", head + bytes(200)), word, "纯文本")
    refused(write(tmp_path / "a.jsonl", head + bytes(200)), word)


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes(tmp_path, seed):
    refused(write(tmp_path / "a.txt", random.Random(seed).randbytes(5000)))


def test_many_nuls_are_placed(tmp_path):
    """断电之后，文件的后半常常全是零。"""
    start = len((SIMPLE * 3).encode())
    path = write(tmp_path / "a.txt", (SIMPLE * 3).encode() + bytes(500))
    refused(path, f"第 {start + 1:,} 个字节（第 4 行）", "500")


# ---- 杂质 ----


def test_stray_nuls_and_marks_are_dropped_and_counted(tmp_path):
    data = (SIMPLE * 2 + "夹\0着\0零\n" + "\ufeff" + SIMPLE * 9).encode()
    text, notes = read(write(tmp_path / "a.txt", data))
    assert text == SIMPLE * 2 + "夹着零\n" + SIMPLE * 9
    assert [("2 个零字符" in n, "1 个 BOM" in n) for n in notes] == [(True, False), (False, True)]
    assert "第 3 行" in notes[0] and "第 4 行" in notes[1]


def test_control_characters_are_dropped_and_counted(tmp_path):
    """PDF 里拷出来的：连字变成了 U+0003，行首是退格；换页、制表符留着。"""
    text, notes = read(write(tmp_path / "a.txt", (SIMPLE * 9 + "把\x03门\x08关\x7f上\t\f\x0b\n").encode()))
    assert text == SIMPLE * 9 + "把门关上\t\f\x0b\n"
    assert len(notes) == 1 and "3 个控制字符" in notes[0] and "第 10 行" in notes[0]


def test_marks_inside_json_lines(tmp_path):
    """几个带 BOM 的 .jsonl 接成了一个：BOM 在行首，原样交给 JSON 就读不了。"""
    line = json.dumps({"text": "好\0"}) + "\n"
    data = "\ufeff".join([line] * 3).encode("utf-8-sig")
    text, notes = read(write(tmp_path / "a.jsonl", data))
    assert text == "好" * 3
    assert any("2 个 BOM" in n and "第 2 行" in n for n in notes) and any("3 个零字符" in n for n in notes)


def test_half_surrogates(tmp_path):
    rows = [json.dumps({"text": t}) for t in ("一", "二\ud83d", "三\U0001f600", "\ude00四")]
    text, notes = read(write(tmp_path / "a.jsonl", "\n".join(rows).encode()))
    assert text == "一二\ufffd三\U0001f600\ufffd四"
    assert len(notes) == 1 and "2 个" in notes[0] and "第 2 行" in notes[0]
    data = (SIMPLE + "坏\ud83d了").encode("utf-16", "surrogatepass")
    text, notes = read(write(tmp_path / "b.txt", data))
    assert text == SIMPLE + "坏\ufffd了" and any("第 2 行" in n and "半个 emoji" in n for n in notes)


@settings(max_examples=60)
@given(st.text(alphabet="一二。\n\0\ufeff\ud83d😀a", max_size=40), st.integers(1, 9))
def test_junk_is_dropped_wherever_the_pieces_are_cut(text, size):
    """读多少个字符一段，都是同样的字；行号也对。"""
    import io
    from pathlib import Path

    from tinygpt.notes import Notes

    clean = text.replace("\0", "").replace("\ufeff", "").replace("\ud83d", "\ufffd")
    notes = Notes()
    file = decoding.CleanText(io.StringIO(text, newline=""), Path("f"), notes)
    found = ""
    while piece := file.read(size):
        found += piece
    assert found == clean
    nuls = [line for line in notes.lines() if "零字符" in line]
    assert len(nuls) == ("\0" in text)
    if nuls:
        line = text[: text.index("\0")].count("\n") + 1
        assert f" {text.count(chr(0))} 个" in nuls[0] and f"第 {line} 行" in nuls[0]


def test_notes_are_of_the_last_reading(tmp_path):
    """读两遍（分词器一遍，编号一遍），不数两遍。"""
    source = FileSource([write(tmp_path / "a.txt", ("夹\0零" + SIMPLE * 9).encode())])
    for _ in range(2):
        list(source.passages())
    assert len(source.notes()) == 1 and " 1 个零字符" in source.notes()[0]


def test_detection_of_a_plain_file():
    assert named_encoding("GBK") == "gb18030" and named_encoding("UTF8") == "utf-8-sig"
    with pytest.raises(InputError):
        detect_encoding(__import__("pathlib").Path("没有这个文件.txt"))
