"""pairs.py：只在回答上算损失；放不下的照规则断开或不用；第 n 批只由种子与 n 决定。"""

import pytest
import torch

from tinygpt.chat import Conversation, prompt_ids
from tinygpt.errors import InputError
from tinygpt.losses import IGNORE, causal_objective, mask_prompt, next_token_batch
from tinygpt.pairs import AllPairs, ShuffledPairs, collate, encode_talks, shown, split_talks
from tinygpt.template import Template
from tinygpt.tokenizer import CHAT, EOS, PAD

TEMPLATE = Template()
TALK = (("小猫是什么？", "小猫是灰色的。"), ("在哪里看鱼", "在河边"), ("一加一", "是二"))


def encode(tokenizer, *talks, length=200, template=TEMPLATE):
    placed = [(turns, f"第 {n} 行") for n, turns in enumerate(talks, 1)]
    return encode_talks(placed, tokenizer, template, length)


def learnt(example) -> list[int]:
    return [label for label in example.labels if label != IGNORE]


def test_one_turn_is_the_prompt_of_chat_then_the_answer(tokenizer):
    """输入的开头与对话时的提示逐个编号相同；损失只算回答与 <eos>，与 mask_prompt 一样。"""
    (example,) = encode(tokenizer, TALK[:1]).examples
    prompt = prompt_ids(tokenizer, Conversation(), TALK[0][0], 200)
    answer = [*tokenizer.encode(TALK[0][1]), EOS]
    assert list(example.ids) == [*prompt, *answer[:-1]]
    whole = next_token_batch(torch.tensor([prompt + answer]))
    wanted = mask_prompt(whole["labels"], torch.tensor([len(prompt)]))
    assert list(example.labels) == wanted[0].tolist() and learnt(example) == answer


def test_every_answer_of_a_talk_is_learnt_with_what_ends_it(tokenizer):
    (example,) = encode(tokenizer, TALK).examples
    answers = [tokenizer.encode(answer + "\n" * (n < 2)) for n, (_, answer) in enumerate(TALK)]
    assert learnt(example) == [*answers[0], *answers[1], *answers[2], EOS]
    assert tokenizer.decode(example.ids) == TEMPLATE.write(TALK) and example.ids[0] == CHAT
    wanted = "<chat>问：小猫是什么？\n答：【小猫是灰色的。\n】问：在哪里看鱼\n答：【在河边\n】"
    assert shown(example, tokenizer) == wanted + "问：一加一\n答：【是二<eos>】"


def test_history_reads_like_the_history_of_chat(tokenizer):
    (example,) = encode(tokenizer, TALK).examples
    prompt = prompt_ids(tokenizer, Conversation(TALK[:2]), TALK[2][0], 200)
    assert tokenizer.decode(example.ids[: len(prompt)]) == tokenizer.decode(prompt)


def test_the_users_template_is_used(tokenizer):
    (example,) = encode(tokenizer, TALK[:1], template=Template("甲:{prompt} 乙:{answer}")).examples
    assert shown(example, tokenizer) == "<chat>甲:小猫是什么？ 乙:【小猫是灰色的。<eos>】"


def test_a_long_talk_is_cut_between_turns_and_no_answer_is_lost(tokenizer):
    (whole,) = encode(tokenizer, TALK).examples
    for length in range(len(whole.ids), 0, -1):
        encoded = encode(tokenizer, TALK, TALK[:1], length=length)
        if encoded.too_long:
            break
        texts = [tokenizer.decode(label for label in learnt(e)).replace("\n", "") for e in encoded.examples]
        assert "".join(texts) == "小猫是灰色的。在河边是二小猫是灰色的。"
        assert max(len(e.ids) for e in encoded.examples) <= length
        assert {e.ids[0] for e in encoded.examples} == {CHAT}
        assert encoded.cut == (() if length == len(whole.ids) else ("第 1 行",))
    assert length > 5


def test_a_turn_that_does_not_fit_is_left_out_and_named(tokenizer):
    (example,) = encode(tokenizer, TALK[:1]).examples
    exact = len(example.ids)
    assert encode(tokenizer, TALK[:1], length=exact).examples == (example,)
    encoded = encode(tokenizer, TALK[1:2], TALK[:1], length=exact - 1)
    assert encoded.too_long == ("第 2 行",) and len(encoded.examples) == 1


def test_padding_changes_nothing(tokenizer, make_model):
    """成批补齐之后，损失之和等于一个一个算的和。"""
    model = make_model(std=0.4, vocab_size=tokenizer.vocab_size, context_length=100).eval()
    examples = encode(tokenizer, TALK, TALK[:1], TALK[1:2]).examples
    batch = collate(list(examples))
    assert batch["ids"].shape == batch["labels"].shape == (3, max(len(e.ids) for e in examples))
    assert int((batch["ids"][2] == PAD).sum()) == int(batch["ids"].size(1)) - len(examples[2].ids) > 0
    single = sum(causal_objective(model, collate([example])) for example in examples)
    torch.testing.assert_close(causal_objective(model, batch), single, rtol=1e-5, atol=1e-4)


def test_batches_depend_on_seed_and_number_only(tokenizer):
    talks = [((f"一加{n}", "是二"),) for n in range(10)]
    examples = encode(tokenizer, *talks).examples
    pairs = ShuffledPairs(examples, 4, seed=3)
    ahead = pairs.batch(7)
    for n in range(7):
        pairs.batch(n)
    assert torch.equal(ahead["ids"], pairs.batch(7)["ids"])
    assert not torch.equal(ahead["ids"], ShuffledPairs(examples, 4, seed=4).batch(7)["ids"])
    seen = torch.cat([row for n in range(5) for row in pairs.batch(n)["ids"].unsqueeze(1)])  # 20 行：两轮
    assert sorted(map(tuple, seen.tolist())) == sorted(list(map(tuple, (e.ids for e in examples))) * 2)


def test_validation_takes_every_example_once(tokenizer):
    examples = encode(tokenizer, *[TALK[n : n + 1] for n in range(3)] * 3).examples
    rows = [row.tolist() for batch in AllPairs(examples, 2) for row in batch["labels"]]
    read = sorted([label for label in row if label != IGNORE] for row in rows)
    assert read == sorted(map(learnt, examples))


def test_split_keeps_a_question_on_one_side(tokenizer):
    talks = [(((f"问题{n % 40}", f"回答{n}"),), "a") for n in range(80)]
    train, validation, how = split_talks(talks, [None] * 80, 0.2)
    asked = [{turns[0][0] for turns, _ in part} for part in (train, validation)]
    assert not asked[0] & asked[1] and len(train) + len(validation) == 80 and 4 <= len(validation) <= 28
    again = split_talks(talks[::-1], [None] * 80, 0.2)
    assert {turns for turns, _ in again[1]} == {turns for turns, _ in validation}
    own = split_talks(talks, ["validation"] + [None] * 79, 0.2)
    assert own[1] == talks[:1] and "自带" in own[2] and "摘要" in how
    assert len(split_talks(talks[:2], [None] * 2, 0.001)[1]) == 1  # 至少留一个
    with pytest.raises(InputError, match="全都分到了验证"):
        split_talks(talks[:1], [None], 0.1)


def test_nothing_to_learn_is_an_error():
    with pytest.raises(InputError, match="没有可以训练的问答"):
        ShuffledPairs((), 4)
    with pytest.raises(InputError, match="验证集里没有问答"):
        AllPairs(())
