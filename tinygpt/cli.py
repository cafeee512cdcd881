"""命令行：tinygpt train、generate、evaluate、tokenizer、info、doctor。

这里把各个零件接起来，也只有这里向屏幕印字。退出代码：0 成功，1 程序出错，2 输入有问题，130 被 Ctrl-C 停下。
参数的名字与说明取自 GPTConfig、TrainConfig、Sampling 的字段，不另写一份。
"""

import argparse
import dataclasses
import difflib
import errno
import json
import os
import sys
import types
import typing

from tinygpt.errors import InputError

# argparse 自带的英文 → 中文
TRANSLATIONS = {
    "usage: ": "用法：", "options": "选项", "positional arguments": "参数", "optional arguments": "选项",
    "show this help message and exit": "显示这段说明并退出",
    "unrecognized arguments: %s": "不认识的参数：%s",
    "the following arguments are required: %s": "还缺少：%s",
    "expected one argument": "后面要跟一个值", "expected at least one argument": "后面至少要跟一个值",
    "invalid choice: %(value)r (choose from %(choices)s)": "没有 %(value)r 这个选择，可选：%(choices)s",
    "invalid %(type)s value: %(value)r": "%(value)r 不是合适的值（需要 %(type)s）",
    "argument %(argument_name)s: %(message)s": "参数 %(argument_name)s：%(message)s",
    "not allowed with argument %s": "不能与 %s 同时使用",
    "ignored explicit argument %r": "后面不该有值 %r",
}  # fmt: skip


class Parser(argparse.ArgumentParser):
    """报错用 InputError，并指出最像的参数名。"""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("formatter_class", lambda prog: argparse.HelpFormatter(prog, max_help_position=34, width=110))
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def error(self, message):
        raise InputError(message, f"见 {self.prog} --help")

    def parse_args(self, args=None, namespace=None):
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            chosen = _chosen_parser(self, parsed)
            near = difflib.get_close_matches(unknown[0].split("=")[0], chosen._option_string_actions, n=1, cutoff=0.5)
            fix = f"你想写的是不是 {near[0]}？" if near else "去掉它"
            raise InputError(f"不认识的参数：{' '.join(unknown)}", f"{chosen.prog} --help 里列出的参数", fix)
        return parsed


def _chosen_parser(parser, parsed):
    """用户选中的那个（子）命令的解析器。"""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return _chosen_parser(action.choices[getattr(parsed, action.dest)], parsed)
    return parser


def add_fields(parser, cls, skip=()):
    """把 dataclass 的每个字段变成一个参数；没有给的参数不出现在结果里，于是用 dataclass 自己的默认值。"""
    group = parser.add_argument_group(cls.__doc__.splitlines()[0].split("。")[0])
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if field.name in skip:
            continue
        flag, kind = "--" + field.name.replace("_", "-"), hints[field.name]
        text = field.metadata["help"] + ("" if field.default is None else f"（默认 {field.default}）")
        if isinstance(kind, types.UnionType):
            kind = next(t for t in typing.get_args(kind) if t is not type(None))
        if kind is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=text)
        else:
            group.add_argument(flag, type=kind, metavar=kind.__name__.upper(), default=argparse.SUPPRESS, help=text)


def build_parser() -> Parser:
    from tinygpt.config import GPTConfig, TrainConfig
    from tinygpt.generate import Sampling

    parser = Parser(prog="tinygpt", description="训练、使用、检查你自己的简版 GPT。")
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")

    p = commands.add_parser("train", help="训练一个模型", description="训练一个模型。不给 --data 就用随包附带的文字。")
    p.add_argument("--data", nargs="+", metavar="PATH", help="文件或文件夹：.txt .md .jsonl .jsonl.gz .json")
    p.add_argument("--field", default="text", help="JSON 里文字所在的字段（默认 text）")
    p.add_argument("--world-characters", type=int, metavar="N", help="附带的文字里，小世界生成多少个字符来训练（默认 400000）")
    p.add_argument("--out", required=True, metavar="DIR", help="模型存到哪个文件夹")
    p.add_argument("--preset", default="mini", help="模型的预设形状（默认 mini，即文章的模型）")
    p.add_argument("--tokenizer", metavar="char|bpe|FILE", help="字符、BPE，或一个分词器文件；默认：自己的文字用 bpe，附带的文字用附带的分词器")
    p.add_argument("--validation-fraction", type=float, default=0.1, help="验证集的比例（默认 0.1）")
    p.add_argument("--eval-windows", type=int, default=None, help="评估最多用多少个窗口（默认全部）")
    p.add_argument("--resume", action="store_true", help="从 --out 里的检查点接着训练")
    p.add_argument("--overwrite", action="store_true", help="--out 里已有训练时，删掉它重新来")
    p.add_argument("--device", default="auto", help="auto、cpu、cuda 或 mps（默认 auto）")
    p.add_argument("--json", action="store_true", help="不画进度条，每一步印一行 JSON")
    add_fields(p, GPTConfig)
    add_fields(p, TrainConfig)

    p = commands.add_parser("generate", help="续写一段文字", description="从一段开头续写。")
    p.add_argument("prompt", metavar="PROMPT", help="开头，例如 机器学习是")
    _model_arguments(p)
    p.add_argument("--max-new-tokens", type=int, default=120, help="最多写多少个 token（默认 120）")
    p.add_argument("--stop", metavar="TEXT", help="写出这段文字就停")
    p.add_argument("--seed", type=int, help="随机种子；给定则结果可重复")
    p.add_argument("--num-samples", type=int, default=1, help="写几个不同的续写（默认 1）")
    add_fields(p, Sampling)

    p = commands.add_parser("evaluate", help="在一些文字上评估", description="每 token 损失、困惑度、每字节比特、每字符比特。")
    _model_arguments(p)
    p.add_argument("--data", nargs="+", metavar="PATH", help="文件或文件夹；不给就用附带的文字")
    p.add_argument("--field", default="text", help="JSON 里文字所在的字段（默认 text）")
    p.add_argument("--split", choices=["all", "train", "validation"], default="all", help="只用文档自带划分里的这一部分（默认 all）")

    p = commands.add_parser("tokenizer", help="训练或查看分词器", description="训练或查看分词器。")
    actions = p.add_subparsers(dest="action", required=True, metavar="动作")
    q = actions.add_parser("train", help="训练一个 BPE 分词器")
    q.add_argument("--data", nargs="+", metavar="PATH", help="文件或文件夹；不给就用附带的文字")
    q.add_argument("--field", default="text", help="JSON 里文字所在的字段（默认 text）")
    q.add_argument("--out", required=True, metavar="FILE", help="写到哪个文件")
    q.add_argument("--vocab-size", type=int, default=4096, help="词表大小（默认 4096）")
    q.add_argument("--place", nargs="*", default=[], metavar="TOKEN=ID", help="训练之后让某个 token 换到某个编号，如 机器学习=1256")
    q.add_argument("--overwrite", action="store_true", help="文件已存在时覆盖它")
    q.add_argument("--json", action="store_true", help="结果印成 JSON")
    q = actions.add_parser("show", help="看一段文字怎样切开")
    q.add_argument("text", metavar="TEXT", help="要切的文字")
    q.add_argument("--tokenizer", metavar="FILE", help="分词器文件；不给就用附带的")
    q.add_argument("--json", action="store_true", help="结果印成 JSON")

    p = commands.add_parser("info", help="看一个模型的来历与大小", description="大小、各部分的参数、数据、最好的损失、怎样训练的。")
    p.add_argument("--model", default="mini", metavar="DIR", help="模型文件夹或附带模型的名字（默认 mini）")
    p.add_argument("--json", action="store_true", help="结果印成 JSON")

    p = commands.add_parser("check", help="看练习做到哪里", description="各课的练习做到哪里，下一个做什么；给出课的编号，就看那一课。")
    p.add_argument("lesson", nargs="?", metavar="课", help="课的编号，例如 04")
    p.add_argument("--json", action="store_true", help="结果印成 JSON")

    p = commands.add_parser("exercises", help="取回没有做过的练习本", description="取回没有做过的练习本。")
    actions = p.add_subparsers(dest="action", required=True, metavar="动作")
    q = actions.add_parser("reset", help="换回没有做过的练习本；你改过的旧本改名保存")
    q.add_argument("lesson", metavar="课", help="课的编号，例如 04")
    q = actions.add_parser("build", help="由 solutions 生成全部练习本；你改过的不动")

    p = commands.add_parser("doctor", help="检查这台机器", description="版本、设备、核数、这里快的精度、中文字体、编码、磁盘。")
    p.add_argument("--json", action="store_true", help="结果印成 JSON")
    return parser


def _model_arguments(parser):
    parser.add_argument("--model", default="mini", metavar="DIR", help="模型文件夹或附带模型的名字（默认 mini）")
    parser.add_argument("--device", default="auto", help="auto、cpu、cuda 或 mps（默认 auto）")
    parser.add_argument("--json", action="store_true", help="结果印成 JSON")


def run(args) -> int:
    """交给各个命令；torch 到这时才导入，--help 因此很快。"""
    if args.command in ("check", "exercises"):
        from tinygpt.course import commands  # 教学层的两个命令；别的命令不知道有教学层
    else:
        from tinygpt import commands

    return getattr(commands, args.command)(args)


def main(argv: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    argparse._ = lambda text: TRANSLATIONS.get(text, text)
    try:
        return run(build_parser().parse_args(argv)) or 0
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
        return f"磁盘满了{where}\n应该是：有足够的空间写检查点\n怎么办：清理磁盘后用 --resume 接着训练；已有的检查点没有损坏"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"没有写入或读取的权限{where}\n应该是：你可以读写的位置\n怎么办：换一个文件夹，或改它的权限"
    return f"{error.strerror or error}{where}\n怎么办：检查路径与磁盘"


def print_json(values) -> None:
    print(json.dumps(values, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.exit(main())
