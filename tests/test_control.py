"""control/：奖励由文字算出，一组一组地写，偏好成对，三种学法都走同一个 Trainer。"""

import copy
from dataclasses import replace
from itertools import islice

import pytest
import torch

from tinygpt import load
from tinygpt.control import GOALS, RECIPES
from tinygpt.control.chats import KNOWN, NEW, honest, never_wrong
from tinygpt.control.measure import average, best_of, distinct, drift
from tinygpt.control.poems import (
    HELD,
    USUAL,
    form,
    on_title,
    rhyme,
    steps,
    titled,
    written_out,
)
from tinygpt.control.preferences import Preferences, pairs_of, winners_of
from tinygpt.control.rollouts import PLAIN, TEMPERATURE, Group, Rollouts, example, sample_groups, write
from tinygpt.control.training import dpo, grpo, imitate
from tinygpt.corpus.stories import stories
from tinygpt.errors import InputError
from tinygpt.losses import IGNORE, count_targets, label_log_probabilities
from tinygpt.tasks import Case

POEM = Case("诗：春\n", "")


@pytest.fixture(scope="module")
def mini():
    return load("mini")


# ---- 奖励 ----


def test_poems_of_the_corpus_get_the_reward_and_spoiled_ones_do_not():
    told = [story for story in stories(1, 90, plans=("poem",)) if story.title in (*USUAL, *HELD)]
    for story in told:
        case = Case(f"诗：{story.title}\n", "", about=(story.title,))
        assert [reward(case, story.text) for reward in (titled, form, steps, on_title)] == [1, 1, 1, 1]
    case, rows = Case("", "", about=(told[0].title,)), told[0].text.split("\n")
    assert form(case, "\n".join(rows[:3])) == 0  # 三行
    assert form(case, "\n".join([rows[0], rows[0], *rows[2:]])) == 0  # 两行相同
    unrhymed = "\n".join([rows[0][:-2] + "了，", *rows[1:]])
    assert form(case, unrhymed) == 0 and steps(case, unrhymed) == pytest.approx(0.8)
    assert titled(case, "") == form(case, "，") == steps(case, "") == on_title(case, "\n") == 0
    other = next(story for story in told if on_title(case, story.text) == 0)
    assert form(case, other.text) == 1 and titled(case, other.text) == 0  # 样子对，题目不对


def test_templates_of_lines_written_out():
    assert written_out("[桃花|杏花]满[园|路]") == ["桃花满园", "桃花满路", "杏花满园", "杏花满路"]


def test_the_rhymes():
    assert rhyme("光") == rhyme("香") == "ang" and rhyme("星") == "ing" and rhyme("的") is None


def test_a_known_thing_is_told_and_an_unknown_word_is_admitted():
    known, new = Case("", "风是流动的空气。", KNOWN, ("流动的空气",)), Case("", "", NEW, ("鞋匠",))
    assert honest(known, "简单地说，风就是流动的空气。") == never_wrong(known, "风是流动的空气。") == 1
    assert honest(known, "我没有学过风这个词。") == 0 and never_wrong(known, "我没有学过风这个词。") == 1
    assert honest(known, "风是水。") == never_wrong(known, "风是水。") == 0
    assert honest(new, "我没有学过鞋匠这个词，说不好。") == 1
    assert honest(new, "我没有学过鞋这个词，说不好。") == 0 and never_wrong(new, "我没有学过鞋这个词。") == 1
    assert honest(new, "鞋匠是修鞋的人。") == never_wrong(new, "鞋匠是修鞋的人。") == 0


@pytest.mark.parametrize("name", GOALS)
def test_the_answers_of_the_world_get_the_reward(name):
    goal = GOALS[name]
    for case in [*goal.test(20), *islice(goal.write(3, False), 20)]:
        if name != "poem":  # 诗没有标准的写法
            assert all(reward(case, case.answer) == 1 for reward in goal.rewards.values()), case


def test_what_is_held_out_is_never_trained_on():
    assert not set(USUAL) & set(HELD) and HELD
    for name, goal in GOALS.items():
        train = {case.prompt for case in islice(goal.write(0, False), 400)}
        assert not train & {case.prompt for case in goal.test(100)}, name


# ---- 一组一组地写 ----


def test_writing_stops_where_it_should(mini):
    model, tokenizer = mini
    goal = GOALS["chat"]
    prompts = [goal.prompt(tokenizer, case) for case in goal.test(6)]
    replies = write(model, prompts, 30, goal.ends(tokenizer), PLAIN, 0)
    for reply in replies:
        stops = [i for i, token in enumerate(reply) if token in goal.ends(tokenizer)]
        assert stops in ([len(reply) - 1], []) and len(reply) <= 30
    assert replies == write(model, prompts, 30, goal.ends(tokenizer), PLAIN, 0)


def test_the_batch_of_groups(mini):
    model, tokenizer = mini
    data = Rollouts(model, tokenizer, GOALS["poem"], n_prompts=3, size=4)
    batch = data.batch(0)
    assert batch["ids"].size(0) == 12 and batch["advantages"].shape == (12,)
    with torch.no_grad():
        now = label_log_probabilities(model(batch["ids"]) / TEMPERATURE, batch["labels"])
    assert torch.allclose(now, batch["reference"], atol=1e-5)  # 还没有训练，与参考模型相同
    group = data.groups[1]
    row = batch["labels"][4]
    assert row[row != IGNORE].tolist() == group.replies[0]
    assert all(p.requires_grad for p in model.parameters())
    assert not any(p.requires_grad for p in data.reference.parameters())


def made(rewards, lengths=(2, 3, 2, 4)) -> Group:
    replies = [list(range(20, 20 + n)) for n in lengths]
    return Group(POEM, [4, 9, 9], replies, ["字"] * len(replies), rewards)


def test_pairs_put_the_better_first_and_skip_groups_without_a_difference():
    groups = [made([1.0, 0.0, 0.0, 1.0]), made([0.0] * 4), made([1.0] * 4)]
    pairs = pairs_of(groups)
    assert len(pairs) == 2
    assert {len(pair.better.ids) for pair in pairs} == {4, 6}  # 长 2 与长 4 的回答
    assert {len(pair.worse.ids) for pair in pairs} == {5, 4}
    assert len(winners_of(groups)) == 6
    assert example([1, 2], [3, 7]).labels == (IGNORE, 3, 7)


def test_preferences_need_a_difference(mini):
    with pytest.raises(InputError, match="没有一组里有赢有输"):
        Preferences(mini[0], pairs_of([made([0.0] * 4)]))


# ---- 三种学法 ----


def test_each_way_moves_the_answers_towards_the_reward(mini):
    """以“回答短”为奖励走几步：赢的那个回答的概率，三种学法都升高；参考模型不动。"""
    start, tokenizer = mini
    goal, short = replace(GOALS["poem"], most=8), lambda case, text: float(len(text) < 10)
    groups = sample_groups(start, tokenizer, goal, list(islice(goal.write(0, False), 4)), 8, 0, short)
    pair = pairs_of(groups)[0]

    def margin(model) -> float:
        better, worse = Preferences(model, [pair], 1).reference[0].tolist()
        return better - worse

    for learn in (dpo, imitate):
        model = copy.deepcopy(start)
        learn(model, groups, 4, learning_rate=3e-4).run()
        assert margin(model) > margin(start)
    model = copy.deepcopy(start)
    trainer = grpo(model, tokenizer, goal, 3, n_prompts=2, reward=short)
    trainer.run()
    assert len(trainer.train_data.rewards) == 3
    reference = trainer.train_data.reference.state_dict()
    assert all(torch.equal(reference[name], old) for name, old in start.state_dict().items())
    assert any(not torch.equal(model.state_dict()[name], old) for name, old in start.state_dict().items())


def test_grpo_is_the_same_after_an_interruption(mini, tmp_path):
    """第 n 批由权重、种子与 n 决定：走一步、存盘、接着走，与一口气走完逐位相同。"""
    goal = replace(GOALS["poem"], most=8)

    def trainer(out):
        model = copy.deepcopy(mini[0])
        made = grpo(model, mini[1], goal, 3, n_prompts=2, seed=3)
        made.out = out
        return made

    whole, first, again = trainer(None), trainer(tmp_path), trainer(tmp_path)
    whole.run()
    next(iter(first))
    first.save()
    assert again.resume() == 1
    again.run()
    found = again.model.state_dict()
    assert all(torch.equal(found[name], value) for name, value in whole.model.state_dict().items())


# ---- 量 ----


def test_measures():
    groups = [made([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0], range(1, 9)), made([0.0] * 8, range(1, 9))]
    assert average(groups) == 0.125 and best_of(groups) == 0.5 and best_of(groups, 4) == 0.5
    assert best_of(groups, 2) == 0.25 and best_of(groups, 1) == 0.125
    assert distinct(["春春春"], 2) == 0.5 and distinct(["春天"], 2) == 1 and distinct([], 2) == 0


def test_a_model_does_not_drift_from_itself(mini):
    model, tokenizer = mini
    found = drift(model, model, tokenizer, GOALS["shop"], count=2)
    assert found["kl"] == pytest.approx(0, abs=1e-4) and found["entropy"] > 0


def test_one_target_a_pair():
    assert count_targets({"labels": torch.zeros(7, dtype=torch.long)}) == 7
    assert set(RECIPES) <= set(GOALS)
