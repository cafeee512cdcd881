"""解开 .gz：一边解一边数，解出来太多就停下。

几 KB 的“gzip 炸弹”能解出几 TB。文字压缩之后是原来的几分之一到几十分之一，炸弹是一千分之一，所以：
解出来超过 FREE 字节，又超过文件大小的 MOST_TIMES 倍，就不再读。
"""

import gzip
import io
import os

from tinygpt.errors import require

FREE = 64 << 20
MOST_TIMES = 200


def unpacked(file: io.BufferedReader) -> io.BufferedReader:
    """打开着的 .gz 文件 → 解开了的字节，依次读。"""
    return io.BufferedReader(_Counted(file))


class _Counted(io.RawIOBase):
    """数着读了多少。"""

    def __init__(self, file: io.BufferedReader):
        self.name, size = file.name, os.fstat(file.fileno()).st_size
        self.source, self.most, self.total = gzip.GzipFile(fileobj=file), max(FREE, MOST_TIMES * size), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = self.source.readinto(buffer)
        self.total += count
        found = f"{self.name} 解开之后超过 {self.most:,} 字节，是压缩时的 {MOST_TIMES} 倍以上，不像文字"
        fix = "检查它是不是别人做的“gzip 炸弹”；确实是文字，就自己解开再用"
        require(self.total <= self.most, found, f"解开之后不超过 {MOST_TIMES} 倍", fix)
        return count

    def close(self) -> None:
        self.source.close()
        super().close()
