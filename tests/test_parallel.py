"""parallel.py：几个进程一起训练，等于一个进程；少了一个进程，说得清楚，接得上。

这个文件也是进程的程序：torchrun … test_parallel.py 文件夹 哪一出。各出戏合在一次启动里，因为启动就要几秒。
"""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tinygpt import cli, parallel
from tinygpt.checkpoint import load_tensors
from tinygpt.config import GPTConfig
from tinygpt.data import ContiguousWindows, RandomWindows
from tinygpt.errors import InputError
from tinygpt.gpt import GPT
from tinygpt.trainer import TrainConfig, Trainer

TOP = Path(__file__).parents[1]
SHAPE = GPTConfig(vocab_size=40, context_length=16, n_layer=2, n_head=2, n_embd=16, dropout=0.0)
SETTINGS = TrainConfig(
    steps=6, eval_interval=2, batch_size=5, accumulation=2, warmup_steps=2, patience=0, precision="fp32",
    optimizer="adamw", seed=3,
)  # fmt: skip

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not torch.distributed.is_available(),
    reason="torchrun 用的通信（gloo）在 Windows 的 PyTorch 里靠不住",
)


def new_trainer(out, workers=parallel.ALONE, dropout=0.0, **changes) -> Trainer:
    """双精度（交叉熵仍是单精度）：几个进程与一个进程，差的只是最后几位。批大小 5，分成 3 与 2。"""
    ids = torch.randint(8, 40, (400,), generator=torch.Generator().manual_seed(0)).numpy()
    torch.manual_seed(0)
    model = GPT(dataclasses.replace(SHAPE, dropout=dropout)).double()
    config = dataclasses.replace(SETTINGS, **changes)
    train = RandomWindows(ids[:350], 16, config.batch_size, config.seed)
    validation = ContiguousWindows(ids[350:], 16, 1, 7)
    return Trainer(model, train, validation, config, out=out, workers=workers)


def pause(trainer, step: int) -> Trainer:
    """训练到第 step 步就停下；那一步存了检查点。"""
    next(metrics for metrics in trainer if metrics.step == step)
    trainer.save()
    return trainer


# ---- 子进程里的 ----


def several(out: Path, workers) -> None:
    """各种训练，各存一个文件夹。"""
    new_trainer(out / "two", workers).run()
    pause(new_trainer(out / "two_then_one", workers), 3)
    resumed = new_trainer(out / "one_then_two", workers)
    assert resumed.resume() == 3
    resumed.run()
    new_trainer(out / "dropout", workers, 0.3).run()
    pause(new_trainer(out / "dropout_paused", workers, 0.3), 3)
    again = new_trainer(out / "dropout_paused", workers, 0.3)
    again.resume()
    torch.rand(7)  # 别处用掉的随机数不碍事
    again.run()
    new_trainer(out / "minutes", workers, steps=None, minutes=0.004).run()
    new_trainer(out / "muon", workers, optimizer="muon").run()
    sharded = parallel.Sharded(workers.device)
    new_trainer(out / "muon_sharded", sharded, optimizer="muon").run()
    trainer = new_trainer(out / "sharded", sharded)
    share = sum(p.to_local().numel() for p in trainer.model.parameters())
    print("share", share, sum(p.numel() for p in trainer.model.parameters()), flush=True)
    pause(trainer, 3)
    again = new_trainer(out / "sharded", sharded)
    assert again.resume() == 3
    again.run()
    try:
        workers.require_same({"数据": "同样", "模型": workers.rank})
    except InputError as error:
        print(f"refused {error.found}", flush=True)
    with pytest.raises(InputError, match="一个小批有 1 个窗口，却有 2 个进程"):
        workers.share({"labels": torch.zeros(1, 3)})


def dies(arguments: list[str]) -> int:
    """tinygpt train，到第 5 步，1 号进程被杀。"""

    def one_step(trainer, real=Trainer._one_step):
        if trainer.step == 4 and not trainer.workers.first:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(trainer)

    Trainer._one_step = one_step
    return cli.main(arguments)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1] == "several":
        with parallel.joined("cpu") as (workers, device):
            several(Path(sys.argv[2]), workers)
    else:
        sys.exit(dies(sys.argv[2:]))


# ---- 测试 ----


def torchrun(*arguments, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "torch.distributed.run", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(TOP), "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", **options
    )


def finished(process: subprocess.Popen) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    return process.returncode, out, err


def log(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """两个进程各种训练的文件夹；one 是一个进程的。"""
    folder = tmp_path_factory.mktemp("parallel")
    new_trainer(folder / "one").run()
    new_trainer(folder / "one_muon", optimizer="muon").run()
    pause(new_trainer(folder / "one_then_two"), 3)
    script = Path(__file__).resolve()
    code, out, err = finished(torchrun("--nproc_per_node=2", script, "several", folder))
    assert code == 0, err
    (folder / "printed").write_text(out, encoding="utf-8")
    return folder


def assert_same_log(a: Path, b: Path, rounding: float) -> None:
    for x, y in zip(log(a), log(b), strict=True):
        assert x["best"] == y["best"] and (x["val_loss"] is None) == (y["val_loss"] is None)
        numbers = [{name: value for name, value in row.items() if value is not None} for row in (x, y)]
        assert numbers[0] == pytest.approx(numbers[1], rel=rounding)


def assert_same_run(a: Path, b: Path) -> None:
    """每一步的损失、梯度范数、学习率、验证损失，与最后的权重，只差舍入。"""
    assert_same_log(a, b, 1e-6)
    for name in ("model.safetensors", "training.safetensors"):
        (mine, state), (theirs, other) = load_tensors(a / name), load_tensors(b / name)
        assert state.keys() == other.keys() and mine.keys() == theirs.keys()
        for key in mine.keys() - {"random.cpu"}:
            torch.testing.assert_close(mine[key], theirs[key], rtol=1e-5, atol=1e-8)


def test_two_processes_equal_one(two):
    assert_same_run(two / "two", two / "one")
    assert len({row["loss"] for row in log(two / "one")}) == 6


def test_the_comparison_sees_another_order_of_the_data(two, tmp_path):
    new_trainer(tmp_path, seed=4).run()
    with pytest.raises(AssertionError):
        assert_same_run(tmp_path, two / "one")


def test_sharded_equals_one(two):
    """FSDP2：每个进程只有一半的权重，存下的文件仍是完整的一份，还中断过一次。"""
    assert_same_run(two / "sharded", two / "one")
    share, total = map(int, (two / "printed").read_text(encoding="utf-8").split("share ")[1].split()[:2])
    assert share < 0.6 * total


@pytest.mark.parametrize("kind", ["muon", "muon_sharded"])
def test_muon_equals_one_process(two, kind):
    """Muon 的迭代可能是 bf16 的，舍入大些：比每一步的损失。"""
    assert_same_log(two / kind, two / "one_muon", 1e-3)


def test_one_process_goes_on_where_two_stopped(two):
    trainer = new_trainer(two / "two_then_one")
    assert trainer.resume() == 3
    trainer.run()
    assert_same_run(two / "two_then_one", two / "one")


def test_two_processes_go_on_where_one_stopped(two):
    assert_same_run(two / "one_then_two", two / "one")


def test_dropout_differs_between_processes_and_survives_a_pause(two):
    rows = log(two / "dropout")
    assert rows == log(two / "dropout_paused")  # 逐位相同
    assert rows[0]["loss"] != pytest.approx(log(two / "one")[0]["loss"], rel=1e-9)


def test_minutes_give_every_process_the_same_number_of_steps(two):
    rows = log(two / "minutes")
    assert len({row["total_steps"] for row in rows}) == 1 and len(rows) == rows[0]["total_steps"]


def test_different_data_on_the_processes_is_refused(two):
    assert "refused 各个进程的模型不同" in (two / "printed").read_text(encoding="utf-8")


def test_the_rows_of_all_processes_make_the_batch():
    """各进程的行合起来，就是一个进程的那一批，一行不多，一行不少。"""
    batch = RandomWindows(torch.arange(100).numpy(), 8, 5).batch(0)
    rows = []
    for rank in range(3):
        worker = parallel.Together.__new__(parallel.Together)
        worker.rank, worker.size = rank, 3
        rows += worker.share(batch)["ids"].tolist()
    assert sorted(rows) == sorted(batch["ids"].tolist())


TRAIN = [
    "--tokenizer", "char", "--preset", "tiny", "--n-embd", "16", "--context-length", "16",
    "--batch-size", "4", "--steps", "8", "--eval-interval", "2", "--precision", "fp32",
    "--optimizer", "adamw", "--dropout", "0", "--device", "cpu",
]  # fmt: skip


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "文字.txt"
    path.write_text("春天来了，小河里的冰化了。孩子们在河边看鱼，鱼在水里看他们。\n" * 20, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def alone(text):
    """一个进程的同一个训练。"""
    out = text.parent / "alone"
    assert cli.main(["train", "--data", str(text), "--out", str(out), "--json", *TRAIN]) == 0
    return out


def test_two_nodes_equal_one_process(text, alone, tmp_path):
    """两台机器（这里是两个 torchrun，经本机的网络接上），命令行照原样；只有 0 号进程印字、写文件。"""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    nodes = ["--nnodes=2", "--nproc_per_node=1", "--rdzv_backend=c10d", f"--rdzv_endpoint={place}"]
    command = ["-m", "tinygpt", "train", "--data", text, "--out", tmp_path / "run", *TRAIN]
    (code, out, err), (other, nothing, _) = map(finished, [torchrun(*nodes, *command) for _ in range(2)])
    assert code == other == 0, err
    assert sorted(map(bool, (out, nothing))) == [False, True] and "2 个进程" in out + nothing
    assert_same_log(tmp_path / "run", alone, 1e-4)
    assert json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["finished"] is True


def test_a_killed_worker_ends_the_run_and_it_can_be_resumed(text, alone, tmp_path):
    out = tmp_path / "run"
    command = ["train", "--data", str(text), "--out", str(out), "--json", *TRAIN]
    code, _, err = finished(torchrun("--nproc_per_node=2", Path(__file__).resolve(), "dies", *command))
    assert code != 0
    assert "与别的进程的联系断了" in err and "--resume" in err
    assert log(out)[-1]["step"] == 4
    assert cli.main([*command, "--resume"]) == 0  # 一个进程接着做完
    assert_same_log(out, alone, 1e-4)


def test_fsdp_needs_several_processes(text, tmp_path, capsys):
    command = ["train", "--data", str(text), "--out", str(tmp_path / "run"), "--fsdp", *TRAIN]
    assert cli.main(command) == 2
    assert "只有一个进程" in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_a_world_size_left_in_the_shell(monkeypatch):
    """不是 torchrun 启动的，却有 WORLD_SIZE：说出是哪个变量。"""
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(InputError, match="WORLD_SIZE=2.*MASTER_ADDR.*\n.*\n.*unset"), parallel.joined("cpu"):
        pass
