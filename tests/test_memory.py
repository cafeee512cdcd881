"""用过的大块内存留着再用：看缺页的次数；使用者设过的不动；别的系统上什么也不做。"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tinygpt import memory

ROOT = Path(__file__).parents[1]
CODE = """
import resource
import numpy
{prepare}
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    numpy.full(64 << 20, 1, dtype="uint8")
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(sum(faults() for _ in range(4)))
"""


def page_faults(prepare: str, **variables) -> int:
    """四次要 64 MB、写满、丢掉，一共缺页多少次（在全新的进程里）。"""
    environment = {k: v for k, v in os.environ.items() if not memory.decided_by_the_user([k])}
    environment |= {"PYTHONPATH": str(ROOT)} | variables
    command = [sys.executable, "-c", CODE.format(prepare=prepare)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="只在 glibc 上有")
def test_large_blocks_are_used_again():
    page = os.sysconf("SC_PAGE_SIZE")
    every_time = 4 * (64 << 20) // page // 600  # 大页（2 MB）也算在内，至少这么多次
    assert page_faults("") > every_time  # 对照：不导入 tinygpt，每次都向系统要
    assert page_faults("import tinygpt") < every_time / 10


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="只在 glibc 上有")
def test_the_user_has_decided():
    page = os.sysconf("SC_PAGE_SIZE")
    given = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
    assert page_faults("import tinygpt", **given) > 4 * (64 << 20) // page // 600


@pytest.mark.parametrize("name", ["MALLOC_ARENA_MAX", "GLIBC_TUNABLES"])
def test_settings_of_the_user_are_left_alone(name):
    assert memory.keep_freed_memory({name: "1"}) is False


@pytest.mark.parametrize("error", [TypeError, OSError, AttributeError])
def test_other_systems(monkeypatch, error):
    """Windows 的 CDLL(None) 是 TypeError；没有 C 库是 OSError；musl、macOS 没有 gnu_get_libc_version。"""

    def fail(name):
        raise error

    monkeypatch.setattr(memory.ctypes, "CDLL", fail)
    assert memory.keep_freed_memory({}) is False
