"""n 元模型：与手算、与两种实现互相核对。"""

import math

import numpy as np
import pytest

from tinygpt.errors import InputError
from tinygpt.ngram import NGram

EOS = 0
DOCUMENTS = [[1, 2, 1, 3, EOS], [1, 2, 2, EOS], [3, 1, 2, EOS]]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_distribution_sums_to_one_and_agrees_with_probability(order):
    model = NGram(order, 5, EOS).fit(DOCUMENTS)
    for history in ([], [1], [1, 2], [4, 4], [2, 1, 3, 1]):
        p = model.distribution(history)
        assert p.sum() == pytest.approx(1)
        assert (p > 0).all()
        assert [model.probability(history, token) for token in range(5)] == pytest.approx(list(p))


def test_bigram_by_hand():
    """2 元：后面跟着 1 的有 2（3 次）、3（1 次）；一元用延续次数。"""
    model = NGram(2, 5, EOS).fit(DOCUMENTS)
    # 不同的二元组：01 12 21 13 30 22 20 03 31；(1,2) 数到 3，(0,1)(2,0) 数到 2，其余 1 次
    pairs = {
        (0, 1): 2, (1, 2): 3, (2, 1): 1, (1, 3): 1, (3, 0): 1,
        (2, 2): 1, (2, 0): 2, (0, 3): 1, (3, 1): 1,
    }  # fmt: skip
    ones, twos = sum(c == 1 for c in pairs.values()), sum(c == 2 for c in pairs.values())
    discount = ones / (ones + 2 * twos)
    continuation = {w: sum(b == w for _, b in pairs) for w in range(5)}  # 0:2 1:3 2:2 3:2
    n1, n2 = sum(c == 1 for c in continuation.values()), sum(c == 2 for c in continuation.values())
    low = n1 / (n1 + 2 * n2) if n1 else 0.5
    unigram = (continuation[2] - low) / 9 + low * 4 / 9 / 5
    expected = (3 - discount) / 4 + discount * 2 / 4 * unigram
    assert model.probability([1], 2) == pytest.approx(expected)


def test_loss_is_mean_negative_log_probability():
    model = NGram(3, 5, EOS).fit(DOCUMENTS)
    by_hand = [
        -math.log(model.probability(ids[:i], token)) for ids in DOCUMENTS for i, token in enumerate(ids)
    ]
    assert model.loss(DOCUMENTS) == pytest.approx(np.mean(by_hand))


def test_higher_order_fits_training_text_better():
    losses = [NGram(order, 5, EOS).fit(DOCUMENTS).loss(DOCUMENTS) for order in (1, 2, 3)]
    assert losses[0] > losses[1] > losses[2]


def test_generation_is_seeded_and_stops():
    model = NGram(3, 5, EOS).fit(DOCUMENTS)
    assert model.generate([1], 50, seed=1) == model.generate([1], 50, seed=1)
    assert EOS not in model.generate([1], 50, seed=1)


def test_bad_input():
    with pytest.raises(InputError):
        NGram(0, 5, EOS)
    with pytest.raises(InputError):
        NGram(2, 5, EOS).fit(DOCUMENTS).loss([])
