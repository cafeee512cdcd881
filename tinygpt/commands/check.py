"""tinygpt check：练习做到哪里，常错在哪里，接下来做什么。"""

from tinygpt.commands.arguments import json_argument
from tinygpt.commands.output import print_json
from tinygpt.course import books, concepts, mistakes

HELP, DESCRIPTION = "看练习做到哪里", "各课的练习做到哪里，下一个做什么；给出课的编号，就看那一课。"
MARKS = {"passed": "✓", "failed": "✗", "unwritten": "○", "error": "✗"}


def add_arguments(parser) -> None:
    parser.add_argument("lesson", nargs="?", metavar="课", help="课的编号，例如 04")
    parser.add_argument("--forget", action="store_true", help="删掉记下的错误（exercises/.mistakes.json）")
    json_argument(parser)


def run(args) -> int:
    root = books.course_root()
    if args.forget:
        print(f"删掉了 {mistakes.forget(root)} 条错误的记录。")
        return 0
    report = books.report(root, args.lesson)
    rows = [(name, row) for name, results in report.items() for row in results]
    for _, row in rows:
        mistakes.note(row["number"], row.get("mutants", []), root)
    if args.json:
        print_json(report)
        return 0
    print_marks(report)
    left = [(name, row) for name, row in rows if row["state"] != "passed"]
    print(f"一共通过 {len(rows) - len(left)} / {len(rows)} 个。✓ 通过　✗ 没有通过　○ 还没有写")
    if not left:
        print("全部通过。")
        return 0
    name, row = left[0]
    print(f"\n接下来：exercises/{name} 里的练习 {row['number']}")
    if args.lesson or row["state"] != "unwritten":
        print(row["message"])
    print_advice(root)
    return 1


def print_marks(report: dict[str, list[dict]]) -> None:
    """一本一行。"""
    for name, results in report.items():
        marks = "".join(MARKS[row["state"]] for row in results)
        done = sum(row["state"] == "passed" for row in results)
        print(f"{name.removesuffix('.ipynb'):24s} {done} / {len(results)}  {marks}")


def print_advice(root) -> None:
    """记录里有错误，就说常错在哪里，再练哪几个。"""
    rows = [row for results in books.known_report(root).values() for row in results]
    states = {row["number"]: row["state"] for row in rows}
    if text := concepts.advice(mistakes.read(root), states):
        print(f"\n{text}\n（记在 exercises/{mistakes.FILE}，只在这台电脑上；tinygpt check --forget 删掉它）")
