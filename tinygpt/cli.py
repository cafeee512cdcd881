"""命令行的入口：选出命令；失败了，由 commands/failures.py 说清楚。

各个命令在 commands/ 里，一个文件一个。退出代码：0 成功，1 程序出错，2 输入有问题，130 被 Ctrl-C 停下。
"""

import os
import sys

from tinygpt.commands import (
    chat,
    check,
    doctor,
    evaluate,
    exercises,
    export,
    failures,
    finetune,
    generate,
    import_,
    info,
    probe,
    serve,
    tokenizer,
    train,
)
from tinygpt.commands.argparse_zh import Parser
from tinygpt.commands.output import prepare_streams

COMMANDS = (
    train, finetune, generate, chat, serve, evaluate, probe, tokenizer, info, export, import_, check,
    exercises, doctor,
)  # fmt: skip


def build_parser() -> Parser:
    """tinygpt 的全部参数；每个命令的参数由它自己的文件添上。"""
    parser = Parser(prog="tinygpt", description="训练、使用、检查你自己的简版 GPT。")
    choices = parser.add_subparsers(dest="command", required=True, metavar="命令")
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2].rstrip("_")  # import_ 是 import
        chosen = choices.add_parser(name, help=module.HELP, description=module.DESCRIPTION)
        chosen.set_defaults(run=module.run)
        module.add_arguments(chosen)
    return parser


def main(argv: list[str] | None = None) -> int:
    args = None
    prepare_streams()
    try:
        args = build_parser().parse_args(argv)
        code = args.run(args) or 0
        sys.stdout.flush()  # 写不出去（磁盘满了、管道断了）要在这里知道
        return code
    except KeyboardInterrupt:
        print("\n已停下。", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _let_go_of_stdout()
        return 0
    except Exception as error:  # noqa: BLE001 每一种失败都要说成中文
        code, text = failures.explain(error, args)
        print(f"错误：{text}", file=sys.stderr)
        try:
            sys.stdout.flush()
        except OSError:
            _let_go_of_stdout()
        return code


def _let_go_of_stdout() -> None:
    """标准输出写不出去了：还没写的改写到空处，不然 Python 退出时还要再试一次，再出一次错。"""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
