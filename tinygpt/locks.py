"""锁：同一个文件夹，同一时刻只有一个进程在写。

锁由操作系统保管（filelock 包着三种系统各自的办法）：进程一死，哪怕是断电、kill -9，锁就没有了，
所以没有“过期的锁”要人去删。有些网络盘没有这种锁，就退到写着进程号与机器名的锁文件（名字多一截 .pid），
filelock 认得出这台机器上已经死了的进程；别的机器上的认不出，Busy 说出是哪个文件。
"""

import tempfile
from contextlib import contextmanager
from pathlib import Path

import filelock

try:
    import fcntl
except ImportError:  # Windows 的锁，哪种磁盘都有
    fcntl = None

MARK = ".pid"


class Busy(Exception):
    """锁在别的进程手里。left 是写着进程号的锁文件；锁由操作系统保管时没有。"""

    def __init__(self, path: str | Path, left: Path | None):
        super().__init__(str(path))
        self.left = left


@contextmanager
def held(path: str | Path, wait: bool = False):
    """with held(path): 期间锁是自己的。别人拿着时，wait 就等到他放手，不然报 Busy。"""
    real = has_locks(Path(path).parent)
    # 名字不同：操作系统的锁会留下一个空文件，写进程号的锁见了它，以为是别人正拿着，永远等下去
    lock = filelock.FileLock(path) if real else filelock.SoftFileLock(f"{path}{MARK}")
    try:
        lock.acquire(blocking=wait)
    except filelock.Timeout:
        raise Busy(path, None if real else Path(f"{path}{MARK}")) from None
    try:
        yield
    finally:
        lock.release()


def has_locks(folder: Path) -> bool:
    """这个文件夹所在的磁盘，有没有操作系统的锁：拿一个谁也不认得的文件锁一下就知道。

    不能等 filelock 来试：它试的时候已经留下了文件。
    """
    if fcntl is None:
        return True
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
