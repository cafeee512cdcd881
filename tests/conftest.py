"""各个测试共用的零件：几千个参数的模型、几百个 token 的分词器。"""

import os
import signal
import sys
import threading

from tinygpt import threads  # noqa: F401 isort: skip 须在 torch 之前：它决定线程怎样等

import pytest
import torch
from hypothesis import settings

from tinygpt import corpus
from tinygpt.config import GPTConfig
from tinygpt.gpt import GPT
from tinygpt.tokenizer import Tokenizer

torch.set_num_threads(1)
# 从 nohup 或后台启动时，Ctrl-C 与挂断是被忽略的，子进程会继承；测试里的子进程要收得到它们
if threading.current_thread() is threading.main_thread():
    for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handler)
# derandomize：每次试同样的例子，失败可以重现
settings.register_profile("tinygpt", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("tinygpt")

# 要另开进程、真的训练、杀了又来的：start.py test 单独运行它们，平时的 pytest 不等
SLOW = {
    "test_capstone", "test_control", "test_counted", "test_exercise_books", "test_experiments", "test_faults",
    "test_finetune", "test_interrupt", "test_jitter", "test_limits", "test_parallel", "test_probes",
    "test_resume", "test_start", "test_tasks", "test_what_if",
}  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """SLOW 里的都标上 slow；点了名的文件照常运行。"""
    named = {argument.split("::")[0].rpartition("/")[2] for argument in config.args}
    for item in items:
        if item.path.stem in SLOW and item.path.name not in named:
            item.add_marker(pytest.mark.slow)


TEXTS = [
    "机器学习是人工智能的一个分支。机器学习研究怎样让计算机从数据里学习。",
    "小猫在河边看鱼。小猫是灰色的,河水是蓝色的。",
    "The cat sat on the mat. The dog sat on the log.\n",
    "一加一是二,二加二是四,四加四是八。2024 年有 366 天,12 个月。\n\n",
    "注意力机制是深度学习的重要部分:注意力机制让模型看见前面的每一个词。",
] * 4  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory):
    """编号缓存放在临时文件夹，不碰使用者的。"""
    folder = tmp_path_factory.mktemp("tinygpt-cache")
    before = os.environ.get("TINYGPT_CACHE")
    os.environ["TINYGPT_CACHE"] = str(folder)
    yield folder
    os.environ.pop("TINYGPT_CACHE") if before is None else os.environ.update(TINYGPT_CACHE=before)


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    """一项测试画的图，不留给下一项。"""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture
def quiet_style():
    """课里的图的样式，只在一个测试之内有效。"""
    import matplotlib

    from tinygpt.course import plots

    with matplotlib.rc_context():
        plots.use_style()
        yield


@pytest.fixture(scope="session")
def texts():
    return list(TEXTS)


@pytest.fixture(scope="session")
def tokenizer():
    return Tokenizer.train_bpe(TEXTS, vocab_size=450)


@pytest.fixture(scope="session")
def course_tokenizer():
    """切法与附带的分词器相同：“是”自成一段。"""
    return Tokenizer.train_bpe(TEXTS, vocab_size=450, pattern=corpus.PATTERN)


@pytest.fixture(scope="session")
def config():
    return GPTConfig(vocab_size=40, context_length=16, n_layer=2, n_head=2, n_embd=16, dropout=0.1)


@pytest.fixture
def make_model(config):
    """make_model（seed=0, std=0.4, dtype=…, **改动的字段）。

    std 给出时，矩阵都换成这么大的正态随机数：按 0.02 初始化的模型几乎是均匀分布，掩码错了也看不大出来。
    """

    def make(seed=0, std=None, dtype=torch.float32, **changes):
        import dataclasses

        torch.manual_seed(seed)
        model = GPT(dataclasses.replace(config, **changes)).to(dtype)
        if std is not None:
            with torch.no_grad():
                for parameter in model.parameters():
                    if parameter.ndim >= 2:
                        parameter.normal_(std=std)
                    else:
                        parameter.add_(0.1 * torch.randn_like(parameter))
        return model

    return make


@pytest.fixture
def model(make_model):
    """尖锐的小模型，评估状态。"""
    return make_model(std=0.4).eval()


@pytest.fixture
def model64(make_model):
    return make_model(std=0.4, dtype=torch.float64).eval()


@pytest.fixture
def random_ids(config):
    """random_ids(b, t, seed=0) → 8 … vocab_size − 1 的随机编号（不含特殊 token）。"""

    def make(*shape, seed=0):
        return torch.randint(8, config.vocab_size, shape, generator=torch.Generator().manual_seed(seed))

    return make


def pytest_terminal_summary(terminalreporter):
    """运行过练习的测试，就在最后数一数：练习、有名字的错误、正确的写法各有多少。"""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    if not any("test_exercises.py" in report.nodeid for report in reports):
        return
    from tinygpt.course import exercises

    found = [exercise for lesson in exercises.lessons() for exercise in exercises.exercises(lesson).values()]
    mutants, variants = sum(len(e.mutants) for e in found), sum(len(e.variants) for e in found)
    terminalreporter.write_line(
        f"练习 {len(found)} 个，有名字的错误 {mutants} 种，参考答案之外的正确写法 {variants} 种"
    )
