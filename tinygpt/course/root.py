"""课程的文件夹在哪里。"""

from pathlib import Path

from tinygpt.errors import InputError


def course_root() -> Path:
    """课程的文件夹：有 solutions/ 的那一个，先找当前文件夹，再找源码所在的地方。"""
    for folder in (Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[2]):
        if (folder / "solutions").is_dir() and (folder / "tinygpt").is_dir():
            return folder
    raise InputError(
        "这里没有练习本", "课程的文件夹，里面有 solutions 与 exercises", "进入下载下来的课程文件夹再运行"
    )
