"""gpu.py、costs.py、batch_finder.py：接在外面的几样东西不改变算出来的数；估计的内存与数出来的相同。"""

import dataclasses
import importlib.util
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from tinygpt import batch_finder, costs, gpu
from tinygpt.checkpoint import model_tensors
from tinygpt.cli import main
from tinygpt.config import GPTConfig, TrainConfig, preset
from tinygpt.data import RandomWindows
from tinygpt.gpt import GPT
from tinygpt.losses import causal_objective, count_targets
from tinygpt.pretrained import run_record
from tinygpt.trainer import Trainer

SETTINGS = TrainConfig(steps=4, batch_size=4, precision="fp32", patience=0, eval_interval=100)


def new_trainer(config=SETTINGS, dropout=0.2) -> Trainer:
    torch.manual_seed(0)
    shape = GPTConfig(vocab_size=41, context_length=16, n_layer=2, n_head=2, n_embd=16, dropout=dropout)
    ids = torch.randint(8, 41, (400,), generator=torch.Generator().manual_seed(0)).numpy()
    return Trainer(GPT(shape), RandomWindows(ids, 16, config.batch_size, config.seed), None, config)


# ---- gpu.py ----


def test_the_padded_head_gives_the_same_logits_gradients_and_file(make_model, random_ids):
    plain, padded = make_model(std=0.4, dropout=0.0), make_model(std=0.4, dropout=0.0)
    padded.lm_head = gpu.PaddedLinear.of(padded.lm_head)
    assert padded.lm_head.weight is padded.token_embedding.weight  # 仍共用
    widths = []
    padded.lm_head.weight.register_hook(lambda gradient: widths.append(gradient.shape))
    ids = random_ids(2, 16)
    assert padded(ids).shape == (2, 16, 40)
    assert_close(padded(ids), plain(ids))
    for model in (plain, padded):
        model(ids).square().sum().backward()
    assert model_tensors(plain).keys() == model_tensors(padded).keys()
    for name, p in plain.named_parameters():
        assert_close(padded.get_parameter(name).grad, p.grad)
    assert widths == [(40, 16)]


def test_the_padded_product_has_a_multiple_of_64_columns(monkeypatch):
    seen, real = [], gpu.F.linear
    monkeypatch.setattr(gpu.F, "linear", lambda x, w: (seen.append(w.size(0)), real(x, w))[1])
    layer = gpu.PaddedLinear.of(nn.Linear(8, 50257 % 1000, bias=False))
    assert layer(torch.ones(3, 8)).shape == (3, 257) and seen == [320]


def test_the_residual_stream_is_half_precision_only_under_autocast(make_model, random_ids):
    plain, narrow = make_model(std=0.4, dropout=0.0), make_model(std=0.4, dropout=0.0)
    gpu.narrow_residual(narrow)
    ids, seen = random_ids(2, 16), {}
    for name, model in (("plain", plain), ("narrow", narrow)):
        note = partial(lambda name, block, inputs: seen.update({name: inputs[0].dtype}), name)
        model.transformer.blocks[1].register_forward_pre_hook(note)
    assert torch.equal(narrow(ids), plain(ids)) and seen == {"plain": torch.float32, "narrow": torch.float32}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert_close(narrow(ids), plain(ids), rtol=0.05, atol=0.05)
    assert seen == {"plain": torch.float32, "narrow": torch.bfloat16}


def test_prefetched_batches_are_the_same_in_any_order():
    data = new_trainer().train_data
    prefetched = gpu.Prefetched(data, pin=False)
    for n in (0, 1, 2, 7, 8, 3, 0):
        expected, found = data.batch(n), prefetched.batch(n)
        assert expected.keys() == found.keys()
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_the_next_batch_is_already_being_fetched():
    asked = []

    class Recorded:
        def batch(self, n):
            asked.append(n)
            return {"n": torch.tensor(n)}

    prefetched = gpu.Prefetched(Recorded(), pin=False)
    assert prefetched.batch(5)["n"] == 5
    prefetched.thread.shutdown()  # 等它取完
    assert asked == [5, 6]


def test_on_the_cpu_nothing_is_changed(make_model):
    model, data = make_model(), object()
    assert gpu.prepared(model, data, torch.device("cpu")) == (model, data)
    assert type(model.lm_head) is nn.Linear


def test_the_static_cache_equals_the_full_forward(make_model, random_ids):
    """先填 5 个，再一个一个地来；形状始终不变。"""
    model, ids = make_model(std=0.4, dtype=torch.float64).eval(), random_ids(2, 16)
    cache = gpu.StaticCache(model.config, 2, dtype=torch.float64)
    shapes = set()
    with torch.no_grad():
        full = model(ids)
        assert_close(model(ids[:, :5], cache), full[:, :5], atol=1e-10, rtol=0)
        for n in range(5, 16):
            assert_close(model(ids[:, n : n + 1], cache)[:, 0], full[:, n], atol=1e-10, rtol=0)
            shapes.add(tuple(cache.mask(cache.positions(1)).shape))
    assert cache.length.item() == 16 and shapes == {(1, 1, 1, 16)}


# ---- costs.py ----


def test_flops_of_gpt2():
    """nanoGPT 的 transformer_sizing 对 GPT-2 124 M 给出的是同一个式子；这里照着层数手算一遍。"""
    with torch.device("meta"):
        model = GPT(preset("gpt2", bias=False))
    layer = 12 * 768**2 + 2 * 768  # 四个矩阵与两个归一化
    count = 50257 * 768 + 12 * layer + 768
    assert costs.flops_per_token(model) == 6 * count + 12 * 12 * 768 * 1024


class Device:
    """假的 GPU 名字。"""

    type = "cuda"


@pytest.mark.parametrize(("name", "peak"), [
    ("NVIDIA H200", 989), ("NVIDIA H100 80GB HBM3", 989), ("NVIDIA H100 PCIe", 756), ("NVIDIA L4", 121),
    ("NVIDIA L40S", 362), ("Tesla T4", 65), ("GeForce 9999", None),
])  # fmt: skip
def test_peaks_by_name(monkeypatch, make_model, name, peak):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: name)
    assert costs.peak_flops(Device) == (peak and peak * 1e12)
    text = costs.describe_speed(make_model(), 1e6, Device)
    assert ("峰值" in text) == bool(peak)


def test_the_share_of_the_peak_is_per_device(monkeypatch, make_model):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H200")
    model = make_model()
    half = 0.5 * 989e12 / costs.flops_per_token(model)
    assert "50.0%" in costs.describe_speed(model, half, Device)
    assert "50.0%" in costs.describe_speed(model, 4 * half, Device, size=4)


@pytest.mark.parametrize(("count", "text"), [
    (500, "0.488 KB"), (3_000_000, "2.86 MB"), (105 << 20, "105 MB"), (1023 << 20, "1023 MB"),
    (3 << 30, "3 GB"),
])  # fmt: skip
def test_sizes_are_written_with_a_unit(count, text):
    assert costs.size(count) == text


def test_saved_bytes_of_a_product_counted_by_hand():
    """y = (x W)²：反向要 x（求 W 的梯度）与 x W（求平方的梯度）；W 是权重，不算。"""
    weight, x = torch.ones(8, 32, requires_grad=True), torch.ones(4, 8)
    assert costs.saved_bytes(lambda: (x @ weight).square().sum(), [weight]) == 4 * (4 * 8 + 4 * 32)


def test_the_memory_estimate_is_what_a_step_keeps(make_model):
    """由一行估计整批：与真的数一整批留下的相比，只差与行数无关的那一点。优化器的与走过一步之后真有的一样。"""
    trainer = new_trainer()
    before = torch.get_rng_state()
    estimate = costs.training_memory(trainer)
    assert torch.equal(torch.get_rng_state(), before)
    batch, parameters = trainer.train_data.batch(0), list(trainer.model.parameters())
    loss = lambda: causal_objective(trainer.model, batch) / count_targets(batch)
    assert estimate.activations == pytest.approx(costs.saved_bytes(loss, parameters), rel=0.05)
    next(iter(trainer))
    states = [s for optimizer in trainer.optimizers for s in optimizer.state.values()]
    tensors = [v for state in states for v in state.values() if torch.is_tensor(v) and v.ndim]
    assert estimate.optimizer == sum(v.nbytes for v in tensors)
    assert estimate.weights == estimate.gradients == 4 * sum(p.numel() for p in parameters)
    assert estimate.total == estimate.weights * 2 + estimate.optimizer + estimate.activations


# ---- batch_finder.py ----


def build(config):
    return new_trainer(config, dropout=0.0)


def test_trials_keep_the_total_and_grow():
    config = dataclasses.replace(SETTINGS, batch_size=6, accumulation=2)
    found = list(batch_finder.trials(config, build))
    assert [(t.batch_size, t.accumulation) for t in found] == [(1, 12), (2, 6), (4, 3), (12, 1)]
    assert all(t.speed > 0 for t in found)


def test_what_does_not_fit_ends_the_trials():
    def limited(config):
        if config.batch_size > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return build(config)

    found = list(batch_finder.trials(dataclasses.replace(SETTINGS, batch_size=8), limited))
    assert [t.speed is None for t in found] == [False, False, True] and "放不下" in str(found[-1])
    assert batch_finder.best(found).batch_size in (1, 2)


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    def broken(config):
        raise RuntimeError("别的毛病")

    with pytest.raises(RuntimeError, match="别的毛病"):
        list(batch_finder.trials(SETTINGS, broken))


def test_the_best_is_the_smallest_of_the_fast_ones():
    speeds = {1: 10.0, 2: 99.0, 4: 100.0, 8: 60.0}
    assert batch_finder.best([batch_finder.Trial(n, 8 // n, s) for n, s in speeds.items()]).batch_size == 2


def test_another_split_of_a_step_is_the_same_step():
    """小批 4 × 累积 1 与小批 1 × 累积 4：同样的窗口，同样的损失。"""
    whole = [m.loss for m in new_trainer(dropout=0.0)]
    parts = [m.loss for m in build(dataclasses.replace(SETTINGS, batch_size=1, accumulation=4))]
    assert whole == pytest.approx(parts, rel=1e-4)


def test_find_batch_on_the_command_line(tmp_path, capsys):
    text = tmp_path / "文字.txt"
    text.write_text("春天来了，小河里的冰化了。孩子们在河边看鱼，鱼在水里看他们。\n" * 20, encoding="utf-8")
    command = ["train", "--data", text, "--out", tmp_path / "run", "--tokenizer", "char", "--preset", "tiny"]
    command += ["--n-embd", "16", "--context-length", "16", "--steps", "3", "--batch-size", "4"]
    command += ["--find-batch"]
    assert main(list(map(str, command))) == 0
    out, err = capsys.readouterr()
    assert all(f"小批 {n} × 累积 {4 // n}" in err for n in (1, 2, 4)) and "用小批" in err
    train = run_record(tmp_path / "run")["train"]
    assert train["batch_size"] * train["accumulation"] == 4
    assert "内存：估计约" in out and "亿次浮点运算" in out
    # 接着训练：不再找，用原来的
    assert main([*map(str, command), "--resume", "--steps", "5"]) == 0
    assert run_record(tmp_path / "run")["train"]["batch_size"] == train["batch_size"]
    assert "用小批" not in capsys.readouterr().err


# ---- benchmarks/gpu.py ----


@pytest.fixture
def benchmark(monkeypatch, capsys):
    """benchmark(参数…) → （代码，印出的）。"""
    path = Path(__file__).parents[1] / "benchmarks" / "gpu.py"
    spec = importlib.util.spec_from_file_location("benchmark_gpu", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["gpu.py", *arguments])
        return module.main(), capsys.readouterr().out

    return call


def test_the_gpu_benchmark_walks_through_on_the_cpu(benchmark):
    before = torch.get_float32_matmul_precision()
    parts = ["check", "step", "generate", "two", "loss"]
    code, out = benchmark("--device", "cpu", "--tiny", "--no-compile", "--steps", "6", "--parts", *parts)
    torch.set_float32_matmul_precision(before)
    table = out.partition("| 项目 | 结果 |")[2]
    assert code == 0 and "失败" not in table
    assert "logits 与 CPU 的差" in table and "token/秒" in table
    assert "前 20 个 token 相同" in table and "跳过：没有给 --text" in table


@pytest.mark.skipif(torch.cuda.is_available(), reason="这台机器有 GPU")
def test_without_a_gpu_it_says_so(benchmark):
    code, out = benchmark()
    assert code == 0 and "没有可用的 GPU" in out
