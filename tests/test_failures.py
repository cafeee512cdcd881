"""每一种失败都说成中文：发现了什么、应该是什么、怎么办；程序自己的毛病只印一行，完整的报告写进文件。"""

import codecs
import errno
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tinygpt import cli
from tinygpt.commands import failures, generate, output
from tinygpt.commands.output import as_typed, encoding_for
from tinygpt.errors import SYSTEM, InputError, require_text, system_reason
from tinygpt.tokenizer import Tokenizer

ROOT = Path(cli.__file__).parents[1]
POEM = "春天来了，小河里的冰化了，水一天比一天多。孩子们在河边看鱼，鱼在水里看他们。\n"


@pytest.fixture
def failing(monkeypatch, capsys):
    """failing(错误, *参数) → 命令在做事时出了这个错误，（代码，标准错误）。"""

    def call(error, *argv):
        def raising(*_, **__):
            raise error

        monkeypatch.setattr(generate, "load", raising)
        monkeypatch.setattr("tinygpt.commands.train.source_of", raising)
        code = cli.main(list(argv) or ["generate", "春"])
        return code, capsys.readouterr().err

    return call


# ---- 操作系统的错误 ----


@pytest.mark.parametrize("number", SYSTEM, ids=errno.errorcode.get)
def test_system_errors_are_chinese_and_say_what_to_do(failing, number):
    code, err = failing(OSError(number, os.strerror(number), "某个文件"))
    assert code == 2 and "（某个文件）" in err and "怎么办：" in err
    assert os.strerror(number) not in err and "Traceback" not in err


def test_an_unknown_system_error_keeps_the_words_of_the_system():
    found, _, fix = system_reason(OSError(errno.EXDEV, "Invalid cross-device link"))
    assert "Invalid cross-device link" in found and fix


def test_a_file_in_use_on_windows():
    error = PermissionError(errno.EACCES, "Access is denied")
    error.winerror = 32
    assert "别的程序正开着" in system_reason(error)[0]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_in_training_advises_what_fits_the_folder(failing, tmp_path, number):
    code, err = failing(OSError(number, "full"), "train", "--out", str(tmp_path))
    assert code == 2 and "磁盘" in err and "--resume" not in err and "--overwrite" in err
    assert "--overwrite" not in failing(OSError(number, "full"), "train", "--out", str(tmp_path / "new"))[1]
    (tmp_path / "training.safetensors").write_bytes(b"")
    assert "--resume" in failing(OSError(number, "full"), "train", "--out", str(tmp_path))[1]


# ---- 内存、编译、线程 ----

MEMORY = [
    MemoryError(), MemoryError("Unable to allocate 3.9 GiB for an array"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
    RuntimeError("Invalid buffer size: 9 GB"),
    RuntimeError("std::bad_alloc"), OSError(errno.ENOMEM, "Cannot allocate memory"),
]  # fmt: skip


@pytest.mark.parametrize("error", MEMORY, ids=lambda error: str(error)[:30] or "MemoryError")
def test_out_of_memory_in_training_halves_the_batch(failing, error):
    code, err = failing(error, "train", "--out", "x", "--batch-size", "200", "--accumulation", "3")
    assert code == 2 and "内存不够" in err and "--batch-size 100 --accumulation 6" in err
    code, err = failing(error, "train", "--out", "x")
    assert code == 2 and "--batch-size 8 --accumulation 2" in err


def test_out_of_memory_with_a_batch_of_one_shrinks_the_model(failing):
    _, err = failing(MemoryError(), "train", "--out", "x", "--batch-size", "1")
    assert "--batch-size 0" not in err and "--n-embd" in err


def test_out_of_memory_elsewhere(failing):
    code, err = failing(MemoryError())
    assert code == 2 and "内存不够" in err and "--batch-size" not in err


def test_no_compiler(failing):
    kind = type("InvalidCxxCompiler", (RuntimeError,), {"__module__": "torch._inductor.exc"})
    code, err = failing(kind("No working C++ compiler found"), "train", "--out", "x")
    assert code == 2 and "编译器" in err and "去掉 --compile" in err


def test_no_more_threads(failing):
    code, err = failing(RuntimeError("can't start new thread"))
    assert code == 2 and "OMP_NUM_THREADS=1" in err


# ---- 程序自己的毛病 ----


def test_a_bug_is_one_line_and_a_full_report_in_a_file(failing, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code, err = failing(IndexError("list index out of range"))
    path = Path(re.search(r"完整的报告在 (\S+?)，", err)[1])
    text = path.read_text(encoding="utf-8")
    assert code == 1 and "Traceback" not in err and "IndexError" in err and "它自己的毛病" in err
    assert path.parent == tmp_path and "Traceback" in text and "test_failures.py" in text and "torch" in text


def test_a_report_that_cannot_be_written_is_printed(failing, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(failures.tempfile, "NamedTemporaryFile", full)
    code, err = failing(IndexError("糟了"))
    assert code == 1 and "Traceback" in err and "糟了" in err


# ---- 屏幕 ----


def run(command, **options):
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | options.pop("env", {})
    return subprocess.run(command, env=environment, capture_output=True, check=False, **options)


@pytest.mark.skipif(os.name == "nt", reason="要一个 POSIX 的 sh")
def test_closed_streams_and_a_full_disk_behind_stdout(tmp_path):
    """没有 stdout、stderr（服务、计划任务）；stdout 指到写不下的地方。"""
    program = "import os; from tinygpt import cli; import sys; "
    program += "code = cli.main(['tokenizer', 'show', '春天']); "
    program += "f = open('x', 'w'); sys.exit(code if f.fileno() > 2 else 9)"
    line = f'"{sys.executable}" -c "{program}"'
    done = run(["sh", "-c", f"{line} <&- >&- 2>&-"], cwd=tmp_path)
    assert done.returncode == 0
    if Path("/dev/full").exists():
        done = run(["sh", "-c", f"{line} >/dev/full"], cwd=tmp_path)
        assert done.returncode == 2 and "磁盘满了" in done.stderr.decode()


class Stream(io.TextIOWrapper):
    def __init__(self, encoding, tty):
        super().__init__(io.BytesIO(), encoding=encoding)
        self.tty = tty

    def isatty(self):
        return self.tty


@pytest.mark.parametrize("encoding, tty, expected", [
    ("utf-8", True, "utf-8"), ("gbk", True, "gbk"), ("gb18030", True, "gb18030"), ("ascii", True, "utf-8"),
    ("cp1252", True, "utf-8"), ("gbk", False, "utf-8"), ("ascii", False, "utf-8"),
])  # fmt: skip
def test_a_terminal_that_can_show_chinese_keeps_its_encoding(monkeypatch, encoding, tty, expected):
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    assert encoding_for(Stream(encoding, tty)) == expected


def test_a_chosen_encoding_is_respected_when_it_can_show_chinese(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "gbk")
    assert encoding_for(Stream("gbk", False)) == "gbk"
    assert encoding_for(Stream("ascii", False)) == "utf-8"


def test_what_cannot_be_shown_never_stops_the_program():
    """GBK 的屏幕上的 emoji 写成 ?；文件名里的字节是 UTF-8 就还原成文字，GBK 的写成 ?。"""
    assert "好🙂".encode("gbk", errors="tinygpt") == "好?".encode("gbk")
    name = "中文".encode().decode("ascii", "surrogateescape")
    assert f"a{name}b".encode("utf-8", errors="tinygpt") == "a中文b".encode()
    assert f"a{name}b".encode("gbk", errors="tinygpt") == "a中文b".encode("gbk")
    assert "a\udcc8\udcd5b".encode("utf-8", errors="tinygpt") == b"a??b"
    assert "a\ud83d".encode("utf-8", errors="tinygpt") == b"a?"
    assert b"a\xffb".decode("utf-8", errors="tinygpt") == "a�b"
    assert codecs.lookup_error("tinygpt") is output._instead


@pytest.mark.skipif(os.name == "nt", reason="Windows 的命令行总是文字")
def test_words_typed_where_python_reads_bytes(monkeypatch):
    """LC_ALL=C、PYTHONUTF8=0：“春天”成了六个孤立的代理字符，还原成春天；GBK 的字节也认得；都不是的不动。"""
    typed = "春天".encode().decode("ascii", "surrogateescape")
    monkeypatch.setattr(os, "fsencode", lambda text: text.encode("ascii", "surrogateescape"))
    assert as_typed(typed) == "春天"
    assert as_typed("春天".encode("gbk").decode("ascii", "surrogateescape")) == "春天"
    assert as_typed("\udcff") == "\udcff" and as_typed("plain") == "plain"


def test_a_path_must_be_text():
    require_text("中文 文件夹/a b")
    with pytest.raises(InputError, match="GBK"):
        require_text("runs/\udcc8\udcd5")


# ---- 没见过的字 ----


def test_unknown_characters_are_listed_once():
    char = Tokenizer.train_char(["春天来了"])
    assert char.unknown("春龘天靐龘") == ["龘", "靐"] and char.unknown("春天") == []
    assert Tokenizer.train_bpe([POEM] * 20, 320).unknown("龘靐") == []  # 拆成字节，读得出来


def test_a_prompt_and_a_text_with_unknown_characters_are_pointed_out(tmp_path, capsys):
    (tmp_path / "a.txt").write_text(POEM * 30, encoding="utf-8")
    (tmp_path / "b.txt").write_text("龘靐" + POEM, encoding="utf-8")
    out, data = str(tmp_path / "run"), str(tmp_path / "b.txt")
    assert cli.main([
        "train", "--data", str(tmp_path / "a.txt"), "--out", out, "--tokenizer", "char", "--preset", "tiny",
        "--n-embd", "16", "--context-length", "16", "--steps", "1", "--batch-size", "2", "--device", "cpu",
    ]) == 0  # fmt: skip
    capsys.readouterr()
    options = ["--model", out, "--max-new-tokens", "3", "--seed", "1"]
    assert cli.main(["generate", "龘靐", *options]) == 0
    shown = capsys.readouterr()
    assert "2 个字" in shown.err and "龘靐" in shown.err and "注意" not in shown.out
    assert cli.main(["generate", "春天", *options]) == 0 and capsys.readouterr().err == ""
    assert cli.main(["chat", "--model", out, "--ask", "龘", "--max-new-tokens", "3"]) == 0
    assert "龘" in capsys.readouterr().err
    assert cli.main(["evaluate", "--model", out, "--data", data]) == 0
    assert "有 2 个字模型没见过" in capsys.readouterr().err
