"""第 02、04、05、06 课的零件：录下的对照与它的设定一致，能重跑；题目与控制组真的是说的那样。"""

import numpy as np
import pytest
import torch

from tinygpt.course import ablations, blocks, heads, loops, objectives, transfer, writing
from tinygpt.losses import IGNORE
from tinygpt.tokenizer import MASK, PAD
from tinygpt.variants.bert import BERT


@pytest.mark.parametrize("part", ablations.PARTS)
def test_the_recorded_grid_is_the_one_that_is_declared(part):
    declared, recorded = ablations.PARTS[part], ablations.results(part)
    assert list(recorded) == declared.methods
    assert all(rows.shape == (declared.seeds, len(declared.values)) for rows in recorded.values())
    assert all(np.isfinite(rows).all() and (rows > 0).all() for rows in recorded.values())


@pytest.mark.parametrize("part", ["deep", "norm", "optimizers", "schedule"])
def test_every_best_value_lies_inside_its_grid(part):
    """最好的一档不在边上：不然就不知道再往外会不会更好。"""
    values = ablations.PARTS[part].values
    assert all(values[0] < best.value < values[-1] for best in ablations.best(part).values())


def test_a_recorded_cell_can_be_run_again():
    assert ablations.again("optimizers", "AdamW", 0.01, seed=1) < 0.4


def test_the_recorded_steps_are_those_of_a_training_that_stops_at_its_goal():
    """当场跑一次最短的：走了几步与录下的相近，停下的那一步正好低于目标，前一步还没有。"""
    losses = objectives.recent(objectives.trained("自回归", 600, seed=1, goal=3.5)[1])
    assert abs(len(losses) / ablations.results("objectives")["自回归"][1, 0] - 1) < 0.2
    assert losses[-1] < 3.5 < losses[-2] and len(losses) > 20


def test_the_recent_mean_takes_what_there_is():
    assert objectives.recent([4.0, 2.0, 6.0, 1.0], width=3) == [4.0, 3.0, 4.0, 3.0]


def test_without_residual_nothing_passes_a_silent_block():
    """子层输出 0 时，有残差的原样通过，没有残差的什么也不剩。"""
    x = torch.randn(1, 4, 32)
    for kind, expected in (("pre-norm", x), ("没有残差", torch.zeros_like(x))):
        block = blocks.build(kind, 1, seed=0).transformer.blocks[0]
        block.attention.to_out.weight.data.zero_()
        block.feed_forward.down.weight.data.zero_()
        assert torch.equal(block(x), expected)


def test_without_norm_the_scale_of_the_input_matters():
    x = torch.randn(1, 4, 32)
    moved = {}
    for kind in ("pre-norm", "没有归一化"):
        block = blocks.build(kind, 1, seed=0).transformer.blocks[0]
        added = lambda x, block=block: block(x) - x
        moved[kind] = (added(10 * x) - added(x)).abs().max() / added(x).abs().max()
    assert moved["pre-norm"] < 0.2 < 1 < moved["没有归一化"]


def test_the_same_seed_gives_the_same_start_to_every_kind():
    models = [blocks.build(kind, 2, seed=3) for kind in ("pre-norm", "post-norm", "没有残差")]
    weights = [model.transformer.blocks[1].attention.to_qkv.weight for model in models]
    assert all(torch.equal(weights[0], other) for other in weights)
    enlarged = blocks.build("没有残差，初始化放大", 2, seed=3).transformer.blocks[1].attention.to_qkv.weight
    assert enlarged.std() > 5 * weights[0].std()


def test_attention_and_lens_by_hand_agree_with_the_model():
    model, ids = blocks.sharp_model(), [9, 4, 7, 4, 1]
    last = model(torch.tensor([ids]))[0, -1].softmax(-1)
    number, probability = blocks.logit_lens(model, ids)[-1][0]
    assert number == last.argmax() and abs(probability - last.max()) < 1e-5
    layer, x = model.transformer.blocks[0].attention, torch.randn(1, 5, 8)
    assert torch.allclose(blocks.attention_by_hand(x, layer), layer(x), atol=1e-5)


def test_the_questions_of_the_three_objectives():
    corpus, generator = objectives.sentences(), torch.Generator().manual_seed(0)
    rows = corpus.table(corpus.training[:200])
    every, some = objectives.next_tokens(rows), objectives.some_next_tokens(rows, generator, share=0.28)
    asked = (some["labels"] != IGNORE).sum() / (every["labels"] != IGNORE).sum()
    assert 0.25 < asked < 0.31 and (every["labels"] == PAD).sum() == 0
    blanks = objectives.blanks_of_any_share(rows, generator)
    share = (blanks["labels"] != IGNORE).sum(1) / (rows >= 8).sum(1)
    assert torch.equal(blanks["ids"] == MASK, blanks["labels"] != IGNORE)
    assert share.min() < 0.1 and share.max() > 0.9 and 0.4 < share.mean() < 0.6


def test_blanks_and_writing_in_any_order():
    corpus = objectives.sentences()
    rows = corpus.table([text for text in corpus.training if len(text) >= 8][:20])
    for together in (True, False):
        table = writing.blank_at(rows, 4, together, seed=0)
        assert (table.sum(1) == 4).all() and (rows[table] >= 8).all()
        if together:
            places = table.float().nonzero()[:, 1].view(-1, 4)
            assert (places[:, -1] - places[:, 0] == 3).all()
    torch.manual_seed(0)
    model = BERT(corpus.shape()).eval()
    written = writing.write_in_any_order(model, [5, 9])
    assert [len(row) for row in written] == [6, 10] and all(MASK not in row for row in written)
    filled = writing.fill_one_by_one(model, rows.masked_fill(writing.blank_at(rows, 4, True, 0), MASK))
    assert not (filled == MASK).any() and ((filled == rows) | writing.blank_at(rows, 4, True, 0)).all()


def test_a_sentence_is_cut_after_its_first_stop():
    tokenizer = objectives.sentences().tokenizer
    lines = [tokenizer.encode(text) for text in ("是的。的。", "是")]
    cut = writing.to_first_stop(lines, tokenizer)
    assert [tokenizer.decode(line) for line in cut] == ["是的。", "是"] and cut[0][-1] == 7 != cut[1][-1]


def test_recall_hides_the_value_where_it_says():
    batch = transfer.recall(torch.Generator().manual_seed(0), 50, nearest=7, farthest=7)
    assert torch.equal(batch["ids"][:, -8], batch["labels"][:, -1])
    assert ((batch["ids"] >= 8) & (batch["ids"] < 16)).sum(1).eq(1).all()


def test_the_bad_batch_is_one_batch_and_the_rest_is_untouched():
    good, bad = loops.windows(), loops.WithBadBatch(loops.windows(), at=3)
    assert all(torch.equal(good.batch(n)["ids"], bad.batch(n)["ids"]) for n in (2, 4))
    assert bad.batch(3)["ids"].unique().numel() == 1


def test_known_and_new_sentences_are_all_the_validation_sentences():
    found = loops.by_novelty(loops.make_model())
    texts = loops.corpus().valid_texts
    total = sum(bool(s.strip()) for text in texts for s in loops.sentences(text))
    assert set(found) == {"出现过", "没有出现过"}
    assert total - 3 <= sum(count for count, _ in found.values()) <= total  # 开头不满一个窗口的几句不算
    assert all(abs(loss - np.log(loops.corpus().tokenizer.vocab_size)) < 0.2 for _, loss in found.values())


def test_switching_a_head_off_removes_its_part_only():
    from tinygpt import load

    model, _ = load("mini")
    changed = heads.without(model, [(1, 2)])
    for layer, block in enumerate(changed.transformer.blocks):
        same = block.attention.to_out.weight == model.transformer.blocks[layer].attention.to_out.weight
        columns = same.all(dim=0).view(model.config.n_head, -1)
        assert columns.all(dim=1).tolist() == [layer != 1 or head != 2 for head in range(4)]


def test_a_head_that_always_says_its_mean_is_not_missed_where_it_is_the_mean():
    """只有一个位置时，平均值就是它自己：换成平均值什么也不变，换成 0 就变了。"""
    from tinygpt import load

    model, _ = load("mini")
    ids, everywhere = torch.tensor([[3419]]), [(layer, head) for layer in range(2) for head in range(4)]
    mean = heads.mean_output(model, [{"ids": ids, "labels": ids}])
    assert torch.allclose(heads.averaged(model, everywhere, mean)(ids), model(ids), atol=1e-4)
    assert not torch.allclose(heads.without(model, everywhere)(ids), model(ids), atol=0.1)


def test_the_guess_without_learning_is_between_chance_and_certainty():
    """前一个在看过的 i 个里：瞎猜其中一个约 0.26，猜次数最多的好一些。"""
    assert 0.36 < blocks.commonest_guess() < 0.44
