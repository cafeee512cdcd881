"""variants/lora.py：装上不变，只训练 A 与 B，合并与不合并相同，单独存取，数清参数与内存。"""

import copy
import json

import pytest
import torch

from tinygpt.checkpoint import load_tensors, model_tensors
from tinygpt.config import TrainConfig
from tinygpt.data import RandomWindows
from tinygpt.errors import InputError
from tinygpt.losses import causal_objective, next_token_batch
from tinygpt.trainer import Trainer
from tinygpt.variants import lora


def learn_something(model):
    """把 B 从 0 换成别的数，像训练过一样。"""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in lora.adapter_tensors(model).items():
            if name.endswith("lora_b"):
                tensor.normal_(std=0.3, generator=generator)


def test_the_formula():
    linear = torch.nn.Linear(5, 7)
    layer = lora.LoRALinear(linear, rank=2, alpha=6)
    torch.nn.init.normal_(layer.lora_b)
    x = torch.randn(3, 4, 5)
    wanted = x @ linear.weight.T + linear.bias + (6 / 2) * (x @ layer.lora_a.T @ layer.lora_b.T)
    torch.testing.assert_close(layer(x), wanted, rtol=1e-5, atol=1e-5)


def test_injecting_changes_no_output_and_merging_changes_none_either(model, random_ids):
    ids = random_ids(2, 9)
    before, plain = model(ids), copy.deepcopy(model)
    lora.inject(model, rank=4)
    assert torch.equal(model(ids), before)
    learn_something(model)
    changed = model(ids)
    assert (changed - before).abs().max() > 0.1
    lora.merge(model)
    torch.testing.assert_close(model(ids), changed, rtol=1e-4, atol=1e-4)
    assert model.state_dict().keys() == plain.state_dict().keys()  # 又是普通的 GPT
    assert all(p.requires_grad for p in model.parameters()) and not lora.adapter_tensors(model)
    up = [m.transformer.blocks[0].feed_forward.up.weight for m in (model, plain)]
    assert not torch.equal(*up)
    assert torch.equal(model.token_embedding.weight, plain.token_embedding.weight)


def test_chosen_layers_only(model):
    lora.inject(model, rank=2, targets=("to_qkv",))
    assert {name.rpartition(".")[0].rpartition(".")[2] for name in lora.adapter_tensors(model)} == {"to_qkv"}
    assert len(lora.adapter_tensors(model)) == 2 * model.config.n_layer


def test_only_the_adapters_are_trained(make_model, random_ids, tmp_path):
    model = make_model()
    lora.inject(model, rank=2)
    before = {name: tensor.detach().clone() for name, tensor in model_tensors(model).items()}
    ids = random_ids(1, 200)[0].numpy()
    config = TrainConfig(steps=3, batch_size=2, eval_interval=3, precision="fp32", weight_decay=0.5)
    trainer = lora.AdapterTrainer(model, RandomWindows(ids, 16, 2), None, config, out=tmp_path)
    trainer.run()
    adapters = lora.adapter_tensors(model)
    for name, tensor in model_tensors(model).items():
        assert torch.equal(tensor, before[name]) != (name in adapters), name
    saved, _ = load_tensors(tmp_path / lora.ADAPTER)
    assert saved.keys() == adapters.keys() and not (tmp_path / "model.safetensors").exists()
    state, _ = load_tensors(tmp_path / "training.safetensors")
    assert {n.removeprefix("model.") for n in state if n.startswith("model.")} == adapters.keys()


def test_parameters_and_memory_are_counted(make_model, random_ids):
    """小的那一份：每层 4 个矩阵，r (d_in + d_out) 个数。内存：梯度与优化器只为训练的那些。"""
    batch, counts, sizes = next_token_batch(random_ids(2, 9)), {}, {}
    for name in ("full", "lora"):
        model = make_model(n_embd=32, dropout=0.0)
        if name == "lora":
            lora.inject(model, rank=2)
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad])
        causal_objective(model, batch).backward()
        optimizer.step()
        counts[name], sizes[name] = lora.trained_share(model), lora.training_bytes(model, [optimizer])
        grads = sum(p.grad.nbytes for p in model.parameters() if p.grad is not None)
        assert sizes[name]["梯度"] == grads and 2 * grads <= sizes[name]["优化器"] < 2 * grads + 4096
    c, added = 32, 2 * 2 * ((32 + 96) + (32 + 32) + (32 + 128) + (128 + 32))
    assert counts["lora"] == (added, counts["full"][1] + added) and counts["full"][0] == counts["full"][1]
    assert sizes["lora"]["权重"] == sizes["full"]["权重"] + 4 * added
    assert c == 32 and sizes["lora"]["梯度"] == 4 * added < sizes["full"]["梯度"] / 4


def save_folder(model, tokenizer, folder):
    from tinygpt.checkpoint import save_tensors, write_json

    folder.mkdir()
    save_tensors(folder / "model.safetensors", model_tensors(model))
    write_json(folder / "config.json", model.config.to_dict())
    tokenizer.save(folder / "tokenizer.json")
    return folder


@pytest.fixture
def adapted(make_model, tokenizer, tmp_path):
    """（装上适配器的模型，它的文件夹）。"""
    from tinygpt.checkpoint import write_json

    model = make_model(std=0.4, vocab_size=tokenizer.vocab_size).eval()
    settings = lora.inject(model, rank=3)
    learn_something(model)
    folder = tmp_path / "adapted"
    folder.mkdir()
    lora.save_base(model, folder)
    lora.save_settings(settings, folder)
    lora.save_adapters(model, folder)
    write_json(folder / "config.json", model.config.to_dict())
    tokenizer.save(folder / "tokenizer.json")
    return model, folder


def test_a_folder_with_adapters_loads_like_any_model(adapted, random_ids):
    from tinygpt import load

    model, folder = adapted
    loaded, _ = load(folder)
    ids = random_ids(2, 9)
    torch.testing.assert_close(loaded(ids), model(ids), rtol=1e-4, atol=1e-4)
    assert loaded.parameter_count()["合计"] == sum(p.numel() for p in loaded.parameters())
    assert not lora.adapter_tensors(loaded)
    names = set(load_tensors(folder / "model.safetensors")[0])
    assert not any("lora" in name or ".linear." in name for name in names)  # 底子是普通的权重


def test_the_base_is_a_copy_so_nothing_breaks_when_the_original_goes(adapted):
    assert {path.name for path in adapted[1].iterdir()} >= {"model.safetensors", lora.ADAPTER, lora.SETTINGS}
    assert str(adapted[1].parent) not in (adapted[1] / lora.SETTINGS).read_text(encoding="utf-8")


def test_another_base_is_noticed(adapted, make_model, tokenizer):
    from tinygpt import load
    from tinygpt.checkpoint import save_tensors

    other = make_model(seed=5, vocab_size=tokenizer.vocab_size)
    save_tensors(adapted[1] / "model.safetensors", model_tensors(other))
    with pytest.raises(InputError, match="不是这些适配器的底子"):
        load(adapted[1])


@pytest.mark.parametrize(("change", "word"), [
    ({"rank": 0}, "秩是 0"), ({"rank": 10**9}, "秩是"), ({"rank": "3"}, "秩是"), ({"alpha": -1}, "alpha"),
    ({"alpha": float("inf")}, "alpha"), ({"targets": "up"}, "targets"), ({"targets": ["nothing"]}, "nothing"),
    ({"rank": 2}, "形状"), ({"targets": ["up"]}, "多出"), ({"more": 1}, "more"), ({"rank": True}, "秩是"),
])  # fmt: skip
def test_broken_settings_are_told(adapted, change, word):
    from tinygpt import load

    path = adapted[1] / lora.SETTINGS
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(values | change), encoding="utf-8")
    with pytest.raises(InputError, match=word):
        load(adapted[1])


def test_missing_adapters_are_told(adapted):
    from tinygpt import load

    (adapted[1] / lora.ADAPTER).unlink()
    with pytest.raises(InputError, match=lora.ADAPTER):
        load(adapted[1])


@pytest.mark.parametrize("rank", [0, -1, 17, 1.5])
def test_rank_must_fit(model, rank):
    with pytest.raises(InputError, match="1 到 16 的整数"):
        lora.inject(model, rank)
    assert all(p.requires_grad for p in model.parameters())  # 报错之前什么也没有动


def test_the_plain_trainer_keeps_everything(make_model, random_ids, tmp_path):
    """没有 LoRA 的 Trainer 与原来一样：全部权重，存成 model.safetensors。"""
    model = make_model()
    config = TrainConfig(steps=1, batch_size=2, precision="fp32")
    Trainer(model, RandomWindows(random_ids(1, 99)[0].numpy(), 16, 2), None, config, out=tmp_path).run()
    assert load_tensors(tmp_path / "model.safetensors")[0].keys() == model_tensors(model).keys()
