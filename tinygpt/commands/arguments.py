"""几个命令共用的参数：模型在哪里，文字从哪里来，dataclass 的字段。"""

import argparse
import dataclasses
import os
import types
import typing

from tinygpt import corpus
from tinygpt.config import LARGEST_SEED
from tinygpt.errors import require
from tinygpt.text import FileSource, Source


def path(text: str) -> str:
    """命令行上的一个路径。~ 换成用户目录：--out=~/m 里的 ~ shell 不展开，PowerShell 里哪个都不展开。"""
    return text if os.path.lexists(text) else os.path.expanduser(text)


def model_argument(parser: argparse.ArgumentParser) -> None:
    help = "模型文件夹或附带模型的名字（默认 mini）"
    parser.add_argument("--model", type=path, default="mini", metavar="DIR", help=help)


def device_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto、cpu、cuda 或 mps（默认 auto）")


def model_arguments(parser: argparse.ArgumentParser) -> None:
    model_argument(parser)
    device_argument(parser)
    json_argument(parser)


def json_argument(parser: argparse.ArgumentParser, help: str = "结果印成 JSON") -> None:
    parser.add_argument("--json", action="store_true", help=help)


def seed_argument(parser: argparse.ArgumentParser, help: str, default: int | None = None) -> None:
    parser.add_argument("--seed", type=int, default=default, help=help)


def check_seed(seed: int | None) -> None:
    """种子是 0 到 LARGEST_SEED 的整数。"""
    fine = seed is None or 0 <= seed <= LARGEST_SEED
    require(fine, f"--seed {seed}", f"0 到 {LARGEST_SEED} 的整数", "例如 --seed 0")


def run_arguments(parser: argparse.ArgumentParser) -> None:
    """训练与微调共有的：划分、接着训练、重新来、在哪里算、怎样印。"""
    parser.add_argument("--validation-fraction", type=float, default=0.1, help="验证集的比例（默认 0.1）")
    again = "从 --out 里的检查点接着训练；已经做完的，给更大的 --steps 就再练"
    parser.add_argument("--resume", action="store_true", help=again)
    parser.add_argument("--overwrite", action="store_true", help="--out 里已有训练时，删掉它重新来")
    device_argument(parser)
    json_argument(parser, "不画进度条，每一步印一行 JSON")


def check_fraction(fraction: float) -> None:
    require(0 < fraction < 1, f"--validation-fraction {fraction}", "0 与 1 之间", "常用 0.1")


def data_arguments(parser: argparse.ArgumentParser, help: str = "文件或文件夹；不给就用附带的文字") -> None:
    parser.add_argument("--data", nargs="+", metavar="PATH", help=help)
    parser.add_argument("--field", default="text", help="JSON 里文字所在的字段（默认 text）")
    encoding = "文件的编码，如 gb18030、big5、shift_jis（默认自动识别）"
    parser.add_argument("--encoding", metavar="NAME", help=encoding)


def source_of(args) -> Source:
    """--data 指的文字；没有给就是附带的。"""
    if args.data:
        return FileSource(args.data, args.field, args.encoding)
    return corpus.ShippedSource(getattr(args, "mixture", None) or "first")


def add_fields(parser, cls, skip=(), usual=None):
    """把 dataclass 的每个字段变成一个参数；没有给的参数不出现在结果里，于是用 dataclass 自己的默认值。

    usual 是 cls 的一个对象：命令另有默认值时，说明里写它的。
    """
    group = parser.add_argument_group(cls.__doc__.splitlines()[0].split("。")[0])
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if field.name in skip:
            continue
        flag, kind = "--" + field.name.replace("_", "-"), hints[field.name]
        default = getattr(usual, field.name, field.default)
        text = field.metadata["help"] + ("" if default is None else f"（默认 {default}）")
        if isinstance(kind, types.UnionType):
            kind = next(t for t in typing.get_args(kind) if t is not type(None))
        yes_or_no = {"action": argparse.BooleanOptionalAction}
        how = yes_or_no if kind is bool else {"type": kind, "metavar": kind.__name__.upper()}
        group.add_argument(flag, default=argparse.SUPPRESS, help=text, **how)


def given(args, cls) -> dict:
    """用户在命令行上明确给出的、属于 cls 的字段。"""
    return {f.name: getattr(args, f.name) for f in dataclasses.fields(cls) if hasattr(args, f.name)}
