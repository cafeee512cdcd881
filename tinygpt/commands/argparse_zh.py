"""argparse 的中文：它自己的英文怎样译，不认识的参数怎样说。argparse 的内部名字只出现在这个文件里。"""

import argparse
import difflib

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

WIDE = ("\\u3000", "\u3000", "—", "–", "－")  # 第一个：argparse 引用一个词时，把全角的空格写成这样


def translate(text: str) -> str:
    return TRANSLATIONS.get(text, text)


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=34, width=110)


class Parser(argparse.ArgumentParser):
    """报错用 InputError，并指出最像的参数名。"""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("formatter_class", _formatter)
        argparse._ = translate  # argparse 用它取自己的文字
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def _parse_optional(self, text):
        """参数的名字没有中文：“-5度的早晨”是一段文字，不是写错的参数。"""
        return super()._parse_optional(text) if text.partition("=")[0].isascii() else None

    def error(self, message):
        fix = "写上值；以 - 开头的文件名，前面加 ./" if message.endswith("要跟一个值") else ""
        if any(mark in message for mark in WIDE):
            fix = "里面有全角的空格或横线（多半是输入法、微信换的）：换成半角的空格与 -"
        raise InputError(message, f"见 {self.prog} --help", fix)

    def parse_args(self, args=None, namespace=None):
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            chosen = _chosen_parser(self, parsed)
            word, flags = unknown[0].split("=")[0], chosen._option_string_actions
            near = difflib.get_close_matches(word, flags, n=1, cutoff=0.5)
            fix = f"你想写的是不是 {near[0]}？" if near else "去掉它"
            found = f"不认识的参数：{' '.join(unknown)}"
            raise InputError(found, f"{chosen.prog} --help 里列出的参数", fix)
        return parsed


def _chosen_parser(parser, parsed):
    """用户选中的那个（子）命令的解析器。"""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return _chosen_parser(action.choices[getattr(parsed, action.dest)], parsed)
    return parser
