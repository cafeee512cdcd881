"""what_if：做一次试验，画图，写结论。"""

import time

import matplotlib.pyplot as plt
from tqdm.auto import tqdm

from tinygpt.course import kernel, plots
from tinygpt.course.diagnosis import CheckFailed, blank
from tinygpt.course.exercises import find
from tinygpt.course.what_if.guard import Run
from tinygpt.course.what_if.picture import conclusion, draw
from tinygpt.course.what_if.trials import trial_of
from tinygpt.errors import require

PATIENCE = 40.0  # 你的写法最多运行多少秒；正确的写法自己也慢（电脑很忙）时，是它的 3 倍
KNOWN: dict[str, tuple[Run, float]] = {}  # {练习: （正确的写法的结果，秒）}：改一改再试时，不用再算一遍


def what_if(number: str, answer) -> None:
    """把 answer 装进小模型，与正确的写法从同一个种子开始；十几秒以后画出两条曲线，印出两段文字。

    number: 练习的编号，例如 "4.4"
    answer: 你写的函数；对的、错的、会出错的都可以
    tinygpt check 执行练习本时，这里什么也不做。
    """
    trial = trial_of(number)
    if kernel.only_checking():
        return
    fix = f'写成 what_if("{number}", 你的函数的名字)'
    require(callable(answer) and not blank(answer), f"交来的是 {answer!r:.60}", "你写的函数", fix)
    with tqdm(total=2 * trial.ticks, desc=f"练习 {number}", leave=False) as bar:
        if number not in KNOWN:
            begin = time.monotonic()
            KNOWN[number] = trial.run(find(number).reference, bar.update), time.monotonic() - begin
        correct, seconds = KNOWN[number]
        bar.update(trial.ticks - bar.n)
        yours = trial.run(answer, bar.update, max(PATIENCE, 3 * seconds))
    said = conclusion(yours, correct, passes(number, answer))
    plots.use_style()
    figure = draw(f"练习 {number}：{said}", trial.label, yours, correct)
    print(f"{trial.where}。\n{said}。\n\n正确的写法写出：{text_of(correct)}\n你的写法写出：{text_of(yours)}")
    if kernel.shell():
        from IPython.display import display

        display(figure)
        plt.close(figure)


def passes(number: str, answer) -> bool:
    try:
        find(number).check(answer)
        return True
    except CheckFailed:
        return False


def text_of(run: Run) -> str:
    return run.text or "（没有写成）"
