"""bert.py：双向、补齐、两种批的做法、两个目标、学得会。"""

import dataclasses

import pytest
import torch
from torch.testing import assert_close

from tinygpt.config import GPTConfig, TrainConfig
from tinygpt.errors import InputError
from tinygpt.layers import CAUSAL, Transformer
from tinygpt.losses import IGNORE, count_targets
from tinygpt.tokenizer import CLS, MASK, PAD, SEP
from tinygpt.trainer import Trainer, evaluate
from tinygpt.variants.bert import (
    BERT,
    FIRST_ORDINARY,
    mask_tokens,
    mlm_objective,
    next_sentence_pairs,
    nsp_objective,
)

VARIANTS = [{}, {"tied_head": False}, {"norm": "post"}, {"bias": False}]
# 每个 token 说出自己是谁：第 d 篇第 i 句第 k 个字 = 8 + 100 d + 10 i + k，句长 1 到 6
DOCUMENTS = [
    [[8 + 100 * d + 10 * i + k for k in range(1 + (d + i) % 6)] for i in range(2 + d % 4)] for d in range(6)
]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def make_bert(config):
    """make_bert（seed=0, std=0.4, dtype=…, **改动的字段）；std 的意思同 make_model。"""

    def make(seed=0, std=None, dtype=torch.float32, **changes):
        torch.manual_seed(seed)
        model = BERT(dataclasses.replace(config, **changes)).to(dtype)
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
def bert64(make_bert):
    return make_bert(std=0.4, dtype=torch.float64).eval()


def pairs(count=16, seed=0, context_length=16):
    return next_sentence_pairs(DOCUMENTS, seeded(seed), count, context_length)


# ---- 模型 ----


@pytest.mark.parametrize("changes", VARIANTS)
@pytest.mark.parametrize("length", [1, 5, 16])
def test_shapes(make_bert, random_ids, changes, length):
    model, ids = make_bert(**changes).eval(), random_ids(3, length)
    assert model(ids).shape == (3, length, 40)
    assert model.hidden(ids).shape == (3, length, 16)
    assert model.judge(ids).shape == (3, 2)


def test_the_backbone_is_the_decoders_class(make_bert):
    assert type(make_bert().transformer) is Transformer


def test_tied_and_untied(make_bert):
    tied, untied = make_bert(), make_bert(tied_head=False)
    assert tied.lm_head.weight is tied.token_embedding.weight
    assert not torch.equal(untied.lm_head.weight, untied.token_embedding.weight)
    assert tied.lm_head.bias.shape == (40,)


def test_heads_are_what_the_docstring_says(bert64, random_ids):
    ids = random_ids(2, 7)
    h = bert64.hidden(ids)
    linear, _, norm = bert64.mlm_transform
    transformed = norm(torch.nn.functional.gelu(h @ linear.weight.T + linear.bias))
    expected = transformed @ bert64.token_embedding.weight.T + bert64.lm_head.bias
    assert_close(bert64(ids), expected)
    pooled = (h[:, 0] @ bert64.pooler[0].weight.T + bert64.pooler[0].bias).tanh()
    assert_close(bert64.judge(ids), pooled @ bert64.nsp_head.weight.T + bert64.nsp_head.bias)


def test_hidden_is_the_sum_of_three_embeddings_through_the_transformer(bert64, random_ids):
    ids, types = random_ids(2, 6), torch.tensor([[0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 1, 1]])
    positions = bert64.position_embedding(torch.arange(6))
    x = bert64.token_embedding(ids) + positions + bert64.type_embedding(types)
    assert_close(bert64.hidden(ids, types), bert64.transformer(x, None))
    assert (bert64.hidden(ids, types) - bert64.transformer(x, CAUSAL)).abs().max() > 1e-2


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_future_does_change_the_past(make_bert, random_ids, norm):
    """没有因果性：改动最后一个 token，前面每个位置的输出都动。"""
    model, ids = make_bert(std=0.4, dtype=torch.float64, norm=norm).eval(), random_ids(2, 16)
    changed = ids.clone()
    changed[:, -1] = 8 + (changed[:, -1] - 8 + 5) % 32
    assert (model(changed) - model(ids)).abs().amax(-1).min() > 1e-6


def test_types_matter(bert64, random_ids):
    ids = random_ids(2, 6)
    assert_close(bert64(ids), bert64(ids, torch.zeros_like(ids)))
    assert (bert64(ids, torch.ones_like(ids)) - bert64(ids)).abs().amax(-1).min() > 1e-6


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_padding_does_not_change_real_tokens(make_bert, random_ids, norm):
    model = make_bert(std=0.4, dtype=torch.float64, norm=norm).eval()
    lengths, ids = [3, 9, 12], random_ids(3, 12)
    padding = torch.arange(12) >= torch.tensor(lengths)[:, None]
    padded = ids.masked_fill(padding, PAD)
    for row, length in enumerate(lengths):
        alone = ids[row : row + 1, :length]
        assert_close(model(padded, padding=padding)[row, :length], model(alone)[0], atol=1e-12, rtol=1e-10)
        assert_close(model.judge(padded, padding=padding)[row], model.judge(alone)[0], atol=1e-12, rtol=1e-10)
    # 忘了给 padding，结果就变了
    assert not torch.allclose(model(padded)[0, :3], model(ids[:1, :3])[0], atol=1e-3)


def test_what_stands_in_the_padding_does_not_matter(bert64, random_ids):
    ids, other = random_ids(2, 8), random_ids(2, 8, seed=1)
    padding = torch.arange(8) >= torch.tensor([[5], [7]])
    mixed = torch.where(padding, other, ids)
    ours, expected = (bert64(x, padding=padding)[~padding] for x in (mixed, ids))
    assert_close(ours, expected, atol=1e-12, rtol=1e-10)


@pytest.mark.parametrize("method", ["forward", "judge", "hidden"])
def test_too_long_input_names_both_numbers(make_bert, random_ids, method):
    with pytest.raises(InputError, match="17") as caught:
        getattr(make_bert(), method)(random_ids(1, 17))
    assert "16" in str(caught.value)


def test_initialisation():
    torch.manual_seed(0)
    model = BERT(GPTConfig(vocab_size=300, context_length=64, n_layer=3, n_head=4, n_embd=64))
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            assert (p == 0).all(), name
        elif p.ndim == 1:
            assert (p == 1).all(), name
        elif p.numel() > 1000:
            assert abs(p.std().item() / 0.02 - 1) < 0.05, name


# ---- 遮 token ----


def test_mask_tokens_follows_the_80_10_10_rule():
    ids = torch.randint(8, 1000, (200, 500), generator=seeded(1))
    before = ids.clone()
    batch = mask_tokens(ids, seeded(), 1000)
    assert torch.equal(ids, before)
    chosen = batch["labels"] != IGNORE
    n = chosen.sum().item()
    assert abs(n / ids.numel() - 0.15) < 0.005  # 标准差约 0.0011
    masked, same = (batch["ids"] == MASK)[chosen], (batch["ids"] == ids)[chosen]
    assert abs(masked.float().mean() - 0.8) < 0.015  # 标准差约 0.0033
    assert abs(same.float().mean() - 0.1) < 0.012
    replaced = batch["ids"][chosen][~masked & ~same]
    assert abs(len(replaced) / n - 0.1) < 0.012
    assert replaced.min() >= FIRST_ORDINARY and replaced.max() < 1000
    assert len(replaced.unique()) > 600  # 替换成各种各样的


def test_labels_stand_only_on_chosen_places():
    ids = torch.randint(8, 50, (64, 64), generator=seeded(1))
    batch = mask_tokens(ids, seeded(), 50)
    chosen = batch["labels"] != IGNORE
    assert torch.equal(batch["labels"][chosen], ids[chosen])
    assert torch.equal(batch["ids"][~chosen], ids[~chosen])
    assert batch["ids"].shape == batch["labels"].shape == ids.shape


@pytest.mark.parametrize("probability", [0.15, 1.0])
def test_special_tokens_are_never_chosen(probability):
    ids = torch.randint(0, 30, (100, 100), generator=seeded(1))
    batch = mask_tokens(ids, seeded(), 30, probability)
    special = ids < FIRST_ORDINARY
    assert (batch["labels"][special] == IGNORE).all() and torch.equal(batch["ids"][special], ids[special])
    if probability == 1.0:
        assert (batch["labels"][~special] != IGNORE).all()
    new = batch["ids"][~special]
    assert ((new == MASK) | (new >= FIRST_ORDINARY)).all()


def test_mask_tokens_follows_the_generator():
    ids = torch.randint(8, 50, (8, 32), generator=seeded(1))
    a, b, c = (mask_tokens(ids, seeded(s), 50) for s in (3, 3, 4))
    assert torch.equal(a["ids"], b["ids"]) and torch.equal(a["labels"], b["labels"])
    assert not torch.equal(a["labels"], c["labels"])


@pytest.mark.parametrize("probability", [0, -0.1, 1.5])
def test_a_probability_out_of_range_is_refused(probability):
    with pytest.raises(InputError, match="probability"):
        mask_tokens(torch.full((1, 4), 9), seeded(), 50, probability)


# ---- 句子对 ----


def parse(row_ids, row_types, row_padding):
    """一行 → (A, B) 两个编号的列表；顺便核对特殊 token、类型与补齐。"""
    ids = row_ids[~row_padding].tolist()
    assert (row_ids[row_padding] == PAD).all() and (row_types[row_padding] == 0).all()
    assert not (row_padding[:-1] & ~row_padding[1:]).any()  # 补齐只在右边
    assert ids[0] == CLS and ids[-1] == SEP and ids.count(SEP) == 2
    middle = ids.index(SEP)
    assert row_types[~row_padding].tolist() == [0] * (middle + 1) + [1] * (len(ids) - middle - 1)
    return ids[1:middle], ids[middle + 1 : -1]


def where(token):
    return (token - 8) // 100, (token - 8) % 100 // 10


def test_true_pairs_are_adjacent_and_false_ones_from_another_document():
    batch = pairs(200)
    for ids, types, padding, label in zip(*(batch[name] for name in ("ids", "types", "padding", "labels"))):
        a, b = parse(ids, types, padding)
        (document, i), (other, j) = where(a[0]), where(b[0])
        assert a == DOCUMENTS[document][i] and b == DOCUMENTS[other][j]  # 整句，没有截断
        if label:
            assert (other, j) == (document, i + 1)
        else:
            assert other != document and j >= 1  # 假的 B 也是某篇里的“下一句”


@pytest.mark.parametrize("count", [2, 16, 64])
def test_half_of_the_pairs_are_true_in_random_order(count):
    batches = [pairs(count, seed)["labels"] for seed in range(8)]
    assert all(labels.sum() == count // 2 and labels.shape == (count,) for labels in batches)
    assert len({tuple(labels.tolist()) for labels in batches}) > 1
    assert sum(labels[0].item() for labels in batches) not in (0, 8)


def test_length_does_not_leak_the_answer():
    """两类的 B 长度分布相同；同样的数据，若从全部句子里随便抽，开头一句特别长，长度就泄露了。"""
    documents = [[[8 + d] * 30, *([8 + d] * (2 + (d + i) % 5) for i in range(3))] for d in range(20)]
    batch = next_sentence_pairs(documents, seeded(), 2000, 64)
    length = ((batch["types"] == 1) & ~batch["padding"]).sum(1).float()
    true, false = length[batch["labels"] == 1], length[batch["labels"] == 0]
    assert abs(true.mean() - false.mean()) < 0.25  # 标准误约 0.06
    assert true.max() == false.max() and true.min() == false.min()


@pytest.mark.parametrize("context_length", [5, 8, 11])
def test_long_pairs_keep_the_ends_that_meet(context_length):
    documents = [
        [list(range(100 * d + 10, 100 * d + 20)), list(range(100 * d + 20, 100 * d + 20 + n))]
        for d, n in ((1, 3), (2, 12))
    ]
    batch = next_sentence_pairs(documents, seeded(), 20, context_length)
    assert batch["ids"].size(1) <= context_length
    for ids, types, padding in zip(batch["ids"], batch["types"], batch["padding"]):
        a, b = parse(ids, types, padding)
        assert a and b and a[-1] % 100 == 19 and b[0] % 100 == 20
        full = 3 if b[0] < 200 else 12
        assert len(a) + len(b) == min(10 + full, context_length - 3)


def test_documents_of_one_sentence_are_passed_over():
    batch = next_sentence_pairs([[[9]], [[10], [11]], [], [[12], [13]]], seeded(), 40, 16)
    assert 9 not in batch["ids"].unique().tolist()


@pytest.mark.parametrize(
    ("documents", "context_length"), [([[[9], [10]]], 16), ([[[9]], [[10]]], 16), (DOCUMENTS, 4)]
)
def test_impossible_pairs_are_refused(documents, context_length):
    with pytest.raises(InputError):
        next_sentence_pairs(documents, seeded(), 4, context_length)


# ---- 目标与训练 ----


def test_objectives_are_sums(make_bert, random_ids):
    model = make_bert(std=0.4).eval()
    batch = mask_tokens(random_ids(4, 12), seeded(), 40)
    chosen = batch["labels"] != IGNORE
    picked = model(batch["ids"]).log_softmax(-1).gather(-1, batch["labels"].clamp_min(0)[..., None])[..., 0]
    assert_close(mlm_objective(model, batch), -picked[chosen].sum())
    two = pairs(context_length=16) | {}
    two["ids"] = two["ids"].clamp_max(39)
    logits = model.judge(two["ids"], two["types"], two["padding"])
    assert_close(nsp_objective(model, two), -logits.log_softmax(-1).gather(1, two["labels"][:, None]).sum())
    assert count_targets(two) == 16


@pytest.mark.parametrize("changes", VARIANTS)
def test_every_parameter_gets_a_gradient_over_the_two_objectives(make_bert, random_ids, changes):
    model = make_bert(**changes)
    mlm_objective(model, mask_tokens(random_ids(8, 16), seeded(), 40)).backward()
    two = pairs()
    nsp_objective(model, two | {"ids": two["ids"].clamp_max(39)}).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None and p.grad.isfinite().all() and p.grad.abs().max() > 0, name


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_overfits_one_batch(make_bert, random_ids, norm):
    """同一批的填空与判断，都学到全对。"""
    model = make_bert(norm=norm, dropout=0.0)
    blanks, two = mask_tokens(random_ids(4, 16), seeded(), 40), pairs(8)
    two["ids"] = torch.where(two["ids"] >= 8, 8 + two["ids"] % 32, two["ids"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(200):
        loss = mlm_objective(model, blanks) / count_targets(blanks)
        loss = loss + nsp_objective(model, two) / count_targets(two)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    chosen = blanks["labels"] != IGNORE
    assert loss.item() < 0.1
    assert torch.equal(model(blanks["ids"]).argmax(-1)[chosen], blanks["labels"][chosen])
    assert torch.equal(model.judge(two["ids"], two["types"], two["padding"]).argmax(-1), two["labels"])


class Fixed:
    def __init__(self, batch):
        self.one = batch

    def batch(self, n):
        return self.one


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_the_trainer_takes_both_objectives_as_they_are(make_bert, random_ids, optimizer, tmp_path):
    model = make_bert(dropout=0.0)
    two = pairs(8)
    two["ids"] = torch.where(two["ids"] >= 8, 8 + two["ids"] % 32, two["ids"])
    blanks = mask_tokens(random_ids(4, 16), seeded(), 40)
    for name, batch, objective in (("mlm", blanks, mlm_objective), ("nsp", two, nsp_objective)):
        before = evaluate(model, [batch], objective)
        config = TrainConfig(
            steps=60,
            optimizer=optimizer,
            learning_rate=1e-2,
            weight_decay=0,
            warmup_steps=5,
            eval_interval=20,
            precision="fp32",
        )
        last = Trainer(model, Fixed(batch), [batch], config, objective=objective, out=tmp_path / name).run()
        assert last.step == 60 and last.tokens == 60 * count_targets(batch)
        assert evaluate(model, [batch], objective) < 0.8 * before
