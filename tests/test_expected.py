"""“我的损失正常吗”的参照。"""

import json
import math

import pytest

from tinygpt.course import expected
from tinygpt.errors import InputError


def folder_with(tmp_path, losses):
    lines = [json.dumps({"step": i, "loss": loss}) for i, loss in enumerate(losses, start=1)]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_the_cards_start_at_the_loss_of_guessing_and_fall():
    for card in expected.cards().values():
        assert len(card["steps"]) == len(card["low"]) == len(card["high"]) > 5
        assert abs(card["low"][0] - math.log(4096)) < 0.1
        assert all(low <= high for low, high in zip(card["low"], card["high"], strict=True))
        assert card["high"][-1] < card["low"][0] - 4


def test_steps_are_1_2_5_and_so_on_to_the_last():
    assert expected.marks(300) == [1, 2, 5, 10, 20, 50, 100, 200, 300]
    assert expected.marks(20) == [1, 2, 5, 10, 20]


def test_the_mean_of_the_steps_around():
    losses = [float(i) for i in range(1, 101)]
    assert expected.smoothed(losses, 1) == 1 and expected.smoothed(losses, 2) == 2
    assert expected.smoothed(losses, 50) == 50 and expected.smoothed(losses, 100) == 95
    assert expected.smoothed([9.0] * 30 + [0.0] * 30, 31) == pytest.approx(9.0 * 10 / 21)


@pytest.mark.parametrize("loss, word", [(3.0, "正常"), (3.4, "偏高"), (2.6, "偏低"), (math.nan, "坏了")])
def test_a_run_is_compared_step_by_step(tmp_path, loss, word):
    card = {"steps": [1, 10, 1000], "low": [2.9, 2.9, 1.0], "high": [3.1, 3.1, 1.1]}
    rows = expected.compare(folder_with(tmp_path, [loss] * 20), card)
    assert [row[0] for row in rows] == [1, 10] and all(row[-1].startswith(word) for row in rows)


def test_a_folder_without_a_record_is_told(tmp_path):
    with pytest.raises(InputError, match="metrics.jsonl"):
        expected.read_losses(tmp_path)
