"""trainer.py：累积、裁剪、提前停止、确定性、出错。"""

import copy
import dataclasses
import json
import math

import pytest
import torch
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tinygpt import Sampling, generate, training_state
from tinygpt import trainer as module
from tinygpt.checkpoint import load_tensors
from tinygpt.errors import InputError
from tinygpt.losses import IGNORE, causal_objective, count_targets
from tinygpt.optim import warmup_cosine
from tinygpt.trainer import NonFiniteError, TrainConfig, Trainer, evaluate

PLAIN = {
    "optimizer": "adamw", "precision": "fp32", "learning_rate": 1e-3,
    "warmup_steps": 0, "weight_decay": 0.0, "min_learning_rate_ratio": 1.0,
}  # fmt: skip


class Batches:
    """第 n 批由 n 决定；每行留下的标签个数不同。"""

    def __init__(self, batch_size=2, length=8, seed=0):
        self.batch_size, self.length, self.seed, self.asked = batch_size, length, seed, []

    def batch(self, n):
        self.asked.append(n)
        g = torch.Generator().manual_seed(1000 * self.seed + n)
        windows = torch.randint(8, 40, (self.batch_size, self.length + 1), generator=g)
        labels = windows[:, 1:].clone()
        labels[:, : n % 5] = IGNORE
        return {"ids": windows[:, :-1], "labels": labels}


class Joined:
    """把 k 个小批接成一个大批。"""

    def __init__(self, small, k):
        self.small, self.k = small, k

    def batch(self, n):
        parts = [self.small.batch(i) for i in range(n * self.k, (n + 1) * self.k)]
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def weights(model):
    return {n: p.detach().clone() for n, p in model.named_parameters()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[n], b[n]) for n in a)


def losses(trainer):
    return [m.loss for m in trainer]


# ---- 一步 ----


def test_accumulation_equals_one_large_batch(make_model):
    """小批的标签个数不等；按 token 加权，三个小批的一步就是一个大批的一步（舍入之内）。"""
    small, large = make_model(dtype=torch.float64, dropout=0.0), make_model(dtype=torch.float64, dropout=0.0)
    a = list(Trainer(small, Batches(), None, TrainConfig(steps=4, accumulation=3, **PLAIN)))
    b = list(Trainer(large, Joined(Batches(), 3), None, TrainConfig(steps=4, **PLAIN)))
    for x, y in zip(a, b, strict=True):
        assert x.loss == pytest.approx(y.loss, rel=1e-6)
        assert x.grad_norm == pytest.approx(y.grad_norm, rel=1e-6)
        assert x.tokens == y.tokens
    for name, p in small.named_parameters():
        assert_close(p, large.get_parameter(name), atol=1e-7, rtol=0)
    counts = [count_targets(Batches().batch(n)) for n in range(3)]
    assert len(set(counts)) == 3  # 个数确实不等


def test_the_loss_is_the_mean_over_tokens_not_over_batches(make_model):
    model = make_model(std=0.4, dropout=0.0)
    batches = [Batches().batch(n) for n in range(3)]
    sums, counts = [causal_objective(model, b).item() for b in batches], [count_targets(b) for b in batches]
    reported = next(iter(Trainer(model, Batches(), None, TrainConfig(steps=1, accumulation=3, **PLAIN)))).loss
    assert reported == pytest.approx(sum(sums) / sum(counts), rel=1e-5)
    assert abs(reported - sum(s / c for s, c in zip(sums, counts)) / 3) > 1e-3  # 各批平均再平均，就不是这个数


def gradients_at_the_update(trainer):
    """优化器更新之前的梯度。"""
    seen = {}

    def keep(optimizer, args, kwargs):
        seen.update({n: p.grad.clone() for n, p in trainer.model.named_parameters()})

    for optimizer in trainer.optimizers:
        optimizer.register_step_pre_hook(keep)
    metrics = next(iter(trainer))
    return seen, metrics


@pytest.mark.parametrize("clip", [0.05, 1e6, 0.0])
def test_clipping_is_global(make_model, clip):
    model = make_model(std=0.4, dropout=0.0)
    reference = copy.deepcopy(model)
    batch = Batches().batch(0)
    (causal_objective(reference, batch) / count_targets(batch)).backward()
    raw = {n: p.grad for n, p in reference.named_parameters()}
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in raw.values()))
    assert norm > 0.1
    config = TrainConfig(steps=1, clip_norm=clip, **PLAIN)
    used, metrics = gradients_at_the_update(Trainer(model, Batches(), None, config))
    assert metrics.grad_norm == pytest.approx(norm, rel=1e-4)  # 记的是裁剪之前的
    scale = min(1.0, clip / norm) if clip else 1.0  # 所有参数乘同一个数，方向不变
    for name, g in raw.items():
        assert_close(used[name], g * scale, rtol=1e-4, atol=1e-7)


def test_learning_rate_follows_the_schedule(make_model):
    config = TrainConfig(
        steps=10, warmup_steps=4, learning_rate=0.01, precision="fp32", min_learning_rate_ratio=0.1
    )
    rates = [m.learning_rate for m in Trainer(make_model(), Batches(), None, config)]
    assert rates == pytest.approx([0.01 * warmup_cosine(step, 10, 4, 0.1) for step in range(10)])
    assert max(rates) == pytest.approx(0.01) and rates[-1] == pytest.approx(0.001)


def test_short_runs_still_reach_the_full_rate(make_model):
    """默认预热 50 步；只训练 10 步时，预热最多占一半。"""
    config = TrainConfig(steps=10, precision="fp32")
    rates = [m.learning_rate for m in Trainer(make_model(), Batches(), None, config)]
    assert max(rates) == pytest.approx(TrainConfig().learning_rate)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_training_learns(make_model, optimizer):
    class Same(Batches):
        def batch(self, n):
            return super().batch(0)

    config = TrainConfig(steps=60, learning_rate=1e-2, warmup_steps=5, optimizer=optimizer, precision="fp32")
    values = losses(Trainer(make_model(dropout=0.0), Same(), None, config))
    assert values[0] > 3.5 and values[-1] < 0.5


def test_batches_are_asked_for_in_order(make_model):
    data = Batches()
    Trainer(make_model(), data, None, TrainConfig(steps=3, accumulation=2, **PLAIN)).run()
    assert data.asked == list(range(6))


def test_tokens_count_labels_only(make_model):
    counts = [count_targets(Batches().batch(n)) for n in range(6)]
    tokens = [m.tokens for m in Trainer(make_model(), Batches(), None, TrainConfig(steps=6, **PLAIN))]
    assert tokens == [sum(counts[: n + 1]) for n in range(6)]


def test_a_batch_without_labels_does_not_divide_by_zero(make_model):
    class Nothing(Batches):
        def batch(self, n):
            batch = super().batch(n)
            return batch | {"labels": torch.full_like(batch["labels"], IGNORE)}

    model = make_model(dropout=0.0)
    before = weights(model)
    assert losses(Trainer(model, Nothing(), None, TrainConfig(steps=2, **PLAIN))) == [0, 0]
    assert same(weights(model), before)


def test_the_objective_decides(make_model):
    calls = []

    def objective(model, batch):
        calls.append(1)
        return 2 * causal_objective(model, batch)

    config = TrainConfig(steps=1, **PLAIN)
    once = losses(Trainer(make_model(dropout=0.0), Batches(), None, config))
    twice = losses(Trainer(make_model(dropout=0.0), Batches(), None, config, objective))
    assert twice[0] == pytest.approx(2 * once[0]) and calls == [1]


def test_bf16_autocast_stays_close(make_model):
    configs = [TrainConfig(steps=5, **PLAIN | {"precision": p}) for p in ("fp32", "bf16")]
    a, b = (losses(Trainer(make_model(dropout=0.0), Batches(), None, config)) for config in configs)
    assert a == pytest.approx(b, abs=0.05) and a != b


# ---- 确定性 ----


def test_the_seed_decides(make_model):
    """模型与数据相同：种子相同则逐位相同，不同则 dropout 不同。"""

    def run(seed):
        config = TrainConfig(steps=5, seed=seed, **PLAIN)
        return losses(Trainer(make_model(dropout=0.3), Batches(), None, config))

    first = run(1)
    torch.rand(100)
    assert run(1) == first
    assert run(2) != first


def test_evaluation_does_not_change_the_trajectory(make_model, tmp_path):
    """每步都评估、都存检查点，与从不评估，训练逐位相同（dropout 开着）。"""
    quiet, watched = make_model(dropout=0.3), make_model(dropout=0.3)
    plain = list(Trainer(quiet, Batches(), None, TrainConfig(steps=6, **PLAIN)))
    config = TrainConfig(steps=6, eval_interval=1, patience=0, **PLAIN)
    trainer = Trainer(watched, Batches(), [Batches(seed=9).batch(0)], config)
    often = []
    for metrics in trainer:
        often.append(metrics)
        last = weights(watched)
    assert [m.loss for m in often] == [m.loss for m in plain]
    assert same(last, weights(quiet))
    assert all(m.val_loss is not None for m in often)


@pytest.mark.parametrize("training", [True, False])
def test_evaluate_restores_the_mode_and_is_a_token_mean(make_model, training):
    model = make_model(std=0.4, dropout=0.5)
    model.train(training)
    batches = [Batches().batch(n) for n in range(3)]
    value = evaluate(model, batches)
    assert all(m.training is training for m in model.modules())
    model.eval()
    expected = sum(causal_objective(model, b).item() for b in batches) / sum(map(count_targets, batches))
    assert value == pytest.approx(expected, rel=1e-6)
    assert all(p.grad is None for p in model.parameters())


def test_training_runs_in_training_mode(make_model):
    model = make_model(dropout=0.3).eval()
    config = TrainConfig(steps=3, eval_interval=2, **PLAIN)
    for metrics in Trainer(model, Batches(), [Batches().batch(0)], config):
        assert model.training


# ---- 提前停止 ----


class Walker(torch.nn.Module):
    """一个数：训练把它推向 10，验证希望它在 3。"""

    def __init__(self):
        super().__init__()
        self.at = torch.nn.Parameter(torch.zeros(1, 1))


class Goal:
    def __init__(self, goal):
        self.goal = {"labels": torch.tensor([[goal]])}

    def batch(self, n):
        return self.goal


def distance(model, batch):
    return (model.at - batch["labels"]).pow(2).sum()


WALK = PLAIN | {"learning_rate": 0.5, "eval_interval": 1, "clip_norm": 0.0}


@pytest.mark.parametrize("with_folder", [True, False])
def test_early_stopping_restores_the_best_and_not_the_last(tmp_path, with_folder):
    out = tmp_path / "run" if with_folder else None
    if out:
        out.mkdir()
    model, path = Walker(), []
    config = TrainConfig(steps=100, patience=3, **WALK)
    trainer = Trainer(model, Goal(10), [Goal(3).goal], config, distance, out)
    metrics = []
    for m in trainer:
        metrics.append(m)
        path.append(model.at.item())
    best = min(range(len(path)), key=lambda i: abs(path[i] - 3))
    assert trainer.stopped_early and len(path) == best + 1 + 3  # 最好之后，连续 3 次没有变好
    assert trainer.best_step == best + 1 and trainer.best_loss == metrics[best].val_loss
    assert model.at.item() == path[best] != path[-1]
    values = [m.val_loss for m in metrics]
    assert [m.best for m in metrics] == [v < min(values[:i], default=math.inf) for i, v in enumerate(values)]
    if out:
        saved, state = load_tensors(out / "model.safetensors")
        assert saved["at"].item() == path[best] and state["step"] == best + 1
        assert load_tensors(out / "training.safetensors")[0]["model.at"].item() == path[-1]


def test_patience_zero_never_stops_but_still_restores_the_best():
    model = Walker()
    trainer = Trainer(model, Goal(10), [Goal(3).goal], TrainConfig(steps=30, patience=0, **WALK), distance)
    path = [(model.at.item(), m)[0] for m in trainer]
    assert len(path) == 30 and not trainer.stopped_early
    assert model.at.item() == min(path, key=lambda x: abs(x - 3))


def test_without_validation_the_last_weights_stay(tmp_path):
    model, out = Walker(), tmp_path
    for m in Trainer(model, Goal(10), None, TrainConfig(steps=5, **WALK), distance, out):
        last = model.at.item()
    assert m.val_loss is None and model.at.item() == last
    assert load_tensors(out / "model.safetensors")[0]["at"].item() == last


def test_evaluation_happens_at_the_interval_and_at_the_end():
    config = TrainConfig(steps=11, patience=0, **WALK | {"eval_interval": 4})
    metrics = list(Trainer(Walker(), Goal(10), [Goal(3).goal], config, distance))
    assert [m.step for m in metrics if m.val_loss is not None] == [4, 8, 11]


@pytest.mark.parametrize("validation", [True, False])
def test_the_folder_is_made_when_the_first_step_is_evaluated(tmp_path, validation):
    """out 还不存在，第一步就评估：先要有文件夹，才存得下最好的权重。"""
    out = tmp_path / "new" / "run"
    batches = [Goal(3).goal] if validation else None
    Trainer(Walker(), Goal(10), batches, TrainConfig(steps=2, **WALK), distance, out).run()
    assert {p.name for p in out.iterdir()} == {"model.safetensors", "training.safetensors", "metrics.jsonl"}


def test_a_validation_loss_that_is_never_finite_does_not_lose_the_run(tmp_path):
    """验证损失一直是 nan：没有“最好”，训练仍应正常结束，留下可用的权重。"""

    def objective(model, batch):
        return distance(model, batch) * (math.nan if batch["labels"].item() == 3 else 1)

    model = Walker()
    config = TrainConfig(steps=3, patience=0, **WALK)
    Trainer(model, Goal(10), [Goal(3).goal], config, objective, tmp_path).run()
    assert model.at.isfinite().all()


def test_iterating_again_after_the_end_does_nothing():
    trainer = Trainer(Walker(), Goal(10), None, TrainConfig(steps=3, **WALK), distance)
    assert trainer.run().step == 3
    assert list(trainer) == [] and trainer.run() is None


def test_a_pause_in_the_same_process_changes_nothing(make_model):
    whole = losses(Trainer(make_model(dropout=0.3), Batches(), None, TrainConfig(steps=6, **PLAIN)))
    trainer = Trainer(make_model(dropout=0.3), Batches(), None, TrainConfig(steps=6, **PLAIN))
    first = []
    for metrics in trainer:
        first.append(metrics.loss)
        if metrics.step == 3:
            break
    assert first + losses(trainer) == whole


# ---- 不是有限的数 ----


class Poisoned(Batches):
    """第 bad 批带毒。"""

    def __init__(self, bad):
        super().__init__()
        self.bad = bad

    def batch(self, n):
        return super().batch(n) | {"poison": torch.tensor(float(n == self.bad))}


def nan_loss(model, batch):
    return causal_objective(model, batch) * (math.nan if batch["poison"] else 1)


def nan_gradient(model, batch):
    """损失有限，梯度不有限：√0 处的导数是无穷大，乘 0 得 nan。"""
    loss = causal_objective(model, batch)
    return loss + torch.sqrt((model.token_embedding.weight * 0).sum()) if batch["poison"] else loss


@pytest.mark.parametrize(("objective", "what"), [(nan_loss, "损失"), (nan_gradient, "梯度")])
def test_non_finite_stops_before_the_update_and_keeps_the_checkpoint(make_model, tmp_path, objective, what):
    model = make_model()
    config = TrainConfig(steps=20, eval_interval=2, **PLAIN)
    trainer = Trainer(model, Poisoned(bad=5), None, config, objective, tmp_path)
    seen = []
    with pytest.raises(NonFiniteError, match=f"第 6 步的{what}") as caught:
        for metrics in trainer:
            seen.append(metrics.step)
            before = weights(model)
            if metrics.step == 4:
                checkpoint = (tmp_path / "training.safetensors").read_bytes()
    assert seen == [1, 2, 3, 4, 5]
    assert same(weights(model), before)  # 坏的梯度没有写进权重
    assert (tmp_path / "training.safetensors").read_bytes() == checkpoint
    assert str(tmp_path) in str(caught.value) and "学习率" in str(caught.value)
    again = Trainer(make_model(seed=5), Poisoned(bad=-1), None, config, objective, tmp_path)
    assert again.resume() == 4  # 检查点还能用


def test_non_finite_without_a_folder(make_model):
    with pytest.raises(NonFiniteError, match="还没有存过检查点"):
        Trainer(make_model(), Poisoned(bad=0), None, TrainConfig(steps=2, **PLAIN), nan_loss).run()


def test_a_poisoned_micro_batch_is_noticed(make_model):
    trainer = Trainer(
        make_model(), Poisoned(bad=3), None, TrainConfig(steps=4, accumulation=2, **PLAIN), nan_loss
    )
    with pytest.raises(NonFiniteError, match="第 2 步"):
        trainer.run()


# ---- 记录 ----


def test_metrics_file_holds_what_was_yielded(make_model, tmp_path):
    config = TrainConfig(steps=7, eval_interval=3, **PLAIN)
    trainer = Trainer(make_model(), Batches(), [Batches(seed=9).batch(0)], config, out=tmp_path)
    yielded = [dataclasses.asdict(m) for m in trainer]
    lines = (tmp_path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    written = [json.loads(line) for line in lines]
    assert written == yielded
    assert [row["step"] for row in written] == list(range(1, 8))
    assert {row["total_steps"] for row in written} == {7}


def test_without_a_folder_nothing_is_written(make_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Trainer(make_model(), Batches(), None, TrainConfig(steps=2, **PLAIN)).run()
    assert list(tmp_path.iterdir()) == []


# ---- 给时间不给步数 ----


class Clock:
    """假的钟：每取一批过一秒。"""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(module.time, "perf_counter", lambda: self.now)

    def batches(self):
        clock = self

        class Timed(Batches):
            def batch(self, n):
                clock.now += 1
                return super().batch(n)

        return Timed()


def test_minutes_fix_the_number_of_steps(make_model, monkeypatch):
    """30 秒，每步一秒；步数在第一步之前就定下，每一步的记录里都是它。"""
    clock = Clock(monkeypatch)
    config = TrainConfig(minutes=0.5, eval_interval=100, **PLAIN)
    trainer = Trainer(make_model(), clock.batches(), None, config)
    metrics = list(trainer)
    assert trainer.total_steps == len(metrics) == 30
    assert [m.step for m in metrics] == list(range(1, 31)) and {m.total_steps for m in metrics} == {30}


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_minutes_equal_the_same_number_of_steps(make_model, monkeypatch, optimizer):
    """试走的几步退得干干净净：权重、优化器、随机数（dropout）都回到起点，与直接给步数逐位相同。"""
    schedule = PLAIN | {"optimizer": optimizer, "warmup_steps": 5, "min_learning_rate_ratio": 0.1}
    config = TrainConfig(minutes=0.5, eval_interval=100, **schedule)
    trials = []
    train = Clock(monkeypatch).batches()
    monkeypatch.setattr(train, "batch", lambda n, real=train.batch: (trials.append(n), real(n))[1])
    timed = Trainer(make_model(dropout=0.3), train, None, config)
    losses = [m.loss for m in timed]
    untimed = dataclasses.replace(config, minutes=None, steps=30)
    plain = Trainer(make_model(dropout=0.3), Batches(), None, untimed)
    assert [m.loss for m in plain] == losses and same(weights(plain.model), weights(timed.model))
    assert trials[: module.SPEED_STEPS + 1] == [*range(module.SPEED_STEPS), 0]  # 真的试走过，又从头来


def test_minutes_include_the_evaluations(make_model, monkeypatch):
    """每步一秒，每 10 步评估一次、一次 10 秒：一分钟里只走得完 30 步。"""
    clock = Clock(monkeypatch)

    def slow(*_):
        clock.now += 10
        return 1.0

    monkeypatch.setattr(module, "evaluate", slow)
    config = TrainConfig(minutes=1.0, eval_interval=10, patience=0, **PLAIN)
    trainer = Trainer(make_model(), clock.batches(), Batches(), config)
    trainer.run()
    assert trainer.total_steps == 30


def test_too_few_minutes_still_finish(make_model, monkeypatch):
    config = TrainConfig(minutes=0.01, eval_interval=100, **PLAIN)
    trainer = Trainer(make_model(), Clock(monkeypatch).batches(), None, config)
    assert len(list(trainer)) == trainer.total_steps == 1


def test_a_resumed_run_keeps_its_number_of_steps(make_model, monkeypatch, tmp_path):
    """停下再接着训练，机器慢了一倍：步数还是原来定的，不再量。"""
    config = TrainConfig(minutes=0.5, eval_interval=10, **PLAIN)
    for metrics in Trainer(make_model(), Clock(monkeypatch).batches(), None, config, out=tmp_path):
        if metrics.step == 10:
            break
    slow = Clock(monkeypatch).batches()
    monkeypatch.setattr(module, "_seconds", lambda work: pytest.fail("又量了一次"))
    trainer = Trainer(make_model(), slow, None, config, out=tmp_path)
    assert trainer.resume() == 10
    trainer.run()
    assert trainer.total_steps == 30


# ---- 别的设备 ----


class NoFloat64(TorchDispatchMode):
    """不许在模型的设备上造出 float64：Apple 的 GPU 没有这种类型。"""

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        result = function(*arguments, **named or {})
        found = [t for t in tree_leaves(result) if isinstance(t, torch.Tensor) and t.dtype == torch.float64]
        assert not found, f"{function} 造出了 float64"
        return result


def test_the_watch_on_float64_sees_it():
    with NoFloat64(), pytest.raises(AssertionError, match="float64"):
        torch.ones(2).double()


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_no_float64_on_the_device(make_model, tmp_path, optimizer):
    """训练、裁剪、评估、存与取、生成，一路都不用 float64。"""
    settings = PLAIN | {"optimizer": optimizer}
    config = TrainConfig(steps=3, eval_interval=1, accumulation=2, **settings)
    model = make_model(dropout=0.2)
    with NoFloat64():
        Trainer(model, Batches(), [Batches(seed=9).batch(0)], config, out=tmp_path).run()
        again = Trainer(make_model(dropout=0.2), Batches(), [Batches(seed=9).batch(0)], config, out=tmp_path)
        assert again.resume() == 3
        again.restore_best()
        evaluate(model, [Batches().batch(0)])
        sampling = Sampling(temperature=0.7, top_k=5, top_p=0.9, repetition_penalty=1.2)
        assert len(list(generate(model, [[9, 10]], max_new_tokens=20, sampling=sampling, seed=0))) > 0


class FakeAccelerator:
    """一个假的设备的随机数生成器。"""

    def __init__(self):
        self.state = torch.arange(4, dtype=torch.uint8)

    def get_rng_state(self, *_):
        return self.state.clone()

    def set_rng_state(self, state, *_):
        self.state = state.clone()


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_the_random_state_of_the_device_is_saved_and_restored(monkeypatch, kind):
    fake, device = FakeAccelerator(), torch.device(kind)
    monkeypatch.setattr(torch, kind, fake)
    before = training_state.random_states(device)
    assert set(before) == {"cpu", kind}
    drawn = torch.rand(3)
    fake.state += 7
    training_state.set_random_states(before, device)
    assert torch.equal(fake.state, torch.arange(4, dtype=torch.uint8)) and torch.equal(torch.rand(3), drawn)
    training_state.set_random_states({"cpu": before["cpu"]}, device)  # 在 CPU 上存的，换到这里来：不管设备的


# ---- 参数 ----


@pytest.mark.parametrize("values", [
    {"steps": 0}, {"steps": -1}, {"batch_size": 0}, {"accumulation": 0}, {"eval_interval": 0},
    {"learning_rate": 0}, {"learning_rate": -1.0},
    {"learning_rate": float("nan")}, {"learning_rate": float("inf")},
    {"minutes": 0}, {"minutes": -2.0}, {"warmup_steps": -1}, {"weight_decay": -0.1}, {"clip_norm": -1},
    {"patience": -1}, {"steps": 5, "minutes": 1.0}, {"optimizer": "sgd"},
])  # fmt: skip
def test_bad_training_values(values):
    with pytest.raises(InputError, match=next(iter(values))):
        TrainConfig(**values)


@pytest.mark.parametrize("values", [{"seed": -1}, {"beta2": 1.0}, {"min_learning_rate_ratio": -1.0}])
def test_more_bad_training_values(values):
    """种子为负，numpy 的生成器不收；β2 = 1、比例为负也没有意义：都应当在这里说清楚。"""
    with pytest.raises(InputError, match=next(iter(values))):
        TrainConfig(**values)


def test_unknown_precision(make_model):
    with pytest.raises(InputError, match="fp8"):
        Trainer(make_model(), Batches(), None, TrainConfig(steps=1, precision="fp8"))


def test_every_training_field_is_documented():
    assert all(len(field.metadata["help"]) >= 3 for field in dataclasses.fields(TrainConfig))


# ---- 自动选精度 ----


@pytest.mark.parametrize(("speedup", "width", "expected"), [
    (3.0, 256, "bf16"), (3.0, 192, "bf16"), (3.0, 96, "fp32"), (1.0, 256, "fp32"),
])  # fmt: skip
def test_auto_precision_takes_bf16_only_where_it_pays(make_model, monkeypatch, speedup, width, expected):
    """要有专门的指令，模型也要够宽；量的结果用假的代替，免得看机器。"""
    monkeypatch.setattr("tinygpt.device.cpu_bf16_speedup", lambda: speedup)
    model = make_model(n_embd=width)
    assert Trainer(model, Batches(), None, TrainConfig(steps=1)).precision == expected
