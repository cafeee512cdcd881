"""tinygpt chat：在终端里与模型说话。"""

import contextlib
import dataclasses
import importlib
import random
import sys

from tinygpt.chat import MAX_NEW_TOKENS, SAMPLING, TEMPLATE, Conversation, reply
from tinygpt.commands.arguments import (
    add_fields,
    check_seed,
    device_argument,
    given,
    model_argument,
    seed_argument,
)  # fmt: skip
from tinygpt.commands.output import as_typed, encoding_for, note_unknown
from tinygpt.config import LARGEST_SEED
from tinygpt.device import pick_device
from tinygpt.errors import InputError, require
from tinygpt.pretrained import load, model_folder, run_record
from tinygpt.sampling import Sampling
from tinygpt.template import Template

HELP, DESCRIPTION = "与模型说话", "一问一答地与模型说话；它看得见前面的几轮。"
ASK, TELL = "你：", "答："
GREETING = "说一句话，按回车。/help 看有哪些命令，/quit 结束。"
GOODBYE = "再见。"
OWN_DATA = "提示：这个模型是用你自己的文字训练的，没有读过附带的问答，多半答非所问；续写用 tinygpt generate。"
COMMANDS = """\
  /help     看这几行
  /reset    忘掉前面说过的，重新开始
  /seed     看种子
  /seed N   固定种子：同样的对话得到同样的回答；/seed off 不再固定
  /quit     结束（Ctrl-D 也行）
回答的时候按 Ctrl-C，停下这个回答。"""


def add_arguments(parser) -> None:
    model_argument(parser)
    device_argument(parser)
    most = f"一个回答最多写多少个 token（默认 {MAX_NEW_TOKENS}）"
    parser.add_argument("--max-new-tokens", type=int, default=MAX_NEW_TOKENS, help=most)
    seed_argument(parser, "随机种子；给定则同样的对话得到同样的回答")
    parser.add_argument("--ask", type=as_typed, nargs="+", metavar="TEXT", help="只问这几句，答完就结束")
    add_fields(parser, Sampling, usual=SAMPLING)


def run(args) -> int:
    most, seed = args.max_new_tokens, args.seed
    require(most >= 1, f"--max-new-tokens {most}", "至少为 1", "给一个正整数")
    check_seed(seed)
    sampling = dataclasses.replace(SAMPLING, **given(args, Sampling))
    folder = model_folder(args.model)
    options = {"sampling": sampling, "max_new_tokens": most, "template": template_of(folder)}
    session = Session(*load(folder, pick_device(args.device)), seed, options)
    if args.ask:
        for question in args.ask:
            print(ASK + question)
            session.answer(question)
        return 0
    print(GREETING)
    if trained_on_own_data(folder):
        print(OWN_DATA)
    read = open_input()
    with contextlib.suppress(EOFError, KeyboardInterrupt):  # Ctrl-D 或管道到头；在提示处按 Ctrl-C
        while session.handle(read()):
            pass
    print(GOODBYE)
    return 0


def trained_on_own_data(folder) -> bool:
    """训练用的是 --data 给的文件（run.json 里是列表；附带的文字写作一句话），又没有用问答微调过。"""
    record = run_record(folder)
    return isinstance(record.get("data"), list) and "template" not in record


def template_of(folder) -> Template:
    """微调过的模型，照微调时的写法问；别的用默认的。"""
    written = run_record(folder).get("template")
    return Template(written) if isinstance(written, str) else TEMPLATE


def open_input():
    """返回读一行的函数。

    在终端里可以用方向键改字、翻出说过的话；从管道来的每一行照印一遍，看起来与终端里一样。
    """
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding=encoding_for(sys.stdin), errors="surrogateescape")
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):  # Windows 上没有 readline，也不需要
            importlib.import_module("readline")
        return _ask
    return _read_and_echo


def _ask() -> str:
    try:
        return input(ASK).encode("utf-8", "replace").decode("utf-8")
    except (EOFError, KeyboardInterrupt):
        print()  # 光标还停在“你：”后面
        raise


def _read_and_echo() -> str:
    line = _as_gbk(input()).removeprefix("\ufeff")  # Windows 的管道开头可能有 BOM
    print(ASK + line)
    return line


def _as_gbk(line: str) -> str:
    """不是 UTF-8 的一行，当作 GBK 再读一次：中文 Windows 的管道里常是它。"""
    raw = line.encode("utf-8", "surrogateescape")
    return raw.decode("gb18030", "replace") if any("\udc80" <= c <= "\udcff" for c in line) else line


class Session:
    """一次谈话：记着历史与种子，一行一行地处理。"""

    def __init__(self, model, tokenizer, seed: int | None, options: dict):
        self.model, self.tokenizer, self.seed = model, tokenizer, seed
        self.options = options  # 交给 reply 的：sampling、max_new_tokens、template
        self.conversation = Conversation()
        self.last_seed = None  # 上一个回答用的种子，没有固定时也记着，好让它能重来

    def handle(self, line: str) -> bool:
        """处理一行；返回要不要接着谈。"""
        line = line.strip()
        if not line:
            return True
        if line[0] not in "/／":  # 中文输入法打出来的是全角的
            self.answer(line)
            return True
        name, _, value = line[1:].partition(" ")
        if name == "help":
            print(COMMANDS)
        elif name == "reset":
            self.conversation = Conversation()
            print("忘掉了前面说过的。")
        elif name == "seed":
            self.set_seed(value.strip())
        elif name != "quit":
            print(f"没有 /{name} 这个命令，/help 看有哪些。")
        return name != "quit"

    def answer(self, question: str) -> None:
        """边写边印。被 Ctrl-C 停下的、空的回答不进历史：半句话会教它接着说半句话。"""
        note_unknown(self.tokenizer, question)
        self.last_seed = random.randrange(2**31) if self.seed is None else self.seed
        options, said = {"seed": self.last_seed, **self.options}, ""
        try:
            pieces = reply(self.model, self.tokenizer, self.conversation, question, **options)
            print(TELL, end="", flush=True)
            for piece in pieces:
                print(piece, end="", flush=True)
                said += piece
        except InputError as error:  # 问题太长：说清楚，接着谈
            print(error)
            return
        except KeyboardInterrupt:
            print("……\n（停下了，这一轮不记。）")
            return
        if not said:
            print("（它什么也没有说。）")
            return
        print()
        self.conversation = self.conversation.add(question, said)

    def set_seed(self, value: str) -> None:
        """/seed 之后的字：一个数就固定，off 就不再固定，没有就看。"""
        if value == "off":
            self.seed = None
        elif value.isdecimal() and int(value) <= LARGEST_SEED:
            self.seed = int(value)
        elif value:
            print(f"种子是 0 到 {LARGEST_SEED} 的整数，例如 /seed 0；这个不是：{value}")
            return
        last = "" if self.last_seed is None else f"上一个回答用的是 {self.last_seed}。"
        print(f"种子没有固定。{last}" if self.seed is None else f"种子固定为 {self.seed}。")
