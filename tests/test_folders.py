"""folders.py：文件夹里什么算文字，什么跳过；跳过的都说出来。"""

import os

import pytest

from tinygpt.errors import InputError
from tinygpt.folders import find_files
from tinygpt.notes import Notes
from tinygpt.text import content_digest, read_passages


def put(folder, *names, text="一段文字\n"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def names(folder, *paths):
    """（找到的文件的名字，见闻）。"""
    notes = Notes()
    found = find_files(paths or [folder], notes)
    return [path.relative_to(folder).as_posix() for path in found], notes.lines()


def link(path, target):
    try:
        path.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        pytest.skip("这里不能建链接")


@pytest.mark.parametrize("other", [
    ".ipynb_checkpoints/a-checkpoint.txt", ".git/description.txt", "__MACOSX/a.txt", "~$a.txt", "._a.txt",
    ".a.txt.swp.txt", "__pycache__/x.json", "sub/.hidden/b.md", "node_modules/x/readme.md", "@eaDir/a.txt",
])  # fmt: skip
def test_hidden_things_are_skipped_and_counted(tmp_path, other):
    put(tmp_path, "a.txt", other)
    found, notes = names(tmp_path)
    assert found == ["a.txt"] and len(notes) == 1 and "隐藏" in notes[0]


def test_a_hidden_folder_that_is_named_is_read(tmp_path):
    put(tmp_path, ".notes/a.txt")
    assert names(tmp_path, tmp_path / ".notes") == ([".notes/a.txt"], [])


@pytest.mark.parametrize(("made", "word"), [
    (("config.json", "tokenizer.json"), "训练"), (("run.json", "metrics.jsonl"), "训练"),
    (("meta.json", "train.bin"), "缓存"), (("pyvenv.cfg", "lib/site/LICENSE.txt"), "Python"),
])  # fmt: skip
def test_folders_written_by_programs_are_not_text(tmp_path, made, word):
    """在文字的文件夹里训练，结果也存在这里：再训练一次，读到的还是原来的文字，摘要不变。"""
    put(tmp_path, "a.txt")
    before = content_digest([tmp_path])
    put(tmp_path, *(f"runs/mine/{name}" for name in made))
    found, notes = names(tmp_path)
    assert found == ["a.txt"] and word in notes[0] and "mine" in notes[0]
    assert content_digest([tmp_path]) == before
    with pytest.raises(InputError, match=word):
        find_files([tmp_path / "runs" / "mine"])


def test_a_tokenizer_beside_the_text_is_not_text(tmp_path):
    put(tmp_path, "a.txt", "tokenizer.json")
    assert names(tmp_path)[0] == ["a.txt"]


def test_empty_files_are_skipped_unless_all_are_empty(tmp_path):
    put(tmp_path, "a.txt", "c.jsonl")
    put(tmp_path, "b.txt", "d.txt", text="")
    (tmp_path / "c.jsonl").write_text('{"text": "二"}\n', encoding="utf-8")
    found, notes = names(tmp_path)
    assert found == ["a.txt", "c.jsonl"] and "2 个空文件" in notes[0] and "b.txt" in notes[0]
    assert len(list(read_passages([tmp_path / "a.txt", tmp_path / "b.txt"]))) == 1  # shell 展开的 *.txt
    with pytest.raises(InputError, match="空文件"):
        find_files([tmp_path / "b.txt", tmp_path / "d.txt"])


def test_other_suffixes_are_counted(tmp_path):
    put(tmp_path, "a.txt", "x.docx", "y.docx", "z.pdf")
    assert [line for line in names(tmp_path)[1] if ".docx 的文件 2 个" in line]
    (tmp_path / "a.txt").unlink()
    with pytest.raises(InputError, match="docx"):
        find_files([tmp_path])


def test_links_are_followed_once_and_loops_end(tmp_path):
    put(tmp_path, "real/a.txt", "far/b.txt")
    link(tmp_path / "real" / "up", tmp_path)
    link(tmp_path / "real" / "b.txt", tmp_path / "far" / "b.txt")
    link(tmp_path / "real" / "gone.txt", tmp_path / "nowhere.txt")
    found, notes = names(tmp_path, tmp_path / "real")
    assert sorted(os.path.basename(name) for name in found) == ["a.txt", "b.txt"]
    text = "\n".join(notes)
    assert "绕回" in text and "不在了" in text and "只读一次" in text
    with pytest.raises(InputError, match="链接"):
        find_files([tmp_path / "real" / "gone.txt"])


def test_the_same_file_twice_is_read_once(tmp_path):
    put(tmp_path, "f/a.txt", "f/b.txt")
    folder = tmp_path / "f"
    found, notes = names(tmp_path, folder / "b.txt", folder, folder / ".." / "f" / "a.txt")
    assert found == ["f/b.txt", "f/a.txt"] and "（2 个）" in notes[0]


def test_patterns_are_expanded(tmp_path, monkeypatch):
    put(tmp_path, "甲.txt", "乙.txt", ".隐.txt", "c.png", "sub/丙.txt")
    assert names(tmp_path, tmp_path / "*.txt")[0] == ["乙.txt", "甲.txt"]
    assert names(tmp_path, tmp_path / "**" / "*.txt")[0] == sorted(["sub/丙.txt", "乙.txt", "甲.txt"])
    assert names(tmp_path, tmp_path / "*")[0] == ["sub/丙.txt", "乙.txt", "甲.txt"]
    put(tmp_path, "[1].txt")
    assert names(tmp_path, tmp_path / "[1].txt")[0] == ["[1].txt"]  # 名字里真有方括号
    for pattern, word in (("*.doc", "没有文件合于"), ("*.png", "后缀")):
        with pytest.raises(InputError, match=word):
            find_files([tmp_path / pattern])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert [path.name for path in find_files(["~/甲.txt"])] == ["甲.txt"]


def test_the_quote_that_windows_leaves_behind(tmp_path):
    put(tmp_path, "文字/a.txt")
    assert [path.name for path in find_files([f'{tmp_path / "文字"}"'])] == ["a.txt"]


@pytest.mark.parametrize(("path", "word"), [
    ("https://example.org/a.txt", "网址"), ("没有.txt", "没有这个文件"),
    ("file:///没有/a.txt", "没有这个文件"),
    ("有.txt,没有.txt", "空格隔开：--data 有.txt 没有.txt"), ("没有.txt，有.txt", "空格隔开"),
    ("小说.docx", "另存为"), ("小说.EPUB", "另存为"), ("语料.zip", "解压"), ("语料.txt.gz", "解压"),
    ("数据.parquet", "to_json"), ("第一章", "后缀改成 .txt"), ("a.log", "后缀改成 .txt"),
])  # fmt: skip
def test_what_cannot_be_read(tmp_path, monkeypatch, path, word):
    monkeypatch.chdir(tmp_path)
    others = ("小说.docx", "小说.EPUB", "语料.zip", "语料.txt.gz", "数据.parquet", "第一章", "a.log")
    put(tmp_path, "有.txt", *others)
    with pytest.raises(InputError) as caught:
        find_files([path])
    assert caught.value.expected and caught.value.fix and word in str(caught.value)
    assert ("后缀改成" in caught.value.fix) == ("后缀改成" in word)


def test_a_folder_of_other_programs_files_says_how(tmp_path):
    put(tmp_path, "a.docx", "b.zip")
    with pytest.raises(InputError, match="另存为.*解压"):
        find_files([tmp_path])


def test_a_windows_path_in_wsl():
    if os.name == "nt":
        pytest.skip("这里就是 Windows")
    with pytest.raises(InputError, match="'/mnt/c/Users/我/a.txt'"):
        find_files(["C:\\Users\\我\\a.txt"])


def test_a_file_address_is_a_path(tmp_path):
    put(tmp_path, "文 字/a.txt")
    assert find_files([(tmp_path / "文 字" / "a.txt").as_uri()]) == [tmp_path / "文 字" / "a.txt"]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("这里没有管道")
    os.mkfifo(tmp_path / "p.txt")
    with pytest.raises(InputError, match="不是普通的文件"):
        find_files([tmp_path / "p.txt"])
    put(tmp_path, "a.txt")
    found, notes = names(tmp_path)
    assert found == ["a.txt"] and "管道" in notes[0] and "p.txt" in notes[0]
