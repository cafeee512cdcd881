"""训练的文件夹只归一次训练：锁、叫停的信号、做完了的记录、再练久一些、合乎情形的建议。"""

import errno
import json
import os
import signal
import socket
import subprocess
import sys

import pytest
import torch
from test_resume import STEPS, new_trainer, results

from tinygpt import cli
from tinygpt.checkpoint import load_tensors
from tinygpt.commands import run_folder
from tinygpt.commands.signals import stop_between_steps
from tinygpt.errors import InputError
from tinygpt.gpt import GPT
from tinygpt.locks import Busy, held
from tinygpt.training_state import FILE

POEM = "春天来了，小河里的冰化了，水一天比一天多。孩子们在河边看鱼，鱼在水里看他们。\n"


@pytest.fixture(autouse=True)
def interruptible():
    """测试在后台跑时，shell 让 SIGINT 不起作用；这里照平时那样。"""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def train(tmp_path, capsys):
    """train(步数, *参数) →（代码，两个输出合在一起）。"""
    (tmp_path / "text.txt").write_text(POEM * 30, encoding="utf-8")

    def call(steps, *more):
        code = cli.main([
            "train", "--data", str(tmp_path / "text.txt"), "--out", str(tmp_path / "run"), "--preset", "tiny",
            "--n-embd", "16", "--context-length", "16", "--batch-size", "2", "--eval-interval", "2",
            "--patience", "0", "--vocab-size", "320", "--precision", "fp32", "--device", "cpu",
            *(["--steps", str(steps)] if steps else []), *more,
        ])  # fmt: skip
        out, err = capsys.readouterr()
        return code, out + err

    call.run = tmp_path / "run"
    return call


def files(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != run_folder.LOCK}


# ---- 锁 ----


def test_a_lock_is_held_by_one_and_free_afterwards(tmp_path):
    with held(tmp_path / "l"), pytest.raises(Busy), held(tmp_path / "l"):
        pass
    with held(tmp_path / "l"):
        pass


def test_a_lock_dies_with_its_process(tmp_path):
    """另一个进程拿着锁时拿不到；它被 kill 之后，马上拿得到：没有过期的锁要人去删。"""
    program = "import sys, time; from tinygpt.locks import held\n"
    program += "with held(sys.argv[1]): print('held', flush=True); time.sleep(600)"
    line = [sys.executable, "-c", program, str(tmp_path / "l")]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "held"
    with pytest.raises(Busy), held(tmp_path / "l"):
        pass
    process.kill()
    process.communicate()
    with held(tmp_path / "l"):
        pass


@pytest.fixture(params=["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def no_locks(request, monkeypatch):
    """磁盘答“没有这种锁”：NFS、FUSE 各有各的说法。"""
    fcntl, number = pytest.importorskip("fcntl"), getattr(errno, request.param)

    def unsupported(*_):
        raise OSError(number, "no locks here")

    monkeypatch.setattr(fcntl, "flock", unsupported)


def test_a_file_system_without_locks_falls_back(tmp_path, no_locks):
    """退到写着进程号的锁文件；以前在别的磁盘上留下的空锁文件（连同文件夹拷了过来）不算数。"""
    (tmp_path / "l").touch()
    with held(tmp_path / "l"), pytest.raises(Busy) as caught, held(tmp_path / "l"):
        pass
    assert caught.value.left == tmp_path / "l.pid"
    with held(tmp_path / "l", wait=True):
        pass
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / "l.pid").write_text(f"{dead.pid}\n{socket.gethostname()}\n", encoding="utf-8")
    with held(tmp_path / "l"):
        pass


def test_training_where_the_disk_has_no_locks(train, no_locks):
    assert train(4)[0] == 0 and "早已做完" in train(4, "--resume")[1]
    (train.run / f"{run_folder.LOCK}.pid").write_text("1\n别的机器\n", encoding="utf-8")
    code, text = train(4, "--resume")
    assert code == 2 and "另一个训练正在用" in text and f"删去 {train.run / run_folder.LOCK}.pid" in text


@pytest.mark.parametrize("more", [["--overwrite"], ["--resume"], []])
def test_a_folder_in_use_is_left_alone(train, more):
    assert train(4)[0] == 0
    before = files(train.run)
    with run_folder.owned(train.run):
        code, text = train(4, *more)
        assert code == 2 and "另一个训练正在用" in text and "换一个 --out" in text
    assert files(train.run) == before


def test_another_training_that_comes_while_this_one_prepares(train, monkeypatch):
    """编码的时候，别的训练先占了文件夹、写了东西：不覆盖它。"""
    from tinygpt.commands import train as command

    real = command.encode_source

    def meanwhile(*args):
        train.run.mkdir()
        (train.run / "config.json").write_text("别人的", encoding="utf-8")
        return real(*args)

    monkeypatch.setattr(command, "encode_source", meanwhile)
    code, text = train(4)
    assert code == 2 and "已经有一次训练" in text
    assert (train.run / "config.json").read_text(encoding="utf-8") == "别人的"


# ---- 信号 ----


@pytest.mark.parametrize("name, code", [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_every_way_to_stop_saves_and_resumes(train, monkeypatch, name, code):
    if not hasattr(signal, name):
        pytest.skip(f"这个系统没有 {name}")
    number, calls, forward = getattr(signal, name), [], GPT.forward

    def counted(model, ids, cache=None):
        calls.append(model.training and len(ids) > 1)  # 只有一行的，是训练之前估计内存
        if calls.count(True) == 5 and calls[-1]:
            signal.raise_signal(number)  # 第 5 步的中间
        return forward(model, ids, cache)

    monkeypatch.setattr(GPT, "forward", counted)
    before = signal.getsignal(number)
    found, text = train(10)
    assert found == code and "--resume" in text
    assert signal.getsignal(number) == before
    assert load_tensors(train.run / FILE)[1]["step"] == 5  # 这一步做完了才停，存的是第 5 步
    found, text = train(10, "--resume")
    assert found == 0 and "已经做完 5 步" in text


def test_nohup_stays_nohup():
    """nohup 让 SIGHUP 不起作用，训练也照样不理它。"""
    if not hasattr(signal, "SIGHUP"):
        pytest.skip("这个系统没有 SIGHUP")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_between_steps() as received:
            signal.raise_signal(signal.SIGHUP)
        assert received == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_second_time_stops_at_once():
    with pytest.raises(KeyboardInterrupt), stop_between_steps() as received:
        signal.raise_signal(signal.SIGINT)
        assert received == [signal.SIGINT]
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("应当已经停了")


# ---- 做完了的 ----


def test_resuming_a_finished_run_changes_no_byte(train):
    assert train(4)[0] == 0
    before = files(train.run)
    for steps in (4, None):  # 不写 --steps，就是原来的步数
        code, text = train(steps, "--resume")
        assert code == 0 and "早已做完" in text and "--steps" in text
        assert files(train.run) == before


def test_a_run_finished_just_before_its_record_was_written(train):
    """最后一个检查点存了，run.json 还没有写上“做完”就断了电：--resume 补写。"""
    assert train(4)[0] == 0
    record = json.loads((train.run / "run.json").read_text(encoding="utf-8"))
    (train.run / "run.json").write_text(json.dumps(record | {"finished": False}), encoding="utf-8")
    assert train(4, "--resume")[0] == 0
    assert run_folder.is_finished(train.run)


def test_a_finished_run_can_be_trained_further(train):
    assert train(4)[0] == 0
    code, text = train(8, "--resume")
    record = json.loads((train.run / "run.json").read_text(encoding="utf-8"))
    assert code == 0 and "已经做完 4 步" in text and record["steps"] == 8 and record["train"]["steps"] == 8
    rows = [json.loads(x) for x in (train.run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 9))
    assert {row["total_steps"] for row in rows[4:]} == {8}
    assert rows[4]["learning_rate"] > rows[3]["learning_rate"]  # 照新的总步数那条余弦，先回升
    assert rows[7]["learning_rate"] < rows[5]["learning_rate"]
    assert record["tokens"] == rows[-1]["tokens"] > rows[3]["tokens"]


def test_training_further_survives_an_interruption_bit_for_bit(tmp_path):
    for name in ("whole", "cut"):
        new_trainer(tmp_path / name, steps=8).run()
    whole = new_trainer(tmp_path / "whole", steps=STEPS)
    assert whole.resume() == 8
    whole.run()
    for stop in (13, None):
        trainer = new_trainer(tmp_path / "cut", steps=STEPS)
        trainer.resume()
        for metrics in trainer:
            if metrics.step == stop:
                break
    ours, expected = results(tmp_path / "cut"), results(tmp_path / "whole")
    assert all(torch.equal(ours[0][n], expected[0][n]) for n in expected[0])
    assert ours[1] == expected[1] and ours[4] == expected[4]


def test_after_early_stopping_more_steps_are_more_patience(tmp_path):
    config = {"patience": 2, "eval_interval": 2, "learning_rate": 0.5}
    first = new_trainer(tmp_path, steps=200, **config)
    first.run()
    assert first.stopped_early
    more = new_trainer(tmp_path, steps=first.step + 4, **config | {"patience": 0})
    assert more.resume() == first.step and not more.finished
    assert more.run().step == first.step + 4


@pytest.mark.parametrize("change", [{"seed": 4}, {"batch_size": 3}, {"steps": 7}, {"optimizer": "muon"}])
def test_training_further_changes_only_the_length(tmp_path, change):
    new_trainer(tmp_path, steps=8).run()
    with pytest.raises(InputError, match=next(iter(change))):
        new_trainer(tmp_path, **{"steps": 16} | change).resume()


# ---- 建议合乎情形 ----


def test_advice_fits_the_state(train):
    assert train(4)[0] == 0
    _, text = train(4)
    assert "已经做完" in text and "--resume --steps" in text
    record = json.loads((train.run / "run.json").read_text(encoding="utf-8"))
    (train.run / "run.json").write_text(json.dumps(record | {"finished": False}), encoding="utf-8")
    assert "接着训练：同样的命令，再加上 --resume" in train(4)[1]
    (train.run / FILE).unlink()
    _, text = train(4)
    assert "还没有存过检查点" in text and "--resume" not in text
    _, text = train(4, "--resume")
    assert "没有可以接着训练的检查点" in text and "--overwrite" in text


def test_info_gives_the_same_advice(train, capsys):
    assert train(4)[0] == 0
    record = json.loads((train.run / "run.json").read_text(encoding="utf-8"))
    (train.run / "run.json").write_text(json.dumps(record | {"finished": False}), encoding="utf-8")
    (train.run / FILE).unlink()
    assert cli.main(["info", "--model", str(train.run)]) == 0
    out = capsys.readouterr().out
    assert "没有做完" in out and "--resume" not in out


@pytest.mark.skipif(os.name == "nt", reason="Windows 的文件名总是文字")
def test_a_name_in_gbk_bytes_is_refused_before_anything_is_written(tmp_path, capsys):
    (tmp_path / "text.txt").write_text(POEM * 30, encoding="utf-8")
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xc8\xd5\xbc\xc7")
    assert cli.main(["train", "--data", str(tmp_path / "text.txt"), "--out", name]) == 2
    err = capsys.readouterr().err
    assert "GBK" in err and "UTF-8" in err and not os.path.exists(name)


# ---- 文件夹变了样 ----


@pytest.mark.parametrize("change", [["--vocab-size", "300"], ["--tokenizer", "char"]])
def test_resuming_with_another_vocabulary_is_refused(train, change):
    """不能悄悄用回原来的分词器：要的是别的，就说不同。"""
    assert train(4)[0] == 0
    before = files(train.run)
    code, text = train(8, "--resume", *change)
    assert code == 2 and "分词器：原来" in text and files(train.run) == before


def at_step(monkeypatch, step, act):
    """训练走到第 step 步时做 act()。"""
    calls, forward = [], GPT.forward

    def counted(model, ids, cache=None):
        calls.append(model.training and len(ids) > 1)
        if calls.count(True) == step and calls[-1]:
            act()
        return forward(model, ids, cache)

    monkeypatch.setattr(GPT, "forward", counted)


def test_a_folder_moved_during_training_is_missed_by_name(train, monkeypatch):
    at_step(monkeypatch, 5, lambda: train.run.rename(train.run.with_name("别处")))
    code, text = train(10)
    assert code == 2 and f"{train.run} 不见了" in text and "放回原处" in text
    train.run.with_name("别处").rename(train.run)
    assert train(10, "--resume")[0] == 0


def test_files_deleted_during_training_are_written_again(train, monkeypatch):
    """训练时有人清理文件夹：做完以后，模型仍是完整的。"""
    at_step(monkeypatch, 5, lambda: [(train.run / n).unlink() for n in ("config.json", "tokenizer.json")])
    assert train(6)[0] == 0
    assert cli.main(["generate", "春", "--model", str(train.run), "--max-new-tokens", "2"]) == 0
