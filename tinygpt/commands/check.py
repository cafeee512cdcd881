"""tinygpt check：练习做到哪里。"""

from tinygpt.commands.arguments import json_argument
from tinygpt.commands.output import print_json
from tinygpt.course import books

HELP, DESCRIPTION = "看练习做到哪里", "各课的练习做到哪里，下一个做什么；给出课的编号，就看那一课。"
MARKS = {"passed": "✓", "failed": "✗", "unwritten": "○", "error": "✗"}


def add_arguments(parser) -> None:
    parser.add_argument("lesson", nargs="?", metavar="课", help="课的编号，例如 04")
    json_argument(parser)


def run(args) -> int:
    report = books.report(books.course_root(), args.lesson)
    if args.json:
        print_json(report)
        return 0
    rows = [(name, row) for name, results in report.items() for row in results]
    for name, results in report.items():
        marks = "".join(MARKS[row["state"]] for row in results)
        done = sum(row["state"] == "passed" for row in results)
        print(f"{name.removesuffix('.ipynb'):24s} {done} / {len(results)}  {marks}")
    left = [(name, row) for name, row in rows if row["state"] != "passed"]
    print(f"一共通过 {len(rows) - len(left)} / {len(rows)} 个。✓ 通过　✗ 没有通过　○ 还没有写")
    if not left:
        print("全部通过。")
        return 0
    name, row = left[0]
    print(f"\n接下来：exercises/{name} 里的练习 {row['number']}")
    if args.lesson or row["state"] != "unwritten":
        print(row["message"])
    return 1
