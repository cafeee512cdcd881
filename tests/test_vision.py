"""variants/vision.py：切块、掩码、前缀；GPT 没有变；学得会，说得出。"""

import dataclasses

import numpy as np
import pytest
import torch

from tinygpt.config import TrainConfig
from tinygpt.corpus import pictures
from tinygpt.errors import InputError
from tinygpt.losses import IGNORE, cross_entropy_sum
from tinygpt.tokenizer import CHAT, EOS, Tokenizer
from tinygpt.trainer import Trainer
from tinygpt.variants.vision import PicturePairs, VisionGPT, answer, patches, picture_objective, prefix_mask


@pytest.fixture(scope="module")
def tokenizer():
    """读过这些问答的分词器：一句话没有几个 token。"""
    exam = pictures.examination(20, "train") + pictures.examination(20)
    return Tokenizer.train_bpe([f"问：{asked.question}\n答：{asked.answer}" for asked in exam] * 4, 450)


@pytest.fixture
def vision(make_model, tokenizer):
    model = make_model(std=0.3, vocab_size=tokenizer.vocab_size, context_length=128, n_embd=32)
    torch.manual_seed(0)
    vision = VisionGPT(model).eval()
    torch.nn.init.normal_(vision.project.weight, std=0.3)
    torch.nn.init.normal_(vision.place_embedding.weight, std=0.3)
    return vision


def drawn(count: int) -> torch.Tensor:
    exam = pictures.examination(count)[:count]
    return torch.from_numpy(np.stack([asked.picture for asked in exam]))


def test_patches_are_squares_in_reading_order():
    picture = torch.randn(2, 3, 16, 24)
    found = patches(picture)
    assert found.shape == (2, 6, 192)
    for i in range(6):
        y, x = divmod(i, 3)
        square = picture[:, :, 8 * y : 8 * y + 8, 8 * x : 8 * x + 8]
        assert torch.equal(found[:, i], square.reshape(2, -1))


def test_the_mask():
    wanted = [[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert prefix_mask(2, 3).tolist() == [[bool(x) for x in row] for row in wanted]
    assert prefix_mask(2, 3).dtype == torch.bool


def rows(vision, shown, ids):
    """全部的行（图与文字）走过 Transformer。"""
    x, mask = vision.inputs(shown, ids)
    return vision.gpt.transformer(x, mask)


def test_who_sees_whom(vision):
    shown, ids = drawn(1), torch.randint(8, 100, (1, 6), generator=torch.Generator().manual_seed(0))
    before = rows(vision, shown, ids)
    other = shown.clone()
    other[:, :, 24:, 24:] = torch.rand(3, 8, 8)  # 只改最后一块
    changed = (rows(vision, other, ids) - before).abs().amax(dim=-1)[0] > 1e-5
    assert changed.all()  # 第一块也看得见最后一块；文字全看得见
    later = ids.clone()
    later[0, 4] = 9
    changed = (rows(vision, shown, later) - before).abs().amax(dim=-1)[0] > 1e-5
    assert changed.tolist() == [False] * (16 + 4) + [True, True]  # 图与前面的文字看不见后来的


def test_the_gpt_inside_is_the_same_one(vision):
    ids = torch.randint(8, 100, (2, 5), generator=torch.Generator().manual_seed(0))
    x, _ = vision.inputs(drawn(2), ids)
    gpt = vision.gpt
    text = gpt.token_embedding(ids) + gpt.position_embedding(torch.arange(5))
    assert torch.equal(x[:, 16:], text) and x.shape == (2, 21, 32)  # 文字的 h_0 与没有图时一样，位置从 0 数起
    assert vision(drawn(2), ids).shape == (2, 5, gpt.config.vocab_size)
    added = {name for name, _ in vision.named_parameters() if not name.startswith("gpt.")}
    assert added == {"project.weight", "project.bias", "place_embedding.weight"}


def test_white_paper_is_nothing_but_places(vision):
    x, _ = vision.inputs(torch.ones(1, 3, 32, 32), torch.tensor([[CHAT]]))
    assert torch.allclose(x[0, :16], vision.place_embedding.weight + vision.project.bias)


def test_the_objective_is_the_loss_of_the_answers(vision, tokenizer):
    batch = PicturePairs(pictures.sample, tokenizer, 4).batch(0)
    logits = vision(batch["pictures"], batch["ids"])
    wanted = cross_entropy_sum(logits, batch["labels"])
    assert torch.allclose(picture_objective(vision, batch), wanted, rtol=1e-4)
    picture_objective(vision, batch).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in vision.parameters())


def test_a_batch_is_decided_by_its_number_and_learns_only_answers(tokenizer):
    data, again = (PicturePairs(pictures.sample, tokenizer, 3, seed=7) for _ in range(2))
    a, b, c = data.batch(5), again.batch(5), data.batch(6)
    assert all(torch.equal(a[name], b[name]) for name in ("pictures", "ids", "labels"))
    assert not torch.equal(a["pictures"], c["pictures"])
    other = PicturePairs(pictures.sample, tokenizer, 3, seed=8).batch(5)
    assert not torch.equal(a["pictures"], other["pictures"])
    rng = np.random.default_rng([7, 5])
    for row in range(3):
        asked = pictures.sample(rng)
        assert torch.equal(a["pictures"][row], torch.from_numpy(asked.picture))
        learnt = [id for id in a["labels"][row].tolist() if id != IGNORE]
        assert learnt[-1] == EOS and tokenizer.decode(learnt) == asked.answer
        assert f"问：{asked.question}\n答：" in tokenizer.decode(a["ids"][row].tolist())
        assert a["ids"][row, 0] == CHAT


def test_blind_is_white_paper(tokenizer):
    make = lambda blind: PicturePairs(pictures.sample, tokenizer, 3, blind=blind)
    plain, blind = make(False).batch(0), make(True).batch(0)
    assert (blind["pictures"] == 1).all() and (plain["pictures"] < 0.5).any()
    assert torch.equal(plain["labels"], blind["labels"])


def test_answers_one_by_one_are_the_same_as_together(vision, tokenizer):
    shown, questions = drawn(3), ["图里有什么？", "它是什么颜色？", "有没有红色的圆形？"]
    together = answer(vision, tokenizer, shown, questions, most=6)
    alone = [answer(vision, tokenizer, shown[i : i + 1], [questions[i]], most=6)[0] for i in range(3)]
    assert together == alone and any(together)
    with pytest.raises(InputError, match="3 张图，1 个问题"):
        answer(vision, tokenizer, shown, ["图里有什么？"])


def test_dropout_is_off_while_answering_and_on_again_after(vision, tokenizer):
    vision.train()
    a, b = (answer(vision, tokenizer, drawn(1), ["它在哪里？"], most=5) for _ in range(2))
    assert a == b and vision.training and vision.gpt.training


def test_four_pictures_are_learnt_by_heart(make_model, tokenizer):
    vision = VisionGPT(make_model(vocab_size=tokenizer.vocab_size, context_length=64, n_embd=32, dropout=0.0))
    exam = pictures.examination(1)[:4]

    class Four:
        def batch(self, n):
            rng = iter(exam)
            return PicturePairs(lambda _: next(rng), tokenizer, 4).batch(0)

    config = TrainConfig(steps=80, learning_rate=1e-2, weight_decay=0.0, warmup_steps=5, precision="fp32")
    metrics = Trainer(vision, Four(), None, config, objective=picture_objective).run()
    shown = torch.from_numpy(np.stack([asked.picture for asked in exam]))
    assert answer(vision, tokenizer, shown, [asked.question for asked in exam]) == [a.answer for a in exam]
    assert metrics.loss < 0.1


def test_other_sizes(make_model):
    model = make_model()
    assert VisionGPT(model, (1, 16, 24)).n_patch == 6
    assert VisionGPT(model, (1, 16, 24)).project.in_features == 64
    with pytest.raises(InputError, match="高 30"):
        VisionGPT(model, (3, 30, 32))


def test_a_frozen_gpt_does_not_move(vision, tokenizer):
    before = {name: p.clone() for name, p in vision.gpt.named_parameters()}
    vision.gpt.requires_grad_(False)
    place = vision.place_embedding.weight.clone()
    config = TrainConfig(steps=2, learning_rate=1e-2, precision="fp32")
    data = PicturePairs(pictures.sample, tokenizer, 2)
    Trainer(vision, data, None, config, objective=picture_objective).run()
    assert all(torch.equal(before[name], p) for name, p in vision.gpt.named_parameters())
    assert not torch.equal(place, vision.place_embedding.weight)
    assert dataclasses.asdict(vision.config) == dataclasses.asdict(vision.gpt.config)
