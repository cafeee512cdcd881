"""出事的时候：被 kill -9、磁盘满了、坏了字节、截断、时钟倒退。检查点永远读得出来，接着做完逐位相同。

随机时刻被杀的训练在 fork 出的子进程里做（不必重新导入 torch）。平时各杀 6 次；TINYGPT_KILLS=30 就各杀 30 次。
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from test_resume import new_trainer, results

from tinygpt import cli, metrics, training_state
from tinygpt.checkpoint import load_tensors, read_json
from tinygpt.data import TokenDataset, prepare
from tinygpt.errors import InputError
from tinygpt.pretrained import load
from tinygpt.text import Passage
from tinygpt.token_store import is_whole
from tinygpt.tokenizer import Tokenizer

KILLS = int(os.environ.get("TINYGPT_KILLS", "6"))
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="只有 Linux 上 fork 出的子进程能用 torch")


# ---- 随机时刻 kill -9 ----


def forked(work) -> int:
    """在子进程里做 work，返回它的进程号。"""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def code_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def train(out):
    trainer = new_trainer(out)
    if (out / training_state.FILE).exists():
        trainer.resume()
    trainer.run()


def killed_at_random_moments(work, check, longest: float) -> int:
    """反复做 work，每次在随机的时刻杀掉，杀完 check；最后让它做完。返回真的杀了几次。

    时刻在 0 到 longest 秒里，一段一个：第一次总在它做完之前。
    """
    seed = random.randrange(10**6)  # 真的随机；失败时印出来
    print("种子", seed)
    moments, killed = random.Random(seed), 0
    for number in range(KILLS):
        child = forked(work)
        time.sleep((number + moments.random()) / KILLS * longest)
        os.kill(child, signal.SIGKILL)
        killed += code_of(child) == -signal.SIGKILL
        check()
    assert code_of(forked(work)) == 0
    return killed


@on_linux
def test_training_killed_at_random_moments_ends_bit_for_bit_the_same(tmp_path):
    """杀在训练、存盘、恢复的任何时候：每次留下的检查点都读得出来，最后与没有中断的一样。"""
    started = time.monotonic()
    assert code_of(forked(lambda: train(tmp_path / "whole"))) == 0
    took, out = time.monotonic() - started, tmp_path / "run"

    def check():
        for name in (training_state.FILE, "model.safetensors"):
            assert not (out / name).exists() or load_tensors(out / name)[0]

    assert killed_at_random_moments(lambda: train(out), check, took / 2) > 0
    ours, expected = results(out), results(tmp_path / "whole")
    assert [n for n in expected[0] if not torch.equal(ours[0][n], expected[0][n])] == []
    assert [n for n in expected[2] if not torch.equal(ours[2][n], expected[2][n])] == []
    assert ours[1] == expected[1] and ours[4] == expected[4]


def write_cache(folder, pause: float = 0.0) -> TokenDataset:
    passages = [Passage(f"第{i}篇" + "字" * (i % 7), f"f{i}") for i in range(40)]

    def encode(texts):
        time.sleep(pause)
        return [[8 + ord(c) % 50 for c in text] for text in texts]

    return prepare(passages, encode, key="k", vocab_size=100, eos=7, folder=folder)


@on_linux
def test_tokenising_killed_at_random_moments_leaves_nothing_half_done(tmp_path):
    folder = tmp_path / "cache"
    expected = write_cache(tmp_path / "whole")

    def check():
        for target in folder.glob("*"):
            if target.suffix not in (".tmp", ".lock"):
                assert is_whole(target)
                shutil.rmtree(target)  # 下一次重新写

    assert killed_at_random_moments(lambda: write_cache(folder, pause=0.2), check, 0.25) > 0
    ours = write_cache(folder)
    assert ours.train.tolist() == expected.train.tolist() and ours.meta == expected.meta
    assert sorted(p.suffix for p in folder.iterdir()) == ["", ".lock"]  # 写到一半的都清掉了


# ---- 坏了字节、截断 ----


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """一次训练的文件夹，停在中间（还能接着训练）。"""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "text.txt").write_text("春天来了，小河里的冰化了，水一天比一天多。\n" * 40, encoding="utf-8")
    assert command(folder, "run") == 0
    state, _ = load_tensors(folder / "run" / training_state.FILE)
    assert state
    return folder


def command(folder, out, *more) -> int:
    return cli.main([
        "train", "--data", str(folder / "text.txt"), "--out", str(folder / out), "--preset", "tiny",
        "--n-embd", "16", "--context-length", "16", "--batch-size", "2", "--steps", "4",
        "--eval-interval", "2", "--vocab-size", "320", "--precision", "fp32", "--device", "cpu", *more,
    ])  # fmt: skip


READERS = {
    "config.json": read_json, "run.json": read_json, "tokenizer.json": Tokenizer.load,
    "model.safetensors": load_tensors, training_state.FILE: load_tensors,
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_a_file_cut_at_every_sixteenth_is_refused_in_words(run, tmp_path, name):
    whole = (run / "run" / name).read_bytes()
    for part in range(16):
        (tmp_path / name).write_bytes(whole[: len(whole) * part // 16])
        with pytest.raises(InputError, match=name):
            READERS[name](tmp_path / name)


@pytest.mark.parametrize("name", ["model.safetensors", training_state.FILE])
def test_a_flipped_byte_anywhere_in_a_checkpoint_is_noticed(run, tmp_path, name):
    whole = (run / "run" / name).read_bytes()
    expected, state = load_tensors(run / "run" / name)
    moments = random.Random(0)
    places = [*range(0, 8), *moments.sample(range(8, len(whole)), 150)]
    for place in places:
        broken = bytearray(whole)
        broken[place] ^= 1 << moments.randrange(8)
        (tmp_path / name).write_bytes(broken)
        try:
            tensors, found = load_tensors(tmp_path / name)
        except InputError:
            continue  # 说出来了
        same = tensors.keys() == expected.keys() and found == state  # 只有头里的空白、别的键可以变
        assert same and all(torch.equal(tensors[n], expected[n]) for n in expected), place


@pytest.mark.parametrize("name", ["config.json", "run.json", "tokenizer.json", metrics.FILE])
@pytest.mark.parametrize("damage", ["half", "flipped", "missing"])
def test_resuming_needs_only_the_training_state(run, tmp_path, name, damage, capsys):
    """别的文件坏了、没有了，训练照样能接着做完，得到同样的权重，坏了的也写好了。"""
    shutil.copytree(run, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "run" / name
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0x80
    {"half": lambda: path.write_bytes(whole[: len(whole) // 2]), "flipped": lambda: path.write_bytes(flipped),
     "missing": path.unlink}[damage]()  # fmt: skip
    assert command(tmp_path, "run", "--resume", "--steps", "6") == 0, capsys.readouterr().err
    model, _ = load(tmp_path / "run")
    assert read_json(tmp_path / "run" / "run.json")["steps"] == 6
    rows = (tmp_path / "run" / metrics.FILE).read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["step"] for row in rows][-2:] == [5, 6]


# ---- 磁盘满了、只读、时钟 ----


@pytest.fixture
def tiny_disk(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(line, capture_output=True).returncode:
        pytest.skip("不能挂上一个很小的磁盘（要 Linux 与 root）")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_says_so_and_advises_what_fits(run, tiny_disk, capsys):
    """第一个检查点就写不下：不劝人 --resume；腾出地方，照它说的做就行。"""
    shutil.copy(run / "text.txt", tiny_disk)
    code, err = command(tiny_disk, "run", "--n-embd", "192"), capsys.readouterr().err
    assert code == 2 and "磁盘满了" in err and "--overwrite" in err and "--resume" not in err
    assert not list((tiny_disk / "run").glob("*.safetensors"))
    assert command(tiny_disk, "run", "--overwrite") == 0
    assert load(tiny_disk / "run")


def test_a_full_disk_at_a_later_checkpoint_keeps_the_earlier_one(run, tiny_disk, capsys):
    shutil.copytree(run, tiny_disk, dirs_exist_ok=True)
    before = load_tensors(tiny_disk / "run" / training_state.FILE)[1]
    free = shutil.disk_usage(tiny_disk).free
    (tiny_disk / "别的文件").write_bytes(b"x" * (free - 4096))
    code, err = command(tiny_disk, "run", "--resume", "--steps", "6"), capsys.readouterr().err
    assert code == 2 and "磁盘满了" in err and "--resume" in err
    assert load_tensors(tiny_disk / "run" / training_state.FILE)[1] == before
    (tiny_disk / "别的文件").unlink()
    assert command(tiny_disk, "run", "--resume", "--steps", "6") == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root 什么都能写")
def test_a_read_only_folder_is_explained(run, tmp_path, capsys):
    shutil.copy(run / "text.txt", tmp_path)
    tmp_path.chmod(0o555)
    try:
        assert command(tmp_path, "run") == 2
        assert "权限" in capsys.readouterr().err
    finally:
        tmp_path.chmod(0o755)


def test_a_clock_set_back_changes_nothing(run, tmp_path, monkeypatch):
    """时钟一直倒退：训练、存盘、恢复与平时逐位相同。"""
    shutil.copy(run / "text.txt", tmp_path)
    clock = iter(range(10**6, 0, -1))
    monkeypatch.setattr(time, "time", lambda: next(clock))
    assert command(tmp_path, "run") == 0
    ours, expected = results(tmp_path / "run"), results(run / "run")
    assert all(torch.equal(ours[0][n], expected[0][n]) for n in expected[0])
    assert command(tmp_path, "run", "--resume", "--steps", "6") == 0


# ---- 笔记本里的中断 ----


@pytest.mark.parametrize("at", [18, 19, 45])
def test_a_notebook_cell_interrupted_in_mid_step_and_run_again(tmp_path, at):
    """在一步的中间按了中断，同一个 trainer 接着迭代：退回自己存的检查点，与没有中断的逐位相同。"""
    whole = new_trainer(tmp_path / "whole")
    whole.run()
    trainer, calls = new_trainer(tmp_path / "run"), []
    real = trainer.objective

    def interrupted(model, batch):
        if model.training:
            calls.append(batch)
            if len(calls) == at:
                raise KeyboardInterrupt
        return real(model, batch)

    trainer.objective = interrupted
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert not trainer.between_steps and trainer.step < whole.step
    trainer.run()
    ours, expected = results(tmp_path / "run"), results(tmp_path / "whole")
    assert all(torch.equal(ours[0][n], expected[0][n]) for n in expected[0])
    assert ours[4] == expected[4]


