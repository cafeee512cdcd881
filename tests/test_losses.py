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
    dpo_objective,
    group_advantages,
    kl_estimate,
    label_log_probabilities,
    mask_prompt,
    next_token_batch,
    policy_objective,
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


# ---- 由偏好与奖励学 ----


class Table(torch.nn.Module):
    """最小的“模型”：每个 token 之后，下一个 token 的 logits 就是表里的一行。"""

    def __init__(self, vocab: int = 5, seed: int = 0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.rows = torch.nn.Parameter(torch.randn(vocab, vocab, generator=generator, dtype=torch.float64))

    def forward(self, ids):
        return self.rows[ids]


def preferences() -> dict:
    """两对偏好；第二对的差的一个短些，后面是补的。"""
    ids = torch.tensor([[[1, 2, 3], [1, 4, 0]], [[2, 0, 4], [2, 2, 0]]])
    targets = torch.tensor([[[IGNORE, 3, 1], [IGNORE, 0, 2]], [[IGNORE, 4, 4], [IGNORE, 1, IGNORE]]])
    reference = torch.tensor([[-2.0, -1.5], [-3.0, -0.5]], dtype=torch.float64)
    return {"ids": ids, "targets": targets, "reference": reference, "labels": torch.tensor([0, 0])}


def test_the_log_probability_of_an_answer_leaves_the_prompt_out():
    logits = torch.randn(1, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = label_log_probabilities(logits, torch.tensor([[IGNORE, 2, 0, IGNORE]]))
    rows = logits.log_softmax(-1)[0]
    assert_close(found, torch.tensor([[0.0, rows[1, 2], rows[2, 0], 0.0]], dtype=torch.float64))


def test_dpo_is_the_formula():
    model, batch = Table(), preferences()
    log_p = label_log_probabilities(model(batch["ids"].flatten(0, 1)), batch["targets"].flatten(0, 1))
    gain = log_p.sum(-1).view(2, 2) - batch["reference"]
    expected = -torch.log(torch.sigmoid(0.3 * (gain[:, 0] - gain[:, 1]))).sum()
    assert_close(dpo_objective(model, batch, beta=0.3), expected)
    assert count_targets(batch) == 2  # 一对算一项，不是一个 token 算一项


def test_dpo_at_the_reference_is_log_2_and_prefers_the_better():
    model, batch = Table(), preferences()
    logits = model(batch["ids"].flatten(0, 1))
    log_p = label_log_probabilities(logits, batch["targets"].flatten(0, 1)).sum(-1).view(2, 2)
    batch["reference"] = log_p.detach()
    loss = dpo_objective(model, batch)
    assert_close(loss.item(), 2 * math.log(2))
    loss.backward()
    with torch.no_grad():
        model.rows -= 0.1 * model.rows.grad
    after = label_log_probabilities(model(batch["ids"].flatten(0, 1)), batch["targets"].flatten(0, 1))
    margin = (after.sum(-1).view(2, 2) - batch["reference"]) @ torch.tensor([1.0, -1.0]).double()
    assert (margin > 0).all()


@pytest.mark.parametrize("objective", ["dpo", "policy"])
def test_the_gradients_agree_with_finite_differences(objective):
    batch = preferences()
    if objective == "policy":
        labels = batch["targets"].flatten(0, 1)
        advantages = torch.tensor([1.0, -1.0, 0.5, -0.5], dtype=torch.float64)
        reference = torch.where(labels == IGNORE, 0.0, -1.5).double()
        ids = batch["ids"].flatten(0, 1)
        batch = {"ids": ids, "labels": labels, "advantages": advantages, "reference": reference}
    model = Table()

    def loss(rows):
        chosen = dpo_objective if objective == "dpo" else policy_objective
        return chosen(lambda ids: rows[ids], batch, 0.3)

    assert torch.autograd.gradcheck(loss, (model.rows,))


def test_the_policy_gradient_is_the_gradient_of_the_expected_reward():
    """一个 token 的回答，逐个列举：E[r] 的梯度 = E[r·∇log π]，减去基线也一样。"""
    model, rewards = Table(), torch.tensor([0.0, 1.0, 0.0, 2.0, 0.0], dtype=torch.float64)
    exact = torch.autograd.grad((model.rows[1].softmax(-1) * rewards).sum(), model.rows)[0]
    for baseline in (0.0, 0.7):
        batch = {
            "ids": torch.full((5, 1), 1), "labels": torch.arange(5)[:, None],
            "reference": label_log_probabilities(model.rows[1].expand(5, 1, 5), torch.arange(5)[:, None]),
            "advantages": model.rows[1].softmax(-1).detach() * (rewards - baseline),
        }  # fmt: skip
        batch["reference"] = batch["reference"].detach()
        found = torch.autograd.grad(policy_objective(model, batch, beta=0.0), model.rows)[0]
        assert_close(-found, exact)


def test_group_advantages():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0], [0.1, 0.1, 0.1, 0.1], [3.0, 0, 0, 0]])
    found = group_advantages(rewards)
    assert_close(found[0], torch.tensor([1.0, -1.0, -1.0, 1.0]))
    assert_close(found[1:3], torch.zeros(2, 4), atol=0.02, rtol=0)  # 全都相同：没有好坏
    assert_close(found[3], torch.tensor([3.0, -1, -1, -1]) / 3**0.5)


def test_the_kl_estimate_is_never_negative_and_right_on_average():
    generator = torch.Generator().manual_seed(0)
    p, q = (torch.randn(6, generator=generator, dtype=torch.float64).log_softmax(-1) for _ in range(2))
    estimate = kl_estimate(p, q)
    assert (estimate >= 0).all() and kl_estimate(p, p).abs().max() == 0
    assert_close((p.exp() * estimate).sum(), (p.exp() * (p - q)).sum())
