"""读文字时的见闻：跳过了什么、改了什么、在哪里。

这里只数数：不读文件，也不打印（打印在 commands/output.py）。同一种事只说一次，说出多少处、第一处在哪里。
"""

from collections import Counter


class Notes:
    """notes.add（"跳过 {n} 个空文件", "b.txt"）……最后 notes.lines() 一种一行。"""

    def __init__(self):
        self.counts, self.first = Counter(), {}

    def add(self, what: str, where: str = "", count: int = 1) -> None:
        """what 里的 {n} 换成总数。"""
        self.counts[what] += count
        self.first.setdefault(what, where)

    def lines(self) -> list[str]:
        """每种一行，按第一次遇到的次序。"""
        return [self._line(what, count) for what, count in self.counts.items()]

    def _line(self, what: str, count: int) -> str:
        where, said = self.first[what], what.replace("{n}", f"{count:,}")
        more = " 等" if count > 1 and "{n}" in what else ""
        return f"{said}：{where}{more}" if where else said
