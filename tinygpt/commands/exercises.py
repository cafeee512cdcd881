"""tinygpt exercises reset、build：取回没有做过的练习本。"""

from tinygpt.course import books

HELP = DESCRIPTION = "取回没有做过的练习本"


def add_arguments(parser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="动作")
    reset = actions.add_parser("reset", help="换回没有做过的练习本；你改过的旧本改名保存")
    reset.add_argument("lesson", metavar="课", help="课的编号，例如 04")
    actions.add_parser("build", help="由 solutions 生成全部练习本；你改过的不动")


def run(args) -> int:
    root = books.course_root()
    if args.action == "build":
        written, kept = books.build_all(root)
        yours = f"；你改过的没有动：{'、'.join(p.name for p in kept)}" if kept else ""
        print(f"写好 {len(written)} 个练习本{yours}")
        return 0
    target, kept = books.reset(root, args.lesson)
    yours = f"；你的旧本存成 {kept.name}" if kept else ""
    print(f"{target.relative_to(root)} 已换回没有做过的样子{yours}")
    return 0
