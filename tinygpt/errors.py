"""用户看得懂的错误。

凡是使用者造成、也能由使用者改正的问题（文件不对、数字不合理、文件夹里已有别的东西），
都用它说清三件事：发现了什么、本来应该是什么、怎么办。命令行见到它，印出这段话，以代码 2 退出。
程序自己的毛病不用它：命令行把那些的完整回溯写进一个文件（commands/failures.py）。

操作系统的错误（磁盘满了、没有权限……）也在这里译成中文的三句话。
"""

import errno


class InputError(ValueError):
    """使用者的输入有问题。

    参数
    ----
    found: 发现了什么，例如 "n_embd = 250,n_head = 4"
    expected: 应该是什么，例如 "n_embd 能被 n_head 整除"
    fix: 怎么办，例如 "把 n_embd 改成 248 或 252"
    """

    def __init__(self, found: str, expected: str = "", fix: str = ""):
        self.found, self.expected, self.fix = found, expected, fix
        lines = [found]
        if expected:
            lines.append(f"应该是：{expected}")
        if fix:
            lines.append(f"怎么办：{fix}")
        super().__init__("\n".join(lines))


def require(condition: bool, found: str, expected: str = "", fix: str = "") -> None:
    """condition 不成立就报 InputError：一串检查因此是一张平的单子，一行一个条件。"""
    if not condition:
        raise InputError(found, expected, fix)


def require_text(path) -> None:
    """路径须能写成 UTF-8：safetensors 只认这样的名字。"""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"路径 {path} 不是 UTF-8 写的（多半是 GBK 的名字，或终端的语言设成了 C）"
        fix = "把文件夹改名；或运行 export LC_ALL=C.UTF-8，并去掉 PYTHONUTF8=0"
        raise InputError(found, "UTF-8 的名字", fix) from error


PLACE = "换一个你能写的文件夹，或改它的权限"
# 操作系统的错误 → （发现了什么，应该是什么，怎么办）
SYSTEM = {
    errno.ENOSPC: ("磁盘满了", "有足够的空间", "清理磁盘"),
    errno.EDQUOT: ("你的磁盘配额用完了", "配额之内", "删去一些自己的文件，或请管理员放宽配额"),
    errno.EFBIG: ("文件太大，超过了限制", "限制之内", "检查 ulimit -f，或换一个文件系统"),
    errno.EACCES: ("没有写入或读取的权限", "你可以读写的位置", PLACE),
    errno.EPERM: ("没有写入或读取的权限", "你可以读写的位置", PLACE),
    errno.EROFS: ("这里是只读的，写不进去", "可以写的位置", PLACE),
    errno.ENOENT: ("没有这个文件或文件夹", "已经在的路径", "检查路径有没有写错"),
    errno.ENOTDIR: ("路径的中间有一个是文件，不是文件夹", "文件夹", "检查路径有没有写错"),
    errno.EISDIR: ("这是一个文件夹", "一个文件", "在后面写上文件名"),
    errno.EEXIST: ("这里已经有一个同名的文件", "一个新的名字", "换一个名字"),
    errno.ENAMETOOLONG: ("名字太长，这个文件系统放不下", "短一些的名字", "把文件或文件夹的名字改短"),
    errno.EMFILE: ("同时打开的文件太多", "系统允许的个数之内", "关掉别的程序；或 ulimit -n 4096"),
    errno.EIO: ("读写出错", "完好的磁盘", "检查磁盘（也可能是网络盘断了），再运行一次"),
    errno.EINVAL: ("系统不认得这个名字", "这个系统允许的文件名", '名字里不要有 < > : " | ? * 这些符号'),
    errno.ELOOP: ("符号链接绕了一个圈", "能走到头的路径", "检查路径上的符号链接"),
}
WINDOWS_FILE_IN_USE = 32


def system_reason(error: OSError) -> tuple[str, str, str]:
    """操作系统的错误 → （发现了什么，应该是什么，怎么办）。"""
    if getattr(error, "winerror", None) == WINDOWS_FILE_IN_USE:
        return "别的程序正开着这个文件", "没有人在用的文件", "关掉它（也可能是杀毒软件）"
    unknown = (f"系统说：{error.strerror or error}", "", "检查路径与磁盘")
    return SYSTEM.get(error.errno, unknown)
