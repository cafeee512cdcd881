"""命令行的入口：选出命令，把每一种能预见的错误说清楚。

各个命令在 commands/ 里，一个文件一个。退出代码：0 成功，1 程序出错，2 输入有问题，130 被 Ctrl-C 停下。
"""

import errno
import os
import sys

from tinygpt.commands import (
    chat,
    check,
    doctor,
    evaluate,
    exercises,
    export,
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
from tinygpt.errors import InputError

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
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        args = build_parser().parse_args(argv)
        return args.run(args) or 0
    except InputError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\n已停下。", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"错误：{_explain(error)}", file=sys.stderr)
        return 2


def _explain(error: OSError) -> str:
    where = f"({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return (
            f"磁盘满了{where}\n应该是：有足够的空间写检查点\n"
            "怎么办：清理磁盘后用 --resume 接着训练；已有的检查点没有损坏"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"没有写入或读取的权限{where}\n应该是：你可以读写的位置\n怎么办：换一个文件夹，或改它的权限"
    return f"{error.strerror or error}{where}\n怎么办：检查路径与磁盘"


if __name__ == "__main__":
    sys.exit(main())
