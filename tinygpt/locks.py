"""锁：同一个文件夹，同一时刻只有一个进程在写。

锁由操作系统保管（filelock 包着三种系统各自的办法）：进程一死，哪怕是断电、kill -9，锁就没有了，
所以没有“过期的锁”要人去删。有些网络盘没有这种锁，就退到写着进程号与机器名的锁文件，
filelock 认得出这台机器上已经死了的进程。
"""

import errno
from contextlib import contextmanager
from pathlib import Path

import filelock

UNSUPPORTED = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


class Busy(Exception):
    """锁在别的进程手里。"""


@contextmanager
def held(path: str | Path, wait: bool = False):
    """with held(path): 期间锁是自己的。别人拿着时，wait 就等到他放手，不然报 Busy。"""
    try:
        lock = _acquire(path, wait)
    except filelock.Timeout:
        raise Busy(str(path)) from None
    try:
        yield
    finally:
        lock.release()


def _acquire(path, wait: bool):
    lock = filelock.FileLock(path)
    try:
        lock.acquire(blocking=wait)
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in UNSUPPORTED:  # Timeout 也是 OSError
            raise
        lock = filelock.SoftFileLock(path)
        lock.acquire(blocking=wait)
    return lock
