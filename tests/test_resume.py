"""中断与恢复：被 SIGKILL 杀掉的训练接着做完，与没有中断的逐位相同；换了数据、分词器、参数则说出哪一项。

这个文件也是子进程的程序：python test_resume.py 文件夹 优化器 死法，训练到死或到完。
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tinygpt import checkpoint, cli
from tinygpt import trainer as module
from tinygpt.checkpoint import load_tensors
from tinygpt.config import GPTConfig
from tinygpt.data import ContiguousWindows, RandomWindows
from tinygpt.errors import InputError
from tinygpt.gpt import GPT
from tinygpt.trainer import TrainConfig, Trainer

STEPS, INTERVAL = 36, 4
SETTINGS = {
    "steps": STEPS, "eval_interval": INTERVAL, "batch_size": 2, "accumulation": 2,
    "warmup_steps": 6, "learning_rate": 5e-3, "patience": 0, "precision": "fp32", "seed": 3,
}  # fmt: skip
FINGERPRINT = {"数据": "aaaa", "分词器": "bbbb", "模型": "cccc"}


def new_trainer(out, optimizer="adamw", fingerprint=FINGERPRINT, **changes) -> Trainer:
    """dropout 与梯度累积都开着；训练要走好几轮。

    训练只有编号 8–23，验证里有四分之一是没见过的 24–39：验证损失先降后升，最好的在中间。
    """
    ids = torch.randint(8, 24, (400,), generator=torch.Generator().manual_seed(0)).numpy()
    ids[350::4] += 16
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=40, context_length=16, n_layer=2, n_head=2, n_embd=16, dropout=0.2))
    config = TrainConfig(**SETTINGS | {"optimizer": optimizer} | changes)
    train = RandomWindows(ids[:350], 16, config.batch_size, config.seed)
    validation = ContiguousWindows(ids[350:], 16, 2, 7)
    return Trainer(model, train, validation, config, out=out, fingerprint=fingerprint)


def worker(out: Path, optimizer: str, death: str) -> None:
    """death 是 none 或 "死法：第几步"。步数一到，就在指定的地方被杀；random 则等父进程动手。"""
    torch.set_num_threads(2)
    trainer = new_trainer(out, optimizer)
    if (out / "training.safetensors").exists():
        print("resumed", trainer.resume(), flush=True)
    kind, _, at = death.partition(":")
    arm(trainer, kind, int(at or 0))
    for metrics in trainer:
        print("step", metrics.step, flush=True)
        if kind == "random" and metrics.step >= int(at):
            time.sleep(0.02)  # 只为让父进程来得及；不影响算出的数
    print("finished", flush=True)


def arm(trainer, kind: str, at: int) -> None:
    """在训练的要害处埋一颗 SIGKILL。"""

    def die_at(real, after: bool):
        def wrapped(*args, **kwargs):
            due = trainer.step >= at
            if due and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*args, **kwargs)
            if due:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return wrapped

    if kind == "before_rename":  # 检查点写完了，还没改名
        checkpoint.os.replace = die_at(os.replace, after=False)
    elif kind == "best_without_training":  # 最好的权重存了，接着训练用的还没存
        trainer._keep_best = die_at(trainer._keep_best, after=True)
    elif kind == "record_without_save":  # 这一步记进了 metrics.jsonl，检查点还没存
        trainer._record = die_at(trainer._record, after=True)
    elif kind == "half_a_line":  # metrics.jsonl 的最后一行只写了一半

        def half(metrics, real=trainer._record):
            real(metrics)
            if trainer.step >= at:
                path = trainer.out / "metrics.jsonl"
                path.write_bytes(path.read_bytes()[:-40])
                os.kill(os.getpid(), signal.SIGKILL)

        trainer._record = half


def start(out, optimizer="adamw", death="none"):
    root = str(Path(module.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"}
    line = [sys.executable, __file__, out, optimizer, death]
    return subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment)


def finish(process) -> list[str]:
    output, _ = process.communicate(timeout=120)
    return output.split("\n")


def results(out):
    """一次训练留下的一切：权重、优化器、随机数状态、最好的权重、每一步的记录。"""
    training, state = load_tensors(out / "training.safetensors")
    best, best_state = load_tensors(out / "model.safetensors")
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return training, state, best, best_state, rows


def assert_bit_for_bit(out, expected):
    ours = results(out)
    for mine, theirs in ((ours[0], expected[0]), (ours[2], expected[2])):
        assert mine.keys() == theirs.keys()
        assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []
    assert ours[1] == expected[1] and ours[3] == expected[3]
    assert ours[4] == expected[4]
    assert [row["step"] for row in ours[4]] == list(range(1, STEPS + 1))
    names = {p.name for p in out.iterdir() if not p.name.startswith(".")}
    assert names == {"training.safetensors", "model.safetensors", "metrics.jsonl"}


@pytest.fixture(scope="module", autouse=True)
def two_threads():
    """与 worker 一样用两个线程：线程数不同，求和的次序就不同。"""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """没有中断的一次，每个优化器各一份；在单独的进程里做。"""
    kept = {}

    def get(optimizer):
        if optimizer not in kept:
            out = tmp_path_factory.mktemp("whole") / optimizer
            process = start(out, optimizer)
            assert "finished" in finish(process) and process.returncode == 0
            kept[optimizer] = results(out)
        return kept[optimizer]

    return get


needs_sigkill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="这个系统没有 SIGKILL")


def test_the_reference_run_is_worth_comparing(uninterrupted):
    """对照本身要有内容：优化器状态、dropout 的随机数、最好的不是最后的。"""
    training, state, best, best_state, rows = uninterrupted("adamw")
    assert any(name.startswith("optimizer.") and "exp_avg_sq" in name for name in training)
    assert "random.cpu" in training
    assert state["step"] == STEPS and len(rows) == STEPS
    assert INTERVAL < best_state["step"] < STEPS - INTERVAL
    assert any(not torch.equal(best[n], training[f"model.{n}"]) for n in best)
    assert any(row["best"] for row in rows)
    assert any(row["val_loss"] is not None and not row["best"] for row in rows)


@needs_sigkill
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_killed_at_a_random_moment_and_resumed_equals_uninterrupted(tmp_path, uninterrupted, optimizer):
    expected, out = uninterrupted(optimizer), tmp_path / "run"
    step, delay = random.randint(INTERVAL + 1, STEPS - 12), random.uniform(0, 0.1)  # 真的随机；失败时印出来
    print(f"在第 {step} 步之后 {delay:.4f} 秒杀掉")
    process = start(out, optimizer, f"random:{step}")
    for line in process.stdout:
        if line.strip() == f"step {step}":
            time.sleep(delay)
            process.kill()
            break
    assert process.wait(timeout=60) == -signal.SIGKILL
    process.stdout.close()
    assert load_tensors(out / "training.safetensors")[1]["step"] >= INTERVAL
    again = start(out, optimizer)
    lines = finish(again)
    assert again.returncode == 0 and lines[0].startswith("resumed ") and "finished" in lines
    assert int(lines[0].split()[1]) % INTERVAL == 0 and lines[1] == f"step {int(lines[0].split()[1]) + 1}"
    assert_bit_for_bit(out, expected)


@needs_sigkill
@pytest.mark.parametrize("death", [
    "before_rename:12", "before_rename:20", "best_without_training:8",
    "record_without_save:12", "half_a_line:14",
])  # fmt: skip
def test_killed_at_the_worst_moment(tmp_path, uninterrupted, death):
    """两次写盘之间：任何时刻断电，看到的都是完整的旧文件或新文件，接着做完仍逐位相同。"""
    expected, out = uninterrupted("adamw"), tmp_path / "run"
    process = start(out, "adamw", death)
    assert "finished" not in finish(process) and process.returncode == -signal.SIGKILL
    load_tensors(out / "training.safetensors"), load_tensors(out / "model.safetensors")
    trainer = new_trainer(out)
    saved = int(death.split(":")[1]) // INTERVAL * INTERVAL
    assert trainer.resume() == saved - (0 if death.startswith("half") else INTERVAL)
    trainer.run()
    assert_bit_for_bit(out, expected)


def test_killed_twice_in_a_row(tmp_path, uninterrupted):
    """同一进程里停两次（第一次停在检查点之后一步），仍逐位相同。"""
    out = tmp_path / "run"
    for stop in (5, 19, None):
        trainer = new_trainer(out)
        if stop != 5:
            trainer.resume()
        for metrics in trainer:
            if metrics.step == stop:
                break
    assert_bit_for_bit(out, uninterrupted("adamw"))


def test_resuming_a_finished_run_does_nothing(tmp_path):
    first = new_trainer(tmp_path, steps=8)
    first.run()
    before = results(tmp_path)
    trainer = new_trainer(tmp_path, steps=8)
    assert trainer.resume() == 8
    assert trainer.run() is None
    after = results(tmp_path)
    assert after[4] == before[4] and all(torch.equal(after[0][n], before[0][n]) for n in before[0])
    pairs = zip(trainer.model.parameters(), first.model.parameters())
    assert all(torch.equal(p, q) for p, q in pairs)  # 同样是最好的权重


def test_early_stopping_survives_a_pause(tmp_path):
    """耐心用掉了几次，也要带过去：停在同一步。"""
    config = {"patience": 2, "eval_interval": 2, "learning_rate": 0.5, "steps": 200}
    whole = new_trainer(tmp_path / "a", **config)
    stopped_at = whole.run().step
    assert whole.stopped_early and stopped_at > 4
    for metrics in new_trainer(tmp_path / "b", **config):
        if metrics.step == stopped_at - 1:
            break
    trainer = new_trainer(tmp_path / "b", **config)
    assert trainer.resume() == stopped_at - 2
    assert trainer.run().step == stopped_at and trainer.stopped_early
    assert trainer.best_loss == whole.best_loss and trainer.best_step == whole.best_step


# ---- 打开着的文件 ----

MAPS = Path("/proc/self/maps")


@pytest.mark.skipif(not MAPS.exists(), reason="这个系统没有 /proc/self/maps")
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_no_file_of_the_run_stays_mapped(tmp_path, optimizer):
    """读回来的张量各有自己的内存：Windows 不让替换还映射着的文件，下一次存检查点就会失败。"""

    def mapped():
        return [line for line in MAPS.read_text().splitlines() if str(tmp_path) in line]

    new_trainer(tmp_path, optimizer, steps=8).run()
    tensors, _ = load_tensors(tmp_path / "training.safetensors")
    assert tensors and mapped() == []
    trainer = new_trainer(tmp_path, optimizer, steps=8)
    trainer.resume()
    assert mapped() == []
    trainer.restore_best()
    assert mapped() == []


# ---- Ctrl-C ----

COMMAND = [
    "train", "--tokenizer", "char", "--n-layer", "1", "--n-head", "2", "--n-embd", "16",
    "--context-length", "16", "--batch-size", "2", "--accumulation", "2", "--dropout", "0.2",
    "--steps", "10", "--eval-interval", "4", "--precision", "fp32", "--device", "cpu", "--json",
]  # fmt: skip


def train_command(folder, *more) -> int:
    return cli.main([*COMMAND, "--data", str(folder / "text.txt"), "--out", str(folder / "run"), *more])


class Interrupting:
    """第 at 次训练时的前向（每步两次）里按下 Ctrl-C；evaluating 时改数评估里的前向。"""

    def __init__(self, monkeypatch, at, evaluating=False):
        self.count, forward = 0, GPT.forward

        def counted(model, ids, cache=None):
            if model.training is not evaluating:
                self.count += 1
                if self.count == at:
                    signal.raise_signal(signal.SIGINT)
            return forward(model, ids, cache)

        monkeypatch.setattr(GPT, "forward", counted)


@pytest.fixture(scope="module")
def by_command(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("whole")
    (folder / "text.txt").write_text("".join(texts), encoding="utf-8")
    assert train_command(folder) == 0
    return folder


@pytest.mark.parametrize(
    ("at", "evaluating"),
    [(11, False), (12, False), (1, True)],
    ids=["first half of step 6", "second half of step 6", "evaluation"],
)
def test_ctrl_c_and_resume_equals_uninterrupted(by_command, tmp_path, capsys, at, evaluating):
    """在一步的中间按 Ctrl-C：存下的须是某一步做完时的状态（权重与随机数）。

    接着做完逐位相同，记录一行不少。
    """
    (tmp_path / "text.txt").write_bytes((by_command / "text.txt").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        pressed = Interrupting(patch, at, evaluating)
        assert train_command(tmp_path) == 130
        assert pressed.count >= at
    assert "--resume" in capsys.readouterr().err
    assert train_command(tmp_path, "--resume") == 0
    ours, expected = results(tmp_path / "run"), results(by_command / "run")
    assert ours[4] == expected[4]
    assert [name for name in expected[0] if not torch.equal(ours[0][name], expected[0][name])] == []
    assert [name for name in expected[2] if not torch.equal(ours[2][name], expected[2][name])] == []


# ---- 换了东西就不接着训练 ----


@pytest.fixture(scope="module")
def paused(tmp_path_factory):
    out = tmp_path_factory.mktemp("paused")
    for metrics in new_trainer(out):
        if metrics.step == INTERVAL:
            return out


@pytest.mark.parametrize("name", list(FINGERPRINT))
def test_other_data_tokenizer_or_model_is_refused_by_name(paused, name):
    with pytest.raises(InputError, match=name) as caught:
        new_trainer(paused, fingerprint=FINGERPRINT | {name: "zzzz"}).resume()
    assert FINGERPRINT[name] in str(caught.value) and "zzzz" in str(caught.value)
    assert not any(other in caught.value.found for other in FINGERPRINT if other != name)  # 只说不同的那一项


@pytest.mark.parametrize(("name", "value"), [
    ("learning_rate", 0.5), ("steps", 99), ("batch_size", 3), ("accumulation", 1), ("seed", 4),
    ("optimizer", "muon"), ("precision", "bf16"), ("eval_interval", 5),
])  # fmt: skip
def test_other_settings_are_refused_by_name(paused, name, value):
    with pytest.raises(InputError, match=name) as caught:
        new_trainer(paused, **{name: value}).resume()
    assert str(value) in caught.value.found and str(SETTINGS.get(name, "adamw")) in caught.value.found


def test_all_differences_are_named_at_once(paused):
    with pytest.raises(InputError) as caught:
        new_trainer(paused, seed=4, fingerprint=FINGERPRINT | {"数据": "zzzz"}).resume()
    assert "seed" in caught.value.found and "数据" in caught.value.found


def test_a_refused_resume_changes_nothing_on_disk(paused):
    before = {p.name: p.read_bytes() for p in paused.iterdir()}
    with pytest.raises(InputError):
        new_trainer(paused, seed=4).resume()
    assert {p.name: p.read_bytes() for p in paused.iterdir()} == before


def test_resume_without_a_checkpoint(tmp_path):
    with pytest.raises(InputError, match="training.safetensors"):
        new_trainer(tmp_path).resume()


def test_resume_from_a_truncated_checkpoint(paused, tmp_path):
    whole = (paused / "training.safetensors").read_bytes()
    (tmp_path / "training.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="不完整"):
        new_trainer(tmp_path).resume()


def test_resume_from_a_foreign_safetensors_file(tmp_path):
    """文件完整，却不是训练的检查点，例如误把 model.safetensors 改了名。"""
    checkpoint.save_tensors(tmp_path / "training.safetensors", {"a": torch.zeros(2)})
    with pytest.raises(InputError):
        new_trainer(tmp_path).resume()


def test_lost_metrics_do_not_prevent_resuming(paused, tmp_path):
    (tmp_path / "training.safetensors").write_bytes((paused / "training.safetensors").read_bytes())
    assert new_trainer(tmp_path).resume() == INTERVAL


if __name__ == "__main__":
    worker(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
