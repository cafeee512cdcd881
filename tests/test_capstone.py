"""毕业作品：收集零件、装成模型、与包里的比、训练、证书。"""

import json
import re
from pathlib import Path

import pytest
import torch

from tinygpt import checkpoint, pretrained
from tinygpt.config import GPTConfig
from tinygpt.course import books
from tinygpt.course.capstone import certificate, collect, stages, training
from tinygpt.course.capstone.model import AssembledGPT

ROOT = Path(__file__).parents[1]
SHAPE = GPTConfig(vocab_size=50, context_length=8, n_layer=2, n_head=2, n_embd=16, dropout=0.0)
LESSONS = ("03", "04", "05", "06", "07", "08")
PASSED = dict.fromkeys(collect.WANTED, "passed")


def collected(folder: str, states: dict[str, str], failing=()) -> dict:
    parts = {}
    for lesson in LESSONS:
        parts |= collect.parts_of(books.notebook_of(ROOT / folder, lesson), states, failing)
    return parts


@pytest.fixture(scope="module")
def solved():
    return collected("solutions", PASSED)


def assembled(parts, seed=0):
    torch.manual_seed(seed)
    return AssembledGPT(parts, SHAPE)


def replaced(parts, number, function):
    return {**parts, number: collect.Part(number, parts[number].name, function, "failed")}


def test_every_wanted_part_is_found_and_is_the_learners(solved):
    assert set(solved) == set(collect.WANTED) and all(part.own for part in solved.values())
    assert "一共 21 个零件，21 个是你写的" in collect.table(solved)


def test_unwritten_parts_are_filled_and_listed():
    parts = collected("exercises", {})
    assert not any(part.own for part in parts.values())
    assert collect.table(parts).count("还没有写，补上了") == len(collect.WANTED)
    found = stages.compare(parts, SHAPE, torch.randint(50, (2, 8)))
    assert stages.report(found).endswith("都与包里的 GPT 相同。")


def test_a_mixture_of_right_and_wrong_answers(tmp_path):
    """4.4 通过，4.5 写错了：4.6 用到补上的 4.5；failing 里点了名，就照你写的装。"""
    source = books.notebook_of(ROOT / "solutions", "04")
    notebook = json.loads(source.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == "e04-5-answer":
            cell["source"] = books.text_of(cell).replace("tril(n_key - n_query)", "tril(1)")
    book = tmp_path / source.name
    book.write_text(json.dumps(notebook), encoding="utf-8")
    states = PASSED | {"4.5": "failed"}
    filled = collected("solutions", PASSED) | collect.parts_of(book, states)
    assert filled["4.5"].source == "没有通过，补上了" and filled["4.6"].own
    ids = torch.randint(50, (2, 8))
    assert not [stage for stage in stages.compare(filled, SHAPE, ids) if stage.wrong]
    forced = filled | collect.parts_of(book, states, failing=("4.5",))
    wrong = [stage.number for stage in stages.compare(forced, SHAPE, ids) if stage.wrong]
    assert wrong[0] == "4.6" and "5.2" not in wrong and "5.1" not in wrong


@pytest.mark.parametrize("number, function", [
    ("5.1", lambda ids, tokens, positions, start=0: tokens[ids]),
    ("5.2", lambda x, w1, b1, w2, b2: torch.relu(x @ w1.T + b1) @ w2.T + b2),
    ("5.3", lambda x, w, b, eps=1e-5: (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True) * w),
    ("5.6", lambda logits, labels, reduction="mean": logits.sum()),
    ("4.6", lambda x, w_qkv, w_out, n_head: 1 / 0),
])  # fmt: skip
def test_the_first_different_part_is_named(solved, number, function):
    torch.manual_seed(1)
    found = stages.compare(replaced(solved, number, function), SHAPE, torch.randint(50, (2, 8)))
    assert next(stage.number for stage in found if stage.wrong) == number
    assert f"练习 {number}。" in stages.report(found).splitlines()[-1]


def test_the_head_shares_the_table(solved):
    model = assembled(solved)
    assert model.head.weight is model.tokens.weight
    names = [name for name, _ in model.named_parameters()]
    assert len(names) == 1 + 1 + 2 * 10 + 2


def test_training_lowers_the_loss_and_is_repeatable(solved):
    ids = [1 + i % 7 for i in range(400)]
    options = {"steps": 60, "batch_size": 8, "learning_rate": 1e-2}
    runs = [list(training.train(assembled(solved), ids, **options)) for _ in range(2)]
    assert runs[0] == runs[1] and runs[0][0] > 3 and runs[0][-1] < 1.5
    model = assembled(solved)
    for _ in training.train(model, ids, 100, batch_size=8, learning_rate=1e-2):
        pass
    assert training.write(model, [1, 2, 3], 4, eos=0) == [4, 5, 6, 7]
    assert training.sample(model, [1, 2, 3], 4, eos=0, top_p=0.5) == [4, 5, 6, 7]


def test_the_learners_code_with_the_shipped_weights_writes_what_the_package_writes(solved):
    model, tokenizer = pretrained.load("mini")
    tensors, _ = checkpoint.load_tensors(pretrained.model_folder("mini") / "model.safetensors")
    weights = {name: tensor.float() for name, tensor in tensors.items()}
    use = {number: part.function for number, part in solved.items()}
    next_logits = training.shipped_logits(use, weights, n_layer=2, n_head=4)
    ids = tokenizer.encode("小猫的妈妈")
    with torch.no_grad():
        assert torch.allclose(next_logits(ids), model(torch.tensor([ids]))[0, -1], rtol=1e-3, atol=1e-3)


def test_the_certificate_says_what_is_ones_own(solved, tmp_path):
    parts = {**solved, "5.3": collect.Part("5.3", "layer_norm", None, "unwritten")}
    target, samples = tmp_path / "甲" / "certificate.html", {"春<天": "来了\n。"}
    path = certificate.certificate(target, parts, [8.0, 6.0, 5.0], samples, "机器学习是方法。", "小明")
    page = path.read_text(encoding="utf-8")
    assert "小明的 GPT" in page and "21 个零件，20 个是自己写的" in page and "从 8.00 降到 5.00" in page
    assert "春&lt;天" in page and "来了<br>。" in page and "机器学习是方法。" in page
    assert not re.search(r"https?://|<script", page.replace("http://www.w3.org", "")), "没有网络也要打得开"
