"""第 00、03、07、08 课用的零件：读过什么，写出的字，手算的对照，补齐与泄漏，图的替代文字。"""

import math

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")
from tinygpt import Sampling, load
from tinygpt.course import alt, plots, preparing, reading, sampled, worked


@pytest.fixture(scope="module")
def mini():
    return load("mini")


pytestmark = pytest.mark.usefixtures("quiet_style")


# ---- 读过什么 ----


def test_what_was_read_is_found_by_its_source_and_nothing_else_is():
    text = reading.texts("小世界")[7]
    assert reading.places(text)["小世界"] >= 1 and reading.places("我的名字叫石墨烯鼠标垫") == {}
    assert reading.texts("小故事") and reading.texts("聊天")
    assert not set(reading.texts("小世界")) & set(reading.texts("小世界", "validation"))


# ---- 写出的字 ----


def test_a_trace_holds_the_probability_before_the_knobs(mini):
    model, tokenizer = mini
    found = sampled.traced(model, tokenizer, "机器学习是", Sampling(temperature=0.3), most=5)
    ids = tokenizer.encode("机器学习是")
    for token, p in found:
        with torch.no_grad():
            expected = model(torch.tensor([ids]))[0, -1].softmax(-1)[token]
        assert p == pytest.approx(float(expected), abs=1e-4)
        ids.append(token)


def test_every_token_is_drawn_and_long_rows_are_broken(mini):
    _, tokenizer = mini
    tokens = [(id, 0.5) for id in tokenizer.encode("星期天，小明和爷爷去公园放风筝，风筝飞得很高很高。" * 3)]
    ax = sampled.shaded(tokenizer, {"甲": tokens, "乙": tokens[:2]}, "题目")
    assert len(ax.patches) == len(tokens) + 2
    right = max(box.get_x() + box.get_width() for box in ax.patches)
    assert right < ax.get_xlim()[1] and len({box.get_y() for box in ax.patches}) > 2


def test_real_text_is_cut_into_whole_rows(mini):
    rows = sampled.real(mini[1], "小故事", rows=3, length=40)
    later = sampled.real(mini[1], "小故事", rows=1, length=40, first=2)
    assert [len(row) for row in rows] == [40] * 3 and later[0] == rows[2]


def test_openings_start_behind_the_first_tokens_of_a_document_and_do_not_overlap(mini):
    tokenizer = mini[1]
    documents = tokenizer.encode_batch(reading.texts("小世界", "validation"), eos=True)
    rows = sampled.openings(tokenizer, "小世界", rows=6, length=40, skip=4)
    assert rows[0] == [id for row in documents for id in row][4:44]
    assert sampled.openings(tokenizer, "小世界", rows=1, length=40, first=5) == rows[5:]
    stream, end = [id for row in documents for id in row], 0
    starts = {sum(map(len, documents[:i])) + 4 for i in range(len(documents))}
    for row in rows:
        start = next(i for i in range(end, len(stream)) if stream[i : i + 40] == row)
        assert start in starts
        end = start + 40


def test_an_action_is_timed_after_one_warm_up():
    calls = []
    assert sampled.seconds(calls.append, 7, repeats=2) >= 0 and calls == [7, 7, 7]


# ---- 第 08 课 ----


def test_what_the_hooks_saw_is_what_the_model_computes(mini):
    model, _ = mini
    with torch.no_grad():
        seen = worked.captured(model, [1256, 3419])
        assert torch.equal(seen[""], model(torch.tensor([[1256, 3419]]))[0])
    assert torch.equal(seen["进 lm_head"], seen["transformer"])
    assert not any(module._forward_hooks for module in model.modules())


def test_the_mean_loss_of_a_guess_is_the_logarithm():
    rows = [[1, 2, 3], [4, 5]]
    assert worked.mean_loss(lambda ids: torch.zeros(len(ids), 50), rows) == pytest.approx(math.log(50))


def test_a_step_is_printed_with_its_entropy_and_its_lead(mini, capsys):
    tokenizer = mini[1]
    logits = torch.full((2, tokenizer.vocab_size), -1e4)
    logits[0, [300, 301]] = 0.0
    logits[1, 300], logits[1, 301] = 3.0, 1.0
    assert worked.entropy_of(logits)[0] == pytest.approx(math.log(2))
    assert worked.written_table(tokenizer, [300, 300], logits) == [0.0, 2.0]
    first, second = capsys.readouterr().out.splitlines()
    assert "p 0.5000　熵 0.6931" in first and second.startswith(" 300") and second.endswith("差 2.000")


def test_openings_of_both_kinds_belong_to_neither():
    starts = {"甲": torch.tensor([0.5, 0.5, 0.0, 0.0]), "乙": torch.tensor([0.9, 0.0, 0.1, 0.0])}
    assert worked.only(torch.tensor([0.1, 0.2, 0.3, 0.4]), starts) == {"甲": 0.2, "乙": 0.3}


def test_words_are_swapped_in_pairs_place_by_place(mini):
    tokenizer, calls = mini[1], []

    def followed(ids, donor, station, place):
        calls.append((ids, donor))
        return 10 * place + station

    moves = worked.every_pair(followed, tokenizer, ["太阳", "西瓜", "蜜蜂"])
    assert moves.shape == (6, 2, 5) and moves[0].tolist() == [[0, 1, 2, 3, 4], [10, 11, 12, 13, 14]]
    sun, melon = tokenizer.encode("太阳是"), tokenizer.encode("西瓜是")
    assert calls[0] == (sun, melon) and all(ids != donor for ids, donor in calls)


def test_the_frequency_model_does_not_look_and_beats_the_guess(mini):
    tokenizer = mini[1]
    model, rows = worked.by_frequency(tokenizer), worked.held_out(tokenizer)
    logits = model(rows[0])
    assert torch.equal(logits[0], logits[-1]) and float(logits[0].exp().sum()) == pytest.approx(1)
    assert worked.mean_loss(model, rows) < math.log(tokenizer.vocab_size) - 1


def test_every_model_in_the_line_up_can_write(mini):
    names = [name for name, model, tokenizer in worked.line_up(mini[1], {"附带的": mini[0]})]
    assert names[:2] == ["没有训练", "附带的"]


# ---- 第 03 课 ----


def test_waste_is_the_share_of_added_places():
    lengths = np.array([1, 3, 3, 1])
    assert preparing.wasted(lengths, np.arange(4), batch=2) == pytest.approx(100 * 4 / 12)
    assert preparing.wasted(lengths, np.argsort(lengths), batch=2) == 0


def test_a_leak_is_seen_when_the_same_row_is_on_both_sides():
    same, apart = [list(range(20))] * 20, [list(range(20 * i, 20 * i + 20)) for i in range(20)]
    (leaked, easy, hard), (none, *_) = (preparing.leak(rows, 0, unseen=apart[5:6]) for rows in (same, apart))
    assert leaked == 100 and none == 0 and easy < 1 < hard - easy


def test_the_recorded_counts_of_gpt2_name_their_source():
    recorded = preparing.gpt2_counts()
    assert "vocab.bpe" in recorded["source"] and recorded["vocab_size"] == 50257
    assert all(1 <= count <= len(text.encode()) for text, count in recorded["counts"].items())


# ---- 图 ----


def test_a_figure_is_described_by_its_titles_or_its_words():
    figure, axes = plots.panels(columns=2)
    axes[0].set_title("甲：$h_0$")
    axes[1].set_title("乙", loc="left")
    assert alt.description(figure) == "图：甲：h_0；乙"
    table = plots.text_table(["步", "字"], [("0", "你好")], [3, 6])
    assert alt.description(table.figure) == "图：步；字；0；你好"


def test_the_description_joins_what_the_png_already_carries():
    figure, ax = plots.panels()
    ax.set_title("丙")
    assert alt.described(figure, b"png") == (b"png", {"alt": "图：丙"})
    assert alt.described(figure, (b"png", {"width": 3})) == (b"png", {"alt": "图：丙", "width": 3})
    assert alt.described(plots.panels()[0], b"png") == (b"png", {}), "没有字的图，不写一句空话"


def test_seed_bars_show_the_mean_and_the_range():
    ax = plots.seed_bars(["甲", "乙"], {"一": [[1, 3], [2, 2]], "二": [[0, 4], [5, 6, 7]]})
    heights = [bar.get_height() for group in ax.containers for bar in group]
    assert heights == [2, 2, 2, 6]
    lines = [path.vertices[:, 1].tolist() for group in ax.collections for path in group.get_paths()]
    assert lines == [[1, 3], [2, 2], [0, 4], [5, 7]]
    below = plots.seed_bars(["甲"], {"一": [[-0.3, -0.1]]}, digits=1)
    assert [text.get_text() for text in below.texts] == ["−0.2"]


def test_the_windows_of_a_stream_share_one_token_and_the_rest_is_grey():
    class Letters:
        token = staticmethod(lambda i: chr(ord("a") + i))

    ax = preparing.stream_windows(Letters(), range(9), t=3)
    color = matplotlib.colors.to_hex
    faces = {text.get_position(): color(text.get_bbox_patch().get_facecolor()).upper() for text in ax.texts}
    assert all(text.get_text()[0] == "abcdefghi"[text.get_position()[0]] for text in ax.texts)
    assert [faces[3, 1], faces[3, 0]] == [preparing.LABEL, preparing.INPUT], "d：前一个的标签，后一个的输入"
    assert [faces[x, 2] for x in (6, 7, 8)] == [preparing.INPUT, preparing.EMPTY, preparing.EMPTY]
    assert len(ax.texts) == len(faces) == 9 + 2 * 4
