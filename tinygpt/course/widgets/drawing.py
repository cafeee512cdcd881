"""格子纸：自己画一张图，问模型一个问题。

16 × 16 个格子，一格是图上 2 × 2 的像素。“印”一个图形，或一格一格地涂；写问题，按“问”，
旁边是它的回答，下面是模型看到的图、它在看哪里。
格子是按钮，用鼠标点。不用鼠标时，用“行”“列”两个滑块选一格，按“画在这里”。
"""

import html

import ipywidgets as widgets
import numpy as np
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from tinygpt.corpus import pictures
from tinygpt.course import plots
from tinygpt.course.fonts import drawable
from tinygpt.course.pictures import look, show, show_attention
from tinygpt.course.widgets.playground import Picture, choice, png, slider, still
from tinygpt.errors import InputError
from tinygpt.variants.vision import answer

CELLS, CELL = 16, pictures.SIZE // 16  # 一边几格，一格几个像素
PAPER = "白色（擦掉）"
INKS = dict(pictures.COLORS) | {PAPER: (1.0, 1.0, 1.0)}
ONE_CELL = "一格"
RADIUS = 6.5
EXAMPLE = (("三角形", "红色", (4, 4)), ("圆形", "蓝色", (11, 11)))  # 画好的例子：（形状，颜色，第几行第几列）
QUESTIONS = ("图里有什么？", "图里有几个图形？", "红色的是什么形状？", "圆形是什么颜色？", "三角形在哪里？",
             "有没有红色的圆形？")  # fmt: skip


class DrawingBoard:
    """一张格子纸、几支笔、一个问题。

    picture 是画到现在的图 (3, 32, 32)；stamp(行, 列) 等于点一格，ask() 等于按“问”。
    在没有内核的地方，显示画好的例子与模型的回答，是一张静态的图。
    """

    def __init__(self, model, tokenizer, question: str = QUESTIONS[0]):
        self.model, self.tokenizer = model, tokenizer
        self.picture = pictures.blank()
        self.shape = choice("印", [*pictures.SHAPES, ONE_CELL])
        self.color = choice("颜色", list(INKS))
        self.styles = {name: widgets.ButtonStyle(button_color=to_hex(rgb)) for name, rgb in INKS.items()}
        self.cells = self._make_cells()
        self.row, self.column = slider("行", 4, 0, CELLS - 1), slider("列", 4, 0, CELLS - 1)
        self.question = widgets.Combobox(
            value=question, options=QUESTIONS, placeholder="写一个问题", description="问题",
            ensure_option=False, layout=widgets.Layout(width="360px"),
        )  # fmt: skip
        self.message = widgets.HTML("")  # 回答，或错误；会换行
        self.example()
        self.image = Picture(self.render(), "模型看到的图，它在看哪里，与它的回答")
        self.box = self._layout()

    def _make_cells(self) -> list[widgets.Button]:
        """256 个格子共用一个 Layout，一种颜色共用一个样式：少传许多东西。"""
        side = {"width": "20px", "height": "20px", "padding": "0", "margin": "0"}
        square = widgets.Layout(border="1px solid #d9d9d9", **side)
        cells = []
        for row in range(CELLS):
            for column in range(CELLS):
                cell = widgets.Button(style=self.styles[PAPER], layout=square, tabbable=False,
                                      tooltip=f"第 {row} 行第 {column} 列")
                cell.on_click(lambda _, row=row, column=column: self.stamp(row, column))
                cells.append(cell)
        return cells

    def _layout(self) -> widgets.Widget:
        grid = widgets.GridBox(self.cells, layout=widgets.Layout(
            grid_template_columns=f"repeat({CELLS}, 20px)", grid_gap="0", width="324px", flex="0 0 auto"
        ))  # fmt: skip
        self.here = self._button("画在这里", lambda: self.stamp(self.row.value, self.column.value))
        self.clear_button = self._button("换一张白纸", self.clear)
        self.example_button = self._button("画好的例子", self.show_example)
        self.ask_button = self._button("问", self.ask, "primary")
        buttons = widgets.HBox([self.here, self.clear_button, self.example_button])
        asking = [self.question, self.ask_button, self.message]
        tools = widgets.VBox([self.shape, self.color, self.row, self.column, buttons, *asking])
        wrap = widgets.Layout(flex_flow="row wrap", grid_gap="16px")
        whole = widgets.Layout(align_items="flex-start")  # 图照自己的大小，不拉宽
        return widgets.VBox([widgets.HBox([grid, tools], layout=wrap), self.image], layout=whole)

    @staticmethod
    def _button(label: str, action, kind: str = "") -> widgets.Button:
        button = widgets.Button(description=label, button_style=kind, layout=widgets.Layout(width="112px"))
        button.on_click(lambda _: action())
        return button

    # ---- 画 ----

    def stamp(self, row: int, column: int) -> None:
        """在第 row 行第 column 列印上选好的图形（中心在那一格），或只涂那一格。"""
        self._paint(self.shape.value, self.color.value, row, column)

    def _paint(self, shape: str, color: str, row: int, column: int) -> None:
        center = ((row + 0.5) * CELL - 0.5, (column + 0.5) * CELL - 0.5)
        if shape == ONE_CELL:
            rows, columns = (slice(i * CELL, (i + 1) * CELL) for i in (row, column))
            self.picture[:, rows, columns] = np.array(INKS[color], dtype=np.float32)[:, None, None]
        else:
            pictures.paint(self.picture, shape, INKS[color], center, RADIUS, CELL)
        self._recolor()

    def _recolor(self) -> None:
        """格子的颜色照着图来。"""
        names = {tuple(np.float32(rgb)): name for name, rgb in INKS.items()}
        corners = self.picture[:, ::CELL, ::CELL].reshape(3, -1).T
        for cell, rgb in zip(self.cells, corners):
            style = self.styles[names[tuple(rgb)]]
            if cell.style is not style:
                cell.style = style

    def clear(self) -> None:
        """换一张白纸。"""
        self.picture[:] = 1.0
        self._recolor()

    def example(self) -> None:
        """画好的例子：左上角一个红色的三角形，右下角一个蓝色的圆形。"""
        self.clear()
        for shape, color, place in EXAMPLE:
            self._paint(shape, color, *place)

    def show_example(self) -> None:
        """换上画好的例子，再问一次。"""
        self.example()
        self.ask()

    # ---- 问 ----

    def ask(self) -> None:
        """把图与问题给模型，画出回答；出错时图不换，错误写在下面。"""
        try:
            self.image.value = self.render()
        except InputError as error:
            self._say(f"{error.found}。{error.fix}。")
        except Exception as error:  # noqa: BLE001 控件的回调里抛出的错误没有人看得见，所以写出来
            self._say(f"出错了：{error}")

    def _say(self, text: str) -> None:
        style = 'role="status" style="max-width: 360px; line-height: 1.5"'
        self.message.value = f"<div {style}>{html.escape(text)}</div>"

    def render(self) -> bytes:
        """模型看到的图、它的回答、它在看哪里，画成 PNG。"""
        return png(self.draw())

    def draw(self) -> Figure:
        question = self.question.value.strip() or QUESTIONS[0]
        said = answer(self.model, self.tokenizer, torch.from_numpy(self.picture)[None], [question])[0]
        weights = look(self.model, self.tokenizer, self.picture, question)
        figure, axes = plots.panels(columns=1 + len(weights), width=2.3, height=2.75)
        show(self.picture, axes[0], "模型看到的")
        for i, ax in enumerate(axes[1:]):
            show_attention(self.picture, weights[i], ax, f"开口之前，第 {i + 1} 层在看哪里")
        self._say(f"答：{said}")
        figure.suptitle(drawable(f"问：{question}　答：{said}"), fontsize=11.5, parse_math=False)
        plots.finish(axes[0])
        return figure

    def _repr_mimebundle_(self, include=None, exclude=None):
        note = "画图的格子纸：印图形、涂格子、写问题、按“问”。图里是画好的例子与模型的回答。"
        return self.box._repr_mimebundle_() | still(note, self.image)


def drawing_board(model, tokenizer, question: str = QUESTIONS[0]) -> DrawingBoard:
    """在笔记本里画图，问模型。"""
    return DrawingBoard(model, tokenizer, question)
