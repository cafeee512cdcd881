"""text.py：各种格式、编码与坏文件。"""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygpt import records
from tinygpt import text as module
from tinygpt.commands.train import encode_source
from tinygpt.errors import InputError
from tinygpt.text import content_digest, detect_encoding, find_files, read_passages
from tinygpt.tokenizer import Tokenizer

POEM = "床前明月光,疑是地上霜。举头望明月,低头思故乡。\n"


def write(path, content, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def texts_of(*paths, **options):
    return [p.text for p in read_passages(paths, **options)]


def lines(*rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


# ---- 格式 ----


@pytest.mark.parametrize("name", ["a.txt", "a.md", "A.TXT", "a.b.txt"])
def test_plain_files_are_one_document(tmp_path, name):
    passages = list(read_passages([write(tmp_path / name, POEM)]))
    assert [(p.text, p.ends_document, p.split) for p in passages] == [(POEM, True, None)]
    assert name in passages[0].source


ROWS = [
    {"text": "一\n二"},
    {"text": "三", "split": "validation"},
    {"text": "四", "split": "train"},
    {"text": "五", "split": "其他"},
]
READ = [("一\n二", None), ("三", "validation"), ("四", "train"), ("五", None)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "A.JSONL.GZ", "a.json"])
def test_json_formats(tmp_path, name):
    content = (json.dumps(ROWS, ensure_ascii=False, indent=2) if name == "a.json" else lines(*ROWS)).encode()
    path = write(tmp_path / name, gzip.compress(content, mtime=0) if name.lower().endswith("gz") else content)
    passages = list(read_passages([path]))
    assert [(p.text, p.split) for p in passages] == READ
    assert all(p.ends_document for p in passages) and "2" in passages[1].source


def test_json_single_object_and_list_of_strings(tmp_path):
    assert texts_of(write(tmp_path / "a.json", '{"text": "一"}')) == ["一"]
    assert texts_of(write(tmp_path / "b.json", ' \n ["一", "二"] \n')) == ["一", "二"]
    assert texts_of(write(tmp_path / "c.jsonl", '"一"\n\n  \n"二"')) == ["一", "二"]  # 空行跳过


def test_other_field(tmp_path):
    path = write(tmp_path / "a.jsonl", lines({"body": "正文", "text": "标题"}))
    assert texts_of(path, field="body") == ["正文"]


def test_folders_are_walked_in_order_and_other_suffixes_left_out(tmp_path):
    write(tmp_path / "b.txt", "二")
    write(tmp_path / "a.txt", "一")
    write(tmp_path / "c" / "d.jsonl", lines({"text": "三"}))
    write(tmp_path / "picture.png", b"\x89PNG\0")
    assert texts_of(tmp_path) == ["一", "二", "三"]
    assert texts_of(tmp_path / "b.txt", tmp_path / "a.txt") == ["二", "一"]  # 点名的文件按给出的次序


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".json"])
def test_encodings(tmp_path, encoding, suffix):
    whole = json.dumps([{"text": POEM}], ensure_ascii=False)
    content = {".txt": POEM, ".jsonl": lines({"text": POEM}), ".json": whole}[suffix]
    path = write(tmp_path / f"a{suffix}", content, encoding)
    assert texts_of(path) == [POEM]
    assert detect_encoding(path) == ("gb18030" if encoding.startswith("gb") else "utf-8-sig")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_newlines_become_one_kind(tmp_path, newline):
    raw = f"一{newline}二{newline}{newline}三"
    wanted = "一\n二\n\n三"
    assert texts_of(write(tmp_path / "a.txt", raw)) == [wanted]
    assert texts_of(write(tmp_path / "a.jsonl", lines({"text": raw}))) == [wanted]
    rows = f'{{"text": "一"}}{newline}{{"text": "二"}}{newline}'
    assert texts_of(write(tmp_path / "b.jsonl", rows)) == ["一", "二"]


def test_newlines_in_bare_strings_too(tmp_path):
    assert texts_of(write(tmp_path / "a.json", json.dumps(["一\r\n二"]))) == ["一\n二"]


# ---- 长文件 ----


@settings(max_examples=40)
@given(
    st.text(alphabet="一二 \n", min_size=1, max_size=40).filter(str.strip),
    st.text(alphabet=" \n", max_size=20),
    st.integers(1, 8),
)
def test_long_text_is_one_document_in_pieces(tmp_path_factory, body, blank, piece):
    """分段读，拼起来还是原文；只有最后一段结束文档（包括结尾全是空白的时候）。"""
    path, text = write(tmp_path_factory.mktemp("long") / "a.txt", body + blank), body + blank
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", piece)
        passages = list(read_passages([path]))
    assert "".join(p.text for p in passages) == text
    assert [p.ends_document for p in passages] == [False] * (len(passages) - 1) + [True]


def test_a_long_file_that_ends_in_blank_lines_still_ends_its_document(tmp_path):
    """真实的大小：一行 PIECE 个字之后几个空行，下一个文件不能接在同一篇里。"""
    first = write(tmp_path / "a.txt", "字" * module.PIECE + "\n" + "\n" * 5)
    passages = list(read_passages([first, write(tmp_path / "b.txt", "另一篇")]))
    assert sum(p.ends_document for p in passages) == 2


def test_blank_file_longer_than_a_piece_is_no_text(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PIECE", 4)
    with pytest.raises(InputError, match="没有读到文字"):
        texts_of(write(tmp_path / "a.txt", " " * 40))


ITEMS = [
    {"text": "一"},
    {"text": "[{\"二\\\"},]"},
    {"text": "三\n" * 5, "n": [1, {"a": "]"}]},
    {"text": "😀"},
]


@pytest.mark.parametrize("indent", [None, 2])
def test_json_list_is_read_across_buffer_borders(tmp_path, monkeypatch, indent):
    """缓冲区切在任何地方（逗号、括号、字符串中间），读出的都一样。"""
    path = write(tmp_path / "a.json", json.dumps(ITEMS, ensure_ascii=False, indent=indent) + "\n")
    wrong = {}
    for piece in [*range(1, 150), 1000]:
        monkeypatch.setattr(records, "PIECE", piece)
        try:
            read = texts_of(path)
        except InputError as error:
            read = str(error)
        if read != [item["text"] for item in ITEMS]:
            wrong[piece] = read
    assert wrong == {}


def test_json_list_is_not_read_all_at_once(tmp_path):
    """文件后半坏了，前面的仍然先交出来：可见是逐项读的。"""
    content = "[" + ",".join([json.dumps({"text": "一" * 1000}, ensure_ascii=False)] * 2000) + ", 坏]"
    stream = read_passages([write(tmp_path / "a.json", content)])
    assert next(stream).text == "一" * 1000
    with pytest.raises(InputError, match="2001"):
        list(stream)


# ---- 坏的输入 ----


def fails(*paths, match, **options):
    with pytest.raises(InputError, match=match) as caught:
        texts_of(*paths, **options)
    assert caught.value.expected and caught.value.fix
    return caught.value


def test_missing_file(tmp_path):
    fails(tmp_path / "no.txt", match="没有这个文件")


def test_unknown_suffix(tmp_path):
    assert ".txt" in str(fails(write(tmp_path / "a.pdf", POEM), match="a.pdf"))
    fails(write(tmp_path / "noext", POEM), match="noext")


def test_folder_without_text(tmp_path):
    write(tmp_path / "a.png", b"x")
    fails(tmp_path, match="没有可读的文件")


@pytest.mark.parametrize("suffix", [".txt", ".md", ".jsonl", ".json"])
def test_empty_file(tmp_path, suffix):
    fails(write(tmp_path / f"a{suffix}", b""), match="空文件")


@pytest.mark.parametrize(("name", "content"), [
    ("a.txt", " \n\n\t "), ("a.jsonl", "\n\n"), ("a.json", "[]"), ("a.json", "   "),
    ("a.jsonl", '{"text": "  "}\n'), ("a.txt", b"\xef\xbb\xbf"),
    ("a.jsonl.gz", gzip.compress(b"", mtime=0)),
])  # fmt: skip
def test_no_text_at_all(tmp_path, name, content):
    fails(write(tmp_path / name, content), match="没有读到文字|JSON")


def test_blank_documents_are_skipped(tmp_path):
    assert texts_of(write(tmp_path / "a.jsonl", lines({"text": " "}, {"text": "一"}, {"text": ""}))) == ["一"]


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".json"])
def test_binary_file(tmp_path, suffix):
    fails(write(tmp_path / f"a{suffix}", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), match="二进制")


def test_bytes_that_are_no_encoding(tmp_path):
    fails(write(tmp_path / "a.txt", bytes(range(128, 256)) * 10), match="编码")


@pytest.mark.parametrize(
    "bad", ['{"text": "一', "{'text': '一'}", "不是 JSON", '{"text": "一"} 二']
)
def test_broken_jsonl_line_names_its_number(tmp_path, bad):
    path = write(tmp_path / "a.jsonl", lines({"text": "好"}) + "\n" + bad + "\n" + lines({"text": "好"}))
    assert "a.jsonl" in str(fails(path, match="第 3 行"))  # 空行也数


@pytest.mark.parametrize("row", [{"title": "没有正文"}, {"text": 3}, [3], 5])
def test_missing_field_says_where_and_what_there_is(tmp_path, row):
    error = fails(write(tmp_path / "a.jsonl", lines({"text": "好"}, row)), match="第 2 行")
    assert "text" in error.found and (not isinstance(row, dict) or all(name in error.found for name in row))
    fails(write(tmp_path / "a.json", json.dumps([{"text": "好"}, row])), match="第 2 项")


@pytest.mark.parametrize(
    "content", ['[{"text": "一"}, {"text": ', '[{"text": "一"}, 坏]', "不是 JSON", '{"text": "一"']
)
def test_broken_json(tmp_path, content):
    fails(write(tmp_path / "a.json", content), match="JSON")


@pytest.mark.parametrize("content", ['[{"text": "一"},', '[{"text": "一"}', "["])
def test_json_list_cut_off_between_items(tmp_path, content):
    """下载到一半的文件：列表没有收尾，不能悄悄当作完整。"""
    fails(write(tmp_path / "a.json", content), match="JSON")


def test_cut_off_gzip(tmp_path):
    whole = gzip.compress(lines(*[{"text": f"第{i}篇"} for i in range(500)]).encode())
    fails(write(tmp_path / "a.jsonl.gz", whole[: len(whole) // 2]), match="a.jsonl.gz")


def test_not_gzip_at_all(tmp_path):
    fails(write(tmp_path / "a.jsonl.gz", lines({"text": "一"})), match="a.jsonl.gz")


def test_corrupt_gzip(tmp_path):
    rows = [{"text": f"第{i}篇{i * 7919 % 1000}"} for i in range(500)]
    whole = bytearray(gzip.compress(lines(*rows).encode()))
    whole[len(whole) // 2 : len(whole) // 2 + 20] = b"\xff" * 20
    fails(write(tmp_path / "a.jsonl.gz", bytes(whole)), match="a.jsonl.gz")


# ---- 摘要 ----


def test_digest_depends_on_content_not_on_place(tmp_path):
    a, b = write(tmp_path / "x" / "a.txt", POEM), write(tmp_path / "y" / "b.txt", POEM)
    assert content_digest([a]) == content_digest([b]) == content_digest([tmp_path / "x"])
    digests = {
        content_digest([a]), content_digest([a], field="body"), content_digest([a, b]),
        content_digest([write(tmp_path / "c.txt", POEM + "!")]),
        content_digest([write(tmp_path / "d.md", POEM)]),
    }  # fmt: skip
    assert len(digests) == 5


def test_find_files_expands_folders(tmp_path):
    a, b = write(tmp_path / "f" / "a.txt", "一"), write(tmp_path / "b.md", "二")
    assert find_files([b, tmp_path / "f"]) == [b, a]


# ---- 读的时候变了 ----


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    """编号不能记在别的内容名下：读完再看一遍，变了就什么也不存。"""
    source = module.FileSource([write(tmp_path / "a.txt", POEM * 9)])
    digest = source.digest()
    assert list(source.unchanged_passages(digest))
    passages = source.unchanged_passages(digest)
    next(passages)
    write(tmp_path / "a.txt", POEM * 10)
    with pytest.raises(InputError, match="在读的时候变了"):
        list(passages)


def test_a_file_that_changes_after_the_tokenizer_is_refused(tmp_path, monkeypatch):
    """分词器没见过的字会编成 <unk>：训练分词器之后变的也不行。什么也没有存进缓存。"""
    monkeypatch.setenv("TINYGPT_CACHE", str(tmp_path / "cache"))
    source = module.FileSource([write(tmp_path / "a.txt", POEM * 9)])
    digest, tokenizer = source.digest(), Tokenizer.train_char(source.training_texts())
    write(tmp_path / "a.txt", POEM * 9 + "赵钱孙李\n")
    with pytest.raises(InputError, match="在读的时候变了"):
        encode_source(source, tokenizer, 0.1, digest)
    assert [path for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []


def test_other_bytes_after_the_encoding_was_found(tmp_path, monkeypatch):
    path = write(tmp_path / "a.txt", POEM * 9)
    found = module.detect_encoding(path)
    monkeypatch.setattr(module, "detect_encoding", lambda path: found)
    write(path, (POEM * 9).encode("gbk"))
    with pytest.raises(InputError, match="a.txt 在读的时候变了"):
        list(read_passages([path]))


def test_a_web_page_is_said(tmp_path):
    source = module.FileSource([write(tmp_path / "a.txt", "\n<!DOCTYPE HTML>\n<p>404</p>\n")])
    assert [p.text for p in source.passages()] == ["\n<!DOCTYPE HTML>\n<p>404</p>\n"]
    assert len(source.notes()) == 1 and "网页" in source.notes()[0]
