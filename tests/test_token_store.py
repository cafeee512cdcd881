"""编号缓存：每次用之前核对，坏成什么样都由文字重新写一份；写不进去就说出 TINYGPT_CACHE。"""

import errno
import json
import threading
from pathlib import Path

import pytest

from tinygpt import cli
from tinygpt.data import prepare
from tinygpt.errors import InputError
from tinygpt.text import Passage
from tinygpt.token_store import default_cache_dir, is_whole

PASSAGES = [Passage(f"第{i}篇" + "字" * i, f"f{i}") for i in range(12)]


@pytest.fixture
def cache(tmp_path):
    """cache() 编一次；cache.encoded 是真的编了几次。"""

    def encode(texts):
        call.encoded += 1
        return [[8 + ord(c) % 50 for c in text] for text in texts]

    def call(folder=tmp_path / "cache"):
        return prepare(PASSAGES, encode, key="k", vocab_size=100, eos=7, folder=folder)

    call.encoded = 0
    return call


def flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def edit(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


DAMAGE = {
    "train.bin emptied": lambda f: (f / "train.bin").write_bytes(b""),
    "train.bin cut": lambda f: (f / "train.bin").write_bytes((f / "train.bin").read_bytes()[:-2]),
    "train.bin longer": lambda f: (f / "train.bin").write_bytes((f / "train.bin").read_bytes() + b"\0\0"),
    "train.bin flipped": lambda f: flip(f / "train.bin", 10),
    "validation.bin flipped": lambda f: flip(f / "validation.bin", 0),
    "validation.bin missing": lambda f: (f / "validation.bin").unlink(),
    "meta.json emptied": lambda f: (f / "meta.json").write_bytes(b""),
    "meta.json missing": lambda f: (f / "meta.json").unlink(),
    "meta.json not text": lambda f: (f / "meta.json").write_bytes(b"\xff\xfe"),
    "meta.json a list": lambda f: (f / "meta.json").write_text("[]"),
    "meta.json another number": lambda f: edit(f / "meta.json", documents=13),
    "meta.json another type": lambda f: edit(f / "meta.json", dtype="object"),
    "meta.json another size": lambda f: edit(f / "meta.json", train_tokens="many"),
    "meta.json of an older edition": lambda f: edit(f / "meta.json", sha256=None),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_written_anew(cache, damage):
    first = cache()
    expected, meta, folder = first.train.tolist(), first.meta, first.folder
    del first
    DAMAGE[damage](folder)
    assert not is_whole(folder)
    again = cache()
    assert cache.encoded == 2 and again.train.tolist() == expected and again.meta == meta
    cache()
    assert cache.encoded == 2  # 修好之后照旧直接用


@pytest.mark.parametrize("name", ["train.bin", "validation.bin", "meta.json"])
def test_a_file_cut_at_every_sixteenth_is_noticed(cache, name):
    path = cache().folder / name
    whole = path.read_bytes()
    for part in range(16):
        path.write_bytes(whole[: len(whole) * part // 16])
        assert not is_whole(path.parent)
    path.write_bytes(whole)
    assert is_whole(path.parent)


def test_what_a_killed_process_left_is_cleared(cache):
    target = cache().folder
    leftover = target.with_name(f"{target.name}.abc.tmp")
    leftover.mkdir()
    (leftover / "all.bin").write_bytes(b"half")
    (target / "meta.json").unlink()
    cache()
    assert not leftover.exists()


def test_two_at_once_encode_only_once(cache):
    """第二个等第一个写完，直接用它的。"""
    threads = [threading.Thread(target=cache) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.encoded == 1 and is_whole(cache().folder)


# ---- 放在哪里 ----


@pytest.mark.parametrize("folder", ["文件/里面", "文件"])
def test_a_folder_that_cannot_be_made_names_the_variable(cache, tmp_path, folder):
    (tmp_path / "文件").write_text("这不是文件夹", encoding="utf-8")
    with pytest.raises(InputError, match="TINYGPT_CACHE"):
        cache(tmp_path / folder)


def failing(folder, error):
    """编码的时候出了 error。"""

    def encode(texts):
        raise error

    return prepare(PASSAGES, encode, key="k", vocab_size=100, eos=7, folder=folder)


def test_a_full_disk_names_the_variable(tmp_path):
    with pytest.raises(InputError, match="磁盘满了") as caught:
        failing(tmp_path, OSError(errno.ENOSPC, "No space left on device"))
    assert "TINYGPT_CACHE" in caught.value.fix


def test_an_error_in_reading_the_text_is_not_blamed_on_the_cache(tmp_path):
    with pytest.raises(PermissionError):
        failing(tmp_path / "cache", PermissionError(13, "Permission denied", str(tmp_path / "小说.txt")))


def test_no_home_at_all(monkeypatch, capsys, tmp_path):
    """没有 HOME，系统里也查不到这个用户（容器里常见）。"""
    monkeypatch.delenv("TINYGPT_CACHE")

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(InputError, match="HOME") as caught:
        default_cache_dir()
    assert "TINYGPT_CACHE" in caught.value.fix
    (tmp_path / "a.txt").write_text("春天来了。\n" * 200, encoding="utf-8")
    out = tmp_path / "run"
    line = ["train", "--data", str(tmp_path / "a.txt"), "--out", str(out), "--vocab-size", "300"]
    assert cli.main(line) == 2
    assert "TINYGPT_CACHE" in capsys.readouterr().err and not out.exists()
    monkeypatch.setenv("TINYGPT_CACHE", str(tmp_path / "c"))
    assert default_cache_dir() == tmp_path / "c"
