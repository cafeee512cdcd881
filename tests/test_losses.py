"""losses.py：与照公式写的结果对照。"""

import math

import pytest
import torch
from torch.testing import assert_close

from tinygpt.losses import (
    IGNORE,
    causal_objective,
    count_targets,
    cross_entropy_sum,
    mask_prompt,
    next_token_batch,
)


def test_labels_are_ids_shifted_by_one():
    batch = next_token_batch(torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]))
    assert batch["ids"].tolist() == [[1, 2, 3], [5, 6, 7]]
    assert batch["labels"].tolist() == [[2, 3, 4], [6, 7, 8]]


def test_cross_entropy_by_hand():
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[0, IGNORE, 4], [2, 2, IGNORE]])
    expected = 0.0
    for b in range(2):
        for t in range(3):
            if labels[b, t] != IGNORE:
                row = logits[b, t].tolist()
                expected -= row[labels[b, t]] - math.log(sum(map(math.exp, row)))
    assert_close(cross_entropy_sum(logits, labels).item(), expected, atol=1e-5, rtol=1e-5)
    assert count_targets({"labels": labels}) == 4


def test_uniform_logits_cost_log_vocab_each():
    loss = cross_entropy_sum(torch.zeros(2, 3, 50), torch.ones(2, 3, dtype=torch.long))
    assert_close(loss.item(), 6 * math.log(50), rtol=1e-5, atol=0)


def test_ignored_positions_have_no_gradient_and_no_loss():
    logits = torch.randn(1, 3, 5, requires_grad=True)
    cross_entropy_sum(logits, torch.tensor([[1, IGNORE, 2]])).backward()
    assert (logits.grad[0, 1] == 0).all() and (logits.grad[0, 0] != 0).all()
    assert cross_entropy_sum(logits, torch.full((1, 3), IGNORE)).item() == 0
    assert count_targets({"labels": torch.full((1, 3), IGNORE)}) == 0


def test_sums_are_additive_over_rows():
    logits, labels = torch.randn(4, 3, 5, dtype=torch.float32), torch.randint(0, 5, (4, 3))
    parts = sum(cross_entropy_sum(logits[i : i + 1], labels[i : i + 1]) for i in range(4))
    assert_close(parts, cross_entropy_sum(logits, labels))


def test_half_precision_logits_are_summed_in_fp32():
    logits = torch.zeros(64, 64, 5, dtype=torch.bfloat16)
    loss = cross_entropy_sum(logits, torch.zeros(64, 64, dtype=torch.long))
    assert loss.dtype == torch.float32
    assert_close(loss.item(), 4096 * math.log(5), rtol=1e-5, atol=0)


def test_causal_objective_is_the_sum_over_the_model(model, random_ids):
    batch = next_token_batch(random_ids(2, 9))
    expected = -model(batch["ids"]).log_softmax(-1).gather(-1, batch["labels"][..., None]).sum()
    assert_close(causal_objective(model, batch), expected)


@pytest.mark.parametrize(("lengths", "expected"), [
    ([1, 2], [[11, 12, 13], [IGNORE, 22, 23]]),
    ([3, 4], [[IGNORE, IGNORE, 13], [IGNORE, IGNORE, IGNORE]]),
])  # fmt: skip
def test_mask_prompt_keeps_the_first_answer_token(lengths, expected):
    """x = [10, 11, 12, 13]：提示长 p 时，第一个要学的标签是 x[p]。"""
    labels = torch.tensor([[11, 12, 13], [21, 22, 23]])
    assert mask_prompt(labels, torch.tensor(lengths)).tolist() == expected
    assert labels[0, 0] == 11  # 原来的不改
