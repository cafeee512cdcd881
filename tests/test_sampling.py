"""generate.py：每一步都与照公式写的慢版本对照。"""

import dataclasses
import itertools
import math
import random

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.testing import assert_close

from tinygpt.config import GPTConfig
from tinygpt.errors import InputError
from tinygpt.sampling import (
    Sampling,
    complete,
    evaluation_mode,
    generate,
    keep_top_k,
    keep_top_p,
    next_token_distribution,
    penalise_repetition,
    sample_next_token,
    stream_pieces,
    stream_text,
)  # fmt: skip
from tinygpt.tokenizer import EOS

GREEDY = Sampling(greedy=True)


def rows_of(steps) -> list[list[int]]:
    """每一步一个列表 → 每一行一个列表（去掉结束之后的 None）。"""
    return [[token for token in row if token is not None] for row in zip(*steps)]


def one(model, prompt, **options) -> list[int]:
    return rows_of(generate(model, [prompt], **options))[0]


def greedy_without_cache(model, prompt, n):
    """文档写的做法，不用缓存：写满了就只留最近的一半；位置从 0 重新数。"""
    context, text, new = model.config.context_length, list(prompt), []
    for _ in range(n):
        if len(text) > context:
            text = text[-max(1, context // 2) :]
        token = int(model(torch.tensor([text]))[0, -1].argmax())
        text.append(token)
        new.append(token)
        if token == EOS:
            break
    return new


class Scripted(torch.nn.Module):
    """照剧本写的模型：绝对位置 p 之后的 token 是 script[p]；没有剧本就写 EOS。"""

    def __init__(self, script: list[int], vocab_size: int, context_length: int = 256):
        super().__init__()
        self.config = GPTConfig(
            vocab_size=vocab_size, context_length=context_length, n_layer=1, n_head=1, n_embd=1
        )
        self.script, self.unused = script, torch.nn.Parameter(torch.zeros(1))
        self.device, self.calls = torch.device("cpu"), 0

    def forward(self, ids, cache=None):
        self.calls += 1
        positions = cache.positions(ids.size(1))
        cache.advance(ids.size(1))
        table = torch.tensor(self.script + [EOS] * (self.config.context_length - len(self.script)))
        return torch.nn.functional.one_hot(table[positions], self.config.vocab_size).float() * 100


def scripted_for(tokenizer, prompt: str, continuation: str, eos=True) -> Scripted:
    """提示之后写出 continuation 的模型。"""
    n = len(tokenizer.encode(prompt))
    return Scripted([0] * (n - 1) + tokenizer.encode(continuation, eos=eos), tokenizer.vocab_size)


# ---- 纯函数 ----


def python_softmax(logits):
    top = max(logits)
    exps = [math.exp(x - top) for x in logits]
    return [x / math.fsum(exps) for x in exps]


def python_distribution(logits, sampling, seen=()):
    """照说明逐步写：重复惩罚 → 温度 → top-k → top-p → softmax。没有并列时与库里的做法相同。"""
    penalty = sampling.repetition_penalty
    logits = [x if i not in seen else (x / penalty if x > 0 else x * penalty) for i, x in enumerate(logits)]
    order = sorted(range(len(logits)), key=lambda i: -logits[i])
    kept = order[:1] if sampling.greedy else order[: sampling.top_k]
    scaled = [x / (1 if sampling.greedy else sampling.temperature) for x in logits]
    if not sampling.greedy and sampling.top_p < 1:
        probabilities = python_softmax([scaled[i] for i in kept])
        total, n = 0.0, 0
        while n < len(kept) and (n == 0 or total < sampling.top_p):
            total += probabilities[n]
            n += 1
        kept = kept[:n]
    final = python_softmax([scaled[i] for i in kept])
    result = [0.0] * len(logits)
    for i, p in zip(kept, final):
        result[i] = p
    return result


distinct_logits = st.lists(st.integers(-60, 60), min_size=1, max_size=12, unique=True).map(
    lambda xs: [x / 8 for x in xs]
)
any_logits = st.lists(st.integers(-40, 40), min_size=1, max_size=12).map(lambda xs: [x / 8 for x in xs])


@given(
    distinct_logits, st.sampled_from([0.3, 0.8, 1.0, 2.5]),
    st.sampled_from([None, 1, 2, 5, 100]), st.floats(0.01, 1),
    st.sampled_from([1.0, 1.3, 3.0, 0.7]), st.booleans(), st.sets(st.integers(0, 11)),
)  # fmt: skip
def test_distribution_equals_the_python_reference(logits, temperature, top_k, top_p, penalty, greedy, seen):
    sampling = Sampling(temperature, top_k, top_p, penalty, greedy)
    seen = {i for i in seen if i < len(logits)}
    penalised = [
        x if i not in seen else (x / penalty if x > 0 else x * penalty) for i, x in enumerate(logits)
    ]
    assume(min([abs(a - b) for a, b in itertools.combinations(penalised, 2)], default=1) > 1e-4)  # 并列另测
    uncut = dataclasses.replace(sampling, top_p=1.0)
    ordered = sorted(python_distribution(logits, uncut, seen), reverse=True)
    # 恰好在边上时，舍入说了算
    assume(min(abs(total - top_p) for total in itertools.accumulate(ordered)) > 1e-5 or top_p == 1)
    mask = torch.tensor([[i in seen for i in range(len(logits))]])
    ours = next_token_distribution(torch.tensor([logits]), sampling, mask)
    assert_close(ours[0].tolist(), python_distribution(logits, sampling, seen), atol=2e-5, rtol=1e-4)


@given(any_logits, st.integers(1, 15))
def test_top_k_with_ties_keeps_exactly_k_of_the_largest(logits, k):
    kept = keep_top_k(torch.tensor([logits]), k)[0]
    alive = [i for i, x in enumerate(kept.tolist()) if x != -math.inf]
    assert len(alive) == min(k, len(logits))
    assert sorted((logits[i] for i in alive), reverse=True) == sorted(logits, reverse=True)[:k]
    assert all(kept[i].item() == logits[i] for i in alive)


@given(any_logits, st.floats(1e-6, 1, exclude_max=True))
def test_top_p_keeps_the_fewest_that_reach_p(logits, p):
    kept = keep_top_p(torch.tensor([logits]), p)[0].tolist()
    probabilities = python_softmax(logits)
    alive = [i for i, x in enumerate(kept) if x != -math.inf]
    dead = [i for i in range(len(logits)) if i not in alive]
    assert max(logits) in [logits[i] for i in alive]  # 最大的总在
    assert all(kept[i] == logits[i] for i in alive)
    assert min(logits[i] for i in alive) >= max((logits[i] for i in dead), default=-math.inf)
    total = math.fsum(probabilities[i] for i in alive)
    assert total >= p - 1e-5
    assert len(alive) == 1 or total - min(probabilities[i] for i in alive) < p + 1e-5  # 少一个就不够了


@pytest.mark.parametrize("p", [1e-9, 0.3, 0.5])
def test_top_p_always_keeps_the_first(p):
    assert next_token_distribution(torch.tensor([[5.0, 0, 0]]), Sampling(top_p=p)).tolist() == [[1, 0, 0]]


def test_top_p_by_hand():
    logits = torch.tensor([[0.15, 0.5, 0.05, 0.3]]).log()
    alive = lambda p: (keep_top_p(logits, p)[0] > -math.inf).tolist()  # noqa: E731
    assert alive(0.49) == [False, True, False, False]
    assert alive(0.51) == [False, True, False, True]
    assert alive(0.79) == [False, True, False, True]
    assert alive(0.81) == [True, True, False, True]
    assert alive(0.96) == [True, True, True, True]


def test_rows_are_independent():
    logits = torch.randn(3, 9, generator=torch.Generator().manual_seed(0))
    for sampling in (Sampling(top_k=3), Sampling(top_p=0.6), Sampling(temperature=0.5)):
        together = next_token_distribution(logits, sampling)
        assert_close(together, torch.cat([next_token_distribution(row[None], sampling) for row in logits]))
        assert_close(together.sum(-1), torch.ones(3))


@given(any_logits, st.floats(1.01, 5))
def test_penalty_makes_seen_tokens_less_likely(logits, penalty):
    """负的 logit 也要变得更负：若也用除法，惩罚会变成奖励。"""
    row = torch.tensor([logits])
    seen = torch.zeros(1, len(logits), dtype=torch.bool)
    seen[0, 0] = True
    ours = penalise_repetition(row, seen, penalty)[0].tolist()
    assert ours[1:] == logits[1:]
    assert ours[0] < logits[0] if logits[0] else ours[0] == 0
    expected = logits[0] / penalty if logits[0] > 0 else logits[0] * penalty
    assert ours[0] == pytest.approx(expected, rel=1e-5)


def test_temperature_sharpens_and_flattens():
    logits = torch.tensor([[2.0, 1.0, 0.0]])
    samplings = [Sampling(temperature=t) for t in (0.1, 1.0, 100.0)]
    cold, warm, hot = (next_token_distribution(logits, s)[0, 0].item() for s in samplings)
    assert cold > 0.99 and hot == pytest.approx(1 / 3, abs=0.01)
    assert warm == pytest.approx(math.e**2 / (math.e**2 + math.e + 1), rel=1e-5)


def test_sampling_frequencies_follow_the_distribution():
    sampling, logits = Sampling(temperature=1.5, top_k=4), torch.tensor([1.0, 0.5, 2.0, -1.0, 0.0, -2.0])
    n, generator = 20000, torch.Generator().manual_seed(0)
    drawn = sample_next_token(logits.expand(n, -1), sampling, generator)
    for token, p in enumerate(next_token_distribution(logits[None], sampling)[0].tolist()):
        assert abs((drawn == token).float().mean().item() - p) <= 4 * math.sqrt(p * (1 - p) / n)


def test_greedy_is_argmax_after_the_penalty():
    logits = torch.tensor([[3.0, 2.9, -1.0], [0.0, 1.0, 2.0]])
    assert sample_next_token(logits, GREEDY).tolist() == [0, 2]
    seen = torch.tensor([[True, False, False], [False, False, False]])
    penalised = Sampling(greedy=True, repetition_penalty=1.5)
    assert sample_next_token(logits, penalised, seen=seen).tolist() == [1, 2]


@pytest.mark.parametrize(("name", "value"), [
    ("temperature", 0), ("temperature", -1.0), ("temperature", float("nan")), ("top_k", 0), ("top_k", -3),
    ("top_p", 0), ("top_p", 1.01), ("top_p", -0.5), ("top_p", float("nan")),
    ("repetition_penalty", 0), ("repetition_penalty", -1),
])  # fmt: skip
def test_bad_sampling_values(name, value):
    with pytest.raises(InputError, match=name):
        Sampling(**{name: value})


# ---- generate ----


@pytest.mark.parametrize("changes", [{}, {"norm": "post"}, {"tied_head": False}])
def test_greedy_equals_an_argmax_loop_without_cache(make_model, random_ids, changes):
    model = make_model(std=0.4, dtype=torch.float64, **changes).eval()
    prompt = random_ids(4).tolist()
    ours = one(model, prompt, max_new_tokens=12, sampling=GREEDY)
    assert ours == greedy_without_cache(model, prompt, 12)
    assert len(set(ours)) > 3  # 不是一直重复同一个，对照才有意义


@pytest.mark.parametrize("context_length", [16, 15, 2, 1])
@pytest.mark.parametrize("prompt_length", [1, 9, 16])
def test_sliding_keeps_the_last_half(make_model, random_ids, context_length, prompt_length):
    model = make_model(std=0.4, dtype=torch.float64, context_length=context_length).eval()
    prompt = random_ids(min(prompt_length, context_length)).tolist()
    ours = one(model, prompt, max_new_tokens=40, sampling=GREEDY)
    assert ours == greedy_without_cache(model, prompt, 40)
    assert len(ours) == 40 or ours[-1] == EOS


def test_the_context_is_never_exceeded_and_never_below_half(make_model, monkeypatch):
    """每一步看得见的前文在 context_length / 2 与 context_length 之间。"""
    model, seen = make_model(std=0.4).eval(), []
    forward = type(model).forward

    def spy(self, ids, cache=None):
        logits = forward(self, ids, cache)
        seen.append(cache.lengths[0])
        return logits

    monkeypatch.setattr(type(model), "forward", spy)
    tokens = one(model, [9] * 16, max_new_tokens=60, sampling=Sampling(temperature=3.0), seed=1)
    assert len(tokens) > 30  # 种子 1 没有很快写出 <eos>
    assert max(seen) == 16 and min(seen) >= 8


def unequal_prompts(random_ids):
    return [random_ids(n, seed=n).tolist() for n in (2, 7, 1, 4)]


def test_batched_unequal_prompts_equal_one_by_one(make_model, random_ids):
    finished_early = 0
    for seed in range(8):
        # 词表小，容易写出 <eos>
        model = make_model(seed=seed, std=0.5, dtype=torch.float64, vocab_size=12).eval()
        prompts = [[8 + token % 4 for token in prompt] for prompt in unequal_prompts(random_ids)]
        batched = rows_of(generate(model, prompts, 9, GREEDY))
        assert batched == [one(model, p, max_new_tokens=9, sampling=GREEDY) for p in prompts]
        finished_early += sum(row[-1] == EOS for row in batched)
    assert finished_early > 0  # 其中确有提前结束的行


def test_finished_rows_are_none_from_then_on(tokenizer):
    model = Scripted([], 20)
    model.script = [9, 9, 10, EOS, 11, 12]  # 长 3 的行：10、EOS；长 1 的行：9、9、10、EOS
    steps = list(generate(model, [[8, 8, 8], [8]], 10, GREEDY))
    assert steps == [[10, 9], [EOS, 9], [None, 10], [None, EOS]]


def test_stops_at_eos_and_at_max_new_tokens(tokenizer):
    assert one(Scripted([9, 10, EOS, 11], 20), [8], sampling=GREEDY) == [9, 10, EOS]
    assert one(Scripted([9] * 50, 20), [8], max_new_tokens=5, sampling=GREEDY) == [9] * 5
    assert list(generate(Scripted([9] * 50, 20), [[8]], max_new_tokens=0)) == []


def test_a_step_costs_one_forward_of_one_token(random_ids):
    """用了缓存：提示一次，之后每步一次。"""
    model = Scripted([9] * 50, 20)
    one(model, [8, 8, 8], max_new_tokens=6, sampling=GREEDY)
    assert model.calls == 6


def test_no_gradients_are_recorded(model):
    """写的时候用不着梯度：留着计算图，内存随写下的字一直涨。"""
    logits = []
    list(generate(model, [[5, 6]], 3, GREEDY, observe=lambda seen, _: logits.append(seen)))
    assert len(logits) == 3 and not any(seen.requires_grad for seen in logits)
    assert model(torch.tensor([[5, 6]])).requires_grad  # 同样的模型，平常是有的


def test_seeds_reproduce_and_differ(model):
    sample = lambda seed: one(model, [9], max_new_tokens=15, sampling=Sampling(temperature=2.0), seed=seed)  # noqa: E731
    assert sample(1) == sample(1)
    assert len({tuple(sample(seed)) for seed in range(4)}) == 4
    assert len({tuple(sample(None)) for _ in range(4)}) > 1  # 不给种子，每次不同


def test_the_seed_is_independent_of_the_global_generator(model):
    sampling = Sampling(temperature=2.0)
    torch.manual_seed(0)
    first = one(model, [9], max_new_tokens=10, sampling=sampling, seed=3)
    torch.manual_seed(99)
    assert one(model, [9], max_new_tokens=10, sampling=sampling, seed=3) == first


@pytest.mark.parametrize("seed", [None, 5])
def test_global_random_state_is_untouched(model, seed):
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    one(model, [9], max_new_tokens=10, seed=seed)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert (np.random.get_state()[1] == before[2]).all()


def test_penalty_counts_the_prompt_and_the_new_tokens(model64, random_ids):
    """极大的惩罚：提示里的、写过的都不再出现（logits 全取正，除以 1e9 就垫底）。"""

    class Positive(torch.nn.Module):
        config, device = model64.config, model64.device

        def __init__(self):
            super().__init__()
            self.inner = model64

        def forward(self, ids, cache=None):
            return self.inner(ids, cache).exp()

    prompt = random_ids(5).tolist()
    sampling = Sampling(greedy=True, repetition_penalty=1e9)
    tokens = one(Positive().eval(), prompt, max_new_tokens=10, sampling=sampling)
    assert len(set(tokens)) == len(tokens) and not set(tokens) & set(prompt)
    assert len(tokens) > 3


@pytest.mark.parametrize("values", [
    {"repetition_penalty": 1e-9, "temperature": 1e-3}, {"repetition_penalty": 1e9, "temperature": 1e-3},
    {"temperature": 1e300}, {"top_p": 1e-320}, {"top_k": 10**30},
])  # fmt: skip
def test_extreme_values_still_give_a_distribution(values):
    """能给的最大、最小的数，概率仍是有限的、加起来是 1。"""
    logits = torch.tensor([[30.0, -30.0, 0.0, 5.0]])
    p = next_token_distribution(logits, Sampling(**values), torch.ones(1, 4, dtype=torch.bool))
    assert p.isfinite().all() and torch.allclose(p.sum(-1), torch.ones(1))


@pytest.mark.parametrize("prompts", [[], [[]], [[9], []]])
def test_empty_prompts_raise(model, prompts):
    with pytest.raises(InputError, match="空"):
        next(generate(model, prompts))


def test_too_long_prompt_raises_and_names_both_numbers(model):
    with pytest.raises(InputError, match="17") as caught:
        next(generate(model, [[9], [9] * 17]))
    assert "16" in str(caught.value)
    assert len(one(model, [9] * 16, max_new_tokens=1)) == 1  # 刚好放满可以


@pytest.mark.parametrize("training", [True, False])
def test_train_or_eval_state_is_restored(model, training):
    model.train(training)
    for _ in generate(model, [[9]], 3):
        assert all(m.training is training for m in model.modules())  # 两步之间也是原样
    assert all(m.training is training for m in model.modules())
    unfinished = generate(model, [[9]], 10)
    next(unfinished)
    unfinished.close()
    assert all(m.training is training for m in model.modules())


def test_state_is_restored_when_the_model_raises(model):
    model.train()
    with pytest.raises(ZeroDivisionError), evaluation_mode(model):
        assert not model.training
        1 / 0
    assert model.training


def test_dropout_is_off_while_generating(make_model):
    model = make_model(std=0.4, dropout=0.5)
    model.train()
    in_training = one(model, [9, 10], max_new_tokens=10, sampling=GREEDY)
    model.eval()
    assert in_training == one(model, [9, 10], max_new_tokens=10, sampling=GREEDY)


def test_gradients_can_be_taken_afterwards(model):
    """generate 里的 inference_mode 不漏到外面。"""
    for _ in generate(model, [[9]], 2):
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    model(torch.tensor([[9]])).sum().backward()


def test_no_graph_is_kept_while_generating(model):
    """不为反向传播留下什么：logits 不连着权重，缓存也就不会越拖越长。"""
    seen = []
    list(generate(model, [[9]], 2, observe=lambda logits, token: seen.append(logits.requires_grad)))
    assert seen == [False, False] and next(model.parameters()).requires_grad


# ---- 文字 ----


def test_complete_joins_the_stream_and_leaves_out_the_prompt(tokenizer):
    model = scripted_for(tokenizer, "小猫", "在河边看鱼。")
    assert complete(model, tokenizer, "小猫", sampling=GREEDY) == "在河边看鱼。"
    assert "".join(stream_text(model, tokenizer, "小猫", sampling=GREEDY)) == "在河边看鱼。"


def test_streaming_never_hands_out_half_a_character(tokenizer):
    text = "鑫🀄看é\u0301是鱼"  # 词表里没有的字，几个字节一个
    assert len(tokenizer.encode(text)) > len(text)
    model = scripted_for(tokenizer, "小猫", text)
    pieces = list(stream_text(model, tokenizer, "小猫", sampling=GREEDY))
    assert "".join(pieces) == text and not any("\ufffd" in piece for piece in pieces)
    assert len(pieces) > 3


def test_text_after_eos_is_not_written(tokenizer):
    model = Scripted(tokenizer.encode("看鱼", eos=True) + tokenizer.encode("小猫"), tokenizer.vocab_size)
    assert complete(model, tokenizer, tokenizer.token(300), sampling=GREEDY) == "看鱼"


def test_stop_text_split_across_tokens_never_leaks(tokenizer):
    text, stop = "小猫在河边看鱼。机器学习", "边看鱼。机"
    tokens = [tokenizer.token(i) for i in tokenizer.encode(text)]
    assert stop not in tokens and len(tokenizer.encode(stop)) > 1
    shown = ""
    model = scripted_for(tokenizer, "是", text)
    for piece in stream_text(model, tokenizer, "是", stop=stop, sampling=GREEDY):
        shown += piece
        assert "小猫在河".startswith(shown)
    assert shown == "小猫在河"


def test_a_stop_that_only_begins_is_written_in_full(tokenizer):
    model = scripted_for(tokenizer, "是", "小猫看鱼")
    assert complete(model, tokenizer, "是", stop="看鱼!", sampling=GREEDY) == "小猫看鱼"


def test_stopping_saves_the_remaining_steps(tokenizer):
    model = scripted_for(tokenizer, "是", "看鱼。" + "机器学习" * 10)
    complete(model, tokenizer, "是", stop="。", sampling=GREEDY)
    assert model.calls <= len(tokenizer.encode("看鱼。"))


@given(st.text(alphabet="猫鱼ab\n😀", max_size=14), st.text(alphabet="猫鱼ab\n😀", min_size=1, max_size=4))
def test_stop_cuts_at_its_first_occurrence(tokenizer, text, stop):
    model = scripted_for(tokenizer, "是", text)
    pieces = list(stream_text(model, tokenizer, "是", stop=stop, sampling=GREEDY))
    assert "".join(pieces) == text.split(stop)[0]


def test_empty_text_prompt_raises(tokenizer):
    with pytest.raises(InputError, match="空"):
        complete(Scripted([], tokenizer.vocab_size), tokenizer, "")


# ---- 文字与写出它的 token ----


@pytest.mark.parametrize("seed", range(4))
def test_pieces_carry_the_tokens_that_wrote_them(tokenizer, make_model, seed):
    """随机的模型什么字节都写：交出的 token 连起来，就是交出的文字；每一步看见的，就是写了的那个。"""
    model = make_model(vocab_size=tokenizer.vocab_size, context_length=32, std=0.4).eval()
    seen = []
    options = {"max_new_tokens": 60, "seed": seed, "observe": lambda _, tokens: seen.append(int(tokens[0]))}
    *pieces, last = stream_pieces(model, tokenizer, tokenizer.encode("小猫"), **options)
    tokens = [token for piece in [*pieces, last] for token in piece.tokens]
    text = "".join(piece.text for piece in [*pieces, last])
    assert tokenizer.decode(tokens).startswith(text) and tokens == seen[: len(tokens)]
    assert len(tokenizer.decode(tokens)) - len(text) <= 1  # 末尾至多多出半个字
    assert last.finish == ("stop" if seen[-1] == EOS else "length")
    assert all(piece.finish is None and piece.text for piece in pieces)


def test_pieces_stop_where_the_text_stops(tokenizer):
    model = scripted_for(tokenizer, "小猫", "在河边看鱼。", eos=False)
    ids = tokenizer.encode("小猫")
    for stops, text in (((), "在河边看鱼。"), (("边看",), "在河"), (("鱼", "看鱼"), "在河边"), (("在",), "")):
        pieces = list(stream_pieces(model, tokenizer, ids, stops, sampling=GREEDY))
        assert "".join(piece.text for piece in pieces) == text
        assert [piece.finish for piece in pieces if piece.finish] == ["stop"]  # 只有最后一段有
    pieces = list(stream_pieces(model, tokenizer, ids, max_new_tokens=2, sampling=GREEDY))
    assert pieces[-1].finish == "length"


def test_a_given_beginning_counts_as_written(tokenizer):
    model = scripted_for(tokenizer, "小猫", "在河边看鱼。", eos=False)
    ids, begin = tokenizer.encode("小猫"), tuple(tokenizer.encode("在河边看鱼。")[:1])
    pieces = list(stream_pieces(model, tokenizer, ids, begin=begin, sampling=GREEDY))
    assert "".join(piece.text for piece in pieces) == "在河边看鱼。"
    assert sum((piece.tokens for piece in pieces), ())[: len(begin)] == begin
    calls = model.calls
    (only,) = stream_pieces(model, tokenizer, ids, ("河",), tuple(tokenizer.encode("河")), sampling=GREEDY)
    assert (only.text, only.finish) == ("", "stop") and model.calls == calls  # 已经写到了，不用模型
