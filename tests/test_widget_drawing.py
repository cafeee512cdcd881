"""格子纸：点一格就印在那里，擦得掉；问得到回答；不用鼠标也行；有静态的替身。"""

import base64

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")
from tinygpt.corpus.pictures import COLORS, blank, paint
from tinygpt.course import pictures as course_pictures
from tinygpt.course import plots
from tinygpt.course.pictures import attention_to_patches, cut_lines, gallery, show_attention, two_ways
from tinygpt.course.widgets import drawing
from tinygpt.course.widgets.drawing import CELLS, ONE_CELL, PAPER, drawing_board
from tinygpt.tokenizer import CHAT
from tinygpt.variants.vision import VisionGPT


@pytest.fixture(scope="module", autouse=True)
def style():
    plots.use_style()


@pytest.fixture
def model(make_model, tokenizer):
    gpt = make_model(std=0.3, vocab_size=tokenizer.vocab_size, context_length=128)
    return VisionGPT(gpt).eval()


@pytest.fixture
def board(model, tokenizer, monkeypatch):
    """回答是写好的：说出收到了几张图、什么问题。"""
    said = lambda model, tokenizer, pictures, questions: [f"{questions[0]}收到了。"]
    monkeypatch.setattr(drawing, "answer", said)
    return drawing_board(model, tokenizer)


def click(board, row: int, column: int) -> None:
    board.cells[row * CELLS + column].click()


def colors_of(board) -> list[str]:
    """每一格按钮的颜色。"""
    return [cell.style.button_color for cell in board.cells]


def test_a_click_stamps_the_chosen_shape_there(board):
    board.clear()
    board.shape.value, board.color.value = "十字形", "绿色"
    click(board, 5, 9)
    wanted = blank()
    paint(wanted, "十字形", COLORS["绿色"], (10.5, 18.5), 6.5, cell=2)
    assert np.array_equal(board.picture, wanted)


def test_the_cells_show_the_picture(board):
    board.clear()
    assert len(set(colors_of(board))) == 1
    board.shape.value, board.color.value = ONE_CELL, "红色"
    click(board, 0, 15)
    click(board, 3, 2)
    colored = [i for i, color in enumerate(colors_of(board)) if color != colors_of(board)[1]]
    assert colored == [15, 3 * CELLS + 2]
    assert np.allclose(board.picture[:, 6:8, 4:6], np.array(COLORS["红色"])[:, None, None])
    assert (board.picture == 1).sum() == 3 * 32 * 32 - 2 * 4 * 3


def test_white_erases_and_new_paper_is_white(board):
    board.clear()
    board.shape.value = ONE_CELL
    board.color.value = "蓝色"
    click(board, 7, 7)
    board.color.value = PAPER
    click(board, 7, 7)
    assert (board.picture == 1).all() and len(set(colors_of(board))) == 1
    board.example_button.click()
    assert (board.picture < 0.5).any()
    board.clear_button.click()
    assert (board.picture == 1).all()


def test_without_a_mouse(board):
    board.clear()
    board.row.value, board.column.value, board.shape.value = 12, 3, ONE_CELL
    board.here.click()
    changed = np.argwhere(board.picture.min(axis=0) < 1)
    assert changed.min(axis=0).tolist() == [24, 6] and changed.max(axis=0).tolist() == [25, 7]
    assert not any(cell.tabbable for cell in board.cells)  # Tab 不必走过 256 格


def test_asking_redraws_the_answer(board):
    before = board.image.value
    board.question.value = "它在哪里？"
    board.ask_button.click()
    assert bytes(board.image.value) != bytes(before) and bytes(board.image.value).startswith(b"\x89PNG")
    assert "答：它在哪里？收到了。" in board.message.value
    board.question.value = "<b>？"
    board.ask_button.click()
    assert "答：&lt;b&gt;？收到了。" in board.message.value


def test_what_the_model_is_given(model, tokenizer, monkeypatch):
    given = []

    def fake(model, tokenizer, pictures, questions):
        given.append((pictures.clone(), questions))
        return ["有。"]

    monkeypatch.setattr(drawing, "answer", fake)
    board = drawing_board(model, tokenizer)
    click(board, 0, 0)
    board.question.value = "有没有红色的圆形？"
    board.ask_button.click()
    shown, questions = given[-1]
    assert torch.equal(shown[0], torch.from_numpy(board.picture)) and questions == ["有没有红色的圆形？"]


def test_a_question_too_long_is_said_and_the_picture_stays(model, tokenizer):
    board = drawing_board(model, tokenizer)
    before = board.image.value
    board.question.value = "红" * 200
    board.ask_button.click()
    assert "token" in board.message.value and board.image.value == before
    board.question.value = "它在哪里？"
    board.ask_button.click()
    assert "答：" in board.message.value and board.image.value != before


def test_the_still_picture_and_its_note(board):
    bundle = board._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG") and "格子纸" in bundle["text/plain"]


def test_attention_to_patches_is_the_models_own(model, tokenizer):
    """每个 token 看图的权重与看文字的加起来是 1；改动一块，看它的权重跟着变。"""
    ids, weights = attention_to_patches(model, tokenizer, blank(), "它在哪里？")
    assert weights.shape == (2, 2, len(ids), 16) and ids[0] == CHAT
    total = weights.sum(dim=-1)
    assert (total > 0).all() and (total < 1).all()  # 每个 token 至少还看得见自己
    other = blank()
    other[:, 24:, 24:] = 0
    changed = attention_to_patches(model, tokenizer, other, "它在哪里？")[1]
    assert (changed - weights).abs().amax() > 1e-4


def test_pictures_are_drawn(model):
    figure, axes = gallery([blank()] * 7, ["一，二"] * 7, columns=3)
    assert axes.shape == (3, 3) and sum(bool(ax.images) for ax in axes.flat) == 7
    cut_lines(axes[0, 0], blank(), numbers=True)
    assert [text.get_text() for text in axes[0, 0].texts] == [str(i) for i in range(16)]
    weights = np.zeros(16)
    weights[[3, 9]] = 0.75, 0.25
    show_attention(blank(), weights, axes[0, 1])
    assert [text.get_text() for text in axes[0, 1].texts] == ["75%", "25%"]
    matplotlib.pyplot.close(figure)


def test_the_same_pictures_asked_in_two_ways(model, tokenizer, monkeypatch):
    """一个只在问题里没有颜色时才说得对的模型：两种问法的比例分得开。"""
    kinds, asked = [("三角形", "红色")], []

    def fake(model, tokenizer, shown, questions):
        asked.append((shown, questions))
        return ["三角形。" if question == "它是什么形状？" else "圆形。" for question in questions]

    monkeypatch.setattr(course_pictures, "answer", fake)
    found = two_ways(model, tokenizer, kinds, count=4)
    assert found == {"它是什么形状？": 1, "红色的是什么形状？": 0, "它是什么颜色？": 0, "圆形是什么颜色？": 0}
    assert [questions[0] for _, questions in asked] == [
        "它是什么形状？", "红色的是什么形状？", "它是什么颜色？", "三角形是什么颜色？"
    ]  # fmt: skip
    assert all(torch.equal(shown, asked[0][0]) for shown, _ in asked)
