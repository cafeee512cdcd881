"""用户看得懂的错误。

这里只有一个类和一个函数。凡是使用者造成、也能由使用者改正的问题（文件不对、数字不合理、文件夹里已有别的东西），
都用它说清三件事：发现了什么、本来应该是什么、怎么办。命令行见到它，印出这段话，以代码 2 退出。
程序自己的毛病不用它：那些应当带着完整的回溯信息停下来。
"""


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
