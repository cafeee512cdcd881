"""几个命令共用的打印。"""

import json
import sys


def print_json(values) -> None:
    """印成 JSON，中文照写。"""
    print(json.dumps(values, ensure_ascii=False, indent=1))


def print_notes(source) -> None:
    """读文字时的见闻，一件一行，印在 stderr 上：结果照旧可以交给别的程序。"""
    for line in source.notes():
        print(f"注意：{line}", file=sys.stderr)
