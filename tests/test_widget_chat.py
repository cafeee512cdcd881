"""笔记本里的对话：按钮、回车、温度都有用；写什么都只是文字；有静态的替身。"""

import base64
import html
import re

import matplotlib
import matplotlib.pyplot as plt
import pytest
from test_sampling import Scripted

matplotlib.use("Agg")
import tinygpt.course.widgets.chat as chat
from tinygpt.chat import Conversation, prompt_ids
from tinygpt.course import plots
from tinygpt.course.widgets.chat import chat_playground, dialogue_html, draw_dialogue

ENTER = {"event": "submit"}


@pytest.fixture
def board(tokenizer, make_model):
    plots.use_style()
    model = make_model(vocab_size=tokenizer.vocab_size, context_length=64).eval()
    return chat_playground(model, tokenizer, ["你好"], seed=1)


@pytest.fixture
def seen(monkeypatch):
    """把 reply 换成写好的回答，记下每次的历史、问题与参数；reply.answer 可以改。"""

    def fake(model, tokenizer, conversation, question, **options):
        fake.calls.append((conversation.turns, question, options))
        yield from fake.answer

    fake.calls, fake.answer = [], ["你", "好。"]
    monkeypatch.setattr(chat, "reply", fake)
    return fake


def say(board, text: str) -> None:
    board.text.value = text
    board.text._handle_custom_msg(ENTER, [])


def shown(board) -> str:
    return re.sub("<[^>]*>", "", board.log.value)


def test_enter_and_the_button_send(board, seen):
    say(board, "一")
    board.text.value = "二"
    board.send_button.click()
    assert [(history, question) for history, question, _ in seen.calls] == [
        ((), "一"), ((("一", "你好。"),), "二")]  # fmt: skip
    assert shown(board) == "你一答你好。你二答你好。" and board.text.value == ""


def test_leaving_the_box_does_not_send(board, seen):
    board.text.value = "还没有写完"  # 点别处时，写的字也会送来
    board.text._handle_custom_msg({"event": "别的"}, [])
    assert seen.calls == [] and board.text.value == "还没有写完"


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_to_send(board, seen, text):
    say(board, text)
    assert seen.calls == []


def test_restart_forgets(board, seen):
    say(board, "一")
    board.again_button.click()
    assert "还没有说话" in shown(board)
    say(board, "二")
    assert seen.calls[-1][0] == ()


def test_the_temperature_is_used(board, seen):
    board.temperature.value = 1.3
    say(board, "一")
    sampling = seen.calls[-1][2]["sampling"]
    assert sampling.temperature == 1.3 and sampling.top_p == 0.9


def test_what_is_typed_meanwhile_waits_for_its_turn(board, seen, monkeypatch):
    """回答还没有写完，又打了一句：框里的字不动，也没有停用。"""
    first = True

    def typing(*unfinished, show=board._show):
        nonlocal first
        if unfinished and first:
            first, board.text.value = False, "二"
        assert not board.text.disabled
        show(*unfinished)

    monkeypatch.setattr(board, "_show", typing)
    say(board, "一")
    assert board.text.value == "二" and len(seen.calls) == 1


def test_the_answer_appears_while_it_is_written(board, seen):
    values = []
    board.log.observe(lambda change: values.append(shown(board)), names="value")
    say(board, "一")
    assert values == ["你一答…", "你一答你 …", "你一答你好。 …", "你一答你好。"]


@pytest.mark.parametrize("text", [
    "<b>粗</b>", "<script>alert(1)</script>", '"><img src=x onerror=1>', "a & b &lt;",
])  # fmt: skip
def test_everything_is_text(board, seen, text):
    say(board, "一")
    tags = re.findall(r"<[^>]*>", board.log.value)
    board.restart()
    seen.answer = [text]
    say(board, text)
    assert board.log.value.count(html.escape(text)) == 2
    assert re.findall(r"<[^>]*>", board.log.value) == tags  # 没有多出标签


def test_line_breaks_of_the_answer_are_kept():
    assert "一\n二" in dialogue_html([("q", "一\n二")]) and "pre-wrap" in dialogue_html([("q", "a")])


def test_a_too_long_question_stays_in_the_box(board):
    say(board, "猫鱼" * 40)
    assert "问题太长" in board.message.value and board.text.value == "猫鱼" * 40
    assert "还没有说话" in shown(board)
    say(board, "你好")
    assert board.message.value == "" or "什么也没有说" in board.message.value


def test_an_error_of_the_program_is_shown(board, monkeypatch):
    monkeypatch.setattr(chat, "reply", lambda *_, **__: 1 / 0)
    say(board, "你好")
    assert "出错了" in board.message.value and board.text.value == "你好"


def test_an_empty_answer_is_not_remembered(board, seen):
    seen.answer = []
    say(board, "一")
    assert board.conversation == Conversation() and "什么也没有说" in board.message.value


def test_the_real_model_is_asked(tokenizer):
    plots.use_style()
    n = len(prompt_ids(tokenizer, Conversation(), "小猫呢？", 256))
    model = Scripted([0] * (n - 1) + tokenizer.encode("小猫看鱼。", eos=True), tokenizer.vocab_size)
    board = chat_playground(model, tokenizer, ["小猫呢？"])
    say(board, "小猫呢？")
    assert shown(board) == "你小猫呢？答小猫看鱼。"


def test_the_stored_output_has_a_picture_and_words(board):
    bundle = board._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG") and "说话" in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle and "text/html" not in bundle
    assert not plt.get_fignums()


def test_the_still_picture_is_the_dialogue_in_lines_that_fit():
    plots.use_style()
    turns = [("你好", "很" * 100 + "。"), ("a\nb", "\U0001f9ff<b>$x$")]  # 没有字形的换成 □，$ 不是公式
    figure = draw_dialogue(turns)
    texts = [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    assert "".join(texts) == "你你好答" + "很" * 100 + "。你ab答□<b>$x$"
    figure.draw_without_rendering()
    right = figure.axes[0].get_window_extent().x1
    assert all(text.get_window_extent().x1 <= right for text in figure.axes[0].texts)
    plt.close(figure)
