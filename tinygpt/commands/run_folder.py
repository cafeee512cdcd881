"""训练的文件夹：谁在用它，里面有什么，能对它做什么。

一个文件夹同一时刻只归一次训练：别的训练在用时，--resume 与 --overwrite 都不行。
这里说的每一个办法都合乎文件夹此刻的样子：没有检查点就不劝人 --resume。
"""

from contextlib import contextmanager
from pathlib import Path

from tinygpt import training_state
from tinygpt.errors import InputError, require, require_text
from tinygpt.locks import Busy, held
from tinygpt.metrics import FILE as LOG
from tinygpt.pretrained import run_record
from tinygpt.trainer import BEST
from tinygpt.variants.lora import ADAPTER, SETTINGS
from tinygpt.variants.voices import COUNTS

LOCK = ".tinygpt.lock"
RUN_FILES = (
    "config.json", "run.json", "tokenizer.json", BEST, ADAPTER, SETTINGS, COUNTS, training_state.FILE, LOG,
)  # fmt: skip


def check(out: Path, resume: bool, overwrite: bool) -> None:
    """能不能在 out 里训练：是文件夹，没有别的训练在用，里面的东西不会被悄悄覆盖。"""
    require_text(out)
    both = resume and overwrite
    fix = "接着训练用 --resume，删掉重来用 --overwrite"
    require(not both, "--resume 与 --overwrite 都给了", "只给一个", fix)
    require(not out.exists() or out.is_dir(), f"--out {out} 是一个文件", "一个文件夹", "换一个名字")
    if any(out.glob(f"{LOCK}*")):
        with owned(out):
            pass
    check_contents(out, resume, overwrite)


def check_contents(out: Path, resume: bool, overwrite: bool) -> None:
    """out 里已有东西时，绝不悄悄覆盖。"""
    has_run = any((out / name).exists() for name in ("config.json", training_state.FILE, BEST))
    require(
        has_state(out) or not resume,
        f"{out} 里没有可以接着训练的检查点", "中断过的训练",
        "去掉 --resume" + ("，加上 --overwrite 重新训练" if has_run else " 重新训练"),
    )  # fmt: skip
    fix = f"{how_to_go_on(out)}；或换一个 --out"
    require(not has_run or resume or overwrite, f"{out} 里已经有一次训练", "空的文件夹", fix)
    files = out.is_dir() and any(not path.name.startswith(LOCK) for path in out.iterdir())
    require(has_run or not files, f"{out} 里有别的文件", "空的文件夹，或以前的一次训练", "换一个 --out")


def has_state(out: Path) -> bool:
    """有没有可以接着训练的检查点。"""
    return (out / training_state.FILE).is_file()


def record(out: Path) -> dict:
    """run.json；没有、坏了都是空的：它坏了不碍着接着训练，那时会重新写。"""
    try:
        return run_record(out)
    except InputError:
        return {}


def is_finished(out: Path) -> bool:
    """训练是不是已经做完。"""
    return record(out).get("finished") is True


def how_to_go_on(out: Path) -> str:
    """对着这个文件夹，接下来能做什么。"""
    if not has_state(out):
        again = "同样的命令，加上 --overwrite 重新来" if out.exists() else "同样的命令再来一次"
        return f"还没有存过检查点：{again}"
    if is_finished(out):
        return "这次训练已经做完：再练久一些用 --resume --steps 更多的步数；删掉重来用 --overwrite"
    return "接着训练：同样的命令，再加上 --resume（不要 --overwrite）；删掉重来用 --overwrite"


@contextmanager
def owned(out: Path):
    """with owned(out): 期间文件夹是自己的；别的训练在用就报 InputError。"""
    try:
        with held(out / LOCK):
            yield
    except Busy as error:
        found, fix = f"另一个训练正在用 {out}", "等它做完（或停下它），或换一个 --out"
        if error.left:  # 没有操作系统的锁的网络盘：那台机器要是断了电，锁文件就留下了
            fix += f"；它在的那台机器早已关了，就删去 {error.left}"
        raise InputError(found, "没有别的程序在写的文件夹", fix) from error


def remove_run(out: Path) -> None:
    """只删训练写下的那几个文件。"""
    for name in RUN_FILES:
        (out / name).unlink(missing_ok=True)
