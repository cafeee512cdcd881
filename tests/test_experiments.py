"""三个实验与两种测量：来历、岔路、手改一条事实、偏见、常识。模型都很小，几秒之内。"""

import copy
import math
from dataclasses import replace

import pytest
import torch

from tinygpt import GPT, GPTConfig
from tinygpt.corpus.world import Fact, World
from tinygpt.errors import InputError
from tinygpt.experiments import bias, common_sense, edit, fork, provenance, small
from tinygpt.experiments.facts import Mark, Question, ask, exact_share, questions
from tinygpt.sampling import Sampling, complete
from tinygpt.tokenizer import Tokenizer

FACT = Fact("猫", "definition", "会捉老鼠的动物")
TEXTS = ["猫是会捉老鼠的动物。", "猫就是会捉老鼠的动物。", "狗是会看门的动物。", "鱼是会游水的动物。"]
QUICK = replace(small.RECIPE, steps=40, batch_size=4)


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train_char(TEXTS * 3)


@pytest.fixture(scope="module")
def model(tokenizer):
    return small.trained(TEXTS, tokenizer, 0, QUICK)


# ---- 把事实一条条问模型 ----


def test_questions_are_cut_in_front_of_the_content():
    world = World(World.load().concepts[:30])
    for held_out in (False, True):
        asked = questions(world, held_out)
        assert len(asked) > 30 and len({(q.prompt, q.fact) for q in asked}) == len(asked)
        assert all(q.answer == q.fact.value and q.fact.subject in q.prompt for q in asked)
        assert not {q.fact.relation for q in asked} & {"kind"}
    usual = {q.prompt for q in questions(world)}
    assert not usual & {q.prompt for q in questions(world, held_out=True)}


def test_exact_is_what_greedy_writing_gives(model, tokenizer):
    prompts = ["猫是", "狗是", "鱼是", "猫"]
    for prompt in prompts:
        written = complete(model, tokenizer, prompt, max_new_tokens=8, sampling=Sampling(greedy=True))
        right, wrong = Question(FACT, prompt, written[:4]), Question(FACT, prompt, "老鼠")
        found = ask(model, tokenizer, [right, wrong])
        assert found[0].exact and found[1].exact == written.startswith("老鼠")
        assert found[0].log_p <= 0


def test_marks_do_not_depend_on_the_company(model, tokenizer):
    rows = [("猫是", "会捉老鼠的动物"), ("鱼就是会", "游水"), ("狗", "是")]
    asked = [Question(FACT, *row) for row in rows]
    together, alone = ask(model, tokenizer, asked), [ask(model, tokenizer, [q])[0] for q in asked]
    for a, b in zip(together, alone):
        assert a.exact == b.exact and math.isclose(a.log_p, b.log_p, rel_tol=1e-4, abs_tol=1e-5)


# ---- 来历 ----

READ = ["今天小猫在院子里晒太阳。", "昨天小猫在院子里捉老鼠。", "小狗在门口晒太阳，很舒服。"]


def test_a_sentence_is_cut_into_pieces_with_counts():
    (found,) = provenance.trace(["小猫在院子里晒太阳，很舒服。"], READ)
    assert [(p.text, p.documents) for p in found] == [("小猫在院子里晒太阳", 1), ("，很舒服。", 0)]
    (found,) = provenance.trace(["忽然小猫在院子里睡着了"], READ)
    assert [(p.text, p.documents) for p in found] == [("忽然", 0), ("小猫在院子里", 2), ("睡着了", 0)]
    assert found[1].example == READ[0]


@pytest.mark.parametrize("sentence", ["", "短", "没有见过的一句话。", READ[2] * 2])
def test_the_pieces_make_up_the_sentence(sentence):
    (found,) = provenance.trace([sentence], READ)
    assert "".join(p.text for p in found) == sentence
    assert all(p.text in p.example for p in found if p.documents)


def test_exposures_need_the_name_and_the_content():
    other = Fact("狗", "definition", "会看门的动物")
    texts = [*TEXTS, "猫会爬树。", "会捉老鼠的动物有很多。"]
    assert dict(provenance.exposures([FACT, other], texts)) == {FACT: 2, other: 1}


def test_taking_a_fact_away_changes_only_its_documents():
    spares = ["猫是会捉老鼠的动物。", "牛是会耕地的动物。", "马是会跑的动物。"]
    kept = provenance.without(TEXTS, FACT, spares)
    assert kept == [spares[1], spares[2], *TEXTS[2:]] and len(kept) == len(TEXTS)
    with pytest.raises(InputError, match="备用"):
        provenance.without(TEXTS, FACT, spares[:2])


def test_forgetting_takes_the_fact_and_leaves_the_others(tokenizer, model):
    asked = [Question(FACT, "猫是", FACT.value), Question(Fact("狗", "", ""), "狗是", "会看门的动物")]
    spares = ["鸟是会游水的动物。", "鸟就是会游水的动物。"]
    other = small.trained(provenance.without(TEXTS, FACT, spares), tokenizer, 0, QUICK)
    before, after = ask(model, tokenizer, asked), ask(other, tokenizer, asked)
    assert before[0].exact and before[1].exact and after[1].exact and not after[0].exact
    assert after[0].log_p < before[0].log_p - 1


def test_the_same_batches_whatever_the_documents_say(tokenizer):
    a, b = (small.trainer(texts, tokenizer, 3, QUICK) for texts in (TEXTS, TEXTS[:3] + ["马是会跑的动物。"]))
    for n in range(6):
        ours, theirs = a.train_data.batch(n), b.train_data.batch(n)
        assert ours["ids"].shape[0] == theirs["ids"].shape[0]
        same = [torch.equal(x[:6], y[:6]) for x, y in zip(ours["ids"], theirs["ids"])]
        assert sum(same) >= 3
    assert all(torch.equal(p, q) for p, q in zip(a.model.parameters(), b.model.parameters()))


# ---- 岔路 ----


@pytest.fixture(scope="module")
def recorded(tokenizer):
    shape = replace(small.TINY, dropout=0.1, n_embd=32)
    make = lambda: small.trainer(TEXTS, tokenizer, 0, QUICK, shape)
    return make, fork.record(make(), every=10)


def test_nothing_changed_is_bitwise_the_same(recorded):
    make, kept = recorded
    found = fork.fork(make, kept[10], None, 8)
    assert found.first is None and found.distances == [0.0] * 9 and found.losses[0] == found.losses[1]
    assert list(kept) == [0, 10, 20, 30, 40]


def test_the_branch_repeats_the_recorded_run(recorded):
    make, kept = recorded
    found = fork.fork(make, kept[10], None, 10)
    weights = {n.removeprefix("model."): t for n, t in kept[20].tensors.items() if n.startswith("model.")}
    for model in found.models:
        assert all(torch.equal(p, weights[name]) for name, p in model.named_parameters())


@pytest.mark.parametrize(
    "change, name, step",
    [
        (fork.rate_times(1.5), "更新以后的", 11),
        (fork.dropout_seed(9), "dropout 的输出", 11),
        (fork.no_mask, "attention.to_out 的输出", 11),
        (fork.one_weight(1e-3), "token_embedding 的输出", 11),
    ],
)
def test_the_first_tensor_that_differs(recorded, change, name, step):
    make, kept = recorded
    found = fork.fork(make, kept[10], change, 3)
    assert name in found.first.name and found.first.step == step and found.first.size > 0
    assert found.distances[-1] > 0


def test_one_other_batch_shows_when_it_is_read(recorded):
    make, kept = recorded
    batch = {name: tensor.clone() for name, tensor in make().train_data.batch(13).items()}
    batch["ids"][0, 1] = 9 if batch["ids"][0, 1] != 9 else 10
    found = fork.fork(make, kept[10], fork.one_batch(13, batch), 6)
    assert (found.first.step, found.first.name) == (14, "输入的编号")
    assert found.distances[:4] == [0.0] * 4 and found.distances[4] > 0


def test_a_fork_leaves_the_random_numbers_alone(recorded):
    make, kept = recorded
    torch.manual_seed(5)
    before = torch.get_rng_state()
    fork.fork(make, kept[10], fork.dropout_seed(1), 2)
    assert torch.equal(torch.get_rng_state(), before)


# ---- 手改 ----


@pytest.fixture(scope="module")
def wide(tokenizer):
    torch.manual_seed(0)
    return GPT(GPTConfig(tokenizer.vocab_size, 32, 2, 2, 32, dropout=0.0)).eval()


def asked_anew(prompts=("猫是", "猫就是")) -> list[Question]:
    return [Question(FACT, prompt, "会看门的") for prompt in prompts]


def test_the_subject_is_where_its_last_character_is(tokenizer):
    asked = [Question(FACT, "狗是猫就是", ""), Question(Fact("猫", "", ""), "猫是猫就", "")]
    assert edit.subject_places(tokenizer, asked) == [2, 2]


def test_the_direction_maps_the_key_to_one():
    torch.manual_seed(0)
    key, samples = torch.randn(6), torch.randn(50, 6).double()
    moment = samples.T @ samples / 50
    u = edit.direction(key, moment)
    assert math.isclose(float(u @ key), 1, rel_tol=1e-5)
    expected = torch.linalg.inv(moment) @ key.double()
    assert torch.allclose(u.double(), expected / (expected @ key.double()), rtol=2e-3, atol=1e-4)


def test_keys_are_what_the_second_matrix_reads(wide):
    ids = torch.tensor([[7, 20, 21]])
    block = wide.transformer.blocks[0]
    x = wide.token_embedding(ids) + wide.position_embedding(torch.arange(3))
    h = x + block.attention(block.attention_norm(x))
    expected = block.feed_forward.gelu(block.feed_forward.up(block.feed_forward_norm(h)))
    assert torch.allclose(edit.keys(wide, ids, 0), expected, atol=1e-5)


def test_the_second_moment_is_the_mean_of_outer_products(wide, tokenizer):
    found = edit.second_moment(wide, tokenizer, ["猫是", "狗"], 0)
    rows = [edit.keys(wide, torch.tensor([tokenizer.encode(t)]), 0)[0] for t in ("猫是", "狗")]
    rows = torch.cat(rows).double()
    assert torch.allclose(found, rows.T @ rows / len(rows), atol=1e-6)


def test_rome_changes_one_matrix_by_rank_one(model, tokenizer):
    moment = edit.second_moment(model, tokenizer, TEXTS, 0)
    before = copy.deepcopy(model.state_dict())
    changed = edit.rome(model, tokenizer, asked_anew(), moment, rate=0.3)
    assert all(torch.equal(before[n], p) for n, p in model.state_dict().items())  # 原来的模型不动
    different = [n for n, p in changed.state_dict().items() if not torch.equal(before[n], p)]
    assert different == ["transformer.blocks.0.feed_forward.down.weight"]
    update = edit.down(changed, 0).weight - edit.down(model, 0).weight
    values = torch.linalg.svdvals(update.detach())
    assert values[1] < 1e-4 * values[0]
    gained = [a.log_p - b.log_p for a, b in zip(*(ask(m, tokenizer, asked_anew()) for m in (changed, model)))]
    assert min(gained) > 2


@pytest.mark.parametrize("rank", [None, 4])
def test_fine_tuning_stops_when_the_answer_is_written(model, tokenizer, rank):
    changed = edit.fine_tune(model, tokenizer, asked_anew(), 1e-2, rank)
    marks = ask(changed, tokenizer, asked_anew())
    assert exact_share(marks) == 1 and -sum(m.log_p for m in marks) / 2 < edit.ENOUGH
    assert changed.state_dict().keys() == model.state_dict().keys()  # LoRA 已经合并
    assert exact_share(ask(model, tokenizer, asked_anew())) == 0


def test_side_effects_are_counted_by_group():
    world = World(World.load().concepts[:60])
    edited = world.concepts[0].fact("definition")
    asked = questions(world, relations=("definition", "feature"))
    before = [Mark(-1.0, number % 2 == 0) for number in range(len(asked))]
    after = [Mark(-3.0, number % 3 == 0) for number in range(len(asked))]
    found = edit.side_effects(world, edited, asked, before, after)
    assert sum(e.n for e in found.values()) == sum(q.fact != edited for q in asked)
    kept = [n for n, q in enumerate(asked) if q.fact != edited]
    assert sum(e.lost for e in found.values()) == sum(n % 2 == 0 and n % 3 != 0 for n in kept)
    assert sum(e.won for e in found.values()) == sum(n % 2 != 0 and n % 3 == 0 for n in kept)
    assert sum(e.right for e in found.values()) == sum(n % 2 == 0 for n in kept)
    assert all(e.change == -2 for e in found.values() if e.n) and found["同一事物"].n > 0


# ---- 偏见 ----


def test_the_corpus_is_as_skewed_as_it_was_told():
    texts = bias.write({"护士": 0.75, "司机": 0.0}, 800, 0)
    she = [sum(bias.SHE in t for t in texts if t.startswith(job)) / 400 for job in ("护士", "司机")]
    assert 0.68 < she[0] < 0.82 and she[1] == 0 and len(texts) == 800


def test_balancing_swaps_every_second_story_of_a_job():
    texts = bias.write(bias.SKEWED, 1000, 0)
    done = bias.balanced(texts)
    assert len(done) == len(texts) and bias.swapped(bias.swapped(texts[0])) == texts[0]
    assert sorted(bias.swapped(t) if a != t else t for a, t in zip(texts, done)) == sorted(texts)
    before, after = bias.corpus_shares(texts), bias.corpus_shares(done)
    assert bias.skew(before) > 0.7 and abs(bias.skew(after)) < 0.1
    assert max(abs(share - 0.5) for share in after.values()) < 0.12


def test_a_model_repeats_the_share_of_its_corpus():
    shares = {"护士": 1.0, "司机": 0.0}
    texts = bias.write(shares, 64, 0)
    tokenizer = Tokenizer.train_char(texts * 2 + ["他她"] * 4)
    model = small.trained(texts, tokenizer, 0, replace(small.SHORT, steps=60, batch_size=16))
    found = bias.model_shares(model, tokenizer, {job: [bias.first_sentence(job, "公园")] for job in shares})
    assert found["护士"][0] > 0.8 and found["司机"][0] < 0.2


@pytest.mark.parametrize("hits, total", [(0, 8), (8, 8), (3, 10), (50, 100)])
def test_wilson_contains_the_share_and_stays_inside(hits, total):
    low, high = bias.wilson(hits, total)
    assert -1e-12 <= low <= hits / total <= high <= 1 + 1e-12
    assert bias.wilson(total - hits, total) == pytest.approx((1 - high, 1 - low))
    for edge in (low, high):  # 区间的两端：正好相差 z 个标准误
        if 0 < edge < 1:
            error = math.sqrt(edge * (1 - edge) / total)
            assert math.isclose(abs(hits / total - edge), 1.96 * error, rel_tol=1e-6)


# ---- 常识 ----


def test_the_pairs_are_twins():
    asked = common_sense.pairs()
    assert len(asked) >= 40 and len({p.a for p in asked} | {p.b for p in asked}) == 2 * len(asked)
    assert all(p.x != p.y and p.words for p in asked)
    assert {p.inside for p in asked} == {True, False}


def test_who_looks_only_at_the_endings_gets_half():
    asked = common_sense.pairs()
    prior = {end: i for i, end in enumerate(sorted({p.x for p in asked} | {p.y for p in asked}))}
    found = common_sense.judge(asked, lambda rows: [float(prior[end]) for _, end in rows])
    assert common_sense.single(found) == 0.5 and common_sense.both(found) == 0


def test_who_knows_gets_everything():
    asked = common_sense.pairs()
    right = {(p.a, p.x) for p in asked} | {(p.b, p.y) for p in asked}
    found = common_sense.judge(asked, lambda rows: [float(row in right) for row in rows])
    assert common_sense.single(found) == common_sense.both(found) == common_sense.matched(found) == 1
    tied = common_sense.judge(asked, lambda rows: [0.0] * len(rows))
    assert common_sense.single(tied) == common_sense.matched(tied) == 0
