"""内存：训练时把用过的大块内存留着再用，不每一步都还给系统。

一步训练要几块很大的临时内存（小批 16 × 256 个位置、词表 4,096 时，logits 一块就是 64 MB）。
glibc 默认把大块内存直接向系统要、用完就还；系统每次都要把新的一页一页清零，
小模型的时间就有三分之一花在这里（docs/performance.md）。
代价：进程占用的内存停在最多的时候，而且大小不一的块拼不满，最多的时候多占一成半到三成（docs/performance.md）。
内存紧的机器，用 MALLOC_ARENA_MAX=2 之类的环境变量关掉它：tinygpt 就用系统的默认。

只在 Linux 的 glibc 上有这件事；别的系统上什么也不做。使用者用环境变量设过 glibc 的内存，就一个也不动。
"""

import ctypes
import os

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # glibc 的 malloc.h
KEEP = 2**31 - 1  # 空闲的超过这么多字节才还


def decided_by_the_user(environment) -> bool:
    return any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in environment)


def keep_freed_memory(environment=os.environ) -> bool:
    """让 malloc 留着用过的大块内存；返回做了没有。"""
    if decided_by_the_user(environment):
        return False
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018 只有 glibc 有它；musl 与 macOS 的 mallopt 不是这个意思
        return bool(libc.mallopt(M_MMAP_MAX, 0)) and bool(libc.mallopt(M_TRIM_THRESHOLD, KEEP))
    except (OSError, AttributeError, TypeError):  # Windows 的 CDLL(None) 是 TypeError
        return False


keep_freed_memory()
