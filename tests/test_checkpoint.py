"""checkpoint.py 与 pretrained：原子地写；坏文件说得清楚；不执行文件里的任何代码。"""

import errno
import json
import os
import pickle
import stat

import pytest
import safetensors.torch
import torch

from tinygpt.checkpoint import (
    atomic,
    load_tensors,
    load_weights,
    model_tensors,
    new_folder,
    read_json,
    save_tensors,
    write_json,
)
from tinygpt.errors import InputError
from tinygpt.pretrained import load, model_folder

TENSORS = {
    "a": torch.arange(6.0).view(2, 3),
    "b": torch.tensor(3, dtype=torch.int64),
    "c": torch.randn(4).to(torch.bfloat16),
}
STATE = {"step": 3, "loss": 1.25, "nested": {"名字": [1, None, True]}}


def listing(folder):
    return sorted(p.name for p in folder.iterdir())


# ---- 原子地写 ----


def test_atomic_replaces(tmp_path):
    path = tmp_path / "f.txt"
    path.write_text("旧")
    with atomic(path) as temporary:
        temporary.write_text("新")
        assert path.read_text() == "旧" and temporary.parent == tmp_path  # 同一个文件夹，改名才是原子的
    assert path.read_text() == "新" and listing(tmp_path) == ["f.txt"]


@pytest.mark.parametrize("existing", [True, False])
def test_a_writer_that_raises_leaves_the_old_file_and_no_trace(tmp_path, existing):
    path = tmp_path / "f.txt"
    if existing:
        path.write_text("旧")
    with pytest.raises(KeyboardInterrupt), atomic(path) as temporary:
        temporary.write_text("写到一半")
        raise KeyboardInterrupt
    assert listing(tmp_path) == (["f.txt"] if existing else [])
    assert not existing or path.read_text() == "旧"


def test_a_failed_save_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "m.safetensors"
    save_tensors(path, TENSORS, STATE)
    before = path.read_bytes()

    def broken(tensors, filename, metadata=None):
        filename.write_bytes(b"half")
        raise OSError("磁盘满了")

    monkeypatch.setattr(safetensors.torch, "save_file", broken)
    with pytest.raises(OSError, match="磁盘满了"):
        save_tensors(path, {"a": torch.zeros(1)})
    assert path.read_bytes() == before and listing(tmp_path) == ["m.safetensors"]


def test_files_can_be_read_by_others(tmp_path):
    write_json(tmp_path / "a.json", {})
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o644


# ---- 来回 ----


def test_tensors_and_state_round_trip(tmp_path):
    save_tensors(tmp_path / "m.safetensors", TENSORS, STATE)
    tensors, state = load_tensors(tmp_path / "m.safetensors")
    assert state == STATE and set(tensors) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype and torch.equal(tensors[name], tensor)


def test_non_contiguous_tensors_and_no_state(tmp_path):
    save_tensors(tmp_path / "m.safetensors", {"t": TENSORS["a"].T})
    tensors, state = load_tensors(tmp_path / "m.safetensors")
    assert state == {} and torch.equal(tensors["t"], TENSORS["a"].T)


def test_a_plain_safetensors_file_without_our_state(tmp_path):
    safetensors.torch.save_file({"a": torch.zeros(2)}, tmp_path / "m.safetensors")
    assert load_tensors(tmp_path / "m.safetensors")[1] == {}


def test_json_round_trip(tmp_path):
    write_json(tmp_path / "a.json", STATE)
    assert read_json(tmp_path / "a.json") == STATE
    assert "名字" in (tmp_path / "a.json").read_text(encoding="utf-8")


# ---- 坏文件 ----


def test_missing(tmp_path):
    with pytest.raises(InputError, match="no.safetensors"):
        load_tensors(tmp_path / "no.safetensors")
    with pytest.raises(InputError, match="没有"):
        load_tensors(tmp_path)
    with pytest.raises(InputError, match="no.json"):
        read_json(tmp_path / "no.json")


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 50, 0.5, -1])
def test_truncated(tmp_path, keep):
    path = tmp_path / "m.safetensors"
    save_tensors(path, {"a": torch.randn(50, 50)}, STATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(InputError, match="不完整"):
        load_tensors(path)


@pytest.mark.parametrize(
    "content", [b"hello, world", b"\xff" * 100, b"\0" * 100, b'{"a": 1}', "机器学习".encode() * 10]
)
def test_foreign(tmp_path, content):
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="m.safetensors"):
        load_tensors(tmp_path / "m.safetensors")


class Bomb:
    """读它的 pickle 就会执行 exploded.append。"""

    exploded = []

    def __reduce__(self):
        return (Bomb.exploded.append, ("boom",))


@pytest.mark.parametrize("kind", ["pickle", "torch.save"])
def test_a_pickle_is_refused_and_never_run(tmp_path, kind):
    path = tmp_path / "m.safetensors"
    if kind == "pickle":
        path.write_bytes(pickle.dumps(Bomb()))
    else:
        torch.save({"a": torch.zeros(2), "b": Bomb()}, path)
    Bomb.exploded.clear()
    with pytest.raises(InputError, match="safetensors"):
        load_tensors(path)
    assert Bomb.exploded == []


def test_state_that_is_not_json(tmp_path):
    safetensors.torch.save_file({"a": torch.zeros(2)}, tmp_path / "m.safetensors", metadata={"state": "{坏"})
    with pytest.raises(InputError):
        load_tensors(tmp_path / "m.safetensors")


def test_json_saved_by_another_editor(tmp_path):
    """记事本添上的 BOM、换成的 CRLF 不碍事；手改错了说出第几行。"""
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{\r\n "a": 1\r\n}')
    assert read_json(tmp_path / "a.json") == {"a": 1}
    (tmp_path / "a.json").write_text('{\n "a": 1, // 我的\n}', encoding="utf-8")
    with pytest.raises(InputError, match="第 2 行.*\n.*\n.*改正这一行"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe{}"])
def test_bad_json(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match="损坏"):
        read_json(tmp_path / "a.json")


# ---- 各种磁盘 ----


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 umask")
@pytest.mark.parametrize("mask, file, folder", [(0o077, 0o600, 0o700), (0o002, 0o664, 0o775)])
def test_permissions_follow_the_umask(tmp_path, mask, file, folder):
    before = os.umask(mask)
    try:
        write_json(tmp_path / "a.json", {})
        save_tensors(tmp_path / "m.safetensors", TENSORS)
        with new_folder(tmp_path / "new"):
            pass
    finally:
        os.umask(before)
    for name in ("a.json", "m.safetensors"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == file
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == folder


def test_a_disk_that_knows_neither_chmod_nor_fsync(tmp_path, monkeypatch):
    """网络盘、U 盘：不许 chmod，没有 fsync；真的写坏了（EIO）还是要说。"""

    def refuse(number):
        def call(*_, **__):
            raise OSError(number, "refused")

        return call

    monkeypatch.setattr(os, "chmod", refuse(errno.EPERM))
    monkeypatch.setattr(os, "fsync", refuse(errno.EINVAL))
    save_tensors(tmp_path / "m.safetensors", TENSORS)
    assert load_tensors(tmp_path / "m.safetensors")[0].keys() == TENSORS.keys()
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    with pytest.raises(OSError, match="refused"):
        write_json(tmp_path / "a.json", {})
    assert listing(tmp_path) == ["m.safetensors"]


# ---- 权重 ----


@pytest.mark.parametrize("tied_head", [True, False])
def test_weights_round_trip(make_model, random_ids, tmp_path, tied_head):
    model, other = (make_model(seed, std=0.4, tied_head=tied_head).eval() for seed in (0, 1))
    save_tensors(tmp_path / "m.safetensors", model_tensors(model))
    tensors, _ = load_tensors(tmp_path / "m.safetensors")
    assert ("lm_head.weight" in tensors) is (not tied_head)  # 共用的只存一份
    ids = random_ids(2, 16)
    assert not torch.equal(other(ids), model(ids))
    load_weights(other, tensors, "m")
    assert torch.equal(other(ids), model(ids))
    assert (other.lm_head.weight is other.token_embedding.weight) is tied_head


def test_shape_mismatch_names_the_tensor_and_both_shapes(make_model):
    with pytest.raises(InputError, match="position_embedding.weight") as caught:
        load_weights(make_model(), model_tensors(make_model(context_length=8)), "旧的检查点")
    found = caught.value.found
    assert "(8, 16)" in found and "(16, 16)" in found and "旧的检查点" in found


def test_missing_and_extra_are_named(make_model):
    tensors = model_tensors(make_model())
    without = {n: t for n, t in tensors.items() if n != "position_embedding.weight"}
    with pytest.raises(InputError, match="缺少 position_embedding.weight"):
        load_weights(make_model(), without, "m")
    with pytest.raises(InputError, match="多出 extra"):
        load_weights(make_model(), tensors | {"extra": torch.zeros(1)}, "m")
    with pytest.raises(InputError, match="缺少 lm_head.weight"):  # 不共用的模型，缺了就是缺了
        load_weights(make_model(tied_head=False), tensors, "m")
    with pytest.raises(InputError, match="缺少"):
        load_weights(make_model(n_layer=3), tensors, "m")


def test_a_refused_checkpoint_leaves_the_model_alone(make_model):
    model = make_model()
    before = {n: t.detach().clone() for n, t in model.named_parameters()}
    with pytest.raises(InputError):
        load_weights(model, model_tensors(make_model(seed=1, n_layer=3)), "m")
    assert all(torch.equal(t, before[n]) for n, t in model.named_parameters())


# ---- 读取整个文件夹 ----


@pytest.fixture(params=[True, False], ids=["tied", "untied"])
def folder(request, make_model, tokenizer, tmp_path):
    model = make_model(std=0.4, vocab_size=tokenizer.vocab_size, tied_head=request.param)
    save_tensors(tmp_path / "model.safetensors", model_tensors(model))
    write_json(tmp_path / "config.json", model.config.to_dict())
    tokenizer.save(tmp_path / "tokenizer.json")
    folder.model = model.eval()
    return tmp_path


def test_load_gives_back_the_same_model(folder, tokenizer, random_ids):
    saved = globals()["folder"].model
    model, words = load(folder)
    assert torch.equal(model(random_ids(2, 8)), saved(random_ids(2, 8)))
    assert words.fingerprint == tokenizer.fingerprint and model.config == saved.config
    assert not model.training
    assert all(p.device.type == "cpu" and p.dtype == torch.float32 for p in model.parameters())
    assert (model.lm_head.weight is model.token_embedding.weight) is model.config.tied_head


def test_half_precision_weights_are_read_as_fp32(folder, random_ids):
    saved = globals()["folder"].model
    halves = {n: t.to(torch.bfloat16) for n, t in model_tensors(saved).items()}
    save_tensors(folder / "model.safetensors", halves)
    model, _ = load(folder)
    assert all(p.dtype == torch.float32 for p in model.parameters())
    torch.testing.assert_close(model(random_ids(1, 8)), saved(random_ids(1, 8)), atol=0.5, rtol=0.1)


def test_load_does_not_touch_the_global_generator(folder):
    before = torch.get_rng_state()
    load(folder)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        load(folder)


def test_unknown_names(tmp_path):
    with pytest.raises(InputError, match="没有这个模型"):
        load(tmp_path / "no")
    with pytest.raises(InputError, match="config.json"):
        model_folder(tmp_path)


def test_config_that_does_not_fit_the_weights(folder):
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    write_json(folder / "config.json", values | {"n_layer": 3})
    with pytest.raises(InputError, match="缺少"):
        load(folder)
    write_json(folder / "config.json", values | {"n_layers": 3})
    with pytest.raises(InputError, match="n_layers"):
        load(folder)


def test_config_with_a_smaller_vocabulary_than_the_tokenizer(folder):
    values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    write_json(folder / "config.json", values | {"vocab_size": 100})
    with pytest.raises(InputError, match="100"):
        load(folder)


@pytest.mark.parametrize("content", ["[]", "3", '{"n_layer": 2, "n_head": "2"}'])
def test_config_of_the_wrong_kind_is_an_input_error(folder, content):
    (folder / "config.json").write_text(content)
    with pytest.raises(InputError):
        load(folder)
