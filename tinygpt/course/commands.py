"""命令行里属于课程的两个：check 与 exercises。"""

from tinygpt.cli import print_json
from tinygpt.course import books

MARKS = {"passed": "✓", "failed": "✗", "unwritten": "○", "error": "✗"}


def check(args) -> int:
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


def exercises(args) -> int:
    root = books.course_root()
    if args.action == "build":
        written, kept = books.build_all(root)
        untouched = f"；你改过的没有动：{'、'.join(p.name for p in kept)}" if kept else ""
        print(f"写好 {len(written)} 个练习本{untouched}")
        return 0
    target, kept = books.reset(root, args.lesson)
    saved = f"；你的旧本存成 {kept.name}" if kept else ""
    print(f"{target.relative_to(root)} 已换回没有做过的样子{saved}")
    return 0
